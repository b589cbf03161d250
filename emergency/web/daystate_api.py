"""The day-state API: a reach as its card shows it, what holds there today, what was ever stated, stating and ending."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency import clock
from emergency.access import Action, Officer, OfficerRow, Role
from emergency.errors import BadInput, Forbidden
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions
from emergency.river import daystate, networks, reaches
from emergency.river.day import DayKind, GateAct, Operation, Standing, Statement, Value
from emergency.river.values import FlowState
from emergency.web.answer import body, instant, number, once, reading, text
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("day_state", __name__, url_prefix="/api/v1")
Json = dict[str, Any]
LARGEST: Final = 2**53 - 1
REASON: Final = 500


@blueprint.get("/reaches/<int:reach_id>")
@rule(Action.SIGNED_IN)
def reach(reach_id: int) -> Response:
    """A reach: length, river, reference speed and flow, branches, gates, whose territory, and who may state its day."""
    officer, at, name = signed_in(), clock.now(), request.args.get("network")

    def do(session: Session) -> Json:
        network, version = networks.active(session, name)
        made = reaches.described(session, version, reach_id)
        codes, divisions = _territory(session, version, reach_id), jurisdictions.division(session, at)
        return {
            **made,
            "network": network.name,
            "territory": [{"code": code, "name": divisions.name(code).stored()} for code in codes],
            "may_state": _may(officer, codes, divisions),
        }

    return reading(do)


@blueprint.get("/day-state")
@rule(Action.SIGNED_IN)
def current() -> Response:
    """What holds at an instant: of one reach with its whole history, or of the network with the lines to mark."""
    at, name = _at(), request.args.get("network")
    reach_id = int(number("reach", low=1, high=LARGEST)) if "reach" in request.args else None

    def do(session: Session) -> Json:
        network, version = networks.active(session, name)
        if reach_id is None:
            held = daystate.in_force(session, network.id, at)
            return {**_said(session, held, at), "marked": _marked(session, version, held)}
        reaches.found(session, version, reach_id)
        said = daystate.history(session, network.id, reach_id, at) + daystate.history(session, network.id, None, at)
        held = [each for each in said if each.standing is Standing.HOLDS]
        return {**_said(session, held, at), "history": _named(session, said, at)}

    return reading(do)


@blueprint.post("/day-state")
@rule(Action.DAY_STATE)
def state() -> Response:
    """State a share, speed, discharge, operation or flow state, from when until when and on what grounds."""
    officer, at, given = signed_in(), clock.now(), body()

    def do(session: Session) -> tuple[Json, int]:
        network, version = networks.active(session, given.get("network"))
        kind = DayKind(_one_of(given, "kind", tuple(DayKind)))
        value = _value(kind, given)
        reach_id = _reach_id(session, version, given, value)
        _require(session, officer, version, reach_id, at)
        row = daystate.record(
            session,
            network.id,
            kind=kind,
            value=value,
            reach_id=reach_id,
            since=at if given.get("since") is None else instant(given["since"], "since"),
            until=None if given.get("until") is None else instant(given["until"], "until"),
            by=officer.actor,
            reason=text(given, "reason", limit=REASON),
            at=at,
        )
        return _one(session, row, at), 201

    return once(do)


@blueprint.post("/day-state/<int:row_id>/end")
@rule(Action.DAY_STATE)
def end(row_id: int) -> Response:
    """End a statement before its time, with the reason; what it replaced holds again."""
    officer, at, given = signed_in(), clock.now(), body()

    def do(session: Session) -> tuple[Json, int]:
        network, found = daystate.statement(session, row_id, at)
        _require(session, officer, network.active_version_id or 0, found.reach_id, at)
        daystate.end(session, row_id, by=officer.actor, reason=text(given, "reason", limit=REASON), at=at)
        return _one(session, row_id, at), 200

    return once(do)


# Who may -------------------------------------------------------------------------------------------------------------


def _territory(session: Session, version: int, reach_id: int) -> list[str]:
    boundaries = jurisdictions.drawn_boundaries(session)
    return [] if boundaries is None else jurisdictions.divisions_along(session, version, boundaries, reach_id)


def _may(officer: Officer, codes: Iterable[str], divisions: Divisions) -> bool:
    """Whether an officer may state the day of a reach in these divisions."""
    if officer.role is Role.ADMINISTRATOR:
        return True
    if officer.role not in (Role.DUTY_OFFICER, Role.LEADER) or officer.desk is None or officer.desk not in divisions:
        return False
    return any(divisions.covers(officer.desk, code) for code in codes)


def _require(session: Session, officer: Officer, version: int, reach_id: int | None, at: datetime) -> None:
    """Forbidden where the reach is not this desk's; the flow state of the whole network is anyone's whose role may."""
    if reach_id is None:
        return
    reaches.found(session, version, reach_id)
    divisions, codes = jurisdictions.division(session, at), _territory(session, version, reach_id)
    if not _may(officer, codes, divisions):
        zh = "、".join(divisions.name(code).zh for code in codes) or "已知辖区之外"
        en = ", ".join(divisions.name(code).en for code in codes) or "no known jurisdiction"
        words = Words(f"这一河段在{zh}：请由当地席位记录。", f"This reach lies in {en}: its own desk states its day.")
        raise Forbidden("not-your-water", words, field="reach_id")


# Bodies --------------------------------------------------------------------------------------------------------------


def _reach_id(session: Session, version: int, given: Mapping[str, Any], value: Value) -> int | None:
    named = given.get("reach_id")
    if named is not None and (not isinstance(named, int) or isinstance(named, bool) or not 0 < named <= LARGEST):
        raise _bad("reach_id", Words("河段编号须为正整数。", "The reach is named by a whole number."))
    if isinstance(value, Operation) and named is None:
        return daystate.site_reach(session, version, value.site_id)
    return named


def _value(kind: DayKind, given: Mapping[str, Any]) -> Value:
    if kind is DayKind.FLOW_STATE:
        return FlowState(_one_of(given, "value", tuple(FlowState)))
    if kind is not DayKind.OPERATION:
        return _number(given, "value")
    site = given.get("site")
    if not isinstance(site, int) or isinstance(site, bool):
        raise _bad("site", Words("请选闸坝。", "Name the gate or dam."))
    return Operation(
        site,
        GateAct(_one_of(given, "act", tuple(GateAct))),
        share=None if given.get("share") is None else _number(given, "share"),
        discharge_m3s=None if given.get("discharge_m3s") is None else _number(given, "discharge_m3s"),
    )


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _bad(name, Words("请填一个数。", "A number is needed."))
    return float(value)


def _one_of(given: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    value = given.get(name)
    if value not in allowed:
        listed = "、".join(allowed)
        raise _bad(name, Words(f"须为 {listed} 之一。", f"It must be one of {', '.join(allowed)}."))
    return str(value)


def _bad(name: str, words: Words) -> BadInput:
    return BadInput("bad-field", Words(f"{name}：{words.zh}", f"{name}: {words.en}"), field=name)


def _at() -> datetime:
    given = request.args.get("at")
    return clock.now() if given is None else instant(given, "at")


# Answers -------------------------------------------------------------------------------------------------------------


def _said(session: Session, held: Sequence[Statement], at: datetime) -> Json:
    states = [each.value["state"] for each in held if each.kind is DayKind.FLOW_STATE]
    return {"holds": _named(session, held, at), "flow_state": states[0] if states else FlowState.UNKNOWN.value}


def _one(session: Session, row_id: int, at: datetime) -> Json:
    [made] = _named(session, [daystate.statement(session, row_id, at)[1]], at)
    return made


def _named(session: Session, said: Sequence[Statement], at: datetime) -> list[Json]:
    """Statements with the names of those who made and ended them."""
    if not said:
        return []
    divisions = jurisdictions.division(session, at)
    authors = [each.author for each in said] + [each.ending.author for each in said if each.ending is not None]
    ids = {author["officer"] for author in authors if "officer" in author}
    rows = session.execute(select(OfficerRow.id, OfficerRow.name).where(OfficerRow.id.in_(ids)))
    names = {row.id: row.name for row in rows}
    made = [each.stored() for each in said]
    for each in made:
        each["by"] = _author(each["by"], names, divisions)
        if each["ended"] is not None:
            each["ended"]["by"] = _author(each["ended"]["by"], names, divisions)
    return made


def _author(by: Json, names: Mapping[int, str], divisions: Divisions) -> Json:
    desk = by.get("desk")
    return {
        **by,
        "name": names.get(by.get("officer", 0)) or by.get("process") or "",
        "desk_name": divisions.name(desk).stored() if isinstance(desk, str) and desk in divisions else None,
    }


def _marked(session: Session, version: int, held: Sequence[Statement]) -> Json:
    """The lines of the reaches of which something holds."""
    kinds: dict[int, set[str]] = {}
    for each in held:
        if each.reach_id is not None:
            kinds.setdefault(each.reach_id, set()).add(each.kind.value)
    drawn = reaches.lines(session, version, list(kinds))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": dict(line),
                "properties": {"reach_id": reach_id, "kinds": sorted(kinds[reach_id])},
            }
            for reach_id, line in drawn.items()
        ],
    }
