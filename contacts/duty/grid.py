"""A roster as a calendar of days: what of each turn falls on which local day. Pure: turns and a zone in, cells out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from contacts.duty.shifts import DAY, Calendar, counts_as, instant
from contacts.duty.turns import Turn
from contacts.values import Role

MIDNIGHT = time(0)


class View(StrEnum):
    """How much of the calendar is shown."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a turn falls on a day. begins, ends: by the wall clock; None where it goes on from or into another day."""

    turn: Turn
    begins: str | None
    ends: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar. inside: of the month that is shown."""

    day: date
    counts_as: str
    marked: bool
    inside: bool
    pieces: tuple[tuple[Role, tuple[Piece, ...]], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a view, and where the one before and the one after begin."""

    first: date
    last: date
    before: date
    after: date


def span(view: View, on: date) -> Span:
    """The whole weeks of a view that holds a day; a week begins on Monday."""
    if view is View.WEEK:
        first = on - timedelta(days=on.weekday())
        return Span(first, first + timedelta(days=6), first - timedelta(days=7), first + timedelta(days=7))
    month = on.replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)
    end = after - DAY
    first, last = month - timedelta(days=month.weekday()), end + timedelta(days=6 - end.weekday())
    return Span(first, last, (month - DAY).replace(day=1), after)


def bounds(shown: Span, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants between which the days of a view lie."""
    return instant(shown.first, MIDNIGHT, zone), instant(shown.last + DAY, MIDNIGHT, zone)


def cells(
    turns: Sequence[Turn], shown: Span, zone: ZoneInfo, calendar: Calendar, *, month: int | None = None
) -> list[Cell]:
    """The days of a view with what falls on each, role by role."""
    made: list[Cell] = []
    day = shown.first
    while day <= shown.last:
        begin, end = instant(day, MIDNIGHT, zone), instant(day + DAY, MIDNIGHT, zone)
        on_day = [each for each in turns if each.since < end and begin < each.until]
        roles = tuple(
            (role, _joined([_piece(each, begin, end, zone) for each in on_day if each.role is role])) for role in Role
        )
        inside = month is None or day.month == month
        made.append(Cell(day, counts_as(day, calendar), day in calendar, inside, roles))
        day += DAY
    return made


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Turns of the same people by the same layer, one after the other, are one piece: nothing changes hands."""
    made: list[Piece] = []
    for each in pieces:
        last = made[-1] if made else None
        if last is not None and _alike(last.turn) == _alike(each.turn):
            made[-1] = Piece(each.turn, last.begins, each.ends)
        else:
            made.append(each)
    return tuple(made)


def _alike(turn: Turn) -> tuple[object, ...]:
    return turn.people, turn.reason, turn.source, turn.id


def _piece(turn: Turn, begin: datetime, end: datetime, zone: ZoneInfo) -> Piece:
    begins = f"{turn.since.astimezone(zone):%H:%M}" if begin <= turn.since else None
    ends = f"{turn.until.astimezone(zone):%H:%M}" if turn.until <= end else None
    return Piece(turn, begins, ends)
