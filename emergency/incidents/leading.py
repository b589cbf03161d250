"""The lead of an incident handed to another desk: offered with the sheet of what is open, taken over line by line.

Until it is accepted the lead stays where it is and alarms ring both desks. Nothing owed is lost: undecided proposals, calls
not read back and the promised next word are the new lead's; what was told is not told again.
"""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from emergency import access, journal, notifications
from emergency.access import Officer
from emergency.errors import BadInput, Conflict, Forbidden, NotFound
from emergency.incidents import links, record, reports, tasks
from emergency.incidents.assess import ACCEPTED, Context
from emergency.incidents.families import family
from emergency.incidents.models import AssessmentRow, IncidentRow, LeadHandOverRow
from emergency.incidents.statement import SourceState, Verification
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.labels import label
from emergency.notifications import NotificationRow, State
from emergency.units import iso, moment
from emergency.words import Words

REFUSED, TAKEN_BACK = "refused", "taken_back"
TOLD_BEFORE = "前牵头席位已通报 / told by the lead before"
Line = dict[str, Any]


def offer(
    session: Session, incident: IncidentRow, to_desk: str, context: Context, by: Actor, *, reason: str
) -> LeadHandOverRow:
    """Offer the lead to another desk, which may see the incident from now on."""
    record.still_open(incident)
    divisions = jurisdictions.division(session, context.at)
    if to_desk not in divisions or divisions.desk_of(to_desk) != to_desk:
        words = Words("没有这个席位，请选有值班室的区划。", "There is no such desk; choose a division that has one.")
        raise BadInput("no-such-desk", words, field="to")
    if to_desk == incident.lead:
        raise BadInput("own-desk", Words("本席位已是牵头。", "That desk leads already."), field="to")
    if offered(session, incident.number) is not None:
        words = Words("已有一次移交待答复，请先收回。", "One offer waits for its answer; take it back first.")
        raise Conflict("offered-already", words)
    row = LeadHandOverRow(
        incident=incident.number,
        from_desk=incident.lead,
        to_desk=to_desk,
        reason=reason,
        sheet=sheet(session, incident, context),
        asked_at=context.at,
        asked_by=by.stored(),
    )
    session.add(row)
    access.admit(session, incident=incident.number, jurisdiction=to_desk, because="lead offered", at=context.at)
    session.flush()
    _note(session, row, "lead.offered", {"reason": reason, "lines": len(row.sheet)}, by, context)
    return row


def offered(session: Session, number: int) -> LeadHandOverRow | None:
    """The offer that waits for its answer."""
    open_ones = select(LeadHandOverRow).where(LeadHandOverRow.incident == number, LeadHandOverRow.answer.is_(None))
    return session.scalar(open_ones)


def accept(
    session: Session, incident: IncidentRow, lines: Collection[str], context: Context, officer: Officer
) -> AssessmentRow | None:
    """Take the lead over. Every open line must have been accepted; Conflict names those that were not."""
    row = _for(session, incident, officer)
    record.still_open(incident)
    now = sheet(session, incident, context)
    left = [line for line in now if line["key"] not in lines]
    if left:
        words = Words(
            "接班清单还有未确认的事项：" + "；".join(line["words"]["zh"] for line in left) + "。",
            "Lines of the sheet are not accepted yet: " + "; ".join(line["words"]["en"] for line in left) + ".",
        )
        raise Conflict("lines-open", words, field="lines", facts={"lines": left})
    _answer(session, row, ACCEPTED, None, officer.actor, context)
    incident.lead = row.to_desk
    session.flush()
    notifications.hand_on(
        session, event=incident.number, from_desk=row.from_desk, to_desk=row.to_desk, at=context.at, by=officer.actor
    )
    _told_before(session, row, context, officer.actor)
    session.execute(
        update(NotificationRow)
        .where(
            NotificationRow.event == incident.number,
            NotificationRow.issued_at.is_not(None),
            NotificationRow.who.in_({row.from_desk}) | (NotificationRow.caller == row.from_desk),
        )
        .values(caller=row.to_desk)
    )
    for number in family(session, incident.number):
        access.admit(session, incident=number, jurisdiction=row.to_desk, because="lead", at=context.at)
    _note(
        session,
        row,
        "lead.handed_over",
        {"reason": row.reason, "lines": [each["key"] for each in now]},
        officer.actor,
        context,
    )
    links.news(session, incident, "lead", by=officer.actor, at=context.at)
    tasks.put(session, kind="onward", subject=str(incident.number), act_at=context.at)
    return record.assessed(session, incident, record.current(session, incident), context, officer.actor)


def _told_before(session: Session, row: LeadHandOverRow, context: Context, by: Actor) -> None:
    """What the taker was to pass on itself and the lead before it has told already is not told again."""
    rows = notifications.of_incident(session, row.incident)
    told = {_same(each) for each in rows if each.who == row.from_desk and each.issued_at is not None}
    for each in rows:
        if each.who == row.to_desk and each.state == State.PROPOSED and _same(each) in told:
            notifications.withhold(session, each, reason=TOLD_BEFORE, by=by, at=context.at)


def _same(row: NotificationRow) -> tuple[str, ...]:
    return row.tells, row.role, row.kind, row.occasion


