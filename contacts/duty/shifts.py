"""When does a shift begin and end, and whose turn is it? Pure: a shift, the dated days of a desk and its zone in.

A shift begins at its hour of the desk's own wall clock and lasts so many hours of that clock: a night in which the clocks
change is an hour longer or shorter, and the hand-over stays at its hour. An hour that the clocks skip is the first after it;
of one that comes twice the first counts. A dated day counts as what the list says: a holiday, or a day that is worked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from contacts.kinds import WEEK
from contacts.values import Role

Calendar = Mapping[date, str]
"""What a dated day counts as, where that is another than its own weekday."""
DAY = timedelta(days=1)


class Changes(StrEnum):
    """After what the next turn comes."""

    SHIFT = "shift"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift of a role. turns: the people of each turn, the first told first. anchor_on: the first day, with turn 0.

    It holds from since, when it was entered, until just before until, when it was ended; None: from its first day, for good.
    """

    id: int
    role: Role
    label: str
    days: frozenset[str]
    starts: time
    hours: int
    anchor_on: date
    until_on: date | None
    changes: Changes
    turns: tuple[tuple[int, ...], ...]
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A shift on a day: from `since` until just before `until`, by `people`. begun: its own hour, though it holds from later."""

    shift: Shift
    since: datetime
    until: datetime
    people: tuple[int, ...]
    begun: datetime


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of an hour of a wall clock, in UTC."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def counts_as(day: date, calendar: Calendar) -> str:
    """What a day counts as."""
    return calendar.get(day) or WEEK[day.weekday()]


def runs_on(shift: Shift, day: date, calendar: Calendar) -> bool:
    """Whether the shift begins on a day."""
    inside = shift.anchor_on <= day and (shift.until_on is None or day <= shift.until_on)
    return inside and counts_as(day, calendar) in shift.days


def over(shift: Shift, at: datetime, zone: ZoneInfo) -> bool:
    """Whether it was ended before an instant, or the last of it is some days past."""
    if shift.until is not None and shift.until <= at:
        return True
    today = at.astimezone(zone).date()
    return shift.until_on is not None and shift.until_on + timedelta(days=shift.hours // 24 + 1) < today


def on_day(shift: Shift, day: date, calendar: Calendar, zone: ZoneInfo) -> Occurrence | None:
    """The shift that begins on a day, as far as it holds; None where none does."""
    if not shift.turns or not runs_on(shift, day, calendar):
        return None
    ends = datetime.combine(day, shift.starts) + timedelta(hours=shift.hours)
    begun, until = instant(day, shift.starts, zone), instant(ends.date(), ends.time(), zone)
    since, until = max(begun, shift.since or begun), min(until, shift.until or until)
    if until <= since:
        return None
    return Occurrence(shift, since, until, shift.turns[turn(shift, day, calendar) % len(shift.turns)], begun)


def occurrences(
    shift: Shift, calendar: Calendar, zone: ZoneInfo, *, since: datetime, until: datetime
) -> Iterator[Occurrence]:
    """The shifts that touch a time, the earliest first."""
    if (shift.until is not None and shift.until <= since) or (shift.since is not None and until <= shift.since):
        return
    day = since.astimezone(zone).date() - timedelta(days=shift.hours // 24 + 2)
    last = until.astimezone(zone).date() + DAY
    while day <= last:
        found = on_day(shift, day, calendar, zone)
        if found is not None and found.since < until and since < found.until:
            yield found
        day += DAY


def turn(shift: Shift, day: date, calendar: Calendar) -> int:
    """Which turn it is on a day on which the shift begins, counted from the first."""
    if shift.changes is Changes.WEEK:
        return (_monday(day) - _monday(shift.anchor_on)).days // 7
    return _count(shift, day, calendar)


def _count(shift: Shift, before: date, calendar: Calendar) -> int:
    """How often the shift began before a day: whole weeks by arithmetic, then the rest, then the dated days."""
    weeks, rest = divmod((before - shift.anchor_on).days, 7)
    weekdays = sum(name in shift.days for name in WEEK)
    days = (shift.anchor_on + timedelta(days=n) for n in range(rest))
    plain = weeks * weekdays + sum(WEEK[each.weekday()] in shift.days for each in days)
    dated = (each for each in calendar if shift.anchor_on <= each < before)
    return plain + sum((calendar[each] in shift.days) - (WEEK[each.weekday()] in shift.days) for each in dated)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
