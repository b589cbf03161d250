"""Divisions that nobody drew: a honeycomb with ragged borders that tiles an area without gaps or overlaps. Seeded, pure.

Every border is drawn once and used by both sides. It wanders off the straight line between its corners by less than its
distance to either of them, so that it meets no other border.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float64]
Corner = tuple[int, int]

PARTS: Final = 216
"""Straight pieces of one border; six borders make some 1,300 vertices."""
JITTER: Final = 0.12
"""How far a corner is moved, in widths of a cell."""
STEEPEST: Final = 0.45
"""How far a border may wander off, per distance from its nearer corner: borders meet at 70 degrees at least, half of which is
35 degrees, a steepness of 0.7."""
SMOOTHNESS, SWING = 0.7, 0.3
"""Hurst's exponent of a border, and the swing of its longest half wave per length. The perimeter is then 6.4 times the root of
the area (median), as it is for the counties of the region: 6.3 for 502 of them, 100 to 112 E, 25 to 35 N (Tianditu)."""
MARGIN: Final = 0.4
"""More than a border and its corners may be off, in cells."""
PREFECTURE: Final = 3
"""A prefecture is a block of so many by so many counties, a province of so many by so many prefectures."""
DECIMALS: Final = 7


@dataclass(frozen=True, slots=True)
class Territory:
    """One county: its code, its prefecture's and province's, and its ring, closed."""

    code: str
    prefecture: str
    province: str
    ring: Real


def honeycomb(chance: np.random.Generator, bounds: Sequence[float], wanted: int) -> Iterator[Territory]:
    """About `wanted` (4 to 700) territories that cover `bounds` (west, south, east, north)."""
    west, south, east, north = bounds
    rows = round(wanted**0.5)
    columns = round(wanted / rows)
    # The outermost cells stand out beyond the area by MARGIN cells at the least, more where every second row is shifted.
    width = (east - west) / (columns - 0.5 - 2 * MARGIN)
    height = (north - south) / (rows - 1 / 3 - 2 * MARGIN)
    place = _Corners(chance, (west - (0.5 + MARGIN) * width, south - MARGIN * height), (width, height))
    borders: dict[tuple[Corner, Corner], Real] = {}
    for row in range(rows):
        for column in range(columns):
            around = _around(row, column)
            sides = [
                _border(chance, borders, place, a, b) for a, b in zip(around, [*around[1:], around[0]], strict=True)
            ]
            ring = np.concatenate([side[:-1] for side in sides] + [sides[0][:1]])
            yield Territory(*_codes(row, column), ring=ring)


def _codes(row: int, column: int) -> tuple[str, str, str]:
    """Six characters like the official ones: province, prefecture, county; M for made."""
    block = PREFECTURE * PREFECTURE
    province = f"M{row // block * 3 + column // block + 1:01d}"
    prefecture = (row % block // PREFECTURE) * PREFECTURE + column % block // PREFECTURE + 1
    county = (row % PREFECTURE) * PREFECTURE + column % PREFECTURE + 1
    return f"{province}{prefecture:02d}{county:02d}", f"{province}{prefecture:02d}00", f"{province}0000"


class _Corners:
    """Where each corner of the honeycomb lies; each is moved a little, once."""

    def __init__(self, chance: np.random.Generator, origin: tuple[float, float], cell: tuple[float, float]) -> None:
        self._chance, self._origin, self._cell = chance, np.array(origin), np.array(cell)
        self._known: dict[Corner, Real] = {}

    def __getitem__(self, corner: Corner) -> Real:
        """`corner` counts half cells eastward and corners northward, two a row: the lower and the upper of a slanting side."""
        if corner not in self._known:
            half, level = corner
            # two thirds of a row lie between the lower ends of its sides and their upper ends
            plain = np.array([half / 2, level // 2 + (level % 2) * 2 / 3])
            moved = plain + self._chance.uniform(-JITTER, JITTER, 2)
            self._known[corner] = (self._origin + moved * self._cell).round(DECIMALS)
        return self._known[corner]


def _around(row: int, column: int) -> list[Corner]:
    """The six corners of a cell, anticlockwise from its lowest."""
    left = 2 * column + row % 2
    low = 2 * row - 1
    return [
        (left + 1, low),
        (left + 2, low + 1),
        (left + 2, low + 2),
        (left + 1, low + 3),
        (left, low + 2),
        (left, low + 1),
    ]


def _border(
    chance: np.random.Generator, borders: dict[tuple[Corner, Corner], Real], place: _Corners, a: Corner, b: Corner
) -> Real:
    """The vertices from `a` to `b`, the very same for the neighbour, who walks them the other way."""
    if a > b:
        return _border(chance, borders, place, b, a)[::-1]
    if (a, b) not in borders:
        borders[a, b] = _ragged(chance, place[a], place[b])
    return borders[a, b]


def _ragged(chance: np.random.Generator, start: Real, end: Real) -> Real:
    """A fractal line from corner to corner: half waves of all lengths, the shorter the smaller, kept within bounds."""
    along = np.linspace(0.0, 1.0, PARTS + 1)
    waves = np.arange(1, PARTS // 2 + 1)
    swings = chance.normal(0.0, SWING, len(waves)) * waves ** -(0.5 + SMOOTHNESS)
    limit = STEEPEST * np.minimum(along, 1.0 - along)
    off = np.clip(swings @ np.sin(np.pi * np.outer(waves, along)), -limit, limit)
    straight = end - start
    line = start + np.outer(along, straight) + np.outer(off, [-straight[1], straight[0]])
    made = line.round(DECIMALS)
    made[0], made[-1] = start, end
    return made