def refuse(session: Session, incident: IncidentRow, context: Context, officer: Officer, *, reason: str) -> None:
    """Decline the lead; it stays where it is."""
    row = _for(session, incident, officer)
    _answer(session, row, REFUSED, reason, officer.actor, context)
    _note(session, row, "lead.refused", {"reason": reason}, officer.actor, context)


def take_back(session: Session, incident: IncidentRow, context: Context, by: Actor, *, reason: str) -> None:
    """Withdraw the offer before it was answered."""
    row = _open(session, incident)
    _answer(session, row, TAKEN_BACK, reason, by, context)
    _note(session, row, "lead.taken_back", {"reason": reason}, by, context)


def sheet(session: Session, incident: IncidentRow, context: Context) -> list[Line]:
    """What is open now: source and slug, unknowns, proposals, calls, signatures, promises. key: stays the same."""
    return list(_lines(session, incident, context))


def shown(session: Session, incident: IncidentRow, officer: Officer, context: Context) -> dict[str, Any] | None:
    """The open offer with the sheet as it is now, for the two desks that it is between."""
    row = offered(session, incident.number)
    if row is None or officer.desk not in (row.from_desk, row.to_desk):
        return None
    divisions = jurisdictions.division(session, context.at)
    return {
        "from": row.from_desk,
        "from_name": divisions.name(row.from_desk).stored(),
        "to": row.to_desk,
        "to_name": divisions.name(row.to_desk).stored(),
        "reason": row.reason,
        "asked_at": iso(row.asked_at),
        "lines": sheet(session, incident, context),
    }


def _lines(session: Session, incident: IncidentRow, context: Context) -> Iterator[Line]:
    known = record.current(session, incident)
    if known.source_state is not SourceState.STOPPED:
        continuing = known.source_state is SourceState.CONTINUING
        words = (
            Words("源头还在流", "the source still runs")
            if continuing
            else Words("源头是否停止不明", "whether the source has stopped is unknown")
        )
        yield _line("source", words)
    unjudged = [
        str(each.n)
        for each in reports.reports(session, incident.number)
        if not each.correction and each.state in (Verification.UNVERIFIED, Verification.PRELIMINARY)
    ]
    if unjudged:
        words = Words(f"待核实的报告：第 {'、'.join(unjudged)} 条", f"reports to be checked: {', '.join(unjudged)}")
        yield _line("unverified", words)
    for each in reports.standing(session, incident).differences:
        numbers = [str(n) for n in (each.held, *(other.n for other in each.others))]
        named = label(each.field)
        words = Words(
            f"报告 {'、'.join(numbers)} 说法不一：{named.zh}",
            f"reports {', '.join(numbers)} contradict each other: {named.en}",
        )
        yield _line(f"difference:{each.field}", words)
    divisions = jurisdictions.division(session, context.at)
    for row in notifications.of_incident(session, incident.number):
        desk = divisions.name(row.tells)
        if row.state == State.PROPOSED and row.who == incident.lead and row.circle != "watch":
            yield _line(f"proposal:{row.id}", Words(f"待决定：通报{desk.zh}", f"to decide: the message to {desk.en}"))
        if row.state == State.ISSUED and incident.lead in (row.who, row.caller):
            yield _line(f"unread:{row.id}", Words(f"{desk.zh}尚未回报", f"{desk.en} has not read back"))
        if row.consent is not None and row.consent["how"] != "signed" and row.who == incident.lead:
            words = Words(f"发{desk.zh}的正式通报待补签", f"the notice to {desk.en} waits for its signature")
            yield _line(f"signature:{row.id}", words)
    if incident.next_update_at is not None:
        when = moment(incident.next_update_at, context.zone, context.at)
        yield _line("promise", Words(f"已承诺{when.zh}前再报", f"the next word is promised by {when.en}"))


def _line(key: str, words: Words) -> Line:
    return {"key": key, "words": words.stored()}


def _open(session: Session, incident: IncidentRow) -> LeadHandOverRow:
    row = offered(session, incident.number)
    if row is None:
        raise NotFound("no-offer", Words("没有待答复的牵头移交。", "No offer of the lead waits for an answer."))
    return row


def _for(session: Session, incident: IncidentRow, officer: Officer) -> LeadHandOverRow:
    row = _open(session, incident)
    if officer.desk != row.to_desk:
        raise Forbidden("another-desk", Words("这次移交是给别的席位的。", "The lead was offered to another desk."))
    return row


def _answer(
    session: Session, row: LeadHandOverRow, answer: str, reason: str | None, by: Actor, context: Context
) -> None:
    row.answer, row.answered_at, row.answered_by, row.answer_reason = answer, context.at, by.stored(), reason
    session.flush()


def _note(
    session: Session, row: LeadHandOverRow, kind: str, facts: dict[str, Any], by: Actor, context: Context
) -> None:
    said = {"incident": row.incident, "from": row.from_desk, "to": row.to_desk, **facts}
    for stream in (f"incident:{row.incident}", f"desk:{row.from_desk}", f"desk:{row.to_desk}"):
        journal.append(session, stream, kind, by=by, at=context.at, facts=said)


def alarmed(session: Session, number: int, desk: str) -> list[str]:
    """The streams in which a desk is alarmed; while it offers its lead, those of both desks."""
    offer_open = offered(session, number)
    both = [desk, offer_open.to_desk] if offer_open is not None and offer_open.from_desk == desk else [desk]
    return [f"desk:{each}" for each in both]
