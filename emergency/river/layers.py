"""Reading one layer of a data file: GeoPackage, GeoJSON or Shapefile, in any coordinate system that it names.

Cells that cannot be read are noted with their place; a file that cannot be read at all is a BadFile.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from emergency.db import SRID
from emergency.errors import BadFile
from emergency.river.findings import SHOWN, Example, Finding, refusal
from emergency.river.values import Grade
from emergency.words import Words

Read = TypeVar("Read")
SHAPEFILE_NAME: Final = 10
"""Shapefiles cut column names to ten characters."""
BATCH: Final = 20_000
"""Features in memory at a time."""
SPOOL_ID: Final = "spool_id"
SPOOL: Final = {"FID": SPOOL_ID, "GEOMETRY_NAME": "spool_geometry", "SPATIAL_INDEX": "NO"}
"""A spool is read from first to last; its own two columns carry names that no source has."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as read: columns by lower-case name, and one geometry per feature, in SRID."""

    columns: Mapping[str, Sequence[Any]]
    geometries: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some features of a spooled layer: the number of the first (from 0), columns by lower-case name, lines as WKB."""

    first: int
    columns: Mapping[str, npt.NDArray[Any]]
    shapes: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Spool:
    """A layer copied to a file of our own, in SRID, to be read in batches as often as need be."""

    path: Path
    features: int

    def batches(self) -> Iterator[Batch]:
        """All features, in the order of the file."""
        read, last = 0, -1
        while read < self.features:
            options = {"where": f"{SPOOL_ID} > {last}", "max_features": BATCH, "return_fids": True}
            meta, ids, shapes, columns = pyogrio.raw.read(self.path, **options)
            yield Batch(read, _by_lower_name(meta["fields"], columns), shapes)
            read, last = read + len(ids), int(ids[-1])


@dataclass(slots=True)
class Trouble:
    """What cannot be read in one column: how often, and the first cells."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Troubles:
    """Unreadable cells by column."""

    found: dict[str, Trouble] = field(default_factory=dict)

    def add(self, column: str, row: int, value: object) -> None:
        trouble = self.found.setdefault(column, Trouble())
        trouble.count += 1
        if trouble.count <= SHOWN:
            trouble.examples.append(Example(f"feature {row + 1}", value=str(value)[:80]))


def read_layer(file: Path, geometry: str) -> Layer:
    """The one layer of `file` whose geometries are `geometry` (or multi-), reprojected to SRID where it must be."""
    with _readable(file):
        name, declared, _ = _described(file, geometry)
        meta, _, shapes, columns = pyogrio.raw.read(*_opened(file, name, declared))
    columns = _by_lower_name(meta["fields"], columns)
    return Layer(columns, shapely.force_2d(shapely.from_wkb(shapes, on_invalid="ignore")))


@contextmanager
def spooled(file: Path, geometry: str, choose: Callable[[Sequence[str]], Sequence[str]]) -> Iterator[Spool]:
    """The layer as `read_layer` takes it, streamed through GDAL into a file of our own: any size, in little memory.

    `choose` is told the names of its columns and says which are wanted.
    """
    with TemporaryDirectory(prefix="lianfang-") as folder:
        path = Path(folder) / "spool.gpkg"
        with _readable(file):
            name, declared, fields = _described(file, geometry)
            source = _opened(file, name, declared)
            wanted = {"columns": choose(fields), "use_pyarrow": False, "batch_size": BATCH}
            with pyogrio.raw.open_arrow(*source, **wanted) as (meta, stream):
                made = {"geometry_name": meta["geometry_name"] or "wkb_geometry", "geometry_type": "Unknown"}
                pyogrio.raw.write_arrow(stream, path, driver="GPKG", crs=f"EPSG:{SRID}", layer_options=SPOOL, **made)
        yield Spool(path, pyogrio.read_info(path)["features"])


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """GDAL's own words about a file that it cannot read, as a BadFile."""
    if not file.is_file():
        raise _bad(f"没有文件 {file.name}。", f"There is no file {file.name}.")
    try:
        yield
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError) as trouble:
        raise _bad(f"读不了 {file.name}：{trouble}", f"{file.name} cannot be read: {trouble}") from trouble


def _described(file: Path, geometry: str) -> tuple[str, str, Sequence[str]]:
    """The name of the layer, its coordinate system, the names of its columns."""
    layers = [
        str(name) for name, kind in pyogrio.list_layers(file) if kind is not None and _is_kind(str(kind), geometry)
    ]
    if len(layers) != 1:
        raise _bad(
            f"{file.name} 中应有且仅有一个 {geometry} 图层，实有 {len(layers)} 个。",
            f"{file.name} must hold exactly one layer of {geometry}, and holds {len(layers)}.",
        )
    info = pyogrio.read_info(file, layer=layers[0])
    if info["crs"] is None:
        raise _bad(
            f"{file.name} 未声明坐标系：请补上（如 EPSG:4326）。",
            f"{file.name} names no coordinate system: add one (such as EPSG:4326).",
        )
    return layers[0], info["crs"], [str(name) for name in info["fields"]]


