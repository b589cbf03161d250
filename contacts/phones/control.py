"""The hand behind the scenes: faults, handsets, the inbound address, and what was asked and told; loopback only.

For tests and for whoever runs a drill; JSON in, JSON out.
"""

import json
import sqlite3
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Response, jsonify, request

from contacts.phones import exchange, faults, rules
from contacts.phones.book import Book, keep_note, note
from contacts.phones.faults import BadFault
from contacts.phones.ticker import now
from contacts.phones.values import Settings


class BadControl(Exception):
    """A control request that cannot be carried out; the status says why."""

    def __init__(self, sentence: str, status: int = 400):
        super().__init__(sentence)
        self.status = status


def blueprint(book: Book, settings: Settings, wake: Callable[[], None]) -> Blueprint:
    """The control API on this book."""
    control = Blueprint("control", __name__, url_prefix="/control")

    @control.before_request
    def only_from_here() -> None:
        if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:
            raise BadControl("control is open to this machine only", 403)

    @control.errorhandler(BadControl)
    def bad_control(error: BadControl) -> tuple[Response, int]:
        return jsonify(error=str(error)), error.status

    @control.errorhandler(BadFault)
    def bad_fault(error: BadFault) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    @control.errorhandler(exchange.Declined)
    def declined(error: exchange.Declined) -> tuple[Response, int]:
        return jsonify(error=error.sentence.en, words={"zh": error.sentence.zh, "en": error.sentence.en}), 409

    @control.get("")
    def state() -> Response:
        with book.read() as db:
            return jsonify(
                inbound_url=note(db, "inbound_url"),
                seed=settings.seed,
                step_s=settings.step_s,
                faults={row["name"]: _fault(row) for row in db.execute("SELECT * FROM faults ORDER BY name")},
                handsets=[dict(row) for row in db.execute("SELECT * FROM handsets ORDER BY number")],
            )

    @control.put("/faults/<name>")
    def set_fault(name: str) -> Response:
        fault = faults.read_fault(name, _object())
        with book.write() as db:
            faults.keep(db, fault, now())
        return jsonify(name=fault.name)

    @control.delete("/faults")
    @control.delete("/faults/<name>")
    def clear(name: str = "") -> Response:
        with book.write() as db:
            gone = db.execute("DELETE FROM faults WHERE ? IN ('', name)", (name,)).rowcount
        return jsonify(cleared=gone)

    @control.put("/inbound")
    def set_inbound() -> Response:
        url = _text(_object(), "url", "")
        if url:
            _check_address(url)
        with book.write() as db:
            keep_note(db, "inbound_url", url)
        return jsonify(inbound_url=url)

    @control.put("/handsets/<number>")
    def set_handset(number: str) -> Response:
        wanted = _object()
        with book.write() as db:
            return jsonify(_set_handset(db, number, wanted))

    @control.post("/handsets/<number>/replies")
    def reply(number: str) -> tuple[Response, int]:
        text = _text(_object(), "text", "")
        with book.write() as db:
            message = exchange.receive(db, number, text, settings, now())
        wake()
        return jsonify(sid=message.sid), 201

    @control.post("/handsets/<number>/read/<sid>")
    def read(number: str, sid: str) -> Response:
        with book.write() as db:
            exchange.read(db, number, sid, settings, now())
        wake()
        return jsonify(sid=sid)

    @control.get("/webhooks")
    def webhooks() -> Response:
        return _rows(
            "SELECT n, message_sid, kind, status, url, forged, state, attempts, answer FROM webhooks ORDER BY n"
        )

    @control.get("/requests")
    def requests() -> Response:
        return _rows("SELECT * FROM requests ORDER BY n")

    def _rows(query: str) -> Response:
        with book.read() as db:
            return jsonify([_plain(row) for row in db.execute(query)])

    return control


def _set_handset(db: sqlite3.Connection, number: str, wanted: dict[str, Any]) -> dict[str, Any]:
    if not rules.E164.fullmatch(number):
        raise BadControl(f"{number[:40]!r} is not a number such as +12025550143")
    handset = exchange.know_handset(db, number)
    profile = _text(wanted, "profile", handset.profile)
    powered = wanted.get("powered", bool(handset.powered))
    if profile not in ("", "CN") or not isinstance(powered, bool):
        raise BadControl('profile is "CN" or "", powered is true or false')
    label = _text(wanted, "label", handset.label)[:60]
    db.execute(
        "UPDATE handsets SET label = ?, profile = ?, powered = ? WHERE number = ?", (label, profile, powered, number)
    )
    return {"number": number, "label": label, "profile": profile, "powered": powered}


def _check_address(url: str) -> None:
    try:
        rules.check_loopback(url)
    except rules.Refusal as refusal:
        raise BadControl(refusal.message) from refusal


def _object() -> dict[str, Any]:
    value = request.get_json(silent=True) if request.is_json else None  # a foreign page cannot send JSON unasked
    if not isinstance(value, dict):
        raise BadControl("send a JSON object")
    return value


def _text(values: dict[str, Any], name: str, default: str) -> str:
    value = values.get(name, default)
    if not isinstance(value, str):
        raise BadControl(f"{name} must be a text")
    return value


def _fault(row: sqlite3.Row) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(row["settings"])
    return settings | {"seen": row["seen"], "fired": row["fired"]}


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in dict(row).items()}
