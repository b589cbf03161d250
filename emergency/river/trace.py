"""Everything down- or upstream of a spot, in one statement: a walk over main paths, then range scans.

The walk carries places only, never a cost: paths rejoin, and a cost carried through would be counted once per way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, TextClause, select, text
from sqlalchemy.orm import Session

from emergency.errors import BadInput
from emergency.river import daystate
from emergency.river.models import NetworkVersionRow
from emergency.river.values import Direction, Grade, Reach, ReachKind, Spot, SubNetwork
from emergency.words import Words

COLUMNS: Final = (
    "r.reach_id, r.code, r.river, r.name_zh, r.name_en, r.kind, r.from_node, r.to_node, r.length_m, r.path_id, r.foot_m, "
    "r.share, r.share_assumed, r.divergence, r.velocity_ms, r.discharge_m3s, r.slope, r.volume_m3, r.grade, "
    "r.velocity_grade, r.schematic, r.loop"
)

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
WALKS: Final[Mapping[Direction, TextClause]] = {Direction.DOWN: text(DOWN), Direction.UP: text(UP)}

SIBLINGS: Final = text(
    "select r.reach_id, r.from_node, r.share from reaches r where r.version_id = :version and r.from_node in "
    "(select o.from_node from reaches o where o.version_id = :version and o.reach_id = any(:reaches))"
)


def fetch(
    session: Session,
    version_id: int,
    spot: Spot,
    *,
    direction: Direction = Direction.DOWN,
    main_only: bool = False,
    at: datetime | None = None,
) -> SubNetwork:
    """The part of the network that `spot` reaches (or that reaches it); with `at`, under the shares that held then."""
    wanted = {"version": version_id, "reach": spot.reach_id, "main_only": main_only}
    rows = session.execute(WALKS[direction], wanted).mappings()
    reaches = {row["reach_id"]: _reach(row) for row in rows}
    _check(spot, reaches.get(spot.reach_id))
    if at is not None:
        reaches = _with_shares(session, version_id, reaches, at)
    return SubNetwork(version_id, spot, direction, reaches)


def _check(spot: Spot, start: Reach | None) -> None:
    if start is None:
        words = Words(f"河网中没有河段 {spot.reach_id}。", f"The network has no reach {spot.reach_id}.")
        raise BadInput("no-such-reach", words, field="reach")
    if not 0 <= spot.offset_m <= start.length_m:
        words = Words(
            f"河段 {start.code} 长 {start.length_m:.0f} 米：距上端的距离须在 0 与此之间。",
            f"Reach {start.code} is {start.length_m:.0f} m long: the offset must lie between 0 and that.",
        )
        raise BadInput("offset", words, field="offset_m")


def _reach(row: RowMapping) -> Reach:
    return Reach(
        reach_id=row["reach_id"],
        code=row["code"],
        river=row["river"],
        name=Words(row["name_zh"], row["name_en"]),
        kind=ReachKind(row["kind"]),
        from_node=row["from_node"],
        to_node=row["to_node"],
        length_m=row["length_m"],
        path_id=row["path_id"],
        foot_m=row["foot_m"],
        share=row["share"],
        share_assumed=row["share_assumed"],
        main=row["divergence"] != 2,
        velocity_ms=row["velocity_ms"],
        discharge_m3s=row["discharge_m3s"],
        slope=row["slope"],
        volume_m3=row["volume_m3"],
        grade=Grade(row["grade"]),
        schematic=row["schematic"],
        loop=row["loop"],
        velocity_grade=Grade(row["velocity_grade"]),
    )


def _with_shares(session: Session, version_id: int, reaches: Mapping[int, Reach], at: datetime) -> dict[int, Reach]:
    """The reaches under the day's shares: at a node where some are stated, its other branches divide what is left."""
    network_id = session.scalar(select(NetworkVersionRow.network_id).where(NetworkVersionRow.id == version_id))
    stated = {} if network_id is None else daystate.shares(session, network_id, at)
    if not stated:
        return dict(reaches)
    branches = session.execute(SIBLINGS, {"version": version_id, "reaches": list(stated)}).mappings().all()
    held = _divided(branches, stated)
    return {
        reach_id: replace(reach, share=held[reach_id], share_assumed=reach.share_assumed and reach_id not in stated)
        if reach_id in held
        else reach
        for reach_id, reach in reaches.items()
    }


def _divided(branches: Sequence[RowMapping], stated: Mapping[int, float]) -> dict[int, float]:
    nodes: dict[int, dict[int, Any]] = {}
    for branch in branches:
        nodes.setdefault(branch["from_node"], {})[branch["reach_id"]] = branch["share"]
    return {
        reach_id: share for shares in nodes.values() for reach_id, share in daystate.divided(shares, stated).items()
    }
