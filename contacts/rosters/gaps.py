"""Does every desk have somebody to tell, for the days to come? Checked once a day, before an incident finds out.

A hole is a time in which nobody stands in a role, or somebody whom nothing can reach: no number, all held to be wrong, or
texts refused by STOP. What is found is one alarm a day in the desk's journal; the desk's pages show it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.duty.shifts import DAY, instant
from contacts.duty.turns import Turn, whole
from contacts.models import MethodRow, RosterRow
from contacts.people import directory
from contacts.values import NO_METHOD, OPTED_OUT, WRONG_NUMBER, Channel, Reason, Role
from emergency import journal
from emergency.journal import Actor
from emergency.units import iso

BY: Final = Actor(process="work")
CHECK_HOUR: Final = time(9)
"""Policy: checked at nine by the desk's own clock, when somebody is there to mend it."""
MOST_NAMED: Final = 20
"""No entry of the journal names more; the page shows them all."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A time in which a role could not be told, and why. contact: who stands there and cannot be reached."""

    role: Role
    since: datetime
    until: datetime
    reason: Reason
    contact: int | None = None

    def shown(self) -> dict[str, Any]:
        """As the API and the journal give it."""
        return {
            "role": self.role.value,
            "since": iso(self.since),
            "until": iso(self.until),
            "contact": self.contact,
            "reason": self.reason.stored(),
        }


def holes(session: Session, desk: str, *, since: datetime, until: datetime) -> list[Hole]:
    """Every hole of a desk's roster in a time, role by role."""
    stretches = whole(directory.roster(session, desk), desk, since=since, until=until)
    barred = hindrances(session, {each.id for stretch in stretches for each in stretch.people})
    found: list[Hole] = []
    for stretch in stretches:
        hole = _hole(stretch, barred)
        if hole is not None:
            _add(found, hole)
    return found


def hindrances(session: Session, contacts: set[int]) -> dict[int, Reason]:
    """Why the machine can text none of a contact's numbers; only contacts of whom that is so."""
    rows = session.scalars(
        select(MethodRow).where(MethodRow.contact_id.in_(contacts), MethodRow.channel == Channel.SMS, MethodRow.active)
    )
    numbers: dict[int, list[MethodRow]] = {each: [] for each in contacts}
    for row in rows:
        numbers[row.contact_id].append(row)
    found = {contact: _hindrance(each) for contact, each in numbers.items()}
    return {contact: reason for contact, reason in found.items() if reason is not None}


def check(session: Session, now: datetime) -> bool:
    """Check the roster of one desk whose day has come, and raise what is missing; whether there was one.

    The row is locked and its next time set in the same transaction, so that two workers raise nothing twice.
    """
    due = select(RosterRow).where(RosterRow.next_check_at <= now).order_by(RosterRow.next_check_at, RosterRow.desk)
    row = session.scalar(due.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return False
    found = holes(session, row.desk, since=now, until=now + row.horizon_days * DAY)
    row.checked_at, row.next_check_at = now, next_check(now, ZoneInfo(row.time_zone))
    if found:
        facts = {
            "desk": row.desk,
            "days": row.horizon_days,
            "count": len(found),
            "gaps": [each.shown() for each in sorted(found, key=lambda each: each.since)[:MOST_NAMED]],
            "alarm": True,
        }
        journal.append(session, f"desk:{row.desk}", "roster.gap", by=BY, at=now, facts=facts)
    return True


def next_check(now: datetime, zone: ZoneInfo) -> datetime:
    """The next time that the check is due, by the desk's own clock."""
    today = now.astimezone(zone).date()
    due = instant(today, CHECK_HOUR, zone)
    return due if due > now else instant(today + timedelta(days=1), CHECK_HOUR, zone)


def _hole(stretch: Turn, barred: Mapping[int, Reason]) -> Hole | None:
    if stretch.reason is not None:
        return Hole(stretch.role, stretch.since, stretch.until, stretch.reason)
    standing = [each.id for each in stretch.people if each.active]
    if not standing or any(each not in barred for each in standing):
        return None
    return Hole(stretch.role, stretch.since, stretch.until, barred[standing[0]], standing[0])


def _add(found: list[Hole], hole: Hole) -> None:
    """A hole that goes on where the one before ended, for the same reason, is the same hole."""
    last = found[-1] if found else None
    if last is not None and (last.role, last.until, last.reason, last.contact) == (
        hole.role, hole.since, hole.reason, hole.contact
    ):  # fmt: skip
        found[-1] = Hole(last.role, last.since, hole.until, last.reason, last.contact)
    else:
        found.append(hole)


def _hindrance(numbers: Sequence[MethodRow]) -> Reason | None:
    if not numbers:
        return NO_METHOD
    if any(each.wrong_at is None and each.opted_out_at is None for each in numbers):
        return None
    return OPTED_OUT if any(each.opted_out_at is not None for each in numbers) else WRONG_NUMBER
