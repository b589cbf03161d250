"""How urgently each reached desk is told: rung now, told to prepare, or listed and watched.

The question answered here: of all the desks that the water will reach, which must hear this minute? It is asked again at
every version of the forecast, so that a watched desk rises by itself. Pure: the hour of asking is in the facts. It must not
drop a desk: the last circle is a list, not silence.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from emergency.agreements.values import Circle, Facts, Reached
from emergency.jurisdictions.values import Divisions

NOW_WITHIN: Final = timedelta(hours=24)
"""Policy of the first hour: what can arrive within a day is rung now."""
PREPARE_WITHIN: Final = timedelta(hours=72)
"""What can arrive within three days is told to prepare; later than that is watched and rises by itself."""


def circles(facts: Facts, divisions: Divisions) -> Mapping[str, Circle]:
    """How urgently each reached desk is told; the lead's own desk is not among them.

    now: next downstream of the lead; first across a line of the lead's province; an intake of theirs, or they themselves,
    can be reached within 24 h; or the earliest hour is unknown. prepare: within 72 h. watch: later.
    """
    first = _next_downstream(facts) | _across_the_line(facts, divisions) | _intake_soon(facts)
    return {desk: Circle.NOW if desk in first else _by_hours(facts, desk) for desk in desks(facts)}


def desks(facts: Facts) -> frozenset[str]:
    """The desks that the water reaches, the lead's own left out."""
    return frozenset(entry.desk for entry in facts.reached if entry.desk is not None) - {facts.lead}


def _next_downstream(facts: Facts) -> frozenset[str]:
    """Next door to the lead where the water first leaves it. A neighbour met only after the water has come back (达州 to
    广安, past 梁平) goes by its hours."""
    return _first_beyond(facts, lambda entry: entry.desk == facts.lead)


def _across_the_line(facts: Facts, divisions: Divisions) -> frozenset[str]:
    """Whoever receives the water where it first crosses a line of the lead's province."""
    home = divisions.province_of(facts.lead)
    if home is None:
        return frozenset()
    return _first_beyond(facts, lambda entry: divisions.province_of(entry.code) == home)


def _first_beyond(facts: Facts, home: Callable[[Reached], bool]) -> frozenset[str]:
    """The desks where the water, on any branch, first comes out of what `home` holds for."""
    inside = {entry.key for entry in facts.reached if home(entry) and not entry.came_from}
    grown = True
    while grown:
        fresh = {entry.key for entry in facts.reached if home(entry) and inside & set(entry.came_from)} - inside
        grown = bool(fresh)
        inside |= fresh
    beyond = (entry.desk for entry in facts.reached if not home(entry) and inside & {*entry.came_from, *entry.beside})
    return frozenset(desk for desk in beyond if desk is not None)


def _intake_soon(facts: Facts) -> frozenset[str]:
    soon = (site.desk for site in facts.intakes if within(facts, site.earliest_at, NOW_WITHIN))
    return frozenset(desk for desk in soon if desk is not None)


def _by_hours(facts: Facts, desk: str) -> Circle:
    earliest_at = earliest(facts, desk)
    if within(facts, earliest_at, NOW_WITHIN):
        return Circle.NOW
    return Circle.PREPARE if within(facts, earliest_at, PREPARE_WITHIN) else Circle.WATCH


def within(facts: Facts, earliest_at: datetime | None, span: timedelta) -> bool:
    """An unknown hour is within every span."""
    return earliest_at is None or earliest_at - facts.assessed_at <= span


def earliest(facts: Facts, desk: str) -> datetime | None:
    """The first hour at which the desk can be reached; None when that of any entry is unknown."""
    return next((entry.earliest_at for entry in in_order(facts) if entry.desk == desk), None)


def in_order(facts: Facts) -> list[Reached]:
    """The entries by first arrival."""
    return sorted(facts.reached, key=lambda entry: entry.arrival)


def by_arrival(facts: Facts) -> list[str]:
    """The same desks by first arrival."""
    ordered = dict.fromkeys(entry.desk for entry in in_order(facts))
    return [desk for desk in ordered if desk is not None and desk != facts.lead]
