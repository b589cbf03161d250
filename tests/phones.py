"""Runs the fake phone company as a real process, sets its faults, plays its handsets and reads its book."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[1]
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "the-token-of-the-simulated-account"
SENDER = "+12025550100"
START_S = 20.0


class NotYet(AssertionError):
    """What was waited for did not come."""


class PhoneCompany:
    """One company with one book; it may be killed and started again, on the same port."""

    account_sid = ACCOUNT_SID
    auth_token = AUTH_TOKEN
    sender = SENDER

    def __init__(
        self,
        book: Path,
        *,
        seed: int = 1,
        step_s: float = 0.05,
        webhook_timeout_s: float = 2.0,
        signature: str = "sha1",
    ):
        self.path = book
        self.port = 0
        self._options: dict[str, object] = {
            "seed": seed,
            "step-s": step_s,
            "webhook-timeout-s": webhook_timeout_s,
            "signature": signature,
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, port: int = 0) -> "PhoneCompany":
        """Start the process and wait until it serves; a later start takes the earlier port unless told otherwise."""
        command = [sys.executable, "-m", "contacts.phones", "--book", str(self.path), "--port", str(port or self.port)]
        for name, value in self._options.items():
            command += [f"--{name}", str(value)]
        environ = os.environ | {
            "PHONES_ACCOUNT_SID": ACCOUNT_SID,
            "PHONES_AUTH_TOKEN": AUTH_TOKEN,
            "PHONES_SENDER": SENDER,
            "LANGUAGE": "zh",
        }
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()  # printed once it listens; empty if it died
        if not line:
            self.kill()
            raise NotYet("the phone company did not start: its last words are on stderr")
        self.port = urlsplit(line.rsplit(" ", 1)[1].strip()).port or 0
        self.wait_for(lambda: self.get("/healthz")["status"] == "ok", START_S)
        return self

    def stop(self) -> None:
        """End it as a supervisor would."""
        self._end(lambda process: process.terminate())

    def kill(self) -> None:
        """kill -9."""
        self._end(lambda process: process.kill())

    def _end(self, how: Callable[[subprocess.Popen[str]], None]) -> None:
        if self._process is not None:
            how(self._process)
            self._process.wait(10)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def book(self) -> list[dict[str, Any]]:
        """Every text that was ever accepted, oldest first."""
        entries: list[dict[str, Any]] = self.get("/book")
        return entries

    def texts(self, number: str) -> list[str]:
        """The bodies accepted for one number, oldest first."""
        return [entry["body"] for entry in self.book() if entry["to"] == number]

    def requests(self) -> list[dict[str, Any]]:
        """Every request to send and how it was answered."""
        lines: list[dict[str, Any]] = self.get("/control/requests")
        return lines

    def webhooks(self) -> list[dict[str, Any]]:
        """Everything that was told, or was to be told, to the subscriber."""
        lines: list[dict[str, Any]] = self.get("/control/webhooks")
        return lines

    def fault(self, name: str, **settings: Any) -> None:
        """Let something go wrong: see docs/phones.md for the names."""
        self.call("PUT", f"/control/faults/{name}", settings)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self.call("DELETE", "/control/faults", None)

    def inbound(self, url: str) -> None:
        """Where replies are posted."""
        self.call("PUT", "/control/inbound", {"url": url})

    def handset(self, number: str, **settings: Any) -> None:
        """Set label, profile ("CN" or "") or powered of one handset."""
        self.call("PUT", f"/control/handsets/{quote(number)}", settings)

    def reply(self, number: str, text: str) -> str:
        """Answer from a handset; the SID of the answer. CannotReply where the handset may not."""
        sid: str = self.call("POST", f"/control/handsets/{quote(number)}/replies", {"text": text})["sid"]
        return sid

    def read(self, number: str, sid: str) -> None:
        """The holder of a handset reads a text."""
        self.call("POST", f"/control/handsets/{quote(number)}/read/{sid}", {})

    def wait_for(self, predicate: Callable[[], Any], timeout: float = 10.0) -> Any:
        """The first true answer of `predicate`; NotYet with the book if there is none in time."""
        ends_s = time.monotonic() + timeout
        while True:
            try:
                if found := predicate():
                    return found
            except ConnectionError:
                if time.monotonic() > ends_s:
                    raise
            if time.monotonic() > ends_s:
                raise NotYet(json.dumps(self.book(), ensure_ascii=False, indent=1)[-4000:])
            time.sleep(0.02)

    def get(self, path: str) -> Any:
        """The JSON at `path`."""
        return self.call("GET", path, None)

    def call(self, method: str, path: str, value: dict[str, Any] | None) -> Any:
        """One request with a JSON body; CannotReply for 409, AssertionError for any other refusal."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            body = None if value is None else json.dumps(value)
            line.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = line.getresponse()
            text = answer.read().decode()
        finally:
            line.close()
        if answer.status == 409:
            raise CannotReply(json.loads(text)["error"])
        assert answer.status < 400 or path == "/healthz", f"{method} {path}: {answer.status} {text}"
        return json.loads(text)


class CannotReply(Exception):
    """The handset may not or cannot answer; the sentence says why."""


@pytest.fixture
def phones() -> Iterator[PhoneCompany]:
    """A running phone company with an empty book."""
    with TemporaryDirectory() as folder:
        company = PhoneCompany(Path(folder) / "book.sqlite3").start()
        try:
            yield company
        finally:
            company.kill()
