"""A network as a file states it, column by column, before it belongs to any version: what the checks and the index work on.

Entry i of every column is the i-th reach of the file. Columns, not objects: a million reaches take some 150 MB. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Lines = npt.NDArray[np.object_]
Strings = np.ndarray[Any, Any]
"""Of NumPy's own string type: 16 bytes each."""


@dataclass(frozen=True, slots=True)
class Reaches:
    """Unknown floats are NaN, unknown whole numbers 0.

    divergence: 0 none, 1 main side, 2 minor side. stem: equal where the file calls two reaches one stream; own, down, up:
    the file's own number of a reach and of the next ones, where it has such. start, end: the ends of the drawn line (lon,
    lat), drawn_m its length. against: drawn against its nodes. bad_stretches: what a table says of it cannot be.
    """

    reach_id: Ints
    code: Strings
    from_node: Ints
    to_node: Ints
    own: Ints
    down: Ints
    up: Ints
    stem: Ints
    length_m: Floats
    divergence: Ints
    share: Floats
    share_assumed: Bools
    velocity_ms: Floats
    discharge_m3s: Floats
    drainage_area_km2: Floats
    schematic: Bools
    bad_stretches: Bools
    start: Floats
    end: Floats
    drawn_m: Floats
    against: Bools
    loop: Bools

    def __len__(self) -> int:
        return len(self.reach_id)


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes numbered from 0: where each reach begins (tail) and ends (head), and the reaches that leave each node: those of
    node v are out[out_from[v]:out_from[v + 1]], in the order of the file."""

    tail: Ints
    head: Ints
    out: Ints
    out_from: Ints

    @property
    def nodes(self) -> int:
        return len(self.out_from) - 1

    @property
    def branches(self) -> Ints:
        """How many reaches leave each node."""
        return np.diff(self.out_from)


def joined(parts: Sequence[Reaches]) -> Reaches:
    """The parts, one after the other."""
    return Reaches(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Reaches)))


def taken(reaches: Reaches, wanted: Bools) -> Reaches:
    """The wanted ones."""
    return Reaches(*(getattr(reaches, each.name)[wanted] for each in fields(Reaches)))


def topology(reaches: Reaches) -> Topology:
    """Which reach follows which, by node ids alone: lines that cross do not join."""
    known, numbers = np.unique(np.concatenate([reaches.from_node, reaches.to_node]), return_inverse=True)
    tail, head = numbers[: len(reaches)], numbers[len(reaches) :]
    leaving = np.bincount(tail, minlength=len(known))
    return Topology(tail, head, np.argsort(tail, kind="stable"), np.concatenate([[0], np.cumsum(leaving)]))


def summed(topology: Topology, values: Floats | Bools) -> Floats:
    """The sum of `values` over the reaches that leave each node."""
    return np.bincount(topology.tail, weights=values, minlength=topology.nodes).astype(float)


def first_of(groups: Ints, order: Ints) -> Ints:
    """Of entries in `order`, sorted by group: the first one of each group."""
    sorted_groups = groups[order]
    return order[np.flatnonzero(np.diff(sorted_groups, prepend=-1))]
