"""A reach as a file states it, before it belongs to any version: what the checks and the index work on. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emergency.river.values import Grade, ReachKind
from emergency.words import Words


@dataclass(frozen=True, slots=True)
class Drawn:
    """The drawn line: its ends (lon, lat), its geodesic length, and the line itself as WKB."""

    start: tuple[float, float]
    end: tuple[float, float]
    length_m: float
    wkb: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """One reach. `divergence`: 0 none, 1 main side, 2 minor side; `share` None where the file gives none."""

    reach_id: int
    code: str
    river: str
    name: Words
    kind: ReachKind
    from_node: int
    to_node: int
    length_m: float
    divergence: int
    share: float | None
    velocity_ms: float | None
    discharge_m3s: float | None
    slope: float | None
    drainage_area_km2: float | None
    volume_m3: float | None
    grade: Grade
    source: str
    schematic: bool
    note: str | None
    tabled_stretches: Sequence[Mapping[str, Any]] | None
    drawn: Drawn
    velocity_grade: Grade = Grade.C
    share_assumed: bool = False
    loop: bool = False


def outflows(drafts: Iterable[Draft]) -> dict[int, list[Draft]]:
    """The reaches that leave each node."""
    found: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts:
        found[draft.from_node].append(draft)
    return dict(found)


def inflows(drafts: Iterable[Draft]) -> dict[int, list[Draft]]:
    """The reaches that end in each node."""
    found: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts:
        found[draft.to_node].append(draft)
    return dict(found)
