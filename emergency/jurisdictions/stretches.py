"""The cut of reaches by divisions: each reach's stretches from its upstream end to its downstream end, once per version.

What a table states for a reach wins (on a schematic line a polygon knows nothing); elsewhere the line is cut by the polygons,
the finest division that covers it. Doubt goes into a stretch's flag; water outside all polygons is reported, never filled.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Row, any_, cast, delete, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from emergency.errors import BadFile
from emergency.jurisdictions.models import BoundaryVersionRow, DivisionRow, StretchRow
from emergency.jurisdictions.runs import SHORT_M, SLIVER_M, Cut, Span, bordered, differing_m, layered
from emergency.jurisdictions.values import Bank, Flag, Level, Piece
from emergency.river.models import NetworkRow
from emergency.words import Words

RANKS: Final[Mapping[str, int]] = {Level.COUNTY: 0, Level.PREFECTURE: 1, Level.PROVINCE: 2}
BATCH: Final = 5_000
VERTICES: Final = 128
"""Vertices per piece of a subdivided polygon: a line meets few pieces, and each is small."""
SIDE_PARTS: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
SIDE_SURE: Final = 3
"""How many more of the looks to one side than to the other must meet a division before that bank is called its own."""


AREAS: Final = """
create temporary table areas on commit drop as
select b.code, case d.level {ranks} end as rank, st_subdivide(b.geom, {vertices}) as geom
from boundaries b join divisions d on d.code = b.code
where b.boundary_version_id = {boundaries}
"""
CUTS: Final = """
create temporary table cuts on commit drop as
with pairs as materialized (
    select r.reach_id, r.geom as line, a.code, a.rank, a.geom as area, st_coveredby(r.geom, a.geom) as inside
    from reaches r join areas a on st_intersects(r.geom, a.geom)
    where r.version_id = {network} and (r.tabled_stretches is null or not r.schematic)
), dumped as (
    select p.reach_id, (d).path[1] as n, (d).geom as segment, st_length((d).geom::geography) as ground_m
    from (select distinct on (reach_id) reach_id, st_dumpsegments(line) as d from pairs where not inside
          order by reach_id) p
), segments as (
    select reach_id, segment, ground_m, sum(ground_m) over along - ground_m as before_m,
           sum(ground_m) over (partition by reach_id) as total_m
    from dumped where ground_m > 0 window along as (partition by reach_id order by n)
), parts as (
    select s.reach_id, p.code, p.rank, s.segment, s.ground_m, s.before_m, s.total_m,
           (st_dump(st_collectionextract(st_intersection(s.segment, p.area), 2))).geom as part
    from segments s join pairs p on p.reach_id = s.reach_id and not p.inside and st_intersects(s.segment, p.area)
), ends as (
    select *, st_linelocatepoint(segment, st_startpoint(part)) as one, st_linelocatepoint(segment, st_endpoint(part)) as two
    from parts
)
select reach_id, code, rank, (before_m + least(one, two) * ground_m) / total_m as from_part,
       (before_m + greatest(one, two) * ground_m) / total_m as to_part
from ends
union all
select reach_id, code, rank, 0, 1 from pairs where inside
"""
SIDES: Final = f"""
with looked as (
    select w.n, w.code, st_lineinterpolatepoint(r.geom, w.part) as here,
           st_azimuth(st_lineinterpolatepoint(r.geom, greatest(w.part - 0.01, 0)),
                      st_lineinterpolatepoint(r.geom, least(w.part + 0.01, 1))) as heading
    from jsonb_to_recordset(cast(:wanted as jsonb)) as w(n int, reach_id bigint, code text, part double precision)
    join reaches r on r.version_id = :network and r.reach_id = w.reach_id
), aside as (
    select n, code, st_project(here::geography, {SHORT_M}, heading - pi() / 2)::geometry as on_left,
           st_project(here::geography, {SHORT_M}, heading + pi() / 2)::geometry as on_right
    from looked where heading is not null
)
select a.n, a.code, sum(st_intersects(b.geom, a.on_left)::int) as left_looks,
       sum(st_intersects(b.geom, a.on_right)::int) as right_looks
