"""What covers each place where news has to pass from one desk to another: an agreement, only a statute, or nothing.

The question answered here: standing at every line that a river crosses, at every river that two desks share and at every
risk source, which clause would make the one tell the other, downstream and back upstream? Asked of the rules alone, with no
incident: hour and grade are unknown, which silences no clause, so a clause that has a condition is shown with it. The duties
are those of `obligations`, never other ones; places that look alike to every rule are asked about once. Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from emergency.agreements import obligations as duties
from emergency.agreements import reasons
from emergency.agreements.values import (
    ALONG,
    Agreement,
    Facts,
    Form,
    GapDuty,
    Grade,
    Kind,
    Medium,
    Obligation,
    Reached,
    Role,
    Source,
)
from emergency.jurisdictions.values import Border, Crossing, Divisions, Lines, OnRiver, Side
from emergency.jurisdictions.values import Source as RiskSource
from emergency.words import Words


class Place(StrEnum):
    """What a row of the coverage is about."""

    CROSSING = "crossing"
    BORDER = "border"
    SOURCE = "source"


class Way(StrEnum):
    """Which way the news goes: with the stream, against it, or across a river that both share."""

    NOTICE = "notice"
    ENQUIRY = "enquiry"
    ACROSS = "across"


class State(StrEnum):
    """What makes the one tell the other, least first. inside: the water leaves no desk's area, nobody else is to be told."""

    NONE = "none"
    STATUTE = "statute"
    COVERED = "covered"
    INSIDE = "inside"


RANK: Final[Mapping[State, int]] = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Cover:
    """A clause that binds the one to tell the other. within_minutes None: no limit; the last two: only then."""

    agreement: str
    version: int
    clause: str
    cited: Words
    form: Form
    text_held: bool
    role: Role
    source: Source
    within_minutes: int | None
    grade_at_least: Grade | None
    within_hours: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One direction: who would tell whom, under what. tells is the desk, or the division for which nobody answers."""

    way: Way
    who: str
    tells: str
    state: State
    covers: tuple[Cover, ...]
    reason: Words | None

    @property
    def within_minutes(self) -> int | None:
        """The shortest limit; None where no clause sets one."""
        return min((each.within_minutes for each in self.covers if each.within_minutes is not None), default=None)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An agreement that binds a side of the river, and does not bind the one that the water goes on to.

    party: the party whose water it is. onward: the water left that party's area before, and comes through others.
    """

    agreement: str
    version: int
    title: Words
    party: str
    onward: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A place with what covers it. taking None: a source whose water goes to nobody else."""

    id: str
    place: Place
    at: OnRiver | None
    name: Words
    giving: Side | None
    taking: tuple[Side, ...]
    provincial: bool
    judged: tuple[Judged, ...]
    left_out: tuple[LeftOut, ...]
    length_m: float | None
    flags: tuple[Words, ...]

    @property
    def state(self) -> State:
        """The least of its directions."""
        if not self.judged:
            return State.INSIDE if self.giving is not None else State.NONE
        return min((each.state for each in self.judged), key=RANK.__getitem__)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every row, as of an instant, under these agreements."""

    at: datetime
    rows: tuple[Row, ...]
    agreements: tuple[Agreement, ...]


Progress = Callable[[int, int], None]


