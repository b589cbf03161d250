"""A point laid on the network: the reach and offset nearest to it on the globe, how far off, and what else it may be.

The index gives the nearest lines by degrees; they are ranked again by metres, since a degree of longitude is shorter than
one of latitude (a third of it at 70 degrees), and as many are looked at as it takes to be sure of the nearest. Beyond
tolerance nothing is chosen: the officer is told how far off the point is and picks, among rivers rather than among reaches.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from emergency.config import Settings
from emergency.db import SRID
from emergency.errors import BadInput
from emergency.river.values import Candidate, Snap
from emergency.units import DEGREE_M, km
from emergency.words import Words

NEAREST: Final = (24, 192, 1536)
"""How many lines are looked at, the next number where so many do not prove which is nearest."""
CANDIDATES: Final = 8
PER_RIVER: Final = 3
"""No more candidates from one river: an officer chooses between rivers, or between the reaches at a confluence."""
SAME_PLACE_M: Final = 0.5
"""Candidates whose distances differ by less lie equally near: they meet at a node."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far from the network a point may lie, in metres; a schematic line may itself be some kilometres from its river."""

    drawn_m: float = 2000.0
    schematic_m: float = 5000.0

    def of(self, *, schematic: bool) -> float:
        """The limit for a reach."""
        return self.schematic_m if schematic else self.drawn_m


USUAL: Final = Tolerance()

# Around the point, longitude is shrunk by the cosine of its latitude; there planar nearness is nearness on the ground. This
# measures the rows of `near`, each of which has the lon, lat, shrink and geometry of the point.
MEASURED: Final = f"""local as (
    select near.*, st_setsrid(st_scale(st_translate(geom, -lon, -lat), shrink, 1), 0) as line from near
), met as (
    select local.*, st_linelocatepoint(line, st_makepoint(0, 0)) as part,
           st_closestpoint(line, st_makepoint(0, 0)) as foot from local
), placed as (
    select met.*, lon + st_x(foot) / shrink as foot_lon, lat + st_y(foot) as foot_lat from met
), measured as materialized (
    select placed.*, part * length_m as offset_m,
           st_distance(st_setsrid(st_makepoint(foot_lon, foot_lat), {SRID})::geography, point::geography) as distance_m
    from placed
)"""
NEARBY: Final = f"""
with asked as (
    select cast(:lon as float8) as lon, cast(:lat as float8) as lat, cast(:shrink as float8) as shrink,
           st_setsrid(st_makepoint(:lon, :lat), {SRID}) as point
), near as (
    select r.*, a.lon, a.lat, a.shrink, a.point from (
        select reach_id, code, river, name_zh, name_en, length_m, schematic, discharge_m3s, path_id, geom,
               geom <-> st_setsrid(st_makepoint(:lon, :lat), {SRID}) as away
        from reaches where version_id = :version
        order by geom <-> st_setsrid(st_makepoint(:lon, :lat), {SRID}) limit {{nearest}}
    ) r cross join asked a
), {MEASURED}
select reach_id, code, river, name_zh, name_en, schematic, discharge_m3s, path_id, away, part, offset_m, foot_lon, foot_lat,
       distance_m
from measured
"""

# The same choice within a statement: what is nearest by degrees bounds how far the nearest on the ground can be, and a box of
# that size around the point holds it; the order is that of `_rank`. For psycopg; `{reaches}` names one version's partition.
# The parameters are read once, out of the planner's sight: a plan for one point is as good for all, and is made once.
CHOSEN: Final = f"""asked as materialized (
    select %(lon)s::float8 as lon, %(lat)s::float8 as lat, %(shrink)s::float8 as shrink,
           %(tolerance_m)s::float8 as tolerance_m, %(schematic_tolerance_m)s::float8 as schematic_tolerance_m,
           st_setsrid(st_makepoint(%(lon)s::float8, %(lat)s::float8), {SRID}) as point
), first as materialized (
    with near as (
        select r.length_m, r.geom, a.* from asked a cross join (
            select length_m, geom from {{reaches}} order by geom <-> (select point from asked) limit 1
        ) r
    ), {MEASURED}
    select case when distance_m <= least(tolerance_m, schematic_tolerance_m) then distance_m + {SAME_PLACE_M}
                else greatest(tolerance_m, schematic_tolerance_m) end / {DEGREE_M} as lat_degrees from measured
), box as materialized (
    select st_expand(point, lat_degrees / cosd(least(abs(lat) + lat_degrees, 89.99)), lat_degrees) as geom
    from first cross join asked
), chosen as materialized (
    with near as (
        select r.reach_id, r.length_m, r.schematic, r.discharge_m3s, r.geom, a.* from asked a cross join {{reaches}} r
        where r.geom && (select geom from box)
    ), {MEASURED}
    select reach_id, offset_m, distance_m from measured
    where distance_m <= case when schematic then schematic_tolerance_m else tolerance_m end
    order by round(distance_m / {SAME_PLACE_M}), part desc, coalesce(discharge_m3s, 0) desc, reach_id limit 1
)"""


def tolerance(settings: Settings) -> Tolerance:
    """As this deployment has it."""
    return Tolerance(settings.snap_tolerance_m, settings.snap_schematic_tolerance_m)


