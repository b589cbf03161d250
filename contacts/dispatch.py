"""`flask dispatch`: takes what was issued, sends it, asks when in doubt, and tells the next person when nobody answers.

Small steps, each of which says whether it did anything; any number of workers may run them side by side, and each may be
killed at any instant. A row is claimed by a lease; an attempt is written before it is made; what comes of it is written
only by who still holds the lease. A lease that runs out means: ask the provider.
"""

import logging
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from contacts import deliveries, planning, reconcile
from contacts.channels.base import Channel, NotDelivered, Parcel, Report, Verdict
from contacts.deliveries import deliveries_of as deliveries_of
from contacts.models import AttemptRow, ChannelRow, DeliveryRow, EscalationRow, MethodRow
from contacts.numbers import Vault
from contacts.states import State
from contacts.values import (
    ACKNOWLEDGED,
    CHANNEL_BUSY,
    CHANNEL_STOPPED,
    GIVEN_UP,
    NO_RECEIPT,
    OPTED_OUT,
    REPLACED,
    TOO_LATE,
    Policy,
    Reason,
)
from emergency import clock, journal, notifications
from emergency.db import Sessions
from emergency.errors import NotReady
from emergency.journal import Actor
from emergency.notifications import NotificationRow
from emergency.words import Words

BY: Final = Actor(process="dispatch")
LOST: Final = Reason("worker-lost", Words("发送进程中断，不知是否发出", "the worker was lost: it may have been sent"))
log = logging.getLogger(__name__)

Lines = Mapping[str, Channel]


@dataclass(frozen=True, slots=True)
class Office:
    """What a worker works with. lines: makes the channels, once for each thread. zone: for desks without a roster."""

    sessions: Sessions
    vault: Vault
    lines: Callable[[], Lines]
    zone: ZoneInfo
    policy: Policy = field(default_factory=Policy)
    now: Callable[[], datetime] = clock.now
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Held:
    """A row in this worker's hands: until when it may still begin to send, by a clock that nobody sets."""

    state: State
    token: str
    parcel: Parcel
    channel: str
    since: datetime
    sid: str | None
    known: frozenset[str]
    until_s: float


