"""A desk's roster as a calendar that other programs read (iCalendar, RFC 5545): who is on duty, never a number.

A feed's address holds a secret, kept as SHA-256 only; whoever has it reads the calendar without a login until it is revoked.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

import icalendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.duty.turns import Turn, whole
from contacts.kinds import ROLES
from contacts.models import FeedRow
from contacts.people import directory
from contacts.people.keeping import require_keeper
from contacts.values import LADDER
from emergency import journal
from emergency.access import Officer
from emergency.errors import Conflict, NotFound
from emergency.words import Language, Words

TOKEN_BYTES: Final = 32
BEFORE, AHEAD = timedelta(days=30), timedelta(days=90)
REFRESH: Final = timedelta(hours=1)
NOBODY: Final = Words("无人当班", "NOBODY ON DUTY")


def make(session: Session, desk: str, label: str, *, officer: Officer, at: datetime) -> tuple[FeedRow, str]:
    """A new address for a desk's calendar; its secret, shown this once."""
    require_keeper(officer, desk)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = FeedRow(desk=desk, token_hash=_hash(token), label=label, made_at=at, made_by=officer.actor.stored())
    session.add(row)
    session.flush()
    journal.append(session, f"desk:{desk}", "roster.feed", by=officer.actor, at=at, facts={"feed": row.id})
    return row, token


def revoke(session: Session, feed: int, *, officer: Officer, at: datetime) -> FeedRow:
    """The address answers no more."""
    row = session.get(FeedRow, feed, with_for_update=True)
    if row is None:
        raise NotFound("no-such-feed", Words("没有这个订阅地址。", "There is no such feed."), field="feed")
    require_keeper(officer, row.desk)
    if row.revoked_at is not None:
        raise Conflict("already-so", Words("已经作废，请刷新。", "That is revoked already: reload."))
    row.revoked_at = at
    journal.append(session, f"desk:{row.desk}", "roster.feed_revoked", by=officer.actor, at=at, facts={"feed": row.id})
    return row


def desk_of(session: Session, token: str) -> str:
    """Whose calendar a secret opens; NotFound for any that holds no more."""
    row = session.scalar(select(FeedRow).where(FeedRow.token_hash == _hash(token), FeedRow.revoked_at.is_(None)))
    if row is None:
        words = Words("没有这个订阅地址，或已作废。", "There is no such feed, or it was revoked.")
        raise NotFound("no-such-feed", words)
    return row.desk


def listed(session: Session, desk: str) -> list[FeedRow]:
    """The addresses of a desk that still hold."""
    rows = select(FeedRow).where(FeedRow.desk == desk, FeedRow.revoked_at.is_(None))
    return list(session.scalars(rows.order_by(FeedRow.id)))


def calendar(session: Session, desk: str, name: str, language: Language, *, now: datetime) -> bytes:
    """The turns of a desk around now, and its gaps, as a calendar. Instants are in UTC: no reader needs our zones."""
    made = icalendar.Calendar()
    made.add("prodid", "-//Lianfang//roster//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    found = directory.roster(session, desk)
    for turn in whole(found, desk, since=now - BEFORE, until=now + AHEAD):
        made.add_component(_event(desk, turn, language, now))
    return bytes(made.to_ical())


def _event(desk: str, turn: Turn, language: Language, now: datetime) -> icalendar.Event:
    role = ROLES[turn.role].to(language)
    people = [each.name.to(language) for each in turn.people if each.active]
    event = icalendar.Event()
    event.add("uid", f"{desk}-{LADDER.index(turn.role)}-{turn.since:%Y%m%dT%H%M%SZ}@lianfang")
    event.add("dtstamp", now)
    event.add("dtstart", turn.since)
    event.add("dtend", turn.until)
    nobody = NOBODY.to(language)
    event.add("summary", f"{role} · {'、'.join(people)}" if turn.reason is None else f"⚠ {role} · {nobody}")
    if turn.reason is not None:
        event.add("description", turn.reason.words.to(language))
    event.add("transp", "TRANSPARENT")
    return event


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
