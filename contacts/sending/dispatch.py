"""`flask dispatch`: takes what was issued, sends it, asks when in doubt, and tells the next person when nobody answers.

Small steps, each of which says whether it did anything; any number of workers may run them side by side, and each may be
killed at any instant. A row is claimed by a lease; an attempt is written before it is made; what comes of it is written
only by who still holds the lease. A lease that runs out means: ask the provider.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.exc import OperationalError

from contacts.channels.base import Channel, NotDelivered, Report
from contacts.models import DeliveryRow, EscalationRow
from contacts.sending import deliveries, ladders, pace, planning, provider_codes, reconcile, verdicts
from contacts.sending.claims import Held, claim, owned
from contacts.sending.office import Lines, Office
from contacts.sending.states import Ladder, State
from contacts.values import Policy
from emergency import notifications
from emergency.journal import Actor
from emergency.notifications import NotificationRow

BY: Final = Actor(process="dispatch")
CHORES_S: Final = 0.2
"""So often a busy worker looks for new messages and ladders: far less than the second that an idle one waits."""
log = logging.getLogger(__name__)


def run(office: Office, *, threads: int, stop: threading.Event) -> None:
    """Work until told to stop. Threads with nothing to do wait one after the other, so that an idle worker asks the
    database once in `idle_s`, however many threads it has."""
    turns = Turns(threading.Lock(), threading.Lock())
    crew = [threading.Thread(target=_work, args=(office, stop, turns), name=f"dispatch-{n}") for n in range(threads)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()


@dataclass(slots=True)
class Turns:
    """What the threads of a worker do one at a time: wait when idle, and look after ladders while the others deliver."""

    idle: threading.Lock
    chores: threading.Lock
    looked_s: float = 0.0

    def take(self) -> bool:
        """Whether it is this thread's turn to look; the others go on delivering meanwhile."""
        if time.monotonic() - self.looked_s < CHORES_S or not self.chores.acquire(blocking=False):
            return False
        self.looked_s = time.monotonic()
        return True


def run_once(office: Office) -> None:
    """Do what is due now, and end."""
    lines = office.lines()
    while step(office, lines):
        pass


def step(office: Office, lines: Lines) -> bool:
    """The most urgent thing that is due, if anything is."""
    return chore(office) or deliver_next(office, lines)


def chore(office: Office) -> bool:
    """The most urgent thing that is to be done before anything is sent, if there is one. What it would call off is not
    sent meanwhile: a delivery is looked at again when it is claimed."""
    return plan_next(office) or overtake_next(office) or stand_down_next(office) or escalate_next(office)


def _work(office: Office, stop: threading.Event, turns: Turns) -> None:
    lines = office.lines()
    while not stop.is_set():
        try:
            office.beat(office.now())
            busy = _turn(office, lines, turns)
        except OperationalError as lost:
            log.warning("the database cannot be reached, again in %s s: %s", office.policy.idle_s, lost.orig)
            busy = False
        except Exception:
            log.exception("a step failed; its row comes up again when its lease is over")
            busy = False
        if not busy:
            with turns.idle:
                stop.wait(office.policy.idle_s)


def _turn(office: Office, lines: Lines, turns: Turns) -> bool:
    """Deliver; and every so often, or where nothing is to be delivered, do what there is besides."""
    if turns.take():
        try:
            while chore(office) and time.monotonic() - turns.looked_s < CHORES_S:
                pass
        finally:
            turns.chores.release()
    return deliver_next(office, lines) or chore(office)


# The hand-over and the ladder ----------------------------------------------------------------------------------------


def plan_next(office: Office) -> bool:
    """Take one issued message and plan its deliveries, in one transaction."""
    try:
        with office.sessions.begin() as session:
            row = notifications.take(session, at=office.now())
            if row is None:
                return False
            taken = row.id
            planning.plan(session, row, zone=office.zone, policy=office.policy, at=office.now())
    except (KeyError, TypeError, ValueError) as trouble:
        log.exception("a message could not be planned")
        _give_reason(office, taken, type(trouble).__name__)
    return True


def stand_down_next(office: Office) -> bool:
    """End one ladder whose message was read back."""
    with office.sessions.begin() as session:
        ladder = session.scalar(ANSWERED)
        if ladder is not None:
            planning.stand_down(session, ladder, at=office.now())
        return ladder is not None


def overtake_next(office: Office) -> bool:
    """Stop ringing about one message that a later one has replaced, or that is withdrawn."""
    with office.sessions.begin() as session:
        row = session.scalar(OVERTAKEN)
        return row is not None and planning.overtake(session, row, at=office.now())


def _answered() -> Select[EscalationRow]:
    """An open ladder whose message has been read back by as many persons as it asks for."""
    return (
        select(EscalationRow)
        .join(NotificationRow, NotificationRow.id == EscalationRow.notification_id)
        .where(EscalationRow.state == Ladder.OPEN, ladders.answered())
        .limit(1)
        .with_for_update(of=EscalationRow, skip_locked=True)
    )


