"""Points laid on the valley. One degree of longitude at 30.1 N is 96.4 km, one of latitude 110.9 km (WGS 84)."""

import pytest
from sqlalchemy import text

from emergency.errors import BadInput
from emergency.river.snap import snap
from tests.emergency.river.conftest import Loaded


def test_a_point_near_a_river_is_placed_with_its_distance_and_offset(loaded: Loaded) -> None:
    found = snap(loaded.session, loaded.version_id, 100.03, 30.11)
    assert found.chosen is not None
    assert (found.chosen.reach_id, found.chosen.name.zh) == (1, "谷河")
    assert found.chosen.distance_m == pytest.approx(1108.5, abs=1)  # 0.01 degree of latitude
    # three tenths of the drawn line are three tenths of its 10 km, though it is drawn 9.6 km long
    assert found.chosen.offset_m == pytest.approx(3000, abs=1)
    assert (found.chosen.lon, found.chosen.lat) == pytest.approx((100.03, 30.1))
    assert "1.1 公里" in found.words.zh
    assert "1.1 km" in found.words.en


def test_beyond_tolerance_nothing_is_chosen_and_the_sentence_says_what_to_do(loaded: Loaded) -> None:
    found = snap(loaded.session, loaded.version_id, 100.03, 30.13)
    assert found.chosen is None
    assert found.candidates[0].reach_id == 1
    assert found.candidates[0].distance_m == pytest.approx(3326, abs=2)
    assert "谷河" in found.words.zh
    assert "3.3 公里" in found.words.zh
    assert "3.3 km away, beyond the tolerance of 2 km: move the point" in found.words.en


def test_the_tolerance_is_the_callers(loaded: Loaded) -> None:
    assert snap(loaded.session, loaded.version_id, 100.03, 30.13, tolerance_m=3500).chosen is not None
    assert snap(loaded.session, loaded.version_id, 100.03, 30.11, tolerance_m=1000).chosen is None


def test_a_schematic_reach_has_its_own_tolerance(loaded: Loaded) -> None:
    schematic = "update reaches set schematic = true where version_id = :version and reach_id = 1"
    loaded.session.execute(text(schematic), {"version": loaded.version_id})
    found = snap(loaded.session, loaded.version_id, 100.03, 30.13)
    assert found.chosen is not None
    assert (found.chosen.reach_id, found.chosen.schematic) == (1, True)
    assert snap(loaded.session, loaded.version_id, 100.03, 30.16).chosen is None


def test_side_by_side_the_nearer_on_the_ground_comes_first(loaded: Loaded) -> None:
    # West of the tributary (100.10) by 0.0102 degrees = 983 m; north of the river (30.10) by 0.0095 degrees = 1,053 m: by
    # degrees the river would be nearer.
    found = snap(loaded.session, loaded.version_id, 100.0898, 30.1095)
    assert [candidate.reach_id for candidate in found.candidates[:2]] == [8, 1]
    assert [candidate.distance_m for candidate in found.candidates[:2]] == pytest.approx([983, 1053], abs=2)


def test_candidates_come_nearest_first(loaded: Loaded) -> None:
    distances = [each.distance_m for each in snap(loaded.session, loaded.version_id, 100.2, 30.13).candidates]
    assert len(distances) == 8
    assert distances == sorted(distances)


def test_on_a_divergence_the_reach_above_it_is_chosen_so_that_every_branch_is_downstream(loaded: Loaded) -> None:
    found = snap(loaded.session, loaded.version_id, 100.2, 30.1)
    assert found.chosen is not None
    assert found.chosen.reach_id == 2
    assert found.chosen.offset_m == pytest.approx(10_000)
    assert {candidate.reach_id for candidate in found.candidates[:3]} == {2, 3, 6}


def test_on_a_confluence_the_greater_river_is_chosen(loaded: Loaded) -> None:
    found = snap(loaded.session, loaded.version_id, 100.1, 30.1)
    assert found.chosen is not None
    assert found.chosen.reach_id == 1  # 5 m3/s; the tributary has 3


def test_at_sea_the_nearest_river_is_named_with_its_distance(loaded: Loaded) -> None:
    found = snap(loaded.session, loaded.version_id, 125.0, 30.0)
    assert found.chosen is None
    assert found.candidates[0].reach_id == 5
    assert found.candidates[0].distance_m == pytest.approx(2_355_000, rel=0.01)


@pytest.mark.parametrize(
    ("lon", "lat", "field"),
    [(200.0, 30.0, "lon"), (30.1, 100.2, "lat"), (float("nan"), 30.0, "lon"), (100.0, float("inf"), "lat")],
)
def test_a_point_off_the_globe_is_refused(loaded: Loaded, lon: float, lat: float, field: str) -> None:
    with pytest.raises(BadInput, match="longitude first") as refused:
        snap(loaded.session, loaded.version_id, lon, lat)
    assert refused.value.field == field


def test_the_poles_are_merely_far_away(loaded: Loaded) -> None:
    assert snap(loaded.session, loaded.version_id, 0.0, 90.0).chosen is None
