"""Which clocks run in an incident: what is due, who owes it, from when, until when, by which rule, and how it stands.

The question answered here: given what one jurisdiction learnt and when, how grave that seemed from hour to hour, and what it
has reported and promised since, what does it owe by when? Limits are dated data (reference/rules): national, provincial,
local and this deployment's policy; the shortest that holds counts, so that a local limit can only shorten a national one.

A clock never moves later when more becomes known: a condition that once held keeps its deadline. Nor is one missed before it
could be met: where the grade rises after the shorter limit has run out, it is due at once. Pure: `now` is an argument. It must
not report anything, and must not forget a clock that nobody has met.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from emergency.agreements.values import Grade, Source
from emergency.incidents.grading import RuleSet
from emergency.words import Words


class Due(StrEnum):
    """What is due."""

    INITIAL = "initial"
    CHANGE = "change"
    FOLLOW_UP = "follow_up"
    WRITTEN = "written"
    FINAL = "final"
    PROPOSE = "propose"
    NEIGHBOURS = "neighbours"
    NEXT_WORD = "next_word"
    PROMISE = "promise"
    PRESS_FIRST = "press_first"
    PRESS_CONFERENCE = "press_conference"


class Owes(StrEnum):
    """As what a jurisdiction owes it: where it happened, told by a neighbour, or reported to from below."""

    PLACE = "place"
    RECEIVER = "receiver"
    PROVINCE = "province"
    MINISTRY = "ministry"


class To(StrEnum):
    """To whom, as a rule says it; a file knows who that is for its jurisdiction."""

    OWN_GOVERNMENT = "own_government"
    HIGHER_BUREAU = "higher_bureau"
    PROVINCIAL_DEPARTMENT = "provincial_department"
    MINISTRY = "ministry"
    STATE_COUNCIL = "state_council"
    CENTRAL_COMMITTEE = "central_committee"
    EACH_PHONED = "each_phoned"
    THOSE_TOLD = "those_told"
    PUBLIC = "public"


class Scope(StrEnum):
    """Whose rule it is."""

    NATIONAL = "national"
    PROVINCIAL = "provincial"
    LOCAL = "local"
    POLICY = "policy"


class How(StrEnum):
    """By which way a report was made."""

    TELEPHONE = "telephone"
    FAX = "fax"
    NETWORK = "network"
    POST = "post"
    IN_PERSON = "in_person"


class State(StrEnum):
    """How a clock stands. void: no longer owed, as the initial report of what was withdrawn."""

    RUNNING = "running"
    DUE_SOON = "due_soon"
    MISSED = "missed"
    MET = "met"
    VOID = "void"


NAMES: Final[Mapping[Due, Words]] = {
    Due.INITIAL: Words("初报", "initial report"),
    Due.CHANGE: Words("级别变化报告", "report of the changed grade"),
    Due.FOLLOW_UP: Words("续报", "follow-up report"),
    Due.WRITTEN: Words("书面报告", "written report"),
    Due.FINAL: Words("处理结果报告", "final report"),
    Due.PROPOSE: Words("建议通报相邻政府", "proposal to tell the neighbouring government"),
    Due.NEIGHBOURS: Words("通报相邻地区", "notice to neighbours"),
    Due.NEXT_WORD: Words("首次告知", "first word"),
    Due.PROMISE: Words("承诺的下次续报", "promised next update"),
    Due.PRESS_FIRST: Words("首次对外发布", "first word to the press"),
    Due.PRESS_CONFERENCE: Words("新闻发布会", "press conference"),
}
"""What is due, as a reader calls it."""
OPEN: Final = frozenset({State.RUNNING, State.DUE_SOON, State.MISSED})
UPWARD: Final = frozenset({Due.INITIAL, Due.CHANGE, Due.FOLLOW_UP, Due.WRITTEN, Due.FINAL})
"""What a report to those above discharges."""
MASS: Final = "mass_incident"
"""The item of article 4 that makes an incident sensitive to the public."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of a rule: `due` to `to` within so many minutes, once any of the named conditions holds (none named: always).

    at_once_minutes: what the document's policy makes of "at once". source: of the number of minutes. jurisdictions: none
    named binds all.
    """

    id: str
    document: str
    version: int
    scope: Scope
    label: Words
    cited: Words
    due: Due
    owes: tuple[Owes, ...]
    to: tuple[To, ...]
    within_minutes: int
    at_once_minutes: int
    source: Source
    mark: str
    jurisdictions: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime | None
    grades: tuple[Grade, ...] = ()
    article_4: bool = False
    neighbours: bool = False
    sensitive: bool = False

    @property
    def within(self) -> timedelta:
        """The limit as a span."""
        return timedelta(minutes=self.within_minutes)

    def holds_for(self, file: "File") -> bool:
        """Whether it binds a jurisdiction on the day that it learnt of the incident."""
        begun = self.valid_from <= file.learnt_at and (self.valid_to is None or file.learnt_at < self.valid_to)
        return (
            begun and file.owes in self.owes and (not self.jurisdictions or bool({*file.above} & {*self.jurisdictions}))
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How grave it seemed from an instant on. grade: declared, or at least; None while unknown. article_4: the items that
    were held to apply. neighbours: whether other jurisdictions are or may be affected."""

    at: datetime
    grade: Grade | None
    declared: bool = False
    article_4: tuple[str, ...] = ()
    neighbours: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is meant by a rule's `To`, for one jurisdiction; two of them may be the same office."""

    key: str
    name: Words


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was made: what it was, to whom (a recipient's key), when, how, and by whom."""

    due: Due
    to: str
    at: datetime
    how: How
    by: Words


@dataclass(frozen=True, slots=True)
class Notice:
    """Notices of one deadline that the jurisdiction owes others, or a next word that it has promised them."""

    to: tuple[Words, ...]
    since_at: datetime
    until_at: datetime
    met_at: datetime | None
    source: Source
    cited: Words


@dataclass(frozen=True, slots=True)
class File:
    """One jurisdiction's side of an incident. `above`: itself and the divisions above it, for rules that bind some.

    learnt_at: when it found or learnt of it. standing: in order of time, the first holds from learnt_at. news: when it
    received more. said_at: when it first told another. entered_at:
    when the service was told of it, before which nobody could be alerted. ended_at: when handling ended; void_at: when it was withdrawn.
    """

    jurisdiction: str
    name: Words
    above: tuple[str, ...]
    owes: Owes
    learnt_at: datetime
    recipients: Mapping[To, Recipient]
    standing: tuple[Standing, ...] = ()
    made: tuple[Made, ...] = ()
    news: tuple[datetime, ...] = ()
    notices: tuple[Notice, ...] = ()
    promises: tuple[Notice, ...] = ()
    said_at: datetime | None = None
    entered_at: datetime | None = None
    ended_at: datetime | None = None
    void_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """When a clock calls for attention: this share of its time before the end, within bounds; then a tier at a time."""

    before_share: float
    before_least: timedelta
    before_most: timedelta
    tier: timedelta
    repeat: timedelta


@dataclass(frozen=True, slots=True)
class Item:
    """One item of article 4."""

    id: str
    label: Words


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that holds at an instant. sets: the default first. intake_classes: class of a site to class of a criterion;
    metals: names of heavy metals and metalloids, as they stand in the name of a substance."""

    sets: tuple[RuleSet, ...]
    limits: tuple[Limit, ...]
    pace: Pace
    article_4: tuple[Item, ...]
    intake_within: timedelta
    intake_classes: Mapping[str, str]
    metals: tuple[str, ...]

    @property
    def versions(self) -> dict[str, int]:
        """Which version of each document; 0 is the one that came with the service."""
        return {one.id: one.version for one in self.sets} | {one.document: one.version for one in self.limits}


@dataclass(frozen=True, slots=True)
class Clock:
    """Something due. id: unique in the incident and the same at every reading."""

    id: str
    jurisdiction: str
    name: Words
    due: Due
    to: tuple[Words, ...]
    since_at: datetime
    until_at: datetime
    source: Source
    cited: Words
    scope: Scope
    state: State
    entered_at: datetime | None = None
    met_at: datetime | None = None
    met_by: Words | None = None

    @property
    def late(self) -> bool:
        """Whether it was met after its end."""
        return self.met_at is not None and self.met_at > self.until_at

    @property
    def rises_from(self) -> datetime:
        """From when a missed one climbs: its end, or where it was entered later than that, the hour of entering."""
        return self.until_at if self.entered_at is None else max(self.until_at, self.entered_at)

    @property
    def is_open(self) -> bool:
        """Whether it still asks for something."""
        return self.state in OPEN


def clocks(file: File, limits: Iterable[Limit], pace: Pace, now: datetime) -> tuple[Clock, ...]:
    """Every clock of one jurisdiction, open ones first, by deadline."""
    holding = [limit for limit in limits if limit.holds_for(file)]
    found = [each for make in _MAKERS for each in make(file, holding)]
    return tuple(sorted((_settled(each, file, pace, now) for each in found), key=order))


def order(clock: Clock) -> tuple[bool, datetime, str]:
    """Open ones first, by deadline."""
    return not clock.is_open, clock.until_at, clock.id


def before(clock: Clock, pace: Pace) -> timedelta:
    """How long before its end a clock calls for attention."""
    whole = clock.until_at - clock.since_at
    return min(max(whole * pace.before_share, pace.before_least), pace.before_most, whole)


def _settled(clock: Clock, file: File, pace: Pace, now: datetime) -> Clock:
    return replace(clock, state=_state(clock, file, pace, now), entered_at=file.entered_at)


def _state(clock: Clock, file: File, pace: Pace, now: datetime) -> State:
    if clock.met_at is not None:
        return State.MET
    if file.void_at is not None and clock.due is not Due.PROMISE and clock.due is not Due.FINAL:
        return State.VOID
    if file.ended_at is not None and clock.due in (Due.NEXT_WORD, Due.NEIGHBOURS):
        return State.VOID
    if now > clock.until_at:
        return State.MISSED
    return State.DUE_SOON if now >= clock.until_at - before(clock, pace) else State.RUNNING


# --- when a condition held


def _held_from(limit: Limit, file: File) -> datetime | None:
    """Since when any of a limit's conditions has held; what was known first counts from when the incident was learnt."""
    for n, standing in enumerate(file.standing):
        superseded = n + 1 < len(file.standing) and file.standing[n + 1].at <= file.learnt_at
        if not superseded and _holds(limit, standing):
            return file.learnt_at if n == 0 else max(standing.at, file.learnt_at)
    return None


def _holds(limit: Limit, standing: Standing) -> bool:
    """An unknown grade holds the limits of the lowest: it is at least that."""
    asked = (limit.grades, limit.article_4, limit.neighbours, limit.sensitive)
    if not any(asked):
        return True
    by_grade = (standing.grade or Grade.IV) in limit.grades
    by_article = limit.article_4 and bool(standing.article_4) and not standing.declared
    by_public = limit.sensitive and MASS in standing.article_4
    return by_grade or by_article or by_public or (limit.neighbours and standing.neighbours)


def _until(limit: Limit, file: File, held_from: datetime) -> datetime:
    """From when it was learnt; where the condition came later, not before there was time to act at once."""
    whole = file.learnt_at + limit.within
    return whole if held_from <= file.learnt_at else max(whole, held_from + timedelta(minutes=limit.at_once_minutes))


# --- the clocks


@dataclass(slots=True)
class _Shortest:
    """Of the limits of one thing to one recipient the one that ends first; of two alike the one named first."""

    found: dict[str, tuple[datetime, Limit, Recipient]] = field(default_factory=dict)

    def offer(self, until_at: datetime, limit: Limit, to: Recipient) -> None:
        held = self.found.get(to.key)
        if held is None or until_at < held[0]:
            self.found[to.key] = (until_at, limit, to)


def _reports(file: File, limits: Sequence[Limit]) -> Iterator[Clock]:
    """What is counted from the hour of knowing: the initial report, the proposal to one's government, the press."""
    for due in (Due.INITIAL, Due.PROPOSE, Due.PRESS_FIRST, Due.PRESS_CONFERENCE):
        shortest = _Shortest()
        for limit in (each for each in limits if each.due is due):
            held_from = _held_from(limit, file)
            for to in () if held_from is None else _recipients(limit, file):
                shortest.offer(_until(limit, file, held_from or file.learnt_at), limit, to)
        for until_at, limit, to in shortest.found.values():
            met = _first(made for made in _to(file, to) if _discharges(made, due))
            yield _clock(file, limit, to, f"{due.value}/{to.key}", file.learnt_at, until_at, met)


def _changes(file: File, limits: Sequence[Limit]) -> Iterator[Clock]:
    """After the initial report: the grade has changed."""
    first = _first(made for made in file.made if made.due in UPWARD)
    changed = [] if first is None else [each for each in _steps(file.standing) if each.at > first.at]
    for n, standing in enumerate(changed, 1):
        shortest = _Shortest()
        for limit in (each for each in limits if each.due is Due.CHANGE and _holds(each, standing)):
            for to in _recipients(limit, file):
                shortest.offer(standing.at + limit.within, limit, to)
        for until_at, limit, to in shortest.found.values():
            met = _first(made for made in _to(file, to) if made.at >= standing.at)
            yield _clock(file, limit, to, f"change-{n}/{to.key}", standing.at, until_at, met)


def _steps(standing: Sequence[Standing]) -> Iterator[Standing]:
    """Where the grade became another: declared, or foreseen graver."""
    gravity = {grade: rank for rank, grade in enumerate(Grade)}
    for before, after in itertools.pairwise(standing):
        if after.grade is None or after.grade is before.grade:
            continue
        if after.declared or before.grade is None or gravity[after.grade] < gravity[before.grade]:
            yield after


def _follow_ups(file: File, limits: Sequence[Limit]) -> Iterator[Clock]:
    """News after a report: the next report carries it; later news does not put it off."""
    for limit in (each for each in limits if each.due is Due.FOLLOW_UP):
        for to in _recipients(limit, file):
            told = _first(made for made in _to(file, to) if made.due in UPWARD)
            waiting = sorted(at for at in file.news if told and at > told.at)
            n = 0
            while waiting:
                n, since = n + 1, waiting[0]
                met = _first(made for made in _to(file, to) if made.at >= since)
                yield _clock(file, limit, to, f"follow_up-{n}/{to.key}", since, since + limit.within, met)
                waiting = [] if met is None else [at for at in waiting if at > met.at]


def _written(file: File, limits: Sequence[Limit]) -> Iterator[Clock]:
    """A report by telephone is followed by a written one; a local rule may ask for it from the hour of knowing."""
    shortest: dict[str, tuple[datetime, datetime, Limit, Recipient]] = {}
    for limit in (each for each in limits if each.due is Due.WRITTEN):
        for since, to in _to_be_written(limit, file):
            until_at = since + limit.within
            if to.key not in shortest or until_at < shortest[to.key][1]:
                shortest[to.key] = (since, until_at, limit, to)
    for since, until_at, limit, to in shortest.values():
        written = (made for made in _to(file, to) if made.due in UPWARD and made.how is not How.TELEPHONE)
        met = _first(written)
        yield _clock(file, limit, to, f"written/{to.key}", since, until_at, met)


def _to_be_written(limit: Limit, file: File) -> Iterator[tuple[datetime, Recipient]]:
    if To.EACH_PHONED not in limit.to:
        held_from = _held_from(limit, file)
        yield from ((file.learnt_at, to) for to in _recipients(limit, file) if held_from is not None)
        return
    for to in dict.fromkeys(file.recipients.values()):
        first = _first(made for made in _to(file, to) if made.due in UPWARD)
        if first is not None and first.how is How.TELEPHONE:
            yield first.at, to


def _finals(file: File, limits: Sequence[Limit]) -> Iterator[Clock]:
    """After handling ends."""
    ended_at = file.ended_at or file.void_at
    if ended_at is None:
        return
    for limit in (each for each in limits if each.due is Due.FINAL):
        for to in _recipients(limit, file):
            reported = _first(made for made in _to(file, to) if made.due in UPWARD)
            if file.void_at is not None and reported is None:
                continue  # a false alarm that nobody above was told of
            met = _first(made for made in _to(file, to) if made.due is Due.FINAL)
            yield _clock(file, limit, to, f"final/{to.key}", ended_at, ended_at + limit.within, met)


def _next_word(file: File, limits: Sequence[Limit]) -> Iterator[Clock]:
    """Until something is said that promises the next word, policy does."""
    for limit in [each for each in limits if each.due is Due.NEXT_WORD][:1]:
        yield Clock(
            id=f"{file.jurisdiction}/next_word",
            jurisdiction=file.jurisdiction,
            name=file.name,
            due=Due.NEXT_WORD,
            to=(Words("应告知各方", "those to be told"),),
            since_at=file.learnt_at,
            until_at=file.learnt_at + limit.within,
            source=limit.source,
            cited=limit.cited,
            scope=limit.scope,
            state=State.RUNNING,
            met_at=file.said_at,
        )


def _notices(file: File, _: Sequence[Limit]) -> Iterator[Clock]:
    for due, kept in ((Due.NEIGHBOURS, file.notices), (Due.PROMISE, file.promises)):
        for each in kept:
            yield Clock(
                id=f"{file.jurisdiction}/{due.value}/{each.until_at:%Y%m%dT%H%M%S}",
                jurisdiction=file.jurisdiction,
                name=file.name,
                due=due,
                to=each.to,
                since_at=each.since_at,
                until_at=each.until_at,
                source=each.source,
                cited=each.cited,
                scope=Scope.POLICY,
                state=State.RUNNING,
                met_at=each.met_at,
            )


_MAKERS: Final[tuple[Callable[[File, Sequence[Limit]], Iterator[Clock]], ...]] = (
    _reports,
    _changes,
    _follow_ups,
    _written,
    _finals,
    _next_word,
    _notices,
)


def _recipients(limit: Limit, file: File) -> list[Recipient]:
    return [file.recipients[to] for to in limit.to if to in file.recipients]


def _discharges(made: Made, due: Due) -> bool:
    """A report of any kind tells those above; the press and the proposal to the government are things of their own."""
    return made.due in UPWARD if due is Due.INITIAL else made.due is due


def _to(file: File, to: Recipient) -> list[Made]:
    return [made for made in file.made if made.to == to.key]


def _first(made: Iterable[Made]) -> Made | None:
    return min(made, key=lambda each: each.at, default=None)


def _clock(
    file: File, limit: Limit, to: Recipient, name: str, since_at: datetime, until_at: datetime, met: Made | None
) -> Clock:
    return Clock(
        id=f"{file.jurisdiction}/{name}",
        jurisdiction=file.jurisdiction,
        name=file.name,
        due=limit.due,
        to=(to.name,),
        since_at=since_at,
        until_at=until_at,
        source=limit.source,
        cited=limit.cited,
        scope=limit.scope,
        state=State.RUNNING,
        met_at=met.at if met else None,
        met_by=met.by if met else None,
    )
