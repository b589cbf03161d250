"""Reading a network file: what its rows state, column by column, for the checks and the index; then its rows once more, in
batches, as they are to be stored. Only one batch of lines and texts is ever in memory."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np

from emergency.errors import BadFile
from emergency.river.chain import OUTLET, by_next
from emergency.river.columns import Columns
from emergency.river.draft import Bools, Floats, Ints, Reaches, Strings, joined, taken
from emergency.river.drawn import EARTH_M as EARTH_M
from emergency.river.drawn import Drawn, read_lines
from emergency.river.findings import SHOWN, Example, Finding, warning
from emergency.river.layers import Batch, Spool, Troubles, grade, spooled, unreadable, yes
from emergency.river.profiles import FIELDS, NEXT, NODES, columns_of, is_left_out, kind, missing
from emergency.river.profiles import Profile as Profile
from emergency.river.values import Grade, ReachKind
from emergency.units import METRES_PER_KM
from emergency.words import Words

INDEX_FORMAT: Final = 2
"""Raised when the same file must be loaded anew because what is made of it has changed."""
ASSUMED_SHARES: Final = ("assumed", "nominal")
"""How the source of a share begins when nobody has measured it."""
TABLED_M: Final = 0.5
"""Lengths and offsets are rounded apart in tables."""


class Phase(StrEnum):
    """What a load is at: copying the file, reading it, making the index, storing its rows."""

    COPY = "copy"
    READ = "read"
    INDEX = "index"
    STORE = "store"


Progress = Callable[[Phase, int, int], None]
"""Told the phase, how many features are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Source:
    """A network file, copied to where it cannot change any more; `names` are its own for our fields."""

    file: Path
    profile: Profile
    spool: Spool
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Some features: those that are reaches, and those left out because no water runs along them."""

    columns: Columns
    drawn: Drawn
    left_out: Sequence[Example]


@dataclass(frozen=True, slots=True)
class Stated:
    """All reaches that can be read whole, and what was found on the way."""

    reaches: Reaches
    findings: Sequence[Finding]


def checksum(file: Path, profile: Profile) -> str:
    """SHA-256 of the file (of all its parts, for a Shapefile), of how it is read and of what is made of it."""
    parts = sorted(file.parent.glob(f"{file.stem}.*")) if file.suffix.lower() == ".shp" else [file]
    made = hashlib.sha256(f"{profile} {INDEX_FORMAT}".encode())
    for part in parts:
        if part.is_file():  # a file that is not there is the reader's to name
            with part.open("rb") as opened:
                made.update(hashlib.file_digest(opened, "sha256").digest())
    return made.hexdigest()


@contextmanager
def opened(file: Path, profile: Profile, stamp: str) -> Iterator[Source]:
    """`file` copied for reading. BadFile where it cannot be read, names no coordinate system, lacks a column, holds
    nothing, or is no longer what `stamp` was made of."""
    names: dict[str, str] = {}

    def choose(present: Sequence[str]) -> Sequence[str]:
        names.update(columns_of(profile, present))
        if not present:
            raise _empty(file)
        if lacking := ", ".join(missing(profile, names)):
            raise _bad(f"{file.name} 缺少列：{lacking}。", f"{file.name} lacks columns: {lacking}.")
        return sorted(set(names.values()))

    with spooled(file, "LineString", choose) as spool:
        if checksum(file, profile) != stamp:
            raise _bad(
                f"{file.name} 在读取时被改动：请再载入一次。", f"{file.name} changed while it was read: load it again."
            )
        if not spool.features:
            raise _empty(file)
        yield Source(file, profile, spool, names)


def stated(source: Source, progress: Progress) -> Stated:
    """What the file says of each reach, without its line and its texts."""
    troubles = Troubles()
    stems: dict[str, int] = {}
    read: list[Reaches] = []
    left_out: list[Example] = []
    for part in parts(source, troubles, progress, Phase.READ):
        read.append(_reaches(part, stems))
        left_out.extend(part.left_out)
    reaches = joined(read)
    read.clear()
    if not len(reaches) and not troubles.found:
        raise _empty(source.file)
    words = Words("海岸线与没有流向的线：已略去。", "Coastlines and lines without a direction of flow: left out.")
    return Stated(
        by_next(reaches), [*unreadable(troubles), *warning("left-out", words, len(left_out), left_out[:SHOWN])]
    )


def parts(source: Source, troubles: Troubles, progress: Progress, phase: Phase) -> Iterator[Part]:
    """The rows, batch by batch."""
    total = source.spool.features
    for batch in source.spool.batches():
        rows = batch.first + np.arange(len(batch.shapes))
        columns = _columns(source, batch, rows, troubles)
        unwanted = _unwanted(columns)
        wanted = columns.without(unwanted)
        drawn = read_lines(batch.shapes[~unwanted], wanted.rows, troubles)
        yield Part(wanted, drawn, [_example(columns, batch, n) for n in np.flatnonzero(unwanted).tolist()])
        progress(phase, batch.first + len(rows), total)


def _columns(source: Source, batch: Batch, rows: Ints, troubles: Troubles) -> Columns:
    values = {field: batch.columns[name.lower()] for field, name in source.names.items()}
    return Columns(values, source.names, FIELDS[source.profile], rows, troubles)


def _unwanted(columns: Columns) -> Bools:
    """Lines along which no water runs (NHDPlus)."""
    if not columns.values.keys() & {"ftype", "flowdir"}:
        return np.zeros(len(columns), dtype=bool)
    pairs = zip(columns.texts("ftype"), columns.texts("flowdir"), strict=True)
    return np.array([is_left_out(ftype, flowdir) for ftype, flowdir in pairs], dtype=bool)


def _example(columns: Columns, batch: Batch, n: int) -> Example:
    drawn = read_lines(batch.shapes[n : n + 1], columns.rows[n : n + 1], Troubles())
    lon, lat = drawn.start[0].tolist() if drawn.sound[0] else (None, None)
    return Example(str(columns.ints("reach_id")[0][n]), lon, lat)


# What the checks and the index need --------------------------------------------------------------------------------------


def _reaches(part: Part, stems: dict[str, int]) -> Reaches:
    columns, drawn = part.columns, part.drawn
    reach_id, known = columns.ints("reach_id")
    from_node, to_node, chained = _nodes(columns)
    length_km = columns.floats("length_km")
    for field in ("reach_id", "length_km"):
        columns.require(field)
    _readable(columns)
    length_m = length_km * METRES_PER_KM
    made = Reaches(
        reach_id=reach_id,
        code=_strings(codes(columns, reach_id.tolist())),
        from_node=from_node,
        to_node=to_node,
        own=columns.ints("own")[0],
        down=columns.ints("down")[0],
        up=columns.ints("up")[0],
        stem=_stems(columns, stems),
        length_m=length_m,
        divergence=_divergence(columns),
        share=columns.floats("share"),
        share_assumed=np.array([(text or "").startswith(ASSUMED_SHARES) for text in columns.texts("share_source")]),
        velocity_ms=columns.floats("velocity_ms"),
        discharge_m3s=columns.floats("discharge_m3s"),
        drainage_area_km2=columns.floats("drainage_area_km2"),
        schematic=schematic(columns),
        bad_stretches=_bad_stretches(columns, length_m),
        start=drawn.start,
        end=drawn.end,
        drawn_m=drawn.length_m,
        against=np.zeros(len(columns), dtype=bool),
        loop=np.zeros(len(columns), dtype=bool),
    )
    return taken(made, drawn.sound & known & chained & ~np.isnan(length_km))


def _nodes(columns: Columns) -> tuple[Ints, Ints, Bools]:
    """The node above and below each reach, and where both are known. A file without nodes says which reach comes next: the
    node above a reach then carries the reach's own number, and the node below the last one a number of its own."""
    pair = NODES if all(node in columns.names for node in NODES) else NEXT
    for field in pair:
        columns.require(field)
    (above, known_above), (below, known_below) = (columns.ints(field) for field in pair)
    if pair == NEXT:
        below = np.where(below > 0, below, OUTLET + above)
    return above, below, known_above & known_below


