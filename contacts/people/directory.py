"""Who is told, as the tables say: contacts, numbers and rosters read for use, and loaded from a file whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import exists, false, func, select, update
from sqlalchemy.orm import Session

from contacts.duty.roster import Override, Roster, Rotation
from contacts.duty.shifts import Changes, Shift
from contacts.kinds import KINDS, How, Kind, Tier
from contacts.models import (
    ContactRow,
    MethodRow,
    OrganisationRow,
    OverrideRow,
    PastRotationRow,
    RosterDayRow,
    RosterRow,
    RotationRow,
    ShiftRow,
)
from contacts.people.numbers import Vault, held_to, masked, read_number
from contacts.values import NOBODY_AT_TIER, Channel, Contact, Gap, Level, Role
from emergency import journal
from emergency.errors import BadFile, EmergencyError, NotFound
from emergency.journal import Actor
from emergency.words import Language, Words

BY = Actor(process="contacts")
PLACE_MARK = ":"
"""In the name of a place that is no desk; no code of a division has it."""
FROM_FILE = "file"
SLIP = timedelta(minutes=10)
"""Policy: what is taken back so soon after it was entered was a slip, and never held."""
HORIZON_DAYS = 14
"""Policy: how far ahead a roster is checked for gaps."""
"""Of a desk that has contacts and no roster yet."""


def roster(session: Session, desk: str) -> Roster | None:
    """The roster of a desk; None where it has none."""
    rotations = session.scalars(select(RotationRow).where(RotationRow.desk == desk)).all()
    past = session.scalars(past_rotations(desk)).all()
    shifts = session.scalars(_entered(ShiftRow, desk)).all()
    overrides = session.scalars(_entered(OverrideRow, desk)).all()
    kept = session.get(RosterRow, desk)
    if not (rotations or past or shifts or overrides):
        return None
    zone = kept.time_zone if kept is not None else [*rotations, *past][0].time_zone
    return Roster(
        desk,
        ZoneInfo(zone),
        {row.id: contact(row) for row in session.scalars(select(ContactRow).where(ContactRow.desk == desk))},
        {Role(row.role): Rotation(row.anchor_at, row.shift_hours, tuple(row.turns), row.since) for row in rotations},
        tuple(_override(row) for row in overrides),
        tuple(_shift(row) for row in shifts),
        {row.on_date: row.counts_as for row in session.scalars(select(RosterDayRow).where(RosterDayRow.desk == desk))},
        {role: tuple(_past(row) for row in past if row.role == role) for role in Role},
    )


def past_rotations(desk: str) -> Any:
    """The base rotations that a desk has changed or emptied, in the order in which that was done."""
    return select(PastRotationRow).where(PastRotationRow.desk == desk).order_by(PastRotationRow.id)


def _past(row: PastRotationRow) -> Rotation:
    return Rotation(row.anchor_at, row.shift_hours, tuple(row.turns), row.since, row.until)


def _entered(table: type[ShiftRow] | type[OverrideRow], desk: str) -> Any:
    """The rows of a desk in the order in which they were entered; one that was ended held until then, but for a slip."""
    slip = func.coalesce(table.ended_at < table.entered_at + SLIP, false())
    return select(table).where(table.desk == desk, ~slip).order_by(table.id)


def _override(row: OverrideRow) -> Override:
    since, until = row.since, row.until
    if row.ended_at is not None:
        since, until = max(since, row.entered_at or since), min(until, row.ended_at)
    return Override(Role(row.role), row.contact_id, since, until, tuple(row.others), row.id, row.kind)


def _shift(row: ShiftRow) -> Shift:
    return Shift(
        row.id,
        Role(row.role),
        row.label,
        frozenset(row.days),
        time.fromisoformat(row.starts),
        row.hours,
        row.anchor_on,
        row.until_on,
        Changes(row.changes),
        tuple(tuple(each) for each in row.turns),
        row.entered_at,
        row.ended_at,
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
        row.tier,
    )


def at_tier(session: Session, desk: str, role: Role, tier: Tier, at: datetime) -> Contact | Gap:
    """Whom a desk has in a role at a level of the joint work: the first entered of those who can be texted, else the first
    entered; they are on no roster."""
    reachable = exists().where(
        MethodRow.contact_id == ContactRow.id,
        MethodRow.channel == Channel.SMS,
        MethodRow.active,
        MethodRow.opted_out_at.is_(None),
        MethodRow.wrong_at.is_(None),
    )
    rows = select(ContactRow).where(
        ContactRow.desk == desk, ContactRow.role == role, ContactRow.tier == tier, ContactRow.active
    )
    found = session.scalar(rows.order_by(reachable.desc(), ContactRow.id).limit(1))
    return Gap(desk, role, at, NOBODY_AT_TIER) if found is None else contact(found)


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


def confirm(session: Session, key: str, how: How, *, at: datetime) -> int:
    """An administrator has checked the numbers of a contact: they are used again. How many had been held to be wrong."""
    row = session.scalar(select(ContactRow).where(ContactRow.key == key))
    if row is None:
        raise NotFound("no-such-contact", Words(f"没有联络人 {key}。", f"There is no contact {key}."), field="contact")
    own = session.scalars(select(MethodRow).where(MethodRow.contact_id == row.id, MethodRow.active)).all()
    held = {method.lookup for method in own if method.wrong_at is not None}
    session.execute(
        update(MethodRow)
        .where(MethodRow.lookup.in_([method.lookup for method in own]))
        .values(wrong_at=None, verified_at=at, verified_by=BY.stored() | {"how": how.value})
    )
    facts = {"contact": row.id, "how": how.value}
    journal.append(session, f"desk:{row.desk}", "contact.confirmed", by=BY, at=at, facts=facts)
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
    tier: Tier | None = None
    kept_by: str | None = Field(default=None, max_length=20)
    organisation: str | None = Field(default=None, max_length=60)


class OrganisationEntry(_Part):
    """One organisation of the file. place: where it is told; by default the desk that keeps it."""

    id: str = Field(min_length=1, max_length=60)
    division: str = Field(min_length=1, max_length=20)
    kind: Kind
    name_zh: str = Field(min_length=1, max_length=60)
    name_en: str = Field(min_length=1, max_length=60)
    place: str | None = Field(default=None, max_length=20)
    active: bool = True


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
    organisations: tuple[OrganisationEntry, ...] = ()


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


def load(session: Session, document: Document, vault: Vault, *, zone: ZoneInfo, at: datetime) -> Loaded:
    """Make the directory of every desk named in the file what the file says; what came from a file and is no longer named
    becomes inactive. What a desk's own people entered stays. The same file again changes nothing.

    zone: by which clock the roster of a desk goes to which the file gives none.
    """
    desks = sorted({entry.division for entry in document.contacts} | {entry.division for entry in document.rosters})
    changed = _no_longer_named(session, desks, [entry.id for entry in document.contacts])
    for organisation in document.organisations:
        _store_organisation(session, organisation)
    ids: dict[str, int] = {}
    for entry in document.contacts:
        ids[entry.id], different = store_contact(session, entry, vault)
        changed |= {entry.division} if different else set()
    for desk in desks:
        if PLACE_MARK not in desk:
            begin_roster(session, desk, zone.key, at=at)  # so that it is checked from now on
    for roster_entry in document.rosters:
        if _store_roster(session, roster_entry, {each.id: each.role for each in document.contacts}, ids, at):
            changed.add(roster_entry.division)
    for desk in sorted(changed):
        facts = {"contacts": [ids[each.id] for each in document.contacts if each.division == desk]}
        journal.append(session, f"desk:{desk}", "contacts.loaded", by=BY, at=at, facts=facts)
    places = [desk for desk in desks if PLACE_MARK in desk]
    return Loaded(len(document.contacts), len(document.rosters), len(desks) - len(places), len(places))


def _no_longer_named(session: Session, desks: Sequence[str], named: Sequence[str]) -> set[str]:
    """Put off duty whom the file has dropped; the desks where that was anybody."""
    gone = session.execute(
        update(ContactRow)
        .where(
            ContactRow.desk.in_(desks), ContactRow.key.not_in(named), ContactRow.active, ContactRow.origin == FROM_FILE
        )
        .values(active=False, version=ContactRow.version + 1)
        .returning(ContactRow.desk)
    )
    return set(gone.scalars())


def _store_organisation(session: Session, entry: OrganisationEntry) -> None:
    row = session.scalar(select(OrganisationRow).where(OrganisationRow.key == entry.id))
    if row is None:
        row = OrganisationRow(key=entry.id, version=0)
        session.add(row)
    values: dict[str, Any] = {
        "kept_by": entry.division,
        "place": entry.place or entry.division,
        "kind": entry.kind.value,
        "name_zh": entry.name_zh,
        "name_en": entry.name_en,
        "active": entry.active,
    }
    if set_all(row, values):
        row.version += 1
    session.flush()


def set_all(row: object, values: Mapping[str, Any]) -> list[str]:
    """Set what is different; the names of it."""
    different = [name for name, value in values.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, values[name])
    return different


def store_contact(session: Session, entry: ContactEntry, vault: Vault) -> tuple[int, bool]:
    """A contact of a file, made or made so; its id, and whether anything about it is different."""
    organisation = _organisation_of(session, entry)
    row = session.scalar(select(ContactRow).where(ContactRow.key == entry.id))
    made = row is None
    if row is None:
        row = ContactRow(key=entry.id, version=0, origin=FROM_FILE)
        session.add(row)
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
        "tier": entry.tier.value if entry.tier else None,
        "kept_by": entry.kept_by or entry.division,
        "organisation_id": organisation,
    }
    different = bool(set_all(row, values)) or made
    row.version += made
    session.flush()
    numbers = [read_number(each) for each in (entry.number, *entry.numbers)]
    wanted = [(channel, each) for channel in (Channel.SMS, Channel.PHONE) for each in numbers]
    different |= keep_methods(session, row.id, wanted, vault)
    row.version += different and not made
    return row.id, different


def _organisation_of(session: Session, entry: ContactEntry) -> int:
    """The organisation that the file names; else the duty room of the desk, or the office kept for a place."""
    if entry.organisation is not None:
        named = select(OrganisationRow.id).where(OrganisationRow.key == entry.organisation)
        return session.scalars(named).one()
    office = PLACE_MARK in entry.division
    name = Words(entry.name_zh, entry.name_en) if office else KINDS[Kind.DUTY_ROOM]
    return own_office(session, entry.division, name, kept_by=entry.kept_by or entry.division).id


def own_office(session: Session, place: str, name: Words, *, kept_by: str) -> OrganisationRow:
    """The duty room of a desk, or the office kept for a place; made where there is none."""
    key = f"{place}/{Kind.DUTY_ROOM.value}"
    row = session.scalar(select(OrganisationRow).where(OrganisationRow.key == key))
    if row is None:
        kind = Kind.INTAKE if place.startswith("site:") else Kind.DUTY_ROOM
        row = OrganisationRow(
            key=key, kept_by=kept_by, place=place, kind=kind.value, name_zh=name.zh, name_en=name.en, active=True
        )
        session.add(row)
        session.flush()
    return row


def keep_methods(session: Session, contact_id: int, wanted: Sequence[tuple[str, str]], vault: Vault) -> bool:
    """Make (channel, number) the ways to reach a contact, in that order; whether anything is different.

    The rows of numbers that stay are kept with their STOP and their checks; the others, which deliveries may name, are
    switched off.
    """
    known = session.scalars(select(MethodRow).where(MethodRow.contact_id == contact_id)).all()
    kept: list[MethodRow] = []
    different = False
    for n, (channel, number) in enumerate(wanted, start=1):
        place = n - next(at for at, (each, _) in enumerate(wanted) if each == channel)
        row = next((each for each in known if each.channel == channel and each.lookup in vault.lookups(number)), None)
        if row is None:
            row = sealed(MethodRow(contact_id=contact_id, channel=channel), number, vault)
            session.add(row)
        different |= bool(set_all(row, {"n": place, "active": True}))
        kept.append(row)
    for row in known:
        if row.active and row not in kept:
            row.active, different = False, True
    session.flush()
    return different


def sealed(row: MethodRow, number: str, vault: Vault) -> MethodRow:
    """Lock a number into its row with the first key."""
    row.number, row.lookup, row.sealed_with = vault.lock(number), vault.lookup(number), vault.mark
    return row


def begin_roster(session: Session, desk: str, time_zone: str, *, at: datetime) -> RosterRow:
    """The row by which a desk's roster is kept, made where there is none."""
    row = session.get(RosterRow, desk)
    if row is None:
        row = RosterRow(desk=desk, time_zone=time_zone, horizon_days=HORIZON_DAYS, next_check_at=at)
        session.add(row)
        session.flush()
    return row


