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

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from contacts.calls import papers
from contacts.duty import roster as rosters
from contacts.models import AttemptRow, ContactRow, DeliveryRow, MethodRow
from contacts.people import directory
from contacts.people.numbers import Vault
from contacts.sending import deliveries, ladders
from contacts.sending.states import State
from contacts.texts import messages
from contacts.values import WRONG_NUMBER, Channel, Contact, Policy, Reason
from emergency import journal, notifications, stated
from emergency.errors import BadInput, EmergencyError, NotFound
from emergency.journal import Actor
from emergency.notifications import Content, NotificationRow, Via
from emergency.units import iso
from emergency.words import Language, Words

NEVER: Final = datetime.max.replace(tzinfo=UTC)
SOON: Final = datetime.min.replace(tzinfo=UTC)
NOT_DOWNSTREAM: Final = frozenset({"report_upward", "upstream_enquiry", "courtesy_copy"})
"""Kinds that tell no one whom the water comes to."""
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
    Outcome.WRONG_NUMBER: WRONG_NUMBER,
    Outcome.REFUSED: Reason("refused", Words("对方拒绝接报", "the other side refused to take it")),
}
"""Outcomes after which this number is of no use."""
NEXT_NOW: Final = frozenset({*HOPELESS, Outcome.NO_ANSWER})
"""Outcomes after which the next person is told at once."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was recorded. stated_at: when it was made; typed_at: when that was entered."""

    outcome: Outcome
    person: str
    stated_at: datetime
    typed_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to ring at a desk. number: masked; None where none that may be used is known. wrong: one was, and why."""

    contact: int
    role: str
    name: Words
    number: str | None
    wrong: bool
    outcomes: tuple[Call, ...]

    @property
    def hopeless(self) -> bool:
        """Nothing more can come of ringing them."""
        return self.number is None or (bool(self.outcomes) and self.outcomes[-1].outcome in HOPELESS)

    @property
    def in_vain(self) -> int:
        """How often nobody answered."""
        return sum(call.outcome is Outcome.NO_ANSWER for call in self.outcomes)

    def shown(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "contact": self.contact,
            "role": self.role,
            "name": self.name.stored(),
            "number": self.number,
            "wrong": self.wrong,
            "hopeless": self.hopeless,
            "outcomes": [call_shown(each) for each in self.outcomes],
        }


@dataclass(frozen=True, slots=True)
class CallCard:
    """The calls to one desk: its newest message, and its people in the order in which they are rung.

    Reading it back acknowledges `earlier` as well: messages that went out before and that nobody has read back.
    nearest_at: the earliest hour at which the water is there. read_back: how many persons have read it back, and how many
    must. papers: faxes and official papers that went out beside it.
    """

    notification: int
    incident: int
    desk: str
    name: Words
    kind: str
    act: str
    version: int
    drill: bool
    circle: str
    deadline_at: datetime | None
    script: Words
    code: str
    people: tuple[Person, ...]
    earlier: tuple[int, ...]
    silence_minutes: int
    nearest_at: datetime | None
    read_back: tuple[int, int]
    papers: tuple[papers.Paper, ...]

    @property
    def turn(self) -> Person | None:
        """Whose turn it is: whoever did not answer waits until the others have been tried. None: nobody is to be rung."""
        return min(self.people, key=lambda each: (each.hopeless, each.in_vain), default=None)

    @property
    def hopeless(self) -> bool:
        """Whether nobody is left to ring."""
        return bool(self.people) and all(each.hopeless for each in self.people)

    def shown(self) -> dict[str, Any]:
        """As the API gives it; contact, number and outcomes are those of whose turn it is."""
        turn = self.turn
        return {
            "notification": self.notification,
            "desk": self.desk,
            "name": self.name.stored(),
            "kind": self.kind,
            "act": self.act,
            "version": self.version,
            "drill": self.drill,
            "circle": self.circle,
            "deadline_at": iso(self.deadline_at) if self.deadline_at else None,
            "contact": turn.contact if turn else None,
            "role": turn.role if turn else None,
            "contact_name": turn.name.stored() if turn else None,
            "number": turn.number if turn else None,
            "outcomes": [call_shown(each) for each in turn.outcomes] if turn else [],
            "people": [each.shown() for each in self.people],
            "script_zh": self.script.zh,
            "script_en": self.script.en,
            "code": self.code,
            "earlier": list(self.earlier),
            "hopeless": self.hopeless,
            "silence_minutes": self.silence_minutes,
            "nearest_at": iso(self.nearest_at) if self.nearest_at else None,
            "read_back": {"done": self.read_back[0], "wanted": self.read_back[1]},
            "papers": [each.shown() for each in self.papers],
        }


def board(session: Session, incident: int, desk: str, now: datetime, *, vault: Vault, zone: ZoneInfo) -> list[CallCard]:
    """The calls that `desk` has to make, one card for each desk told: by circle, then nearness, then the longest silence."""
    owed = select(NotificationRow).where(
        NotificationRow.event == incident,
        func.coalesce(NotificationRow.caller, NotificationRow.who) == desk,
        or_(NotificationRow.state == notifications.State.ISSUED, ladders.half_answered()),
    )
    newest = session.scalars(owed.where(~notifications.superseded())).all()
    earlier = session.scalars(owed.where(notifications.superseded()).order_by(NotificationRow.id)).all()
    cards = [
        _card(session, row, [each for each in earlier if each.tells == row.tells], now, vault, zone) for row in newest
    ]
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
    check(call)
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
    if call.outcome in NEXT_NOW:
        deliveries.hurry(session, row, at=call.typed_at)
    if call.outcome is Outcome.WRONG_NUMBER:
        wrong_number(session, contact, row.method_id, notification.incident, notification.who, by=by, at=call.typed_at)
    _log(session, row, call, by)
    return _read_back(session, notification, call, by, code) if call.outcome is Outcome.READ_BACK else []


def wrong_number(
    session: Session, contact: ContactRow, method_id: int | None, incident: int, desk: str, *, by: Actor, at: datetime
) -> None:
    """Whoever answered said it is a wrong number: it is not used again, and both desks and the record are told."""
    if method_id is not None:
        directory.mark_wrong(session, session.get_one(MethodRow, method_id), at=at)
    facts = {"contact": contact.id, "role": contact.role, "desk": contact.desk, "incident": incident, "alarm": True}
    for stream in dict.fromkeys((f"incident:{incident}", f"desk:{desk}", f"desk:{contact.desk}")):
        journal.append(session, stream, "contact.wrong_number", by=by, at=at, facts=facts)


# The cards -----------------------------------------------------------------------------------------------------------


def _card(
    session: Session,
    row: NotificationRow,
    earlier: Sequence[NotificationRow],
    now: datetime,
    vault: Vault,
    zone: ZoneInfo,
) -> CallCard:
    content = Content(**(row.content or {}))
    people = tuple(_person(session, row, contact, vault) for contact in _people(session, row, now))
    last_at = max([call.stated_at for each in people for call in each.outcomes], default=row.issued_at or now)
    return CallCard(
        notification=row.id,
        incident=row.incident,
        desk=row.tells,
        name=Words(content.receiver["zh"], content.receiver["en"]),
        kind=row.kind,
        act=str(row.act),
        version=content.version,
        drill=content.drill,
        circle=row.circle,
        deadline_at=row.deadline_at,
        script=Words(*(_script(content, str(row.act), language, zone) for language in (Language.ZH, Language.EN))),
        code=row.code,
        people=people,
        earlier=tuple(each.id for each in earlier),
        silence_minutes=max(0, int((now - last_at).total_seconds() // 60)),
        nearest_at=datetime.fromisoformat(content.earliest_at) if content.earliest_at else None,
        read_back=ladders.read_back_count(session, row.id),
        papers=papers.sent_with(session, row.id),
    )


def _people(session: Session, row: NotificationRow, now: datetime) -> list[Contact]:
    """Who is on duty, in the order of the ladder; then whoever else has been rung or listed about this message."""
    duty = rosters.duty(directory.roster(session, row.tells), row.tells, now)
    on_duty = [found for found in duty.values() if isinstance(found, Contact)]
    listed = session.scalars(
        select(ContactRow)
        .join(DeliveryRow, DeliveryRow.contact_id == ContactRow.id)
        .where(DeliveryRow.notification_id == row.id, DeliveryRow.channel == Channel.PHONE)
        .order_by(DeliveryRow.id)
    )
    known = {each.id: each for each in (*on_duty, *(directory.contact(each) for each in listed))}
    return list(known.values())


def _person(session: Session, row: NotificationRow, contact: Contact, vault: Vault) -> Person:
    return Person(
        contact.id,
        contact.role.value,
        contact.name,
        directory.shown(session, contact.id, vault),
        directory.has_wrong(session, contact.id),
        _calls(session, row.id, contact.id),
    )


def _script(content: Content, act: str, language: Language, zone: ZoneInfo) -> str:
    try:
        return messages.script(content, act=act, language=language, zone=zone)
    except EmergencyError:
        return content.code  # whatever else cannot be said, the code can


def _calls(session: Session, notification: int, contact: int) -> tuple[Call, ...]:
    rows = session.scalars(
        select(AttemptRow)
        .join(DeliveryRow, DeliveryRow.id == AttemptRow.delivery_id)
        .where(
            DeliveryRow.notification_id == notification,
            DeliveryRow.contact_id == contact,
            DeliveryRow.channel == Channel.PHONE,
        )
        .order_by(AttemptRow.started_at, AttemptRow.delivery_id, AttemptRow.n)
    )
    return tuple(
        Call(Outcome(row.outcome), str((row.facts or {}).get("person", "")), row.started_at, row.finished_at)
        for row in rows
        if row.outcome is not None and row.finished_at is not None
    )


def _urgency(card: CallCard) -> tuple[Any, ...]:
    return (
        card.hopeless,
        CIRCLES.get(card.circle, 3),
        _nearness(card),
        -card.silence_minutes,
        card.deadline_at or NEVER,
        card.notification,
    )


def _nearness(card: CallCard) -> datetime:
    """When the water is there; an hour that nobody knows counts as the nearest, and one that does not matter as the last."""
    if card.nearest_at is not None:
        return card.nearest_at
    return NEVER if card.kind in NOT_DOWNSTREAM else SOON


def call_shown(call: Call) -> dict[str, Any]:
    """One call, as the API gives it."""
    return {
        "outcome": call.outcome.value,
        "person": call.person,
        "at": iso(call.stated_at),
        "typed_at": iso(call.typed_at),
        "late": stated.late(call.stated_at, call.typed_at),
    }


# What came of it -----------------------------------------------------------------------------------------------------


def check(call: Call) -> None:
    """BadInput for a call that cannot have been made, or that somebody took whom nobody names."""
    if call.stated_at > call.typed_at + stated.FAST_CLOCK:
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
    found = directory.callable_number(session, contact_id)
    if found is None:
        words = Words(
            "这个联络人没有可用的电话号码：未登记，或已标为错号待核实。",
            "That contact has no number to ring: none on file, or held to be wrong until it is checked.",
        )
        raise NotFound("no-number", words, field="contact")
    return found


def _delivery(
    session: Session, notification: NotificationRow, contact: ContactRow, at: datetime, policy: Policy
) -> DeliveryRow:
    """The place on the board of this number; made where an officer rings somebody who was not listed yet."""
    method = _phone(session, contact.id)
    listed = select(DeliveryRow).where(
        DeliveryRow.notification_id == notification.id,
        DeliveryRow.contact_id == contact.id,
        DeliveryRow.channel == Channel.PHONE,
        DeliveryRow.method_id == method.id,
    )
    row = session.scalar(listed.with_for_update())
    if row is None:
        row = DeliveryRow(
            notification_id=notification.id,
            incident=notification.incident,
            desk=notification.tells,
            contact_id=contact.id,
            method_id=method.id,
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
            expires_at=at + timedelta(seconds=policy.valid_s(notification.circle, drill=notification.drill)),
        )
        session.add(row)
        session.flush()
    return row


def _move(session: Session, row: DeliveryRow, call: Call) -> None:
    if call.outcome is Outcome.READ_BACK:
        row.state, row.delivered_at, row.reason = State.DELIVERED, row.delivered_at or call.stated_at, None
    elif call.outcome in HOPELESS:
        row.state, row.reason = State.FAILED_PERMANENT, HOPELESS[call.outcome].stored()
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
        "late": stated.late(call.stated_at, call.typed_at),
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
        stated_at=call.stated_at,
        code=code,
    )
