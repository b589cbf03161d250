"""What is of the day and not of the network: gate shares, speeds, discharges, flow state; dated, authored, never changed.

Everything is read as of an instant: of the rows that hold then, the one recorded last.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from emergency import journal
from emergency.errors import BadInput
from emergency.journal import Actor
from emergency.river.models import DayStateRow, NetworkRow, ReachRow
from emergency.river.values import FlowState
from emergency.units import iso
from emergency.words import Words


class DayKind(StrEnum):
    """What can be stated of a day."""

    SHARE = "share"
    VELOCITY = "velocity"
    DISCHARGE = "discharge"
    FLOW_STATE = "flow_state"


NAMES: Final[Mapping[DayKind, Words]] = {
    DayKind.SHARE: Words("分水比例", "A share"),
    DayKind.VELOCITY: Words("流速（米每秒）", "A speed in m/s"),
    DayKind.DISCHARGE: Words("流量（立方米每秒）", "A discharge in m3/s"),
}
LIMITS: Final[Mapping[DayKind, tuple[float, float]]] = {
    DayKind.SHARE: (0.0, 1.0),
    DayKind.VELOCITY: (0.0, 20.0),
    DayKind.DISCHARGE: (0.0, 500_000.0),
}
"""What a number may be; the upper ends are beyond any river on Earth and catch a wrong unit."""


def shares(session: Session, network_id: int, at: datetime) -> dict[int, float]:
    """The stated share of each reach that has one at `at`."""
    return _numbers(session, network_id, DayKind.SHARE, at)


def velocities(session: Session, network_id: int, at: datetime) -> dict[int, float]:
    """The stated speed (m/s) of each reach that has one at `at`."""
    return _numbers(session, network_id, DayKind.VELOCITY, at)


def discharges(session: Session, network_id: int, at: datetime) -> dict[int, float]:
    """The stated discharge (m3/s) of each reach that has one at `at`."""
    return _numbers(session, network_id, DayKind.DISCHARGE, at)


def flow_state(session: Session, network_id: int, at: datetime) -> FlowState:
    """The stated flow state of the whole network at `at`; UNKNOWN where nobody has said."""
    rows = _held(session, network_id, DayKind.FLOW_STATE, at)
    return FlowState(rows[-1].value["state"]) if rows else FlowState.UNKNOWN


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


def record(
    session: Session,
    network_id: int,
    *,
    kind: DayKind,
    value: float | FlowState,
    since: datetime,
    by: Actor,
    reason: str,
    at: datetime,
    reach_id: int | None = None,
    until: datetime | None = None,
) -> int:
    """State something of the day from `since` to `until` (None: until further notice); returns the row's id."""
    network = session.get_one(NetworkRow, network_id)
    stored = _stored(kind, value)
    _check(session, network, kind, reach_id, since, until, reason)
    row = DayStateRow(
        network_id=network_id,
        kind=kind.value,
        reach_id=reach_id,
        value=stored,
        since=since,
        until=until,
        author=by.stored(),
        reason=reason.strip(),
        recorded_at=at,
    )
    session.add(row)
    session.flush()
    facts = {
        "day_state": row.id,
        "network": network.name,
        "kind": kind.value,
        "reach": reach_id,
        "value": stored,
        "since": iso(since),
        "until": None if until is None else iso(until),
    }
    journal.append(session, "system", "day_state.recorded", by=by, at=at, facts=facts)
    return row.id


def _stored(kind: DayKind, value: float | FlowState) -> dict[str, Any]:
    if kind is DayKind.FLOW_STATE:
        if not isinstance(value, FlowState):
            words = Words("水情须为枯、平、丰、洪或未知。", f"The flow state must be one of {', '.join(FlowState)}.")
            raise BadInput("flow-state", words, field="value")
        return {"state": value.value}
    least, greatest = LIMITS[kind]
    if isinstance(value, FlowState) or not math.isfinite(value) or not least <= value <= greatest:
        name = NAMES[kind]
        words = Words(
            f"{name.zh}须在 {least:,.0f} 与 {greatest:,.0f} 之间。",
            f"{name.en} must be from {least:,.0f} to {greatest:,.0f}.",
        )
        raise BadInput("day-state-value", words, field="value")
    return {"number": float(value)}


def _check(
    session: Session,
    network: NetworkRow,
    kind: DayKind,
    reach_id: int | None,
    since: datetime,
    until: datetime | None,
    reason: str,
) -> None:
    if not reason.strip():
        raise BadInput("reason", Words("请写明依据。", "Say what this rests on."), field="reason")
    if until is not None and until <= since:
        raise BadInput(
            "until", Words("截止时间须晚于起始时间。", "The end must be later than the beginning."), field="until"
        )
    if (reach_id is None) != (kind is DayKind.FLOW_STATE):
        words = Words(
            "水情属于整个河网，其余各项须指明河段。", "A flow state is of the whole network; all else names a reach."
        )
        raise BadInput("reach", words, field="reach")
    if reach_id is not None and session.get(ReachRow, (network.active_version_id, reach_id)) is None:
        words = Words(f"河网 {network.name} 没有河段 {reach_id}。", f"Network {network.name} has no reach {reach_id}.")
        raise BadInput("no-such-reach", words, field="reach")


def _numbers(session: Session, network_id: int, kind: DayKind, at: datetime) -> dict[int, float]:
    rows = _held(session, network_id, kind, at)
    return {row.reach_id: row.value["number"] for row in rows if row.reach_id is not None}


def _held(session: Session, network_id: int, kind: DayKind, at: datetime) -> list[DayStateRow]:
    """The rows that hold at `at`, the one recorded last at the end."""
    wanted = (
        select(DayStateRow)
        .where(DayStateRow.network_id == network_id, DayStateRow.kind == kind.value, DayStateRow.since <= at)
        .where(or_(DayStateRow.until.is_(None), DayStateRow.until > at))
        .order_by(DayStateRow.recorded_at, DayStateRow.id)
    )
    return list(session.scalars(wanted))
