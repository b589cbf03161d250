"""Tiles of the divisions, read back by a reader that is not ours: each name once, inside its own territory."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyogrio
import pytest
import shapely
from sqlalchemy import text

from emergency.db import SRID
from emergency.errors import NotFound
from emergency.jurisdictions.tiles import tile
from tests.emergency.jurisdictions.conftest import Ground

EXTENT = 4096
WORLD_M = 40_075_016.68
AROUND = (99.9, 29.9, 101.4, 30.8)
"""Every tile that the valley touches lies in here, and some that it does not."""
COUNTIES = {"V10101", "V10102", "V10103", "V20100", "V30100"}
PREFECTURE = "V10100"


@pytest.fixture
def ground(ground: Ground) -> Ground:
    """The valley, in which 甲州 has a boundary of its own around its counties."""
    ground.session.execute(
        text(
            "insert into boundaries (boundary_version_id, code, geom) select boundary_version_id, :code,"
            " ST_Multi(ST_Union(geom)) from boundaries where code like 'V101__' group by boundary_version_id"
        ),
        {"code": PREFECTURE},
    )
    return ground


def tiles(zoom: int) -> Iterator[tuple[int, int]]:
    """The tiles over and around the valley."""
    west, south, east, north = AROUND
    (x0, y0), (x1, y1) = place(zoom, west, north), place(zoom, east, south)
    yield from ((x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1))


def place(zoom: int, lon: float, lat: float) -> tuple[int, int]:
    """The tile over a point."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**zoom), int(y * 2**zoom)


def labels(ground: Ground, zoom: int) -> Iterator[tuple[str, float, float]]:
    """Code, longitude and latitude of every label over and around the valley, as often as it stands in a tile."""
    for x, y in tiles(zoom):
        made = tile(ground.session, ground.boundaries, zoom, x, y)
        if not made or "division_labels" not in {name for name, _ in pyogrio.list_layers(made)}:
            continue
        meta, _, shapes, columns = pyogrio.raw.read(made, layer="division_labels")
        rows: Iterator[dict[str, Any]] = (
            dict(zip(meta["fields"], each, strict=True)) for each in zip(*columns, strict=True)
        )
        for row, shape in zip(rows, shapely.from_wkb(shapes), strict=True):
            assert row["name_zh"]
            assert row["name_en"]
            # a lone file has no place in the world: the reader gives tile units, y upwards
            yield row["code"], *_degrees(zoom, x + shape.x / EXTENT, y + 1 - shape.y / EXTENT)


def _degrees(zoom: int, x: float, y: float) -> tuple[float, float]:
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**zoom))))
    return x / 2**zoom * 360 - 180, lat


@pytest.mark.parametrize(("zoom", "named"), [(5, {PREFECTURE}), (7, {PREFECTURE}), (8, COUNTIES), (10, COUNTIES)])
def test_a_division_is_named_once_however_many_tiles_cut_it(ground: Ground, zoom: int, named: set[str]) -> None:
    assert Counter(code for code, _, _ in labels(ground, zoom)) == Counter(named)


def test_a_name_stands_inside_its_own_territory(ground: Ground) -> None:
    inside = text(f"""
        select ST_Contains(geom, ST_SetSRID(ST_Point(:lon, :lat), {SRID})) from boundaries
        where boundary_version_id = :version and code = :code""")
    for zoom in (7, 10):
        for code, lon, lat in labels(ground, zoom):
            values = {"lon": lon, "lat": lat, "code": code, "version": ground.boundaries}
            assert (code, ground.session.scalar(inside, values)) == (code, True)


def test_of_a_division_in_several_parts_the_largest_is_named(ground: Ground) -> None:
    apart = "MULTIPOLYGON(((100.9 30.6,100.92 30.6,100.92 30.62,100.9 30.62,100.9 30.6)),((101 30.4,101.3 30.4,101.3 30.7,101 30.7,101 30.4)))"
    ground.session.execute(
        text(
            f"update boundaries set geom = ST_GeomFromText(:apart, {SRID}) where code = 'V30100' and boundary_version_id = :version"
        ),
        {"apart": apart, "version": ground.boundaries},
    )
    [(lon, lat)] = [(lon, lat) for code, lon, lat in labels(ground, 10) if code == "V30100"]
    assert 101 < lon < 101.3
    assert 30.4 < lat < 30.7


def test_close_by_a_division_in_which_no_finer_one_is_drawn_keeps_its_name(ground: Ground) -> None:
    ground.session.execute(text("delete from boundaries where code in ('V10101', 'V10102', 'V10103')"))
    assert {code for code, _, _ in labels(ground, 9)} == {PREFECTURE, "V20100", "V30100"}


def test_a_tile_elsewhere_is_empty_and_one_that_cannot_be_is_not_found(ground: Ground) -> None:
    assert tile(ground.session, ground.boundaries, 10, *place(10, 0.0, 0.0)) == b""
    for where in [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1)]:
        with pytest.raises(NotFound, match="no tile"):
            tile(ground.session, ground.boundaries, *where)
