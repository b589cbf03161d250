"""The course as a document: limits, sites on the way, and the jurisdictions alone at once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from emergency import db
from emergency.errors import BadInput
from emergency.journal import Actor
from emergency.jurisdictions import course
from emergency.river import daystate, networks
from emergency.river.day import DayKind
from emergency.river.trace import Limit
from emergency.river.values import Direction, SiteKind, Spot
from tests.emergency.jurisdictions.conftest import AT

HEAD = Spot(1, 0.0)


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    with db.sessions(valley_database)() as opened:
        yield opened


def traced(session: db.Writing, spot: Spot = HEAD, **asked: Any) -> dict[str, Any]:
    return course.course(session, spot, at=AT, **asked)[1]


@pytest.mark.parametrize("main_only", [True, False])
def test_the_jurisdictions_alone_are_those_of_the_whole_course(session: db.Writing, main_only: bool) -> None:
    for reach_id in range(1, 10):
        spot = Spot(reach_id, 1_234.5)
        alone = course.quick(session, spot, at=AT, main_only=main_only)
        assert alone["jurisdictions"] == traced(session, spot, main_only=main_only)["jurisdictions"]
        assert alone["jurisdictions"]


def test_a_point_off_the_network_is_refused_with_the_sentence_of_the_snap(session: db.Writing) -> None:
    with pytest.raises(BadInput, match="beyond the tolerance"):
        course.quick(session, (100.03, 30.13), at=AT)
    assert course.quick(session, (100.03, 30.11), at=AT)["jurisdictions"]


@pytest.mark.parametrize(("kind", "value"), [(DayKind.VELOCITY, 2.0), (DayKind.DISCHARGE, 256.0)])
def test_where_speeds_of_the_day_are_stated_the_whole_trace_answers(
    session: db.Writing, kind: DayKind, value: float
) -> None:
    before = course.quick(session, HEAD, at=AT)
    network, _ = networks.active(session)
    by = Actor(process="test")
    daystate.record(session, network.id, kind=kind, value=value, reach_id=1, since=AT, by=by, reason="measured", at=AT)
    today = course.quick(session, HEAD, at=AT)
    assert today["jurisdictions"] == traced(session)["jurisdictions"]
    assert today["jurisdictions"][1]["enter_h"] < before["jurisdictions"][1]["enter_h"]
    assert course.quick(session, HEAD, at=AT - timedelta(hours=1)) == before


def test_within_so_many_km_the_last_reach_and_the_last_stay_end_there(session: db.Writing) -> None:
    """24 km: reaches 1 and 2, then 4 km of the river and of the canal, both of them in 中区."""
    found = traced(session, limit=Limit(within_m=24_000.0))
    assert {each["reach_id"]: each["leave_km"] for each in found["reaches"]} == {1: 10.0, 2: 20.0, 3: 24.0, 6: 24.0}
    assert [each["code"] for each in found["jurisdictions"]] == ["V10101", "V20100"]
    assert found["jurisdictions"][-1]["leave_km"] == 24.0
    assert found["length_km"] == 28.0


def test_within_so_many_hours_goes_for_the_walk_upstream_too(session: db.Writing) -> None:
    """From the foot of reach 2 (0.5 m/s) 25,000 s upstream are 12.5 km."""
    found = traced(session, Spot(2, 10_000.0), direction=Direction.UP, main_only=True, limit=Limit(within_s=25_000.0))
    assert {each["reach_id"]: each["leave_km"] for each in found["reaches"]} == {2: 10.0, 1: 12.5}
    assert [each["code"] for each in found["jurisdictions"]] == ["V20100", "V10101"]
    assert found["jurisdictions"][-1]["leave_km"] == 12.5


def test_sites_of_the_kinds_asked_for_lie_on_the_way(session: db.Writing) -> None:
    every = traced(session, kinds=tuple(SiteKind))["sites"]
    intakes = traced(session, kinds=(SiteKind.INTAKE,))["sites"]
    assert intakes == [each for each in every if each["kind"] == "intake"]
    assert [each["km"] for each in every] == sorted(each["km"] for each in every)
    near = every[0]
    beyond = Limit(within_m=near["km"] * 1000.0 - 1.0)
    assert near not in traced(session, kinds=tuple(SiteKind), limit=beyond)["sites"]
    assert "sites" not in traced(session)