def snap(session: Session, version_id: int, lon: float, lat: float, *, within: Tolerance = USUAL) -> Snap:
    """The nearest place within tolerance as `chosen`, and the nearest candidates in any case: a few of each river."""
    _check(lon, lat)
    wanted = {"version": version_id, "lon": lon, "lat": lat, "shrink": _shrink(lat)}
    rows: Sequence[RowMapping] = []
    chosen: RowMapping | None = None
    for nearest in NEAREST:
        rows = sorted(session.execute(text(NEARBY.format(nearest=nearest)), wanted).mappings(), key=_rank)
        chosen = next((row for row in rows if row["distance_m"] <= within.of(schematic=row["schematic"])), None)
        if len(rows) < nearest or _proven(rows, chosen, lat, max(within.drawn_m, within.schematic_m)):
            break
    found = None if chosen is None else _candidate(chosen)
    candidates = [_candidate(row) for row in _told(rows, chosen)]
    return Snap(lon, lat, found, candidates, within.drawn_m, _words(candidates, found, within))


def asked(lon: float, lat: float, within: Tolerance) -> dict[str, float]:
    """The parameters of `CHOSEN`; BadInput for a point off the globe."""
    _check(lon, lat)
    return {
        "lon": float(lon),
        "lat": float(lat),
        "shrink": _shrink(lat),
        "tolerance_m": float(within.drawn_m),
        "schematic_tolerance_m": float(within.schematic_m),
    }


def _shrink(lat: float) -> float:
    return max(math.cos(math.radians(lat)), 1e-6)


def _proven(rows: Sequence[RowMapping], chosen: RowMapping | None, lat: float, limit_m: float) -> bool:
    """Whether no line that was not looked at can be nearer than the choice, or within any tolerance where there is none.

    What was not looked at is at least `away` degrees off; eastward these are shortest, by the cosine of the latitude.
    """
    away = max(row["away"] for row in rows)
    least_m = away * DEGREE_M * math.cos(math.radians(min(abs(lat) + away, 90.0)))
    decisive_m = rows[0]["distance_m"] if chosen is None else chosen["distance_m"]
    return bool(least_m > (max(decisive_m, limit_m) if chosen is None else decisive_m + SAME_PLACE_M))


def _told(rows: Sequence[RowMapping], chosen: RowMapping | None) -> list[RowMapping]:
    """The nearest, PER_RIVER of each river and main path; the choice in any case."""
    counted: dict[Any, int] = {}
    told: list[RowMapping] = []
    for row in rows:
        keys = (row["river"], row["path_id"])
        if row is chosen or all(counted.get(key, 0) < PER_RIVER for key in keys):
            told.append(row)
            counted.update({key: counted.get(key, 0) + 1 for key in keys})
    if chosen is not None and chosen not in told[:CANDIDATES]:
        return [*told[: CANDIDATES - 1], chosen]
    return told[:CANDIDATES]


def _check(lon: float, lat: float) -> None:
    for name, value, limit, zh in (("lon", lon, 180, "经度"), ("lat", lat, 90, "纬度")):
        if not (math.isfinite(value) and -limit <= value <= limit):
            words = Words(
                f"{zh} {value:g} 超出 ±{limit} 度：请检查坐标，经度在前。",
                f"{name} {value:g} is outside ±{limit} degrees: check the coordinates, longitude first.",
            )
            raise BadInput("coordinates", words, field=name)


def _rank(row: RowMapping) -> tuple[int, float, float, int]:
    """By distance; where reaches meet, the one that ends there before the one that begins, so that every branch of a
    divergence is downstream of the choice; then the greater river."""
    return round(row["distance_m"] / SAME_PLACE_M), -row["part"], -(row["discharge_m3s"] or 0.0), row["reach_id"]


def _candidate(row: RowMapping) -> Candidate:
    return Candidate(
        reach_id=row["reach_id"],
        code=row["code"],
        river=row["river"],
        name=Words(row["name_zh"], row["name_en"]),
        offset_m=row["offset_m"],
        distance_m=row["distance_m"],
        lon=row["foot_lon"],
        lat=row["foot_lat"],
        schematic=row["schematic"],
    )


def _words(candidates: Sequence[Candidate], chosen: Candidate | None, within: Tolerance) -> Words:
    if not candidates:
        return Words("河网中没有河段。", "The network holds no reach.")
    if chosen is not None:
        away = _away(chosen.distance_m)
        return Words(
            f"定位于{chosen.name.zh}（河段 {chosen.code}），距所报位置 {away.zh}。",
            f"Placed on {chosen.name.en} (reach {chosen.code}), {away.en} from the point given.",
        )
    nearest = candidates[0]
    away = _away(nearest.distance_m)
    limit_km = km(within.of(schematic=nearest.schematic))
    return Words(
        f"最近的河流是{nearest.name.zh}（河段 {nearest.code}），距 {away.zh}，超出 {limit_km:g} 公里的容差："
        "请移动位置、从候选河段中选定，或注明“位置未定”。",
        f"The nearest river is {nearest.name.en} (reach {nearest.code}), {away.en} away, beyond the tolerance of "
        f"{limit_km:g} km: move the point, choose one of the candidates, or mark the place as not yet known.",
    )


def _away(distance_m: float) -> Words:
    if distance_m < 1000:
        return Words(f"{distance_m:.0f} 米", f"{distance_m:.0f} m")
    return Words(f"{km(distance_m):.1f} 公里", f"{km(distance_m):.1f} km")
