"""How gunicorn serves the web process: one gevent worker, since sockets are held by the thousand and not by threads.

Nothing of ours and no database driver is imported at module level: the worker patches the standard library first, and
psycopg decides at import whether it blocks.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

wsgi_app = "wsgi:create_app()"
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gevent"
workers = 1
worker_connections = 10_000
preload_app = False

# With the default of 30 s one open page keeps Ctrl-C waiting that long.
graceful_timeout = 2

# The socket would lie in the home folder, shared by all checkouts.
control_socket_disable = True


def post_worker_init(worker: "Worker") -> None:
    """Start listening to the journal, in the patched worker and in no other process."""
    from emergency.web import live

    live.start(worker.wsgi)