from aside a join boundaries b on b.boundary_version_id = :boundaries and b.code = a.code
group by a.n, a.code
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Water outside all polygons."""

    reach_id: int
    from_m: float
    to_m: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A reach on a real line whose table and polygons name different divisions over differs_m."""

    reach_id: int
    table: tuple[str, ...]
    polygons: tuple[str, ...]
    differs_m: float


@dataclass(slots=True)
class StretchReport:
    """What a build made and what it found."""

    reaches: int = 0
    stretches: int = 0
    from_tables: int = 0
    gaps: list[Gap] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reach:
    """A reach as the cut needs it."""

    reach_id: int
    code: str
    length_m: float
    path_id: int
    foot_m: float
    schematic: bool
    table: Sequence[Mapping[str, Any]] | None
    cuts: Sequence[Cut]


def build(session: Session, network_version_id: int, boundary_version_id: int) -> StretchReport:
    """Cut every reach of a network version by a boundary version, anew; BadFile where a table names an unknown division."""
    partition = _partition(session, network_version_id)
    session.execute(delete(StretchRow).where(*_of(network_version_id, boundary_version_id)))
    _cut(session, network_version_id, boundary_version_id)
    work = _Build(
        session, network_version_id, boundary_version_id, frozenset(session.scalars(select(DivisionRow.code)))
    )
    waiting: list[dict[str, Any]] = []
    for _, path in groupby(_reaches(session, network_version_id), key=lambda reach: reach.path_id):
        waiting.extend(work.rows(list(path)))
        if len(waiting) >= BATCH:
            session.execute(insert(StretchRow), waiting)
            waiting = []
    if waiting:
        session.execute(insert(StretchRow), waiting)
    session.execute(text(f"analyze {partition}"))
    return work.report


def build_once(session: Session, network_version_id: int, boundary_version_id: int) -> StretchReport | None:
    """`build`, unless it has been done for these versions; None then."""
    if is_built(session, network_version_id, boundary_version_id):
        return None
    return build(session, network_version_id, boundary_version_id)


def is_built(session: Session, network_version_id: int, boundary_version_id: int) -> bool:
    """Whether the reaches of this network version have been cut by this boundary version."""
    made = select(StretchRow.seq).where(*_of(network_version_id, boundary_version_id))
    return session.scalar(select(made.exists())) or False


def build_missing(session: Session) -> dict[int, StretchReport]:
    """Cut the active version of every network by the active boundaries where that has not been done; by network version."""
    boundaries = session.scalar(select(BoundaryVersionRow.id).where(BoundaryVersionRow.active))
    if boundaries is None:
        return {}
    versions = session.scalars(select(NetworkRow.active_version_id).where(NetworkRow.active_version_id.is_not(None)))
    built = {version: build_once(session, version, boundaries) for version in versions if version is not None}
    return {version: report for version, report in built.items() if report is not None}


def pieces(
    session: Session, network_version_id: int, boundary_version_id: int, reach_ids: Iterable[int]
) -> list[Piece]:
    """The stretches of these reaches, by reach and in the order of the water."""
    wanted = cast(list(reach_ids), ARRAY(BigInteger))
    rows = session.execute(
        select(
            StretchRow.reach_id, StretchRow.code, StretchRow.from_m, StretchRow.to_m, StretchRow.bank, StretchRow.flag
        )
        .where(*_of(network_version_id, boundary_version_id), StretchRow.reach_id == any_(wanted))
        .order_by(StretchRow.reach_id, StretchRow.seq)
    )
    return [Piece(reach_id, code, from_m, to_m, Bank(bank), flag) for reach_id, code, from_m, to_m, bank, flag in rows]


def _of(network_version_id: int, boundary_version_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        StretchRow.network_version_id == network_version_id,
        StretchRow.boundary_version_id == boundary_version_id,
    )


def _partition(session: Session, network_version_id: int) -> str:
    version = int(network_version_id)
    name = f"stretches_v{version}"
    session.execute(text(f"create table if not exists {name} partition of stretches for values in ({version})"))
    return name


