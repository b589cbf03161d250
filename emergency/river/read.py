"""Reading a network file into drafts: what its columns mean, by profile."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from emergency.errors import BadFile, BadInput
from emergency.river.draft import Draft, Drawn
from emergency.river.findings import Finding
from emergency.river.layers import Cells, Troubles, columns_of, finite, grade, read_layer, unreadable, whole, yes
from emergency.river.values import Grade, ReachKind
from emergency.units import METRES_PER_KM
from emergency.words import Words

INDEX_FORMAT: Final = 1
"""Raised when the same file must be loaded anew because what is made of it has changed."""
EARTH_M: Final = 6_371_008.8
"""Mean radius of WGS 84 (IUGG); lines are only compared with their stated length, so a sphere will do."""


class Profile(StrEnum):
    """How the columns of a network file are to be read."""

    PLAIN = "plain"
    REFERENCE = "reference"
    NHDPLUS = "nhdplus"
    HYDRORIVERS = "hydrorivers"


READABLE: Final = frozenset({Profile.PLAIN, Profile.REFERENCE})
REQUIRED: Final = ("reach_id", "from_node", "to_node", "length_km")
OPTIONAL: Final = (
    "divergence",
    "share",
    "velocity_ms",
    "discharge_m3s",
    "slope",
    "drainage_area_km2",
    "volume_m3",
    "kind",
    "name",
    "code",
)
REFERENCE: Final = (
    "river",
    "name_zh",
    "name_en",
    "confidence",
    "length_confidence",
    "velocity_confidence",
    "grade",
    "source",
    "schematic",
    "note",
    "share_source",
    "stretches",
)
ASSUMED_SHARES: Final = ("assumed", "nominal")
"""How the source of a share begins when nobody has measured it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: its drafts, what could not be read, and the checksum of its bytes."""

    drafts: Sequence[Draft]
    findings: Sequence[Finding]
    checksum: str


def read(file: Path, profile: Profile) -> Source:
    """The reaches of `file`. BadFile where it cannot be read, names no coordinate system or lacks a column."""
    if profile not in READABLE:
        words = Words(f"{profile} 格式将在以后的版本中提供。", f"Profile {profile} arrives later.")
        raise BadInput("profile", words, field="profile")
    layer = read_layer(file, "LineString")
    if not len(layer.geometries):
        words = Words(
            f"{file.name} 中没有河段：请检查图层与内容。", f"{file.name} holds no reach: check its layer and content."
        )
        raise BadFile("bad-file", words, field="file")
    columns = columns_of(layer, file, REQUIRED, (*OPTIONAL, *REFERENCE))
    troubles = Troubles()
    lines = _lines(layer.geometries, troubles)
    drafts = _drafts(columns, lines, profile, file.name, troubles)
    return Source(drafts, unreadable(troubles), checksum(file, profile))


def checksum(file: Path, profile: str) -> str:
    """SHA-256 of the file (of all its parts, for a Shapefile), of how it is read and of what is made of it."""
    parts = sorted(file.parent.glob(f"{file.stem}.*")) if file.suffix.lower() == ".shp" else [file]
    made = hashlib.sha256(f"{profile} {INDEX_FORMAT}".encode())
    for part in parts:
        with part.open("rb") as opened:
            made.update(hashlib.file_digest(opened, "sha256").digest())
    return made.hexdigest()


def _lines(geometries: npt.NDArray[np.object_], troubles: Troubles) -> list[Drawn | None]:
    return [_drawn(_line(geometry), row, troubles) for row, geometry in enumerate(geometries)]


def _line(geometry: shapely.Geometry | None) -> shapely.Geometry | None:
    """One line; the parts of a multi-line are joined where they meet."""
    if isinstance(geometry, shapely.MultiLineString):
        return shapely.line_merge(geometry)
    return geometry


def _drawn(line: shapely.Geometry | None, row: int, troubles: Troubles) -> Drawn | None:
    if not isinstance(line, shapely.LineString) or line.is_empty:
        troubles.add("geometry", row, "none" if line is None else type(line).__name__)
        return None
    points = shapely.get_coordinates(line)
    if not np.isfinite(points).all():
        troubles.add("geometry", row, "not finite")
        return None
    start, end = points[0], points[-1]
    wkb = shapely.to_wkb(line, include_srid=False)
    return Drawn((float(start[0]), float(start[1])), (float(end[0]), float(end[1])), _length_m(points), wkb)


def _length_m(points: npt.NDArray[np.float64]) -> float:
    """Haversine over the vertices."""
    lon, lat = np.radians(points[:, 0]), np.radians(points[:, 1])
    part = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return float(2 * EARTH_M * np.arcsin(np.sqrt(np.clip(part, 0, 1))).sum())


def _drafts(
    columns: Mapping[str, Sequence[Any]],
    lines: Sequence[Drawn | None],
    profile: Profile,
    file: str,
    troubles: Troubles,
) -> list[Draft]:
    """The rows that can be read whole; what cannot is in `troubles`."""
    made = []
    for row, line in enumerate(lines):
        draft = _draft(Cells(columns, row, troubles), line, profile, file)
        if draft is not None:
            made.append(draft)
    return made


def _draft(cells: Cells, drawn: Drawn | None, profile: Profile, file: str) -> Draft | None:
    reach_id, length_km = cells.must("reach_id", whole), cells.must("length_km", finite)
    from_node, to_node = cells.must("from_node", whole), cells.must("to_node", whole)
    kind = cells.take("kind", ReachKind)
    divergence = cells.take("divergence", _divergence)
    if drawn is None or reach_id is None or length_km is None or from_node is None or to_node is None:
        return None
    code = cells.text("code") or str(reach_id)
    river, name = _named(cells, code, profile)
    return Draft(
        reach_id=reach_id,
        code=code,
        river=river,
        name=name,
        kind=kind or ReachKind.RIVER,
        from_node=from_node,
        to_node=to_node,
        length_m=length_km * METRES_PER_KM,
        divergence=divergence or 0,
        share=cells.take("share", finite),
        velocity_ms=_positive(cells.take("velocity_ms", finite)),
        discharge_m3s=_positive(cells.take("discharge_m3s", finite)),
        slope=cells.take("slope", finite),
        drainage_area_km2=_positive(cells.take("drainage_area_km2", finite)),
        volume_m3=_positive(cells.take("volume_m3", finite)),
        grade=_first_grade(cells, "length_confidence", "confidence", "grade"),
        velocity_grade=_first_grade(cells, "velocity_confidence", "confidence", "grade"),
        source=cells.text("source") or file,
        schematic=cells.take("schematic", yes) or False,
        note=cells.text("note"),
        tabled_stretches=cells.take("stretches", _stretches),
        drawn=drawn,
        share_assumed=(cells.text("share_source") or "").startswith(ASSUMED_SHARES),
    )


def _named(cells: Cells, code: str, profile: Profile) -> tuple[str, Words]:
    """The river that a reach belongs to, and its name; a plain file has one name for all three."""
    if profile is Profile.REFERENCE:
        river = cells.text("river") or code
        zh = cells.text("name_zh") or river
        return river, Words(zh, cells.text("name_en") or zh)
    name = cells.text("name") or code
    return name, Words(name, name)


def _first_grade(cells: Cells, *columns: str) -> Grade:
    """The first grade that the row gives; what says nothing of its confidence is an estimate."""
    return next((found for column in columns if (found := cells.take(column, grade)) is not None), Grade.C)


def _divergence(value: Any) -> int:
    code = whole(value)
    if code not in (0, 1, 2):
        raise ValueError(value)
    return code


def _positive(value: float | None) -> float | None:
    """Files write 0 or a negative number where a flow or speed is not known."""
    return value if value is not None and value > 0 else None


def _stretches(value: Any) -> Sequence[Mapping[str, Any]]:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError(value)
    return found
