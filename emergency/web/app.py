"""The web application's frame: its parts and its headers. Which routes it has, wsgi.py decides."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, current_app, g
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from emergency import clock, db
from emergency.config import Settings
from emergency.incidents.near import near_intakes
from emergency.jurisdictions import load as jurisdictions
from emergency.notifications import NearIntake, NotificationRow
from emergency.river.models import SiteRow
from emergency.river.values import SiteKind
from emergency.words import Words

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = "lianfang"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the deciding half asks of the delivering one, handed in by the composition root.

    deliveries: for notifications, what has been done to get each to a person. preview: how a message would read and whom
    it would ring now, from (notification, content, act). load: the contacts of a file. round: makes what a worker does for
    delivery beside the clocks, and which says whether there was anything to do.
    """

    deliveries: Callable[[Session, Sequence[int]], Mapping[int, list[Json]]]
    preview: Callable[[Session, NotificationRow, Mapping[str, Any], str], Json]
    load: Callable[[Session, Path], object]
    round: Callable[[db.Sessions], Callable[[datetime], bool]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the views and commands work with."""

    settings: Settings
    engine: Engine
    sessions: db.Sessions
    delivery: Delivery

    @property
    def deliveries(self) -> Callable[[Session, Sequence[int]], Mapping[int, list[Json]]]:
        """What delivery has done for notifications."""
        return self.delivery.deliveries

    def desk_names(self, session: Session, codes: Iterable[str], at: datetime) -> dict[str, Words]:
        """What desks are called; a code where no such division is known."""
        divisions = jurisdictions.division(session, at)
        return {code: divisions.name(code) if code in divisions else Words(code, code) for code in codes}

    def near_intakes(self, session: Session, number: int, at: datetime) -> list[NearIntake]:
        """The intakes of an incident that must be called before any message."""
        return near_intakes(session, number, at)


def desk_name(session: Session, code: str) -> Words:
    """What a desk is called today; its code where no division has it."""
    return desk_namer(session)(code)


def desk_namer(session: Session) -> Callable[[str], Words]:
    """What desks are called today, for whoever asks of many."""
    divisions = jurisdictions.division(session, clock.now())
    return lambda code: divisions.name(code) if code in divisions else Words(code, code)


def division_names(session: Session, at: datetime) -> Callable[[str], Words | None]:
    """What the divisions of that day are called, by code; None where there is none. As long as none is loaded a code is its own
    name."""
    divisions = jurisdictions.division(session, at)
    if not any(divisions):
        return lambda code: Words(code, code)
    return lambda code: divisions.name(code) if code in divisions and divisions.holds(code) else None


def intake_name(session: Session, site: int) -> Words | None:
    """What an intake is called; None where there is none. As long as no site is loaded its number is its name."""
    row = session.get(SiteRow, site)
    if row is not None:
        return Words(row.name_zh, row.name_en) if row.kind == SiteKind.INTAKE else None
    return None if session.scalar(select(SiteRow.site_id).limit(1)) else Words(str(site), str(site))


def parts() -> Parts:
    """The parts of the running application."""
    found: Parts = current_app.extensions[NAME]
    return found


def new_app(settings: Settings, delivery: Delivery) -> Flask:
    """A Flask application with its parts and security headers, and no routes yet."""
    app = Flask("emergency.web", root_path=str(ROOT / "emergency" / "web"), static_folder=str(ROOT / "static"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="lianfang",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=12 * 3600,
        MAX_CONTENT_LENGTH=1_000_000,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    engine = db.engine(settings.database_url)
    app.extensions[NAME] = Parts(settings, engine, db.sessions(engine), delivery)
    app.before_request(_nonce)
    app.after_request(_headers)
    return app


def _nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _headers(response: Response) -> Response:
    policy = (
        "default-src 'self'; "
        f"script-src 'self' 'nonce-{g.get('nonce', '')}'; "
        "img-src 'self' data: blob:; worker-src 'self'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if response.mimetype in ("application/json", "application/problem+json"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
