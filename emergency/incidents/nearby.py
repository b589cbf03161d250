"""Is it the same event? The open incidents near a report, along the river either way and within a day; the officer chooses.

Offered, never picked: a report is taken whatever is near.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from geoalchemy2 import Geography
from sqlalchemy import cast, exists, func, or_, select
from sqlalchemy.orm import Session

from emergency.access import AudienceRow, Officer, Role
from emergency.db import SRID
from emergency.incidents import reports
from emergency.incidents.models import AssessmentRow, AttachmentRow, IncidentRow, ReportRow
from emergency.incidents.record import Status
from emergency.incidents.statement import Statement
from emergency.incidents.survey import locate
from emergency.incidents.weighing import apart_km
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions
from emergency.river import networks, trace, travel
from emergency.river.snap import Tolerance
from emergency.river.values import Direction, Passage, Reach, Spot, SubNetwork
from emergency.units import METRES_PER_KM, iso, km

WITHIN_KM: Final = 20.0
WITHIN: Final = timedelta(hours=24)
MOST: Final = 5
HERE_M: Final = 50.0
"""Nearer than this two places on a river are one."""


AROUND_M: Final = 1.5 * WITHIN_KM * METRES_PER_KM
"""A way of 20 km along a river stays within this of its start, also where the line is schematic."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an incident is held to be, by its newest assessment. spot: on which network version, if it lies on a river."""

    location: Mapping[str, float]
    version: int | None = None
    spot: Spot | None = None
    river: Any = None
    place: Any = None


@dataclass(frozen=True, slots=True)
class Near:
    """An open incident near a report. km: along the river; as the crow flies where one of them lies on no river.
    where: downstream or upstream of the report, here, or beside it where no water goes from one to the other by 20 km."""

    incident: IncidentRow
    placed: Placed
    km: float
    where: str


def nearby(
    session: Session, statement: Statement, officer: Officer, within: Tolerance, *, but: int | None = None
) -> list[Near]:
    """The incidents that this officer may see and that may be the same event: the nearest first, at one place the one known
    closest to the report's own time, then the newest. but: the file itself."""
    here = {"lon": statement.lon, "lat": statement.lat}
    placed = [(incident, _placed(session, incident)) for incident in _open_to(session, statement, officer, but)]
    close = [(incident, its) for incident, its in placed if apart_km(its.location, here) <= WITHIN_KM]
    if not close:
        return []
    waters = _Waters.around(session, statement, within)
    found = [near for incident, its in close if (near := _measured(waters, incident, its, here)) is not None]
    return sorted(found, key=lambda each: _nearness(each, statement))[:MOST]


def shown(session: Session, found: Sequence[Near], statement: Statement) -> list[dict[str, Any]]:
    """As the API gives them."""
    divisions = jurisdictions.division(session, statement.known_at)
    return [_shown(session, each, statement, divisions) for each in found]


def _nearness(near: Near, statement: Statement) -> tuple[float, timedelta, int]:
    apart = abs(statement.known_at - near.incident.known_at)
    return round(near.km, 1), apart, -near.incident.number


def _shown(session: Session, near: Near, statement: Statement, divisions: Divisions) -> dict[str, Any]:
    incident = near.incident
    known = reports.believed(session, incident)
    return {
        "number": incident.number,
        "km": round(near.km, 1),
        "where": near.where,
        "river": near.placed.river,
        "place": near.placed.place,
        "substance": known.substance,
        "source_state": known.source_state.value,
        "known_at": iso(incident.known_at),
        "apart_min": round(abs((statement.known_at - incident.known_at).total_seconds()) / 60),
        "lead": incident.lead,
        "lead_name": divisions.name(incident.lead).stored(),
        "drill": incident.drill,
    }


def _open_to(session: Session, statement: Statement, officer: Officer, but: int | None) -> list[IncidentRow]:
    """Open files of this day that the officer may see, with a report from nearby."""
    here = cast(func.st_setsrid(func.st_makepoint(statement.lon, statement.lat), SRID), Geography)
    from_here = exists().where(
        AttachmentRow.incident == IncidentRow.number,
        AttachmentRow.until.is_(None),
        ReportRow.id == AttachmentRow.report,
        func.st_dwithin(cast(ReportRow.geom, Geography), here, AROUND_M),
    )
    rows = select(IncidentRow).where(
        from_here,
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


def _placed(session: Session, incident: IncidentRow) -> Placed:
    """By its newest assessment; by its reports while there is none, as for a place that lies on no river."""
    body = AssessmentRow.body
    newest = session.execute(
        select(body["inputs"]["location"], body["versions"]["network"], body["snapped"], body["reached"][0]["name"])
        .where(AssessmentRow.incident == incident.number)
        .order_by(AssessmentRow.n.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        known = reports.believed(session, incident)
        return Placed({"lon": known.lon, "lat": known.lat})
    location, version, snapped, place = newest
    return Placed(location, version, Spot(snapped["reach_id"], snapped["offset_m"]), snapped["name"], place)


@dataclass(frozen=True, slots=True)
class _Waters:
    """The network about a report, where the report lies on it, and the ways down that were asked for."""

    version: int
    reaches: Mapping[int, Reach]
    mine: Spot | None
    ways: dict[Spot, Mapping[int, Passage]] = field(default_factory=dict)

    @classmethod
    def around(cls, session: Session, statement: Statement, within: Tolerance) -> "_Waters":
        _, version = networks.active(session)
        chosen = locate(session, statement.lon, statement.lat, within).chosen
        mine = None if chosen is None else Spot(chosen.reach_id, chosen.offset_m)
        return cls(version, trace.around(session, version, statement.lon, statement.lat, AROUND_M), mine)

    def down_m(self, start: Spot, end: Spot) -> float | None:
        """Metres from one spot down to another; None where no water goes there nearby."""
        if start.reach_id not in self.reaches:
            return None
        if start not in self.ways:
            sub = SubNetwork(self.version, start, Direction.DOWN, self.reaches)
            self.ways[start] = travel.passages(sub)
        passage = self.ways[start].get(end.reach_id)
        if passage is None:
            return None
        head_m = start.offset_m if end.reach_id == start.reach_id else 0.0
        length_m = passage.enter_m + end.offset_m - head_m
        return length_m if length_m >= 0 else None


def _measured(waters: _Waters, incident: IncidentRow, its: Placed, here: Mapping[str, float]) -> Near | None:
    """How far along the river; None where it is farther than what is offered."""
    if waters.mine is None or its.spot is None or its.version != waters.version:
        return Near(incident, its, apart_km(its.location, here), "beside")
    ways = [("downstream", waters.down_m(waters.mine, its.spot)), ("upstream", waters.down_m(its.spot, waters.mine))]
    found = [(length_m, where) for where, length_m in ways if length_m is not None and km(length_m) <= WITHIN_KM]
    if not found:
        return None
    length_m, where = min(found)
    return Near(incident, its, km(length_m), where if length_m > HERE_M else "here")