def coverage(
    lines: Lines,
    agreements: Iterable[Agreement],
    divisions: Divisions,
    *,
    at: datetime,
    zone: ZoneInfo,
    medium: Medium = Medium.WATER,
    progress: Progress | None = None,
) -> Coverage:
    """What covers each line, as of `at`; `progress` is told how many are done, of how many."""
    standing = tuple(agreements)
    judge = _Judge(standing, divisions, at, zone, medium)
    places: list[Crossing | Border | RiskSource] = [*lines.crossings, *lines.borders, *lines.sources]
    rows = []
    for done, place in enumerate(places, 1):
        rows.append(judge.row(place))
        if progress is not None:
            progress(done, len(places))
    return Coverage(at, tuple(rows), standing)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules can see of one direction; places that agree in it are covered alike.

    near, far: the divisions of the telling and of the told side. Rivers: those that the agreements are held against.
    """

    way: Way
    who: str
    near: tuple[str, ...]
    far: tuple[str, ...]
    rivers: tuple[str, ...]


def facts(asked: Asked, divisions: Divisions, *, at: datetime, zone: ZoneInfo, medium: Medium) -> Facts:
    """The facts of an incident at a line, with everything unknown but the line itself."""
    near = [(code, 1) for code in asked.near]
    beside = asked.way is Way.ACROSS
    entries = [_entry(asked, code, divisions) for code in asked.near]
    far = [
        replace(_entry(asked, code, divisions), came_from=() if beside else tuple(near), beside=tuple(near) * beside)
        for code in asked.far
        if code not in asked.near
    ]
    return Facts(
        lead=asked.who,
        known_at=at,
        assessed_at=at,
        zone=zone,
        occasion="initial",
        reached=(*entries, *far),
        rivers=asked.rivers,
        medium=medium,
        kind=Kind.UPSTREAM_ENQUIRY if asked.way is Way.ENQUIRY else Kind.INCIDENT,
    )


def _entry(asked: Asked, code: str, divisions: Divisions) -> Reached:
    river = asked.rivers[-1]
    return Reached(
        code=code,
        name=divisions.name(code),
        desk=divisions.desk_of(code),
        river=river,
        river_name=Words(river, river),
        entry=1,
        earliest_at=None,
        likely_at=None,
        latest_at=None,
        bank="both",
        came_from=(),
    )


class _Judge:
    """Asks the rules about each kind of direction once, and only the agreements that could speak of it."""

    def __init__(
        self, agreements: Sequence[Agreement], divisions: Divisions, at: datetime, zone: ZoneInfo, medium: Medium
    ) -> None:
        self.agreements, self.divisions, self.at, self.zone, self.medium = agreements, divisions, at, zone, medium
        self.by_key = {(each.id, each.version): each for each in agreements}
        self.lineages: dict[str, frozenset[str]] = {}
        self.voices: dict[str, frozenset[str]] = {}
        self.named = {
            (each.id, each.version): frozenset().union(*(self._voice(code) for code in _codes(each)))
            for each in agreements
        }
        self.along = [each for each in agreements if _leaves_out(each, medium)]
        self.judged: dict[tuple[Asked, str], Judged] = {}
        self.left: dict[tuple[Side, Side, tuple[str, ...]], tuple[LeftOut, ...]] = {}

    def row(self, place: Crossing | Border | RiskSource) -> Row:
        """The row of a place."""
        if isinstance(place, Crossing):
            return self._crossing(place)
        return self._border(place) if isinstance(place, Border) else self._source(place)

    def _crossing(self, one: Crossing) -> Row:
        down = self._direction(Way.NOTICE, one.giving, one.taking, one.rivers)
        up = self._direction(Way.ENQUIRY, one.taking, one.giving, one.rivers[::-1])
        return Row(
            id=_id(Place.CROSSING, one.at, one.giving.key, one.taking.key),
            place=Place.CROSSING,
            at=one.at,
            name=one.at.river_name,
            giving=one.giving,
            taking=(one.taking,),
            provincial=self._provincial(one.giving, one.taking),
            judged=(down, up),
            left_out=self._left_out(one.giving, one.taking, one.rivers),
            length_m=None,
            flags=one.flags,
        )

    def _border(self, one: Border) -> Row:
        rivers = (one.at.river,)
        return Row(
            id=_id(Place.BORDER, one.at, one.one.key, one.other.key),
            place=Place.BORDER,
            at=one.at,
            name=one.at.river_name,
            giving=one.one,
            taking=(one.other,),
            provincial=self._provincial(one.one, one.other),
            judged=(
                self._direction(Way.ACROSS, one.one, one.other, rivers),
                self._direction(Way.ACROSS, one.other, one.one, rivers),
            ),
            left_out=(),
            length_m=one.length_m,
            flags=one.flags,
        )

    def _source(self, one: RiskSource) -> Row:
        home = one.home
        ways = [] if home is None else [self._out(home, each) for each in one.exits]
        return Row(
            id=_id(Place.SOURCE, one.at, str(one.site_id), home.key if home else ""),
            place=Place.SOURCE,
            at=one.at,
            name=one.name,
            giving=home,
            taking=tuple({each.taking.key: each.taking for each in one.exits}.values()),
            provincial=home is not None and any(self._provincial(home, each.taking) for each in one.exits),
            judged=tuple(dict.fromkeys(ways)),
            left_out=tuple(
                dict.fromkeys(
                    left for each in one.exits for left in self._left_out(each.giving, each.taking, each.rivers)
                )
            ),
            length_m=None,
            flags=() if home is not None else (_nowhere(one),),
        )

    def _out(self, home: Side, leaving: Crossing) -> Judged:
        """What is owed by the desk of a source at a line; the divisions between are its own as well."""
        passed = Side(home.desk, tuple(dict.fromkeys((*home.codes, *leaving.giving.codes))))
        return self._direction(Way.NOTICE, passed, leaving.taking, leaving.rivers)

    def _provincial(self, one: Side, other: Side) -> bool:
        return self.divisions.province_of(one.key) != self.divisions.province_of(other.key)

    def _direction(self, way: Way, telling: Side, told: Side, rivers: tuple[str, ...]) -> Judged:
        asked = Asked(way, telling.key, telling.codes, told.codes, rivers)
        if (asked, told.key) not in self.judged:
            self.judged[asked, told.key] = self._judged(asked, telling, told)
        return self.judged[asked, told.key]

    def _judged(self, asked: Asked, telling: Side, told: Side) -> Judged:
        if telling.desk is None or told.desk is None:
            lacking = self.divisions.name(telling.key if telling.desk is None else told.key)
            return Judged(asked.way, telling.key, told.key, State.NONE, (), reasons.no_desk(lacking))
        found = facts(asked, self.divisions, at=self.at, zone=self.zone, medium=self.medium)
        able = [each for each in self.agreements if self._may_speak(each, asked)]
        owed = duties.obligations(found, able, self.divisions)
        gap = next(
            (each for each in duties.gaps(found, able, self.divisions, owed) if each.jurisdiction == told.desk), None
        )
        covers = tuple(
            self._cover(each) for each in owed if each.tells == told.desk and each.kind is not Kind.COURTESY_COPY
        )
        if gap is None:
            return Judged(asked.way, telling.key, told.key, State.COVERED, covers, None)
        state = State.STATUTE if gap.duty is GapDuty.STATUTE else State.NONE
        return Judged(asked.way, telling.key, told.key, state, covers, gap.reason)

    def _may_speak(self, agreement: Agreement, asked: Asked) -> bool:
        """Whether somebody whom it names stands on each side; of a local plan, on the telling one. Only what could never speak
        is left aside."""
        if not agreement.parties:
            return True
        voices = self.named[agreement.id, agreement.version]
        telling = (asked.who, *asked.near)
        return all(
            any(not voices.isdisjoint(self._lineage(code)) for code in codes)
            for codes in ((telling,) if agreement.one_sided else (telling, asked.far))
        )

    def _speaks_for(self, party: str, code: str) -> bool:
        return not self._voice(party).isdisjoint(self._lineage(code))

    def _lineage(self, code: str) -> frozenset[str]:
        """The code, or those that stand for it on that day, with all above them."""
        if code not in self.lineages:
            lines = ({each, *self.divisions.ancestors(each)} for each in self.divisions.resolve(code))
            self.lineages[code] = frozenset().union(*lines)
        return self.lineages[code]

    def _voice(self, party: str) -> frozenset[str]:
        """The codes by which a party speaks: its own, and its successors'; none where the list lacks it."""
        if party not in self.voices:
            known = party in self.divisions
            self.voices[party] = frozenset({party, *self.divisions.resolve(party)}) if known else frozenset()
        return self.voices[party]

    def _cover(self, owed: Obligation) -> Cover:
        agreement = self.by_key[owed.agreement, owed.version]
        clause = next(each for each in agreement.clauses if each.id == owed.clause)
        minutes = None if owed.deadline_at is None else round((owed.deadline_at - self.at).total_seconds() / 60)
        return Cover(
            agreement=owed.agreement,
            version=owed.version,
            clause=owed.clause,
            cited=owed.cited,
            form=agreement.form,
            text_held=owed.text_held,
            role=owed.role,
            source=owed.source,
            within_minutes=minutes,
            grade_at_least=clause.when.grade_at_least,
            within_hours=clause.when.within_hours,
        )

    def _left_out(self, giving: Side, taking: Side, rivers: tuple[str, ...]) -> tuple[LeftOut, ...]:
        key = giving, taking, rivers
        if key not in self.left:
            self.left[key] = tuple(self._stops(giving, taking, rivers))
        return self.left[key]

    def _stops(self, giving: Side, taking: Side, rivers: tuple[str, ...]) -> Iterable[LeftOut]:
        """The agreements that bind whose water this is, and nobody on the side that it goes to."""
        for agreement in self.along:
            if agreement.rivers and not set(agreement.rivers) & set(rivers):
                continue
            if any(self._speaks_for(party, code) for party in agreement.parties for code in taking.codes):
                continue
            for codes, onward in ((giving.codes, False), (giving.above, True)):
                party = next(
                    (one for code in reversed(codes) for one in agreement.parties if self._speaks_for(one, code)), None
                )
                if party is not None:
                    yield LeftOut(agreement.id, agreement.version, agreement.title, party, onward)
                    break


