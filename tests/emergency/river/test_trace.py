"""The valley, traced: what is reached, when, how far and how much, worked out by hand."""

import pytest
from sqlalchemy import text

from emergency.errors import BadInput
from emergency.river.trace import Limit, cut, fetch, within
from emergency.river.travel import order, passages
from emergency.river.values import Direction, ReachKind, Spot
from tests.emergency.river.conftest import Loaded

# The head of reach 1: 10 km of reach 1 and 10 km of reach 2 at 0.5 m/s bring the water to C after 40,000 s. The canal
# (12 + 11 km at 1.0 m/s = 23,000 s) is at E before the river (20 km at 0.5 m/s = 40,000 s).
HEAD = Spot(1, 0.0)


def test_everything_downstream_is_found_through_both_branches(loaded: Loaded) -> None:
    assert set(fetch(loaded.session, loaded.version_id, HEAD).reaches) == {1, 2, 3, 4, 5, 6, 7}


def test_a_canal_that_crosses_without_joining_is_not_reached(loaded: Loaded) -> None:
    assert set(fetch(loaded.session, loaded.version_id, Spot(9, 0.0)).reaches) == {9}


def test_everything_upstream_is_found_through_both_branches(loaded: Loaded) -> None:
    sub = fetch(loaded.session, loaded.version_id, Spot(5, 1.0), direction=Direction.UP)
    assert set(sub.reaches) == {1, 2, 3, 4, 5, 6, 7, 8}


def test_the_start_reach_is_fetched_once_and_only_once(loaded: Loaded) -> None:
    assert set(fetch(loaded.session, loaded.version_id, Spot(5, 15_000.0)).reaches) == {5}
    assert set(fetch(loaded.session, loaded.version_id, Spot(1, 0.0), direction=Direction.UP).reaches) == {1}


def test_at_the_upper_end_of_a_branch_the_other_branch_is_not_downstream(loaded: Loaded) -> None:
    assert set(fetch(loaded.session, loaded.version_id, Spot(3, 0.0)).reaches) == {3, 4, 5}
    assert set(fetch(loaded.session, loaded.version_id, Spot(6, 0.0)).reaches) == {5, 6, 7}


def test_the_main_path_keeps_to_the_river(loaded: Loaded) -> None:
    down = fetch(loaded.session, loaded.version_id, HEAD, main_only=True)
    assert [reach.reach_id for reach in order(down)] == [1, 2, 3, 4, 5]
    from_canal = fetch(loaded.session, loaded.version_id, Spot(6, 0.0), main_only=True)
    assert [reach.reach_id for reach in order(from_canal)] == [6, 7, 5]


def test_the_main_path_upstream_of_a_canal_is_the_river_it_leaves(loaded: Loaded) -> None:
    sub = fetch(loaded.session, loaded.version_id, Spot(7, 5.0), direction=Direction.UP, main_only=True)
    assert [reach.reach_id for reach in order(sub)] == [7, 6, 2, 1]


def test_a_reach_comes_with_what_the_file_says_of_it(loaded: Loaded) -> None:
    canal = fetch(loaded.session, loaded.version_id, HEAD).reaches[6]
    assert (canal.code, canal.river, canal.name.zh, canal.kind) == ("6", "谷渠", "谷渠", ReachKind.CANAL)
    assert (canal.from_node, canal.to_node, canal.length_m) == (3, 7, 12_000.0)
    assert (canal.share, canal.share_assumed, canal.main, canal.loop) == (0.3, False, False, False)
    assert (canal.velocity_ms, canal.discharge_m3s) == (1.0, 2.4)


def test_places_on_a_path_are_distances_to_its_foot(loaded: Loaded) -> None:
    reaches = fetch(loaded.session, loaded.version_id, HEAD).reaches
    # the river's path ends at F: 15 + 10 + 10 + 10 + 10 km above it begins reach 1
    assert (reaches[1].path_id, reaches[1].foot_m) == (5, 55_000.0)
    assert (reaches[4].path_id, reaches[4].foot_m) == (5, 25_000.0)
    # the canal is a path of its own, with its foot at E
    assert (reaches[6].path_id, reaches[6].foot_m) == (7, 23_000.0)


def test_first_arrival_comes_by_the_canal(loaded: Loaded) -> None:
    at_e = passages(fetch(loaded.session, loaded.version_id, HEAD))[5]
    assert (at_e.enter_s, at_e.leave_s) == (63_000.0, 93_000.0)  # 40,000 + 23,000; then 15 km at 0.5 m/s
    assert (at_e.enter_m, at_e.leave_m) == (43_000.0, 58_000.0)  # 20 + 23 km; the river would be 40 km