def _stems(columns: Columns, known: dict[str, int]) -> Ints:
    """Equal numbers for what the file calls one stream; a reach without a name is a stream of its own."""
    unnamed = -1 - columns.rows
    if "stem" in columns.names:
        numbers, given = columns.ints("stem")
        return np.where(given & (numbers > 0), numbers, unnamed)
    pairs = zip(columns.texts("river"), unnamed.tolist(), strict=True)
    numbered = [alone if name is None else known.setdefault(name, len(known)) for name, alone in pairs]
    return np.array(numbered, dtype=np.int64)


def _divergence(columns: Columns) -> Ints:
    marks, _ = columns.ints("divergence")
    unknown = (marks < 0) | (marks > 2)
    columns.note("divergence", unknown)
    return np.where(unknown, 0, marks)


def _bad_stretches(columns: Columns, length_m: Floats) -> Bools:
    tables = columns.each("stretches", _stretches)
    return np.array(
        [
            not all(_fits(each, end) for each in table or ())
            for table, end in zip(tables, length_m.tolist(), strict=True)
        ],
        dtype=bool,
    )


def _fits(stretch: Mapping[str, object], length_m: float) -> bool:
    start, end = stretch.get("from_m"), stretch.get("to_m")
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return False
    return isinstance(stretch.get("code"), str) and -TABLED_M <= start < end <= length_m + TABLED_M


