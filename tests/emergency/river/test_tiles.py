"""Tiles of the valley, read back by a reader that is not ours."""

import math
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from emergency.errors import NotFound
from emergency.river.tiles import EXTENT, sites_tile, tile
from tests.emergency.river.conftest import AT, Loaded

IN_THE_VALLEY = (100.3, 30.12)


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
    shown = features(tile(loaded.session, loaded.version_id, *place(10, *IN_THE_VALLEY)), "network")
    canal = next(row for row in shown if row["reach_id"] == 6)
    assert (canal["code"], canal["river"], canal["name_zh"], canal["kind"]) == ("6", "谷渠", "谷渠", "canal")
    assert (canal["discharge"], canal["schematic"]) == (2.4, 0)


def test_far_off_the_reaches_of_a_main_path_are_one_line(loaded: Loaded) -> None:
    shown = features(tile(loaded.session, loaded.version_id, *place(8, *IN_THE_VALLEY)), "network")
    assert sorted(row["path_id"] for row in shown) == [5, 7, 8, 9]
    river = next(row for row in shown if row["path_id"] == 5)
    assert (river["river"], river["discharge"]) == ("谷河", 8.0)
    assert len(shapely.get_parts(river["shape"])) == 1
    assert len(shapely.get_coordinates(river["shape"])) == 2  # straight through all its nodes


def test_from_afar_short_paths_are_left_out(loaded: Loaded) -> None:
    # at z4 a tile is 2,505 km wide: what is shorter than 39 km is not drawn
    shown = features(tile(loaded.session, loaded.version_id, *place(4, *IN_THE_VALLEY)), "network")
    assert [row["path_id"] for row in shown] == [5]


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
