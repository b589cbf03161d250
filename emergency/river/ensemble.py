"""When the leading edge comes: an ensemble of runs over the traced network, each with its own flow, speeds and lengths.

Answers "how early, how likely, how late does the front pass each mark?" by P5, P50 and P95 of the members. Pure and seeded:
the same inputs and seed give the same answer, on any cut of the reaches. It says nothing of concentration or of the tail.

What is drawn, once per member:
- the flow, as a factor on mean discharge; speed goes with its 0.4th power;
- a deviation of log speed, a correlated field along each river, in cells counted from the foot of the main path;
- the error of tabulated lengths, per river; the time and place of the release; how far the front runs ahead of the peak.

At a confluence each member takes its earliest branch, so no branch is ever dropped and a faster flow is never later.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emergency.river.values import STANDING, Arrival, Direction, FlowState, Grade, Reach, ReachKind, Spot, SubNetwork
from emergency.words import Words

Draws = NDArray[np.float64]
_NONE: Final[Draws] = np.empty(0)

# Starting numbers, policy until calibrated by readings (domain notes on transport, "Numbers to start from").
FLOW_FACTORS: Final[Mapping[FlowState, tuple[float, float, float]]] = MappingProxyType(
    {
        FlowState.LOW: (0.15, 0.3, 0.5),
        FlowState.MEAN: (0.5, 1.0, 1.5),
        FlowState.HIGH: (1.5, 2.5, 5.0),
        FlowState.FLOOD: (5.0, 8.0, 30.0),
    }
)
"""Least, middle and greatest factor on mean discharge."""
UNKNOWN_FLOW: Final = (0.2, 1.0, 6.0)
"""P5, P50, P95 of the factor when nothing is known of the flow: log-normal on either side."""
SPEED_EXPONENT: Final = 0.4
SPEED_SIGMA: Final[Mapping[Grade, float]] = MappingProxyType({Grade.A: 0.20, Grade.B: 0.30, Grade.C: 0.45})
ASSUMED_SIGMA: Final = 0.70
"""Sigma of log speed where the speed itself is a default: a factor of three either way."""
ASSUMED_SPEED_MS: Final[Mapping[ReachKind, float]] = MappingProxyType(
    {
        ReachKind.RIVER: 0.6,
        ReachKind.CANAL: 0.8,
        ReachKind.BACKWATER: 0.15,
        ReachKind.RESERVOIR: 0.05,
        ReachKind.LAKE: 0.03,
    }
)
LENGTH_ERROR: Final[Mapping[Grade, float]] = MappingProxyType({Grade.A: 0.03, Grade.B: 0.10, Grade.C: 0.30})
"""Plus or minus, taken as the limits of nine in ten."""
CORRELATION_M: Final = 30_000.0
CELL_M: Final = 2_500.0
FREE_FRONT: Final = (0.79, 0.89, 0.94)
"""Time of the front as a part of the time of the peak; 0.89: Jobson 1996, eq. 18; the limits: dye studies."""
POOL_FRONT: Final = (0.75, 0.825, 0.90)
CEILING_MS: Final = 3.5
"""The fastest front of a free reach, in any storm; a higher speed given for a reach still stands."""
MEMBERS: Final = 1_000
Z_90: Final = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is known of the day and of the release.

    release_earliest_s, release_latest_s: limits of the release time around the instant that arrivals count from;
    position_error_m: how far up or down the river the release may really lie.
    """

    flow_state: FlowState = FlowState.UNKNOWN
    release_earliest_s: float = 0.0
    release_latest_s: float = 0.0
    position_error_m: float = 0.0

    @property
    def assumptions(self) -> tuple[Words, ...]:
        """What these conditions take for granted, in sentences."""
        return (_flow_words(self.flow_state), *_release_words(self))


@dataclass(frozen=True, slots=True)
class Forecast:
    """Arrivals at the marks, what they rest on, and the reaches whose speed is a default."""

    arrivals: Mapping[Spot, Arrival]
    assumptions: tuple[Words, ...]
    assumed_speeds: frozenset[int]


