"""The roster kept by a desk's own people: base rotations, shifts, covers, swaps, dated days. Ended, never deleted.

Every change is an entry in the desk's journal. Hours are given by the desk's own wall clock, or with their zone.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contacts.duty.roster import Rotation, Source, holding
from contacts.duty.shifts import instant
from contacts.kinds import DAYS
from contacts.models import ContactRow, OverrideRow, PastRotationRow, RosterDayRow, RosterRow, RotationRow, ShiftRow
from contacts.people import directory
from contacts.people.directory import PLACE_MARK, set_all
from contacts.people.keeping import FROM_PAGE, require_keeper
from contacts.people.sheets import decoded
from contacts.rosters import overlaps
from contacts.rosters.overlaps import ShiftDraft
from contacts.values import Role
from emergency import journal
from emergency.access import Officer
from emergency.errors import BadFile, BadInput, Conflict, NotFound
from emergency.labels import fault
from emergency.units import iso
from emergency.words import Words

MOST_HOURS: Final = 24 * 31
MOST_TURNS: Final = 100
LONGEST_COVER: Final = timedelta(days=366)
MOST_DAYS: Final = 1000
HORIZONS: Final = range(1, 93)


@dataclass(frozen=True, slots=True)
class Dated:
    """A day that counts as another."""

    on: date
    counts_as: str
    name: str


def settings(
    session: Session, desk: str, *, time_zone: str, horizon_days: int, officer: Officer, at: datetime
) -> RosterRow:
    """By which clock a desk keeps its roster, and how many days ahead it is checked."""
    require_keeper(officer, desk)
    if time_zone not in available_timezones():
        zh, en = f"没有时区 {time_zone}，应如 Asia/Shanghai", f"is no time zone: {time_zone}; one is Asia/Shanghai"
        raise BadInput("bad-field", fault("time_zone", zh, en), field="time_zone")
    if horizon_days not in HORIZONS:
        raise BadInput("bad-field", fault("horizon_days", "须为 1 到 92", "must be from 1 to 92"), field="horizon_days")
    row = begun(session, desk, zone=ZoneInfo(time_zone), at=at)
    fields = set_all(row, {"time_zone": time_zone, "horizon_days": horizon_days})
    if fields:
        for rotation in session.scalars(select(RotationRow).where(RotationRow.desk == desk)):
            rotation.time_zone = time_zone
        _changed(session, desk, "roster.settings", {"fields": fields, "time_zone": time_zone}, officer, at)
    return row


def begun(session: Session, desk: str, *, zone: ZoneInfo, at: datetime) -> RosterRow:
    """How a desk keeps its roster, locked; NotFound for a place that has none. A new one goes by the clock of `zone`."""
    if PLACE_MARK in desk:
        raise NotFound("no-roster", Words("只有席位有值班表。", "Only a desk has a roster."), field="desk")
    directory.begin_roster(session, desk, zone.key, at=at)
    return session.get_one(RosterRow, desk, with_for_update=True)


def zone_of(session: Session, desk: str, usual: ZoneInfo) -> ZoneInfo:
    """By which clock a desk keeps its roster; one that has none yet goes by the `usual` one."""
    row = session.get(RosterRow, desk)
    return usual if row is None else ZoneInfo(row.time_zone)


def rotate(
    session: Session,
    desk: str,
    role: Role,
    turns: Sequence[int],
    *,
    anchor_at: datetime,
    shift_hours: int,
    zone: ZoneInfo,
    officer: Officer,
    at: datetime,
) -> None:
    """The base rotation of a role, which never ends; without turns there is none. It holds from now on; the past stays."""
    require_keeper(officer, desk)
    kept = begun(session, desk, zone=zone, at=at)
    people(session, desk, turns)
    _hours(shift_hours, "shift_hours")
    rotation = Rotation(anchor_at, shift_hours, tuple(turns)) if turns else None
    if directory.store_rotation(session, kept, role, rotation, by=officer.actor, at=at):
        facts = {"role": role.value, "contacts": list(turns), "shift_hours": shift_hours, "anchor_at": iso(anchor_at)}
        _changed(session, desk, "roster.rotation", facts, officer, at)


def restore_rotation(session: Session, past: int, *, officer: Officer, at: datetime) -> PastRotationRow:
    """A base rotation that was changed or emptied stands again, from now on."""
    row = session.get(PastRotationRow, past)
    if row is None:
        raise NotFound("no-such-rotation", Words("没有这条轮值。", "There is no such rotation."), field="rotation")
    require_keeper(officer, row.desk)
    kept = begun(session, row.desk, zone=ZoneInfo(row.time_zone), at=at)
    people(session, row.desk, row.turns)
    rotation = Rotation(row.anchor_at, row.shift_hours, tuple(row.turns))
    if not directory.store_rotation(session, kept, Role(row.role), rotation, by=officer.actor, at=at):
        raise _already()
    facts = {"role": row.role, "contacts": row.turns, "shift_hours": row.shift_hours, "anchor_at": iso(row.anchor_at)}
    _changed(session, row.desk, "roster.rotation_restored", facts, officer, at)
    return row


def add_shift(
    session: Session,
    desk: str,
    draft: ShiftDraft,
    *,
    zone: ZoneInfo,
    officer: Officer,
    at: datetime,
    despite: bool = False,
) -> ShiftRow:
    """A shift of a desk. despite: also where it overlaps another of its role."""
    require_keeper(officer, desk)
    kept = begun(session, desk, zone=zone, at=at)
    _check_shift(draft)
    _check_days(draft, ZoneInfo(kept.time_zone), at)
    for each in draft.turns:
        people(session, desk, each)
        _nobody_twice(each, "turns")
    if not despite:
        overlaps.refuse_shift(session, desk, overlaps.planned(draft), at=at)
    row = ShiftRow(
        desk=desk,
        role=draft.role.value,
        label=draft.label,
        days=[day for day in DAYS if day in draft.days],
        starts=f"{draft.starts:%H:%M}",
        hours=draft.hours,
        anchor_on=draft.anchor_on,
        until_on=draft.until_on,
        changes=draft.changes.value,
        turns=[list(each) for each in draft.turns],
        entered_at=at,
        entered_by=officer.actor.stored(),
    )
    session.add(row)
    session.flush()
    facts = {"shift": row.id, "role": row.role, "days": row.days, "starts": row.starts, "hours": row.hours}
    _changed(session, desk, "roster.shift", facts | {"contacts": row.turns}, officer, at)
    return row


def end_shift(session: Session, shift: int, *, restore: bool, officer: Officer, at: datetime) -> ShiftRow:
    """A shift counts no more, or again."""
    row = session.get(ShiftRow, shift, with_for_update=True)
    if row is None:
        raise NotFound("no-such-shift", Words("没有这个班次。", "There is no such shift."), field="shift")
    require_keeper(officer, row.desk)
    if (row.ended_at is None) is restore:
        raise _already()
    row.ended_at, row.ended_by = (None, None) if restore else (at, officer.actor.stored())
    kind = "roster.shift_restored" if restore else "roster.shift_ended"
    _changed(session, row.desk, kind, {"shift": row.id, "role": row.role}, officer, at)
    return row


def cover(
    session: Session,
    desk: str,
    role: Role,
    who: Sequence[int],
    *,
    since: datetime,
    until: datetime,
    reason: str,
    zone: ZoneInfo,
    officer: Officer,
    at: datetime,
    kind: str = "cover",
    despite: bool = False,
) -> OverrideRow:
    """Somebody, or several, stand in for a role for a time; the first is told first. despite: also over another cover."""
    require_keeper(officer, desk)
    begun(session, desk, zone=zone, at=at)
    if not who:
        raise BadInput("bad-field", fault("people", "请选替班的人", "needs somebody to stand in"), field="people")
    people(session, desk, who)
    _nobody_twice(who, "people")
    _check_span(since, until, at)
    if not despite:
        overlaps.refuse_cover(session, desk, role, since=since, until=until, at=at)
    row = OverrideRow(
        desk=desk,
        role=role.value,
        contact_id=who[0],
        others=list(who[1:]),
        since=since,
        until=until,
        kind=kind,
        reason=reason,
        origin=FROM_PAGE,
        entered_at=at,
        entered_by=officer.actor.stored(),
    )
    session.add(row)
    session.flush()
    facts = {"cover": row.id, "role": role.value, "contacts": list(who), "since": iso(since), "until": iso(until)}
    _changed(session, desk, f"roster.{kind}", facts, officer, at)
    return row


def swap(
    session: Session,
    desk: str,
    role: Role,
    first_at: datetime,
    second_at: datetime,
    *,
    reason: str,
    officer: Officer,
    at: datetime,
    despite: bool = False,
) -> tuple[OverrideRow, OverrideRow]:
    """Two turns change hands: whoever stands at one instant takes the turn of the other, and the reverse."""
    require_keeper(officer, desk)
    found = directory.roster(session, desk)
    one, other = (holding(found, role, each) if found else None for each in (first_at, second_at))
    if found is None or one is None or other is None:
        words = fault("second_at", "这两个时刻都要有人当班才能换班", "needs somebody on duty at both times")
        raise Conflict("nobody-to-swap", words, field="second_at")
    for name, turn in (("first_at", one), ("second_at", other)):
        if turn.until <= at:
            raise BadInput(
                "bad-field", fault(name, "所在的一班已经过去", "falls into a turn that is over already"), field=name
            )
    if one.people == other.people:
        words = fault("second_at", "两班是同一个人，不用换", "is the same person's turn: there is nothing to swap")
        raise Conflict("same-person", words, field="second_at")
    if Source.OVERRIDE in (one.source, other.source):
        words = fault("second_at", "其中一班已是替班，请先撤回", "falls into a cover: take that back first")
        raise Conflict("already-covered", words, field="second_at")
    halves = [
        cover(session, desk, role, who, since=max(turn.since, at), until=turn.until, reason=reason, zone=found.zone,
              officer=officer, at=at, kind="swap", despite=despite)
        for turn, who in ((one, other.people), (other, one.people))
    ]  # fmt: skip
    halves[0].pair, halves[1].pair = halves[1].id, halves[0].id
    return halves[0], halves[1]


def end_cover(session: Session, cover_id: int, *, restore: bool, officer: Officer, at: datetime) -> list[int]:
    """A cover is taken back, or stands again; both halves of a swap together."""
    row = session.get(OverrideRow, cover_id, with_for_update=True)
    if row is None:
        raise NotFound("no-such-cover", Words("没有这条替班。", "There is no such cover."), field="cover")
    require_keeper(officer, row.desk)
    if (row.ended_at is None) is restore:
        raise _already()
    halves = [row]
    if row.pair is not None:
        halves.append(session.get_one(OverrideRow, row.pair, with_for_update=True))
    for each in halves:
        each.ended_at, each.ended_by = (None, None) if restore else (at, officer.actor.stored())
    ids = [each.id for each in halves]
    kind = "roster.cover_restored" if restore else "roster.cover_ended"
    _changed(session, row.desk, kind, {"covers": ids, "role": row.role}, officer, at)
    return ids


# Dated days ----------------------------------------------------------------------------------------------------------


def mark_days(
    session: Session, desk: str, days: Sequence[Dated], *, zone: ZoneInfo, officer: Officer, at: datetime
) -> int:
    """Days that count as others; a day named again counts as said last. How many are different."""
    require_keeper(officer, desk)
    begun(session, desk, zone=zone, at=at)
    changed = 0
    for each in days:
        row = session.get(RosterDayRow, (desk, each.on))
        if row is None:
            session.add(RosterDayRow(desk=desk, on_date=each.on, counts_as=each.counts_as, name=each.name))
            changed += 1
        else:
            changed += bool(set_all(row, {"counts_as": each.counts_as, "name": each.name}))
    session.flush()
    if changed:
        facts = {"days": [f"{each.on.isoformat()}={each.counts_as}" for each in days][:MOST_DAYS]}
        _changed(session, desk, "roster.days", facts, officer, at)
    return changed


def unmark_day(session: Session, desk: str, on: date, *, officer: Officer, at: datetime) -> None:
    """A day counts as its own weekday again."""
    require_keeper(officer, desk)
    done = session.execute(
        delete(RosterDayRow).where(RosterDayRow.desk == desk, RosterDayRow.on_date == on).returning(RosterDayRow.name)
    ).all()
    if not done:
        raise NotFound("no-such-day", Words("这一天本来就没有标注。", "That day is not marked."), field="on")
    _changed(session, desk, "roster.days", {"removed": on.isoformat()}, officer, at)


def read_days(content: bytes) -> list[Dated]:
    """The days of a CSV of date, what it counts as, and its name; BadFile names every row at fault."""
    made: list[Dated] = []
    faults: list[Words] = []
    named = {word.lower(): key for key, each in DAYS.items() for word in (key, each.zh, each.en)}
    for n, row in enumerate(csv.reader(io.StringIO(decoded(content), newline="")), start=1):
        cells = [each.strip() for each in row] + ["", "", ""]
        try:
            on = date.fromisoformat(cells[0].replace("/", "-"))
        except ValueError:
            if n > 1 and any(cells):
                faults.append(Words(f"第 {n} 行日期须如 2026-10-01", f"row {n}: the date must be like 2026-10-01"))
            continue
        kind = named.get((cells[1] or "holiday").lower())
        if kind is None:
            known = Words("、".join(each.zh for each in DAYS.values()), ", ".join(DAYS))
            faults.append(Words(f"第 {n} 行算作须为：{known.zh}", f"row {n}: it must count as one of {known.en}"))
        else:
            made.append(Dated(on, kind, cells[2][:60]))
    if faults or not made or len(made) > MOST_DAYS:
        words = faults or [Words("没有一行日期", "there is no row with a date")]
        raise BadFile(
            "bad-days",
            Words("；".join(each.zh for each in words[:5]) + "。", "; ".join(each.en for each in words[:5]) + "."),
            field="file",
        )
    return made


# Parts ---------------------------------------------------------------------------------------------------------------


def people(session: Session, desk: str, ids: Sequence[int]) -> None:
    """NotFound where one of them is no active contact of the desk."""
    rows = session.scalars(select(ContactRow.id).where(ContactRow.desk == desk, ContactRow.active))
    known = set(rows)
    strangers = [each for each in ids if each not in known]
    if strangers:
        words = fault(
            "people", "有人不是本席位在用的联络人，请重选", "names somebody who is no active contact of this desk"
        )
        raise NotFound("no-such-contact", words, field="people", facts={"contacts": strangers})


def local(given: str, name: str, zone: ZoneInfo) -> datetime:
    """An hour of the desk's wall clock, or an instant with its zone."""
    try:
        read = datetime.fromisoformat(given)
    except ValueError as wrong:
        example = "2026-11-22T08:00"
        words = fault(name, f"须为日期和时刻，如 {example}", f"must be a day and hour, such as {example}")
        raise BadInput("bad-field", words, field=name) from wrong
    return instant(read.date(), read.time(), zone) if read.tzinfo is None else read.astimezone(UTC)


