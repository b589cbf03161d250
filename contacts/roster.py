"""Who is on duty at a desk, in a role, at an instant? Pure: a roster in, a contact or a gap out; it reads no clock and no table.

Turns follow the desk's own wall clock, so that the hand-over stays at its hour when the clocks change. An override is an
exception for a stated time and comes before every turn; of two that hold, the later entered wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contacts.values import INACTIVE, LADDER, NO_ROSTER, NOBODY_IN_ROLE, Contact, Gap, Reason, Role


@dataclass(frozen=True, slots=True)
class Rotation:
    """Contacts that take turns: `turns[0]` from `anchor_at` for `shift_hours`, then the next, round and round."""

    anchor_at: datetime
    shift_hours: int
    turns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """`contact` stands in for a role from `since` until just before `until`."""

    role: Role
    contact: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """All that a desk has said about who is on duty. Overrides stand in the order in which they were entered."""

    desk: str
    zone: ZoneInfo
    contacts: Mapping[int, Contact]
    rotations: Mapping[Role, Rotation] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()


def on_duty(roster: Roster | None, desk: str, role: Role, at: datetime) -> Contact | Gap:
    """The contact in `role` at `at`, or the gap with its reason."""
    if roster is None:
        return Gap(desk, role, at, NO_ROSTER)
    named = _overriding(roster, role, at) or _turn(roster, role, at)
    contact = roster.contacts.get(named) if named is not None else None
    if contact is None:
        return Gap(desk, role, at, NOBODY_IN_ROLE)
    return contact if contact.active else Gap(desk, role, at, INACTIVE)


def duty(roster: Roster | None, desk: str, at: datetime) -> dict[Role, Contact | Gap]:
    """Every role at `at`, in the order in which they are told."""
    return {role: on_duty(roster, desk, role, at) for role in LADDER}


def gap(found: Contact | Gap) -> Reason | None:
    """Why there is nobody, if there is nobody."""
    return found.reason if isinstance(found, Gap) else None


def _overriding(roster: Roster, role: Role, at: datetime) -> int | None:
    holding = [each.contact for each in roster.overrides if each.role is role and each.since <= at < each.until]
    return holding[-1] if holding else None


def _turn(roster: Roster, role: Role, at: datetime) -> int | None:
    rotation = roster.rotations.get(role)
    if rotation is None or not rotation.turns or at < rotation.anchor_at:
        return None
    passed = _wall(at, roster.zone) - _wall(rotation.anchor_at, roster.zone)
    return rotation.turns[passed // timedelta(hours=rotation.shift_hours) % len(rotation.turns)]


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
