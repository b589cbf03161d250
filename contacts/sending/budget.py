"""How many texts a contact has had in a day, and what waits for company once that is enough. In the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from contacts.models import DeliveryRow
from contacts.sending import deliveries
from contacts.sending.states import State
from contacts.texts import bundles
from contacts.texts.bundles import Waiting
from contacts.values import BUDGET_SPENT, BUNDLED, Channel, Policy, is_first_alert
from emergency.journal import Actor
from emergency.notifications import NotificationRow
from emergency.words import Language

BY: Final = Actor(process="dispatch")
DAY: Final = timedelta(hours=24)
MOST: Final = 20
"""More than any one text can name."""


def weigh(session: Session, row: DeliveryRow, *, policy: Policy, at: datetime) -> bool:
    """Whether a pending text goes now, alone or with others put into it; else it waits, and its row says why."""
    if row.channel != Channel.SMS or row.contact_id is None or is_first_alert(row.rank):
        return True
    if not _used_up(session, row, policy, since=at - DAY) or _carries(session, row):
        return True
    message = _waiting(row, session.get_one(NotificationRow, row.notification_id))
    if bundles.goes_alone(message, told=_told(session, row)):
        return True
    due_at = row.created_at + timedelta(seconds=policy.bundle_s)
    if due_at > at:
        deliveries.wait(row, due_at, BUDGET_SPENT.stored())
        deliveries.tell(session, row, at=at, by=BY)
        return False
    _put_together(session, row, message, at)
    return True


def _used_up(session: Session, row: DeliveryRow, policy: Policy, *, since: datetime) -> bool:
    """Whether the provider took as many texts to the contact as a day may have; what travelled in another is not one."""
    taken = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.contact_id == row.contact_id,
            DeliveryRow.channel == Channel.SMS,
            DeliveryRow.accepted_at > since,
            DeliveryRow.bundle_id.is_(None),
        )
        .limit(policy.budget_texts)
        .subquery()
    )
    return (session.scalar(select(func.count()).select_from(taken)) or 0) >= policy.budget_texts


def _carries(session: Session, row: DeliveryRow) -> bool:
    return bool(session.scalar(select(exists().where(DeliveryRow.bundle_id == row.id))))


def _told(session: Session, row: DeliveryRow) -> Sequence[str]:
    """The circles of all that this contact was sent before of the same event."""
    mine = aliased(NotificationRow)
    sent = (
        select(NotificationRow.circle)
        .join(DeliveryRow, DeliveryRow.notification_id == NotificationRow.id)
        .join(
            mine,
            func.coalesce(mine.event, mine.incident) == func.coalesce(NotificationRow.event, NotificationRow.incident),
        )
        .where(
            mine.id == row.notification_id,
            DeliveryRow.contact_id == row.contact_id,
            DeliveryRow.channel == Channel.SMS,
            DeliveryRow.accepted_at.is_not(None),
        )
    )
    return session.scalars(sent).all()


def _put_together(session: Session, row: DeliveryRow, message: Waiting, at: datetime) -> None:
    """Write into `row` what else waits for the same number; those others then travel in it."""
    found = session.execute(
        select(DeliveryRow, NotificationRow)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .where(
            DeliveryRow.id != row.id,
            DeliveryRow.method_id == row.method_id,
            DeliveryRow.channel == Channel.SMS,
            DeliveryRow.state == State.PENDING,
            DeliveryRow.bundle_id.is_(None),
            DeliveryRow.expires_at > at,
            DeliveryRow.reason["slug"].as_string() == BUDGET_SPENT.slug,
        )
        .order_by(DeliveryRow.id)
        .limit(MOST)
        .with_for_update(of=DeliveryRow, skip_locked=True)
    ).all()
    others = {each.id: each for each, _ in found}
    body, taken = bundles.together(message, [_waiting(*pair) for pair in found], Language(row.language or Language.ZH))
    if not taken:
        return
    row.body, row.reason = body, None
    for each in taken:
        other = others[each.delivery]
        other.state, other.bundle_id, other.act_at = State.BUNDLED, row.id, None
        other.reason = BUNDLED.stored(delivery=row.id)
        deliveries.tell(session, other, at=at, by=BY)


def _waiting(row: DeliveryRow, notification: NotificationRow) -> Waiting:
    return Waiting(
        row.id,
        notification.code,
        notification.kind,
        notification.version or 1,
        notification.circle,
        notification.drill,
    )
