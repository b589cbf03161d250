"""Two files that are one event, and one file that was two: merged, parted again, split. Each a signed act with its reason.

A merged file stays as a pointer: its journal, numbers and hashes are as they were. Its reports, messages and duties count in
the file that it goes on in, each duty once; those that it told are told of the other number. Only files of one lead are
merged: those of several are linked (`links`).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emergency import access, journal, notifications
from emergency.access import AudienceRow
from emergency.agreements.values import Kind
from emergency.errors import BadInput, Conflict
from emergency.incidents import links, record, reports, tasks, updates, weighing
from emergency.incidents import statement as statements
from emergency.incidents.assess import ACCEPTED, Context, former_leads, latest
from emergency.incidents.families import family
from emergency.incidents.models import IncidentRow, LeadHandOverRow, ObligationRow
from emergency.incidents.record import Status
from emergency.incidents.statement import Statement
from emergency.journal import Actor
from emergency.units import iso
from emergency.words import Words

CARRIED: Final = ("told", "reported")
"""Why a desk may see a file that goes on in another, and so may see that one; who saw it for another reason may not."""


def merge(
    session: Session, incident: IncidentRow, into: IncidentRow, context: Context, by: Actor, *, reason: str
) -> None:
    """Go on in another file. Whoever was told here is owed a correction with the new number, and is told nothing twice."""
    _may_merge(session, incident, into)
    pairs = updates.owed_on(
        notifications.of_incident(session, incident.number), into.lead, former_leads(session, incident.number)
    )
    before = reports.standing(session, into).body
    numbers = reports.move(
        session, reports.reports(session, incident.number), here=incident.number, there=into.number, at=context.at
    )
    incident.status, incident.merged_into = Status.MERGED, into.number
    into.known_at = min(into.known_at, incident.known_at)
    into.next_update_at = min((at for at in (into.next_update_at, incident.next_update_at) if at), default=None)
    incident.next_update_at = None
    _count_in(session, family(session, incident.number), into.number)
    _carry(session, incident.number, into.number, context.at)
    for row, other in links.linked(session, incident.number):
        if other.number != into.number:
            links.link(session, into, other, because=row.because, reason=reason, by=by, at=context.at)
    facts = {"was": incident.number, "now": into.number, "reports": list(numbers.values()), "reason": reason}
    _note(session, incident.number, "incident.merged", by, context.at, facts)
    _note(session, into.number, "incident.merged_in", by, context.at, facts)
    words = Words(
        f"#{incident.number} 与 #{into.number} 为同一事件，此后用 #{into.number}：{reason}",
        f"#{incident.number} and #{into.number} are one event, from now on #{into.number}: {reason}",
    )
    _tell(session, into, pairs, context, by, f"merge {incident.number}", words, before)
    tasks.put(session, kind="onward", subject=str(into.number), act_at=context.at)


def unmerge(session: Session, incident: IncidentRow, context: Context, by: Actor, *, reason: str) -> None:
    """Take a merge back: the file goes on by itself with the reports, messages and duties that came from it."""
    into = session.get_one(IncidentRow, incident.merged_into, with_for_update=True)
    record.still_open(into)
    own = family(session, incident.number)
    theirs = [each for each in reports.reports(session, into.number) if each.file in own]
    if not any("location" in each.statement and not each.correction for each in theirs):
        words = Words(
            f"#{incident.number} 的报告已分到别的事件，无从恢复；请对 #{into.number} 拆分报告。",
            f"The reports of #{incident.number} count elsewhere by now; split #{into.number} by its reports.",
        )
        raise Conflict("nothing-left", words)
    rest = [each for each in reports.reports(session, into.number) if each.file not in own]
    _enough_left(rest, into.number)
    before = reports.standing(session, into).body
    incident.status, incident.merged_into = Status.OPEN, None
    reports.move(session, theirs, here=into.number, there=incident.number, at=context.at)
    _count_in(session, own, incident.number)
    _same_lead(session, incident, into, context, by, reason)
    _count_in(session, family(session, into.number), into.number)
    access.admit(session, incident=incident.number, jurisdiction=incident.lead, because="lead", at=context.at)
    _uncarry(session, incident.number, into, by, context.at)
    facts = {"was": into.number, "now": incident.number, "reason": reason}
    _note(session, into.number, "incident.parted", by, context.at, {"other": incident.number, "reason": reason})
    _note(session, incident.number, "incident.reopened", by, context.at, facts)
    session.flush()
    words = Words(
        f"#{incident.number} 另为一起事件，不再并入 #{into.number}：{reason}",
        f"#{incident.number} is an event of its own again, no longer part of #{into.number}: {reason}",
    )
    told = _pairs(session, incident)
    here = record.assessed(session, incident, record.current(session, incident), context, by)
    if here is not None:
        incident.next_update_at = into.next_update_at if told else None
        record.tell(session, incident, told, context, by, Kind.CORRECTION, f"part {here.n}", words)
    _tell(session, into, _pairs(session, into), context, by, f"part {incident.number}", words, before)
    links.link(session, into, incident, because=links.SPLIT, reason=reason, by=by, at=context.at)


def split(
    session: Session, incident: IncidentRow, numbers: Collection[int], context: Context, by: Actor, *, reason: str
) -> IncidentRow:
    """Part reports that tell of another event: they open a file of their own. Whoever was told is told of it."""
    record.still_open(incident)
    chosen = [reports.one(session, incident.number, n) for n in sorted(set(numbers))]
    _may_split(chosen)
    _enough_left([each for each in reports.reports(session, incident.number) if each not in chosen], incident.number)
    before = reports.standing(session, incident).body
    statement = _statement(session, incident, chosen, context)
    lead = record.lead_of(session, statement, context, incident.lead)
    made = record.opened(session, statement, context, incident.lead, lead=lead)
    moved = reports.move(session, chosen, here=incident.number, there=made.number, at=context.at)
    _place(session, made, chosen, statement, by, context.at, reason)
    facts: dict[str, Any] = {"was": incident.number, "now": made.number, "reason": reason}
    opening = {"report": 1, "lead": lead, "drill": made.drill, "said": {}, "split_from": incident.number}
    _note(session, made.number, "incident.reported", by, context.at, opening)
    _note(session, made.number, "incident.split_from", by, context.at, facts | {"reports": list(moved.values())})
    away = {"other": made.number, "reports": list(moved), "reason": reason}
    _note(session, incident.number, "incident.split_off", by, context.at, away)
    links.link(session, incident, made, because=links.SPLIT, reason=reason, by=by, at=context.at)
    record.assessed(session, made, record.current(session, made), context, by)
    words = Words(
        f"所报为两起事件，另一起为 #{made.number}：{reason}",
        f"two events were reported as one; the other is #{made.number}: {reason}",
    )
    _tell(session, incident, _pairs(session, incident), context, by, f"split {made.number}", words, before)
    return made


def _may_merge(session: Session, incident: IncidentRow, into: IncidentRow) -> None:
    if incident.number == into.number:
        raise BadInput("same-file", Words("不能并入自身，请选另一个事件。", "Choose another incident."), field="into")
    record.still_open(incident)
    record.still_open(into)
    if incident.drill != into.drill:
        words = Words("演练与真实事件不能合并。", "An exercise and a real incident are never merged.")
        raise Conflict("drill-and-real", words, field="into")
    if incident.lead != into.lead:
        words = Words(
            "两个事件由不同席位牵头，不能合并：请关联，或先移交牵头。",
            "Two desks lead them: link the files, or hand the lead over first.",
        )
        raise Conflict("two-leads", words, field="into")
    offered = select(LeadHandOverRow.id).where(
        LeadHandOverRow.incident == incident.number, LeadHandOverRow.answer.is_(None)
    )
    if session.scalar(offered) is not None:
        words = Words(
            "牵头移交尚待答复，请先收回再并案。", "Its lead is offered to another desk: take that back first."
        )
        raise Conflict("lead-offered", words)
    if incident.told_by != into.told_by:
        words = Words(
            "一个是接报方自己的卷宗，不能合并，请关联。", "One is a receiving desk's own file: link the files."
        )
        raise Conflict("own-file", words, field="into")


def _may_split(chosen: Sequence[reports.Report]) -> None:
    if not chosen:
        raise BadInput(
            "no-reports", Words("请选要分出的报告。", "Choose the reports that are split off."), field="reports"
        )
    if any(each.correction for each in chosen):
        words = Words("更正属于本事件，不能分出。", "A correction belongs to this incident and is not split off.")
        raise BadInput("is-a-correction", words, field="reports")


def _enough_left(left: Iterable[reports.Report], number: int) -> None:
    if not any("location" in each.statement and not each.correction for each in left):
        words = Words(
            f"#{number} 至少须留一条有位置的报告；整个事件有误请撤回。",
            f"One report with a place must stay in #{number}; to take it all back, withdraw it.",
        )
        raise Conflict("nothing-left", words, field="reports")


def _statement(
    session: Session, incident: IncidentRow, chosen: Sequence[reports.Report], context: Context
) -> Statement:
    """What the reports come to by themselves; what they do not say of place and time is the file's."""
    known = reports.believed(session, incident)
    placed = [each.heard for each in chosen if "location" in each.statement]
    if not placed:
        return statements.parse(known.given, now=context.at)
    found = weighing.weigh([each.heard for each in chosen], file=chosen[0].file)
    return statements.parse({**found.body, "drill": incident.drill}, now=context.at)


