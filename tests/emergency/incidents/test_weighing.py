"""What several reports come to: the newest verified word on each field, and where they contradict each other."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emergency.incidents.statement import Verification
from emergency.incidents.weighing import Heard, apart_km, weigh

AT = datetime(2025, 11, 20, 18, 43, tzinfo=UTC)
HERE = {"lon": 100.02, "lat": 30.1}
FAR = {"lon": 100.05, "lat": 30.1}
U, P, V, R = (
    Verification.UNVERIFIED,
    Verification.PRELIMINARY,
    Verification.VERIFIED,
    Verification.REFUTED,
)


def heard(n: int, said: dict[str, Any], state: Verification = U, *, file: int = 1, **more: Any) -> Heard:
    at = AT + timedelta(minutes=n)
    return Heard(n, file, more.pop("since", at), at, {"location": HERE, **said} if n == 1 else said, state, **more)


def corrected(n: int, sets: dict[str, Any], *cleared: str, file: int = 1) -> Heard:
    return heard(n, {**sets, "cleared": list(cleared)}, file=file)


@pytest.mark.parametrize(
    ("states", "held"),
    [
        ((U, U, U), 3),
        ((U, P, U), 2),
        ((V, P, U), 1),
        ((V, V, P), 2),
        ((U, U, R), 2),
        ((R, R, U), 3),
    ],
)
def test_the_newest_verified_word_holds_then_the_newest_preliminary_then_the_newest(
    states: tuple[Verification, ...], held: int
) -> None:
    said = ["柴油", "硫酸", "氨水"]
    made = weigh([heard(n, {"substance": said[n - 1]}, state) for n, state in enumerate(states, 1)], file=1)
    assert (made.body["substance"], made.sources["substance"]) == (said[held - 1], held)


def test_a_report_that_says_nothing_of_a_field_takes_nothing_away() -> None:
    made = weigh(
        [heard(1, {"mass_kg": 500.0, "bank": "left"}), heard(2, {"mass_kg": None, "bank": "unknown"}, V)], file=1
    )
    assert (made.body["mass_kg"], made.body["bank"]) == (500.0, "left")


def test_a_refuted_report_counts_no_more_and_one_that_is_taken_up_again_counts() -> None:
    first, second = heard(1, {}), heard(2, {"substance": "柴油"}, R)
    assert "substance" not in weigh([first, second], file=1).body
    again = heard(2, {"substance": "柴油"}, U)
    assert weigh([first, again], file=1).body["substance"] == "柴油"


def test_place_and_time_are_the_first_reports_that_still_counts() -> None:
    second = heard(2, {"location": FAR, "occurred_at": AT.isoformat()})
    made = weigh([heard(1, {}), second], file=1)
    assert (made.body["location"], made.sources["location"]) == (HERE, 1)
    assert "occurred_at" not in made.body
    made = weigh([heard(1, {}, R), second], file=1)
    assert (made.body["location"], made.sources["location"]) == (FAR, 2)


def test_news_without_a_river_yields_its_place_to_news_that_lies_on_one() -> None:
    lost = heard(1, {"unlocated": True})
    made = weigh([lost, heard(2, {"location": FAR})], file=1)
    assert made.body["location"] == FAR
    assert "unlocated" not in made.body


def test_a_correction_puts_aside_what_was_said_before_it_and_a_later_verified_word_holds_again() -> None:
    words = [heard(1, {"substance": "柴油"}, V), corrected(2, {"substance": "硫酸"})]
    assert weigh(words, file=1).body["substance"] == "硫酸"
    assert weigh([*words, heard(3, {"substance": "氨水"})], file=1).body["substance"] == "硫酸"
    assert weigh([*words, heard(3, {"substance": "氨水"}, V)], file=1).body["substance"] == "氨水"


def test_what_a_correction_cleared_is_unknown_until_somebody_says_it_anew() -> None:
    words = [
        heard(1, {"mass_kg": 500.0, "impact": {"deaths": 2, "evacuated": 4}}),
        corrected(2, {}, "mass_kg", "impact.deaths"),
    ]
    made = weigh(words, file=1)
    assert "mass_kg" not in made.body
    assert made.body["impact"] == {"evacuated": 4}
    assert weigh([*words, heard(3, {"mass_kg": 80.0})], file=1).body["mass_kg"] == 80.0


def test_the_correction_of_a_merged_file_does_not_move_the_file_that_it_goes_on_in() -> None:
    own = heard(1, {})
    theirs = [heard(2, {"location": FAR}, file=2), corrected(3, {"location": {"lon": 101.0, "lat": 30.0}}, file=2)]
    assert weigh([own, *theirs], file=1).body["location"] == HERE
    refuted = heard(1, {}, R)
    assert weigh([refuted, *theirs], file=1).body["location"] == {"lon": 101.0, "lat": 30.0}


def test_contradictions_are_named_with_their_reports() -> None:
    made = weigh(
        [
            heard(1, {"substance": "柴油", "mass_kg": 5.0, "source_state": "continuing", "impact": {"deaths": 1}}, V),
            heard(2, {"substance": "硫酸", "mass_kg": 5.0, "source_state": "stopped", "location": FAR}),
            heard(3, {"impact": {"deaths": 2}}),
        ],
        file=1,
    )
    found = {each.field: (each.held, [(other.n, other.value) for other in each.others]) for each in made.differences}
    assert found == {
        "location": (1, [(2, FAR)]),
        "substance": (1, [(2, "硫酸")]),
        "source_state": (1, [(2, "stopped")]),
        "impact.deaths": (1, [(3, 2)]),
    }


def test_that_the_source_has_stopped_since_contradicts_nothing_said_before() -> None:
    made = weigh([heard(1, {"source_state": "continuing"}), heard(2, {"source_state": "stopped"})], file=1)
    assert (made.body["source_state"], made.differences) == ("stopped", [])


def test_a_report_that_it_began_earlier_is_shown() -> None:
    early = {"earliest": (AT - timedelta(hours=1)).isoformat(), "latest": AT.isoformat()}
    made = weigh([heard(1, {"occurred_at": AT.isoformat()}), heard(2, {"occurred_at": early})], file=1)
    assert [(each.field, each.held) for each in made.differences] == [("occurred_at", 1)]
    later = (AT + timedelta(hours=1)).isoformat()
    made = weigh([heard(1, {"occurred_at": AT.isoformat()}), heard(2, {"occurred_at": later})], file=1)
    assert made.differences == []


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ([heard(1, {}), heard(2, {})], U),
        ([heard(1, {}), heard(2, {}, P)], P),
        ([heard(1, {}, V), heard(2, {})], V),
        ([heard(1, {}, R), heard(2, {})], U),
        ([heard(1, {}, R), heard(2, {}, R)], R),
        ([heard(1, {}, V), corrected(2, {"verification": "unverified"})], U),
        ([corrected(2, {"verification": "unverified"}), heard(1, {}, V, judged_at=AT + timedelta(minutes=3))], V),
    ],
)
def test_an_event_is_as_far_checked_as_the_best_of_its_reports(reports: list[Heard], state: Verification) -> None:
    made = weigh(reports, file=1)
    assert (made.verification, made.body["verification"]) == (state, state.value)


def test_when_all_is_refuted_it_is_still_told_what_had_been_said() -> None:
    made = weigh([heard(1, {"substance": "柴油"}, R)], file=1)
    assert (made.verification, made.body["location"], made.body["substance"]) == (R, HERE, "柴油")


def test_a_refuted_report_gives_its_place_where_no_other_names_one_and_nothing_else() -> None:
    made = weigh([heard(1, {"substance": "柴油", "mass_kg": 5.0}, R), heard(2, {"substance": "硫酸"})], file=1)
    assert (made.body["location"], made.body["substance"], made.verification) == (HERE, "硫酸", U)
    assert "mass_kg" not in made.body


def test_the_order_in_which_reports_are_given_changes_nothing() -> None:
    reports = [heard(1, {"substance": "柴油"}), heard(2, {"substance": "硫酸"}, P), corrected(3, {"bank": "left"})]
    assert weigh(reports, file=1) == weigh(reversed(reports), file=1)


def test_how_far_apart_two_places_lie() -> None:
    assert apart_km({"lon": 100.0, "lat": 30.0}, {"lon": 100.0, "lat": 31.0}) == pytest.approx(111.195, abs=0.01)
