"""What each desk owes above it and on its own side, asked of the rules alone, and what another set of rules would change.

The question answered here: of the duties that no river decides (reports upward, calls to the offices of one's own side), which
stand for each desk at the lines, and within what limit? Asked once for each desk and each grade, the unknown one too, with
every circumstance of article 4 held to apply, so that no condition silences a clause. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from emergency.agreements import coverage
from emergency.agreements import obligations as duties
from emergency.agreements.coverage import Asked, Change, Way
from emergency.agreements.reasons import KIND, ROLE
from emergency.agreements.upward import WITHIN
from emergency.agreements.values import Agreement, Circumstance, Grade, Kind, Medium, Obligation, Role
from emergency.jurisdictions.values import Divisions, Lines, Side

GRADES: Final = (None, *Grade)
NOT_OWED: Final = float("inf")
NO_LIMIT: Final = 1e9
"""Minutes of a duty without a limit: later than any limit, sooner than none at all."""


@dataclass(frozen=True, slots=True)
class Key:
    """One duty: the same who, tells, role and kind, whatever clauses it rests on."""

    who: str
    tells: str
    role: Role
    kind: Kind


@dataclass(frozen=True, slots=True)
class Changed:
    """A duty that the other rules would bring, end, or give another limit."""

    key: Key
    change: Change


Limits = tuple[float, ...]
"""Minutes by grade, in the order of GRADES."""


def own(
    lines: Lines,
    agreements: Iterable[Agreement],
    divisions: Divisions,
    *,
    at: datetime,
    zone: ZoneInfo,
    medium: Medium = Medium.WATER,
) -> Mapping[Key, Limits]:
    """The shortest limit of each such duty of every desk at the lines."""
    ruling = tuple(_at_home(agreements))
    found: dict[Key, list[float]] = {}
    for asked in _desks(lines):
        facts = coverage.facts(asked, divisions, at=at, zone=zone, medium=medium)
        for n, grade in enumerate(GRADES):
            given = replace(facts, grade=grade, circumstances=tuple(Circumstance))
            for owed in duties.obligations(given, ruling, divisions):
                limits = found.setdefault(Key(owed.who, owed.tells, owed.role, owed.kind), [NOT_OWED] * len(GRADES))
                limits[n] = min(limits[n], _minutes(owed, at))
    return {key: tuple(limits) for key, limits in found.items()}


def desks(lines: Lines) -> int:
    """How many desks are asked about."""
    return sum(1 for _ in _desks(lines))


def compared(before: Mapping[Key, Limits], after: Mapping[Key, Limits]) -> tuple[Changed, ...]:
    """What is not as it was, in order of desks."""
    found = ((key, _change(before.get(key), after.get(key))) for key in {**before, **after})
    changed = [Changed(key, change) for key, change in found if change is not None]
    return tuple(sorted(changed, key=lambda each: (each.key.who, each.key.tells, each.key.role, each.key.kind)))


def changed_json(each: Changed, divisions: Divisions) -> dict[str, Any]:
    """A change as a document."""
    key = each.key
    return {
        "change": each.change.value,
        "who": key.who,
        "who_name": divisions.name(key.who).stored(),
        "tells": key.tells,
        "tells_name": divisions.name(key.tells).stored(),
        "role": key.role.value,
        "role_name": ROLE[key.role].stored(),
        "kind": key.kind.value,
        "kind_name": KIND[key.kind].stored(),
    }


def _change(was: Limits | None, now: Limits | None) -> Change | None:
    if was is None or now is None:
        return Change.NEWLY_TOLD if was is None else Change.NO_LONGER_TOLD
    if was == now:
        return None
    return Change.SOONER if any(after < before for before, after in zip(was, now, strict=True)) else Change.LATER


def _at_home(agreements: Iterable[Agreement]) -> Iterator[Agreement]:
    """The rules that lead up or stay at home, with those clauses alone."""
    for agreement in agreements:
        clauses = tuple(clause for clause in agreement.clauses if clause.when.relation in WITHIN)
        if clauses:
            yield replace(agreement, clauses=clauses)


def _minutes(owed: Obligation, at: datetime) -> float:
    return NO_LIMIT if owed.deadline_at is None else (owed.deadline_at - at).total_seconds() / 60


def _desks(lines: Lines) -> Iterator[Asked]:
    """Each desk with its divisions and rivers at all its lines."""
    codes: dict[str, dict[str, None]] = {}
    rivers: dict[str, dict[str, None]] = {}
    for side, passed in _sides(lines):
        if side.desk is not None:
            codes.setdefault(side.desk, {}).update(dict.fromkeys(side.codes))
            rivers.setdefault(side.desk, {}).update(dict.fromkeys(passed))
    for desk in sorted(codes):
        if rivers[desk]:
            yield Asked(Way.NOTICE, desk, tuple(codes[desk]), (), tuple(rivers[desk]))


def _sides(lines: Lines) -> Iterator[tuple[Side, tuple[str, ...]]]:
    for crossing in lines.crossings:
        yield crossing.giving, crossing.rivers
        yield crossing.taking, crossing.rivers
    for border in lines.borders:
        yield border.one, (border.at.river,)
        yield border.other, (border.at.river,)
    for source in lines.sources:
        if source.home is not None and source.at is not None:
            yield source.home, (source.at.river,)
