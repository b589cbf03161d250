"""The pages of the browser: the desk, signing in and out, the printable record, the state of the service.

They hand out markup and the sentences of static/words.json; what the desk shows it fetches from the API by itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from emergency import clock
from emergency.access import Action
from emergency.errors import NotReady, NotSignedIn
from emergency.incidents import postmortem, record
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.extent import extent
from emergency.river import networks
from emergency.units import iso
from emergency.web import live, printed, session
from emergency.web.app import ROOT, parts
from emergency.web.language import COOKIE, language, spoken
from emergency.web.rules import rule
from emergency.words import Language

blueprint = Blueprint("pages", __name__)
WORDS: Final = ROOT / "static" / "words.json"
YEAR_S: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Fault:
    """What to correct in a form, and beside which field."""

    field: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Health:
    """One line of the status page. well is None where there is nothing to be ill."""

    key: str
    value: str
    well: bool | None = None


@blueprint.get("/")
@rule(Action.SIGNED_IN)
def home() -> str:
    """The live map with the call board; without an incident it opens on the desk's own division."""
    officer = session.signed_in()
    with parts().sessions.begin() as opened:
        bounds = extent(opened, officer.desk) if officer.desk else None
    return render_template("desk.html", officer=officer, bounds=bounds)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@rule(Action.PUBLIC)
def sign_in() -> Response | str | tuple[str, int]:
    """Name and password; back to where the officer was going."""
    onward = local_path(request.args.get("next", ""))
    if request.method == "GET":
        return render_template("sign_in.html", name="", fault=None, next=onward)
    name = request.form.get("name", "").strip()
    try:
        session.sign_in(name, request.form.get("password", ""))
    except NotSignedIn as refused:
        fault = Fault(refused.field, refused.words.to(language()))
        return render_template("sign_in.html", name=name, fault=fault, next=onward), 401
    return redirect(onward or url_for("pages.home"), 303)


@blueprint.post("/sign-out")
@rule(Action.SIGNED_IN)
def sign_out() -> Response:
    """End the session on this computer."""
    session.sign_out()
    return redirect(url_for("pages.sign_in"), 303)


@blueprint.get("/language/<tongue>")
@rule(Action.PUBLIC)
def speak(tongue: str) -> Response:
    """Keep the language that was chosen, and go back."""
    answer = redirect(local_path(request.args.get("next", "")) or url_for("pages.home"), 303)
    if tongue in tuple(Language):
        answer.set_cookie(COOKIE, tongue, max_age=YEAR_S, samesite="Lax", secure=request.is_secure, httponly=True)
    return answer


@blueprint.get("/incidents/<int:number>/record")
@rule(Action.SEE_INCIDENT)
def printed_record(number: int) -> str:
    """The record of an incident, to be read and printed."""
    officer, tongue, at = session.signed_in(), language(), clock.now()
    with parts().sessions.begin() as opened:
        incident = record.found(opened, number, officer, Action.SEE_INCIDENT)
        folded = spoken(postmortem.fold(opened, incident, officer=officer), tongue)
        names = _names(opened, folded, tongue)
    speech = printed.Speech(half(tongue), names, parts().settings.time_zone, tongue)
    return render_template("record.html", record=folded, printed_at=iso(at), officer=officer, **printed.helpers(speech))


@blueprint.get("/status")
@rule(Action.SIGNED_IN)
def status() -> str:
    """How the service is, and on what data it works."""
    with parts().sessions.begin() as opened:
        rows = _health(opened)
    return render_template("status.html", rows=rows, officer=session.signed_in())


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every sentence of the screen in both languages."""
    read: Mapping[str, Mapping[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return read


@cache
def half(tongue: Language) -> Mapping[str, str]:
    """The sentences in one language."""
    return {key: words[tongue.value] for key, words in catalogue().items()}


def local_path(wanted: str) -> str:
    """`wanted` if it is a path of this service, without a `lang` that would outlive the choice; else nothing."""
    address = urlsplit(wanted.replace("\\", "/"))
    if address.scheme or address.netloc or not address.path.startswith("/") or address.path.startswith("//"):
        return ""
    query = urlencode([(name, value) for name, value in parse_qsl(address.query) if name != "lang"])
    return f"{address.path}?{query}" if query else address.path


@blueprint.app_context_processor
def _speech() -> dict[str, Any]:
    tongue = language()
    words = half(tongue)
    return {"tongue": tongue.value, "catalogue": words, "say": lambda key, **facts: words[key].format(**facts)}


def _names(opened: Session, folded: Any, tongue: Language) -> dict[str, str]:
    """The names of every desk and division that a record speaks of, as of its own time."""
    divisions = jurisdictions.division(opened, clock.now())
    codes = {folded["incident"]["lead"]}
    codes |= {each[side] for each in folded["told"] for side in ("who", "tells") if each.get(side)}
    codes |= {each["by"]["desk"] for each in folded["reports"] if each["by"].get("desk")}
    for entry in folded["timeline"]:
        facts = entry.get("facts", {})
        codes |= {facts[name] for name in (*printed.DESKS, "who") if isinstance(facts.get(name), str)}
        codes |= {entry["by"]["desk"]} if entry.get("by", {}).get("desk") else set()
    return {code: divisions.name(code).to(tongue) for code in codes if code in divisions}


def _health(opened: Session) -> list[Health]:
    settings, tongue = parts().settings, language()
    rows = [Health("web", "", live.listening())]
    try:
        network, version = networks.active(opened)
        rows.append(Health("network", f"{network.name} · {half(tongue)['status.version'].format(n=version)}", True))
        rows.append(
            Health(
                "boundaries", str(jurisdictions.source_line(opened) or ""), jurisdictions.active_boundaries(opened) > 0
            )
        )
    except NotReady as missing:
        rows.append(Health("network", missing.words.to(tongue), False))
    rows.append(Health("sms", half(tongue)[f"status.sms.{settings.sms_provider}"]))
    at = clock.now().astimezone(settings.time_zone)
    rows.append(Health("time", f"{at:%Y-%m-%d %H:%M:%S} {settings.time_zone.key}"))
    return rows
