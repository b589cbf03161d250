"""Which reaches close a directed loop? Water cannot run in a circle, but data can; without these reaches the rest is a
DAG. Pure, iterative: a chain of a million reaches must not exhaust the stack."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from emergency.river.draft import Bools, Reaches, Topology


@dataclass(frozen=True, slots=True)
class Opened:
    """The reaches that close a loop, and the nodes, each after all that stand above it by the others."""

    loop: Bools
    order: list[int]


def opened(topology: Topology, reaches: Reaches) -> Opened:
    """The network with its loops opened."""
    none = np.zeros(len(reaches), dtype=bool)
    ordered = _order(topology, none)
    if len(ordered) == topology.nodes:
        return Opened(none, ordered)
    loop = _closing(topology, reaches, ordered)
    return Opened(loop, _order(topology, loop))


def _order(topology: Topology, without: Bools) -> list[int]:
    """The nodes, each after all above it (Kahn), by the reaches not in `without`; nodes on or below a loop are missing."""
    head, out, first = topology.head.tolist(), topology.out[~without[topology.out]].tolist(), _firsts(topology, without)
    waiting = np.bincount(topology.head[~without], minlength=topology.nodes).tolist()
    ready = [node for node, count in enumerate(waiting) if not count]
    for node in ready:  # grows while it is walked
        for reach in out[first[node] : first[node + 1]]:
            lower = head[reach]
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    return ready


def _firsts(topology: Topology, without: Bools) -> list[int]:
    """Where the reaches of each node begin once those in `without` are taken out of `topology.out`."""
    left = np.bincount(topology.tail[~without], minlength=topology.nodes)
    return [0, *np.cumsum(left).tolist()]


def _closing(topology: Topology, reaches: Reaches, ordered: Sequence[int]) -> Bools:
    """The reaches that lead back to a node of the walk they are on.

    The walk starts where the loops are entered and takes the main side first, so that what closes is rather a minor or
    lower reach.
    """
    found = np.zeros(len(reaches), dtype=bool)
    looping = np.ones(topology.nodes, dtype=bool)
    looping[ordered] = False
    out = _main_first(topology, reaches, looping)
    entered = topology.head[looping[topology.head] & ~looping[topology.tail]]
    done: set[int] = set()
    for root in [*entered.tolist(), *np.flatnonzero(looping).tolist()]:
        if root not in done:
            found[_walk(root, out, done)] = True
    return found


def _main_first(topology: Topology, reaches: Reaches, looping: Bools) -> dict[int, list[tuple[int, int]]]:
    """Of each looping node the reaches that leave it, as (reach, node below), the minor sides last."""
    leaving = np.flatnonzero(looping[topology.tail])
    ranked = leaving[np.lexsort((reaches.reach_id[leaving], reaches.divergence[leaving] == 2))]
    out: dict[int, list[tuple[int, int]]] = {}
    for reach, tail, head in zip(
        ranked.tolist(), topology.tail[ranked].tolist(), topology.head[ranked].tolist(), strict=True
    ):
        out.setdefault(tail, []).append((reach, head))
    return out


def _walk(root: int, out: dict[int, list[tuple[int, int]]], done: set[int]) -> list[int]:
    """Depth first from `root`; `trail` holds the nodes of the present walk with what is left to try at each."""
    found: list[int] = []
    on_trail = {root}
    trail: list[tuple[int, Iterator[tuple[int, int]]]] = [(root, iter(out.get(root, ())))]
    while trail:
        node, untried = trail[-1]
        reach, below = next(untried, (None, node))
        if reach is None:
            trail.pop()
            on_trail.discard(node)
            done.add(node)
        elif below in on_trail:
            found.append(reach)
        elif below not in done:
            on_trail.add(below)
            trail.append((below, iter(out.get(below, ()))))
    return found
