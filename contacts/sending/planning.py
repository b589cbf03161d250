"""Turns an issued message into deliveries: who is on duty, in which words, by which channels, and when the next is told.

All in the caller's transaction. Whoever cannot be told has a row that says why, so that no message is without one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.duty import roster as rosters
from contacts.kinds import TIERS
from contacts.ledger import AskedRow, ContactTestRow
from contacts.models import ContactRow, DeliveryRow, EscalationRow, MethodRow
from contacts.people import directory
from contacts.sending import deliveries, escalation, ladders
from contacts.sending.escalation import NOT_BEGUN
from contacts.sending.states import ALIVE, Ladder, State
from contacts.texts import messages
from contacts.values import (
    ACKNOWLEDGED,
    CONTACT_TEST,
    CONTRACT,
    NO_METHOD,
    NOBODY_AT_ALL,
    OPTED_OUT,
    REPLACED,
    SAME_NUMBER,
    UNWRITABLE,
    UNWRITABLE_BELL,
    WRONG_NUMBER,
    Channel,
    Contact,
    Gap,
    Policy,
    Reason,
    Role,
    rank,
)
from emergency import journal, notifications
from emergency.journal import Actor
from emergency.notifications import NUMBER_CHECK, Content, NotificationRow
from emergency.words import Language

BY: Final = Actor(process="dispatch")


@dataclass(frozen=True, slots=True)
class Case:
    """A message being planned: its row, its words, the desk's zone, and when. risen: whoever was told has not answered."""

    row: NotificationRow
    content: Content
    zone: ZoneInfo
    policy: Policy
    at: datetime
    rule: escalation.Rule
    risen: bool = False

    def minutes(self, contact: Contact) -> int:
        """Until the next person is told after `contact`; 0 when nobody is."""
        return round((self.rule.wait_s(contact) or 0) / 60)


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who would be texted now, in order; and who would be passed over, each with why."""

    now: tuple[Contact, ...]
    passed: tuple[tuple[Contact, Reason], ...]


def plan(session: Session, row: NotificationRow, *, zone: ZoneInfo, policy: Policy, at: datetime) -> None:
    """Deliveries and ladder of a message that was just taken."""
    found = directory.roster(session, row.tells)
    case = _case(session, row, found.zone if found else zone, policy, at)
    if row.state == notifications.State.ACKNOWLEDGED:
        _record(session, case, State.CANCELLED, ACKNOWLEDGED)
        return
    if notifications.is_superseded(session, row):
        _record(session, case, State.CANCELLED, REPLACED)
        return
    if row.kind in (CONTACT_TEST, NUMBER_CHECK):
        _ask(session, case)
        return
    ladder = _thread(session, case)
    _offer_page(session, case)
    duty = rosters.duty(found, row.tells, at)
    ladders.rise(session, at, ladder=ladder.id)
    _climb(session, case, ladder, duty)
    for contact in _told_before(session, row, _told_now(row.id)):
        _tell(session, case, contact)


def _case(session: Session, row: NotificationRow, zone: ZoneInfo, policy: Policy, at: datetime) -> Case:
    rule = ladders.rule(session, row.tells, row.circle, policy)
    return Case(row, Content(**(row.content or {})), zone, policy, at, rule)


def standing(
    session: Session, desk: str, step: escalation.Step, duty: Mapping[Role, Contact | Gap], at: datetime
) -> Contact | Gap:
    """Who is told on a step: whoever is on duty, or the desk's contact at the step's tier."""
    return duty[step.role] if step.tier is None else directory.at_tier(session, desk, step.role, step.tier, at)


def hearers(session: Session, row: NotificationRow, steps: Sequence[Contact | Gap]) -> Hearers:
    """Whom `plan` would text at once if the message were issued now, given who stands on each step. Nothing is changed."""
    now: list[Contact] = []
    passed: list[tuple[Contact, Reason]] = []
    used: set[bytes] = set()
    for contact in (found for found in steps if isinstance(found, Contact)):
        hindrance = _hears(session, contact, used)
        if hindrance is None:
            now.append(contact)
            break
        passed.append((contact, hindrance))
    seen = [contact.id for contact in (*now, *(each for each, _ in passed))]
    for contact in _told_before(session, row, seen):
        hindrance = _hears(session, contact, used)
        if hindrance is None:
            now.append(contact)
        else:
            passed.append((contact, hindrance))
    return Hearers(tuple(now), tuple(passed))


def overtake(session: Session, row: NotificationRow, *, at: datetime) -> bool:
    """A later message has replaced it, or it is withdrawn: nobody more hears it. Whether there was anything to stop."""
    ladder = session.scalar(
        select(EscalationRow)
        .where(EscalationRow.notification_id == row.id, EscalationRow.state == Ladder.OPEN)
        .with_for_update(skip_locked=True)
    )
    if ladder is not None:
        ladder.state, ladder.next_at = Ladder.REPLACED, None
        facts = _named(escalation.step_of(ladder.steps, ladder.step)) | {"reason": REPLACED.stored()}
        _log(session, ladder, "escalation.replaced", at=at, facts=facts)
    return cancel(session, row.id, REPLACED, at=at) > 0 or ladder is not None


def escalate(session: Session, ladder: EscalationRow, *, zone: ZoneInfo, policy: Policy, at: datetime) -> None:
    """Nobody has read it back in time, and `ladder` has just risen a step: tell whoever is on it."""
    row = session.get_one(NotificationRow, ladder.notification_id)
    found = directory.roster(session, row.tells)
    case = replace(_case(session, row, found.zone if found else zone, policy, at), risen=True)
    _climb(session, case, ladder, rosters.duty(found, row.tells, at))


def stand_down(session: Session, ladder: EscalationRow, *, at: datetime) -> None:
    """It was read back: the ladder ends, and what was not sent yet is not sent."""
    ladder.state, ladder.next_at = Ladder.ACKNOWLEDGED, None
    _log(session, ladder, "escalation.stopped", at=at, facts=_named(escalation.step_of(ladder.steps, ladder.step)))
    cancel(session, ladder.notification_id, ACKNOWLEDGED, at=at)


def cancel(session: Session, notification_id: int, reason: Reason, *, at: datetime) -> int:
    """Withdraw what waits to be sent or rung for a message; how much. A row in other hands is judged when it comes up."""
    waiting = select(DeliveryRow).where(
        DeliveryRow.notification_id == notification_id, DeliveryRow.state == State.PENDING
    )
    rows = session.scalars(waiting.with_for_update(skip_locked=True)).all()
    for row in rows:
        deliveries.end(session, row, State.CANCELLED, reason.stored(), at=at, by=BY)
    return len(rows)


def could_not_plan(session: Session, row: NotificationRow, trouble: str, *, policy: Policy, at: datetime) -> None:
    """Planning itself failed: the message gets its recorded reason and an alarm, and the others are not held up."""
    row.taken_at = at
    reason = UNWRITABLE_BELL.stored(trouble=trouble)
    session.add(_row(row, policy=policy, at=at, state=State.SUPPRESSED, reason=reason))
    facts = {"incident": _file(row), "notification": row.id, "desk": row.tells, "role": None, "reason": reason}
    facts["alarm"] = True
    for stream in (f"incident:{row.incident}", f"desk:{row.who}"):
        journal.append(session, stream, "contact.gap", by=BY, at=at, facts=facts)


def _ask(session: Session, case: Case) -> None:
    """A contact test: a text to every number of the contact that it asks, or to the one it is about; nobody rises after."""
    asked = (
        select(ContactRow, ContactTestRow.method_id)
        .join(AskedRow, AskedRow.contact_id == ContactRow.id)
        .join(ContactTestRow, ContactTestRow.id == AskedRow.test_id)
    )
    row, alone = session.execute(asked.where(AskedRow.notification_id == case.row.id)).one()
    contact = directory.contact(row)
    for method in directory.methods(session, contact.id, Channel.SMS):
        if alone not in (None, method.id):
            continue
        found = _hindrance(session, case, method)
        if found is None:
            _text(session, case, contact, method)
        else:
            _record(session, case, State.SUPPRESSED, found, role=contact.role, contact=contact, method=method)


# The ladder ----------------------------------------------------------------------------------------------------------


def _thread(session: Session, case: Case) -> EscalationRow:
    """The ladder of (incident, who, tells), set back to its foot for this message."""
    row = case.row
    session.execute(
        insert(EscalationRow)
        .values(
            incident=row.incident,
            who=row.who,
            tells=row.tells,
            notification_id=row.id,
            step=NOT_BEGUN,
            state=Ladder.OPEN,
            opened_at=case.at,
            steps=[],
            read_backs=case.rule.read_backs,
        )
        .on_conflict_do_nothing()
    )
    thread = select(EscalationRow).where(
        EscalationRow.incident == row.incident, EscalationRow.who == row.who, EscalationRow.tells == row.tells
    )
    ladder = session.scalars(thread.with_for_update()).one()
    if ladder.notification_id != row.id:
        cancel(session, ladder.notification_id, REPLACED, at=case.at)
    ladder.notification_id, ladder.step, ladder.state, ladder.next_at = row.id, NOT_BEGUN, Ladder.OPEN, None
    ladder.steps, ladder.read_backs = [step.stored() for step in case.rule.steps], case.rule.read_backs
    return ladder


def _climb(session: Session, case: Case, ladder: EscalationRow, duty: Mapping[Role, Contact | Gap]) -> None:
    """From the step on which the ladder stands up to the first on which a text could be handed in; every step passed over
    is a row with its reason, and costs no time."""
    while (step := escalation.step_of(ladder.steps, ladder.step)) is not None:
        found = standing(session, case.row.tells, step, duty, case.at)
        if isinstance(found, Contact):
            hindrance = _tell(session, case, found)
            if hindrance is None:
                _log(session, ladder, "escalation.step", at=case.at, facts=_named(step) | {"contact": found.id})
                return
        else:
            hindrance = found.reason
            _record(session, case, State.SUPPRESSED, hindrance, role=step.role)
        if hindrance is not SAME_NUMBER:
            _alarm(session, case, step, hindrance)
        _log(session, ladder, "escalation.skipped", at=case.at, facts=_named(step) | {"reason": hindrance.stored()})
        ladders.rise(session, case.at, ladder=ladder.id)
    _exhausted(session, case, ladder)


def _exhausted(session: Session, case: Case, ladder: EscalationRow) -> None:
    """The end of the ladder: nobody is left to tell by text."""
    reached = select(DeliveryRow.id).where(
        DeliveryRow.notification_id == case.row.id, DeliveryRow.channel == Channel.SMS, DeliveryRow.state.in_(ALIVE)
    )
    told = session.scalar(reached.limit(1)) is not None
    if not told:
        _record(session, case, State.SUPPRESSED, NOBODY_AT_ALL)
    facts = {"incident": _file(case.row), "told": told, "alarm": True}
    _log(session, ladder, "escalation.exhausted", at=case.at, facts=facts, sender_too=True)


def _file(row: NotificationRow) -> int:
    """The file in which a message counts: an alarm on another page than its own says which."""
    return row.event or row.incident


def _log(
    session: Session,
    ladder: EscalationRow,
    kind: str,
    *,
    at: datetime,
    facts: Mapping[str, Any],
    sender_too: bool = False,
) -> None:
    known = {"notification": ladder.notification_id, "who": ladder.who, "tells": ladder.tells, **facts}
    streams = [f"incident:{ladder.incident}"] + ([f"desk:{ladder.who}"] if sender_too else [])
    for stream in streams:
        journal.append(session, stream, kind, by=BY, at=at, facts=known)


def _alarm(session: Session, case: Case, step: escalation.Step, reason: Reason) -> None:
    facts = {
        "incident": _file(case.row),
        "notification": case.row.id,
        "desk": case.row.tells,
        "role": step.role.value,
        "reason": reason.stored(),
        "alarm": True,
        **_tier(step),
    }
    for stream in (f"incident:{case.row.incident}", f"desk:{case.row.who}"):
        journal.append(session, stream, "contact.gap", by=BY, at=case.at, facts=facts)


def _named(step: escalation.Step | None) -> dict[str, Any]:
    """A step in the record: its role, and its tier where it has one."""
    if step is None:
        return {"step": None}
    return {"step": step.role.value} | _tier(step)


def _tier(step: escalation.Step) -> dict[str, Any]:
    return {"tier": step.tier.value, "tier_name": TIERS[step.tier].stored()} if step.tier else {}


# The rows ------------------------------------------------------------------------------------------------------------


def _tell(session: Session, case: Case, contact: Contact) -> Reason | None:
    """A text to the contact's first number that takes one, and a place on the call board; or why no text can go."""
    _list_for_call(session, case, contact)
    hindrance = NO_METHOD
    for method in directory.methods(session, contact.id, Channel.SMS):
        found = _hindrance(session, case, method)
        if found is None:
            return _text(session, case, contact, method)
        hindrance = found
        _record(session, case, State.SUPPRESSED, found, role=contact.role, contact=contact, method=method)
    if hindrance is NO_METHOD:
        _record(session, case, State.SUPPRESSED, NO_METHOD, role=contact.role, contact=contact)
    return hindrance


