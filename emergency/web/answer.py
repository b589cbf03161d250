"""How a view answers: read the body, do one thing in one transaction, speak the reader's language."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from emergency import access, clock
from emergency.errors import BadInput, Malformed
from emergency.labels import choices, fault
from emergency.web import session as web_session
from emergency.web.app import parts
from emergency.web.language import language, spoken
from emergency.words import Words

KEY_LENGTH = 200
LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact, the journal's canonical form among them."""
DEEPEST = 8
LONGEST = 1000
"""No request of this API nests as deep, or lists as much."""
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Another year is a typing error, and some have no place in a calendar at all."""


def body() -> dict[str, Any]:
    """The request's JSON object; Malformed says what is wrong with it, BadInput which of its values no field takes."""
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
    _check(read, "", 1)
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
        zh, en = f"须为 {low:,.0f} 到 {high:,.0f} 之间的数", f"must be a number from {low:,.0f} to {high:,.0f}"
        raise BadInput("bad-field", fault(name, zh, en), field=name)
    return value


def text(given: Mapping[str, Any], name: str, *, required: bool = True, limit: int = 2000) -> str:
    """A text field of a body."""
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > limit or (required and not value.strip()):
        words = fault(name, f"请填写文字，最多 {limit} 字", f"needs a text of at most {limit} characters")
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
        words = fault(name, f"须写明日期、时刻和时区，例如 {example}", f"needs day, hour and zone, such as {example}")
        raise BadInput("bad-field", words, field=name)
    if not EARLIEST <= read <= LATEST:
        words = fault(name, f"{read.year} 年不对，请核对年份", f"is in the year {read.year}; check the year")
        raise BadInput("bad-field", words, field=name)
    return read


def one_of(given: object, name: str, allowed: Sequence[str]) -> str:
    """One of the values that a field may have."""
    if not isinstance(given, str) or given not in allowed:
        known = choices(allowed)
        raise BadInput("bad-field", fault(name, f"须为{known.zh}", f"must be {known.en}"), field=name)
    return given


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else math.inf  # too large either way; `_check` names the field


def _check(value: Any, name: str, depth: int) -> None:
    """Refuse, by its field, what no field takes: it would be found out too late, or never."""
    if isinstance(value, dict | list) and (depth > DEEPEST or len(value) > LONGEST):
        words = fault(
            name or "body",
            f"嵌套过深或项数过多（最多 {DEEPEST} 层、每层 {LONGEST} 项）",
            f"is nested too deep or lists too much (at most {DEEPEST} levels of {LONGEST} items)",
        )
        raise BadInput("too-much", words, field=name or None)
    if isinstance(value, dict):
        for key, each in value.items():
            _check(key, name or "body", depth)
            _check(each, f"{name}.{key}" if name else key, depth + 1)
    elif isinstance(value, list):
        for n, each in enumerate(value):
            _check(each, f"{name}.{n}", depth + 1)
    elif isinstance(value, int | float) and not abs(value) <= LARGEST:  # NaN is not, either
        words = fault(name, f"须为不超过 {LARGEST:,} 的数", f"must be a number of at most {LARGEST:,}")
        raise BadInput("number-too-large", words, field=name)
    elif isinstance(value, str) and _broken(value):
        words = fault(name, "含有不可见或残缺的字符，请改正", "holds invisible or broken characters; correct it")
        raise BadInput("cannot-be-stored", words, field=name)


def _broken(given: str) -> bool:
    """A character that no database column takes: NUL, or one half of a pair."""
    return "\0" in given or any("\ud800" <= each <= "\udfff" for each in given)


def _checked(key: str) -> str:
    if not 0 < len(key) <= KEY_LENGTH:
        words = Words("Idempotency-Key 须为 1 到 200 个字符。", "Idempotency-Key must be 1 to 200 characters.")
        raise BadInput("idempotency-key", words, field="Idempotency-Key")
    return key
