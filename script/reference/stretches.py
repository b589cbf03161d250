"""Which jurisdictions lie on a reach, from the `side` column of nodes.csv: whole, crossed in order, or along a border.

Offsets in `side` are kilometres of the reach's attribute length. Doubt is a flag: `assumed half` where the tables do
not say where the reach crosses, `schematic` where the line that was sampled is not the river's.
"""

import re
from dataclasses import dataclass

from script.reference.tables import Node

CROSSING = re.compile(r"(\w{6})@([\d.]+)")
ASSUMED_HALF = "assumed half"
SCHEMATIC = "schematic"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of a reach within one jurisdiction, metres from its upstream end."""

    code: str
    from_m: float
    to_m: float
    bank: str
    flag: str | None


def stretches(node: Node, schematic: bool) -> tuple[Stretch, ...]:
    """Of the reach that ends at `node`."""
    length_m = round((node.length_km or 0.0) * 1000, 1)
    flag = SCHEMATIC if schematic else None
    if len(node.jurisdictions) == 1:
        return (Stretch(node.jurisdictions[0], 0.0, length_m, "both", None),)
    if node.side.startswith("border"):
        return tuple(Stretch(code, 0.0, length_m, "border", flag) for code in node.jurisdictions)
    if node.side == "unknown":
        return _runs([(node.jurisdictions[0], 0.0), (node.jurisdictions[1], length_m / 2)], length_m, ASSUMED_HALF)
    return _runs([(code, round(float(km) * 1000, 1)) for code, km in CROSSING.findall(node.side)], length_m, flag)


def _runs(starts: list[tuple[str, float]], length_m: float, flag: str | None) -> tuple[Stretch, ...]:
    ends = [start for _, start in starts[1:]] + [length_m]
    return tuple(
        Stretch(code, start, end, "both", flag if len(starts) > 1 else None)
        for (code, start), end in zip(starts, ends, strict=True)
    )


def dropped(node: Node) -> tuple[str, ...]:
    """Codes that the table prints and the line does not keep: a stay under 1 km, or none."""
    if len(node.jurisdictions) == 1 or not node.side.startswith("crossing"):
        return ()
    kept = {code for code, _ in CROSSING.findall(node.side)}
    return tuple(code for code in node.jurisdictions if code not in kept)


def at(found: tuple[Stretch, ...], offset_m: float) -> str:
    """The jurisdiction at an offset; at a line between two, the one above it; along a border, the first printed."""
    return next(stretch.code for stretch in found if offset_m <= stretch.to_m)
