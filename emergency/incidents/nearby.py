"""Is it the same event? The open incidents near a report, along the river either way and within a day; the officer chooses.

Offered, never picked: a report is taken whatever is near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from emergency.access import AudienceRow, Officer, Role
from emergency.incidents import reports
from emergency.incidents.assess import latest
from emergency.incidents.models import AssessmentRow, IncidentRow
from emergency.incidents.record import Status
from emergency.incidents.statement import Statement
from emergency.incidents.survey import locate
from emergency.incidents.weighing import apart_km
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions
from emergency.river import networks, trace, travel
from emergency.river.snap import Tolerance
from emergency.river.values import Candidate, Spot
from emergency.units import iso, km

WITHIN_KM: Final = 20.0
WITHIN: Final = timedelta(hours=24)
MOST: Final = 5
HERE_M: Final = 50.0
"""Nearer than this two places on a river are one."""


@dataclass(frozen=True, slots=True)
class Near:
    """An open incident near a report. km: along the river; as the crow flies where one of them lies on no river.
    where: downstream or upstream of the report, here, or beside it where no water goes from one to the other by 20 km."""

    incident: IncidentRow
    newest: AssessmentRow | None
    km: float
    where: str


def nearby(
    session: Session, statement: Statement, officer: Officer, within: Tolerance, *, but: int | None = None
) -> list[Near]:
    """The incidents that this officer may see and that may be the same event, the nearest first. but: the file itself."""
    here = {"lon": statement.lon, "lat": statement.lat}
    found: list[Near] = []
    spot: Candidate | None = None
    for incident in _open_to(session, statement, officer, but):
        newest = latest(session, incident.number)
        place = newest.body["inputs"]["location"] if newest else _place(session, incident)
        crow_km = apart_km(place, here)
        if crow_km > WITHIN_KM:  # along the river it is farther still
            continue
        spot = spot or locate(session, statement.lon, statement.lat, within).chosen
        near = _measured(session, incident, newest, spot, crow_km)
        found += [near] if near is not None else []
    return sorted(found, key=lambda each: (each.km, each.incident.number))[:MOST]


def shown(session: Session, found: Sequence[Near], statement: Statement) -> list[dict[str, Any]]:
    """As the API gives them."""
    divisions = jurisdictions.division(session, statement.known_at)
    return [_shown(session, each, statement, divisions) for each in found]


def _shown(session: Session, near: Near, statement: Statement, divisions: Divisions) -> dict[str, Any]:
    incident = near.incident
    known = reports.believed(session, incident)
    return {
        "number": incident.number,
        "km": round(near.km, 1),
        "where": near.where,
        "river": near.newest.body["snapped"]["name"] if near.newest else None,
        "place": near.newest.body["reached"][0]["name"] if near.newest else None,
        "substance": known.substance,
        "source_state": known.source_state.value,
        "known_at": iso(incident.known_at),
        "apart_min": round(abs((statement.known_at - incident.known_at).total_seconds()) / 60),
        "lead": incident.lead,
        "lead_name": divisions.name(incident.lead).stored(),
        "drill": incident.drill,
    }


def _open_to(session: Session, statement: Statement, officer: Officer, but: int | None) -> list[IncidentRow]:
    """Open files of this day that the officer may see."""
    rows = select(IncidentRow).where(
        IncidentRow.status == Status.OPEN,
        IncidentRow.drill == statement.drill,
        or_(IncidentRow.known_at >= statement.known_at - WITHIN, IncidentRow.opened_at >= statement.known_at - WITHIN),
        IncidentRow.known_at <= statement.known_at + WITHIN,
    )
    if but is not None:
        rows = rows.where(IncidentRow.number != but)
    if officer.role is not Role.ADMINISTRATOR:
        seen = select(AudienceRow.incident).where(
            AudienceRow.jurisdiction == officer.desk, AudienceRow.revoked_at.is_(None)
        )
        rows = rows.where(IncidentRow.number.in_(seen))
    return list(session.scalars(rows.order_by(IncidentRow.number.desc()).limit(200)))


def _place(session: Session, incident: IncidentRow) -> dict[str, float]:
    known = reports.believed(session, incident)
    return {"lon": known.lon, "lat": known.lat}


def _measured(
    session: Session, incident: IncidentRow, newest: AssessmentRow | None, spot: Candidate | None, crow_km: float
) -> Near | None:
    """How far along the river; None where it is farther than what is offered."""
    _, version = networks.active(session)
    if spot is None or newest is None or newest.body["versions"]["network"] != version:
        return Near(incident, newest, crow_km, "beside")
    snapped = newest.body["snapped"]
    mine, its = Spot(spot.reach_id, spot.offset_m), Spot(snapped["reach_id"], snapped["offset_m"])
    ways = [("downstream", _down_m(session, version, mine, its)), ("upstream", _down_m(session, version, its, mine))]
    found = [(length_m, where) for where, length_m in ways if length_m is not None and km(length_m) <= WITHIN_KM]
    if not found:
        return None
    length_m, where = min(found)
    return Near(incident, newest, km(length_m), where if length_m > HERE_M else "here")


def _down_m(session: Session, version: int, start: Spot, end: Spot) -> float | None:
    """Metres from one spot down to another; None where no water goes there."""
    sub = trace.fetch(session, version, start)
    passage = travel.passages(sub).get(end.reach_id)
    if passage is None:
        return None
    head_m = start.offset_m if end.reach_id == start.reach_id else 0.0
    length_m = passage.enter_m + end.offset_m - head_m
    return length_m if length_m >= 0 else None
