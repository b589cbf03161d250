"""Networks and divisions of a wished size, as files that the product loads: made up, or the real one many times over.

    python -m benchmarks.made --reaches 1000000 --out DIR
    python -m benchmarks.made --real DIR_OF_REACHES_GPKG --copies 100 --out DIR

Writes network.gpkg (profile plain), divisions.csv and boundaries.geojson. The same arguments give the same network. Nothing
in them is a real river, border or code.
"""

import argparse
import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely

from benchmarks import territories, tree
from benchmarks.territories import Territory
from benchmarks.tree import Real, Tree, Ways
from emergency.db import SRID
from emergency.river.read import EARTH_M
from emergency.units import METRES_PER_KM

NETWORK, DIVISIONS, BOUNDARIES = "network.gpkg", "divisions.csv", "boundaries.geojson"
LAYER: Final = "reaches"
WEST, SOUTH = 100.0, 25.0
"""Where the made network begins."""
SPACING_M: Final = 950.0
"""Between neighbouring places; a winding reach between them is about 1 km long."""
JITTER: Final = 0.2
VERTICES: Final = 10
WINDS: Final = (0.10, 0.05, 0.03, 0.02)
"""How far a reach swings off its straight line, by the number of half waves in it, per straight length."""
NAMED_KM2: Final = 100.0
"""Rivers that drain less at their end have no name."""
DIVERGENCES: Final = 0.015
"""The part of the reaches that have a further one beside them."""
DECIMALS: Final = 7
CHUNK: Final = 50_000
FEWEST, MOST = 100, 5_000_000
REAL_FILE: Final = "reaches.gpkg"
ID_FIELDS: Final = ("reach_id", "from_node", "to_node")
REAL_FIELDS: Final = (*ID_FIELDS, "length_km", "divergence", "slope", "name")
REAL_AREA: Final = "tot_area_km2"
UNNAMED: Final = "None"
"""What the real file calls a river without a name."""
ID_STEP: Final = 10**10
"""Added to the ids of each further copy."""
COPY_STEP_DEGREES: Final = 0.6
"""More than the real network is wide or high."""
REAL_VELOCITY_MS: Final = 0.5
"""The real file states no velocity; this one is made up, so that there are times to compute."""
COLUMNS: Final = ("code", "name_zh", "name_en", "level", "parent", "desk", "note")
NOTE: Final = "made"
SOURCE_LINE: Final = "虚构边界，仅供测量 / Made-up borders, for measuring only"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines by chunk: coordinates (lines x vertices x lon, lat) and their lengths."""

    points: Real
    length_m: Real


def main() -> None:
    """Write the files."""
    asked = _arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    made = asked.out / NETWORK
    if asked.real is None:
        count, bounds = write_network(
            made, asked.reaches, outlets=asked.outlets, divergences=asked.divergences, seed=asked.seed
        )
    else:
        count, bounds = copy_network(asked.real / REAL_FILE, made, asked.copies)
    codes = write_divisions(asked.out, bounds, asked.divisions, seed=asked.seed)
    print(f"{count} reaches, {codes} counties in {asked.out}")


def write_network(
    file: Path, reaches: int, *, outlets: int, divergences: float, seed: int
) -> tuple[int, Sequence[float]]:
    """A made network of about `reaches`; how many they are, and their bounds."""
    chance = np.random.default_rng(seed)
    side = max(2, round((reaches / (1 + divergences)) ** 0.5))
    grown = tree.grow(chance, side, side, outlets)
    found = tree.ways(chance, grown, divergences)
    places = _places(chance, grown)
    file.unlink(missing_ok=True)
    for begin in range(0, len(found.share), CHUNK):
        part = slice(begin, min(begin + CHUNK, len(found.share)))
        drawn = winding(chance, places[found.from_place[part]], places[found.to_place[part]])
        _append(file, shapely.linestrings(drawn.points), _cells(found, part, drawn))
    return len(found.share), (*places.min(axis=0), *places.max(axis=0))


def winding(chance: np.random.Generator, start: Real, end: Real) -> Drawn:
    """A line of VERTICES from each start to its end; it swings to both sides and ends where it should."""
    along = np.linspace(0.0, 1.0, VERTICES)
    waves = np.array([np.sin(np.pi * (k + 1) * along) for k in range(len(WINDS))])
    swing = (chance.normal(0.0, 1.0, (len(start), len(WINDS))) * WINDS) @ waves
    straight = end - start
    shrink = np.cos(np.radians(start[:, 1:]))
    # a quarter turn on the ground, where a degree of longitude is shorter
    across = np.concatenate([-straight[:, 1:] / shrink, straight[:, :1] * shrink], axis=1)
    points = start[:, None] + along[:, None] * straight[:, None] + swing[:, :, None] * across[:, None]
    points[:, 0], points[:, -1] = start, end
    return Drawn(points, _lengths_m(points))


def write_divisions(folder: Path, bounds: Sequence[float], wanted: int, *, seed: int) -> int:
    """The register and the borders of about `wanted` counties that cover `bounds`; how many they are."""
    counties = list(territories.honeycomb(np.random.default_rng([seed, 1]), bounds, wanted))
    with (folder / DIVISIONS).open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        writer.writerows(_register(counties))
    features = [
        {
            "type": "Feature",
            "properties": {"code": county.code},
            "geometry": {"type": "Polygon", "coordinates": [county.ring.tolist()]},
        }
        for county in counties
    ]
    content = {"type": "FeatureCollection", "source_line": SOURCE_LINE, "features": features}
    (folder / BOUNDARIES).write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    return len(counties)


def copy_network(real: Path, file: Path, copies: int) -> tuple[int, Sequence[float]]:
    """The reaches of `real` as often as wished, side by side, with ids and coordinates of their own."""
    meta, _, shapes, columns = pyogrio.raw.read(real, columns=[*REAL_FIELDS, REAL_AREA])
    cells = dict(zip((str(name) for name in meta["fields"]), columns, strict=True))
    cells["drainage_area_km2"] = cells.pop(REAL_AREA)
    cells["slope"] = np.where(cells["slope"] < 0, np.nan, cells["slope"])
    cells["name"] = np.where(cells["name"] == UNNAMED, None, cells["name"])
    cells["velocity_ms"] = np.full(len(shapes), REAL_VELOCITY_MS)
    lines = shapely.force_2d(shapely.from_wkb(shapes))
    across = math.ceil(copies**0.5)
    file.unlink(missing_ok=True)
    for copy in range(copies):
        moved = shapely.transform(lines, _by(copy % across, copy // across))
        numbered = {name: cells[name] + copy * ID_STEP for name in ID_FIELDS}
        _append(file, moved, cells | numbered)
    west, south, east, north = shapely.total_bounds(lines)
    wide, high = (across - 1) * COPY_STEP_DEGREES, ((copies - 1) // across) * COPY_STEP_DEGREES
    return copies * len(lines), (west, south, east + wide, north + high)


def _by(columns: int, rows: int) -> Callable[[Real], Real]:
    return lambda points: points + np.array([columns, rows]) * COPY_STEP_DEGREES


def _places(chance: np.random.Generator, grown: Tree) -> Real:
    """Lon, lat of each place: on the grid, moved a little."""
    row, column = np.divmod(np.arange(grown.rows * grown.columns), grown.columns)
    moved = np.stack([column, row], axis=1) + chance.uniform(-JITTER, JITTER, (len(row), 2))
    lat = SOUTH + moved[:, 1] * np.degrees(SPACING_M / EARTH_M)
    lon = WEST + moved[:, 0] * np.degrees(SPACING_M / EARTH_M) / math.cos(math.radians(lat.mean()))
    return np.stack([lon, lat], axis=1).round(DECIMALS)


def _lengths_m(points: Real) -> Real:
    """Along each line, on a sphere, as the loader measures it."""
    lon, lat = np.radians(points[..., 0]), np.radians(points[..., 1])
    part = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:, :-1]) * np.cos(lat[:, 1:]) * np.sin(np.diff(lon) / 2) ** 2
    return np.asarray((2 * EARTH_M * np.arcsin(np.sqrt(part))).sum(axis=1))


def _cells(found: Ways, part: slice, drawn: Drawn) -> dict[str, Any]:
    named = (found.area_km2[part] >= NAMED_KM2) & (found.river[part] >= 0)
    rivers = [f"造河 {river + 1}" if has else None for river, has in zip(found.river[part], named, strict=True)]
    return {
        "reach_id": np.arange(part.start, part.stop) + 1,
        "from_node": found.from_place[part] + 1,
        "to_node": found.to_place[part] + 1,
        "length_km": (drawn.length_m / METRES_PER_KM).round(4),
        "divergence": found.divergence[part],
        "share": found.share[part],
        "velocity_ms": found.velocity_ms[part].round(3),
        "discharge_m3s": found.discharge_m3s[part].round(4),
        "drainage_area_km2": found.area_km2[part],
        "name": np.array(rivers, dtype=object),
    }


def _append(file: Path, lines: Any, cells: Mapping[str, Any]) -> None:
    pyogrio.raw.write(
        file,
        shapely.to_wkb(lines),
        list(cells.values()),
        list(cells),
        layer=LAYER,
        driver="GPKG",
        geometry_type="LineString",
        crs=f"EPSG:{SRID}",
        append=file.exists(),
        layer_options={"SPATIAL_INDEX": "NO"},
    )


def _register(counties: Sequence[Territory]) -> Iterator[tuple[object, ...]]:
    """The rows of the register: every county has a desk, nobody above it has one."""
    for code in sorted({county.province for county in counties}):
        yield code, f"虚构省 {code}", f"Made province {code}", "province", "", 0, NOTE
    for code, province in sorted({(county.prefecture, county.province) for county in counties}):
        yield code, f"虚构市 {code}", f"Made prefecture {code}", "prefecture", province, 0, NOTE
    for county in counties:
        yield county.code, f"虚构县 {county.code}", f"Made county {county.code}", "county", county.prefecture, 1, NOTE


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--reaches", type=int, help=f"about so many, {FEWEST} to {MOST}")
    source.add_argument("--real", type=Path, help="folder with a reaches.gpkg as in NHDPlus, to be copied")
    parser.add_argument("--copies", type=int, default=1, help="of the real network")
    parser.add_argument("--divisions", type=int, default=332, help="about so many counties, 4 to 700")
    parser.add_argument("--outlets", type=int, default=1, help="of the made network, 1 to 50")
    parser.add_argument("--divergences", type=float, default=DIVERGENCES, help="the part of the reaches, 0 to 0.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    asked = parser.parse_args()
    if asked.real is None and not FEWEST <= asked.reaches <= MOST:
        parser.error(f"--reaches must lie between {FEWEST} and {MOST}")
    if asked.real is not None and not (asked.real / REAL_FILE).is_file():
        parser.error(f"{asked.real / REAL_FILE} is not there")
    if not (
        4 <= asked.divisions <= 700
        and 1 <= asked.outlets <= 50
        and 1 <= asked.copies <= 10_000
        and 0 <= asked.divergences <= 0.1
    ):
        parser.error("too many, or too few")
    return asked


if __name__ == "__main__":
    main()
