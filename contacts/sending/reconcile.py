"""When nobody knows whether a text was sent: ask the provider, and only then decide. Never a blind resend.

The provider is asked for texts to the same number; the whole body must match, and the text must be no older than the first
attempt (less a minute for clocks that differ). Only after several looks without a trace is it sent again, and only where
twice is better than never.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.channels.base import Channel, NotDelivered, Parcel, Report
from contacts.models import AttemptRow, DeliveryRow, ProviderEventRow
from contacts.sending import deliveries
from contacts.sending.states import STATUSES, State
from contacts.values import GIVEN_UP, NO_EVIDENCE, Policy
from emergency.journal import Actor

CLOCKS: Final = timedelta(seconds=60)
RETURNED: Final = [status for status, state in STATUSES.items() if state is State.FAILED_CARRIER]
BY: Final = Actor(process="dispatch")
LOOK: Final = "look"
Findings = Callable[[Session, DeliveryRow], None]


def known_sids(session: Session, row: DeliveryRow) -> frozenset[str]:
    """Texts that are accounted for: those of the thread's other deliveries, and this one's that the carrier returned."""
    others = (
        select(AttemptRow.provider_sid)
        .join(DeliveryRow, DeliveryRow.id == AttemptRow.delivery_id)
        .where(
            DeliveryRow.incident == row.incident,
            DeliveryRow.desk == row.desk,
            DeliveryRow.id != row.id,
            AttemptRow.provider_sid.is_not(None),
        )
    )
    returned = select(ProviderEventRow.sid).where(
        ProviderEventRow.delivery_id == row.id, ProviderEventRow.status.in_(RETURNED)
    )
    return frozenset(sid for sid in session.scalars(others.union(returned)) if sid)


def look(
    channel: Channel,
    parcel: Parcel,
    *,
    since: datetime,
    known: frozenset[str],
    policy: Policy,
    now: Callable[[], datetime],
) -> Findings:
    """Ask the provider (no lock is held meanwhile); what to do with the row when it is locked again."""
    try:
        report = channel.find(parcel, since=since - CLOCKS, known=known)
    except NotDelivered:
        return lambda session, row: _cannot_say(session, row, parcel.attempt, at=now(), policy=policy)
    if report is None:
        return lambda session, row: _no_trace(session, row, parcel.attempt, at=now(), policy=policy)
    return lambda session, row: _adopt(session, row, report, parcel.attempt, at=now(), policy=policy)


def _adopt(session: Session, row: DeliveryRow, report: Report, attempt: int, *, at: datetime, policy: Policy) -> None:
    deliveries.checked(session, row, attempt=attempt, asked=LOOK, answer="found", sid=report.sid, at=at)
    deliveries.accept(session, row, report.sid, attempt=attempt, at=at, by=BY, policy=policy, outcome="adopted")
    deliveries.heard(session, row, report, attempt=attempt, at=at, by=BY, policy=policy, source=deliveries.ASKED)


def _no_trace(session: Session, row: DeliveryRow, attempt: int, *, at: datetime, policy: Policy) -> None:
    deliveries.checked(session, row, attempt=attempt, asked=LOOK, answer="no_trace", at=at)
    row.checks += 1
    row.lease_token = None
    if row.checks < policy.checks:
        row.act_at = at + timedelta(seconds=policy.check_s)
        return
    row.failures += 1
    if not row.resend:
        deliveries.end(session, row, State.FAILED_UNKNOWN, NO_EVIDENCE.stored(), at=at, by=BY)
    elif row.failures >= policy.failures:
        deliveries.end(session, row, State.FAILED_UNKNOWN, GIVEN_UP.stored(), at=at, by=BY)
    else:
        deliveries.wait(row, at, None)


def _cannot_say(session: Session, row: DeliveryRow, attempt: int, *, at: datetime, policy: Policy) -> None:
    """The provider does not answer: that is no look, and proves nothing."""
    deliveries.checked(session, row, attempt=attempt, asked=LOOK, answer="no_answer", at=at)
    row.act_at, row.lease_token = at + timedelta(seconds=policy.check_s), None
