"""Passages on small networks drawn by hand: unknown speeds, loops, gates shut."""

from collections.abc import Sequence

import pytest

from emergency.river.travel import order, passages
from emergency.river.values import Direction, Grade, Reach, ReachKind, Spot, SubNetwork
from emergency.words import Words


def reach(
    reach_id: int,
    from_node: int,
    to_node: int,
    *,
    length_m: float = 1000.0,
    velocity_ms: float | None = 1.0,
    share: float = 1.0,
    main: bool = True,
    loop: bool = False,
) -> Reach:
    """A reach with what the case needs; it is a path of its own."""
    return Reach(
        reach_id=reach_id,
        code=str(reach_id),
        river="r",
        name=Words("河", "river"),
        kind=ReachKind.RIVER,
        from_node=from_node,
        to_node=to_node,
        length_m=length_m,
        path_id=reach_id,
        foot_m=length_m,
        share=share,
        share_assumed=False,
        main=main,
        velocity_ms=velocity_ms,
        discharge_m3s=None,
        slope=None,
        volume_m3=None,
        grade=Grade.C,
        schematic=False,
        loop=loop,
    )


def network(*reaches: Reach, offset_m: float = 0.0) -> SubNetwork:
    """A sub-network that starts on its first reach."""
    return SubNetwork(1, Spot(reaches[0].reach_id, offset_m), Direction.DOWN, {r.reach_id: r for r in reaches})


def ids(reaches: Sequence[Reach]) -> list[int]:
    return [reach.reach_id for reach in reaches]


def test_below_an_unknown_speed_there_is_distance_but_no_time() -> None:
    found = passages(network(reach(1, 1, 2), reach(2, 2, 3, velocity_ms=None), reach(3, 3, 4)))
    assert [(found[i].enter_s, found[i].leave_s) for i in (1, 2, 3)] == [(0.0, 1000.0), (1000.0, None), (None, None)]
    assert [found[i].leave_m for i in (1, 2, 3)] == [1000.0, 2000.0, 3000.0]


def test_a_branch_with_a_known_time_is_taken_before_a_shorter_one_without() -> None:
    unknown = reach(2, 2, 3, length_m=10.0, velocity_ms=None, share=0.5)
    known = reach(3, 2, 3, length_m=5000.0, share=0.5, main=False)
    found = passages(network(reach(1, 1, 2), unknown, known, reach(4, 3, 4)))
    assert (found[4].enter_s, found[4].enter_m) == (6000.0, 6000.0)


def test_a_loop_is_passed_and_carries_nothing() -> None:
    #   1 --1--> 2 --2--> 3 --4--> 4,  and 3 leads back to 2 through 3
    back = reach(3, 3, 2, share=0.25, main=False, loop=True)
    sub = network(reach(1, 1, 2), reach(2, 2, 3), back, reach(4, 3, 4, share=0.75))
    found = passages(sub)
    assert set(found) == {1, 2, 3, 4}
    assert found[3].mass_share == 0.0
    assert found[4].mass_share == pytest.approx(1.0)
    assert ids(order(sub)) == [1, 2, 4]


def test_what_lies_behind_a_loop_only_is_passed_without_mass_and_not_ordered() -> None:
    back = reach(2, 2, 3, share=0.5, main=False, loop=True)
    sub = network(reach(1, 1, 2), back, reach(3, 3, 4), reach(5, 2, 5, share=0.5))
    assert passages(sub)[3].mass_share == 0.0
    assert passages(sub)[3].enter_m == 2000.0
    assert ids(order(sub)) == [1, 5]


def test_a_start_on_a_closing_reach_is_walked_to_its_end() -> None:
    sub = network(reach(1, 3, 2, loop=True), reach(2, 2, 3), reach(3, 3, 4))
    assert ids(order(sub)) == [1, 2, 3]
    assert passages(sub)[1].enter_m == 0.0


def test_a_shut_gate_passes_no_mass_but_is_still_reached() -> None:
    found = passages(network(reach(1, 1, 2), reach(2, 2, 3, share=0.0), reach(3, 2, 4, share=1.0, main=False)))
    assert (found[2].mass_share, found[3].mass_share) == (0.0, 1.0)
    assert found[2].enter_s == 1000.0


def test_many_reaches_in_a_row_do_not_exhaust_the_stack() -> None:
    chain = [reach(i, i, i + 1) for i in range(1, 20_001)]
    assert passages(network(*chain))[20_000].leave_m == 20_000_000.0
    assert ids(order(network(*chain))) == list(range(1, 20_001))
