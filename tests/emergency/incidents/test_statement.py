"""A report: what may be left out, what is refused, and that every refusal names its field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emergency.errors import BadInput
from emergency.incidents.statement import Bank, SourceState, Verification, parse
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
    assert field in refused.value.words.zh or field in refused.value.words.en
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
