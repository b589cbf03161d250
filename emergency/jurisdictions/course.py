"""The course of the water from a spot: the reaches of a trace and the jurisdictions on it, at reference flow, as a document.

Asked by the command line and the API alike. Hours are those of the reference flow: an order of magnitude, for sequence and
limits, never a forecast.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from emergency.errors import BadInput
from emergency.jurisdictions import affected, reached, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.reached import Reached
from emergency.jurisdictions.values import Divisions, Piece, Stay
from emergency.river import daystate, networks, sites, trace, travel
from emergency.river.snap import USUAL, Tolerance, snap
from emergency.river.trace import Limit
from emergency.river.values import Direction, Passage, Site, SiteKind, Snap, Spot, SubNetwork
from emergency.units import hours, km
from emergency.words import Words

Json = dict[str, Any]


def at_point(session: Session, lon: float, lat: float, *, name: str | None = None, within: Tolerance = USUAL) -> Spot:
    """The spot that a point snaps to; BadInput beyond tolerance."""
    _, version = networks.active(session, name)
    found = snap(session, version, lon, lat, within=within)
    if found.chosen is None:
        raise _off_network(found)
    return Spot(found.chosen.reach_id, found.chosen.offset_m)


def _off_network(found: Snap) -> BadInput:
    return BadInput("off-network", found.words, field="lon")


def course(
    session: Session,
    spot: Spot,
    *,
    at: datetime,
    name: str | None = None,
    direction: Direction = Direction.DOWN,
    main_only: bool = False,
    limit: Limit | None = None,
    kinds: Collection[SiteKind] = (),
) -> tuple[SubNetwork, Json]:
    """The trace of a spot, and its document: reaches by distance, jurisdictions by arrival, total length; with `limit` no
    further than that, with `kinds` the sites of these kinds."""
    _, version = networks.active(session, name)
    sub = trace.fetch(session, version, spot, direction=direction, main_only=main_only, at=at)
    passages = travel.passages(sub)
    walked = trace.within(passages, limit or Limit())
    sub = replace(sub, reaches={reach_id: reach for reach_id, reach in sub.reaches.items() if reach_id in walked})
    cut = (trace.cut(passages[reach_id], walked_m) for reach_id, walked_m in walked.items())
    ordered = sorted(cut, key=lambda passage: (passage.enter_m, passage.reach_id))
    found: Json = {
        "reaches": [_reach(passage) for passage in ordered],
        "jurisdictions": _reached(session, version, sub, passages, walked, at),
        "length_km": round(km(sum(passage.leave_m - passage.enter_m for passage in ordered)), 6),
    }
    if kinds:
        found["sites"] = _sites(session, version, sub, {passage.reach_id: passage for passage in ordered}, kinds, at)
    return sub, found


def quick(
    session: Session,
    place: Spot | tuple[float, float],
    *,
    at: datetime,
    name: str | None = None,
    main_only: bool = False,
    within: Tolerance = USUAL,
) -> Json:
    """The jurisdictions alone, downstream of a spot or of a point (lon, lat): the same as in `course`, at once.

    What is stored knows the reference flow only: where speeds or discharges of the day are stated, the whole trace is made.
    """
    network, version = networks.active(session, name)
    day = daystate.of_the_day(session, network.id, at)
    if day.velocities or day.discharges:
        spot = place if isinstance(place, Spot) else at_point(session, *place, name=name, within=within)
        _, found = course(session, spot, at=at, name=name, main_only=main_only)
        return {"jurisdictions": found["jurisdictions"]}
    boundaries = jurisdictions.drawn_boundaries(session)
    divisions = jurisdictions.division(session, at)
    if boundaries is None:
        return {"jurisdictions": []}
    if isinstance(place, Spot):
        answer = reached.from_spot(session, version, boundaries, place, divisions, main_only=main_only)
    else:
        found_at = reached.from_point(
            session, version, boundaries, *place, divisions, main_only=main_only, within=within
        )
        if found_at is None:
            raise _off_network(snap(session, version, *place, within=within))
        answer = found_at
    return {"jurisdictions": [_stay(each, divisions) for each in answer.reached]}


def _reached(
    session: Session,
    version: int,
    sub: SubNetwork,
    passages: Mapping[int, Passage],
    walked: Mapping[int, float],
    at: datetime,
) -> Sequence[Json]:
    boundaries = jurisdictions.drawn_boundaries(session)
    if boundaries is None:
        return []
    divisions = jurisdictions.division(session, at)
    pieces = _walked(sub, stretches.pieces(session, version, boundaries, list(sub.reaches)), passages, walked)
    return [_stay(stay, divisions) for stay in affected.stays(sub, passages, pieces, divisions)]


def _walked(
    sub: SubNetwork, pieces: Iterable[Piece], passages: Mapping[int, Passage], walked: Mapping[int, float]
) -> list[Piece]:
    """The pieces within the limit of a trace, the last ones cut there."""
    found: list[Piece] = []
    for piece in pieces:
        passage = passages[piece.reach_id]
        beyond_m = passage.leave_m - passage.enter_m - walked[piece.reach_id]
        if beyond_m <= 0:
            found.append(piece)
            continue
        length_m = sub.reaches[piece.reach_id].length_m
        low_m, high_m = (0.0, length_m - beyond_m) if sub.direction is Direction.DOWN else (beyond_m, length_m)
        if max(piece.from_m, low_m) < min(piece.to_m, high_m):
            found.append(replace(piece, from_m=max(piece.from_m, low_m), to_m=min(piece.to_m, high_m)))
    return found


def _sites(
    session: Session,
    version: int,
    sub: SubNetwork,
    passages: Mapping[int, Passage],
    kinds: Collection[SiteKind],
    at: datetime,
) -> list[Json]:
    """The sites of some kinds on the way, nearest first."""
    standing = (site for site in sites.sites_on(session, version, list(passages), at=at) if site.kind in kinds)
    placed = ((site, _site_m(sub, passages[site.reach_id], site)) for site in standing)
    on_the_way = ((site, at_m) for site, at_m in placed if 0 <= at_m <= _length_m(passages[site.reach_id]))
    found = [_site(site, passages[site.reach_id], at_m) for site, at_m in on_the_way]
    return sorted(found, key=lambda each: (each["km"], each["id"]))


def _site_m(sub: SubNetwork, passage: Passage, site: Site) -> float:
    """Metres walked on the site's reach when the water is there; below 0 or beyond its passage: it does not come by."""
    along_m = site.offset_m
    if sub.direction is Direction.UP:
        along_m = sub.reaches[site.reach_id].length_m - site.offset_m
    if site.reach_id != sub.start.reach_id:
        return along_m
    start = sub.reaches[site.reach_id]
    return along_m - (sub.start.offset_m if sub.direction is Direction.DOWN else start.length_m - sub.start.offset_m)