def _hindrance(session: Session, case: Case, method: MethodRow) -> Reason | None:
    blocked = _blocked(method)
    if blocked is not None:
        return blocked
    same = (
        select(DeliveryRow.id)
        .join(MethodRow, MethodRow.id == DeliveryRow.method_id)
        .where(
            DeliveryRow.notification_id == case.row.id,
            DeliveryRow.channel == Channel.SMS,
            DeliveryRow.state.in_(ALIVE),
            MethodRow.lookup == method.lookup,
        )
    )
    return None if session.scalar(same.limit(1)) is None else SAME_NUMBER


def _blocked(method: MethodRow) -> Reason | None:
    """Why nobody may be reached at this number, whatever the message."""
    if method.opted_out_at is not None:
        return OPTED_OUT
    return None if method.wrong_at is None else WRONG_NUMBER


def _hears(session: Session, contact: Contact, used: set[bytes]) -> Reason | None:
    """As `_tell` would find it: None, and the number noted in `used`, where a text could go."""
    hindrance = NO_METHOD
    for method in directory.methods(session, contact.id, Channel.SMS):
        found = _blocked(method) or (SAME_NUMBER if method.lookup in used else None)
        if found is None:
            used.add(method.lookup)
            return None
        hindrance = found
    return hindrance


def _text(session: Session, case: Case, contact: Contact, method: MethodRow) -> Reason | None:
    """A pending text. One that cannot be written at all is a row with the reason."""
    written = messages.fitting(
        case.content,
        act=str(case.row.act),
        level=contact.level,
        language=contact.language,
        zone=case.zone,
        minutes=case.minutes(contact),
        risen=case.risen,
    )
    if written is None:
        _record(session, case, State.SUPPRESSED, UNWRITABLE_BELL, role=contact.role, contact=contact, method=method)
        return UNWRITABLE_BELL
    text, language, level = written
    reason = None if level is contact.level else UNWRITABLE
    row = _row(
        case.row,
        policy=case.policy,
        at=case.at,
        state=State.PENDING,
        channel=Channel.SMS,
        contact=contact,
        method=method,
        body=text.body,
        language=language,
        reason=reason.stored() if reason else None,
    )
    row.act_at = case.at
    _add(session, row, case)
    return None


