"""The service with one route more: a POST that writes one row and one journal entry, through all that every POST goes
through. What a report costs is measured against it, in the same process.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Flask, Response
from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency import clock, journal
from emergency.access import Action
from emergency.web.answer import body, once
from emergency.web.rules import rule
from emergency.web.session import signed_in
from wsgi import create_app as create_service

TABLE: Final = "create table if not exists floor (n bigint generated always as identity primary key, said text)"
"""Made by the benchmark in its own database."""
blueprint = Blueprint("floor", __name__)


def create_app() -> Flask:
    """The service and the route."""
    app = create_service()
    app.register_blueprint(blueprint)
    return app


@blueprint.post("/api/v1/floor")
@rule(Action.REPORT)
def keep() -> Response:
    """One row and one entry."""
    said, officer, at = str(body().get("said", "")), signed_in(), clock.now()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        n = session.scalar(text("insert into floor (said) values (:said) returning n"), {"said": said})
        journal.append(session, f"floor:{n}", "floor.said", by=officer.actor, at=at, facts={"n": n, "said": said})
        return {"n": n}, 201

    return once(do)