def _length_m(passage: Passage) -> float:
    return passage.leave_m - passage.enter_m


def _site(site: Site, passage: Passage, at_m: float) -> Json:
    time_s = trace.cut(passage, at_m).leave_s if at_m > 0 else passage.enter_s
    return {
        "id": site.site_id,
        "name": site.name.stored(),
        "kind": site.kind.value,
        "river": site.river,
        "km": round(km(passage.enter_m + at_m), 6),
        "enter_h": _hours(time_s),
    }


def _reach(passage: Passage) -> Json:
    return {
        "reach_id": passage.reach_id,
        "enter_km": round(km(passage.enter_m), 6),
        "leave_km": round(km(passage.leave_m), 6),
        "enter_h": _hours(passage.enter_s),
        "leave_h": _hours(passage.leave_s),
        "on_main": passage.on_main,
    }


def _stay(stay: Stay | Reached, divisions: Divisions) -> Json:
    name: Words = divisions.name(stay.code)
    return {
        "code": stay.code,
        "name": name.stored(),
        "river": stay.river,
        "entry": stay.entry,
        "enter_km": round(stay.enter_km, 6),
        "leave_km": round(stay.leave_km, 6),
        "enter_h": _hours(stay.enter_s),
        "bank": stay.bank.value,
        "desk": stay.desk,
        "flags": [flag.stored() for flag in stay.flags],
    }


def _hours(time_s: float | None) -> float | None:
    return None if time_s is None else round(hours(time_s), 6)
