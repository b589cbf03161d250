"""The service as it is deployed: gunicorn, the workers and the phone company as real processes on a database of their own."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Engine

from emergency import access, clock, db
from tests.phones import PhoneCompany

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


class Refused(AssertionError):
    """An answer that is not a success; `status` and `problem` say which."""

    def __init__(self, status: int, problem: Mapping[str, Any]):
        super().__init__(f"{status}: {problem.get('detail')}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class Client:
    """One officer's way to the API, by token."""

    url: str
    token: str | None

    def get(self, path: str) -> Any:
        """A GET; Refused unless it succeeds."""
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """A POST of JSON; Refused unless it succeeds."""
        return self.call("POST", path, body=json.dumps(body or {}).encode(), key=key)

    def call(self, method: str, path: str, *, body: bytes | None = None, key: str | None = None) -> Any:
        """One request, as bytes."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Language": "zh"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            with refused:
                text = refused.read()
            raise Refused(refused.code, json.loads(text) if text.startswith(b"{") else {"detail": text}) from None


@dataclass
class Service:
    """All processes of one deployment. `policy`: options of `flask dispatch`, such as short waits."""

    engine: Engine
    folder: Path
    phones: PhoneCompany
    policy: Sequence[str] = ()
    port: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    secret_key: str = field(default_factory=lambda: secrets.token_hex(32))
    contacts_key: str = field(default_factory=lambda: Fernet.generate_key().decode())

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    @property
    def url(self) -> str:
        """Where the web listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The settings of every process."""
        return {
            **os.environ,
            "FLASK_APP": "wsgi.py",
            "DATABASE_URL": self.engine.url.render_as_string(hide_password=False),
            "SECRET_KEY": self.secret_key,
            "CONTACTS_KEY": self.contacts_key,
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "SMS_PROVIDER": "simulator",
            "TWILIO_BASE_URL": self.phones.url,
            "TWILIO_ACCOUNT_SID": self.phones.account_sid,
            "TWILIO_AUTH_TOKEN": self.phones.auth_token,
            "TWILIO_FROM": self.phones.sender,
            "LANGUAGE": "zh",
        }

    def start(self, *names: str) -> "Service":
        """Start processes by name (all three without names) and wait until the web is ready."""
        for name in names or ("web", "dispatch", "work"):
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                self._command(name), cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
            log.close()
        if "web" in self.processes:
            wait_until(self.ready, "the web to be ready: " + self.log("web"))
        return self

    def ready(self) -> bool:
        """Whether /readyz says so."""
        try:
            return bool(Client(self.url, None).get("/readyz")["status"] == "ready")
        except (OSError, Refused):
            return False

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one process and its children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, how)
        process.wait(30)

    def stop(self) -> None:
        """End all that runs."""
        for name in list(self.processes):
            self.kill(name, signal.SIGTERM)

    def flask(self, *arguments: str) -> str:
        """One flask command; its standard output."""
        command = [sys.executable, "-m", "flask", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def client(self, name: str, role: str, desk: str | None) -> Client:
        """A new officer with a token."""
        with db.sessions(self.engine).begin() as session:
            access.add_officer(session, name=name, role=role, jurisdiction=desk, at=clock.now())
            session.flush()
            token = access.new_token(session, name=name, at=clock.now())
        return Client(self.url, token)

    def log(self, name: str) -> str:
        """What a process has said."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace")[-4000:] if file.exists() else ""

    def _command(self, name: str) -> list[str]:
        if name == "web":
            return [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
        options = self.policy if name == "dispatch" else ()
        return [sys.executable, "-m", "flask", name.split("-", maxsplit=1)[0], *options]


def wait_until(ready: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """The first true answer of `ready`."""
    ends_s = time.monotonic() + patience_s
    while time.monotonic() < ends_s:
        if found := ready():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stopping(service: Service) -> Iterator[Service]:
    """Yield a service and end it afterwards, whatever happens."""
    try:
        yield service
    finally:
        service.stop()
