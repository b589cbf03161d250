"""When did a person last answer by a method? A read-back by telephone, a text that came back, a contact test.

Read from what happened: calls, texts, intake calls; a contact test that somebody answered is kept with the method.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from contacts.models import AttemptRow, DeliveryRow, InboundRow, IntakeCallRow, MethodRow
from contacts.values import Channel
from emergency.units import iso

ANSWERED: Final = ("read_back", "refused", "call_later")
"""Outcomes of a call in which the person who was meant took it."""


@dataclass(frozen=True, slots=True)
class Proven:
    """That a person answered by a method: when, and how (read_back, call, reply, test)."""

    at: datetime
    how: str

    def shown(self) -> dict[str, Any]:
        """As the API gives it."""
        return {"at": iso(self.at), "how": self.how}


def prove(session: Session, method_id: int, *, at: datetime, how: str) -> None:
    """Somebody answered by this method in a way that no other table keeps, such as a contact test."""
    row = session.get_one(MethodRow, method_id, with_for_update=True)
    if row.proven_at is None or row.proven_at < at:
        row.proven_at, row.proven_by = at, how


def of_methods(session: Session, contacts: Sequence[int]) -> dict[int, Proven]:
    """The latest answer by each method of some contacts; none where nobody has ever answered."""
    if not contacts:
        return {}
    heard = union_all(_calls(contacts), _replies(contacts), _tests(contacts), _intakes(contacts)).subquery()
    newest = (
        select(heard.c.method, heard.c.at, heard.c.how)
        .where(heard.c.at.is_not(None))
        .ext(distinct_on(heard.c.method))
        .order_by(heard.c.method, heard.c.at.desc())
    )
    return {row.method: Proven(row.at, row.how) for row in session.execute(newest)}


def of_contacts(session: Session, contacts: Sequence[int]) -> dict[int, Proven]:
    """The latest answer of each contact by any method."""
    found = of_methods(session, contacts)
    owners = session.execute(select(MethodRow.id, MethodRow.contact_id).where(MethodRow.id.in_(list(found))))
    made: dict[int, Proven] = {}
    for method, contact in owners:
        made[contact] = _later(made.get(contact), found[method])
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
    return select(MethodRow.id, MethodRow.proven_at, func.coalesce(MethodRow.proven_by, "test")).where(
        MethodRow.contact_id.in_(contacts), MethodRow.proven_at.is_not(None)
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
