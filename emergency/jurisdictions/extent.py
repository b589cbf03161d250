"""How far a division reaches, so that a desk's map can open on its own ground."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

Extent = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
BOX: Final = text("""
select ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
from (
  select ST_Extent(b.geom) as box
  from boundaries b join boundary_versions v on v.id = b.boundary_version_id and v.active
  where b.code = :code
) as drawn
where box is not null
""")


def extent(session: Session, code: str) -> Extent | None:
    """The box around a division as it is drawn now; None for one that is drawn nowhere."""
    row = session.execute(BOX, {"code": code}).one_or_none()
    if row is None:
        return None
    west, south, east, north = (round(float(side), 4) for side in row)
    return west, south, east, north