def _check_shift(draft: ShiftDraft) -> None:
    _hours(draft.hours, "hours")
    if not draft.days or not draft.days <= set(DAYS):
        raise BadInput("bad-field", fault("days", "请选哪几天开班", "needs the days on which it begins"), field="days")
    if not draft.turns or not all(draft.turns) or len(draft.turns) > MOST_TURNS:
        zh, en = f"请排 1 到 {MOST_TURNS} 轮人", f"needs from 1 to {MOST_TURNS} turns"
        raise BadInput("bad-field", fault("turns", zh, en), field="turns")
    if draft.until_on is not None and draft.until_on < draft.anchor_on:
        raise BadInput(
            "bad-field", fault("until_on", "须不早于起始日", "must not be before the first day"), field="until_on"
        )


def _check_days(draft: ShiftDraft, zone: ZoneInfo, at: datetime) -> None:
    """Refused is what can only be a slip: a shift that is over, one that begins again before it has ended."""
    if draft.until_on is not None:
        ends = datetime.combine(draft.until_on, draft.starts) + timedelta(hours=draft.hours)
        if instant(ends.date(), ends.time(), zone) <= at:
            raise BadInput("bad-field", fault("until_on", "已经过去", "is over already"), field="until_on")
    most = overlaps.longest(draft)
    if draft.hours > most:
        zh = f"与自己的下一班重叠：照所选的日子最长 {most} 小时"
        en = f"make the shift overlap its own next one: on these days at most {most}"
        raise BadInput("bad-field", fault("hours", zh, en), field="hours")


