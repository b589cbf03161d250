"""Loading: what is stored, what changes nothing, what is refused, what the version before keeps."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import Engine, func, select, text

from emergency import db, journal
from emergency.db import Writing
from emergency.errors import BadFile, BadInput, NotReady
from emergency.river import sites
from emergency.river.load import LoadReport, Phase, load
from emergency.river.models import MainPathRow, NetworkVersionRow, ReachRow, SiteAnchorRow
from emergency.river.networks import active
from emergency.river.read import Profile, checksum, opened
from emergency.river.snap import snap
from emergency.river.trace import fetch
from emergency.river.values import Grade, Spot
from tests import valley
from tests.emergency.river.conftest import AT, BY, Loaded

Change = Callable[[list[dict[str, Any]]], object]


def write(file: Path, change: Change = lambda _: None, crs: str | None = None) -> Path:
    """The valley as GeoJSON, its features changed by `change`."""
    made = valley.network()
    change(made["features"])
    if crs is not None:
        made["crs"] = {"type": "name", "properties": {"name": crs}}
    file.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    return file


def bring(session: Writing, file: Path, name: str = "valley", **kwargs: Any) -> LoadReport:
    return load(session, file, profile=Profile.PLAIN, name=name, at=AT, by=BY, **kwargs)


def found(report: LoadReport) -> dict[str, int]:
    return {finding.slug: finding.count for finding in report.findings}


def test_the_valley_is_stored_with_its_paths(session: Writing, tmp_path: Path) -> None:
    report = bring(session, write(tmp_path / "valley.geojson"))
    assert (report.reaches, report.paths, report.length_km) == (9, 4, 111.0)
    paths = session.scalars(select(MainPathRow).where(MainPathRow.version_id == report.version_id))
    assert {(p.head_reach_id, p.foot_reach_id, p.length_m) for p in paths} == {
        (1, 5, 55_000.0),
        (6, 7, 23_000.0),
        (8, 8, 11_000.0),
        (9, 9, 22_000.0),
    }


def test_the_first_network_is_the_default(session: Writing, tmp_path: Path) -> None:
    file = write(tmp_path / "valley.geojson")
    bring(session, file, "first")
    bring(session, file, "second")
    assert active(session)[0].name == "first"
    assert active(session, "second")[0].is_default is False


def test_networks_stand_side_by_side_under_their_own_versions(session: Writing, tmp_path: Path) -> None:
    one = bring(session, write(tmp_path / "a.geojson"), "one")
    two = bring(session, write(tmp_path / "b.geojson", lambda f: f.pop()), "two")
    assert active(session, "one")[1] == one.version_id
    assert active(session, "two")[1] == two.version_id != one.version_id


def test_without_a_network_the_sentence_says_what_to_run(session: Writing) -> None:
    with pytest.raises(NotReady, match="flask river load"):
        active(session)


def test_an_unknown_name_lists_the_known_ones(loaded: Loaded) -> None:
    with pytest.raises(BadInput, match="there is: valley"):
        active(loaded.session, "vally")


def test_the_same_file_again_is_no_change(database: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "valley.geojson")
    sessions = db.sessions(database)
    with sessions.begin() as session:
        first = bring(session, file)
    with sessions.begin() as session:
        again = bring(session, file)
        assert (again.changed, again.version_id) == (False, first.version_id)
        assert session.scalar(select(func.count()).select_from(NetworkVersionRow)) == 1
    with sessions.begin() as session:
        assert [entry.kind for entry in journal.read(session, "system")] == ["network.loaded"]


def test_the_journal_says_what_was_loaded(database: Engine, tmp_path: Path) -> None:
    with db.sessions(database).begin() as session:
        report = bring(session, write(tmp_path / "valley.geojson"))
    with db.sessions(database).begin() as session:
        (entry,) = journal.read(session, "system")
    assert entry.at == AT
    assert {"network": "valley", "version": report.version_id, "n": 1, "reaches": 9}.items() <= entry.facts.items()
    assert entry.facts["warnings"] == {"isolated": 1}


def test_a_changed_file_is_a_new_version_and_the_old_one_stays(session: Writing, tmp_path: Path) -> None:
    first = bring(session, write(tmp_path / "valley.geojson"))
    second = bring(session, write(tmp_path / "valley.geojson", lambda f: f[0]["properties"].update(length_km=12)))
    assert first.version_id is not None
    assert second.version_id is not None
    assert active(session)[1] == second.version_id
    assert fetch(session, first.version_id, Spot(1, 0.0)).reaches[1].length_m == 10_000.0
    assert fetch(session, second.version_id, Spot(1, 0.0)).reaches[1].length_m == 12_000.0


def test_a_dry_run_reports_and_changes_nothing(session: Writing, tmp_path: Path) -> None:
    report = bring(session, write(tmp_path / "valley.geojson"), dry_run=True)
    assert (report.reaches, report.version_id, report.dry_run) == (9, None, True)
    assert session.scalar(select(func.count()).select_from(NetworkVersionRow)) == 0


def test_an_interrupted_load_leaves_the_old_version_serving_and_can_be_repeated(
    database: Engine, tmp_path: Path
) -> None:
    sessions = db.sessions(database)
    with sessions.begin() as session:
        first = bring(session, write(tmp_path / "valley.geojson"))
    longer = write(tmp_path / "longer.geojson", lambda f: f[0]["properties"].update(length_km=12))

    def interrupt(phase: Phase, done: int, total: int) -> None:
        if phase is Phase.STORE:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), sessions.begin() as session:
        bring(session, longer, progress=interrupt)
    with sessions.begin() as session:
        assert active(session)[1] == first.version_id
        assert session.scalar(text("select to_regclass('reaches_v2')")) is None
        assert bring(session, longer).changed


def test_progress_is_told_by_phase_to_the_last_reach(session: Writing, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    bring(session, write(tmp_path / "valley.geojson"), progress=lambda *now: told.append(now))
    assert told == [("copy", 9, 9), ("read", 9, 9), ("index", 0, 9), ("index", 9, 9), ("store", 9, 9)]


def test_readers_do_not_wait_for_a_load(database: Engine, tmp_path: Path) -> None:
    sessions = db.sessions(database)
    with sessions.begin() as session:
        first = bring(session, write(tmp_path / "valley.geojson"))
    assert first.version_id is not None
    with sessions.begin() as loading:
        bring(loading, write(tmp_path / "b.geojson", lambda f: f.pop()))
        with sessions.begin() as reading:
            reading.execute(text("set local lock_timeout = '2s'"))
            assert len(fetch(reading, first.version_id, Spot(1, 0.0)).reaches) == 7
            assert active(reading)[1] == first.version_id


def test_unknown_shares_are_divided_by_flow_and_flagged(session: Writing, tmp_path: Path) -> None:
    def silent(features: list[dict[str, Any]]) -> None:
        for feature in features:
            feature["properties"].pop("share", None)

    report = bring(session, write(tmp_path / "valley.geojson", silent))
    assert report.version_id is not None
    reaches = fetch(session, report.version_id, Spot(1, 0.0)).reaches
    # 5.6 and 2.4 m3/s leave C
    assert (reaches[3].share, reaches[6].share) == pytest.approx((0.7, 0.3))
    assert reaches[3].share_assumed
    assert reaches[6].share_assumed
    assert found(report)["share-assumed"] == 2


def test_unmarked_divergences_take_the_greater_share_and_are_flagged(session: Writing, tmp_path: Path) -> None:
    def unmarked(features: list[dict[str, Any]]) -> None:
        for feature in features:
            feature["properties"]["divergence"] = 0

    report = bring(session, write(tmp_path / "valley.geojson", unmarked))
    assert report.version_id is not None
    reaches = fetch(session, report.version_id, Spot(1, 0.0)).reaches
    assert (reaches[3].main, reaches[6].main) == (True, False)
    assert found(report)["main-side-assumed"] == 1


def test_a_directed_loop_is_listed_and_loaded(session: Writing, tmp_path: Path) -> None:
    def looped(features: list[dict[str, Any]]) -> None:
        back = {"reach_id": 10, "from_node": 4, "to_node": 2, "length_km": 22, "divergence": 2, "velocity_ms": 1}
        line = {"type": "LineString", "coordinates": [valley.NODES[4], (100.2, 30.05), valley.NODES[2]]}
        features.append({"type": "Feature", "properties": back, "geometry": line})

    report = bring(session, write(tmp_path / "valley.geojson", looped))
    assert report.version_id is not None
    loops = [finding for finding in report.findings if finding.slug == "loop"]
    assert [[example.reach for example in finding.examples] for finding in loops] == [["10"]]
    assert set(fetch(session, report.version_id, Spot(4, 0.0)).reaches) == {4, 5}
    assert set(fetch(session, report.version_id, Spot(3, 0.0)).reaches) == {2, 3, 4, 5, 6, 7, 10}


def test_lines_drawn_against_their_nodes_are_turned_and_listed(session: Writing, tmp_path: Path) -> None:
    def turned(features: list[dict[str, Any]]) -> None:
        features[1]["geometry"]["coordinates"].reverse()

    report = bring(session, write(tmp_path / "valley.geojson", turned))
    assert report.version_id is not None
    assert found(report)["drawn-reversed"] == 1
    chosen = snap(session, report.version_id, 100.12, 30.1).chosen
    assert chosen is not None
    assert chosen.offset_m == pytest.approx(2_000.0)  # a fifth of reach 2 below B


def test_a_length_far_from_the_drawn_one_is_listed(session: Writing, tmp_path: Path) -> None:
    report = bring(session, write(tmp_path / "v.geojson", lambda f: f[0]["properties"].update(length_km=10_000)))
    (finding,) = [finding for finding in report.findings if finding.slug == "drawn-length"]
    assert finding.examples[0].reach == "1"
    assert finding.examples[0].value == "10000.000 km, drawn 9.620 km"


def test_the_reference_profile_reads_its_own_columns(session: Writing, tmp_path: Path) -> None:
    stretches = [{"code": "V10101", "from_m": 0, "to_m": 10_000, "bank": "both", "flag": None}]

    def reference(features: list[dict[str, Any]]) -> None:
        features[0]["properties"].update(
            river="GU", name_zh="谷河", name_en="Gu River", confidence="B", grade="A-km", velocity_confidence="C",
            schematic=True, source="schematic", note="toy", stretches=stretches,
        )  # fmt: skip
        features[2]["properties"]["share_source"] = "nominal, by the gate's rule"

    file = write(tmp_path / "valley.geojson", reference)
    report = load(session, file, profile=Profile.REFERENCE, name="valley", at=AT, by=BY)
    row = session.get_one(ReachRow, (report.version_id, 1))
    assert (row.river, row.name_zh, row.name_en) == ("GU", "谷河", "Gu River")
    assert (row.grade, row.velocity_grade) == (Grade.B, Grade.C)
    assert (row.schematic, row.source, row.note, row.tabled_stretches) == (True, "schematic", "toy", stretches)
    assert session.get_one(ReachRow, (report.version_id, 3)).share_assumed


def test_fourteen_digit_ids_are_kept_exactly(session: Writing, tmp_path: Path) -> None:
    big = 12_345_678_901_234
    report = bring(session, write(tmp_path / "v.geojson", lambda f: f[0]["properties"].update(reach_id=big)))
    assert report.version_id is not None
    assert fetch(session, report.version_id, Spot(big, 0.0)).reaches[big].code == "1"


# Other formats ---------------------------------------------------------------------------------------------------------


def projected(folder: Path, name: str, driver: str, crs: str | None) -> Path:
    """The valley in metres: web Mercator, whose formula is short."""
    meta, _, shapes, columns = pyogrio.raw.read(write(folder / "source.geojson"))
    lines = shapely.transform(shapely.from_wkb(shapes), _mercator)
    fields = [
        "velocity_m" if f == "velocity_ms" else "discharge_" if f == "discharge_m3s" else f for f in meta["fields"]
    ]
    names = fields if driver == "ESRI Shapefile" else list(meta["fields"])
    options = {"crs": crs, "geometry_type": "LineString", "driver": driver}
    pyogrio.raw.write(folder / name, shapely.to_wkb(lines), columns, names, **options)
    return folder / name


def _mercator(points: np.ndarray) -> np.ndarray:
    lon, lat = np.radians(points[:, 0]), np.radians(points[:, 1])
    return 6_378_137.0 * np.column_stack([lon, np.log(np.tan(np.pi / 4 + lat / 2))])


@pytest.mark.parametrize(("name", "driver"), [("valley.gpkg", "GPKG"), ("valley.shp", "ESRI Shapefile")])
def test_a_named_projection_is_brought_to_longitude_and_latitude(
    session: Writing, tmp_path: Path, name: str, driver: str
) -> None:
    report = bring(session, projected(tmp_path, name, driver, "EPSG:3857"))
    assert report.version_id is not None
    assert found(report) == {"isolated": 1}
    chosen = snap(session, report.version_id, 100.05, 30.1).chosen
    assert chosen is not None
    assert chosen.reach_id == 1
    assert (chosen.offset_m, chosen.distance_m) == pytest.approx((5_000, 0), abs=1)
    assert fetch(session, report.version_id, Spot(6, 0.0)).reaches[6].velocity_ms == 1.0


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_an_unnamed_projection_is_refused(session: Writing, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="names no coordinate system"):
        bring(session, projected(tmp_path, "valley.shp", "ESRI Shapefile", None))


# Refusals --------------------------------------------------------------------------------------------------------------


def put(n: int, **values: Any) -> Change:
    return lambda features: features[n]["properties"].update(values)


def draw(n: int, geometry: dict[str, Any] | None) -> Change:
    return lambda features: features[n].update(geometry=geometry)


def everywhere(**values: Any) -> Change:
    return lambda features: [feature["properties"].update(values) for feature in features]


REFUSED: dict[str, Change] = {
    "duplicate-id": put(1, reach_id=1),
    "id-range": put(1, reach_id=2**53),
    "length": put(1, length_km=0),
    "share-range": put(2, share=1.7),
    "share-sum": put(2, share=0.9),
    "coordinates": draw(0, {"type": "LineString", "coordinates": [[500_000, 3_300_000], [510_000, 3_300_000]]}),
    "drawn-as-point": draw(0, {"type": "LineString", "coordinates": [[100, 30], [100, 30]]}),
    "geometry": draw(0, {"type": "MultiLineString", "coordinates": [[[100, 30], [101, 30]], [[102, 30], [103, 30]]]}),
    "unreadable-reach_id": put(0, reach_id=1.5),
    "unreadable-from_node": put(0, from_node=None),
    "unreadable-length_km": everywhere(length_km="ten"),
    "unreadable-kind": put(0, kind="brook"),
    "unreadable-divergence": put(0, divergence=3),
}


@pytest.mark.parametrize("slug", REFUSED)
def test_a_bad_network_is_refused_with_its_place_and_nothing_changes(
    session: Writing, tmp_path: Path, slug: str
) -> None:
    before = bring(session, write(tmp_path / "good.geojson"))
    with pytest.raises(BadFile) as refused:
        bring(session, write(tmp_path / "bad.geojson", REFUSED[slug]))
    findings = refused.value.facts["findings"]
    assert slug in [finding["slug"] for finding in findings]
    assert all(finding["refuses"] and finding["count"] and finding["examples"] for finding in findings)
    assert "nothing changed" in refused.value.words.en
    assert "原有河网不变" in refused.value.words.zh
    assert active(session)[1] == before.version_id
    assert session.scalar(select(func.count()).select_from(NetworkVersionRow)) == 1


def test_examples_carry_coordinates(session: Writing, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        bring(session, write(tmp_path / "bad.geojson", put(1, length_km=-3)))
    (finding,) = refused.value.facts["findings"]
    assert finding["examples"] == [{"reach": "2", "lon": 100.1, "lat": 30.1, "value": "-3000 m"}]
    assert "2 (100.10000, 30.10000): -3000 m" in refused.value.words.en


def test_a_tabled_stretch_beyond_its_reach_is_refused(session: Writing, tmp_path: Path) -> None:
    beyond = put(0, stretches=[{"code": "V10101", "from_m": 0, "to_m": 10_800, "bank": "both", "flag": None}])
    with pytest.raises(BadFile, match="tabled stretch"):
        load(session, write(tmp_path / "v.geojson", beyond), profile=Profile.REFERENCE, name="v", at=AT, by=BY)


def holding(*geometries: dict[str, Any]) -> bytes:
    """A GeoJSON file of these geometries with nothing but an id."""
    features = [{"type": "Feature", "properties": {"reach_id": 1}, "geometry": geometry} for geometry in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not a map", "cannot be read"),
        (b"", "cannot be read"),
        (holding(), "holds no reach"),
        (
            holding({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}),
            "lacks columns: from_node, to_node, length_km",
        ),
        (holding({"type": "Point", "coordinates": [1, 2]}), "exactly one layer of LineString"),
    ],
)
def test_what_is_no_network_at_all_is_refused(session: Writing, tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "bad.geojson"
    file.write_bytes(content)
    with pytest.raises(BadFile, match=sentence):
        bring(session, file)


def test_a_file_that_is_not_there_is_named(session: Writing, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"no file nowhere\.gpkg"):
        bring(session, tmp_path / "nowhere.gpkg")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "v.geojson")
    stamp = checksum(file, Profile.PLAIN)
    write(file, put(0, length_km=11))
    with pytest.raises(BadFile, match="changed while it was read"), opened(file, Profile.PLAIN, stamp):
        pass


# Sites -----------------------------------------------------------------------------------------------------------------


def test_a_new_version_keeps_the_sites_where_their_anchors_say(loaded: Loaded) -> None:
    report = bring(
        loaded.session, write(loaded.folder / "b.geojson", lambda f: f[0]["properties"].update(length_km=11))
    )
    assert report.moved_sites == []
    assert _anchors(loaded.session, report.version_id) == {
        1: (2, 5000.0),
        2: (2, 8000.0),
        3: (6, 100.0),
        4: (5, 14000.0),
    }


def test_a_site_whose_reach_is_gone_is_placed_by_its_coordinates_and_reported(loaded: Loaded) -> None:
    report = bring(loaded.session, write(loaded.folder / "b.geojson", put(4, reach_id=55, code="55")))
    (moved,) = report.moved_sites
    assert (moved.site_id, moved.reach_id) == (4, 55)
    assert "placed by its coordinates on reach 55" in moved.words.en
    assert _anchors(loaded.session, report.version_id)[4] == pytest.approx((55, 14_000.0))


def test_a_site_with_no_reach_near_is_reported_as_not_placed(loaded: Loaded) -> None:
    report = bring(loaded.session, write(loaded.folder / "b.geojson", lambda f: f.pop(4)))
    (moved,) = report.moved_sites
    assert (moved.site_id, moved.reach_id) == (4, None)
    assert 4 not in _anchors(loaded.session, report.version_id)


def test_sites_are_found_on_the_reaches_of_a_trace(loaded: Loaded) -> None:
    on_two = sites.sites_on(loaded.session, loaded.version_id, [2])
    assert [(site.name.zh, site.offset_m) for site in on_two] == [("一号断面", 5000.0), ("中区（合成）取水口", 8000.0)]
    assert (on_two[1].synthetic, on_two[1].admin_class, on_two[1].confidence) == (True, "乡镇", Grade.B)
    assert (on_two[0].lon, on_two[0].lat) == pytest.approx((100.15, 30.1))
    assert sites.sites_on(loaded.session, loaded.version_id, []) == []


def test_a_site_is_found_only_while_it_stands(loaded: Loaded) -> None:
    file = _sites(loaded.folder, valid_from="2026-01-01", valid_to="2026-06-01T00:00:00+08:00")
    sites.load(loaded.session, file, name="valley", at=AT, by=BY)
    found_at = {
        day: [s.site_id for s in sites.sites_on(loaded.session, loaded.version_id, [2], at=AT + timedelta(days=day))]
        for day in (-90, 0, 92)
    }
    assert found_at == {-90: [2], 0: [1, 2], 92: [2]}


def test_sites_loaded_again_are_replaced(loaded: Loaded) -> None:
    sites.load(loaded.session, _sites(loaded.folder, offset_m=6000), name="valley", at=AT, by=BY)
    assert _anchors(loaded.session, loaded.version_id)[1] == (2, 6000.0)


def test_a_site_on_an_absent_reach_is_placed_by_its_coordinates(loaded: Loaded) -> None:
    report = sites.load(loaded.session, _sites(loaded.folder, reach="GU-77"), name="valley", at=AT, by=BY)
    assert [(moved.site_id, moved.reach_id) for moved in report.moved] == [(1, 2)]
    assert _anchors(loaded.session, loaded.version_id)[1] == pytest.approx((2, 5000.0))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"kind": "bridge"}, "Column kind"), ({"site_id": 2}, "repeated: 2"), ({"name_zh": None}, "Column name_zh")],
)
def test_bad_sites_are_refused(loaded: Loaded, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        sites.load(loaded.session, _sites(loaded.folder, **values), name="valley", at=AT, by=BY)
    assert _anchors(loaded.session, loaded.version_id)[1] == (2, 5000.0)


def _sites(folder: Path, **values: Any) -> Path:
    """The valley's sites with the first one changed."""
    made = valley.sites()
    made["features"][0]["properties"].update(values)
    file = folder / "changed.geojson"
    file.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    return file


def _anchors(session: Writing, version_id: int | None) -> dict[int, tuple[int, float]]:
    rows = session.scalars(select(SiteAnchorRow).where(SiteAnchorRow.version_id == version_id))
    return {row.site_id: (row.reach_id, row.offset_m) for row in rows}
