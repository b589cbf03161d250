"""Reading territories off a data file: GeoPackage, GeoJSON or Shapefile, in any coordinate system that it or its reader names.

What comes out is columns and shapes in SRID, feature by feature, as the file has them; whether they can be taken is decided
by `polygons`. A file that cannot be read at all is a BadFile with the remedy.
"""

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
import pyogrio
import shapely
from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FieldError

from emergency.db import SRID
from emergency.errors import BadFile
from emergency.words import Words

PLAIN_SYSTEMS: Final = (f"EPSG:{SRID}", "OGC:CRS84", "EPSG:4490")
"""WGS 84 and CGCS2000, longitude first; taken as equal."""
SHAPEFILE_NAME: Final = 10
"""Shapefiles cut column names to ten characters."""
ENDS: Final = 65_536
"""How much of a GeoJSON's beginning and end is searched for its own source line."""
SOURCE_LINE: Final = re.compile(r'"source_line"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Opening:
    """What the file does not say of itself: the layer, the coordinate system, the encoding of its texts; and which of its
    features are wanted, as GDAL takes a condition (code like '51%')."""

    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Outlines:
    """One layer: columns by lower-case name, a shape per feature (None where it cannot be read), and its system's name."""

    columns: Mapping[str, Sequence[Any]]
    shapes: npt.NDArray[np.object_]
    crs: str

    def column(self, name: str) -> Sequence[Any] | None:
        """A column, also under the ten characters that a Shapefile leaves of its name; None where there is none."""
        wanted = name.lower()
        return self.columns.get(wanted, self.columns.get(wanted[:SHAPEFILE_NAME]))


def read(file: Path, opening: Opening) -> Outlines:
    """The territories of `file`, in SRID."""
    if not file.is_file():
        raise bad(f"读不到 {file}：没有这个文件", f"{file} cannot be read: No such file")
    try:
        layer = opening.layer or _layer(file)
        declared = opening.crs or pyogrio.read_info(file, layer=layer, encoding=opening.encoding)["crs"]
        if declared is None:
            raise bad(
                f"{file.name} 未声明坐标系：请用 --crs 指明（如 --crs EPSG:4490）",
                f"{file.name} names no coordinate system: name it by --crs (such as --crs EPSG:4490)",
            )
        source = _source(file, layer, declared, opening.encoding).encode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a shape that GDAL cannot read is told by feature
            meta, _, shapes, columns = pyogrio.raw.read(source, encoding="UTF-8", where=opening.where)
    except (DataSourceError, DataLayerError, FieldError, CRSError, ValueError) as trouble:
        raise _unreadable(file, trouble) from trouble
    except IndexError as trouble:  # GDAL hands over a layer without rows where it cannot reproject it
        raise bad(
            f"{file.name} 的坐标系 {declared[:80]} 无法识别：请用 --crs 指明（如 --crs EPSG:4490）",
            f"the coordinate system {declared[:80]} of {file.name} is not known: name it by --crs (such as --crs EPSG:4490)",
        ) from trouble
    named = {str(name).lower(): values for name, values in zip(meta["fields"], columns, strict=True)}
    return Outlines(named, shapely.force_2d(shapely.from_wkb(shapes, on_invalid="ignore")), declared)


def source_line(file: Path) -> str:
    """What a GeoJSON says of its source in a member `source_line`; else the file's name."""
    if file.suffix.lower() not in (".geojson", ".json"):
        return file.name
    with file.open("rb") as opened:
        head = opened.read(ENDS)
        opened.seek(max(0, file.stat().st_size - ENDS))
        tail = opened.read(ENDS)
    found = SOURCE_LINE.search(head.decode(errors="ignore")) or SOURCE_LINE.search(tail.decode(errors="ignore"))
    return str(json.loads(found[1])) if found else file.name


def bad(zh: str, en: str) -> BadFile:
    """A file that cannot be read, and the remedy."""
    return BadFile("bad-boundary-file", Words(zh, en), field="file")


def _layer(file: Path) -> str:
    """The one layer that may hold polygons."""
    layers = [
        str(name)
        for name, kind in pyogrio.list_layers(file)
        if kind is not None and re.search("Polygon|Unknown|GeometryCollection", str(kind))
    ] or [str(name) for name, kind in pyogrio.list_layers(file) if kind is not None]
    if len(layers) == 1:
        return layers[0]
    listed = ", ".join(layers) or "-"
    raise bad(
        f"{file.name} 有{len(layers)}个可能含面的图层（{listed}）：请用 --layer 指明一个",
        f"{file.name} has {len(layers)} layers that may hold polygons ({listed}): name one by --layer",
    )


def _source(file: Path, layer: str, declared: str, encoding: str | None) -> str:
    """What GDAL is asked to open: the layer, its texts decoded, and reprojected where it must be."""
    options = f'<OpenOptions><OOI key="ENCODING">{escape(encoding)}</OOI></OpenOptions>' if encoding else ""
    made = (
        f"<OGRVRTLayer name={quoteattr(layer)}><SrcDataSource>{escape(str(file.resolve()))}</SrcDataSource>{options}"
        f"<SrcLayer>{escape(layer)}</SrcLayer><LayerSRS>{escape(declared)}</LayerSRS></OGRVRTLayer>"
    )
    if declared.upper() not in PLAIN_SYSTEMS:
        made = f"<OGRVRTWarpedLayer>{made}<TargetSRS>EPSG:{SRID}</TargetSRS></OGRVRTWarpedLayer>"
    return f"<OGRVRTDataSource>{made}</OGRVRTDataSource>"


def _unreadable(file: Path, trouble: Exception) -> BadFile:
    said = str(trouble).split(";")[0].replace(str(file.resolve()), file.name)
    if "decode" in said or isinstance(trouble, UnicodeDecodeError):
        return bad(
            f"{file.name} 中的文字读不懂：请用 --encoding 指明编码（如 --encoding GBK）",
            f"the texts of {file.name} cannot be read: name their encoding by --encoding (such as --encoding GBK)",
        )
    return bad(
        f"{file.name} 读不出：应为 GeoJSON、GeoPackage 或 Shapefile，并带所需的配套文件（{said}）",
        f"{file.name} cannot be read as GeoJSON, GeoPackage or Shapefile with the files that belong to it ({said})",
    )
