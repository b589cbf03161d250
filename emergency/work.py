"""`flask work`: the deciding half's worker. It does due tasks and watches the clocks; it proposes and alerts, it decides nothing.

Each step is one transaction and says whether it did anything; killed anywhere, the work comes round again.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from emergency import clock, db, journal, notifications
from emergency.agreements import obligations as duties
from emergency.incidents import leading, links, record, tasks
from emergency.incidents.assess import Context, latest, propose, rerun
from emergency.incidents.models import IncidentRow, TaskRow
from emergency.journal import Actor
from emergency.notifications import NotificationRow, State
from emergency.units import iso

ME: Final = Actor(process="work")
BEFORE_DEADLINE: Final = timedelta(minutes=5)
"""Policy: a proposal neither issued nor withheld rises to the duty leader this long before its deadline."""
PAUSE_S: Final = 1.0

log = logging.getLogger(__name__)


def run(sessions: db.Sessions, zone: ZoneInfo, *, once: bool = False) -> None:
    """Work until stopped, or until nothing is left to do."""
    while True:
        try:
            busy = step(sessions, zone, now=clock.now())
        except OperationalError as lost:
            log.warning("database lost, again in %s s: %s", PAUSE_S, lost)
            busy = False
        if busy:
            continue
        if once:
            return
        time.sleep(PAUSE_S)


def step(sessions: db.Sessions, zone: ZoneInfo, *, now: datetime) -> bool:
    """Do one thing that is due."""
    doing = {"onward": lambda session, row, at: onward(session, row, at, zone)}
    if tasks.step(sessions, doing, now=now):
        return True
    watches: tuple[Callable[[Session, datetime], bool], ...] = (chase_proposal, chase_promise)
    for watch in watches:
        with sessions.begin() as session:
            if watch(session, now):
                return True
    return False


def onward(session: Session, task: TaskRow, at: datetime, zone: ZoneInfo) -> None:
    """A desk that was told owes its own neighbours: propose that to it."""
    incident = session.get_one(IncidentRow, int(task.subject), with_for_update=True)  # it may be ending this moment
    newest = latest(session, incident.number)
    if newest is None or incident.status != record.Status.OPEN:
        return
    made = rerun(session, incident, record.current(session, incident), Context(at, zone))
    facts = made.found.facts
    owing = frozenset(told.desk for told in facts.told) - set(links.own_files(session, incident.number))
    owed = duties.obligations(replace(facts, assessed_at=at), made.survey.agreements, made.survey.divisions, owing)
    propose(session, incident, duties.drafts(owed), newest.id, at, ME)


def chase_proposal(session: Session, now: datetime) -> bool:
    """Raise one undecided proposal whose deadline is near to the duty leader of the desk that owes it."""
    due = (
        select(NotificationRow)
        .where(
            NotificationRow.state == State.PROPOSED,
            NotificationRow.chased_at.is_(None),
            NotificationRow.deadline_at <= now + BEFORE_DEADLINE,
            NotificationRow.circle != "watch",
            NotificationRow.event.is_not(None),
        )
        .order_by(NotificationRow.deadline_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalar(due)
    if row is None or row.deadline_at is None:
        return False
    row.chased_at = now
    facts = {
        "notification": row.id,
        "who": row.who,
        "tells": row.tells,
        "deadline_at": iso(row.deadline_at),
        "tier": "leader",
    }
    event = row.event or row.incident
    for stream in (f"incident:{event}", *_desks(session, event, row.who)):
        journal.append(session, stream, "proposal.escalated", by=ME, at=now, facts=facts | {"incident": event})
    return True


def chase_promise(session: Session, now: datetime) -> bool:
    """Alert one lead desk that its promised next word is overdue; the promise is then chased by the hour."""
    due = (
        select(IncidentRow)
        .where(IncidentRow.status == record.Status.OPEN, IncidentRow.next_update_at <= now)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalar(due)
    if row is None or row.next_update_at is None:
        return False
    told = sorted(notifications.told(session, row.number))
    facts = {"incident": row.number, "promised_at": iso(row.next_update_at), "owed_to": told}
    row.next_update_at = now + timedelta(hours=1)
    for stream in (f"incident:{row.number}", *_desks(session, row.number, row.lead)):
        journal.append(session, stream, "promise.overdue", by=ME, at=now, facts=facts)
    return True


def _desks(session: Session, number: int, desk: str) -> list[str]:
    """The streams in which a desk is alarmed; while it offers its lead, those of both desks."""
    offered = leading.offered(session, number)
    both = [desk, offered.to_desk] if offered is not None and offered.from_desk == desk else [desk]
    return [f"desk:{each}" for each in both]
