"""The desk handed over with notes: given by one officer, taken line by line by another of the same desk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.models import HandOverRow
from emergency import journal
from emergency.access import Officer
from emergency.errors import BadInput, Conflict, NotFound
from emergency.labels import fault
from emergency.units import iso
from emergency.words import Words

MOST_LINES: Final = 100
TAKEN, BACK = "taken", "back"


def give(session: Session, lines: Sequence[str], *, officer: Officer, at: datetime) -> HandOverRow:
    """Offer the desk to whoever comes next, with what they must know, a line for each thing."""
    desk = _desk(officer)
    notes = [each.strip() for each in lines if each.strip()]
    if not notes or len(notes) > MOST_LINES:
        zh, en = f"请写 1 到 {MOST_LINES} 行要交代的事", f"needs from 1 to {MOST_LINES} lines"
        raise BadInput("bad-field", fault("lines", zh, en), field="lines")
    if standing(session, desk) is not None:
        words = Words("已有一份交班单在等人接，请先撤回。", "A hand-over waits already: take it back first.")
        raise Conflict("hand-over-waits", words)
    row = HandOverRow(
        desk=desk, lines=notes, given_at=at, given_by=officer.actor.stored(), given_name=officer.name, remark=""
    )
    session.add(row)
    session.flush()
    facts = {"hand_over": row.id, "lines": len(notes)}
    journal.append(session, f"desk:{desk}", "desk.handed_over", by=officer.actor, at=at, facts=facts)
    return row


def take(
    session: Session, number: int, accepted: Sequence[int], remark: str, *, officer: Officer, at: datetime
) -> HandOverRow:
    """Take the desk: every line has been read, and says so."""
    row = _open(session, number, officer)
    if row.given_by.get("officer") == officer.id:
        words = Words("交班和接班不能是同一个账号。", "Whoever gives the desk cannot take it.")
        raise Conflict("same-officer", words)
    missing = [n for n in range(len(row.lines)) if n not in set(accepted)]
    if missing:
        names = "、".join(str(n + 1) for n in missing)
        words = fault("lines", f"第 {names} 条还没有逐条确认", f"{names} not accepted yet")
        raise Conflict("lines-left", words, field="lines", facts={"lines": missing})
    _answer(session, row, TAKEN, remark, officer, at)
    return row


def take_back(session: Session, number: int, *, officer: Officer, at: datetime) -> HandOverRow:
    """The giver takes the offer back."""
    row = _open(session, number, officer)
    if row.given_by.get("officer") != officer.id:
        words = Words("只有交班人可以撤回。", "Only who gave it can take it back.")
        raise Conflict("not-the-giver", words)
    _answer(session, row, BACK, "", officer, at)
    return row


def standing(session: Session, desk: str) -> HandOverRow | None:
    """The hand-over of a desk that waits for a taker."""
    return session.scalar(select(HandOverRow).where(HandOverRow.desk == desk, HandOverRow.answer.is_(None)))


def past(session: Session, desk: str, *, limit: int = 20) -> list[HandOverRow]:
    """The last hand-overs of a desk that were answered, the newest first."""
    rows = select(HandOverRow).where(HandOverRow.desk == desk, HandOverRow.answer.is_not(None))
    return list(session.scalars(rows.order_by(HandOverRow.id.desc()).limit(limit)))


def shown(row: HandOverRow) -> dict[str, Any]:
    """As the API gives it, to the desk's own people."""
    return {
        "id": row.id,
        "lines": row.lines,
        "given_at": iso(row.given_at),
        "given_by": row.given_name,
        "giver": row.given_by.get("officer"),
        "answer": row.answer,
        "answered_at": iso(row.answered_at) if row.answered_at else None,
        "answered_by": row.answered_name,
        "remark": row.remark,
    }


def _answer(session: Session, row: HandOverRow, answer: str, remark: str, officer: Officer, at: datetime) -> None:
    row.answer, row.answered_at, row.answered_by = answer, at, officer.actor.stored()
    row.answered_name, row.remark = officer.name, remark
    facts = {"hand_over": row.id, "answer": answer}
    journal.append(session, f"desk:{row.desk}", "desk.hand_over_answered", by=officer.actor, at=at, facts=facts)


def _open(session: Session, number: int, officer: Officer) -> HandOverRow:
    row = session.get(HandOverRow, number, with_for_update=True)
    if row is None or row.desk != officer.desk:
        words = Words("没有这份交班单，或不是本席位的。", "No such hand-over, or not one of this desk.")
        raise NotFound("no-such-hand-over", words)
    if row.answer is not None:
        raise Conflict("hand-over-over", Words("这份交班单已经了结，请刷新。", "That hand-over is over: reload."))
    return row


def _desk(officer: Officer) -> str:
    if officer.desk is None:
        words = Words("只有席位上的人能交班。", "Only an officer of a desk can hand it over.")
        raise BadInput("no-desk", words)
    return officer.desk
