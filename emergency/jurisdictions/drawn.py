"""The outlines of some divisions as GeoJSON, for a map that speaks of them: simplified to what a whole region shows."""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions

SIMPLIFY_DEGREES: Final = 0.004
"""About 400 m: below a pixel at the zooms at which several divisions are looked at together."""
SHAPES: Final = text("""
select b.code, ST_AsGeoJSON(ST_SimplifyPreserveTopology(b.geom, :simplify), 4) as shape
from boundaries b where b.boundary_version_id = :version and b.code = any(:codes)
""")
CODES: Final = text("select code from boundaries where boundary_version_id = :version")


def outlines(session: Session, codes: Sequence[str], divisions: Divisions) -> dict[str, Any]:
    """A FeatureCollection with a feature for each code that is drawn, by its own polygon, by those of its predecessors, or
    by those of the divisions below it; `missing` lists the codes that no polygon shows."""
    version = jurisdictions.drawn_boundaries(session)
    known = set() if version is None else set(session.scalars(CODES, {"version": version}))
    by_code = {code: _drawn(code, known, divisions) for code in codes if code in divisions}
    wanted = sorted({each for drawn in by_code.values() for each in drawn})
    rows = session.execute(SHAPES, {"version": version, "codes": wanted, "simplify": SIMPLIFY_DEGREES})
    shapes = {code: json.loads(shape) for code, shape in rows}
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": shapes[each],
                "properties": {"code": code, "drawn_as": each, "name": divisions.name(code).stored()},
            }
            for code, drawn in by_code.items()
            for each in drawn
        ],
        "missing": [code for code in codes if not by_code.get(code)],
    }


def _drawn(code: str, known: Collection[str], divisions: Divisions) -> tuple[str, ...]:
    """Whose polygons show a division: its own or its predecessors', else the highest drawn ones below it."""
    return divisions.drawn_by(code, known.__contains__) or tuple(
        each.code
        for each in divisions
        if each.code in known and code in (above := divisions.ancestors(each.code)) and not _between(above, code, known)
    )


def _between(above: Sequence[str], code: str, known: Collection[str]) -> bool:
    """Whether a drawn division stands between one and its ancestor `code`."""
    return any(each in known for each in above[: above.index(code)])
