"""What is of the day and not of the network: gate shares, speeds, discharges, operations of gates and dams, flow state;
dated, authored, never changed.

Everything is read as of an instant: of the rows that hold then, the one recorded last. A row is taken back by another that
ends it, with its own author and reason, so that what was believed when can be told afterwards.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, or_, select, text
from sqlalchemy.orm import Session, aliased

from emergency import journal
from emergency.errors import BadInput, Conflict, NotFound
from emergency.journal import Actor
from emergency.river.day import (
    LIMITS,
    DayKind,
    DayState,
    Ending,
    GateAct,
    Operation,
    Standing,
    Statement,
    Value,
    divided_at_nodes,
)
from emergency.river.day import applied as applied
from emergency.river.day import divided as divided
from emergency.river.models import DayStateRow, NetworkRow, NetworkVersionRow, ReachRow, SiteAnchorRow, SiteRow
from emergency.river.values import FlowState, Reach, SiteKind
from emergency.units import iso
from emergency.words import Words

NAMES: Final[Mapping[DayKind, Words]] = {
    DayKind.SHARE: Words("分流比", "share"),
    DayKind.VELOCITY: Words("流速（m/s）", "speed (m/s)"),
    DayKind.DISCHARGE: Words("流量（m³/s）", "discharge (m3/s)"),
}
ENDED: Final = "ended"
"""The kind of a row that ends another, {"of": its id}, from `since` on."""


# Reading -------------------------------------------------------------------------------------------------------------


def of_the_day(session: Session, network_id: int, at: datetime) -> DayState:
    """All that holds at `at`, in one query."""
    shares: dict[int, float] = {}
    velocities: dict[int, float] = {}
    discharges: dict[int, float] = {}
    state, held = FlowState.UNKNOWN, _held(session, network_id, at)
    for row in held:  # what was recorded last is read last, and stays
        if row.kind == DayKind.FLOW_STATE:
            state = FlowState(row.value["state"])
        if row.reach_id is None:
            continue
        if row.kind == DayKind.VELOCITY:
            velocities[row.reach_id] = row.value["number"]
        if (share := _share(row)) is not None:
            shares[row.reach_id] = share
        if (discharge_m3s := _discharge_m3s(row)) is not None:
            discharges[row.reach_id] = discharge_m3s
    return DayState(shares, velocities, discharges, state, tuple(sorted(row.id for row in held)))


def shares(session: Session, network_id: int, at: datetime) -> dict[int, float]:
    """The stated share of each reach that has one at `at`."""
    return dict(of_the_day(session, network_id, at).shares)


def velocities(session: Session, network_id: int, at: datetime) -> dict[int, float]:
    """The stated speed (m/s) of each reach that has one at `at`."""
    return dict(of_the_day(session, network_id, at).velocities)


def discharges(session: Session, network_id: int, at: datetime) -> dict[int, float]:
    """The stated discharge (m3/s) of each reach that has one at `at`."""
    return dict(of_the_day(session, network_id, at).discharges)


def flow_state(session: Session, network_id: int, at: datetime) -> FlowState:
    """The stated flow state of the whole network at `at`; UNKNOWN where nobody has said."""
    return of_the_day(session, network_id, at).flow_state


def history(session: Session, network_id: int, reach_id: int | None, at: datetime) -> list[Statement]:
    """All that was ever stated of a reach (None: of the whole network), the newest first, and how it stands at `at`."""
    of_reach = DayStateRow.reach_id.is_(None) if reach_id is None else DayStateRow.reach_id == reach_id
    return _statements(session, network_id, at, of_reach)


def in_force(session: Session, network_id: int, at: datetime) -> list[Statement]:
    """All that counts on a network at `at`, the newest first."""
    held = [row.id for row in _held(session, network_id, at)]
    return [
        each
        for each in _statements(session, network_id, at, DayStateRow.id.in_(held))
        if each.standing is Standing.HOLDS
    ]


# Use -----------------------------------------------------------------------------------------------------------------

SIBLINGS: Final = text(
    "select r.reach_id, r.from_node, r.share from reaches r where r.version_id = :version and r.from_node in "
    "(select o.from_node from reaches o where o.version_id = :version and o.reach_id = any(:reaches))"
)


def under(session: Session, version_id: int, reaches: Mapping[int, Reach], at: datetime) -> dict[int, Reach]:
    """The reaches of a version as they are at `at`: `applied` with what holds then."""
    network_id = session.scalars(
        select(NetworkVersionRow.network_id).where(NetworkVersionRow.id == version_id)
    ).one_or_none()
    return (
        dict(reaches)
        if network_id is None
        else using(session, version_id, reaches, of_the_day(session, network_id, at))
    )


def using(session: Session, version_id: int, reaches: Mapping[int, Reach], day: DayState) -> dict[int, Reach]:
    """`applied` with a day state that has been read; the branches of its nodes are asked for only where shares are stated."""
    held: dict[int, float] = {}
    if day.shares:
        wanted = {"version": version_id, "reaches": list(day.shares)}
        branches = [(row.reach_id, row.from_node, row.share) for row in session.execute(SIBLINGS, wanted)]
        held = divided_at_nodes(branches, day.shares)
    made = applied(reaches, held, day.velocities, day.discharges)
    return {
        reach_id: replace(reach, share_assumed=False) if reach_id in day.shares else reach
        for reach_id, reach in made.items()
    }


# Writing -------------------------------------------------------------------------------------------------------------


def record(
    session: Session,
    network_id: int,
    *,
    kind: DayKind,
    value: Value,
    since: datetime,
    by: Actor,
    reason: str,
    at: datetime,
    reach_id: int | None = None,
    until: datetime | None = None,
) -> int:
    """State something of the day from `since` to `until` (None: until further notice); returns the row's id.

    An operation is of the reach that its site lies on.
    """
    network = session.get_one(NetworkRow, network_id)
    stored = _stored(kind, value)
    if isinstance(value, Operation):
        reach_id = site_reach(session, network.active_version_id or 0, value.site_id, reach_id)
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


def statement(session: Session, row_id: int, at: datetime) -> tuple[NetworkRow, Statement]:
    """A statement and the network it is of; NotFound where there is none."""
    row = session.get(DayStateRow, row_id)
    if row is None or row.kind == ENDED:
        words = Words(f"没有当日情况记录 {row_id}。", f"There is no statement {row_id} of the day.")
        raise NotFound("no-such-day-state", words)
    [found] = _statements(session, row.network_id, at, DayStateRow.id == row_id)
    return session.get_one(NetworkRow, row.network_id), found


def end(session: Session, row_id: int, *, by: Actor, reason: str, at: datetime) -> None:
    """Take a statement back from `at` on; Conflict where it has ended or expired already."""
    _reasoned(reason)
    session.get(DayStateRow, row_id, with_for_update=True)  # two who end it at once: the second is told
    network, found = statement(session, row_id, at)
    if found.standing in (Standing.ENDED, Standing.EXPIRED):
        raise Conflict("day-state-over", Words("这一条已经失效。", "That statement no longer holds."))
    session.add(
        DayStateRow(
            network_id=network.id,
            kind=ENDED,
            reach_id=found.reach_id,
            value={"of": row_id},
            since=at,
            until=None,
            author=by.stored(),
            reason=reason.strip(),
            recorded_at=at,
        )
    )
    session.flush()
    facts = {"day_state": row_id, "network": network.name, "kind": found.kind.value, "reach": found.reach_id}
    journal.append(session, "system", "day_state.ended", by=by, at=at, facts=facts)


def site_reach(session: Session, version_id: int, site_id: int, reach_id: int | None = None) -> int:
    """The reach that an interception site lies on; BadInput where there is none, or it is not `reach_id`."""
    lies = (
        select(SiteAnchorRow.reach_id)
        .join(SiteRow, SiteRow.site_id == SiteAnchorRow.site_id)
        .where(SiteAnchorRow.version_id == version_id, SiteRow.site_id == site_id)
        .where(SiteRow.kind == SiteKind.INTERCEPTION.value)
    )
    found = session.scalar(lies)
    if found is None or (reach_id is not None and reach_id != found):
        words = Words(f"这里没有闸坝 {site_id}。", f"There is no gate or dam {site_id} here.")
        raise BadInput("no-such-site", words, field="site")
    return found


def _stored(kind: DayKind, value: Value) -> dict[str, Any]:
    if kind is DayKind.FLOW_STATE:
        if not isinstance(value, FlowState):
            words = Words("水情须为枯、平、丰、洪或未知。", f"The flow state must be one of {', '.join(FlowState)}.")
            raise BadInput("flow-state", words, field="value")
        return {"state": value.value}
    if kind is DayKind.OPERATION:
        return _operation(value)
    if isinstance(value, FlowState | Operation):
        raise BadInput("day-state-value", Words("值须为数。", "The value must be a number."), field="value")
    return {"number": _limited(kind, value, "value")}


def _operation(value: Value) -> dict[str, Any]:
    if not isinstance(value, Operation):
        words = Words("须说明在哪个闸坝、作了什么操作。", "Say at which gate or dam, and what is done.")
        raise BadInput("operation", words, field="act")
    if value.act is GateAct.RELEASING and value.discharge_m3s is None:
        words = Words("放水须填流量。", "A release needs its discharge.")
        raise BadInput("operation", words, field="discharge_m3s")
    said = {
        "share": None if value.share is None else _limited(DayKind.SHARE, value.share, "share"),
        "discharge_m3s": None
        if value.discharge_m3s is None
        else _limited(DayKind.DISCHARGE, value.discharge_m3s, "discharge_m3s"),
    }
    return {"site": value.site_id, "act": value.act.value, **said}


def _limited(kind: DayKind, value: float, name: str) -> float:
    least, greatest = LIMITS[kind]
    if not math.isfinite(value) or not least <= value <= greatest:
        unit = NAMES[kind]
        words = Words(
            f"{unit.zh}须在 {least:,g} 与 {greatest:,g} 之间。",
            f"The {unit.en} must be from {least:,g} to {greatest:,g}.",
        )
        raise BadInput("day-state-value", words, field=name)
    return float(value)


def _check(
    session: Session,
    network: NetworkRow,
    kind: DayKind,
    reach_id: int | None,
    since: datetime,
    until: datetime | None,
    reason: str,
) -> None:
    _reasoned(reason)
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


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise BadInput("reason", Words("请写明依据。", "Say what this rests on."), field="reason")


# Rows ----------------------------------------------------------------------------------------------------------------


def _held(session: Session, network_id: int, at: datetime) -> list[DayStateRow]:
    """The rows that hold at `at`, the one recorded last at the end."""
    ending = aliased(DayStateRow)
    taken_back = exists().where(
        ending.network_id == network_id,
        ending.kind == ENDED,
        ending.value["of"].as_integer() == DayStateRow.id,
        ending.since <= at,
    )
    wanted = (
        select(DayStateRow)
        .where(DayStateRow.network_id == network_id, DayStateRow.kind != ENDED, DayStateRow.since <= at)
        .where(or_(DayStateRow.until.is_(None), DayStateRow.until > at), ~taken_back)
        .order_by(DayStateRow.recorded_at, DayStateRow.id)
    )
    return list(session.scalars(wanted))


def _share(row: DayStateRow) -> float | None:
    if row.kind == DayKind.OPERATION:
        return _number(row.value["share"])
    return _number(row.value["number"]) if row.kind == DayKind.SHARE else None


def _discharge_m3s(row: DayStateRow) -> float | None:
    if row.kind == DayKind.OPERATION:
        return _number(row.value["discharge_m3s"])
    return _number(row.value["number"]) if row.kind == DayKind.DISCHARGE else None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _statements(session: Session, network_id: int, at: datetime, wanted: ColumnElement[bool]) -> list[Statement]:
    rows = session.scalars(
        select(DayStateRow)
        .where(DayStateRow.network_id == network_id, DayStateRow.kind != ENDED, wanted)
        .order_by(DayStateRow.recorded_at.desc(), DayStateRow.id.desc())
    ).all()
    ends = session.scalars(
        select(DayStateRow).where(
            DayStateRow.network_id == network_id,
            DayStateRow.kind == ENDED,
            DayStateRow.value["of"].as_integer().in_([row.id for row in rows]),
        )
    )
    ending = {row.value["of"]: Ending(row.since, row.author, row.reason) for row in ends}
    found: list[Statement] = []
    said: set[tuple[Any, ...]] = set()  # newest first: what holds and speaks of the same again is replaced
    for row in rows:
        standing = _standing(row, ending.get(row.id), at)
        subject = (row.kind, row.reach_id, row.value.get("site"))
        if standing is Standing.HOLDS and subject in said:
            standing = Standing.REPLACED
        elif standing is Standing.HOLDS:
            said.add(subject)
        found.append(
            Statement(
                id=row.id,
                kind=DayKind(row.kind),
                reach_id=row.reach_id,
                value=row.value,
                since=row.since,
                until=row.until,
                author=row.author,
                reason=row.reason,
                recorded_at=row.recorded_at,
                ending=ending.get(row.id),
                standing=standing,
            )
        )
    return found


def _standing(row: DayStateRow, ending: Ending | None, at: datetime) -> Standing:
    if ending is not None and ending.at <= at:
        return Standing.ENDED
    if row.until is not None and row.until <= at:
        return Standing.EXPIRED
    return Standing.TO_COME if row.since > at else Standing.HOLDS
