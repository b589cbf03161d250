"""What happens to an incident: reported, added to, corrected, withdrawn, stood down, closed. One transaction a step.

Reports are kept as they came, each with what is held of it. What the incident is now believed to be is weighed from them
(`weighing`); a correction changes anything and is owed to all who were told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from emergency import access, journal, notifications
from emergency.access import Subject
from emergency.agreements.values import Kind
from emergency.errors import BadInput, Conflict, NotFound
from emergency.incidents import links, updates
from emergency.incidents import reports as kept_reports
from emergency.incidents import statement as statements
from emergency.incidents.assess import Context, assess, former_leads, latest, propose, rerun
from emergency.incidents.findings import leads
from emergency.incidents.models import AssessmentRow, IncidentRow
from emergency.incidents.reports import Report
from emergency.incidents.statement import SourceState, Statement, Verification
from emergency.incidents.survey import locate, survey
from emergency.incidents.values import Survey
from emergency.incidents.weighing import FIRST, Heard
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.notifications import State
from emergency.units import iso, moment
from emergency.words import Words

TOLD_OF: Final = ("location", "occurred_at", "substance", "source_state")
"""What a message says of the event: where one of these proves wrong, those who were told are owed a correction."""
UNREACHED: Final = "改正后不再到达，收起待用 / no longer reached, kept in case it is again"


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    STOOD_DOWN = "stood_down"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    MERGED = "merged"


def report(
    session: Session,
    statement: Statement,
    context: Context,
    by: Actor,
    desk: str | None,
    *,
    another_than: Sequence[int] = (),
) -> tuple[IncidentRow, AssessmentRow | None]:
    """Open an incident on a statement and assess it. `desk`: of the reporter, who may see it too.

    A place off the network is refused, unless `unlocated` is said: then the news is kept, and assessed once it is placed.
    another_than: the open incidents near it that the officer has said to be other events.
    """
    ground = surveyed(session, statement, context)
    lead = leads(ground) if ground is not None else _ashore(session, statement, context.at, desk)
    incident = opened(session, statement, context, desk, lead=lead)
    first_report(session, incident, statement, by, context.at, another_than=another_than)
    return incident, None if ground is None else _settled(session, incident, statement, context, by, ground)


def opened(
    session: Session,
    statement: Statement,
    context: Context,
    desk: str | None,
    *,
    lead: str,
    told_by: str | None = None,
) -> IncidentRow:
    """An empty file, which its lead and the reporter's desk may see. told_by: as the file has it."""
    incident = IncidentRow(
        status=Status.OPEN,
        lead=lead,
        drill=statement.drill,
        medium=statement.medium,
        known_at=statement.known_at,
        opened_at=context.at,
        told_by=told_by,
    )
    session.add(incident)
    session.flush()
    access.admit(session, incident=incident.number, jurisdiction=lead, because="lead", at=context.at)
    if desk is not None and desk != lead:
        access.admit(session, incident=incident.number, jurisdiction=desk, because="reported", at=context.at)
    return incident


def first_report(
    session: Session,
    incident: IncidentRow,
    statement: Statement,
    by: Actor,
    at: datetime,
    *,
    reason: str | None = None,
    another_than: Sequence[int] = (),
) -> None:
    """Keep the report that a file is opened on."""
    given = {**statement.given, "known_at": iso(statement.known_at)}
    kept = kept_reports.keep(session, incident, statement, given, by, at, reason)
    facts = {"report": kept.n, "lead": incident.lead, "drill": incident.drill, "said": _said(given)}
    facts |= {"another_than": list(another_than)} if another_than else {}
    _note(session, incident, "incident.reported", by, at, facts)


def add_report(
    session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context, by: Actor, *, reason: str | None
) -> AssessmentRow | None:
    """Add a piece of news to an open incident and assess it again."""
    still_open(incident)
    own = _read(session, incident, body, context)
    kept = kept_reports.keep(session, incident, own, dict(body), by, context.at, reason)
    facts = {"report": kept.n, "reason": reason, "said": _said(body)}
    _note(session, incident, "incident.reported_again", by, context.at, facts)
    return assessed(session, incident, current(session, incident), context, by)


