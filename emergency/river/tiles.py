"""Map tiles of the network and of the sites on it (Mapbox Vector Tiles, layers `network` and `sites`).

From z10 every reach is a feature; below, the reaches of a main path are merged and simplified, and paths too short to be
seen are left out.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.db import SRID
from emergency.errors import NotFound
from emergency.words import Words

REACHES_FROM: Final = 10
DEEPEST: Final = 22
EXTENT: Final = 4096
BUFFER: Final = 64
TOLERANCE: Final = 4
"""In tile units: a quarter of a screen pixel."""
WORLD_M: Final = 40_075_016.7
"""The equator, in metres: the width of the tile at z0."""
SEEN: Final = 1 / 64
"""The part of a tile's width below which a path is not worth drawing."""

BOX: Final = f"""
    select st_tileenvelope(:z, :x, :y) as tile,
           st_transform(st_tileenvelope(:z, :x, :y, margin => {BUFFER / EXTENT}), {SRID}) as around
"""

REACHES: Final = text(f"""
with box as ({BOX}), shown as (
    select r.reach_id as id, r.reach_id, r.code, r.river, r.name_zh, r.name_en, r.kind, r.schematic,
           r.discharge_m3s as discharge, r.divergence, r.path_id,
           st_asmvtgeom(st_transform(r.geom, 3857), box.tile, {EXTENT}, {BUFFER}) as geom
    from box join reaches r on r.version_id = :version and r.geom && box.around
)
select st_asmvt(shown, 'network', {EXTENT}, 'geom', 'id') from shown where geom is not null
""")

PATHS: Final = text(f"""
with box as ({BOX}), merged as (
    select r.path_id, r.schematic, min(p.river) as river, mode() within group (order by r.name_zh) as name_zh,
           mode() within group (order by r.name_en) as name_en,
           max(r.discharge_m3s) as discharge, st_linemerge(st_collect(r.geom)) as line
    from box
    join reaches r on r.version_id = :version and r.geom && box.around
    join main_paths p on p.version_id = :version and p.path_id = r.path_id and p.length_m >= :least_m
    group by r.path_id, r.schematic
), shown as (
    select path_id as id, path_id, schematic, river, name_zh, name_en, discharge,
           st_asmvtgeom(st_simplify(st_transform(line, 3857), :tolerance_m, true), box.tile, {EXTENT}, {BUFFER}) as geom
    from merged, box
)
select st_asmvt(shown, 'network', {EXTENT}, 'geom', 'id') from shown where geom is not null
""")

SITES: Final = text(f"""
with box as ({BOX}), shown as (
    select s.site_id as id, s.site_id, s.kind, s.subtype, s.name_zh, s.name_en, s.river, s.jurisdiction, s.synthetic,
           a.reach_id, a.offset_m, st_asmvtgeom(st_transform(s.geom, 3857), box.tile, {EXTENT}, {BUFFER}) as geom
    from box
    join sites s on s.geom && box.around
    join site_anchors a on a.site_id = s.site_id and a.version_id = :version
    where (s.valid_from is null or s.valid_from <= :at) and (s.valid_to is null or s.valid_to > :at)
)
select st_asmvt(shown, 'sites', {EXTENT}, 'geom', 'id') from shown where geom is not null
""")


def tile(session: Session, version_id: int, z: int, x: int, y: int) -> bytes:
    """The network in one tile; empty bytes where there is none."""
    wanted = _place(version_id, z, x, y)
    if z >= REACHES_FROM:
        return bytes(session.execute(REACHES, wanted).scalar_one())
    width_m = WORLD_M / 2**z
    sizes = {"least_m": width_m * SEEN, "tolerance_m": width_m * TOLERANCE / EXTENT}
    return bytes(session.execute(PATHS, {**wanted, **sizes}).scalar_one())


def sites_tile(session: Session, version_id: int, z: int, x: int, y: int, *, at: datetime) -> bytes:
    """The sites that stand at `at` in one tile; empty bytes where there are none."""
    return bytes(session.execute(SITES, {**_place(version_id, z, x, y), "at": at}).scalar_one())


def _place(version_id: int, z: int, x: int, y: int) -> dict[str, Any]:
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound("no-such-tile", Words(f"没有瓦片 {z}/{x}/{y}。", f"There is no tile {z}/{x}/{y}."))
    return {"version": version_id, "z": z, "x": x, "y": y}
