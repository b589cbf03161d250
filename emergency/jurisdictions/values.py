"""Who has authority where, as of a day: divisions with validity, successors and desks; pieces of river; stays on it.

Answers "which division is this code today, who is above it, whose desk is told?". Pure: it reads no clock and no database,
and never guesses: an ended code gives all its successors, and the reader is told so.

Days are days of the register: a division holds from `valid_from` (that day included) until `valid_to` (that day excluded),
so that the day a successor begins is the day its predecessor's code has ended.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from emergency.errors import BadInput, NotFound
from emergency.river.values import Spot
from emergency.words import Words


class Level(StrEnum):
    """How high a division stands."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


class Bank(StrEnum):
    """Which bank of a stretch is a division's, looking downstream; `border`: one of the two, not known which."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"
    BORDER = "border"


class Flag(StrEnum):
    """What is doubtful about a stretch."""

    CROSSING_ASSUMED = "assumed half"
    SCHEMATIC = "schematic"
    SHORT_STAY = "short stay"


FLAGS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Flag.CROSSING_ASSUMED: Words(
            zh="界点不明，按首列辖区在上游、半程过界假定",
            en="border point unknown: the first listed is taken as upstream, crossing at half length",
        ),
        Flag.SCHEMATIC: Words(zh="示意线上的界点，仅供参考", en="border taken on a schematic line"),
        Flag.SHORT_STAY: Words(
            zh="沿界不足1公里，按界河处理", en="less than 1 km along the border: treated as a border river"
        ),
    }
)


def flag_words(flag: str) -> Words:
    """The sentence of a stretch's flag; a remark from a table that is not one of `Flag` is shown as it stands."""
    return FLAGS.get(flag, Words(zh=flag, en=flag))


@dataclass(frozen=True, slots=True)
class Division:
    """A territory with a code. `surrogate`: the code is ours, since the official one is not published."""

    code: str
    name: Words
    level: Level
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    desk: bool
    surrogate: bool
    note: str | None


@dataclass(frozen=True, slots=True)
class Succession:
    """`successor` takes over (a part of) `code` from a day on; many to many."""

    code: str
    successor: str
    from_date: date
    note: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a reach in one division: metres from the reach's upstream end, the bank, and a doubt if there is one."""

    reach_id: int
    code: str
    from_m: float
    to_m: float
    bank: Bank
    flag: str | None = None


StayKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Stay:
    """One unbroken stay of the water in a division along a branch: an entry of the list of those reached.

    river: code of the river where it is entered. enter_km, leave_km: distance from the start along the path of first
    arrival (leave_km along this branch where that is the longer way); enter_s: time at reference flow, None where a speed
    on the way is unknown. pieces: what it covers.
    came_from: the stays from which water enters here directly (none for the start's own); beside: the stays that share a
    border stretch with it; both by (code, entry).
    """

    code: str
    river: str
    entry: int
    enter_km: float
    leave_km: float
    enter_s: float | None
    enter: Spot
    leave: Spot
    bank: Bank
    desk: str | None
    flags: tuple[Words, ...]
    pieces: tuple[Piece, ...]
    came_from: tuple[StayKey, ...]
    beside: tuple[StayKey, ...]

    @property
    def key(self) -> StayKey:
        """Code and entry number, unique in a list of stays."""
        return self.code, self.entry

    @property
    def path(self) -> tuple[int, ...]:
        """The reaches it covers, in the order the water passes them."""
        return tuple(dict.fromkeys(piece.reach_id for piece in self.pieces))


