"""The reaches of network.geojson: one per node that ends one, and one per connector of joins.csv.

Ids are stable: a node is river number x 1000 + its place along the river; nodes that are one place carry the id of the
one that joins.csv says they meet. A reach has the number of the node that ends it; a connector at the start of a river
has river number x 1000 + 900, at its end + 901.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from script.reference import tables
from script.reference.drawing import Map, before, places
from script.reference.lines import Line, distance_km, length_km
from script.reference.stretches import Stretch, dropped, stretches
from script.reference.tables import Drawing, Join, Name, Node, River, Share

# A-km, A-Q, A-name: only the length, the flow or the name is sourced. A row with a sourced length is otherwise general
# knowledge; one of which only the flow or the name is sourced has an estimated length and position.
CONFIDENCE = {"A": "A", "B": "B", "C": "C", "A-km": "B", "A-Q": "C", "A-name": "C"}
# Hydrography section 0: nominal velocities are estimates everywhere.
VELOCITY_CONFIDENCE = "C"
# The bounds within which geometry.csv lets a drawn length pass; a real line is generalised, hence rather short.
SHORT, LONG = 0.4, 1.2
TOO_SHORT, TOO_LONG = "much shorter than the attribute", "longer than the attribute"
SHARE_SOURCE = "nominal, hydrography section 4, C"
# Places along a river that no node has: the connectors at its start and at its end.
START, END = 900, 901


@dataclass(frozen=True, slots=True)
class Reach:
    """A reach of the file: its line and its properties, in the order in which they are written."""

    line: Line
    properties: Mapping[str, Any]
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables that a reach is put together from."""

    nodes: Mapping[str, Node]
    joins: tuple[Join, ...]
    drawings: Mapping[str, Drawing]
    rivers: Mapping[str, River]
    places: Mapping[str, Name]
    shares: Mapping[str, Share]
    names: Mapping[str, Mapping[str, str]]
    connectors: Mapping[str, Mapping[str, str]]
    kinds: Mapping[str, Mapping[str, str]]


def read() -> Facts:
    """All tables of the network."""
    return Facts(
        nodes=tables.nodes(),
        joins=tables.joins(),
        drawings=tables.drawings(),
        rivers=tables.rivers(),
        places=tables.places(),
        shares=tables.shares(),
        names=tables.by_reach("stretch_names"),
        connectors={row["connector"]: row for row in tables.rows("connectors")},
        kinds=tables.by_reach("kinds"),
    )


def reaches(facts: Facts, drawn: Map) -> dict[str, Reach]:
    """Every reach by its code: each river downstream, its connectors around it."""
    ids = _ids(facts)
    found = [*_along_rivers(facts, drawn, ids), *_connectors(facts, drawn, ids)]
    return {reach.properties["code"]: reach for reach in sorted(found, key=lambda one: one.properties["reach_id"])}


def _ids(facts: Facts) -> dict[str, int]:
    place_of = places(facts.nodes, facts.joins)
    return {code: _id(facts, place) for code, place in place_of.items()}


def _id(facts: Facts, code: str) -> int:
    return facts.rivers[facts.nodes[code].river].number * 1000 + tables.ordinal(code)


def _along_rivers(facts: Facts, drawn: Map, ids: Mapping[str, int]) -> Iterator[Reach]:
    for code, line in drawn.lines.items():
        node = facts.nodes[code]
        schematic = not facts.drawings[code].wdb
        found = stretches(node, schematic)
        properties = {
            "reach_id": _id(facts, code),
            "code": code,
            "from_node": ids[before(code)],
            "to_node": ids[code],
            **_names(facts, code, facts.names.get(code)),
            **_ending(facts, code, line),
            "length_km": node.length_km,
            **_water(facts, code),
            **_divergence(facts.shares.get(code)),
            **_confidence(node.grade),
            **_drawn(line, schematic),
            "note": _note(facts, code, length_km(line)),
            "stretches": [asdict(stretch) for stretch in found],
        }
        yield Reach(line, properties, found)


def _names(facts: Facts, code: str, own: Mapping[str, str] | None) -> dict[str, str]:
    river = facts.rivers[facts.nodes[code].river]
    return {
        "river": river.code,
        "river_name_zh": river.name_zh,
        "river_name_en": river.name_en,
        "name_zh": own["name_zh"] if own else river.name_zh,
        "name_en": own["name_en"] if own else river.name_en,
    }


def _ending(facts: Facts, code: str, line: Line) -> dict[str, Any]:
    """The node at the end: its place, what stands there, and how far the drawing moved it from the table's point."""
    node = facts.nodes[code]
    return {
        "to_name_zh": facts.places[code].zh,
        "to_name_en": facts.places[code].en,
        "node_kind": node.kind,
        "position_source": node.position_source,
        "moved_m": round(distance_km((node.lon, node.lat), line[-1]) * 1000),
    }


