"""How a view answers: read the body, do one thing in one transaction, speak the reader's language."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from emergency import access, clock
from emergency.errors import BadInput, Malformed
from emergency.web import session as web_session
from emergency.web.app import parts
from emergency.web.language import language, spoken
from emergency.words import Words

KEY_LENGTH = 200
LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact, the journal's canonical form among them."""


def body() -> dict[str, Any]:
    """The request's JSON object; Malformed says what is wrong with it."""
    try:
        read = json.loads(request.get_data() or b"{}", parse_int=_whole)
    except (ValueError, RecursionError) as wrong:
        place = f"{wrong.lineno}:{wrong.colno}" if isinstance(wrong, json.JSONDecodeError) else "?"
        words = Words(
            f"JSON 读不懂（位置 {place}），请检查括号、引号与逗号。",
            f"The JSON cannot be read at {place}: check brackets, quotes, commas.",
        )
        raise Malformed("bad-json", words) from wrong
    if not isinstance(read, dict):
        raise Malformed("not-an-object", Words("请求体须为 JSON 对象。", "The body must be a JSON object."))
    return read


def said(document: Any, status: int = 200) -> Response:
    """`document` as JSON in the reader's language."""
    answer = jsonify(spoken(document, language()))
    answer.status_code = status
    return answer


def once(do: Callable[[Session], tuple[Mapping[str, Any], int]]) -> Response:
    """Do it in one transaction; the same Idempotency-Key and body get the first answer again, and nothing is done twice."""
    key = request.headers.get("Idempotency-Key")
    with parts().sessions.begin() as session:
        if key is None:
            return said(*do(session))
        row = access.first_answer(
            session,
            officer_id=web_session.signed_in().id,
            key=_checked(key),
            mark=access.fingerprint(f"{request.method} {request.path}", request.get_data()),
            at=clock.now(),
        )
        if row.status is None or row.answer is None:
            document, row.status = do(session)
            row.answer = dict(document)
        return said(row.answer, row.status)


def reading(do: Callable[[Session], Any]) -> Response:
    """An answer that changes nothing."""
    with parts().sessions.begin() as session:
        return said(do(session))


def number(name: str, *, low: float, high: float) -> float:
    """A required number of the query string."""
    given = request.args.get(name, "")
    try:
        value = float(given)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        words = Words(f"{name}：须为 {low:g} 到 {high:g} 的数。", f"{name}: must be a number from {low:g} to {high:g}.")
        raise BadInput("bad-field", words, field=name)
    return value


def text(given: Mapping[str, Any], name: str, *, required: bool = True, limit: int = 2000) -> str:
    """A text field of a body."""
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > limit or (required and not value.strip()):
        words = Words(f"{name}：请填写文字，最多 {limit} 字。", f"{name}: text is needed, at most {limit} characters.")
        raise BadInput("bad-field", words, field=name)
    return value.strip()


def instant(given: object, name: str) -> datetime:
    """A time with its zone, from a body or a query string."""
    try:
        read = datetime.fromisoformat(str(given))
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        example = "2025-11-21T05:00:00+08:00"
        words = Words(f"{name}：时间须带时区，例如 {example}。", f"{name}: a time needs its zone, such as {example}.")
        raise BadInput("bad-field", words, field=name)
    return read


def _whole(digits: str) -> int:
    value = int(digits)
    if abs(value) > LARGEST:
        words = Words(f"{digits[:20]}…：数字过大，请核对。", f"{digits[:20]}…: that number is too large; check it.")
        raise BadInput("number-too-large", words)
    return value


def _checked(key: str) -> str:
    if not 0 < len(key) <= KEY_LENGTH:
        words = Words("Idempotency-Key 须为 1 到 200 个字符。", "Idempotency-Key must be 1 to 200 characters.")
        raise BadInput("idempotency-key", words, field="Idempotency-Key")
    return key
