"""What is stated of a day holds from its beginning to its end, and the latest statement counts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from emergency import db, journal
from emergency.errors import BadInput, Conflict, NotFound
from emergency.river import daystate
from emergency.river.day import DayKind, DayState, GateAct, Operation, Standing, applied, divided
from emergency.river.load import load
from emergency.river.networks import active
from emergency.river.read import Profile
from emergency.river.trace import fetch
from emergency.river.travel import passages
from emergency.river.values import FlowState, Grade, Reach, Spot
from tests import valley
from tests.emergency.river.conftest import AT, BY, Loaded

HOUR = timedelta(hours=1)


def say(
    loaded: Loaded,
    kind: DayKind,
    value: float | FlowState | Operation,
    *,
    reach_id: int | None = None,
    since: datetime = AT,
    until: datetime | None = None,
    at: datetime = AT,
    reason: str = "called the gate house",
) -> int:
    network, _ = active(loaded.session)
    return daystate.record(
        loaded.session,
        network.id,
        kind=kind,
        value=value,
        reach_id=reach_id,
        since=since,
        until=until,
        by=BY,
        reason=reason,
        at=at,
    )


def network_id(loaded: Loaded) -> int:
    return active(loaded.session)[0].id


def test_the_flow_state_is_unknown_until_somebody_says(loaded: Loaded) -> None:
    assert daystate.flow_state(loaded.session, network_id(loaded), AT) is FlowState.UNKNOWN
    say(loaded, DayKind.FLOW_STATE, FlowState.LOW)
    assert daystate.flow_state(loaded.session, network_id(loaded), AT) is FlowState.LOW


def test_a_statement_holds_from_its_beginning_to_its_end(loaded: Loaded) -> None:
    say(loaded, DayKind.SHARE, 0.9, reach_id=6, since=AT, until=AT + HOUR)
    held = [daystate.shares(loaded.session, network_id(loaded), AT + HOUR * n) for n in (-1, 0, 1)]
    assert held == [{}, {6: 0.9}, {}]


def test_the_latest_statement_counts(loaded: Loaded) -> None:
    say(loaded, DayKind.VELOCITY, 0.2, reach_id=4, at=AT)
    say(loaded, DayKind.VELOCITY, 0.3, reach_id=4, at=AT + HOUR)
    assert daystate.velocities(loaded.session, network_id(loaded), AT + HOUR) == {4: 0.3}


def test_a_gate_share_changes_the_trace_of_that_hour_only(loaded: Loaded) -> None:
    say(loaded, DayKind.SHARE, 0.9, reach_id=6, until=AT + HOUR)
    shut = passages(fetch(loaded.session, loaded.version_id, Spot(1, 0.0), at=AT))
    after = passages(fetch(loaded.session, loaded.version_id, Spot(1, 0.0), at=AT + HOUR))
    unasked = passages(fetch(loaded.session, loaded.version_id, Spot(1, 0.0)))
    assert (shut[3].mass_share, shut[7].mass_share, shut[5].mass_share) == pytest.approx((0.1, 0.9, 1.0))
    assert (after[3].mass_share, after[7].mass_share) == pytest.approx((0.7, 0.3))
    assert after == unasked


@pytest.mark.parametrize(
    ("branches", "stated", "expected"),
    [
        ({1: 0.7, 2: 0.3}, {}, {1: 0.7, 2: 0.3}),
        ({1: 0.7, 2: 0.3}, {2: 0.0}, {1: 1.0, 2: 0.0}),
        ({1: 0.5, 2: 0.3, 3: 0.2}, {1: 0.0}, {1: 0.0, 2: 0.6, 3: 0.4}),  # 0.3 : 0.2 of the whole
        ({1: 1.0, 2: 0.0}, {1: 0.4}, {1: 0.4, 2: 0.6}),
        ({1: 0.5, 2: 0.5}, {1: 0.9, 2: 0.9}, {1: 0.5, 2: 0.5}),
        ({1: 0.5, 2: 0.5}, {1: 0.0, 2: 0.0}, {1: 0.0, 2: 0.0}),
    ],
)
def test_branches_not_spoken_of_divide_the_rest(
    branches: dict[int, float], stated: dict[int, float], expected: dict[int, float]
) -> None:
    assert divided(branches, stated) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "value", "reach_id", "sentence"),
    [
        (DayKind.SHARE, 1.2, 6, "from 0 to 1"),
        (DayKind.VELOCITY, float("nan"), 6, "from 0.001 to 20"),
        (DayKind.DISCHARGE, -1.0, 6, "from 0 to 500,000"),
        (DayKind.FLOW_STATE, 3.0, None, "one of low, mean"),
        (DayKind.FLOW_STATE, FlowState.LOW, 6, "whole network"),
        (DayKind.SHARE, 0.5, None, "names a reach"),
        (DayKind.SHARE, 0.5, 77, "no reach 77"),
    ],
)
def test_a_wrong_statement_is_refused(
    loaded: Loaded, kind: DayKind, value: float | FlowState, reach_id: int | None, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        say(loaded, kind, value, reach_id=reach_id)


def test_a_statement_needs_a_reason_and_an_end_after_its_beginning(loaded: Loaded) -> None:
    with pytest.raises(BadInput, match="rests on"):
        say(loaded, DayKind.SHARE, 0.5, reach_id=6, reason=" ")
    with pytest.raises(BadInput, match="later than the beginning"):
        say(loaded, DayKind.SHARE, 0.5, reach_id=6, until=AT)


def test_the_journal_keeps_who_said_what(database: Engine, tmp_path: Path) -> None:
    folder = valley.write(tmp_path)
    sessions = db.sessions(database)
    with sessions.begin() as session:
        load(session, folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=AT, by=BY)
        say(Loaded(session, 1, folder), DayKind.SHARE, 0.5, reach_id=6, until=AT + HOUR)
    with sessions.begin() as session:
        entry = journal.read(session, "system")[-1]
    assert (entry.kind, entry.by) == ("day_state.recorded", {"process": "test"})
    assert entry.facts == {
        "day_state": 1,
        "network": "valley",
        "kind": "share",
        "reach": 6,
        "value": {"number": 0.5},
        "since": "2026-03-01T04:00:00Z",
        "until": "2026-03-01T05:00:00Z",
    }


# What holds, and what has been taken back ------------------------------------------------------------------------------


def day(loaded: Loaded, at: datetime = AT) -> DayState:
    return daystate.of_the_day(loaded.session, network_id(loaded), at)


def test_all_that_holds_comes_in_one_query(loaded: Loaded, queries: list[str]) -> None:
    share = say(loaded, DayKind.SHARE, 0.5, reach_id=6)
    speed = say(loaded, DayKind.VELOCITY, 0.2, reach_id=4)
    flow = say(loaded, DayKind.DISCHARGE, 12.0, reach_id=4)
    state = say(loaded, DayKind.FLOW_STATE, FlowState.HIGH)
    network = network_id(loaded)
    queries.clear()
    found = daystate.of_the_day(loaded.session, network, AT)
    assert len(queries) == 1
    assert found == DayState({6: 0.5}, {4: 0.2}, {4: 12.0}, FlowState.HIGH, (share, speed, flow, state))


def test_what_is_to_come_and_what_has_expired_changes_nothing(loaded: Loaded) -> None:
    say(loaded, DayKind.VELOCITY, 0.2, reach_id=4, since=AT + HOUR, until=AT + 2 * HOUR)
    assert [dict(day(loaded, AT + n * HOUR).velocities) for n in range(3)] == [{}, {4: 0.2}, {}]
    standing = [daystate.history(loaded.session, network_id(loaded), 4, AT + n * HOUR)[0].standing for n in range(3)]
    assert standing == [Standing.TO_COME, Standing.HOLDS, Standing.EXPIRED]


def test_what_is_ended_no_longer_holds_and_what_it_replaced_holds_again(loaded: Loaded) -> None:
    say(loaded, DayKind.VELOCITY, 0.2, reach_id=4)
    wrong = say(loaded, DayKind.VELOCITY, 2.0, reach_id=4, at=AT + HOUR)
    before = daystate.history(loaded.session, network_id(loaded), 4, AT + HOUR)
    assert [(each.value["number"], each.standing) for each in before] == [
        (2.0, Standing.HOLDS),
        (0.2, Standing.REPLACED),
    ]
    daystate.end(loaded.session, wrong, by=BY, reason="misread", at=AT + 2 * HOUR)
    assert day(loaded, AT + 2 * HOUR).velocities == {4: 0.2}
    assert day(loaded, AT + HOUR).velocities == {4: 2.0}  # what was believed then can still be told
    [ended, _] = daystate.history(loaded.session, network_id(loaded), 4, AT + 2 * HOUR)
    assert ended.ending is not None
    assert (ended.standing, ended.ending.reason, ended.ending.author) == (
        Standing.ENDED,
        "misread",
        {"process": "test"},
    )


def test_what_was_to_come_can_be_ended_before_it_begins(loaded: Loaded) -> None:
    row = say(loaded, DayKind.VELOCITY, 0.2, reach_id=4, since=AT + HOUR)
    daystate.end(loaded.session, row, by=BY, reason="postponed", at=AT)
    assert day(loaded, AT + HOUR).velocities == {}


def test_ending_needs_a_reason_a_statement_and_something_left_to_end(loaded: Loaded) -> None:
    row = say(loaded, DayKind.VELOCITY, 0.2, reach_id=4, until=AT + HOUR)
    with pytest.raises(BadInput, match="rests on"):
        daystate.end(loaded.session, row, by=BY, reason=" ", at=AT)
    with pytest.raises(NotFound, match="no statement 999"):
        daystate.end(loaded.session, 999, by=BY, reason="x", at=AT)
    with pytest.raises(Conflict, match="no longer holds"):
        daystate.end(loaded.session, row, by=BY, reason="x", at=AT + HOUR)
    daystate.end(loaded.session, row, by=BY, reason="x", at=AT)
    with pytest.raises(Conflict, match="no longer holds"):
        daystate.end(loaded.session, row, by=BY, reason="x", at=AT)
    with pytest.raises(NotFound):  # an ending is no statement that could be ended
        daystate.end(loaded.session, row + 1, by=BY, reason="x", at=AT)


def test_what_counts_on_the_whole_network_is_listed_without_what_it_replaced(loaded: Loaded) -> None:
    say(loaded, DayKind.VELOCITY, 0.2, reach_id=4)
    last = say(loaded, DayKind.VELOCITY, 0.3, reach_id=4, at=AT + HOUR)
    share = say(loaded, DayKind.SHARE, 0.3, reach_id=6, at=AT + 2 * HOUR)
    assert [each.id for each in daystate.in_force(loaded.session, network_id(loaded), AT + 2 * HOUR)] == [share, last]


# Operations ------------------------------------------------------------------------------------------------------------


def test_an_operation_changes_what_it_says_and_nothing_by_itself(loaded: Loaded) -> None:
    say(loaded, DayKind.OPERATION, Operation(3, GateAct.CLOSED))
    assert (day(loaded).shares, day(loaded).discharges) == ({}, {})
    say(loaded, DayKind.OPERATION, Operation(3, GateAct.CLOSED, share=0.0), at=AT + HOUR)
    assert day(loaded, AT + HOUR).shares == {6: 0.0}  # the canal, whose gate is site 3
    say(loaded, DayKind.OPERATION, Operation(3, GateAct.RELEASING, discharge_m3s=4.0), at=AT + 2 * HOUR)
    found = day(loaded, AT + 2 * HOUR)
    assert (found.shares, found.discharges) == ({6: 0.0}, {6: 4.0})
    [last, *_] = daystate.history(loaded.session, network_id(loaded), 6, AT + 2 * HOUR)
    assert last.value == {"site": 3, "act": "releasing", "share": None, "discharge_m3s": 4.0}


@pytest.mark.parametrize(
    ("operation", "reach_id", "sentence"),
    [
        (Operation(1, GateAct.CLOSED), None, "no gate or dam 1 here"),  # a section
        (Operation(99, GateAct.CLOSED), None, "no gate or dam 99 here"),
        (Operation(3, GateAct.CLOSED), 4, "no gate or dam 3 here"),
        (Operation(3, GateAct.RELEASING), None, "needs its discharge"),
        (Operation(3, GateAct.OPENED, share=1.5), None, "from 0 to 1"),
        (Operation(3, GateAct.OPENED, discharge_m3s=float("inf")), None, "from 0 to 500,000"),
    ],
)
def test_a_wrong_operation_is_refused(
    loaded: Loaded, operation: Operation, reach_id: int | None, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        say(loaded, DayKind.OPERATION, operation, reach_id=reach_id)


def test_a_number_is_no_operation_and_an_operation_no_number(loaded: Loaded) -> None:
    with pytest.raises(BadInput, match="what is done"):
        say(loaded, DayKind.OPERATION, 1.0, reach_id=6)
    with pytest.raises(BadInput, match="must be a number"):
        say(loaded, DayKind.SHARE, Operation(3, GateAct.CLOSED), reach_id=6)


# Use -------------------------------------------------------------------------------------------------------------------


def reaches(loaded: Loaded) -> dict[int, Reach]:
    return dict(fetch(loaded.session, loaded.version_id, Spot(1, 0.0)).reaches)


def test_a_speed_of_the_day_takes_the_place_of_the_reference_and_is_graded(loaded: Loaded) -> None:
    made = applied(reaches(loaded), {}, {4: 0.25}, {})
    assert (made[4].velocity_ms, made[4].velocity_grade) == (0.25, Grade.B)
    assert made[5] == reaches(loaded)[5]


def test_a_discharge_of_the_day_moves_the_speed_by_its_power_unless_a_speed_is_stated(loaded: Loaded) -> None:
    made = applied(reaches(loaded), {}, {5: 0.4}, {4: 5.6 * 32, 5: 80.0})
    assert made[4].discharge_m3s == pytest.approx(5.6 * 32)
    assert made[4].velocity_ms == pytest.approx(0.5 * 4.0)  # 32 to the power of 0.4 is 4
    assert (made[5].velocity_ms, made[5].discharge_m3s) == (0.4, 80.0)


def test_a_dry_reach_keeps_its_reference_speed(loaded: Loaded) -> None:
    made = applied(reaches(loaded), {}, {}, {4: 0.0})
    assert (made[4].discharge_m3s, made[4].velocity_ms) == (0.0, 0.5)


def test_a_day_that_nobody_spoke_of_changes_nothing(loaded: Loaded) -> None:
    assert applied(reaches(loaded), {}, {}, {}) == reaches(loaded)
    assert daystate.under(loaded.session, loaded.version_id, reaches(loaded), AT) == reaches(loaded)


def test_all_that_holds_is_used_and_the_other_branches_divide_the_rest(loaded: Loaded) -> None:
    say(loaded, DayKind.OPERATION, Operation(3, GateAct.OPENED, share=0.6))
    say(loaded, DayKind.VELOCITY, 0.25, reach_id=4)
    made = daystate.under(loaded.session, loaded.version_id, reaches(loaded), AT)
    assert (made[3].share, made[6].share) == pytest.approx((0.4, 0.6))
    assert (made[6].share_assumed, made[4].velocity_ms) == (False, 0.25)
    alone = daystate.under(loaded.session, loaded.version_id, {3: reaches(loaded)[3]}, AT)
    assert alone[3].share == pytest.approx(0.4)  # also where the branch spoken of is not among those traced


def test_the_journal_keeps_who_ended_what(database: Engine, tmp_path: Path) -> None:
    folder = valley.write(tmp_path)
    sessions = db.sessions(database)
    with sessions.begin() as session:
        load(session, folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=AT, by=BY)
        row = say(Loaded(session, 1, folder), DayKind.SHARE, 0.5, reach_id=6)
    with sessions.begin() as session:
        daystate.end(session, row, by=BY, reason="misread", at=AT + HOUR)
    with sessions.begin() as session:
        entry = journal.read(session, "system")[-1]
    assert entry.kind == "day_state.ended"
    assert entry.facts == {"day_state": row, "network": "valley", "kind": "share", "reach": 6}


@pytest.fixture
def queries(loaded: Loaded) -> Iterator[list[str]]:
    """The statements that are sent."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    connection = loaded.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)
