"""A page that looks at a room: a real Socket.IO client by websocket, which keeps what it was sent and folds it."""

from typing import Any

import socketio

from tests.stories.service import Client, Service, wait_until

NAMESPACE = "/live"


class Page:
    """Joins a room with the last number that it has, at first and after every lost connection.

    sent: the numbers of all entries as they came. entries: each once and in order; a gap makes it fetch, as the browser's
    page does.
    """

    def __init__(self, service: Service, officer: Client, room: str):
        self.room = room
        self.sent: list[int] = []
        self.entries: list[dict[str, Any]] = []
        self._service = service
        self._officer = officer
        self._joined = False
        self._socket = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=1, handle_sigint=False)
        self._socket.on("connect", self._join, namespace=NAMESPACE)
        self._socket.on("entry", self._take, namespace=NAMESPACE)

    @property
    def last(self) -> int:
        """The number of the newest entry that it has."""
        return self.entries[-1]["n"] if self.entries else 0

    def open(self) -> "Page":
        """Connect and join."""
        self._joined = False
        bearer = {"Authorization": f"Bearer {self._officer.token}"}
        self._socket.connect(self._service.url, headers=bearer, transports=["websocket"], namespaces=[NAMESPACE])
        wait_until(lambda: self._joined, f"{self.room} to be joined")
        return self

    def close(self) -> None:
        """Go away."""
        self._socket.disconnect()

    def has(self, n: int) -> None:
        """Wait for entry `n`."""
        wait_until(lambda: self.last >= n, lambda: f"entry {n}; the last is {self.last}")

    def _join(self) -> None:
        asked = {"room": self.room, "after": self.last}
        self._socket.emit("join", asked, namespace=NAMESPACE, callback=self._answered)

    def _answered(self, answer: dict[str, Any]) -> None:
        assert "error" not in answer, answer
        self._joined = True

    def _take(self, entry: dict[str, Any]) -> None:
        self.sent.append(entry["n"])
        if entry["n"] == self.last + 1:
            self.entries.append(entry)
        elif entry["n"] > self.last:
            number = self.room.partition(":")[2]
            self.entries += self._officer.get(f"/api/v1/incidents/{number}/journal?after={self.last}")["entries"]
