"""The call board: whom to ring next, what to say, and what came of it. A call is a delivery attempt of channel `phone`.

Reading back the code acknowledges, whatever the texts are doing. A number is shown to who must call, and the journal keeps
that it was shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts import deliveries, directory, messages
from contacts.models import AttemptRow, ContactRow, DeliveryRow, MethodRow
from contacts.numbers import Vault, masked
from contacts.states import State
from contacts.values import Channel, Policy, Reason
from emergency import journal, notifications
from emergency.errors import BadInput, EmergencyError, NotFound
from emergency.journal import Actor
from emergency.notifications import Content, NotificationRow, Via
from emergency.units import iso
from emergency.words import Language, Words

LATE: Final = timedelta(minutes=5)
"""A call typed in later than this after it was made is marked "entered later"."""
NEVER: Final = datetime.max.replace(tzinfo=UTC)
CIRCLES: Final = {"now": 0, "prepare": 1, "watch": 2}


class Outcome(StrEnum):
    """What came of a call."""

    READ_BACK = "read_back"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    CALL_LATER = "call_later"


HOPELESS: Final = {
    Outcome.WRONG_NUMBER: Reason("wrong-number", Words("号码不对", "a wrong number")),
    Outcome.REFUSED: Reason("refused", Words("对方拒绝接报", "the other side refused to take it")),
}
"""Outcomes after which this number is of no use and the next person is told at once."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was recorded. stated_at: when it was made; typed_at: when that was entered."""

    outcome: Outcome
    person: str
    stated_at: datetime
    typed_at: datetime


@dataclass(frozen=True, slots=True)
class CallCard:
    """One call to make. contact and number are None where the roster names nobody: the officer must find one."""

    notification: int
    incident: int
    desk: str
    name: Words
    version: int
    drill: bool
    circle: str
    deadline_at: datetime | None
    contact: int | None
    role: str | None
    contact_name: Words | None
    number: str | None
    script: Words
    code: str
    outcomes: tuple[Call, ...]
    hopeless: bool
    silence_minutes: int

    def shown(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "notification": self.notification,
            "desk": self.desk,
            "name": self.name.stored(),
            "version": self.version,
            "drill": self.drill,
            "circle": self.circle,
            "deadline_at": iso(self.deadline_at) if self.deadline_at else None,
            "contact": self.contact,
            "role": self.role,
            "contact_name": self.contact_name.stored() if self.contact_name else None,
            "number": self.number,
            "script_zh": self.script.zh,
            "script_en": self.script.en,
            "code": self.code,
            "outcomes": [_call_shown(each) for each in self.outcomes],
            "hopeless": self.hopeless,
            "silence_minutes": self.silence_minutes,
        }


def board(session: Session, incident: int, desk: str, now: datetime, *, vault: Vault, zone: ZoneInfo) -> list[CallCard]:
    """The calls that `desk` has to make: by circle, then deadline, then the longest silence."""
    owed = select(NotificationRow).where(
        NotificationRow.incident == incident,
        NotificationRow.who == desk,
        NotificationRow.state == notifications.State.ISSUED,
    )
    cards = [card for row in session.scalars(owed) for card in _cards(session, row, now, vault, zone)]
    return sorted(cards, key=_urgency)


def reveal(
    session: Session, notification: NotificationRow, contact_id: int, *, vault: Vault, by: Actor, at: datetime
) -> str:
    """The number of a contact in the clear, for the call; the journal keeps who looked."""
    contact = _contact(session, notification, contact_id)
    method = _phone(session, contact.id)
    facts = {"notification": notification.id, "contact": contact.id, "role": contact.role, "desk": contact.desk}
    journal.append(session, f"incident:{notification.incident}", "contact.revealed", by=by, at=at, facts=facts)
    return vault.open(method.number)


