"""The API of what several reports come to: judging them, files that are one event or two, linked files, the lead handed over."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from emergency.access import Action
from emergency.errors import BadInput
from emergency.incidents import assess, enquiry, joining, leading, links, nearby, overview, own_file, record
from emergency.incidents.models import IncidentRow
from emergency.incidents.statement import Verification
from emergency.jurisdictions import load as jurisdictions
from emergency.labels import fault
from emergency.web.answer import body, once, one_of, reading, text
from emergency.web.app import parts
from emergency.web.incidents_api import context, seen
from emergency.web.rules import rule
from emergency.web.session import signed_in

blueprint = Blueprint("statements", __name__, url_prefix="/api/v1")


@blueprint.get("/incidents/<int:n>/event")
@rule(Action.SEE_INCIDENT)
def event(n: int) -> Response:
    """What may belong to the same event: near open incidents, linked files, and an offer of the lead."""
    officer, now = signed_in(), context()

    def do(session: Session) -> Mapping[str, Any]:
        incident = seen(session, n)
        known = record.current(session, incident)
        open_ = incident.status == record.Status.OPEN
        near = nearby.nearby(session, known, officer, now.within, but=n) if open_ else []
        return {
            "nearby": nearby.shown(session, near, known),
            "links": links.shown(session, incident, officer, now.at),
            "lead_offer": leading.shown(session, incident, officer, now),
            "desks": _desks(session, incident, now),
        }

    return reading(do)


@blueprint.post("/incidents/<int:n>/reports/<int:report>/judge")
@rule(Action.RUN_INCIDENT)
def judge(n: int, report: int) -> Response:
    """Hold a report to be verified, preliminary, unverified or refuted, with the reason."""
    given, now, officer = body(), context(), signed_in()
    state = Verification(one_of(given.get("state"), "state", tuple(each.value for each in Verification)))

    def step(session: Session, incident: IncidentRow) -> None:
        record.judge(session, incident, report, state, now, officer.actor, reason=text(given, "reason"))

    return _led(n, step)


@blueprint.post("/incidents/<int:n>/move")
@rule(Action.RUN_INCIDENT)
def move(n: int) -> Response:
    """Correct the place, with the reason: who is newly reached is told, and who is reached no longer is told so."""
    given, now, officer = body(), context(), signed_in()
    changes = {"location": given.get("location")}

    def step(session: Session, incident: IncidentRow) -> None:
        record.correct(session, incident, changes, now, officer.actor, reason=text(given, "reason"))

    return _led(n, step)


@blueprint.post("/incidents/<int:n>/merge")
@rule(Action.RUN_INCIDENT)
def merge(n: int) -> Response:
    """The same event as another incident: go on there. Whoever was told here is told the other number."""
    given, now, officer = body(), context(), signed_in()
    number = _number(given, "into")

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        both = {each: record.led(session, each, officer) for each in sorted({n, number})}
        joining.merge(session, both[n], both[number], now, officer.actor, reason=text(given, "reason"))
        session.flush()
        return overview.incident(session, both[n], parts().deliveries), 200

    return once(do)


@blueprint.post("/incidents/<int:n>/split")
@rule(Action.RUN_INCIDENT)
def split(n: int) -> Response:
    """Part reports that tell of another event, into an incident of their own; without reports, undo a merge."""
    given, now, officer = body(), context(), signed_in()
    chosen = _numbers(given, "reports")

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.RUN_INCIDENT)
        reason = text(given, "reason")
        if incident.merged_into is not None:
            record.led(session, incident.merged_into, officer)
            joining.unmerge(session, incident, now, officer.actor, reason=reason)
            made = incident
        else:
            incident = record.led(session, n, officer)
            made = joining.split(session, incident, chosen, now, officer.actor, reason=reason)
        session.flush()
        return _opened(session, made), 201

    return once(do)


@blueprint.post("/incidents/<int:n>/link")
@rule(Action.RUN_INCIDENT)
def link(n: int) -> Response:
    """Another jurisdiction's file on the same event: link the two; each keeps its lead, clocks and grade."""
    given, now, officer = body(), context(), signed_in()
    number = _number(given, "other")

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.led(session, n, officer)
        other = record.found(session, number, officer, Action.SEE_INCIDENT)
        links.link(
            session, incident, other, because=links.EVENT, reason=text(given, "reason"), by=officer.actor, at=now.at
        )
        return {"links": links.shown(session, incident, officer, now.at)}, 200

    return once(do)


@blueprint.post("/incidents/<int:n>/unlink")
@rule(Action.RUN_INCIDENT)
def unlink(n: int) -> Response:
    """Two linked files are not of one event after all."""
    given, now, officer = body(), context(), signed_in()
    number = _number(given, "other")

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.led(session, n, officer)
        other = record.found(session, number, officer, Action.SEE_INCIDENT)
        links.unlink(session, incident, other, reason=text(given, "reason"), by=officer.actor, at=now.at)
        return {"links": links.shown(session, incident, officer, now.at)}, 200

    return once(do)