def _readable(columns: Columns) -> None:
    """Look at what is stored later, so that what cannot be read is found before anything is stored."""
    for field in ("slope", "volume_m3"):
        columns.floats(field)
    columns.each("kind", ReachKind)
    grades(columns, "length_confidence")
    grades(columns, "velocity_confidence")


def _stretches(value: Any) -> Sequence[Mapping[str, Any]]:
    found = json.loads(value)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError(value)
    return found


def _strings(values: Sequence[str]) -> Strings:
    return np.array(values, dtype=np.dtypes.StringDType())


# What is stored as the file says it -------------------------------------------------------------------------------------


def codes(columns: Columns, ids: Sequence[int]) -> list[str]:
    """The table's own id of each reach; its number where it has none."""
    return [text or str(number) for text, number in zip(columns.texts("code"), ids, strict=True)]


def named(columns: Columns, codes: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """River, Chinese and English name of each reach: what is missing is the one before, and the first its code."""
    rivers = _or(columns.texts("river"), codes)
    zh = _or(columns.texts("name_zh"), rivers)
    return rivers, zh, _or(columns.texts("name_en"), zh)


def kinds(columns: Columns) -> list[ReachKind]:
    """What each reach is."""
    if "ftype" in columns.names:
        return list(map(kind, columns.texts("ftype"), columns.texts("waterbody")))
    return [each or ReachKind.RIVER for each in columns.each("kind", ReachKind)]


def grades(columns: Columns, field: str) -> list[Grade]:
    """The first grade that a row gives: by `field`, by and large, of all; what says nothing of its confidence is an estimate."""
    ways = zip(*(columns.each(each, grade) for each in (field, "confidence", "grade")), strict=True)
    return [next((found for found in way if found is not None), Grade.C) for way in ways]


def schematic(columns: Columns) -> Bools:
    """Which lines do not follow their river."""
    return np.array([each or False for each in columns.each("schematic", yes)], dtype=bool)


def _or(texts: Sequence[str | None], others: Sequence[str]) -> list[str]:
    return [text or other for text, other in zip(texts, others, strict=True)]


def _empty(file: Path) -> BadFile:
    return _bad(
        f"{file.name} 中没有河段：请检查图层与内容。", f"{file.name} holds no reach: check its layer and content."
    )


def _bad(zh: str, en: str) -> BadFile:
    return BadFile("bad-file", Words(zh, en), field="file")
