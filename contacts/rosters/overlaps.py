"""Does what is entered on a roster take hours from what stands there already? Said before it is saved, and entered despite it.

Of two covers the one entered last holds, of two shifts the one that began last: an overlap may be meant, and may be a slip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.duty.roster import Roster
from contacts.duty.shifts import Changes, Shift, instant, occurrences
from contacts.kinds import WEEK
from contacts.models import ContactRow, OverrideRow
from contacts.people import directory
from contacts.values import Role
from emergency.errors import Conflict
from emergency.words import Words

LOOKED_AHEAD: Final = timedelta(days=35)
"""Two shifts that have not met in five weeks of both do not by their weekdays; nearly all meet in the first."""
WEEK_H: Final = 24 * 7


@dataclass(frozen=True, slots=True)
class ShiftDraft:
    """A shift as it is to be. starts: an hour of the desk's wall clock."""

    role: Role
    label: str
    days: frozenset[str]
    starts: time
    hours: int
    anchor_on: date
    until_on: date | None
    changes: Changes
    turns: tuple[tuple[int, ...], ...]


def planned(draft: ShiftDraft) -> Shift:
    """A draft as the pure modules see it."""
    return Shift(0, draft.role, draft.label, draft.days, draft.starts, draft.hours, draft.anchor_on, draft.until_on,
                 draft.changes, draft.turns)  # fmt: skip


def longest(draft: ShiftDraft) -> int:
    """For how many hours a shift may last without meeting its own next one, by the weekdays on which it begins."""
    last = draft.until_on or draft.anchor_on + timedelta(days=13)
    span = min((last - draft.anchor_on).days, 13)
    days = [n for n in range(span + 1) if WEEK[(draft.anchor_on + timedelta(days=n)).weekday()] in draft.days]
    return min((24 * (after - before) for before, after in pairwise(days)), default=WEEK_H * 5)


def refuse_cover(session: Session, desk: str, role: Role, *, since: datetime, until: datetime, at: datetime) -> None:
    """Conflict names the covers and swaps of a role that another would take hours from."""
    rows = session.scalars(
        select(OverrideRow)
        .where(
            OverrideRow.desk == desk,
            OverrideRow.role == role.value,
            OverrideRow.ended_at.is_(None),
            OverrideRow.since < until,
            OverrideRow.until > max(since, at),
        )
        .order_by(OverrideRow.since)
    ).all()
    roster = directory.roster(session, desk)
    if rows and roster is not None:
        names = _names(session, desk)
        said = [
            _said([names[each] for each in (row.contact_id, *row.others)], row.since, row.until, roster.zone)
            for row in rows
        ]
        _refuse(
            Words(
                "与已有的替班重叠，重叠的时间改由这一条：",
                "Overlaps a cover that stands, and takes these hours from it: ",
            ),
            said,
            [row.id for row in rows],
        )


def refuse_shift(session: Session, desk: str, shift: Shift, *, at: datetime) -> None:
    """Conflict names the shifts of a role that another would overlap, each with the first time at which they meet."""
    roster = directory.roster(session, desk)
    if roster is None:
        return
    names = _names(session, desk)
    met: list[Words] = []
    ids: list[int] = []
    for other in (each for each in roster.shifts if each.role is shift.role):
        found = _meeting(roster, shift, other, at)
        if found is not None:
            people = [names[each] for each in dict.fromkeys(one for turn in other.turns for one in turn)]
            met.append(_said(people, *found, roster.zone, other.label))
            ids.append(other.id)
    if met:
        heading = Words(
            "与已有的班次重叠，重叠时后开始的算。最先重叠在：",
            "Overlaps a shift that stands; of the two, the one that began last holds. They first meet: ",
        )
        _refuse(heading, met, ids)


def _meeting(roster: Roster, one: Shift, other: Shift, at: datetime) -> tuple[datetime, datetime] | None:
    """The first time from now on at which two shifts run both."""
    begins = max(instant(each.anchor_on, time(), roster.zone) for each in (one, other))
    window = {"since": max(begins, at), "until": max(begins, at) + LOOKED_AHEAD}
    theirs = list(occurrences(other, roster.days, roster.zone, **window))
    for own in occurrences(one, roster.days, roster.zone, **window):
        for each in theirs:
            since, until = max(own.since, each.since, at), min(own.until, each.until)
            if since < until:
                return since, until
    return None


def _names(session: Session, desk: str) -> dict[int, Words]:
    return {
        row.id: Words(row.name_zh, row.name_en)
        for row in session.scalars(select(ContactRow).where(ContactRow.desk == desk))
    }


def _said(who: Sequence[Words], since: datetime, until: datetime, zone: ZoneInfo, label: str = "") -> Words:
    """Who and from when until when, by the desk's own clock."""
    begins, ends = (each.astimezone(zone) for each in (since, until))
    when = f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}"
    mark = f"{label} " if label else ""
    return Words(
        f"{mark}{'、'.join(each.zh for each in who)} {when}", f"{mark}{', '.join(each.en for each in who)} {when}"
    )


def _refuse(heading: Words, said: Sequence[Words], ids: Sequence[int]) -> None:
    zh, en = "；".join(each.zh for each in said), "; ".join(each.en for each in said)
    raise Conflict(
        "overlaps", Words(f"{heading.zh}{zh}。", f"{heading.en}{en}."), facts={"overlaps": list(ids), "despite": True}
    )
