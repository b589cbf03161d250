"""The made networks are what they say: trees with outlets, divergences that rejoin, flows that add up."""

import numpy as np
import pytest

from benchmarks import tree
from benchmarks.tree import Tree, Ways

SIDE = 60
PLACES = SIDE * SIDE


def made(*, seed: int = 1, outlets: int = 1, divergences: float = 0.03) -> tuple[Tree, Ways]:
    chance = np.random.default_rng(seed)
    grown = tree.grow(chance, SIDE, SIDE, outlets)
    return grown, tree.ways(chance, grown, divergences)


@pytest.mark.parametrize("outlets", [1, 3])
def test_every_place_drains_to_one_of_the_outlets(outlets: int) -> None:
    grown, _ = made(outlets=outlets)
    at = np.arange(PLACES)
    for _ in range(int(grown.steps.max())):
        at = np.where(grown.below[at] < 0, at, grown.below[at])
    ends = np.unique(at)
    assert len(ends) == outlets
    assert (grown.below[ends] < 0).all()
    assert (ends % SIDE == SIDE - 1).all()


def test_the_tree_joins_neighbours_on_the_grid() -> None:
    grown, _ = made()
    above = np.flatnonzero(grown.below >= 0)
    apart = np.abs(above - grown.below[above])
    assert set(apart.tolist()) == {1, SIDE}
    assert len(above) == PLACES - 1


def test_the_tree_is_the_one_of_least_weight() -> None:
    # 0-1, 1-2, 2-3, 3-0 and 0-2: without the two heaviest of each round way
    first, second = np.array([0, 1, 2, 3, 0]), np.array([1, 2, 3, 0, 2])
    chosen = tree._least(4, first, second, np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert chosen.tolist() == [0, 1, 2]


def test_all_that_drains_comes_out_at_the_outlets() -> None:
    grown, _ = made(outlets=3)
    assert grown.area_km2[grown.below < 0].sum() == PLACES * tree.CELL_KM2


def test_a_river_is_named_by_the_place_where_it_ends() -> None:
    grown, _ = made()
    outlet = np.flatnonzero(grown.below < 0)[0]
    follows = np.flatnonzero(grown.below >= 0)
    goes_on = grown.river[follows] == grown.river[grown.below[follows]]
    assert grown.river[outlet] == outlet
    assert (grown.river[follows[~goes_on]] == follows[~goes_on]).all()
    # one of the streams that meet goes on as the river below, no more
    assert np.unique(grown.below[follows[goes_on]]).size == goes_on.sum()


def test_as_many_divergences_as_wished_and_some_of_three_ways() -> None:
    _, found = made(divergences=0.03)
    minor = found.divergence == 2
    _, ways_out = np.unique(found.from_place[minor], return_counts=True)
    assert minor.sum() == round(0.03 * (PLACES - 1))
    assert set(ways_out.tolist()) == {1, 2}
    assert (found.divergence == 1).sum() == len(ways_out)


def test_none_when_none_are_wished() -> None:
    _, found = made(divergences=0.0)
    assert len(found.share) == PLACES - 1
    assert (found.divergence == 0).all()


def test_every_way_comes_nearer_to_the_outlet_so_that_nothing_goes_round() -> None:
    grown, found = made(outlets=3)
    assert (grown.steps[found.from_place] > grown.steps[found.to_place]).all()


def test_a_further_way_out_joins_the_first_again() -> None:
    grown, found = made(outlets=3)
    for start, second in zip(
        *(each[found.divergence == 2] for each in (found.from_place, found.to_place)), strict=True
    ):
        ways = [_downstream(grown, int(grown.below[start])), _downstream(grown, int(second))]
        meeting = next(place for place in ways[1] if place in set(ways[0]))
        assert ways[0].index(meeting) < tree.REJOINS_WITHIN
        assert ways[1].index(meeting) <= tree.REJOINS_WITHIN


def test_the_shares_of_a_place_sum_to_one_or_nobody_knows_any_of_them() -> None:
    _, found = made(divergences=0.05)
    forked = np.unique(found.from_place[found.divergence == 2])
    of_place = [found.share[found.from_place == place] for place in forked]
    known = [shares for shares in of_place if not np.isnan(shares).any()]
    assert 0 < len(known) < len(of_place)
    assert all(abs(shares.sum() - 1) < 0.002 and (shares > 0).all() for shares in known)
    assert all(np.isnan(shares).all() for shares in of_place if np.isnan(shares).any())


def test_greater_rivers_carry_more_and_run_faster() -> None:
    _, found = made()
    great, small = found.area_km2 > 500, found.area_km2 < 5
    assert np.median(found.discharge_m3s[great]) > 50 * np.median(found.discharge_m3s[small])
    assert np.median(found.velocity_ms[great]) > np.median(found.velocity_ms[small])
    assert (found.velocity_ms > 0).all()


def test_the_same_seed_gives_the_same_network_and_another_one_another() -> None:
    one, again, other = (made(seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(one.to_place, again.to_place)
    assert np.array_equal(one.velocity_ms, again.velocity_ms)
    assert not np.array_equal(one.to_place, other.to_place)


def _downstream(grown: Tree, place: int) -> list[int]:
    found = []
    while place >= 0:
        found.append(place)
        place = int(grown.below[place])
    return found
