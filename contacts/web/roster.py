"""The roster over HTTP and in the browser: the calendar, shifts, covers, swaps, days, feeds, hand-over. Parses, calls, answers.

Hours without a zone are of the desk's own wall clock.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.duty import grid
from contacts.duty.grid import View
from contacts.duty.shifts import Changes
from contacts.duty.turns import Turn, turns
from contacts.duty.turns import whole as whole_roster
from contacts.kinds import DAYS, WEEK
from contacts.models import ContactRow, OverrideRow, PastRotationRow, RosterDayRow, RosterRow, RotationRow, ShiftRow
from contacts.people import directory, keeping, listing
from contacts.people.numbers import Vault, vault
from contacts.rosters import feed, gaps, handover, rostering
from contacts.rosters.overlaps import ShiftDraft
from contacts.rosters.rostering import Dated
from contacts.values import LADDER, Role
from contacts.web.directory import choices, chosen, whole, yes
from emergency import clock
from emergency.access import Action
from emergency.errors import BadInput
from emergency.labels import fault
from emergency.units import iso
from emergency.web.answer import body, instant, once, one_of, reading, said, text
from emergency.web.app import parts
from emergency.web.language import language, spoken
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("roster", __name__, template_folder="templates")
API: Final = "/api/v1"
Json = Mapping[str, Any]
Done = tuple[Mapping[str, Any], int]
LONGEST: Final = timedelta(days=93)
LONGEST_LINE: Final = 500
"""Characters of one thing that the next must know."""
MARGIN: Final = timedelta(days=8)
ICS: Final = "text/calendar; charset=utf-8"


@blueprint.get(f"{API}/desks/<code>/roster")
@rule(Action.SEE_CONTACTS)
def shown(code: str) -> Response:
    """Who is on duty from one time to another, and where nobody is."""
    now = clock.now()
    since = instant(request.args["since"], "since") if "since" in request.args else now
    until = instant(request.args["until"], "until") if "until" in request.args else since + timedelta(days=14)
    if not since < until <= since + LONGEST:
        raise BadInput("bad-field", fault("until", "须在开始之后 93 天内", "must be within 93 days"), field="until")

    def do(session: Session) -> Json:
        found = directory.roster(session, code)
        stretches = whole_roster(found, code, since=since, until=until)
        holes = gaps.holes(session, code, since=since, until=until)
        zone = rostering.zone_of(session, code, parts().settings.time_zone)
        return {
            "desk": code,
            "time_zone": zone.key,
            "turns": [turn_shown(each) for each in stretches],
            "gaps": [each.shown() for each in holes],
        }

    return reading(do)


@blueprint.post(f"{API}/desks/<code>/roster/settings")
@rule(Action.KEEP_CONTACTS)
def set_up(code: str) -> Response:
    """By which clock the roster is kept, and how far ahead it is checked."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        row = rostering.settings(
            session,
            code,
            time_zone=text(given, "time_zone", limit=60),
            horizon_days=whole(given, "horizon_days"),
            officer=signed_in(),
            at=at,
        )
        return {"desk": code, "time_zone": row.time_zone, "horizon_days": row.horizon_days}, 200

    return once(do)


@blueprint.post(f"{API}/desks/<code>/rotations")
@rule(Action.KEEP_CONTACTS)
def rotate(code: str) -> Response:
    """The base rotation of a role; without turns there is none."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        role, each = _role(given), _turns(given, least=0)
        people = [contact for turn in each for contact in turn]
        zone = rostering.zone_of(session, code, parts().settings.time_zone)
        anchor = rostering.local(text(given, "anchor_at", limit=40), "anchor_at", zone) if people else at
        hours = whole(given, "shift_hours") if people else 24
        rostering.rotate(
            session, code, role, people, anchor_at=anchor, shift_hours=hours, zone=zone, officer=signed_in(), at=at
        )
        return {"desk": code, "role": role.value, "turns": people}, 200

    return once(do)


@blueprint.post(f"{API}/rotations/<int:past>")
@rule(Action.KEEP_CONTACTS)
def restore_rotation(past: int) -> Response:
    """Have a base rotation that was changed or emptied stand again, from now on."""
    at = clock.now()

    def do(session: Session) -> Done:
        row = rostering.restore_rotation(session, past, officer=signed_in(), at=at)
        return {"desk": row.desk, "role": row.role, "turns": row.turns}, 200

    return once(do)


@blueprint.post(f"{API}/desks/<code>/shifts")
@rule(Action.KEEP_CONTACTS)
def add_shift(code: str) -> Response:
    """A shift of the desk."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        row = rostering.add_shift(
            session,
            code,
            _shift(given),
            zone=parts().settings.time_zone,
            officer=signed_in(),
            at=at,
            despite=given.get("despite") is True,
        )
        return _shift_shown(row), 201

    return once(do)