def outcome(
    session: Session,
    notification: NotificationRow,
    contact_id: int,
    call: Call,
    *,
    by: Actor,
    policy: Policy,
    code: str | None = None,
) -> list[int]:
    """Record a call; a read-back acknowledges. Returns the notifications newly acknowledged."""
    _check(call)
    contact = _contact(session, notification, contact_id)
    row = _delivery(session, notification, contact, call.typed_at, policy)
    row.attempts += 1
    row.attempted_at = row.attempted_at or call.stated_at
    facts = {"person": call.person, "by": by.stored()}
    session.add(
        AttemptRow(
            delivery_id=row.id,
            n=row.attempts,
            started_at=call.stated_at,
            finished_at=call.typed_at,
            outcome=call.outcome.value,
            facts=facts,
        )
    )
    _move(session, row, call)
    _log(session, row, call, by)
    return _read_back(session, notification, call, by, code) if call.outcome is Outcome.READ_BACK else []


# The cards -----------------------------------------------------------------------------------------------------------


def _cards(session: Session, row: NotificationRow, now: datetime, vault: Vault, zone: ZoneInfo) -> list[CallCard]:
    listed = session.execute(
        select(DeliveryRow, ContactRow, MethodRow)
        .join(ContactRow, ContactRow.id == DeliveryRow.contact_id)
        .join(MethodRow, MethodRow.id == DeliveryRow.method_id)
        .where(
            DeliveryRow.notification_id == row.id,
            DeliveryRow.channel == Channel.PHONE,
            DeliveryRow.state != State.CANCELLED,
        )
        .order_by(DeliveryRow.id)
    ).all()
    if listed:
        return [
            _card(session, row, now, zone, delivery=delivery, contact=contact, number=masked(vault.open(method.number)))
            for delivery, contact, method in listed
        ]
    if _superseded(session, row):
        return []
    return [_card(session, row, now, zone)]


