"""The lines that a small-scale map draws: one per main path and zoom, merged and generalised once per network version.

A tile is then a read of a few dozen short lines, whatever the size of the network. What is drawn at a zoom is settled for
the whole network: the paths with the most water behind them, as many as the tiles can show legibly.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.db import TILE_SRID
from emergency.river.tiles import EXTENT, LINES_TO, WORLD_M

TOLERANCE: Final = 4
"""In tile units: a quarter of a screen pixel."""
SEEN: Final = 1 / 256
"""The part of a tile's width below which a line is a dot."""
WIDTHS: Final = 30.0
"""How much river a tile can show, in widths of the tile, on the average of the area that the network covers."""
LINE: Final = 0.1
"""What a line takes besides its length, in the same measure: its ends and its name."""

# The tiles of the deepest zoom that hold the upper end of a reach; those of each zoom above follow by halving.
TILED: Final = f"""
create temporary table tiled on commit drop as
select distinct floor((lon + 180) / 360 * {2**LINES_TO})::int as x,
       floor((1 - asinh(tan(radians(least(greatest(lat, -85), 85)))) / pi()) / 2 * {2**LINES_TO})::int as y
from (select st_x(st_startpoint(geom)) as lon, st_y(st_startpoint(geom)) as lat
      from reaches where version_id = {{version}}) as heads
"""

# For each zoom, the least that must lie behind a path for it to be drawn: the paths are taken from the greatest down until
# the map is full. A small network has one tile's room at least. A tile's width is measured on the ground, at the middle
# latitude of the network.
LIMITS: Final = f"""
with extent as (
    select count(*) as tiles, 1 / cosh(pi() * (1 - (min(y) + max(y) + 1) / {2**LINES_TO}.0)) as shrink from tiled
), zooms as (
    select z, {WIDTHS} * greatest(1.0, tiles / power(4, {LINES_TO} - z)) as room, {WORLD_M} * shrink / (1 << z) as width_m
    from extent, generate_series(0, {LINES_TO}) as z
), ranked as (
    select drains_m, sum(length_m) over down as total_m, row_number() over down as lines from main_paths
    where version_id = :version window down as (order by drains_m desc, path_id)
)
select z, coalesce(min(drains_m) filter (where total_m / width_m + lines * {LINE} <= room), max(drains_m)) as least_m
from zooms, ranked group by z order by z
"""

# A path is one line as long as each reach begins where the one above it ends and both are drawn in the same way.
DEEPEST: Final = f"""
insert into {{table}} (version_id, z, path_id, schematic, kind, name_zh, name_en, discharge, drains_m, geom)
with along as (
    select r.path_id, r.foot_m, r.schematic, r.kind, r.geom,
           r.schematic is distinct from lag(r.schematic) over path
           or not coalesce(st_equals(st_startpoint(r.geom), lag(st_endpoint(r.geom)) over path), false) as broken
    from reaches r join main_paths p on p.version_id = {{version}} and p.path_id = r.path_id and p.drains_m >= {{least_m}}
    where r.version_id = {{version}}
    window path as (partition by r.path_id order by r.foot_m desc)
), parts as (
    select *, count(*) filter (where broken) over (partition by path_id order by foot_m desc) as part from along
), lines as (
    select path_id, part, bool_or(schematic) as schematic, mode() within group (order by kind) as kind,
           st_simplify(st_transform(st_makeline(geom order by foot_m desc), {TILE_SRID}), {{tolerance_m}}, true) as line
    from parts group by path_id, part
)
select {{version}}, {LINES_TO}, l.path_id, l.schematic, mode() within group (order by l.kind), min(nullif(p.name_zh, f.code)),
       min(nullif(p.name_en, f.code)), max(p.discharge_m3s), min(p.drains_m), st_collect(l.line)
from lines l join main_paths p on p.version_id = {{version}} and p.path_id = l.path_id
join reaches f on f.version_id = {{version}} and f.reach_id = p.foot_reach_id
group by l.path_id, l.schematic
"""

ABOVE: Final = """
insert into {table} (version_id, z, path_id, schematic, kind, name_zh, name_en, discharge, drains_m, geom)
select version_id, {z}, path_id, schematic, kind, name_zh, name_en, discharge, drains_m, line
from (select *, st_simplify(geom, {tolerance_m}, true) as line from {table} where z = {z} + 1 and drains_m >= {least_m}) as l
where st_length(line) >= {seen_m}
"""


def build(session: Session, version_id: int) -> None:
    """Draw the lines of a version whose reaches and main paths are in place. Once per version, in the caller's
    transaction; the partition is attached when it is full, so that readers never wait."""
    version, table = int(version_id), f"tile_lines_v{int(version_id)}"
    session.execute(text(f"create table {table} (like tile_lines including defaults including constraints)"))
    least = _limits(session, version)
    for z in range(LINES_TO, -1, -1):
        width_m = WORLD_M / 2**z
        sizes = {"least_m": least[z], "tolerance_m": width_m * TOLERANCE / EXTENT, "seen_m": width_m * SEEN}
        statement = DEEPEST if z == LINES_TO else ABOVE
        session.execute(text(statement.format(table=table, version=version, z=z, **sizes)))
        session.execute(text(f"create index {table}_z{z} on {table} using gist (geom) where z = {z}"))
    session.execute(text(f"alter table {table} add constraint of_version check (version_id = {version})"))
    session.execute(text(f"alter table tile_lines attach partition {table} for values in ({version})"))
    session.execute(text(f"alter table {table} drop constraint of_version"))
    session.execute(text(f"analyze {table}"))


def _limits(session: Session, version: int) -> list[float]:
    """By zoom, what must lie behind a path for it to be drawn; a closer map never draws less than a wider one."""
    session.execute(text("drop table if exists tiled"))
    session.execute(text(TILED.format(version=version)))
    found = [row.least_m for row in session.execute(text(LIMITS), {"version": version})]
    return [min(found[: z + 1]) for z in range(LINES_TO + 1)]
