"""How a message would read and whom it would ring, before it is issued. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from contacts import directory, messages
from contacts import roster as rosters
from contacts.values import UNWRITABLE, UNWRITABLE_BELL, Contact, Gap, Policy, Role
from emergency.notifications import Content

Json = dict[str, Any]


def preview(
    session: Session, desk: str, content: Mapping[str, Any], act: str, *, zone: ZoneInfo, policy: Policy, at: datetime
) -> Json:
    """The text for whoever is on duty at `desk` and its length; then everyone who would be rung, in order, and the gaps."""
    found = directory.roster(session, desk)
    duty = rosters.duty(found, desk, at)
    people = [contact for contact in duty.values() if isinstance(contact, Contact)]
    first = people[0] if people else None
    return {
        "recipients": [_recipient(contact) for contact in people],
        "gaps": [_gap(role, gap) for role, gap in duty.items() if isinstance(gap, Gap)],
        **(_text(first, Content(**content), act, found.zone if found else zone, policy) if first else _nothing()),
    }


def _recipient(contact: Contact) -> Json:
    return {"role": contact.role.value, "name": contact.name.stored(), "channels": ["sms", "websocket", "phone"]}


def _gap(role: Role, gap: Gap) -> Json:
    return {"role": role.value, **gap.reason.stored()}


def _text(contact: Contact, content: Content, act: str, zone: ZoneInfo, policy: Policy) -> Json:
    minutes = round((policy.escalate_s("now") or 0) / 60)
    made = messages.fitting(
        content, act=act, level=contact.level, language=contact.language, zone=zone, minutes=minutes
    )
    if made is None:
        return _nothing()
    text, _, level = made
    shortened = UNWRITABLE.stored() if level is not contact.level else None
    return {"text": text.body, "units": text.units, "segments": text.segments, "shortened": shortened}


def _nothing() -> Json:
    return {"text": None, "units": 0, "segments": 0, "shortened": UNWRITABLE_BELL.stored()}
