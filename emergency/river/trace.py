"""Everything down- or upstream of a spot, in one statement: a walk over main paths, then range scans.

The walk carries places only, never a cost: paths rejoin, and a cost carried through would be counted once per way.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from emergency.db import SRID
from emergency.errors import BadInput
from emergency.river import daystate
from emergency.river.values import Direction, Grade, Passage, Reach, ReachKind, Spot, SubNetwork
from emergency.units import DEGREE_M
from emergency.words import Words

COLUMNS: Final = (
    "r.reach_id, r.code, r.river, r.name_zh, r.name_en, r.kind, r.from_node, r.to_node, r.length_m, r.path_id, r.foot_m, "
    "r.share, r.share_assumed, r.divergence, r.velocity_ms, r.discharge_m3s, r.slope, r.volume_m3, r.grade, r.schematic, "
    "r.loop, r.velocity_grade"
)
"""In the order of the fields of `Reach`."""

# The walk begins at the lower end of the start reach. That place is read from the next reach on the path, not computed:
# places are compared with places, so they must be the very numbers that the links hold.
DOWN: Final = f"""
with recursive start as (
    select reach_id, path_id, foot_m from reaches where version_id = :version and reach_id = :reach
), walk(path_id, entry_m) as (
    select s.path_id, coalesce(
        (select max(n.foot_m) from reaches n
         where n.version_id = :version and n.path_id = s.path_id and n.foot_m < s.foot_m), 0)
    from start s
  union
    select l.to_path, l.to_foot_m
    from walk w join path_links l
      on l.version_id = :version and l.from_path = w.path_id and l.from_foot_m <= w.entry_m
    where l.main or not :main_only
), entries as (
    select path_id, max(entry_m) as entry_m from walk group by path_id
)
select {COLUMNS}
from entries e join reaches r on r.version_id = :version and r.path_id = e.path_id and r.foot_m <= e.entry_m
union all
select {COLUMNS} from reaches r where r.version_id = :version and r.reach_id = :reach
"""

# Upstream the walk begins at the upper end of the start reach, which its own place names. The main path upstream is the
# start's own path and, above its head, the path that it branched off.
UP: Final = f"""
with recursive start as (
    select reach_id, path_id, foot_m from reaches where version_id = :version and reach_id = :reach
), walk(path_id, entry_m) as (
    select s.path_id, s.foot_m from start s
  union
    select l.from_path, l.from_foot_m
    from walk w join path_links l
      on l.version_id = :version and l.to_path = w.path_id and l.to_foot_m >= w.entry_m
    where not l.main or not :main_only
), entries as (
    select path_id, min(entry_m) as entry_m from walk group by path_id
)
select {COLUMNS}
from entries e join reaches r on r.version_id = :version and r.path_id = e.path_id and r.foot_m > e.entry_m
union all
select {COLUMNS} from reaches r where r.version_id = :version and r.reach_id = :reach
"""
# No way along a river is shorter than the way as the crow flies, save where a line is schematic.
AROUND: Final = f"""
select {COLUMNS} from reaches r where r.version_id = :version
  and r.geom && st_expand(st_setsrid(st_makepoint(:lon, :lat), {SRID}), :lon_degrees, :lat_degrees)
"""
KINDS: Final[Mapping[str, ReachKind]] = {kind.value: kind for kind in ReachKind}
GRADES: Final[Mapping[str, Grade]] = {grade.value: grade for grade in Grade}
WALKS: Final[Mapping[Direction, TextClause]] = {Direction.DOWN: text(DOWN), Direction.UP: text(UP)}


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a trace stops: metres along the path of first arrival, seconds at reference flow; None: nowhere.

    Where a time is unknown it stops nothing: what may be reached is not left out.
    """

    within_m: float | None = None
    within_s: float | None = None

    def walked_m(self, passage: Passage) -> float | None:
        """How much of a reach lies within, from where it is entered; None: nothing of it."""
        length_m = passage.leave_m - passage.enter_m
        walked_m = length_m if self.within_m is None else min(length_m, self.within_m - passage.enter_m)
        if self.within_s is not None and passage.enter_s is not None:
            left_s = self.within_s - passage.enter_s
            through_s = None if passage.leave_s is None else passage.leave_s - passage.enter_s
            if left_s < 0:
                return None
            if through_s is not None and left_s < through_s:
                walked_m = min(walked_m, length_m * left_s / through_s)
        return walked_m if walked_m > 0 or passage.enter_m == 0 == walked_m else None


