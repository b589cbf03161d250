"""The runs of a main path laid on one line from the start: who is reached along it, in order.

Answers what `affected.stays` answers on the trace of the main path alone, where nothing diverges or joins, from the rows of
`reached.MAIN`. Pure. There are hundreds of runs and an officer waits: tuples, and one pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from emergency.jurisdictions import affected
from emergency.jurisdictions.affected import TOUCH_M
from emergency.jurisdictions.values import Bank, Divisions
from emergency.units import km
from emergency.words import Words

START, LEG = -2, -1
"""What the first column of a row says: the start, a path of the chain; else the number of the path that a run lies on."""
SAME_M: Final = 1e-6
"""Places that differ by less are one: what is stored differs from what is subtracted by rounding."""
BANKS: Final[Mapping[str, Bank]] = {bank.value: bank for bank in Bank}

Rows = Sequence[tuple[Any, ...]]


class Reached(NamedTuple):
    """One unbroken stay of the water in a division along a branch, as `Stay` has it, without what lies in between."""

    code: str
    river: str
    entry: int
    enter_km: float
    leave_km: float
    enter_s: float | None
    bank: Bank
    desk: str | None
    flags: tuple[Words, ...]


class _Leg(NamedTuple):
    """A path of the chain: where it is entered, in metres, seconds and reaches without a speed counted to its foot."""

    entry_m: float
    entry_s: float
    unknown: int


class _Place(NamedTuple):
    """Where a leg begins: metres and seconds from the start."""

    at_m: float
    at_s: float | None


@dataclass(slots=True)
class _Stay:
    """A stay that may still go on: order is that of `affected.in_order`."""

    code: str
    river: str
    enter_m: float
    enter_s: float | None
    place: tuple[bool, int, float, str]
    leave_m: float
    banks: set[Bank]
    flags: tuple[Words, ...]

    def goes_on(self, leave_m: float, bank: Bank, flags: tuple[Words, ...]) -> None:
        """Take in a run that touches it."""
        self.leave_m = max(self.leave_m, leave_m)
        self.banks.add(bank)
        if flags and flags is not self.flags:
            self.flags = tuple(dict.fromkeys((*self.flags, *flags)))


def entries(rows: Rows, divisions: Divisions) -> list[Reached]:
    """The stays from the start down the main path, of the rows of `reached.MAIN`."""
    _, offset_m, length_m, velocity_ms, loop, *_ = rows[0]
    legs = {n: _Leg(entry_m, entry_s, unknown) for kind, entry_m, _, entry_s, unknown, n, *_ in rows if kind == LEG}
    foot_m, foot_s, unknown = legs[0]
    legs[0] = _Leg(foot_m - offset_m, foot_s - (offset_m / velocity_ms if velocity_ms else 0.0), unknown)
    return _numbered(_stays(rows, legs, foot_m - length_m, divisions, alone=bool(loop)), divisions)


def _begins(legs: Mapping[int, _Leg]) -> list[_Place]:
    found = [_Place(0.0, 0.0)]
    for n in range(len(legs) - 1):
        (at_m, at_s), leg = found[n], legs[n]
        found.append(_Place(at_m + leg.entry_m, None if at_s is None or leg.unknown else at_s + leg.entry_s))
    return found


def _stays(rows: Rows, legs: Mapping[int, _Leg], lower_m: float, divisions: Divisions, *, alone: bool) -> list[_Stay]:
    """The runs below the start, which come in the order of the water, joined where they touch.

    alone: the start's reach closes a loop; its water has been below before, so no stay goes on from it.
    """
    begins, register = _begins(legs), _Register(divisions)
    here_m = legs[0].entry_m
    stays: list[_Stay] = []
    going: dict[str, _Stay] = {}
    for n, enter_m, leave_m, enter_s, counted, _, code, bank, flag, river in rows:
        if n < 0 or (n == 0 and leave_m >= here_m and not (here_m <= lower_m + TOUCH_M >= leave_m)):
            continue
        at_m, at_s = begins[n]
        leg = legs[n]
        inside_m = leg.entry_m - enter_m
        from_m = at_m + inside_m if inside_m > 0.0 else at_m
        to_m = max(from_m, at_m + leg.entry_m - leave_m)
        codes, flags = register[code, flag]
        for holding in codes:
            stay = going.get(holding)
            if stay is not None and from_m <= stay.leave_m + TOUCH_M and not (alone and n and not stay.place[1]):
                stay.goes_on(to_m, BANKS[bank], flags)
                continue
            on_start = n == 0 and enter_m > lower_m + SAME_M
            if (inside_m <= 0.0 and (on_start or n)) or (on_start and inside_m <= TOUCH_M):
                when_s = at_s
            else:
                when_s = None if at_s is None or leg.unknown != counted else at_s + leg.entry_s - enter_s
            place = (not on_start, n, 0.0, holding)
            going[holding] = _Stay(holding, river, from_m, when_s, place, to_m, {BANKS[bank]}, flags)
            stays.append(going[holding])
    return stays


class _Register(dict[tuple[str, str | None], tuple[tuple[str, ...], tuple[Words, ...]]]):
    """By code and flag of a run: the codes that hold today, and what is doubtful about it; looked up once each."""

    def __init__(self, divisions: Divisions) -> None:
        super().__init__()
        self._divisions = divisions

    def __missing__(self, key: tuple[str, str | None]) -> tuple[tuple[str, ...], tuple[Words, ...]]:
        code, flag = key
        codes = self._divisions.resolve(code)
        self[key] = codes, affected.flags_of(flag) + affected.succession(code, codes, self._divisions)
        return self[key]


def _numbered(stays: list[_Stay], divisions: Divisions) -> list[Reached]:
    if all(stay.enter_s is not None for stay in stays):
        stays.sort(key=lambda stay: affected.in_order(stay.enter_s, stay.enter_m, stay.place))
    else:
        stays.sort(key=lambda stay: affected.in_order(None, stay.enter_m, stay.place))
    counted: dict[str, int] = {}
    desks = {code: divisions.desk_of(code) for code in {stay.code for stay in stays}}
    found = []
    for stay in stays:
        code = stay.code
        counted[code] = counted.get(code, 0) + 1
        found.append(
            Reached(
                code,
                stay.river,
                counted[code],
                km(stay.enter_m),
                km(stay.leave_m),
                stay.enter_s,
                affected.one_bank(stay.banks),
                desks[code],
                stay.flags,
            )
        )
    return found