def _is_kind(kind: str, geometry: str) -> bool:
    """Whether a layer's declared kind may hold `geometry`; an undeclared one may."""
    return geometry in kind or kind.startswith("Unknown")


def _opened(file: Path, layer: str, declared: str) -> tuple[Any, ...]:
    """What GDAL is asked to open: the layer itself, or a virtual one that reprojects it."""
    if declared in (f"EPSG:{SRID}", "OGC:CRS84"):
        return file, layer
    source = (
        f"<OGRVRTLayer name={quoteattr(layer)}><SrcDataSource>{escape(str(file.resolve()))}</SrcDataSource>"
        f"<SrcLayer>{escape(layer)}</SrcLayer></OGRVRTLayer>"
    )
    warped = f"<OGRVRTWarpedLayer>{source}<TargetSRS>EPSG:{SRID}</TargetSRS></OGRVRTWarpedLayer>"
    return (f"<OGRVRTDataSource>{warped}</OGRVRTDataSource>".encode(),)


def _by_lower_name(names: Sequence[Any], columns: Sequence[Any]) -> dict[str, Any]:
    return {str(name).lower(): values for name, values in zip(names, columns, strict=True)}


def columns_of(layer: Layer, file: Path, required: Sequence[str], optional: Sequence[str]) -> dict[str, Sequence[Any]]:
    """The columns we know, also under the ten characters that a Shapefile leaves of them; BadFile where one is missing."""
    found: dict[str, Sequence[Any]] = {}
    for name in (*required, *optional):
        if name in layer.columns:
            found[name] = layer.columns[name]
        elif name[:SHAPEFILE_NAME] in layer.columns:
            found[name] = layer.columns[name[:SHAPEFILE_NAME]]
    missing = ", ".join(name for name in required if name not in found)
    if missing:
        raise _bad(f"{file.name} 缺少列：{missing}。", f"{file.name} lacks columns: {missing}.")
    return found


@dataclass(frozen=True, slots=True)
class Cells:
    """One row, read cell by cell; what cannot be read is noted and reads as absent."""

    columns: Mapping[str, Sequence[Any]]
    row: int
    troubles: Troubles

    def raw(self, column: str) -> Any:
        """The cell, None when it is empty or absent."""
        values = self.columns.get(column)
        if values is None:
            return None
        value = values[self.row]
        value = value.item() if isinstance(value, np.generic) else value
        return None if value is None or value == "" or (isinstance(value, float) and math.isnan(value)) else value

    def take(self, column: str, reader: Callable[[Any], Read]) -> Read | None:
        """The cell through `reader`; None when it is empty or cannot be read."""
        value = self.raw(column)
        try:
            return None if value is None else reader(value)
        except (ValueError, TypeError, OverflowError):
            self.troubles.add(column, self.row, value)
            return None

    def must(self, column: str, reader: Callable[[Any], Read]) -> Read | None:
        """Like `take`, but an empty cell is noted too."""
        if self.raw(column) is None:
            self.troubles.add(column, self.row, "empty")
        return self.take(column, reader)

    def text(self, column: str) -> str | None:
        """The cell as text, None when blank."""
        return self.take(column, str.strip if isinstance(self.raw(column), str) else str) or None


def finite(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(value)
    return number


def whole(value: Any) -> int:
    """A whole number, also where the file keeps it as text or as a float that is still exact."""
    if isinstance(value, str):
        return int(value)
    if isinstance(value, bool) or int(value) != value:
        raise ValueError(value)
    return int(value)


def grade(value: Any) -> Grade:
    """The letter of a grade; tables add what exactly is sourced (A-km)."""
    return Grade(str(value).strip()[:1].upper())


def yes(value: Any) -> bool:
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    if (word := str(value).strip().lower()) not in known:
        raise ValueError(value)
    return known[word]


def unreadable(troubles: Troubles) -> list[Finding]:
    """What was noted, as findings that refuse the load."""
    return [finding for column, trouble in troubles.found.items() for finding in _of_column(column, trouble)]


def _of_column(column: str, trouble: Trouble) -> list[Finding]:
    if column == "geometry":
        words = Words(
            "线形缺失、为空或断成几段：每个河段须是一条线。", "Each reach must be drawn as one unbroken line."
        )
        return refusal("geometry", words, trouble.count, trouble.examples)
    words = Words(
        f"列 {column} 中有读不懂或空缺的值：请改正。",
        f"Column {column} holds values that cannot be read: correct them.",
    )
    return refusal(f"unreadable-{column}", words, trouble.count, trouble.examples)


def _bad(zh: str, en: str) -> BadFile:
    return BadFile("bad-file", Words(zh, en), field="file")