def _nobody_twice(who: Sequence[int], name: str) -> None:
    if len(set(who)) < len(who):
        words = fault(name, "同一个人选了两次", "names somebody twice")
        raise BadInput("bad-field", words, field=name)


def _check_span(since: datetime, until: datetime, at: datetime) -> None:
    if until <= since:
        raise BadInput("bad-field", fault("until", "须晚于开始", "must be after the beginning"), field="until")
    if until <= at:
        raise BadInput("bad-field", fault("until", "已经过去", "is over already"), field="until")
    if until - since > LONGEST_COVER:
        raise BadInput("bad-field", fault("until", "最长一年", "must be within a year"), field="until")


def _hours(hours: int, name: str) -> None:
    if not 1 <= hours <= MOST_HOURS:
        zh, en = f"须为 1 到 {MOST_HOURS} 小时", f"must be from 1 to {MOST_HOURS} hours"
        raise BadInput("bad-field", fault(name, zh, en), field=name)


def _already() -> Conflict:
    return Conflict("already-so", Words("已经是这样了，请刷新。", "That is so already: reload."))


def _changed(session: Session, desk: str, kind: str, facts: Mapping[str, Any], officer: Officer, at: datetime) -> None:
    journal.append(session, f"desk:{desk}", kind, by=officer.actor, at=at, facts=dict(facts))
