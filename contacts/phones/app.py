"""The phone company as one WSGI application: the provider's resource, the control API, the phones, the book."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from contacts.phones import api, control, exchange, pages
from contacts.phones.book import Book
from contacts.phones.rules import CARRIER_ERRORS, Refusal
from contacts.phones.values import Message, Settings

MAX_REQUEST_BYTES: Final = 64 * 1024
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PROVIDER_CODES: Final = {404: 20404, 405: 20004, 413: 20001, 500: 20500}


def create_app(book: Book, settings: Settings, *, wake: Callable[[], None], alive: Callable[[], bool]) -> Flask:
    """The application on this book; `wake` and `alive` are the ticker's."""
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES, MAX_FORM_PARTS=100, PROPAGATE_EXCEPTIONS=False)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for room in (api, control, pages):
        app.register_blueprint(room.blueprint(book, settings, wake))

    @app.get("/book")
    def the_book() -> Response:
        with book.read() as db:
            rows = db.execute("SELECT * FROM messages WHERE direction = 'outbound-api' ORDER BY n").fetchall()
        return jsonify([_entry(exchange.read_message(row)) for row in rows])

    @app.get("/healthz")
    def health() -> tuple[Response, int]:
        with book.read() as db:
            db.execute("SELECT 1 FROM messages LIMIT 1").fetchone()
        well = alive()
        return jsonify(status="ok" if well else "texts do not move"), 200 if well else 503

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[Response, int]:
        return api.refusal_answer(refusal)

    @app.errorhandler(api.HangUp)
    def hung_up(_: api.HangUp) -> Response:
        return api.hang_up()

    @app.errorhandler(HTTPException)
    def in_the_providers_shape(error: HTTPException) -> tuple[Response, int]:
        code = PROVIDER_CODES.get(error.code or 500, 20001)
        return api.refusal_answer(Refusal(code, request.path[:200], status=error.code))

    @app.after_request
    def guarded(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return app


def _entry(message: Message) -> dict[str, Any]:
    """One accepted text as the book shows it."""
    return {
        "sid": message.sid,
        "to": message.to_number,
        "from": message.from_number,
        "body": message.body,
        "accepted_at": _time(message.created_at),
        "status": message.status,
        "error_code": message.error_code,
        "error_message": CARRIER_ERRORS[message.error_code].message if message.error_code else None,
        "updated_at": _time(message.updated_at),
        "read_at": _time(message.read_at) if message.read_at else None,
    }


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
