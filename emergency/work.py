"""`flask work`: the deciding half's worker. It does due tasks and watches the clocks; it proposes and alerts; of itself it
sends nothing but the heads-ups that a clause makes automatic.

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

from emergency import clock, db, journal
from emergency.agreements import load as agreements
from emergency.agreements import obligations as duties
from emergency.agreements.values import Circle
from emergency.incidents import alerts, inside, issue, leading, links, record, tasks
from emergency.incidents.assess import Context, latest, propose, rerun
from emergency.incidents.findings import sent
from emergency.incidents.models import IncidentRow, TaskRow
from emergency.journal import Actor
from emergency.notifications import NotificationRow, State
from emergency.river.snap import USUAL, Tolerance
from emergency.units import iso

ME: Final = Actor(process="work")
BEFORE_DEADLINE: Final = timedelta(minutes=5)
"""Policy: a proposal neither issued nor withheld rises to the duty leader this long before its deadline."""
PAUSE_S: Final = 1.0
Watch = Callable[[Session, datetime], bool]
"""Does one thing that is due, in one transaction, and says whether there was one."""

log = logging.getLogger(__name__)


def run(
    sessions: db.Sessions,
    zone: ZoneInfo,
    *,
    within: Tolerance = USUAL,
    once: bool = False,
    beside: Callable[[datetime], bool] = lambda _: False,
) -> None:
    """Work until stopped, or until nothing is left to do. beside: what delivery wants done now and then; whether it was."""
    while True:
        try:
            done = beside(clock.now())  # whatever else there is to do, it has its turn each time round
            busy = step(sessions, zone, now=clock.now(), within=within) or done
        except OperationalError as lost:
            log.warning("database lost, again in %s s: %s", PAUSE_S, lost)
            busy = False
        if busy:
            continue
        if once:
            return
        time.sleep(PAUSE_S)


def step(
    sessions: db.Sessions,
    zone: ZoneInfo,
    *,
    now: datetime,
    within: Tolerance = USUAL,
) -> bool:
    """Do one thing that is due."""
    with sessions.begin() as session:  # what may go out of itself waits for nothing
        if send_automatic(session, now):
            return True
    doing: dict[str, tasks.Doing] = {
        "onward": lambda session, row, at: onward(session, row, Context(at, zone, within=within)),
        tasks.CLOCKS: lambda session, row, at: alerts.watch(session, row, at, ME),
    }
    if tasks.step(sessions, doing, now=now):
        return True
    watches: tuple[Watch, ...] = (chase_proposal, alerts.begin)
    for watch in watches:
        with sessions.begin() as session:
            if watch(session, now):
                return True
    return False


def onward(session: Session, task: TaskRow, context: Context) -> None:
    """A desk that was told owes its own neighbours: propose that to it."""
    incident = session.get_one(IncidentRow, int(task.subject), with_for_update=True)  # it may be ending this moment
    newest = latest(session, incident.number)
    if newest is None or incident.status != record.Status.OPEN:
        return
    made = rerun(session, incident, record.current(session, incident), context)
    facts = made.found.facts
    owing = frozenset(told.desk for told in facts.told) - set(links.own_files(session, incident.number))
    standing = agreements.stored(session, newest.body["versions"]["agreements"])  # as they stood when it was assessed
    owed = duties.obligations(replace(facts, assessed_at=context.at), standing, made.survey.divisions, owing)
    propose(session, incident, sent(owed), newest.id, context.at, ME)
    inside.oblige(session, incident.number, owed, newest.id, context.at)


def send_automatic(session: Session, now: datetime) -> bool:
    """Send one heads-up that an automatic clause lets go before anyone approves; a formal notice still waits for consent."""
    due = (
        select(NotificationRow)
        .join(IncidentRow, IncidentRow.number == NotificationRow.event)  # what rests counts in no file, and is not sent
        .where(
            IncidentRow.status == record.Status.OPEN,
            NotificationRow.state == State.PROPOSED,
            NotificationRow.automatic,
            NotificationRow.circle != Circle.WATCH.value,
        )
        .order_by(NotificationRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=(IncidentRow, NotificationRow))  # ending it waits, or comes first
    )
    row = session.scalar(due)
    return row is not None and issue.automatic(session, row, by=ME, at=now)


def chase_proposal(session: Session, now: datetime) -> bool:
    """Raise one undecided proposal whose deadline is near to the duty leader of the desk that owes it.

    A watched one too: its policy limit runs only from when it rises to prepare, and a limit of text or law never waits.
    """
    due = (
        select(NotificationRow)
        .where(
            NotificationRow.state == State.PROPOSED,
            NotificationRow.chased_at.is_(None),
            NotificationRow.deadline_at <= now + BEFORE_DEADLINE,
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
    for stream in (f"incident:{event}", *leading.alarmed(session, event, row.who)):
        journal.append(session, stream, "proposal.escalated", by=ME, at=now, facts=facts | {"incident": event})
    return True
