"""The points of sites.geojson: each laid on its reach at its offset, so that site and network agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from script.reference import tables
from script.reference.lines import Point, point_at
from script.reference.network import Reach
from script.reference.stretches import at


@dataclass(frozen=True, slots=True)
class Site:
    """A site of the file: its point and its properties, in the order in which they are written."""

    point: Point
    properties: Mapping[str, Any]


def sites(reaches: Mapping[str, Reach]) -> Iterator[Site]:
    """Every row of sites.csv, in its order."""
    for row in tables.rows("sites"):
        yield _site(row, reaches[row["reach"]])


def _site(row: Mapping[str, str], reach: Reach) -> Site:
    length_m = round(reach.properties["length_km"] * 1000, 1)
    offset_m = length_m if row["km"] == "end" else round(float(row["km"]) * 1000, 1)
    properties = {
        "site_id": int(row["site_id"]),
        "kind": row["kind"],
        "subtype": row["subtype"] or None,
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "river": reach.properties["river"],
        "reach": row["reach"],
        "offset_m": offset_m,
        # A border reach has several: where the place itself tells which, the table does.
        "jurisdiction": row["jurisdiction"] or at(reach.stretches, offset_m),
        "from_code": row["from_code"] or None,
        "to_code": row["to_code"] or None,
        "line": row["line"] or None,
        "valid_from": None,
        "valid_to": None,
        "as_of": row["as_of"] or None,
        "admin_class": row["admin_class"] or None,
        "population": None,
        "mean_discharge_m3s": tables.number(row["mean_discharge_m3s"]),
        "low_discharge_m3s": tables.number(row["low_discharge_m3s"]),
        "volume_m3": tables.number(row["volume_m3"]),
        "mobilisation_min": tables.number(row["mobilisation_min"]),
        "owner": None,
        "synthetic": row["synthetic"] == "1",
        "confidence": row["confidence"],
        "note": row["note"] or None,
    }
    return Site(point_at(reach.line, offset_m / length_m), properties)