class Divisions:
    """All divisions as of one day; immutable."""

    __slots__ = ("_by_code", "_predecessors", "_successors", "on")

    def __init__(self, divisions: Iterable[Division], successions: Iterable[Succession], on: date) -> None:
        known = {division.code: division for division in divisions}
        self.on = on
        self._by_code: Mapping[str, Division] = MappingProxyType(known)
        in_order = sorted(successions, key=lambda s: (s.from_date, s.code, s.successor))
        self._successors = _grouped((s.code, s.successor) for s in in_order if s.from_date <= on)
        self._predecessors = _grouped((s.successor, s.code) for s in in_order)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Division]:
        return iter(self._by_code.values())

    def division(self, code: str) -> Division:
        """The division of `code`, whether or not it holds today."""
        found = self._by_code.get(code)
        if found is None:
            raise NotFound(
                "unknown-division",
                Words(
                    zh=f"区划清单中没有代码{code}：请先用 flask jurisdictions load 装入",
                    en=f"no division {code} in the list: load it first by flask jurisdictions load",
                ),
                facts={"code": code},
            )
        return found

    def name(self, code: str) -> Words:
        """What the division is called."""
        return self.division(code).name

    def holds(self, code: str) -> bool:
        """Whether the code is valid today."""
        division = self.division(code)
        return not self._ended(division) and not self._to_come(division)

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The codes above, nearest first."""
        above: list[str] = []
        parent = self.division(code).parent
        while parent is not None and parent not in above:
            above.append(parent)
            parent = self.division(parent).parent
        return tuple(above)

    def covers(self, party_code: str, code: str) -> bool:
        """Whether a party speaks for a division: itself or a descendant; an ended party speaks through its successors."""
        lineages = [{each, *self.ancestors(each)} for each in self.resolve(code)]
        return any(party in lineage for party in {party_code, *self.resolve(party_code)} for lineage in lineages)

    def desk_of(self, code: str) -> str | None:
        """Where the division is told: its own desk or the nearest ancestor's; None when nobody above has one."""
        serving = self.resolve(code)[0]
        chain = (serving, *self.ancestors(serving))
        return next((each for each in chain if self.division(each).desk), None)

    def require_desk(self, code: str) -> str:
        """`code` if it holds and has a desk of its own; else BadInput with the codes to use instead."""
        if self.holds(code) and self.division(code).desk:
            return code
        instead = tuple(dict.fromkeys(desk for each in self.resolve(code) if (desk := self.desk_of(each)) is not None))
        listed = "、".join(f"{self.name(each).zh}（{each}）" for each in instead) or "无"
        listed_en = ", ".join(f"{self.name(each).en} ({each})" for each in instead) or "none"
        raise BadInput(
            "no-desk",
            Words(
                zh=f"{self.name(code).zh}（{code}）没有自己的席位；请改用：{listed}",
                en=f"{self.name(code).en} ({code}) has no desk of its own; use instead: {listed_en}",
            ),
            field="jurisdiction",
            facts={"code": code, "successors": list(self.resolve(code)), "desks": list(instead)},
        )

    def prefecture_of(self, code: str) -> str | None:
        """The prefecture it is or lies in; None where there is no such level (below 重庆, or a province)."""
        return self._at_level(code, Level.PREFECTURE)

    def province_of(self, code: str) -> str | None:
        """The province it is or lies in; None where the list does not say."""
        return self._at_level(code, Level.PROVINCE)

    def resolve(self, code: str) -> tuple[str, ...]:
        """The codes that hold today for `code`.

        An ended code gives all its successors, theirs in turn where they have ended too; a code yet to come gives those it
        will succeed. Where the chain leads nowhere the code itself stands, so that its people are never lost.
        """
        division = self.division(code)
        if self._ended(division):
            return self._followed(code, self._successors)
        if self._to_come(division):
            return self._followed(code, self._predecessors)
        return (code,)

    def drawn_by(self, code: str, polygons: Callable[[str], bool]) -> tuple[str, ...]:
        """Whose polygons show `code`: its own, or where there is none its nearest predecessors'; empty if none is drawn."""
        ring, seen = [code], {code}
        while ring:
            drawn = tuple(each for each in ring if polygons(each))
            if drawn:
                return drawn
            ring = [before for each in ring for before in self._predecessors.get(each, ()) if before not in seen]
            seen.update(ring)
        return ()

    def _at_level(self, code: str, level: Level) -> str | None:
        return next((each for each in (code, *self.ancestors(code)) if self.division(each).level is level), None)

    def _ended(self, division: Division) -> bool:
        return division.valid_to is not None and self.on >= division.valid_to

    def _to_come(self, division: Division) -> bool:
        return division.valid_from is not None and self.on < division.valid_from

    def _followed(self, code: str, links: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Those valid today that `links` lead to, in order, each once."""
        found: list[str] = []
        waiting, seen = [code], {code}
        while waiting:
            here = waiting.pop(0)
            if here != code and self.holds(here):
                found.append(here)
                continue
            fresh = [each for each in links.get(here, ()) if each not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return tuple(found) or (code,)


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    grouped: dict[str, list[str]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return MappingProxyType({key: tuple(dict.fromkeys(values)) for key, values in grouped.items()})


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a line: the desk that answers there (None: nobody does) and the divisions that touch it there.

    above: the divisions that the same river has come through before, nearest last; the giving side's only.
    """

    desk: str | None
    codes: tuple[str, ...]
    above: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What tells sides apart: the desk, or the division for which nobody answers."""
        return self.desk or self.codes[0]


@dataclass(frozen=True, slots=True)
class OnRiver:
    """Where something lies: reach, metres from its upstream end, the point, and what the river is called there."""

    reach_id: int
    offset_m: float
    river: str
    river_name: Words
    lon: float
    lat: float
    schematic: bool


@dataclass(frozen=True, slots=True)
class Crossing:
    """A place where the water leaves what one desk answers for and enters what another does.

    rivers: codes of the river that is left and of the one that is entered. flags: what is doubtful about the line.
    """

    at: OnRiver
    giving: Side
    taking: Side
    rivers: tuple[str, ...]
    flags: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Border:
    """A river that two desks share bank to bank for a while; `at` is its middle."""

    at: OnRiver
    one: Side
    other: Side
    length_m: float
    flags: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A risk source with the desk where it lies; at None: not placed on the network, home None: in no loaded division.

    exits: where its water first leaves that desk's area, on every branch.
    """

    site_id: int
    name: Words
    at: OnRiver | None
    home: Side | None
    exits: tuple[Crossing, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Every place of a network where news has to pass from one desk to another."""

    crossings: tuple[Crossing, ...]
    borders: tuple[Border, ...]
    sources: tuple[Source, ...]
