"""Who is reached, at once: point or reach to the jurisdictions downstream with distance and time, in one statement.

The answer is that of `affected.stays` on the full trace, at a fraction of the cost: a main path's distances and times are
subtractions of what is stored, so its reaches are never looked at. Along the main path alone the runs lie on one line and
are merged as they come. Over divergences the runs, links and entries are condensed to a small network of path segments, cut
wherever a run or a link ends, and the same pure functions work on that.

Partitions are named, not looked for among hundreds; the text of a statement depends on nothing but the two versions, so that
it is planned once per connection. Times are those of the reference flow, as in the full trace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from psycopg import errors
from sqlalchemy.orm import Session

from emergency.errors import NotReady
from emergency.jurisdictions import affected, along, parts
from emergency.jurisdictions.along import Reached as Reached
from emergency.jurisdictions.along import Rows
from emergency.jurisdictions.condensed import condense
from emergency.jurisdictions.cutting import driver
from emergency.jurisdictions.values import Divisions, Stay
from emergency.river import snap, trace, travel
from emergency.river.values import Spot
from emergency.words import Words

AT_REACH: Final = """start as materialized (
    select reach_id, code, %(offset_m)s::float8 as offset_m, length_m, velocity_ms, loop, path_id, foot_m, foot_s,
           foot_unknown
    from {reaches} where version_id = {version} and reach_id = %(reach)s
)"""
AT_POINT: Final = (
    snap.CHOSEN
    + """, start as materialized (
    select r.reach_id, r.code, c.offset_m, r.length_m, r.velocity_ms, r.loop, r.path_id, r.foot_m, r.foot_s, r.foot_unknown
    from chosen c join {reaches} r on r.version_id = {version} and r.reach_id = c.reach_id
)"""
)
# The main way on leaves a path at its foot, and no main way closes a loop: this walk is a chain. First a row for the start,
# then one for each path, then the runs; few columns, since there are hundreds of runs.
MAIN: Final = """
with recursive {start}, walk(n, path_id, entry_m, entry_s, entry_unknown) as (
    select 0, path_id, foot_m, foot_s, foot_unknown from start
  union all
    select w.n + 1, l.to_path, l.to_foot_m, l.to_foot_s, l.to_unknown
    from walk w join {links} l on l.version_id = {version} and l.from_path = w.path_id and l.from_foot_m = 0 and l.main
)
select -2 as n, offset_m, length_m, velocity_ms, loop::int, reach_id, code, null::text, null::text, null::text from start
union all
select -1, entry_m, 0, entry_s, entry_unknown, n, null, null, null, null from walk
union all
select w.n, u.enter_foot_m, u.leave_foot_m, u.enter_foot_s, u.enter_unknown, 0, u.code, u.bank, u.flag, u.river
from walk w join {runs} u on u.path_id = w.path_id and u.leave_foot_m < w.entry_m
order by n, 2 desc
"""
# As in a full trace: the walk carries places only, for paths rejoin.
BRANCHES: Final = """
with recursive {start}, lower as materialized (
    select coalesce(b.foot_m, 0) as foot_m, coalesce(b.foot_s, 0) as foot_s, coalesce(b.foot_unknown, 0) as foot_unknown
    from start s left join lateral (
        select n.foot_m, n.foot_s, n.foot_unknown from {reaches} n
        where n.version_id = {version} and n.path_id = s.path_id and n.foot_m < s.foot_m order by n.foot_m desc limit 1
    ) b on true
), walk(path_id, entry_m) as (
    select s.path_id, b.foot_m from start s cross join lower b
  union
    select l.to_path, l.to_foot_m from walk w join {links} l
      on l.version_id = {version} and l.from_path = w.path_id and l.from_foot_m <= w.entry_m
), entries as materialized (
    select path_id, max(entry_m) as entry_m from walk group by path_id
)
select 0 as kind, s.path_id, s.foot_m, s.foot_s, s.foot_unknown, 0::bigint, b.foot_m, b.foot_s, b.foot_unknown,
       s.reach_id, s.loop, s.code, null::text, null::text, null::text, s.offset_m, s.length_m
from start s cross join lower b
union all
select 1, e.path_id, e.entry_m, 0, 0, 0, 0, 0, 0, 0, false, null, null, null, null, 0, 0 from entries e
union all
select 2, l.from_path, l.from_foot_m, l.from_foot_s, l.from_unknown, l.to_path, l.to_foot_m, l.to_foot_s, l.to_unknown,
       r.reach_id, r.loop, null, null, null, null, 0, 0
