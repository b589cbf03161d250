"""What a check finds beside what refuses a load: ends in the air, crossings, and which versions may go."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from emergency.db import Writing
from emergency.errors import Conflict
from emergency.river import networks
from emergency.river.findings import Finding
from emergency.river.load import LoadReport, Profile, load
from emergency.river.models import NetworkVersionRow
from tests.emergency.river.conftest import AT, BY

Reach = tuple[int, int, int, Sequence[tuple[float, float]]]
"""id, from node, to node, line"""
# a river of two reaches along 30 N, 19 km; 0.001 degrees of latitude are 111 m
RIVER: Sequence[Reach] = (
    (1, 1, 2, [(100.0, 30.0), (100.1, 30.0)]),
    (2, 2, 3, [(100.1, 30.0), (100.2, 30.0)]),
)


def bring(session: Writing, folder: Path, *reaches: Reach, schematic: bool = False, **how: Any) -> LoadReport:
    features = [_feature(reach, schematic and n >= len(RIVER)) for n, reach in enumerate((*RIVER, *reaches))]
    file = folder / f"{len(features)}.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return load(session, file, profile=Profile.PLAIN, name="trial", at=AT, by=BY, **how)


def _feature(reach: Reach, schematic: bool) -> Mapping[str, Any]:
    reach_id, upper, lower, line = reach
    stated = {"reach_id": reach_id, "from_node": upper, "to_node": lower, "length_km": 10, "velocity_ms": 1}
    geometry = {"type": "LineString", "coordinates": line}
    return {"type": "Feature", "properties": {**stated, "schematic": schematic}, "geometry": geometry}


def dangling(report: LoadReport) -> list[Finding]:
    return [finding for finding in report.findings if finding.slug == "dangling"]


def test_an_end_close_to_another_river_is_listed_with_place_distance_and_neighbour(
    session: Writing, tmp_path: Path
) -> None:
    (finding,) = dangling(bring(session, tmp_path, (7, 8, 9, [(100.05, 30.1), (100.05, 30.003)])))
    # 0.003 degrees of latitude on a sphere of 6371 km
    assert [str(example) for example in finding.examples] == ["7 (100.05000, 30.00300): 334 m: 1"]
    assert not finding.refuses


def test_an_end_farther_off_than_snapping_distance_is_not(session: Writing, tmp_path: Path) -> None:
    assert dangling(bring(session, tmp_path, (7, 8, 9, [(100.05, 30.1), (100.05, 30.005)]))) == []


def test_an_end_that_joins_by_its_node_is_not(session: Writing, tmp_path: Path) -> None:
    assert dangling(bring(session, tmp_path, (7, 8, 2, [(100.1, 30.1), (100.1, 30.003)]))) == []


def test_rivers_that_cross_without_joining_are_not(session: Writing, tmp_path: Path) -> None:
    report = bring(session, tmp_path, (7, 8, 9, [(100.05, 30.05), (100.05, 29.95)]))
    assert dangling(report) == []
    assert [each.slug for each in report.findings] == ["isolated"]


def test_an_outlet_close_to_what_drains_to_it_is_not(session: Writing, tmp_path: Path) -> None:
    # 3 and 4 are short; the outlet of 4 is 200 m from reach 2, two reaches above it
    short: Sequence[Reach] = (
        (3, 3, 4, [(100.2, 30.0), (100.2, 30.001)]),
        (4, 4, 5, [(100.2, 30.001), (100.199, 30.0018)]),
    )
    assert dangling(bring(session, tmp_path, *short)) == []


def test_schematic_lines_do_not_dangle(session: Writing, tmp_path: Path) -> None:
    assert dangling(bring(session, tmp_path, (7, 8, 9, [(100.05, 30.1), (100.05, 30.003)]), schematic=True)) == []


def test_a_dry_run_finds_the_same(session: Writing, tmp_path: Path) -> None:
    loose: Reach = (7, 8, 9, [(100.05, 30.1), (100.05, 30.003)])
    dry = bring(session, tmp_path, loose, dry_run=True)
    assert dry.stored() == bring(session, tmp_path, loose).stored()


def test_the_same_file_again_reports_the_same(session: Writing, tmp_path: Path) -> None:
    loose: Reach = (7, 8, 9, [(100.05, 30.1), (100.05, 30.003)])
    first, again = bring(session, tmp_path, loose), bring(session, tmp_path, loose)
    assert (again.changed, again.stored()) == (False, first.stored())


# Dropping a version -----------------------------------------------------------------------------------------------------


def two_versions(session: Writing, folder: Path) -> tuple[int, int]:
    old = bring(session, folder).version_id
    new = bring(session, folder, (7, 2, 9, [(100.1, 30.0), (100.1, 30.1)])).version_id
    assert old is not None
    assert new is not None
    return old, new


def test_a_version_is_dropped_whole(session: Writing, tmp_path: Path) -> None:
    old, new = two_versions(session, tmp_path)
    networks.drop(session, old)
    assert session.get(NetworkVersionRow, old) is None
    left = "select count(*) from pg_class where relname ~ :name"
    assert session.scalar(text(left), {"name": f"_v{old}$"}) == 0
    assert session.scalar(text("select count(*) from reaches where version_id = :new"), {"new": new}) == 3


def test_the_active_version_is_kept(session: Writing, tmp_path: Path) -> None:
    _, new = two_versions(session, tmp_path)
    with pytest.raises(Conflict, match="it is active"):
        networks.drop(session, new)


def test_a_version_that_an_assessment_stands_on_is_kept(session: Writing, tmp_path: Path) -> None:
    old, _ = two_versions(session, tmp_path)
    session.execute(
        text(
            "with i as (insert into incidents (status, lead, drill, medium, known_at, opened_at) "
            "values ('open', 'V1', true, 'water', now(), now()) returning number) "
            "insert into assessments (incident, n, made_at, body, geometry) "
            "select number, 1, now(), jsonb_build_object('versions', jsonb_build_object('network', cast(:v as int))), '{}' "
            "from i"
        ),
        {"v": old},
    )
    with pytest.raises(Conflict, match="an assessment stands on it"):
        networks.drop(session, old)