def seed_of(text: str) -> int:
    """A seed that the same text gives on every machine; fits a bigint."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def run(
    sub: SubNetwork,
    order: Sequence[Reach],
    marks: Iterable[Spot],
    conditions: Conditions,
    seed: int,
    members: int = MEMBERS,
) -> Forecast:
    """The arrivals of the front at `marks`, over the reaches in `order` (upstream before downstream)."""
    wanted = _wanted(sub, marks)
    water = _Water(sub, order, conditions, seed, members)
    fronts = _Fronts(sub, order, members)
    arrivals: dict[Spot, Arrival] = {}
    for reach in order:
        offsets = sorted(wanted.get(reach.reach_id, ()))
        for offset_m, (time_s, distance_m) in zip(offsets, fronts.through(reach, offsets, water), strict=True):
            arrivals[Spot(reach.reach_id, offset_m)] = _quantiles(water.clock_s(time_s, distance_m))
    assumed = frozenset(reach.reach_id for reach in order if reference_speed_ms(reach) is None)
    return Forecast(MappingProxyType(arrivals), _assumptions(conditions, order, assumed), assumed)


def _wanted(sub: SubNetwork, marks: Iterable[Spot]) -> dict[int, set[float]]:
    """The offsets of the marks by reach; a mark that the water never passes is a fault of the caller."""
    if sub.direction is not Direction.DOWN:
        raise ValueError("a front runs downstream: trace down")
    wanted: dict[int, set[float]] = {}
    for mark in marks:
        reach = sub.reaches.get(mark.reach_id)
        if reach is None or not 0.0 <= mark.offset_m <= reach.length_m:
            raise ValueError(f"{mark} is not on the traced network")
        if mark.reach_id == sub.start.reach_id and mark.offset_m < sub.start.offset_m:
            raise ValueError(f"{mark} lies above the start, {sub.start}")
        wanted.setdefault(mark.reach_id, set()).add(mark.offset_m)
    return wanted


def reference_speed_ms(reach: Reach) -> float | None:
    """The speed at reference flow: as tabulated, else a pool's length over its residence V/Q, else None."""
    if reach.velocity_ms is not None:
        return reach.velocity_ms
    if reach.kind in STANDING and reach.volume_m3 and reach.discharge_m3s:
        return reach.length_m * reach.discharge_m3s / reach.volume_m3
    return None


class _Fronts:
    """Where the fronts of all members stand, node by node, with the shortest distance from the start."""

    def __init__(self, sub: SubNetwork, order: Sequence[Reach], members: int) -> None:
        self._start = sub.start
        self._members = members
        self._at: dict[int, tuple[Draws, float]] = {}
        self._leaving: dict[int, int] = {}
        for reach in order:
            self._leaving[reach.from_node] = self._leaving.get(reach.from_node, 0) + 1

    def through(self, reach: Reach, offsets: Sequence[float], water: "_Water") -> list[tuple[Draws, float]]:
        """Take the fronts down a reach; time and distance at each of `offsets`."""
        starting = reach.reach_id == self._start.reach_id
        head_m = self._start.offset_m if starting else 0.0
        time_s, distance_m = (np.zeros(self._members), 0.0) if starting else self._entering(reach)
        taken = water.elapsed_s(reach, head_m, [*offsets, reach.length_m])
        passed = [(time_s + each, distance_m + at_m - head_m) for at_m, each in zip(offsets, taken, strict=False)]
        if not reach.loop:  # a reach that closes a loop brings back water that has passed before
            self._arrive(reach.to_node, time_s + taken[-1], distance_m + reach.length_m - head_m)
        return passed

    def _entering(self, reach: Reach) -> tuple[Draws, float]:
        self._leaving[reach.from_node] -= 1
        if self._leaving[reach.from_node]:
            return self._at[reach.from_node]
        return self._at.pop(reach.from_node)  # the last to leave: a long trace keeps only its present nodes

    def _arrive(self, node: int, time_s: Draws, distance_m: float) -> None:
        if node not in self._leaving:
            return
        known = self._at.get(node)
        if known is not None:
            time_s, distance_m = np.minimum(known[0], time_s), min(known[1], distance_m)
        self._at[node] = (time_s, distance_m)


