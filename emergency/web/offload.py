"""Computing that must not hold up the sockets: in the served worker it runs on a thread of its own."""

from collections.abc import Callable
from typing import Any, TypeVar

import gevent
import gevent.monkey

from emergency.river import ensemble
from emergency.river.ensemble import Forecast

Made = TypeVar("Made")


def forecasting(*arguments: Any, **named: Any) -> Forecast:
    """`ensemble.run`, off the event loop where there is one."""
    return aside(ensemble.run, *arguments, **named)


def aside(compute: Callable[..., Made], *arguments: Any, **named: Any) -> Made:
    """`compute`, off the event loop where there is one. It must not touch the database: a connection stays on its loop."""
    if not gevent.monkey.is_module_patched("socket"):
        return compute(*arguments, **named)
    result: Made = gevent.get_hub().threadpool.apply(compute, arguments, named)
    return result
