"""The servers that are measured, as real processes: the service on a database of its own, and the bare one."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from emergency import access, clock, config, db
from emergency.cli import migrate
from tests import valley
from tests.stories.service import free_port

ROOT = Path(__file__).resolve().parents[1]
START_S = 60.0
OFFICER = "测试值班员"
DESK = "V10100"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens and its main process."""

    url: str
    process: subprocess.Popen[bytes]

    def memory_kb(self) -> int:
        """Resident memory of the process and its children."""
        return sum(_resident_kb(pid) for pid in (self.process.pid, *_children(self.process.pid)))


@contextmanager
def database(url: str) -> Iterator[Engine]:
    """A fresh database with the valley, beside the one at `url`; dropped afterwards."""
    name = f"lianfang_benchmark_{secrets.token_hex(4)}"
    keeper = create_engine(config.driver_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with keeper.connect() as connection:
        connection.execute(text(f'create database "{name}"'))
    made = db.engine(make_url(config.driver_url(url)).set(database=name).render_as_string(hide_password=False))
    try:
        migrate.upgrade(made)
        with tempfile.TemporaryDirectory() as folder, db.sessions(made).begin() as session:
            valley.load(session, Path(folder), at=clock.now())
        yield made
    finally:
        made.dispose()
        with keeper.connect() as connection:
            connection.execute(text(f'drop database "{name}" with (force)'))


def token(engine: Engine) -> str:
    """A new officer's bearer token."""
    with db.sessions(engine).begin() as session:
        access.add_officer(session, name=OFFICER, role="duty_officer", jurisdiction=DESK, at=clock.now())
        session.flush()
        return access.new_token(session, name=OFFICER, at=clock.now())


@contextmanager
def service(engine: Engine, *, app: str | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The web as it is deployed: gunicorn with one gevent worker; `app` for the service with something added to it,
    `settings` above its own."""
    port = free_port()
    environ = {
        "DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "SECRET_KEY": secrets.token_hex(32),
        "CONTACTS_KEY": Fernet.generate_key().decode(),
        "PORT": str(port),
        **(settings or {}),
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--log-level", "warning"]
    command += [] if app is None else [app]
    with _running(command, f"http://127.0.0.1:{port}", "/readyz", environ) as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """The floor."""
    port = free_port()
    with _running(
        [sys.executable, "-m", "benchmarks.bare", str(port)], f"http://127.0.0.1:{port}", "/healthz", {}
    ) as server:
        yield server


def report(server: Server, bearer: str) -> None:
    """Put incident 1 on file."""
    body = json.dumps({"location": {"lon": 100.02, "lat": 30.1005}}).encode()
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{server.url}/api/v1/incidents", body, headers), timeout=60).close()


def today() -> str:
    """The date that stands beside the numbers."""
    return datetime.now(UTC).date().isoformat()


@contextmanager
def _running(command: list[str], url: str, ready: str, environ: dict[str, str]) -> Iterator[Server]:
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environ)
    try:
        _wait(f"{url}{ready}", process)
        yield Server(url, process)
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    ends_s = time.monotonic() + START_S
    while time.monotonic() < ends_s and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{address} did not answer within {START_S} s")


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident_kb(pid: int) -> int:
    [line] = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1])
