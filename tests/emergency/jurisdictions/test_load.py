"""Loading divisions and boundaries: what is stored, and that every bad file is answered with the place and the remedy."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from emergency import journal
from emergency.db import Writing
from emergency.errors import BadFile, NotReady
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.models import BoundaryRow, BoundaryVersionRow, DivisionRow
from emergency.jurisdictions.values import Level
from tests import valley
from tests.emergency.jurisdictions.cast import SHANG, XIA
from tests.emergency.jurisdictions.conftest import AT, BY

REFERENCE = Path(__file__).resolve().parents[3] / "emergency" / "reference"
HEADER = "code,name_zh,name_en,level,parent,valid_from,valid_to,desk,surrogate,note\n"


def load(session: Writing, folder: Path, divisions: str, successors: str | None = None) -> jurisdictions.DivisionReport:
    (folder / "divisions.csv").write_text(divisions, encoding="utf-8")
    if successors is not None:
        (folder / "successors.csv").write_text(successors, encoding="utf-8")
    beside = folder / "successors.csv" if successors is not None else None
    return jurisdictions.load_divisions(session, folder / "divisions.csv", beside, at=AT, by=BY)


def test_the_valley_s_divisions_are_read_back_as_written(session: Writing, registered: Path) -> None:
    found = jurisdictions.division(session, AT)
    assert found.division(SHANG).name.zh == "上县"
    assert found.division(SHANG).level is Level.COUNTY
    assert found.desk_of(SHANG) == "V10100"
    assert len(list(found)) == 9


def test_loading_the_same_file_again_changes_nothing(session: Writing, registered: Path) -> None:
    session.commit()
    before = journal.last(session, "system")
    report = jurisdictions.load_divisions(
        session, registered / "divisions.csv", registered / "successors.csv", at=AT, by=BY
    )
    session.commit()
    assert report.changed == 0
    assert journal.last(session, "system") == before


def test_a_later_file_adds_and_corrects_and_never_removes(session: Writing, registered: Path) -> None:
    report = load(session, registered, HEADER + "V10101,上县,Upper County,county,V10100,,2026-01-01,0,0,ended\n")
    assert report.changed == 1
    found = jurisdictions.division(session, AT)
    assert found.division(SHANG).name.en == "Upper County"
    assert found.division(SHANG).valid_to == date(2026, 1, 1)
    assert XIA in found


def test_what_was_loaded_stands_in_the_journal(session: Writing, registered: Path) -> None:
    session.commit()
    last = journal.read(session, "system")[-1]
    assert last.kind == "divisions_loaded"
    assert SHANG in last.facts["divisions"]


def test_the_day_of_the_register_is_the_day_in_its_zone(session: Writing, registered: Path) -> None:
    assert jurisdictions.division(session, datetime(2025, 11, 5, 15, 59, tzinfo=UTC)).on == date(2025, 11, 5)
    assert jurisdictions.division(session, datetime(2025, 11, 5, 16, 0, tzinfo=UTC)).on == date(2025, 11, 6)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("A,甲,A,county,Z,,,0,0,\n", "line 2: parent Z is not in the list: add it, or correct the parent"),
        (
            "A,甲,A,prefecture,B,,,0,0,\nB,乙,B,province,A,,,0,0,\n",
            "line 2: the parents of A lead back to itself; line 3: the parents of B lead back to itself",
        ),
        ("A,甲,A,county,A,,,0,0,\n", "line 2: the parents of A lead back to itself"),
        ("A,甲,A,county,,,,0,0,\nA,甲,A,county,,,,0,0,\n", "line 3: A is already on line 2"),
        ("A,甲,A,town,,,,0,0,\n", "line 2: level 'town' must be one of: province, prefecture, county"),
        ("A,甲,A,county,,2025-13-01,,0,0,\n", "line 2: valid_from '2025-13-01' is no date: write 2025-11-06"),
        ("A,甲,A,county,,2025-01-02,2025-01-02,0,0,\n", "line 2: valid_to must be later than valid_from"),
        ("A,甲,A,county,,,,yes,0,\n", "line 2: desk 'yes' must be 0 or 1"),
        (",甲,A,county,,,,0,0,\n", "line 2: code is empty"),
        ("A,,A,county,,,,0,0,\n", "line 2: name_zh is empty"),
        ("A,甲,A,county,,,,0,0,a, b\n", "line 2: more cells than columns: quote values with a comma"),
        (
            "A,甲,A,county,,,,0,0,\nB,乙,B,county,A,,,0,0,\n",
            "line 3: parent A (county) does not stand above B (county)",
        ),
    ],
)
def test_a_bad_row_is_named_by_line_with_the_remedy(session: Writing, tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(BadFile) as trouble:
        load(session, tmp_path, HEADER + rows)
    assert trouble.value.words.en == f"divisions.csv was not loaded and nothing changed. {said}"
    assert trouble.value.words.zh.startswith("divisions.csv 未载入")
    assert session.scalar(select(func.count()).select_from(DivisionRow)) == 0


def test_many_bad_rows_are_counted_and_the_first_are_shown(session: Writing, tmp_path: Path) -> None:
    rows = "".join(f"A{n},甲,A,town,,,,0,0,\n" for n in range(8))
    with pytest.raises(BadFile, match="and 3 more") as trouble:
        load(session, tmp_path, HEADER + rows)
    assert [each["line"] for each in trouble.value.facts["troubles"]] == list(range(2, 10))


def test_a_missing_column_is_named(session: Writing, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 1: columns are missing: level, parent"):
        load(session, tmp_path, "code,name_zh,name_en\nA,甲,A\n")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,Z,2025-01-01,", "line 2: division Z is not in the list: add it to divisions.csv first"),
        ("Z,A,2025-01-01,", "line 2: division Z is not in the list: add it to divisions.csv first"),
        ("A,A,2025-01-01,", "line 2: A cannot be its own successor"),
        ("A,B,soon,", "line 2: from_date 'soon' is no date: write 2025-11-06"),
        ("A,B,,", "line 2: from_date is missing"),
        ("A,B,2025-01-01,\nA,B,2025-01-02,", "line 3: A→B is already on line 2"),
    ],
)
def test_a_bad_succession_is_named_by_line(session: Writing, tmp_path: Path, row: str, said: str) -> None:
    divisions = HEADER + "A,甲,A,county,,,,0,0,\nB,乙,B,county,,,,0,0,\n"
    with pytest.raises(BadFile) as trouble:
        load(session, tmp_path, divisions, f"code,successor,from_date,note\n{row}\n")
    assert trouble.value.words.en == f"successors.csv was not loaded and nothing changed. {said}"


def test_a_file_that_is_absent_or_not_utf_8_is_said_so(session: Writing, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read: No such file"):
        jurisdictions.load_divisions(session, tmp_path / "none.csv", None, at=AT, by=BY)
    (tmp_path / "gbk.csv").write_bytes((HEADER + "A,甲,A,county,,,,0,0,\n").encode("gbk"))
    with pytest.raises(BadFile, match="is not UTF-8: save it as UTF-8"):
        jurisdictions.load_divisions(session, tmp_path / "gbk.csv", None, at=AT, by=BY)


def test_boundaries_become_the_active_version_once(session: Writing, registered: Path) -> None:
    file = registered / "boundaries.geojson"
    first = jurisdictions.load_boundaries(session, file, at=AT, by=BY)
    assert jurisdictions.load_boundaries(session, file, at=AT, by=BY) == first
    assert jurisdictions.active_boundaries(session) == jurisdictions.drawn_boundaries(session) == first
    assert set(session.scalars(select(BoundaryRow.code))) == set(valley.BOXES)
    assert jurisdictions.source_line(session) == "boundaries.geojson"


def test_other_boundaries_are_a_new_version_and_the_old_one_stays(session: Writing, registered: Path) -> None:
    file = registered / "boundaries.geojson"
    first = jurisdictions.load_boundaries(session, file, at=AT, by=BY)
    fewer = {**valley.boundaries(), "features": valley.boundaries()["features"][:2]}
    file.write_text(json.dumps(fewer), encoding="utf-8")
    second = jurisdictions.load_boundaries(session, file, at=AT, by=BY)
    assert second != first
    assert jurisdictions.active_boundaries(session) == second
    versions = {row.id: row.active for row in session.scalars(select(BoundaryVersionRow))}
    assert versions == {first: False, second: True}


def test_without_boundaries_or_divisions_the_service_says_what_to_load(session: Writing, tmp_path: Path) -> None:
    assert jurisdictions.drawn_boundaries(session) is None
    with pytest.raises(NotReady, match="run flask jurisdictions load first"):
        jurisdictions.active_boundaries(session)
    with pytest.raises(NotReady, match=r"load divisions\.csv first"):
        jurisdictions.load_boundaries(session, at=AT, by=BY)


def _square(west: float, code: str | None = SHANG, kind: str = "Polygon") -> dict[str, Any]:
    ring = [[west, 30.0], [west + 1, 30.0], [west + 1, 31.0], [west, 31.0], [west, 30.0]]
    coordinates = [ring] if kind == "Polygon" else ring
    properties = {} if code is None else {"code": code}
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def _bow_tie() -> dict[str, Any]:
    ring = [[100.0, 30.0], [101.0, 31.0], [101.0, 30.0], [100.0, 31.0], [100.0, 30.0]]
    return {**_square(100.0), "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: [_square(100.0), _square(102.0, code="")], "feature 2: it has no code: add one"),
        (lambda: [_square(100.0), _square(102.0, "V9")], "feature 2: division V9 is not in the list"),
        (lambda: [_square(100.0), _square(102.0)], "feature 2: division V10101 comes twice"),
        (lambda: [_square(100.0, kind="LineString")], "feature 1: its geometry is no polygon"),
        (
            lambda: [_square(500.0)],
            "feature 1: its coordinates are not longitude and latitude: name their system by --crs",
        ),
        (lambda: [_bow_tie()], "feature 1: invalid polygon (Self-intersection"),
        (lambda: [{**_square(100.0), "geometry": {}}], "feature 1: it has no geometry that can be read"),
        (lambda: [{**_square(100.0), "geometry": None}], "feature 1: it has no geometry that can be read"),
        (lambda: [_square(100.0, code=None)], "has no column code: name the one with the codes by --code-column"),
        (list, "the file has no features"),
    ],
)
def test_a_bad_feature_is_named_with_the_remedy(
    session: Writing, registered: Path, made: Callable[[], list[Any]], said: str
) -> None:
    file = registered / "bad.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": made()}), encoding="utf-8")
    with pytest.raises(BadFile) as trouble:
        jurisdictions.load_boundaries(session, file, at=AT, by=BY)
    assert said in trouble.value.words.en
    assert jurisdictions.drawn_boundaries(session) is None


@pytest.mark.parametrize("content", ["{", "[]", "code,name\n1,x\n"])
def test_a_file_that_is_no_boundary_file_is_said_so(session: Writing, registered: Path, content: str) -> None:
    (registered / "bad.geojson").write_text(content, encoding="utf-8")
    with pytest.raises(BadFile, match="cannot be read as GeoJSON, GeoPackage or Shapefile"):
        jurisdictions.load_boundaries(session, registered / "bad.geojson", at=AT, by=BY)
    with pytest.raises(BadFile, match="cannot be read"):
        jurisdictions.load_boundaries(session, registered / "none.geojson", at=AT, by=BY)


def test_the_reference_divisions_take_their_polygons_from_the_package(session: Writing) -> None:
    jurisdictions.load_divisions(session, REFERENCE / "divisions.csv", REFERENCE / "successors.csv", at=AT, by=BY)
    version = jurisdictions.load_boundaries(session, at=AT, by=BY)
    assert jurisdictions.load_boundaries(session, at=AT, by=BY) == version
    drawn = set(session.scalars(select(BoundaryRow.code).where(BoundaryRow.boundary_version_id == version)))
    divisions = jurisdictions.division(session, AT)
    counties = {each.code for each in divisions if each.level is Level.COUNTY and each.code[:2] in ("50", "51")}
    assert len(counties & drawn) == 221  # the true number of county-level units of 50 and 51 in the package's year
    assert "50LJXQ" not in drawn
    assert set(divisions.drawn_by("50LJXQ", drawn.__contains__)) == {"500105", "500112"}
    assert "天地图" in (jurisdictions.source_line(session) or "")
    invalid = session.scalar(select(func.count()).select_from(BoundaryRow).where(~func.st_isvalid(BoundaryRow.geom)))
    assert invalid == 0
