"""What happens to an incident: reported, added to, corrected, withdrawn, stood down, closed. One transaction a step.

Reports are kept as they came. What the incident is now believed to be is the fold of its reports: the first gives place and
time, a later one adds what it knows, a correction changes anything and is owed to all who were told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emergency import access, journal, notifications
from emergency.access import Subject
from emergency.agreements.values import Kind
from emergency.db import SRID
from emergency.errors import BadInput, Conflict, NotFound
from emergency.incidents import statement as statements
from emergency.incidents import updates
from emergency.incidents.assess import Context, assess, latest, propose, rerun
from emergency.incidents.findings import leads
from emergency.incidents.models import AssessmentRow, IncidentRow, ReportRow
from emergency.incidents.statement import SourceState, Statement, Verification
from emergency.incidents.survey import locate, survey
from emergency.incidents.values import Survey
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.notifications import State
from emergency.units import iso, moment
from emergency.words import Words

FIXED: Final = frozenset({"location", "occurred_at", "known_at", "drill", "unlocated"})
"""Only the first report and corrections set these: a second witness elsewhere does not move the incident."""


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    STOOD_DOWN = "stood_down"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


def report(
    session: Session, statement: Statement, context: Context, by: Actor, desk: str | None
) -> tuple[IncidentRow, AssessmentRow | None]:
    """Open an incident on a statement and assess it. `desk`: of the reporter, who may see it too.

    A place off the network is refused, unless `unlocated` is said: then the news is kept, and assessed once it is placed.
    """
    ground = _ground(session, statement, context)
    lead = leads(ground) if ground is not None else _ashore(session, statement, context.at, desk)
    incident = IncidentRow(
        status=Status.OPEN,
        lead=lead,
        drill=statement.drill,
        medium=statement.medium,
        known_at=statement.known_at,
        opened_at=context.at,
    )
    session.add(incident)
    session.flush()
    access.admit(session, incident=incident.number, jurisdiction=lead, because="lead", at=context.at)
    if desk is not None and desk != lead:
        access.admit(session, incident=incident.number, jurisdiction=desk, because="reported", at=context.at)
    _keep(session, incident, statement, by, context.at, kind="incident.reported", reason=None)
    return incident, None if ground is None else assess(session, incident, statement, context, by, ground)


def add_report(
    session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context, by: Actor, *, reason: str | None
) -> AssessmentRow | None:
    """Add a piece of news to an open incident and assess it again."""
    _open(incident)
    checked = with_report(session, incident, body, context)
    given = {name: value for name, value in body.items() if name not in FIXED}
    kept = _row(session, incident, checked, given, by, context.at, reason)
    facts = {"report": kept.n, "reason": reason, "said": _said(given)}
    _note(session, incident, "incident.reported_again", by, context.at, facts)
    return _assess(session, incident, current(session, incident), context, by)


def correct(
    session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context, by: Actor, *, reason: str
) -> AssessmentRow | None:
    """Set right what was wrong, back to unknown where null is given; a correction is owed to all who were told."""
    _open(incident)
    changes = statements.changes(body)
    checked = with_correction(session, incident, body, context)
    kept = _row(session, incident, checked, changes.stored(), by, context.at, reason)
    facts = {"report": kept.n, "reason": reason, "said": _said(changes.sets), "cleared": list(changes.clears)}
    _note(session, incident, "incident.corrected", by, context.at, facts)
    incident.known_at = checked.known_at
    made = _assess(session, incident, current(session, incident), context, by)
    if made is None:
        return None
    _tell_all(
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
    _open(incident)
    _settle(session, incident, by, context.at, reason)
    incident.status, incident.next_update_at = Status.WITHDRAWN, None
    _note(
        session,
        incident,
        "incident.withdrawn",
        by,
        context.at,
        {"reason": reason, "verification": Verification.REFUTED},
    )
    _tell_all(
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
    _open(incident)
    lacking = missing(session, incident, at=context.at, zone=context.zone)
    unanswered = [each for each in lacking if each["what"] == "source-open" or each["what"] not in despite]
    if unanswered:
        words = Words(
            "尚不能解除：" + "；".join(each["words"]["zh"] for each in unanswered) + "。",
            "Not yet: " + "; ".join(each["words"]["en"] for each in unanswered) + ".",
        )
        raise Conflict("cannot-stand-down", words, facts={"missing": unanswered})
    _settle(session, incident, by, context.at, reason)
    incident.status, incident.stood_down_at, incident.next_update_at = Status.STOOD_DOWN, context.at, None
    facts = {"reason": reason, "signer": signer, "despite": [each["what"] for each in lacking]}
    _note(session, incident, "incident.stood_down", by, context.at, facts)
    _tell_all(session, incident, context, by, Kind.END, "end", Words(f"解除：{reason}", f"stand-down: {reason}"))


def missing(session: Session, incident: IncidentRow, *, at: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What stands against a stand-down: a source that may still flow, a slug that may still be on its way."""
    lacking: list[dict[str, Any]] = []
    if current(session, incident).source_state is not SourceState.STOPPED:
        words = Words("源头未确认停止", "the source is not known to have stopped")
        lacking.append({"what": "source-open", "words": words.stored()})
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
    """What the incident is believed to be: the fold of its reports."""
    rows = reports(session, incident.number)
    return statements.held(statements.fold(row.statement for row in rows), now=rows[-1].received_at)


