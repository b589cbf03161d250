"""One reach as a person looks at it: what the network says of it, its branches where the water parts, the gates on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoalchemy2.shape import to_shape
from shapely.geometry import mapping
from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency.errors import NotFound
from emergency.river.models import ReachRow, SiteAnchorRow, SiteRow
from emergency.river.values import SiteKind
from emergency.words import Words


@dataclass(frozen=True, slots=True)
class Branch:
    """One way that the water takes where it parts, and its share at reference flow."""

    reach_id: int
    name: Words
    share: float
    assumed: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """A place where water can be held back."""

    site_id: int
    name: Words
    subtype: str | None
    synthetic: bool


def described(session: Session, version_id: int, reach_id: int) -> dict[str, Any]:
    """A reach of a version, JSON-ready; NotFound where there is none."""
    row = found(session, version_id, reach_id)
    return {
        "reach_id": row.reach_id,
        "code": row.code,
        "name": Words(row.name_zh, row.name_en).stored(),
        "river": row.river,
        "kind": row.kind,
        "length_km": row.length_m / 1000.0,
        "length_grade": row.grade,
        "velocity_ms": row.velocity_ms,
        "velocity_grade": row.velocity_grade,
        "discharge_m3s": row.discharge_m3s,
        "source": row.source,
        "note": row.note,
        "schematic": row.schematic,
        "branches": [
            {"reach_id": each.reach_id, "name": each.name.stored(), "share": each.share, "assumed": each.assumed}
            for each in _branches(session, version_id, row)
        ],
        "gates": [
            {"site_id": each.site_id, "name": each.name.stored(), "subtype": each.subtype, "synthetic": each.synthetic}
            for each in _gates(session, version_id, reach_id)
        ],
        "geometry": _line(row),
    }


def found(session: Session, version_id: int, reach_id: int) -> ReachRow:
    """The row of a reach; NotFound where the version has none."""
    row = session.get(ReachRow, (version_id, reach_id))
    if row is None:
        words = Words(f"现用河网没有河段 {reach_id}。", f"The active network has no reach {reach_id}.")
        raise NotFound("no-such-reach", words, field="reach")
    return row


def lines(session: Session, version_id: int, reach_ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """The drawn lines of some reaches, as GeoJSON geometries."""
    rows = session.scalars(select(ReachRow).where(ReachRow.version_id == version_id, ReachRow.reach_id.in_(reach_ids)))
    return {row.reach_id: _line(row) for row in rows}


def _line(row: ReachRow) -> Mapping[str, Any]:
    drawn: Mapping[str, Any] = mapping(to_shape(row.geom))
    return drawn


def _branches(session: Session, version_id: int, row: ReachRow) -> list[Branch]:
    """All branches of the node that the reach begins at, where there are several."""
    rows = session.scalars(
        select(ReachRow)
        .where(ReachRow.version_id == version_id, ReachRow.from_node == row.from_node)
        .order_by(ReachRow.divergence, ReachRow.reach_id)
    ).all()
    if len(rows) < 2:
        return []
    return [Branch(each.reach_id, Words(each.name_zh, each.name_en), each.share, each.share_assumed) for each in rows]


def _gates(session: Session, version_id: int, reach_id: int) -> list[Gate]:
    rows = session.scalars(
        select(SiteRow)
        .join(SiteAnchorRow, SiteAnchorRow.site_id == SiteRow.site_id)
        .where(SiteAnchorRow.version_id == version_id, SiteAnchorRow.reach_id == reach_id)
        .where(SiteRow.kind == SiteKind.INTERCEPTION.value)
        .order_by(SiteAnchorRow.offset_m)
    )
    return [Gate(row.site_id, Words(row.name_zh, row.name_en), row.subtype, row.synthetic) for row in rows]
