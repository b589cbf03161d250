"""The incidents API: each view reads a request, calls one function, answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from emergency import clock, journal, stated
from emergency.access import Action, Officer, Role
from emergency.agreements.values import Act
from emergency.errors import BadInput, Conflict, NotFound
from emergency.incidents import (
    assess,
    document,
    explained,
    inside,
    issue,
    links,
    nearby,
    overview,
    postmortem,
    record,
    statement,
)
from emergency.incidents.issue import Order
from emergency.incidents.models import IncidentRow
from emergency.labels import fault
from emergency.notifications import Consent
from emergency.river.snap import tolerance
from emergency.units import moment
from emergency.web import live
from emergency.web.answer import body, instant, number, once, one_of, reading, said, text
from emergency.web.app import parts
from emergency.web.offload import forecasting
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("incidents", __name__, url_prefix="/api/v1")
JOURNAL_PAGE = 500
CONSENTS = ("oral", "telephone", "signed")
LONGEST_PROMISE = timedelta(days=7)
"""Policy: nobody on a river waits a week for the next word."""


def context() -> assess.Context:
    """The instant, the deployment's zone and tolerance, and forecasts that do not hold up the sockets."""
    settings = parts().settings
    return assess.Context(clock.now(), settings.time_zone, forecasting, tolerance(settings))


@blueprint.post("/incidents/preview")
@rule(Action.REPORT)
def preview() -> Response:
    """An assessment of these inputs; nothing is stored."""
    given, now, officer = body(), context(), signed_in()
    given.pop("another_than", None)
    given.pop("linked_to", None)

    def do(session: Session) -> document.Json:
        made = statement.parse(given, now=now.at)
        run = assess.preview(session, made, now).body
        return {"id": None, **run, "nearby": _nearby(session, made, officer), "warnings": _warnings(made, now)}

    return reading(do)


@blueprint.post("/incidents/<int:n>/reports/preview")
@rule(Action.REPORT)
def preview_report(n: int) -> Response:
    """What a further report would make of the incident, with all that is known of it; nothing is stored."""
    given, now, officer = body(), context(), signed_in()
    given.pop("reason", None)

    def do(session: Session) -> document.Json:
        incident = record.found(session, n, officer, Action.REPORT)
        return _foreseen(session, incident, record.with_report(session, incident, given, now), now)

    return reading(do)


@blueprint.post("/incidents/<int:n>/correct/preview")
@rule(Action.RUN_INCIDENT)
def preview_correction(n: int) -> Response:
    """What a correction would make of the incident; nothing is stored."""
    given, now, officer = body(), context(), signed_in()

    def do(session: Session) -> document.Json:
        incident = record.led(session, n, officer)
        return _foreseen(session, incident, record.with_correction(session, incident, _changes(given), now), now)

    return reading(do)


@blueprint.post("/incidents")
@rule(Action.REPORT)
def report() -> Response:
    """Open an incident on a report; `another_than`: near incidents that it is not, `linked_to`: one of the same event."""
    given, now, officer = body(), context(), signed_in()
    another_than, linked_to = _numbers(given.pop("another_than", []), "another_than"), given.pop("linked_to", None)

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        made = statement.parse(given, now=now.at)
        near = _nearby(session, made, officer)
        incident, row = record.report(session, made, now, officer.actor, officer.desk, another_than=another_than)
        if linked_to is not None:
            other = record.found(session, _whole({"linked_to": linked_to}, "linked_to"), officer, Action.SEE_INCIDENT)
            reason = made.description or "同一事件 / the same event"
            links.link(session, other, incident, because=links.EVENT, reason=reason, by=officer.actor, at=now.at)
        assessed = overview.assessment(session, row, parts().deliveries) if row else None
        return {
            "number": incident.number,
            "status": incident.status,
            "lead": incident.lead,
            "assessment": assessed,
            "nearby": near,
            "warnings": _warnings(made, now),
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


@blueprint.get("/incidents/<int:n>/why")
@rule(Action.SEE_INCIDENT)
def why(n: int) -> Response:
    """Why a division (?jurisdiction=CODE) is told in this incident, or is not."""

    def do(session: Session) -> Mapping[str, Any]:
        seen(session, n)
        return explained.why(session, n, request.args.get("jurisdiction", ""), parts().settings.time_zone)

    return reading(do)


@blueprint.post("/incidents/<int:n>/inside")
@rule(Action.REPORT)
def told_inside(n: int) -> Response:
    """An office of one's own side was called: {"role", "at"?}; with "undo": true, it was not."""
    given, now, officer = body(), context(), signed_in()
    role = one_of(given.get("role"), "role", sorted(inside.ROLES))

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        incident = record.found(session, n, officer, Action.REPORT)
        if given.get("undo") is True:
            inside.untell(session, incident, role, officer, at=now.at)
        else:
            inside.tell(session, incident, role, officer, at=now.at, told_at=_called_at(given, incident, now))
        return {"inside": inside.listed(session, n, officer.desk)}, 200

    return once(do)


@blueprint.get("/incidents/<int:n>/inside")
@rule(Action.SEE_INCIDENT)
def inside_list(n: int) -> Response:
    """Whom this desk owes a call on its own side, and who has had it; an administrator sees every desk's."""
    officer = signed_in()

    def do(session: Session) -> Mapping[str, Any]:
        seen(session, n)
        return {"inside": inside.listed(session, n, None if officer.role is Role.ADMINISTRATOR else officer.desk or "")}

    return reading(do)


def _called_at(given: Mapping[str, Any], incident: IncidentRow, now: assess.Context) -> datetime:
    if given.get("at") is None:
        return now.at
    return stated.checked(
        instant(given["at"], "at"),
        "at",
        after=incident.known_at,
        because=Words("得知事件", "the incident became known"),
        now=now.at,
        zone=now.zone,
    )


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
        issue.issue(session, incident, _order(given, incident, now), officer, at=now.at)
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
                "next_update_at": content["next_update_at"],
                **parts().delivery.preview(session, row, content, act.value),
            }
            for row, content in said
        ]
        return {"messages": messages}

    return reading(do)


