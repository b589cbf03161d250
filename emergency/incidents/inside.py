"""The inside list of an incident: which offices of one's own side are owed a call, and which have had it.

A call to one's own government or water company is made by the desk itself, so that no message goes to another desk: the duty
stands in the record until somebody says that it was done, and by whom of the desk.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from emergency import journal
from emergency.access import Officer
from emergency.agreements.reasons import ROLE
from emergency.agreements.values import INSIDE_ROLES, Obligation, Role
from emergency.errors import BadInput, Conflict
from emergency.incidents.models import IncidentRow, ObligationRow
from emergency.units import iso
from emergency.words import Words

Json = dict[str, Any]
ORDER: Final = [role.value for role in Role]
ROLES: Final = {role.value: ROLE[role] for role in INSIDE_ROLES}


def oblige(session: Session, incident: int, owed: Iterable[Obligation], assessment_id: int, at: datetime) -> None:
    """Keep the duties to one's own side, each once."""
    for one in owed:
        if one.inside:
            keep(session, incident, one, assessment_id=assessment_id, notification_id=None, at=at)


def keep(
    session: Session, incident: int, one: Obligation, *, assessment_id: int, notification_id: int | None, at: datetime
) -> None:
    """Keep a duty, unless it was raised before. Where it is new since an earlier assessment, it says why."""
    if _raised(session, incident, one):
        return
    session.execute(
        insert(ObligationRow)
        .values(
            incident=incident,
            event=incident,
            who=one.who,
            tells=one.tells,
            role=one.role.value,
            agreement=one.agreement,
            clause=one.clause,
            occasion=one.occasion,
            kind=one.kind.value,
            deadline_at=one.deadline_at,
            reason=_reason(one).stored(),
            raised_at=at,
            assessment_id=assessment_id,
            notification_id=notification_id,
        )
        .on_conflict_do_nothing()
    )


def _raised(session: Session, event: int, one: Obligation) -> bool:
    """Whether a file merged with this one has raised the like duty."""
    like = select(ObligationRow.id).where(
        ObligationRow.event == event,
        ObligationRow.who == one.who,
        ObligationRow.tells == one.tells,
        ObligationRow.role == one.role.value,
        ObligationRow.agreement == one.agreement,
        ObligationRow.clause == one.clause,
        ObligationRow.occasion == one.occasion,
        ObligationRow.kind == one.kind.value,
    )
    return session.scalar(like.limit(1)) is not None


def listed(session: Session, incident: int, who: str | None = None) -> list[Json]:
    """The inside list of every desk that has one (or of `who`), earliest deadline first; one line for each office."""
    rows = session.scalars(
        select(ObligationRow)
        .where(ObligationRow.event == incident, ObligationRow.notification_id.is_(None))
        .order_by(ObligationRow.deadline_at, ObligationRow.id)
    )
    lines: dict[tuple[str, str, str], list[ObligationRow]] = {}
    for row in rows:
        if who is None or row.who == who:
            lines.setdefault((row.who, row.role, row.occasion), []).append(row)
    return sorted((_line(each) for each in lines.values()), key=_order)


def _order(line: Json) -> tuple[str, int]:
    """By deadline; offices of one deadline in the order of the first calls (first-hour.md 1)."""
    return line["deadline_at"] or "~", ORDER.index(line["role"])


def tell(
    session: Session, incident: IncidentRow, role: str, officer: Officer, *, at: datetime, told_at: datetime
) -> None:
    """An officer of the desk says that an office of its own side was called. All it was owed until then is done."""
    if officer.desk is None:
        words = Words("只有席位上的人能记本方的呼叫。", "Only an officer of a desk can record its calls.")
        raise BadInput("no-desk", words)
    done = session.execute(
        update(ObligationRow)
        .where(
            ObligationRow.event == incident.number,
            ObligationRow.who == officer.desk,
            ObligationRow.role == role,
            ObligationRow.notification_id.is_(None),
            ObligationRow.told_at.is_(None),
        )
        .values(told_at=told_at, told_by=officer.actor.stored())
        .returning(ObligationRow.id)
    )
    ids = sorted(done.scalars())
    if not ids:
        _refuse(session, incident.number, officer.desk, role)
    facts = {"who": officer.desk, "role": role, "obligations": ids, "told_at": iso(told_at)}
    journal.append(session, f"incident:{incident.number}", "inside.told", by=officer.actor, at=at, facts=facts)


def untell(session: Session, incident: IncidentRow, role: str, officer: Officer, *, at: datetime) -> None:
    """What was said to be done was not: that office is owed its call again, and the record keeps both."""
    undone = session.execute(
        update(ObligationRow)
        .where(
            ObligationRow.event == incident.number,
            ObligationRow.who == officer.desk,
            ObligationRow.role == role,
            ObligationRow.notification_id.is_(None),
            ObligationRow.told_at.is_not(None),
        )
        .values(told_at=None, told_by=None)
        .returning(ObligationRow.id)
    )
    ids = sorted(undone.scalars())
    if not ids:
        raise Conflict("not-told", Words("这一家没有记过。", "No call to that office is recorded."))
    facts = {"who": officer.desk, "role": role, "obligations": ids}
    journal.append(session, f"incident:{incident.number}", "inside.undone", by=officer.actor, at=at, facts=facts)


def _refuse(session: Session, incident: int, desk: str, role: str) -> None:
    known = {each["role"]: each for each in listed(session, incident, desk)}
    if role in known:
        words = Words("这一家已经记过了。", "That call is recorded already.")
        raise Conflict("already-told", words, facts={"told_at": known[role]["told_at"]})
    named = "、".join(ROLES[each].zh for each in known) or "无"
    named_en = ", ".join(known) or "none"
    raise BadInput(
        "not-on-the-list",
        Words(f"内部名单里没有这一家；有：{named}。", f"That office is not on the inside list; it has {named_en}."),
        field="role",
    )


def _line(rows: list[ObligationRow]) -> Json:
    hours = [row.deadline_at for row in rows if row.deadline_at is not None]
    first = rows[0]
    return {
        "who": first.who,
        "role": first.role,
        "name": ROLES[first.role].stored(),
        "occasion": first.occasion,
        "deadline_at": iso(min(hours)) if hours else None,
        "reasons": [row.reason for row in rows],
        "clauses": [{"agreement": row.agreement, "clause": row.clause} for row in rows],
        "told_at": iso(first.told_at) if all(row.told_at for row in rows) and first.told_at else None,
        "told_by": first.told_by,
    }


def raised(session: Session, incident: int) -> list[tuple[str, str, str, str, str, str, str]]:
    """The keys of every duty that was raised in an incident."""
    columns = (
        ObligationRow.who,
        ObligationRow.tells,
        ObligationRow.role,
        ObligationRow.agreement,
        ObligationRow.clause,
        ObligationRow.kind,
        ObligationRow.occasion,
    )
    rows = session.execute(select(*columns).where(ObligationRow.event == incident))
    return [(row[0], row[1], row[2], row[3], row[4], row[5], row[6]) for row in rows]


def _reason(one: Obligation) -> Words:
    if one.new is None:
        return one.reason
    return Words(f"{one.reason.zh}。{one.new.zh}", f"{one.reason.en}. {one.new.en}")
