"""A copy of the checkout in which the commands are started for real, and what is left of it when they have ended.

The copy shares the environment and the vendored libraries of this checkout by links, so that nothing is installed again.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from script.setup import cluster
from script.setup.checkout import Checkout, here
from script.setup.cluster import Cluster

PATIENCE_S: Final = 120.0
LEFT_OUT: Final = (
    *(".git", ".venv", "node_modules", "vendor", "var", "__pycache__", ".*_cache", ".hypothesis", "test-results"),
)
SHARED: Final = (".venv", "static/vendor")
STARTED: Final = "Ctrl-C stops everything"


@dataclass(slots=True)
class Trial:
    """One copy, and the servers started in it."""

    root: Path
    port: int
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def checkout(self) -> Checkout:
        """The copy as the commands see it."""
        return Checkout(self.root.resolve())

    def cluster(self) -> Cluster:
        """The copy's database cluster, up or not."""
        self.checkout.prepare()
        return cluster.locate(self.checkout)

    def flask(self, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """`script/flask ARGUMENTS`, to its end."""
        return self._run("flask", arguments, environ or {})

    def refused(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """What `script/server` says when it does not start."""
        ended = self._run("server", arguments, environ or {})
        assert ended.returncode == 1, ended.stdout + ended.stderr
        return ended.stderr

    def start(self) -> subprocess.Popen[bytes]:
        """`script/server` until it has said how to look; its words are in `said`."""
        with self._said_file().open("wb") as said:
            server = subprocess.Popen(
                [self.root / "script" / "server"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=self._environ({}),
                start_new_session=True,
            )
        self.servers.append(server)
        wait_for(lambda: STARTED in self.said() or server.poll() is not None, self.said)
        assert server.poll() is None, self.said()
        return server

    def said(self) -> str:
        """What the newest server has printed so far."""
        return self._said_file().read_text(encoding="utf-8")

    def end(self, server: subprocess.Popen[bytes], number: signal.Signals) -> int:
        """Signal `server`, and its exit code."""
        server.send_signal(number)
        return server.wait(timeout=PATIENCE_S)

    def ready(self) -> bool:
        """Whether the web answers that it is ready."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def left_running(self) -> list[str]:
        """The command lines of processes that belong to this copy."""
        own = bytes(self.checkout.root), self.checkout.mark.encode()
        lines = (_command_line(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [line.decode(errors="replace") for line in lines if any(name in line for name in own)]

    def pid_of(self, words: str) -> int:
        """The oldest process of this copy whose command line holds `words`."""
        own = bytes(self.checkout.root)
        found = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and own in (line := _command_line(entry)) and words.encode() in line
        ]
        return min(found)

    def clear(self) -> None:
        """Stop what a failed test left running, and remove every trace of the copy."""
        for server in self.servers:
            if server.poll() is None:
                self.end(server, signal.SIGTERM)
        if (self.root / "var" / "locks").exists():
            with cluster.in_use(self.cluster(), self.checkout):
                pass
        for folder in (cluster.state_folder(self.checkout), cluster.socket_folder(self.checkout), self.root):
            shutil.rmtree(folder, ignore_errors=True)

    def _run(
        self, command: str, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "script" / command, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._environ(environ),
            timeout=PATIENCE_S,
            check=False,
        )

    def _environ(self, more: Mapping[str, str]) -> dict[str, str]:
        """This environment without the settings of the run that the tests stand in."""
        ours = (
            "DATABASE_URL",
            "SECRET_KEY",
            "CONTACTS_KEY",
            "PUBLIC_URL",
            "SMS_PROVIDER",
            "TWILIO",
            "PORT",
            "FLASK_APP",
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {"PORT": str(self.port)} | dict(more)

    def _said_file(self) -> Path:
        return self.root / "said.txt"


def copy_to(root: Path) -> Trial:
    """A copy of this checkout at `root`."""
    origin = here().root
    shutil.copytree(origin, root, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in SHARED:
        (root / name).symlink_to(origin / name)
    return Trial(root, free_port())


def free_port() -> int:
    """A port that is free together with the next."""
    while True:
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            second.bind(("127.0.0.1", port + 1))
            return port


def wait_for(condition: Callable[[], bool], said: Callable[[], str] = str) -> None:
    """Wait until `condition` holds; fail with what was `said` when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"it did not come about; said so far: {said()}"
        time.sleep(0.1)


def _command_line(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""
