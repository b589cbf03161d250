"""What clocks call for, done by the worker: an alert before an end, a missed clock to the duty leader, then up the tiers.

One open task for each incident is put to the hour at which something next falls due. Every alert is a row, unique by clock
and stage, written with its journal entries in one transaction: killed anywhere, the work comes round and nothing is said
twice. After a standstill only the highest stage is said. An open incident always has its task, so none goes quiet.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Text, cast, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from emergency import access, journal
from emergency.incidents import due, ladder, leading, record, tasks
from emergency.incidents.clocks import NAMES, Clock
from emergency.incidents.ladder import Alert
from emergency.incidents.models import ClockAlertRow, IncidentRow, TaskRow
from emergency.journal import Actor
from emergency.units import iso

KINDS: Final = ("clock.due_soon", "clock.missed")
"""By stage; every later one has risen or is repeated."""
RISEN: Final = "clock.escalated"
Called = tuple[Clock, Alert]


def watch(session: Session, task: TaskRow, at: datetime, by: Actor) -> None:
    """Raise what the clocks of an incident call for, and put the task to the hour at which one next does."""
    incident = session.get_one(IncidentRow, int(task.subject), with_for_update=True)
    if incident.status == record.Status.CLOSED:
        return
    pace = due.pace(session, incident)
    audience = access.audience(session, incident.number)
    later: list[datetime] = []
    for each in due.running(session, incident, at):
        called = [(clock, ladder.alert(clock, each.rungs, pace, at)) for clock in each.clocks]
        fresh = [
            (clock, alert)
            for clock, alert in called
            if alert is not None and _first_time(session, incident.number, clock, alert, at)
        ]
        for together in _together(fresh):
            _say(session, incident, together, audience, at, by)
        later += [when for clock in each.clocks if (when := ladder.next_at(clock, each.rungs, pace, at)) is not None]
    if incident.status == record.Status.OPEN:
        later.append(at + pace.repeat)
    if later:
        tasks.put(session, kind=tasks.CLOCKS, subject=task.subject, act_at=min(later))
        task.lease_until = None


def begin(session: Session, now: datetime) -> bool:
    """Put one open incident whose clocks nobody watches under watch, as after an upgrade."""
    watched = exists().where(
        TaskRow.kind == tasks.CLOCKS,
        TaskRow.subject == cast(IncidentRow.number, Text),
        TaskRow.done_at.is_(None),
    )
    number = session.scalar(
        select(IncidentRow.number).where(IncidentRow.status == record.Status.OPEN, ~watched).limit(1)
    )
    if number is None:
        return False
    tasks.put(session, kind=tasks.CLOCKS, subject=str(number), act_at=now)
    return True


def held(session: Session, number: int) -> dict[str, ClockAlertRow]:
    """The newest alert of each clock of an incident."""
    newest = (
        select(ClockAlertRow.clock, func.max(ClockAlertRow.stage).label("stage"))
        .where(ClockAlertRow.incident == number)
        .group_by(ClockAlertRow.clock)
        .subquery()
    )
    rows = select(ClockAlertRow).join(
        newest, (ClockAlertRow.clock == newest.c.clock) & (ClockAlertRow.stage == newest.c.stage)
    )
    return {row.clock: row for row in session.scalars(rows.where(ClockAlertRow.incident == number))}


def _first_time(session: Session, number: int, clock: Clock, called: Alert, at: datetime) -> bool:
    """Whether this stage had not been said; a lower one is not said after a higher."""
    beyond = exists().where(
        ClockAlertRow.incident == number, ClockAlertRow.clock == clock.id, ClockAlertRow.stage >= called.stage
    )
    if session.scalar(select(beyond)):
        return False
    said = insert(ClockAlertRow).values(
        incident=number,
        clock=clock.id,
        stage=called.stage,
        at=at,
        until_at=clock.until_at,
        tier=called.rung.id,
    )
    new = session.execute(said.on_conflict_do_nothing().returning(ClockAlertRow.stage)).all()
    return bool(new)


def _together(fresh: Sequence[Called]) -> list[list[Called]]:
    """What is due to several at the same hour and has come as far is said in one breath."""
    groups: dict[tuple[str, datetime, int], list[Called]] = {}
    for clock, alert in fresh:
        groups.setdefault((clock.due, clock.until_at, alert.stage), []).append((clock, alert))
    return list(groups.values())


def _say(
    session: Session,
    incident: IncidentRow,
    called: Sequence[Called],
    audience: frozenset[str],
    at: datetime,
    by: Actor,
) -> None:
    """Into the incident's journal, and to the desk that owes it; to the lead's where that desk may not see the incident."""
    clock, alert = called[0]
    facts: dict[str, Any] = {
        "incident": incident.number,
        "clocks": [each.id for each, _ in called],
        "who": clock.jurisdiction,
        "what": NAMES[clock.due].stored(),
        "to": [name.stored() for each, _ in called for name in each.to],
        "until_at": iso(clock.until_at),
        "cited": clock.cited.stored(),
        "stage": alert.stage,
        "tier": alert.rung.id,
        "tier_name": alert.rung.name.stored(),
        "drill": incident.drill,
    }
    kind = KINDS[alert.stage] if alert.stage < len(KINDS) else RISEN
    desk = clock.jurisdiction if clock.jurisdiction in audience else incident.lead
    for stream in (f"incident:{incident.number}", *leading.alarmed(session, incident.number, desk)):
        journal.append(session, stream, kind, by=by, at=at, facts=facts)
