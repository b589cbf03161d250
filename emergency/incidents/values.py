"""What the incident room hands on: the ground of an assessment, as one reading found it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emergency.agreements.values import Agreement
from emergency.incidents.clocks import Rules
from emergency.jurisdictions.values import Divisions, Stay
from emergency.river.values import Candidate, FlowState, Passage, Site, Snap, Spot, SubNetwork


@dataclass(frozen=True, slots=True)
class Survey:
    """The ground of an assessment. day_state: the rows of the day that held, by id."""

    snap: Snap
    spot: Spot
    sub: SubNetwork
    passages: Mapping[int, Passage]
    stays: Sequence[Stay]
    sites: Sequence[Site]
    divisions: Divisions
    agreements: Sequence[Agreement]
    rules: Rules
    flow_state: FlowState
    network_version: int
    boundary_version: int
    day_state: Sequence[int] = ()


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """A candidate as the API shows it."""
    return {
        "reach_id": candidate.reach_id,
        "code": candidate.code,
        "river": candidate.river,
        "name": candidate.name.stored(),
        "offset_m": round(candidate.offset_m, 1),
        "distance_m": round(candidate.distance_m, 1),
        "lon": candidate.lon,
        "lat": candidate.lat,
        "schematic": candidate.schematic,
    }
