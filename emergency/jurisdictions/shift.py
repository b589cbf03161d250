"""Are these boundaries shifted as maps published in China are (GCJ-02), or do they lie where they say?

The vertices are laid on reference outlines that are known to be true, once as they stand and once converted: whichever lies
clearly nearer tells. Where few of them have a reference outline near, or neither lies nearer, nothing is claimed. Pure: it
reads no file and decides nothing about a load.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from emergency.river.datum import from_gcj02
from emergency.words import Words

DEGREE_M: Final = 111_320.0
"""A degree of latitude."""
SAMPLE: Final = 2_000
"""Vertices looked at, spread evenly: the mean of so many is sure to a few metres."""
LEAST: Final = 30
"""Fewer vertices than this, and nothing is said."""
NEAR_M: Final = 1_000.0
"""A vertex farther from every reference outline, either way, belongs to another kind of boundary."""
SHARE: Final = 0.3
"""The least part of the vertices that must be near: of points strewn at random over Sichuan, a seventh is."""
FITS_M: Final = 450.0
"""The middle distance of outlines that follow the reference; strewn points within NEAR_M come out near 550 m."""
BETTER: Final = 1.1
SIGMAS: Final = 5.0
"""Clearly nearer: by a tenth, and by five standard errors of the mean difference."""

Places = npt.NDArray[np.float64]


class Fit(StrEnum):
    """What the test found."""

    TRUE = "true"
    SHIFTED = "shifted"
    UNCLEAR = "unclear"
    NOT_TESTED = "not_tested"


@dataclass(frozen=True, slots=True)
class ShiftTest:
    """The finding, and what it rests on: vertices looked at, those near a reference outline, and their middle distance (m)
    from it as they stand and converted from GCJ-02 (None where nothing was measured)."""

    fit: Fit
    words: Words
    looked_at: int = 0
    near: int = 0
    as_is_m: float | None = None
    converted_m: float | None = None

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "fit": self.fit.value,
            "words": self.words.stored(),
            "looked_at": self.looked_at,
            "near": self.near,
            "as_is_m": self.as_is_m,
            "converted_m": self.converted_m,
        }


def not_tested(zh: str, en: str) -> ShiftTest:
    """No finding, and why."""
    return ShiftTest(Fit.NOT_TESTED, Words(f"未检验坐标偏移：{zh}。", f"Not tested for the GCJ-02 shift: {en}."))


def sampled(shapes: npt.NDArray[np.object_]) -> Places:
    """Longitude and latitude of at most SAMPLE different vertices, spread evenly over `shapes`."""
    places = np.unique(shapely.get_coordinates(shapes), axis=0)
    return places[:: max(1, -(-len(places) // SAMPLE))]


def tested(places: Places, reference: npt.NDArray[np.object_]) -> ShiftTest:
    """How `places`, vertices of a file, lie against `reference`, polygons that lie where they say."""
    if len(places) < LEAST:
        return not_tested(
            f"界线只有{len(places)}个不同的折点", f"the boundaries have only {len(places)} different vertices"
        )
    segments = _segments(reference)
    if not len(segments):
        return not_tested("此处没有可比的参考界线", "there are no reference boundaries here to compare with")
    tree = shapely.STRtree(segments)
    as_is_m = _distances_m(tree, places)
    converted_m = _distances_m(tree, np.array([from_gcj02(lon, lat) for lon, lat in places]))
    near = np.minimum(as_is_m, converted_m) <= NEAR_M
    return _judged(len(places), as_is_m[near], converted_m[near])


def unshifted(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """GCJ-02 shapes on WGS 84. Borders that two shapes share stay shared."""
    moved = shapely.transform(shapes, _unshifted)
    return np.asarray(moved, dtype=object)


def _judged(looked_at: int, as_is_m: Places, converted_m: Places) -> ShiftTest:
    """The finding from the distances of the vertices that are near."""
    near = len(as_is_m)
    middle = (float(np.median(as_is_m)), float(np.median(converted_m))) if near else (np.inf, np.inf)
    if near < max(LEAST, SHARE * looked_at) or min(middle) > FITS_M:
        return not_tested(
            f"{looked_at}个折点中只有{near}个靠近参考界线，界线不是同一类",
            f"of {looked_at} vertices {near} lie near a reference boundary, so these are boundaries of another kind",
        )
    if _clearly_nearer(converted_m, as_is_m):
        fit, words = Fit.SHIFTED, _words("符合 GCJ-02 偏移", "it is shifted as GCJ-02 is", middle)
    elif _clearly_nearer(as_is_m, converted_m):
        fit, words = Fit.TRUE, _words("没有 GCJ-02 偏移", "there is no GCJ-02 shift", middle)
    else:
        fit, words = Fit.UNCLEAR, _words("看不出是否偏移", "a shift can neither be seen nor ruled out", middle)
    return ShiftTest(fit, words, looked_at, near, round(middle[0], 1), round(middle[1], 1))


def _words(zh: str, en: str, middle: tuple[float, float]) -> Words:
    return Words(
        f"与参考界线相比{zh}（现状相距中位{middle[0]:.0f}米，按 GCJ-02 换算后{middle[1]:.0f}米）。",
        f"Against the reference boundaries {en} (middle distance {middle[0]:.0f} m as it stands, {middle[1]:.0f} m "
        "converted from GCJ-02).",
    )


def _clearly_nearer(one_m: Places, other_m: Places) -> bool:
    gain_m = other_m - one_m
    error_m = float(np.std(gain_m)) / len(gain_m) ** 0.5
    return bool(np.mean(other_m) > BETTER * np.mean(one_m) and np.mean(gain_m) > SIGMAS * error_m)


def _segments(reference: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """The outlines as straight pieces on a conformal plane, where the nearest is the nearest on the ground."""
    rings = shapely.get_parts(shapely.get_parts(shapely.boundary(reference)))
    corners, ring = shapely.get_coordinates(shapely.transform(rings, _conformal), return_index=True)
    along = ring[1:] == ring[:-1]
    made = shapely.linestrings(np.stack([corners[:-1][along], corners[1:][along]], axis=1))
    return np.asarray(made, dtype=object)


def _distances_m(tree: shapely.STRtree, places: Places) -> Places:
    """From each place to the nearest outline, in metres on the ground."""
    _, distances = tree.query_nearest(shapely.points(_conformal(places)), return_distance=True, all_matches=False)
    found: Places = distances * DEGREE_M * np.cos(np.radians(places[:, 1]))
    return found


def _conformal(places: Places) -> Places:
    """Longitude, and latitude drawn out as Mercator does, in degrees."""
    return np.column_stack([places[:, 0], np.degrees(np.arcsinh(np.tan(np.radians(places[:, 1]))))])


def _unshifted(places: Places) -> Places:
    different, which = np.unique(places, axis=0, return_inverse=True)
    moved = np.array([from_gcj02(lon, lat) for lon, lat in different], dtype=np.float64).reshape(-1, 2)
    return moved[which.reshape(-1)]
