"""What may happen to a delivery, each thing in the caller's transaction: row changed, journal told, the next person hurried.

Whoever is here holds the row's lock. Nothing is sent from here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Text, bindparam, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.channels.base import Report, Verdict
from contacts.channels.twilio_codes import Code, carrier
from contacts.models import AttemptRow, CheckRow, ContactRow, DeliveryRow, EscalationRow, MethodRow, ProviderEventRow
from contacts.sending import provider_codes
from contacts.sending.states import FAILED, RANK, STATUSES, Ladder, State, moved
from contacts.values import BUNDLED, NO_PAGE, Channel, Policy, Reason
from emergency import journal
from emergency.journal import Actor
from emergency.units import iso

AGAIN_MOST: Final = 2
LATER_MOST: Final = 1
CALLBACK: Final = "callback"
ASKED: Final = "asked"
KINDS: Final = dict.fromkeys(FAILED, "delivery.failed") | {State.PENDING: "delivery.waiting"}


def tell(session: Session, row: DeliveryRow, *, at: datetime, by: Actor, kind: str | None = None) -> None:
    """Enter in the incident's journal where `row` now stands; ids and roles only."""
    facts = {
        "delivery": row.id,
        "notification": row.notification_id,
        "desk": row.desk,
        "contact": row.contact_id,
        "role": row.role,
        "channel": row.channel,
        "state": row.state,
        "attempts": row.attempts - row.uncounted,
        "reason": row.reason,
    }
    journal.append(session, f"incident:{row.incident}", kind or _kind(row), by=by, at=at, facts=facts)


def accept(
    session: Session,
    row: DeliveryRow,
    sid: str | None,
    *,
    attempt: int,
    at: datetime,
    by: Actor,
    policy: Policy,
    outcome: str | None = None,
) -> None:
    """The provider has taken it: `sid` is its name there. outcome: what came of the attempt, where that is news."""
    row.state, row.lease_token, row.reason = State.ACCEPTED, None, None
    row.provider_sid, row.accepted_at = sid, row.accepted_at or at
    row.act_at = at + timedelta(seconds=policy.receipt_s if row.channel == Channel.WEBSOCKET else policy.ask_s)
    name_attempt(session, row.id, attempt, sid, outcome=outcome, at=at)
    tell(session, row, at=at, by=by)
    _share(session, row, at=at, by=by)


def heard(
    session: Session,
    row: DeliveryRow,
    report: Report,
    *,
    attempt: int,
    at: datetime,
    by: Actor,
    policy: Policy,
    source: str = CALLBACK,
) -> None:
    """The provider, or the page, says how an attempt stands: taken once, in any order, and never backwards."""
    if report.sid is not None and not _news(session, row, report, at, source):
        return
    state = moved(State(row.state), report.status)
    if state == row.state or (state is State.FAILED_CARRIER and attempt != row.attempts):
        return  # nothing new; or the end of an attempt that a later one has replaced
    if row.provider_sid is None and report.sid is not None:
        accept(session, row, report.sid, attempt=attempt, at=at, by=by, policy=policy)
    if state is State.FAILED_CARRIER:
        _carrier_failed(session, row, report, at=at, by=by, policy=policy)
    elif state is not State.ACCEPTED:
        _advance(session, row, state, at=at, by=by, policy=policy)


def end(session: Session, row: DeliveryRow, state: State, reason: dict[str, Any], *, at: datetime, by: Actor) -> None:
    """No more is done about it, and why. A failed text goes to the contact's next number, or the next person is hurried."""
    row.state, row.reason, row.act_at, row.lease_token = state, reason, None, None
    tell(session, row, at=at, by=by)
    if state in FAILED and row.channel == Channel.SMS and not _next_method(session, row, at=at, by=by):
        hurry(session, row, at=at)
    _share(session, row, at=at, by=by)


def wait(row: DeliveryRow, until: datetime, reason: dict[str, Any] | None) -> None:
    """Try again at `until`."""
    row.state, row.act_at, row.lease_token, row.reason = State.PENDING, until, None, reason


def doubt(session: Session, row: DeliveryRow, *, at: datetime, by: Actor, policy: Policy, why: Reason) -> None:
    """Nobody knows whether it was sent: let the provider settle, then ask it."""
    row.state, row.lease_token, row.checks = State.UNKNOWN, None, 0
    row.act_at, row.reason = at + timedelta(seconds=policy.settle_s), why.stored()
    tell(session, row, at=at, by=by)