def _store_roster(
    session: Session, entry: RosterEntry, roles: Mapping[str, Role], ids: Mapping[str, int], at: datetime
) -> bool:
    kept = begin_roster(session, entry.division, entry.time_zone, at=at)
    different = bool(set_all(kept, {"time_zone": entry.time_zone}))
    for role in Role:
        turns = [ids[key] for key in (*entry.turns, *entry.escalation) if roles[key] is role]
        rotation = Rotation(entry.anchor, entry.shift_hours, tuple(turns)) if turns else None
        different |= store_rotation(session, kept, role, rotation, by=BY, at=at)
    session.flush()
    return _store_overrides(session, entry, ids, at) or different


def store_rotation(
    session: Session, kept: RosterRow, role: Role, rotation: Rotation | None, *, by: Actor, at: datetime
) -> bool:
    """Have a role change hands by a base rotation, or by none, from now on; whether that is different.

    What held before is kept with the time for which it did; one that begins later leaves the one before to hold until then.
    """
    row = session.get(RotationRow, (kept.desk, role.value))
    values = _values(rotation, kept.time_zone) if rotation is not None else None
    if _same(row, values):
        return False
    since = max(at, rotation.anchor_at) if rotation is not None else at
    past = session.scalars(past_rotations(kept.desk).where(PastRotationRow.role == role)).all()
    for each in past:
        until = min(each.until, since)
        each.until = max(until, each.since or until)
    if row is not None:
        session.add(_ended(row, max(since, row.since or since), by, at))
        session.delete(row)
        session.flush()
    if values is not None:
        begins = None if by == BY and row is None and not past else since  # nothing is known of before a first file
        session.add(RotationRow(desk=kept.desk, role=role.value, since=begins, **values))
    session.flush()
    return True


