"""The river lines of WDB II, and the little plane geometry that cuts them: nearest foot, piece, length.

Distances use the local scale of longitude, good to a metre in a thousand at the lengths met here: the drawn length is
never an attribute of a reach.
"""

import math
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

Point = tuple[float, float]
Line = tuple[Point, ...]

EARTH_RADIUS_KM = 6371.0088
DECIMALS = 5
# Lines are cut at whole degrees and most ends meet exactly; 18927 begins 173 m beside the end of 18926.
END_GAP_KM = 0.3


@dataclass(frozen=True, slots=True)
class Foot:
    """The nearest point of a line: `position` counts vertices, 2.5 being half way from the third to the fourth."""

    point: Point
    position: float
    distance_km: float


def read(folder: Path, wanted: Collection[str]) -> dict[str, Line]:
    """The lines with the wanted ids from rivers_f.dat; each runs downstream."""
    data = (folder / "rivers_f.dat").read_bytes()
    found = {}
    for row in (folder / "riversmeta_f.dat").read_text(encoding="ascii").splitlines():
        *_, start, size, line_id = row.split()
        if line_id in wanted:
            found[line_id] = _points(data[int(start) : int(start) + int(size)])
    return found


def _points(raw: bytes) -> Line:
    flat = struct.unpack(f"<{len(raw) // 4}f", raw)
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def distance_km(a: Point, b: Point) -> float:
    """Between two near points."""
    scale = math.cos(math.radians((a[1] + b[1]) / 2))
    return EARTH_RADIUS_KM * math.hypot(math.radians(b[0] - a[0]) * scale, math.radians(b[1] - a[1]))


def length_km(line: Sequence[Point]) -> float:
    """Along a line."""
    return sum(distance_km(a, b) for a, b in pairwise(line))


def foot(point: Point, line: Line, not_before: float = 0.0) -> Foot:
    """The point of `line` nearest to `point`, not upstream of a position: a river that bends back is walked forward."""
    candidates = (_foot_on_piece(point, line, i, not_before) for i in range(int(not_before), len(line) - 1))
    return min(candidates, key=lambda found: found.distance_km)


def _foot_on_piece(point: Point, line: Line, i: int, not_before: float) -> Foot:
    a, b = line[i], line[i + 1]
    scale = math.cos(math.radians(point[1]))
    dx, dy = (b[0] - a[0]) * scale, b[1] - a[1]
    square = dx * dx + dy * dy
    along = ((point[0] - a[0]) * scale * dx + (point[1] - a[1]) * dy) / square if square else 0.0
    along = max(min(max(along, 0.0), 1.0), not_before - i)
    spot = (a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1]))
    return Foot(spot, i + along, distance_km(point, spot))


def assemble(parts: Sequence[Line]) -> Line:
    """One line out of several, each entered where the one before ends, or left where the next one begins."""
    whole = parts[0]
    for part in parts[1:]:
        whole = _append(whole, part)
    return whole


def _append(whole: Line, part: Line) -> Line:
    if distance_km(whole[-1], part[0]) < END_GAP_KM:
        return whole + (part[1:] if whole[-1] == part[0] else part)
    entered, left = foot(whole[-1], part), foot(part[0], whole)
    if left.distance_km < entered.distance_km:
        return whole[: int(left.position) + 1] + part
    return whole + part[int(entered.position) + 1 :]


def piece(line: Line, start: Foot, end: Foot) -> Line:
    """The part of a line between two feet."""
    inner = line[int(start.position) + 1 : math.ceil(end.position)]
    return (start.point, *inner, end.point)


def point_at(line: Line, fraction: float) -> Point:
    """The point at a fraction of the drawn length."""
    rest = length_km(line) * fraction
    for a, b in pairwise(line):
        step = distance_km(a, b)
        if rest <= step:
            part = rest / step if step else 0.0
            return rounded((a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))
        rest -= step
    return line[-1]


def rounded(point: Point) -> Point:
    """To the decimals of the files, about a metre."""
    return round(point[0], DECIMALS), round(point[1], DECIMALS)


def tidy(line: Sequence[Point]) -> Line:
    """Rounded, without repeated points."""
    points = [rounded(point) for point in line]
    return tuple(point for i, point in enumerate(points) if i == 0 or point != points[i - 1])
