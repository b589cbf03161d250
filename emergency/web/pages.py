"""The pages of the browser: the desk, signing in and out, the printable record, the state of the service.

They hand out markup and the sentences of static/words.json; what the desk shows it fetches from the API by itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from emergency.access import Action
from emergency.errors import NotSignedIn
from emergency.web import session
from emergency.web.app import ROOT
from emergency.web.language import COOKIE, language
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


@blueprint.app_context_processor
def _speech() -> dict[str, Any]:
    tongue = language()
    return {"tongue": tongue.value, "say": _speaker(tongue), "catalogue": half(tongue)}


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every sentence of the screen in both languages."""
    read: Mapping[str, Mapping[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return read


@cache
def half(tongue: Language) -> Mapping[str, str]:
    """The sentences in one language."""
    return {key: words[tongue.value] for key, words in catalogue().items()}


@blueprint.get("/")
@rule(Action.SIGNED_IN)
def home() -> str:
    """The live map with the call board."""
    return render_template("desk.html", officer=session.signed_in())


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


def local_path(wanted: str) -> str:
    """`wanted` if it is a path of this service, without a `lang` that would outlive the choice; else nothing."""
    parts = urlsplit(wanted.replace("\\", "/"))
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _speaker(tongue: Language) -> Any:
    words = half(tongue)

    def say(key: str, **facts: object) -> str:
        return words[key].format(**facts)

    return say
