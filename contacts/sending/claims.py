"""Taking up a delivery that is due: what is moot or over is closed at once; anything else is leased to one worker.

A lease is a token and an instant. Whoever still holds the token may change the row; when the instant passes, another worker
takes the row up, and a text that was being sent then counts as one of which nobody knows.
"""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import DateTime, Integer, Select, SmallInteger, bindparam, exists, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from contacts.channels.base import Channel, Parcel
from contacts.models import AttemptRow, ChannelRow, ContactRow, DeliveryRow, MethodRow
from contacts.people.countries import country
from contacts.sending import budget, deliveries, ladders, reconcile
from contacts.sending.office import Lines, Office
from contacts.sending.states import State
from contacts.values import (
    ACKNOWLEDGED,
    FOREIGN_ROUTE,
    LOST,
    NO_RECEIPT,
    OPTED_OUT,
    REPLACED,
    TOO_LATE,
    UNFIT,
    WRONG_NUMBER,
    Policy,
    Reason,
)
from emergency import notifications
from emergency.errors import NotReady
from emergency.journal import Actor
from emergency.notifications import NotificationRow

BY: Final = Actor(process="dispatch")


@dataclass(frozen=True, slots=True)
class Held:
    """A row in this worker's hands: until when it may still begin to send, by a clock that nobody sets.

    paused: whether the channel was slowed down or stopped before; a text that goes through shows that it works again.
    """

    state: State
    token: str
    parcel: Parcel
    channel: str
    since: datetime
    sid: str | None
    known: frozenset[str]
    until_s: float
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A row whose hour has come, locked, and what it depends on: how its message stands, its number, its channel's trouble.

    paused: whether the channel was slowed down or stopped before.
    """

    row: DeliveryRow
    message_state: str
    superseded: bool
    number: bytes | None
    opted_out: bool
    wrong: bool
    paused: bool

    @property
    def turn(self) -> tuple[int, datetime]:
        """Who goes first."""
        return self.row.rank, self.row.act_at or self.row.created_at


class Unfit(Exception):
    """A row could not be taken up, by a defect of ours; nothing that was to be taken up with it is."""

    def __init__(self, delivery: int):
        super().__init__(f"delivery {delivery}")
        self.delivery = delivery


@dataclass(frozen=True, slots=True)
class Taken:
    """What a worker took up at once: the rows it now holds, and how many were settled without anything to send or ask."""

    held: tuple[Held, ...] = ()
    settled: int = 0

    def __bool__(self) -> bool:
        return bool(self.held or self.settled)


def take(office: Office, lines: Lines, most: int = 1) -> Taken:
    """Take a lease on the most urgent rows that are due, as many as `most`, in one transaction. Nothing: none is due.

    Unfit names a row that cannot be taken up: put it off, and the others are taken up next time.
    """
    began_s, at = time.monotonic(), office.now()
    asked = {"at": at, "channels": list(lines), "contract": office.contract, "most": most}
    with office.sessions.begin() as session:
        found = sorted((Due(*each) for each in session.execute(DUE, asked)), key=lambda due: due.turn)
        held = [_taken(session, office, lines, due, at, began_s) for due in found]
    return Taken(tuple(each for each in held if each is not None), held.count(None))


def put_off(office: Office, unfit: Unfit) -> None:
    """Let a row that cannot be taken up wait for a while, as it stands and with the reason, which is an alarm of the audit.

    Not where another worker has meanwhile taken or ended it.
    """
    at = office.now()
    still_due = (DeliveryRow.id == unfit.delivery, DeliveryRow.act_at <= at)
    later = at + timedelta(seconds=office.policy.retry_most_s)
    with office.sessions.begin() as session:
        session.execute(update(DeliveryRow).where(*still_due).values(act_at=later, reason=UNFIT.stored()))


def _taken(session: Session, office: Office, lines: Lines, due: Due, at: datetime, began_s: float) -> Held | None:
    delivery = due.row.id
    try:
        return _take(session, office, lines, due, at, began_s)
    except OperationalError:
        raise
    except Exception as defect:
        raise Unfit(delivery) from defect


def _take(session: Session, office: Office, lines: Lines, due: Due, at: datetime, began_s: float) -> Held | None:
    """Hold one row, or settle it."""
    row = due.row
    if row.act_at is None or row.act_at > at:
        return None  # put into the text of one that was taken with it
    if _settled(session, due, lines[row.channel], office.policy, at):
        return None
    if row.state == State.PENDING and not budget.weigh(session, row, policy=office.policy, at=at):
        return None
    try:
        number = None if due.number is None else office.vault.open(due.number)
    except NotReady as trouble:
        reason = Reason(trouble.slug, trouble.words).stored()
        deliveries.end(session, row, State.FAILED_PERMANENT, reason, at=at, by=BY)
        return None
    row.provider = lines[row.channel].provider
    facts = _warned(session, row, lines[row.channel])
    held = _lease(session, row, number, office.policy, at, began_s, facts)
    return replace(held, paused=due.paused)


def _due() -> Select[DeliveryRow, str, bool, bytes | None, bool, bool, bool]:
    """The `most` urgent rows of `channels` that are due `at` and that no other worker holds, and what they depend on."""
    at = bindparam("at", type_=DateTime(timezone=True))
    stopped = exists().where(ChannelRow.channel == DeliveryRow.channel, ChannelRow.until > at)
    first = (
        select(DeliveryRow)
        .where(
            DeliveryRow.act_at <= at,
            DeliveryRow.channel.in_(bindparam("channels", expanding=True)),
            DeliveryRow.contract <= bindparam("contract", type_=SmallInteger),
            ~((DeliveryRow.state == State.PENDING) & stopped),
        )
        .order_by(DeliveryRow.rank, DeliveryRow.act_at)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    row = aliased(DeliveryRow, first)
    return (
        select(
            row,
            NotificationRow.state,
            notifications.superseded(),
            MethodRow.number,
            MethodRow.opted_out_at.is_not(None),
            MethodRow.wrong_at.is_not(None),
            exists().where(ChannelRow.channel == row.channel),
        )
        .join(NotificationRow, NotificationRow.id == row.notification_id)
        .outerjoin(MethodRow, MethodRow.id == row.method_id)
    )


DUE: Final = _due()
BEGUN: Final = insert(AttemptRow)
"""Made once: to put them together takes longer than to run them."""


def _settled(session: Session, due: Due, channel: Channel, policy: Policy, at: datetime) -> bool:
    """Whether nothing is to be sent or asked now: it is moot, its worker was lost, or it was asked about long enough."""
    row, moot = due.row, _moot(session, due, at)
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


def _moot(session: Session, due: Due, at: datetime) -> tuple[State, dict[str, object]] | None:
    row = due.row
    if row.state in (State.PENDING, State.UNKNOWN) and row.expires_at <= at:
        return State.EXPIRED, TOO_LATE.stored()
    if row.state != State.PENDING:
        return None
    if ladders.enough(session, row.notification_id, due.message_state):
        return State.CANCELLED, ACKNOWLEDGED.stored()
    if due.superseded:
        return State.CANCELLED, REPLACED.stored()
    if due.opted_out:
        return State.FAILED_PERMANENT, OPTED_OUT.stored()
    if due.wrong:
        return State.FAILED_PERMANENT, WRONG_NUMBER.stored()
    return None


def _lost(session: Session, row: DeliveryRow, channel: Channel, policy: Policy, at: datetime) -> None:
    deliveries.finish_attempt(session, row.id, row.attempts, "lost", at=at)
    if channel.repeatable:
        deliveries.wait(row, at, None)
    else:
        deliveries.doubt(session, row, at=at, by=BY, policy=policy, why=LOST)


def _silent(row: DeliveryRow, policy: Policy, at: datetime) -> bool:
    return row.accepted_at is not None and at - row.accepted_at > timedelta(seconds=policy.ask_until_s)


def _warned(session: Session, row: DeliveryRow, channel: Channel) -> dict[str, object] | None:
    """What the record of an attempt must warn of: a text that goes to a country from abroad where it is filtered."""
    contact = session.get(ContactRow, row.contact_id) if channel.abroad and row.contact_id is not None else None
    if contact is None or not country(contact.profile).domestic_only:
        return None
    return {"warning": FOREIGN_ROUTE.stored()}


def _lease(
    session: Session,
    row: DeliveryRow,
    number: str | None,
    policy: Policy,
    at: datetime,
    began_s: float,
    facts: dict[str, object] | None,
) -> Held:
    row.lease_token = secrets.token_hex(16)
    if row.reason and row.reason.get("slug") == UNFIT.slug:
        row.reason = None
    row.act_at = at + timedelta(seconds=policy.lease_s)
    if row.state == State.PENDING:
        row.state, row.attempts = State.SENDING, row.attempts + 1
        row.attempted_at = row.attempted_at or at
        begun = {"delivery_id": row.id, "n": row.attempts, "started_at": at, "facts": facts}
        session.connection().execute(BEGUN, begun)
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