def _cut(session: Session, network_version_id: int, boundary_version_id: int) -> None:
    """Fill the temporary table `cuts`: which part of which reach lies in which polygon, as parts of the drawn line.

    Lines are cut segment by segment: on a straight segment a place has one position, on a winding line it may seem to have
    several. Each segment counts by its length on the ground, as a snap measures it.
    """
    ranks = " ".join(f"when '{level}' then {rank}" for level, rank in RANKS.items())
    for statement in (
        "drop table if exists areas, cuts",
        AREAS.format(ranks=ranks, vertices=VERTICES, boundaries=int(boundary_version_id)),
        "create index on areas using gist (geom)",
        "analyze areas",
        CUTS.format(network=int(network_version_id)),  # a statement that makes a table takes no parameters
        "create index on cuts (reach_id)",
        "analyze cuts",
    ):
        session.execute(text(statement))


def _reaches(session: Session, network_version_id: int) -> Iterator[_Reach]:
    """All reaches with their cuts, main path by main path, each from head to foot."""
    rows = session.execute(
        text(
            "select r.reach_id, r.code, r.length_m, r.path_id, r.foot_m, r.schematic, r.tabled_stretches, c.cuts "
            "from reaches r left join (select reach_id, json_agg(json_build_array(code, rank, from_part, to_part)) as cuts "
            "from cuts group by reach_id) c using (reach_id) "
            "where r.version_id = :network order by r.path_id, r.foot_m desc, r.reach_id"
        ).execution_options(yield_per=BATCH),
        {"network": network_version_id},
    )
    return (_reach(row) for row in rows)


def _reach(row: Row[Any]) -> _Reach:
    cuts = [
        Cut(code, rank, from_part * row.length_m, to_part * row.length_m)
        for code, rank, from_part, to_part in row.cuts or ()
    ]
    return _Reach(
        row.reach_id,
        row.code,
        row.length_m,
        row.path_id,
        row.foot_m,
        row.schematic,
        row.tabled_stretches or None,
        _touching(cuts),
    )


def _touching(cuts: Iterable[Cut]) -> list[Cut]:
    """Cuts of one division that meet, made one: segments and subdivided polygons end everywhere."""
    joined: list[Cut] = []
    for cut in sorted(cuts, key=lambda c: (c.code, c.rank, c.from_m, c.to_m)):
        last = joined[-1] if joined else None
        if last is not None and last.code == cut.code and cut.from_m <= last.to_m + 1e-6 * max(1.0, cut.to_m):
            joined[-1] = Cut(last.code, last.rank, last.from_m, max(last.to_m, cut.to_m))
        else:
            joined.append(cut)
    return joined


