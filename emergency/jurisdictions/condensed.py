"""A network with divergences, condensed: path segments instead of reaches, cut wherever a link or a run of divisions ends.

Lengths and times of a segment are subtractions of what is stored, so they are exact; a trace of thousands of reaches becomes
some hundred segments, on which the same pure functions find first arrivals and stays. Pure; from the rows of
`reached.BRANCHES`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count, pairwise
from typing import Any, Final, NamedTuple

from emergency.jurisdictions.affected import TOUCH_M
from emergency.jurisdictions.along import BANKS, Rows
from emergency.jurisdictions.values import Piece
from emergency.river.values import Direction, Grade, Reach, ReachKind, Spot, SubNetwork
from emergency.words import Words

SERIAL_BITS: Final = 32
"""A segment is numbered by the reach below its beginning and, in these bits, by its own serial number."""
_Place = tuple[int, float]


class _Mark(NamedTuple):
    """A place of a path in seconds and in reaches without a speed, counted to the path's foot."""

    foot_s: float
    unknown: int


class _Run(NamedTuple):
    """A run of a path, in metres to its foot."""

    code: str
    bank: str
    flag: str | None
    river: str
    enter_m: float
    leave_m: float


class _Condensed:
    """The sub-network as path segments: places by path, which of them are one node, runs by path."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.marks: dict[int, dict[float, _Mark]] = {}
        self.entry_m: dict[int, float] = {}
        self.runs: dict[int, list[_Run]] = {}
        self.reach_below: dict[_Place, int] = {}
        self.loops: set[int] = set()
        self._same: dict[_Place, _Place] = {}
        for row in sorted(rows, key=lambda row: row[0]):
            (self._start, self._entry, self._link, self._run)[row[0]](*row[1:])

    def _start(
        self, path: int, m: float, s: float, u: int, _: int, low_m: float, low_s: float, low_u: int, *of: Any
    ) -> None:
        self.path, self.upper_m, self.lower_m = path, m, low_m
        self.reach_id, loop, self.code, *_texts, self.offset_m, self.length_m = of
        self._mark(path, m, s, u)
        self._mark(path, low_m, low_s, low_u)
        if loop:
            self.loops.add(path)

    def _entry(self, path: int, entry_m: float, *_: Any) -> None:
        self.entry_m[path] = max(entry_m, self.upper_m) if path == self.path else entry_m
        self._mark(path, 0.0, 0.0, 0)

    def _link(
        self, path: int, m: float, s: float, u: int, to: int, to_m: float, to_s: float, to_u: int, reach: int, loop: bool,
        *_: Any,
    ) -> None:  # fmt: skip
        self._mark(path, m, s, u)
        self._mark(to, to_m, to_s, to_u)
        self.reach_below[to, to_m] = reach
        self._same[self.node((path, m))] = self.node((to, to_m))
        if loop:
            self.loops.add(to)

    def _run(
        self, path: int, m: float, s: float, u: int, _: int, low_m: float, low_s: float, low_u: int, reach: int, _loop: bool,
        code: str, bank: str, flag: str | None, river: str, *_rest: Any,
    ) -> None:  # fmt: skip
        if m <= self.entry_m[path]:
            self._mark(path, m, s, u)
            self.reach_below.setdefault((path, m), reach)
        self._mark(path, low_m, low_s, low_u)
        self.runs.setdefault(path, []).append(_Run(code, bank, flag, river, m, low_m))

    def _mark(self, path: int, at_m: float, foot_s: float, unknown: int) -> None:
        self.marks.setdefault(path, {}).setdefault(at_m, _Mark(foot_s, unknown))

    def node(self, place: _Place) -> _Place:
        """The place that stands for a node."""
        while (known := self._same.get(place, place)) != place:
            place = known
        return place

    def segments(self, path: int) -> list[tuple[float, float]]:
        """From place to place down a path; of the start's reach only what holds the start and lies below it."""
        places = sorted((m for m in self.marks[path] if m <= self.entry_m[path]), reverse=True)
        found = list(pairwise(places))
        if path != self.path:
            return found
        first_m, _ = self.first
        return [(high, low) for high, low in found if low >= self.upper_m or high <= first_m]

    @cached_property
    def first(self) -> tuple[float, float]:
        """The segment that holds the start; a start at the end of its reach lies on the last one of it."""
        here_m = max(self.upper_m - self.offset_m, math.nextafter(self.lower_m, math.inf))
        places = sorted(m for m in self.marks[self.path] if self.lower_m <= m <= self.upper_m)
        return next((high, low) for low, high in pairwise(places) if low < here_m <= high)


