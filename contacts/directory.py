"""Who is told, as the tables say: contacts, numbers and rosters read for use, and loaded from a file whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.models import ContactRow, MethodRow, OverrideRow, RotationRow
from contacts.numbers import Vault, masked, read_number
from contacts.roster import Override, Roster, Rotation
from contacts.values import Channel, Contact, Level, Role
from emergency import journal
from emergency.errors import BadFile, EmergencyError, NotFound
from emergency.journal import Actor
from emergency.words import Language, Words

BY = Actor(process="contacts")
PLACE_MARK = ":"
"""In the name of a place that is no desk; no code of a division has it."""


def roster(session: Session, desk: str) -> Roster | None:
    """The roster of a desk; None where it has none."""
    rotations = session.scalars(select(RotationRow).where(RotationRow.desk == desk)).all()
    if not rotations:
        return None
    contacts = {row.id: contact(row) for row in session.scalars(select(ContactRow).where(ContactRow.desk == desk))}
    overrides = session.scalars(select(OverrideRow).where(OverrideRow.desk == desk).order_by(OverrideRow.id))
    return Roster(
        desk,
        ZoneInfo(rotations[0].time_zone),
        contacts,
        {Role(row.role): Rotation(row.anchor_at, row.shift_hours, tuple(row.turns)) for row in rotations},
        tuple(Override(Role(row.role), row.contact_id, row.since, row.until) for row in overrides),
    )


def contact(row: ContactRow) -> Contact:
    """A row as the pure modules see it."""
    return Contact(
        row.id,
        row.desk,
        Role(row.role),
        Words(row.name_zh, row.name_en),
        Language(row.language),
        row.profile,
        Level(row.content_level),
        row.active,
        row.officer_name,
    )


def methods(session: Session, contact_id: int, channel: Channel) -> list[MethodRow]:
    """The ways to reach a contact by a channel, best first; those opted out included, for the caller to say so."""
    rows = select(MethodRow).where(MethodRow.contact_id == contact_id, MethodRow.channel == channel, MethodRow.active)
    return list(session.scalars(rows.order_by(MethodRow.n)))


def callable_number(session: Session, contact_id: int) -> MethodRow | None:
    """The number to ring a contact at: the first that nobody has said to be wrong."""
    return next((each for each in methods(session, contact_id, Channel.PHONE) if each.wrong_at is None), None)


def has_wrong(session: Session, contact_id: int) -> bool:
    """Whether a number of this contact is held to be wrong."""
    return any(each.wrong_at is not None for each in methods(session, contact_id, Channel.PHONE))


def mark_wrong(session: Session, method: MethodRow, *, at: datetime) -> None:
    """Whoever answered said that it is a wrong number: neither rung nor texted, for anybody, until it is confirmed."""
    same = update(MethodRow).where(MethodRow.lookup == method.lookup, MethodRow.wrong_at.is_(None))
    session.execute(same.values(wrong_at=at))


def confirm(session: Session, key: str, *, at: datetime) -> int:
    """An administrator has checked the numbers of a contact: they are used again. How many had been held to be wrong."""
    row = session.scalar(select(ContactRow).where(ContactRow.key == key))
    if row is None:
        raise NotFound("no-such-contact", Words(f"没有联络人 {key}。", f"There is no contact {key}."), field="contact")
    own = session.scalars(select(MethodRow).where(MethodRow.contact_id == row.id, MethodRow.active)).all()
    held = {method.lookup for method in own if method.wrong_at is not None}
    session.execute(
        update(MethodRow)
        .where(MethodRow.lookup.in_([method.lookup for method in own]))
        .values(wrong_at=None, verified_at=at)
    )
    journal.append(session, f"desk:{row.desk}", "contact.confirmed", by=BY, at=at, facts={"contact": row.id})
    return len(held)


def kept_for(session: Session, place: str) -> Contact | None:
    """The first contact that is kept for a place which is no desk: `site:5001` an intake, `inside:511724` one's own side."""
    rows = select(ContactRow).where(ContactRow.desk == place, ContactRow.active).order_by(ContactRow.id)
    row = session.scalar(rows.limit(1))
    return None if row is None else contact(row)


