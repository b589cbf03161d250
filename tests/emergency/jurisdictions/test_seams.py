"""Overlaps and holes between neighbours: their size on the ground, and where to look."""

import pytest
from shapely.geometry import Point, Polygon, box

from emergency.jurisdictions.seams import finest, seams

KM = 1 / 111.195
"""Degrees of a kilometre at the equator."""


def test_neighbours_that_meet_have_no_seams() -> None:
    found = seams({"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1)})
    assert (found.overlaps, found.holes) == ([], [])


def test_an_overlap_is_measured_and_located() -> None:
    found = seams({"A": box(0, 0, 10 * KM, 10 * KM), "B": box(9 * KM, 0, 20 * KM, 10 * KM)})
    [overlap] = found.overlaps
    assert overlap.codes == ("A", "B")
    assert overlap.area_km2 == pytest.approx(10.0, rel=1e-3)
    assert box(9 * KM, 0, 10 * KM, 10 * KM).contains(Point(overlap.lon, overlap.lat))


def test_areas_are_those_on_the_ground_at_any_latitude() -> None:
    found = seams({"A": box(10, 59.5, 11, 60.5), "B": box(10, 59.5, 11, 60.5)})
    assert found.overlaps[0].area_km2 == pytest.approx(111.195**2 * 0.5, rel=2e-3)  # cos 60 = 0.5


def test_a_hole_is_found_between_its_neighbours_and_the_outside_is_none() -> None:
    left = Polygon([(0, 0), (1.5, 0), (1.5, 1), (1, 1), (1, 2), (1.5, 2), (1.5, 3), (0, 3)])
    right = Polygon([(3 - x, y) for x, y in left.exterior.coords])
    found = seams({"A": left, "B": right})
    [hole] = found.holes
    assert hole.beside == ("A", "B")
    assert box(1, 1, 2, 2).contains(Point(hole.lon, hole.lat))
    notch = seams({"A": box(0, 0, 1, 3), "B": box(2, 0, 3, 3), "C": box(0, 0, 3, 0.5)})
    assert notch.holes == []


def test_slivers_below_a_hectare_are_the_width_of_the_line() -> None:
    found = seams({"A": box(0, 0, 1 * KM, 1 * KM), "B": box(0.995 * KM, 0, 2 * KM, 1 * KM)})
    assert found.overlaps == []


def test_all_are_counted_and_the_largest_are_shown_first() -> None:
    squares = {f"A{n}": box(2 * n, 0, 2 * n + 1, 1) for n in range(8)}
    over = {f"B{n}": box(2 * n, 0, 2 * n + (n + 1) / 10, 1) for n in range(8)}
    told = seams({**squares, **over}).stored()["overlaps"]
    assert told["count"] == 8
    assert [each["codes"] for each in told["examples"]] == [[f"A{n}", f"B{n}"] for n in (7, 6, 5, 4, 3)]


def test_the_finest_are_those_with_no_other_below() -> None:
    parents = {"P": None, "P1": "P", "P11": "P1", "P12": "P1", "P2": "P", "Q": None, "R1": "R"}
    assert finest(["P", "P1", "P11", "P2", "Q", "R1"], parents.get) == ["P11", "P2", "Q", "R1"]
    assert finest(["P", "P12"], parents.get) == ["P12"]  # also across a level that is not drawn
    assert finest(["P", "Q"], parents.get) == ["P", "Q"]
