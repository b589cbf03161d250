"""Grade, response and clocks of an incident: each view reads a request, calls one function, answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from emergency import clock, stated
from emergency.access import Action
from emergency.agreements.values import Grade
from emergency.errors import BadInput
from emergency.incidents import alerts, due, record, response
from emergency.incidents.clocks import How
from emergency.incidents.models import IncidentRow
from emergency.incidents.response import Move, Signed, Step
from emergency.labels import fault
from emergency.units import iso
from emergency.web.answer import body, instant, once, one_of, reading, text
from emergency.web.incidents_api import context, seen
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("clocks", __name__, url_prefix="/api/v1")
GRADES = tuple(grade.value for grade in Grade)
MOST_NAMED = 40
NAME_LENGTH = 100


_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 2000}
_NAMES: Final = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST_NAMED}
_SIGNED: Final = {
    "reason": _TEXT,
    "signer": {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH},
    "at": {"type": "string", "format": "date-time"},
}
BODIES: Final[Mapping[str, dict[str, Any]]] = {
    "clocks.grade": {
        "type": "object",
        "required": ["act", "grade", "reason", "signer"],
        "properties": {
            "act": {"enum": [step.value for step in Step]},
            "grade": {"enum": list(GRADES)},
            "criteria": _NAMES | {"minItems": 0},
            **_SIGNED,
        },
    },
    "clocks.track": {
        "type": "object",
        "required": ["items", "reason", "signer"],
        "properties": {"items": _NAMES, **_SIGNED},
    },
    "clocks.respond": {
        "type": "object",
        "required": ["act", "reason", "signer"],
        "properties": {
            "act": {"enum": [move.value for move in Move]},
            "level": {"enum": list(GRADES)},
            **_SIGNED,
        },
    },
    "clocks.reported": {
        "type": "object",
        "required": ["clocks", "how"],
        "properties": {
            "clocks": _NAMES,
            "how": {"enum": [how.value for how in How]},
            "person": {"type": "string", "maxLength": NAME_LENGTH},
            "reason": {"type": "string", "maxLength": 2000},
            "at": _SIGNED["at"],
        },
    },
}
"""What each POST takes, for the API's own description."""


@blueprint.get("/incidents/<int:n>/clocks")
@rule(Action.SEE_INCIDENT)
def running(n: int) -> Response:
    """The clocks of an incident by jurisdiction: what is due, by when, under which rule, how it stands, which tier holds it."""
    now = clock.now()
    return reading(lambda session: told(session, seen(session, n), now))


@blueprint.post("/incidents/<int:n>/clocks/reports")
@rule(Action.RUN_INCIDENT)
def reported(n: int) -> Response:
    """Record that reports were made which open clocks ask for: {"clocks": [id], "how", "person"?, "at"?, "reason"?}."""
    given, now, officer = body(), context(), signed_in()
    chosen, how = _names(given, "clocks"), How(one_of(given.get("how"), "how", tuple(How)))

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.RUN_INCIDENT)
        taken = Signed(
            reason=text(given, "reason", required=False),
            signer=text(given, "person", required=False, limit=NAME_LENGTH),
            at=_at(given, incident, now.at),
        )
        response.reported(session, incident, chosen, how, officer, now, taken)
        session.flush()
        return told(session, incident, now.at), 201

    return once(do)


@blueprint.get("/incidents/<int:n>/grade")
@rule(Action.SEE_INCIDENT)
def graded(n: int) -> Response:
    """The grade: foreseen by each rule set with its criteria, declared by whom and why, and the items of article 4."""
    return reading(lambda session: response.standing(session, seen(session, n), signed_in().desk, clock.now()))


@blueprint.post("/incidents/<int:n>/grade")
@rule(Action.RUN_INCIDENT)
def grade(n: int) -> Response:
    """Declare, raise or lower the grade: {"act": "declare|raise|lower", "grade", "reason", "signer", "at"?, "criteria"?}."""
    given, now, officer = body(), context(), signed_in()
    step = Step(one_of(given.get("act"), "act", tuple(Step)))
    to = Grade(one_of(given.get("grade"), "grade", GRADES))
    criteria = _names(given, "criteria") if "criteria" in given else []

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.RUN_INCIDENT)
        response.grade(session, incident, step, to, officer, now, _signed(given, incident, now.at), criteria=criteria)
        session.flush()
        return response.standing(session, incident, officer.desk, now.at), 201

    return once(do)


@blueprint.post("/incidents/<int:n>/grade/track")
@rule(Action.RUN_INCIDENT)
def track(n: int) -> Response:
    """Hold items of article 4 to apply, so that the report is due in two hours: {"items": [id], "reason", "signer", "at"?}."""
    given, now, officer = body(), context(), signed_in()
    items = _names(given, "items")

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.RUN_INCIDENT)
        response.track(session, incident, items, officer, now, _signed(given, incident, now.at))
        session.flush()
        return response.standing(session, incident, officer.desk, now.at), 201

    return once(do)


@blueprint.get("/incidents/<int:n>/response")
@rule(Action.SEE_INCIDENT)
def responded(n: int) -> Response:
    """The response: its level and who started it, in each file."""
    return graded(n)


@blueprint.post("/incidents/<int:n>/response")
@rule(Action.RUN_INCIDENT)
def respond(n: int) -> Response:
    """Start a response, change its level, or end it: {"act": "start|end", "level"?, "reason", "signer", "at"?}."""
    given, now, officer = body(), context(), signed_in()
    move = Move(one_of(given.get("act"), "act", tuple(Move)))
    level = None if given.get("level") is None else Grade(one_of(given["level"], "level", GRADES))

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.RUN_INCIDENT)
        response.respond(session, incident, move, level, officer, now, _signed(given, incident, now.at))
        session.flush()
        return response.standing(session, incident, officer.desk, now.at), 201

    return once(do)


def told(session: Session, incident: IncidentRow, at: datetime) -> dict[str, Any]:
    """The clocks of all files, open ones first, by deadline, each with the alert that stands."""
    held = alerts.held(session, incident.number)
    pace = due.pace(session, incident)
    shown = [each for file in due.running(session, incident, at) for each in due.shown(file, at, pace)]
    for each in shown:
        row = held.get(each["id"])
        each["alerted_at"] = iso(row.at) if row is not None else None
    shown.sort(key=lambda each: (each["tier"] is None, each["until_at"], each["id"]))
    return {"number": incident.number, "now": iso(at), "clocks": shown}


def _signed(given: Mapping[str, Any], incident: IncidentRow, now: datetime) -> Signed:
    return Signed(
        reason=text(given, "reason"),
        signer=text(given, "signer", limit=NAME_LENGTH),
        at=_at(given, incident, now),
    )


def _at(given: Mapping[str, Any], incident: IncidentRow, now: datetime) -> datetime:
    """When it was done: as stated, between knowing and now; else now."""
    if given.get("at") is None:
        return now
    return stated.checked(
        instant(given["at"], "at"),
        "at",
        after=incident.known_at,
        because=Words("本台知悉", "this desk knew"),
        now=now,
        zone=context().zone,
    )


def _names(given: Mapping[str, Any], field: str) -> list[str]:
    names = given.get(field)
    fits = isinstance(names, list) and len(names) <= MOST_NAMED and all(isinstance(each, str) for each in names)
    if not fits:
        words = fault(field, f"须为最多 {MOST_NAMED} 项的文字列表", f"must be a list of at most {MOST_NAMED} texts")
        raise BadInput("bad-field", words, field=field)
    return list(dict.fromkeys(names or ()))
