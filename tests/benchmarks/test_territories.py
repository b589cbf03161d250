"""The made divisions tile their area: no gap, no overlap, ragged borders, codes like the official ones."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from benchmarks import made, territories
from emergency.jurisdictions import register

BOUNDS = (100.0, 25.0, 103.0, 28.0)


def polygons(wanted: int, seed: int = 1) -> list[shapely.Polygon]:
    drawn = territories.honeycomb(np.random.default_rng(seed), BOUNDS, wanted)
    return [shapely.Polygon(each.ring) for each in drawn]


@pytest.mark.parametrize("wanted", [4, 30, 332])
def test_the_territories_tile_the_area_without_gaps_or_overlaps(wanted: int) -> None:
    drawn = polygons(wanted)
    together = shapely.union_all(drawn)
    assert all(shapely.is_valid(drawn))
    assert shapely.coverage_is_valid(drawn)
    assert isinstance(together, shapely.Polygon)
    assert not together.interiors
    assert together.covers(shapely.box(*BOUNDS))
    assert together.area == pytest.approx(sum(each.area for each in drawn))


@pytest.mark.parametrize("seed", range(2, 8))
def test_whatever_the_chance(seed: int) -> None:
    drawn = polygons(20, seed)
    assert all(shapely.is_valid(drawn))
    assert shapely.coverage_is_valid(drawn)


def test_about_as_many_as_wished_with_some_1300_vertices_each() -> None:
    drawn = polygons(332)
    assert 315 <= len(drawn) <= 350
    assert {len(each.exterior.coords) for each in drawn} == {6 * territories.PARTS + 1}


def test_the_borders_wind_as_those_of_real_counties_do() -> None:
    # the perimeter over the root of the area: 5.4 to 7.6 for eight in ten of the counties around; 3.7 for a hexagon
    winding = [each.length / each.area**0.5 for each in polygons(332)]
    assert 5.8 < sorted(winding)[len(winding) // 2] < 6.9


def test_the_register_is_one_that_the_product_takes(tmp_path: Path) -> None:
    counties = made.write_divisions(tmp_path, BOUNDS, 332, seed=1)
    divisions = register.read_divisions(tmp_path / made.DIVISIONS, {})
    codes = {each.code for each in divisions if each.level == "county"}
    assert len(codes) == counties
    assert {len(each.code) for each in divisions} == {6}
    assert {each.desk for each in divisions if each.level == "county"} == {True}
    assert codes == {feature["properties"]["code"] for feature in _features(tmp_path)}


def test_every_polygon_has_its_row_and_codes_are_text(tmp_path: Path) -> None:
    made.write_divisions(tmp_path, BOUNDS, 30, seed=1)
    with (tmp_path / made.DIVISIONS).open(encoding="utf-8", newline="") as opened:
        rows = {row["code"]: row for row in csv.DictReader(opened)}
    for feature in _features(tmp_path):
        code = feature["properties"]["code"]
        assert isinstance(code, str)
        assert rows[rows[code]["parent"]]["level"] == "prefecture"


def _features(folder: Path) -> list[dict]:
    return list(json.loads((folder / made.BOUNDARIES).read_text(encoding="utf-8"))["features"])
