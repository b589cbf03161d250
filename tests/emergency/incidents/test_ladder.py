"""Who holds what a clock calls for: up the ladder a tier at a time, repeated at the top, silent once it is met."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.agreements.values import Tier
from emergency.incidents import clocks, ladder
from emergency.incidents.clocks import Due
from emergency.words import Words
from tests.emergency.incidents.test_clocks import BY, III, KNOWN_AT, RULES, SECOND, file, found, report

TIERS = (
    Tier("joint-meeting", Words("联席会议", "joint meeting")),
    Tier("secretariat", Words("秘书处", "secretariat")),
    Tier("special-group", Words("专项合作组", "special group")),
)


@pytest.mark.parametrize(
    ("after", "stage", "held_by"),
    [
        (0, None, "duty_officer"),
        (179, None, "duty_officer"),
        (180, 0, "duty_officer"),
        (240, 0, "duty_officer"),
        (240.1, 1, "leader"),
        (254.9, 1, "leader"),
        (255, 2, "special-group"),
        (270, 3, "secretariat"),
        (285, 4, "joint-meeting"),
        (344.9, 4, "joint-meeting"),
        (345, 5, "joint-meeting"),
        (405, 6, "joint-meeting"),
    ],
)
def test_a_missed_clock_rises_to_the_leader_and_up_the_tiers_and_is_repeated_at_the_top(
    after: float, stage: int | None, held_by: str
) -> None:
    now = KNOWN_AT + timedelta(minutes=after)
    clock = found(file(III), now)["initial/government"]
    rungs = ladder.ladder(TIERS)
    assert [each.id for each in rungs] == ["duty_officer", "leader", "special-group", "secretariat", "joint-meeting"]
    called = ladder.alert(clock, rungs, RULES.pace, now)
    assert (called.stage if called else None) == stage
    assert ladder.holder(clock, rungs, RULES.pace, now).id == held_by


@given(st.integers(1, 3000), st.integers(0, 5), st.integers(0, 6000))
def test_from_one_call_to_the_next_nothing_is_left_out(limit: int, tiers: int, after: int) -> None:
    limits = [replace(each, within_minutes=limit) for each in RULES.limits if each.id == "art-3-general"]
    rungs = ladder.ladder([Tier(f"t{n}", BY) for n in range(tiers)])
    now = KNOWN_AT + timedelta(minutes=after)
    [clock, *_] = clocks.clocks(file(III), limits, RULES.pace, now)
    at = ladder.next_at(clock, rungs, RULES.pace, now)
    assert at is not None
    assert at > now
    before, later = (ladder.alert(clock, rungs, RULES.pace, when) for when in (at - SECOND, at))
    assert later is not None
    now_called = ladder.alert(clock, rungs, RULES.pace, now)
    assert later.stage == (-1 if now_called is None else now_called.stage) + 1
    assert before is None or before.stage in (later.stage, later.stage - 1)


def test_a_clock_that_is_met_calls_for_nothing() -> None:
    one = file(III, made=(report(Due.INITIAL, "government", 30),))
    clock = found(one)["initial/government"]
    rungs = ladder.ladder(TIERS)
    late = KNOWN_AT + timedelta(days=2)
    assert ladder.alert(clock, rungs, RULES.pace, late) is None
    assert ladder.next_at(clock, rungs, RULES.pace, late) is None
