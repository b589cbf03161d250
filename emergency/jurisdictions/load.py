"""Load the register of divisions and their boundaries; read the register as of an instant.

The register grows and is corrected, never shortened: a code that has ended keeps its row, since old records name it.
Boundaries come in immutable versions, one of them active. Loading the same again changes nothing. Divisions that a boundary
file itself describes enter the register with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from emergency import journal
from emergency.db import SRID
from emergency.errors import NotReady
from emergency.journal import Actor
from emergency.jurisdictions.models import BoundaryRow, BoundaryVersionRow, DivisionRow, StretchRow, SuccessorRow
from emergency.jurisdictions.polygons import Boundaries, Reading, read_file, read_package
from emergency.jurisdictions.register import read_divisions, read_successors
from emergency.jurisdictions.seams import finest
from emergency.jurisdictions.values import Division, Divisions, Level, Succession
from emergency.words import Words

REGISTER_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""The days of the register are days there, wherever the service stands."""


@dataclass(frozen=True, slots=True)
class DivisionReport:
    """How many rows the files had, and how many of them were new or different."""

    divisions: int
    successions: int
    changed: int


def load_divisions(
    session: Session, divisions_csv: Path, successors_csv: Path | None, *, at: datetime, by: Actor
) -> DivisionReport:
    """Add and correct divisions and successions; BadFile with line and remedy, and then nothing is changed."""
    known = {division.code: division for division in _divisions(session)}
    divisions = read_divisions(divisions_csv, known)
    everyone = {**known, **{division.code: division for division in divisions}}
    successions = [] if successors_csv is None else read_successors(successors_csv, everyone)
    changed = [division for division in divisions if known.get(division.code) != division]
    before = set(_successions(session))
    added = [succession for succession in successions if succession not in before]
    _write(session, changed, added)
    if changed or added:
        facts = {
            "file": divisions_csv.name,
            "divisions": [division.code for division in changed],
            "successions": [[each.code, each.successor] for each in added],
        }
        journal.append(session, "system", "divisions_loaded", by=by, at=at, facts=facts)
    return DivisionReport(len(divisions), len(successions), len(changed) + len(added))


def read_boundaries(session: Session, source: Path | None = None, reading: Reading | None = None) -> Boundaries:
    """The territories of a file (without one, of the pinned package) for the divisions of the register; nothing is
    changed. BadFile names what cannot be taken."""
    known = {division.code: division for division in _divisions(session)}
    found = read_package(known) if source is None else read_file(source, known, reading or Reading())
    if not found.by_code:
        raise NotReady(
            "no-divisions",
            Words(
                "还没有区划清单：请先用 flask jurisdictions load 载入 divisions.csv",
                "there is no list of divisions yet: load divisions.csv first by flask jurisdictions load",
            ),
        )
    return found


def activate(session: Session, boundaries: Boundaries, *, at: datetime, by: Actor) -> int:
    """Make `boundaries` the active version, and register the divisions that they bring; the version's id."""
    _register(session, boundaries, at=at, by=by)
    same = select(BoundaryVersionRow).where(BoundaryVersionRow.checksum == boundaries.checksum)
    version = session.scalars(same.order_by(BoundaryVersionRow.id.desc())).first() or _stored(session, boundaries, at)
    if version.active:
        return version.id
    session.execute(update(BoundaryVersionRow).where(BoundaryVersionRow.active).values(active=False))
    version.active = True
    session.flush()
    facts = {
        "version": version.id,
        "source": boundaries.source,
        "polygons": len(boundaries.by_code),
        "shift": boundaries.shift.stored(),
    }
    journal.append(session, "system", "boundaries_loaded", by=by, at=at, facts=facts)
    return version.id


def load_boundaries(
    session: Session, source: Path | None = None, *, at: datetime, by: Actor, reading: Reading | None = None
) -> int:
    """Read boundaries and make them the active version; its id."""
    return activate(session, read_boundaries(session, source, reading), at=at, by=by)


def divisions_along(session: Session, network_version_id: int, boundary_version_id: int, reach_id: int) -> list[str]:
    """The divisions that a reach passes through or along, in the order of the water."""
    along = (
        select(StretchRow.code)
        .where(
            StretchRow.network_version_id == network_version_id,
            StretchRow.boundary_version_id == boundary_version_id,
            StretchRow.reach_id == reach_id,
        )
        .order_by(StretchRow.seq)
    )
    return list(dict.fromkeys(session.scalars(along)))


