"""A person answers a text: a code reads the message back, STOP ends the texts, START brings them back.

An alert only where the country lets a phone answer: elsewhere the person is rung. A test and a check of a number ask whether
a text comes back, so one that came with their code answers them from anywhere. Each text is taken once; its words are not kept.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.kinds import How
from contacts.ledger import AskedRow, ContactTestRow
from contacts.models import ContactRow, InboundRow, MethodRow
from contacts.people import keeping
from contacts.people.countries import country
from contacts.people.numbers import Vault
from contacts.sending import deliveries
from contacts.values import CONTACT_TEST, Channel
from emergency import journal, notifications
from emergency.errors import EmergencyError
from emergency.journal import Actor
from emergency.notifications import ALPHABET, CODE_LENGTH, NUMBER_CHECK, NotificationRow, Via

# The provider's default opt-out words.
STOP: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START: Final = frozenset({"START", "UNSTOP", "YES"})
CODE: Final = re.compile(rf"(?<![A-Z0-9])[{ALPHABET}]{{{CODE_LENGTH}}}(?![A-Z0-9])")


class Taken(StrEnum):
    """What an answer was taken for."""

    STOP = "stop"
    START = "start"
    READ_BACK = "read_back"
    NOT_UNDERSTOOD = "not_understood"
    STRANGER = "stranger"
    NO_REPLIES = "no_replies"
    REPEATED = "repeated"


def take(session: Session, *, sid: str, number: str, body: str, vault: Vault, at: datetime) -> Taken:
    """Take one answer; a repeated SID changes nothing."""
    fresh = insert(InboundRow).values(
        sid=sid, lookup=vault.lookup(number), taken_as=Taken.NOT_UNDERSTOOD, received_at=at
    )
    if session.scalar(fresh.on_conflict_do_nothing().returning(InboundRow.sid)) is None:
        return Taken.REPEATED
    known = session.execute(
        select(MethodRow, ContactRow)
        .join(ContactRow, ContactRow.id == MethodRow.contact_id)
        .where(MethodRow.lookup.in_(vault.lookups(number)), MethodRow.channel == Channel.SMS, MethodRow.active)
        .order_by(MethodRow.id)
        .with_for_update(of=MethodRow)
    ).all()
    taken, notification = _understood(session, [(method, contact) for method, contact in known], body, at)
    row = session.get_one(InboundRow, sid)
    row.taken_as, row.notification_id = taken, notification
    return taken


def _understood(
    session: Session, known: Sequence[tuple[MethodRow, ContactRow]], body: str, at: datetime
) -> tuple[Taken, int | None]:
    word = body.strip().upper()
    if not known:
        return Taken.STRANGER, None
    if word in STOP or word in START:
        for method, contact in known:
            _opt(session, method, contact, out=word in STOP, at=at)
        return (Taken.STOP if word in STOP else Taken.START), None
    for code in CODE.findall(word):
        row = _asked(session, code)
        answering = [] if row is None else [contact for _, contact in known if _may_answer(contact, row)]
        if row is None or not answering or _about(session, row) not in (None, *(method.id for method, _ in known)):
            continue
        _read_back(session, row, answering[0], at)
        _verify(session, row, known, at)
        return Taken.READ_BACK, row.id
    heard = any(country(contact.profile).replies for _, contact in known)
    return (Taken.NOT_UNDERSTOOD if heard else Taken.NO_REPLIES), None


def _asked(session: Session, code: str) -> NotificationRow | None:
    """The newest message with that code."""
    try:
        return notifications.by_code(session, code)
    except EmergencyError:
        return None  # any word of four letters may look like a code


def _may_answer(contact: ContactRow, row: NotificationRow) -> bool:
    """Whether a text of this contact answers a message: it went to their desk, and is a test or their country has replies."""
    asks_only = row.kind in (CONTACT_TEST, NUMBER_CHECK)
    return contact.desk == row.tells and (asks_only or country(contact.profile).replies)


def _read_back(session: Session, row: NotificationRow, contact: ContactRow, at: datetime) -> None:
    by = Actor(process="inbound", role=contact.role, desk=contact.desk)
    notifications.acknowledge(
        session, notification_id=row.id, by_person=contact.name_zh, via=Via.SMS, by=by, at=at, code=row.code
    )


def _verify(
    session: Session, row: NotificationRow, known: Sequence[tuple[MethodRow, ContactRow]], at: datetime
) -> None:
    """A code that was texted to one number, and came back from it, verifies the number."""
    about = _about(session, row)
    for method, contact in known:
        if method.id == about:
            by = Actor(process="inbound", role=contact.role, desk=contact.desk)
            keeping.verified(session, method, contact, How.TEXTED, by=by, at=at)


def _about(session: Session, row: NotificationRow) -> int | None:
    """The number that a message checks: its code comes back from that one, or is no answer."""
    asked = select(ContactTestRow.method_id).join(AskedRow, AskedRow.test_id == ContactTestRow.id)
    return session.scalar(asked.where(AskedRow.notification_id == row.id))


def _opt(session: Session, method: MethodRow, contact: ContactRow, *, out: bool, at: datetime) -> None:
    by = Actor(process="inbound", role=contact.role, desk=contact.desk)
    if out:
        deliveries.opt_out(session, method, contact.desk, at=at, by=by)
        return
    method.opted_out_at = None
    facts = {"contact": contact.id, "method": method.id}
    journal.append(session, f"desk:{contact.desk}", "contact.opted_in", by=by, at=at, facts=facts)
