"""Calls to intakes that are too near for any message: the first rows of the call board, before anything is decided.

Whom to ring is data of the directory: the intake's own contact, else a number inside the desk's own area, else nobody, and
the row says so. Nobody is texted from here. A call is kept with what it said, so that who was told to close hears the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.calls.callboard import Call, Outcome, call_shown, check, wrong_number
from contacts.models import ContactRow, IntakeCallRow
from contacts.people import directory
from contacts.people.numbers import Vault
from contacts.texts import messages
from contacts.values import Contact, Reason
from emergency import journal, stated
from emergency.errors import NotFound
from emergency.journal import Actor
from emergency.notifications import NearIntake
from emergency.units import iso
from emergency.words import Language, Words

WITHIN: Final = timedelta(minutes=10)
"""Policy: the nearest intake has read back so long after the event became known (first-hour.md 5)."""
NO_NUMBER: Final = Reason(
    "no-number",
    Words(
        "没有登记电话：先查本县供水单位通讯录，打通后在此记下",
        "no number on file: look in the county's own water directory, then record the call here",
    ),
)


@dataclass(frozen=True, slots=True)
class IntakeCard:
    """One intake to call. contact: None where the directory has nobody for it. done: it has heard what it has to hear."""

    intake: NearIntake
    contact: Contact | None
    number: str | None
    wrong: bool
    script: Words
    calls: tuple[Call, ...]
    done: bool

    def shown(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "site": self.intake.site,
            "name": self.intake.name.stored(),
            "km": self.intake.km,
            "synthetic": self.intake.synthetic,
            "says": self.intake.says,
            "drill": self.intake.drill,
            "deadline_at": iso(self.intake.known_at + WITHIN) if self.intake.says == "near" else None,
            "contact": self.contact.id if self.contact else None,
            "contact_name": self.contact.name.stored() if self.contact else None,
            "number": self.number,
            "wrong": self.wrong,
            "nobody": None if self.number else NO_NUMBER.words.stored(),
            "script_zh": self.script.zh,
            "script_en": self.script.en,
            "outcomes": [call_shown(each) for each in self.calls],
            "done": self.done,
        }


def board(session: Session, incident: int, desk: str, near: Sequence[NearIntake], *, vault: Vault) -> list[IntakeCard]:
    """The intakes that `desk` calls; after the end only those that were reached before."""
    files = {incident, *(number for each in near for number in each.files)}
    kept = select(IntakeCallRow).where(IntakeCallRow.incident.in_(files)).order_by(IntakeCallRow.id)
    rows = session.scalars(kept).all()
    made = [_card(session, each, [row for row in rows if row.site == each.site], vault) for each in near]
    return [card for card in made if card.intake.desk == desk and (card.intake.says == "near" or card.calls)]


def one(near: Sequence[NearIntake], site: int, desk: str | None) -> NearIntake:
    """The intake, if this desk is to call it."""
    found = next((each for each in near if each.site == site and each.desk == desk), None)
    if found is None:
        words = Words("本席位没有这个要打电话的取水口。", "This desk has no such intake to call.")
        raise NotFound("no-such-intake", words, field="site")
    return found


def reveal(session: Session, incident: int, intake: NearIntake, *, vault: Vault, by: Actor, at: datetime) -> str:
    """The number to ring in the clear; the journal keeps who looked."""
    contact = _whom(session, intake)
    method = directory.callable_number(session, contact.id) if contact else None
    if contact is None or method is None:
        raise NotFound("no-number", Words(f"{NO_NUMBER.words.zh}。", f"{NO_NUMBER.words.en}."), field="site")
    facts = {"site": intake.site, "name": intake.name.stored(), "contact": contact.id, "role": contact.role.value}
    journal.append(session, f"incident:{incident}", "intake.revealed", by=by, at=at, facts=facts)
    return vault.open(method.number)


def outcome(session: Session, incident: int, intake: NearIntake, call: Call, *, by: Actor) -> None:
    """Record a call to an intake."""
    check(call)
    contact = _whom(session, intake)
    row = IntakeCallRow(
        incident=incident,
        site=intake.site,
        desk=intake.desk,
        says=intake.says,
        contact_id=contact.id if contact else None,
        outcome=call.outcome.value,
        person=call.person,
        stated_at=call.stated_at,
        typed_at=call.typed_at,
    )
    session.add(row)
    if call.outcome is Outcome.WRONG_NUMBER and contact is not None:
        method = directory.callable_number(session, contact.id)
        person = session.get_one(ContactRow, contact.id)
        number = method.id if method else None
        wrong_number(session, person, number, incident, intake.desk, by=by, at=call.typed_at)
    _log(session, incident, intake, call, contact, by)


def _card(session: Session, intake: NearIntake, rows: Sequence[IntakeCallRow], vault: Vault) -> IntakeCard:
    contact = _whom(session, intake)
    told = [row for row in rows if row.outcome == Outcome.READ_BACK]
    return IntakeCard(
        intake,
        contact,
        directory.shown(session, contact.id, vault) if contact else None,
        directory.has_wrong(session, contact.id) if contact else False,
        Words(*(_script(intake, language) for language in (Language.ZH, Language.EN))),
        tuple(Call(Outcome(row.outcome), row.person, row.stated_at, row.typed_at) for row in rows)
        if intake.says == "near" or told
        else (),
        any(row.says == intake.says for row in told),
    )


def _script(intake: NearIntake, language: Language) -> str:
    return messages.near_script(intake.sender.stored(), says=intake.says, drill=intake.drill, language=language)


def _whom(session: Session, intake: NearIntake) -> Contact | None:
    """The intake's own contact, else one inside the area: of those that can be rung the first, else the first of all."""
    places = (f"site:{intake.site}", *(f"inside:{code}" for code in intake.above))
    kept = [found for place in places if (found := directory.kept_for(session, place)) is not None]
    rung = (each for each in kept if directory.callable_number(session, each.id) is not None)
    return next(rung, kept[0] if kept else None)


def _log(session: Session, incident: int, intake: NearIntake, call: Call, contact: Contact | None, by: Actor) -> None:
    facts = {
        "site": intake.site,
        "name": intake.name.stored(),
        "desk": intake.desk,
        "contact": contact.id if contact else None,
        "says": intake.says,
        "outcome": call.outcome.value,
        "stated_at": iso(call.stated_at),
        "late": stated.late(call.stated_at, call.typed_at),
    }
    journal.append(session, f"incident:{incident}", "intake.called", by=by, at=call.typed_at, facts=facts)
