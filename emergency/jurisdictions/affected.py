"""Who is reached: the stays of the water in each division, in the order it comes to them.

Answers "which divisions does the water of this start touch, where does it enter and leave each, and from whose water?".
One entry is one unbroken stay along a branch, so a division may be entered several times and every entry is kept. An entry
stands wherever water comes in from elsewhere: at a border within a reach, or at a node where at least one traced branch does
not come from the division itself. Where two branches meet inside a division, both entries share the way on.

Pure. It must not drop a minor branch, must not forget a division because it was passed before, and must not depend on the
order in which the pieces are given. For an upstream trace everything is read against the stream.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from typing import Final

from emergency.jurisdictions.values import Bank, Divisions, Piece, Stay, StayKey, flag_words
from emergency.river.values import Direction, Passage, Reach, Spot, SubNetwork
from emergency.units import km
from emergency.words import Words

TOUCH_M: Final = 0.5
"""Ends nearer than this meet: lengths are scaled from drawn lines, which rounds."""


def stays(
    sub: SubNetwork, passages: Mapping[int, Passage], pieces: Iterable[Piece], divisions: Divisions
) -> list[Stay]:
    """The entries, by time of arrival at reference flow (by distance where a time is unknown), numbered per division."""
    passed = {reach_id: reach for reach_id, reach in sub.reaches.items() if reach_id in passages}
    course = _course(replace(sub, reaches=passed))
    runs = _runs(_remaining(course, _resolved(pieces, divisions)))
    drafts = [_draft(course, passages, runs, run) for run in _entries(course, runs)]
    timed = all(draft.enter_s is not None for draft in drafts)
    drafts.sort(key=lambda draft: draft.order(course.start, timed=timed))
    keys = _numbered(drafts)
    holders = _holders(drafts, keys)
    desks = {code: divisions.desk_of(code) for code, _ in keys}
    return [_stay(course, runs, draft, key, holders, desks) for draft, key in zip(drafts, keys, strict=True)]


def neighbours(reached: Sequence[Stay], desk: str) -> list[tuple[Stay, Stay]]:
    """Pairs (stay of `desk`, stay of another desk) where water goes directly from one to the other or both share a border."""
    by_key = {stay.key: stay for stay in reached}
    pairs: list[tuple[Stay, Stay]] = []
    for stay in reached:
        touching = dict.fromkeys((*stay.came_from, *stay.beside))
        pairs.extend((by_key[key], stay) for key in touching if by_key[key].desk == desk != stay.desk)
    return pairs


def succession(code: str, codes: Sequence[str], divisions: Divisions) -> tuple[Words, ...]:
    """What a reader is told where a code of the boundaries does not hold on that day."""
    if divisions.holds(code):
        return ()
    was = divisions.name(code)
    if codes == (code,):
        return (
            Words(
                zh=f"{was.zh}（{code}）当日无效，清单未列后继",
                en=f"{was.en} ({code}) does not hold on that day; no successor is listed",
            ),
        )
    if len(codes) == 1:
        return (Words(zh=f"承接{was.zh}（{code}）", en=f"stands for {was.en} ({code})"),)
    return (
        Words(
            zh=f"{was.zh}（{code}）的后继之一，界线按原辖区",
            en=f"one of the successors of {was.en} ({code}), whose boundary is used",
        ),
    )


Order = tuple[float, float, bool, int, float, str]


def in_order(enter_s: float | None, enter_m: float, place: tuple[bool, int, float, str]) -> Order:
    """By time, then by distance, then by place (first the reach where the water starts, then by its number), so that the
    answer does not depend on the order of the input; less than a hundredth of a second or a metre is rounding."""
    at_m = round(enter_m, 2)
    return (at_m if enter_s is None else round(enter_s, 2), at_m, *place)


def flags_of(flag: str | None) -> tuple[Words, ...]:
    """What a reader is told of a stretch's own doubt."""
    return () if flag is None else (flag_words(flag),)


