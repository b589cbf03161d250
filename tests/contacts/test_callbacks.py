"""What the provider reports: late, doubled, out of order, before our own commit, forged."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from contacts import callbacks, deliveries, planning
from contacts.callbacks import Webhook
from contacts.marks import Marker
from contacts.models import AttemptRow, DeliveryRow, ProviderEventRow
from contacts.states import RANK, STATUSES, State
from contacts.values import Policy
from emergency import clock
from emergency.errors import Forbidden
from tests.contacts import cast

TOKENS = ("the token of today", "the token of tomorrow")
MARKER = Marker("https://desk.example", cast.SECRET_KEY)
WORDS = ("queued", "sending", "sent", "delivered", "undelivered", "failed", "read")
SID = "SM0123456789abcdef0123456789abcdef"


def sending(session: Session) -> DeliveryRow:
    """A text that a worker has just posted: the answer is not written yet."""
    cast.load(session)
    row = cast.message(session, cast.incident(session))
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    text = session.scalars(
        select(DeliveryRow).where(DeliveryRow.notification_id == row.id, DeliveryRow.channel == "sms")
    ).one()
    text.state, text.attempts, text.lease_token, text.provider = State.SENDING, 1, "token", "twilio"
    session.add(AttemptRow(delivery_id=text.id, n=1, started_at=clock.now()))
    session.flush()
    return text


def report(
    row: DeliveryRow, status: str, *, sid: str = SID, token: str = TOKENS[0], url: str = "", attempt: int = 1
) -> Webhook:
    """A signed report."""
    given_url = url or MARKER.url(row.id, attempt).partition("#")[0]
    form = {"MessageSid": sid, "MessageStatus": status}
    if STATUSES.get(status) is State.FAILED_CARRIER:
        form["ErrorCode"] = "30005"
    headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(given_url, form)}
    return Webhook(given_url, dict(parse_qsl(urlsplit(given_url).query)), form, headers)


def take(session: Session, webhook: Webhook) -> None:
    callbacks.status(session, webhook, tokens=TOKENS, marker=MARKER, policy=Policy(), at=clock.now())


def test_a_report_before_our_own_commit_stores_the_sid_and_lifts_the_row(session: Session) -> None:
    row = sending(session)
    take(session, report(row, "sent"))
    assert (row.state, row.provider_sid) == (State.SENT, SID)
    assert row.accepted_at is not None
    assert row.lease_token is None
    [sid] = session.scalars(select(AttemptRow.provider_sid).where(AttemptRow.delivery_id == row.id))
    assert sid == SID


def test_a_report_lifts_a_row_of_which_nobody_knew_whether_it_was_sent(session: Session) -> None:
    row = sending(session)
    row.state = State.UNKNOWN
    take(session, report(row, "delivered"))
    assert row.state == State.DELIVERED
    assert row.act_at is None


def test_a_report_keeps_a_row_that_waits_to_be_sent_again_from_going_out_twice(session: Session) -> None:
    row = sending(session)
    row.state = State.PENDING
    take(session, report(row, "delivered"))
    assert row.state == State.DELIVERED
    assert row.act_at is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_every_order_loss_and_copy_of_five_reports_gives_the_furthest_word(session: Session, words: list[str]) -> None:
    row = sending(session)
    sid = f"SM{row.id:032x}"
    furthest = words[0]
    for word in words:
        take(session, report(row, word, sid=sid))
        furthest = word if RANK[STATUSES[word]] > RANK[STATUSES[furthest]] else furthest
        assert row.state == STATUSES[furthest]
    kept = session.scalar(select(func.count()).where(ProviderEventRow.sid == sid))
    assert kept == len(set(words))


def test_a_failure_of_an_attempt_that_was_replaced_changes_nothing(session: Session) -> None:
    row = sending(session)
    row.attempts = 2
    take(session, report(row, "undelivered", attempt=1))
    assert (row.state, row.provider_sid) == (State.SENDING, None)


def test_both_tokens_are_good_while_they_are_changed(session: Session) -> None:
    row = sending(session)
    take(session, report(row, "sent", token=TOKENS[1]))
    assert row.state == State.SENT


def _other_mark(row: DeliveryRow) -> str:
    return MARKER.url(row.id, 1).partition("#")[0].replace("mark=", "mark=0")


FORGED: Mapping[str, object] = {
    "another token": lambda row: report(row, "delivered", token="not ours"),
    "another mark": lambda row: report(row, "delivered", url=_other_mark(row)),
    "another attempt": lambda row: report(
        row, "delivered", url=MARKER.url(row.id, 1).replace("attempt=1", "attempt=2")
    ),
    "no query": lambda row: report(row, "delivered", url="https://desk.example/webhooks/twilio/status"),
    "an unknown delivery": lambda row: report(row, "delivered", url=MARKER.url(10**9, 1).partition("#")[0]),
    "a number that is none": lambda row: report(
        row, "delivered", url="https://desk.example/webhooks/twilio/status?delivery=²"
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_report_is_refused_and_changes_nothing(session: Session, name: str) -> None:
    row = sending(session)
    with pytest.raises(Forbidden) as refused:
        take(session, FORGED[name](row))  # type: ignore[operator]  # a table of makers
    assert refused.value.status == 403
    assert row.state == State.SENDING


def test_a_changed_field_breaks_the_signature(session: Session) -> None:
    row = sending(session)
    good = report(row, "sent")
    changed = Webhook(good.url, good.query, {**good.form, "MessageStatus": "delivered"}, good.headers)
    with pytest.raises(Forbidden):
        take(session, changed)


def test_what_the_api_shows_of_a_delivery(session: Session) -> None:
    row = sending(session)
    take(session, report(row, "delivered"))
    shown = deliveries.deliveries_of(session, [row.notification_id])[row.notification_id]
    [text] = [each for each in shown if each["channel"] == "sms"]
    assert text["id"] == row.id
    assert (text["state"], text["role"], text["attempts"]) == ("delivered", "primary", 1)
    assert text["accepted_at"] is not None
    assert text["delivered_at"] is not None
