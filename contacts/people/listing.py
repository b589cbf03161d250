"""The directory and the roster as pages and programs are shown them: numbers masked, doubts beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from contacts.duty.roster import Roster, standing
from contacts.kinds import DIALLED, KINDS, Kind, Way
from contacts.ledger import ContactTestRow
from contacts.models import ContactRow, MethodRow, OrganisationRow, RosterRow
from contacts.people import directory, keeping, proven
from contacts.people.numbers import MASK, Vault, masked
from contacts.people.proven import Proven
from contacts.values import ANSWER_WITHIN, LADDER
from emergency.units import iso

Json = dict[str, Any]
ORDER: Final = [each.value for each in Kind]
ROLES: Final = [each.value for each in LADDER]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some contacts: by method when it was last answered and a code sent to it, by contact when reached."""

    answered: Mapping[int, Proven]
    reached: Mapping[int, Proven]
    codes: Mapping[int, datetime]
    vault: Vault
    now: datetime


def organisations(session: Session, desk: str, *, vault: Vault, now: datetime) -> list[Json]:
    """What a desk keeps: its organisations in the order of the first calls, each with its contacts."""
    rows = session.scalars(select(OrganisationRow).where(OrganisationRow.kept_by == desk)).all()
    people = session.scalars(select(ContactRow).where(func.coalesce(ContactRow.kept_by, ContactRow.desk) == desk)).all()
    shown = contacts(session, people, vault=vault, now=now)
    made = [
        organisation(row) | {"contacts": [each for each in shown if each["organisation"] == row.id]} for row in rows
    ]
    loose = [each for each in shown if each["organisation"] not in {row.id for row in rows}]
    if loose:
        made.append(_nameless(desk) | {"contacts": loose})
    return sorted(made, key=lambda each: (not each["active"], ORDER.index(each["kind"]), each["id"] or 0))


def organisation(row: OrganisationRow) -> Json:
    """One organisation."""
    return {
        "id": row.id,
        "kind": row.kind,
        "name": {"zh": row.name_zh, "en": row.name_en},
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "place": row.place,
        "kept_by": row.kept_by,
        "active": row.active,
        "version": row.version,
    }


def _nameless(desk: str) -> Json:
    """Contacts that were there before organisations were: those of the duty room."""
    name = KINDS[Kind.DUTY_ROOM].stored()
    return {
        "id": None,
        "kind": Kind.DUTY_ROOM.value,
        "name": name,
        "name_zh": name["zh"],
        "name_en": name["en"],
        "place": desk,
        "kept_by": desk,
        "active": True,
        "version": 0,
    }


def contacts(session: Session, rows: Sequence[ContactRow], *, vault: Vault, now: datetime) -> list[Json]:
    """Contacts with their numbers masked, the active ones first, by role."""
    ids = [row.id for row in rows]
    methods = session.scalars(
        select(MethodRow)
        .where(MethodRow.contact_id.in_(ids))
        .order_by(MethodRow.active.desc(), MethodRow.channel, MethodRow.n, MethodRow.id)
    ).all()
    known = Known(
        proven.of_methods(session, ids), proven.of_contacts(session, ids), _codes(session, methods, now), vault, now
    )
    made = [_contact(row, [each for each in methods if each.contact_id == row.id], known) for row in rows]
    return sorted(made, key=lambda each: (not each["active"], ROLES.index(each["role"]), each["id"]))


def _codes(session: Session, methods: Sequence[MethodRow], now: datetime) -> dict[int, datetime]:
    """Numbers that were texted a code which has not come back yet, and when."""
    sent = (
        select(ContactTestRow.method_id, func.max(ContactTestRow.started_at))
        .join(MethodRow, MethodRow.id == ContactTestRow.method_id)
        .where(
            MethodRow.id.in_([each.id for each in methods]),
            ContactTestRow.started_at > now - ANSWER_WITHIN,
            or_(MethodRow.verified_at.is_(None), MethodRow.verified_at < ContactTestRow.started_at),
        )
        .group_by(ContactTestRow.method_id)
    )
    return {method: at for method, at in session.execute(sent) if method is not None and at is not None}


