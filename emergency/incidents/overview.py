"""What the desk reads of incidents: the list, one as it stands, an assessment with its messages. Reads only."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from emergency import journal, notifications
from emergency.access import AudienceRow, Officer, Role
from emergency.agreements.values import Circle
from emergency.incidents import document, record, reports, response
from emergency.incidents.assess import latest
from emergency.incidents.measures import ENDED_BY, FACTS, first_hour, measured
from emergency.incidents.models import AssessmentRow, IncidentRow
from emergency.incidents.near import nearest_intake
from emergency.incidents.reports import Report
from emergency.incidents.statement import Verification
from emergency.jurisdictions.models import DivisionRow
from emergency.notifications import NUMBER_CHECK, NotificationRow, State
from emergency.units import iso
from emergency.words import Words

Json = dict[str, Any]
Deliveries = Callable[[Session, Sequence[int]], Mapping[int, list[Json]]]


def listed(session: Session, officer: Officer, status: str | None) -> list[Json]:
    """The incidents of this officer's audience, newest first."""
    rows = select(IncidentRow).where(seen_by(officer)).order_by(IncidentRow.number.desc()).limit(200)
    if status is not None:
        rows = rows.where(IncidentRow.status == status)
    return [_line(session, row) for row in session.scalars(rows)]


def incident(session: Session, row: IncidentRow, deliveries: Deliveries) -> Json:
    """An incident as it stands."""
    newest = latest(session, row.number)
    told = _messages_of(session, row)
    return {
        "number": row.number,
        "status": row.status,
        "lead": row.lead,
        "lead_name": _name(session, row.lead),
        "drill": row.drill,
        "known_at": iso(row.known_at),
        "opened_at": iso(row.opened_at),
        "next_update_at": iso(row.next_update_at) if row.next_update_at else None,
        "report": _held(session, row, newest),
        "reports": [report(each) for each in reports.counted(session, row)],
        "weighed": weighed(session, row),
        "merged_into": row.merged_into,
        "told_by": row.told_by,
        "predicted_grade": newest.body["predicted_grade"] if newest else None,
        "declared_grade": row.declared_grade,
        **_signed(session, row),
        "measures": _measures(session, row),
        "first_hour": _first_hour(session, row),
        "assessment_id": newest.id if newest else None,
        "notifications": messages(session, told, deliveries),
        "journal_last": journal.last(session, f"incident:{row.number}"),
    }


def assessment(session: Session, row: AssessmentRow, deliveries: Deliveries) -> Json:
    """A frozen assessment with the messages of its incident as they stand now."""
    told = notifications.of_incident(session, row.incident)
    return {
        "id": row.id,
        "n": row.n,
        "made_at": iso(row.made_at),
        **row.body,
        "notifications": messages(session, told, deliveries),
    }


def messages(session: Session, rows: Sequence[NotificationRow], deliveries: Deliveries) -> list[Json]:
    """Messages with what delivery has done for each."""
    sent = deliveries(session, [row.id for row in rows])
    return [message(session, row, sent.get(row.id, [])) for row in rows]


def message(session: Session, row: NotificationRow, sent: Sequence[Json]) -> Json:
    """One message as the API shows it."""
    return {
        "id": row.id,
        "incident": row.incident,
        "who": row.who,
        "who_name": _name(session, row.who),
        "tells": row.tells,
        "tells_name": _name(session, row.tells),
        "role": row.role,
        "kind": row.kind,
        "occasion": row.occasion,
        "act": row.act or row.asks,
        "asks": row.asks,
        "follows": row.follows,
        "circle": row.circle,
        "state": row.state,
        "deadline_at": iso(row.deadline_at) if row.deadline_at else None,
        "clauses": row.clauses,
        "code": notifications.shown_code(row),
        "version": row.version,
        "automatic": row.automatic,
        "issued_at": iso(row.issued_at) if row.issued_at else None,
        "consent": row.consent,
        "content": notifications.shown_content(row),
        "withheld_reason": row.withheld_reason,
        "deliveries": list(sent),
        "acknowledged": _acknowledged(row),
    }


def report(row: Report) -> Json:
    """One piece of news as it came: the first, a further one or a correction; when, who took it down, what it said, and
    what was held of it by whom and why. came_to: the file and number under which it came in."""
    kind = "correction" if row.correction else "further" if row.n > 1 else "first"
    return {
        "n": row.n,
        "kind": kind,
        "received_at": iso(row.received_at),
        "by": row.by,
        "statement": row.statement,
        "reason": row.reason,
        "state": row.state.value,
        "verdicts": [
            {"state": each.state, "reason": each.reason, "by": each.by, "at": iso(each.at)} for each in row.verdicts
        ],
        "came_to": {"incident": row.file, "n": row.n_there},
    }


