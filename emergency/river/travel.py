"""When, how far and how much: how the water of the start passes each reach that a trace found.

First arrival is by the shortest time over all branches at the stored reference speeds; where a speed on the way is not
known there is no time, only distance. Mass is divided by the shares and summed where branches rejoin. Works on the
fetched part of the network alone; must not read a clock, a database or a file. Upstream it answers the mirror question:
how the water of each reach comes to the start, and what part of it.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from emergency.river.values import Direction, Passage, Reach, SubNetwork


class _Way(NamedTuple):
    """How a place is reached. Ordered: a known time before an unknown one, then time, then distance."""

    unknown: bool
    time_s: float
    distance_m: float

    def along(self, length_m: float, speed_ms: float | None) -> "_Way":
        """This way, `length_m` further; time stops counting where the speed is unknown."""
        distance_m = self.distance_m + length_m
        if self.unknown or speed_ms is None:
            return _Way(True, 0.0, distance_m)
        return _Way(False, self.time_s + length_m / speed_ms, distance_m)

    @property
    def seconds(self) -> float | None:
        return None if self.unknown else self.time_s


@dataclass(frozen=True, slots=True)
class _Side:
    """The sub-network seen in the direction of the walk: which node a reach is entered at, which it leads to."""

    down: bool
    onward: Mapping[int, Sequence[Reach]]

    def enters(self, reach: Reach) -> int:
        return reach.from_node if self.down else reach.to_node

    def leads_to(self, reach: Reach) -> int:
        return reach.to_node if self.down else reach.from_node


def passages(sub: SubNetwork) -> dict[int, Passage]:
    """The passage of every reach of `sub` that water from the start reaches (or, upstream, that reaches the start)."""
    side, start = _side(sub), sub.reaches[sub.start.reach_id]
    enters = _first_ways(side, start, _first_length(sub))
    masses = _masses(sub, side)
    main = _main_reaches(sub, side)
    return {reach_id: _passage(sub, reach_id, way, main, masses) for reach_id, way in enters.items()}


def order(sub: SubNetwork) -> list[Reach]:
    """The reaches that carry water of the start (or to it), each after all that come before it on the walk.

    Reaches that close a loop carry nothing and are left out, and so is what can be reached through them only.
    """
    side = _side(sub)
    start = sub.reaches[sub.start.reach_id]
    carrying = _carrying(side, start)
    waiting: dict[int, int] = {}
    for reach in carrying.values():
        waiting[side.leads_to(reach)] = waiting.get(side.leads_to(reach), 0) + 1
    ordered, ready = [], [start]
    while ready:
        reach = ready.pop()
        ordered.append(reach)
        node = side.leads_to(reach)
        waiting[node] -= 1
        if not waiting[node]:
            onward = _by_id(side.onward.get(node, ()))
            ready.extend(each for each in onward if each.reach_id in carrying and each is not start)
    return ordered


def _side(sub: SubNetwork) -> _Side:
    down = sub.direction is Direction.DOWN
    onward: dict[int, list[Reach]] = {}
    for reach in sub.reaches.values():
        onward.setdefault(reach.from_node if down else reach.to_node, []).append(reach)
    return _Side(down, onward)


def _first_length(sub: SubNetwork) -> float:
    """What is left of the start reach in the direction of the walk."""
    length_m = sub.reaches[sub.start.reach_id].length_m
    return length_m - sub.start.offset_m if sub.direction is Direction.DOWN else sub.start.offset_m


def _first_ways(side: _Side, start: Reach, first_length_m: float) -> dict[int, _Way]:
    """By Dijkstra over nodes, how each reach is entered first; the start reach is entered at the start itself."""
    here = _Way(False, 0.0, 0.0)
    found = {start.reach_id: here}
    settled: set[int] = set()
    ahead = [(here.along(first_length_m, start.velocity_ms), side.leads_to(start))]
    while ahead:
        way, node = heapq.heappop(ahead)
        if node in settled:
            continue
        settled.add(node)
        for reach in side.onward.get(node, ()):
            if reach.reach_id not in found:
                found[reach.reach_id] = way
                heapq.heappush(ahead, (way.along(reach.length_m, reach.velocity_ms), side.leads_to(reach)))
    return found


def _passage(sub: SubNetwork, reach_id: int, enter: _Way, main: frozenset[int], masses: Mapping[int, float]) -> Passage:
    reach = sub.reaches[reach_id]
    length_m = _first_length(sub) if reach_id == sub.start.reach_id else reach.length_m
    leave = enter.along(length_m, reach.velocity_ms)
    return Passage(
        reach_id=reach_id,
        enter_m=enter.distance_m,
        leave_m=leave.distance_m,
        enter_s=enter.seconds,
        leave_s=leave.seconds,
        on_main=reach_id in main,
        mass_share=masses.get(reach_id, 0.0),
    )


def _carrying(side: _Side, start: Reach) -> dict[int, Reach]:
    """The start and every reach that is reached from it without passing a loop-closing one."""
    found = {start.reach_id: start}
    ahead = [start]
    while ahead:
        node = side.leads_to(ahead.pop())
        fresh = [r for r in side.onward.get(node, ()) if not r.loop and r.reach_id not in found]
        found.update((reach.reach_id, reach) for reach in fresh)
        ahead.extend(fresh)
    return found


def _masses(sub: SubNetwork, side: _Side) -> dict[int, float]:
    """The part of the start's mass in each reach; upstream, the part of each reach's mass that comes to the start."""
    parts = _parts(sub.reaches.values())
    at_node: dict[int, float] = {}
    found: dict[int, float] = {}
    for reach in order(sub):
        if reach.reach_id == sub.start.reach_id:
            mass = 1.0
        elif side.down:
            mass = at_node[reach.from_node] * parts[reach.reach_id]
        else:
            mass = at_node[reach.to_node]
        found[reach.reach_id] = mass
        passed_on = mass if side.down else mass * parts[reach.reach_id]
        node = side.leads_to(reach)
        at_node[node] = at_node.get(node, 0.0) + passed_on
    return found


def _parts(reaches: Iterable[Reach]) -> dict[int, float]:
    """The share of each reach; at a node where a branch closes a loop, the others carry its share too."""
    lost: dict[int, float] = {}
    known = list(reaches)
    for reach in known:
        if reach.loop:
            lost[reach.from_node] = lost.get(reach.from_node, 0.0) + reach.share
    return {reach.reach_id: _part(reach, 1.0 - lost.get(reach.from_node, 0.0)) for reach in known}


def _part(reach: Reach, carried: float) -> float:
    return reach.share / carried if carried > 0 and not reach.loop else 0.0


def _main_reaches(sub: SubNetwork, side: _Side) -> frozenset[int]:
    """The main path from the start: down by the main way on of each node, up by the path that continues at each node."""
    found: set[int] = set()
    reach: Reach | None = sub.reaches[sub.start.reach_id]
    while reach is not None and reach.reach_id not in found:
        found.add(reach.reach_id)
        ways = [r for r in _by_id(side.onward.get(side.leads_to(reach), ())) if not r.loop]
        reach = next((way for way in ways if _is_main(way, down=side.down)), None)
    return frozenset(found)


def _is_main(reach: Reach, *, down: bool) -> bool:
    """Downstream the main way on; upstream the one reach of a confluence whose path goes on below it (a path is named by
    its foot reach)."""
    return reach.main if down else reach.path_id != reach.reach_id


def _by_id(reaches: Iterable[Reach]) -> list[Reach]:
    return sorted(reaches, key=lambda reach: reach.reach_id)
