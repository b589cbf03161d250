"""The incidents that an officer may see, as points of a vector tile: where each is held to be, open or drill."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.access import Officer, Role
from emergency.errors import NotFound
from emergency.words import Words

DEEPEST: Final = 22
TILE: Final = text("""
with bounds as (select ST_TileEnvelope(:z, :x, :y) as box),
shapes as (
  select i.number, i.status, i.drill, i.lead,
         ST_AsMVTGeom(ST_Transform(placed.geom, 3857), bounds.box, 4096, 64, true) as geom
  from bounds
  cross join incidents i
  left join lateral (
    select a.body #> '{inputs,location}' as place from assessments a where a.incident = i.number order by a.n desc limit 1
  ) as newest on true
  left join lateral (
    select r.geom from attachments t join reports r on r.id = t.report where t.incident = i.number order by t.n limit 1
  ) as first on true
  cross join lateral (
    select coalesce(
      ST_SetSRID(ST_MakePoint((newest.place ->> 'lon')::float8, (newest.place ->> 'lat')::float8), 4326), first.geom
    ) as geom
  ) as placed
  where i.status not in ('closed', 'merged')
    and placed.geom && ST_Transform(bounds.box, 4326)
    and (:all or exists (
      select 1 from audience a
      where a.incident = i.number and a.jurisdiction = :desk and a.revoked_at is null))
)
select ST_AsMVT(shapes, 'incidents') from shapes where geom is not null
""")


def tile(session: Session, officer: Officer, z: int, x: int, y: int) -> bytes:
    """The incidents of one tile that this officer's desk may see."""
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound("no-such-tile", Words(f"没有瓦片 {z}/{x}/{y}。", f"There is no tile {z}/{x}/{y}."))
    seen = {"all": officer.role is Role.ADMINISTRATOR, "desk": officer.desk or ""}
    return bytes(session.execute(TILE, {"z": z, "x": x, "y": y, **seen}).scalar_one())
