"""The incidents API: each view reads a request, calls one function, answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from emergency import clock, journal
from emergency.access import Action, Officer
from emergency.agreements.values import Act
from emergency.errors import BadInput, Conflict, NotFound
from emergency.incidents import assess, document, issue, overview, postmortem, record, statement
from emergency.incidents.issue import Order
from emergency.incidents.models import IncidentRow
from emergency.notifications import Consent
from emergency.web import live
from emergency.web.answer import body, instant, number, once, reading, said, text
from emergency.web.app import parts
from emergency.web.offload import forecasting
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("incidents", __name__, url_prefix="/api/v1")
JOURNAL_PAGE = 500


def context() -> assess.Context:
    """The instant, the deployment's zone, and forecasts that do not hold up the sockets."""
    return assess.Context(clock.now(), parts().settings.time_zone, forecasting)


@blueprint.post("/incidents/preview")
@rule(Action.REPORT)
def preview() -> Response:
    """An assessment of these inputs; nothing is stored."""
    given, now = body(), context()

    def do(session: Session) -> document.Json:
        run = assess.preview(session, statement.parse(given, now=now.at), now)
        return {"id": None, **run.body}

    return reading(do)


@blueprint.post("/incidents")
@rule(Action.REPORT)
def report() -> Response:
    """Open an incident on a report."""
    given, now, officer = body(), context(), signed_in()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        made = statement.parse(given, now=now.at)
        incident, row = record.report(session, made, now, officer.actor, officer.desk)
        assessed = overview.assessment(session, row, parts().deliveries) if row else None
        return {
            "number": incident.number,
            "status": incident.status,
            "lead": incident.lead,
            "assessment": assessed,
        }, 201

    return once(do)


@blueprint.get("/incidents")
@rule(Action.SEE_INCIDENT)
def listed() -> Response:
    """The incidents that this desk may see, newest first."""
    return reading(lambda session: {"incidents": overview.listed(session, signed_in(), request.args.get("status"))})


@blueprint.get("/incidents/<int:n>")
@rule(Action.SEE_INCIDENT)
def one(n: int) -> Response:
    """An incident as it stands."""
    return reading(lambda session: overview.incident(session, seen(session, n), parts().deliveries))


@blueprint.get("/incidents/<int:n>/journal")
@rule(Action.SEE_INCIDENT)
def entries(n: int) -> Response:
    """The journal after a number; entries that this desk may not see are withheld, never missing."""
    after = int(number("after", low=0, high=2**53)) if "after" in request.args else 0
    officer = signed_in()

    def do(session: Session) -> Mapping[str, Any]:
        seen(session, n)
        stream = f"incident:{n}"
        found = journal.read(session, stream, after=after, limit=JOURNAL_PAGE)
        return {"entries": [live.shown(entry, officer) for entry in found], "last": journal.last(session, stream)}

    return reading(do)


@blueprint.get("/incidents/<int:n>/assessments/latest")
@rule(Action.SEE_INCIDENT)
def latest(n: int) -> Response:
    """The newest assessment, or its picture with ?format=geojson."""

    def do(session: Session) -> Mapping[str, Any]:
        seen(session, n)
        row = assess.latest(session, n)
        if row is None:
            raise NotFound("not-assessed", Words("事件尚未研判。", "The incident has not been assessed."))
        return (
            row.geometry
            if request.args.get("format") == "geojson"
            else overview.assessment(session, row, parts().deliveries)
        )

    return reading(do)


@blueprint.get("/incidents/<int:n>/postmortem.json")
@rule(Action.SEE_INCIDENT)
def exported(n: int) -> Response:
    """The record of an incident: timeline, assessments, who was told when under which clause, what was read back."""

    def do(session: Session) -> Mapping[str, Any]:
        return postmortem.fold(session, seen(session, n), officer=signed_in())

    with parts().sessions.begin() as session:
        answer = said(do(session))
    answer.headers["Content-Disposition"] = f'attachment; filename="lianfang-incident-{n}.json"'
    return answer


@blueprint.post("/incidents/<int:n>/reports")
@rule(Action.REPORT)
def add_report(n: int) -> Response:
    """A further piece of news on an open incident."""
    given, now, officer = body(), context(), signed_in()
    reason = text(given, "reason", required=False) or None
    given.pop("reason", None)

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.REPORT)
        row = record.add_report(session, incident, given, now, officer.actor, reason=reason)
        return {"assessment": overview.assessment(session, row, parts().deliveries) if row else None}, 201

    return once(do)


@blueprint.post("/incidents/<int:n>/assessments")
@rule(Action.RUN_INCIDENT)
def reassess(n: int) -> Response:
    """Assess again, with what has become known: flow state, source, substance."""
    given, now, officer = body(), context(), signed_in()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.led(session, n, officer)
        row = record.add_report(session, incident, given, now, officer.actor, reason=None)
        if row is None:
            raise Conflict(
                "not-placed", Words("事件尚未定位到河段，请先更正位置。", "Place the incident on a river first.")
            )
        return overview.assessment(session, row, parts().deliveries), 201

    return once(do)


@blueprint.post("/incidents/<int:n>/issue")
@rule(Action.ISSUE)
def issued(n: int) -> Response:
    """Decide on proposals: which go out, which are withheld and why."""
    given, now, officer = body(), context(), signed_in()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.ISSUE)
        issue.issue(session, incident, _order(given, now.at), officer, at=now.at)
        session.flush()
        return overview.incident(session, incident, parts().deliveries), 200

    return once(do)


