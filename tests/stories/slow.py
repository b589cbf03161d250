"""A page on a slow line: a websocket with the smallest of buffers, which reads only what it is asked for."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import websocket

from tests.stories.service import PATIENCE_S, Client, Service

ENTRY = '42/live,["entry",'


class SlowPage:
    """Joins a room and gives its entries one by one."""

    def __init__(self, service: Service, officer: Client, room: str):
        url = service.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        bearer = [f"Authorization: Bearer {officer.token}"]
        small = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 4096),)
        self._line = websocket.create_connection(url, timeout=PATIENCE_S, header=bearer, sockopt=small)
        self._until("0{")
        self._line.send("40/live,")
        self._until("40/live,{")
        self._line.send(f'42/live,0["join",{{"room":"{room}","after":0}}]')

    def entries(self) -> Iterator[dict[str, Any]]:
        """As they come; an error of the protocol where a frame was cut off."""
        while True:
            yield json.loads(self._until(ENTRY).removeprefix("42/live,"))[1]

    def close(self) -> None:
        """Go away."""
        self._line.close()

    def _until(self, beginning: str) -> str:
        while not (said := str(self._line.recv())).startswith(beginning):
            if said == "2":  # Engine.IO asks whether anybody is there
                self._line.send("3")
        return said
