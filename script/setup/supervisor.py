"""Keeps processes running: starts each in a session of its own, restarts what dies, and stops all of them together.

A child asks the kernel for TERM at our death, so that even after kill -9 of the supervisor none is left behind.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from emergency.words import Words
from script.setup import progress

TICK_S: Final = 0.2
BACK_OFF_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
# Having run so long, a process is well again and its next death starts the back-off anew.
WELL_AFTER_S: Final = 60.0
GRACE_S: Final = 8.0
UNLESS_ORPHANED: Final = '[ "$PPID" = "$0" ] || exit 1; exec "$@"'


@dataclass(slots=True)
class Child:
    """One supervised process and how it has fared."""

    name: str
    title: Words
    argv: Sequence[str | Path]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    deaths: int = 0
    due_s: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """The children of one start; leaving the `with` block stops them."""

    environ: Mapping[str, str]
    cwd: Path
    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *_: object) -> None:
        stop([child.process for child in self.children if child.process])

    def add(self, child: Child) -> None:
        """Start `child` and keep it running from now on."""
        self.children.append(child)
        self._start(child)

    def tick(self) -> None:
        """Look once after every child."""
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, child.process)
            elif child.process is None and time.monotonic() >= child.due_s:
                self._start(child)

    def watch(self, until: Callable[[], bool]) -> None:
        """Look after the children until `until` says so."""
        while not until():
            self.tick()
            time.sleep(TICK_S)

    def _start(self, child: Child) -> None:
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                [*dying_with(os.getpid()), *child.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env=self.environ,
                start_new_session=True,
            )
        child.started_s = time.monotonic()

    def _bury(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        # What it had started itself would hold its port for a while yet.
        _kill_group(process)
        child.process = None
        child.deaths = 1 if time.monotonic() - child.started_s > WELL_AFTER_S else child.deaths + 1
        wait_s = BACK_OFF_S[min(child.deaths, len(BACK_OFF_S)) - 1]
        child.due_s = time.monotonic() + wait_s
        progress.say(
            Words(
                f"! {child.title.zh}（{child.name}）退出（{ending(process.returncode)}），{wait_s:.0f} 秒后重启；日志 {child.log}",
                f"! {child.title.en} ({child.name}) ended ({ending(process.returncode)}); "
                f"starting it again in {wait_s:.0f} s; its log: {child.log}",
            )
        )


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask all to end, and after a while make them, each with whatever it started itself."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE_S
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        _kill_group(process)
        process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def ending(code: int) -> str:
    """An exit code as an operator reads it."""
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def dying_with(parent: int) -> list[str]:
    """What to put before a command so that it ends with the process that starts it.

    One whose parent was gone before the signal could be asked for would never get it, and does not begin.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "/bin/sh", "-c", UNLESS_ORPHANED, str(parent)] if setpriv else []
