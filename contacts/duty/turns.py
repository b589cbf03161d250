"""Who is on duty from one instant to another, without a hole in the answer? Pure: a roster in, turns and gaps out.

A roster changes hands only where a rotation, a shift or an exception begins or ends; between two such instants the answer is
that of the first. So the turns are asked instant by instant of the same function that says who is on duty now.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Final

from contacts.duty.roster import Roster, Rotation, Source, handed_over, holding, on_duty, rotations, standing
from contacts.duty.shifts import occurrences
from contacts.values import LADDER, NO_ROSTER, Contact, Gap, Reason, Role

CLOCKS_MOVED_H: Final = 48
"""More than any zone has ever moved its clocks; one has skipped a day."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of a role: who stands in it, by which layer; or nobody, and why. begun: when that turn itself began."""

    role: Role
    since: datetime
    until: datetime
    people: tuple[Contact, ...]
    reason: Reason | None
    source: Source | None = None
    id: int = 0
    begun: datetime | None = None


def turns(roster: Roster | None, desk: str, role: Role, *, since: datetime, until: datetime) -> list[Turn]:
    """The stretches of a role that fill a time from end to end."""
    if roster is None:
        return [Turn(role, since, until, (), NO_ROSTER)]
    edges = sorted({since, until, *(each for each in _edges(roster, role, since, until) if since < each < until)})
    return _joined([_stretch(roster, desk, role, begin, end) for begin, end in pairwise(edges)])


def whole(roster: Roster | None, desk: str, *, since: datetime, until: datetime) -> list[Turn]:
    """The stretches of every role, in the order in which they are told."""
    return [each for role in LADDER for each in turns(roster, desk, role, since=since, until=until)]


def gaps(roster: Roster | None, desk: str, *, since: datetime, until: datetime) -> list[Turn]:
    """The stretches in which nobody would be told in a role."""
    return [each for each in whole(roster, desk, since=since, until=until) if each.reason is not None]


def _stretch(roster: Roster, desk: str, role: Role, begin: datetime, end: datetime) -> Turn:
    held = holding(roster, role, begin)
    found = on_duty(roster, desk, role, begin)
    reason = found.reason if isinstance(found, Gap) else None
    people = standing(roster, role, begin)
    if held is None:
        return Turn(role, begin, end, people, reason)
    return Turn(role, begin, end, people, reason, held.source, held.id, held.since)


def _joined(stretches: Sequence[Turn]) -> list[Turn]:
    """Stretches of one turn are one; so are gaps of one reason."""
    made: list[Turn] = []
    for each in stretches:
        if made and _same(made[-1], each):
            made[-1] = replace(made[-1], until=each.until)
        else:
            made.append(each)
    return made


def _same(one: Turn, next_: Turn) -> bool:
    if one.reason is not None or next_.reason is not None:
        return one.reason == next_.reason and one.people == next_.people
    return (one.source, one.id, one.begun, one.people) == (next_.source, next_.id, next_.begun, next_.people)


def _edges(roster: Roster, role: Role, since: datetime, until: datetime) -> Iterator[datetime]:
    for override in roster.overrides:
        if override.role is role:
            yield from (override.since, override.until)
    for shift in roster.shifts:
        if shift.role is role:
            for each in occurrences(shift, roster.days, roster.zone, since=since, until=until):
                yield from (each.since, each.until)
    for rotation in rotations(roster, role):
        if rotation.turns:
            yield from (each for each in (rotation.since, rotation.until) if each is not None)
            yield from _hand_overs(roster, rotation, since, min(until, rotation.until or until))


def _hand_overs(roster: Roster, rotation: Rotation, since: datetime, until: datetime) -> Iterator[datetime]:
    hours = rotation.shift_hours
    passed = int((since - rotation.anchor_at).total_seconds() // 3600)
    n = max(0, (passed - CLOCKS_MOVED_H) // hours - 1)
    while (at := handed_over(rotation, n, roster.zone)) < until:
        yield at
        n += 1
