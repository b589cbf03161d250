"""How the columns of a network file are to be read: which of its names mean what, in which unit. Pure.

NHDPlus version 2 and High Resolution: flow and velocity are the gauge-adjusted mean annual ones of EROM where present, in
cubic feet and feet per second (QE_MA, VE_MA; in the EROM tables Q0001E, V0001E), else those from runoff alone.
HydroRIVERS 1.0: DIS_AV_CMS in cubic metres per second, UPLAND_SKM in square kilometres; no velocities, no divergences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from emergency.river.values import ReachKind

FOOT_M: Final = 0.3048
CUBIC_FOOT_M3: Final = FOOT_M**3
SHAPEFILE_NAME: Final = 10
"""Shapefiles cut column names to ten characters."""


class Profile(StrEnum):
    """Whose columns a network file has."""

    PLAIN = "plain"
    REFERENCE = "reference"
    NHDPLUS = "nhdplus"
    HYDRORIVERS = "hydrorivers"


@dataclass(frozen=True, slots=True)
class Field:
    """The names that a file may give a column, the best first; factor: into our unit; positive: else it is not known."""

    names: tuple[str, ...]
    factor: float = 1.0
    positive: bool = False


def _same(*names: str) -> dict[str, Field]:
    return {name: Field((name,)) for name in names}


def _positive(*names: str) -> dict[str, Field]:
    """Files write 0 or a negative number where a flow or speed is not known."""
    return {name: Field((name,), positive=True) for name in names}


PLAIN: Final[Mapping[str, Field]] = {
    **_same("reach_id", "from_node", "to_node", "length_km", "divergence", "share", "slope", "kind", "code"),
    **_positive("velocity_ms", "discharge_m3s", "drainage_area_km2", "volume_m3"),
    **_same("confidence", "length_confidence", "velocity_confidence", "grade", "source", "schematic", "note"),
    **_same("share_source", "stretches"),
    "river": Field(("name",)),
}
REFERENCE: Final[Mapping[str, Field]] = {
    **PLAIN,
    **_same("river", "name_zh", "name_en"),
    "place_zh": Field(("to_name_zh",)),
    "place_en": Field(("to_name_en",)),
}
NHDPLUS: Final[Mapping[str, Field]] = {
    "reach_id": Field(("COMID", "NHDPlusID")),
    "from_node": Field(("FromNode",)),
    "to_node": Field(("ToNode",)),
    "own": Field(("Hydroseq",)),
    "down": Field(("DnHydroseq",)),
    "up": Field(("UpHydroseq",)),
    "stem": Field(("LevelPathI",)),
    "length_km": Field(("LENGTHKM",)),
    "divergence": Field(("Divergence",)),
    "velocity_ms": Field(("VE_MA", "VEMA", "V0001E", "VA_MA", "VAMA", "V0001A"), FOOT_M, positive=True),
    "discharge_m3s": Field(("QE_MA", "QEMA", "Q0001E", "QA_MA", "QAMA", "Q0001A"), CUBIC_FOOT_M3, positive=True),
    "slope": Field(("SLOPE",), positive=True),
    "drainage_area_km2": Field(("TotDASqKM",), positive=True),
    "river": Field(("GNIS_NAME",)),
    "ftype": Field(("FTYPE",)),
    "waterbody": Field(("WBAREATYPE",)),
    "flowdir": Field(("FLOWDIR",)),
}
HYDRORIVERS: Final[Mapping[str, Field]] = {
    "reach_id": Field(("HYRIV_ID",)),
    "own": Field(("HYRIV_ID",)),
    "down": Field(("NEXT_DOWN",)),
    "length_km": Field(("LENGTH_KM",)),
    "discharge_m3s": Field(("DIS_AV_CMS",), positive=True),
    "drainage_area_km2": Field(("UPLAND_SKM",), positive=True),
}
FIELDS: Final[Mapping[Profile, Mapping[str, Field]]] = {
    Profile.PLAIN: PLAIN,
    Profile.REFERENCE: REFERENCE,
    Profile.NHDPLUS: NHDPLUS,
    Profile.HYDRORIVERS: HYDRORIVERS,
}
NODES: Final = ("from_node", "to_node")
NEXT: Final = ("own", "down")
CANALS: Final = frozenset({"canalditch", "336", "pipeline", "428"})
STANDING: Final[Mapping[str, ReachKind]] = {"lakepond": ReachKind.LAKE, "reservoir": ReachKind.RESERVOIR}
COASTLINES: Final = frozenset({"coastline", "566"})
UNDIRECTED: Final = frozenset({"uninitialized", "0"})


def columns_of(profile: Profile, present: Sequence[str]) -> dict[str, str]:
    """For each field of the profile that a file has, its name there; case and Shapefiles' cutting do not matter."""
    known = {name.lower(): name for name in reversed(present)}
    found: dict[str, str] = {}
    for field, meant in FIELDS[profile].items():
        spelled = [s for name in meant.names for s in (name.lower(), name.lower()[:SHAPEFILE_NAME]) if s in known]
        if spelled:
            found[field] = known[spelled[0]]
    return found


def missing(profile: Profile, found: Mapping[str, str]) -> list[str]:
    """The columns without which a file is no network: it must say what follows what, by nodes or by the next reach."""
    fields = FIELDS[profile]
    chain = NEXT if NODES[0] not in fields or all(each in found for each in NEXT) else NODES
    return [fields[each].names[0] for each in ("reach_id", *chain, "length_km") if each not in found]


def is_left_out(ftype: str | None, flowdir: str | None) -> bool:
    """Whether a line is no way of the water: a coastline, or one without a direction."""
    return (ftype or "").lower() in COASTLINES or (flowdir or "").lower() in UNDIRECTED


def kind(ftype: str | None, waterbody: str | None) -> ReachKind:
    """What a flowline is, from its own type and that of the water body it runs through."""
    if (ftype or "").lower() in CANALS:
        return ReachKind.CANAL
    return STANDING.get((waterbody or "").lower(), ReachKind.RIVER)