def judge(
    session: Session,
    incident: IncidentRow,
    n: int,
    state: Verification,
    context: Context,
    by: Actor,
    *,
    reason: str,
) -> AssessmentRow | None:
    """Hold a report to be verified, preliminary, unverified again or refuted. What was told of it and proves wrong is
    corrected; None where nothing that is believed has changed, or nothing is left to believe."""
    still_open(incident)
    found = kept_reports.one(session, incident.number, n)
    if found.correction:
        words = Words(
            f"第 {n} 条是更正，不需核实；有误请再更正。", f"Report {n} is a correction: correct it by another one."
        )
        raise BadInput("is-a-correction", words, field="state")
    if found.state is state:
        words = Words(f"第 {n} 条已是这个状态。", f"Report {n} is held so already.")
        raise Conflict("already-so", words, field="state")
    before = kept_reports.standing(session, incident)
    kept_reports.judge(session, found, state, reason=reason, by=by, at=context.at)
    facts = {"report": n, "state": state.value, "was": found.state.value, "reason": reason}
    _note(session, incident, "incident.report_judged", by, context.at, facts)
    after = kept_reports.standing(session, incident)
    if after.body == before.body or after.verification is Verification.REFUTED:
        return None
    words = Words(f"核实后更正：{reason}", f"corrected after checking: {reason}")
    return reconsider(session, incident, before.body, context, by, words=words)


def reconsider(
    session: Session, incident: IncidentRow, before: Mapping[str, Any], context: Context, by: Actor, *, words: Words
) -> AssessmentRow | None:
    """Assess again after the reports came to something else than `before`; what was told wrongly is corrected."""
    made = assessed(session, incident, current(session, incident), context, by)
    now = kept_reports.standing(session, incident).body
    if made is not None and any(before.get(name) != now.get(name) for name in TOLD_OF):
        tell_all(session, incident, context, by, Kind.CORRECTION, f"correction {made.n}", words)
    return made


def correct(
    session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context, by: Actor, *, reason: str
) -> AssessmentRow | None:
    """Set right what was wrong, back to unknown where null is given; a correction is owed to all who were told."""
    still_open(incident)
    changes = statements.changes(body)
    checked = with_correction(session, incident, body, context)
    before = latest(session, incident.number)
    kept = kept_reports.keep(session, incident, checked, changes.stored(), by, context.at, reason)
    facts = {"report": kept.n, "reason": reason, "said": _said(changes.sets), "cleared": list(changes.clears)}
    _note(session, incident, "incident.corrected", by, context.at, facts)
    incident.known_at = checked.known_at
    made = assessed(session, incident, current(session, incident), context, by)
    if made is None:
        return None
    if "location" in body:
        _note_moved(session, incident, before, made, by, context.at, reason)
    tell_all(
        session,
        incident,
        context,
        by,
        Kind.CORRECTION,
        f"correction {made.n}",
        Words(f"更正：{reason}", f"correction: {reason}"),
    )
    return made


def withdraw(session: Session, incident: IncidentRow, context: Context, by: Actor, *, reason: str) -> None:
    """Take it back: refuted. Owed to all who were told; proposals not yet sent are withheld with the reason."""
    still_open(incident)
    settle(session, incident, by, context.at, reason)
    for each in reports(session, incident.number):
        if not each.correction and each.state is not Verification.REFUTED:
            kept_reports.judge(session, each, Verification.REFUTED, reason=reason, by=by, at=context.at)
    incident.status, incident.next_update_at = Status.WITHDRAWN, None
    _note(
        session,
        incident,
        "incident.withdrawn",
        by,
        context.at,
        {"reason": reason, "verification": Verification.REFUTED},
    )
    tell_all(
        session, incident, context, by, Kind.WITHDRAWAL, "withdrawal", Words(f"撤回：{reason}", f"withdrawn: {reason}")
    )