def one_bank(banks: set[Bank]) -> Bank:
    """One bank if it is the same all along; both if it is both anywhere, or one and then the other."""
    if len(banks) == 1:
        return next(iter(banks))
    return Bank.BOTH if Bank.BOTH in banks or {Bank.LEFT, Bank.RIGHT} <= banks else Bank.BORDER


@dataclass(frozen=True, slots=True)
class _Told:
    """A piece under a code that holds today, in metres along the walk, with what is doubtful about it."""

    piece: Piece
    flags: tuple[Words, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Touching pieces of one division on one reach."""

    reach_id: int
    code: str
    from_m: float
    to_m: float
    told: tuple[_Told, ...]


_Runs = Mapping[int, Sequence[_Run]]


@dataclass(frozen=True, slots=True)
class _Course:
    """The traced network in walking order: which reaches come before and after each. Offsets count along the walk."""

    reaches: Mapping[int, Reach]
    start: int
    start_m: float
    against: bool
    before: Mapping[int, Sequence[int]]
    after: Mapping[int, Sequence[int]]

    def head_m(self, reach_id: int) -> float:
        """Where the walk begins on a reach."""
        return self.start_m if reach_id == self.start else 0.0

    def begins(self, run: _Run) -> bool:
        """Whether a run stands at the beginning of its reach."""
        return run.from_m <= self.head_m(run.reach_id) + TOUCH_M

    def ends(self, run: _Run) -> bool:
        """Whether a run goes to the end of its reach."""
        return run.to_m >= self.reaches[run.reach_id].length_m - TOUCH_M

    def spot(self, reach_id: int, along_m: float) -> Spot:
        """A place of the walk as a place on the network."""
        return Spot(reach_id, self.reaches[reach_id].length_m - along_m if self.against else along_m)

    def turned(self, piece: Piece) -> Piece:
        """A piece in walking metres, or back again."""
        if not self.against:
            return piece
        length_m = self.reaches[piece.reach_id].length_m
        return replace(piece, from_m=length_m - piece.to_m, to_m=length_m - piece.from_m)


@dataclass(frozen=True, slots=True)
class _Draft:
    """An entry before it has its number: the run where it begins and all runs it covers."""

    run: _Run
    covered: tuple[_Run, ...]
    enter_m: float
    enter_s: float | None
    leave_m: float
    leave: Spot

    def order(self, start: int, *, timed: bool) -> "Order":
        """By time where all times are known."""
        place = (self.run.reach_id != start, self.run.reach_id, self.run.from_m, self.run.code)
        return in_order(self.enter_s if timed else None, self.enter_m, place)


def _course(sub: SubNetwork) -> _Course:
    against = sub.direction is Direction.UP
    start = sub.reaches[sub.start.reach_id]
    before: dict[int, list[int]] = {reach_id: [] for reach_id in sub.reaches}
    after: dict[int, list[int]] = {reach_id: [] for reach_id in sub.reaches}
    leaving: dict[int, list[Reach]] = {}
    for reach in sub.reaches.values():
        leaving.setdefault(reach.to_node if against else reach.from_node, []).append(reach)
    for reach in sub.reaches.values():
        if reach.loop:
            continue  # bad data: it closes a loop, and its water has been here before
        for following in leaving.get(reach.from_node if against else reach.to_node, ()):
            if following.reach_id != start.reach_id:
                after[reach.reach_id].append(following.reach_id)
                before[following.reach_id].append(reach.reach_id)
    start_m = start.length_m - sub.start.offset_m if against else sub.start.offset_m
    return _Course(sub.reaches, start.reach_id, start_m, against, before, after)


def _resolved(pieces: Iterable[Piece], divisions: Divisions) -> list[_Told]:
    """Every piece under each code that holds today."""
    told: list[_Told] = []
    known: dict[tuple[str, str | None], tuple[tuple[str, ...], tuple[Words, ...]]] = {}
    for piece in pieces:
        key = piece.code, piece.flag
        if key not in known:
            codes = divisions.resolve(piece.code)
            known[key] = codes, flags_of(piece.flag) + succession(piece.code, codes, divisions)
        codes, flags = known[key]
        told.extend(_Told(piece if code == piece.code else replace(piece, code=code), flags) for code in codes)
    return told


def _remaining(course: _Course, told: Iterable[_Told]) -> list[_Told]:
    """What lies on the walk: the start's reach is cut at the start, the rest is whole."""
    remaining: list[_Told] = []
    for each in told:
        reach_id = each.piece.reach_id
        if reach_id not in course.reaches:
            continue
        here = replace(each, piece=course.turned(each.piece)) if course.against else each
        if reach_id == course.start:
            piece, head_m, length_m = here.piece, course.start_m, course.reaches[reach_id].length_m
            if not (piece.to_m > head_m or head_m >= length_m - TOUCH_M <= piece.to_m):
                continue
            here = replace(here, piece=replace(piece, from_m=max(piece.from_m, head_m)))
        remaining.append(here)
    return remaining


def _runs(told: Iterable[_Told]) -> _Runs:
    """Touching or overlapping pieces of one division on one reach, joined; by reach, in order."""
    in_order = sorted(told, key=lambda t: (t.piece.reach_id, t.piece.code, t.piece.from_m, t.piece.to_m, t.piece.bank))
    runs: dict[int, list[_Run]] = {}
    for each in in_order:
        piece, on_reach = each.piece, runs.setdefault(each.piece.reach_id, [])
        last = on_reach[-1] if on_reach else None
        if last is not None and last.code == piece.code and piece.from_m <= last.to_m + TOUCH_M:
            on_reach[-1] = replace(last, to_m=max(last.to_m, piece.to_m), told=(*last.told, each))
        else:
            on_reach.append(_Run(piece.reach_id, piece.code, piece.from_m, piece.to_m, (each,)))
    return {reach_id: sorted(on_reach, key=lambda run: (run.from_m, run.code)) for reach_id, on_reach in runs.items()}


def _entries(course: _Course, runs: _Runs) -> list[_Run]:
    """The runs at whose beginning water comes in from elsewhere."""
    return [run for on_reach in runs.values() for run in on_reach if _is_entry(course, runs, run)]


def _is_entry(course: _Course, runs: _Runs, run: _Run) -> bool:
    if not course.begins(run):
        return True
    above = course.before[run.reach_id]
    return not above or any(run.code not in _codes_at_end(course, runs, reach_id) for reach_id in above)


def _codes_at_end(course: _Course, runs: _Runs, reach_id: int) -> set[str]:
    return {run.code for run in runs.get(reach_id, ()) if course.ends(run)}


def _onward(course: _Course, runs: _Runs, run: _Run) -> list[_Run]:
    """The runs of the same division into which the water goes on without leaving it."""
    if not course.ends(run):
        return []
    following = (each for reach_id in course.after[run.reach_id] for each in runs.get(reach_id, ()))
    return [each for each in following if each.code == run.code and course.begins(each)]


def _covered(course: _Course, runs: _Runs, entry: _Run) -> dict[_Run, float]:
    """All runs of the stay, each with the shortest way inside the stay from the entry to the run's beginning."""
    covered: dict[_Run, float] = {}
    ahead = [(0.0, 0, entry)]
    pushed = count(1)
    while ahead:
        way_m, _, run = heappop(ahead)
        if run in covered:
            continue
        covered[run] = way_m
        for onward in _onward(course, runs, run):
            heappush(ahead, (way_m + run.to_m - run.from_m, next(pushed), onward))
    return covered


def _draft(course: _Course, passages: Mapping[int, Passage], runs: _Runs, entry: _Run) -> _Draft:
    ways = _covered(course, runs, entry)
    enter_m = _distance_m(course, passages, entry.reach_id, entry.from_m)
    ends = {run for run in ways if not _onward(course, runs, run)} or set(ways)
    leave_m, last = max(
        ((_leave_m(course, passages, run, enter_m + way_m), run) for run, way_m in ways.items() if run in ends),
        key=lambda end: (end[0], end[1].reach_id),
    )
    covered = sorted(
        ways, key=lambda run: (_distance_m(course, passages, run.reach_id, run.from_m), run.reach_id, run.from_m)
    )
    enter_s = _time_s(course, passages, entry.reach_id, entry.from_m)
    return _Draft(entry, tuple(covered), enter_m, enter_s, leave_m, course.spot(last.reach_id, last.to_m))


def _leave_m(course: _Course, passages: Mapping[int, Passage], run: _Run, begins_m: float) -> float:
    """Distance at the end of a run: of the first arrival there, or along this branch where it is the longer way."""
    return max(_distance_m(course, passages, run.reach_id, run.to_m), begins_m + run.to_m - run.from_m)


def _distance_m(course: _Course, passages: Mapping[int, Passage], reach_id: int, along_m: float) -> float:
    return passages[reach_id].leave_m - (course.reaches[reach_id].length_m - along_m)


def _time_s(course: _Course, passages: Mapping[int, Passage], reach_id: int, along_m: float) -> float | None:
    passage = passages[reach_id]
    if passage.enter_s is None:
        return None
    done_m = along_m - course.head_m(reach_id)
    if done_m <= TOUCH_M:
        return passage.enter_s
    if passage.leave_s is None:
        return None
    return passage.enter_s + (passage.leave_s - passage.enter_s) * done_m / (passage.leave_m - passage.enter_m)


def _numbered(drafts: Sequence[_Draft]) -> list[StayKey]:
    counted: dict[str, int] = {}
    keys: list[StayKey] = []
    for draft in drafts:
        code = draft.run.code
        counted[code] = counted.get(code, 0) + 1
        keys.append((code, counted[code]))
    return keys


def _holders(drafts: Sequence[_Draft], keys: Sequence[StayKey]) -> Mapping[int, Sequence[StayKey]]:
    """The stays that cover each run, by the run's identity."""
    holders: dict[int, list[StayKey]] = {}
    for draft, key in zip(drafts, keys, strict=True):
        for run in draft.covered:
            holders.setdefault(id(run), []).append(key)
    return holders


def _stay(
    course: _Course,
    runs: _Runs,
    draft: _Draft,
    key: StayKey,
    holders: Mapping[int, Sequence[StayKey]],
    desks: Mapping[str, str | None],
) -> Stay:
    told = [each for run in draft.covered for each in run.told]
    code, entry = key
    return Stay(
        code=code,
        river=course.reaches[draft.run.reach_id].river,
        entry=entry,
        enter_km=km(draft.enter_m),
        leave_km=km(draft.leave_m),
        enter_s=draft.enter_s,
        enter=course.spot(draft.run.reach_id, draft.run.from_m),
        leave=draft.leave,
        bank=one_bank({each.piece.bank for each in told}),
        desk=desks[code],
        flags=tuple(dict.fromkeys(words for each in told for words in each.flags)),
        pieces=tuple(course.turned(each.piece) for each in told),
        came_from=_keys(holders, _sources(course, runs, draft.run)),
        beside=_keys(holders, (other for run in draft.covered for other in _beside(runs, run))),
    )


def _sources(course: _Course, runs: _Runs, entry: _Run) -> list[_Run]:
    """The runs of other divisions whose water enters at `entry`."""
    if not course.begins(entry):
        here = entry.from_m
        others = (run for run in runs[entry.reach_id] if run.code != entry.code)
        return [run for run in others if run.from_m < here - TOUCH_M and run.to_m >= here - TOUCH_M]
    foreign = (r for r in course.before[entry.reach_id] if entry.code not in _codes_at_end(course, runs, r))
    return [run for reach_id in foreign for run in runs.get(reach_id, ()) if course.ends(run)]


def _beside(runs: _Runs, run: _Run) -> list[_Run]:
    """The runs of other divisions on the same water."""
    others = (other for other in runs[run.reach_id] if other.code != run.code)
    return [other for other in others if min(run.to_m, other.to_m) - max(run.from_m, other.from_m) > TOUCH_M]


def _keys(holders: Mapping[int, Sequence[StayKey]], found: Iterable[_Run]) -> tuple[StayKey, ...]:
    return tuple(sorted({key for run in found for key in holders[id(run)]}))
