"""The directory kept by a jurisdiction's own people: organisations, contacts and their numbers, changed and never deleted.

Every change is an entry in the desk's journal that names the fields and never a number or a name; folded, those entries are
the history of a contact. Two who edit at once do not overwrite each other: the later is told to look again.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contacts.kinds import DIALLED, KINDS, LANGUAGES, LEVELS, NOT_SAID, ROLES, TIERS, USED, How, Kind, Tier, Way
from contacts.models import ContactRow, MethodRow, OrganisationRow, RotationRow
from contacts.people import directory
from contacts.people.countries import country
from contacts.people.directory import PLACE_MARK, set_all
from contacts.people.numbers import Vault, country_of, fixed_line, held_to, read_number, takes_texts
from contacts.people.places import Places, place_of
from contacts.values import Channel, Level, Role
from emergency import access, journal
from emergency.access import Action, Officer
from emergency.access import Role as Post
from emergency.errors import BadInput, Conflict, NotFound
from emergency.journal import Actor
from emergency.labels import fault
from emergency.units import iso
from emergency.words import Language, Words

FROM_PAGE: Final = "page"
WORDS_OF: Final[Mapping[str, Mapping[Any, Words]]] = {
    "role": ROLES,
    "tier": TIERS,
    "language": LANGUAGES,
    "content_level": LEVELS,
    "active": USED,
}
"""What people call the values of a field."""
PRIVATE: Final = frozenset({"name_zh", "name_en", "officer_name"})
"""Fields whose values stay out of the journal: they may name a person."""
KINDS_OF_CHANGE: Final = (
    "contact.added",
    "contact.changed",
    "contact.deactivated",
    "contact.reactivated",
    "contact.confirmed",
    "contact.revealed",
    "contact.wrong_number",
    "method.added",
    "method.verified",
    "method.code_sent",
    "method.retired",
    "method.restored",
    "method.preferred",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact as it is to be. profile: whose rules hold, empty for those of its first number; organisation: its number, None
    for the duty room."""

    role: Role
    name: Words
    language: Language = Language.ZH
    level: Level = Level.FACTS
    tier: Tier | None = None
    profile: str = ""
    officer: str | None = None
    organisation: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One number or address, and by which ways it is used."""

    number: str = field(repr=False)
    ways: tuple[Way, ...]


def keeps(officer: Officer, desk: str) -> bool:
    """Whether an officer keeps the directory and roster of a desk: its own people, and an administrator of the whole."""
    if officer.role not in access.RULES[Action.KEEP_CONTACTS]:
        return False
    return officer.desk == desk or (officer.role is Post.ADMINISTRATOR and officer.desk is None)


def require_keeper(officer: Officer, desk: str) -> None:
    """NotFound where another desk keeps it: what one does not keep, one cannot change."""
    if not keeps(officer, desk):
        words = Words(
            "本席位不负责维护这份通讯录和值班表，只有该席位自己的人可以改。",
            "This desk does not keep that directory and roster; only that desk's own people may change it.",
        )
        raise NotFound("not-kept-here", words)


def keeper(row: ContactRow) -> str:
    """Whose people keep a contact."""
    return row.kept_by or row.desk


# Organisations -------------------------------------------------------------------------------------------------------


def add_organisation(
    session: Session,
    desk: str,
    kind: Kind,
    name: Words,
    place: str,
    *,
    places: Places,
    officer: Officer,
    at: datetime,
) -> OrganisationRow:
    """An organisation that a desk keeps. place: empty for the desk itself, `inside:CODE`, or `site:N`."""
    require_keeper(officer, desk)
    row = OrganisationRow(
        key=f"{desk}/{secrets.token_hex(6)}",
        kept_by=desk,
        place=place_of(place, desk, places),
        kind=kind.value,
        name_zh=name.zh,
        name_en=name.en,
        active=True,
    )
    session.add(row)
    session.flush()
    facts = {"organisation": row.id, "organisation_kind": kind.value}
    journal.append(session, f"desk:{desk}", "organisation.added", by=officer.actor, at=at, facts=facts)
    return row


def change_organisation(
    session: Session, row: OrganisationRow, values: Mapping[str, Any], *, version: int, officer: Officer, at: datetime
) -> list[str]:
    """Rename it, or take it off the list with its contacts left as they are. The fields that are different."""
    require_keeper(officer, row.kept_by)
    _unchanged_since(row.version, version)
    if values.get("active") is False and _has_active(session, row.id):
        words = Words(
            "该单位还有在用的联络人，请先停用他们或改到其他单位。",
            "This organisation still has active contacts: deactivate or move them first.",
        )
        raise Conflict("organisation-in-use", words)
    fields = set_all(row, values)
    if fields:
        row.version += 1
        facts = {"organisation": row.id, "fields": sorted(fields)}
        journal.append(session, f"desk:{row.kept_by}", "organisation.changed", by=officer.actor, at=at, facts=facts)
    return fields


def organisation(session: Session, organisation_id: int) -> OrganisationRow:
    """One organisation, locked."""
    row = session.get(OrganisationRow, organisation_id, with_for_update=True)
    if row is None:
        words = Words("没有这个单位。", "There is no such organisation.")
        raise NotFound("no-such-organisation", words, field="organisation")
    return row


# Contacts ------------------------------------------------------------------------------------------------------------


def contact(session: Session, contact_id: int) -> ContactRow:
    """One contact, locked."""
    row = session.get(ContactRow, contact_id, with_for_update=True)
    if row is None:
        words = Words("没有这个联络人。", "There is no such contact.")
        raise NotFound("no-such-contact", words, field="contact")
    return row


def add(
    session: Session,
    desk: str,
    draft: Draft,
    lines: Sequence[Line],
    *,
    vault: Vault,
    zone: ZoneInfo,
    officer: Officer,
    at: datetime,
    key: str | None = None,
) -> ContactRow:
    """A contact of a desk with its numbers. zone: by which clock its roster goes, where it has none yet."""
    require_keeper(officer, desk)
    numbers = [each for line in lines for each in _ways(line, draft.profile or None)]
    if not numbers:
        words = fault("number", "请至少填一个号码", "needs at least one number")
        raise BadInput("number-missing", words, field="number")
    profile = draft.profile or profile_of(numbers)
    _new(session, desk, draft, numbers, vault)
    _known_login(session, draft)
    owner = _owner(session, desk, draft.organisation)
    row = ContactRow(
        key=key or f"{desk}/{secrets.token_hex(6)}",
        desk=owner.place,
        kept_by=desk,
        origin=FROM_PAGE,
        version=1,
        **_values(draft, profile, owner.id),
    )
    session.add(row)
    session.flush()
    directory.keep_methods(session, row.id, [(way.value, number) for way, number in numbers], vault)
    if PLACE_MARK not in row.desk:
        directory.begin_roster(session, row.desk, zone.key, at=at)
    facts = {"contact": row.id, "role": row.role, "ways": sorted({way.value for way, _ in numbers})}
    journal.append(session, f"desk:{desk}", "contact.added", by=officer.actor, at=at, facts=facts)
    return row


def change(
    session: Session, row: ContactRow, draft: Draft, *, version: int, vault: Vault, officer: Officer, at: datetime
) -> list[str]:
    """Make a contact what the draft says; the fields that are different."""
    require_keeper(officer, keeper(row))
    _unchanged_since(row.version, version)
    profile = draft.profile or profile_of(_numbers(session, row, vault))
    if profile != row.profile:
        _may_have(session, row, profile, vault)
    if draft.officer != row.officer_name:
        _known_login(session, draft)
    owner = _owner(session, keeper(row), draft.organisation) if draft.organisation else None
    before = {name: getattr(row, name) for name in ("role", "language", "content_level", "profile", "tier", "active")}
    values = _values(draft, profile, owner.id if owner else row.organisation_id)
    if owner is not None:
        values["desk"] = owner.place
    if row.active and not draft.active:
        _still_wanted(session, row)
    fields = set_all(row, values)
    if not fields:
        return []
    row.version += 1
    kind = "contact.changed"
    if "active" in fields:
        kind = "contact.reactivated" if row.active else "contact.deactivated"
    changed = {name: [before[name], getattr(row, name)] for name in fields if name in before}
    facts = {"contact": row.id, "fields": sorted(fields), "values": changed}
    journal.append(session, f"desk:{keeper(row)}", kind, by=officer.actor, at=at, facts=facts)
    return fields


def _new(session: Session, desk: str, draft: Draft, numbers: Sequence[tuple[Way, str]], vault: Vault) -> None:
    """Nobody is on the list twice in one role: that person would be texted twice, and stand in the roster beside themselves."""
    lookups = {each for way, number in numbers if way in DIALLED for each in vault.lookups(number)}
    twin = (
        select(ContactRow.id)
        .join(MethodRow, MethodRow.contact_id == ContactRow.id)
        .where(
            func.coalesce(ContactRow.kept_by, ContactRow.desk) == desk,
            ContactRow.role == draft.role,
            ContactRow.name_zh == draft.name.zh,
            ContactRow.active,
            MethodRow.active,
            MethodRow.lookup.in_(lookups),
        )
    )
    known = session.scalar(twin.limit(1))
    if known is not None:
        words = Words(
            f"通讯录里已有同名、同角色、同号码的联络人（{known} 号），请改那一条。",
            f"The list has a contact of that name, role and number already (no. {known}): change that one.",
        )
        raise Conflict("contact-known", words, field="number", facts={"contact": known})


def _known_login(session: Session, draft: Draft) -> None:
    """The login of a contact is one that there is: it is by it that their pages know them."""
    if draft.officer and not access.has_officer(session, draft.officer):
        zh, en = f"没有登录账号“{draft.officer}”", f"names no login: {draft.officer}"
        raise BadInput("no-such-login", fault("officer", zh, en), field="officer")


def _may_have(session: Session, row: ContactRow, profile: str, vault: Vault) -> None:
    """Every number in use may be held to the rules of the country that the contact is to have."""
    for _, number in _numbers(session, row, vault):
        held_to(number, profile)


def _numbers(session: Session, row: ContactRow, vault: Vault) -> list[tuple[Way, str]]:
    """The telephone numbers of a contact that are in use, the one that is tried first before the others."""
    used = select(MethodRow).where(MethodRow.contact_id == row.id, MethodRow.active, MethodRow.channel.in_(DIALLED))
    return [
        (Way(each.channel), vault.open(each.number))
        for each in session.scalars(used.order_by(MethodRow.n, MethodRow.id))
    ]


def draft_of(row: ContactRow) -> Draft:
    """A contact as it is, to be changed in part."""
    return Draft(
        Role(row.role),
        Words(row.name_zh, row.name_en),
        Language(row.language),
        Level(row.content_level),
        Tier(row.tier) if row.tier else None,
        row.profile,
        row.officer_name,
        row.organisation_id,
        row.active,
    )


# Numbers -------------------------------------------------------------------------------------------------------------


def add_methods(
    session: Session, row: ContactRow, line: Line, *, vault: Vault, officer: Officer, at: datetime
) -> list[int]:
    """A further number of a contact, after those that it has; one that was switched off is used again."""
    require_keeper(officer, keeper(row))
    made: list[int] = []
    for way, number in _ways(line, row.profile):
        known = select(MethodRow).where(
            MethodRow.contact_id == row.id, MethodRow.channel == way.value, MethodRow.lookup.in_(vault.lookups(number))
        )
        method = session.scalar(known)
        n = _last_place(session, row.id, way) + 1
        if method is None:
            method = directory.sealed(MethodRow(contact_id=row.id, channel=way.value), number, vault)
            session.add(method)
        elif method.active:
            words = Words(
                "这个联络人已有这个号码，用途也相同。", "This contact has that number already, for the same use."
            )
            raise Conflict("number-known", words, field="number")
        method.active, method.n = True, n
        session.flush()
        made.append(method.id)
        facts = {"contact": row.id, "method": method.id, "way": way.value}
        journal.append(session, f"desk:{keeper(row)}", "method.added", by=officer.actor, at=at, facts=facts)
    row.version += 1
    return made


def method(session: Session, method_id: int, officer: Officer) -> tuple[MethodRow, ContactRow]:
    """One number of a contact that the officer's desk keeps, and the contact, both locked."""
    found = session.get(MethodRow, method_id)
    if found is None:
        words = Words("没有这个号码。", "There is no such number.")
        raise NotFound("no-such-method", words, field="method")
    row = contact(session, found.contact_id)
    require_keeper(officer, keeper(row))
    return session.get_one(MethodRow, method_id, with_for_update=True), row


