"""The input tables, read into frozen rows. They are facts: a mistake in one is mended there, never here."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True)
class Node:
    """One row of nodes.csv. The reach that ends here has its attributes; a river's first node has none."""

    code: str
    river: str
    name: str
    lon: float
    lat: float
    position_source: str
    length_km: float | None
    jurisdictions: tuple[str, ...]
    side: str
    printed: str
    slope: float | None
    discharge_m3s: float | None
    velocity_ms: float | None
    kind: str
    grade: str


@dataclass(frozen=True, slots=True)
class Join:
    """Two nodes that are one place (`same`), or that a short reach of `km` connects."""

    node: str
    meets: str
    same: bool
    km: float
    place: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where the line of the reach that ends at `node` comes from; on a river's first node, of the node itself."""

    node: str
    wdb: bool
    line_ids: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class River:
    """A river of the basin; `number` makes its ids."""

    number: int
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Name:
    """What a person reads, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Share:
    """The nominal part of the water of `node` that takes the reach `outgoing`."""

    node: str
    outgoing: str
    share: float
    main: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """The end of one WDB line on others: where the drawn rivers of `node` meet."""

    node: str
    line: str
    onto: tuple[str, ...]


def rows(name: str) -> Iterator[Mapping[str, str]]:
    """The rows of one table."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def number(text: str) -> float | None:
    """A number, or None where the table has none."""
    return float(text) if text else None


def ordinal(node: str) -> int:
    """The place of a node along its river: 7 for MIN-07."""
    return int(node.rpartition("-")[2])


def nodes() -> dict[str, Node]:
    """nodes.csv in its order, which is downstream along each river."""
    return {row["node"]: _node(row) for row in rows("nodes")}


def _node(row: Mapping[str, str]) -> Node:
    slope = number(row["slope_permille"])
    return Node(
        code=row["node"],
        river=row["river"],
        name=row["name"],
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        position_source=row["position_source"],
        length_km=number(row["delta_km"]),
        jurisdictions=tuple(row["jurisdictions"].split()),
        side=row["side"],
        printed=row["jurisdictions_as_printed"],
        slope=None if slope is None else round(slope / 1000, 7),
        discharge_m3s=number(row["mean_discharge_m3s"]),
        velocity_ms=number(row["mean_velocity_ms"]),
        kind=row["kind"],
        grade=row["grade"],
    )


def joins() -> tuple[Join, ...]:
    """joins.csv."""
    return tuple(
        Join(row["node"], row["meets"], row["relation"] == "same", float(row["km_apart"]), row["place"])
        for row in rows("joins")
    )


def drawings() -> dict[str, Drawing]:
    """geometry.csv by node."""
    return {
        row["node"]: Drawing(row["node"], row["source"] == "wdb", tuple(row["line_ids"].split()), row["note"])
        for row in rows("geometry")
    }


def rivers() -> dict[str, River]:
    """rivers.csv by code."""
    found = (River(int(row["number"]), row["river"], row["name_zh"], row["name_en"]) for row in rows("rivers"))
    return {river.code: river for river in found}


def places() -> dict[str, Name]:
    """places.csv: what each node is called."""
    return {row["node"]: Name(row["name_zh"], row["name_en"]) for row in rows("places")}


def shares() -> dict[str, Share]:
    """shares.csv by outgoing reach."""
    return {
        row["outgoing"]: Share(row["node"], row["outgoing"], float(row["share"]), row["main"] == "1")
        for row in rows("shares")
    }


def meetings() -> tuple[Meeting, ...]:
    """meetings.csv."""
    return tuple(Meeting(row["node"], row["line"], tuple(row["onto"].split())) for row in rows("meetings"))


def by_reach(name: str) -> dict[str, Mapping[str, str]]:
    """A table whose rows hold for the reaches `first` to `last` of a river, spread to one row per reach."""
    return {
        f"{row['first'].rpartition('-')[0]}-{n:02d}": row
        for row in rows(name)
        for n in range(ordinal(row["first"]), ordinal(row["last"]) + 1)
    }