@blueprint.post(f"{API}/shifts/<int:shift>")
@rule(Action.KEEP_CONTACTS)
def end_shift(shift: int) -> Response:
    """End a shift, or have it stand again."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        row = rostering.end_shift(session, shift, restore=_restores(given), officer=signed_in(), at=at)
        return _shift_shown(row), 200

    return once(do)


@blueprint.post(f"{API}/desks/<code>/covers")
@rule(Action.KEEP_CONTACTS)
def add_cover(code: str) -> Response:
    """Somebody, or several, stand in for a role for a time."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        zone = rostering.zone_of(session, code, parts().settings.time_zone)
        row = rostering.cover(
            session,
            code,
            _role(given),
            _people(given.get("people")),
            since=rostering.local(text(given, "since", limit=40), "since", zone),
            until=rostering.local(text(given, "until", limit=40), "until", zone),
            reason=text(given, "reason", required=False, limit=200),
            zone=zone,
            officer=signed_in(),
            at=at,
            despite=given.get("despite") is True,
        )
        return _cover_shown(row), 201

    return once(do)


@blueprint.post(f"{API}/covers/<int:cover>")
@rule(Action.KEEP_CONTACTS)
def end_cover(cover: int) -> Response:
    """Take a cover or a swap back, or have it stand again."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        ended = rostering.end_cover(session, cover, restore=_restores(given), officer=signed_in(), at=at)
        return {"covers": ended}, 200

    return once(do)


@blueprint.post(f"{API}/desks/<code>/swaps")
@rule(Action.KEEP_CONTACTS)
def swap(code: str) -> Response:
    """Two turns change hands."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        zone = rostering.zone_of(session, code, parts().settings.time_zone)
        first, second = (rostering.local(text(given, name, limit=40), name, zone) for name in ("first_at", "second_at"))
        reason = text(given, "reason", required=False, limit=200)
        halves = rostering.swap(
            session,
            code,
            _role(given),
            first,
            second,
            reason=reason,
            officer=signed_in(),
            at=at,
            despite=given.get("despite") is True,
        )
        return {"covers": [_cover_shown(each) for each in halves]}, 201

    return once(do)


@blueprint.post(f"{API}/desks/<code>/days")
@rule(Action.KEEP_CONTACTS)
def mark_days(code: str) -> Response:
    """Days that count as others, as a list or as the text of a CSV; `remove` names one that no longer does."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        if given.get("remove"):
            rostering.unmark_day(session, code, _date(given, "remove"), officer=signed_in(), at=at)
            return {"changed": 1}, 200
        changed = rostering.mark_days(
            session, code, _days(given), zone=parts().settings.time_zone, officer=signed_in(), at=at
        )
        return {"changed": changed}, 200

    return once(do)


@blueprint.post(f"{API}/desks/<code>/roster/check")
@rule(Action.KEEP_CONTACTS)
def check(code: str) -> Response:
    """The holes of the days to come, now."""
    at = clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        row = rostering.begun(session, code, zone=parts().settings.time_zone, at=at)
        found = gaps.holes(session, code, since=at, until=at + timedelta(days=row.horizon_days))
        return {"desk": code, "days": row.horizon_days, "gaps": [each.shown() for each in found]}, 200

    return once(do)


# Calendars for other programs ----------------------------------------------------------------------------------------


@blueprint.post(f"{API}/desks/<code>/feeds")
@rule(Action.KEEP_CONTACTS)
def add_feed(code: str) -> Response:
    """An address at which another program reads the roster without a login. It is shown this once."""
    given = body()
    with parts().sessions.begin() as session:  # not `once`: it would keep the secret with its answer
        label = text(given, "label", required=False, limit=60)
        row, token = feed.make(session, code, label, officer=signed_in(), at=clock.now())
    path = url_for("roster.by_token", token=token)
    return said({"feed": row.id, "url": parts().settings.public_url.rstrip("/") + path}, 201)


@blueprint.post(f"{API}/feeds/<int:feed_id>/revoke")
@rule(Action.KEEP_CONTACTS)
def revoke_feed(feed_id: int) -> Response:
    """The address answers no more."""
    at = clock.now()

    def do(session: Session) -> Done:
        return {"feed": feed.revoke(session, feed_id, officer=signed_in(), at=at).id}, 200

    return once(do)


@blueprint.get("/calendar/<token>.ics")
@rule(Action.PUBLIC)
def by_token(token: str) -> Response:
    """The roster of a desk as a calendar, for whoever has its secret."""
    with parts().sessions.begin() as session:
        return _calendar(session, feed.desk_of(session, token))


@blueprint.get(f"{API}/desks/<code>/roster.ics")
@rule(Action.SEE_CONTACTS)
def by_login(code: str) -> Response:
    """The roster of a desk as a calendar."""
    with parts().sessions.begin() as session:
        return _calendar(session, code)


def _calendar(session: Session, code: str) -> Response:
    now = clock.now()
    known = parts().desk_names(session, [code], now)[code]
    name = Words(f"{known.zh} 值班表", f"{known.en} roster")
    answer = Response(feed.calendar(session, code, name.to(language()), language(), now=now), content_type=ICS)
    answer.headers["Cache-Control"] = "private, max-age=900"
    return answer


# Hand-over -----------------------------------------------------------------------------------------------------------


@blueprint.post(f"{API}/hand-overs")
@rule(Action.CALL)
def give() -> Response:
    """Hand the desk over, with a line for each thing that the next must know."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        return handover.shown(handover.give(session, _lines(given), officer=signed_in(), at=at)), 201

    return once(do)


