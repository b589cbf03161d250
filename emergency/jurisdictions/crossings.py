"""Where rivers pass from one desk to another: crossings, border rivers, and the way out of every risk source.

Read from the runs, which are the stretches of each main path laid end to end, with the links between paths: so that neither
a junction nor a reach's end hides a crossing. Divisions are those of the day; two counties of one desk are no crossing. A
river that both desks share is a border: it lies beside both, and nobody crosses a line on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.jurisdictions import parts
from emergency.jurisdictions.affected import TOUCH_M, succession
from emergency.jurisdictions.values import Border, Crossing, Divisions, Lines, OnRiver, Side, Source, flag_words
from emergency.river.values import SiteKind
from emergency.words import Words

TOLD: Final = """told(code, told, key) as materialized (
    select * from unnest(cast(:codes as text[]), cast(:told as text[]), cast(:keys as text[]))
)"""
# A place of the walk is a path and metres to its foot. `a` ends where `b` begins; a desk that is on both sides stays, and
# one that was there before does not enter.
CROSSINGS: Final = """
with {told}, u as materialized (
    select r.path_id, r.enter_foot_m as top_m, r.leave_foot_m as low_m, r.river, r.flag, r.code, t.told, t.key
    from {runs} r join told t on t.code = r.code
), steps as (
    select a.path_id as from_path, a.low_m as from_m, b.path_id as to_path, b.top_m as to_m, a.key as from_key,
           b.key as to_key, a.told as from_code, b.told as to_code, a.river as from_river, b.river as to_river, b.flag,
           a.code as from_was, b.code as to_was
    from u a join u b on b.path_id = a.path_id and b.key <> a.key and abs(a.low_m - b.top_m) <= :touch
  union all
    select l.from_path, l.from_foot_m, l.to_path, l.to_foot_m, a.key, b.key, a.told, b.told, a.river, b.river, b.flag,
           a.code, b.code
    from {links} l
    join u a on a.path_id = l.from_path and a.top_m > l.from_foot_m + :touch and a.low_m <= l.from_foot_m + :touch
    join u b on b.path_id = l.to_path and b.top_m >= l.to_foot_m - :touch and b.low_m < l.to_foot_m - :touch
    where l.version_id = :version and a.key <> b.key
)
select s.from_path, s.from_m, s.to_path, s.to_m, s.from_key, s.to_key, array_agg(distinct s.from_code) as from_codes,
       array_agg(distinct s.to_code) as to_codes, array_agg(distinct s.from_was || ' ' || s.from_code) as from_was,
       array_agg(distinct s.to_was || ' ' || s.to_code) as to_was, min(s.from_river) as from_river,
       min(s.to_river) as to_river, array_remove(array_agg(distinct s.flag), null) as flags,
       (select array_agg(up.told order by up.low_m desc, up.told) from (
          select c.told, min(c.low_m) as low_m from u c
          where c.path_id = s.from_path and c.low_m >= s.from_m - :touch and c.river = min(s.from_river) group by c.told
        ) up) as above
from steps s
where not exists (select from u c where c.path_id = s.to_path and c.key = s.from_key
                  and c.top_m >= s.to_m - :touch and c.low_m < s.to_m - :touch)
  and not exists (select from u c where c.path_id = s.from_path and c.key = s.to_key
                  and c.top_m > s.from_m + :touch and c.low_m <= s.from_m + :touch)
group by s.from_path, s.from_m, s.to_path, s.to_m, s.from_key, s.to_key
order by s.from_path, s.from_m desc, s.to_path, s.to_m desc, s.from_key, s.to_key
"""
BORDERS: Final = """
with {told}, u as materialized (
    select r.path_id, r.enter_foot_m as top_m, r.leave_foot_m as low_m, r.river, r.flag, r.bank, t.told, t.key
    from {runs} r join told t on t.code = r.code where r.bank <> 'both'
       or exists (select from {runs} o where o.path_id = r.path_id and o.seq <> r.seq
                  and least(o.enter_foot_m, r.enter_foot_m) - greatest(o.leave_foot_m, r.leave_foot_m) > :touch)
)
select a.path_id, a.river, a.key as one, b.key as other, a.told as one_code, b.told as other_code,
       least(a.top_m, b.top_m) as top_m, greatest(a.low_m, b.low_m) as low_m, coalesce(a.flag, b.flag) as flag
from u a join u b on b.path_id = a.path_id and a.key < b.key
     and least(a.top_m, b.top_m) - greatest(a.low_m, b.low_m) > :touch
