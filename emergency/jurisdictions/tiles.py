"""The divisions as vector tiles: the finest level at close zooms, prefectures and provinces above.

Layer `divisions` holds their polygons, cut by the tile; layer `division_labels` one point for each division that is named
at this zoom (close by, each in which no finer one is drawn), within its largest part, and in the one tile in which that
point lies: a name is written once.
"""

from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.errors import NotFound
from emergency.words import Words

DEEPEST: Final = 22
COUNTIES_FROM: Final = 8
TILE: Final = text("""
with bounds as (select ST_TileEnvelope(:z, :x, :y) as box),
shapes as (
  select d.code, d.name_zh, d.name_en, d.level,
         ST_AsMVTGeom(
           ST_SimplifyPreserveTopology(ST_Transform(b.geom, 3857), :tolerance_m), bounds.box, 4096, 64, true) as geom
  from bounds
  join boundaries b on b.geom && ST_Transform(bounds.box, 4326)
  join divisions d on d.code = b.code
  where b.boundary_version_id = :version and (d.level <> 'county' or :counties)
)
select ST_AsMVT(shapes, 'divisions') from shapes where geom is not null
""")
LABELS: Final = text("""
with bounds as (select ST_TileEnvelope(:z, :x, :y) as box),
named as (
  select d.code, d.name_zh, d.name_en, d.level, ST_Transform(largest.point, 3857) as point
  from bounds
  join boundaries b on b.geom && ST_Transform(bounds.box, 4326)
  join divisions d on d.code = b.code
  cross join lateral (
    select ST_PointOnSurface(part.geom) as point from ST_Dump(b.geom) as part order by ST_Area(part.geom) desc limit 1
  ) as largest
  where b.boundary_version_id = :version and case
    when :counties then not exists (
      select 1 from divisions finer
      join boundaries drawn on drawn.boundary_version_id = :version and drawn.code = finer.code
      where finer.parent = d.code)
    else d.level <> 'county' end
),
shapes as (
  select code, name_zh, name_en, level, ST_AsMVTGeom(point, bounds.box, 4096, 64, true) as geom
  from bounds, named
  where ST_X(point) >= ST_XMin(bounds.box) and ST_X(point) < ST_XMax(bounds.box)
    and ST_Y(point) >= ST_YMin(bounds.box) and ST_Y(point) < ST_YMax(bounds.box)
)
select ST_AsMVT(shapes, 'division_labels') from shapes where geom is not null
""")


def tile(session: Session, boundary_version: int, z: int, x: int, y: int) -> bytes:
    """The divisions of one tile; empty bytes where there is none."""
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound("no-such-tile", Words(f"没有瓦片 {z}/{x}/{y}。", f"There is no tile {z}/{x}/{y}."))
    wanted: dict[str, Any] = {
        "z": z,
        "x": x,
        "y": y,
        "version": boundary_version,
        "counties": z >= COUNTIES_FROM,
        "tolerance_m": 40_075_016.68 / 2**z / 4096 * 4,
    }
    return b"".join(bytes(session.execute(layer, wanted).scalar_one()) for layer in (TILE, LABELS))