def test_the_start_counts_from_its_offset(loaded: Loaded) -> None:
    found = passages(fetch(loaded.session, loaded.version_id, Spot(1, 4_000.0)))
    assert (found[1].enter_m, found[1].leave_m, found[1].enter_s, found[1].leave_s) == (0.0, 6_000.0, 0.0, 12_000.0)
    assert (found[2].enter_m, found[2].enter_s) == (6_000.0, 12_000.0)


def test_mass_is_divided_by_the_shares_and_joined_again(loaded: Loaded) -> None:
    found = passages(fetch(loaded.session, loaded.version_id, HEAD))
    masses = {reach_id: passage.mass_share for reach_id, passage in found.items()}
    assert masses == pytest.approx({1: 1.0, 2: 1.0, 3: 0.7, 4: 0.7, 6: 0.3, 7: 0.3, 5: 1.0})


def test_the_main_path_is_marked_in_a_full_trace(loaded: Loaded) -> None:
    found = passages(fetch(loaded.session, loaded.version_id, HEAD))
    assert {reach_id for reach_id, passage in found.items() if passage.on_main} == {1, 2, 3, 4, 5}


def test_upstream_is_the_mirror(loaded: Loaded) -> None:
    found = passages(fetch(loaded.session, loaded.version_id, Spot(4, 2_000.0), direction=Direction.UP))
    assert set(found) == {1, 2, 3, 4, 8}
    assert (found[4].enter_m, found[4].leave_m) == (0.0, 2_000.0)
    # from the top of reach 2 to the spot: 10 + 10 + 2 km at 0.5 m/s
    assert (found[2].leave_m, found[2].leave_s) == (22_000.0, 44_000.0)
    # of what enters reach 2, only the 70 % that stays in the river comes by
    assert {reach_id: passage.mass_share for reach_id, passage in found.items()} == pytest.approx(
        {4: 1.0, 3: 1.0, 2: 0.7, 1: 0.7, 8: 0.7}
    )
    assert {reach_id for reach_id, passage in found.items() if passage.on_main} == {1, 2, 3, 4}


def test_order_puts_every_reach_after_all_that_feed_it(loaded: Loaded) -> None:
    ordered = [reach.reach_id for reach in order(fetch(loaded.session, loaded.version_id, HEAD))]
    assert sorted(ordered) == [1, 2, 3, 4, 5, 6, 7]
    assert ordered[:2] == [1, 2]
    assert ordered.index(6) < ordered.index(7) < ordered.index(5)
    assert ordered.index(3) < ordered.index(4) < ordered.index(5)


def test_an_unknown_reach_is_refused(loaded: Loaded) -> None:
    with pytest.raises(BadInput, match="no reach 77"):
        fetch(loaded.session, loaded.version_id, Spot(77, 0.0))


@pytest.mark.parametrize("offset_m", [-1.0, 10_001.0, float("nan")])
def test_an_offset_beyond_the_reach_is_refused(loaded: Loaded, offset_m: float) -> None:
    with pytest.raises(BadInput, match="10000 m long"):
        fetch(loaded.session, loaded.version_id, Spot(1, offset_m))


def test_a_trace_stops_after_so_many_metres_on_every_branch(loaded: Loaded) -> None:
    found = passages(fetch(loaded.session, loaded.version_id, HEAD))
    # reaches 1 and 2 are 20 km; 3 km further down the river and down the canal
    assert within(found, Limit(within_m=23_000.0)) == {1: 10_000.0, 2: 10_000.0, 3: 3_000.0, 6: 3_000.0}
    assert cut(found[3], 3_000.0).leave_m == 23_000.0
    assert cut(found[3], 3_000.0).leave_s == 46_000.0


def test_a_trace_stops_after_so_much_time(loaded: Loaded) -> None:
    found = passages(fetch(loaded.session, loaded.version_id, HEAD))
    # 40,000 s to the node; in 3,000 s the river (0.5 m/s) is 1.5 km further, the canal (1 m/s) 3 km
    assert within(found, Limit(within_s=43_000.0)) == {1: 10_000.0, 2: 10_000.0, 3: 1_500.0, 6: 3_000.0}


def test_an_unknown_time_stops_nothing(loaded: Loaded) -> None:
    unknown = "update reaches set velocity_ms = null where version_id = :version and reach_id = 1"
    loaded.session.execute(text(unknown), {"version": loaded.version_id})
    found = passages(fetch(loaded.session, loaded.version_id, HEAD))
    assert set(within(found, Limit(within_s=1.0))) == set(found)