def with_report(session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context) -> Statement:
    """What the incident would be believed to be with a further report; what only the first report sets, stays."""
    known = current(session, incident).given
    statements.parse({**known, **body}, now=context.at)  # what is not taken over must be sound as well
    news = {name: value for name, value in body.items() if name not in FIXED}
    return statements.parse(statements.fold([known, news]), now=context.at)


def with_correction(session: Session, incident: IncidentRow, body: Mapping[str, Any], context: Context) -> Statement:
    """What the incident would be believed to be with these changes."""
    known = current(session, incident).given
    changed = statements.parse(statements.fold([known, statements.changes(body).stored()]), now=context.at)
    if changed.drill != incident.drill:  # its messages went out as one or the other, and others have acted on them
        words = Words(
            "是否演练在立案时已定，不能更正：请撤回本事件，另行报告。",
            "Whether it is an exercise was settled when it was opened: withdraw this incident and report anew.",
        )
        raise Conflict("drill-settled", words, field="drill")
    return changed


def reports(session: Session, number: int) -> list[ReportRow]:
    """The reports of an incident in the order they came."""
    return list(session.scalars(select(ReportRow).where(ReportRow.incident == number).order_by(ReportRow.n)))


def _assess(
    session: Session, incident: IncidentRow, statement: Statement, context: Context, by: Actor
) -> AssessmentRow | None:
    """An assessment, unless the place is known not to lie on the network."""
    ground = _ground(session, statement, context)
    return None if ground is None else assess(session, incident, statement, context, by, ground)


def _ground(session: Session, statement: Statement, context: Context) -> Survey | None:
    """The survey of the place; None where it is known not to lie on the network."""
    if statement.unlocated and locate(session, statement.lon, statement.lat, context.within).chosen is None:
        return None
    return survey(session, statement, at=context.at, within=context.within)


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


def _keep(
    session: Session,
    incident: IncidentRow,
    statement: Statement,
    by: Actor,
    at: datetime,
    *,
    kind: str,
    reason: str | None,
) -> None:
    given = {**statement.given, "known_at": iso(statement.known_at)}
    kept = _row(session, incident, statement, given, by, at, reason)
    facts = {"report": kept.n, "lead": incident.lead, "drill": incident.drill, "said": _said(given)}
    _note(session, incident, kind, by, at, facts)


def _row(
    session: Session,
    incident: IncidentRow,
    statement: Statement,
    given: dict[str, Any],
    by: Actor,
    at: datetime,
    reason: str | None,
) -> ReportRow:
    counted = select(func.coalesce(func.max(ReportRow.n), 0)).where(ReportRow.incident == incident.number)
    row = ReportRow(
        incident=incident.number,
        n=(session.scalar(counted) or 0) + 1,
        received_at=at,
        by=by.stored(),
        statement=given,
        reason=reason,
        geom=f"SRID={SRID};POINT({statement.lon} {statement.lat})",
    )
    session.add(row)
    session.flush()
    return row


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    """A statement as the journal holds it: without the reporter, who may be a person."""
    return {name: value for name, value in given.items() if name != "reporter" and value not in statements.SAYS_NOTHING}


def _tell_all(
    session: Session, incident: IncidentRow, context: Context, by: Actor, kind: Kind, occasion: str, reason: Words
) -> None:
    pairs = updates.pairs_told(notifications.of_incident(session, incident.number))
    newest = latest(session, incident.number)
    if not pairs or newest is None:
        return
    run = rerun(session, incident, current(session, incident), context)
    drafts = updates.to_told(run.found, run.survey, pairs, kind=kind, occasion=occasion, reason=reason)
    propose(session, incident, drafts, newest.id, context.at, by)


def _settle(session: Session, incident: IncidentRow, by: Actor, at: datetime, reason: str) -> None:
    for row in notifications.of_incident(session, incident.number):
        if row.state == State.PROPOSED:
            notifications.withhold(session, row, reason=reason, by=by, at=at)


def _open(incident: IncidentRow) -> None:
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


_STATUS_ZH: Final = {"stood_down": "解除", "withdrawn": "撤回", "closed": "结案"}
_STATUS_EN: Final = {"stood_down": "stood down", "withdrawn": "withdrawn", "closed": "closed"}
