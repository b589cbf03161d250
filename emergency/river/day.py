"""What can be said of a day, and what that makes of a traced network: values and rules. Pure.

A day's statement never changes the network; it changes the reaches that a trace hands on, as long as it holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from emergency.river.ensemble import SPEED_EXPONENT
from emergency.river.values import STANDING, FlowState, Grade, Reach
from emergency.units import iso


class DayKind(StrEnum):
    """What can be stated of a day."""

    SHARE = "share"
    VELOCITY = "velocity"
    DISCHARGE = "discharge"
    OPERATION = "operation"
    FLOW_STATE = "flow_state"


class GateAct(StrEnum):
    """What is done at a gate or a dam."""

    OPENED = "opened"
    CLOSED = "closed"
    RELEASING = "releasing"


class Standing(StrEnum):
    """How a statement stands at an instant."""

    TO_COME = "to_come"
    HOLDS = "holds"
    REPLACED = "replaced"
    EXPIRED = "expired"
    ENDED = "ended"


MEASURED_GRADE: Final = Grade.B
"""Of a speed that an officer states: better than an estimate, and not a survey."""

LIMITS: Final[Mapping[DayKind, tuple[float, float]]] = {
    DayKind.SHARE: (0.0, 1.0),
    DayKind.VELOCITY: (0.001, 20.0),
    DayKind.DISCHARGE: (0.0, 500_000.0),
}
"""What a number may be; the upper ends are beyond any river on Earth and catch a wrong unit. Water that stands brings
nothing, and no time can be told of it: a speed is above nought."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done at an interception site, and what that makes of its reach's share or discharge, as far as it is said.

    Nothing is concluded from the act alone: a closed gate may leak, an opened one may give little.
    """

    site_id: int
    act: GateAct
    share: float | None = None
    discharge_m3s: float | None = None


Value = float | FlowState | Operation


@dataclass(frozen=True, slots=True)
class DayState:
    """All that holds on a network at an instant: stated shares (of the branch that the reach is), speeds (m/s) and discharges
    (m3/s) by reach, the flow state of the whole, and the rows that say so, by id."""

    shares: Mapping[int, float] = field(default_factory=dict)
    velocities: Mapping[int, float] = field(default_factory=dict)
    discharges: Mapping[int, float] = field(default_factory=dict)
    flow_state: FlowState = FlowState.UNKNOWN
    rows: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """Who took a statement back, when and why."""

    at: datetime
    author: Mapping[str, Any]
    reason: str

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"at": iso(self.at), "by": dict(self.author), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Statement:
    """One row with its ending, and how it stands at the instant it was read for."""

    id: int
    kind: DayKind
    reach_id: int | None
    value: Mapping[str, Any]
    since: datetime
    until: datetime | None
    author: Mapping[str, Any]
    reason: str
    recorded_at: datetime
    ending: Ending | None
    standing: Standing

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "reach_id": self.reach_id,
            "value": dict(self.value),
            "since": iso(self.since),
            "until": None if self.until is None else iso(self.until),
            "by": dict(self.author),
            "reason": self.reason,
            "recorded_at": iso(self.recorded_at),
            "ended": None if self.ending is None else self.ending.stored(),
            "standing": self.standing.value,
        }


def applied(
    reaches: Mapping[int, Reach],
    shares: Mapping[int, float],
    velocities: Mapping[int, float],
    discharges: Mapping[int, float],
) -> dict[int, Reach]:
    """The reaches with the day's shares (of all branches of a node, as `divided` gives them), speeds and discharges.

    Where a discharge is stated and no speed, the reference speed goes with the 0.4th power of the change, as it does in the
    forecast; a pool without a speed takes its residence from the discharge by itself. Such a speed is of the day: the flow
    state does not change it again.
    """
    return {
        reach_id: _applied(reach, shares.get(reach_id), velocities.get(reach_id), discharges.get(reach_id))
        for reach_id, reach in reaches.items()
    }


def divided_at_nodes(branches: Iterable[tuple[int, int, float]], stated: Mapping[int, float]) -> dict[int, float]:
    """`divided` at every node of `branches`: (reach, its upper node, its share in the network)."""
    nodes: dict[int, dict[int, float]] = {}
    for reach_id, from_node, share in branches:
        nodes.setdefault(from_node, {})[reach_id] = share
    return {reach_id: share for each in nodes.values() for reach_id, share in divided(each, stated).items()}


def divided(branches: Mapping[int, float], stated: Mapping[int, float]) -> dict[int, float]:
    """The shares of one node's branches: stated ones hold, the others divide what is left in their old proportion.

    Stated shares that exceed 1 together, or leave a rest that no branch takes, are scaled to sum to 1.
    """
    fixed = {reach_id: stated[reach_id] for reach_id in branches if reach_id in stated}
    free = {reach_id: share for reach_id, share in branches.items() if reach_id not in stated}
    left, weight = max(0.0, 1.0 - sum(fixed.values())), sum(free.values())
    spread = {reach_id: left * (share / weight if weight else 1 / len(free)) for reach_id, share in free.items()}
    total = sum(fixed.values()) + sum(spread.values())
    return {reach_id: share / total if total else 0.0 for reach_id, share in {**fixed, **spread}.items()}


def _applied(reach: Reach, share: float | None, velocity_ms: float | None, discharge_m3s: float | None) -> Reach:
    changed: dict[str, Any] = {}
    if share is not None:
        changed["share"] = share
    if discharge_m3s is not None:
        changed["discharge_m3s"] = discharge_m3s
        if reach.velocity_ms is not None and reach.discharge_m3s and discharge_m3s:
            changed["velocity_ms"] = reach.velocity_ms * (discharge_m3s / reach.discharge_m3s) ** SPEED_EXPONENT
            changed["measured"] = True
        elif reach.velocity_ms is None and reach.kind in STANDING:
            changed["measured"] = discharge_m3s > 0
    if velocity_ms is not None:
        changed |= {"velocity_ms": velocity_ms, "velocity_grade": MEASURED_GRADE, "measured": True}
    return replace(reach, **changed) if changed else reach
