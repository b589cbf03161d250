"""`flask jurisdictions load`, as an administrator types it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import stretches
from emergency.river.load import load as load_river
from emergency.river.read import Profile
from emergency.web.app import parts
from tests import valley
from tests.emergency.jurisdictions.cast import SHANG, ZHONG
from tests.emergency.jurisdictions.conftest import BY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return valley.write(tmp_path)


def load(app: Flask, file: Path, *more: str) -> Result:
    return app.test_cli_runner().invoke(args=["jurisdictions", "load", str(file), *more])


def test_divisions_come_with_the_successors_beside_them(app: Flask, folder: Path) -> None:
    (folder / "successors.csv").write_text(
        "code,successor,from_date,note\nV10101,V10102,2030-01-01,\n", encoding="utf-8"
    )
    result = load(app, folder / "divisions.csv")
    assert result.exit_code == 0, result.output
    assert result.output.strip() == "9 divisions, 1 successions; 10 new or corrected."
    assert "0 new or corrected" in load(app, folder / "divisions.csv").output


def test_boundaries_are_made_active_and_cut_the_rivers_that_are_loaded(app: Flask, folder: Path) -> None:
    at = datetime(2025, 12, 1, tzinfo=UTC)
    load(app, folder / "divisions.csv")
    with app.app_context(), parts().sessions.begin() as session:
        report = load_river(session, folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=at, by=BY)
        assert report.version_id is not None
    result = load(app, folder / "boundaries.geojson")
    assert result.exit_code == 0, result.output
    assert "stretches cut, 0 outside all divisions, 0 reaches whose table" in result.output
    assert "the boundaries have only" in result.output  # five boxes are too little to test for the shift
    assert "No neighbours overlap." in result.output
    assert "There are no holes between divisions." in result.output
    assert "No river of" not in result.output
    with app.app_context(), parts().sessions.begin() as session:
        boundaries = jurisdictions.active_boundaries(session)
        found = stretches.pieces(session, report.version_id, boundaries, [2])
    assert [piece.code for piece in found] == [SHANG, ZHONG]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("divisions.txt", "", "divisions.txt: give a list of divisions (.csv) or boundaries (.geojson, .gpkg, .shp)"),
        ("divisions.csv", "code\n", "line 1: columns are missing: name_zh, name_en, level, parent"),
        ("boundaries.geojson", "{}", "boundaries.geojson cannot be read as GeoJSON, GeoPackage or Shapefile"),
    ],
)
def test_a_bad_file_gets_one_sentence_and_a_non_zero_exit(
    app: Flask, tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    result = load(app, tmp_path / name)
    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_a_dry_run_reports_and_changes_nothing(app: Flask, folder: Path) -> None:
    assert "Dry run, nothing changed: 9 divisions" in load(app, folder / "divisions.csv", "--dry-run").output
    assert "9 new or corrected" in load(app, folder / "divisions.csv").output
    result = load(app, folder / "boundaries.geojson", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Dry run, nothing changed: 5 territories, coordinate system EPSG:4326." in result.output
    with app.app_context(), parts().sessions.begin() as session:
        assert jurisdictions.drawn_boundaries(session) is None


def test_a_foreign_basin_needs_one_file_and_is_told_what_was_assumed(app: Flask, tmp_path: Path) -> None:
    """Two parishes on the Mississippi that overlap, with a hole in one of them and no list of divisions."""
    rings = {
        "22057": [box(-91.0, 29.0, -90.0, 30.0), box(-90.6, 29.4, -90.5, 29.5)[::-1]],
        "22075": [box(-90.01, 29.0, -89.0, 30.0)],
    }
    features = [
        {
            "type": "Feature",
            "properties": {"fips": code, "label": f"Parish {code}"},
            "geometry": {"type": "Polygon", "coordinates": ring},
        }
        for code, ring in rings.items()
    ]
    file = tmp_path / "parishes.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "source_line": "US Census", "features": features}))
    refused = load(app, file)
    assert refused.exit_code == 1
    assert "no column code: name the one with the codes by --code-column (there are: fips, label)" in refused.output
    result = load(app, file, "--code-column", "fips", "--name-column", "label", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert (report["version"], report["added"], report["polygons"]) == (1, ["22057", "22075"], 2)
    assert [said.split(":")[0] for said in report["assumed"]] == [
        "2 divisions that the list lacks take their names from this file.",
        "No column of levels",
        "No column of parents",
        "No column of desks",
        "Names in one language only",
    ]
    assert report["shift"]["fit"] == "not_tested"
    # 0.01 degrees of longitude by one of latitude at 29.5 N: 0.97 km by 111.2 km
    assert report["overlaps"]["count"] == 1
    assert report["overlaps"]["area_km2"] == pytest.approx(0.01 * 111.195 * 0.8704 * 111.195, rel=0.01)
    assert report["overlaps"]["examples"][0]["codes"] == ["22057", "22075"]
    # a tenth of a degree each way at 29.45 N
    assert report["gaps"]["area_km2"] == pytest.approx(0.1 * 111.195 * 0.8708 * 0.1 * 111.195, rel=0.01)
    assert report["gaps"]["examples"][0]["beside"] == ["22057"]
    with app.app_context(), parts().sessions.begin() as session:
        found = jurisdictions.division(session, datetime(2026, 1, 1, tzinfo=UTC))
        assert jurisdictions.source_line(session) == "US Census"
    assert (found.name("22057").zh, found.desk_of("22057")) == ("Parish 22057", "22057")
    again = load(app, file, "--code-column", "fips", "--name-column", "label", "--json")
    assert (json.loads(again.output)["version"], json.loads(again.output)["added"]) == (1, [])


def test_divisions_without_a_river_are_named(app: Flask, folder: Path) -> None:
    at = datetime(2025, 12, 1, tzinfo=UTC)
    with (folder / "divisions.csv").open("a", encoding="utf-8") as opened:
        opened.write("V40100,旱区,Dry District,county,V30000,,,0,0,\n")
    load(app, folder / "divisions.csv")
    drawn = valley.boundaries()
    dry = {"type": "Polygon", "coordinates": [box(102.0, 30.0, 102.5, 30.5)]}
    drawn["features"].append({"type": "Feature", "properties": {"code": "V40100"}, "geometry": dry})
    (folder / "boundaries.geojson").write_text(json.dumps(drawn), encoding="utf-8")
    with app.app_context(), parts().sessions.begin() as session:
        load_river(session, folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=at, by=BY)
    result = load(app, folder / "boundaries.geojson")
    assert result.exit_code == 0, result.output
    assert "No river of valley lies in 1 divisions: Dry District (V40100)." in result.output


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
