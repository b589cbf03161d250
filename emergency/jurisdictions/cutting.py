"""The cut of drawn lines by polygons, in SQL: which reaches lie in one division, and where the others cross.

Most reaches lie whole in one county. They are found by whole polygons, and main paths of such reaches alone never leave the
database; only lines that meet a border are cut, segment by segment. Works in temporary tables that end with the transaction.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.jurisdictions.runs import SHORT_M
from emergency.jurisdictions.values import Level

RANKS: Final[Mapping[str, int]] = {Level.COUNTY: 0, Level.PREFECTURE: 1, Level.PROVINCE: 2}
VERTICES: Final = 32
"""Vertices per piece of a subdivided polygon: a segment meets few pieces, and each is small."""
MEMORY: Final = "set local work_mem = '128MB'"
"""A build sorts and joins all reaches; what the server grants to a query would send each of these to disk."""
TO_THE_END: Final = "set local cursor_tuple_fraction = 1"
"""Cursors here are read to the end, not for a first page."""

TABLES: Final = "areas, area_pieces, met, plain, easy, open, segments, held, cuts, cut_lists"
AREAS: Final = """
create temporary table areas on commit drop as
select b.code, case d.level {ranks} end as rank, b.geom
from boundaries b join divisions d on d.code = b.code
where b.boundary_version_id = {boundaries}
"""
PIECES: Final = """
create temporary table area_pieces on commit drop as
select code, rank, st_subdivide(geom, {vertices}) as geom from areas
"""
# polygon by polygon over the index of the lines, so that each polygon is prepared once
MET: Final = """
create temporary table met on commit drop as
select l.reach_id, a.code, a.rank, st_covers(a.geom, l.geom) as inside
from areas a join {lines} l on st_intersects(a.geom, l.geom)
where l.tabled_stretches is null or not l.schematic
"""
PLAIN: Final = """
create temporary table plain on commit drop as
select reach_id, code, rank from (
    select reach_id, code, rank, inside, row_number() over finest as n, lead(rank) over finest as next_rank
    from met window finest as (partition by reach_id order by rank)
) ranked
where n = 1 and inside and (next_rank is null or next_rank > rank)
"""
EASY: Final = """
create temporary table easy on commit drop as
select l.path_id, min(p.code) as code from {lines} l left join plain p on p.reach_id = l.reach_id
group by l.path_id
having count(p.code) = count(*) and min(p.code) = max(p.code) and bool_and(l.tabled_stretches is null)
"""
# Segment by segment: on a straight segment a place has one position, on a winding line it may seem to have several. Each
# segment counts by its length on the ground, as a snap measures it. Most segments lie in one polygon whole.
OPEN: Final = """
create temporary table open on commit drop as
select m.reach_id, m.code, m.rank, m.inside from met m
where not exists (select from plain p where p.reach_id = m.reach_id)
"""
SEGMENTS: Final = """
create temporary table segments on commit drop as
with dumped as (
    select l.reach_id, (d).path[1] as n, (d).geom as segment, st_length((d).geom::geography) as ground_m
    from (select l.reach_id, st_dumpsegments(l.geom) as d from {lines} l
          where l.reach_id in (select reach_id from open where not inside)) l
)
select reach_id, segment, ground_m, sum(ground_m) over along - ground_m as before_m,
       sum(ground_m) over (partition by reach_id) as total_m
