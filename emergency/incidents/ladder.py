"""Who holds what a clock calls for: an alert before its end, then up a ladder of people and tiers until somebody meets it.

The question answered here: given a clock and the hour, who must hear of it now, and when next? The duty officer hears before
the end, the duty leader when it is missed, then each tier of the agreement from below; at the top it is said again and again.
Pure: `now` is an argument. It must not decide what is due, and a clock that nobody has met is never let go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from emergency.agreements.values import Tier
from emergency.incidents.clocks import Clock, Due, Pace, before
from emergency.words import Words

MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Rung:
    """Who holds an alert."""

    id: str
    name: Words


@dataclass(frozen=True, slots=True)
class Alert:
    """What a clock calls for now: stage 0 before its end, 1 when it is missed, higher each time it rises or is repeated."""

    stage: int
    rung: Rung
    since_at: datetime


DESK: Final = (
    Rung("duty_officer", Words("值班员", "duty officer")),
    Rung("leader", Words("带班领导", "duty leader")),
)
ORDER_OF_TIERS: Final = ("special-group", "secretariat", "joint-meeting")
"""From execution to decision (regulation.md 1.1, row 2); an agreement may name others, which come after."""


def ladder(tiers: Iterable[Tier]) -> tuple[Rung, ...]:
    """Who holds an alert in turn: the duty officer, the duty leader, then the tiers of the agreement from below."""
    rank = {name: n for n, name in enumerate(ORDER_OF_TIERS)}
    rising = sorted(tiers, key=lambda tier: rank.get(tier.id, len(rank)))
    return (*DESK, *(Rung(tier.id, tier.name) for tier in rising))


def alert(clock: Clock, rungs: Sequence[Rung], pace: Pace, now: datetime) -> Alert | None:
    """The highest alert that is due; None where there is none yet, or any more."""
    if not clock.is_open:
        return None
    if now <= clock.until_at:
        soon = soon_at(clock, pace)
        return Alert(0, rungs[0], soon) if soon is not None and now >= soon else None
    stage, since_at = _risen(clock.rises_from, len(rungs), pace, now)
    return Alert(stage, rungs[min(stage, len(rungs) - 1)], since_at)


def next_at(clock: Clock, rungs: Sequence[Rung], pace: Pace, now: datetime) -> datetime | None:
    """When it will next call for attention; None once it asks for nothing."""
    if not clock.is_open:
        return None
    soon = soon_at(clock, pace)
    if soon is not None and now < soon:
        return soon
    if now <= clock.until_at:
        return clock.until_at + MOMENT
    _, since_at = _risen(clock.rises_from, len(rungs), pace, now)
    risen = since_at - clock.rises_from
    step = pace.tier if risen < pace.tier * (len(rungs) - 2) else pace.repeat
    return since_at + step


def soon_at(clock: Clock, pace: Pace) -> datetime | None:
    """From when it is due soon. Notices to neighbours have none: proposals are chased by themselves."""
    if clock.due is Due.NEIGHBOURS:
        return None
    return clock.until_at - before(clock, pace)


def holder(clock: Clock, rungs: Sequence[Rung], pace: Pace, now: datetime) -> Rung:
    """The tier that holds it now."""
    standing = alert(clock, rungs, pace, now)
    return rungs[0] if standing is None else standing.rung


def _risen(from_at: datetime, rungs: int, pace: Pace, now: datetime) -> tuple[int, datetime]:
    """The stage that a missed one has reached, and since when: a rung at a time, then repeated at the top."""
    over, top = max(now - from_at, timedelta(0)), rungs - 1
    climbed = int(over / pace.tier)
    if 1 + climbed <= top:
        return 1 + climbed, from_at + climbed * pace.tier
    at_top = from_at + (top - 1) * pace.tier
    again = int((now - at_top) / pace.repeat)
    return top + again, at_top + again * pace.repeat
