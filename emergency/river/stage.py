"""Writing a version: each table's partition is filled by COPY, then attached, so that readers of the table never wait."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import psycopg
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.db import SRID
from emergency.river.columns import Columns
from emergency.river.draft import Bools, Floats, Ints, Lines, Reaches
from emergency.river.index import Index
from emergency.river.layers import BATCH
from emergency.river.read import codes, grades, kinds, named

PATHS: Final = """
insert into {partition} (version_id, path_id, river, head_reach_id, foot_reach_id, length_m, length_s, length_unknown,
                         drains_m, name_zh, name_en, discharge_m3s)
select {version}, p.path_id, f.river, p.head_reach_id, p.path_id, h.foot_m, h.foot_s, h.foot_unknown,
       p.drains_m, f.name_zh, f.name_en, f.discharge_m3s
from found_paths p
join reaches f on f.version_id = {version} and f.reach_id = p.path_id
join reaches h on h.version_id = {version} and h.reach_id = p.head_reach_id
"""
NULL: Final = r"\N"
ESCAPED: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

Cells = Iterable[str]


@dataclass(frozen=True, slots=True)
class Staged:
    """A version that is being written."""

    session: Session
    version_id: int
    source: str
    reaches: Reaches
    index: Index


def stage(work: Staged, batches: Iterable[tuple[Columns, Lines]]) -> None:
    """The reaches, batch by batch in the order of `work.reaches`, then their paths and links."""
    first = 0
    with _partition(work, "reaches") as partition:
        for columns, lines in batches:
            rows = slice(first, first + len(columns))
            _copy(work, partition, _reach_cells(work, columns, lines, rows))
            first = rows.stop
    _paths(work)
    with _partition(work, "path_links") as partition:
        for rows in _slices(len(work.index.links.foot)):
            _copy(work, partition, _link_cells(work, rows))


def _paths(work: Staged) -> None:
    """What a path has of its reaches is read from them."""
    found = "create temporary table found_paths (path_id bigint, head_reach_id bigint, drains_m float8) on commit drop"
    work.session.execute(text("drop table if exists found_paths"))
    work.session.execute(text(found))
    for rows in _slices(len(work.index.paths.foot)):
        _copy(work, "found_paths", _path_cells(work, rows))
    with _partition(work, "main_paths") as partition:
        work.session.execute(text(PATHS.format(partition=partition, version=work.version_id)))


@contextmanager
def _partition(work: Staged, table: str) -> Iterator[str]:
    """A partition of `table` for the version: filled first, attached after. The constraint spares the attaching a second
    look at every row; attaching makes the indexes."""
    version = int(work.version_id)
    partition = f"{table}_v{version}"
    execute = work.session.execute
    execute(text(f"create table {partition} (like {table} including defaults including constraints)"))
    execute(text(f"alter table {partition} alter version_id set default {version}"))
    yield partition
    limits = f"version_id is not null and version_id = {version}"
    execute(text(f"alter table {partition} add constraint of_version check ({limits})"))
    execute(text(f"alter table {table} attach partition {partition} for values in ({version})"))
    execute(text(f"alter table {partition} drop constraint of_version"))
    execute(text(f"analyze {partition}"))


def _copy(work: Staged, table: str, cells: Mapping[str, Cells]) -> None:
    """Add rows, given column by column as COPY writes them."""
    driver = work.session.connection().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the network is copied in through psycopg")
    with driver.cursor() as cursor, cursor.copy(f"copy {table} ({', '.join(cells)}) from stdin") as copy:
        copy.write("".join(f"{row}\n" for row in map("\t".join, zip(*cells.values(), strict=True))))


def _slices(count: int) -> Iterator[slice]:
    return (slice(first, first + BATCH) for first in range(0, count, BATCH))


def _reach_cells(work: Staged, columns: Columns, lines: Lines, rows: slice) -> dict[str, Cells]:
    """What is stored of these reaches, column by column: what was settled, and what only the file knows."""
    reaches, places = work.reaches, work.index.places
    ids = reaches.reach_id[rows].tolist()
    own = codes(columns, ids)
    river, zh, en = named(columns, own)
    return {
        "reach_id": map(str, ids),
        "code": _texts(own),
        "river": _texts(river),
        "name_zh": _texts(zh),
        "name_en": _texts(en),
        "kind": kinds(columns),
        "from_node": _ints(reaches.from_node[rows]),
        "to_node": _ints(reaches.to_node[rows]),
        "length_m": _floats(reaches.length_m[rows]),
        "divergence": _ints(reaches.divergence[rows]),
        "share": _floats(reaches.share[rows]),
        "share_assumed": _flags(reaches.share_assumed[rows]),
        "velocity_ms": _floats(reaches.velocity_ms[rows]),
        "discharge_m3s": _floats(reaches.discharge_m3s[rows]),
        "slope": _floats(columns.floats("slope")),
        "drainage_area_km2": _floats(reaches.drainage_area_km2[rows]),
        "volume_m3": _floats(columns.floats("volume_m3")),
        "grade": grades(columns, "length_confidence"),
        "velocity_grade": grades(columns, "velocity_confidence"),
        "source": _texts([source or work.source for source in columns.texts("source")]),
        "schematic": _flags(reaches.schematic[rows]),
        "loop": _flags(reaches.loop[rows]),
        "note": _texts(columns.texts("note")),
        "tabled_stretches": _texts(columns.texts("stretches")),
        "path_id": _ints(reaches.reach_id[places.foot[rows]]),
        "foot_m": _floats(places.foot_m[rows]),
        "foot_s": _floats(places.foot_s[rows]),
        "foot_unknown": _ints(places.foot_unknown[rows]),
        "place_zh": _texts(columns.texts("place_zh")),
        "place_en": _texts(columns.texts("place_en")),
        "geom": shapely.to_wkb(shapely.set_srid(lines, SRID), hex=True, include_srid=True).tolist(),
    }


def _path_cells(work: Staged, rows: slice) -> dict[str, Cells]:
    ids, paths = work.reaches.reach_id, work.index.paths
    return {
        "path_id": _ints(ids[paths.foot[rows]]),
        "head_reach_id": _ints(ids[paths.head[rows]]),
        "drains_m": _floats(paths.drains_m[rows]),
    }


def _link_cells(work: Staged, rows: slice) -> dict[str, Cells]:
    ids, places, links = work.reaches.reach_id, work.index.places, work.index.links
    at, into = links.at[rows], links.into[rows]
    off = at >= 0
    return {
        "from_path": _ints(ids[links.foot[rows]]),
        "from_foot_m": _floats(np.where(off, places.foot_m[at], 0.0)),
        "from_foot_s": _floats(np.where(off, places.foot_s[at], 0.0)),
        "from_unknown": _ints(np.where(off, places.foot_unknown[at], 0)),
        "to_path": _ints(ids[places.foot[into]]),
        "to_foot_m": _floats(places.foot_m[into]),
        "to_foot_s": _floats(places.foot_s[into]),
        "to_unknown": _ints(places.foot_unknown[into]),
        "main": _flags(links.main[rows]),
        "share": _floats(links.share[rows]),
    }


def _ints(values: Ints) -> Cells:
    return map(str, values.tolist())


def _floats(values: Floats) -> Cells:
    """repr gives every bit back; NaN is what we do not know."""
    return [NULL if value != value else repr(value) for value in values.tolist()]


def _flags(values: Bools) -> Cells:
    return ["t" if value else "f" for value in values.tolist()]


def _texts(values: Sequence[str | None]) -> Cells:
    return [NULL if value is None else value.translate(ESCAPED) for value in values]
