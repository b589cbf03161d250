"""Issuing: a desk decides on its proposals, and each message it issues is handed to delivery with what it says.

The assessment that the officer looked at must still be the newest, else they get the difference and look again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency import access, journal, notifications
from emergency.access import Action, Officer, Subject
from emergency.agreements.values import Act, Kind
from emergency.errors import BadInput, Conflict, Forbidden, NotFound
from emergency.incidents import content as contents
from emergency.incidents import due, links, tasks, updates
from emergency.incidents.assess import former_leads, latest
from emergency.incidents.models import AssessmentRow, IncidentRow, ReportRow
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions
from emergency.notifications import Consent, NotificationRow
from emergency.units import iso
from emergency.words import Words

NEXT_UPDATE: Final = timedelta(hours=2)
"""Policy: unless the officer says another hour, the next word is promised for the first full hour after this."""
ENDED: Final = ("incident.withdrawn", "incident.stood_down")
ENDINGS: Final = ("withdrawal", "withdrawal, formal", "end", "end, formal")
"""The occasions of those entries."""
CORRECTING: Final = (
    "incident.corrected",
    "incident.report_judged",
    "incident.merged_in",
    "incident.parted",
    "incident.reopened",
    "incident.split_off",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What an officer decided: which messages go out, which do not and why, and who consented to a formal notice.

    on_behalf: why they decide on messages that another desk owes.
    """

    assessment: int
    issue: Sequence[int]
    withhold: Sequence[tuple[int, str]]
    act: Act
    consent: Consent | None
    next_update_at: datetime | None
    on_behalf: str | None = None


def issue(
    session: Session, incident: IncidentRow, order: Order, officer: Officer, *, at: datetime
) -> list[NotificationRow]:
    """Carry out an order in one transaction: all of it or nothing."""
    newest = _still_newest(session, incident, order)
    divisions = jurisdictions.division(session, at)
    promised = order.next_update_at or promise(at)
    issued = [_owned(session, incident, each, officer, order) for each in order.issue]
    for row in issued:
        said = said_to(session, row, newest, divisions, promised)
        notifications.issue(
            session,
            row,
            content=said,
            act=order.act,
            by=officer.actor,
            at=at,
            consent=order.consent,
            on_behalf=_behalf(row, officer, order),
        )
        access.admit(session, incident=incident.number, jurisdiction=row.tells, because="told", at=at)
        tasks.put(session, kind="onward", subject=str(incident.number), act_at=at)
    for number, reason in order.withhold:
        row = _owned(session, incident, number, officer, order)
        behalf = _behalf(row, officer, order)
        notifications.withhold(session, row, reason=reason, by=officer.actor, at=at, on_behalf=behalf)
    tasks.put(session, kind=tasks.CLOCKS, subject=str(incident.number), act_at=at)
    if any(row.kind == Kind.UPDATE for row in issued):
        links.news(session, incident, Kind.UPDATE.value, by=officer.actor, at=at)
    if issued and officer.desk == incident.lead and incident.status == "open":
        incident.next_update_at = promised
    return issued


def automatic(session: Session, row: NotificationRow, *, by: Actor, at: datetime) -> bool:
    """Issue a proposal whose clause is automatic, as a heads-up and never more. False where nothing was assessed yet."""
    event = row.event or row.incident
    newest = latest(session, event)
    if newest is None or not row.automatic:
        return False
    said = said_to(session, row, newest, jurisdictions.division(session, at), promise(at))
    notifications.issue(session, row, content=said, act=Act.HEADS_UP, by=by, at=at)
    access.admit(session, incident=event, jurisdiction=row.tells, because="told", at=at)
    tasks.put(session, kind="onward", subject=str(event), act_at=at)
    return True


def said_to(
    session: Session, row: NotificationRow, newest: AssessmentRow, divisions: Divisions, promised: datetime
) -> dict[str, Any]:
    """The variables of one message, as it would go out now."""
    rows = notifications.of_incident(session, row.event or row.incident)
    before = updates.last_content(rows, _speaks_for(session, row), row.tells)
    ends = row.kind in ("end", "withdrawal")
    return contents.content(
        kind=row.kind,
        tells=row.tells,
        who=row.who,
        names={code: divisions.name(code) for code in (row.who, row.tells)},
        body=newest.body,
        before=before,
        next_update_at=None if ends else iso(promised),
        reason=_why(session, row),
        files=_files(session, row),
    )


def would_say(
    session: Session, incident: IncidentRow, ids: Sequence[int], *, at: datetime
) -> list[tuple[NotificationRow, dict[str, Any]]]:
    """What each message would say if it were issued now; nothing is changed."""
    newest, divisions = latest(session, incident.number), jurisdictions.division(session, at)
    rows = [row for row in notifications.of_incident(session, incident.number) if row.id in ids]
    if newest is None or len(rows) != len(set(ids)):
        raise NotFound(
            "no-such-notification", Words("本事件没有这些通报。", "This incident has no such notifications.")
        )
    return [(row, _complete(session, row, newest, divisions, promise(at))) for row in rows]


