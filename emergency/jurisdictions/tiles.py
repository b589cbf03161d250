"""The divisions as vector tiles: the finest level at close zooms, prefectures and provinces above."""

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
    return bytes(session.execute(TILE, wanted).scalar_one())
