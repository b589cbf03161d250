"""Faxes and papers by the official exchange (公文交换): acts of officers outside the system, recorded, their receipt tracked.

Each is a delivery beside the texts, with an attempt that says to whom and under which number it went. A receipt is that the
paper has arrived; it is not a read-back, and the ladder climbs on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.models import AttemptRow, DeliveryRow
from contacts.sending import deliveries
from contacts.sending.states import State
from contacts.values import Channel, Policy
from emergency import stated
from emergency.errors import BadInput, Conflict, NotFound
from emergency.journal import Actor
from emergency.notifications import NotificationRow
from emergency.units import iso
from emergency.words import Words

CHANNELS: Final = (Channel.FAX, Channel.EXCHANGE)
SENT, RECEIVED = "sent", "received"


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. to: office or number as typed. reference: its document number or pages. received_at: None while nobody
    has said that it arrived."""

    delivery: int
    channel: str
    to: str
    reference: str
    sent_at: datetime
    received_at: datetime | None
    received_by: str
    late: bool

    def shown(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "delivery": self.delivery,
            "channel": self.channel,
            "to": self.to,
            "reference": self.reference,
            "at": iso(self.sent_at),
            "received_at": iso(self.received_at) if self.received_at else None,
            "received_by": self.received_by,
            "late": self.late,
        }


def send(
    session: Session,
    notification: NotificationRow,
    *,
    channel: Channel,
    to: str,
    reference: str,
    sent_at: datetime,
    by: Actor,
    at: datetime,
    policy: Policy,
) -> DeliveryRow:
    """Record that a paper has gone out. sent_at: when, as the officer says; at: when that was entered."""
    _possible(sent_at, at)
    row = DeliveryRow(
        notification_id=notification.id,
        incident=notification.incident,
        desk=notification.tells,
        channel=channel,
        state=State.ACCEPTED,
        rank=0,
        resend=False,
        body="",
        attempts=1,
        failures=0,
        uncounted=0,
        checks=0,
        created_at=at,
        attempted_at=sent_at,
        accepted_at=sent_at,
        expires_at=at + timedelta(seconds=policy.valid_s(notification.circle, drill=notification.drill)),
    )
    session.add(row)
    session.flush()
    _note(session, row, SENT, sent_at, at, {"to": to, "reference": reference, "by": by.stored()})
    deliveries.tell(session, row, at=at, by=by, kind="delivery.filed")
    return row


def receive(session: Session, row: DeliveryRow, *, person: str, received_at: datetime, by: Actor, at: datetime) -> None:
    """The other side says that it has the paper, and who said so. Conflict where that is known already."""
    _possible(received_at, at)
    if row.attempted_at is not None and received_at < row.attempted_at - stated.FAST_CLOCK:
        words = Words("收到不能早于发出。", "It cannot have arrived before it was sent.")
        raise BadInput("received-before-sent", words, field="at")
    if row.state == State.DELIVERED:
        words = Words("这份文件已登记收到。", "That paper is recorded as received already.")
        raise Conflict("received-already", words)
    row.state, row.delivered_at, row.attempts = State.DELIVERED, received_at, row.attempts + 1
    _note(session, row, RECEIVED, received_at, at, {"person": person, "by": by.stored()})
    deliveries.tell(session, row, at=at, by=by, kind="delivery.received")


def found(session: Session, delivery: int) -> DeliveryRow:
    """The row of a paper."""
    row = session.get(DeliveryRow, delivery, with_for_update=True)
    if row is None or row.channel not in CHANNELS:
        raise no_such()
    return row


def no_such() -> NotFound:
    """There is none, or none that the officer may know of."""
    return NotFound("no-such-paper", Words("没有这份传真或公文。", "There is no such fax or official paper."))


def sent_with(session: Session, notification: int) -> tuple[Paper, ...]:
    """The papers that went out beside a message, the oldest first."""
    rows = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.notification_id == notification, DeliveryRow.channel.in_(CHANNELS))
        .order_by(DeliveryRow.id)
    )
    return tuple(_paper(session, row) for row in rows)


def _paper(session: Session, row: DeliveryRow) -> Paper:
    notes = {each.outcome: each for each in session.scalars(select(AttemptRow).where(AttemptRow.delivery_id == row.id))}
    sent: Mapping[str, Any] = notes[SENT].facts or {}
    received: Mapping[str, Any] = (notes[RECEIVED].facts or {}) if RECEIVED in notes else {}
    return Paper(
        row.id,
        row.channel,
        sent["to"],
        sent["reference"],
        notes[SENT].started_at,
        row.delivered_at,
        received.get("person", ""),
        stated.late(notes[SENT].started_at, row.created_at),
    )


def _note(
    session: Session, row: DeliveryRow, outcome: str, done_at: datetime, at: datetime, facts: Mapping[str, Any]
) -> None:
    session.add(
        AttemptRow(
            delivery_id=row.id, n=row.attempts, started_at=done_at, finished_at=at, outcome=outcome, facts=dict(facts)
        )
    )


def _possible(done_at: datetime, at: datetime) -> None:
    if done_at > at + stated.FAST_CLOCK:
        words = Words("时间不能晚于现在。", "That cannot have been later than now.")
        raise BadInput("paper-in-future", words, field="at")