def checked(
    session: Session, row: DeliveryRow, *, attempt: int, asked: str, answer: str, sid: str | None = None, at: datetime
) -> None:
    """Keep that the provider was asked about an attempt, and what it said."""
    session.add(CheckRow(delivery_id=row.id, attempt=attempt, asked=asked, at=at, answer=answer[:20], provider_sid=sid))


def hurry(session: Session, row: DeliveryRow, *, at: datetime) -> None:
    """The step of the ladder on which `row` stands has failed: the next is due now."""
    if row.role is None:
        return
    contact = session.get(ContactRow, row.contact_id) if row.contact_id is not None else None
    tier = _of_step("tier")
    session.execute(
        update(EscalationRow)
        .where(
            EscalationRow.notification_id == row.notification_id,
            EscalationRow.state == Ladder.OPEN,
            _of_step("role") == row.role,
            or_(tier.is_(None), tier == (contact.tier if contact else None)),
            EscalationRow.next_at > at,
        )
        .values(next_at=at)
    )


def _of_step(name: str) -> ColumnElement[str | None]:
    return func.jsonb_extract_path_text(EscalationRow.steps, cast(EscalationRow.step, Text), name)


def opt_out(session: Session, method: MethodRow, desk: str, *, at: datetime, by: Actor) -> None:
    """A person texted STOP from this number."""
    method.opted_out_at = at
    facts = {"contact": method.contact_id, "method": method.id}
    journal.append(session, f"desk:{desk}", "contact.opted_out", by=by, at=at, facts=facts)


def finish_attempt(
    session: Session,
    delivery: int,
    n: int,
    outcome: str,
    *,
    at: datetime,
    http_status: int | None = None,
    code: int | None = None,
) -> None:
    """Write what came of an attempt; the first outcome stands."""
    session.execute(
        update(AttemptRow)
        .where(AttemptRow.delivery_id == delivery, AttemptRow.n == n, AttemptRow.finished_at.is_(None))
        .values(finished_at=at, outcome=outcome, http_status=http_status, error_code=code)
    )


def name_attempt(
    session: Session, delivery: int, n: int, sid: str | None, *, outcome: str | None = None, at: datetime
) -> None:
    """Keep the provider's name of what an attempt sent; and what came of it, unless that is known."""
    said = {"of": delivery, "attempt": n, "sid": sid, "news": outcome, "at": None if outcome is None else at}
    session.connection().execute(
        NAMED, said
    )  # past the session: nothing that it holds is touched, so nothing is flushed


NAMED: Final = (
    update(AttemptRow)
    .where(AttemptRow.delivery_id == bindparam("of"), AttemptRow.n == bindparam("attempt"))
    .values(
        provider_sid=bindparam("sid"),
        outcome=func.coalesce(AttemptRow.outcome, bindparam("news", type_=Text)),
        finished_at=func.coalesce(AttemptRow.finished_at, bindparam("at", type_=DateTime(timezone=True))),
    )
)
"""Made once, as it is of every text."""


