"""Network files as others publish them: their columns, units, ids and coordinate systems."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import select

from emergency.db import Writing
from emergency.errors import BadFile
from emergency.river.load import LoadReport, load
from emergency.river.models import ReachRow
from emergency.river.read import Profile
from emergency.river.trace import fetch
from emergency.river.travel import passages
from emergency.river.values import Spot
from tests.emergency.river.conftest import AT, BY

# 1 - 2 - 3 - 5 is the main river; 4 leaves it below 2 and comes back above 5; 9 is a coastline. Hydroseq falls downstream.
#
#   1 ── 2 ─┬─ 3 ──┬─ 5 ──
#           └─ 4 ──┘
PLACES: Final = {10: (100.0, 30.0), 11: (100.1, 30.0), 12: (100.2, 30.0), 13: (100.3, 30.0), 14: (100.4, 30.0)}
FLOWLINES: Final[Mapping[str, Sequence[Any]]] = {
    "ComID": [1.0, 2.0, 3.0, 4.0, 5.0, 9.0],
    "FromNode": [10.0, 11.0, 12.0, 12.0, 13.0, 0.0],
    "TONODE": [11.0, 12.0, 13.0, 13.0, 14.0, 0.0],
    "Hydroseq": [500.0, 400.0, 300.0, 350.0, 100.0, 0.0],
    "DnHydroseq": [400.0, 300.0, 100.0, 100.0, 0.0, 0.0],
    "UpHydroseq": [0.0, 500.0, 400.0, 400.0, 300.0, 0.0],
    "LevelPathI": [100.0, 100.0, 100.0, 350.0, 100.0, 0.0],
    "Divergence": [0, 0, 1, 2, 0, 0],
    "LENGTHKM": [9.6, 9.6, 9.6, 12.0, 9.6, 30.0],
    "FTYPE": ["StreamRiver", "ArtificialPath", "StreamRiver", "CanalDitch", "Connector", "Coastline"],
    "WBAREATYPE": [None, "LakePond", None, None, None, None],
    "FLOWDIR": ["With Digitized"] * 5 + ["Uninitialized"],
    "GNIS_NAME": ["Deer Creek", "Deer Creek", "Deer Creek", None, "Deer Creek", None],
    "SLOPE": [0.001, -9998.0, 0.001, 0.001, 0.001, -9998.0],
    "TotDASqKM": [50.0, 60.0, 70.0, 60.0, 90.0, 0.0],
    "QE_MA": [100.0, 200.0, 150.0, 50.0, 200.0, -9999.0],
    "VE_MA": [1.0, 2.0, 1.0, 0.5, -9999.0, -9999.0],
}
REACHES: Final[Mapping[str, Sequence[Any]]] = {
    "HYRIV_ID": [41_000_001, 41_000_002, 41_000_003, 41_000_009],
    "NEXT_DOWN": [41_000_003, 41_000_003, 0, 0],
    "LENGTH_KM": [10.0, 14.0, 9.6, 9.6],
    "DIST_DN_KM": [9.6, 9.6, 0.0, 0.0],
    "UPLAND_SKM": [200.0, 900.0, 1200.0, 80.0],
    "DIS_AV_CMS": [2.5, 11.0, 14.0, 0.0],
}


def flowlines(**changed: Sequence[Any] | None) -> dict[str, Sequence[Any]]:
    return {name: values for name, values in {**FLOWLINES, **changed}.items() if values is not None}


def drawn() -> list[shapely.Geometry]:
    bend = (100.25, 30.05)
    ends = [(10, 11), (11, 12), (12, 13), (12, 13), (13, 14)]
    lines: list[Any] = [[PLACES[upper], PLACES[lower]] for upper, lower in ends]
    lines[3].insert(1, bend)
    return [*(shapely.LineString(line) for line in lines), shapely.LineString([(100.5, 30.0), (100.5, 30.3)])]


def hydro() -> list[shapely.Geometry]:
    lines: list[Any] = [[(100, 30.1), (100.1, 30)], [(100, 29.9), (100.1, 30)], [(100.1, 30), (100.2, 30)]]
    return [*(shapely.LineString(line) for line in lines), shapely.LineString([(101, 30), (101.1, 30)])]


def write(file: Path, columns: Mapping[str, Sequence[Any]], lines: Sequence[shapely.Geometry], **how: Any) -> Path:
    """The columns as floats, whole numbers or text, in WGS 84 unless `how` says otherwise."""
    values = [np.array(v, dtype=object if isinstance(v[0], str) or v[0] is None else None) for v in columns.values()]
    made = {"geometry_type": "LineString", "crs": "EPSG:4326", **how}
    pyogrio.raw.write(file, shapely.to_wkb(lines), values, list(columns), **made)
    return file


def reprojected(source: Path, file: Path, crs: str) -> Path:
    """The same file in another coordinate system."""
    virtual = (
        f"<OGRVRTDataSource><OGRVRTWarpedLayer><OGRVRTLayer name='{source.stem}'><SrcDataSource>{source}</SrcDataSource>"
        f"</OGRVRTLayer><TargetSRS>{crs}</TargetSRS></OGRVRTWarpedLayer></OGRVRTDataSource>"
    )
    meta, _, shapes, columns = pyogrio.raw.read(virtual.encode())
    pyogrio.raw.write(file, shapes, columns, meta["fields"], geometry_type="LineString", crs=crs)
    return file


def bring(session: Writing, file: Path, profile: Profile) -> LoadReport:
    return load(session, file, profile=profile, name="trial", at=AT, by=BY)


def rows(session: Writing, report: LoadReport) -> dict[int, ReachRow]:
    found = session.scalars(select(ReachRow).where(ReachRow.version_id == report.version_id))
    return {row.reach_id: row for row in found}


def found(report: LoadReport) -> dict[str, int]:
    return {finding.slug: finding.count for finding in report.findings}


def below(session: Writing, report: LoadReport, start: int) -> dict[int, float]:
    """Of each reach below the start, the km at which it is entered first."""
    assert report.version_id is not None
    sub = fetch(session, report.version_id, Spot(start, 0.0))
    return {reach: round(passage.enter_m / 1000, 3) for reach, passage in passages(sub).items()}


# NHDPlus ---------------------------------------------------------------------------------------------------------------


def test_nhdplus_is_read_by_its_nodes_in_metres_and_seconds(session: Writing, tmp_path: Path) -> None:
    report = bring(session, write(tmp_path / "flowline.gpkg", FLOWLINES, drawn()), Profile.NHDPLUS)
    assert below(session, report, 1) == {1: 0.0, 2: 9.6, 3: 19.2, 4: 19.2, 5: 28.8}
    reaches = rows(session, report)
    # 1 ft/s = 0.3048 m/s, 100 cfs = 2.8317 m3/s; what is not positive is not known
    assert reaches[1].velocity_ms == pytest.approx(0.3048)
    assert reaches[1].discharge_m3s == pytest.approx(2.8317, abs=1e-4)
    assert (reaches[5].velocity_ms, reaches[2].slope) == (None, None)
    assert [reaches[i].kind for i in (1, 2, 4)] == ["river", "lake", "canal"]
    assert [(reaches[i].river, reaches[i].name_zh) for i in (1, 4)] == [("Deer Creek", "Deer Creek"), ("4", "4")]
    assert (reaches[3].divergence, reaches[4].divergence) == (1, 2)
    # no shares in the file: by mean flow, 150 to 50, and flagged
    assert (reaches[3].share, reaches[4].share) == pytest.approx((0.75, 0.25))
    assert reaches[3].share_assumed
    assert found(report) == {"left-out": 1, "share-assumed": 2, "no-velocity": 1}


def test_coastlines_are_left_out_with_their_place(session: Writing, tmp_path: Path) -> None:
    report = bring(session, write(tmp_path / "flowline.gpkg", FLOWLINES, drawn()), Profile.NHDPLUS)
    (left_out,) = [finding for finding in report.findings if finding.slug == "left-out"]
    assert [str(example) for example in left_out.examples] == ["9 (100.50000, 30.00000)"]
    assert report.reaches == 5


def test_nhdplus_without_nodes_is_read_by_hydroseq(session: Writing, tmp_path: Path) -> None:
    columns = flowlines(FromNode=None, TONODE=None)
    report = bring(session, write(tmp_path / "flowline.gpkg", columns, drawn()), Profile.NHDPLUS)
    assert below(session, report, 1) == {1: 0.0, 2: 9.6, 3: 19.2, 4: 19.2, 5: 28.8}
    assert below(session, report, 4) == {4: 0.0, 5: 12.0}


def test_without_marks_the_next_reach_is_the_main_side(session: Writing, tmp_path: Path) -> None:
    # by flow the canal would be the greater
    columns = flowlines(Divergence=None, QE_MA=[100.0, 200.0, 50.0, 150.0, 200.0, 0.0])
    report = bring(session, write(tmp_path / "flowline.gpkg", columns, drawn()), Profile.NHDPLUS)
    assert [rows(session, report)[i].divergence for i in (3, 4)] == [1, 2]
    assert "main-side-assumed" not in found(report)


def test_the_level_path_names_the_main_path_at_a_confluence(session: Writing, tmp_path: Path) -> None:
    # the canal has the greater area, and the file's level path still runs through 3
    columns = flowlines(GNIS_NAME=None, TotDASqKM=[50.0, 60.0, 10.0, 600.0, 90.0, 0.0])
    report = bring(session, write(tmp_path / "flowline.gpkg", columns, drawn()), Profile.NHDPLUS)
    assert {i: row.path_id for i, row in rows(session, report).items()} == {1: 5, 2: 5, 3: 5, 4: 4, 5: 5}


def test_a_shapefile_in_a_projection_with_ten_character_names(session: Writing, tmp_path: Path) -> None:
    source = write(tmp_path / "source.gpkg", FLOWLINES, drawn())
    shape = reprojected(source, tmp_path / "flowline.shp", "EPSG:32647")
    report = bring(session, shape, Profile.NHDPLUS)
    assert below(session, report, 1) == {1: 0.0, 2: 9.6, 3: 19.2, 4: 19.2, 5: 28.8}
    assert "drawn-length" not in found(report)


def test_high_resolution_ids_of_fourteen_digits_are_kept(session: Writing, tmp_path: Path) -> None:
    ids = [55_000_900_000_001.0 + n for n in range(6)]
    columns = {"NHDPlusID": ids, **flowlines(ComID=None)}
    report = bring(session, write(tmp_path / "flowline.gpkg", columns, drawn()), Profile.NHDPLUS)
    assert set(rows(session, report)) == {55_000_900_000_001 + n for n in range(5)}


def test_nhdplus_without_any_order_says_which_columns_it_lacks(session: Writing, tmp_path: Path) -> None:
    columns = flowlines(FromNode=None, DnHydroseq=None)
    with pytest.raises(BadFile, match="lacks columns: FromNode"):
        bring(session, write(tmp_path / "flowline.gpkg", columns, drawn()), Profile.NHDPLUS)


def test_coastlines_alone_are_no_network(session: Writing, tmp_path: Path) -> None:
    columns = {name: values[-1:] for name, values in FLOWLINES.items() if name not in ("WBAREATYPE", "GNIS_NAME")}
    with pytest.raises(BadFile, match="holds no reach"):
        bring(session, write(tmp_path / "flowline.gpkg", columns, drawn()[-1:]), Profile.NHDPLUS)


# HydroRIVERS -----------------------------------------------------------------------------------------------------------


def test_hydrorivers_is_read_by_its_next_reach_and_its_outlets_stay_apart(session: Writing, tmp_path: Path) -> None:
    file = write(tmp_path / "HydroRIVERS_v10.shp", REACHES, hydro())
    report = bring(session, file, Profile.HYDRORIVERS)
    assert below(session, report, 41_000_001) == {41_000_001: 0.0, 41_000_003: 10.0}
    reaches = rows(session, report)
    # the greater area upstream is the main path
    assert reaches[41_000_002].path_id == 41_000_003 != reaches[41_000_001].path_id
    assert reaches[41_000_002].discharge_m3s == 11.0
    assert reaches[41_000_009].discharge_m3s is None
    assert found(report) == {"no-velocity": 4, "isolated": 1}


def test_without_velocities_there_are_distances_and_no_times(session: Writing, tmp_path: Path) -> None:
    report = bring(session, write(tmp_path / "HydroRIVERS_v10.shp", REACHES, hydro()), Profile.HYDRORIVERS)
    assert report.version_id is not None
    found = passages(fetch(session, report.version_id, Spot(41_000_001, 0.0)))
    assert (found[41_000_003].enter_m, found[41_000_003].enter_s) == (10_000.0, None)
    (unknown,) = [each for each in report.findings if each.slug == "no-velocity"]
    assert "Add a column of velocities" in unknown.words.en


# Coordinate systems ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4544", "EPSG:32648", "EPSG:3857"])
def test_a_named_system_is_brought_to_longitude_and_latitude(session: Writing, tmp_path: Path, crs: str) -> None:
    # CGCS2000, its Gauss-Krueger zone about 105 E, UTM 48 N, web Mercator
    source = write(tmp_path / "source.gpkg", REACHES, hydro())
    report = bring(session, reprojected(source, tmp_path / "rivers.gpkg", crs), Profile.HYDRORIVERS)
    geometries = session.scalars(
        select(ReachRow.geom.ST_AsText(5)).where(ReachRow.version_id == report.version_id).order_by(ReachRow.reach_id)
    )
    assert list(geometries) == [
        "LINESTRING(100 30.1,100.1 30)",
        "LINESTRING(100 29.9,100.1 30)",
        "LINESTRING(100.1 30,100.2 30)",
        "LINESTRING(101 30,101.1 30)",
    ]


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_file_that_names_no_system_is_refused(session: Writing, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="names no coordinate system"):
        bring(session, write(tmp_path / "rivers.gpkg", REACHES, hydro(), crs=None), Profile.HYDRORIVERS)
