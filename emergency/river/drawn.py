"""The drawn lines of a batch of reaches: one unbroken line each, with its ends and its length on the ground."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from emergency.river.draft import Bools, Floats, Ints
from emergency.river.layers import Troubles

EARTH_M: Final = 6_371_008.8
"""Mean radius of WGS 84 (IUGG); lines are only compared with their stated length, so a sphere will do."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines and which of them are sound; ends (lon, lat) and lengths of the others are NaN."""

    lines: npt.NDArray[np.object_]
    sound: Bools
    start: Floats
    end: Floats
    length_m: Floats


def read_lines(shapes: npt.NDArray[np.object_], rows: Ints, troubles: Troubles) -> Drawn:
    """The lines of these WKB shapes; the parts of a multi-line are joined where they meet."""
    lines = shapely.from_wkb(shapes, on_invalid="ignore")
    high = shapely.has_z(lines)
    lines[high] = shapely.force_2d(lines[high])
    many = shapely.get_type_id(lines) == shapely.GeometryType.MULTILINESTRING
    lines[many] = shapely.line_merge(lines[many])
    sound = (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(lines)
    sound[sound] = np.isfinite(_box(lines[sound])).all(axis=1)
    for n in np.flatnonzero(~sound).tolist():
        troubles.add("geometry", int(rows[n]), _wrong(lines[n]))
    return _measured(lines, sound)


def turned(lines: npt.NDArray[np.object_], against: Bools) -> npt.NDArray[np.object_]:
    """The lines, those drawn against their nodes turned round, so that an offset is measured from the upstream end."""
    found = lines.copy()
    found[against] = shapely.reverse(lines[against])
    return found


def _box(lines: npt.NDArray[np.object_]) -> Floats:
    """The sum of the coordinates of each line: finite where all of them are."""
    points, of = shapely.get_coordinates(lines, return_index=True)
    return np.stack([np.bincount(of, weights=points[:, axis], minlength=len(lines)) for axis in (0, 1)], axis=1)


def _measured(lines: npt.NDArray[np.object_], sound: Bools) -> Drawn:
    start, end, length_m = (
        np.full((len(lines), 2), np.nan),
        np.full((len(lines), 2), np.nan),
        np.full(len(lines), np.nan),
    )
    points, of = shapely.get_coordinates(lines[sound], return_index=True)
    first = np.flatnonzero(np.diff(of, prepend=-1))
    start[sound], end[sound] = points[first], points[np.append(first[1:], len(points))[: len(first)] - 1]
    within = of[1:] == of[:-1]
    length_m[sound] = np.bincount(of[1:][within], weights=_steps_m(points)[within], minlength=len(first))
    return Drawn(lines, sound, start, end, length_m)


def _steps_m(points: Floats) -> Floats:
    """Haversine from each point to the next."""
    lon, lat = np.radians(points).T
    part = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.clip(part, 0, 1))))


def _wrong(line: Any) -> str:
    if line is None:
        return "none"
    return "not finite" if isinstance(line, shapely.LineString) and not line.is_empty else type(line).__name__
