"""Boundaries come in any format, coordinate system and encoding, with codes and names in any column."""

import json
from math import atan, degrees, log, pi, radians, sinh, tan
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import select

from emergency.db import Writing
from emergency.errors import BadFile
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.models import BoundaryRow
from emergency.jurisdictions.outlines import Opening
from emergency.jurisdictions.polygons import Columns, Reading
from emergency.jurisdictions.values import Level
from tests import valley
from tests.emergency.jurisdictions.cast import SHANG, ZHONG
from tests.emergency.jurisdictions.conftest import AT, BY

RADIUS_M = 6_378_137.0
SHAPES = {
    feature["properties"]["code"]: shapely.geometry.shape(feature["geometry"])
    for feature in valley.boundaries()["features"]
}


def write(file: Path, codes: list[Any], crs: str | None = "EPSG:4326", shapes: Any = None, **more: Any) -> Path:
    """The valley's territories in the format of the file's name, with the codes given."""
    drawn = list(SHAPES.values()) if shapes is None else shapes
    columns = {"code": codes, **more.pop("columns", {})}
    pyogrio.raw.write(
        file,
        geometry=shapely.to_wkb(drawn),
        field_data=[
            np.array(values, dtype=object if isinstance(values[0], str) else None) for values in columns.values()
        ],
        fields=list(columns),
        geometry_type="Polygon",
        crs=crs,
        **more,
    )
    return file


def same(session: Writing, version: int) -> bool:
    """Whether the stored territories are the valley's to a centimetre."""
    rows = session.scalars(select(BoundaryRow).where(BoundaryRow.boundary_version_id == version))
    far = [shapely.hausdorff_distance(shapely.from_wkb(bytes(row.geom.data)), SHAPES[row.code]) for row in rows]
    return len(far) == len(SHAPES) and bool(max(far) < 1e-7)


@pytest.mark.parametrize("name", ["b.gpkg", "b.shp", "b.geojson"])
def test_the_same_territories_come_out_of_every_format(session: Writing, registered: Path, name: str) -> None:
    file = write(registered / name, list(SHAPES))
    version = jurisdictions.load_boundaries(session, file, at=AT, by=BY)
    assert same(session, version)
    assert jurisdictions.load_boundaries(session, file, at=AT, by=BY) == version


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_other_coordinate_systems_are_converted_and_one_that_is_not_named_is_asked_for(
    session: Writing, registered: Path
) -> None:
    mercator = [shapely.transform(shape, _mercator) for shape in SHAPES.values()]
    named = write(registered / "named.gpkg", list(SHAPES), "EPSG:3857", mercator)
    assert same(session, jurisdictions.load_boundaries(session, named, at=AT, by=BY))
    bare = write(registered / "bare.shp", list(SHAPES), None, mercator)
    with pytest.raises(BadFile, match=r"names no coordinate system: name it by --crs \(such as --crs EPSG:4490\)"):
        jurisdictions.read_boundaries(session, bare)
    reading = Reading(opening=Opening(crs="EPSG:3857"))
    assert same(session, jurisdictions.load_boundaries(session, bare, at=AT, by=BY, reading=reading))
    with pytest.raises(BadFile, match=r"the coordinate system EPSG:1 of bare\.shp is not known"):
        jurisdictions.read_boundaries(session, bare, Reading(opening=Opening(crs="EPSG:1")))


def test_codes_that_a_file_keeps_as_numbers_are_text(session: Writing, tmp_path: Path) -> None:
    columns = {"name": [f"n{n}" for n in range(5)]}
    for name, codes in (
        ("int.gpkg", [510101, 510102, 510103, 520100, 530100]),
        ("float.gpkg", [51.0, 52.0, 53.0, 54.0, 55.0]),
    ):
        file = write(tmp_path / name, codes, columns=columns)
        assert list(jurisdictions.read_boundaries(session, file).by_code) == [f"{code:.0f}" for code in codes]


def test_a_shapefile_of_another_encoding_and_cut_column_names_is_read(session: Writing, tmp_path: Path) -> None:
    columns = {"division_name": ["上县", "中区", "下县", "南县", "外区"]}
    with pytest.warns(RuntimeWarning, match="Normalized/laundered"):
        file = write(tmp_path / "gbk.shp", list(SHAPES), columns=columns, encoding="GBK")
    (tmp_path / "gbk.cpg").unlink(missing_ok=True)
    reading = Reading(opening=Opening(encoding="GBK"), columns=Columns(name="division_name"))
    found = jurisdictions.read_boundaries(session, file, reading)
    assert {division.name.zh for division in found.added} == set(columns["division_name"])


def test_of_several_layers_one_must_be_named(session: Writing, registered: Path) -> None:
    file = write(registered / "two.gpkg", list(SHAPES), layer="one")
    write(file, list(SHAPES), layer="two", append=False)
    with pytest.raises(BadFile, match=r"has 2 layers that may hold polygons \(one, two\): name one by --layer"):
        jurisdictions.read_boundaries(session, file)
    assert len(jurisdictions.read_boundaries(session, file, Reading(opening=Opening(layer="two"))).by_code) == 5


