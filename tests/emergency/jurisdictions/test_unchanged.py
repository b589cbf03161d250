"""A new version cuts only what has changed, and comes out as if all had been cut anew."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

from emergency.db import Writing
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import stretches
from emergency.jurisdictions.stretches import StretchReport
from emergency.river.load import load
from emergency.river.read import Profile
from tests.emergency.jurisdictions.conftest import AT, BY, Ground

ROWS = (
    "select to_jsonb(t) - 'network_version_id' - 'boundary_version_id' from {table} t "
    "where network_version_id = {network} and boundary_version_id = {boundaries} order by 1"
)
PATHS = 4
"""The river, the canal, the tributary, the canal that only crosses."""


def rows(session: Writing, version: int, boundaries: int) -> list[list[Any]]:
    return [
        list(session.scalars(text(ROWS.format(table=table, network=version, boundaries=boundaries))))
        for table in ("stretches", "runs")
    ]


def written(
    ground: Ground, name: str, change: Mapping[int, Mapping[str, Any]], drop: frozenset[int] = frozenset()
) -> Path:
    """The valley's file with some properties of some reaches changed and some reaches left out."""
    content = json.loads((ground.folder / "network.geojson").read_text())
    content["features"] = [each for each in content["features"] if each["properties"]["reach_id"] not in drop]
    for each in content["features"]:
        each["properties"].update(change.get(each["properties"]["reach_id"], {}))
    file = ground.folder / name
    file.write_text(json.dumps(content))
    return file


def loaded(ground: Ground, file: Path) -> int:
    report = load(ground.session, file, profile=Profile.PLAIN, name="valley", at=AT, by=BY)
    assert report.version_id is not None
    return report.version_id


def checked(ground: Ground, version: int, boundaries: int) -> StretchReport:
    """Build from what stands, then anew: the same rows, the same gaps."""
    report = stretches.build(ground.session, version, boundaries)
    found = rows(ground.session, version, boundaries)
    anew = stretches.build(ground.session, version, boundaries, anew=True)
    assert found == rows(ground.session, version, boundaries)
    assert all(found)
    assert sorted(report.gaps, key=str) == sorted(anew.gaps, key=str)
    assert (report.reaches, report.stretches, report.runs, report.from_tables) == (
        anew.reaches,
        anew.stretches,
        anew.runs,
        anew.from_tables,
    )
    assert (anew.cut_paths, anew.copied_paths) == (report.cut_paths + report.copied_paths, 0)
    return report


def test_mending_one_reach_cuts_its_main_path_alone(ground: Ground) -> None:
    first = stretches.build(ground.session, loaded(ground, ground.folder / "network.geojson"), ground.boundaries)
    assert (first.cut_paths, first.copied_paths) == (PATHS, 0)
    mended = loaded(ground, written(ground, "mended.geojson", {7: {"length_km": 11.5}}))
    report = checked(ground, mended, ground.boundaries)
    assert (report.cut_paths, report.copied_paths) == (1, PATHS - 1)


def test_a_speed_that_changes_gives_new_times(ground: Ground) -> None:
    stretches.build(ground.session, loaded(ground, ground.folder / "network.geojson"), ground.boundaries)
    faster = loaded(ground, written(ground, "faster.geojson", {8: {"velocity_ms": 2.0}}))
    report = checked(ground, faster, ground.boundaries)
    assert (report.cut_paths, report.copied_paths) == (1, PATHS - 1)


def test_a_reach_that_is_gone_is_missed_on_its_path(ground: Ground) -> None:
    """Without the head of the river, what was its second reach is the head."""
    stretches.build(ground.session, loaded(ground, ground.folder / "network.geojson"), ground.boundaries)
    shorter = loaded(ground, written(ground, "shorter.geojson", {}, frozenset({9, 8})))
    report = checked(ground, shorter, ground.boundaries)
    assert (report.cut_paths, report.copied_paths) == (0, PATHS - 2)
    beheaded = loaded(ground, written(ground, "beheaded.geojson", {}, frozenset({9, 8, 1})))
    assert checked(ground, beheaded, ground.boundaries).cut_paths == 1


def test_a_table_that_changes_is_read_again(ground: Ground) -> None:
    stretches.build(ground.session, loaded(ground, ground.folder / "network.geojson"), ground.boundaries)
    table = [{"code": "V10102", "from_m": 0.0, "to_m": 11000.0, "bank": "both"}]
    told = loaded(ground, written(ground, "told.geojson", {8: {"stretches": json.dumps(table)}}))
    report = checked(ground, told, ground.boundaries)
    assert (report.cut_paths, report.copied_paths, report.from_tables) == (1, PATHS - 1, 1)


def test_what_matters_to_no_stretch_is_no_change(ground: Ground) -> None:
    stretches.build(ground.session, loaded(ground, ground.folder / "network.geojson"), ground.boundaries)
    sloping = loaded(ground, written(ground, "sloping.geojson", {9: {"slope": 0.001}}))
    report = checked(ground, sloping, ground.boundaries)
    assert (report.cut_paths, report.copied_paths) == (0, PATHS)


def test_changing_one_polygon_cuts_the_paths_that_touch_it(ground: Ground) -> None:
    """中区 grows to the north."""
    version = loaded(ground, ground.folder / "network.geojson")
    stretches.build(ground.session, version, ground.boundaries)
    content = json.loads((ground.folder / "boundaries.geojson").read_text())
    for each in content["features"]:
        if each["properties"]["code"] == "V20100":
            ring = each["geometry"]["coordinates"][0]
            while isinstance(ring[0][0], list):
                ring = ring[0]
            top = max(lat for _, lat in ring)
            each["geometry"]["coordinates"] = json.loads(
                json.dumps(each["geometry"]["coordinates"]).replace(json.dumps(top), json.dumps(top + 0.001))
            )
    file = ground.folder / "redrawn.geojson"
    file.write_text(json.dumps(content))
    redrawn = jurisdictions.load_boundaries(ground.session, file, at=AT, by=BY)
    report = checked(ground, version, redrawn)
    touching = ground.session.scalar(
        text(
            "select count(distinct r.path_id) from reaches r join boundaries b on st_intersects(r.geom, b.geom) "
            "where r.version_id = :version and b.code = 'V20100' and b.boundary_version_id = any(:both)"
        ),
        {"version": version, "both": [ground.boundaries, redrawn]},
    )
    assert report.cut_paths == touching
    assert 0 < report.cut_paths < PATHS


def test_progress_counts_all_reaches(ground: Ground) -> None:
    told: list[tuple[int, int]] = []
    version = loaded(ground, ground.folder / "network.geojson")
    stretches.build(ground.session, version, ground.boundaries, progress=lambda done, all_: told.append((done, all_)))
    assert told[-1] == (9, 9)
    assert told == sorted(told)