order by a.path_id, a.river, a.key, b.key, 7 desc
"""
SOURCES: Final = """
select s.site_id, s.name_zh, s.name_en, s.river, r.path_id, r.foot_m - a.offset_m as at_m
from sites s
left join site_anchors a on a.site_id = s.site_id and a.version_id = :version
left join reaches r on r.version_id = a.version_id and r.reach_id = a.reach_id
where s.kind = :kind and (s.valid_from is null or s.valid_from <= :at) and (s.valid_to is null or s.valid_to > :at)
order by s.site_id
"""
# From each source down through what its desk answers for, run by run; the runs are looked up by path.
INSIDE: Final = """
with recursive {told}, start as (
    select * from unnest(cast(:sites as bigint[]), cast(:paths as bigint[]), cast(:metres as float8[]))
        as start(site_id, path_id, at_m)
), walk(site_id, home, code, path_id, at_m, low_m) as (
    select s.site_id, t.key, t.told, s.path_id, s.at_m, r.leave_foot_m
    from start s
    join {runs} r on r.path_id = s.path_id and r.enter_foot_m >= s.at_m - :touch
         and (r.leave_foot_m < s.at_m - :touch or s.at_m <= :touch and r.leave_foot_m <= :touch)
    join told t on t.code = r.code
  union
    select w.site_id, w.home, t.told, n.path_id, n.at_m, r.leave_foot_m
    from walk w
    cross join lateral (
        select w.path_id as path_id, w.low_m as at_m
      union all
        select l.to_path, l.to_foot_m from {links} l
        where l.version_id = :version and l.from_path = w.path_id
          and l.from_foot_m <= w.at_m + :touch and l.from_foot_m >= w.low_m - :touch
    ) n
    join {runs} r on r.path_id = n.path_id and r.enter_foot_m >= n.at_m - :touch and r.leave_foot_m < n.at_m - :touch
    join told t on t.code = r.code and t.key = w.home
)
select site_id, home, code, path_id, at_m, low_m from walk order by site_id, home, path_id, at_m desc, code
"""
POINTS: Final = """
select w.n, r.reach_id, greatest(0, r.foot_m - w.at_m) as offset_m, r.river, r.name_zh, r.name_en, ST_X(p) as lon,
       ST_Y(p) as lat, r.schematic