def _contact(row: ContactRow, methods: Sequence[MethodRow], known: Known) -> Json:
    last = known.reached.get(row.id)
    return {
        "id": row.id,
        "key": row.key,
        "desk": row.desk,
        "kept_by": keeping.keeper(row),
        "organisation": row.organisation_id,
        "role": row.role,
        "tier": row.tier,
        "name": {"zh": row.name_zh, "en": row.name_en},
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "language": row.language,
        "content_level": row.content_level,
        "country": row.profile,
        "officer": row.officer_name,
        "active": row.active,
        "version": row.version,
        "last_proven": last.shown() if last else None,
        "stale": row.active and (last is None or known.now - last.at > proven.STALE),
        "methods": [_method(each, known) for each in methods],
    }


def _method(row: MethodRow, known: Known) -> Json:
    by, answered, sent_at = row.verified_by or {}, known.answered.get(row.id), known.codes.get(row.id)
    return {
        "id": row.id,
        "way": row.channel,
        "n": row.n,
        "number": hidden(row, known.vault),
        "active": row.active,
        "verified": {"at": iso(row.verified_at), "how": by.get("how"), "by": by} if row.verified_at else None,
        "wrong_at": iso(row.wrong_at) if row.wrong_at else None,
        "opted_out_at": iso(row.opted_out_at) if row.opted_out_at else None,
        "last_proven": answered.shown() if answered else None,
        "code_sent_at": iso(sent_at) if sent_at else None,
    }


def hidden(row: MethodRow, vault: Vault) -> str:
    """A number or address that can be recognised, and not used."""
    plain = vault.open(row.number)
    return masked(plain) if Way(row.channel) in DIALLED else plain[:2] + MASK * 4


def on_duty(session: Session, desk: str, found: Roster | None, *, vault: Vault, now: datetime) -> list[Json]:
    """All who stand in each role now, with what hinders reaching them, such as STOP."""
    people = {role: standing(found, role, now) for role in LADDER}
    ids = [each.id for each in (one for held in people.values() for one in held)]
    rows = session.scalars(select(ContactRow).where(ContactRow.id.in_(ids))).all()
    shown = {each["id"]: each for each in contacts(session, rows, vault=vault, now=now)}
    return [{"role": role.value, "people": [shown[each.id] for each in held]} for role, held in people.items()]


def candidates(session: Session, desk: str) -> list[Json]:
    """Who may be put on a desk's roster."""
    rows = session.scalars(select(ContactRow).where(ContactRow.desk == desk, ContactRow.active))
    made = [{"id": row.id, "role": row.role, "name": {"zh": row.name_zh, "en": row.name_en}} for row in rows]
    return sorted(made, key=lambda each: (ROLES.index(each["role"]), each["id"]))


def desks(session: Session) -> list[str]:
    """Every desk that keeps a directory or a roster."""
    kept = select(func.coalesce(ContactRow.kept_by, ContactRow.desk)).union(
        select(RosterRow.desk), select(OrganisationRow.kept_by)
    )
    return sorted(each for each in session.scalars(kept) if directory.PLACE_MARK not in each)


def inside(session: Session, codes: Sequence[str], kind: str, *, vault: Vault, now: datetime) -> list[Json]:
    """The contacts of one kind of office that a desk keeps for its own side: whom the inside list rings."""
    rows = session.scalars(
        select(ContactRow)
        .join(OrganisationRow, OrganisationRow.id == ContactRow.organisation_id)
        .where(
            OrganisationRow.kind == kind,
            OrganisationRow.active,
            ContactRow.active,
            or_(OrganisationRow.kept_by.in_(codes), OrganisationRow.place.in_([f"inside:{each}" for each in codes])),
        )
        .order_by(ContactRow.id)
    ).all()
    return contacts(session, rows, vault=vault, now=now)
