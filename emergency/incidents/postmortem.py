"""The record of an incident afterwards: a fold of its journal, with the frozen assessments and the reports beside it.

The journal says what happened; tables are read only for what the journal points to. Entries that the reader may not see stand
with number and hash.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency import journal, notifications
from emergency.access import Officer, Role
from emergency.incidents import overview, reports
from emergency.incidents.measures import done_at, first_hour, measured
from emergency.incidents.models import AssessmentRow, IncidentRow
from emergency.incidents.near import nearest_intake
from emergency.journal import Entry
from emergency.units import iso

Json = dict[str, Any]


def fold(session: Session, incident: IncidentRow, *, officer: Officer) -> Json:
    """Timeline, assessments, who was told when under which clause and who read back, measures, and the chain's check."""
    stream = f"incident:{incident.number}"
    entries = _all(session, stream)
    broken = list(journal.faults(session, stream))
    open_to = [entry for entry in entries if _may(entry, officer)]
    assessments = session.scalars(
        select(AssessmentRow).where(AssessmentRow.incident == incident.number).order_by(AssessmentRow.n)
    )
    return {
        "incident": {
            "number": incident.number,
            "status": incident.status,
            "lead": incident.lead,
            "drill": incident.drill,
            "merged_into": incident.merged_into,
            "known_at": iso(incident.known_at),
            "opened_at": iso(incident.opened_at),
            "stood_down_at": iso(incident.stood_down_at) if incident.stood_down_at else None,
            "closed_at": iso(incident.closed_at) if incident.closed_at else None,
            "declared_grade": incident.declared_grade,
        },
        "reports": [overview.report(row) for row in reports.ever(session, incident.number)],
        "assessments": [{"id": row.id, "n": row.n, "made_at": iso(row.made_at), **row.body} for row in assessments],
        "told": told(open_to, _people(session, incident.number)),
        "measures": measured(incident.known_at, open_to),
        "first_hour": first_hour(
            incident.known_at,
            open_to,
            drill=incident.drill,
            nearest_intake=nearest_intake(session, incident.number),
        ),
        "timeline": [_line(entry, officer) for entry in entries],
        "chain": {
            "whole": not broken,
            "last": journal.last(session, stream),
            "faults": [{"n": each.n, "words": each.words.stored()} for each in broken],
        },
    }


def told(entries: Sequence[Entry], people: Mapping[int, str]) -> list[Json]:
    """Each message: who told whom under which clauses, when it went out, what delivery did, who read it back.

    people: by message, the person who read it back; the journal holds roles, never names.
    """
    messages: dict[int, Json] = {}
    for entry in entries:
        number = entry.facts.get("notification")
        if not isinstance(number, int):
            continue
        kept = messages.setdefault(number, {"notification": number, "deliveries": [], "acknowledged": None})
        _apply(kept, entry)
        if entry.kind == "notification.acknowledged":
            _acknowledge(messages, number, entry, people)
    return [messages[number] for number in sorted(messages)]


def _apply(kept: Json, entry: Entry) -> None:
    facts = entry.facts
    if entry.kind.startswith("notification."):
        shared = ("who", "tells", "role", "kind", "occasion", "circle", "deadline_at", "clauses", "code")
        kept |= {name: facts[name] for name in shared if name in facts}
    if entry.kind == "notification.issued":
        kept |= {
            "issued_at": iso(entry.at),
            "issued_by": dict(entry.by),
            "act": facts["act"],
            "version": facts["version"],
        }
        kept |= {"consent": facts["consent"], "content": facts["content"], "on_behalf": facts.get("on_behalf")}
    elif entry.kind == "notification.withheld":
        kept |= {"withheld_at": iso(entry.at), "withheld_reason": facts["reason"]}
        kept |= {"withheld_by": dict(entry.by), "on_behalf": facts.get("on_behalf")}
    elif entry.kind.startswith(("delivery.", "escalation.", "contact.")):
        kept["deliveries"].append({"at": iso(entry.at), "kind": entry.kind, **facts})


def _acknowledge(messages: dict[int, Json], number: int, entry: Entry, people: Mapping[int, str]) -> None:
    """A read-back stands for every message that it names; the first one stands."""
    for each in entry.facts.get("acknowledges") or [number]:
        kept = messages.get(each)
        if kept is not None and kept["acknowledged"] is None:
            kept["acknowledged"] = {
                "at": iso(done_at(entry)),
                "recorded_at": iso(entry.at),
                "late": bool(entry.facts.get("late")),
                "via": entry.facts["via"],
                "by": dict(entry.by),
                "person": people.get(each),
            }


def _people(session: Session, number: int) -> dict[int, str]:
    rows = {row.id: row for row in notifications.of_incident(session, number)}
    rows |= {row.id: row for row in notifications.raised_by(session, number)}
    return {row.id: row.acknowledged_by for row in rows.values() if row.acknowledged_by is not None}


def _all(session: Session, stream: str) -> list[Entry]:
    found: list[Entry] = []
    while page := journal.read(session, stream, after=found[-1].n if found else 0):
        found.extend(page)
    return found


def _may(entry: Entry, officer: Officer) -> bool:
    return not entry.only or officer.desk in entry.only or officer.role is Role.ADMINISTRATOR


def _line(entry: Entry, officer: Officer) -> Json:
    if not _may(entry, officer):
        return {"n": entry.n, "hash": entry.hash, "withheld": True}
    return {
        "n": entry.n,
        "at": iso(entry.at),
        "kind": entry.kind,
        "by": dict(entry.by),
        "facts": dict(entry.facts),
        "hash": entry.hash,
    }
