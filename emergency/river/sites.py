"""What stands on a river: loaded from a file, laid on each network version, found again on the reaches of a trace."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from emergency import journal
from emergency.db import SRID
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.river.layers import Cells, Troubles, columns_of, finite, grade, read_layer, unreadable, whole, yes
from emergency.river.models import ReachRow, SiteAnchorRow, SiteRow
from emergency.river.networks import active
from emergency.river.snap import snap
from emergency.river.values import Grade, Site, SiteKind
from emergency.words import Words

REQUIRED: Final = ("site_id", "kind", "name_zh")
OPTIONAL: Final = (
    "subtype",
    "name_en",
    "river",
    "reach",
    "offset_m",
    "jurisdiction",
    "admin_class",
    "synthetic",
    "confidence",
    "note",
    "valid_from",
    "valid_to",
)
MOVED_M: Final = 1.0
"""A place on another version that differs by less has not moved."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A site that does not lie where its anchor says or where it lay before; reach_id None: it could not be placed."""

    site_id: int
    reach_id: int | None
    words: Words

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"site": self.site_id, "reach": self.reach_id, "words": self.words.stored()}


@dataclass(frozen=True, slots=True)
class SitesReport:
    """How many sites were loaded, and those that were placed by their coordinates or not at all."""

    sites: int
    moved: Sequence[Moved]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A site as its file states it; `reach` is the code of its reach, if it says one."""

    site_id: int
    kind: SiteKind
    subtype: str | None
    name: Words
    river: str | None
    reach: str | None
    offset_m: float | None
    jurisdiction: str | None
    admin_class: str | None
    synthetic: bool
    confidence: Grade
    note: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class _Lying:
    """Where a site lies on a version; `words` where that is not what its anchor says."""

    reach_id: int
    offset_m: float
    river: str
    words: Words | None = None


def load(session: Session, file: Path, *, name: str, at: datetime, by: Actor) -> SitesReport:
    """Add or replace the sites of `file` and lay them on the active version of the network `name`."""
    network, version_id = active(session, name)
    drafts = _read(file)
    known = _reaches_by_code(session, version_id, {draft.reach for draft in drafts if draft.reach is not None})
    moved = [note for draft in drafts for note in _store(session, version_id, draft, known)]
    facts = {
        "network": network.name,
        "version": version_id,
        "source": file.name,
        "sites": len(drafts),
        "moved": [each.stored() for each in moved],
    }
    journal.append(session, "system", "sites.loaded", by=by, at=at, facts=facts)
    return SitesReport(len(drafts), moved)


def re_anchor(session: Session, old_version: int | None, new_version: int) -> list[Moved]:
    """Lay every site of the old version on the new one, by its anchor, else by its coordinates; report what moved."""
    lay = select(SiteRow, SiteAnchorRow, func.st_x(SiteRow.geom), func.st_y(SiteRow.geom)).join(
        SiteAnchorRow, SiteAnchorRow.site_id == SiteRow.site_id
    )
    rows = session.execute(lay.where(SiteAnchorRow.version_id == old_version).order_by(SiteRow.site_id)).all()
    known = _reaches_by_code(session, new_version, {row.anchor["reach"] for row, *_ in rows})
    moved = []
    for row, before, lon, lat in rows:
        lying = _lying(session, new_version, row.anchor["reach"], row.anchor["offset_m"], row.river, (lon, lat), known)
        if lying is not None:
            _anchor(session, new_version, row.site_id, lying)
        moved.extend(_compared(row.site_id, before, lying))
    return moved


def sites_on(
    session: Session, version_id: int, reach_ids: Collection[int], *, at: datetime | None = None
) -> list[Site]:
    """The sites that lie on these reaches of a version, in the order of reach and offset; with `at`, those valid then."""
    wanted = (
        select(SiteRow, SiteAnchorRow, func.st_x(SiteRow.geom), func.st_y(SiteRow.geom))
        .join(SiteAnchorRow, SiteAnchorRow.site_id == SiteRow.site_id)
        .where(SiteAnchorRow.version_id == version_id, SiteAnchorRow.reach_id == func.any(list(reach_ids)))
        .order_by(SiteAnchorRow.reach_id, SiteAnchorRow.offset_m, SiteRow.site_id)
    )
    if at is not None:
        wanted = wanted.where(or_(SiteRow.valid_from.is_(None), SiteRow.valid_from <= at))
        wanted = wanted.where(or_(SiteRow.valid_to.is_(None), SiteRow.valid_to > at))
    return [_site(row, anchor, lon, lat) for row, anchor, lon, lat in session.execute(wanted)]


def _site(row: SiteRow, anchor: SiteAnchorRow, lon: float, lat: float) -> Site:
    return Site(
        site_id=row.site_id,
        kind=SiteKind(row.kind),
        subtype=row.subtype,
        name=Words(row.name_zh, row.name_en),
        river=row.river,
        reach_id=anchor.reach_id,
        offset_m=anchor.offset_m,
        lon=lon,
        lat=lat,
        jurisdiction=row.jurisdiction,
        admin_class=row.admin_class,
        synthetic=row.synthetic,
        confidence=Grade(row.confidence),
        note=row.note,
    )


# Reading ---------------------------------------------------------------------------------------------------------------


def _read(file: Path) -> list[_Draft]:
    layer = read_layer(file, "Point")
    columns = columns_of(layer, file, REQUIRED, OPTIONAL)
    troubles = Troubles()
    read = [_draft(Cells(columns, row, troubles), point) for row, point in enumerate(layer.geometries)]
    drafts = [draft for draft in read if draft is not None]
    repeated = sorted({d.site_id for d in drafts if sum(o.site_id == d.site_id for o in drafts) > 1})
    if repeated:
        listed = ", ".join(map(str, repeated))
        raise _bad(file, f"站点编号重复：{listed}", f"site_id is repeated: {listed}")
    if troubles.found:
        findings = unreadable(troubles)
        zh = "；".join(f"{each.words.zh}（{each.examples[0]}）" for each in findings)
        en = "; ".join(f"{each.words.en} ({each.examples[0]})" for each in findings)
        raise _bad(file, zh, en)
    return drafts


def _draft(cells: Cells, point: shapely.Geometry | None) -> _Draft | None:
    site_id, kind = cells.must("site_id", whole), cells.must("kind", SiteKind)
    zh = cells.must("name_zh", str)
    confidence, synthetic = cells.take("confidence", grade), cells.take("synthetic", yes)
    valid_from, valid_to = cells.take("valid_from", _instant), cells.take("valid_to", _instant)
    offset_m = cells.take("offset_m", finite)
    if not isinstance(point, shapely.Point) or not _on_earth(point):
        cells.troubles.add("geometry", cells.row, "none" if point is None else str(point))
        return None
    if site_id is None or kind is None or zh is None:
        return None
    return _Draft(
        site_id=site_id,
        kind=kind,
        subtype=cells.text("subtype"),
        name=Words(zh, cells.text("name_en") or zh),
        river=cells.text("river"),
        reach=cells.text("reach"),
        offset_m=offset_m,
        jurisdiction=cells.text("jurisdiction"),
        admin_class=cells.text("admin_class"),
        synthetic=synthetic or False,
        confidence=confidence or Grade.C,
        note=cells.text("note"),
        valid_from=valid_from,
        valid_to=valid_to,
        lon=point.x,
        lat=point.y,
    )


def _on_earth(point: shapely.Point) -> bool:
    return not point.is_empty and math.isfinite(point.x + point.y) and abs(point.x) <= 180 and abs(point.y) <= 90


def _instant(value: Any) -> datetime:
    """A time with its zone; a bare date or time is taken as UTC."""
    text = str(value.astype("datetime64[s]")) if isinstance(value, np.datetime64) else str(value).replace("/", "-")
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _bad(file: Path, zh: str, en: str) -> BadFile:
    words = Words(f"{file.name} 未载入，原有站点不变：{zh}。", f"{file.name} was not loaded and nothing changed: {en}.")
    return BadFile("bad-sites", words, field="file")


# Placing ---------------------------------------------------------------------------------------------------------------


def _reaches_by_code(session: Session, version_id: int, codes: Collection[str | None]) -> Mapping[str, ReachRow]:
    """The reaches with these codes; a code that several reaches share names none of them."""
    wanted = select(ReachRow).where(ReachRow.version_id == version_id, ReachRow.code.in_([c for c in codes if c]))
    found: dict[str, list[ReachRow]] = {}
    for row in session.scalars(wanted):
        found.setdefault(row.code, []).append(row)
    return {code: rows[0] for code, rows in found.items() if len(rows) == 1}


def _lying(
    session: Session,
    version_id: int,
    code: str | None,
    offset_m: float | None,
    river: str | None,
    point: tuple[float, float],
    known: Mapping[str, ReachRow],
) -> _Lying | None:
    """By the anchor where the version has its reach, else by the coordinates, rather on its own river; None off tolerance."""
    reach = known.get(code or "")
    if reach is not None and offset_m is not None and 0 <= offset_m <= reach.length_m:
        return _Lying(reach.reach_id, offset_m, reach.river)
    snapped = snap(session, version_id, *point)
    if snapped.chosen is None:
        return None
    same_river = [c for c in snapped.candidates if c.river == river and c.distance_m <= snapped.tolerance_m]
    chosen = same_river[0] if same_river else snapped.chosen
    words = Words(
        f"河段 {code or '（未填）'} 上没有该位置，改按坐标定位于河段 {chosen.code}，相距 {chosen.distance_m:.0f} 米。",
        f"Reach {code or '(none)'} has no such place; placed by its coordinates on reach {chosen.code}, "
        f"{chosen.distance_m:.0f} m away.",
    )
    return _Lying(chosen.reach_id, chosen.offset_m, chosen.river, words)


def _store(session: Session, version_id: int, draft: _Draft, known: Mapping[str, ReachRow]) -> list[Moved]:
    """Write the site and its place; what is to be reported of it."""
    lying = _lying(session, version_id, draft.reach, draft.offset_m, draft.river, (draft.lon, draft.lat), known)
    values = {
        "site_id": draft.site_id,
        "kind": draft.kind.value,
        "subtype": draft.subtype,
        "name_zh": draft.name.zh,
        "name_en": draft.name.en,
        "river": draft.river or ("" if lying is None else lying.river),
        "anchor": {"reach": draft.reach, "offset_m": draft.offset_m},
        "jurisdiction": draft.jurisdiction,
        "admin_class": draft.admin_class,
        "synthetic": draft.synthetic,
        "confidence": draft.confidence.value,
        "note": draft.note,
        "valid_from": draft.valid_from,
        "valid_to": draft.valid_to,
        "geom": func.st_setsrid(func.st_makepoint(draft.lon, draft.lat), SRID),
    }
    made = upsert(SiteRow).values(values)
    session.execute(made.on_conflict_do_update(index_elements=["site_id"], set_=values))
    session.execute(
        delete(SiteAnchorRow).where(SiteAnchorRow.version_id == version_id, SiteAnchorRow.site_id == draft.site_id)
    )
    if lying is None:
        return [_lost(draft.site_id)]
    _anchor(session, version_id, draft.site_id, lying)
    return [] if lying.words is None else [Moved(draft.site_id, lying.reach_id, lying.words)]


def _anchor(session: Session, version_id: int, site_id: int, lying: _Lying) -> None:
    session.add(SiteAnchorRow(version_id=version_id, site_id=site_id, reach_id=lying.reach_id, offset_m=lying.offset_m))
    session.flush()


def _compared(site_id: int, before: SiteAnchorRow, lying: _Lying | None) -> list[Moved]:
    """What is to be reported of a site between two versions."""
    if lying is None:
        return [_lost(site_id)]
    if before.reach_id == lying.reach_id and abs(before.offset_m - lying.offset_m) <= MOVED_M:
        return []
    words = lying.words or Words(
        f"由河段 {before.reach_id} 移到 {lying.reach_id}。", f"Moved from reach {before.reach_id} to {lying.reach_id}."
    )
    return [Moved(site_id, lying.reach_id, words)]


def _lost(site_id: int) -> Moved:
    words = Words(
        "附近没有河段，未能定位：请改正坐标或河段。", "No reach is near: not placed. Correct its coordinates or reach."
    )
    return Moved(site_id, None, words)
