"""Who I am, and what the service is."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from emergency import clock
from emergency.access import Action
from emergency.jurisdictions import load as jurisdictions
from emergency.units import iso
from emergency.web.answer import reading
from emergency.web.app import parts
from emergency.web.language import language
from emergency.web.rules import rule
from emergency.web.session import signed_in

MOST_NAMES: Final = 50
blueprint = Blueprint("me", __name__, url_prefix="/api/v1")


@blueprint.get("/me")
@rule(Action.SIGNED_IN)
def me() -> Response:
    """The officer of this request, and the service's clock."""
    officer, at = signed_in(), clock.now()

    def do(session: Session) -> Mapping[str, Any]:
        divisions = jurisdictions.division(session, at)
        known = officer.desk is not None and officer.desk in divisions
        return {
            "id": officer.id,
            "name": officer.name,
            "role": officer.role.value,
            "desk": officer.desk,
            "desk_name": divisions.name(officer.desk).stored() if known and officer.desk else None,
            "language": language().value,
            "time_zone": parts().settings.time_zone.key,
            "sms_provider": parts().settings.sms_provider,
            "source_line": jurisdictions.source_line(session),
            "now": iso(at),
        }

    return reading(do)


@blueprint.get("/desks/names")
@rule(Action.SIGNED_IN)
def desk_names() -> Response:
    """What some desks are called today: `code`, with commas between them. A code that nobody has stands for itself."""
    codes = [each for each in request.args.get("code", "").split(",") if each][:MOST_NAMES]

    def do(session: Session) -> Mapping[str, Any]:
        names = parts().desk_names(session, codes, clock.now())
        return {"names": {code: name.stored() for code, name in names.items()}}

    return reading(do)