from unnest(cast(:numbers as int[]), cast(:paths as bigint[]), cast(:metres as float8[])) as w(n, path_id, at_m)
cross join lateral (
    select * from reaches each where each.version_id = :version and each.path_id = w.path_id
       and each.foot_m >= w.at_m - :touch order by each.foot_m limit 1
) r
cross join lateral ST_LineInterpolatePoint(r.geom, least(1, greatest(0, (r.foot_m - w.at_m) / r.length_m))) as p
"""
_Place = tuple[int, float]


@dataclass(frozen=True, slots=True)
class _Found:
    """A crossing with its place on the main paths."""

    crossing: Crossing
    from_path: int
    from_m: float


def lines(session: Session, network: int, boundaries: int, divisions: Divisions, *, at: datetime) -> Lines:
    """Every crossing, border river and risk source of a network version cut by a boundary version, as of `divisions`."""
    asking = _Asking(session, network, boundaries, divisions)
    found = _crossings(asking)
    return Lines(
        crossings=_once([each.crossing for each in found]),
        borders=_borders(asking),
        sources=_sources(asking, found, at),
    )


class _Asking:
    """What every statement of one reading shares: the versions, and whose each code is on that day."""

    def __init__(self, session: Session, network: int, boundaries: int, divisions: Divisions) -> None:
        self.session, self.divisions, self.network = session, divisions, network
        self.names = {
            "told": TOLD,
            "runs": parts.named(parts.RUNS, network, boundaries),
            "links": f"path_links_v{int(network)}",
        }
        codes = session.scalars(text("select distinct code from {runs}".format(**self.names)))
        told = [(code, each) for code in codes for each in divisions.resolve(code)]
        self.values: dict[str, Any] = {
            "codes": [code for code, _ in told],
            "told": [each for _, each in told],
            "keys": [divisions.desk_of(each) or each for _, each in told],
            "touch": TOUCH_M,
            "version": network,
        }

    def rows(self, statement: str, **more: Any) -> list[Any]:
        """The rows of a statement."""
        asked = text(statement.format(**self.names))
        wanted = {name: value for name, value in (self.values | more).items() if f":{name}" in str(asked)}
        return list(self.session.execute(asked, wanted))

    def side(self, key: str, codes: Sequence[str], above: Sequence[str] = ()) -> Side:
        """A side by its key."""
        desk = key if self.divisions.division(key).desk else None
        return Side(desk, tuple(codes), tuple(above))

    def points(self, places: Sequence[_Place]) -> Mapping[int, OnRiver]:
        """The places on their reaches, by their number."""
        if not places:
            return {}
        paths, metres = [path for path, _ in places], [at_m for _, at_m in places]
        rows = self.rows(POINTS, numbers=list(range(len(places))), paths=paths, metres=metres)
        return {
            row.n: OnRiver(
                row.reach_id,
                row.offset_m,
                row.river,
                Words(row.name_zh, row.name_en),
                row.lon,
                row.lat,
                row.schematic,
            )
            for row in rows
        }

    def doubts(self, flags: Iterable[str], was: Iterable[str] = ()) -> tuple[Words, ...]:
        """What a reader is told of a line: its own doubts, and codes that do not hold on that day."""
        taken = [pair.split(" ") for pair in was]
        succeeded = [
            words
            for code, _ in taken
            for words in succession(code, self.divisions.resolve(code), self.divisions)
            if not self.divisions.holds(code)
        ]
        return tuple(dict.fromkeys((*map(flag_words, flags), *succeeded)))


def _crossings(asking: _Asking) -> list[_Found]:
    rows = asking.rows(CROSSINGS)
    at = asking.points([(row.to_path, row.to_m) for row in rows])
    return [_Found(_crossing(asking, row, at[n]), row.from_path, row.from_m) for n, row in enumerate(rows)]


def _crossing(asking: _Asking, row: Any, at: OnRiver) -> Crossing:
    above = [code for code in row.above or () if code not in row.from_codes]
    return Crossing(
        at=at,
        giving=asking.side(row.from_key, row.from_codes, above),
        taking=asking.side(row.to_key, row.to_codes),
        rivers=tuple(dict.fromkeys((row.from_river, row.to_river))),
        flags=asking.doubts(row.flags, (*row.from_was, *row.to_was)),
    )


def _once(crossings: Sequence[Crossing]) -> tuple[Crossing, ...]:
    """Each place once: a river that parts on the line crosses it by every branch, but is one crossing where they begin at
    one point and bear one name."""
    kept = {
        (each.giving.key, each.taking.key, each.rivers, round(each.at.lon, 5), round(each.at.lat, 5)): each
        for each in reversed(crossings)
    }
    return tuple(sorted(kept.values(), key=_along))


def _along(crossing: Crossing) -> tuple[str, float, float, str, str]:
    return crossing.at.river, crossing.at.lon, crossing.at.lat, crossing.giving.key, crossing.taking.key


def _borders(asking: _Asking) -> tuple[Border, ...]:
    shared = [
        stay
        for _, rows in groupby(asking.rows(BORDERS), key=lambda row: (row.path_id, row.river, row.one, row.other))
        for stay in _joined(list(rows))
    ]
    middle = [(rows[0].path_id, (rows[0].top_m + min(row.low_m for row in rows)) / 2) for rows in shared]
    at = asking.points(middle)
    return tuple(_border(asking, rows, at[n]) for n, rows in enumerate(shared))


def _joined(rows: Sequence[Any]) -> list[list[Any]]:
    """Shared runs that touch, together; they come from the head down."""
    together: list[list[Any]] = []
    for row in rows:
        if together and row.top_m >= min(each.low_m for each in together[-1]) - TOUCH_M:
            together[-1].append(row)
        else:
            together.append([row])
    return together


def _border(asking: _Asking, rows: Sequence[Any], at: OnRiver) -> Border:
    first = rows[0]
    return Border(
        at=at,
        one=asking.side(first.one, tuple(dict.fromkeys(row.one_code for row in rows))),
        other=asking.side(first.other, tuple(dict.fromkeys(row.other_code for row in rows))),
        length_m=first.top_m - min(row.low_m for row in rows),
        flags=asking.doubts(dict.fromkeys(row.flag for row in rows if row.flag)),
    )


def _sources(asking: _Asking, found: Sequence[_Found], at: datetime) -> tuple[Source, ...]:
    rows = asking.rows(SOURCES, kind=SiteKind.RISK_SOURCE.value, at=at)
    placed = [row for row in rows if row.path_id is not None]
    points = asking.points([(row.path_id, row.at_m) for row in placed])
    where = {row.site_id: points[n] for n, row in enumerate(placed)}
    homes = _homes(asking, placed, found)
    made = []
    for row in rows:
        name = Words(row.name_zh, row.name_en)
        for home, exits in homes.get(row.site_id) or [(None, ())]:
            made.append(Source(row.site_id, name, where.get(row.site_id), home, exits))
    return tuple(made)


def _homes(
    asking: _Asking, placed: Sequence[Any], found: Sequence[_Found]
) -> Mapping[int, list[tuple[Side | None, tuple[Crossing, ...]]]]:
    """Of each source: the sides on which it lies (two on a border river), with the ways out of each."""
    if not placed:
        return {}
    leaving: dict[tuple[int, str], list[_Found]] = {}
    for each in found:
        leaving.setdefault((each.from_path, each.crossing.giving.key), []).append(each)
    starts = {row.site_id: (row.path_id, row.at_m) for row in placed}
    walked = asking.rows(
        INSIDE,
        sites=[row.site_id for row in placed],
        paths=[row.path_id for row in placed],
        metres=[row.at_m for row in placed],
    )
    homes: dict[int, list[tuple[Side | None, tuple[Crossing, ...]]]] = {}
    for (site, home), runs in groupby(walked, key=lambda row: (row.site_id, row.home)):
        passed = list(runs)
        out = [
            each.crossing
            for run in passed
            for each in leaving.get((run.path_id, home), ())
            if run.low_m - TOUCH_M <= each.from_m <= run.at_m + TOUCH_M
        ]
        here = [run.code for run in passed if (run.path_id, run.at_m) == starts[site]]
        side = asking.side(home, tuple(dict.fromkeys(here)))
        homes.setdefault(site, []).append((side, _once(tuple(dict.fromkeys(out)))))
    return homes
