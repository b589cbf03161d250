"""What does each branch of a divergence carry, and which one is the main way on? The file's own word first; what it leaves
open is settled here and flagged. Pure."""

from dataclasses import replace
from typing import Final

import numpy as np

from emergency.river.draft import Bools, Floats, Ints, Reaches, Topology, first_of, summed

SHARE_TOLERANCE: Final = 0.005
"""Shares printed to two decimals (three thirds of 0.33 lack 0.01 at most over several branches) still sum to 1."""


def settle(reaches: Reaches, topology: Topology) -> Reaches:
    """Every reach with its share and its main or minor side."""
    parting = topology.branches[topology.tail] > 1
    settled = replace(
        reaches,
        share=np.where(parting, shares(reaches, topology), 1.0),
        share_assumed=reaches.share_assumed | (parting & np.isnan(reaches.share)),
    )
    sides = np.where(parting, 2, 0)
    main = _main_sides(settled, topology)
    sides[main] = np.where(parting[main], 1, 0)
    return replace(settled, divergence=sides)


def shares(reaches: Reaches, topology: Topology) -> Floats:
    """What each branch carries, summing to 1 at each node; branches without a share divide what is left by mean flow, or
    evenly where a flow is not known either."""
    tail, silent = topology.tail, np.isnan(reaches.share)
    flows = np.where(silent, reaches.discharge_m3s, 0.0)
    evenly = np.isnan(summed(topology, flows))[tail]
    weights = np.where(silent & evenly, 1.0, flows)
    given = summed(topology, np.nan_to_num(reaches.share))[tail]
    whole = (summed(topology, silent) == 0)[tail]
    with np.errstate(divide="ignore", invalid="ignore"):
        divided = np.maximum(0.0, 1.0 - given) * weights / summed(topology, weights)[tail]
        stated = np.where(whole, reaches.share / given, reaches.share)
    return np.where(silent, divided, stated)


def marked(reaches: Reaches, topology: Topology) -> Bools:
    """Of each node whether the file says which branch is the main one: by one mark 1, or by one branch without a mark 2."""
    ones = summed(topology, reaches.divergence == 1)
    others = summed(topology, reaches.divergence != 2)
    return np.asarray((ones == 1) | (others == 1))


def _main_sides(reaches: Reaches, topology: Topology) -> Ints:
    """The main way on from each node where one is open: marked 1, or the only one not marked 2; else the largest share,
    then flow, then area."""
    tail = topology.tail
    rank = np.full(len(reaches), 2)
    for better, mark in ((1, reaches.divergence != 2), (0, reaches.divergence == 1)):
        chosen = mark & ~reaches.loop
        rank[chosen & (summed(topology, chosen) == 1)[tail]] = better
    size = (-reaches.share, -np.nan_to_num(reaches.discharge_m3s), -np.nan_to_num(reaches.drainage_area_km2))
    open_ways = np.flatnonzero(~reaches.loop)
    keys = (reaches.reach_id, size[2], size[1], size[0], rank, tail)
    return first_of(tail, open_ways[np.lexsort([key[open_ways] for key in keys])])