class _Water:
    """All that is drawn: how fast each member's front runs at each place, and when and where it set out."""

    def __init__(
        self, sub: SubNetwork, order: Sequence[Reach], conditions: Conditions, seed: int, members: int
    ) -> None:
        draw = _Draw(seed, members)
        self._flow_speed = flow_factor(conditions.flow_state, draw.uniform("flow")) ** SPEED_EXPONENT
        self._free_front = _between(FREE_FRONT, draw.uniform("front, free"))
        self._pool_front = _between(POOL_FRONT, draw.uniform("front, pool"))
        spread_s = conditions.release_latest_s - conditions.release_earliest_s
        self._release_s = conditions.release_earliest_s + spread_s * draw.uniform("release time")
        self._fields = {key: _Field(draw, key, cells) for key, cells in _cells(order).items()}
        self._lengths = {key: draw.normals("length", key, 1)[0] for key in self._fields}
        self._stretches: dict[tuple[str, Grade], Draws] = {}
        self._paces: dict[str, tuple[_Terms, Draws]] = {}
        shift_m = conditions.position_error_m * (2.0 * draw.uniform("release place") - 1.0)
        self._nearer_m = np.clip(shift_m, 0.0, None)
        start = sub.reaches[sub.start.reach_id]
        self._detour_s = np.clip(-shift_m, 0.0, None) * self._slowness(start, start.foot_m - sub.start.offset_m)

    def elapsed_s(self, reach: Reach, head_m: float, ends_m: Sequence[float]) -> list[Draws]:
        """Time from `head_m` of a reach to each of `ends_m` (ascending), per member."""
        stretch = self._stretch(reach)
        elapsed: Draws = np.zeros_like(stretch)
        taken: list[Draws] = []
        at_m = head_m
        for end_m in ends_m:
            for upto_m in _cell_ends(reach, at_m, end_m):
                middle_foot_m = reach.foot_m - (at_m + upto_m) / 2.0
                elapsed = elapsed + (upto_m - at_m) * stretch * self._slowness(reach, middle_foot_m)
                at_m = upto_m
            taken.append(elapsed)
        return taken

    def clock_s(self, time_s: Draws, distance_m: float) -> Draws:
        """Time after the nominal release: the true one may be earlier or later, further up or further down.

        Further up, the water first comes down to the start, at the speed there; further down, that part of the way and of
        its time falls away. At the start itself it has happened.
        """
        if distance_m <= 0.0:
            return self._release_s
        way = np.clip(1.0 - self._nearer_m / distance_m, 0.0, None)
        return self._release_s + self._detour_s + time_s * way

    def _slowness(self, reach: Reach, foot_m: float) -> Draws:
        """Seconds that the front takes for a metre of a reach, at a distance from the foot of its main path."""
        speed_ms, sigma = _speed(reach)
        pace = self._pace(_river(reach), _Terms(_cell(foot_m), sigma, reach.kind in STANDING, reach.measured))
        return np.maximum(pace / speed_ms, 1.0 / max(CEILING_MS, speed_ms))

    def _pace(self, river: str, terms: "_Terms") -> Draws:
        """The factor on a reach's own seconds a metre. Kept until the walk comes to another cell of the river: reaches are
        shorter than cells."""
        known, pace = self._paces.get(river, (None, _NONE))
        if known != terms:
            flow = 1.0 if terms.measured else self._flow_speed
            front = self._pool_front if terms.pool else self._free_front
            pace = front / (flow * np.exp(terms.sigma * self._fields[river].at(terms.cell)))
            self._paces[river] = terms, pace
        return pace

    def _stretch(self, reach: Reach) -> Draws:
        """The factor on the tabulated length of a reach."""
        key = _river(reach), reach.grade
        if key not in self._stretches:
            self._stretches[key] = np.exp(LENGTH_ERROR[reach.grade] / Z_90 * self._lengths[key[0]])
        return self._stretches[key]


class _Terms(NamedTuple):
    """What the pace at a place depends on beside the reach's own speed."""

    cell: int
    sigma: float
    pool: bool
    measured: bool


class _Draw:
    """Numbers that depend only on the seed, a name and a river: never on what else is drawn."""

    def __init__(self, seed: int, members: int) -> None:
        self._seed = seed
        self._members = members

    def uniform(self, name: str) -> Draws:
        """Between 0 and 1, per member."""
        return self._generator(name, "").random(self._members)

    def normals(self, name: str, river: str, rows: int) -> Draws:
        """Standard normal, rows x members; the first rows are the same however many are asked for."""
        return self._generator(name, river).standard_normal((rows, self._members))

    def _generator(self, name: str, river: str) -> np.random.Generator:
        text = f"{self._seed}\x1f{name}\x1f{river}"
        key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
        return np.random.Generator(np.random.Philox(key=key))


class _Field:
    """The deviation of log speed along one river, in units of its sigma: correlated over CORRELATION_M, constant in a cell.

    It begins at the foot of the river and fades upward, so a cell's value depends on its place alone: a trace that enters
    higher up sees the same water.
    """

    def __init__(self, draw: _Draw, river: str, cells: int) -> None:
        fading = math.exp(-CELL_M / CORRELATION_M)
        self._values = draw.normals("speed", river, cells)
        self._values[1:] *= math.sqrt(1.0 - fading**2)
        for cell in range(1, cells):
            self._values[cell] += fading * self._values[cell - 1]

    def at(self, cell: int) -> Draws:
        """The deviation of each member in a cell."""
        value: Draws = self._values[cell]
        return value


def flow_factor(state: FlowState, chance: Draws) -> Draws:
    """The factor on mean discharge at a chance between 0 and 1; rises with it, and from each state to the next."""
    if state is FlowState.UNKNOWN:
        low, middle, high = (math.log(factor) for factor in UNKNOWN_FLOW)
        normal = np.array([NormalDist().inv_cdf(min(max(p, 1e-9), 1.0 - 1e-9)) for p in chance.tolist()])
        return np.exp(middle + normal * np.where(normal < 0.0, middle - low, high - middle) / Z_90)
    return np.exp(_between(tuple(math.log(factor) for factor in FLOW_FACTORS[state]), chance))


