"""Whether the service lives and is ready: for whoever watches it from outside, without detail."""

from flask import Blueprint, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from emergency.access import Action
from emergency.web import live
from emergency.web.app import parts
from emergency.web.rules import rule

blueprint = Blueprint("status", __name__)
READY = text(
    "select (select version_num from alembic_version) is not null"
    " and exists (select 1 from networks where active_version_id is not null)"
)


@blueprint.get("/healthz")
@rule(Action.PUBLIC)
def healthz():  # type: ignore[no-untyped-def]
    """The process lives."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@rule(Action.PUBLIC)
def readyz():  # type: ignore[no-untyped-def]
    """Migrated, a network loaded, and listening for the journal's news."""
    if _database_ready() and live.listening():
        return jsonify(status="ready")
    return jsonify(status="not ready"), 503


def _database_ready() -> bool:
    try:
        with parts().engine.connect() as connection:
            return bool(connection.scalar(READY))
    except SQLAlchemyError:
        return False