def _overtaken() -> Select[NotificationRow]:
    """A message that still rings, though a later one has replaced it."""
    waiting = exists().where(DeliveryRow.notification_id == NotificationRow.id, DeliveryRow.state == State.PENDING)
    climbing = exists().where(EscalationRow.notification_id == NotificationRow.id, EscalationRow.state == Ladder.OPEN)
    return (
        select(NotificationRow)
        .where(
            or_(NotificationRow.state == notifications.State.ISSUED, ladders.half_answered()),
            NotificationRow.taken_at.is_not(None),
            or_(waiting, climbing),
            notifications.superseded(),
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )


ANSWERED: Final = _answered()
OVERTAKEN: Final = _overtaken()
"""Both are asked several times a second; to put them together takes longer than to run them."""


def escalate_next(office: Office) -> bool:
    """Tell the next person of one ladder that has waited long enough. It reads acknowledgement, never delivery."""
    at = office.now()
    with office.sessions.begin() as session:
        pace.check(session, at=at, steady=office.steady, machine=office.machine)
        ladder = ladders.rise(session, at)
        if ladder is not None:
            planning.escalate(session, ladder, zone=office.zone, policy=office.policy, at=at)
        return ladder is not None


def _give_reason(office: Office, notification_id: int, trouble: str) -> None:
    with office.sessions.begin() as session:
        row = session.get_one(NotificationRow, notification_id, with_for_update=True)
        planning.could_not_plan(session, row, trouble, policy=office.policy, at=office.now())


# The deliveries ------------------------------------------------------------------------------------------------------


def deliver_next(office: Office, lines: Lines) -> bool:
    """Take up the most urgent delivery that is due: send it, ask about it, or close it."""
    claimed = claim(office, lines)
    if isinstance(claimed, Held):
        _HANDLERS[claimed.state](office, lines[claimed.channel], claimed)
    return claimed is not None


# Sending -------------------------------------------------------------------------------------------------------------


def _send(office: Office, channel: Channel, held: Held) -> None:
    if time.monotonic() > held.until_s:
        _give_up(office, held)  # paused too long: another worker may be asking by now
        return
    try:
        report = channel.send(held.parcel)
    except NotDelivered as trouble:
        _refused(office, held, trouble)
    else:
        _accepted(office, held, report)


def _give_up(office: Office, held: Held) -> None:
    with office.sessions.begin() as session:
        at = office.now()
        row = owned(session, held)
        if row is not None:
            deliveries.finish_attempt(session, row.id, held.parcel.attempt, "given up", at=at)
            row.uncounted += 1
            deliveries.wait(row, at, None)


def _accepted(office: Office, held: Held, report: Report) -> None:
    """Evidence, even where the lease has run out meanwhile: it then lifts the row as a callback would."""
    with office.sessions.begin() as session:
        at, attempt, policy = office.now(), held.parcel.attempt, office.policy
        row = session.get_one(DeliveryRow, held.parcel.delivery, with_for_update=True)
        if row.lease_token == held.token:
            deliveries.accept(
                session, row, report.sid, attempt=attempt, at=at, by=BY, policy=policy, outcome="accepted"
            )
        else:
            deliveries.name_attempt(session, row.id, attempt, report.sid, outcome="accepted", at=at)
            deliveries.heard(
                session, row, report, attempt=attempt, at=at, by=BY, policy=policy, source=deliveries.ASKED
            )
        if held.paused:
            verdicts.resume(session, held.channel, at)


def _refused(office: Office, held: Held, trouble: NotDelivered) -> None:
    with office.sessions.begin() as session:
        at, trouble = office.now(), provider_codes.judged(session, trouble)
        deliveries.finish_attempt(
            session,
            held.parcel.delivery,
            held.parcel.attempt,
            trouble.verdict,
            at=at,
            http_status=trouble.http_status,
            code=trouble.code,
        )
        row = owned(session, held)
        if row is not None:
            verdicts.judge(session, row, trouble, office, at)


# Asking --------------------------------------------------------------------------------------------------------------


def _reconcile(office: Office, channel: Channel, held: Held) -> None:
    findings = reconcile.look(
        channel, held.parcel, since=held.since, known=held.known, policy=office.policy, now=office.now
    )
    with office.sessions.begin() as session:
        row = owned(session, held)
        if row is not None:
            findings(session, row)


def _follow(office: Office, channel: Channel, held: Held) -> None:
    """Nothing final has come: a callback may never come, so ask."""
    try:
        report = channel.ask(held.sid)
    except NotDelivered as trouble:
        log.info("delivery %s: the provider does not say: %s", held.parcel.delivery, trouble)
        report = None
    with office.sessions.begin() as session:
        at = office.now()
        row = owned(session, held)
        if row is None:
            return
        row.lease_token, row.act_at = None, at + timedelta(seconds=_next_ask_s(row, office.policy, at))
        said, attempt = "no_answer" if report is None else report.status, held.parcel.attempt
        if held.sid is not None:
            deliveries.checked(session, row, attempt=attempt, asked="ask", answer=said, sid=held.sid, at=at)
        if report is not None:
            source, policy = deliveries.ASKED, office.policy
            deliveries.heard(session, row, report, attempt=attempt, at=at, by=BY, policy=policy, source=source)


def _next_ask_s(row: DeliveryRow, policy: Policy, at: datetime) -> float:
    waited_s = (at - row.accepted_at).total_seconds() if row.accepted_at else 0.0
    return min(policy.ask_most_s, max(policy.ask_s, waited_s))


_HANDLERS: Final[Mapping[State, Callable[[Office, Channel, Held], None]]] = {
    State.SENDING: _send,
    State.UNKNOWN: _reconcile,
    State.ACCEPTED: _follow,
    State.SENT: _follow,
}
