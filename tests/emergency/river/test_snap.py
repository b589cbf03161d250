"""Points laid on the valley. One degree of longitude at 30.1 N is 96.4 km, one of latitude 110.9 km (WGS 84)."""

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from emergency.db import Writing
from emergency.errors import BadInput
from emergency.jurisdictions.cutting import driver
from emergency.river.load import load
from emergency.river.read import Profile
from emergency.river.snap import CHOSEN, PER_RIVER, USUAL, Tolerance, asked, snap
from tests.emergency.river.conftest import AT, BY, Loaded

Line = Sequence[tuple[float, float]]


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
    assert snap(loaded.session, loaded.version_id, 100.03, 30.13, within=Tolerance(3500)).chosen is not None
    assert snap(loaded.session, loaded.version_id, 100.03, 30.11, within=Tolerance(1000)).chosen is None


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
    assert len(distances) == 7  # three of the river's five reaches, two of the canal, one of each other
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


def drawn(session: Writing, folder: Path, lines: Sequence[tuple[str, Line]]) -> int:
    """A network of unconnected reaches, numbered from 1, each with the name of its river."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "reach_id": n, "from_node": 2 * n, "to_node": 2 * n + 1, "length_km": 1.0, "name": name, "code": str(n)
            },
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for n, (name, line) in enumerate(lines, 1)
    ]  # fmt: skip
    file = folder / "drawn.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    report = load(session, file, profile=Profile.PLAIN, name="drawn", at=AT, by=BY)
    assert report.version_id is not None
    return report.version_id


def in_one_statement(session: Writing, version: int, lon: float, lat: float) -> int | None:
    """What `CHOSEN`, the same choice within a statement, makes of a point."""
    statement = f"with {CHOSEN.format(reaches=f'reaches_v{version}')} select reach_id from chosen"
    wanted = asked(lon, lat, USUAL)
    row = driver(session).execute(statement, wanted).fetchone()
    return None if row is None else int(row[0])


@pytest.mark.parametrize("lat", [65.0, 70.0, 75.0, -72.0])
def test_where_degrees_of_longitude_are_short_the_nearest_on_the_ground_is_found(
    session: Writing, tmp_path: Path, lat: float
) -> None:
    """Forty reaches lie north and south, nearer by degrees; one lies east, nearer by metres."""
    shrink = math.cos(math.radians(lat))
    around = [(f"北{n}", [(20.0, lat + 0.009 + n * 1e-5), (20.001, lat + 0.009 + n * 1e-5)]) for n in range(40)]
    east = 20.0 + 0.006 / shrink
    version = drawn(session, tmp_path, [*around, ("东", [(east, lat - 0.001), (east, lat + 0.001)])])
    found = snap(session, version, 20.0, lat)
    assert found.chosen is not None
    assert found.chosen.name.zh == "东"
    assert found.chosen.distance_m == pytest.approx(0.006 * 111_400, rel=0.01)
    assert in_one_statement(session, version, 20.0, lat) == 41


@pytest.mark.parametrize("seed", range(4))
def test_the_choice_is_that_of_measuring_every_reach(session: Writing, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    lat = chance.choice((-75.0, -30.0, 0.0, 45.0, 66.0, 75.0))
    wide = 0.2 / math.cos(math.radians(lat))
    lines = []
    for n in range(300):
        x, y = chance.uniform(-wide, wide), lat + chance.uniform(-0.2, 0.2)
        lines.append((f"河{n}", [(x, y), (x + chance.uniform(-0.02, 0.02), y + chance.uniform(-0.01, 0.01))]))
    version = drawn(session, tmp_path, lines)
    for _ in range(40):
        x, y = chance.uniform(-wide, wide), lat + chance.uniform(-0.2, 0.2)
        measured = session.execute(
            text(
                "select reach_id, st_distance(geom::geography, st_setsrid(st_makepoint(:x, :y), 4326)::geography) as away "
                "from reaches where version_id = :version order by 2 limit 2"
            ),
            {"x": x, "y": y, "version": version},
        ).all()
        (nearest, away_m), (_, next_m) = measured
        found = snap(session, version, x, y)
        assert found.candidates[0].distance_m == pytest.approx(away_m, rel=0.001, abs=1.0)
        if next_m - away_m > 5.0 and abs(away_m - 2_000.0) > 5.0:
            chosen = None if found.chosen is None else found.chosen.reach_id
            assert chosen == in_one_statement(session, version, x, y) == (nearest if away_m < 2_000.0 else None)


def test_where_rivers_run_side_by_side_each_is_listed(session: Writing, tmp_path: Path) -> None:
    """甲河 has twenty reaches along the point, 乙河 one reach 400 m further off, 丙河 one beyond that."""
    first = [("甲河", [(100.0 + n * 0.001, 30.0), (100.0 + (n + 1) * 0.001, 30.0)]) for n in range(20)]
    others = [("乙河", [(100.0, 29.996), (100.02, 29.996)]), ("丙河", [(100.0, 29.99), (100.02, 29.99)])]
    found = snap(session, drawn(session, tmp_path, [*first, *others]), 100.01, 30.0005)
    names = [each.name.zh for each in found.candidates]
    assert names == ["甲河"] * PER_RIVER + ["乙河", "丙河"]
    assert found.chosen is not None
    assert found.chosen.name.zh == "甲河"


def test_a_schematic_choice_beyond_nearer_rivers_is_among_the_candidates(loaded: Loaded) -> None:
    schematic = "update reaches set schematic = true where version_id = :version and reach_id = 8"
    loaded.session.execute(text(schematic), {"version": loaded.version_id})
    found = snap(loaded.session, loaded.version_id, 100.07, 30.125, within=Tolerance(500))
    assert found.chosen is not None
    assert (found.chosen.reach_id, found.chosen.schematic) == (8, True)
    assert found.chosen in found.candidates
