"""The table of things that `flask work` is to do: one open task per kind and subject, whoever asks and how often."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from emergency import db
from emergency.errors import EmergencyError
from emergency.incidents.models import TaskRow

LEASE: Final = timedelta(minutes=2)
AGAIN_AFTER: Final = timedelta(seconds=10)
CLOCKS: Final = "clocks"
"""The task of watching the clocks of an incident: one for each, put to the hour at which something next falls due."""
Doing = Callable[[Session, TaskRow, datetime], None]


def put(session: Session, *, kind: str, subject: str, act_at: datetime) -> None:
    """Ask for a task; an open one of the same kind and subject is asked again, even while a worker is at it."""
    asked = insert(TaskRow).values(kind=kind, subject=subject, act_at=act_at, attempts=0)
    session.execute(
        asked.on_conflict_do_update(
            index_elements=["kind", "subject"], index_where=TaskRow.done_at.is_(None), set_={"act_at": act_at}
        )
    )


def step(sessions: db.Sessions, doing: Mapping[str, Doing], *, now: datetime) -> bool:
    """Do one due task. Its lease is committed first, so that a killed worker's task comes round again."""
    found = _claim(sessions, now)
    if found is None:
        return False
    claimed, asked_for = found
    try:
        with sessions.begin() as session:
            row = session.get_one(TaskRow, claimed)
            doing[row.kind](session, row, now)
            session.execute(  # not when it was asked for again meanwhile
                update(TaskRow).where(TaskRow.id == row.id, TaskRow.act_at == asked_for).values(done_at=now)
            )
    except EmergencyError as trouble:
        _put_off(sessions, claimed, trouble, now)
    return True


def _claim(sessions: db.Sessions, now: datetime) -> tuple[int, datetime] | None:
    with sessions.begin() as session:
        due = (
            select(TaskRow)
            .where(TaskRow.done_at.is_(None), TaskRow.act_at <= now)
            .where(or_(TaskRow.lease_until.is_(None), TaskRow.lease_until < now))
            .order_by(TaskRow.act_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = session.scalar(due)
        if row is None:
            return None
        row.lease_until, row.attempts = now + LEASE, row.attempts + 1
        return row.id, row.act_at


def _put_off(sessions: db.Sessions, claimed: int, trouble: EmergencyError, now: datetime) -> None:
    with sessions.begin() as session:
        row = session.get_one(TaskRow, claimed)
        row.last_error, row.lease_until, row.act_at = str(trouble), None, now + AGAIN_AFTER * row.attempts
