"""Intakes that are too near for any model, handed to delivery: whose desk calls them, and what they have to hear now.

An intake within 10 km or 2 hours stands on the call board of the desk in whose area it lies as soon as the report is on
the river, before any message is decided (first-hour.md 1). When the incident has ended it has to hear that as well.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from emergency.incidents.assess import latest
from emergency.incidents.families import family
from emergency.incidents.models import IncidentRow
from emergency.incidents.record import Status
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions
from emergency.notifications import NearIntake
from emergency.words import read_words

SAYS: Final = {Status.OPEN: "near", Status.WITHDRAWN: "withdrawal", Status.STOOD_DOWN: "end"}
Json = Mapping[str, Any]


def near_intakes(session: Session, number: int, at: datetime) -> list[NearIntake]:
    """The near intakes of an incident, nearest first; none of one that is closed or on no river."""
    incident, newest = session.get_one(IncidentRow, number), latest(session, number)
    says = SAYS.get(Status(incident.status))
    if newest is None or says is None:
        return []
    divisions = jurisdictions.division(session, at)
    files = sorted(family(session, number), key=lambda file: (file != number, file))
    bodies = [newest.body]
    if says != "near":  # those called in a file that was merged into this one have to hear the end as well
        merged = (latest(session, file) for file in files[1:])
        bodies += [row.body for row in merged if row is not None]
    found: dict[int, NearIntake] = {}
    for body in bodies:
        for each in body["sites"]:
            if each["near"] and each["kind"] == "intake":
                found.setdefault(each["id"], _intake(each, body, incident, says, divisions, tuple(files)))
    return sorted(found.values(), key=lambda each: each.km)


def nearest_intake(session: Session, number: int) -> int | None:
    """The nearest of the intakes that are called before any message, by the newest assessment; None where there is none."""
    newest = latest(session, number)
    near = [each for each in newest.body["sites"] if each["near"] and each["kind"] == "intake"] if newest else []
    return min(near, key=lambda each: each["km"])["id"] if near else None


def _intake(
    site: Json, body: Json, incident: IncidentRow, says: str, divisions: Divisions, files: tuple[int, ...]
) -> NearIntake:
    code = site["jurisdiction"] if site["jurisdiction"] in divisions else _crossed(site, body)
    desk = (divisions.desk_of(code) if code else None) or incident.lead
    above = (code, *divisions.ancestors(code)) if code else (desk,)
    return NearIntake(
        site=site["id"],
        name=read_words(site["name"]),
        km=site["km"],
        synthetic=site["synthetic"],
        desk=desk,
        sender=divisions.name(desk),
        above=above[: above.index(desk) + 1] if desk in above else above,
        says=says,
        drill=incident.drill,
        known_at=incident.known_at,
        files=files,
    )


def _crossed(site: Json, body: Json) -> str | None:
    """The area that the water is in where it passes the intake."""
    inside = (each["code"] for each in body["reached"] if each["enter_km"] <= site["km"] <= each["leave_km"])
    return next(inside, None)
