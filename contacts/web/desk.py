"""The web side of what a desk keeps in order: papers beside a message, contact tests, the audit, how its people are told.

It parses, calls, answers.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from contacts.calls import papers
from contacts.kinds import TIERS
from contacts.ledger import AuditRow
from contacts.sending import ladders
from contacts.values import Channel, Policy
from contacts.watch import audit, freshness
from contacts.web.notices import to_call
from emergency import clock, stated
from emergency.access import Action, Officer, Role
from emergency.errors import BadInput, Forbidden, NotFound
from emergency.labels import fault
from emergency.units import iso
from emergency.web.answer import body, instant, once, one_of, reading, text
from emergency.web.app import desk_name, desk_namer, parts
from emergency.web.language import language, spoken
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("desk", __name__)
POLICY: Final = Policy()
METRIC: Final = "lianfang_"
PAPERS: Final = tuple(each.value for each in papers.CHANNELS)
KNOWS_ALL: Final = (Role.ADMINISTRATOR, Role.LEADER)
"""Who may know of a test that nobody else is told of."""


# Papers --------------------------------------------------------------------------------------------------------------


@blueprint.post("/api/v1/notifications/<int:n>/papers")
@rule(Action.CALL)
def filed(n: int) -> Response:
    """Record that a fax or an official paper has gone out beside a message."""
    given, at = body(), clock.now()
    channel = Channel(one_of(given.get("channel"), "channel", PAPERS))
    to, reference = text(given, "to", limit=100), text(given, "reference", required=False, limit=100)

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        notification = to_call(session, n)
        row = papers.send(
            session,
            notification,
            channel=channel,
            to=to,
            reference=reference,
            sent_at=_done_at(given, notification.issued_at or at, at),
            by=signed_in().actor,
            at=at,
            policy=POLICY,
        )
        return {"delivery": row.id, "channel": row.channel, "state": row.state}, 201

    return once(do)


@blueprint.post("/api/v1/deliveries/<int:n>/received")
@rule(Action.CALL)
def received(n: int) -> Response:
    """Record that the other side has a fax or paper, and who says so."""
    given, at = body(), clock.now()
    person = text(given, "person", limit=100)

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        row = papers.found(session, n)
        try:
            notification = to_call(session, row.notification_id)
        except NotFound as hidden:
            raise papers.no_such() from hidden
        done_at = _done_at(given, notification.issued_at or at, at)
        papers.receive(session, row, person=person, received_at=done_at, by=signed_in().actor, at=at)
        return {"delivery": n, "state": row.state}, 200

    return once(do)


# How people are told -------------------------------------------------------------------------------------------------


@blueprint.get("/api/v1/desks/<code>/escalation")
@rule(Action.SEE_CONTACTS)
def escalation(code: str) -> Response:
    """In which steps, with which waits, a desk's people are told, and how many must read a message back."""

    def do(session: Session) -> Mapping[str, Any]:
        return {"desk": code, "rules": [_rule(each) for each in ladders.rules(session, code, POLICY)]}

    return reading(do)


def _rule(each: ladders.DeskRule) -> dict[str, Any]:
    steps = [
        {
            "role": s.role.value,
            "tier": TIERS[s.tier].stored() if s.tier else None,
            "wait_min": None if s.wait_s is None else s.wait_s / 60,
        }
        for s in each.rule.steps
    ]
    return {"circle": each.circle, "own": each.own, "read_backs": each.rule.read_backs, "steps": steps}


# Contact tests -------------------------------------------------------------------------------------------------------


@blueprint.get("/api/v1/desks/<code>/contact-tests")
@rule(Action.SEE_CONTACTS)
def tests(code: str) -> Response:
    """The contact tests of a desk, the newest first, with who answered and how fast."""

    def do(session: Session) -> Mapping[str, Any]:
        officer = _own(code)
        return {"desk": code, "name": desk_name(session, code).stored(), **_tests(session, code, officer, clock.now())}

    return reading(do)


@blueprint.post("/api/v1/desks/<code>/contact-tests")
@rule(Action.SEE_CONTACTS)
def ordered(code: str) -> Response:
    """Test the contacts of a desk, now or at an hour to come, announced or not."""
    given, at = body(), clock.now()
    announced = given.get("announced", False)
    if not isinstance(announced, bool):
        raise BadInput(
            "bad-field", fault("announced", "须为 true 或 false", "must be true or false"), field="announced"
        )
    starts_at = None if given.get("starts_at") is None else instant(given["starts_at"], "starts_at")

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        officer = _own(code)
        row = freshness.order(session, code, announced=announced, starts_at=starts_at, by=officer.actor, at=at)
        return {"id": row.id, "desk": code, "announced": announced, "starts_at": iso(row.starts_at)}, 201

    return once(do)


@blueprint.post("/api/v1/contact-tests/<int:n>/cancel")
@rule(Action.SEE_CONTACTS)
def cancelled(n: int) -> Response:
    """Take back a contact test that has not begun."""

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        officer = signed_in()
        desk = None if officer.role is Role.ADMINISTRATOR else officer.desk
        freshness.cancel(session, n, desk, by=officer.actor, at=clock.now())
        return {"id": n}, 200

    return once(do)


