"""How long it took from knowing to the first message, the first call and the first read-back, and what went wrong meanwhile
(first hour, measures that count).

The one definition, for the card on the desk and for the record: a call and a read-back count from when they were made, as the
officer stated it, though they may have been recorded later and out of order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from emergency.journal import Entry

ENDED_BY: Final[Mapping[str, str]] = {
    "notification.issued": "first_issue_min",
    "delivery.called": "first_call_min",
    "intake.called": "first_call_min",
    "notification.acknowledged": "first_read_back_min",
}
"""The kinds of entry that end a measure, and which."""
FACTS: Final = (
    *ENDED_BY,
    "notification.proposed",
    "notification.withheld",
    "notification.rested",
)
"""The kinds of entry that the measures are computed from."""
CALLS: Final = frozenset({"delivery.called", "intake.called"})
WITHIN_MIN: Final[Mapping[str, float]] = {"first_call": 3, "nearest_intake": 10, "downstream": 15, "all_now": 30}
"""Local policy, in minutes from knowing (first hour, section 5)."""
NOT_DOWNSTREAM: Final = frozenset({"report_upward", "upstream_enquiry", "courtesy_copy"})


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. value: minutes, or how often; None while it is not done, or where there is nothing to measure (then
    `of` is 0). within: the most that is good. done, of: how many of how many."""

    name: str
    unit: str
    value: float | None
    within: float
    done: int
    of: int

    def shown(self) -> dict[str, Any]:
        """As the API gives it. met: None where it is not known yet."""
        met = None if self.value is None else self.value <= self.within
        return {
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            "within": self.within,
            "done": self.done,
            "of": self.of,
            "met": met,
        }


def first_hour(
    known_at: datetime, entries: Sequence[Entry], *, drill: bool, nearest_intake: int | None
) -> list[dict[str, Any]]:
    """The measures of the first hour, from the facts alone. nearest_intake: the site that is rung before any message."""
    calls = [entry for entry in entries if entry.kind in CALLS]
    told = _told(entries)
    return [
        measure.shown()
        for measure in (
            _first("first_call", known_at, [done_at(each) for each in calls], of=1),
            _intake(known_at, calls, nearest_intake),
            _downstream(known_at, entries, told),
            _all_now(known_at, entries, told),
            Measure(
                "wrong_person", "times", _times(each.facts.get("outcome") == "wrong_number" for each in calls), 0, 0, 0
            ),
            Measure("unmarked_drill", "times", _unmarked(entries) if drill else 0.0, 0, 0, 0),
        )
    ]


def measured(known_at: datetime, entries: Iterable[Entry]) -> dict[str, float | None]:
    """Minutes from `known_at` to the first of each; None while there is none."""
    first: dict[str, datetime] = {}
    for entry in entries:
        name = ENDED_BY.get(entry.kind)
        if name is not None:
            first[name] = min(done_at(entry), first.get(name, done_at(entry)))
    return {name: _minutes(known_at, first.get(name)) for name in ENDED_BY.values()}


def done_at(entry: Entry) -> datetime:
    """When it was done: as stated, where somebody said so, else when it was recorded."""
    said = entry.facts.get("stated_at")
    return datetime.fromisoformat(said) if isinstance(said, str) else entry.at


def _minutes(known_at: datetime, at: datetime | None) -> float | None:
    """Never below zero: what is typed has no seconds."""
    return None if at is None else max(0.0, round((at - known_at).total_seconds() / 60, 1))


# The first hour ------------------------------------------------------------------------------------------------------


def _first(name: str, known_at: datetime, done: Sequence[datetime], *, of: int) -> Measure:
    value = _minutes(known_at, min(done)) if done else None
    return Measure(name, "min", value, WITHIN_MIN[name], min(len(done), of), of)


def _intake(known_at: datetime, calls: Sequence[Entry], nearest: int | None) -> Measure:
    """The nearest intake, read back: rung before any message."""
    read = [
        done_at(each)
        for each in calls
        if each.kind == "intake.called"
        and each.facts.get("site") == nearest
        and each.facts.get("outcome") == "read_back"
    ]
    return _first("nearest_intake", known_at, read if nearest is not None else [], of=int(nearest is not None))


def _downstream(known_at: datetime, entries: Sequence[Entry], told: Mapping[int, Entry]) -> Measure:
    """The desk downstream that the water reaches first, of those told; one whose hour nobody knows comes before."""
    reached = [
        (str(each.facts["content"].get("earliest_at") or ""), str(each.facts["tells"]))
        for each in told.values()
        if each.kind == "notification.issued" and each.facts.get("kind") not in NOT_DOWNSTREAM
    ]
    if not reached:
        return Measure("downstream", "min", None, WITHIN_MIN["downstream"], 0, 0)
    _, desk = min(reached)
    read = _read_back(entries).get(desk)
    return _first("downstream", known_at, [read] if read else [], of=1)


def _all_now(known_at: datetime, entries: Sequence[Entry], told: Mapping[int, Entry]) -> Measure:
    """Every desk that is to be told now: when the last of them had read it back."""
    desks = {str(each.facts["tells"]) for each in told.values() if each.facts.get("circle") == "now"}
    read = {desk: at for desk, at in _read_back(entries).items() if desk in desks}
    value = _minutes(known_at, max(read.values())) if desks and len(read) == len(desks) else None
    return Measure("all_now", "min", value, WITHIN_MIN["all_now"], len(read), len(desks))


def _told(entries: Sequence[Entry]) -> dict[int, Entry]:
    """By message the newest word of it that is owed or issued; not what is withheld or rests."""
    told: dict[int, Entry] = {}
    for entry in entries:
        number = entry.facts.get("notification")
        if not isinstance(number, int):
            continue
        if entry.kind in ("notification.proposed", "notification.issued"):
            told[number] = entry
        elif entry.kind in ("notification.withheld", "notification.rested"):
            told.pop(number, None)
    return told


def _read_back(entries: Sequence[Entry]) -> dict[str, datetime]:
    """When each desk first read something back."""
    read: dict[str, datetime] = {}
    for entry in entries:
        if entry.kind == "notification.acknowledged":
            desk = str(entry.facts["tells"])
            read[desk] = min(done_at(entry), read.get(desk, done_at(entry)))
    return read


def _unmarked(entries: Sequence[Entry]) -> float:
    """Messages of a drill that did not say so."""
    return _times(each.kind == "notification.issued" and not each.facts["content"].get("drill") for each in entries)


def _times(happened: Iterable[bool]) -> float:
    return float(sum(happened))
