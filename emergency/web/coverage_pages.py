"""The pages of the agreements: the list, one agreement, what covers every line, and what if."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template

from emergency import clock
from emergency.access import Action
from emergency.agreements import archive
from emergency.incidents import whatif
from emergency.jurisdictions import load as jurisdictions
from emergency.units import iso
from emergency.web import coverage_api, session
from emergency.web.app import parts
from emergency.web.language import language, spoken
from emergency.web.rules import rule

blueprint = Blueprint("agreements", __name__)


@blueprint.get("/agreements")
@rule(Action.SIGNED_IN)
def listed() -> str:
    """Every agreement that was ever loaded."""
    at = clock.now()
    with parts().sessions.begin() as opened:
        lines = spoken(coverage_api.listed(opened, at), language())
    return render_template("agreements.html", agreements=lines, **_whose())


@blueprint.get("/agreements/<agreement>")
@rule(Action.SIGNED_IN)
def one(agreement: str) -> str:
    """One agreement."""
    version = coverage_api.version_asked("version")
    with parts().sessions.begin() as opened:
        found = spoken(coverage_api.one(opened, agreement, version, coverage_api.asked_at()), language())
    return render_template("agreement.html", agreement=found, **_whose())


@blueprint.get("/coverage")
@rule(Action.SIGNED_IN)
def coverage() -> str:
    """What covers every line that a river crosses; the rows are fetched by the page."""
    with parts().sessions.begin() as opened:
        source = jurisdictions.source_line(opened)
    return render_template("coverage.html", source_line=source, **_whose())


@blueprint.get("/what-if")
@rule(Action.SIGNED_IN)
def what_if() -> str:
    """Who would be told; the answer is fetched by the page."""
    with parts().sessions.begin() as opened:
        source = jurisdictions.source_line(opened)
        sources = spoken(whatif.risk_sources(opened, clock.now()), language())
        kept = [
            {"id": each.id, "title": each.title.to(language()), "versions": _versions(opened, each.id)}
            for each in archive.newest(opened)
        ]
    return render_template("what_if.html", source_line=source, sources=sources, agreements=kept, **_whose())


def _versions(opened: Any, named: str) -> list[int]:
    return [each.agreement.version for each in archive.versions(opened, named)]


def _whose() -> dict[str, Any]:
    zone = parts().settings.time_zone

    def local(at: str) -> str:
        return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"

    return {"officer": session.signed_in(), "now": local(iso(clock.now())), "local": local, "zone": zone}
