"""The notifications API: what is open for a desk, and reading it back."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from emergency import access, clock, notifications
from emergency.access import Action, Officer, Subject
from emergency.errors import NotFound
from emergency.incidents import overview
from emergency.notifications import NotificationRow, Via
from emergency.web.answer import body, once, one_of, reading, text
from emergency.web.app import parts
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("notifications", __name__, url_prefix="/api/v1")


@blueprint.get("/notifications")
@rule(Action.SIGNED_IN)
def open_ones() -> Response:
    """The messages to this desk that nobody has read back yet."""

    def do(session: Session) -> Mapping[str, Any]:
        rows = overview.open_for(session, signed_in())
        return {"notifications": overview.messages(session, rows, parts().deliveries)}

    return reading(do)


@blueprint.post("/notifications/<int:n>/acknowledge")
@rule(Action.ACKNOWLEDGE)
def acknowledge(n: int) -> Response:
    """Read a message back, for one's own desk; with `by` and `code` for a person on the telephone."""
    given, officer, at = body(), signed_in(), clock.now()
    via = one_of(given.get("via", "web"), "via", ("web", "code", "call"))

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        row = _seen(session, n, officer)
        desk = row.who if via == "call" else row.tells
        access.require(officer, Action.ACKNOWLEDGE, Subject(access.audience(session, row.incident), desk=desk))
        newly = notifications.acknowledge(
            session,
            notification_id=n,
            by_person=text(given, "by", required=via == "call", limit=100) or officer.name,
            via=Via(via),
            by=officer.actor,
            at=at,
            code=text(given, "code", required=via in ("code", "call"), limit=10) or None,
        )
        session.flush()
        session.refresh(row)
        return {**overview.messages(session, [row], parts().deliveries)[0], "acknowledges": newly}, 200

    return once(do)


def _seen(session: Session, n: int, officer: Officer) -> NotificationRow:
    """The notification; one that this desk may not know of is answered as one that does not exist."""
    row = session.get(NotificationRow, n)
    if row is None or not access.may(officer, Action.SEE_INCIDENT, Subject(access.audience(session, row.incident))):
        raise NotFound("no-such-notification", Words("没有这条通报。", "No such notification."))
    return row