def verify(session: Session, method_id: int, how: How, *, officer: Officer, at: datetime) -> None:
    """Somebody has checked that the number is theirs; one held to be wrong is used again, by everybody who has it."""
    found, row = method(session, method_id, officer)
    verified(session, found, row, how, by=officer.actor, at=at)


def verified(session: Session, found: MethodRow, row: ContactRow, how: How, *, by: Actor, at: datetime) -> None:
    """A number of a contact is theirs, by an officer's word or by a code that came back from it."""
    same = session.scalars(select(MethodRow).where(MethodRow.lookup == found.lookup).with_for_update())
    for each in same:
        if each.wrong_at is not None or each.contact_id == row.id:
            each.wrong_at, each.verified_at = None, at
            each.verified_by = by.stored() | {"how": how.value}
    facts = {"contact": row.id, "method": found.id, "way": found.channel, "how": how.value}
    journal.append(session, f"desk:{keeper(row)}", "method.verified", by=by, at=at, facts=facts)


def retire(session: Session, method_id: int, *, officer: Officer, at: datetime) -> None:
    """The number is used no more; it stays, with all that was sent to it."""
    found, row = method(session, method_id, officer)
    if found.active:
        found.active = False
        row.version += 1
        _note_method(session, row, found, "method.retired", officer, at)


