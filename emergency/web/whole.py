"""Sends websocket frames whole.

The websocket library hands each frame to `socket.send`, which under gevent takes no more than there is room for: a page on a
slow line would get the beginning of a frame, and after it the next. Here each frame goes out to its end, one at a time.
"""

from collections.abc import Iterable
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from gevent.lock import RLock

SOCKET: Final = "gunicorn.socket"
"""Where gunicorn leaves the connection for whoever takes it over."""


def attach(app: Flask) -> None:
    """Let whatever takes over a connection of `app` send whole frames; to be called after the sockets are attached."""
    app.wsgi_app = _sending(app.wsgi_app)  # type: ignore[method-assign, assignment]  # how Flask takes a middleware


class Whole:
    """A connection whose `send` is whole; in all else the socket that it holds."""

    def __init__(self, sock: Any):
        self._sock = sock
        self._turn = RLock()

    def send(self, data: bytes) -> int:
        """All of it, before anybody else's."""
        with self._turn:
            self._sock.sendall(data)
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def _sending(app: WSGIApplication) -> WSGIApplication:
    def served(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if SOCKET in environ:
            environ[SOCKET] = Whole(environ[SOCKET])
        return app(environ, start_response)

    return served
