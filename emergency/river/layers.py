"""Reading one layer of a data file: GeoPackage, GeoJSON or Shapefile, in any coordinate system that it names.

Cells that cannot be read are noted with their place; a file that cannot be read at all is a BadFile.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from emergency.db import SRID
from emergency.errors import BadFile
from emergency.river.findings import Example, Finding, refusal
from emergency.river.values import Grade
from emergency.words import Words

Read = TypeVar("Read")
SHAPEFILE_NAME: Final = 10
"""Shapefiles cut column names to ten characters."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as read: columns by lower-case name, and one geometry per feature, in SRID."""

    columns: Mapping[str, Sequence[Any]]
    geometries: npt.NDArray[np.object_]


@dataclass(slots=True)
class Troubles:
    """Unreadable cells by column."""

    found: dict[str, list[Example]] = field(default_factory=dict)

    def add(self, column: str, row: int, value: object) -> None:
        self.found.setdefault(column, []).append(Example(f"feature {row + 1}", value=str(value)[:80]))


def read_layer(file: Path, geometry: str) -> Layer:
    """The one layer of `file` whose geometries are `geometry` (or multi-), reprojected to SRID where it must be."""
    if not file.is_file():
        raise _bad(f"没有文件 {file.name}。", f"There is no file {file.name}.")
    try:
        name = _layer_name(file, geometry)
        declared = pyogrio.read_info(file, layer=name)["crs"]
        if declared is None:
            raise _bad(
                f"{file.name} 未声明坐标系：请补上（如 EPSG:4326）。",
                f"{file.name} names no coordinate system: add one (such as EPSG:4326).",
            )
        meta, _, shapes, columns = pyogrio.raw.read(*_opened(file, name, declared))
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError) as trouble:
        raise _bad(f"读不了 {file.name}：{trouble}", f"{file.name} cannot be read: {trouble}") from trouble
    named = {str(column).lower(): values for column, values in zip(meta["fields"], columns, strict=True)}
    return Layer(named, shapely.force_2d(shapely.from_wkb(shapes, on_invalid="ignore")))


def _layer_name(file: Path, geometry: str) -> str:
    layers = [
        str(name) for name, kind in pyogrio.list_layers(file) if kind is not None and _is_kind(str(kind), geometry)
    ]
    if len(layers) != 1:
        raise _bad(
            f"{file.name} 中应有且仅有一个 {geometry} 图层，实有 {len(layers)} 个。",
            f"{file.name} must hold exactly one layer of {geometry}, and holds {len(layers)}.",
        )
    return layers[0]


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
    return [finding for column, examples in troubles.found.items() for finding in _of_column(column, examples)]


def _of_column(column: str, examples: Sequence[Example]) -> list[Finding]:
    if column == "geometry":
        words = Words(
            "线形缺失、为空或断成几段：每个河段须是一条线。", "Each reach must be drawn as one unbroken line."
        )
        return refusal("geometry", words, examples)
    words = Words(
        f"列 {column} 中有读不懂或空缺的值：请改正。",
        f"Column {column} holds values that cannot be read: correct them.",
    )
    return refusal(f"unreadable-{column}", words, examples)


def _bad(zh: str, en: str) -> BadFile:
    return BadFile("bad-file", Words(zh, en), field="file")