def test_names_levels_and_parents_come_from_the_file_where_no_list_has_them(session: Writing, tmp_path: Path) -> None:
    columns = {
        "name_zh": ["甲", "乙", "丙", "丁", "戊"],
        "name_en": ["Jia", "Yi", "Bing", "Ding", "Wu"],
        "level": ["1", "3", "3", "county", "adm3"],
        "parent": ["", "A", "A", "A", "A"],
        "desk": ["1", "0", "0", "0", "1"],
    }
    found = jurisdictions.read_boundaries(session, write(tmp_path / "b.gpkg", list("ABCDE"), columns=columns))
    version = jurisdictions.activate(session, found, at=AT, by=BY)
    divisions = jurisdictions.division(session, AT)
    assert divisions.division("A").level is Level.PROVINCE
    assert (divisions.name("B").en, divisions.ancestors("B")) == ("Yi", ("A",))
    assert [divisions.desk_of(code) for code in "BE"] == ["A", "E"]
    assert len(found.assumed) == 1  # nothing was left open but that the file's own names count
    assert jurisdictions.active_boundaries(session) == version


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"name": ["a", "b", "", "d", "e"]}, "feature 3: it has no name: add one"),
        (
            {"name": list("abcde"), "level": ["town"] * 5},
            "feature 1: level 'town' must be one of province, prefecture, county, or 1 to 3",
        ),
        ({"name": list("abcde"), "parent": ["", "X", "", "", ""]}, "feature 2: parent X is not in the list"),
        (
            {"name": list("abcde"), "parent": ["", "A", "", "", ""]},
            "feature 2: parent A (county) does not stand above B",
        ),
    ],
)
def test_a_division_that_the_file_describes_badly_is_named(
    session: Writing, tmp_path: Path, columns: dict[str, list[str]], said: str
) -> None:
    file = write(tmp_path / "b.gpkg", list("ABCDE"), columns=columns)
    with pytest.raises(BadFile) as refused:
        jurisdictions.read_boundaries(session, file)
    assert said in refused.value.words.en


def test_a_strange_code_among_known_ones_is_taken_from_the_file_only_when_that_is_said(
    session: Writing, registered: Path
) -> None:
    file = write(registered / "b.gpkg", [*list(SHAPES)[:-1], "V99999"], columns={"name": list("abcde")})
    with pytest.raises(BadFile, match="feature 5: division V99999 is not in the list"):
        jurisdictions.read_boundaries(session, file)
    found = jurisdictions.read_boundaries(session, file, Reading(add=True))
    assert [division.code for division in found.added] == ["V99999"]
    assert {SHANG, ZHONG} < set(found.by_code)
    unnamed = write(registered / "c.gpkg", [*list(SHAPES)[:-1], "V99999"])
    with pytest.raises(BadFile, match="has no column of names: name it by --name-column"):
        jurisdictions.read_boundaries(session, unnamed, Reading(add=True))


def test_the_source_line_is_the_file_s_own_or_the_loader_s(session: Writing, registered: Path) -> None:
    file = registered / "sourced.geojson"
    file.write_text(
        json.dumps({**valley.boundaries(), "source_line": "测绘局 / Survey"}, ensure_ascii=False), encoding="utf-8"
    )
    assert jurisdictions.read_boundaries(session, file).source_line == "测绘局 / Survey"
    assert jurisdictions.read_boundaries(session, file, Reading(source_line="Atlas")).source_line == "Atlas"


def _mercator(places: Any) -> Any:
    made = np.array([(radians(lon) * RADIUS_M, log(tan(pi / 4 + radians(lat) / 2)) * RADIUS_M) for lon, lat in places])
    assert degrees(atan(sinh(made[0][1] / RADIUS_M))) == pytest.approx(places[0][1])
    return made


def test_a_ring_that_touches_itself_is_split_there_and_covers_the_same_ground(session: Writing, tmp_path: Path) -> None:
    """A square with a triangle bitten out from the middle of its southern side: the bite touches the ring in one point."""
    ring = [(0, 0), (2, 0), (1, 1), (3, 1), (2, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
    shape = shapely.Polygon(ring)
    assert not shape.is_valid
    file = write(tmp_path / "b.gpkg", ["A"], shapes=[shape], columns={"name": ["a"]})
    found = jurisdictions.read_boundaries(session, file)
    assert found.rewritten == ["A"]
    assert found.by_code["A"].is_valid
    assert found.by_code["A"].area == 15.0  # 16 less the triangle of base 2 and height 1


def test_only_the_features_asked_for_are_read(session: Writing, registered: Path) -> None:
    file = write(registered / "b.gpkg", [*list(SHAPES)[:-1], "V99999"])
    found = jurisdictions.read_boundaries(session, file, Reading(opening=Opening(where="code <> 'V99999'")))
    assert set(found.by_code) == set(list(SHAPES)[:-1])
    with pytest.raises(BadFile, match="cannot be read"):
        jurisdictions.read_boundaries(session, file, Reading(opening=Opening(where="nonsense")))
