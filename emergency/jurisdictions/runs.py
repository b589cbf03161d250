"""From polygon cuts to runs of river: the finest division along a reach, and stays too short to be crossings.

Answers "which divisions has the river on which metres, and where does it run along a border?". A line and a border that
follow each other cross many times: a stay under SHORT_M is no crossing; there the river is a border river, and both sides are
reached over the whole of it. Pure: spans in, spans out, in the order of the water along one main path.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

SHORT_M: Final = 1_000.0
"""Lines and borders agree to about 0.4 km, one in ten not to 1 km: shorter stays are noise."""
SLIVER_M: Final = 1.0
"""Cuts nearer than this are one: lengths are scaled from drawn lines."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a reach inside a polygon; the finer the division, the lower the rank."""

    code: str
    rank: int
    from_m: float
    to_m: float


@dataclass(frozen=True, slots=True)
class Span:
    """Metres of a reach with the divisions there: none (outside all polygons), one, or several along a border.

    fixed: stated by a table, not to be changed. short: those of the codes that only touch the water here.
    """

    reach_id: int
    from_m: float
    to_m: float
    codes: frozenset[str]
    fixed: bool = False
    short: frozenset[str] = field(default_factory=frozenset)

    @property
    def length_m(self) -> float:
        """How long it is."""
        return self.to_m - self.from_m


def layered(reach_id: int, length_m: float, cuts: Sequence[Cut], *, fixed: bool = False) -> list[Span]:
    """The spans of a reach from 0 to its length, each with the codes of the finest level that covers it."""
    edges = _edges(length_m, cuts)
    spans = [Span(reach_id, low, high, _finest(cuts, (low + high) / 2.0), fixed) for low, high in pairwise(edges)]
    return _joined(spans)


def bordered(path: Sequence[Span]) -> list[Span]:
    """The spans of a main path, from head to foot, with every stay under SHORT_M made a border river.

    A stay that touches the head or the foot is left alone: it may go on beyond. Stays in a row that are all short become
    one border, together with the division that the water comes from.
    """
    short = _short_codes(path)
    weak = [bool(span.codes) and not span.fixed and span.codes <= few for span, few in zip(path, short, strict=True)]
    settled: list[Span] = []
    at = 0
    while at < len(path):
        if not weak[at]:
            settled.append(path[at])
            at += 1
            continue
        end = next((n for n in range(at, len(path)) if not weak[n]), len(path))
        touched = frozenset[str]().union(*(span.codes for span in path[at:end]))
        beside = _beside(path, at, end)
        settled.extend(replace(span, codes=touched | beside, short=touched) for span in path[at:end])
        at = end
    return _joined(settled)


def differing_m(one: Sequence[Span], other: Sequence[Span]) -> float:
    """Metres of a reach over which two accounts of it share no division."""
    overlaps = ((a, b, min(a.to_m, b.to_m) - max(a.from_m, b.from_m)) for a in one for b in other)
    return sum(overlap for a, b, overlap in overlaps if overlap > 0.0 and not a.codes & b.codes)


def _edges(length_m: float, cuts: Sequence[Cut]) -> list[float]:
    """0, the ends of the cuts, and the length; no two nearer than SLIVER_M."""
    edges = [0.0]
    for at_m in sorted({each for cut in cuts for each in (cut.from_m, cut.to_m)}):
        if at_m - edges[-1] >= SLIVER_M and length_m - at_m >= SLIVER_M:
            edges.append(at_m)
    return [*edges, length_m]


def _finest(cuts: Sequence[Cut], at_m: float) -> frozenset[str]:
    here = [cut for cut in cuts if cut.from_m <= at_m <= cut.to_m]
    finest = min((cut.rank for cut in here), default=0)
    return frozenset(cut.code for cut in here if cut.rank == finest)


def _short_codes(path: Sequence[Span]) -> list[frozenset[str]]:
    """For each span the codes whose stay there is short."""
    short: list[set[str]] = [set() for _ in path]
    for code in frozenset[str]().union(*(span.codes for span in path)):
        for first, end in _stays(path, code):
            stay = path[first:end]
            inside = first > 0 and end < len(path)
            if inside and sum(span.length_m for span in stay) < SHORT_M and not any(span.fixed for span in stay):
                for n in range(first, end):
                    short[n].add(code)
    return [frozenset(codes) for codes in short]


def _stays(path: Sequence[Span], code: str) -> Iterable[tuple[int, int]]:
    """The unbroken stays in a division: first span, and the one after the last."""
    at = 0
    while at < len(path):
        if code not in path[at].codes:
            at += 1
            continue
        end = next((n for n in range(at, len(path)) if code not in path[n].codes), len(path))
        yield at, end
        at = end


def _beside(path: Sequence[Span], at: int, end: int) -> frozenset[str]:
    """The division that the water comes from; below a gap, the one it goes to."""
    above = path[at - 1].codes if at > 0 else frozenset[str]()
    return above or (path[end].codes if end < len(path) else frozenset[str]())


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Neighbouring spans of one reach that say the same, made one."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is not None and replace(last, from_m=0.0, to_m=0.0) == replace(span, from_m=0.0, to_m=0.0):
            joined[-1] = replace(last, to_m=span.to_m)
        else:
            joined.append(span)
    return joined