def shown(session: Session, contact_id: int, vault: Vault) -> str | None:
    """The telephone number at which the contact is rung, masked."""
    found = callable_number(session, contact_id)
    return masked(vault.open(found.number)) if found else None


def opted_out(session: Session, contact_id: int) -> bool:
    """Whether the contact has texted STOP from any number that texts go to."""
    return any(method.opted_out_at is not None for method in methods(session, contact_id, Channel.SMS))


# Loading -------------------------------------------------------------------------------------------------------------


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ContactEntry(_Part):
    """One contact of the file. `number` serves for texts and calls; `numbers` are further ones, in order."""

    id: str = Field(min_length=1, max_length=60)
    division: str = Field(min_length=1, max_length=20)
    role: Role
    name_zh: str = Field(min_length=1, max_length=60)
    name_en: str = Field(min_length=1, max_length=60)
    number: str
    numbers: tuple[str, ...] = ()
    country_profile: str = Field(pattern="^[A-Z]{2}$")
    language: Language
    content_level: Level
    officer: str | None = None
    active: bool = True
    synthetic: bool = False


class OverrideEntry(_Part):
    """One exception of a roster."""

    role: Role
    contact: str
    since: AwareDatetime
    until: AwareDatetime


class RosterEntry(_Part):
    """The roster of one desk: who takes turns, and who is told after them."""

    division: str
    time_zone: str
    anchor: AwareDatetime
    shift_hours: int = Field(ge=1, le=24 * 31)
    turns: tuple[str, ...]
    escalation: tuple[str, ...] = ()
    overrides: tuple[OverrideEntry, ...] = ()


