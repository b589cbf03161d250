"""The hub: from a statement to a frozen assessment and proposed messages. The order of steps, and nothing else."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from emergency import journal, notifications
from emergency.agreements import newly
from emergency.agreements.newly import Before
from emergency.agreements.values import Grade, Kind, NotificationDraft, ObligationKey, Told
from emergency.incidents import document, frozen, inside, tasks, updates
from emergency.incidents.families import family
from emergency.incidents.findings import Findings, Forecasting, findings, sent
from emergency.incidents.models import TRACK, AssessmentRow, IncidentRow, LeadHandOverRow, SignedActRow
from emergency.incidents.picture import picture
from emergency.incidents.statement import Statement
from emergency.incidents.survey import survey
from emergency.incidents.values import Survey
from emergency.journal import Actor
from emergency.notifications import Draft, NotificationRow
from emergency.river import ensemble
from emergency.river.snap import USUAL, Tolerance
from emergency.units import iso

CODE_VERSION = "5"
"""Of the reasoning; raised whenever the same inputs may give another answer."""

ACCEPTED = "accepted"
"""The answer by which a desk takes over the lead."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a run needs beside the database: the instant, the zone for words, how forecasts are computed, and how far from
    the network a place may lie."""

    at: datetime
    zone: ZoneInfo
    forecasting: Forecasting = ensemble.run
    within: Tolerance = USUAL


@dataclass(frozen=True, slots=True)
class Run:
    """One run, not stored."""

    survey: Survey
    found: Findings
    body: document.Json


def preview(session: Session, statement: Statement, context: Context) -> Run:
    """An assessment of these inputs; nothing is stored."""
    ground = survey(session, statement, at=context.at, within=context.within)
    return _run(ground, statement, context, lead=None, told=(), seed=seed_at(statement))


def assess(
    session: Session,
    incident: IncidentRow,
    statement: Statement,
    context: Context,
    by: Actor,
    ground: Survey | None = None,
) -> AssessmentRow:
    """Assess an incident's present statement, freeze it, and propose what follows from it. `ground`: where it has been
    surveyed at this instant already."""
    n = _count(session, incident.number) + 1
    run = rerun(session, incident, statement, context, ground)
    geometry = picture(session, run.survey, run.found, statement)
    row = AssessmentRow(incident=incident.number, n=n, made_at=context.at, body=run.body, geometry=geometry)
    session.add(row)
    session.flush()
    proposed = propose(session, incident, run.found.drafts, row.id, context.at, by)
    inside.oblige(session, incident.number, run.found.owed, row.id, context.at)
    moved = updates.drafts(session, incident, run.found, run.survey, n, former_leads(session, incident.number))
    proposed += propose(session, incident, moved, row.id, context.at, by)
    tasks.put(session, kind=tasks.CLOCKS, subject=str(incident.number), act_at=context.at)
    _note(session, incident, row, run, proposed, by, context.at)
    return row


def rerun(
    session: Session, incident: IncidentRow, statement: Statement, context: Context, ground: Survey | None = None
) -> Run:
    """A run on an open incident, with its lead, its seed and whom it has told; nothing is stored."""
    told = who_was_told(session, incident.number)
    first = session.scalar(_of(incident.number).order_by(AssessmentRow.n).limit(1))
    seed = seed_at(statement) if first is None else int(first.body["versions"]["seed"])
    ground = ground or survey(session, statement, at=context.at, within=context.within)
    declared = Grade(incident.declared_grade) if incident.declared_grade else None
    run = _run(
        ground,
        statement,
        context,
        lead=incident.lead,
        told=told,
        seed=seed,
        declared=declared,
        held=_held(session, incident),
        told_by=_teller(incident),
    )
    newest = latest(session, incident.number)
    if newest is None or frozen.FACTS not in newest.body:
        return run
    before = Before(frozen.facts(newest.body, context.zone), newest.body["versions"]["agreements"])
    return _marked(run, statement, before, inside.raised(session, incident.number))


def _marked(run: Run, statement: Statement, before: Before, raised: Iterable[ObligationKey]) -> Run:
    """The same run; each duty that was not raised before says why it is new."""
    owed = newly.marked(run.found.owed, raised, before, run.found.facts, run.survey.divisions)
    found = replace(run.found, owed=owed, drafts=sent(owed))
    return Run(run.survey, found, document.document(run.survey, found, statement, _versions(run.survey)))


def seed_at(statement: Statement) -> int:
    """The seed of a place, so that a preview and the assessment that it becomes agree; an incident keeps its first.

    The place alone: the minute at which something became known, or a tap on another flow, draws no other chances.
    """
    return ensemble.seed_of(f"place {statement.lon:.6f} {statement.lat:.6f}")


def propose(
    session: Session,
    incident: IncidentRow,
    drafts: Iterable[NotificationDraft],
    assessment_id: int,
    at: datetime,
    by: Actor,
) -> list[NotificationRow]:
    """Put drafts to the desks that owe them, and tie every obligation to the message that discharges it.

    What a former lead has told, the lead does not tell again; and a former lead is not told what it handed over.
    """
    rows = []
    former = former_leads(session, incident.number)
    for draft in drafts:
        if draft.who == incident.lead and draft.tells in former and draft.kind is Kind.INCIDENT:
            continue
        row = notifications.propose(
            session,
            incident=incident.number,
            draft=hand_over(draft),
            drill=incident.drill,
            assessment_id=assessment_id,
            at=at,
            by=by,
            before=former if draft.who == incident.lead else (),
        )
        _oblige(session, incident.number, draft, row.id, assessment_id, at)
        rows.append(row)
    return rows


def hand_over(draft: NotificationDraft) -> Draft:
    """A draft as the hand-over takes it."""
    return Draft(
        who=draft.who,
        tells=draft.tells,
        role=draft.role.value,
        kind=draft.kind.value,
        occasion=draft.occasion,
        circle=draft.circle.value,
        deadline_at=draft.deadline_at,
        clauses=document.clauses(draft.obligations),
        automatic=draft.automatic,
        asks=draft.act.value,
    )


def latest(session: Session, number: int) -> AssessmentRow | None:
    """The newest assessment of an incident."""
    return session.scalar(_of(number).order_by(AssessmentRow.n.desc()).limit(1))


def who_was_told(session: Session, number: int) -> Sequence[Told]:
    """The desks told so far, each with who told it first and when."""
    first: dict[tuple[str, str], Told] = {}
    lead = session.get_one(IncidentRow, number).lead
    former = former_leads(session, number)
    for row in notifications.of_incident(session, number):
        if row.issued_at is not None and row.kind in (Kind.INCIDENT.value, Kind.COURTESY_COPY.value):
            by = lead if row.who in former else row.who
            first.setdefault((row.tells, by), Told(desk=row.tells, by=by, at=row.issued_at))
    return tuple(told for told in first.values() if told.desk != told.by)


def former_leads(session: Session, number: int) -> frozenset[str]:
    """The desks that have led an incident before the one that does."""
    handed = select(LeadHandOverRow.from_desk).where(
        LeadHandOverRow.incident.in_(family(session, number)), LeadHandOverRow.answer == ACCEPTED
    )
    now = select(IncidentRow.lead).where(IncidentRow.number == number)
    return frozenset(session.scalars(handed)) - frozenset(session.scalars(now))


def _held(session: Session, incident: IncidentRow) -> Collection[str]:
    """The items of article 4 that the leading desk holds to apply, as its newest signed act says."""
    acts = select(SignedActRow.details["items"]).where(
        SignedActRow.incident == incident.number,
        SignedActRow.jurisdiction == incident.lead,
        SignedActRow.what == TRACK,
    )
    return session.scalar(acts.order_by(SignedActRow.id.desc()).limit(1)) or ()


def _teller(incident: IncidentRow) -> Told | None:
    """In a receiving desk's own file: by whom and when that desk was told; its clock starts there."""
    if incident.told_by is None:
        return None
    return Told(desk=incident.lead, by=incident.told_by, at=incident.known_at)


