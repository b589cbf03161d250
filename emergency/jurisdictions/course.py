"""The course of the water from a spot: the reaches of a trace and the jurisdictions on it, at reference flow, as a document.

Asked by the command line and the API alike. Hours are those of the reference flow: an order of magnitude, for sequence and
limits, never a forecast.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from emergency.errors import BadInput
from emergency.jurisdictions import affected, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions, Stay
from emergency.river import networks, trace, travel
from emergency.river.snap import snap
from emergency.river.values import Direction, Passage, Spot, SubNetwork
from emergency.units import hours, km

Json = dict[str, Any]


def at_point(session: Session, lon: float, lat: float, *, name: str | None = None) -> Spot:
    """The spot that a point snaps to; BadInput beyond tolerance."""
    _, version = networks.active(session, name)
    found = snap(session, version, lon, lat)
    if found.chosen is None:
        raise BadInput("off-network", found.words, field="lon")
    return Spot(found.chosen.reach_id, found.chosen.offset_m)


def course(
    session: Session,
    spot: Spot,
    *,
    at: datetime,
    name: str | None = None,
    direction: Direction = Direction.DOWN,
    main_only: bool = False,
) -> tuple[SubNetwork, Json]:
    """The trace of a spot, and its document: reaches by distance, jurisdictions by arrival, total length."""
    _, version = networks.active(session, name)
    sub = trace.fetch(session, version, spot, direction=direction, main_only=main_only, at=at)
    passages = travel.passages(sub)
    ordered = sorted(passages.values(), key=lambda passage: (passage.enter_m, passage.reach_id))
    return sub, {
        "reaches": [_reach(passage) for passage in ordered],
        "jurisdictions": _reached(session, version, sub, passages, at),
        "length_km": round(km(sum(passage.leave_m - passage.enter_m for passage in ordered)), 6),
    }


def _reached(
    session: Session, version: int, sub: SubNetwork, passages: Mapping[int, Passage], at: datetime
) -> Sequence[Json]:
    boundaries = jurisdictions.drawn_boundaries(session)
    if boundaries is None:
        return []
    divisions = jurisdictions.division(session, at)
    pieces = stretches.pieces(session, version, boundaries, list(sub.reaches))
    return [_stay(stay, divisions) for stay in affected.stays(sub, passages, pieces, divisions)]


def _reach(passage: Passage) -> Json:
    return {
        "reach_id": passage.reach_id,
        "enter_km": round(km(passage.enter_m), 6),
        "leave_km": round(km(passage.leave_m), 6),
        "enter_h": _hours(passage.enter_s),
        "leave_h": _hours(passage.leave_s),
        "on_main": passage.on_main,
    }


def _stay(stay: Stay, divisions: Divisions) -> Json:
    return {
        "code": stay.code,
        "name": divisions.name(stay.code).stored(),
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