from dumped where ground_m > 0 window along as (partition by reach_id order by n)
"""
HELD: Final = """
create temporary table held on commit drop as
select s.reach_id, a.code, a.rank, s.segment, s.ground_m, s.before_m, s.total_m, st_covers(a.geom, s.segment) as inside
from areas a join open o on o.code = a.code and not o.inside join segments s on s.reach_id = o.reach_id
where st_intersects(a.geom, s.segment)
"""
CUTS: Final = """
create temporary table cuts on commit drop as
with parts as (
    select h.reach_id, h.code, h.rank, h.segment, h.ground_m, h.before_m, h.total_m,
           (st_dump(st_collectionextract(st_intersection(h.segment, p.geom), 2))).geom as part
    from held h join area_pieces p on p.code = h.code and st_intersects(p.geom, h.segment) where not h.inside
), ends as (
    select *, st_linelocatepoint(segment, st_startpoint(part)) as one, st_linelocatepoint(segment, st_endpoint(part)) as two
    from parts
)
select reach_id, code, rank, (before_m + least(one, two) * ground_m) / total_m as from_part,
       (before_m + greatest(one, two) * ground_m) / total_m as to_part
from ends
union all
select reach_id, code, rank, before_m / total_m, (before_m + ground_m) / total_m from held where inside
union all
select reach_id, code, rank, 0, 1 from open where inside
"""
LISTED: Final = """
create temporary table cut_lists on commit drop as
select reach_id, json_agg(json_build_array(code, rank, from_part, to_part)) as cuts from cuts group by reach_id
"""
SIDES: Final = f"""
with looked as (
    select w.n, w.code, st_lineinterpolatepoint(r.geom, w.part) as here,
           st_azimuth(st_lineinterpolatepoint(r.geom, greatest(w.part - 0.01, 0)),
                      st_lineinterpolatepoint(r.geom, least(w.part + 0.01, 1))) as heading
    from jsonb_to_recordset(cast(:wanted as jsonb)) as w(n int, reach_id bigint, code text, part double precision)
    join {{lines}} r on r.version_id = :network and r.reach_id = w.reach_id
), aside as (
    select n, code, st_project(here::geography, {SHORT_M}, heading - pi() / 2)::geometry as on_left,
           st_project(here::geography, {SHORT_M}, heading + pi() / 2)::geometry as on_right
    from looked where heading is not null
)
select a.n, a.code, sum(exists(select from area_pieces p where p.code = a.code and st_intersects(p.geom, a.on_left))::int),
       sum(exists(select from area_pieces p where p.code = a.code and st_intersects(p.geom, a.on_right))::int)
from aside a
group by a.n, a.code
"""


def cut(session: Session, lines: str, boundary_version_id: int) -> None:
    """Fill `plain` (reaches that lie whole in one finest division), `easy` (main paths of such reaches of one division
    alone) and `cut_lists` (parts of the drawn line of all others, by polygon) for the reaches of the table `lines`."""
    ranks = " ".join(f"when '{level}' then {rank}" for level, rank in RANKS.items())
    run(
        session,
        MEMORY,
        TO_THE_END,
        f"drop table if exists {TABLES}",
        AREAS.format(ranks=ranks, boundaries=int(boundary_version_id)),
        "analyze areas",
        PIECES.format(vertices=VERTICES),
        "create index on area_pieces using gist (geom)",
        "analyze area_pieces",
        MET.format(lines=lines),
        "analyze met",
        PLAIN,
        "create index on plain (reach_id)",
        "analyze plain",
        EASY.format(lines=lines),
        "create index on easy (path_id)",
        "analyze easy",
        OPEN,
        "create index on open (code)",
        "analyze open",
        SEGMENTS.format(lines=lines),
        "create index on segments (reach_id)",
        "analyze segments",
        HELD,
        "analyze held",
        CUTS,
        LISTED,
        "create unique index on cut_lists (reach_id)",
        "analyze cut_lists",
    )


def run(session: Session, *statements: str) -> None:
    """Statements without parameters, one after the other: those that make a table take none."""
    for statement in statements:
        session.execute(text(statement))


def copy(session: Session, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """The rows into a table, by COPY."""
    with driver(session).cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as copying:
        for row in rows:
            copying.write_row(row)


def driver(session: Session) -> psycopg.Connection[Any]:
    """The driver's connection under a session, in the same transaction."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("rivers are cut and read through psycopg")
    return connection
