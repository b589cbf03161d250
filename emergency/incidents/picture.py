"""The picture of an assessment: reached stretches, arrivals, sites and the spot as GeoJSON, simplified for the map."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.incidents.document import hours, site
from emergency.incidents.findings import Entry, Findings
from emergency.incidents.statement import Statement
from emergency.incidents.values import Survey

SIMPLIFY_DEGREES: Final = 0.0005
"""About 50 m: below a screen's pixel at the zooms at which a whole trace is looked at."""

# One line for all that an entry covers: nothing is told of its reaches one by one, and there may be thousands.
CUT: Final = text("""
with part as materialized (
    select cut.n, r.schematic,
           ST_LineSubstring(r.geom, least(cut.from_m / r.length_m, 1), least(cut.to_m / r.length_m, 1)) as line
    from unnest(cast(:numbers as int[]), cast(:reaches as bigint[]), cast(:froms as float8[]), cast(:tos as float8[]))
         as cut(n, reach_id, from_m, to_m)
    join reaches r on r.version_id = :version and r.reach_id = cut.reach_id
    where cut.to_m > cut.from_m
)
select n, schematic, ST_AsGeoJSON(ST_SimplifyPreserveTopology(ST_LineMerge(ST_Collect(line)), :simplify), 5)::json
from part where ST_Dimension(line) = 1 group by n, schematic order by n, schematic
""")
ENTERED: Final = text("""
select at.n, ST_X(spot.geom), ST_Y(spot.geom)
from unnest(cast(:numbers as int[]), cast(:reaches as bigint[]), cast(:offsets as float8[])) as at(n, reach_id, offset_m)
join reaches r on r.version_id = :version and r.reach_id = at.reach_id
cross join lateral (select ST_LineInterpolatePoint(r.geom, least(at.offset_m / r.length_m, 1)) as geom) spot
order by at.n
""")


def picture(session: Session, survey: Survey, found: Findings, statement: Statement) -> dict[str, Any]:
    """A FeatureCollection; `layer` of each feature says what it is."""
    features = [
        *_stretches(session, survey, found),
        *_arrivals(session, survey, found),
        *(_point("site", each.site.lon, each.site.lat, site(each)) for each in found.sites),
        *_spots(survey, statement),
    ]
    return {"type": "FeatureCollection", "features": features}


def _stretches(session: Session, survey: Survey, found: Findings) -> Iterator[dict[str, Any]]:
    pieces = [(n, piece) for n, entry in enumerate(found.entries) for piece in entry.stay.pieces]
    values = {
        "numbers": [n for n, _ in pieces],
        "reaches": [piece.reach_id for _, piece in pieces],
        "froms": [piece.from_m for _, piece in pieces],
        "tos": [piece.to_m for _, piece in pieces],
        "version": survey.network_version,
        "simplify": SIMPLIFY_DEGREES,
    }
    for n, schematic, shape in session.execute(CUT, values):
        properties = {"layer": "stretch", "schematic": schematic, **_entry(survey, found.entries[n])}
        yield {"type": "Feature", "geometry": shape, "properties": properties}


def _arrivals(session: Session, survey: Survey, found: Findings) -> Iterator[dict[str, Any]]:
    """Where the water comes in."""
    entered = [entry.stay.enter for entry in found.entries]
    values = {
        "numbers": list(range(len(entered))),
        "reaches": [spot.reach_id for spot in entered],
        "offsets": [spot.offset_m for spot in entered],
        "version": survey.network_version,
    }
    for n, lon, lat in session.execute(ENTERED, values):
        yield _point("arrival", lon, lat, _entry(survey, found.entries[n]))


def _entry(survey: Survey, entry: Entry) -> dict[str, Any]:
    return {
        "code": entry.stay.code,
        "name": survey.divisions.name(entry.stay.code).stored(),
        "entry": entry.stay.entry,
        "bank": entry.stay.bank.value,
        **hours(entry.when),
    }


def _spots(survey: Survey, statement: Statement) -> Iterator[dict[str, Any]]:
    chosen = survey.snap.chosen
    assert chosen is not None
    yield _point("report", statement.lon, statement.lat, {})
    facts = {"river": chosen.river, "name": chosen.name.stored(), "distance_m": round(chosen.distance_m)}
    yield _point("spot", chosen.lon, chosen.lat, facts)


def _point(layer: str, lon: float, lat: float, properties: dict[str, Any]) -> dict[str, Any]:
    shape = {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]}
    return {"type": "Feature", "geometry": shape, "properties": {"layer": layer, **properties}}
