"""What the river room hands on: spots, snaps, and the piece of network that a trace found. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from emergency.words import Words


class ReachKind(StrEnum):
    """What a reach is; standing water travels unlike a river."""

    RIVER = "river"
    CANAL = "canal"
    RESERVOIR = "reservoir"
    BACKWATER = "backwater"
    LAKE = "lake"


STANDING = frozenset({ReachKind.RESERVOIR, ReachKind.BACKWATER, ReachKind.LAKE})


class Grade(StrEnum):
    """Confidence in a tabulated figure: A sourced, B confident, C estimate."""

    A = "A"
    B = "B"
    C = "C"


class Direction(StrEnum):
    """Which way a trace walks."""

    DOWN = "down"
    UP = "up"


class FlowState(StrEnum):
    """How much water a river carries, in one word."""

    LOW = "low"
    MEAN = "mean"
    HIGH = "high"
    FLOOD = "flood"
    UNKNOWN = "unknown"


class SiteKind(StrEnum):
    """What stands on a river."""

    INTAKE = "intake"
    SECTION = "section"
    GAUGE = "gauge"
    STATION = "station"
    INTERCEPTION = "interception"
    RISK_SOURCE = "risk_source"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the network: metres from the upstream end of a reach."""

    reach_id: int
    offset_m: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reach that a point may lie on. distance_m is geodesic, from the point to lon, lat on the drawn line."""

    reach_id: int
    code: str
    river: str
    name: Words
    offset_m: float
    distance_m: float
    lon: float
    lat: float
    schematic: bool


@dataclass(frozen=True, slots=True)
class Snap:
    """A point laid on the network: `chosen` is None beyond tolerance, and `words` say why; nearest candidates first."""

    lon: float
    lat: float
    chosen: Candidate | None
    candidates: Sequence[Candidate]
    tolerance_m: float
    words: Words


@dataclass(frozen=True, slots=True)
class Reach:
    """A directed unit of the network as a trace fetches it.

    path_id names its main path; foot_m is the distance from its upstream end to the foot of that path. share is the part
    of the water that enters it where its upstream node diverges (1 where it does not). velocity_ms and discharge_m3s are
    at reference flow, None where unknown. grade is the confidence in the length, velocity_grade in the speed (an estimate
    unless the file says more). `loop` marks a reach that closes a directed loop in bad data. `measured`: the speed is that of
    the day, not of reference flow.
    """

    reach_id: int
    code: str
    river: str
    name: Words
    kind: ReachKind
    from_node: int
    to_node: int
    length_m: float
    path_id: int
    foot_m: float
    share: float
    share_assumed: bool
    main: bool
    velocity_ms: float | None
    discharge_m3s: float | None
    slope: float | None
    volume_m3: float | None
    grade: Grade
    schematic: bool
    loop: bool
    velocity_grade: Grade = Grade.C
    measured: bool = False


@dataclass(frozen=True, slots=True)
class SubNetwork:
    """Everything down- or upstream of `start`: reaches by id. The start reach is included whole; the walk begins at the
    start's offset."""

    version_id: int
    start: Spot
    direction: Direction
    reaches: Mapping[int, Reach]


@dataclass(frozen=True, slots=True)
class Passage:
    """How the water of the start passes a reach along the path of first arrival at reference flow.

    enter_m, leave_m: distance from the start; enter_s, leave_s: time, None where a speed on the way is unknown.
    on_main: on the main path from the start. mass_share: the part of the released mass that comes through, over all
    branches.
    """

    reach_id: int
    enter_m: float
    leave_m: float
    enter_s: float | None
    leave_s: float | None
    on_main: bool
    mass_share: float


@dataclass(frozen=True, slots=True)
class Site:
    """What stands on a reach: an intake, a section, a gauge, a station, an interception point, a risk source."""

    site_id: int
    kind: SiteKind
    subtype: str | None
    name: Words
    river: str
    reach_id: int
    offset_m: float
    lon: float
    lat: float
    jurisdiction: str | None
    admin_class: str | None
    synthetic: bool
    confidence: Grade
    note: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the leading edge comes, in seconds after the release: P5, P50, P95 of the ensemble."""

    earliest_s: float
    likely_s: float
    latest_s: float
