"""The phones to look at and to answer: one page, every handset a card, every text that reached it a bubble."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from contacts.phones import exchange, words
from contacts.phones.book import Book, note
from contacts.phones.exchange import Declined
from contacts.phones.rules import CARRIER_ERRORS
from contacts.phones.ticker import now
from contacts.phones.values import Handset, Message, Settings, Status, segments
from contacts.phones.words import LANGUAGES, PAGE

SHOWN: Final = 50
ANCHOR_HEAD: Final = "h"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text as a handset shows it."""

    message: Message
    arrived: bool
    trouble: str
    segments: int
    characters: int
    handed_over: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One handset with its latest texts, oldest first."""

    handset: Handset
    anchor: str
    stopped: bool
    unread: int
    clipped: bool
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True, slots=True)
class Slip:
    """A reply that was declined: shown beside its field with what had been typed."""

    number: str = ""
    sentence: str = ""
    typed: str = ""


def blueprint(book: Book, settings: Settings, wake: Callable[[], None]) -> Blueprint:
    """The page and what can be pressed on it."""
    pages = Blueprint("pages", __name__)

    @pages.before_request
    def only_own_page() -> None:
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin is not None and urlsplit(origin).netloc != request.host:
            raise Declined(words.FOREIGN_PAGE)

    @pages.errorhandler(Declined)
    def declined(error: Declined) -> Response:
        slip = Slip(
            number=(request.view_args or {}).get("number", ""),
            sentence=error.sentence.to(_language(settings)),
            typed=request.form.get("text", "")[:2000],
        )
        return _page(book, settings, slip, status=409)

    @pages.get("/")
    def phones() -> Response:
        return _page(book, settings, Slip())

    @pages.post("/handsets/<number>/reply")
    def reply(number: str) -> Response:
        with book.write() as db:
            exchange.receive(db, number, request.form.get("text", ""), settings, now())
        return _back(number)

    @pages.post("/handsets/<number>/read/<sid>")
    def read(number: str, sid: str) -> Response:
        with book.write() as db:
            exchange.read(db, number, sid, settings, now())
        return _back(number)

    @pages.post("/handsets/<number>/power")
    def power(number: str) -> Response:
        powered = request.form.get("powered") == "1"
        with book.write() as db:
            changed = db.execute("UPDATE handsets SET powered = ? WHERE number = ?", (powered, number)).rowcount
            if not changed:
                raise Declined(words.NO_SUCH_HANDSET)
        return _back(number)

    def _back(number: str) -> Response:
        wake()
        return make_response(redirect(url_for("pages.phones", lang=_language(settings), _anchor=_anchor(number)), 303))

    return pages


def _page(book: Book, settings: Settings, slip: Slip, *, status: int = 200) -> Response:
    language = _language(settings)
    with book.read() as db:
        cards, inbound_url = _cards(db, language), note(db, "inbound_url")
    html = render_template(
        "phones.html",
        cards=cards,
        language=language,
        other=LANGUAGES[1 - LANGUAGES.index(language)],
        t=lambda key: PAGE[key].to(language),
        clock=lambda at: _clock(at, settings.time_zone),
        inbound_url=inbound_url,
        slip=slip,
        no_reply=words.CANNOT_REPLY.to(language),
        is_off=words.IS_OFF.to(language),
    )
    return make_response(html, status)


def _cards(db: sqlite3.Connection, language: str) -> list[Card]:
    """Every handset, the one with the latest text first."""
    handsets = db.execute(
        "SELECT h.* FROM handsets h ORDER BY (SELECT max(n) FROM messages WHERE to_number = h.number) DESC, number"
    ).fetchall()
    return [_card(db, Handset(**dict(row)), language) for row in handsets]


def _card(db: sqlite3.Connection, handset: Handset, language: str) -> Card:
    rows = db.execute(
        "SELECT * FROM (SELECT * FROM messages WHERE to_number = ?1 ORDER BY n DESC LIMIT ?2)"
        " UNION ALL SELECT * FROM (SELECT * FROM messages WHERE from_number = ?1 ORDER BY n DESC LIMIT ?2)"
        " ORDER BY n DESC LIMIT ?2",
        (handset.number, SHOWN + 1),
    ).fetchall()
    messages = [exchange.read_message(row) for row in reversed(rows[:SHOWN])]
    return Card(
        handset=handset,
        anchor=_anchor(handset.number),
        stopped=db.execute("SELECT 1 FROM stops WHERE number = ?", (handset.number,)).fetchone() is not None,
        unread=sum(message.status is Status.DELIVERED and message.read_at is None for message in messages),
        clipped=len(rows) > SHOWN,
        bubbles=tuple(_bubble(db, message, language) for message in messages),
    )


def _bubble(db: sqlite3.Connection, message: Message, language: str) -> Bubble:
    error = CARRIER_ERRORS.get(message.error_code or 0)
    heard = db.execute(
        "SELECT 1 FROM webhooks WHERE message_sid = ? AND kind = 'inbound' AND state = 'heard'", (message.sid,)
    )
    return Bubble(
        message=message,
        arrived=message.status in (Status.DELIVERED, Status.READ),
        trouble=f"{message.error_code} {error.words.to(language)}" if error else "",
        segments=segments(message.body),
        characters=len(message.body),
        handed_over=message.direction == "inbound" and heard.fetchone() is not None,
    )


def _language(settings: Settings) -> str:
    asked = request.values.get("lang", "")
    return asked if asked in LANGUAGES else settings.language


def _anchor(number: str) -> str:
    return ANCHOR_HEAD + quote(number.lstrip("+"), safe="")


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local, today = at.astimezone(zone), now().astimezone(zone).date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%m-%d %H:%M:%S")
