"""The measures of the first hour, from the facts of a journal alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emergency.incidents.measures import first_hour
from emergency.journal import Entry
from emergency.units import iso

KNOWN = datetime(2025, 11, 20, 18, 41, tzinfo=UTC)
INTAKE = 5001


def entry(minute: float, what: str, /, *, stated: float | None = None, **facts: Any) -> Entry:
    """Something entered so many minutes after the event was known."""
    if stated is not None:
        facts["stated_at"] = iso(KNOWN + timedelta(minutes=stated))
    return Entry("incident:1", 1, KNOWN + timedelta(minutes=minute), what, {}, facts, "", "")


def owed(notification: int, tells: str, circle: str = "now", **facts: Any) -> Entry:
    return entry(1, "notification.proposed", notification=notification, tells=tells, circle=circle, **facts)


def issued(minute: float, notification: int, tells: str, *, earliest: str | None = None, **facts: Any) -> Entry:
    content = {"earliest_at": earliest, "drill": facts.pop("drill", False)}
    known: dict[str, Any] = {
        "notification": notification,
        "tells": tells,
        "circle": "now",
        "kind": "incident",
        "content": content,
    }
    return entry(minute, "notification.issued", **(known | facts))


def read_back(minute: float, tells: str, *, stated: float | None = None) -> Entry:
    return entry(minute, "notification.acknowledged", tells=tells, stated=stated)


def of(entries: list[Entry], *, drill: bool = False, nearest: int | None = INTAKE) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in first_hour(KNOWN, entries, drill=drill, nearest_intake=nearest)}


def test_before_anything_is_done_nothing_is_met_and_nothing_is_missed() -> None:
    found = of([])
    assert [found[name]["value"] for name in ("first_call", "nearest_intake", "downstream", "all_now")] == [None] * 4
    assert [found[name]["met"] for name in ("first_call", "nearest_intake", "downstream", "all_now")] == [None] * 4
    assert [found[name]["value"] for name in ("wrong_person", "unmarked_drill")] == [0.0, 0.0]
    assert found["all_now"]["of"] == 0


def test_a_practised_officer_meets_them_all() -> None:
    found = of(
        [
            owed(1, "梁平"),
            owed(2, "省厅", kind="report_upward"),
            entry(2, "intake.called", site=INTAKE, outcome="read_back"),
            issued(8, 1, "梁平", earliest="2025-11-20T23:30:00Z"),
            read_back(10, "梁平"),
            issued(20, 2, "省厅", kind="report_upward"),
            read_back(25, "省厅"),
        ]
    )
    assert {name: each["value"] for name, each in found.items()} == {
        "first_call": 2.0,
        "nearest_intake": 2.0,
        "downstream": 10.0,
        "all_now": 25.0,
        "wrong_person": 0.0,
        "unmarked_drill": 0.0,
    }
    assert all(each["met"] for each in found.values())


def test_an_intake_counts_when_it_has_read_back_and_a_call_when_it_was_made() -> None:
    late = [
        entry(12, "intake.called", site=INTAKE, outcome="no_answer", stated=2),
        entry(13, "intake.called", site=7, outcome="read_back"),
        entry(30, "intake.called", site=INTAKE, outcome="read_back", stated=11),
    ]
    found = of(late)
    assert (found["first_call"]["value"], found["first_call"]["met"]) == (2.0, True)
    assert (found["nearest_intake"]["value"], found["nearest_intake"]["met"]) == (11.0, False)
    assert of(late, nearest=None)["nearest_intake"]["of"] == 0, "without an intake there is nothing to measure"


def test_the_first_desk_downstream_is_the_one_that_the_water_reaches_first() -> None:
    entries = [
        issued(5, 1, "广安", earliest="2025-11-21T10:00:00Z"),
        issued(6, 2, "梁平", earliest="2025-11-20T23:30:00Z"),
        issued(6, 3, "省厅", kind="report_upward"),
        read_back(7, "广安"),
        read_back(8, "省厅"),
    ]
    assert of(entries)["downstream"]["value"] is None
    assert of([*entries, read_back(19, "梁平")])["downstream"] == {
        "name": "downstream",
        "unit": "min",
        "value": 19.0,
        "within": 15,
        "done": 1,
        "of": 1,
        "met": False,
    }


def test_all_of_now_waits_for_the_last_of_them_and_for_those_not_even_told() -> None:
    entries = [
        owed(1, "梁平"),
        owed(2, "渝北"),
        owed(3, "广安", circle="watch"),
        issued(5, 1, "梁平"),
        read_back(9, "梁平"),
    ]
    assert [of(entries)["all_now"][name] for name in ("value", "done", "of")] == [None, 1, 2]
    withheld = entry(10, "notification.withheld", notification=2)
    assert [of([*entries, withheld])["all_now"][name] for name in ("value", "done", "of")] == [9.0, 1, 1]
    told = [*entries, issued(20, 2, "渝北"), read_back(45, "渝北", stated=31)]
    assert [of(told)["all_now"][name] for name in ("value", "met")] == [31.0, False]


def test_a_wrong_person_and_an_unmarked_drill_are_counted() -> None:
    entries = [
        entry(3, "delivery.called", outcome="wrong_number"),
        entry(4, "intake.called", site=1, outcome="wrong_number"),
        issued(5, 1, "梁平", drill=False),
        issued(6, 2, "渝北", drill=True),
    ]
    assert [of(entries, drill=True)[name]["value"] for name in ("wrong_person", "unmarked_drill")] == [2.0, 1.0]
    assert of(entries)["unmarked_drill"]["value"] == 0.0
    assert of(entries)["wrong_person"]["met"] is False