@blueprint.get("/incidents/<int:n>/issue/preview")
@rule(Action.ISSUE)
def previewed(n: int) -> Response:
    """How messages would read and whom each would ring now: ?ids=1,2&act=heads_up."""
    ids, act, now = _ids(request.args.get("ids", "")), _act(request.args.get("act"), None), context()

    def do(session: Session) -> Mapping[str, Any]:
        incident = record.found(session, n, signed_in(), Action.ISSUE)
        said = issue.would_say(session, incident, ids, at=now.at)
        messages = [
            {
                "notification": row.id,
                "tells": row.tells,
                **parts().delivery.preview(session, row.tells, content, act.value),
            }
            for row, content in said
        ]
        return {"messages": messages}

    return reading(do)


@blueprint.post("/incidents/<int:n>/correct")
@rule(Action.RUN_INCIDENT)
def correct(n: int) -> Response:
    """Set right what was wrong: {"changes": {report fields}, "reason"}."""
    given, now, officer = body(), context(), signed_in()
    changes = given.get("changes")
    if not isinstance(changes, dict) or not changes:
        raise BadInput(
            "bad-field",
            Words("changes：写明要更正的字段。", "changes: say which fields are corrected."),
            field="changes",
        )

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.led(session, n, officer)
        record.correct(session, incident, changes, now, officer.actor, reason=text(given, "reason"))
        return overview.incident(session, incident, parts().deliveries), 200

    return once(do)


@blueprint.post("/incidents/<int:n>/withdraw")
@rule(Action.RUN_INCIDENT)
def withdraw(n: int) -> Response:
    """Take the incident back; owed to all who were told."""
    given, now, officer = body(), context(), signed_in()
    return _ended(n, officer, lambda s, i: record.withdraw(s, i, now, officer.actor, reason=text(given, "reason")))


@blueprint.post("/incidents/<int:n>/stand-down")
@rule(Action.RUN_INCIDENT)
def stand_down(n: int) -> Response:
    """End the alarm, with a signer; refused with what is missing."""
    given, now, officer = body(), context(), signed_in()
    despite = given.get("despite", [])
    if not isinstance(despite, list) or not all(isinstance(each, str) for each in despite):
        raise BadInput(
            "bad-field", Words("despite：须为文字列表。", "despite: must be a list of texts."), field="despite"
        )

    def do(session: Session, incident: IncidentRow) -> None:
        record.stand_down(
            session,
            incident,
            now,
            officer.actor,
            reason=text(given, "reason"),
            signer=text(given, "signer", limit=100),
            despite=despite,
        )

    return _ended(n, officer, do)


@blueprint.post("/incidents/<int:n>/close")
@rule(Action.RUN_INCIDENT)
def close(n: int) -> Response:
    """Close the file."""
    given, now, officer = body(), context(), signed_in()
    return _ended(n, officer, lambda s, i: record.close(s, i, now, officer.actor, reason=text(given, "reason")))


def seen(session: Session, n: int) -> IncidentRow:
    """The incident, if this officer may see it."""
    return record.found(session, n, signed_in(), Action.SEE_INCIDENT)


def _ended(n: int, officer: Officer, step: Any) -> Response:
    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.led(session, n, officer)
        step(session, incident)
        session.flush()
        return overview.incident(session, incident, parts().deliveries), 200

    return once(do)


def _order(given: Mapping[str, Any], at: datetime) -> Order:
    consent = _consent(given.get("consent"), at)
    act = _act(given.get("act"), consent)
    withheld = given.get("withhold", [])
    if not isinstance(withheld, list) or not all(isinstance(each, dict) for each in withheld):
        raise BadInput("bad-field", Words("withhold：须为列表。", "withhold: must be a list."), field="withhold")
    return Order(
        assessment=_whole(given, "assessment"),
        issue=_numbers(given.get("notifications", [])),
        withhold=[(_whole(each, "id"), text(each, "reason")) for each in withheld],
        act=act,
        consent=consent,
        next_update_at=_instant(given, "next_update_at"),
        on_behalf=text(given, "on_behalf", required=False) or None,
    )


def _act(given: Any, consent: Consent | None) -> Act:
    if given is None:
        return Act.HEADS_UP if consent is None else Act.FORMAL_NOTICE
    if given not in tuple(Act):
        words = Words("act：须为 heads_up 或 formal_notice。", "act: must be heads_up or formal_notice.")
        raise BadInput("bad-field", words, field="act")
    return Act(given)


def _consent(given: Any, at: datetime) -> Consent | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        words = Words("consent：须写明同意人 by、方式 how 和时间 at。", "consent: needs by, how and at.")
        raise BadInput("bad-field", words, field="consent")
    if given.get("how") not in ("oral", "telephone", "signed"):
        words = Words(
            "consent.how：须为 oral、telephone 或 signed。", "consent.how: must be oral, telephone or signed."
        )
        raise BadInput("bad-field", words, field="consent.how")
    return Consent(by=text(given, "by", limit=100), how=given["how"], at=_instant(given, "at") or at)


def _instant(given: Mapping[str, Any], name: str) -> datetime | None:
    value = given.get(name)
    return None if value is None else instant(value, name)


def _ids(given: str) -> list[int]:
    if not all(each.isdigit() and len(each) < 19 for each in given.split(",")):
        words = Words("ids：须为逗号分隔的编号。", "ids: must be ids separated by commas.")
        raise BadInput("bad-field", words, field="ids")
    return [int(each) for each in given.split(",")]


def _numbers(given: Any) -> list[int]:
    if not isinstance(given, list) or not all(type(each) is int for each in given):
        words = Words("notifications：须为编号列表。", "notifications: must be a list of ids.")
        raise BadInput("bad-field", words, field="notifications")
    return given


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if type(value) is not int:
        raise BadInput("bad-field", Words(f"{name}：须为整数。", f"{name}: must be a whole number."), field=name)
    return value
