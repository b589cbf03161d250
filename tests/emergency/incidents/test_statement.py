"""A report: what may be left out, what is refused, and that every refusal names its field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emergency.errors import BadInput
from emergency.incidents.statement import Bank, Changes, SourceState, Verification, changes, fold, parse
from emergency.labels import label
from emergency.river.datum import from_gcj02, to_gcj02
from emergency.river.values import FlowState

NOW = datetime(2025, 11, 20, 18, 43, tzinfo=UTC)
PLACE = {"lon": 107.38, "lat": 30.60}


def test_only_the_place_is_required_and_the_rest_is_unknown() -> None:
    made = parse({"location": PLACE}, now=NOW)
    assert (made.lon, made.lat, made.known_at) == (107.38, 30.60, NOW)
    assert made.occurred is None
    assert made.substance is None
    assert made.mass_kg is None
    assert made.source_state is SourceState.UNKNOWN
    assert made.bank is Bank.UNKNOWN
    assert made.flow_state is FlowState.UNKNOWN
    assert made.verification is Verification.UNVERIFIED
    assert not made.drill
    assert not made.unlocated


@pytest.mark.parametrize("said", ["unknown", "不明", "未知", "  ", ""])
def test_an_unknown_substance_is_unknown_however_it_is_said(said: str) -> None:
    assert parse({"location": PLACE, "substance": said}, now=NOW).substance is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"location": None}, "location"),
        ({"location": {"lon": 200, "lat": 30}}, "location.lon"),
        ({"location": {"lon": 107, "lat": float("nan")}}, "location.lat"),
        ({"location": {"lon": 107}}, "location.lat"),
        ({"location": {"lon": "107", "lat": 30}}, "location.lon"),
        ({"mass_kg": -5}, "mass_kg"),
        ({"mass_kg": 0}, "mass_kg"),
        ({"mass_kg": float("inf")}, "mass_kg"),
        ({"mass_kg": True}, "mass_kg"),
        ({"duration_min": -1}, "duration_min"),
        ({"occurred_at": "2025-11-20T18:43:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": (NOW + timedelta(minutes=6)).isoformat()}, "occurred_at"),
        ({"known_at": (NOW + timedelta(days=1)).isoformat()}, "known_at"),
        ({"occurred_at": {"earliest": NOW.isoformat(), "latest": "2025-11-20T10:00:00Z"}}, "occurred_at"),
        ({"source_state": "maybe"}, "source_state"),
        ({"bank": "north"}, "bank"),
        ({"substanse": "ammonia"}, "substanse"),
        ({"impact": {"deaths": -1}}, "impact.deaths"),
        ({"reporter": "司机 +1 202 555 0143"}, "reporter"),
        ({"description": "x" * 3000}, "description"),
    ],
)
def test_bad_input_is_refused_with_the_field_that_is_wrong(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse({"location": PLACE} | change, now=NOW)
    assert refused.value.field == field
    assert refused.value.words.zh.startswith(label(field).zh)
    assert refused.value.words.en.lower().startswith(label(field).en.lower())
    assert refused.value.words.zh.endswith("。")
    assert refused.value.words.en.endswith(".")


def test_a_clock_that_runs_a_little_fast_is_no_error() -> None:
    at = NOW + timedelta(minutes=4)
    occurred = parse({"location": PLACE, "occurred_at": at.isoformat()}, now=NOW).occurred
    assert occurred is not None
    assert occurred.latest == at


def test_a_place_read_off_a_shifted_map_is_taken_back() -> None:
    # 396 m apart here, as measured for this region (data.md 3: 269 m east, 291 m south)
    lon, lat = to_gcj02(107.38, 30.60)
    assert abs(lon - 107.38) > 0.001
    assert abs(lat - 30.60) > 0.001
    made = parse({"location": {"lon": lon, "lat": lat, "datum": "gcj02"}}, now=NOW)
    assert made.lon == pytest.approx(107.38, abs=1e-8)
    assert made.lat == pytest.approx(30.60, abs=1e-8)
    assert from_gcj02(lon, lat) == pytest.approx((107.38, 30.60), abs=1e-8)


# Corrections ---------------------------------------------------------------------------------------------------------

HELD = {
    "location": PLACE,
    "substance": "柴油",
    "mass_kg": 500.0,
    "source_state": "stopped",
    "impact": {"deaths": 2, "evacuated": 40},
}


def corrected(*bodies: dict[str, Any]) -> dict[str, Any]:
    """What is held after corrections."""
    return fold([HELD, *(changes(body).stored() for body in bodies)])


def test_in_a_correction_null_makes_a_field_unknown_and_what_is_absent_stays() -> None:
    made = parse(corrected({"mass_kg": None, "source_state": None}), now=NOW)
    assert (made.mass_kg, made.source_state) == (None, SourceState.UNKNOWN)
    assert (made.substance, made.impact) == ("柴油", {"deaths": 2, "evacuated": 40})


@pytest.mark.parametrize(
    ("body", "clears"),
    [
        ({"substance": None}, ("substance",)),
        ({"substance": ""}, ("substance",)),
        ({"source_state": "unknown", "description": ""}, ("source_state", "description")),
        ({"occurred_at": None, "impact": None}, ("occurred_at", "impact")),
        ({"impact": {"deaths": None, "evacuated": 60}}, ("impact.deaths",)),
    ],
)
def test_a_correction_lists_what_it_makes_unknown(body: dict[str, Any], clears: tuple[str, ...]) -> None:
    assert changes(body).clears == clears


def test_the_impact_is_corrected_part_by_part() -> None:
    assert changes({"impact": {"deaths": None, "evacuated": 60}}).sets == {"impact": {"evacuated": 60}}
    assert corrected({"impact": {"deaths": None, "evacuated": 60}})["impact"] == {"evacuated": 60}
    assert "impact" not in corrected({"impact": None})


def test_a_later_report_that_says_nothing_of_a_field_does_not_make_it_unknown() -> None:
    later = {"mass_kg": None, "source_state": "unknown", "substance": "", "impact": {"deaths": None, "poisoned": 1}}
    made = parse(fold([HELD, later]), now=NOW)
    assert (made.mass_kg, made.source_state, made.substance) == (500.0, SourceState.STOPPED, "柴油")
    assert made.impact == {"deaths": 2, "evacuated": 40, "poisoned": 1}


def test_what_was_cleared_can_become_known_again() -> None:
    cleared = changes({"mass_kg": None}).stored()
    assert parse(fold([HELD, cleared, {"mass_kg": 800.0}]), now=NOW).mass_kg == 800.0


@pytest.mark.parametrize("field", ["location", "known_at", "medium", "verification", "unlocated", "drill"])
def test_what_cannot_be_unknown_is_not_cleared_and_the_sentence_says_what_to_give(field: str) -> None:
    with pytest.raises(BadInput, match="cannot-be-unknown") as refused:
        changes({field: None})
    assert refused.value.field == field
    assert refused.value.words.zh.startswith(f"{label(field).zh}：不能清空，")
    assert refused.value.words.en.lower().startswith(f"{label(field).en.lower()} cannot be made unknown: ")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colour": None}, "colour"),
        ({"cleared": ["location"]}, "cleared"),
        ({"impact": {"colour": None}}, "impact.colour"),
        ({"mass_kg": ""}, "mass_kg"),
        ({"occurred_at": {}}, "occurred_at"),
        ({"location": {}}, "location.lon"),
        ({"location": {"lon": None, "lat": 30.6}}, "location.lon"),
    ],
)
def test_a_correction_that_cannot_be_read_names_its_field(body: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(corrected(body), now=NOW)
    assert refused.value.field == field


def test_a_corrected_place_is_read_on_its_own_datum() -> None:
    held = {"location": {**PLACE, "datum": "gcj02"}}
    made = parse(fold([held, Changes({"location": PLACE}, ()).stored()]), now=NOW)
    assert (made.lon, made.lat) == (107.38, 30.60)