def stand_down(
    session: Session,
    incident: IncidentRow,
    context: Context,
    by: Actor,
    *,
    reason: str,
    signer: str,
    despite: Sequence[str] = (),
) -> None:
    """End the alarm. Refused with what is missing; a signer may answer for all but a source that may still flow."""
    still_open(incident)
    lacking = missing(session, incident, at=context.at, zone=context.zone)
    unanswered = [each for each in lacking if each["what"] == "source-open" or each["what"] not in despite]
    if unanswered:
        words = Words(
            "尚不能解除：" + "；".join(each["words"]["zh"] for each in unanswered) + "。",
            "Not yet: " + "; ".join(each["words"]["en"] for each in unanswered) + ".",
        )
        raise Conflict("cannot-stand-down", words, facts={"missing": unanswered})
    settle(session, incident, by, context.at, reason)
    incident.status, incident.stood_down_at, incident.next_update_at = Status.STOOD_DOWN, context.at, None
    facts = {"reason": reason, "signer": signer, "despite": [each["what"] for each in lacking]}
    _note(session, incident, "incident.stood_down", by, context.at, facts)
    tell_all(session, incident, context, by, Kind.END, "end", Words(f"解除：{reason}", f"stand-down: {reason}"))


def missing(session: Session, incident: IncidentRow, *, at: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What stands against a stand-down: a source that may still flow, a slug that may still be on its way."""
    lacking: list[dict[str, Any]] = []
    if current(session, incident).source_state is not SourceState.STOPPED:
        words = Words("源头未确认停止", "the source is not known to have stopped")
        lacking.append({"what": "source-open", "words": words.stored()})
    for each in kept_reports.standing(session, incident).differences:
        if each.field == "source_state":
            told = "、".join(str(other.n) for other in each.others)
            words = Words(f"第 {told} 条报告另有说法，未核实也未否定", f"report {told} says otherwise, not yet judged")
            lacking.append({"what": "source-disputed", "words": words.stored()})
    newest = latest(session, incident.number)
    reached = newest.body["reached"] if newest else []
    coming = [each for each in reached if datetime.fromisoformat(each["latest_at"]) > at]
    if coming:
        last = max(coming, key=lambda each: datetime.fromisoformat(each["latest_at"]))
        when = moment(datetime.fromisoformat(last["latest_at"]), zone, at)
        words = Words(
            f"污水团可能仍在途中，最迟{when.zh}到{last['name']['zh']}",
            f"the slug may still be on its way, at the latest {when.en} at {last['name']['en']}",
        )
        lacking.append({"what": "slug-on-its-way", "words": words.stored()})
    return lacking


def close(session: Session, incident: IncidentRow, context: Context, by: Actor, *, reason: str) -> None:
    """Close the file: after the end, with every message decided and every message sent read back."""
    if incident.status not in (Status.STOOD_DOWN, Status.WITHDRAWN):
        raise Conflict("not-ended", Words("须先解除或撤回，才能结案。", "Stand down or withdraw first."))
    rows = notifications.of_incident(session, incident.number)
    waiting = [row.tells for row in rows if row.state in (State.PROPOSED, State.ISSUED)]
    if waiting:
        divisions = jurisdictions.division(session, context.at)
        named = [divisions.name(code) for code in dict.fromkeys(waiting)]
        words = Words(
            f"还有通报未决定或未回报：{'、'.join(each.zh for each in named)}。",
            f"Messages are undecided or not read back: {', '.join(each.en for each in named)}.",
        )
        raise Conflict("open-messages", words, facts={"desks": sorted(set(waiting))})
    _all_heard_the_end(session, incident, context.at)
    incident.status, incident.closed_at = Status.CLOSED, context.at
    _note(session, incident, "incident.closed", by, context.at, {"reason": reason})


def found(session: Session, number: int, officer: access.Officer, action: access.Action) -> IncidentRow:
    """The incident, locked for a step, if this officer may do `action` to it; to others it does not exist."""
    row = session.get(IncidentRow, number, with_for_update=True)
    if row is None:
        raise NotFound(
            "no-such-incident", Words("没有这个事件，或本席位无权查看。", "No such incident, or not one for this desk.")
        )
    access.require(officer, action, Subject(access.audience(session, number)))
    return row


def led(session: Session, number: int, officer: access.Officer) -> IncidentRow:
    """The incident, if this officer's desk leads it."""
    row = found(session, number, officer, access.Action.RUN_INCIDENT)
    access.require(officer, access.Action.RUN_INCIDENT, Subject(access.audience(session, number), desk=row.lead))
    return row


def current(session: Session, incident: IncidentRow) -> Statement:
    """What the incident is believed to be: what its reports come to."""
    return kept_reports.believed(session, incident)


def with_report(session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context) -> Statement:
    """What the incident would be believed to be with a further report; place and time of the event stay."""
    own = _read(session, incident, body, context)
    return kept_reports.believed(session, incident, [_heard(session, incident, body, own.verification, context.at)])


def with_correction(session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context) -> Statement:
    """What the incident would be believed to be with these changes."""
    stored = statements.changes(body).stored()
    known = current(session, incident)
    changed = statements.parse(statements.fold([_body(known), stored]), now=context.at)
    if changed.drill != incident.drill:  # its messages went out as one or the other, and others have acted on them
        words = Words(
            "是否演练在立案时已定，不能更正：请撤回本事件，另行报告。",
            "Whether it is an exercise was settled when it was opened: withdraw this incident and report anew.",
        )
        raise Conflict("drill-settled", words, field="drill")
    heard = _heard(session, incident, stored, Verification.UNVERIFIED, context.at)
    made = kept_reports.believed(session, incident, [heard])
    return replace(made, known_at=changed.known_at if "known_at" in body else incident.known_at)


def reports(session: Session, number: int) -> list[Report]:
    """The reports that count in an incident, in the order of their numbers."""
    return kept_reports.reports(session, number)


def _read(session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context) -> Statement:
    """A further report as it reads by itself; where it names no place, at the event's. BadInput for what is unsound."""
    known = _body(current(session, incident))
    return statements.parse({**{name: known[name] for name in FIRST if name in known}, **body}, now=context.at)


def _body(known: Statement) -> dict[str, Any]:
    """What is believed as a report body."""
    return {**known.given, "known_at": iso(known.known_at)}


def _heard(
    session: Session, incident: IncidentRow, said: Mapping[str, Any], state: Verification, at: datetime
) -> Heard:
    """A report that is not kept yet, as it would be weighed."""
    n = kept_reports.free_number(session, incident.number)
    return Heard(n, incident.number, at, at, said, state)


def assessed(
    session: Session, incident: IncidentRow, statement: Statement, context: Context, by: Actor
) -> AssessmentRow | None:
    """An assessment, unless the place is known not to lie on the network. What is no longer owed rests, and is not lost."""
    ground = surveyed(session, statement, context)
    return None if ground is None else _settled(session, incident, statement, context, by, ground)


def surveyed(session: Session, statement: Statement, context: Context) -> Survey | None:
    """The survey of the place; None where it is known not to lie on the network."""
    if statement.unlocated and locate(session, statement.lon, statement.lat, context.within).chosen is None:
        return None
    return survey(session, statement, at=context.at, within=context.within)


def _settled(
    session: Session, incident: IncidentRow, statement: Statement, context: Context, by: Actor, ground: Survey
) -> AssessmentRow:
    made = assess(session, incident, statement, context, by, ground)
    reached = {each["desk"] for each in made.body["reached"]} | {each["tells"] for each in made.body["notifications"]}
    for row in notifications.of_incident(session, incident.number):
        if row.state == State.PROPOSED and row.kind == Kind.INCIDENT and row.tells not in reached:
            notifications.rest(session, row, reason=UNREACHED, by=by, at=context.at)
    return made


def _note_moved(
    session: Session,
    incident: IncidentRow,
    before: AssessmentRow | None,
    made: AssessmentRow,
    by: Actor,
    at: datetime,
    reason: str,
) -> None:
    """Who is reached since the event was placed elsewhere, and who no longer."""
    was, now = ({each["desk"] for each in row.body["reached"]} - {None} if row else set() for row in (before, made))
    facts = {"reason": reason, "newly_reached": sorted(now - was), "no_longer_reached": sorted(was - now)}
    _note(session, incident, "incident.moved", by, at, facts)


def _all_heard_the_end(session: Session, incident: IncidentRow, at: datetime) -> None:
    """Whoever was told has been told that it is over: nobody is left in alarm by a withheld message."""
    rows = notifications.of_incident(session, incident.number)
    ended = {row.tells for row in rows if row.kind in notifications.ENDINGS and row.issued_at is not None}
    left = [tells for _, tells in updates.pairs_told(rows) if tells not in ended and tells != incident.lead]
    if left:
        divisions = jurisdictions.division(session, at)
        named = [divisions.name(code) for code in dict.fromkeys(left)]
        words = Words(
            f"还有被通报者未获撤回或终报：{'、'.join(each.zh for each in named)}，请先发给他们。",
            f"Some who were told have not heard the end: {', '.join(each.en for each in named)}; tell them first.",
        )
        raise Conflict("not-all-heard", words, facts={"desks": sorted(set(left))})


def lead_of(session: Session, statement: Statement, context: Context, desk: str | None) -> str:
    """The desk of the reach; for news without a reach the desk of the ground it lies on, else the reporter's."""
    ground = surveyed(session, statement, context)
    return leads(ground) if ground is not None else _ashore(session, statement, context.at, desk)


def _ashore(session: Session, statement: Statement, at: datetime, desk: str | None) -> str:
    """Who leads for news without a reach: the desk of the ground it lies on, else the reporter's."""
    divisions = jurisdictions.division(session, at)
    here = jurisdictions.division_at(session, statement.lon, statement.lat)
    found = (divisions.desk_of(here) if here else None) or desk
    if found is None:
        words = Words(
            "此处不在任何席位辖区内，请由有席位的账号上报。",
            "That place is no desk's: report it as an officer of a desk.",
        )
        raise BadInput("no-desk", words, field="location")
    return found


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    """A statement as the journal holds it: without the reporter, who may be a person."""
    return {name: value for name, value in given.items() if name != "reporter" and value not in statements.SAYS_NOTHING}


def tell_all(
    session: Session, incident: IncidentRow, context: Context, by: Actor, kind: Kind, occasion: str, reason: Words
) -> None:
    """Propose a message to each desk that was told; what follows is owed by whoever has told it. Linked files hear of it."""
    links.news(session, incident, kind.value, by=by, at=context.at)
    former = former_leads(session, incident.number)
    pairs = updates.owed_on(notifications.of_incident(session, incident.number), incident.lead, former)
    tell(session, incident, pairs, context, by, kind, occasion, reason)


def tell(
    session: Session,
    incident: IncidentRow,
    pairs: Sequence[tuple[str, str]],
    context: Context,
    by: Actor,
    kind: Kind,
    occasion: str,
    reason: Words,
) -> None:
    """Propose a message for each (who tells, who is told)."""
    newest = latest(session, incident.number)
    if not pairs or newest is None:
        return
    run = rerun(session, incident, current(session, incident), context)
    drafts = updates.to_told(run.found, run.survey, pairs, kind=kind, occasion=occasion, reason=reason)
    propose(session, incident, drafts, newest.id, context.at, by)


def settle(session: Session, incident: IncidentRow, by: Actor, at: datetime, reason: str) -> None:
    for row in notifications.of_incident(session, incident.number):
        if row.state == State.PROPOSED:
            notifications.withhold(session, row, reason=reason, by=by, at=at)


def still_open(incident: IncidentRow) -> None:
    if incident.status != Status.OPEN:
        words = Words(
            f"事件已{_STATUS_ZH[incident.status]}，不能再改。",
            f"The incident is {_STATUS_EN[incident.status]}; it takes no more changes.",
        )
        raise Conflict("not-open", words)


def _note(
    session: Session, incident: IncidentRow, kind: str, by: Actor, at: datetime, facts: Mapping[str, Any]
) -> None:
    journal.append(session, f"incident:{incident.number}", kind, by=by, at=at, facts=facts)


_STATUS_ZH: Final = {"stood_down": "解除", "withdrawn": "撤回", "closed": "结案", "merged": "并入其他事件"}
_STATUS_EN: Final = {"stood_down": "stood down", "withdrawn": "withdrawn", "closed": "closed", "merged": "merged"}