def without_river(session: Session, network_version_id: int, boundary_version_id: int) -> list[str]:
    """The finest divisions drawn in a boundary version that no stretch of a network version lies in; their codes.

    Not a fault by itself: a district may have no river. But a whole region of them is the wrong file, or the wrong place.
    """
    drawn = session.scalars(
        select(BoundaryRow.code).where(BoundaryRow.boundary_version_id == boundary_version_id)
    ).all()
    parents = {row.code: row.parent for row in session.execute(select(DivisionRow.code, DivisionRow.parent))}
    wet = select(StretchRow.code).where(
        StretchRow.network_version_id == network_version_id, StretchRow.boundary_version_id == boundary_version_id
    )
    return sorted(set(finest(drawn, parents.get)) - set(session.scalars(wet.distinct())))


def drawn_boundaries(session: Session) -> int | None:
    """The id of the active boundary version; None while none has been loaded."""
    return session.scalar(select(BoundaryVersionRow.id).where(BoundaryVersionRow.active))


def active_boundaries(session: Session) -> int:
    """The id of the active boundary version; NotReady while none has been loaded."""
    found = drawn_boundaries(session)
    if found is None:
        raise NotReady(
            "no-boundaries",
            Words(
                "还没有辖区边界：请先运行 flask jurisdictions load。",
                "No boundaries are loaded: run flask jurisdictions load first.",
            ),
        )
    return found


def source_line(session: Session) -> str | None:
    """What a map that draws the active boundaries must say of their source."""
    return session.scalar(select(BoundaryVersionRow.source_line).where(BoundaryVersionRow.active))


def division_at(session: Session, lon: float, lat: float) -> str | None:
    """The smallest division whose active territory holds a point; None outside all."""
    point = func.st_setsrid(func.st_makepoint(lon, lat), SRID)
    holding = (
        select(BoundaryRow.code)
        .join(BoundaryVersionRow, BoundaryVersionRow.id == BoundaryRow.boundary_version_id)
        .where(BoundaryVersionRow.active, func.st_covers(BoundaryRow.geom, point))
        .order_by(func.st_area(BoundaryRow.geom))
        .limit(1)
    )
    return session.scalar(holding)


def division(session: Session, at: datetime) -> Divisions:
    """All divisions as of an instant."""
    return Divisions(_divisions(session), _successions(session), at.astimezone(REGISTER_ZONE).date())


def _divisions(session: Session) -> Iterable[Division]:
    return [
        Division(
            code=row.code,
            name=Words(zh=row.name_zh, en=row.name_en),
            level=Level(row.level),
            parent=row.parent,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            desk=row.desk,
            surrogate=row.surrogate,
            note=row.note,
        )
        for row in session.scalars(select(DivisionRow).order_by(DivisionRow.code))
    ]


def _successions(session: Session) -> Iterable[Succession]:
    rows = session.scalars(select(SuccessorRow).order_by(SuccessorRow.code, SuccessorRow.successor))
    return [Succession(row.code, row.successor, row.from_date, row.note) for row in rows]


def _write(session: Session, divisions: Iterable[Division], successions: Iterable[Succession]) -> None:
    for row in [_division_row(each) for each in divisions]:
        session.execute(upsert(DivisionRow).values(row).on_conflict_do_update(index_elements=["code"], set_=row))
    for each in successions:
        row = asdict(each)
        key = ["code", "successor", "from_date"]
        session.execute(upsert(SuccessorRow).values(row).on_conflict_do_update(index_elements=key, set_=row))
    session.expire_all()


def _division_row(division: Division) -> Mapping[str, Any]:
    return {
        "code": division.code,
        "name_zh": division.name.zh,
        "name_en": division.name.en,
        "level": division.level.value,
        "parent": division.parent,
        "valid_from": division.valid_from,
        "valid_to": division.valid_to,
        "desk": division.desk,
        "surrogate": division.surrogate,
        "note": division.note,
    }


def _register(session: Session, boundaries: Boundaries, *, at: datetime, by: Actor) -> None:
    """Add the divisions that the boundaries' own file describes."""
    if not boundaries.added:
        return
    _write(session, boundaries.added, ())
    facts = {"file": boundaries.source, "divisions": [each.code for each in boundaries.added], "successions": []}
    journal.append(session, "system", "divisions_loaded", by=by, at=at, facts=facts)


def _stored(session: Session, boundaries: Boundaries, at: datetime) -> BoundaryVersionRow:
    """A new version, not yet active."""
    version = BoundaryVersionRow(
        source=boundaries.source,
        checksum=boundaries.checksum,
        created_at=at,
        active=False,
        source_line=boundaries.source_line,
    )
    session.add(version)
    session.flush()
    for code, shape in boundaries.by_code.items():
        geom = func.st_geomfromwkb(shapely.to_wkb(shape), SRID)
        session.execute(insert(BoundaryRow).values(boundary_version_id=version.id, code=code, geom=geom))
    return version
