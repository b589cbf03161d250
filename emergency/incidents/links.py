"""Files of several jurisdictions on one event: each with its own lead, clocks and grade, linked and never merged.

A link shows each side as much of the other file as that side may see. What happens to one (an update, a correction, the
end) is news to the lead of the other, one hop and no farther: what it owes its own neighbours, its own file says.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from emergency import access, journal
from emergency.access import Officer, Role
from emergency.errors import BadInput, Conflict, NotFound
from emergency.incidents.models import IncidentRow, LinkRow
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.units import iso
from emergency.words import Words

TOLD: Final = "told"
EVENT: Final = "event"
SPLIT: Final = "split"
"""Why: the one file told the other's lead; both are of one event; they were one file."""


def link(
    session: Session, file: IncidentRow, other: IncidentRow, *, because: str, reason: str, by: Actor, at: datetime
) -> None:
    """Link two files, once; both journals say so, to those who lead them."""
    if file.number == other.number:
        words = Words("不能与自身关联，请选另一个事件。", "Choose another incident to link.")
        raise BadInput("same-file", words, field="other")
    if file.drill != other.drill:
        words = Words("演练与真实事件不能关联。", "An exercise and a real incident are never linked.")
        raise Conflict("drill-and-real", words, field="other")
    if _between(session, file.number, other.number) is not None:
        return
    row = LinkRow(file=file.number, other=other.number, because=because, reason=reason, made_at=at, made_by=by.stored())
    session.add(row)
    session.flush()
    facts = {"because": because, "reason": reason}
    _note_both(session, file, other, "incident.linked", facts, by, at)


def unlink(
    session: Session, incident: IncidentRow, other: IncidentRow, *, reason: str, by: Actor, at: datetime
) -> None:
    """Say that two files are not of one event after all."""
    row = _between(session, incident.number, other.number)
    if row is None:
        words = Words("这两个事件没有关联。", "These two incidents are not linked.")
        raise NotFound("no-such-link", words, field="other")
    if row.because == TOLD:
        words = Words(
            "接报方的卷宗始终与通报方关联，不能解除。",
            "A receiving desk's own file stays linked to the file that told it.",
        )
        raise Conflict("told-link", words, field="other")
    row.ended_at = at
    _note_both(session, incident, other, "incident.unlinked", {"reason": reason}, by, at)


def linked(session: Session, number: int) -> list[tuple[LinkRow, IncidentRow]]:
    """The files linked to one, the oldest link first."""
    rows = session.scalars(
        select(LinkRow)
        .where(or_(LinkRow.file == number, LinkRow.other == number), LinkRow.ended_at.is_(None))
        .order_by(LinkRow.id)
    )
    return [(row, session.get_one(IncidentRow, row.other if row.file == number else row.file)) for row in rows]


def own_files(session: Session, number: int) -> dict[str, IncidentRow]:
    """The receiving desks that keep a file of their own on what this one told them, and that file."""
    return {
        other.lead: other
        for row, other in linked(session, number)
        if row.because == TOLD and row.file == number and other.status in ("open", "stood_down")
    }


def shown(session: Session, incident: IncidentRow, officer: Officer, at: datetime) -> list[dict[str, Any]]:
    """The links as this officer may see them: of a file that is not theirs to see, that it is there, whose, and how it
    stands; and that only to the two leads."""
    divisions = jurisdictions.division(session, at)
    found = []
    for row, other in linked(session, incident.number):
        may_see = _may_see(session, other.number, officer)
        if not may_see and not _may_see_as_lead(incident, officer):
            continue
        facts: dict[str, Any] = {
            "number": other.number,
            "because": row.because,
            "first": row.file == other.number,
            "lead": other.lead,
            "lead_name": divisions.name(other.lead).stored(),
            "status": other.status,
            "since": iso(row.made_at),
            "may_see": may_see,
        }
        if may_see:
            facts |= {
                "reason": row.reason,
                "known_at": iso(other.known_at),
                "declared_grade": other.declared_grade,
                "next_update_at": iso(other.next_update_at) if other.next_update_at else None,
            }
        found.append(facts)
    return found


def news(
    session: Session,
    incident: IncidentRow,
    kind: str,
    *,
    by: Actor,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Tell the leads of the linked files what happened in this one: one hop, and only that it did."""
    for _, other in linked(session, incident.number):
        if other.status == "merged":
            continue
        said = {
            "other": incident.number,
            "lead": incident.lead,
            "kind": kind,
            "incident": other.number,
            **(facts or {}),
        }
        journal.append(session, f"incident:{other.number}", "link.news", by=by, at=at, facts=said, only=[other.lead])
        if other.lead != incident.lead:
            journal.append(session, f"desk:{other.lead}", "link.news", by=by, at=at, facts=said)


def _between(session: Session, one: int, other: int) -> LinkRow | None:
    return session.scalar(
        select(LinkRow).where(
            LinkRow.ended_at.is_(None),
            or_((LinkRow.file == one) & (LinkRow.other == other), (LinkRow.file == other) & (LinkRow.other == one)),
        )
    )


def _note_both(
    session: Session,
    file: IncidentRow,
    other: IncidentRow,
    kind: str,
    facts: Mapping[str, Any],
    by: Actor,
    at: datetime,
) -> None:
    for here, there in _both_ways(file, other):
        said = {"other": there.number, "lead": there.lead, **facts}
        only = sorted({file.lead, other.lead})
        journal.append(session, f"incident:{here.number}", kind, by=by, at=at, facts=said, only=only)
        if here.lead != there.lead and by.desk != here.lead:
            said |= {"incident": here.number}
            journal.append(session, f"desk:{here.lead}", kind, by=by, at=at, facts=said)


def _both_ways(file: IncidentRow, other: IncidentRow) -> Iterator[tuple[IncidentRow, IncidentRow]]:
    yield file, other
    yield other, file


def _may_see(session: Session, number: int, officer: Officer) -> bool:
    return officer.role is Role.ADMINISTRATOR or officer.desk in access.audience(session, number)


def _may_see_as_lead(incident: IncidentRow, officer: Officer) -> bool:
    return officer.desk == incident.lead
