"""What does each branch of a divergence carry, and which one is the main way on? The file's own word first; what it leaves
open is settled here and flagged. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from emergency.river.draft import Draft, outflows

SHARE_TOLERANCE: Final = 0.005
"""Shares printed to two decimals (three thirds of 0.33 lack 0.01 at most over several branches) still sum to 1."""


def settle(drafts: Sequence[Draft], loops: frozenset[int]) -> list[Draft]:
    """Every reach with its share, main or minor side, and loop mark; the order is kept."""
    settled = {draft.reach_id: draft for reaches in outflows(drafts).values() for draft in _node(reaches, loops)}
    return [settled[draft.reach_id] for draft in drafts]


def shares(branches: Sequence[Draft]) -> list[float]:
    """What each branch of one node carries, summing to 1; branches without a share divide what is left by mean flow, or
    evenly where a flow is not known either."""
    given = sum(branch.share or 0.0 for branch in branches)
    silent = [branch for branch in branches if branch.share is None]
    if not silent:
        return [(branch.share or 0.0) / given for branch in branches]
    left = max(0.0, 1.0 - given)
    weights = dict(zip((branch.reach_id for branch in silent), _weights(silent), strict=True))
    return [left * weights[b.reach_id] if b.share is None else b.share for b in branches]


def main_side(branches: Iterable[Draft]) -> Draft | None:
    """The main way on from a node: marked 1, or the only one not marked 2; else the largest share, then flow, then area."""
    open_branches = [branch for branch in branches if not branch.loop]
    for mark in (_marked_main, _not_minor):
        chosen = [branch for branch in open_branches if mark(branch)]
        if len(chosen) == 1:
            return chosen[0]
    return max(open_branches, key=_size, default=None)


def is_marked(branches: Sequence[Draft]) -> bool:
    """Whether the file says which branch is the main one."""
    return any(sum(map(mark, branches)) == 1 for mark in (_marked_main, _not_minor))


def _marked_main(branch: Draft) -> bool:
    return branch.divergence == 1


def _not_minor(branch: Draft) -> bool:
    return branch.divergence != 2


def _size(branch: Draft) -> tuple[float, float, float, int]:
    return branch.share or 0.0, branch.discharge_m3s or 0.0, branch.drainage_area_km2 or 0.0, -branch.reach_id


def _weights(branches: Sequence[Draft]) -> list[float]:
    flows = [branch.discharge_m3s for branch in branches]
    known = [flow for flow in flows if flow is not None and flow > 0]
    if len(known) < len(branches):
        return [1.0 / len(branches)] * len(branches)
    return [flow / sum(known) for flow in known]


def _node(branches: Sequence[Draft], loops: frozenset[int]) -> Iterator[Draft]:
    if len(branches) == 1:
        only = branches[0]
        yield replace(only, share=1.0, divergence=0, loop=only.reach_id in loops)
        return
    carried = [
        replace(
            branch,
            share=share,
            share_assumed=branch.share_assumed or branch.share is None,
            loop=branch.reach_id in loops,
        )
        for branch, share in zip(branches, shares(branches), strict=True)
    ]
    main = main_side(carried)
    for branch in carried:
        yield replace(branch, divergence=1 if branch is main else 2)
