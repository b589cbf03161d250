"""A crowd of websocket clients in one event loop, the same for every server that is measured."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

HANDS = 50
"""So many clients shake hands at once."""
WAIT_S = 30.0
Socket = aiohttp.ClientWebSocketResponse
Opening = Callable[[], Awaitable[Socket]]


@dataclass(frozen=True, slots=True)
class Round:
    """Milliseconds until the first, the middle and the last client had a text; how many never had it."""

    first_ms: float
    middle_ms: float
    last_ms: float
    missed: int


@dataclass
class Crowd:
    """Clients of one server. had_s: when each of them had the text that is awaited, by the clock of time.monotonic()."""

    size: int
    awaited: str = ""
    had_s: list[float] = field(default_factory=list)
    everybody: asyncio.Event = field(default_factory=asyncio.Event)
    readers: list[asyncio.Task[None]] = field(default_factory=list)

    async def connect(self, opening: Opening) -> None:
        """Let them all come, some at a time."""
        gate = asyncio.Semaphore(HANDS)

        async def one() -> None:
            async with gate:
                socket = await opening()
            self.readers.append(asyncio.create_task(self._read(socket)))

        await asyncio.gather(*(one() for _ in range(self.size)))

    def expect(self, mark: str) -> None:
        """From now on wait for the text that holds `mark`."""
        self.awaited, self.had_s = mark, []
        self.everybody.clear()

    async def judged(self, began_s: float) -> Round:
        """Wait for the last, within reason, and say how long it took from `began_s`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.everybody.wait(), WAIT_S)
        waits = sorted((had - began_s) * 1000 for had in self.had_s) or [float("nan")]
        return Round(waits[0], statistics.median(waits), waits[-1], self.size - len(self.had_s))

    async def leave(self) -> None:
        """All go away."""
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)

    async def _read(self, socket: Socket) -> None:
        async with socket:
            async for message in socket:
                if message.data == "2":  # Engine.IO asks whether anybody is there
                    await socket.send_str("3")
                elif self.awaited and self.awaited in message.data:
                    self._had()

    def _had(self) -> None:
        self.had_s.append(time.monotonic())
        if len(self.had_s) == self.size:
            self.everybody.set()


def plain(web: aiohttp.ClientSession, url: str) -> Opening:
    """Opens a bare websocket."""

    async def opening() -> Socket:
        return await web.ws_connect(url, compress=0, max_msg_size=0)

    return opening


def page(web: aiohttp.ClientSession, url: str, token: str, room: str, after: int) -> Opening:
    """Opens a Socket.IO connection as a page does, and joins a room."""

    async def opening() -> Socket:
        bearer = {"Authorization": f"Bearer {token}"}
        address = f"{url}/socket.io/?EIO=4&transport=websocket"
        socket = await web.ws_connect(address, headers=bearer, compress=0, max_msg_size=0)
        await _answered(socket, "0")
        await socket.send_str("40/live,")
        await _answered(socket, "40/live,")
        await socket.send_str(f'42/live,0["join",{{"room":"{room}","after":{after}}}]')
        answer = await _answered(socket, "43/live,0")
        if "error" in answer:
            raise RuntimeError(answer)
        return socket

    return opening


async def _answered(socket: Socket, beginning: str) -> str:
    while not (said := str((await socket.receive()).data)).startswith(beginning):
        if socket.closed:
            raise RuntimeError(f"the server closed the connection: {said}")
    return said
