"""The exchange: takes a text in, moves it from state to state, hears what a handset answers, says what must be told.

Every function works inside the caller's transaction; `now` is an argument and nothing waits: waiting is a column.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import astuple, fields
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from contacts.phones import rules, words
from contacts.phones.book import note
from contacts.phones.faults import strike
from contacts.phones.rules import CARRIER_ERRORS, SILENT, Refusal
from contacts.phones.values import Draft, Handset, Message, Settings, Status, segments
from contacts.phones.words import Words

API_VERSION: Final = "2010-04-01"
NEXT: Final = {
    Status.ACCEPTED: Status.QUEUED,
    Status.QUEUED: Status.SENDING,
    Status.SENDING: Status.SENT,
    Status.SENT: Status.DELIVERED,
}
KEPT_LINES: Final = 10_000
BATCH: Final = 500


class Declined(Exception):
    """A handset cannot do what was asked of it; the sentence is for the person who holds it."""

    def __init__(self, sentence: Words):
        super().__init__(sentence.en)
        self.sentence = sentence


def read_message(row: sqlite3.Row) -> Message:
    """A row of the book as a value."""
    return Message(**{**dict(row), "status": Status(row["status"])})


def find_message(db: sqlite3.Connection, sid: str) -> Message | None:
    """The text with this SID, if the book has it."""
    row = db.execute("SELECT * FROM messages WHERE sid = ?", (sid,)).fetchone()
    return read_message(row) if row else None


def find_handset(db: sqlite3.Connection, number: str) -> Handset | None:
    """The handset with this number, if it was ever spoken of."""
    row = db.execute("SELECT * FROM handsets WHERE number = ?", (number,)).fetchone()
    return Handset(**dict(row)) if row else None


def know_handset(db: sqlite3.Connection, number: str) -> Handset:
    """The handset with this number, entered with its country's rules if it is new."""
    profile = note(db, "profile") or rules.default_profile(number)
    db.execute("INSERT OR IGNORE INTO handsets (number, profile) VALUES (?, ?)", (number, profile))
    return Handset(**dict(db.execute("SELECT * FROM handsets WHERE number = ?", (number,)).fetchone()))


def log_request(
    db: sqlite3.Connection,
    form: Mapping[str, str],
    now: datetime,
    *,
    sid: str | None = None,
    refusal: Refusal | None = None,
) -> None:
    """One line for each request to send, whatever its answer; the last 10,000 are kept."""
    answer = (refusal.status, refusal.code) if refusal else (201, None)
    line = (now, form.get("To", "")[:40], form.get("Body", "")[: rules.MAX_BODY], *answer, sid)
    db.execute("INSERT INTO requests (at, to_number, body, http_status, code, sid) VALUES (?, ?, ?, ?, ?, ?)", line)
    db.execute("DELETE FROM requests WHERE n <= (SELECT max(n) FROM requests) - ?", (KEPT_LINES,))


def accept(db: sqlite3.Connection, draft: Draft, settings: Settings, now: datetime) -> Message:
    """Book the text; Refusal 21610 if its recipient has texted STOP to this sender."""
    if db.execute(
        "SELECT 1 FROM stops WHERE number = ? AND sender = ?", (draft.to_number, draft.from_number)
    ).fetchone():
        raise Refusal(21610, draft.to_number)
    handset = know_handset(db, draft.to_number)
    lag = strike(db, "list_lag", "create", seed=settings.seed, now=now)
    backwards = strike(db, "callback_reordered", "create", seed=settings.seed, now=now)
    return _insert(
        db,
        Message(
            sid=("MM" if draft.num_media else "SM") + uuid4().hex,
            direction="outbound-api",
            to_number=draft.to_number,
            from_number=draft.from_number,
            service_sid=draft.service_sid,
            body=draft.body,
            num_media=draft.num_media,
            status=Status.ACCEPTED if draft.service_sid else Status.QUEUED,
            fate=rules.fate(draft.to_number, draft.body, profile=handset.profile),
            callback_url=draft.callback_url,
            backwards=int(backwards is not None),
            created_at=now,
            listed_at=now + timedelta(seconds=lag.seconds if lag else 0),
            updated_at=now,
            act_at=now + timedelta(seconds=settings.step_s),
        ),
    )


def receive(db: sqlite3.Connection, number: str, text: str, settings: Settings, now: datetime) -> Message:
    """A handset answers whoever texted it last; STOP and START are heeded before the answer is passed on."""
    handset = find_handset(db, number)
    if handset is None:
        raise Declined(words.NO_SUCH_HANDSET)
    if handset.profile == "CN":
        raise Declined(words.CANNOT_REPLY)
    if not handset.powered:
        raise Declined(words.IS_OFF)
    if not text.strip():
        raise Declined(words.EMPTY_REPLY)
    if len(text) > rules.MAX_BODY:
        raise Declined(words.LONG_REPLY)
    last = db.execute(
        "SELECT from_number FROM messages WHERE to_number = ? ORDER BY n DESC LIMIT 1", (number,)
    ).fetchone()
    sender = last["from_number"] if last else settings.sender
    _heed(db, number, sender, text.strip().upper(), now)
    reply = _insert(
        db,
        Message(
            sid="SM" + uuid4().hex,
            direction="inbound",
            to_number=sender,
            from_number=number,
            body=text,
            status=Status.RECEIVED,
            created_at=now,
            listed_at=now,
            sent_at=now,
            updated_at=now,
        ),
    )
    if url := note(db, "inbound_url"):
        _tell(db, "inbound", url, reply, inbound_form(reply, settings), settings, now)
    return reply