def _place(
    session: Session,
    made: IncidentRow,
    chosen: Sequence[reports.Report],
    statement: Statement,
    by: Actor,
    at: datetime,
    reason: str,
) -> None:
    """What the new file has to know and its reports do not say stands in it as a report of its own."""
    if any("location" in each.statement for each in chosen):
        return
    made.known_at = min(each.received_at for each in chosen)
    given = {"location": {"lon": statement.lon, "lat": statement.lat}, "known_at": iso(made.known_at)}
    reports.keep(session, made, statement, given, by, at, reason)


def _count_in(session: Session, files: Collection[int], event: int) -> None:
    """Messages and duties of `files` count in `event`, each once."""
    notifications.join(session, files, event=event)
    rows = session.scalars(
        select(ObligationRow)
        .where(ObligationRow.incident.in_(files) | (ObligationRow.event == event))
        .order_by(ObligationRow.told_at.is_(None), func.abs(ObligationRow.incident - event), ObligationRow.id)
    ).all()
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        key = (row.who, row.tells, row.role, row.agreement, row.clause, row.occasion, row.kind)
        row.event = None if key in seen else event
        seen.add(key)
    session.flush()


def _same_lead(
    session: Session, incident: IncidentRow, into: IncidentRow, context: Context, by: Actor, reason: str
) -> None:
    """A lead that was handed over meanwhile leads this file as well, and owes what is open in it."""
    before, now = incident.lead, into.lead
    if before == now:
        return
    row = LeadHandOverRow(
        incident=incident.number,
        from_desk=before,
        to_desk=now,
        reason=reason,
        sheet=[],
        asked_at=context.at,
        asked_by=by.stored(),
        answer=ACCEPTED,
        answered_at=context.at,
        answered_by=by.stored(),
    )
    session.add(row)
    incident.lead = now
    session.flush()
    notifications.hand_on(session, event=incident.number, from_desk=before, to_desk=now, at=context.at, by=by)