@dataclass(frozen=True, slots=True)
class _Build:
    """One build at work: main path by main path, with a report that grows."""

    session: Session
    network: int
    boundaries: int
    known: frozenset[str]
    report: StretchReport = field(default_factory=StretchReport)

    def rows(self, path: Sequence[_Reach]) -> list[dict[str, Any]]:
        """The rows of one main path."""
        spans = bordered([span for reach in path for span in self._spans(reach)])
        sides = self._sides(path, [span for span in spans if len(span.codes) > 1 and not span.fixed])
        made: list[dict[str, Any]] = []
        on_reach = {reach_id: list(found) for reach_id, found in groupby(spans, key=lambda span: span.reach_id)}
        for reach in path:
            made.extend(self._reach_rows(reach, on_reach[reach.reach_id], sides))
        self.report.reaches += len(path)
        self.report.stretches += len(made)
        return made

    def _reach_rows(self, reach: _Reach, spans: Sequence[Span], sides: "_Sides") -> list[dict[str, Any]]:
        self.report.gaps.extend(Gap(reach.reach_id, span.from_m, span.to_m) for span in spans if not span.codes)
        self.report.from_tables += reach.table is not None
        found = [row for span in spans for row in _span_rows(reach, span, sides)]
        return [
            {
                **row,
                "network_version_id": self.network,
                "boundary_version_id": self.boundaries,
                "reach_id": reach.reach_id,
                "seq": seq,
                "path_id": reach.path_id,
                "enter_foot_m": reach.foot_m - row["from_m"],
                "leave_foot_m": reach.foot_m - row["to_m"],
            }
            for seq, row in enumerate(_table_rows(reach, reach.table) if reach.table is not None else found)
        ]

    def _spans(self, reach: _Reach) -> list[Span]:
        """A reach's spans as its table states them, or as the polygons cut it."""
        drawn = layered(reach.reach_id, reach.length_m, reach.cuts)
        if reach.table is None:
            return drawn
        stated = [self._stated(reach, stretch) for stretch in reach.table]
        tabled = layered(reach.reach_id, reach.length_m, stated, fixed=True)
        if not reach.schematic and (differs_m := differing_m(tabled, drawn)) >= SHORT_M:
            self.report.disagreements.append(Disagreement(reach.reach_id, _codes(tabled), _codes(drawn), differs_m))
        return tabled

    def _stated(self, reach: _Reach, stretch: Mapping[str, Any]) -> Cut:
        code = str(stretch["code"])
        if code in self.known:
            return Cut(code, 0, float(stretch["from_m"]), float(stretch["to_m"]))
        raise BadFile(
            "unknown-division",
            Words(
                zh=f"河段{reach.code}的区划分段用了清单中没有的代码{code}：请先把它加入区划清单再装入",
                en=f"the tabled stretches of reach {reach.code} name {code}, which is not in the list of divisions: "
                "add it to the list and load that first",
            ),
            facts={"reach": reach.code, "code": code},
        )

    def _sides(self, path: Sequence[_Reach], spans: Sequence[Span]) -> "_Sides":
        """On which bank each division of a border lies: looked for on both sides along it."""
        if not spans:
            return {}
        length_m = {reach.reach_id: reach.length_m for reach in path}
        wanted = [
            {"n": n, "reach_id": span.reach_id, "code": code, "part": (span.from_m + part * span.length_m) / whole_m}
            for n, span in enumerate(spans)
            for code in span.codes
            for part in SIDE_PARTS
            for whole_m in (length_m[span.reach_id],)
        ]
        looked = self.session.execute(
            text(SIDES), {"network": self.network, "boundaries": self.boundaries, "wanted": json.dumps(wanted)}
        )
        return {(spans[n], code): _bank(left - right) for n, code, left, right in looked}


_Sides = Mapping[tuple[Span, str], Bank]


def _bank(leaning: int) -> Bank:
    if abs(leaning) < SIDE_SURE:
        return Bank.BORDER
    return Bank.LEFT if leaning > 0 else Bank.RIGHT


def _codes(spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for span in spans for code in sorted(span.codes)))


def _table_rows(reach: _Reach, table: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As the table has them; the last end is drawn to the reach's, which a table rounds."""
    return [
        {
            "code": str(stretch["code"]),
            "from_m": max(0.0, float(stretch["from_m"])),
            "to_m": reach.length_m if reach.length_m - float(stretch["to_m"]) < SLIVER_M else float(stretch["to_m"]),
            "bank": Bank(stretch.get("bank") or Bank.BOTH).value,
            "origin": "table",
            "flag": stretch.get("flag"),
        }
        for stretch in table
    ]


def _span_rows(reach: _Reach, span: Span, sides: _Sides) -> list[dict[str, Any]]:
    alone = len(span.codes) == 1
    return [
        {
            "code": code,
            "from_m": span.from_m,
            "to_m": span.to_m,
            "bank": (Bank.BOTH if alone else sides.get((span, code), Bank.BORDER)).value,
            "origin": "polygon",
            "flag": _flag(reach, code, span),
        }
        for code in sorted(span.codes)
    ]


def _flag(reach: _Reach, code: str, span: Span) -> str | None:
    if code in span.short:
        return Flag.SHORT_STAY.value
    crosses = span.from_m > 0.0 or span.to_m < reach.length_m or len(span.codes) > 1
    return Flag.SCHEMATIC.value if reach.schematic and crosses else None