def _between(limits: Sequence[float], chance: Draws) -> Draws:
    """Even between the least and the middle, and between the middle and the greatest: the middle is the median."""
    return np.interp(chance, (0.0, 0.5, 1.0), limits)


def _speed(reach: Reach) -> tuple[float, float]:
    """Speed at reference flow and the sigma of its logarithm."""
    known = reference_speed_ms(reach)
    if known is None:
        return ASSUMED_SPEED_MS[reach.kind], ASSUMED_SIGMA
    return known, SPEED_SIGMA[reach.velocity_grade]


def _river(reach: Reach) -> str:
    """What shares one field: the river; a reach without one shares it along its main path."""
    return reach.river or f"path {reach.path_id}"


def _cell(foot_m: float) -> int:
    """The cell of a place; a foot that rounding puts below nought lies in the first."""
    return max(0, math.floor(foot_m / CELL_M))


def _cell_ends(reach: Reach, at_m: float, end_m: float) -> list[float]:
    """The offsets at which the walk from `at_m` to `end_m` leaves a cell; the last is `end_m`."""
    highest, lowest = math.ceil((reach.foot_m - at_m) / CELL_M), math.floor((reach.foot_m - end_m) / CELL_M)
    edges = (reach.foot_m - cell * CELL_M for cell in range(highest, lowest, -1))
    return [*(edge for edge in edges if at_m < edge < end_m), end_m] if end_m > at_m else []


def _cells(order: Sequence[Reach]) -> dict[str, int]:
    """How many cells each river has, from its foot to the highest place of the trace."""
    highest: dict[str, int] = {}
    for reach in order:
        highest[_river(reach)] = max(highest.get(_river(reach), 0), _cell(reach.foot_m))
    return {river: cell + 1 for river, cell in highest.items()}


def _quantiles(time_s: Draws) -> Arrival:
    earliest_s, likely_s, latest_s = np.quantile(time_s, (0.05, 0.5, 0.95)).tolist()
    return Arrival(earliest_s=earliest_s, likely_s=likely_s, latest_s=latest_s)


def _assumptions(conditions: Conditions, order: Sequence[Reach], assumed: frozenset[int]) -> tuple[Words, ...]:
    spoken = [*conditions.assumptions, _speed_words(order, assumed)]
    if any(reach.kind in STANDING for reach in order):
        spoken.append(
            Words(
                zh="途经水库、回水或湖泊：流速随调度变化大，未计当日调度",
                en="pools on the way: their speed depends on operation, which is not counted in",
            )
        )
    spoken.append(
        Words(
            zh="离散程度为起步取值，尚未用监测数据率定",
            en="the spread is a starting value, not yet calibrated by readings",
        )
    )
    return tuple(spoken)


def _flow_words(state: FlowState) -> Words:
    if state is FlowState.UNKNOWN:
        return Words(
            zh="水情不明：流量取多年平均的0.2至6倍",
            en="flow unknown: 0.2 to 6 times the mean discharge",
        )
    least, middle, greatest = FLOW_FACTORS[state]
    zh = {FlowState.LOW: "枯", FlowState.MEAN: "平", FlowState.HIGH: "丰", FlowState.FLOOD: "洪"}[state]
    return Words(
        zh=f"水情“{zh}”：流量取多年平均的{middle:g}倍（{least:g}至{greatest:g}）",
        en=f"flow '{state.value}': {middle:g} times the mean discharge ({least:g} to {greatest:g})",
    )


def _release_words(conditions: Conditions) -> list[Words]:
    spoken: list[Words] = []
    spread_min = (conditions.release_latest_s - conditions.release_earliest_s) / 60.0
    if spread_min > 0.0:
        spoken.append(
            Words(zh=f"排入时刻有{spread_min:.0f}分钟出入", en=f"release time known within {spread_min:.0f} minutes")
        )
    if conditions.position_error_m > 0.0:
        error_km = conditions.position_error_m / 1_000.0
        spoken.append(Words(zh=f"位置误差±{error_km:g}公里", en=f"position within {error_km:g} km either way"))
    return spoken


def _speed_words(order: Sequence[Reach], assumed: frozenset[int]) -> Words:
    if not assumed:
        return Words(zh="流速取河段表列值", en="speeds as tabulated for the reaches")
    return Words(
        zh=f"{len(order)}个河段中{len(assumed)}个无流速资料，按类型取默认值",
        en=f"{len(assumed)} of {len(order)} reaches have no speed on record: defaults by kind are used",
    )