@blueprint.post("/api/v1/contact-tests/<int:n>/answered")
@rule(Action.CALL)
def answered(n: int) -> Response:
    """Somebody rang the duty room and read the code of a contact test back."""
    given, at = body(), clock.now()
    person = text(given, "by", limit=100)

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        officer = _own(freshness.desk_of(session, n))
        freshness.answered_by_call(session, n, person=person, by=officer.actor, at=at)
        return {"notification": n}, 200

    return once(do)


@blueprint.get("/contact-tests")
@rule(Action.SEE_CONTACTS)
def tests_page() -> str:
    """The page of the contact tests: one's own desk; for an administrator every desk."""
    officer, at = signed_in(), clock.now()
    with parts().sessions.begin() as session:
        desk = officer.desk if officer.role is not Role.ADMINISTRATOR else request.args.get("desk") or officer.desk
        own = None if officer.role is Role.ADMINISTRATOR else [str(officer.desk)]
        overview, called = freshness.standing(session, own, at=at), desk_namer(session)
        for line in overview:
            line["name"] = called(line["desk"]).stored()
        others = [] if own else [{"desk": each, "name": called(each).stored()} for each in freshness.desks(session)]
        shown = None
        if desk:
            shown = {"desk": desk, "name": called(desk).stored(), **_tests(session, desk, officer, at)}
            shown["rules"] = [_rule(each) for each in ladders.rules(session, desk, POLICY)]
    return render_template(
        "contact_tests.html",
        shown=spoken(shown, language()),
        overview=spoken(overview, language()),
        others=spoken(others, language()),
        monthly=parts().settings.contact_tests == "monthly",
        **_whose(officer),
    )


def _tests(session: Session, code: str, officer: Officer, at: datetime) -> dict[str, Any]:
    secret_too = officer.role in KNOWS_ALL
    held = freshness.standing(session, [code], at=at)
    return {
        "tests": freshness.history(session, code, at=at, secret_too=secret_too),
        "year": held[0] if held else None,
    }


def _own(code: str) -> Officer:
    """The officer, if this is their own desk or they administer."""
    officer = signed_in()
    if officer.role is not Role.ADMINISTRATOR and officer.desk != code:
        raise Forbidden("not-your-desk", Words("只能测试本席位的联络人。", "Only a desk's own contacts can be tested."))
    return officer


# The audit -----------------------------------------------------------------------------------------------------------


@blueprint.get("/api/v1/audit")
@rule(Action.SEE_CONTACTS)
def audited() -> Response:
    """What is wrong with delivery at this instant, as far as it concerns this desk."""

    def do(session: Session) -> Mapping[str, Any]:
        return _audit(session, signed_in(), clock.now())

    return reading(do)


@blueprint.get("/audit")
@rule(Action.SEE_CONTACTS)
def audit_page() -> str:
    """The page of the audit."""
    officer, at = signed_in(), clock.now()
    with parts().sessions.begin() as session:
        found = _audit(session, officer, at)
        beats = [{"kind": kind, "at": iso(seen)} for kind, seen in sorted(audit.last_beats(session).items())]
        kept = session.get(AuditRow, audit.ONE)
        last = (
            {"at": iso(kept.at), "heartbeat_at": iso(kept.heartbeat_at) if kept.heartbeat_at else None}
            if kept
            else None
        )
    outside = bool(parts().settings.heartbeat_url)
    shown = spoken(found, language())
    return render_template("audit.html", audit=shown, beats=beats, last=last, outside=outside, **_whose(officer))


@blueprint.get("/metrics")
@rule(Action.SEE_SYSTEM)
def metrics() -> Response:
    """Figures for a monitor, in the text format that Prometheus reads."""
    with parts().sessions.begin() as session:
        lines = [f"{METRIC}{name}{_labels(labels)} {value:g}" for name, labels, value in _figures(session)]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _figures(session: Session) -> list[tuple[str, dict[str, str], float]]:
    return audit.figures(session, at=clock.now())


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""


def _audit(session: Session, officer: Officer, at: datetime) -> dict[str, Any]:
    found = audit.audit(session, at=at)
    mine = audit.concerning(found, None if officer.role is Role.ADMINISTRATOR else officer.desk)
    shown = [{**each.stored(), "desk_name": _named(session, each.desk)} for each in mine]
    return {"at": iso(at), "well": audit.well(mine), "findings": shown}


def _named(session: Session, desk: str | None) -> dict[str, str] | None:
    return None if desk is None else desk_name(session, desk).stored()


# Asking --------------------------------------------------------------------------------------------------------------


def _done_at(given: Mapping[str, Any], after: datetime, at: datetime) -> datetime:
    if given.get("at") is None:
        return at
    because = Words("这条通报发出", "that notice went out")
    zone = parts().settings.time_zone
    return stated.checked(instant(given["at"], "at"), "at", after=after, because=because, now=at, zone=zone)


def _whose(officer: Officer) -> dict[str, Any]:
    zone = parts().settings.time_zone

    def local(at: str) -> str:
        return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"

    return {"officer": officer, "now": local(iso(clock.now())), "local": local, "zone": zone}
