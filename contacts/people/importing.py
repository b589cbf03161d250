"""A table of contacts taken into the directory: row by row, each reported, a bad row changing nothing else.

What the table does not name stays as it is; the same table again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.kinds import KINDS, Way
from contacts.models import ContactRow, MethodRow, OrganisationRow
from contacts.people import directory, keeping, sheets
from contacts.people.directory import set_all
from contacts.people.keeping import FROM_PAGE
from contacts.people.numbers import Vault
from contacts.people.places import Places, place_of
from contacts.people.sheets import COLUMNS, BadRow, Fault, Wanted
from emergency import journal
from emergency.access import Officer
from emergency.errors import BadInput, Conflict, EmergencyError
from emergency.journal import Actor
from emergency.labels import fault
from emergency.words import Words


class Came(StrEnum):
    """What came of a row."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowReport:
    """What came of one row, with what to correct where it was refused."""

    n: int
    came: Came
    name: str = ""
    faults: tuple[Fault, ...] = ()

    def stored(self) -> dict[str, Any]:
        """As the API gives it."""
        faults = [each.stored() for each in self.faults]
        return {"row": self.n, "came": self.came.value, "name": self.name, "faults": faults}


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a table."""

    rows: tuple[RowReport, ...]
    dry: bool

    def count(self, came: Came) -> int:
        """How many rows came to that."""
        return sum(each.came is came for each in self.rows)

    def stored(self) -> dict[str, Any]:
        """As the API gives it."""
        counts = {each.value: self.count(each) for each in Came}
        return {"dry_run": self.dry, "counts": counts, "rows": [each.stored() for each in self.rows]}


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a table in: an officer for what it keeps, or (None) the command line for every desk."""

    officer: Officer | None
    desk: str | None

    @property
    def actor(self) -> Actor:
        """As the journal names them."""
        return self.officer.actor if self.officer else directory.BY

    def may(self, desk: str) -> bool:
        """Whether this desk's directory is theirs to change."""
        return self.officer is None or keeping.keeps(self.officer, desk)


@dataclass(frozen=True, slots=True)
class With:
    """What a table is taken in with. zone: by which clock the roster of a desk goes that has none yet."""

    vault: Vault
    places: Places
    zone: ZoneInfo


def take(session: Session, content: bytes, by: By, given: With, *, dry: bool, at: datetime) -> Report:
    """Take a table in, or (dry) only say what would come of it. BadFile where the file cannot be read at all."""
    reports = [_row(session, each, by, given, dry, at) for each in sheets.wanted(sheets.read(content), by.desk)]
    return Report(tuple(reports), dry)


def _row(session: Session, row: Wanted | BadRow, by: By, given: With, dry: bool, at: datetime) -> RowReport:
    if isinstance(row, BadRow):
        return RowReport(row.n, Came.REFUSED, faults=row.faults)
    title = row.draft.name.zh
    if not by.may(row.division):
        words = Words("不是本席位维护的通讯录。", "That directory is kept by another desk.")
        return RowReport(row.n, Came.REFUSED, title, (Fault(COLUMNS["division"].heading, words),))
    nested = session.begin_nested()  # a row that fails late takes nothing with it
    try:
        came, facts = _store(session, row, given, at)
    except EmergencyError as wrong:
        nested.rollback()
        column = COLUMNS.get(wrong.field or "", COLUMNS["id"])
        return RowReport(row.n, Came.REFUSED, title, (Fault(column.heading, wrong.words),))
    if dry:
        nested.rollback()
        return RowReport(row.n, came, title)
    nested.commit()
    if came is not Came.SAME:  # noted last: an entry is not taken back with the row
        kind = "contact.added" if came is Came.ADDED else "contact.changed"
        journal.append(session, f"desk:{row.division}", kind, by=by.actor, at=at, facts=facts)
    return RowReport(row.n, came, title)