@blueprint.post("/incidents/<int:n>/own-file")
@rule(Action.RUN_INCIDENT)
def own(n: int) -> Response:
    """Open this desk's own file on an event that it was told of, with its own clocks and onward duties."""
    given, now, officer = body(), context(), signed_in()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.RUN_INCIDENT)
        made = own_file.open_own(session, incident, now, officer, reason=text(given, "reason"))
        session.flush()
        return _opened(session, made), 201

    return once(do)


@blueprint.post("/incidents/<int:n>/enquire")
@rule(Action.RUN_INCIDENT)
def enquire(n: int) -> Response:
    """It may come from upstream: propose an enquiry to each desk above that a clause names."""
    given, now, officer = body(), context(), signed_in()

    def step(session: Session, incident: IncidentRow) -> None:
        enquiry.enquire(session, incident, now, officer.actor, reason=text(given, "reason"))

    return _led(n, step)


@blueprint.post("/incidents/<int:n>/lead")
@rule(Action.RUN_INCIDENT)
def offer_lead(n: int) -> Response:
    """Offer the lead to another desk, with the sheet of what is open; it stays here until that desk accepts."""
    given, now, officer = body(), context(), signed_in()

    def step(session: Session, incident: IncidentRow) -> None:
        leading.offer(session, incident, text(given, "to", limit=20), now, officer.actor, reason=text(given, "reason"))

    return _led(n, step)


@blueprint.post("/incidents/<int:n>/lead/accept")
@rule(Action.RUN_INCIDENT)
def accept_lead(n: int) -> Response:
    """Take the lead over, line by line: every line that is open now must be accepted."""
    given, now, officer = body(), context(), signed_in()
    lines = given.get("lines", [])
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        raise BadInput("bad-field", fault("lines", "须为文字列表", "must be a list of texts"), field="lines")

    def step(session: Session, incident: IncidentRow) -> None:
        leading.accept(session, incident, lines, now, officer)

    return _of_audience(n, step)


@blueprint.post("/incidents/<int:n>/lead/refuse")
@rule(Action.RUN_INCIDENT)
def refuse_lead(n: int) -> Response:
    """Decline the lead, with the reason."""
    given, now, officer = body(), context(), signed_in()

    def step(session: Session, incident: IncidentRow) -> None:
        leading.refuse(session, incident, now, officer, reason=text(given, "reason"))

    return _of_audience(n, step)


@blueprint.post("/incidents/<int:n>/lead/take-back")
@rule(Action.RUN_INCIDENT)
def take_lead_back(n: int) -> Response:
    """Take an offer of the lead back before it is answered."""
    given, now, officer = body(), context(), signed_in()

    def step(session: Session, incident: IncidentRow) -> None:
        leading.take_back(session, incident, now, officer.actor, reason=text(given, "reason"))

    return _led(n, step)


Step = Callable[[Session, IncidentRow], None]


def _led(n: int, step: Step) -> Response:
    """A step of the desk that leads; the incident as it then stands."""
    officer = signed_in()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.led(session, n, officer)
        step(session, incident)
        session.flush()
        return overview.incident(session, incident, parts().deliveries), 200

    return once(do)


def _of_audience(n: int, step: Step) -> Response:
    """A step of a desk that may see the incident; the incident as it then stands."""
    officer = signed_in()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.RUN_INCIDENT)
        step(session, incident)
        session.flush()
        return overview.incident(session, incident, parts().deliveries), 200

    return once(do)


def _opened(session: Session, incident: IncidentRow) -> dict[str, Any]:
    row = assess.latest(session, incident.number)
    return {
        "number": incident.number,
        "status": incident.status,
        "lead": incident.lead,
        "assessment": overview.assessment(session, row, parts().deliveries) if row else None,
    }


def _desks(session: Session, incident: IncidentRow, now: assess.Context) -> list[dict[str, Any]]:
    """The desks to which the lead can be offered: those that the water reaches and those above them."""
    row = assess.latest(session, incident.number)
    divisions = jurisdictions.division(session, now.at)
    reached = [each["desk"] for each in (row.body["reached"] if row else []) if each["desk"]]
    above = [code for desk in reached for code in divisions.ancestors(desk) if divisions.desk_of(code) == code]
    codes = [code for code in dict.fromkeys([*reached, *above]) if code != incident.lead]
    return [{"code": code, "name": divisions.name(code).stored()} for code in codes]


def _number(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if type(value) is not int or not 0 < value < 2**53:
        raise BadInput("bad-field", fault(name, "须为事件编号", "must be the number of an incident"), field=name)
    return value


def _numbers(given: Mapping[str, Any], name: str) -> list[int]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(type(each) is int and 0 < each < 2**31 for each in value):
        raise BadInput("bad-field", fault(name, "须为报告编号列表", "must be a list of report numbers"), field=name)
    return value
