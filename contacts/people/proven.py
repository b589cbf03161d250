"""When was a person last reached? A call that was taken, a text that came back, a contact test, a number verified.

All of it is read from what happened; nothing is kept beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from contacts.kinds import REACHED
from contacts.ledger import AskedRow
from contacts.models import AttemptRow, DeliveryRow, InboundRow, IntakeCallRow, MethodRow
from contacts.values import Channel
from emergency.notifications import NotificationRow
from emergency.units import iso

ANSWERED: Final = ("read_back", "refused", "call_later")
"""Outcomes of a call in which the person who was meant took it."""
STALE: Final = timedelta(days=45)
"""Policy: contacts are tested each month; whoever was not reached for half as long again is to be tried."""


@dataclass(frozen=True, slots=True)
class Proven:
    """That a person was reached: when, and how (read_back, refused, call_later, reply, test, verified)."""

    at: datetime
    how: str

    def shown(self) -> dict[str, Any]:
        """As the API gives it."""
        return {"at": iso(self.at), "how": self.how}


def of_methods(session: Session, contacts: Sequence[int]) -> dict[int, Proven]:
    """The latest answer by each method of some contacts; none where nobody has ever answered."""
    if not contacts:
        return {}
    heard = union_all(
        _calls(contacts), _replies(contacts), _tested(contacts), _verified(contacts), _intakes(contacts)
    ).subquery()
    newest = (
        select(heard.c.method, heard.c.at, heard.c.how)
        .where(heard.c.at.is_not(None))
        .ext(distinct_on(heard.c.method))
        .order_by(heard.c.method, heard.c.at.desc())
    )
    return {row.method: Proven(row.at, row.how) for row in session.execute(newest)}


def of_contacts(session: Session, contacts: Sequence[int]) -> dict[int, Proven]:
    """When each contact was last reached, by whichever method; one that answered a test sent to several numbers too."""
    found = of_methods(session, contacts)
    owners = session.execute(select(MethodRow.id, MethodRow.contact_id).where(MethodRow.id.in_(list(found))))
    made: dict[int, Proven] = {}
    for method, contact in owners:
        made[contact] = _later(made.get(contact), found[method])
    for contact, at in session.execute(_tests(contacts)):
        made[contact] = _later(made.get(contact), Proven(at, "test"))
    return made


def adorn(session: Session, cards: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Call cards with when each of their people was last reached."""
    made = list(cards)
    people = [each for card in made for each in card["people"]]
    found = of_contacts(session, [each["contact"] for each in people])
    for each in people:
        each["last_proven"] = found[each["contact"]].shown() if each["contact"] in found else None
    return made


def _later(one: Proven | None, other: Proven) -> Proven:
    return other if one is None or one.at < other.at else one


def _calls(contacts: Sequence[int]) -> Any:
    """Calls that the person took, by the number that was rung."""
    return (
        select(
            DeliveryRow.method_id.label("method"),
            AttemptRow.started_at.label("at"),
            AttemptRow.outcome.label("how"),
        )
        .join(DeliveryRow, DeliveryRow.id == AttemptRow.delivery_id)
        .where(
            DeliveryRow.contact_id.in_(contacts),
            DeliveryRow.channel == Channel.PHONE,
            DeliveryRow.method_id.is_not(None),
            AttemptRow.outcome.in_(ANSWERED),
        )
    )


def _replies(contacts: Sequence[int]) -> Any:
    """Texts that came from the number; a STOP too is a person who answers."""
    return (
        select(MethodRow.id, InboundRow.received_at, literal("reply"))
        .join(InboundRow, InboundRow.lookup == MethodRow.lookup)
        .where(MethodRow.contact_id.in_(contacts), MethodRow.channel == Channel.SMS)
    )


def _tests(contacts: Sequence[int]) -> Any:
    """The last contact test that each of them answered."""
    return (
        select(AskedRow.contact_id, func.max(NotificationRow.acknowledged_at))
        .join(NotificationRow, NotificationRow.id == AskedRow.notification_id)
        .where(AskedRow.contact_id.in_(contacts), NotificationRow.acknowledged_at.is_not(None))
        .group_by(AskedRow.contact_id)
    )


def _tested(contacts: Sequence[int]) -> Any:
    """Tests that were answered and had gone to one number alone; of several, nobody knows which was read."""
    return (
        select(func.min(DeliveryRow.method_id), func.max(NotificationRow.acknowledged_at), literal("test"))
        .join(AskedRow, AskedRow.notification_id == DeliveryRow.notification_id)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .where(
            AskedRow.contact_id.in_(contacts),
            NotificationRow.acknowledged_at.is_not(None),
            DeliveryRow.channel == Channel.SMS,
            DeliveryRow.attempts > 0,
        )
        .group_by(DeliveryRow.notification_id)
        .having(func.count(DeliveryRow.method_id.distinct()) == 1)
    )


def _verified(contacts: Sequence[int]) -> Any:
    """Numbers that were verified with the person themselves."""
    return select(MethodRow.id, MethodRow.verified_at, literal("verified")).where(
        MethodRow.contact_id.in_(contacts),
        MethodRow.verified_at.is_not(None),
        MethodRow.verified_by["how"].as_string().in_([how.value for how in REACHED]),
    )


def _intakes(contacts: Sequence[int]) -> Any:
    """Calls to an intake: by the first number of its contact that is used."""
    first = (
        select(func.min(MethodRow.id))
        .where(
            MethodRow.contact_id == IntakeCallRow.contact_id,
            MethodRow.channel == Channel.PHONE,
            MethodRow.active,
            MethodRow.n == 1,
        )
        .correlate(IntakeCallRow)
        .scalar_subquery()
    )
    return select(first, IntakeCallRow.stated_at, IntakeCallRow.outcome).where(
        IntakeCallRow.contact_id.in_(contacts), IntakeCallRow.outcome.in_(ANSWERED), first.is_not(None)
    )