def restore(session: Session, method_id: int, *, officer: Officer, at: datetime) -> None:
    """A retired number is used again, after the others."""
    found, row = method(session, method_id, officer)
    if not found.active:
        found.n = _last_place(session, row.id, Way(found.channel)) + 1
        found.active = True
        row.version += 1
        _note_method(session, row, found, "method.restored", officer, at)


def prefer(session: Session, method_id: int, *, officer: Officer, at: datetime) -> None:
    """The number is tried first of its kind."""
    found, row = method(session, method_id, officer)
    others = session.scalars(
        select(MethodRow)
        .where(MethodRow.contact_id == row.id, MethodRow.channel == found.channel, MethodRow.id != found.id)
        .order_by(MethodRow.active.desc(), MethodRow.n, MethodRow.id)
    )
    for n, each in enumerate((found, *others), start=1):
        each.n = n
    row.version += 1
    _note_method(session, row, found, "method.preferred", officer, at)


def reveal(session: Session, method_id: int, *, vault: Vault, officer: Officer, at: datetime) -> str:
    """A number in the clear to the people who keep it; the journal keeps who looked."""
    found, row = method(session, method_id, officer)
    _note_method(session, row, found, "contact.revealed", officer, at)
    return vault.open(found.number)


def history(session: Session, row: ContactRow) -> list[dict[str, Any]]:
    """What was changed about a contact, the newest first: folded from the journal of the desk that keeps it.

    The journal names who did it by number; by what name is read from their account now.
    """
    streams = dict.fromkeys((f"desk:{keeper(row)}", f"desk:{row.desk}"))
    entries = [each for stream in streams for each in journal.of_kinds(session, stream, KINDS_OF_CHANGE)]
    mine = [each for each in entries if each.facts.get("contact") == row.id]
    newest = sorted(mine, key=lambda each: (each.at, each.n), reverse=True)
    names = access.names(session, {each.by["officer"] for each in newest if each.by.get("officer") is not None})
    return [
        {
            "at": iso(each.at),
            "kind": each.kind,
            "by": dict(each.by) | {"name": names.get(each.by.get("officer") or 0)},
            "facts": dict(each.facts),
            "changes": _changes(each.facts),
        }
        for each in newest
    ]


