"""The provider reports how a text stands: checked twice (its signature, our mark), taken once, in whatever order it comes.

A report may be faster than our own commit: it names our delivery and attempt, so it finds the row, stores the SID, and lifts
it out of `sending` or `unknown`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session
from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from contacts.channels.base import Report
from contacts.marks import Marker
from contacts.models import DeliveryRow
from contacts.sending import deliveries
from contacts.values import Policy
from emergency.errors import BadInput, Forbidden
from emergency.journal import Actor
from emergency.words import Words

BY: Final = Actor(process="callbacks")
ALGORITHMS: Final = (HMAC_SHA1, HMAC_SHA256)
"""The header of the second names it; without that header the first is meant."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request of the provider. url: as it was given to the provider, never as a proxy shows it."""

    url: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]


def check_signature(webhook: Webhook, tokens: Iterable[str]) -> None:
    """Forbidden unless one of our tokens signed it."""
    signature = webhook.headers.get(SIGNATURE_HEADER, "")
    algorithm = get_signature_algorithm(webhook.headers.get(SIGNATURE_SETTINGS_HEADER))
    form = dict(webhook.form)
    if algorithm not in ALGORITHMS:
        raise _forged()
    if not any(RequestValidator(token).validate(webhook.url, form, signature, algorithm) for token in tokens):
        raise _forged()


def status(
    session: Session, webhook: Webhook, *, tokens: Iterable[str], marker: Marker, policy: Policy, at: datetime
) -> None:
    """Take a status report into the delivery that it names. An unknown delivery is forged too: nobody else has our mark."""
    check_signature(webhook, tokens)
    delivery, attempt = _whole(webhook, "delivery"), _whole(webhook, "attempt")
    if not marker.holds(delivery, attempt, webhook.query.get("mark", "")):
        raise _forged()
    row = session.get(DeliveryRow, delivery, with_for_update=True)
    if row is None:
        raise _forged()
    report = _report(webhook.form)
    deliveries.heard(session, row, report, attempt=attempt, at=at, by=BY, policy=policy)


def _report(form: Mapping[str, str]) -> Report:
    sid, said = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not sid or not said or len(sid) > 40 or len(said) > 20:
        raise BadInput("bad-callback", Words("回执缺少编号或状态。", "The report lacks MessageSid or MessageStatus."))
    code = form.get("ErrorCode", "")
    return Report(sid, said, int(code) if code.isdigit() and len(code) < 9 else None)


def _whole(webhook: Webhook, name: str) -> int:
    given = webhook.query.get(name, "")
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise _forged()
    return int(given)


def _forged() -> Forbidden:
    return Forbidden("forged", Words("签名不对，已拒绝。", "The signature is not valid: refused."))