def within(passages: Mapping[int, Passage], limit: Limit) -> dict[int, float]:
    """The reaches that a trace comes to within a limit, each with the metres walked on it."""
    walked = ((reach_id, limit.walked_m(passage)) for reach_id, passage in passages.items())
    return {reach_id: walked_m for reach_id, walked_m in walked if walked_m is not None}


def cut(passage: Passage, walked_m: float) -> Passage:
    """A passage that ends after so many metres."""
    length_m = passage.leave_m - passage.enter_m
    if walked_m >= length_m:
        return passage
    timed = passage.enter_s is not None and passage.leave_s is not None
    through_s = (passage.leave_s or 0.0) - (passage.enter_s or 0.0)
    leave_s = (passage.enter_s or 0.0) + through_s * walked_m / length_m if timed else None
    return replace(passage, leave_m=passage.enter_m + walked_m, leave_s=leave_s)


def fetch(
    session: Session,
    version_id: int,
    spot: Spot,
    *,
    direction: Direction = Direction.DOWN,
    main_only: bool = False,
    at: datetime | None = None,
) -> SubNetwork:
    """The part of the network that `spot` reaches (or that reaches it); with `at`, as of the day state that held then."""
    wanted = {"version": version_id, "reach": spot.reach_id, "main_only": main_only}
    reaches = {row.reach_id: _reach(row) for row in session.execute(WALKS[direction], wanted).all()}
    start = reaches.get(spot.reach_id)
    if start is None:
        raise no_such_reach(spot.reach_id)
    check_offset(start.code, start.length_m, spot.offset_m)
    if at is not None:
        reaches = daystate.under(session, version_id, reaches, at)
    return SubNetwork(version_id, spot, direction, reaches)


def around(session: Session, version_id: int, lon: float, lat: float, radius_m: float) -> dict[int, Reach]:
    """The reaches in a box about a point that holds everything within `radius_m` of it, by id: for short ways, which are
    found in it without a walk over the network."""
    lat_degrees = radius_m / DEGREE_M
    lon_degrees = min(180.0, lat_degrees / math.cos(math.radians(min(abs(lat) + lat_degrees, 89.9))))
    wanted = {"version": version_id, "lon": lon, "lat": lat, "lon_degrees": lon_degrees, "lat_degrees": lat_degrees}
    return {row.reach_id: _reach(row) for row in session.execute(text(AROUND), wanted).all()}


def no_such_reach(reach_id: int) -> BadInput:
    """What is said where a version has no reach of that number."""
    words = Words(f"河网中没有河段 {reach_id}。", f"The network has no reach {reach_id}.")
    return BadInput("no-such-reach", words, field="reach")


def check_offset(code: str, length_m: float, offset_m: float) -> None:
    """BadInput where a place does not lie on its reach."""
    if not 0 <= offset_m <= length_m:
        words = Words(
            f"河段 {code} 长 {length_m:.0f} 米：距上端的距离须在 0 与此之间。",
            f"Reach {code} is {length_m:.0f} m long: the offset must lie between 0 and that.",
        )
        raise BadInput("offset", words, field="offset_m")


def _reach(row: Sequence[Any]) -> Reach:
    (reach_id, code, river, name_zh, name_en, kind, from_node, to_node, length_m, path_id, foot_m,
     share, share_assumed, divergence, velocity_ms, discharge_m3s, slope, volume_m3, grade, schematic,
     loop, velocity_grade) = row  # fmt: skip
    return Reach(
        reach_id,
        code,
        river,
        Words(name_zh, name_en),
        KINDS[kind],
        from_node,
        to_node,
        length_m,
        path_id,
        foot_m,
        share,
        share_assumed,
        divergence != 2,
        velocity_ms,
        discharge_m3s,
        slope,
        volume_m3,
        GRADES[grade],
        schematic,
        loop,
        GRADES[velocity_grade],
    )