def run(office: Office, *, threads: int, stop: threading.Event) -> None:
    """Work until told to stop."""
    crew = [threading.Thread(target=_work, args=(office, stop), name=f"dispatch-{n}") for n in range(threads)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()


def run_once(office: Office) -> None:
    """Do what is due now, and end."""
    lines = office.lines()
    while step(office, lines):
        pass


def step(office: Office, lines: Lines) -> bool:
    """The most urgent thing that is due, if anything is."""
    return plan_next(office) or stand_down_next(office) or escalate_next(office) or deliver_next(office, lines)


def _work(office: Office, stop: threading.Event) -> None:
    lines = office.lines()
    while not stop.is_set():
        try:
            busy = step(office, lines)
        except OperationalError as lost:
            log.warning("the database cannot be reached, again in %s s: %s", office.policy.idle_s, lost.orig)
            busy = False
        except Exception:
            log.exception("a step failed; its row comes up again when its lease is over")
            busy = False
        if not busy:
            stop.wait(office.policy.idle_s)


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
        answered = (
            select(EscalationRow)
            .join(NotificationRow, NotificationRow.id == EscalationRow.notification_id)
            .where(EscalationRow.state == "open", NotificationRow.state == notifications.State.ACKNOWLEDGED)
            .limit(1)
            .with_for_update(of=EscalationRow, skip_locked=True)
        )
        ladder = session.scalar(answered)
        if ladder is not None:
            planning.stand_down(session, ladder, at=office.now())
        return ladder is not None


def escalate_next(office: Office) -> bool:
    """Tell the next person of one ladder that has waited long enough. It reads acknowledgement, never delivery."""
    at = office.now()
    with office.sessions.begin() as session:
        due = (
            select(EscalationRow)
            .join(NotificationRow, NotificationRow.id == EscalationRow.notification_id)
            .where(
                EscalationRow.state == "open",
                EscalationRow.next_at <= at,
                NotificationRow.state == notifications.State.ISSUED,
            )
            .order_by(EscalationRow.next_at)
            .limit(1)
            .with_for_update(of=EscalationRow, skip_locked=True)
        )
        ladder = session.scalar(due)
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


def claim(office: Office, lines: Lines) -> Held | State | None:
    """Take a lease on one due row. None: nothing is due. A state: it was settled without anything to send or ask."""
    began_s = time.monotonic()
    at = office.now()
    with office.sessions.begin() as session:
        row = session.scalar(_due(at, lines))
        if row is None:
            return None
        if _settled(session, row, lines[row.channel], office.policy, at):
            return State(row.state)
        try:
            number = _number(session, row, office.vault)
        except NotReady as trouble:
            reason = Reason(trouble.slug, trouble.words).stored()
            deliveries.end(session, row, State.FAILED_PERMANENT, reason, at=at, by=BY)
            return State(row.state)
        row.provider = lines[row.channel].provider
        return _lease(session, row, number, office.policy, at, began_s)


def _due(at: datetime, lines: Lines) -> Select[DeliveryRow]:
    paused = exists().where(ChannelRow.channel == DeliveryRow.channel, ChannelRow.until > at)
    return (
        select(DeliveryRow)
        .where(
            DeliveryRow.act_at <= at,
            DeliveryRow.channel.in_(lines),
            ~((DeliveryRow.state == State.PENDING) & paused),
        )
        .order_by(DeliveryRow.rank, DeliveryRow.act_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _settled(session: Session, row: DeliveryRow, channel: Channel, policy: Policy, at: datetime) -> bool:
    """Whether nothing is to be sent or asked now: it is moot, its worker was lost, or it was asked about long enough."""
    moot = _moot(session, row, at)
    if moot is not None:
        deliveries.end(session, row, *moot, at=at, by=BY)
    elif row.state == State.SENDING:
        _lost(session, row, channel, policy, at)
    elif row.state in (State.ACCEPTED, State.SENT) and _silent(row, policy, at):
        row.act_at, row.reason = None, NO_RECEIPT.stored()
        deliveries.tell(session, row, at=at, by=BY, kind="delivery.silent")
    else:
        return False
    return True


def _moot(session: Session, row: DeliveryRow, at: datetime) -> tuple[State, dict[str, object]] | None:
    if row.state in (State.PENDING, State.UNKNOWN) and row.expires_at <= at:
        return State.EXPIRED, TOO_LATE.stored()
    if row.state != State.PENDING:
        return None
    notification = session.get_one(NotificationRow, row.notification_id)
    if notification.state == notifications.State.ACKNOWLEDGED:
        return State.CANCELLED, ACKNOWLEDGED.stored()
    if _replaced(session, notification):
        return State.CANCELLED, REPLACED.stored()
    method = session.get(MethodRow, row.method_id) if row.method_id is not None else None
    if method is not None and method.opted_out_at is not None:
        return State.FAILED_PERMANENT, OPTED_OUT.stored()
    return None


def _replaced(session: Session, notification: NotificationRow) -> bool:
    later = select(EscalationRow.id).where(
        EscalationRow.incident == notification.incident,
        EscalationRow.who == notification.who,
        EscalationRow.tells == notification.tells,
        EscalationRow.notification_id > notification.id,
    )
    return session.scalar(later.limit(1)) is not None


def _lost(session: Session, row: DeliveryRow, channel: Channel, policy: Policy, at: datetime) -> None:
    deliveries.finish_attempt(session, row.id, row.attempts, "lost", at=at)
    if channel.repeatable:
        deliveries.wait(row, at, None)
    else:
        deliveries.doubt(session, row, at=at, by=BY, policy=policy, why=LOST)


def _silent(row: DeliveryRow, policy: Policy, at: datetime) -> bool:
    return row.accepted_at is not None and at - row.accepted_at > timedelta(seconds=policy.ask_until_s)


def _number(session: Session, row: DeliveryRow, vault: Vault) -> str | None:
    method = session.get(MethodRow, row.method_id) if row.method_id is not None else None
    return None if method is None else vault.open(method.number)


def _lease(
    session: Session, row: DeliveryRow, number: str | None, policy: Policy, at: datetime, began_s: float
) -> Held:
    row.lease_token = secrets.token_hex(16)
    row.act_at = at + timedelta(seconds=policy.lease_s)
    if row.state == State.PENDING:
        row.state, row.attempts = State.SENDING, row.attempts + 1
        row.attempted_at = row.attempted_at or at
        session.add(AttemptRow(delivery_id=row.id, n=row.attempts, started_at=at))
    parcel = Parcel(
        delivery=row.id,
        attempt=row.attempts,
        notification=row.notification_id,
        incident=row.incident,
        desk=row.desk,
        number=number,
        body=row.body,
        at=at,
        valid_s=int((row.expires_at - at).total_seconds()),
    )
    known = reconcile.known_sids(session, row) if row.state == State.UNKNOWN else frozenset()
    since = row.attempted_at or row.created_at
    half_s = began_s + policy.lease_s / 2
    return Held(State(row.state), row.lease_token, parcel, row.channel, since, row.provider_sid, known, half_s)


def _owned(session: Session, held: Held) -> DeliveryRow | None:
    """The row, locked, if this worker still holds it; else somebody has gone on without us."""
    mine = select(DeliveryRow).where(
        DeliveryRow.id == held.parcel.delivery,
        DeliveryRow.state == held.state,
        DeliveryRow.lease_token == held.token,
    )
    return session.scalar(mine.with_for_update())


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
        row = _owned(session, held)
        if row is not None:
            deliveries.finish_attempt(session, row.id, held.parcel.attempt, "given up", at=at)
            row.uncounted += 1
            deliveries.wait(row, at, None)


def _accepted(office: Office, held: Held, report: Report) -> None:
    with office.sessions.begin() as session:
        at, attempt = office.now(), held.parcel.attempt
        deliveries.finish_attempt(session, held.parcel.delivery, attempt, "accepted", at=at)
        row = _owned(session, held)
        if row is not None:
            deliveries.accept(session, row, report.sid, attempt=attempt, at=at, by=BY, policy=office.policy)
        _resume(session, held.channel, at)


def _refused(office: Office, held: Held, trouble: NotDelivered) -> None:
    with office.sessions.begin() as session:
        at = office.now()
        deliveries.finish_attempt(
            session,
            held.parcel.delivery,
            held.parcel.attempt,
            trouble.verdict,
            at=at,
            http_status=trouble.http_status,
            code=trouble.code,
        )
        row = _owned(session, held)
        if row is not None:
            _judge(session, row, trouble, office, at)


def _judge(session: Session, row: DeliveryRow, trouble: NotDelivered, office: Office, at: datetime) -> None:
    reason = Reason(f"provider-{trouble.code or trouble.verdict}", trouble.words)
    if trouble.verdict is Verdict.UNKNOWN:
        deliveries.doubt(session, row, at=at, by=BY, policy=office.policy, why=reason)
    elif trouble.verdict is Verdict.BUSY:
        _pause(session, row, CHANNEL_BUSY, at, _strikes_s(session, row.channel, office))
    elif trouble.verdict is Verdict.CONFIGURATION:
        _pause(session, row, CHANNEL_STOPPED, at, office.policy.probe_s, trouble=reason)
    elif trouble.permanent:
        _shut(session, row, trouble.verdict, reason, at)
    else:
        _again(session, row, reason, office, at)


def _shut(session: Session, row: DeliveryRow, verdict: Verdict, reason: Reason, at: datetime) -> None:
    method = session.get(MethodRow, row.method_id)
    if verdict is Verdict.OPTED_OUT and method is not None:
        deliveries.opt_out(session, method, row.desk, at=at, by=BY)
    deliveries.end(session, row, State.FAILED_PERMANENT, reason.stored(), at=at, by=BY)


def _again(session: Session, row: DeliveryRow, reason: Reason, office: Office, at: datetime) -> None:
    """It never left: again after a pause that doubles, until it was tried too often."""
    row.failures += 1
    if row.failures >= office.policy.failures:
        deliveries.end(session, row, State.FAILED_PERMANENT, GIVEN_UP.stored(last=reason.slug), at=at, by=BY)
    else:
        deliveries.wait(row, at + timedelta(seconds=_back_off_s(row.failures, office)), reason.stored())


# The channel's own trouble -------------------------------------------------------------------------------------------


def _pause(
    session: Session, row: DeliveryRow, why: Reason, at: datetime, for_s: float, *, trouble: Reason | None = None
) -> None:
    """Hold the whole channel, so that the first alerts are the first to go on; the row loses nothing by it."""
    until = at + timedelta(seconds=for_s)
    first = insert(ChannelRow).values(channel=row.channel, until=until, strikes=0, reason=why.stored())
    session.execute(first.on_conflict_do_nothing())
    pause = session.get_one(ChannelRow, row.channel, with_for_update=True, populate_existing=True)
    pause.until, pause.strikes, pause.reason = until, pause.strikes + 1, why.stored()
    row.uncounted += 1
    deliveries.wait(row, until, why.stored())
    if trouble is not None and pause.stopped_at is None:
        pause.stopped_at = at
        _sound(session, row, trouble, at)


def _sound(session: Session, row: DeliveryRow, trouble: Reason, at: datetime) -> None:
    facts = {"channel": row.channel, "reason": trouble.stored(), "alarm": True}
    for stream in (f"incident:{row.incident}", "system"):
        journal.append(session, stream, "channel.stopped", by=BY, at=at, facts=facts)


def _resume(session: Session, channel: str, at: datetime) -> None:
    """It works again."""
    gone = session.execute(
        delete(ChannelRow).where(ChannelRow.channel == channel).returning(ChannelRow.stopped_at)
    ).scalar_one_or_none()
    if gone is not None:
        journal.append(session, "system", "channel.resumed", by=BY, at=at, facts={"channel": channel})


def _strikes_s(session: Session, channel: str, office: Office) -> float:
    pause = session.get(ChannelRow, channel)
    return _back_off_s(1 if pause is None else pause.strikes + 1, office)


def _back_off_s(times: int, office: Office) -> float:
    longest = min(office.policy.retry_most_s, office.policy.retry_s * 2.0 ** min(times - 1, 16))
    return longest * (0.5 + office.chance() / 2)


# Asking --------------------------------------------------------------------------------------------------------------


def _reconcile(office: Office, channel: Channel, held: Held) -> None:
    findings = reconcile.look(
        channel, held.parcel, since=held.since, known=held.known, policy=office.policy, now=office.now
    )
    with office.sessions.begin() as session:
        row = _owned(session, held)
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
        row = _owned(session, held)
        if row is None:
            return
        row.lease_token, row.act_at = None, at + timedelta(seconds=_next_ask_s(row, office.policy, at))
        if report is not None:
            deliveries.heard(session, row, report, attempt=held.parcel.attempt, at=at, by=BY, policy=office.policy)


def _next_ask_s(row: DeliveryRow, policy: Policy, at: datetime) -> float:
    waited_s = (at - row.accepted_at).total_seconds() if row.accepted_at else 0.0
    return min(policy.ask_most_s, max(policy.ask_s, waited_s))


_HANDLERS: Final[Mapping[State, Callable[[Office, Channel, Held], None]]] = {
    State.SENDING: _send,
    State.UNKNOWN: _reconcile,
    State.ACCEPTED: _follow,
    State.SENT: _follow,
}