def _changes(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Which fields an entry changed, with what they were and are in the words that the pages use for it."""
    values = facts.get("values") or {}
    return [
        {"field": name, "values": [_said(name, value).stored() for value in values.get(name, ())]}
        for name in facts.get("fields") or ()
    ]


def _said(name: str, value: Any) -> Words:
    if name == "profile" and value:
        return country(value).name
    return WORDS_OF.get(name, {}).get(value) or (NOT_SAID if value is None else Words(str(value), str(value)))


# Parts ---------------------------------------------------------------------------------------------------------------


def _values(draft: Draft, profile: str, organisation_id: int | None) -> dict[str, Any]:
    return {
        "role": draft.role.value,
        "name_zh": draft.name.zh,
        "name_en": draft.name.en,
        "language": draft.language.value,
        "content_level": draft.level.value,
        "tier": draft.tier.value if draft.tier else None,
        "profile": profile,
        "officer_name": draft.officer,
        "organisation_id": organisation_id,
        "active": draft.active,
    }


def _ways(line: Line, country: str | None) -> list[tuple[Way, str]]:
    """Each way with the number as it is kept: E.164, or the address of the official exchange as it stands."""
    if not line.ways:
        words = fault("ways", "请选至少一种用途", "needs at least one use")
        raise BadInput("ways-missing", words, field="ways")
    found = [(way, _dialled(line.number, country) if way in DIALLED else line.number.strip()) for way in line.ways]
    if any(way is Way.SMS and not takes_texts(number) for way, number in found):
        raise fixed_line()
    return found


def _dialled(given: str, country: str | None) -> str:
    number = read_number(given, country)
    return held_to(number, country or country_of(number))


def profile_of(numbers: Sequence[tuple[Way, str]]) -> str:
    """Whose rules hold for a contact: the country of its first number."""
    for way, number in numbers:
        if way in DIALLED:
            return country_of(number)
    return "CN"


def _owner(session: Session, desk: str, organisation_id: int | None) -> OrganisationRow:
    """The organisation of a contact; its desk's own duty room where none is named."""
    if organisation_id is None:
        return directory.own_office(session, desk, KINDS[Kind.DUTY_ROOM], kept_by=desk)
    row = organisation(session, organisation_id)
    if row.kept_by != desk:
        words = Words("没有这个单位。", "There is no such organisation.")
        raise NotFound("no-such-organisation", words, field="organisation")
    return row


def _unchanged_since(known: int, version: int) -> None:
    if known != version:
        words = Words(
            "别人刚改过这一项，请刷新后再改。", "Somebody else has changed this meanwhile: reload, then change it."
        )
        raise Conflict("changed-meanwhile", words, facts={"version": known})


def _has_active(session: Session, organisation_id: int) -> bool:
    rows = select(ContactRow.id).where(ContactRow.organisation_id == organisation_id, ContactRow.active)
    return session.scalar(rows.limit(1)) is not None


def _still_wanted(session: Session, row: ContactRow) -> None:
    """Nobody is taken off the list who alone stands in a rotation: the roster would have a hole for good."""
    rotation = session.get(RotationRow, (row.desk, row.role))
    if rotation is not None and rotation.turns == [row.id]:
        words = Words(
            "基本轮值里只有这一个人，请先在值班表里换人，再停用。",
            "The base rotation has nobody else: put somebody on the roster first, then deactivate.",
        )
        raise Conflict("alone-on-roster", words)


def _last_place(session: Session, contact_id: int, way: Way) -> int:
    places = select(func.max(MethodRow.n)).where(
        MethodRow.contact_id == contact_id, MethodRow.channel == way.value, MethodRow.active
    )
    return session.scalar(places) or 0


def _note_method(
    session: Session, row: ContactRow, found: MethodRow, kind: str, officer: Officer, at: datetime
) -> None:
    facts = {"contact": row.id, "method": found.id, "way": found.channel, "role": row.role}
    journal.append(session, f"desk:{keeper(row)}", kind, by=officer.actor, at=at, facts=facts)


def usable(row: MethodRow) -> bool:
    """Whether it may be used at all, by a machine or a person."""
    return row.active and row.wrong_at is None and (row.channel != Channel.SMS or row.opted_out_at is None)