def _codes(agreement: Agreement) -> tuple[str, ...]:
    """Every division that it names."""
    named = (code for clause in agreement.clauses for code in (*clause.duty.who, *clause.duty.tells))
    return tuple(dict.fromkeys((*agreement.parties, *named)))


def _leaves_out(agreement: Agreement, medium: Medium) -> bool:
    """Whether it speaks of rivers between parties at all: a partnership or a rule for everybody leaves nobody out."""
    speaks = any(clause.when.relation in ALONG and Kind.INCIDENT in clause.when.kinds for clause in agreement.clauses)
    carried = not agreement.media or medium in agreement.media
    return agreement.form in duties.TREATIES and bool(agreement.parties) and speaks and carried


def _nowhere(one: RiskSource) -> Words:
    if one.at is None:
        return Words(
            "不在现用河网上，去向不明：请给出所在河段或坐标",
            "not on the active network, so nobody knows where it drains: give its reach or coordinates",
        )
    return Words("不在任何已装入的区划内", "in no division that is loaded")


def _id(place: Place, at: OnRiver | None, *keys: str) -> str:
    where = "unplaced" if at is None else f"{at.reach_id}-{at.offset_m:.0f}"
    return "-".join((place.value, where, *keys))


# --- which rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows a reader asks for; nothing asked for is everything. agreement: an id; `left_out` turns it round."""

    river: str = ""
    division: str = ""
    state: State | None = None
    place: Place | None = None
    agreement: str = ""
    left_out: bool = False
    provincial: bool = False