def _list_for_call(session: Session, case: Case, contact: Contact) -> None:
    """A place on the call board: the officer calls, so nothing is ever due."""
    known = select(DeliveryRow.id).where(
        DeliveryRow.notification_id == case.row.id,
        DeliveryRow.contact_id == contact.id,
        DeliveryRow.channel == Channel.PHONE,
    )
    method = directory.callable_number(session, contact.id)
    if method is not None and session.scalar(known.limit(1)) is None:
        row = _row(
            case.row,
            policy=case.policy,
            at=case.at,
            state=State.PENDING,
            channel=Channel.PHONE,
            contact=contact,
            method=method,
            language=contact.language,
        )
        _add(session, row, case)


def _offer_page(session: Session, case: Case) -> None:
    """To whatever page the desk has open, beside the texts."""
    row = _row(case.row, policy=case.policy, at=case.at, state=State.PENDING, channel=Channel.WEBSOCKET)
    row.act_at = case.at
    _add(session, row, case)


def _told_before(session: Session, row: NotificationRow, but: Any) -> list[Contact]:
    """Whom an earlier message of this thread has reached, all but some: they are owed this one too."""
    reached = (
        select(ContactRow)
        .join(DeliveryRow, DeliveryRow.contact_id == ContactRow.id)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .where(
            NotificationRow.event == row.event,
            DeliveryRow.desk == row.tells,
            DeliveryRow.channel == Channel.SMS,
            DeliveryRow.accepted_at.is_not(None),
            NotificationRow.who == row.who,
            NotificationRow.id != row.id,
            ContactRow.active,
            ContactRow.id.not_in(but),
        )
        .distinct()
        .order_by(ContactRow.id)
    )
    return [directory.contact(each) for each in session.scalars(reached)]


