"""What comes of a delivery in hand: the provider is asked while no lock is held, and what it answers is written afterwards.

Several answers are written in one transaction, since one costs little less than many. Each is written only by whoever still
holds the lease; that a text was taken is evidence all the same.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import BigInteger, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from contacts.channels.base import Channel, NotDelivered, Report
from contacts.models import DeliveryRow
from contacts.sending import deliveries, provider_codes, reconcile, verdicts
from contacts.sending.claims import Held
from contacts.sending.office import Lines, Office
from contacts.sending.states import State
from contacts.values import Policy
from emergency.journal import Actor

BY: Final = Actor(process="dispatch")
Finding = Callable[[Session, DeliveryRow, bool], None]
"""What to do with the row when it is locked again, and whether its lease is still ours."""
LOCKED: Final = (
    select(DeliveryRow)
    .where(DeliveryRow.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .order_by(DeliveryRow.id)
    .with_for_update()
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A row that was in hand, and what is to be written about it."""

    held: Held
    finding: Finding


def learn(office: Office, lines: Lines, held: Held) -> Answer:
    """Send what is in hand, or ask about it; nothing is written yet."""
    return Answer(held, _HANDLERS[held.state](office, lines[held.channel], held))


def write(office: Office, answers: Sequence[Answer]) -> None:
    """All of them or none, in one transaction; the rows are locked in the order of their ids."""
    with office.sessions.begin() as session:
        rows = session.scalars(LOCKED, {"ids": [each.held.parcel.delivery for each in answers]})
        found = {row.id: row for row in rows}
        for each in answers:
            row = found[each.held.parcel.delivery]
            mine = (row.state, row.lease_token) == (each.held.state, each.held.token)
            each.finding(session, row, mine)


# Sending -------------------------------------------------------------------------------------------------------------


def _send(office: Office, channel: Channel, held: Held) -> Finding:
    if time.monotonic() > held.until_s:
        return partial(_give_up, office, held)  # paused too long: another worker may be asking by now
    try:
        report = channel.send(held.parcel)
    except NotDelivered as trouble:
        return partial(_refused, office, held, trouble)
    return partial(_accepted, office, held, report)


def _give_up(office: Office, held: Held, session: Session, row: DeliveryRow, mine: bool) -> None:
    if mine:
        at = office.now()
        deliveries.finish_attempt(session, row.id, held.parcel.attempt, "given up", at=at)
        row.uncounted += 1
        deliveries.wait(row, at, None)


def _accepted(office: Office, held: Held, report: Report, session: Session, row: DeliveryRow, mine: bool) -> None:
    """Evidence, even where the lease has run out meanwhile: it then lifts the row as a callback would."""
    at, attempt, policy = office.now(), held.parcel.attempt, office.policy
    if mine:
        deliveries.accept(session, row, report.sid, attempt=attempt, at=at, by=BY, policy=policy, outcome="accepted")
    else:
        deliveries.name_attempt(session, row.id, attempt, report.sid, outcome="accepted", at=at)
        deliveries.heard(session, row, report, attempt=attempt, at=at, by=BY, policy=policy, source=deliveries.ASKED)
    if held.paused:
        verdicts.resume(session, held.channel, at)


def _refused(office: Office, held: Held, refusal: NotDelivered, session: Session, row: DeliveryRow, mine: bool) -> None:
    at, trouble = office.now(), provider_codes.judged(session, refusal)
    deliveries.finish_attempt(
        session,
        row.id,
        held.parcel.attempt,
        trouble.verdict,
        at=at,
        http_status=trouble.http_status,
        code=trouble.code,
    )
    if mine:
        verdicts.judge(session, row, trouble, office, at)


# Asking --------------------------------------------------------------------------------------------------------------


def _reconcile(office: Office, channel: Channel, held: Held) -> Finding:
    findings = reconcile.look(
        channel, held.parcel, since=held.since, known=held.known, policy=office.policy, now=office.now
    )
    return lambda session, row, mine: findings(session, row) if mine else None


def _follow(office: Office, channel: Channel, held: Held) -> Finding:
    """Nothing final has come: a callback may never come, so ask."""
    try:
        report = channel.ask(held.sid)
    except NotDelivered as trouble:
        log.info("delivery %s: the provider does not say: %s", held.parcel.delivery, trouble)
        report = None
    return partial(_followed, office, held, report)


def _followed(
    office: Office, held: Held, report: Report | None, session: Session, row: DeliveryRow, mine: bool
) -> None:
    if not mine:
        return
    at = office.now()
    row.lease_token, row.act_at = None, at + timedelta(seconds=_next_ask_s(row, office.policy, at))
    said, attempt = "no_answer" if report is None else report.status, held.parcel.attempt
    if held.sid is not None:
        deliveries.checked(session, row, attempt=attempt, asked="ask", answer=said, sid=held.sid, at=at)
    if report is not None:
        source, policy = deliveries.ASKED, office.policy
        deliveries.heard(session, row, report, attempt=attempt, at=at, by=BY, policy=policy, source=source)


def _next_ask_s(row: DeliveryRow, policy: Policy, at: datetime) -> float:
    waited_s = (at - row.accepted_at).total_seconds() if row.accepted_at else 0.0
    return min(policy.ask_most_s, max(policy.ask_s, waited_s))


_HANDLERS: Final[Mapping[State, Callable[[Office, Channel, Held], Finding]]] = {
    State.SENDING: _send,
    State.UNKNOWN: _reconcile,
    State.ACCEPTED: _follow,
    State.SENT: _follow,
}
