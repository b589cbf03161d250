"""The Messages resource as the provider speaks it: create, list, fetch; every answer in its shape."""

import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from contacts.phones import exchange
from contacts.phones.book import Book
from contacts.phones.faults import Fault, strike
from contacts.phones.rules import ACCOUNT_SID, CARRIER_ERRORS, MESSAGE_SID, Refusal, read_draft
from contacts.phones.ticker import now
from contacts.phones.values import Message, Settings, Status, segments

PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 1000
ROOT: Final = "/2010-04-01/Accounts/<account_sid>"
GATE: Final = (
    "outage",
    "credentials_wrong",
    "rate_limit",
    "latency_before_accept",
    "error_before_accept",
    "reset_before_accept",
)
AFTER: Final = ("latency_after_accept", "error_after_accept", "reset_after_accept")


class HangUp(Exception):
    """The connection is to be cut without an answer."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which texts are asked for: SQL conditions with their values, and where the page begins."""

    where: tuple[str, ...]
    values: tuple[Any, ...]
    size: int
    number: int
    token: str


def blueprint(book: Book, settings: Settings, wake: Callable[[], None]) -> Blueprint:
    """The resource on this book; `wake` tells the ticker that there is news."""
    api = Blueprint("api", __name__)

    @api.post(f"{ROOT}/Messages.json")
    def create(account_sid: str) -> tuple[Response, int]:
        _pass_gate(book, settings, "create", account_sid)
        message = _book_text(book, settings)
        wake()
        _suffer(_struck(book, settings, "create", AFTER))
        return jsonify(resource(message, settings.account_sid)), 201

    @api.get(f"{ROOT}/Messages.json")
    def listing(account_sid: str) -> Response:
        _pass_gate(book, settings, "list", account_sid)
        return jsonify(_list(book, settings))

    @api.get(f"{ROOT}/Messages/<sid>.json")
    def fetch(account_sid: str, sid: str) -> Response:
        _pass_gate(book, settings, "fetch", account_sid)
        with book.read() as db:
            message = exchange.find_message(db, sid) if MESSAGE_SID.fullmatch(sid) else None
        if message is None:
            raise Refusal(20404, request.path)
        return jsonify(resource(message, settings.account_sid))

    return api


