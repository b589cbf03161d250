"""No child is left behind by a supervisor that is killed, at whatever instant."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from script.setup.supervisor import dying_with
from tests.setup.trial import wait_for

ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import os, subprocess, time
from script.setup.supervisor import dying_with
child = subprocess.Popen([*dying_with(os.getpid()), "/bin/sh", "-c", "while true; do sleep 1; done"])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_of_a_living_parent_runs_as_it_was_asked_to() -> None:
    done = subprocess.run([*dying_with(os.getpid()), "/bin/echo", "one two", "$0"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "one two $0\n")


def test_a_child_whose_parent_was_gone_before_it_began_does_not_begin() -> None:
    gone = os.getppid()  # whoever asks for it is not this process, as after a kill in between
    done = subprocess.run([*dying_with(gone), "/bin/echo", "orphan"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    """Whether a process is there, and is not only a name that nobody has taken off the list yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
