"""The files of a made network are ones that the product loads without complaint."""

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from benchmarks import made


@pytest.fixture
def network(tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / made.NETWORK
    count, _ = made.write_network(file, 1_000, outlets=1, divergences=0.05, seed=1)
    return {"count": count, **cells(file)}


def cells(file: Path) -> dict[str, Any]:
    meta, _, shapes, columns = pyogrio.raw.read(file)
    return {"geometry": shapely.from_wkb(shapes), **dict(zip(meta["fields"], columns, strict=True))}


def test_about_as_many_reaches_as_wished(network: dict[str, Any]) -> None:
    assert network["count"] == len(network["reach_id"]) == len(set(network["reach_id"]))
    assert 900 <= network["count"] <= 1_100


def test_a_reach_is_about_a_kilometre_of_ten_vertices(network: dict[str, Any]) -> None:
    assert 0.8 < np.median(network["length_km"]) < 1.3
    assert set(shapely.get_num_coordinates(network["geometry"])) == {10}


def test_reaches_meet_where_their_nodes_say(network: dict[str, Any]) -> None:
    ends: dict[int, set[tuple[float, float]]] = {}
    for shape, upper, lower in zip(network["geometry"], network["from_node"], network["to_node"], strict=True):
        ends.setdefault(upper, set()).add(shape.coords[0])
        ends.setdefault(lower, set()).add(shape.coords[-1])
    assert {len(each) for each in ends.values()} == {1}


def test_lengths_are_those_of_the_lines(network: dict[str, Any]) -> None:
    # a degree of latitude is 111.2 km on the sphere that the loader measures on
    shape = shapely.linestrings([[[100.0, 30.0], [100.0, 30.1], [100.0, 30.2]]])
    assert made._lengths_m(shapely.get_coordinates(shape).reshape(1, 3, 2))[0] == pytest.approx(22_239, abs=1)
    west, south, east, north = shapely.total_bounds(network["geometry"])
    assert 99.9 < west < east < 100.5
    assert 24.9 < south < north < 25.5


def test_unknown_shares_and_nameless_streams_are_empty_cells(network: dict[str, Any]) -> None:
    assert np.isnan(network["share"][network["divergence"] == 0]).all()
    assert None in set(network["name"])
    assert any(name is not None for name in network["name"])


def test_a_file_is_written_anew_in_parts_without_repeating_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / made.NETWORK
    for chunk in (10_000, 100):
        monkeypatch.setattr(made, "CHUNK", chunk)
        made.write_network(file, 500, outlets=2, divergences=0.015, seed=1)
        found = cells(file)
        assert list(found["reach_id"]) == list(range(1, len(found["reach_id"]) + 1))


def test_copies_lie_apart_with_ids_of_their_own_and_the_same_shape(tmp_path: Path) -> None:
    real = tmp_path / made.REAL_FILE
    _write_real(real)
    count, bounds = made.copy_network(real, tmp_path / made.NETWORK, 5)
    found = cells(tmp_path / made.NETWORK)
    assert count == 10 == len(set(found["reach_id"]))
    first, last = found["geometry"][0], found["geometry"][8]
    assert last.length == pytest.approx(first.length)
    # three abreast: the fifth stands second in the second row
    assert last.coords[0][0] - first.coords[0][0] == pytest.approx(made.COPY_STEP_DEGREES)
    assert last.coords[0][1] - first.coords[0][1] == pytest.approx(made.COPY_STEP_DEGREES)
    assert list(found["to_node"][::2]) == list(found["from_node"][1::2])
    assert bounds == pytest.approx((-90.2, 33.8, -90.0 + 2 * 0.6, 33.8 + 0.6))


def test_what_the_real_file_calls_none_is_no_name_and_no_slope(tmp_path: Path) -> None:
    real = tmp_path / made.REAL_FILE
    _write_real(real)
    made.copy_network(real, tmp_path / made.NETWORK, 1)
    found = cells(tmp_path / made.NETWORK)
    assert list(found["name"]) == [None, "Tallahatchie River"]
    assert np.isnan(found["slope"][0])
    assert found["slope"][1] == pytest.approx(1e-5)


def _write_real(file: Path) -> None:
    """Two reaches with the columns of an NHDPlus file, one after the other."""
    lines = shapely.linestrings([[[-90.2, 33.8], [-90.1, 33.8]], [[-90.1, 33.8], [-90.0, 33.8]]])
    columns = {
        "reach_id": np.array([11, 12]),
        "from_node": np.array([1, 2]),
        "to_node": np.array([2, 3]),
        "length_km": np.array([9.2, 9.3]),
        "divergence": np.array([0, 0]),
        "slope": np.array([-9998.0, 1e-5]),
        "name": np.array(["None", "Tallahatchie River"], dtype=object),
        "tot_area_km2": np.array([1.0, 2.0]),
    }
    pyogrio.raw.write(
        file,
        shapely.to_wkb(lines),
        list(columns.values()),
        list(columns),
        layer="reaches",
        driver="GPKG",
        geometry_type="LineString",
        crs="EPSG:4326",
    )
