"""Contact tests: whether the people of a desk answer, asked before an incident asks it.

Each contact gets a message of its own, with a code of its own, to every number that takes texts, by the way that every alert
takes. It is marked as an exercise and as a test, nobody rises after it, and it is no alert: it belongs to no incident, so
its number counts below nought. Who reads the code back, by text, on a page or to the duty room, has answered.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.kinds import How
from contacts.ledger import AskedRow, ContactTestRow
from contacts.models import ContactRow, MethodRow, RotationRow
from contacts.people import keeping
from contacts.values import ANSWER_WITHIN, CONTACT_TEST, Channel
from contacts.watch import replies
from contacts.watch.replies import Reply
from emergency import access, journal, notifications
from emergency.errors import BadInput, Conflict, NotFound
from emergency.journal import Actor
from emergency.notifications import NUMBER_CHECK, Draft, NotificationRow, Via
from emergency.units import iso
from emergency.words import Words

Json = dict[str, Any]
NameOf = Callable[[Session, str], Words]
BY: Final = Actor(process="work")
NOTICE: Final = timedelta(minutes=10)
"""An announced test is known at least so long before."""
MOST_TRIES: Final = 5
"""Policy: so often may somebody say what a code is."""
AHEAD: Final = timedelta(days=62)
AGAIN_AFTER: Final = timedelta(minutes=2)
"""Policy: so long after a code the same number is not texted another."""
PLACE_MARK: Final = ":"
FIRST_HOUR, HOURS, DAYS = 9, 8, 28
"""The month's own test comes in office hours, on one of the days that every month has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One contact of a test: who, by which code, to how many numbers, and what came of it."""

    notification: int
    contact: int
    name: Words
    role: str
    code: str
    numbers: int
    delivered: int
    reply: Reply


def order(
    session: Session, desk: str, *, announced: bool, starts_at: datetime | None, by: Actor, at: datetime
) -> ContactTestRow:
    """Ask for a test now, or for one at an hour to come. An announced one is known to the desk beforehand."""
    if not _people(session, desk):
        words = Words(f"{desk} 没有可测试的联络人。", f"{desk} has no contact to test.")
        raise NotFound("nobody-to-test", words, field="jurisdiction")
    when = starts_at or at
    if announced and when < at + NOTICE:
        words = Words("预告的测试至少提前 10 分钟安排。", "An announced test is set at least 10 minutes ahead.")
        raise BadInput("test-too-soon", words, field="starts_at")
    if not at - timedelta(minutes=1) <= when <= at + AHEAD:
        words = Words("测试时间须在今后两个月内。", "A test is set for some time in the next two months.")
        raise BadInput("test-time", words, field="starts_at")
    _not_running(session, desk, at)
    row = ContactTestRow(desk=desk, announced=announced, starts_at=when, by=by.stored())
    session.add(row)
    session.flush()
    if announced:
        _say(session, row, "contact_test.announced", by=by, at=at, facts={"starts_at": iso(when)})
    return row


def cancel(session: Session, test_id: int, desk: str | None, *, by: Actor, at: datetime) -> None:
    """Take back a test that has not begun. desk: whose it must be; None for any."""
    row = session.get(ContactTestRow, test_id, with_for_update=True)
    if row is None or (desk is not None and row.desk != desk):
        raise NotFound("no-such-test", Words("没有这次联络测试。", "There is no such contact test."))
    if row.started_at is not None or row.cancelled_at is not None:
        words = Words("这次测试已经开始或已取消。", "That test has begun, or was cancelled.")
        raise Conflict("test-begun", words)
    row.cancelled_at = at
    _say(session, row, "contact_test.cancelled", by=by, at=at, facts={})


