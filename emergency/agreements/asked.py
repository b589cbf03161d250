"""What a reader asks of a coverage, from a command line or an address: the day, the filters. Errors name the field. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from emergency.agreements.coverage import Place, State, Wanted
from emergency.errors import BadInput
from emergency.labels import choices, fault

EARLIEST, LATEST = 1990, 2100
"""Another year is a typing error."""
NOON: Final = time(12)
"""A day without an hour is asked about at noon: whatever begins or ends on it has begun or ended by then."""
FILTERS: Final = ("river", "division", "state", "place", "agreement", "left_out", "provincial")

Choice = TypeVar("Choice", bound=StrEnum)


def as_of(given: str | None, now: datetime, zone: ZoneInfo, field: str = "at") -> datetime:
    """The instant that is asked about: a day, or a day and hour with its zone; `now` where nothing is given."""
    if not given:
        return now
    try:
        asked = _instant(given, zone)
    except ValueError:
        asked = None
    if asked is None or asked.tzinfo is None or not EARLIEST <= asked.year <= LATEST:
        zh = "须为日期，例如 2025-11-21；要写时刻请连时区，例如 2025-11-21T05:00:00+08:00"
        en = "needs a day, such as 2025-11-21; an hour needs its zone, such as 2025-11-21T05:00:00+08:00"
        raise BadInput("bad-field", fault(field, zh, en), field=field)
    return asked


def wanted(given: Mapping[str, str]) -> Wanted:
    """The filters of a request; an unknown state or place is refused with those there are."""
    return Wanted(
        river=given.get("river", ""),
        division=given.get("division", ""),
        state=_choice(given, "state", State),
        place=_choice(given, "place", Place),
        agreement=given.get("agreement", ""),
        left_out=_yes(given, "left_out"),
        provincial=_yes(given, "provincial"),
    )


def _instant(given: str, zone: ZoneInfo) -> datetime:
    if len(given) == len("2025-11-21"):
        return datetime.combine(date.fromisoformat(given), NOON, zone)
    return datetime.fromisoformat(given)


def _choice(given: Mapping[str, str], field: str, kind: type[Choice]) -> Choice | None:
    value = given.get(field, "")
    if not value:
        return None
    if value not in tuple(kind):
        known = choices(tuple(kind))
        raise BadInput("bad-field", fault(field, f"须为{known.zh}", f"must be {known.en}"), field=field)
    return kind(value)


def _yes(given: Mapping[str, str], field: str) -> bool:
    value = given.get(field, "")
    if value not in ("", "0", "1"):
        raise BadInput("bad-field", fault(field, "须为 0 或 1", "must be 0 or 1"), field=field)
    return value == "1"