from entries e join {links} l on l.version_id = {version} and l.from_path = e.path_id and l.from_foot_m <= e.entry_m
left join {reaches} r on r.version_id = {version} and r.path_id = l.to_path and r.foot_m = l.to_foot_m
union all
select 3, u.path_id, u.enter_foot_m, u.enter_foot_s, u.enter_unknown, 0, u.leave_foot_m, u.leave_foot_s, u.leave_unknown,
       u.reach_id, false, u.code, u.bank, u.flag, u.river, 0, 0
from entries e cross join start s
join {runs} u on u.path_id = e.path_id
     and u.leave_foot_m < case when s.path_id = e.path_id then greatest(s.foot_m, e.entry_m) else e.entry_m end
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the water starts, and who is reached, in the order it comes to them."""

    start: Spot
    reached: Sequence[Reached]


def from_spot(
    session: Session,
    network_version_id: int,
    boundary_version_id: int,
    spot: Spot,
    divisions: Divisions,
    *,
    main_only: bool = False,
) -> Answer:
    """Who is reached from a spot; BadInput where there is no such place."""
    wanted = {"reach": spot.reach_id, "offset_m": float(spot.offset_m)}
    found = _asked(session, AT_REACH, network_version_id, boundary_version_id, wanted, divisions, main_only=main_only)
    if found is None:
        raise trace.no_such_reach(spot.reach_id)
    return found


def from_point(
    session: Session,
    network_version_id: int,
    boundary_version_id: int,
    lon: float,
    lat: float,
    divisions: Divisions,
    *,
    main_only: bool = False,
    within: snap.Tolerance = snap.USUAL,
) -> Answer | None:
    """Who is reached from the place that a point snaps to; None where no reach lies within tolerance."""
    wanted = snap.asked(lon, lat, within)
    return _asked(session, AT_POINT, network_version_id, boundary_version_id, wanted, divisions, main_only=main_only)


def _asked(
    session: Session,
    start: str,
    network_version_id: int,
    boundary_version_id: int,
    wanted: Mapping[str, Any],
    divisions: Divisions,
    *,
    main_only: bool,
) -> Answer | None:
    asked = statement(start, MAIN if main_only else BRANCHES, network_version_id, boundary_version_id)
    try:
        rows = driver(session).execute(asked, wanted, prepare=True, binary=True).fetchall()
    except errors.UndefinedTable as missing:
        raise _not_cut() from missing
    if not rows:
        return None
    if main_only:
        _, offset_m, length_m, _, _, reach_id, code, *_ = rows[0]
    else:
        *_, reach_id, _, code, _, _, _, offset_m, length_m = min(rows, key=lambda row: row[0] != 0)
    trace.check_offset(code, length_m, offset_m)
    found = along.entries(rows, divisions) if main_only else _over_branches(rows, network_version_id, divisions)
    return Answer(Spot(reach_id, offset_m), found)


def _over_branches(rows: Rows, version: int, divisions: Divisions) -> list[Reached]:
    sub, pieces = condense(rows, version)
    return [_of_stay(stay) for stay in affected.stays(sub, travel.passages(sub), pieces, divisions)]


def _of_stay(stay: Stay) -> Reached:
    return Reached(
        stay.code,
        stay.river,
        stay.entry,
        stay.enter_km,
        stay.leave_km,
        stay.enter_s,
        stay.bank,
        stay.desk,
        stay.flags,
    )


@lru_cache(maxsize=64)
def statement(start: str, shape: str, network_version_id: int, boundary_version_id: int) -> str:
    """The text of the one statement: for each pair of versions always the same."""
    version = int(network_version_id)
    names = {
        "version": version,
        "reaches": f"reaches_v{version}",
        "links": f"path_links_v{version}",
        "runs": parts.named(parts.RUNS, version, boundary_version_id),
    }
    return shape.format(start=start.format(**names), **names)


def _not_cut() -> NotReady:
    return NotReady(
        "not-cut",
        Words(
            "该版河网尚未按现用边界切分：请运行 flask jurisdictions load。",
            "This version of the network has not been cut by the active boundaries: run flask jurisdictions load.",
        ),
    )
