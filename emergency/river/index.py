"""Which chain of reaches is the main path through each place, and where does water pass from one path to another?

The index makes a trace a walk over a few paths plus range scans instead of a walk over every reach. Every reach lies on
exactly one path; its place there is the distance from its upstream end to the foot of the path, so that lengths and times
are subtractions. Pure; O(N), without recursion; works on settled reaches whose unmarked ones form a DAG.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emergency.river.draft import Floats, Ints, Reaches, Topology, first_of, summed


@dataclass(frozen=True, slots=True)
class Places:
    """Where each reach lies: the foot of its path, and the way from its upstream end to there in metres, in seconds at
    reference flow, and in reaches without a speed, which count no seconds."""

    foot: Ints
    foot_m: Floats
    foot_s: Floats
    foot_unknown: Ints


@dataclass(frozen=True, slots=True)
class Paths:
    """Main paths by their foot and head; drains_m is the length of network above the foot, divided where it diverges."""

    foot: Ints
    head: Ints
    drains_m: Floats


@dataclass(frozen=True, slots=True)
class Links:
    """Where water leaves one path for another. It leaves at the upstream end of reach `at`, or below the foot of its path
    where `at` is -1, and enters at the upstream end of reach `into`, with `share` of what is there; `main`: by the main way."""

    foot: Ints
    at: Ints
    into: Ints
    main: np.ndarray
    share: Floats


@dataclass(frozen=True, slots=True)
class Index:
    """The place of each reach, all paths, and the links between them; every figure is a row of the reaches."""

    places: Places
    paths: Paths
    links: Links


def build(reaches: Reaches, topology: Topology, order: Sequence[int]) -> Index:
    """The index of a settled network, whose nodes stand in `order` from above to below."""
    main = _main(reaches, topology)
    longest, drained = _gathered(reaches, topology, order)
    below = _below(reaches, topology, main, longest)
    places, head = _placed(reaches, below)
    feet = np.flatnonzero(below < 0)
    return Index(places, Paths(feet, head, drained[feet]), _links(reaches, topology, main, places, feet))


def _main(reaches: Reaches, topology: Topology) -> Ints:
    """The main way on from each node; -1 where there is none."""
    ways = np.flatnonzero((reaches.divergence != 2) & ~reaches.loop)
    main = np.full(topology.nodes, -1)
    main[topology.tail[ways]] = ways
    return main


def _gathered(reaches: Reaches, topology: Topology, order: Sequence[int]) -> tuple[Floats, Floats]:
    """Of each reach, the longest way down to its lower end, and the metres of network that drain through it."""
    longest, drained = reaches.length_m.tolist(), reaches.length_m.tolist()
    carried, head, loop = _carried(reaches, topology).tolist(), topology.head.tolist(), reaches.loop.tolist()
    out, first = topology.out.tolist(), topology.out_from.tolist()
    far, water = [0.0] * topology.nodes, [0.0] * topology.nodes
    for node in order:
        for reach in out[first[node] : first[node + 1]]:
            if loop[reach]:
                continue
            below = head[reach]
            longest[reach] += far[node]
            drained[reach] += water[node] * carried[reach]
            far[below] = max(far[below], longest[reach])
            water[below] += drained[reach]
    return np.array(longest), np.array(drained)


def _carried(reaches: Reaches, topology: Topology) -> Floats:
    """The share of each reach; where a branch closes a loop, the others carry its share too."""
    lost = summed(topology, np.where(reaches.loop, reaches.share, 0.0))[topology.tail]
    return np.where(lost < 1, reaches.share / np.where(lost < 1, 1 - lost, 1), 0.0)


def _below(reaches: Reaches, topology: Topology, main: Ints, longest: Floats) -> Ints:
    """The reach that goes on the path below each reach; -1 at a foot. Of those that arrive at a node the path of one goes
    on: the same stream, the greatest area, flow, length above, the smallest id."""
    arriving = np.flatnonzero(~reaches.loop & (main[topology.head] >= 0))
    node = topology.head[arriving]
    ranked = arriving[
        np.lexsort(
            (
                reaches.reach_id[arriving],
                -longest[arriving],
                -np.nan_to_num(reaches.discharge_m3s[arriving]),
                -np.nan_to_num(reaches.drainage_area_km2[arriving]),
                reaches.stem[arriving] != reaches.stem[main[node]],
                node,
            )
        )
    ]
    chosen = first_of(topology.head, ranked)
    below = np.full(len(reaches), -1)
    below[chosen] = main[topology.head[chosen]]
    return below


def _placed(reaches: Reaches, below: Ints) -> tuple[Places, Ints]:
    """Walk up from each foot, placing each reach; and the head of each path, the last one placed."""
    chosen = np.flatnonzero(below >= 0)
    uppers = np.full(len(reaches), -1)
    uppers[below[chosen]] = chosen
    above, lengths = uppers.tolist(), reaches.length_m.tolist()
    times = np.nan_to_num(reaches.length_m / reaches.velocity_ms).tolist()
    silent = np.isnan(reaches.velocity_ms).tolist()
    feet, metres, seconds, unknowns = (list(above) for _ in range(4))
    heads = []
    for foot in np.flatnonzero(below < 0).tolist():
        foot_m, foot_s, unknown, reach = 0.0, 0.0, 0, foot
        while reach >= 0:
            foot_m += lengths[reach]
            foot_s += times[reach]
            unknown += silent[reach]
            feet[reach], metres[reach], seconds[reach], unknowns[reach] = foot, foot_m, foot_s, unknown
            head, reach = reach, above[reach]
        heads.append(head)
    return Places(np.array(feet), np.array(metres), np.array(seconds), np.array(unknowns)), np.array(heads)


def _links(reaches: Reaches, topology: Topology, main: Ints, places: Places, feet: Ints) -> Links:
    through = main[topology.head[feet]]
    ending, lost = feet[through >= 0], feet[through < 0]
    aside = np.flatnonzero((main[topology.tail] >= 0) & (main[topology.tail] != np.arange(len(reaches))))
    off = main[topology.tail[aside]]
    # where every way on closes a loop, each path that ends there leads into each of them
    branches = topology.branches[topology.head[lost]]
    into = topology.out[_ranges(topology.out_from[topology.head[lost]], branches)]
    lost = np.repeat(lost, branches)
    return Links(
        foot=np.concatenate([ending, places.foot[off], lost]),
        at=np.concatenate([np.full(len(ending), -1), off, np.full(len(lost), -1)]),
        into=np.concatenate([through[through >= 0], aside, into]),
        main=np.repeat([True, False], [len(ending), len(aside) + len(lost)]),
        share=np.concatenate([np.ones(len(ending)), reaches.share[aside], reaches.share[into]]),
    )


def _ranges(first: Ints, counts: Ints) -> Ints:
    """first[0], first[0] + 1, ... counts[0] of them; then those of first[1], and so on."""
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(first, counts) + within)
