"""The ensemble of the leading edge: same seed same answer, faster water never later, no branch dropped, any cut alike."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergency.river import ensemble
from emergency.river.ensemble import Conditions, Forecast, flow_factor, run, seed_of
from emergency.river.values import Arrival, Direction, FlowState, Grade, Reach, ReachKind, Spot, SubNetwork
from emergency.words import Words

HEAD, E_BY_CANAL, LAST = Spot(1, 0.0), Spot(5, 0.0), Spot(5, 14_000.0)
SEED = seed_of("valley")
STATES = (FlowState.LOW, FlowState.MEAN, FlowState.HIGH, FlowState.FLOOD)


def reach(reach_id: int, from_node: int, to_node: int, length_m: float, foot_m: float, **changed: object) -> Reach:
    """A reach of a river of 0.5 m/s, grade B."""
    plain = Reach(
        reach_id=reach_id,
        code=str(reach_id),
        river="谷河",
        name=Words("谷河", "Gu River"),
        kind=ReachKind.RIVER,
        from_node=from_node,
        to_node=to_node,
        length_m=length_m,
        path_id=1,
        foot_m=foot_m,
        share=1.0,
        share_assumed=False,
        main=True,
        velocity_ms=0.5,
        discharge_m3s=None,
        slope=None,
        volume_m3=None,
        grade=Grade.B,
        schematic=False,
        loop=False,
        velocity_grade=Grade.B,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


RIVER = (
    reach(1, 1, 2, 10_000.0, 55_000.0),
    reach(2, 2, 3, 10_000.0, 45_000.0),
    reach(3, 3, 4, 10_000.0, 35_000.0),
    reach(4, 4, 5, 10_000.0, 25_000.0),
)
CANAL = (
    reach(6, 3, 7, 12_000.0, 23_000.0, river="谷渠", kind=ReachKind.CANAL, velocity_ms=1.0, path_id=7),
    reach(7, 7, 5, 11_000.0, 11_000.0, river="谷渠", kind=ReachKind.CANAL, velocity_ms=1.0, path_id=7),
)
BELOW = (reach(5, 5, 6, 15_000.0, 15_000.0),)
VALLEY = (*RIVER, *CANAL, *BELOW)


def sub_of(order: Sequence[Reach], start: Spot = HEAD) -> SubNetwork:
    return SubNetwork(1, start, Direction.DOWN, {each.reach_id: each for each in order})


def forecast(order: Sequence[Reach] = VALLEY, marks: Sequence[Spot] = (LAST,), **known: object) -> Forecast:
    conditions = Conditions(**known)  # type: ignore[arg-type]
    return run(sub_of(order), order, marks, conditions, SEED)


def arrival(order: Sequence[Reach] = VALLEY, mark: Spot = LAST, **known: object) -> Arrival:
    return forecast(order, (mark,), **known).arrivals[mark]


def cut(order: Sequence[Reach], reach_id: int, parts: int) -> list[Reach]:
    """The same river with one reach in `parts` pieces, numbered from 1000."""
    made: list[Reach] = []
    for each in order:
        if each.reach_id != reach_id:
            made.append(each)
            continue
        for n in range(parts):
            made.append(
                replace(
                    each,
                    reach_id=1_000 + n,
                    from_node=each.from_node if n == 0 else 1_000 + n,
                    to_node=each.to_node if n == parts - 1 else 1_001 + n,
                    length_m=each.length_m / parts,
                    foot_m=each.foot_m - n * each.length_m / parts,
                )
            )
    return made


def test_the_same_seed_gives_the_same_answer_and_another_seed_another() -> None:
    assert arrival() == arrival()
    other = run(sub_of(VALLEY), VALLEY, [LAST], Conditions(), SEED + 1).arrivals[LAST]
    assert other != arrival()


def test_a_seed_is_made_from_text_alike_on_every_machine() -> None:
    # the first eight bytes of SHA-256("valley"), halved so that they fit a bigint
    assert seed_of("valley") == 0x313FE9E82D24D0C1


def test_the_quantiles_stand_in_order_and_later_downstream() -> None:
    marks = (Spot(1, 5_000.0), Spot(2, 0.0), Spot(3, 0.0), E_BY_CANAL, LAST)
    found = forecast(marks=marks).arrivals
    for mark in marks:
        assert found[mark].earliest_s < found[mark].likely_s < found[mark].latest_s
    for above, below in pairwise(marks):
        assert found[above].earliest_s < found[below].earliest_s
        assert found[above].latest_s < found[below].latest_s


def test_the_likely_front_at_mean_flow_is_near_the_front_part_of_the_reference_time() -> None:
    # one river of 10 km at 0.5 m/s: peak after 20,000 s, front after 0.89 of it = 17,800 s; the median of the flow is 1
    likely_s = arrival(RIVER[:1], Spot(1, 10_000.0), flow_state=FlowState.MEAN).likely_s
    assert likely_s == pytest.approx(17_800.0, rel=0.05)


def test_the_front_of_a_pool_runs_further_ahead_of_its_peak() -> None:
    pool = [replace(RIVER[0], kind=ReachKind.RESERVOIR)]
    assert arrival(pool, Spot(1, 10_000.0)).likely_s < arrival(RIVER[:1], Spot(1, 10_000.0)).likely_s


def test_a_faster_flow_is_never_later() -> None:
    found = [arrival(flow_state=state) for state in STATES]
    for slow, fast in pairwise(found):
        assert fast.earliest_s < slow.earliest_s
        assert fast.likely_s < slow.likely_s
        assert fast.latest_s < slow.latest_s


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    speeds=st.lists(st.floats(0.01, 5.0), min_size=len(VALLEY), max_size=len(VALLEY)),
    faster=st.floats(1.0, 10.0),
    error_m=st.floats(0.0, 5_000.0),
)
def test_faster_reaches_are_never_later(seed: int, speeds: list[float], faster: float, error_m: float) -> None:
    slow = [replace(each, velocity_ms=speed) for each, speed in zip(VALLEY, speeds, strict=True)]
    fast = [replace(each, velocity_ms=speed * faster) for each, speed in zip(VALLEY, speeds, strict=True)]
    known = Conditions(position_error_m=error_m)
    before = run(sub_of(slow), slow, [LAST], known, seed, 100).arrivals[LAST]
    after = run(sub_of(fast), fast, [LAST], known, seed, 100).arrivals[LAST]
    assert after.earliest_s <= before.earliest_s * (1 + 1e-9)
    assert after.likely_s <= before.likely_s * (1 + 1e-9)
    assert after.latest_s <= before.latest_s * (1 + 1e-9)


def test_unknown_flow_spans_low_to_flood() -> None:
    unknown, low, high = (arrival(flow_state=s) for s in (FlowState.UNKNOWN, FlowState.LOW, FlowState.HIGH))
    assert unknown.earliest_s < high.likely_s
    assert unknown.latest_s > low.likely_s


def test_the_earliest_edge_of_a_flood_is_not_held_to_a_multiple_of_the_mean_but_to_the_ceiling() -> None:
    # factor 5 to 30, to the power 0.4: 1.9 to 3.9 times 0.5 m/s, and the front runs ahead: above 1.2 m/s, below 3.5
    flood = arrival(RIVER[:1], Spot(1, 10_000.0), flow_state=FlowState.FLOOD)
    assert 10_000.0 / ensemble.CEILING_MS < flood.earliest_s < 10_000.0 / 1.2
    swift = [replace(RIVER[0], velocity_ms=3.0)]
    capped = arrival(swift, Spot(1, 10_000.0), flow_state=FlowState.FLOOD)
    assert capped.likely_s == pytest.approx(10_000.0 / ensemble.CEILING_MS, rel=0.10)  # the length stays uncertain


@pytest.mark.parametrize("parts", [2, 7, 64])
def test_cutting_a_reach_in_pieces_changes_nothing(parts: int) -> None:
    whole = forecast(marks=(E_BY_CANAL, LAST), position_error_m=500.0).arrivals
    pieces = cut(VALLEY, 3, parts)
    again = run(sub_of(pieces), pieces, (E_BY_CANAL, LAST), Conditions(position_error_m=500.0), SEED).arrivals
    for mark, found in whole.items():
        assert (again[mark].earliest_s, again[mark].likely_s, again[mark].latest_s) == pytest.approx(
            (found.earliest_s, found.likely_s, found.latest_s), rel=1e-9
        )


def test_cutting_the_reach_of_the_start_changes_nothing() -> None:
    whole = arrival(position_error_m=500.0)
    pieces = cut(VALLEY, 1, 64)
    again = run(sub_of(pieces, Spot(1_000, 0.0)), pieces, [LAST], Conditions(position_error_m=500.0), SEED).arrivals[
        LAST
    ]
    assert again.latest_s == pytest.approx(whole.latest_s, rel=1e-9)
    assert again.earliest_s == pytest.approx(whole.earliest_s, rel=1e-9)


def test_the_order_in_which_marks_are_asked_changes_nothing() -> None:
    marks = (Spot(1, 5_000.0), E_BY_CANAL, LAST)
    assert forecast(marks=marks).arrivals == forecast(marks=marks[::-1]).arrivals
    assert forecast(marks=marks).arrivals[LAST] == arrival()


def test_at_a_confluence_the_first_arrival_over_all_branches_counts() -> None:
    both = arrival(mark=E_BY_CANAL)
    river = arrival((*RIVER, *BELOW), E_BY_CANAL)
    canal = arrival((*RIVER[:2], *CANAL, *BELOW), E_BY_CANAL)
    assert both.earliest_s <= min(river.earliest_s, canal.earliest_s)
    assert both.latest_s <= min(river.latest_s, canal.latest_s)
    assert canal.likely_s < river.likely_s  # the smaller branch is the faster one


def test_a_speed_nobody_has_measured_is_flagged_and_spreads_wide() -> None:
    unknown = [replace(each, velocity_ms=None) for each in RIVER]
    known = [replace(each, velocity_ms=ensemble.ASSUMED_SPEED_MS[ReachKind.RIVER]) for each in RIVER]
    end = Spot(4, 10_000.0)
    found = forecast(unknown, (end,), flow_state=FlowState.MEAN)
    assert found.assumed_speeds == {1, 2, 3, 4}
    assert any("4 of 4 reaches have no speed on record" in words.en for words in found.assumptions)
    sure = arrival(known, end, flow_state=FlowState.MEAN)
    wide = found.arrivals[end]
    assert wide.latest_s / wide.earliest_s > sure.latest_s / sure.earliest_s


def test_a_pool_without_a_speed_takes_its_residence_time() -> None:
    # V / Q = 36e6 m3 / 10 m3/s = 3.6e6 s over 18 km: 0.005 m/s
    pool = replace(
        RIVER[0], kind=ReachKind.LAKE, velocity_ms=None, length_m=18_000.0, volume_m3=36e6, discharge_m3s=10.0
    )
    assert ensemble.reference_speed_ms(pool) == pytest.approx(0.005)
    assert ensemble.reference_speed_ms(replace(pool, kind=ReachKind.RIVER)) is None


@pytest.mark.parametrize("of", ["grade", "velocity_grade"])
def test_a_worse_grade_of_length_or_speed_spreads_wider(of: str) -> None:
    ratios = []
    for grade in (Grade.A, Grade.B, Grade.C):
        graded: dict[str, Any] = {of: grade}
        found = arrival([replace(each, **graded) for each in VALLEY], flow_state=FlowState.MEAN)
        ratios.append(found.latest_s / found.earliest_s)
    assert ratios == sorted(ratios)
    assert len(set(ratios)) == 3


def test_an_uncertain_release_time_widens_both_ways() -> None:
    sharp = arrival(flow_state=FlowState.MEAN)
    vague = arrival(flow_state=FlowState.MEAN, release_earliest_s=-36_000.0, release_latest_s=36_000.0)
    assert vague.earliest_s < sharp.earliest_s
    assert vague.latest_s > sharp.latest_s


def test_an_uncertain_place_matters_most_near_the_start() -> None:
    near, far = Spot(1, 1_000.0), LAST
    sharp = forecast(marks=(near, far)).arrivals
    vague = forecast(marks=(near, far), position_error_m=2_000.0).arrivals
    assert vague[near].earliest_s == 0.0  # the release may lie below the mark, or at it
    assert vague[near].latest_s > 1.5 * sharp[near].latest_s
    assert vague[far].latest_s < 1.1 * sharp[far].latest_s


def test_an_uncertain_place_never_lets_a_lower_mark_come_before_a_higher_one() -> None:
    """A slow pool first: a release further up must not cost more at the mark just below the start than further down."""
    slow = [replace(RIVER[0], velocity_ms=0.02, kind=ReachKind.LAKE, length_m=100.0), *RIVER[1:]]
    marks = (Spot(1, 50.0), Spot(1, 100.0), Spot(2, 100.0), Spot(2, 5_000.0))
    found = [forecast(slow, marks, position_error_m=5_000.0).arrivals[mark] for mark in marks]
    for above, below in pairwise(found):
        assert above.earliest_s <= below.earliest_s
        assert above.likely_s <= below.likely_s
        assert above.latest_s <= below.latest_s


def test_at_the_start_itself_the_front_is_there_at_once() -> None:
    assert arrival(mark=Spot(1, 0.0)) == Arrival(0.0, 0.0, 0.0)


def test_a_reach_that_closes_a_loop_brings_nothing_earlier() -> None:
    looped = (*VALLEY, reach(50, 6, 3, 1.0, 1.0, loop=True))
    assert arrival(looped) == arrival()


@pytest.mark.parametrize(
    ("start", "mark"),
    [
        (Spot(1, 0.0), Spot(99, 0.0)),
        (Spot(1, 0.0), Spot(1, 10_001.0)),
        (Spot(1, 5_000.0), Spot(1, 4_000.0)),
    ],
)
def test_a_mark_that_the_water_never_passes_is_refused(start: Spot, mark: Spot) -> None:
    with pytest.raises(ValueError, match=r"not on the traced network|above the start"):
        run(sub_of(VALLEY, start), VALLEY, [mark], Conditions(), SEED)


def test_the_flow_factors_are_the_published_starting_numbers() -> None:
    least_middle_most = np.array([0.0, 0.5, 1.0])
    assert flow_factor(FlowState.LOW, least_middle_most) == pytest.approx([0.15, 0.3, 0.5])
    assert flow_factor(FlowState.MEAN, least_middle_most) == pytest.approx([0.5, 1.0, 1.5])
    assert flow_factor(FlowState.HIGH, least_middle_most) == pytest.approx([1.5, 2.5, 5.0])
    assert flow_factor(FlowState.FLOOD, least_middle_most) == pytest.approx([5.0, 8.0, 30.0])
    assert flow_factor(FlowState.UNKNOWN, np.array([0.05, 0.5, 0.95])) == pytest.approx([0.2, 1.0, 6.0])


def test_the_field_is_standard_and_forgets_over_thirty_kilometres() -> None:
    draw = ensemble._Draw(SEED, 20_000)
    field = ensemble._Field(draw, "谷河", 25)
    here, near, far = field.at(0), field.at(1), field.at(12)
    assert np.std(here) == pytest.approx(1.0, abs=0.03)
    assert np.std(field.at(24)) == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(here, near)[0, 1] == pytest.approx(math.exp(-2.5 / 30), abs=0.03)
    assert np.corrcoef(here, far)[0, 1] == pytest.approx(math.exp(-1.0), abs=0.03)


def test_a_cell_of_the_field_is_the_same_however_much_of_the_river_is_fetched() -> None:
    draw = ensemble._Draw(SEED, 50)
    long, short = ensemble._Field(draw, "谷河", 40), ensemble._Field(draw, "谷河", 20)
    assert np.array_equal(short.at(15), long.at(15))


def test_what_was_assumed_is_said_in_both_languages() -> None:
    said = forecast(flow_state=FlowState.HIGH, release_latest_s=1_800.0, position_error_m=5_000.0).assumptions
    assert said[0] == Words(
        zh="水情“丰”：流量取多年平均的2.5倍（1.5至5）",
        en="flow 'high': 2.5 times the mean discharge (1.5 to 5)",
    )
    assert any("30 minutes" in words.en for words in said)
    assert any("±5公里" in words.zh for words in said)
    assert all(words.zh and words.en for words in said)


def test_a_speed_of_the_day_is_not_scaled_by_the_flow_again() -> None:
    stated = [replace(each, measured=True) for each in VALLEY]
    in_flood, at_mean = (arrival(stated, flow_state=state) for state in (FlowState.FLOOD, FlowState.MEAN))
    assert in_flood == at_mean
    assert arrival(flow_state=FlowState.FLOOD).likely_s < at_mean.likely_s
