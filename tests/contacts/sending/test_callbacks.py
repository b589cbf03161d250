"""What the provider reports: late, doubled, out of order, before our own commit, forged."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from contacts.channels.base import Report
from contacts.marks import Marker
from contacts.models import AttemptRow, DeliveryRow, ProviderEventRow
from contacts.sending import callbacks, deliveries, planning
from contacts.sending.callbacks import Webhook
from contacts.sending.states import RANK, STATUSES, State
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
    row: DeliveryRow,
    status: str,
    *,
    sid: str = SID,
    token: str = TOKENS[0],
    url: str = "",
    attempt: int = 1,
    algorithm: str = "",
) -> Webhook:
    """A signed report; algorithm: named in a header, as the provider does for SHA-256."""
    given_url = url or MARKER.url(row.id, attempt).partition("#")[0]
    form = {"MessageSid": sid, "MessageStatus": status}
    if STATUSES.get(status) is State.FAILED_CARRIER:
        form["ErrorCode"] = "30005"
    headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(given_url, form, algorithm or None)}
    if algorithm:
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=k1,algorithm={algorithm}"
    return Webhook(given_url, dict(parse_qsl(urlsplit(given_url).query)), form, headers)


def take(session: Session, webhook: Webhook) -> None:
    callbacks.status(session, webhook, tokens=TOKENS, marker=MARKER, policy=Policy(), at=clock.now())


def test_p5_a_report_before_our_own_commit_stores_the_sid_and_lifts_the_row(session: Session) -> None:
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


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), ours=st.integers(0, 6))
def test_p5_every_order_loss_and_copy_of_five_reports_gives_the_right_state(
    session: Session, words: list[str], ours: int
) -> None:
    """Whichever come, however often, in whatever order, and wherever among them our own commit of the answer stands
    (`ours`; above their number: the worker died before it)."""
    row = sending(session)
    sid = f"SM{row.id:032x}"
    furthest = State.SENDING
    for n, word in enumerate([*words, ""]):
        if n == ours:
            answered(session, row, sid)
            furthest = State.ACCEPTED if RANK[furthest] < RANK[State.ACCEPTED] else furthest
        if word:
            take(session, report(row, word, sid=sid))
            furthest = STATUSES[word] if RANK[STATUSES[word]] > RANK[furthest] else furthest
        assert row.state == furthest
    assert (row.provider_sid, row.lease_token) == (sid, None)
    kept = dict(
        session.execute(
            select(ProviderEventRow.status, ProviderEventRow.copies).where(
                ProviderEventRow.sid == sid, ProviderEventRow.source == "callback"
            )
        ).all()
    )
    assert kept == {word: words.count(word) for word in words}


def answered(session: Session, row: DeliveryRow, sid: str) -> None:
    """Our own worker writes down that the provider took it, as it does whether or not it still holds the row."""
    at, by, policy = clock.now(), callbacks.BY, Policy()
    if row.lease_token == "token":
        deliveries.accept(session, row, sid, attempt=1, at=at, by=by, policy=policy)
    else:
        report = Report(sid, "accepted")
        deliveries.heard(session, row, report, attempt=1, at=at, by=by, policy=policy, source=deliveries.ASKED)


def test_a_failure_of_an_attempt_that_was_replaced_changes_nothing(session: Session) -> None:
    row = sending(session)
    row.attempts = 2
    take(session, report(row, "undelivered", attempt=1))
    assert (row.state, row.provider_sid) == (State.SENDING, None)


def test_both_tokens_are_good_while_they_are_changed(session: Session) -> None:
    row = sending(session)
    take(session, report(row, "sent", token=TOKENS[1]))
    assert row.state == State.SENT


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_either_signature_is_good_where_its_header_names_it(session: Session, algorithm: str) -> None:
    row = sending(session)
    take(session, report(row, "sent", algorithm=algorithm))
    assert row.state == State.SENT


def test_a_signature_of_another_kind_than_its_header_says_is_forged(session: Session) -> None:
    row = sending(session)
    good = report(row, "sent", algorithm="HMAC_SHA256")
    for said in ("", "key=k1,algorithm=HMAC_MD5", "key=k1,algorithm=HMAC_SHA1"):
        headers = {**good.headers, "X-Twilio-Webhooks-Signature-Settings": said}
        with pytest.raises(Forbidden):
            take(session, Webhook(good.url, good.query, good.form, headers))
    assert row.state == State.SENDING


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
def test_p5_a_forged_report_gets_403_and_changes_nothing(session: Session, name: str) -> None:
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
