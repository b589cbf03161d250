"""Tiles of the valley, read back by a reader that is not ours."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from emergency.db import Writing
from emergency.errors import NotFound
from emergency.river import lines
from emergency.river.load import load
from emergency.river.read import Profile
from emergency.river.tiles import EXTENT, sites_tile, tile
from tests.emergency.river.conftest import AT, BY, Loaded

IN_THE_VALLEY = (100.3, 30.12)
DISCHARGES = [1.0, 2.4, 3.0, 8.0]
"""Of the four main paths: at the foot of each, in m3/s."""


def place(zoom: int, lon: float, lat: float) -> tuple[int, int, int]:
    """The tile over a place."""
    across = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int((lon + 180) / 360 * across), int(y * across)


def features(made: bytes, layer: str) -> list[dict[str, Any]]:
    """The features of a layer with their shapes in tile units."""
    meta, _, shapes, columns = pyogrio.raw.read(made, layer=layer)
    rows = [dict(zip(meta["fields"], values, strict=True)) for values in zip(*columns, strict=True)]
    return [{**row, "shape": shape} for row, shape in zip(rows, shapely.from_wkb(shapes), strict=True)]


def test_near_by_every_reach_is_a_feature_with_its_attributes(loaded: Loaded) -> None:
    shown = features(tile(loaded.session, loaded.version_id, *place(12, 100.21, 30.11)), "network")
    canal = next(row for row in shown if row["reach_id"] == 6)
    assert (canal["code"], canal["river"], canal["name_zh"], canal["kind"]) == ("6", "谷渠", "谷渠", "canal")
    assert (canal["discharge"], canal["schematic"]) == (2.4, 0)


def test_far_off_the_reaches_of_a_main_path_are_one_line(loaded: Loaded) -> None:
    shown = features(tile(loaded.session, loaded.version_id, *place(8, *IN_THE_VALLEY)), "network")
    assert sorted(row["discharge"] for row in shown) == DISCHARGES
    river = next(row for row in shown if row["name_zh"] == "谷河")
    assert (river["discharge"], river["kind"]) == (8.0, "river")
    assert len(shapely.get_parts(river["shape"])) == 1
    assert len(shapely.get_coordinates(river["shape"])) == 2  # straight through all its nodes


def test_from_afar_what_would_be_a_dot_is_left_out(loaded: Loaded) -> None:
    # at z4 a tile is 2,505 km wide at the equator: what is drawn shorter than 9.8 km is a dot
    assert sorted(row["discharge"] for row in features(whole(loaded, 4), "network")) == DISCHARGES
    assert [row["name_zh"] for row in features(whole(loaded, 2), "network")] == ["谷河"]
    assert whole(loaded, 0) == b""


def test_a_line_is_not_drawn_across_a_gap_nor_in_two_manners(loaded: Loaded) -> None:
    session, version = loaded.session, loaded.version_id
    session.execute(text("update reaches set schematic = true where version_id = :v and reach_id = 3"), {"v": version})
    session.execute(
        text(
            "update reaches set geom = st_setpoint(geom, 0, st_translate(st_startpoint(geom), 0.02, 0)) "
            "where version_id = :v and reach_id = 5"
        ),
        {"v": version},
    )
    redraw(session, version)
    river = [row for row in features(whole(loaded, 9), "network") if row["name_zh"] == "谷河"]
    assert sorted((row["schematic"], len(shapely.get_parts(row["shape"]))) for row in river) == [(0, 3), (1, 1)]


def test_of_a_great_network_a_wide_map_shows_the_greatest_rivers(session: Writing, tmp_path: Path) -> None:
    version = comb(session, tmp_path, teeth=600)
    counted = text("select z, count(*) as n from tile_lines where version_id = :v group by z")
    drawn = {row.z: row.n for row in session.execute(counted, {"v": version})}
    assert drawn[11] > drawn[6] > 0
    assert all(drawn[z] <= drawn[z + 1] for z in range(4, 11))
    least = session.execute(
        text("select min(drains_m) from tile_lines where version_id = :v and z = 6"), {"v": version}
    )
    assert least.scalar_one() > 5_000  # of the teeth of 1 to 12 km, the longer ones


def whole(loaded: Loaded, zoom: int) -> bytes:
    """The tile of a zoom that holds the valley."""
    return tile(loaded.session, loaded.version_id, *place(zoom, *IN_THE_VALLEY))


def redraw(session: Writing, version: int) -> None:
    """Draw the lines of a version anew after its reaches were changed by hand."""
    session.execute(text(f"drop table tile_lines_v{version}"))
    lines.build(session, version)


def comb(session: Writing, folder: Path, *, teeth: int) -> int:
    """A straight river with a tributary at each of its nodes; the version."""
    shapes, rows = [], []
    for n in range(teeth):
        lon = 100 + n * 0.01
        shapes += [shapely.LineString([(lon, 30), (lon + 0.01, 30)])]
        rows += [(2 * n + 1, n + 1, n + 2, 1.0, "长河")]
        length = 1 + n * 11 / teeth
        shapes += [shapely.LineString([(lon, 30 + length / 111.2), (lon, 30)])]
        rows += [(2 * n + 2, 10_000 + n, n + 1, length, f"支流{n}")]
    columns = [np.array(values) for values in zip(*rows, strict=True)]
    fields = ["reach_id", "from_node", "to_node", "length_km", "name"]
    file = folder / "comb.gpkg"
    pyogrio.raw.write(
        file, shapely.to_wkb(np.array(shapes)), columns, fields, geometry_type="LineString", crs="EPSG:4326"
    )
    report = load(session, file, profile=Profile.PLAIN, name="comb", at=AT, by=BY)
    assert report.version_id is not None
    return report.version_id


def test_shapes_lie_within_the_tile_and_its_margin(loaded: Loaded) -> None:
    made = tile(loaded.session, loaded.version_id, *place(12, 100.2, 30.1))
    points = np.concatenate([shapely.get_coordinates(row["shape"]) for row in features(made, "network")])
    assert np.ptp(points, axis=0).max() <= EXTENT + 2 * 64


def test_a_tile_elsewhere_is_empty(loaded: Loaded) -> None:
    assert tile(loaded.session, loaded.version_id, *place(10, 0.0, 0.0)) == b""
    assert tile(loaded.session, loaded.version_id, *place(5, 0.0, 0.0)) == b""
    assert sites_tile(loaded.session, loaded.version_id, *place(10, 0.0, 0.0), at=AT) == b""


@pytest.mark.parametrize("where", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_tile_that_cannot_be_is_not_found(loaded: Loaded, where: tuple[int, int, int]) -> None:
    with pytest.raises(NotFound, match="no tile"):
        tile(loaded.session, loaded.version_id, *where)


def test_sites_are_shown_where_they_stand(loaded: Loaded) -> None:
    shown = features(sites_tile(loaded.session, loaded.version_id, *place(8, *IN_THE_VALLEY), at=AT), "sites")
    assert sorted((row["site_id"], row["kind"], row["name_zh"]) for row in shown) == [
        (1, "section", "一号断面"),
        (2, "intake", "中区（合成）取水口"),
        (3, "interception", "谷渠闸"),
        (4, "section", "末端断面"),
    ]
