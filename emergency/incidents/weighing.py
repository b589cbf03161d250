"""What do several reports of one event come to, which fact comes from which report, and where do they contradict each other?

The rule, as it is shown to the officer: of each field the newest verified word holds, where none is verified the newest
preliminary one, else the newest. A refuted report counts no more. A correction of the lead desk is as good as verified and
puts aside what was said before it. Place and time of the event are the first report's that still counts, until they are
corrected: a second witness elsewhere does not move the event. The flow of the river, the words and their speaker are the
newest. Pure: it must not decide what is true, and it must not drop a report.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from emergency.incidents.statement import CLEARED, SAYS_NOTHING, Verification

FIRST: Final = ("location", "unlocated", "occurred_at", "known_at", "drill", "medium")
"""Of the event itself: the first report's that still counts, or a correction's."""
NEWEST: Final = frozenset({"flow_state", "description", "reporter"})
"""Of the river today, or of the report rather than the event."""
NOT_WEIGHED: Final = frozenset({*FIRST, "source", "verification", "impact", CLEARED})
RANK: Final[Mapping[Verification, int]] = {
    Verification.REFUTED: -1,
    Verification.UNVERIFIED: 0,
    Verification.PRELIMINARY: 1,
    Verification.VERIFIED: 2,
}
APART_KM: Final = 1.0
"""Policy: two reports of one event name different places when they lie farther apart than this."""
EARLIER_BY: Final = timedelta(minutes=15)
"""Policy: a report says that it began earlier when it does so by more than this."""
EARTH_KM: Final = 6371.0088


@dataclass(frozen=True, slots=True)
class Heard:
    """A report as it counts in a file: n there, the file in which it came in, and what is held of it since when."""

    n: int
    file: int
    since: datetime
    at: datetime
    said: Mapping[str, Any]
    state: Verification
    judged_at: datetime | None = None

    @property
    def correction(self) -> bool:
        """Whether the lead desk set something right with it."""
        return CLEARED in self.said

    @property
    def counts(self) -> bool:
        """Whether anything of it is taken over."""
        return self.correction or self.state is not Verification.REFUTED


@dataclass(frozen=True, slots=True)
class Other:
    """What another report says of a field."""

    n: int
    value: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which reports that count say different things; `held`: the report whose word holds."""

    field: str
    held: int
    value: Any
    others: Sequence[Other]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the reports come to. sources: field, or `impact.deaths` below impact, to the report that it comes from."""

    body: Mapping[str, Any]
    sources: Mapping[str, int]
    differences: Sequence[Difference]
    verification: Verification


@dataclass(frozen=True, slots=True)
class _Word:
    of: Heard
    value: Any

    @property
    def strength(self) -> tuple[int, datetime, int]:
        rank = RANK[Verification.VERIFIED] if self.of.correction else RANK[self.of.state]
        return rank, self.of.at, self.of.n

    @property
    def age(self) -> tuple[datetime, int]:
        return self.of.at, self.of.n


def weigh(reports: Iterable[Heard], *, file: int) -> Standing:
    """What the reports of a file come to; of reports that are all refuted, what they said, and that it is refuted."""
    heard = sorted(reports, key=lambda each: (each.at, each.n))
    counting = [each for each in heard if each.counts]
    if not any(not each.correction for each in counting):
        counting = heard
    giver = _giver(counting) or _giver(heard)
    assert giver is not None, "a file is opened on a report with a place"
    body: dict[str, Any] = {}
    sources: dict[str, int] = {}
    differences: list[Difference] = []
    for name, held in _of_the_event(counting, giver, file):
        body[name], sources[name] = held.value, held.of.n
    differences += _elsewhere(counting, giver, body, sources)
    for name in sorted({name for each in counting for name in each.said} - NOT_WEIGHED):
        words = _words(counting, name)
        if not words:
            continue
        held = max(words, key=lambda each: each.age) if name in NEWEST else max(words, key=lambda each: each.strength)
        body[name], sources[name] = held.value, held.of.n
        differences += _differing(name, held, words)
    impact: dict[str, Any] = {}
    for part in sorted({part for each in counting for part in _impact(each.said)}):
        words = _words(counting, f"impact.{part}")
        if words:
            held = max(words, key=lambda each: each.strength)
            impact[part], sources[f"impact.{part}"] = held.value, held.of.n
            differences += _differing(f"impact.{part}", held, words)
    verification = _verification(heard)
    body |= {"impact": impact} if impact else {}
    return Standing({**body, "verification": verification.value}, sources, differences, verification)


def _giver(counting: Sequence[Heard]) -> Heard | None:
    """The report that says where it is: the first of the file that lies on a river, else the first; None: none does."""
    placed = sorted(
        (each for each in counting if "location" in each.said and not each.correction), key=lambda each: each.n
    )
    return next((each for each in placed if not each.said.get("unlocated")), placed[0] if placed else None)


def _of_the_event(counting: Sequence[Heard], giver: Heard, file: int) -> Iterable[tuple[str, _Word]]:
    """Place, time and the like; a correction counts for the file that it was made in."""
    given = {**giver.said, "known_at": giver.said.get("known_at") or giver.at.isoformat()}
    held = {name: _Word(giver, given[name]) for name in FIRST if given.get(name) not in SAYS_NOTHING}
    for each in counting:
        own = each.file == giver.file or (each.file == file and each.at >= giver.since)
        if not each.correction or not own:
            continue
        for name in each.said[CLEARED]:
            held.pop(name, None)
        held |= {name: _Word(each, each.said[name]) for name in FIRST if name in each.said}
        if "location" in each.said and "unlocated" not in each.said:
            held.pop("unlocated", None)
    return held.items()


def _words(counting: Sequence[Heard], name: str) -> list[_Word]:
    """What was said of a field, oldest first, from the last correction of it on."""
    words: list[_Word] = []
    for each in counting:
        whole, _, part = name.partition(".")
        cleared = each.said.get(CLEARED, ())
        value = _impact(each.said).get(part) if part else each.said.get(name)
        said = value not in SAYS_NOTHING
        if name in cleared or whole in cleared or (each.correction and said):
            words = []
        if said:
            words.append(_Word(each, value))
    return words


def _differing(name: str, held: _Word, words: Sequence[_Word]) -> list[Difference]:
    """Who says otherwise. That the source has stopped since is news and contradicts nothing that was said before."""
    if name in NEWEST:
        return []
    others = [
        Other(each.of.n, each.value)
        for each in words
        if each.value != held.value and (name != "source_state" or each.age > held.age)
    ]
    return [Difference(name, held.of.n, held.value, others)] if others else []


def _elsewhere(
    counting: Sequence[Heard], giver: Heard, body: Mapping[str, Any], sources: Mapping[str, int]
) -> list[Difference]:
    found = []
    witnesses = [each for each in counting if each is not giver and not each.correction]
    if "location" in body:
        others = [
            Other(each.n, each.said["location"])
            for each in witnesses
            if "location" in each.said and apart_km(each.said["location"], body["location"]) > APART_KM
        ]
        found += [Difference("location", sources["location"], body["location"], others)] if others else []
    held = _earliest(body.get("occurred_at"))
    if held is not None:
        times = [(each, _earliest(each.said.get("occurred_at"))) for each in witnesses]
        others = [Other(each.n, each.said["occurred_at"]) for each, at in times if at and held - at > EARLIER_BY]
        found += [Difference("occurred_at", sources["occurred_at"], body["occurred_at"], others)] if others else []
    return found


def apart_km(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Kilometres as the crow flies between two places in degrees (haversine)."""
    lat, lat2 = math.radians(one["lat"]), math.radians(other["lat"])
    dlon = math.radians(other["lon"] - one["lon"])
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _earliest(occurred: Any) -> datetime | None:
    if occurred in SAYS_NOTHING:
        return None
    said = occurred["earliest"] if isinstance(occurred, Mapping) else occurred
    return said if isinstance(said, datetime) else datetime.fromisoformat(str(said))


def _impact(said: Mapping[str, Any]) -> Mapping[str, Any]:
    found = said.get("impact")
    return found if isinstance(found, Mapping) else {}


def _verification(heard: Sequence[Heard]) -> Verification:
    """How far the event is checked: the best of its reports, from the last correction of that on; all refuted: refuted."""
    reports = [each for each in heard if not each.correction]
    if all(each.state is Verification.REFUTED for each in reports):
        return Verification.REFUTED
    said = [each for each in heard if each.correction and "verification" in each.said]
    since = said[-1].at if said else None
    states = [Verification(said[-1].said["verification"])] if said else []
    states += [
        each.state
        for each in reports
        if each.state is not Verification.REFUTED and (since is None or (each.judged_at or each.at) > since)
    ]
    return max(states, key=RANK.__getitem__)