@blueprint.post("/incidents/<int:n>/correct")
@rule(Action.RUN_INCIDENT)
def correct(n: int) -> Response:
    """Set right what was wrong: {"changes": {report fields}, "reason"}; null makes a field unknown, absent leaves it."""
    given, now, officer = body(), context(), signed_in()
    changes = _changes(given)

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
        raise BadInput("bad-field", fault("despite", "须为文字列表", "must be a list of texts"), field="despite")

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


def _foreseen(session: Session, incident: IncidentRow, made: statement.Statement, now: assess.Context) -> document.Json:
    run = assess.rerun(session, incident, made, now)
    return {"id": None, **run.body, "warnings": _warnings(made, now)}


def _nearby(session: Session, made: statement.Statement, officer: Officer) -> list[dict[str, Any]]:
    """The open incidents that may be the same event: offered, never picked."""
    return nearby.shown(session, nearby.nearby(session, made, officer, context().within), made)


def _warnings(made: statement.Statement, now: assess.Context) -> list[dict[str, Any]]:
    """What may be a typing error, and is taken all the same."""
    return [
        {"field": field, "words": words.stored()} for field, words in statement.doubts(made, now=now.at, zone=now.zone)
    ]


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    changes = given.get("changes")
    if not isinstance(changes, dict) or not changes:
        words = fault("changes", "请写明要更正的内容", "needs at least one thing to be corrected")
        raise BadInput("bad-field", words, field="changes")
    return changes


def _order(given: Mapping[str, Any], incident: IncidentRow, now: assess.Context) -> Order:
    consent = _consent(given.get("consent"), incident, now)
    act = _act(given.get("act"), consent)
    withheld = given.get("withhold", [])
    if not isinstance(withheld, list) or not all(isinstance(each, dict) for each in withheld):
        raise BadInput("bad-field", fault("withhold", "须为列表", "must be a list"), field="withhold")
    return Order(
        assessment=_whole(given, "assessment"),
        issue=_numbers(given.get("notifications", [])),
        withhold=[(_whole(each, "id"), text(each, "reason")) for each in withheld],
        act=act,
        consent=consent,
        next_update_at=_promised(given, now),
        on_behalf=text(given, "on_behalf", required=False) or None,
    )


def _act(given: Any, consent: Consent | None) -> Act:
    if given is None:
        return Act.HEADS_UP if consent is None else Act.FORMAL_NOTICE
    return Act(one_of(given, "act", (Act.HEADS_UP.value, Act.FORMAL_NOTICE.value)))


def _consent(given: Any, incident: IncidentRow, now: assess.Context) -> Consent | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        words = fault("consent", "须写明同意人、方式和时间", "needs by whom, how and when")
        raise BadInput("bad-field", words, field="consent")
    by, how = text(given, "by", limit=100), one_of(given.get("how"), "consent.how", CONSENTS)
    if given.get("at") is None:
        return Consent(by=by, how=how, at=now.at)
    at = stated.checked(
        instant(given["at"], "consent.at"),
        "consent.at",
        after=incident.known_at,
        because=Words("本台知悉", "this desk knew"),
        now=now.at,
        zone=now.zone,
    )
    return Consent(by=by, how=how, at=at)


def _promised(given: Mapping[str, Any], now: assess.Context) -> datetime | None:
    """When the next word is promised: later than now, and while anybody still waits for it."""
    if given.get("next_update_at") is None:
        return None
    at, name = instant(given["next_update_at"], "next_update_at"), "next_update_at"
    if not now.at < at <= now.at + LONGEST_PROMISE:
        read, days = moment(at, now.zone, now.at), LONGEST_PROMISE.days
        words = fault(
            name,
            f"读作{read.zh}；须在现在之后、{days} 天之内",
            f"is read as {read.en}; it must be later than now and within {days} days",
        )
        raise BadInput("bad-promise", words, field=name)
    return at


def _ids(given: str) -> list[int]:
    if not all(each.isascii() and each.isdigit() and len(each) < 19 for each in given.split(",")):
        words = fault("ids", "须为逗号分隔的编号", "must be numbers separated by commas")
        raise BadInput("bad-field", words, field="ids")
    return [int(each) for each in given.split(",")]


def _numbers(given: Any, name: str = "notifications") -> list[int]:
    if not isinstance(given, list) or not all(type(each) is int for each in given):
        raise BadInput("bad-field", fault(name, "须为编号列表", "must be a list of numbers"), field=name)
    return given


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if type(value) is not int:
        raise BadInput("bad-field", fault(name, "须为整数", "must be a whole number"), field=name)
    return value
