"""Which language an answer speaks: the address, then the officer's choice, then the browser, then the deployment."""

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app, has_request_context, request

from emergency.words import Language

COOKIE: Final = "lang"


def language() -> Language:
    """The language of this request."""
    default: Language = current_app.extensions["lianfang"].settings.language
    if not has_request_context():
        return default
    for wanted in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wanted in tuple(Language):
            return Language(wanted)
    matched = request.accept_languages.best_match(["zh", "en"]) if request.accept_languages else None
    return Language(matched) if matched else default


def spoken(stored: Any, tongue: Language) -> Any:
    """A copy of stored JSON in which every pair of {"zh", "en"} has become one sentence."""
    if isinstance(stored, Mapping):
        if set(stored) == {"zh", "en"}:
            return stored[tongue.value]
        return {name: spoken(value, tongue) for name, value in stored.items()}
    if isinstance(stored, list):
        return [spoken(value, tongue) for value in stored]
    return stored