def read(db: sqlite3.Connection, number: str, sid: str, settings: Settings, now: datetime) -> None:
    """The holder has read a text. Where the country gives no receipt for that, nobody is told."""
    message = find_message(db, sid)
    if message is None or message.to_number != number or message.status not in (Status.DELIVERED, Status.READ):
        raise Declined(words.NO_SUCH_TEXT)
    db.execute("UPDATE messages SET read_at = coalesce(read_at, ?) WHERE sid = ?", (now, sid))
    if message.status is Status.DELIVERED and know_handset(db, number).profile != "CN":
        _move(db, message, Status.READ, settings, now)


def advance(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Move every text that is due by one state; how many were moved."""
    due = db.execute("SELECT * FROM messages WHERE act_at <= ? ORDER BY act_at, n LIMIT ?", (now, BATCH)).fetchall()
    for row in due:
        message = read_message(row)
        _move(db, message, _next_status(db, message), settings, now)
    return len(due)


def _next_status(db: sqlite3.Connection, message: Message) -> Status:
    """30001 fails before it leaves; every other error is the carrier's, after `sent`."""
    if message.fate:
        end = CARRIER_ERRORS[message.fate].status
        if (message.status, end) in ((Status.SENDING, Status.FAILED), (Status.SENT, Status.UNDELIVERED)):
            return end
    elif message.status is Status.SENT and not know_handset(db, message.to_number).powered:
        return Status.UNDELIVERED
    return NEXT[message.status]


def _move(db: sqlite3.Connection, message: Message, status: Status, settings: Settings, now: datetime) -> None:
    silent = status is Status.SENT and message.fate == SILENT
    goes_on = status in NEXT and not silent
    failed = status in (Status.UNDELIVERED, Status.FAILED)
    db.execute(
        "UPDATE messages SET status = ?, error_code = ?, updated_at = ?, act_at = ?, sent_at = coalesce(sent_at, ?)"
        " WHERE sid = ?",
        (
            status,
            (message.fate or 30003) if failed else None,
            now,
            now + timedelta(seconds=settings.step_s) if goes_on else None,
            now if status is Status.SENT else None,
            message.sid,
        ),
    )
    if message.callback_url:
        moved = find_message(db, message.sid) or message
        _tell(db, status, message.callback_url, moved, status_form(moved, settings), settings, now)
        if moved.backwards and not goes_on:
            _let_go_backwards(db, moved.sid, now)


def status_form(message: Message, settings: Settings) -> dict[str, str]:
    """The fields of a status callback."""
    form = {
        "AccountSid": settings.account_sid,
        "ApiVersion": API_VERSION,
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to_number,
        "From": message.from_number,
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if message.error_code:
        form["ErrorCode"] = str(message.error_code)
        form["ErrorMessage"] = CARRIER_ERRORS[message.error_code].message
    return form


def inbound_form(message: Message, settings: Settings) -> dict[str, str]:
    """The fields that tell of an answer."""
    return {
        "AccountSid": settings.account_sid,
        "ApiVersion": API_VERSION,
        "MessageSid": message.sid,
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": str(segments(message.body)),
        "To": message.to_number,
        "From": message.from_number,
        "Body": message.body,
    }


def _tell(
    db: sqlite3.Connection,
    event: str,
    url: str,
    message: Message,
    form: dict[str, str],
    settings: Settings,
    now: datetime,
) -> None:
    """Put a webhook in the queue, as the faults of the day will have it."""
    kind = "inbound" if event == "inbound" else "status"
    struck = {
        name: strike(db, f"callback_{name}", kind, seed=settings.seed, now=now)
        for name in ("dropped", "late", "doubled", "forged")
    }
    late = struck["late"]
    held = kind == "status" and message.backwards
    state = "dropped" if struck["dropped"] else "held" if held else "waiting"
    due_at = now + timedelta(seconds=late.seconds if late else 0)
    row = (message.sid, kind, event, url, json.dumps(form), struck["forged"] is not None, uuid4().hex, state, due_at)
    for _ in range(2 if struck["doubled"] else 1):
        db.execute(
            "INSERT INTO webhooks (message_sid, kind, status, url, form, forged, token, state, due_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
    db.execute(
        "DELETE FROM webhooks WHERE n <= (SELECT max(n) FROM webhooks) - ? AND state NOT IN ('waiting', 'held')",
        (KEPT_LINES,),
    )


def _let_go_backwards(db: sqlite3.Connection, sid: str, now: datetime) -> None:
    held = db.execute(
        "SELECT n FROM webhooks WHERE message_sid = ? AND state = 'held' ORDER BY n DESC", (sid,)
    ).fetchall()
    for place, row in enumerate(held):
        due_at = now + timedelta(milliseconds=place)
        db.execute("UPDATE webhooks SET state = 'waiting', due_at = ? WHERE n = ?", (due_at, row["n"]))


def _heed(db: sqlite3.Connection, number: str, sender: str, keyword: str, now: datetime) -> None:
    if keyword in rules.STOP_WORDS:
        db.execute("INSERT OR IGNORE INTO stops VALUES (?, ?, ?)", (number, sender, now))
    elif keyword in rules.START_WORDS:
        db.execute("DELETE FROM stops WHERE number = ? AND sender = ?", (number, sender))


def _insert(db: sqlite3.Connection, message: Message) -> Message:
    names = [field.name for field in fields(Message)][1:]
    marks = ", ".join("?" * len(names))
    db.execute(f"INSERT INTO messages ({', '.join(names)}) VALUES ({marks})", astuple(message)[1:])
    return find_message(db, message.sid) or message
