"""The reports of a file: what came in, in which file it counts now, what was held of it by whom and why. Nothing is deleted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emergency.db import SRID
from emergency.errors import NotFound
from emergency.incidents import statement as statements
from emergency.incidents import weighing
from emergency.incidents.models import AttachmentRow, IncidentRow, ReportRow, VerdictRow
from emergency.incidents.statement import CLEARED, Statement, Verification
from emergency.incidents.weighing import Heard, Standing
from emergency.journal import Actor
from emergency.words import Words


@dataclass(frozen=True, slots=True)
class Report:
    """One piece of news as it counts in a file: its number there, what it says, and what was held of it, in order.

    file, n_there: the file in which it came in, and its number there.
    """

    id: int
    n: int
    file: int
    n_there: int
    since: datetime
    received_at: datetime
    by: Mapping[str, Any]
    statement: Mapping[str, Any]
    reason: str | None
    verdicts: Sequence[VerdictRow]

    @property
    def correction(self) -> bool:
        """Whether the lead desk set something right with it."""
        return CLEARED in self.statement

    @property
    def state(self) -> Verification:
        """What is held of it now."""
        newest = self.verdicts[-1].state if self.verdicts else self.statement.get("verification")
        return Verification(newest) if newest else Verification.UNVERIFIED

    @property
    def heard(self) -> Heard:
        """As it is weighed."""
        judged_at = self.verdicts[-1].at if self.verdicts else None
        return Heard(self.n, self.file, self.since, self.received_at, self.statement, self.state, judged_at)


def reports(session: Session, number: int) -> list[Report]:
    """The reports that count in a file, in the order of their numbers there."""
    found = _attached(session, AttachmentRow.incident == number, AttachmentRow.until.is_(None))
    return sorted(found, key=lambda each: each.n)


def ever(session: Session, number: int) -> list[Report]:
    """All reports that have ever counted in a file."""
    return sorted(_attached(session, AttachmentRow.incident == number), key=lambda each: each.n)


def one(session: Session, number: int, n: int) -> Report:
    """A report of a file by its number there."""
    found = next((each for each in reports(session, number) if each.n == n), None)
    if found is None:
        words = Words(f"本事件没有报告 {n}，请核对编号。", f"This incident has no report {n}; check the number.")
        raise NotFound("no-such-report", words, field="reports")
    return found


def standing(session: Session, incident: IncidentRow) -> Standing:
    """What the reports of a file come to."""
    return weighing.weigh([each.heard for each in counted(session, incident)], file=incident.number)


def counted(session: Session, incident: IncidentRow) -> list[Report]:
    """The reports that count in a file; of one that goes on in another, those that did."""
    return reports(session, incident.number) or ever(session, incident.number)


def believed(session: Session, incident: IncidentRow, more: Iterable[Heard] = ()) -> Statement:
    """What the incident is held to be, or would be with more; its clocks run from what the file says."""
    found = [each.heard for each in counted(session, incident)] + list(more)
    body = weighing.weigh(found, file=incident.number).body
    made = statements.held(body, now=max(each.at for each in found))
    return replace(made, known_at=incident.known_at) if not more else made


def keep(
    session: Session,
    incident: IncidentRow,
    statement: Statement,
    given: dict[str, Any],
    by: Actor,
    at: datetime,
    reason: str | None,
) -> ReportRow:
    """Keep a piece of news as it came, counting in the file in which it came in."""
    n = free_number(session, incident.number)
    row = ReportRow(
        incident=incident.number,
        n=n,
        received_at=at,
        by=by.stored(),
        statement=given,
        reason=reason,
        geom=f"SRID={SRID};POINT({statement.lon} {statement.lat})",
    )
    session.add(row)
    session.flush()
    session.add(AttachmentRow(incident=incident.number, n=n, report=row.id, since=at))
    session.flush()
    return row


def free_number(session: Session, number: int) -> int:
    """The number that the next report of a file has."""
    counted = select(func.max(AttachmentRow.n)).where(AttachmentRow.incident == number)
    return (session.scalar(counted) or 0) + 1


def move(session: Session, found: Iterable[Report], *, here: int, there: int, at: datetime) -> dict[int, int]:
    """From now on reports count in another file, under a number there; under their own again where they had one."""
    numbers = {}
    for each in found:
        left = session.get_one(AttachmentRow, (here, each.n))
        left.until = at
        session.flush()  # it counts in one file at a time
        back = session.scalar(
            select(AttachmentRow).where(AttachmentRow.incident == there, AttachmentRow.report == each.id)
        )
        if back is None:
            back = AttachmentRow(incident=there, n=free_number(session, there), report=each.id, since=at)
            session.add(back)
        back.until = None
        session.flush()
        numbers[each.n] = back.n
    return numbers


def judge(session: Session, report: Report, state: Verification, *, reason: str, by: Actor, at: datetime) -> None:
    """Write down what is held of a report, by whom and why."""
    session.add(VerdictRow(report=report.id, state=state.value, reason=reason, by=by.stored(), at=at))
    session.flush()


def _attached(session: Session, *conditions: Any) -> list[Report]:
    rows = session.execute(
        select(AttachmentRow, ReportRow).join(ReportRow, ReportRow.id == AttachmentRow.report).where(*conditions)
    ).all()
    verdicts: dict[int, list[VerdictRow]] = {}
    judged = select(VerdictRow).where(VerdictRow.report.in_([row.id for _, row in rows])).order_by(VerdictRow.id)
    for verdict in session.scalars(judged):
        verdicts.setdefault(verdict.report, []).append(verdict)
    return [
        Report(
            id=row.id,
            n=attached.n,
            file=row.incident,
            n_there=row.n,
            since=attached.since,
            received_at=row.received_at,
            by=row.by,
            statement=row.statement,
            reason=row.reason,
            verdicts=verdicts.get(row.id, []),
        )
        for attached, row in rows
    ]
