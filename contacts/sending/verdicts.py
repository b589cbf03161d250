"""What is done when a provider did not simply accept: by what its answer proves, never by what is hoped."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.channels.base import NotDelivered, Verdict
from contacts.models import ChannelRow, DeliveryRow, MethodRow
from contacts.sending import deliveries
from contacts.sending.office import Office
from contacts.sending.states import State
from contacts.values import CHANNEL_BUSY, CHANNEL_STOPPED, GIVEN_UP, Reason
from emergency import journal
from emergency.journal import Actor
from emergency.notifications import NotificationRow

BY: Final = Actor(process="dispatch")


def judge(session: Session, row: DeliveryRow, trouble: NotDelivered, office: Office, at: datetime) -> None:
    reason = Reason(f"provider-{trouble.code or trouble.verdict}", trouble.words)
    if trouble.verdict is Verdict.UNKNOWN:
        deliveries.doubt(session, row, at=at, by=BY, policy=office.policy, why=reason)
    elif trouble.verdict is Verdict.BUSY:
        _pause(session, row, CHANNEL_BUSY, at, _busy_s(session, row.channel, trouble, office))
    elif trouble.verdict is Verdict.CONFIGURATION:
        _pause(session, row, CHANNEL_STOPPED, at, office.policy.probe_s, trouble=reason)
    elif trouble.permanent:
        _shut(session, row, trouble.verdict, reason, at)
    else:
        _again(session, row, reason, office, at)


def _shut(session: Session, row: DeliveryRow, verdict: Verdict, reason: Reason, at: datetime) -> None:
    method = session.get(MethodRow, row.method_id)
    if verdict is Verdict.OPTED_OUT and method is not None:
        deliveries.opt_out(session, method, row.desk, at=at, by=BY)
    deliveries.end(session, row, State.FAILED_PERMANENT, reason.stored(), at=at, by=BY)


def _again(session: Session, row: DeliveryRow, reason: Reason, office: Office, at: datetime) -> None:
    """It never left: again after a pause that doubles, until it was tried too often."""
    row.failures += 1
    if row.failures >= office.policy.failures:
        deliveries.end(session, row, State.FAILED_PERMANENT, GIVEN_UP.stored(last=reason.slug), at=at, by=BY)
    else:
        deliveries.wait(row, at + timedelta(seconds=_back_off_s(row.failures, office)), reason.stored())


# The channel's own trouble -------------------------------------------------------------------------------------------


def _pause(
    session: Session, row: DeliveryRow, why: Reason, at: datetime, for_s: float, *, trouble: Reason | None = None
) -> None:
    """Hold the whole channel, so that the first alerts are the first to go on; the row loses nothing by it."""
    until = at + timedelta(seconds=for_s)
    first = insert(ChannelRow).values(channel=row.channel, until=until, strikes=0, reason=why.stored())
    session.execute(first.on_conflict_do_nothing())
    pause = session.get_one(ChannelRow, row.channel, with_for_update=True, populate_existing=True)
    pause.until, pause.strikes = until, pause.strikes + 1
    if pause.stopped_at is None:
        pause.reason = why.stored()
    row.uncounted += 1
    deliveries.wait(row, until, why.stored())
    if trouble is not None and pause.stopped_at is None:
        pause.stopped_at, pause.reason = at, trouble.stored(told=_sound(session, row, trouble, at))


def _sound(session: Session, row: DeliveryRow, trouble: Reason, at: datetime) -> list[str]:
    """To the pages of every desk whose messages now wait: a stopped channel cannot tell of itself. The streams told."""
    facts = {"channel": row.channel, "reason": trouble.stored(), "alarm": True}
    waiting = select(NotificationRow.who).where(
        NotificationRow.id == DeliveryRow.notification_id,
        DeliveryRow.channel == row.channel,
        DeliveryRow.state == State.PENDING,
    )
    desks = {f"desk:{desk}" for desk in session.scalars(waiting.distinct())}
    told = sorted({*desks, f"incident:{row.incident}", "system"})
    for stream in told:
        journal.append(session, stream, "channel.stopped", by=BY, at=at, facts=facts)
    return told


def resume(session: Session, channel: str, at: datetime) -> None:
    """It works again: whoever was told that it is stopped is told."""
    gone = delete(ChannelRow).where(ChannelRow.channel == channel, ChannelRow.stopped_at.is_not(None))
    reason = session.execute(gone.returning(ChannelRow.reason)).scalar_one_or_none()
    if reason is None:
        session.execute(delete(ChannelRow).where(ChannelRow.channel == channel))
        return
    for stream in reason.get("told", ["system"]):
        journal.append(session, stream, "channel.resumed", by=BY, at=at, facts={"channel": channel})


def _busy_s(session: Session, channel: str, trouble: NotDelivered, office: Office) -> float:
    """As long as it was told to slow down before, doubled each time; at least what the provider asks for, up to our most."""
    pause = session.get(ChannelRow, channel)
    own_s = _back_off_s(1 if pause is None else pause.strikes + 1, office)
    return max(own_s, min(trouble.after_s or 0.0, office.policy.retry_most_s))


def _back_off_s(times: int, office: Office) -> float:
    longest = min(office.policy.retry_most_s, office.policy.retry_s * 2.0 ** min(times - 1, 16))
    return longest * (0.5 + office.chance() / 2)