def start_next(session: Session, name_of: NameOf, *, at: datetime) -> int | None:
    """Begin one test that is due; its id."""
    due = (
        select(ContactTestRow)
        .where(
            ContactTestRow.started_at.is_(None), ContactTestRow.cancelled_at.is_(None), ContactTestRow.starts_at <= at
        )
        .order_by(ContactTestRow.starts_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalar(due)
    if row is None:
        return None
    begin(session, row, name_of(session, row.desk), at=at)
    return row.id


def begin(session: Session, row: ContactTestRow, desk_name: Words, *, at: datetime) -> None:
    """Send a message of their own to every contact of the desk."""
    people = _people(session, row.desk)
    for contact in people:
        _ask(session, row, contact, desk_name, at)
    row.started_at = at
    _say(session, row, "contact_test.started", by=BY, at=at, facts={"contacts": len(people)})


def text_code(
    session: Session, method: MethodRow, contact: ContactRow, desk_name: Words, *, by: Actor, at: datetime
) -> None:
    """Text a code to one number of a contact; whoever reads it back has that number. desk_name: who asks.

    A number held to be wrong may be a stranger's: it is checked in another way.
    """
    if method.channel != Channel.SMS or not method.active or method.opted_out_at is not None:
        words = Words(
            "只有在用、未退订的短信号码能收验证码。", "Only a text number in use that has not sent STOP gets a code."
        )
        raise Conflict("no-texts-there", words, field="act")
    if method.wrong_at is not None:
        words = Words(
            "这个号码标为错号，可能是别人的：请打电话或当面核实。",
            "That number is held to be wrong, and may be a stranger's: verify it by telephone or in person.",
        )
        raise Conflict("number-wrong", words, field="act")
    recent = select(func.count()).where(
        ContactTestRow.method_id == method.id, ContactTestRow.started_at > at - AGAIN_AFTER
    )
    if session.scalar(recent):
        words = Words("刚给这个号码发过，请等两分钟再发。", "That number was just texted; wait two minutes.")
        raise Conflict("code-just-sent", words, field="act")
    row = ContactTestRow(desk=contact.desk, announced=False, starts_at=at, method_id=method.id, by=by.stored())
    session.add(row)
    session.flush()
    row.started_at = at
    _ask(session, row, contact, desk_name, at)
    facts = {"contact": contact.id, "method": method.id}
    journal.append(session, f"desk:{keeping.keeper(contact)}", "method.code_sent", by=by, at=at, facts=facts)


def code_tried(session: Session, method: MethodRow, *, at: datetime) -> None:
    """Count a try at the code that was texted to a number, before anything is known of it; Conflict after the last.

    In a transaction of its own: a wrong try is counted, though what it asked for is taken back.
    """
    newest = (
        select(ContactTestRow)
        .where(ContactTestRow.method_id == method.id, ContactTestRow.started_at > at - ANSWER_WITHIN)
        .order_by(ContactTestRow.id.desc())
        .limit(1)
        .with_for_update()
    )
    row = session.scalar(newest)
    if row is None or (method.verified_at is not None and row.started_at and method.verified_at >= row.started_at):
        return  # none was sent, or it has come back: that is said, or repeated, by what follows
    if row.tries >= MOST_TRIES:
        words = Words(
            f"这个验证码已试 {MOST_TRIES} 次，作废：请重新发送。",
            f"That code was tried {MOST_TRIES} times and is void: text another.",
        )
        raise Conflict("code-void", words, field="code")
    row.tries += 1


def code_came_back(
    session: Session, method: MethodRow, contact: ContactRow, code: str, *, by: Actor, at: datetime
) -> None:
    """Somebody read out the code that was texted to a number: it is theirs. The newest code of a day counts."""
    sent = (
        select(NotificationRow)
        .join(AskedRow, AskedRow.notification_id == NotificationRow.id)
        .join(ContactTestRow, ContactTestRow.id == AskedRow.test_id)
        .where(ContactTestRow.method_id == method.id, ContactTestRow.started_at > at - ANSWER_WITHIN)
        .order_by(ContactTestRow.id.desc())
        .limit(1)
    )
    message = session.scalar(sent)
    if message is None:
        words = Words("24 小时内没有给这个号码发过验证码。", "No code was texted to that number in the last 24 h.")
        raise Conflict("no-code-sent", words, field="code")
    if message.code != code.strip().upper():
        words = Words("验证码不对，请对方再读一遍。", "That is not the code: have it read out again.")
        raise BadInput("code-wrong", words, field="code")
    if message.acknowledged_at is None:
        notifications.acknowledge(
            session,
            notification_id=message.id,
            by_person=contact.name_zh,
            via=Via.CALL,
            by=by,
            at=at,
            code=message.code,
        )
    keeping.verified(session, method, contact, How.TEXTED, by=by, at=at)


def plan_month(session: Session, zone: ZoneInfo, *, at: datetime) -> int:
    """Plan this month's test of every desk that has none yet, at an hour that nobody can guess, where one is still to come.

    Every second month it is announced. How many were planned.
    """
    month = f"{at.astimezone(zone):%Y-%m}"
    known = select(ContactTestRow.desk).where(ContactTestRow.month == month)
    desks = select(ContactRow.desk).where(ContactRow.active, ContactRow.desk.not_in(known)).distinct()
    planned = 0
    for desk in session.scalars(desks.order_by(ContactRow.desk)).all():
        when = hour_of(desk, month, _zone(session, desk, zone))
        if PLACE_MARK in desk or when <= at + NOTICE:
            continue
        values = {
            "desk": desk,
            "announced": int(month[-2:]) % 2 == 0,
            "month": month,
            "starts_at": when,
            "by": BY.stored(),
        }
        made = insert(ContactTestRow).values(**values).on_conflict_do_nothing().returning(ContactTestRow.id)
        known_id = session.scalar(made)
        if known_id is None:
            continue  # another worker was first
        planned += 1
        row = session.get_one(ContactTestRow, known_id)
        if row.announced:
            _say(session, row, "contact_test.announced", by=BY, at=at, facts={"starts_at": iso(when)})
    return planned


def desks(session: Session) -> list[str]:
    """The desks that have anybody to test."""
    found = session.scalars(select(ContactRow.desk).where(ContactRow.active).distinct().order_by(ContactRow.desk))
    return [desk for desk in found if PLACE_MARK not in desk]


def hour_of(desk: str, month: str, zone: ZoneInfo) -> datetime:
    """The month's hour for a desk: by chance over days and office hours, and always the same for the same desk and month."""
    chance = int.from_bytes(hashlib.sha256(f"{desk} {month}".encode()).digest()[:8])
    day, minute = 1 + chance % DAYS, chance // DAYS % (HOURS * 60)
    year, number = int(month[:4]), int(month[-2:])
    return datetime(year, number, day, FIRST_HOUR + minute // 60, minute % 60, tzinfo=zone)


# What came of it -----------------------------------------------------------------------------------------------------


def history(session: Session, desk: str, *, at: datetime, secret_too: bool, most: int = 24) -> list[Json]:
    """The tests of a desk, the newest first, each with who was asked and what came of it.

    secret_too: whether the reader may know of tests to come that are not announced.
    """
    rows = (
        select(ContactTestRow)
        .where(ContactTestRow.desk == desk, ContactTestRow.method_id.is_(None))
        .order_by(ContactTestRow.starts_at.desc())
    )
    shown = []
    for row in session.scalars(rows.limit(most)):
        if row.started_at is None and not row.announced and not secret_too:
            continue
        asked = _asked(session, row)
        shown.append(
            {
                "id": row.id,
                "desk": row.desk,
                "announced": row.announced,
                "monthly": row.month is not None,
                "starts_at": iso(row.starts_at),
                "started_at": iso(row.started_at) if row.started_at else None,
                "cancelled_at": iso(row.cancelled_at) if row.cancelled_at else None,
                "due": row.started_at is None and row.cancelled_at is None and row.starts_at <= at,
                "over": row.started_at is not None and at - row.started_at > ANSWER_WITHIN,
                "asked": [_asked_shown(each, at) for each in asked],
                "replies": replies.statistics([each.reply for each in asked], at, ANSWER_WITHIN).shown(),
            }
        )
    return shown


def standing(session: Session, desks: Sequence[str] | None, *, at: datetime) -> list[Json]:
    """Reply times by jurisdiction over the last twelve months; desks: which, None for all."""
    since = at - timedelta(days=365)
    rows = select(ContactTestRow).where(ContactTestRow.started_at >= since, ContactTestRow.method_id.is_(None))
    if desks is not None:
        rows = rows.where(ContactTestRow.desk.in_(desks))
    by_desk: dict[str, list[ContactTestRow]] = {}
    for row in session.scalars(rows.order_by(ContactTestRow.desk, ContactTestRow.started_at)):
        by_desk.setdefault(row.desk, []).append(row)
    return [
        {
            "desk": desk,
            "tests": len(tests),
            "last_at": iso(tests[-1].started_at or tests[-1].starts_at),
            "replies": replies.statistics(
                [each.reply for test in tests for each in _asked(session, test)], at, ANSWER_WITHIN
            ).shown(),
        }
        for desk, tests in by_desk.items()
    ]


def answered_by_call(session: Session, notification_id: int, *, person: str, by: Actor, at: datetime) -> None:
    """Somebody rang the duty room and read the code of a test back."""
    notifications.acknowledge(session, notification_id=notification_id, by_person=person, via=Via.CALL, by=by, at=at)


def desk_of(session: Session, notification_id: int) -> str:
    """The desk that a message of a contact test asks; a check of one number is none."""
    asked = select(ContactTestRow.desk).join(AskedRow, AskedRow.test_id == ContactTestRow.id)
    asked = asked.where(AskedRow.notification_id == notification_id, ContactTestRow.method_id.is_(None))
    desk = session.scalar(asked)
    if desk is None:
        raise NotFound("no-such-test", Words("没有这次联络测试。", "There is no such contact test."))
    return desk


def _asked(session: Session, row: ContactTestRow) -> list[Asked]:
    pairs = session.execute(
        select(ContactRow, NotificationRow)
        .join(AskedRow, AskedRow.contact_id == ContactRow.id)
        .join(NotificationRow, NotificationRow.id == AskedRow.notification_id)
        .where(AskedRow.test_id == row.id)
        .order_by(AskedRow.id)
    ).all()
    found = []
    for contact, message in pairs:
        numbers, delivered = replies.texts(session, message.id)
        reply = Reply(message.issued_at or row.starts_at, message.acknowledged_at, message.acknowledged_via)
        name = Words(contact.name_zh, contact.name_en)
        found.append(Asked(message.id, contact.id, name, contact.role, message.code, numbers, delivered, reply))
    return found


def _asked_shown(each: Asked, at: datetime) -> Json:
    return {
        "notification": each.notification,
        "contact": each.contact,
        "name": each.name.stored(),
        "role": each.role,
        "code": each.code,
        "numbers": each.numbers,
        "delivered": each.delivered,
        "answered_at": iso(each.reply.answered_at) if each.reply.answered_at else None,
        "via": each.reply.via,
        "minutes": each.reply.minutes,
        "state": each.reply.state(at, ANSWER_WITHIN),
    }


# The messages --------------------------------------------------------------------------------------------------------


def _ask(session: Session, row: ContactTestRow, contact: ContactRow, desk_name: Words, at: datetime) -> None:
    item = AskedRow(test_id=row.id, contact_id=contact.id)
    session.add(item)
    session.flush()
    number, kind = -item.id, CONTACT_TEST
    if row.method_id is None:
        access.admit(session, incident=number, jurisdiction=row.desk, because=CONTACT_TEST, at=at)
    else:
        kind = NUMBER_CHECK  # whoever asks for the code may not see it: it would prove nothing
    draft = Draft(row.desk, row.desk, contact.role, kind, f"test {row.id}", "watch", None, [])
    message = notifications.propose(session, incident=number, draft=draft, drill=True, assessment_id=None, at=at, by=BY)
    receiver = Words(contact.name_zh, contact.name_en)
    content = _content(desk_name, receiver)
    notifications.issue(session, message, content=content, act=notifications.HEADS_UP, by=BY, at=at)
    item.notification_id = message.id


def _content(desk: Words, receiver: Words) -> Json:
    nothing = {"zh": "", "en": ""}
    return {
        "kind": CONTACT_TEST,
        "drill": True,
        "sender": desk.stored(),
        "receiver": receiver.stored(),
        "river": nothing,
        "place": nothing,
        "section": nothing,
        "substance": None,
        "occurred_at": None,
        "earliest_at": None,
        "was_earliest_at": None,
        "likely_at": None,
        "verified": True,
        "source_open": None,
        "next_update_at": None,
    }


def _people(session: Session, desk: str) -> list[ContactRow]:
    """The active contacts of a desk that have a number for texts."""
    reachable = select(MethodRow.contact_id).where(MethodRow.channel == Channel.SMS, MethodRow.active)
    rows = select(ContactRow).where(ContactRow.desk == desk, ContactRow.active, ContactRow.id.in_(reachable))
    return list(session.scalars(rows.order_by(ContactRow.id)))


def _not_running(session: Session, desk: str, at: datetime) -> None:
    running = select(func.count()).where(
        ContactTestRow.desk == desk,
        ContactTestRow.month.is_(None),
        ContactTestRow.method_id.is_(None),
        ContactTestRow.cancelled_at.is_(None),
        func.coalesce(ContactTestRow.started_at, ContactTestRow.starts_at) > at - timedelta(hours=1),
    )
    if session.scalar(running):
        words = Words(
            "该席位一小时内已有联络测试，请等它结束。",
            "That desk has a contact test within the hour; let it end first.",
        )
        raise Conflict("test-running", words)


def _zone(session: Session, desk: str, zone: ZoneInfo) -> ZoneInfo:
    named = session.scalar(select(RotationRow.time_zone).where(RotationRow.desk == desk).limit(1))
    return zone if named is None else ZoneInfo(named)


def _say(session: Session, row: ContactTestRow, kind: str, *, by: Actor, at: datetime, facts: Json) -> None:
    known = {"test": row.id, "announced": row.announced, **facts}
    journal.append(session, f"desk:{row.desk}", kind, by=by, at=at, facts=known)
