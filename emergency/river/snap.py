"""A point laid on the network: the reach and offset nearest to it on the globe, how far off, and what else it may be.

The index gives the nearest lines by degrees; they are ranked again by metres, since a degree of longitude is shorter than
one of latitude. Beyond tolerance nothing is chosen: the officer is told how far off the point is and picks.
"""

import math
from collections.abc import Sequence
from typing import Final

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from emergency.db import SRID
from emergency.errors import BadInput
from emergency.river.values import Candidate, Snap
from emergency.units import km
from emergency.words import Words

TOLERANCE_M: Final = 2000.0
SCHEMATIC_TOLERANCE_M: Final = 5000.0
"""A schematic line may itself be some kilometres from its river."""
NEAREST: Final = 8
SAME_PLACE_M: Final = 0.5
"""Candidates whose distances differ by less lie equally near: they meet at a node."""

# Around the point, longitude is shrunk by the cosine of its latitude; there planar nearness is nearness on the ground.
NEARBY: Final = text(f"""
with near as (
    select reach_id, code, river, name_zh, name_en, length_m, schematic, discharge_m3s, geom
    from reaches where version_id = :version
    order by geom <-> st_setsrid(st_makepoint(:lon, :lat), {SRID}) limit {NEAREST}
), local as (
    select near.*, st_setsrid(st_scale(st_translate(geom, -:lon, -:lat), :shrink, 1), 0) as line from near
), met as (
    select local.*, st_linelocatepoint(line, st_makepoint(0, 0)) as part,
           st_closestpoint(line, st_makepoint(0, 0)) as foot from local
), placed as (
    select met.*, :lon + st_x(foot) / :shrink as foot_lon, :lat + st_y(foot) as foot_lat from met
)
select reach_id, code, river, name_zh, name_en, schematic, discharge_m3s, part, part * length_m as offset_m, foot_lon, foot_lat,
       st_distance(st_setsrid(st_makepoint(foot_lon, foot_lat), {SRID})::geography,
                   st_setsrid(st_makepoint(:lon, :lat), {SRID})::geography) as distance_m
from placed
""")


def snap(
    session: Session,
    version_id: int,
    lon: float,
    lat: float,
    *,
    tolerance_m: float = TOLERANCE_M,
    schematic_tolerance_m: float = SCHEMATIC_TOLERANCE_M,
) -> Snap:
    """The nearest place within tolerance as `chosen`, and the nearest candidates in any case."""
    _check(lon, lat)
    wanted = {"version": version_id, "lon": lon, "lat": lat, "shrink": max(math.cos(math.radians(lat)), 1e-6)}
    rows = sorted(session.execute(NEARBY, wanted).mappings(), key=_rank)
    candidates = [_candidate(row) for row in rows]
    limits = {True: schematic_tolerance_m, False: tolerance_m}
    chosen = next((each for each in candidates if each.distance_m <= limits[each.schematic]), None)
    return Snap(
        lon, lat, chosen, candidates, tolerance_m, _words(candidates, chosen, tolerance_m, schematic_tolerance_m)
    )


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


def _words(
    candidates: Sequence[Candidate], chosen: Candidate | None, tolerance_m: float, schematic_tolerance_m: float
) -> Words:
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
    limit_km = km(schematic_tolerance_m if nearest.schematic else tolerance_m)
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