def weighed(session: Session, row: IncidentRow) -> Json:
    """From which report each fact comes, and where reports that count contradict each other."""
    found = reports.standing(session, row)
    return {
        "sources": dict(found.sources),
        "differences": [
            {
                "field": each.field,
                "held": each.held,
                "value": each.value,
                "others": [{"n": other.n, "value": other.value} for other in each.others],
            }
            for each in found.differences
        ],
        "all_refuted": found.verification is Verification.REFUTED,
    }


def open_for(session: Session, officer: Officer) -> list[NotificationRow]:
    """The messages to this officer's desk that nobody has read back; a check of a number is for its owner alone."""
    rows = select(NotificationRow).where(
        NotificationRow.tells == officer.desk,
        NotificationRow.state == State.ISSUED,
        NotificationRow.kind != NUMBER_CHECK,
    )
    return list(session.scalars(rows.order_by(NotificationRow.issued_at)))


def _messages_of(session: Session, row: IncidentRow) -> list[NotificationRow]:
    """The messages that count here; in a file that goes on in another one those that it sent."""
    if row.merged_into is None:
        return notifications.of_incident(session, row.number)
    return [each for each in notifications.raised_by(session, row.number) if each.issued_at is not None]


def _acknowledged(row: NotificationRow) -> Json | None:
    if row.acknowledged_at is None:
        return None
    return {"by": row.acknowledged_by, "at": iso(row.acknowledged_at), "via": row.acknowledged_via}


def seen_by(officer: Officer) -> ColumnElement[bool]:
    """The incidents that this officer may see, as a condition on their rows."""
    if officer.role is Role.ADMINISTRATOR:
        return IncidentRow.number.is_not(None)
    seen = select(AudienceRow.incident).where(
        AudienceRow.jurisdiction == officer.desk, AudienceRow.revoked_at.is_(None)
    )
    return IncidentRow.number.in_(seen)


def _line(session: Session, row: IncidentRow) -> Json:
    counted = select(func.count()).where(
        NotificationRow.event == row.number,
        NotificationRow.state == State.PROPOSED,
        NotificationRow.circle != Circle.WATCH,  # listed, not rung: nothing to decide now
    )
    return {
        "number": row.number,
        "status": row.status,
        "lead": row.lead,
        "lead_name": _name(session, row.lead),
        "drill": row.drill,
        **_placed(session, row),
        "known_at": iso(row.known_at),
        "opened_at": iso(row.opened_at),
        "journal_last": journal.last(session, f"incident:{row.number}"),
        "open_notifications": session.scalar(counted),
    }


def _placed(session: Session, row: IncidentRow) -> Json:
    """Where and what: by the newest assessment, or by the statement of an incident that lies on no river yet."""
    newest = latest(session, row.number)
    if newest is None:
        said = record.current(session, row)
        return {"substance": said.substance, "river": None, "place": None, "lon": said.lon, "lat": said.lat}
    inputs = newest.body["inputs"]
    return {
        "substance": inputs["substance"],
        "river": newest.body["snapped"]["name"],
        "place": newest.body["reached"][0]["name"],
        "lon": inputs["location"]["lon"],
        "lat": inputs["location"]["lat"],
    }


def _held(session: Session, row: IncidentRow, newest: AssessmentRow | None) -> Json:
    """What is believed: the newest assessment's inputs, with what was held of the reports since."""
    if newest is None:
        return _believed(session, row)
    return {**newest.body["inputs"], "verification": reports.standing(session, row).verification.value}


def _believed(session: Session, row: IncidentRow) -> Json:
    """What is known of an incident that lies on no river yet."""
    said = record.current(session, row)
    return document.inputs(said, said.flow_state)


def _signed(session: Session, row: IncidentRow) -> Json:
    """Who declared the grade and why, and the response, in the lead's file."""
    name = _name(session, row.lead)
    file = response.of_lead(session, row, Words(name["zh"], name["en"]))
    return {"declared": file["declared"], "response": file["response"]}


def _measures(session: Session, row: IncidentRow) -> Json:
    done = journal.of_kinds(session, f"incident:{row.number}", tuple(ENDED_BY))
    return dict(measured(row.known_at, done))


def _first_hour(session: Session, row: IncidentRow) -> list[Json]:
    done = journal.of_kinds(session, f"incident:{row.number}", FACTS)
    return first_hour(row.known_at, done, drill=row.drill, nearest_intake=nearest_intake(session, row.number))


def _name(session: Session, code: str) -> Json:
    division = session.get(DivisionRow, code)
    return {"zh": division.name_zh, "en": division.name_en} if division is not None else {"zh": code, "en": code}