def _told_now(notification_id: int) -> Any:
    return select(DeliveryRow.contact_id).where(
        DeliveryRow.notification_id == notification_id, DeliveryRow.contact_id.is_not(None)
    )


def _record(
    session: Session,
    case: Case,
    state: State,
    reason: Reason,
    *,
    role: Role | None = None,
    contact: Contact | None = None,
    method: MethodRow | None = None,
) -> None:
    """The row of a text that is not sent, with why."""
    row = _row(
        case.row, policy=case.policy, at=case.at, state=state, contact=contact, method=method, reason=reason.stored()
    )
    row.role = role
    _add(session, row, case)


def _add(session: Session, row: DeliveryRow, case: Case) -> None:
    session.add(row)
    session.flush()
    deliveries.tell(session, row, at=case.at, by=BY, kind="delivery.planned" if row.state == State.PENDING else None)


def _row(
    notification: NotificationRow,
    *,
    policy: Policy,
    at: datetime,
    state: State,
    channel: Channel = Channel.SMS,
    contact: Contact | None = None,
    method: MethodRow | None = None,
    body: str = "",
    language: Language | None = None,
    reason: dict[str, Any] | None = None,
) -> DeliveryRow:
    return DeliveryRow(
        notification_id=notification.id,
        incident=notification.incident,
        desk=notification.tells,
        contact_id=contact.id if contact else None,
        method_id=method.id if method else None,
        channel=channel,
        role=contact.role if contact else None,
        state=state,
        rank=rank(notification.circle, version=notification.version or 1, drill=notification.drill),
        resend=notification.circle == "now" and not notification.drill,
        body=body,
        language=language,
        attempts=0,
        failures=0,
        uncounted=0,
        checks=0,
        reason=reason,
        contract=CONTRACT,
        created_at=at,
        expires_at=at + timedelta(seconds=policy.valid_s(notification.circle, drill=notification.drill)),
    )
