"""How a message would read and whom it would ring, before it is issued. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contacts.duty import roster as rosters
from contacts.models import DeliveryRow
from contacts.people import directory
from contacts.people.countries import crosses_a_border
from contacts.sending import ladders, planning
from contacts.sending.escalation import Rule
from contacts.sending.states import State
from contacts.texts import messages
from contacts.values import (
    FOREIGN_ROUTE,
    SAME_NUMBER,
    UNWRITABLE,
    UNWRITABLE_BELL,
    Channel,
    Contact,
    Gap,
    Policy,
    Reason,
    Role,
)
from emergency.notifications import Content, NotificationRow

Json = dict[str, Any]


def preview(
    session: Session,
    row: NotificationRow,
    content: Mapping[str, Any],
    act: str,
    *,
    zone: ZoneInfo,
    policy: Policy,
    at: datetime,
    provider: str = "simulator",
    per_second: float = 1.0,
) -> Json:
    """Everyone who would get a text at once, each with the words of it; who would be next, in order; gaps, hindrances, and
    what the way of the texts needs to be warned of.

    pace: how many texts these are, how many wait before them, and how many a second the sender takes.
    """
    found = directory.roster(session, row.tells)
    rule = ladders.rule(session, row.tells, row.circle, policy)
    on_duty = rosters.duty(found, row.tells, at)
    steps = [planning.standing(session, row.tells, step, on_duty, at) for step in rule.steps]
    heard = planning.hearers(session, row, steps)
    writing = _Writing(Content(**content), act, found.zone if found else zone, rule)
    known = {contact.id for contact in (*heard.now, *(each for each, _ in heard.passed))}
    later = [each for each in steps if isinstance(each, Contact) and each.id not in known]
    return {
        "recipients": [
            *(_recipient(each, now=True, text=_text(each, writing)["text"]) for each in heard.now),
            *(_recipient(each, now=False, text=None) for each in later),
        ],
        "gaps": [
            *(_gap(gap.role, gap.reason) for gap in steps if isinstance(gap, Gap)),
            *(_gap(contact.role, reason) for contact, reason in heard.passed if reason is not SAME_NUMBER),
            *(_gap(each.role, FOREIGN_ROUTE) for each in heard.now if crosses_a_border(provider, each.profile)),
        ],
        **(_text(heard.now[0], writing) if heard.now else _nothing()),
        "pace": {"texts": len(heard.now), "waiting": _waiting(session), "per_second": per_second},
    }


@dataclass(frozen=True, slots=True)
class _Writing:
    content: Content
    act: str
    zone: ZoneInfo
    rule: Rule


def _waiting(session: Session) -> int:
    """Texts that are in the queue already; those of this message go behind them at the worst."""
    queued = DeliveryRow.channel == Channel.SMS, DeliveryRow.state == State.PENDING, DeliveryRow.act_at.is_not(None)
    return session.scalar(select(func.count()).where(*queued)) or 0


def _recipient(contact: Contact, *, now: bool, text: str | None) -> Json:
    return {
        "role": contact.role.value,
        "name": contact.name.stored(),
        "channels": ["sms", "websocket", "phone"],
        "now": now,
        "text": text,
    }


def _gap(role: Role, reason: Reason) -> Json:
    return {"role": role.value, **reason.stored()}


def _text(contact: Contact, writing: _Writing) -> Json:
    made = messages.fitting(
        writing.content,
        act=writing.act,
        level=contact.level,
        language=contact.language,
        zone=writing.zone,
        minutes=round((writing.rule.wait_s(contact) or 0) / 60),
    )
    if made is None:
        return _nothing()
    text, _, level = made
    shortened = UNWRITABLE.stored() if level is not contact.level else None
    return {"text": text.body, "units": text.units, "segments": text.segments, "shortened": shortened}


def _nothing() -> Json:
    return {"text": None, "units": 0, "segments": 0, "shortened": UNWRITABLE_BELL.stored()}