def _run(
    ground: Survey,
    statement: Statement,
    context: Context,
    *,
    lead: str | None,
    told: Sequence[Told],
    seed: int,
    declared: Grade | None = None,
    held: Collection[str] = (),
    told_by: Told | None = None,
) -> Run:
    found = findings(
        ground,
        statement,
        at=context.at,
        zone=context.zone,
        seed=seed,
        lead=lead,
        told=told,
        declared=declared,
        held=held,
        told_by=told_by,
        forecasting=context.forecasting,
    )
    return Run(ground, found, document.document(ground, found, statement, _versions(ground)))


def _versions(ground: Survey) -> document.Json:
    return {
        "network": ground.network_version,
        "boundaries": ground.boundary_version,
        "agreements": {agreement.id: agreement.version for agreement in ground.agreements},
        "rules": ground.rules.versions,
        "divisions_on": ground.divisions.on.isoformat(),
        "day_state": list(ground.day_state),
        "code": CODE_VERSION,
    }


def _of(number: int) -> Select[AssessmentRow]:
    return select(AssessmentRow).where(AssessmentRow.incident == number)


def _count(session: Session, number: int) -> int:
    counted = select(func.coalesce(func.max(AssessmentRow.n), 0)).where(AssessmentRow.incident == number)
    return session.scalar(counted) or 0


def _oblige(
    session: Session, number: int, draft: NotificationDraft, notification_id: int, assessment_id: int, at: datetime
) -> None:
    for owed in draft.obligations:
        inside.keep(session, number, owed, assessment_id=assessment_id, notification_id=notification_id, at=at)


def _note(
    session: Session,
    incident: IncidentRow,
    row: AssessmentRow,
    run: Run,
    proposed: Sequence[NotificationRow],
    by: Actor,
    at: datetime,
) -> None:
    facts = {
        "assessment": row.id,
        "n": row.n,
        "reached": [
            {name: each[name] for name in ("code", "entry", "earliest_at", "likely_at", "latest_at")}
            for each in run.body["reached"]
        ],
        "predicted_grade": run.body["predicted_grade"],
        "flow_state": run.body["inputs"]["flow_state"],
        "notifications": sorted({each.id for each in proposed}),
        "made_at": iso(at),
    }
    journal.append(session, f"incident:{incident.number}", "incident.assessed", by=by, at=at, facts=facts)
