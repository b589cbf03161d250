"""The coverage API: what covers each line, agreements, and what if; each view reads a request, calls one function, answers."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from emergency import clock
from emergency.access import Action
from emergency.agreements import archive, asked, coverage, ground, papers, sheet
from emergency.agreements.coverage import Coverage
from emergency.agreements.ground import Ground
from emergency.agreements.sheet import Format
from emergency.agreements.values import Agreement, Grade, Kind, Medium
from emergency.errors import BadInput
from emergency.incidents import statement, triggered, whatif
from emergency.incidents.assess import Context
from emergency.incidents.whatif import Other, Supposed
from emergency.jurisdictions import drawn
from emergency.jurisdictions import load as jurisdictions
from emergency.labels import fault
from emergency.river import networks
from emergency.units import iso
from emergency.web.answer import number, one_of, reading, text
from emergency.web.app import parts
from emergency.web.language import language
from emergency.web.offload import aside, forecasting
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("coverage", __name__, url_prefix="/api/v1")
SUPPOSABLE: Final = (Kind.INCIDENT.value, Kind.PLANNED_RELEASE.value)


@blueprint.get("/coverage")
@rule(Action.SIGNED_IN)
def covered() -> Response:
    """What covers every crossing, border river and risk source; as JSON, or as a file with ?format=csv, xlsx or geojson."""
    at, form = asked_at(), request.args.get("format")
    wanted = asked.wanted(request.args)
    if form is not None:
        return _file(at, wanted, Format(one_of(form, "format", tuple(Format))))

    def do(session: Session) -> Mapping[str, Any]:
        here = ground.ground(session, at)
        ground.require(session, here, wanted)
        found = judged(here)
        rows = coverage.chosen(found, wanted, here.divisions)
        return {
            "at": iso(at),
            "versions": _versions(here),
            "source_line": here.source_line,
            "counts": sheet.counts(rows),
            "total": len(found.rows),
            "choices": sheet.choices(found, here.divisions, here.rivers),
            "rows": [sheet.row_json(row, here.divisions) for row in rows],
        }

    return reading(do)


@blueprint.get("/agreements")
@rule(Action.SIGNED_IN)
def agreements() -> Response:
    """Every agreement in its newest version, and whether it is in force on the day."""
    at = asked_at()
    return reading(lambda session: {"at": iso(at), "agreements": listed(session, at)})


@blueprint.get("/agreements/<agreement>")
@rule(Action.SIGNED_IN)
def agreement(agreement: str) -> Response:
    """One agreement: parties, clauses with what is held, versions, and the messages that cite it."""
    at, n = asked_at(), version_asked("version")
    return reading(lambda session: one(session, agreement, n, at))


@blueprint.get("/what-if")
@rule(Action.SIGNED_IN)
def what_if() -> Response:
    """Who would be told of an incident at a place on a day; nothing is stored and nobody is told."""
    at, other, supposed = asked_at(), _other(), _supposed()

    def do(session: Session) -> Mapping[str, Any]:
        made = statement.parse(_report(session), now=at)
        return whatif.what_if(session, made, supposed, other, _context(at))

    return reading(do)


@blueprint.get("/what-if/agreements")
@rule(Action.SIGNED_IN)
def what_if_agreements() -> Response:
    """What another set of agreements would change at every line; nothing is stored."""
    at, other = asked_at(), _other()
    if not other.asked:
        words = Words(
            "请写明拿什么来比：without（去掉一份协议）、agreement 和 version（换一版）或 other_at（换一天）。",
            "Say what to compare with: without (an agreement left out), agreement and version, or other_at (another day).",
        )
        raise BadInput("nothing-to-compare", words, field="agreement")
    return reading(
        lambda session: whatif.over_all(session, other, _context(at), judging=partial(aside, coverage.coverage))
    )


def judged(here: Ground) -> Coverage:
    """The coverage of a ground, without holding up the sockets."""
    zone = parts().settings.time_zone
    return aside(coverage.coverage, here.lines, here.agreements, here.divisions, at=here.at, zone=zone)


def listed(session: Session, at: datetime) -> list[dict[str, Any]]:
    """Every agreement, those in force first."""
    divisions = jurisdictions.division(session, at)
    lines = [papers.line(each, divisions, at) for each in archive.newest(session)]
    return sorted(lines, key=lambda line: (line["standing"] != "in_force", line["form"] == "statute", line["id"]))


def one(session: Session, named: str, n: int | None, at: datetime) -> dict[str, Any]:
    """An agreement for its page: the version that is asked for, else the one in force, else the newest."""
    kept = archive.versions(session, named)
    in_force = next((each.as_held for each in kept if not each.superseded and each.as_held.in_force(at)), None)
    if n is not None:
        archive.version(session, named, n)  # which says so where it is not there
        shown = next(each.as_held for each in kept if each.agreement.version == n)
    else:
        shown = in_force or kept[0].as_held
    divisions = jurisdictions.division(session, at)
    return {
        **papers.whole(shown, divisions, _rivers(session, shown), at),
        "at": iso(at),
        "versions": [papers.version(each.as_held, each.loaded_at, at, superseded=each.superseded) for each in kept],
        "outlines": drawn.outlines(session, shown.parties, divisions),
        "source_line": jurisdictions.source_line(session),
        "triggered": triggered.by_agreement(session, named, signed_in(), divisions),
    }


def _rivers(session: Session, agreement: Agreement) -> dict[str, Words]:
    """The names of the rivers that it may speak of, as the networks have them."""
    return networks.rivers(session) if agreement.rivers else {}


def _file(at: datetime, wanted: coverage.Wanted, form: Format) -> Response:
    with parts().sessions.begin() as session:
        here = ground.ground(session, at)
        ground.require(session, here, wanted)
        rows = coverage.chosen(judged(here), wanted, here.divisions)
        made = sheet.exported(rows, here.divisions, form, language(), at=at, source=here.source_line)
    answer = Response(made, mimetype=sheet.MIME[form])
    day = at.astimezone(parts().settings.time_zone).date().isoformat()
    answer.headers["Content-Disposition"] = f'attachment; filename="coverage-{day}.{form.value}"'
    return answer


def _versions(here: Ground) -> dict[str, Any]:
    return {
        "network": here.network_version,
        "boundaries": here.boundary_version,
        "agreements": {each.id: each.version for each in here.agreements},
        "divisions_on": here.divisions.on.isoformat(),
    }


def asked_at(field: str = "at") -> datetime:
    """The instant that a request asks about; now where it says none."""
    return asked.as_of(request.args.get(field), clock.now(), parts().settings.time_zone, field)


def _context(at: datetime) -> Context:
    return Context(at, parts().settings.time_zone, forecasting)


def _report(session: Session) -> dict[str, Any]:
    """The made-up report of the query string; a site stands for its own place."""
    if "site" in request.args:
        lon, lat = whatif.site_place(session, int(number("site", low=1, high=2**53 - 1)))
    else:
        lon, lat = number("lon", low=-180, high=180), number("lat", low=-90, high=90)
    given = {name: request.args[name] for name in ("source_state", "flow_state", "substance") if request.args.get(name)}
    return {"location": {"lon": lon, "lat": lat}, **given}


def _supposed() -> Supposed:
    grade = request.args.get("grade") or None
    return Supposed(
        medium=Medium(one_of(request.args.get("medium") or "water", "medium", tuple(Medium))),
        grade=None if grade is None else Grade(one_of(grade, "grade", tuple(Grade))),
        kind=Kind(one_of(request.args.get("kind") or "incident", "kind", SUPPOSABLE)),
    )


def _other() -> Other:
    without = text(request.args, "without", required=False, limit=80)
    if without:
        return Other(agreement=without)
    named = text(request.args, "agreement", required=False, limit=80)
    version, against = version_asked("version"), version_asked("against")
    if named and version is None:
        words = fault("version", "请写明换成第几版", "says which version to put in")
        raise BadInput("bad-field", words, field="version")
    if named:
        return Other(agreement=named, version=version, against=against)
    return Other(at=asked_at("other_at") if request.args.get("other_at") else None)


def version_asked(field: str) -> int | None:
    """The number of a version in the query string, if there is one."""
    return int(number(field, low=1, high=100_000)) if request.args.get(field) else None