def _water(facts: Facts, code: str) -> dict[str, Any]:
    node = facts.nodes[code]
    return {
        "kind": facts.kinds[code]["kind"] if code in facts.kinds else "river",
        "slope": node.slope,
        "discharge_m3s": node.discharge_m3s,
        "velocity_ms": node.velocity_ms,
    }


def _confidence(grade: str | None) -> dict[str, str | None]:
    """Of the reach as a whole, its length and its speed; a connector has no grade in the tables and is an estimate."""
    whole = CONFIDENCE[grade] if grade else "C"
    return {
        "confidence": whole,
        "length_confidence": "A" if grade == "A-km" else whole,
        "velocity_confidence": VELOCITY_CONFIDENCE,
        "grade": grade,
    }


def _drawn(line: Line, schematic: bool) -> dict[str, Any]:
    return {
        "drawn_km": round(length_km(line), 2),
        "source": "schematic" if schematic else "wdb",
        "schematic": schematic,
    }


def _divergence(share: Share | None) -> dict[str, Any]:
    if share is None:
        return {"divergence": 0, "share": None, "share_source": None}
    return {"divergence": 1 if share.main else 2, "share": share.share, "share_source": SHARE_SOURCE}


def _note(facts: Facts, code: str, drawn_km: float) -> str | None:
    node = facts.nodes[code]
    lost = dropped(node)
    parts = [
        *_drawing_notes(facts.drawings[code], drawn_km, node.length_km or 0.0),
        facts.kinds[code]["why"] if code in facts.kinds else "",
        f"{' '.join(lost)} printed, not kept by the line" if lost else "",
        "crossing at half length assumed" if node.side == "unknown" else "",
        f"name {facts.names[code]['grade']}: {facts.names[code]['why']}" if code in facts.names else "",
    ]
    return "; ".join(part for part in parts if part) or None


def _drawing_notes(drawing: Drawing, drawn_km: float, length_km: float) -> Iterator[str]:
    """The notes of geometry.csv, with the drawn length as it came out once nodes that are one place share a point."""
    yield from (part for part in drawing.note.split("; ") if not part.startswith(("drawn ", TOO_SHORT, TOO_LONG)))
    ratio = drawn_km / length_km
    if drawing.wdb and not SHORT < ratio < LONG:
        doubt = TOO_SHORT if ratio <= SHORT else TOO_LONG
        yield f"{doubt} ({drawn_km:.1f} of {length_km:g} km): km doubtful"


def _connectors(facts: Facts, drawn: Map, ids: Mapping[str, int]) -> Iterator[Reach]:
    for join in facts.joins:
        if not join.same:
            yield _connector(facts, join, drawn, ids)


def _connector(facts: Facts, join: Join, drawn: Map, ids: Mapping[str, int]) -> Reach:
    """A short reach towards `meets` at a river's end, from `meets` at its start; it takes after the reach it extends."""
    starts = tables.ordinal(join.node) == 0
    top, bottom = (join.meets, join.node) if starts else (join.node, join.meets)
    extended = _first_below(join.node) if starts else join.node
    code = f"{join.node}~{join.meets}"
    own = facts.connectors.get(code)
    line = drawn.points[top], drawn.points[bottom]
    found = _carried_on(facts, extended, starts, round(join.km * 1000, 1))
    properties = {
        "reach_id": facts.rivers[facts.nodes[extended].river].number * 1000 + (START if starts else END),
        "code": code,
        "from_node": ids[top],
        "to_node": ids[bottom],
        **_names(facts, extended, own),
        **_ending(facts, bottom, line),
        "length_km": join.km,
        **_water(facts, extended),
        **({"discharge_m3s": tables.number(own["discharge_m3s"])} if own else {}),
        **_divergence(facts.shares.get(code)),
        **_confidence(None),
        **_drawn(line, schematic=True),
        "note": _connector_note(join, extended, own),
        "stretches": [asdict(stretch) for stretch in found],
    }
    return Reach(line, properties, found)


def _connector_note(join: Join, extended: str, own: Mapping[str, str] | None) -> str:
    note = f"connector, {join.place}; speed, kind and jurisdiction of {extended}"
    return f"{note}; {own['why']}" if own else note


def _first_below(code: str) -> str:
    return f"{code.rpartition('-')[0]}-01"


def _carried_on(facts: Facts, extended: str, starts: bool, length_m: float) -> tuple[Stretch, ...]:
    """The jurisdictions at the end of the extended reach where the connector stands: both banks of a border go on."""
    along = stretches(facts.nodes[extended], not facts.drawings[extended].wdb)
    near = along[0].from_m if starts else along[-1].to_m
    touching = [one for one in along if (one.from_m if starts else one.to_m) == near]
    return tuple(
        Stretch(one.code, 0.0, length_m, one.bank, "schematic" if len(touching) > 1 else None) for one in touching
    )