def resource(message: Message, account_sid: str) -> dict[str, Any]:
    """The text as the provider shows it."""
    waits = message.status is Status.ACCEPTED  # no sender has been chosen from the service yet
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{message.sid}"
    return {
        "account_sid": account_sid,
        "api_version": exchange.API_VERSION,
        "body": message.body,
        "date_created": format_datetime(message.created_at),
        "date_sent": format_datetime(message.sent_at) if message.sent_at else None,
        "date_updated": format_datetime(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": CARRIER_ERRORS[message.error_code].message if message.error_code else None,
        "from": None if waits else message.from_number,
        "messaging_service_sid": message.service_sid,
        "num_media": str(message.num_media),
        "num_segments": "0" if waits else str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to_number,
        "uri": f"{uri}.json",
    }


def refusal_answer(refusal: Refusal) -> tuple[Response, int]:
    """A refusal in the provider's shape."""
    answer = jsonify(
        code=refusal.code,
        message=refusal.message,
        more_info=f"https://www.twilio.com/docs/errors/{refusal.code}",
        status=refusal.status,
    )
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    if refusal.retry_after is not None:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer, refusal.status


def hang_up() -> Response:
    """Reset the connection: the caller cannot know whether it was heard."""
    line: socket.socket = request.environ["werkzeug.socket"]

    def cut() -> Iterator[bytes]:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(line.detach())
        yield from ()
        raise ConnectionResetError

    return Response(cut())


def _pass_gate(book: Book, settings: Settings, on: str, account_sid: str) -> None:
    _suffer(_struck(book, settings, on, GATE))
    login = request.authorization
    known = (
        login is not None
        and compare_digest((login.username or "").encode(), settings.account_sid.encode())
        and compare_digest((login.password or "").encode(), settings.auth_token.encode())
    )
    if not known:
        raise Refusal(20003)
    if not ACCOUNT_SID.fullmatch(account_sid):
        raise Refusal(20404, request.path)
    if account_sid != settings.account_sid:
        raise Refusal(20003, "this is not your account")


def _struck(book: Book, settings: Settings, on: str, names: tuple[str, ...]) -> list[Fault]:
    """The faults of this request, up to the first that ends it; later ones keep their counts."""
    found = []
    with book.write() as db:
        for name in names:
            if fault := strike(db, name, on, seed=settings.seed, now=now()):
                found.append(fault)
                if not name.startswith("latency"):
                    break
    return found


def _suffer(faults: list[Fault]) -> None:
    for fault in faults:
        if fault.name.startswith("latency"):
            time.sleep(fault.seconds)
        elif fault.name == "credentials_wrong":
            raise Refusal(20003)
        elif fault.name == "rate_limit":
            raise Refusal(20429, retry_after=fault.retry_after)
        elif fault.name == "outage":
            raise Refusal(20503, status=fault.status)
        elif fault.name.startswith("error"):
            raise Refusal(20500, status=fault.status)
        else:
            raise HangUp


def _book_text(book: Book, settings: Settings) -> Message:
    """Check and book one text together with the line that says how it was answered."""
    moment, form = now(), request.form.to_dict()
    try:
        draft = read_draft(form, num_media=len(request.form.getlist("MediaUrl")), service_sender=settings.sender)
        with book.write() as db:
            message = exchange.accept(db, draft, settings, moment)
            exchange.log_request(db, form, moment, sid=message.sid)
    except Refusal as refusal:
        with book.write() as db:
            exchange.log_request(db, form, moment, refusal=refusal)
        raise
    return message


def _list(book: Book, settings: Settings) -> dict[str, Any]:
    """One page, newest first; the token names the text beside the page, so that news does not shift it."""
    page = _asked_page()
    with book.read() as db:
        where, values, back = " AND ".join(page.where), page.values, page.token.startswith("PB")
        if page.token:
            where += f" AND n {'>' if back else '<'} (SELECT n FROM messages WHERE sid = ?)"
            values += (page.token[2:],)
        order = "ASC" if back else "DESC"
        rows = db.execute(
            f"SELECT * FROM messages WHERE {where} ORDER BY n {order} LIMIT ?", (*values, page.size + 1)
        ).fetchall()
    more, found = len(rows) > page.size, [exchange.read_message(row) for row in rows[: page.size]]
    if back:
        found.reverse()
    first = page.number * page.size
    older = _page_uri(page.size, page.number + 1, "PA" + found[-1].sid) if found and (more or back) else None
    newer = _page_uri(page.size, page.number - 1, "PB" + found[0].sid) if found and page.number else None
    return {
        "end": first + max(len(found) - 1, 0),
        "first_page_uri": _page_uri(page.size, 0, ""),
        "messages": [resource(message, settings.account_sid) for message in found],
        "next_page_uri": older,
        "page": page.number,
        "page_size": page.size,
        "previous_page_uri": newer,
        "start": first,
        "uri": _page_uri(page.size, page.number, page.token),
    }


def _asked_page() -> Page:
    where, values = ["listed_at <= ?"], [now()]
    for name, column in (("To", "to_number"), ("From", "from_number")):
        if value := request.args.get(name):
            where.append(f"{column} = ?")
            values.append(value)  # type: ignore[arg-type]
    for name in ("DateSent", "DateSent<", "DateSent>"):
        if text := request.args.get(name):
            starts_at, ends_at = _span(text)
            if name != "DateSent<":
                where.append("sent_at >= ?")
                values.append(starts_at)
            if name != "DateSent>":
                where.append("sent_at < ?")
                values.append(ends_at)
    token = request.args.get("PageToken", "")
    if token and not re.fullmatch(r"P[AB](SM|MM)[0-9a-f]{32}", token):
        raise Refusal(20001, "PageToken")
    return Page(
        where=tuple(where),
        values=tuple(values),
        size=_whole_number("PageSize", PAGE_SIZE, 1, MAX_PAGE_SIZE),
        number=_whole_number("Page", 0, 0, 1_000_000),
        token=token,
    )


def _span(text: str) -> tuple[datetime, datetime]:
    """The day or the second that a DateSent names."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}(T00:00:00Z)?", text):  # the client sends a day as its midnight
            day = date.fromisoformat(text[:10])
            starts_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return starts_at, starts_at + timedelta(days=1)
        at = datetime.fromisoformat(text)
        starts_at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        return starts_at, starts_at + timedelta(seconds=1)
    except (ValueError, OverflowError) as error:
        raise Refusal(20001, f"DateSent {text[:40]!r}") from error


def _whole_number(name: str, default: int, least: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise Refusal(20001, f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _page_uri(size: int, number: int, token: str) -> str:
    kept = [(name, value) for name, value in request.args.items() if name not in ("PageSize", "Page", "PageToken")]
    kept += [("PageSize", str(size)), ("Page", str(number))] + ([("PageToken", token)] if token else [])
    return f"{request.path}?{urlencode(kept)}"