def _card(
    session: Session,
    row: NotificationRow,
    now: datetime,
    zone: ZoneInfo,
    *,
    delivery: DeliveryRow | None = None,
    contact: ContactRow | None = None,
    number: str | None = None,
) -> CallCard:
    content = Content(**(row.content or {}))
    calls = _calls(session, delivery.id) if delivery is not None else ()
    last_at = max([call.stated_at for call in calls], default=row.issued_at or now)
    return CallCard(
        notification=row.id,
        incident=row.incident,
        desk=row.tells,
        name=Words(content.receiver["zh"], content.receiver["en"]),
        version=content.version,
        drill=content.drill,
        circle=row.circle,
        deadline_at=row.deadline_at,
        contact=contact.id if contact else None,
        role=contact.role if contact else None,
        contact_name=Words(contact.name_zh, contact.name_en) if contact else None,
        number=number,
        script=Words(*(_script(content, str(row.act), language, zone) for language in (Language.ZH, Language.EN))),
        code=row.code,
        outcomes=calls,
        hopeless=bool(calls) and calls[-1].outcome in HOPELESS,
        silence_minutes=max(0, int((now - last_at).total_seconds() // 60)),
    )


def _script(content: Content, act: str, language: Language, zone: ZoneInfo) -> str:
    try:
        return messages.script(content, act=act, language=language, zone=zone)
    except EmergencyError:
        return content.code  # whatever else cannot be said, the code can


def _calls(session: Session, delivery: int) -> tuple[Call, ...]:
    rows = session.scalars(select(AttemptRow).where(AttemptRow.delivery_id == delivery).order_by(AttemptRow.n))
    return tuple(
        Call(Outcome(row.outcome), str((row.facts or {}).get("person", "")), row.started_at, row.finished_at)
        for row in rows
        if row.outcome is not None and row.finished_at is not None
    )


def _superseded(session: Session, row: NotificationRow) -> bool:
    """Whether its calls were withdrawn because a later message of the thread replaced it."""
    withdrawn = select(DeliveryRow.id).where(
        DeliveryRow.notification_id == row.id,
        DeliveryRow.channel == Channel.PHONE,
        DeliveryRow.state == State.CANCELLED,
    )
    return session.scalar(withdrawn.limit(1)) is not None


def _urgency(card: CallCard) -> tuple[Any, ...]:
    return (
        card.hopeless,
        CIRCLES.get(card.circle, 3),
        card.deadline_at or NEVER,
        -card.silence_minutes,
        card.notification,
    )


def _call_shown(call: Call) -> dict[str, Any]:
    return {
        "outcome": call.outcome.value,
        "person": call.person,
        "at": iso(call.stated_at),
        "typed_at": iso(call.typed_at),
        "late": call.typed_at - call.stated_at > LATE,
    }


# What came of it -----------------------------------------------------------------------------------------------------


def _check(call: Call) -> None:
    if call.stated_at > call.typed_at:
        words = Words("通话时间不能晚于现在。", "A call cannot have been made later than now.")
        raise BadInput("call-in-future", words, field="at")
    if call.outcome is Outcome.READ_BACK and not call.person.strip():
        words = Words("请写明是谁回报的。", "Say who read it back.")
        raise BadInput("person-missing", words, field="person")


def _contact(session: Session, notification: NotificationRow, contact_id: int) -> ContactRow:
    contact = session.get(ContactRow, contact_id)
    if contact is None or contact.desk != notification.tells:
        words = Words("该席位没有这个联络人。", "That desk has no such contact.")
        raise NotFound("no-such-contact", words, field="contact")
    return contact


def _phone(session: Session, contact_id: int) -> MethodRow:
    found: Sequence[MethodRow] = directory.methods(session, contact_id, Channel.PHONE)
    if not found:
        words = Words("这个联络人没有电话号码。", "That contact has no telephone number.")
        raise NotFound("no-number", words, field="contact")
    return found[0]


def _delivery(
    session: Session, notification: NotificationRow, contact: ContactRow, at: datetime, policy: Policy
) -> DeliveryRow:
    """The place on the board of this contact; made where an officer rings somebody who was not listed yet."""
    listed = select(DeliveryRow).where(
        DeliveryRow.notification_id == notification.id,
        DeliveryRow.contact_id == contact.id,
        DeliveryRow.channel == Channel.PHONE,
    )
    row = session.scalar(listed.with_for_update())
    if row is None:
        row = DeliveryRow(
            notification_id=notification.id,
            incident=notification.incident,
            desk=notification.tells,
            contact_id=contact.id,
            method_id=_phone(session, contact.id).id,
            channel=Channel.PHONE,
            role=contact.role,
            state=State.PENDING,
            rank=0,
            resend=False,
            body="",
            language=contact.language,
            attempts=0,
            failures=0,
            uncounted=0,
            checks=0,
            created_at=at,
            expires_at=at + timedelta(seconds=policy.valid_s),
        )
        session.add(row)
        session.flush()
    return row


def _move(session: Session, row: DeliveryRow, call: Call) -> None:
    if call.outcome is Outcome.READ_BACK:
        row.state, row.delivered_at, row.reason = State.DELIVERED, row.delivered_at or call.stated_at, None
    elif call.outcome in HOPELESS:
        row.state, row.reason = State.FAILED_PERMANENT, HOPELESS[call.outcome].stored()
        deliveries.hurry(session, row, at=call.typed_at)
    elif row.state == State.FAILED_PERMANENT:
        row.state, row.reason = State.PENDING, None


def _log(session: Session, row: DeliveryRow, call: Call, by: Actor) -> None:
    facts = {
        "delivery": row.id,
        "notification": row.notification_id,
        "desk": row.desk,
        "contact": row.contact_id,
        "role": row.role,
        "channel": row.channel,
        "state": row.state,
        "attempts": row.attempts,
        "outcome": call.outcome.value,
        "stated_at": iso(call.stated_at),
        "late": call.typed_at - call.stated_at > LATE,
    }
    journal.append(session, f"incident:{row.incident}", "delivery.called", by=by, at=call.typed_at, facts=facts)


def _read_back(session: Session, notification: NotificationRow, call: Call, by: Actor, code: str | None) -> list[int]:
    return notifications.acknowledge(
        session,
        notification_id=notification.id,
        by_person=call.person,
        via=Via.CALL,
        by=by,
        at=call.typed_at,
        code=code,
    )
