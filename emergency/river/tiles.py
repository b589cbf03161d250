"""Map tiles of the network and of the sites on it (Mapbox Vector Tiles, layers `network` and `sites`).

Near by every reach is a feature; to z11 a feature is a main path, from the lines that `lines` drew when the network was
loaded.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.db import SRID, TILE_SRID
from emergency.errors import NotFound
from emergency.words import Words

LINES_TO: Final = 11
"""The deepest zoom at which main paths are drawn; below it, reaches."""
DEEPEST: Final = 22
EXTENT: Final = 4096
BUFFER: Final = 64
WORLD_M: Final = 40_075_016.7
"""The equator, in metres: the width of the tile at z0."""

BOX: Final = f"""
    select st_tileenvelope(:z, :x, :y) as tile,
           st_tileenvelope(:z, :x, :y, margin => {BUFFER / EXTENT}) as drawn,
           st_transform(st_tileenvelope(:z, :x, :y, margin => {BUFFER / EXTENT}), {SRID}) as around
"""

REACHES: Final = text(f"""
with box as ({BOX}), shown as (
    select r.reach_id as id, r.reach_id, r.code, r.river, r.name_zh, r.name_en, r.kind, r.schematic,
           r.discharge_m3s as discharge, r.divergence, r.path_id,
           st_asmvtgeom(st_transform(r.geom, {TILE_SRID}), box.tile, {EXTENT}, {BUFFER}) as geom
    from box join reaches r on r.version_id = :version and r.geom && box.around
)
select st_asmvt(shown, 'network', {EXTENT}, 'geom', 'id') from shown where geom is not null
""")

# Every zoom has an index of its own, which a statement finds only when it names the zoom itself.
LINES: Final = [
    text(f"""
with box as ({BOX}), shown as (
    select l.path_id as id, l.schematic, l.kind, l.name_zh, l.name_en, l.discharge,
           st_asmvtgeom(l.geom, box.tile, {EXTENT}, {BUFFER}) as geom
    from box join tile_lines l on l.version_id = :version and l.z = {z} and l.geom && box.drawn
)
select st_asmvt(shown, 'network', {EXTENT}, 'geom', 'id') from shown where geom is not null
""")
    for z in range(LINES_TO + 1)
]

SITES: Final = text(f"""
with box as ({BOX}), shown as (
    select s.site_id as id, s.site_id, s.kind, s.subtype, s.name_zh, s.name_en, s.river, s.jurisdiction, s.synthetic,
           a.reach_id, a.offset_m, st_asmvtgeom(st_transform(s.geom, {TILE_SRID}), box.tile, {EXTENT}, {BUFFER}) as geom
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
    return bytes(session.execute(REACHES if z > LINES_TO else LINES[z], wanted).scalar_one())


def sites_tile(session: Session, version_id: int, z: int, x: int, y: int, *, at: datetime) -> bytes:
    """The sites that stand at `at` in one tile; empty bytes where there are none."""
    return bytes(session.execute(SITES, {**_place(version_id, z, x, y), "at": at}).scalar_one())


def _place(version_id: int, z: int, x: int, y: int) -> dict[str, Any]:
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound("no-such-tile", Words(f"没有瓦片 {z}/{x}/{y}。", f"There is no tile {z}/{x}/{y}."))
    return {"version": version_id, "z": z, "x": x, "y": y}