def _store(session: Session, wanted: Wanted, given: With, at: datetime) -> tuple[Came, dict[str, Any]]:
    """Make the contact what the row says; what came of it, and the facts for the journal."""
    if given.places.division(wanted.division) is None:
        zh, en = f"没有这个区划：{wanted.division}，请查对", f"names no division that is known: {wanted.division}"
        raise BadInput("no-such-place", fault("division", zh, en), field="division")
    row = session.scalar(select(ContactRow).where(ContactRow.key == wanted.key).with_for_update())
    if row is not None and keeping.keeper(row) != wanted.division:
        words = Words("这个编号已是其他席位的联络人，请换一个。", "That id is a contact of another desk: take another.")
        raise Conflict("id-taken", words, field="id")
    organisation = _organisation(session, wanted, given.places)
    numbers = [(way, line.number) for line in wanted.lines for way in line.ways]
    draft = wanted.draft
    values = {
        "desk": organisation.place,
        "kept_by": wanted.division,
        "organisation_id": organisation.id,
        "role": draft.role.value,
        "name_zh": draft.name.zh,
        "name_en": draft.name.en,
        "language": draft.language.value,
        "content_level": draft.level.value,
        "tier": draft.tier.value if draft.tier else None,
        "profile": draft.profile or keeping.profile_of(numbers),
        "active": draft.active,
    }
    added = row is None
    if row is None:
        row = ContactRow(key=wanted.key, origin=FROM_PAGE, version=0, **values)
        session.add(row)
    fields = [] if added else set_all(row, values)
    session.flush()
    if _methods(session, row, numbers, given.vault):
        fields.append("numbers")
    if not added and not fields:
        return Came.SAME, {}
    row.version += 1
    if directory.PLACE_MARK not in row.desk:
        directory.begin_roster(session, row.desk, given.zone.key, at=at)
    facts = {"contact": row.id, "role": row.role, "fields": sorted(fields), "imported": True}
    return (Came.ADDED if added else Came.CHANGED), facts


def _methods(session: Session, row: ContactRow, numbers: Sequence[tuple[Way, str]], vault: Vault) -> bool:
    """Make the numbers those of the table, where any is different."""
    known = session.scalars(
        select(MethodRow).where(MethodRow.contact_id == row.id, MethodRow.active).order_by(MethodRow.n)
    )
    have = sorted((each.channel, each.n, vault.open(each.number)) for each in known)
    seen: dict[Way, int] = {}
    want: list[tuple[str, int, str]] = []
    for way, number in numbers:
        seen[way] = seen.get(way, 0) + 1
        want.append((way.value, seen[way], number))
    if have == sorted(want):
        return False
    return directory.keep_methods(session, row.id, [(way.value, number) for way, number in numbers], vault)


def _organisation(session: Session, wanted: Wanted, places: Places) -> OrganisationRow:
    """The organisation of a row: by kind, name and place; made where the desk keeps none like it."""
    place = place_of(wanted.place, wanted.division, places)
    name = wanted.organisation or KINDS[wanted.kind]
    found = session.scalars(
        select(OrganisationRow)
        .where(
            OrganisationRow.kept_by == wanted.division,
            OrganisationRow.kind == wanted.kind.value,
            OrganisationRow.place == place,
        )
        .order_by(OrganisationRow.id)
    ).all()
    named = [each for each in found if wanted.organisation is None or each.name_zh == name.zh]
    if named:
        return named[0]
    key = f"{wanted.division}/{wanted.kind.value}/{place}/{name.zh}"
    renamed = session.scalar(select(OrganisationRow).where(OrganisationRow.key == key))
    if renamed is not None:
        return renamed
    row = OrganisationRow(
        key=key,
        kept_by=wanted.division,
        place=place,
        kind=wanted.kind.value,
        name_zh=name.zh,
        name_en=name.en,
        active=True,
    )
    session.add(row)
    session.flush()
    return row
