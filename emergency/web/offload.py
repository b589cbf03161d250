"""Computing that must not hold up the sockets: in the served worker it runs on a thread of its own."""

from typing import Any

import gevent
import gevent.monkey

from emergency.river import ensemble
from emergency.river.ensemble import Forecast


def forecasting(*arguments: Any, **named: Any) -> Forecast:
    """`ensemble.run`, off the event loop where there is one."""
    if not gevent.monkey.is_module_patched("socket"):
        return ensemble.run(*arguments, **named)
    pool = gevent.get_hub().threadpool
    result: Forecast = pool.apply(ensemble.run, arguments, named)
    return result