@blueprint.post(f"{API}/hand-overs/<int:hand_over>")
@rule(Action.CALL)
def answer_hand_over(hand_over: int) -> Response:
    """Take the desk, every line accepted; or take the offer back."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        if one_of(given.get("act"), "act", ("take", "back")) == "back":
            return handover.shown(handover.take_back(session, hand_over, officer=signed_in(), at=at)), 200
        accepted = given.get("lines", [])
        lines = [each for each in accepted if isinstance(each, int)] if isinstance(accepted, list) else []
        remark = text(given, "remark", required=False, limit=500)
        return handover.shown(handover.take(session, hand_over, lines, remark, officer=signed_in(), at=at)), 200

    return once(do)


# The page ------------------------------------------------------------------------------------------------------------


@blueprint.get("/roster")
@rule(Action.SEE_CONTACTS)
def page() -> str:
    """The roster of a desk by week or month: who is on duty, where nobody is, and what can be changed."""
    officer, now = signed_in(), clock.now()
    with parts().sessions.begin() as session:
        code, names = chosen(session, now)
        facts = _page_facts(session, code, now)
        if officer.desk == code:
            facts |= _hand_over_facts(session, code)
    zone: ZoneInfo = facts["desk_zone"]

    def local(at: str) -> str:
        return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"

    return render_template(
        "roster.html",
        officer=officer,
        desk=code,
        desk_name=names.get(code, code),
        names=names,
        mine=keeping.keeps(officer, code),
        at_desk=officer.desk == code,
        local=local,
        now=now,
        now_iso=iso(now),
        words=choices(language()),
        zones=sorted(available_timezones()),
        **{name: spoken(value, language()) for name, value in facts.items()},
    )


def _page_facts(session: Session, code: str, now: datetime) -> dict[str, Any]:
    found, zone = directory.roster(session, code), rostering.zone_of(session, code, parts().settings.time_zone)
    kept = session.get(RosterRow, code)
    view = View(request.args["view"]) if request.args.get("view") in tuple(View) else View.WEEK
    today = now.astimezone(zone).date()
    on = _day_asked(today)
    shown_days = grid.span(view, on)
    since, until = grid.bounds(shown_days, zone)
    around = {"since": since - MARGIN, "until": until + MARGIN}  # a turn is not cut off where the calendar ends
    stretches = [each for role in LADDER for each in turns(found, code, role, **around)]
    days = dict(found.days) if found else {}
    horizon = kept.horizon_days if kept else directory.HORIZON_DAYS
    people = session.scalars(select(ContactRow).where(ContactRow.desk == code)).all()
    barred = gaps.hindrances(session, {each.id for each in people})
    cells = grid.cells(stretches, shown_days, zone, days, month=on.month if view is View.MONTH else None)
    return {
        "view": view.value,
        "on": on,
        "span": shown_days,
        "today": today,
        "cells": [_cell(each, barred) for each in cells],
        "duty": listing.on_duty(session, code, found, vault=_vault(), now=now),
        "gaps": [each.shown() for each in gaps.holes(session, code, since=now, until=now + timedelta(days=horizon))],
        "horizon": horizon,
        "checked_at": iso(kept.checked_at) if kept and kept.checked_at else None,
        "desk_zone": zone,
        "candidates": listing.candidates(session, code),
        "rotations": [
            _rotation_shown(each) | {"begins": _coming(each, now)} for each in _rows(session, RotationRow, code)
        ],
        "past_rotations": _past_shown(session, code),
        "shifts": [_shift_shown(each) for each in _rows(session, ShiftRow, code)],
        "covers": [_cover_shown(each) for each in _rows(session, OverrideRow, code) if each.until > now],
        "marked": [_day_shown(each) for each in _rows(session, RosterDayRow, code) if each.on_date >= today],
        "feeds": [{"id": each.id, "label": each.label, "at": iso(each.made_at)} for each in feed.listed(session, code)],
        "people": {each.id: {"zh": each.name_zh, "en": each.name_en} for each in people},
        "standing": None,
        "past": [],
    }


def _hand_over_facts(session: Session, code: str) -> dict[str, Any]:
    waiting = handover.standing(session, code)
    return {
        "standing": handover.shown(waiting) if waiting else None,
        "past": [handover.shown(each) for each in handover.past(session, code, limit=5)],
    }


def _rows(session: Session, table: Any, code: str) -> list[Any]:
    order = {RotationRow: RotationRow.role, RosterDayRow: RosterDayRow.on_date, OverrideRow: OverrideRow.since}
    return list(session.scalars(select(table).where(table.desk == code).order_by(order.get(table, ShiftRow.id))))


def _cell(cell: grid.Cell, barred: Mapping[int, Any]) -> dict[str, Any]:
    return {
        "day": cell.day,
        "weekday": WEEK[cell.day.weekday()],
        "counts_as": cell.counts_as,
        "marked": cell.marked,
        "inside": cell.inside,
        "roles": [
            {"role": role.value, "pieces": [_piece(each, barred) for each in pieces]} for role, pieces in cell.pieces
        ],
    }


def _piece(piece: grid.Piece, barred: Mapping[int, Any]) -> dict[str, Any]:
    shown_turn = turn_shown(piece.turn)
    for each in shown_turn["people"]:
        each["hindered"] = barred[each["id"]].stored() if each["id"] in barred else None
    return shown_turn | {"begins": piece.begins, "ends": piece.ends}


def turn_shown(turn: Turn) -> dict[str, Any]:
    """A turn as the API gives it."""
    return {
        "role": turn.role.value,
        "since": iso(turn.since),
        "until": iso(turn.until),
        "people": [{"id": each.id, "name": each.name.stored(), "active": each.active} for each in turn.people],
        "gap": turn.reason.stored() if turn.reason else None,
        "source": turn.source.value if turn.source else None,
        "id": turn.id or None,
    }


def _coming(row: RotationRow, now: datetime) -> str | None:
    """When a rotation begins that does not hold yet."""
    return iso(row.since) if row.since is not None and row.since > now else None


def _past_shown(session: Session, code: str) -> list[dict[str, Any]]:
    """The rotations that were changed or emptied, the newest first."""
    rows = reversed(session.scalars(directory.past_rotations(code)).all())
    return [
        _rotation_shown(row) | {"id": row.id, "ended_at": iso(row.ended_at), "until": iso(row.until)} for row in rows
    ]


def _rotation_shown(row: RotationRow | PastRotationRow) -> dict[str, Any]:
    zone = ZoneInfo(row.time_zone)
    return {
        "role": row.role,
        "anchor_at": f"{row.anchor_at.astimezone(zone):%Y-%m-%dT%H:%M}",
        "shift_hours": row.shift_hours,
        "turns": [[each] for each in row.turns],
    }


def _shift_shown(row: ShiftRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "role": row.role,
        "label": row.label,
        "days": row.days,
        "starts": row.starts,
        "hours": row.hours,
        "anchor_on": row.anchor_on.isoformat(),
        "until_on": row.until_on.isoformat() if row.until_on else None,
        "changes": row.changes,
        "turns": row.turns,
        "ended_at": iso(row.ended_at) if row.ended_at else None,
    }


def _cover_shown(row: OverrideRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "role": row.role,
        "people": [row.contact_id, *row.others],
        "since": iso(row.since),
        "until": iso(row.until),
        "kind": row.kind,
        "reason": row.reason,
        "pair": row.pair,
        "ended_at": iso(row.ended_at) if row.ended_at else None,
    }


def _day_shown(row: RosterDayRow) -> dict[str, Any]:
    return {"on": row.on_date.isoformat(), "counts_as": row.counts_as, "name": row.name}


# Parsing -------------------------------------------------------------------------------------------------------------


def _day_asked(today: date) -> date:
    try:
        asked = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return today
    return asked if date(1990, 1, 8) <= asked <= date(2099, 12, 1) else today


def _shift(given: Json) -> ShiftDraft:
    days = given.get("days")
    if not isinstance(days, list) or not all(isinstance(each, str) for each in days):
        raise BadInput("bad-field", fault("days", "请选哪几天开班", "needs the days on which it begins"), field="days")
    until = _date(given, "until_on") if given.get("until_on") else None
    return ShiftDraft(
        _role(given),
        text(given, "label", required=False, limit=40),
        frozenset(days),
        _hour(given),
        whole(given, "hours"),
        _date(given, "anchor_on"),
        until,
        Changes(one_of(given.get("changes", Changes.SHIFT.value), "changes", [each.value for each in Changes])),
        tuple(_turns(given, least=1)),
    )


def _turns(given: Json, *, least: int) -> list[tuple[int, ...]]:
    value = given.get("turns", [])
    if not isinstance(value, list) or len(value) < least:
        raise BadInput("bad-field", fault("turns", "请排每一轮是谁", "needs who takes each turn"), field="turns")
    return [tuple(_people(each if isinstance(each, list) else [each], "turns")) for each in value]


def _people(value: object, name: str = "people") -> list[int]:
    good = isinstance(value, list) and all(isinstance(each, int) and not isinstance(each, bool) for each in value)
    if not good or not isinstance(value, list) or len(value) > 20:
        zh, en = "须为联络人编号的列表", "must be a list of numbers of contacts"
        raise BadInput("bad-field", fault(name, zh, en), field=name)
    return list(dict.fromkeys(value))


def _role(given: Json) -> Role:
    return Role(one_of(given.get("role"), "role", [each.value for each in Role]))


def _date(given: Json, name: str) -> date:
    try:
        return date.fromisoformat(text(given, name, limit=10))
    except ValueError as wrong:
        zh, en = "须为日期，如 2026-10-01", "must be a date, such as 2026-10-01"
        raise BadInput("bad-field", fault(name, zh, en), field=name) from wrong


def _hour(given: Json) -> time:
    try:
        read = time.fromisoformat(text(given, "starts", limit=5))
    except ValueError as wrong:
        zh, en = "须为时刻，如 08:00", "must be an hour, such as 08:00"
        raise BadInput("bad-field", fault("starts", zh, en), field="starts") from wrong
    return read.replace(second=0, microsecond=0, tzinfo=None)


def _days(given: Json) -> list[Dated]:
    if given.get("csv"):
        return rostering.read_days(text(given, "csv", limit=60_000).encode())
    kind = one_of(given.get("counts_as", "holiday"), "counts_as", list(DAYS))
    return [Dated(_date(given, "on"), kind, text(given, "name", required=False, limit=60))]


def _lines(given: Json) -> list[str]:
    value = given.get("lines")
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadInput("bad-field", fault("lines", "须为文字行", "must be lines of text"), field="lines")
    long = [n for n, each in enumerate(value, start=1) if len(each) > LONGEST_LINE]
    if long:
        zh = f"第 {'、'.join(map(str, long))} 行超过 {LONGEST_LINE} 字，请分成几行"
        en = f"has more than {LONGEST_LINE} characters in line {', '.join(map(str, long))}: break it up"
        raise BadInput("bad-field", fault("lines", zh, en), field="lines")
    return value


def _restores(given: Json) -> bool:
    return yes(given, "restore") if "restore" in given else False


def _vault() -> Vault:
    return vault(parts().settings.contacts_key)
