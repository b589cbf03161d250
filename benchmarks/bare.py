"""The floor of the live benchmark: a websocket server that sends one text to everybody, and does nothing else.

POST /say answers with the instant, by time.monotonic(), at which it began to send.
"""

import sys
import time
from typing import Final

from aiohttp import web

LISTENING: Final[set[web.WebSocketResponse]] = set()


async def healthy(_request: web.Request) -> web.Response:
    """It lives."""
    return web.Response()


async def listen(request: web.Request) -> web.WebSocketResponse:
    """One client, until it goes."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    LISTENING.add(socket)
    try:
        async for _ in socket:
            pass
    finally:
        LISTENING.discard(socket)
    return socket


async def say(request: web.Request) -> web.Response:
    """Send the body to everybody."""
    said = await request.text()
    began_s = time.monotonic()
    for socket in list(LISTENING):
        await socket.send_str(said)
    return web.json_response({"began_s": began_s})


def main() -> None:
    """Serve on the port of the first argument, on this machine only."""
    app = web.Application()
    app.add_routes([web.get("/healthz", healthy), web.get("/", listen), web.post("/say", say)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