def _carry(session: Session, number: int, into: int, at: datetime) -> None:
    seen = select(AudienceRow).where(
        AudienceRow.incident == number, AudienceRow.revoked_at.is_(None), AudienceRow.because.in_(CARRIED)
    )
    for row in session.scalars(seen):
        access.admit(session, incident=into, jurisdiction=row.jurisdiction, because=f"merged {number}", at=at)


def _uncarry(session: Session, number: int, into: IncidentRow, by: Actor, at: datetime) -> None:
    """Who saw the other file only because of this one sees it no more, unless it was told there since."""
    told = notifications.told(session, into.number)
    carried = select(AudienceRow.jurisdiction).where(
        AudienceRow.incident == into.number,
        AudienceRow.because == f"merged {number}",
        AudienceRow.revoked_at.is_(None),
    )
    for desk in session.scalars(carried).all():
        if desk not in told and desk != into.lead:
            access.revoke(session, incident=into.number, jurisdiction=desk, because="parted", by=by, at=at)


def _pairs(session: Session, incident: IncidentRow) -> list[tuple[str, str]]:
    rows = notifications.of_incident(session, incident.number)
    return updates.owed_on(rows, incident.lead, former_leads(session, incident.number))


def _tell(
    session: Session,
    incident: IncidentRow,
    pairs: Sequence[tuple[str, str]],
    context: Context,
    by: Actor,
    occasion: str,
    words: Words,
    before: Any,
) -> None:
    """Assess what the reports come to now, and correct what was told: for `pairs`, and for all where the event changed."""
    made = record.assessed(session, incident, record.current(session, incident), context, by)
    newest = made or latest(session, incident.number)
    if newest is None:
        return
    now = reports.standing(session, incident).body
    changed = any(before.get(name) != now.get(name) for name in record.TOLD_OF)
    everyone = _pairs(session, incident) if changed else []
    owed = list(dict.fromkeys([*pairs, *everyone]))
    record.tell(session, incident, owed, context, by, Kind.CORRECTION, f"{occasion}, {newest.n}", words)


def _note(session: Session, number: int, kind: str, by: Actor, at: datetime, facts: dict[str, Any]) -> None:
    journal.append(session, f"incident:{number}", kind, by=by, at=at, facts=facts)