def condense(rows: Rows, version: int) -> tuple[SubNetwork, list[Piece]]:
    """The rows of `reached.BRANCHES` as a network of path segments, and the pieces of divisions on them."""
    found = _Condensed(rows)
    reaches: dict[int, Reach] = {}
    pieces: list[Piece] = []
    begins: Spot | None = None
    numbers: Mapping[_Place, int] = _Numbers()
    serial = count()
    for path in found.entry_m:
        segments = found.segments(path)
        for (high_m, low_m), here in zip(segments, _covering(segments, found.runs.get(path, ())), strict=True):
            # at one time and distance the smaller reach comes first, as it does among whole reaches
            reach_id = found.reach_below.get((path, high_m), 0) << SERIAL_BITS | next(serial)
            length_m = high_m - low_m
            reaches[reach_id] = _segment(
                reach_id,
                (numbers[found.node((path, high_m))], numbers[found.node((path, low_m))]),
                length_m,
                _speed(found.marks[path][high_m], found.marks[path][low_m], length_m),
                here[0].river if here else "",
                loop=path in found.loops and low_m == 0.0,
            )
            pieces.extend(Piece(reach_id, run.code, 0.0, length_m, BANKS[run.bank], run.flag) for run in here)
            if path == found.path and (high_m, low_m) == found.first:
                inside_m = high_m - (found.upper_m - found.offset_m)
                begins = Spot(reach_id, min(max(0.0, inside_m), length_m))
    if begins is None:
        raise ValueError("the start lies on no segment")
    return SubNetwork(version, begins, Direction.DOWN, reaches), pieces


def _covering(segments: Sequence[tuple[float, float]], runs: Sequence[_Run]) -> Iterator[list[_Run]]:
    """The runs on each segment, one sweep down the path: segments end wherever a run does."""
    ahead = sorted(runs, key=lambda run: run.enter_m)
    here: list[_Run] = []
    for high_m, low_m in segments:
        while ahead and ahead[-1].enter_m >= high_m:
            here.append(ahead.pop())
        here = [run for run in here if run.leave_m <= low_m]
        yield here


class _Numbers(dict[_Place, int]):
    """A number for each node, given as it is first seen."""

    def __missing__(self, place: _Place) -> int:
        self[place] = len(self)
        return self[place]


def _speed(high: _Mark, low: _Mark, length_m: float) -> float | None:
    """The mean speed over a segment; None where a speed on it is unknown.

    Below a place inside a reach without a speed no seconds are counted either; and a sliver takes no time.
    """
    time_s = high.foot_s - low.foot_s
    if high.unknown != low.unknown:
        return None
    if time_s > 0.0:
        return length_m / time_s
    return math.inf if length_m <= TOUCH_M else None


def _segment(
    reach_id: int, ends: tuple[int, int], length_m: float, speed_ms: float | None, river: str, *, loop: bool
) -> Reach:
    return Reach(
        reach_id=reach_id,
        code="",
        river=river,
        name=_UNNAMED,
        kind=ReachKind.RIVER,
        from_node=ends[0],
        to_node=ends[1],
        length_m=length_m,
        path_id=0,
        foot_m=0.0,
        share=1.0,
        share_assumed=False,
        main=True,
        velocity_ms=speed_ms,
        discharge_m3s=None,
        slope=None,
        volume_m3=None,
        grade=Grade.C,
        schematic=False,
        loop=loop,
    )


_UNNAMED: Final = Words("", "")