def chosen(found: Coverage, wanted: Wanted, divisions: Divisions) -> tuple[Row, ...]:
    """The rows that are asked for. A state is asked of any direction of a row."""
    return tuple(row for row in found.rows if _is_wanted(row, wanted, divisions))


def _is_wanted(row: Row, wanted: Wanted, divisions: Divisions) -> bool:
    return (
        (not wanted.river or (row.at is not None and row.at.river == wanted.river))
        and (not wanted.division or _touches(row, wanted.division, divisions))
        and (wanted.state is None or wanted.state in (row.state, *(each.state for each in row.judged)))
        and (wanted.place is None or row.place is wanted.place)
        and (not wanted.agreement or _of_agreement(row, wanted))
        and (not wanted.provincial or row.provincial)
    )


def _touches(row: Row, division: str, divisions: Divisions) -> bool:
    sides = [side for side in (row.giving, *row.taking) if side is not None]
    codes = {code for side in sides for code in (side.key, *side.codes)}
    return division in divisions and any(divisions.covers(division, code) for code in codes)


def _of_agreement(row: Row, wanted: Wanted) -> bool:
    if wanted.left_out:
        return any(each.agreement == wanted.agreement for each in row.left_out)
    return any(cover.agreement == wanted.agreement for each in row.judged for cover in each.covers)


# --- what another set of agreements would change


class Change(StrEnum):
    """What becomes of one direction under the other agreements."""

    NEWLY_TOLD = "newly_told"
    NO_LONGER_TOLD = "no_longer_told"
    NEWLY_COVERED = "newly_covered"
    NO_LONGER_COVERED = "no_longer_covered"
    SOONER = "sooner"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Changed:
    """A direction that is not as it was; None where the place is not there, or there were none then."""

    row: Row
    change: Change
    was: Judged | None
    now: Judged | None


def compared(before: Coverage, after: Coverage) -> tuple[Changed, ...]:
    """Every direction that another set of agreements (or another day) would change, in the order of the rows."""
    was, now = _directions(before), _directions(after)
    found = []
    for key in dict.fromkeys((*was, *now)):
        (old_row, old), (new_row, new) = was.get(key, (None, None)), now.get(key, (None, None))
        change = _change(old, new)
        row = new_row or old_row
        if change is not None and row is not None:
            found.append(Changed(row, change, old, new))
    return tuple(found)


def _directions(found: Coverage) -> Mapping[tuple[str, Way, str, str], tuple[Row, Judged]]:
    return {(row.id, each.way, each.who, each.tells): (row, each) for row in found.rows for each in row.judged}


def _change(was: Judged | None, now: Judged | None) -> Change | None:
    told_before, told_now = was is not None and bool(was.covers), now is not None and bool(now.covers)
    if told_before != told_now:
        return Change.NEWLY_TOLD if told_now else Change.NO_LONGER_TOLD
    if was is None or now is None or not told_now:
        return None
    if was.state is not now.state:
        return Change.NEWLY_COVERED if now.state is State.COVERED else Change.NO_LONGER_COVERED
    before, after = _limit(was), _limit(now)
    if before == after:
        return None
    return Change.SOONER if after < before else Change.LATER


def _limit(judged: Judged) -> float:
    return float("inf") if judged.within_minutes is None else judged.within_minutes