class Document(_Part):
    """A contacts file."""

    version: int = Field(ge=1, le=1)
    contacts: tuple[ContactEntry, ...]
    rosters: tuple[RosterEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file brought. places: such as intakes, which have a contact and no desk."""

    contacts: int
    rosters: int
    desks: int
    places: int


def read(path: Path) -> Document:
    """A contacts file, checked; BadFile names the place and what to correct."""
    try:
        document = Document.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as trouble:
        raise _bad(path, f"读不到：{trouble.strerror}", f"cannot be read: {trouble.strerror}") from trouble
    except (yaml.YAMLError, UnicodeDecodeError) as trouble:
        raise _bad(path, "不是有效的 YAML", f"is not YAML: {trouble}") from trouble
    except ValidationError as trouble:
        first = trouble.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _bad(path, f"{place}：{first['msg']}", f"{place}: {first['msg']}") from trouble
    _check(path, document)
    return document


def load(session: Session, document: Document, vault: Vault, *, at: datetime) -> Loaded:
    """Make the directory of every desk named in the file what the file says; what it no longer names becomes inactive."""
    desks = sorted({entry.division for entry in document.contacts} | {entry.division for entry in document.rosters})
    session.execute(
        update(ContactRow)
        .where(ContactRow.desk.in_(desks), ContactRow.key.not_in([entry.id for entry in document.contacts]))
        .values(active=False)
    )
    ids = {entry.id: _store_contact(session, entry, vault) for entry in document.contacts}
    for entry in document.rosters:
        _store_roster(session, entry, {each.id: each.role for each in document.contacts}, ids)
    for desk in desks:
        facts = {"contacts": [ids[each.id] for each in document.contacts if each.division == desk]}
        journal.append(session, f"desk:{desk}", "contacts.loaded", by=BY, at=at, facts=facts)
    places = [desk for desk in desks if PLACE_MARK in desk]
    return Loaded(len(document.contacts), len(document.rosters), len(desks) - len(places), len(places))


def _store_contact(session: Session, entry: ContactEntry, vault: Vault) -> int:
    values = {
        "desk": entry.division,
        "role": entry.role.value,
        "name_zh": entry.name_zh,
        "name_en": entry.name_en,
        "language": entry.language.value,
        "profile": entry.country_profile,
        "content_level": entry.content_level.value,
        "active": entry.active,
        "officer_name": entry.officer,
    }
    stored = (
        insert(ContactRow).values(key=entry.id, **values).on_conflict_do_update(index_elements=["key"], set_=values)
    )
    contact_id = session.scalars(stored.returning(ContactRow.id)).one()
    _store_methods(session, contact_id, (entry.number, *entry.numbers), vault)
    return contact_id


def _store_methods(session: Session, contact_id: int, numbers: Sequence[str], vault: Vault) -> None:
    """Keep the rows of numbers that stay, with their STOP; switch off the others, which deliveries may name."""
    known = session.scalars(select(MethodRow).where(MethodRow.contact_id == contact_id)).all()
    for method in known:
        method.active = False
    for channel in (Channel.SMS, Channel.PHONE):
        for n, number in enumerate(numbers, start=1):
            _keep(session, known, contact_id, channel, n, read_number(number), vault)


def _keep(
    session: Session, known: Sequence[MethodRow], contact_id: int, channel: Channel, n: int, number: str, vault: Vault
) -> None:
    lookups = vault.lookups(number)
    same = next((each for each in known if each.channel == channel and each.lookup in lookups), None)
    if same is None:
        same = MethodRow(contact_id=contact_id, channel=channel)
        session.add(same)
    same.n, same.active, same.number, same.lookup = n, True, vault.lock(number), lookups[0]


def _store_roster(session: Session, entry: RosterEntry, roles: Mapping[str, Role], ids: Mapping[str, int]) -> None:
    session.execute(delete(RotationRow).where(RotationRow.desk == entry.division))
    session.execute(delete(OverrideRow).where(OverrideRow.desk == entry.division))
    for role in Role:
        turns = [ids[key] for key in (*entry.turns, *entry.escalation) if roles[key] is role]
        if turns:
            session.add(
                RotationRow(
                    desk=entry.division,
                    role=role,
                    time_zone=entry.time_zone,
                    anchor_at=entry.anchor,
                    shift_hours=entry.shift_hours,
                    turns=turns,
                )
            )
    for each in entry.overrides:
        session.add(
            OverrideRow(
                desk=entry.division, role=each.role, contact_id=ids[each.contact], since=each.since, until=each.until
            )
        )


def _check(path: Path, document: Document) -> None:
    known: dict[str, str] = {}
    for entry in document.contacts:
        if entry.id in known:
            raise _bad(path, f"联络人 {entry.id} 出现两次", f"contact {entry.id} stands twice")
        known[entry.id] = entry.division
        _check_numbers(path, entry)
    for roster_entry in document.rosters:
        _check_roster(path, roster_entry, known)


def _check_numbers(path: Path, entry: ContactEntry) -> None:
    for number in (entry.number, *entry.numbers):
        try:
            read_number(number)
        except EmergencyError as wrong:
            raise _bad(path, f"联络人 {entry.id}：{wrong.words.zh}", f"contact {entry.id}: {wrong.words.en}") from wrong


def _check_roster(path: Path, entry: RosterEntry, known: Mapping[str, str]) -> None:
    named = (*entry.turns, *entry.escalation, *(each.contact for each in entry.overrides))
    strangers = [key for key in named if known.get(key) != entry.division]
    if strangers:
        names = ", ".join(strangers)
        raise _bad(
            path,
            f"{entry.division} 的值班表里没有这些联络人：{names}",
            f"roster {entry.division}: no contact {names} at that desk",
        )
    try:
        ZoneInfo(entry.time_zone)
    except (KeyError, ValueError) as unknown:
        raise _bad(
            path, f"{entry.division}：没有时区 {entry.time_zone}", f"{entry.division}: no time zone {entry.time_zone}"
        ) from unknown
    if any(each.since >= each.until for each in entry.overrides):
        raise _bad(
            path, f"{entry.division}：替班的结束须晚于开始", f"{entry.division}: an override must end after it begins"
        )


def _bad(path: Path, zh: str, en: str) -> BadFile:
    facts: dict[str, Any] = {"file": path.name}
    return BadFile("bad-contacts", Words(f"{path.name}：{zh}。", f"{path.name}: {en}."), facts=facts)