def _complete(
    session: Session, row: NotificationRow, newest: AssessmentRow, divisions: Divisions, promised: datetime
) -> dict[str, Any]:
    if row.content is not None:
        return dict(row.content)
    version = notifications.next_version(session, row)
    return {**said_to(session, row, newest, divisions, promised), "code": row.code, "version": version}


def _speaks_for(session: Session, row: NotificationRow) -> frozenset[str]:
    """The desks whose word this message follows: its sender, and those that led before it."""
    event = row.event or row.incident
    incident = session.get_one(IncidentRow, event)
    return frozenset({row.who}) | (former_leads(session, event) if row.who == incident.lead else frozenset())


def _why(session: Session, row: NotificationRow) -> str | None:
    """Why it is corrected, withdrawn or ended: the reason typed in the step that proposed it."""
    if row.kind == Kind.CORRECTION:
        facts = _step(session, row)
        typed = select(ReportRow.reason).where(
            ReportRow.incident == row.incident, ReportRow.received_at == row.proposed_at
        )
        return facts["reason"] if facts else session.scalar(typed.order_by(ReportRow.n.desc()).limit(1))
    if row.kind in notifications.ENDINGS and row.occasion in ENDINGS:
        noted = select(journal.Row.facts["reason"].astext).where(
            journal.Row.stream == f"incident:{row.incident}", journal.Row.kind.in_(ENDED)
        )
        return session.scalar(noted.order_by(journal.Row.n.desc()).limit(1))
    return due.reason_of(session, row)


def _files(session: Session, row: NotificationRow) -> tuple[int, int] | None:
    """The file in which the receiver was told, and the one in which it goes on; None where it is the same."""
    facts = _step(session, row) if row.kind == Kind.CORRECTION else None
    return (facts["was"], facts["now"]) if facts and "now" in facts else None


def _step(session: Session, row: NotificationRow) -> dict[str, Any] | None:
    """The facts of the step that proposed a correction."""
    steps = select(journal.Row.facts).where(
        journal.Row.stream == f"incident:{row.incident}",
        journal.Row.kind.in_(CORRECTING),
        journal.Row.at == row.proposed_at,
    )
    return session.scalar(steps.order_by(journal.Row.n.desc()).limit(1))


def promise(at: datetime) -> datetime:
    """The hour by which the next word is promised: the first full hour at least NEXT_UPDATE ahead."""
    later = at + NEXT_UPDATE
    full = later.replace(minute=0, second=0, microsecond=0)
    return full if full == later else full + timedelta(hours=1)


def owned(session: Session, incident: IncidentRow, officer: Officer) -> list[NotificationRow]:
    """The proposals of this officer's desk in an incident."""
    rows = select(NotificationRow).where(NotificationRow.event == incident.number, NotificationRow.who == officer.desk)
    return list(session.scalars(rows.order_by(NotificationRow.id)))


def _still_newest(session: Session, incident: IncidentRow, order: Order) -> AssessmentRow:
    newest = latest(session, incident.number)
    if newest is None:
        raise Conflict("not-assessed", Words("事件尚未研判。", "The incident has not been assessed."))
    if newest.id != order.assessment:
        seen = session.get(AssessmentRow, order.assessment)
        if seen is None or seen.incident != incident.number:
            raise BadInput("no-such-assessment", Words("没有这次研判。", "No such assessment."), field="assessment")
        words = Words(
            "已有更新的研判，请看差异后再发。", "A newer assessment exists: look at the difference, then issue."
        )
        raise Conflict(
            "newer-assessment", words, facts={"newest": newest.id, "difference": difference(seen.body, newest.body)}
        )
    return newest


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Which reached entries came, went or moved between two assessments."""
    old = {(each["code"], each["entry"]): each for each in before["reached"]}
    new = {(each["code"], each["entry"]): each for each in after["reached"]}
    changed: list[dict[str, Any]] = []
    for key in {**old, **new}:
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was["earliest_at"] != now["earliest_at"]:
            named = now or was
            assert named is not None
            changed.append(
                {
                    "code": key[0],
                    "entry": key[1],
                    "name": named["name"],
                    "was": was["earliest_at"] if was else None,
                    "now": now["earliest_at"] if now else None,
                }
            )
    return changed


def _owned(session: Session, incident: IncidentRow, number: int, officer: Officer, order: Order) -> NotificationRow:
    row = session.get(NotificationRow, number, with_for_update=True)
    if row is None or row.event != incident.number:
        raise NotFound(
            "no-such-notification", Words(f"本事件没有通报 {number}。", f"This incident has no notification {number}.")
        )
    access.require(officer, Action.ISSUE, Subject(access.audience(session, incident.number)))
    if row.who != officer.desk and not order.on_behalf:
        words = Words(
            "这条通报由别的席位负责；代发须写明理由。",
            "Another desk owes that message; to issue on its behalf give a reason.",
        )
        raise Forbidden("another-desk", words, field="on_behalf")
    return row


def _behalf(row: NotificationRow, officer: Officer, order: Order) -> str | None:
    """Why this officer decides on it; nothing to say of a message of one's own desk."""
    return order.on_behalf if row.who != officer.desk else None
