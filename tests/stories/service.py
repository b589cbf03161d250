"""The service as it is deployed: gunicorn, the workers and the phone company as real processes on a database of their own."""

import json
import os
import random
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
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from emergency import access, clock, db
from tests.phones import PhoneCompany

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 60.0
PORTS: Final = range(20_000, 32_000)
"""Below the ports that the system hands to outgoing connections: nobody takes ours while the web is down for a moment."""
BUSY: Final = text(
    "select exists (select 1 from notifications where issued_at is not null and taken_at is null) or exists"
    " (select 1 from deliveries where channel = 'sms' and state in ('pending', 'sending', 'unknown', 'accepted', 'sent'))"
)


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

    def insist(self, path: str, body: Any = None) -> Any:
        """A POST under one Idempotency-Key, again and again until the service is there to answer it."""
        key = secrets.token_hex(8)
        return wait_until(lambda: self._tried(path, body, key), f"an answer to POST {path}")

    def call(self, method: str, path: str, *, body: bytes | None = None, key: str | None = None) -> Any:
        """One request, as bytes."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Language": "zh"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            with refused:
                said = refused.read()
            raise Refused(refused.code, json.loads(said) if said.startswith(b"{") else {"detail": said}) from None

    def _tried(self, path: str, body: Any, key: str) -> Any:
        try:
            return self.post(path, body, key=key)
        except (OSError, HTTPException, ValueError):  # refused, cut off, or cut off in the middle of the answer
            return None


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
            "CONTACT_TESTS": "off",  # what the month brings depends on the day of the run
        }

    def start(self, *names: str) -> "Service":
        """Start processes by name (web, dispatch and work without names) and wait until the web is ready.

        A second dispatcher is called dispatch-2.
        """
        for name in names or ("web", "dispatch", "work"):
            self.spawn(name)
        if "web" in self.processes:
            wait_until(self.ready, lambda: f"the web to be ready; {self.trouble()}")
        return self

    def spawn(self, name: str) -> None:
        """Start one process and do not wait for it."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self._command(name), cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def ready(self) -> bool:
        """Whether /readyz says so."""
        try:
            return bool(Client(self.url, None).get("/readyz")["status"] == "ready")
        except (OSError, HTTPException, Refused):
            return False

    def quiet(self) -> bool:
        """Whether every message that was issued is planned and every text has come to its end."""
        with self.engine.connect() as connection:
            return not connection.scalar(BUSY)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one process and its children."""
        process = self.processes.pop(name)
        _signal(process, how)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()
            raise

    def stop(self) -> None:
        """End all that runs."""
        for name in list(self.processes):
            self.kill(name, signal.SIGTERM)

    def flask(self, *arguments: str, exit_code: int = 0) -> str:
        """One flask command; what it printed, on stderr where it was to fail."""
        command = [sys.executable, "-m", "flask", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == exit_code, done.stderr
        return done.stdout if exit_code == 0 else done.stderr

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

    def trouble(self) -> str:
        """What the processes that should run have said at last, and which of them have ended by themselves."""
        ended = [name for name, process in self.processes.items() if process.poll() is not None]
        said = "".join(f"\n--- {name}\n{self.log(name)}" for name in self.processes)
        return f"ended by themselves: {ended or 'none'}{said}"

    def settled(self) -> None:
        """Wait until it is quiet."""
        wait_until(self.quiet, lambda: f"every text to come to its end; {self.trouble()}")

    def _command(self, name: str) -> list[str]:
        if name == "web":
            return [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
        options = self.policy if name.startswith("dispatch") else ()
        return [sys.executable, "-m", "flask", name.split("-", maxsplit=1)[0], *options]


def wait_until(ready: Callable[[], Any], what: str | Callable[[], str], patience_s: float = PATIENCE_S) -> Any:
    """The first true answer of `ready`."""
    ends_s = time.monotonic() + patience_s
    while time.monotonic() < ends_s:
        if found := ready():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what if isinstance(what, str) else what()}")


def free_port() -> int:
    """A port that nobody listens on now."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue  # taken: the next
            return port
    raise AssertionError("no free port")


def policy(**seconds: float) -> list[str]:
    """Options of `flask dispatch` for other waits than the contract's."""
    return [f"--policy={name}={value}" for name, value in seconds.items()]


def stopping(service: Service) -> Iterator[Service]:
    """Yield a service and end it afterwards, whatever happens."""
    try:
        yield service
    finally:
        service.stop()


def _signal(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        process.wait()  # it had ended by itself
