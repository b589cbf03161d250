"""What is stated of a day holds from its beginning to its end, and the latest statement counts."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from emergency import db, journal
from emergency.errors import BadInput
from emergency.river import daystate
from emergency.river.daystate import DayKind, divided
from emergency.river.load import load
from emergency.river.networks import active
from emergency.river.read import Profile
from emergency.river.trace import fetch
from emergency.river.travel import passages
from emergency.river.values import FlowState, Spot
from tests import valley
from tests.emergency.river.conftest import AT, BY, Loaded

HOUR = timedelta(hours=1)


def say(
    loaded: Loaded,
    kind: DayKind,
    value: float | FlowState,
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
        (DayKind.VELOCITY, float("nan"), 6, "from 0 to 20"),
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
