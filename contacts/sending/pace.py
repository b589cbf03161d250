"""Waits keep their length when somebody sets the clock. A worker's wall clock is compared with one that nobody sets.

Where the two have moved apart, the wall clock was stepped, and the hours at which the next person is told move with it. One
mark for the whole deployment: the machine that set it last judges, another takes over when it has been silent for a while.
"""

import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.ledger import MarkRow
from contacts.models import EscalationRow
from contacts.sending.states import Ladder
from emergency import journal
from emergency.journal import Actor

BY: Final = Actor(process="dispatch")
STEP: Final = timedelta(seconds=1)
"""Less is drift, or the time between two readings."""
MARK_EVERY_S: Final = 5.0
"""A step is seen at every look; the mark itself need not be written so often."""
SILENT: Final = timedelta(minutes=1)
ONE: Final = 1
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def steady_s() -> float:
    """Seconds since this machine started, its sleep included; no one sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def boot() -> str:
    """Which start of which machine `steady_s` counts from; where the system does not say, this process stands for it."""
    if _BOOT.exists():
        return _BOOT.read_text(encoding="ascii").strip()
    return f"{socket.gethostname()}:{os.getpid()}"


def check(session: Session, *, at: datetime, steady: Callable[[], float] = steady_s, machine: str) -> timedelta:
    """Move the open ladders by as much as the wall clock was stepped since the last look; by how much that was."""
    steady_now_s = steady()
    mark = session.get(MarkRow, ONE, populate_existing=True)
    if mark is None:
        values = {"boot": machine, "steady_s": steady_now_s, "wall_at": at}
        session.execute(insert(MarkRow).values(id=ONE, **values).on_conflict_do_nothing())
        return timedelta()
    if not _due(mark, at, steady_now_s, machine):
        return timedelta()
    held = session.scalar(
        select(MarkRow).where(MarkRow.id == ONE).with_for_update(skip_locked=True), execution_options=_FRESH
    )
    if held is None or not _due(held, at, steady_now_s, machine):
        return timedelta()  # another worker is at it, or has been
    step = _step(held, at, steady_now_s) if held.boot == machine else timedelta()
    held.boot, held.steady_s, held.wall_at = machine, steady_now_s, at
    if step:
        _shift(session, step, at)
    return step


_FRESH: Final = {"populate_existing": True}


def _due(mark: MarkRow, at: datetime, steady_now_s: float, machine: str) -> bool:
    """Whether the mark is to be written: by its own machine every so often and at a step, by another when it is silent."""
    if mark.boot != machine:
        return abs(at - mark.wall_at) >= SILENT
    return steady_now_s - mark.steady_s >= MARK_EVERY_S or bool(_step(mark, at, steady_now_s))


def _step(mark: MarkRow, at: datetime, steady_now_s: float) -> timedelta:
    moved = (at - mark.wall_at) - timedelta(seconds=steady_now_s - mark.steady_s)
    return moved if abs(moved) > STEP else timedelta()


def _shift(session: Session, step: timedelta, at: datetime) -> None:
    open_ones = EscalationRow.state == Ladder.OPEN, EscalationRow.next_at.is_not(None)
    session.execute(update(EscalationRow).where(*open_ones).values(next_at=EscalationRow.next_at + step))
    facts = {"seconds": round(step.total_seconds(), 1), "alarm": True}
    journal.append(session, "system", "clock.stepped", by=BY, at=at, facts=facts)
