"""Who is on duty at a desk, in a role, at an instant? Pure: a roster in, people or a gap out; it reads no clock and no table.

Turns follow the desk's own wall clock, so that the hand-over stays at its hour when the clocks change. Three layers: a base
rotation that never ends; shifts, which come before it; and exceptions for a stated time (an override, a cover, a swap), which
come before both. Of two exceptions that hold the later entered wins; of two shifts the one that began last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from contacts.duty.shifts import Calendar, Shift, instant, occurrences, over
from contacts.values import INACTIVE, LADDER, NO_ROSTER, NOBODY_IN_ROLE, Contact, Gap, Reason, Role

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Contacts that take turns: `turns[0]` from `anchor_at` for `shift_hours`, then the next, round and round.

    It holds from since until just before until; None: as long as there has been a roster, for good.
    """

    anchor_at: datetime
    shift_hours: int
    turns: tuple[int, ...]
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """`contact`, with `others` after it, stands in for a role from `since` until just before `until`."""

    role: Role
    contact: int
    since: datetime
    until: datetime
    others: tuple[int, ...] = ()
    id: int = 0
    kind: str = "override"


class Source(StrEnum):
    """Which layer of the roster says who is on duty."""

    ROTATION = "rotation"
    SHIFT = "shift"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a role by which layer, since when and until when that layer says so. id: of the shift or the exception."""

    people: tuple[int, ...]
    since: datetime
    until: datetime
    source: Source
    id: int = 0


@dataclass(frozen=True, slots=True)
class Roster:
    """All that a desk has said about who is on duty. Overrides stand as they were entered; past: rotations that were changed."""

    desk: str
    zone: ZoneInfo
    contacts: Mapping[int, Contact]
    rotations: Mapping[Role, Rotation] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    shifts: tuple[Shift, ...] = ()
    days: Calendar = field(default_factory=dict)
    past: Mapping[Role, tuple[Rotation, ...]] = field(default_factory=dict)


def on_duty(roster: Roster | None, desk: str, role: Role, at: datetime) -> Contact | Gap:
    """The contact in `role` at `at`, or the gap with its reason; where several stand, the first that is active."""
    found = standing(roster, role, at)
    if roster is None:
        return Gap(desk, role, at, NO_ROSTER)
    if not found:
        return Gap(desk, role, at, NOBODY_IN_ROLE)
    return next((each for each in found if each.active), Gap(desk, role, at, INACTIVE))


def standing(roster: Roster | None, role: Role, at: datetime) -> tuple[Contact, ...]:
    """All who stand in a role at an instant, the first told first; those no longer active included."""
    held = holding(roster, role, at) if roster is not None else None
    if roster is None or held is None:
        return ()
    return tuple(roster.contacts[each] for each in held.people if each in roster.contacts)


def duty(roster: Roster | None, desk: str, at: datetime) -> dict[Role, Contact | Gap]:
    """Every role at `at`, in the order in which they are told."""
    return {role: on_duty(roster, desk, role, at) for role in LADDER}


def holding(roster: Roster, role: Role, at: datetime) -> Holding | None:
    """Who holds a role at an instant; None where nobody does."""
    return _overriding(roster, role, at) or _shift(roster, role, at) or _turn(roster, role, at)


def standing_in(roster: Roster | None, contact: int, at: datetime) -> list[Role]:
    """The roles in which a contact stands at an instant."""
    return [role for role in LADDER if contact in {each.id for each in standing(roster, role, at)}]


def named_from(roster: Roster | None, contact: int, at: datetime) -> bool:
    """Whether the roster names a contact for any time from an instant on."""
    if roster is None:
        return False
    return (
        any(
            contact in each.turns
            for role in LADDER
            for each in rotations(roster, role)
            if not each.until or at < each.until
        )
        or any(contact in (each.contact, *each.others) for each in roster.overrides if at < each.until)
        or any(contact in turn for each in roster.shifts if not over(each, at, roster.zone) for turn in each.turns)
    )


def gap(found: Contact | Gap) -> Reason | None:
    """Why there is nobody, if there is nobody."""
    return found.reason if isinstance(found, Gap) else None


def _overriding(roster: Roster, role: Role, at: datetime) -> Holding | None:
    held = [each for each in roster.overrides if each.role is role and each.since <= at < each.until]
    if not held:
        return None
    last = held[-1]
    return Holding((last.contact, *last.others), last.since, last.until, Source.OVERRIDE, last.id)


def _shift(roster: Roster, role: Role, at: datetime) -> Holding | None:
    running = [
        each
        for shift in roster.shifts
        if shift.role is role
        for each in occurrences(shift, roster.days, roster.zone, since=at, until=at + MOMENT)
    ]
    if not running:
        return None
    last = max(running, key=lambda each: (each.begun, each.shift.id))
    return Holding(last.people, last.since, last.until, Source.SHIFT, last.shift.id)


def rotations(roster: Roster, role: Role) -> tuple[Rotation, ...]:
    """Every base rotation that a role has had; one holds at a time."""
    now = roster.rotations.get(role)
    return (*roster.past.get(role, ()), *((now,) if now is not None else ()))


def _holds(rotation: Rotation, at: datetime) -> bool:
    begun = at >= rotation.anchor_at and (rotation.since is None or at >= rotation.since)
    return bool(rotation.turns) and begun and (rotation.until is None or at < rotation.until)


def _turn(roster: Roster, role: Role, at: datetime) -> Holding | None:
    rotation = next((each for each in rotations(roster, role) if _holds(each, at)), None)
    if rotation is None:
        return None
    n = (_wall(at, roster.zone) - _wall(rotation.anchor_at, roster.zone)) // timedelta(hours=rotation.shift_hours)
    while at < handed_over(rotation, n, roster.zone):  # the wall clock was put back past a hand-over
        n -= 1
    while at >= handed_over(rotation, n + 1, roster.zone):
        n += 1
    since, until = (handed_over(rotation, each, roster.zone) for each in (n, n + 1))
    since, until = max(since, rotation.since or since), min(until, rotation.until or until)
    return Holding((rotation.turns[n % len(rotation.turns)],), since, until, Source.ROTATION)


def handed_over(rotation: Rotation, n: int, zone: ZoneInfo) -> datetime:
    """When the n-th turn of a rotation begins."""
    wall = _wall(rotation.anchor_at, zone) + n * timedelta(hours=rotation.shift_hours)
    return instant(wall.date(), wall.time(), zone) if n else rotation.anchor_at


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