def _same(row: RotationRow | None, values: Mapping[str, Any] | None) -> bool:
    if row is None or values is None:
        return row is None and values is None
    return all(getattr(row, name) == value for name, value in values.items())


def _ended(row: RotationRow, until: datetime, by: Actor, at: datetime) -> PastRotationRow:
    """A rotation as it is kept; one that was to begin later never held."""
    return PastRotationRow(
        desk=row.desk,
        role=row.role,
        time_zone=row.time_zone,
        anchor_at=row.anchor_at,
        shift_hours=row.shift_hours,
        turns=row.turns,
        since=row.since,
        until=until,
        ended_at=at,
        ended_by=by.stored(),
    )


def _values(rotation: Rotation, time_zone: str) -> dict[str, Any]:
    return {
        "time_zone": time_zone,
        "anchor_at": rotation.anchor_at,
        "shift_hours": rotation.shift_hours,
        "turns": list(rotation.turns),
    }


def _store_overrides(session: Session, entry: RosterEntry, ids: Mapping[str, int], at: datetime) -> bool:
    """Enter the exceptions of the file that are not there yet, and end those that it no longer names."""
    wanted = {(each.role.value, ids[each.contact], each.since, each.until) for each in entry.overrides}
    rows = session.scalars(
        select(OverrideRow).where(
            OverrideRow.desk == entry.division, OverrideRow.origin == FROM_FILE, OverrideRow.ended_at.is_(None)
        )
    )
    known = {(row.role, row.contact_id, row.since, row.until): row for row in rows}
    for gone in known.keys() - wanted:
        known[gone].ended_at, known[gone].ended_by = at, BY.stored()
    for each in entry.overrides:
        key = (each.role.value, ids[each.contact], each.since, each.until)
        if key not in known:
            role, person, since, until = key
            session.add(OverrideRow(desk=entry.division, role=role, contact_id=person, since=since, until=until,
                                    entered_at=at, entered_by=BY.stored()))  # fmt: skip
    session.flush()
    return wanted != known.keys()


def _check(path: Path, document: Document) -> None:
    known: dict[str, str] = {}
    organisations = {each.id for each in document.organisations}
    for entry in document.contacts:
        if entry.organisation is not None and entry.organisation not in organisations:
            zh, en = f"没有单位 {entry.organisation}", f"there is no organisation {entry.organisation}"
            raise _bad(path, f"联络人 {entry.id}：{zh}", f"contact {entry.id}: {en}")
        if entry.id in known:
            raise _bad(path, f"联络人 {entry.id} 出现两次", f"contact {entry.id} stands twice")
        known[entry.id] = entry.division
        _check_numbers(path, entry)
    for roster_entry in document.rosters:
        _check_roster(path, roster_entry, known)


def _check_numbers(path: Path, entry: ContactEntry) -> None:
    for number in (entry.number, *entry.numbers):
        try:
            held_to(read_number(number), entry.country_profile)
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