def deliveries_of(session: Session, notification_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """For the API: what delivery has done for each notification, in order."""
    found: dict[int, list[dict[str, Any]]] = {each: [] for each in notification_ids}
    rows = select(DeliveryRow).where(DeliveryRow.notification_id.in_(notification_ids)).order_by(DeliveryRow.id)
    for row in session.scalars(rows):
        found[row.notification_id].append(
            {
                "id": row.id,
                "channel": row.channel,
                "role": row.role,
                "state": row.state,
                "attempts": row.attempts - row.uncounted,
                "reason": row.reason,
                "accepted_at": iso(row.accepted_at) if row.accepted_at else None,
                "delivered_at": iso(row.delivered_at) if row.delivered_at else None,
            }
        )
    return found


# The provider's word -------------------------------------------------------------------------------------------------


def _news(session: Session, row: DeliveryRow, report: Report, at: datetime, source: str) -> bool:
    """Keep the event, and how often it was reported; whether it is new and no later word of the text is known already."""
    provider = row.provider or "twilio"
    known = select(ProviderEventRow.status).where(
        ProviderEventRow.provider == provider, ProviderEventRow.sid == report.sid
    )
    furthest = max((_rank(status) for status in session.scalars(known)), default=-1)
    session.execute(
        insert(ProviderEventRow)
        .values(
            provider=provider,
            sid=report.sid,
            status=report.status,
            delivery_id=row.id,
            error_code=report.error_code,
            received_at=at,
            source=source,
            copies=1,
        )
        .on_conflict_do_update(
            index_elements=["provider", "sid", "status"],
            set_={"copies": ProviderEventRow.copies + int(source == CALLBACK)},
        )
    )
    return _rank(report.status) > furthest


def _rank(status: str) -> int:
    return RANK[STATUSES[status]] if status in STATUSES else -1


def _advance(session: Session, row: DeliveryRow, state: State, *, at: datetime, by: Actor, policy: Policy) -> None:
    row.state, row.lease_token = state, None
    row.reason = NO_PAGE.stored() if state is State.NO_PAGE else None
    row.act_at = at + timedelta(seconds=policy.ask_s) if state is State.SENT else None
    if state is not State.NO_PAGE:
        row.sent_at = row.sent_at or at
    if state in (State.DELIVERED, State.READ):
        row.delivered_at = row.delivered_at or at
    tell(session, row, at=at, by=by)
    _share(session, row, at=at, by=by)


def _carrier_failed(
    session: Session, row: DeliveryRow, report: Report, *, at: datetime, by: Actor, policy: Policy
) -> None:
    """The carrier did not deliver it: again where its code says so, else the end."""
    code = carrier(report.error_code, provider_codes.known(session))
    reason = Reason(f"carrier-{report.error_code or 'failed'}", code.words).stored()
    row.failures += 1
    if row.failures > _tries(code):
        end(session, row, State.FAILED_CARRIER, reason, at=at, by=by)
        return
    row.provider_sid = None
    wait(row, at + timedelta(seconds=policy.transient_s if code.verdict is Verdict.LATER else policy.settle_s), reason)
    tell(session, row, at=at, by=by)
    if code.verdict is Verdict.LATER:
        hurry(session, row, at=at)


def _tries(code: Code) -> int:
    return {Verdict.AGAIN: AGAIN_MOST, Verdict.LATER: LATER_MOST}.get(code.verdict, 0)


def _next_method(session: Session, row: DeliveryRow, *, at: datetime, by: Actor) -> bool:
    """Send the same text to the contact's next number, if there is one that this message has not tried."""
    tried = select(DeliveryRow.method_id).where(
        DeliveryRow.notification_id == row.notification_id, DeliveryRow.method_id.is_not(None)
    )
    method = session.scalar(
        select(MethodRow)
        .where(
            MethodRow.contact_id == row.contact_id,
            MethodRow.channel == row.channel,
            MethodRow.active,
            MethodRow.opted_out_at.is_(None),
            MethodRow.id.not_in(tried),
            MethodRow.wrong_at.is_(None),
        )
        .order_by(MethodRow.n)
        .limit(1)
    )
    if method is None:
        return False
    other = copy(row, method_id=method.id, at=at)
    session.add(other)
    session.flush()
    session.execute(update(DeliveryRow).where(DeliveryRow.bundle_id == row.id).values(bundle_id=other.id))
    tell(session, other, at=at, by=by, kind="delivery.planned")
    return True


INSIDE: Final = select(DeliveryRow).where(DeliveryRow.bundle_id == bindparam("text")).with_for_update()
CARRIES: Final = select(exists().where(DeliveryRow.bundle_id == bindparam("text")))


def _share(session: Session, row: DeliveryRow, *, at: datetime, by: Actor) -> None:
    """What becomes of a text becomes of all that travel in it; what was called off sets them free."""
    if row.channel != Channel.SMS:
        return
    if not session.connection().scalar(CARRIES, {"text": row.id}):
        return
    for each in session.scalars(INSIDE, {"text": row.id}).all():
        if row.state == State.CANCELLED:
            each.bundle_id = None
            wait(each, at, None)
            tell(session, each, at=at, by=by)
        elif row.state in FAILED:
            end(session, each, State(row.state), dict(row.reason or {}), at=at, by=by)
        elif RANK[State(row.state)] > RANK[State(each.state)]:
            each.state, each.reason = row.state, BUNDLED.stored(delivery=row.id)
            each.accepted_at, each.sent_at, each.delivered_at = row.accepted_at, row.sent_at, row.delivered_at
            tell(session, each, at=at, by=by)


def copy(row: DeliveryRow, *, method_id: int, at: datetime) -> DeliveryRow:
    """The same message to another number of the same contact, due now."""
    return DeliveryRow(
        notification_id=row.notification_id,
        incident=row.incident,
        desk=row.desk,
        contact_id=row.contact_id,
        method_id=method_id,
        channel=row.channel,
        role=row.role,
        state=State.PENDING,
        rank=row.rank,
        resend=row.resend,
        body=row.body,
        language=row.language,
        act_at=at,
        attempts=0,
        failures=0,
        uncounted=0,
        checks=0,
        contract=row.contract,
        created_at=at,
        expires_at=row.expires_at,
    )


def _kind(row: DeliveryRow) -> str:
    return KINDS.get(State(row.state), f"delivery.{row.state}")
