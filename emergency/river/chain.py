"""Files that number their reaches by the way of the water: which reach comes next, and which side of a parting is the main
one. Pure."""

from dataclasses import replace
from typing import Final

import numpy as np

from emergency.river.draft import Ints, Reaches

OUTLET: Final = 2**52
"""Added to a reach's own number: the node below a last reach, in files that know no nodes."""


def by_next(reaches: Reaches) -> Reaches:
    """The reaches with what their own numbers say; unchanged where the file has none."""
    if not reaches.own.any():
        return reaches
    return _sides(_minor_heads(reaches))


def _minor_heads(reaches: Reaches) -> Reaches:
    """Where nodes were made of own numbers, a minor side begins at the node below the reach above it (NHDPlus
    UpHydroseq), which carries the number of the main side."""
    minor = np.flatnonzero((reaches.divergence == 2) & (reaches.from_node == reaches.own) & (reaches.up > 0))
    above = _rows(reaches, reaches.up[minor])
    from_node = reaches.from_node.copy()
    from_node[minor[above >= 0]] = reaches.to_node[above[above >= 0]]
    return replace(reaches, from_node=from_node)


def _sides(reaches: Reaches) -> Reaches:
    """Where the file marks no side, the next reach (NHDPlus DnHydroseq) is the main one."""
    next_ones = np.isin(reaches.own, reaches.down[reaches.down > 0])
    return replace(reaches, divergence=np.where((reaches.divergence == 0) & next_ones, 1, reaches.divergence))


def _rows(reaches: Reaches, numbers: Ints) -> Ints:
    """The reaches with these own numbers; -1 where there is none."""
    order = np.argsort(reaches.own, kind="stable")
    at = order[np.minimum(np.searchsorted(reaches.own, numbers, sorter=order), len(order) - 1)]
    return np.where(reaches.own[at] == numbers, at, -1)
