"""Places by name, for an officer who types one: sites, divisions, and the places at which reaches end."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

LIMIT: Final = 12
NAMED: Final = text("""
select name_zh, name_en, kind, ST_X(point) as lon, ST_Y(point) as lat, detail
from (
  select name_zh, name_en, kind, geom as point, river as detail, 1 as rank
  from sites
  where (name_zh like :like or name_en ilike :like)
    and (valid_from is null or valid_from <= :at) and (valid_to is null or valid_to > :at)
  union all
  select r.note, r.name_en, 'reach', ST_EndPoint(r.geom), r.code, 2
  from reaches r join networks n on n.active_version_id = r.version_id and n.is_default
  where r.note like :like or r.name_zh like :like or r.name_en ilike :like or r.code ilike :like
  union all
  select d.name_zh, d.name_en, d.level, ST_PointOnSurface(b.geom), d.code, 3
  from divisions d join boundaries b on b.code = d.code join boundary_versions v on v.id = b.boundary_version_id and v.active
  where (d.name_zh like :like or d.name_en ilike :like) and (d.valid_to is null or d.valid_to > :at)
) as found
order by rank, length(name_zh), name_zh
limit :limit
""")


def named(session: Session, asked: str, *, at: datetime) -> list[dict[str, Any]]:
    """Up to LIMIT places whose name holds `asked`, the most particular kind first."""
    escaped = asked.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = session.execute(NAMED, {"like": f"%{escaped}%", "at": at, "limit": LIMIT}).mappings()
    return [
        {
            "name": {"zh": row["name_zh"], "en": row["name_en"]},
            "kind": row["kind"],
            "lon": row["lon"],
            "lat": row["lat"],
            "detail": row["detail"],
        }
        for row in rows
    ]
