"""What does a river network of a wished size look like, when nobody has measured it? A seeded one, in arrays.

A spanning tree of least random weight on a grid of places, directed to its outlets, so that rivers wind, differ in size and
run for thousands of reaches; then a few places get a second or a third way out, which joins the first again below. Every
way leads to a place with fewer steps to the outlet, so the whole is free of loops. NumPy only; no files.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

CELL_KM2: Final = 1.0
"""What each place drains of itself."""
RUNOFF_M3S_KM2: Final = 0.012
"""Mean flow from a square kilometre, as in the humid hills of southern China."""
REJOINS_WITHIN: Final = 100
"""A second way out meets the first after so many reaches of either, at most."""
TRIED: Final = 12
"""Pairs looked at for each one wanted; about every second one rejoins soon enough."""
THREE_WAYS: Final = 0.03
"""The part of the diverging places that have a third way out."""
UNKNOWN_SHARES: Final = 0.2
"""The part of the diverging places whose shares nobody knows."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Places by number, row by row: the next one below (-1 at an outlet), the steps to the outlet, km2 drained, and the
    number of the river, which is that of the place where it ends."""

    rows: int
    columns: int
    below: Whole
    steps: Whole
    area_km2: Real
    river: Whole


@dataclass(frozen=True, slots=True)
class Ways:
    """One row a reach: the places it joins, 0 / 1 / 2 as in `divergence`, its share (nan: not known), km2, m3/s, m/s, river."""

    from_place: Whole
    to_place: Whole
    divergence: Whole
    share: Real
    area_km2: Real
    discharge_m3s: Real
    velocity_ms: Real
    river: Whole


def grow(chance: np.random.Generator, rows: int, columns: int, outlets: int) -> Tree:
    """A tree over all places of the grid, ending at `outlets` places spread along its eastern side."""
    first, second = grid_pairs(rows, columns)
    ends = np.linspace(0, rows - 1, outlets + 2)[1:-1].round().astype(np.int64) * columns + columns - 1
    sea = np.full(outlets, rows * columns)
    weight = np.concatenate([np.full(outlets, -1.0), chance.random(len(first))])
    first, second = np.concatenate([sea, first]), np.concatenate([ends, second])
    chosen = _least(rows * columns + 1, first, second, weight)
    below, steps, order = _directed(rows * columns + 1, first[chosen], second[chosen], rows * columns)
    return _measured(rows, columns, below[:-1], steps[:-1] - 1, order[1:])


def ways(chance: np.random.Generator, tree: Tree, divergences: float) -> Ways:
    """The reaches of the tree, and further ways out for the part `divergences` of them."""
    trunk = np.flatnonzero(tree.below >= 0)
    fork, minor_to = _forks(chance, tree, round(divergences * len(trunk)))
    share, minor_share = _shares(chance, len(tree.below), fork)
    forked = np.zeros(len(tree.below), dtype=bool)
    forked[fork] = True
    carried = np.concatenate([np.where(np.isnan(share), 0.5, share)[trunk], np.nan_to_num(minor_share, nan=0.3)])
    area = np.concatenate([tree.area_km2[trunk], tree.area_km2[fork]])
    discharge = area * RUNOFF_M3S_KM2 * carried
    velocity = 0.4 * discharge**0.12 * np.exp(chance.normal(0.0, 0.2, len(discharge)))
    return Ways(
        from_place=np.concatenate([trunk, fork]),
        to_place=np.concatenate([tree.below[trunk], minor_to]),
        divergence=np.concatenate([forked[trunk].astype(np.int64), np.full(len(fork), 2)]),
        share=np.concatenate([np.where(forked, share, np.nan)[trunk], minor_share]),
        area_km2=area,
        discharge_m3s=discharge,
        velocity_ms=np.clip(velocity, 0.1, 3.0),
        river=np.concatenate([tree.river[trunk], np.full(len(fork), -1)]),
    )


def grid_pairs(rows: int, columns: int) -> tuple[Whole, Whole]:
    """All pairs of neighbours, to the east and to the north."""
    place = np.arange(rows * columns, dtype=np.int64).reshape(rows, columns)
    east, north = (place[:, :-1], place[:, 1:]), (place[:-1], place[1:])
    return (
        np.concatenate([east[0].ravel(), north[0].ravel()]),
        np.concatenate([east[1].ravel(), north[1].ravel()]),
    )


def _least(places: int, first: Whole, second: Whole, weight: Real) -> Whole:
    """The pairs of the spanning tree of least weight (Boruvka 1926): every part takes its lightest way out, at once."""
    rank = np.empty(len(weight), dtype=np.int64)
    by_rank = np.argsort(weight, kind="stable")
    rank[by_rank] = np.arange(len(weight))
    part = np.arange(places)
    alive = np.arange(len(weight))
    chosen: list[Whole] = []
    while len(alive := alive[part[first[alive]] != part[second[alive]]]):
        lightest = np.full(places, len(weight))
        for end in (first, second):
            np.minimum.at(lightest, part[end[alive]], rank[alive])
        leaving = np.flatnonzero(lightest < len(weight))
        taken = by_rank[lightest[leaving]]
        one, other = part[first[taken]], part[second[taken]]
        joined = np.arange(places)
        joined[leaving] = np.where(one == leaving, other, one)
        mutual = (joined[joined] == np.arange(places)) & (np.arange(places) < joined)
        joined[mutual] = np.flatnonzero(mutual)
        part = _root(joined)[part]
        chosen.append(np.unique(taken))
    return np.unique(np.concatenate(chosen))


def _root(above: Whole) -> Whole:
    """The end of each chain, by jumping twice as far each time."""
    while not np.array_equal(further := above[above], above):
        above = further
    return above


def _directed(places: int, first: Whole, second: Whole, root: int) -> tuple[Whole, Whole, Whole]:
    """The next place towards the root, the steps to it, and all places in the order of their steps."""
    source, target = np.concatenate([first, second]), np.concatenate([second, first])
    target = target[np.argsort(source, kind="stable")]
    begin = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=places))])
    below, steps = np.full(places, -1), np.full(places, -1)
    steps[root], ring, order = 0, np.array([root]), [np.array([root])]
    while len(ring):
        count = begin[ring + 1] - begin[ring]
        skipped = np.repeat(np.cumsum(count) - count, count)
        near = target[np.repeat(begin[ring], count) + np.arange(count.sum()) - skipped]
        from_ring = np.repeat(ring, count)
        fresh = steps[near] < 0
        near, from_ring = near[fresh], from_ring[fresh]
        below[near], steps[near] = from_ring, steps[from_ring] + 1
        ring = near
        order.append(ring)
    below[below == root] = -1
    return below, steps, np.concatenate(order)


def _measured(rows: int, columns: int, below: Whole, steps: Whole, order: Whole) -> Tree:
    area = np.full(len(below), CELL_KM2)
    levels = np.split(order, np.flatnonzero(np.diff(steps[order])) + 1)
    for level in reversed(levels[1:]):
        np.add.at(area, below[level], area[level])
    by_size = np.lexsort((area, below))
    greatest = by_size[np.flatnonzero(np.diff(below[by_size], append=-2))]
    greatest = greatest[below[greatest] >= 0]
    follows = np.arange(len(below))
    follows[greatest] = below[greatest]
    return Tree(rows, columns, below, steps, area, _root(follows))


def _forks(chance: np.random.Generator, tree: Tree, wanted: int) -> tuple[Whole, Whole]:
    """Places with a further way out and where it leads, three-way ones twice."""
    first, second = grid_pairs(tree.rows, tree.columns)
    turned = tree.steps[first] < tree.steps[second]
    upper, lower = np.where(turned, second, first), np.where(turned, first, second)
    free = (tree.steps[upper] > tree.steps[lower]) & (tree.below[upper] != lower) & (tree.below[upper] >= 0)
    shuffled = chance.permutation(np.flatnonzero(free))[: TRIED * wanted]
    upper, lower = upper[shuffled], lower[shuffled]
    near = _rejoins(tree, upper, lower)
    upper, lower = upper[near], lower[near]
    _, once = np.unique(upper, return_index=True)
    once.sort()
    again = np.setdiff1d(np.arange(len(upper)), once)
    third = max(1, round(wanted * THREE_WAYS)) if wanted else 0
    once = once[: wanted - third]
    again = again[np.isin(upper[again], upper[once])]
    again = again[np.sort(np.unique(upper[again], return_index=True)[1])]
    taken = np.concatenate([once, again[:third]])
    return upper[taken], lower[taken]


def _rejoins(tree: Tree, upper: Whole, lower: Whole) -> npt.NDArray[np.bool_]:
    """Which pairs come together within REJOINS_WITHIN reaches of either."""
    sea = len(tree.below)
    below, steps = np.append(np.where(tree.below < 0, sea, tree.below), sea), np.append(tree.steps, -1)
    here, there = upper, lower
    for _ in range(2 * REJOINS_WITHIN):
        apart, behind = here != there, steps[here] >= steps[there]
        here, there = np.where(apart & behind, below[here], here), np.where(apart & ~behind, below[there], there)
    soon = (steps[upper] - steps[here] <= REJOINS_WITHIN) & (steps[lower] - steps[here] <= REJOINS_WITHIN)
    return np.asarray((here == there) & (here != sea) & soon)


def _shares(chance: np.random.Generator, places: int, fork: Whole) -> tuple[Real, Real]:
    """The share of each place's own way down, and of each further way out; nan where the place's shares are not known."""
    minor = chance.uniform(0.1, 0.4, len(fork)).round(3)
    minor[chance.random(len(fork)) < UNKNOWN_SHARES] = np.nan
    main = np.ones(places)
    np.subtract.at(main, fork, minor)
    return main.round(3), np.where(np.isnan(main[fork]), np.nan, minor)
