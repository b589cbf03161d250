"""Do neighbouring territories meet? Overlaps, and holes between them, with their size and where to look.

Takes the finest divisions only: a county lies within its province and does not overlap it. A hole is land with drawn
territory all around; what opens to the outside may be another country or the sea, and is not claimed. Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon

LEAST_KM2: Final = 0.01
"""A hectare: what is smaller is the width of the line."""
RADIUS_KM: Final = 6_371.007
"""Of the sphere with the Earth's surface."""
SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Overlap:
    """Land drawn in two divisions; lon, lat lie in it."""

    codes: tuple[str, str]
    area_km2: float
    lon: float
    lat: float

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"codes": list(self.codes), "area_km2": self.area_km2, "lon": self.lon, "lat": self.lat}


@dataclass(frozen=True, slots=True)
class Hole:
    """Land drawn in no division, between those named; lon, lat lie in it."""

    beside: tuple[str, ...]
    area_km2: float
    lon: float
    lat: float

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"beside": list(self.beside), "area_km2": self.area_km2, "lon": self.lon, "lat": self.lat}


@dataclass(frozen=True, slots=True)
class Seams:
    """All overlaps and holes above a hectare, the largest first."""

    overlaps: Sequence[Overlap]
    holes: Sequence[Hole]

    def stored(self) -> dict[str, Any]:
        """JSON-ready: how many, how large together, and the largest few."""
        return {
            "overlaps": _told(self.overlaps),
            "gaps": _told(self.holes),
        }


def finest(codes: Iterable[str], parent_of: Callable[[str], str | None]) -> list[str]:
    """Those of `codes` that have no other of them below."""
    drawn = set(codes)
    above: set[str] = set()
    for code in drawn:
        parent = parent_of(code)
        while parent is not None and parent not in above:
            above.add(parent)
            parent = parent_of(parent)
    return sorted(drawn - above)


def seams(territories: Mapping[str, Polygon | MultiPolygon]) -> Seams:
    """How the territories of the finest divisions, by code, meet."""
    codes = sorted(territories)
    shapes = np.array([territories[code] for code in codes], dtype=object)
    tree = shapely.STRtree(shapes)
    return Seams(_overlaps(codes, shapes, tree), _holes(codes, shapes, tree))


def _overlaps(codes: Sequence[str], shapes: npt.NDArray[np.object_], tree: shapely.STRtree) -> list[Overlap]:
    one, other = tree.query(shapes, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    shared = shapely.intersection(shapes[one], shapes[other])
    areas = _areas_km2(shared)
    found = [
        Overlap((codes[one[n]], codes[other[n]]), round(float(areas[n]), 3), *_inside(shared[n]))
        for n in np.flatnonzero(areas >= LEAST_KM2)
    ]
    return sorted(found, key=lambda each: -each.area_km2)


def _holes(codes: Sequence[str], shapes: npt.NDArray[np.object_], tree: shapely.STRtree) -> list[Hole]:
    together = shapely.get_parts(shapely.union_all(shapes))
    rings = [ring for part in together if isinstance(part, Polygon) for ring in part.interiors]
    holes = np.array([Polygon(ring) for ring in rings], dtype=object)
    areas = _areas_km2(holes)
    found = []
    for n in np.flatnonzero(areas >= LEAST_KM2):
        beside = tuple(codes[at] for at in sorted(tree.query(holes[n], predicate="intersects")))
        found.append(Hole(beside, round(float(areas[n]), 3), *_inside(holes[n])))
    return sorted(found, key=lambda each: -each.area_km2)


def _inside(shape: Any) -> tuple[float, float]:
    point = shapely.point_on_surface(shape)
    return round(point.x, 5), round(point.y, 5)


def _areas_km2(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Areas on the ground, by a projection that keeps them."""
    found: npt.NDArray[np.float64] = shapely.area(shapely.transform(shapes, _equal_area))
    return found


def _equal_area(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return RADIUS_KM * np.column_stack([np.radians(places[:, 0]), np.sin(np.radians(places[:, 1]))])


def _told(found: Sequence[Overlap] | Sequence[Hole]) -> dict[str, Any]:
    return {
        "count": len(found),
        "area_km2": round(sum(each.area_km2 for each in found), 3),
        "examples": [each.stored() for each in found[:SHOWN]],
    }
