"""What an answer of the provider proves, and which settings a channel needs."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contacts.channels import twilio_sms
from contacts.channels.base import NotDelivered, Parcel, Verdict
from contacts.channels.twilio_codes import CODES, carrier, refusal
from contacts.channels.twilio_sms import Account, TwilioSms, account, tokens
from contacts.marks import Marker
from contacts.phones.__main__ import DEFAULT_ACCOUNT, DEFAULT_SENDER
from contacts.values import Policy
from emergency import config
from emergency.errors import NotReady
from tests.contacts import cast
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]


def parcel(number: str = "+12025550143", body: str = "x", attempt: int = 1) -> Parcel:
    return Parcel(1, attempt, 1, 1, cast.DESK, number, body, datetime.now(UTC), 60)


def line(phones: PhoneCompany, *, token: str = "", url: str = "", service: str = "") -> TwilioSms:
    sender = "" if service else phones.sender
    ours = Account(phones.account_sid, token or phones.auth_token, sender, service, url or phones.url)
    return TwilioSms(ours, Marker(cast.NOWHERE, cast.SECRET_KEY), timeout_s=1.0)


@pytest.mark.parametrize(
    ("http_status", "code", "verdict"),
    [
        (429, 20429, Verdict.BUSY),
        (429, None, Verdict.BUSY),
        (401, 20003, Verdict.CONFIGURATION),
        (403, 99999, Verdict.CONFIGURATION),
        (400, 21606, Verdict.CONFIGURATION),
        (400, 21609, Verdict.CONFIGURATION),
        (400, 21610, Verdict.OPTED_OUT),
        (400, 21211, Verdict.PERMANENT),
        (400, 21614, Verdict.PERMANENT),
        (400, 12345, Verdict.PERMANENT),
        (404, None, Verdict.PERMANENT),
        (408, None, Verdict.UNKNOWN),
        (500, 20500, Verdict.UNKNOWN),
        (503, 20429, Verdict.UNKNOWN),
    ],
)
def test_a_refusal_proves_what_its_class_says_and_its_code_narrows(
    http_status: int, code: int | None, verdict: Verdict
) -> None:
    assert refusal(http_status, code).verdict is verdict


@pytest.mark.parametrize(
    ("asked", "after_s"),
    [
        ("40", 40.0),
        ("0", 0.0),
        ("Wed, 26 Nov 2025 08:00:30 GMT", 30.0),
        ("Wed, 26 Nov 2025 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_the_provider_asks_us_to_wait(asked: str | None, after_s: float | None) -> None:
    headers = None if asked is None else {"Retry-After": asked}
    assert twilio_sms._after_s(headers, datetime(2025, 11, 26, 8, tzinfo=UTC)) == after_s


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (30001, Verdict.AGAIN),
        (30003, Verdict.LATER),
        (30005, Verdict.PERMANENT),
        (30007, Verdict.BLOCKED),
        (30008, Verdict.AGAIN),
        (39999, Verdict.PERMANENT),
        (None, Verdict.PERMANENT),
    ],
)
def test_the_carrier_s_error_decides_whether_it_is_tried_again(code: int | None, verdict: Verdict) -> None:
    assert carrier(code).verdict is verdict


def test_every_code_has_a_sentence_in_both_languages() -> None:
    assert all(code.words.zh and code.words.en for code in CODES.values())


@pytest.mark.parametrize(
    ("fault", "settings", "verdict"),
    [
        ("error_after_accept", {}, Verdict.UNKNOWN),
        ("error_before_accept", {"on": "create", "status": 503}, Verdict.UNKNOWN),
        ("reset_after_accept", {}, Verdict.UNKNOWN),
        ("reset_before_accept", {"on": "create"}, Verdict.UNKNOWN),
        ("latency_after_accept", {"seconds": 1.5}, Verdict.UNKNOWN),
        ("rate_limit", {"on": "create", "per_second": 0.001, "burst": 1}, Verdict.BUSY),
        ("credentials_wrong", {}, Verdict.CONFIGURATION),
    ],
)
def test_what_went_wrong_is_told_apart(
    phones: PhoneCompany, fault: str, settings: dict[str, Any], verdict: Verdict
) -> None:
    phones.fault(fault, **settings)
    sms = line(phones)
    with suppress(NotDelivered):
        sms.send(parcel())  # the first request of a rate limit still passes
    with pytest.raises(NotDelivered) as caught:
        sms.send(parcel())
    assert caught.value.verdict is verdict


def test_a_company_that_does_not_listen_proves_that_nothing_left(phones: PhoneCompany) -> None:
    phones.kill()
    with pytest.raises(NotDelivered) as caught:
        line(phones).send(parcel())
    assert caught.value.verdict is Verdict.NOT_SENT


def test_a_host_without_an_address_proves_that_nothing_left(phones: PhoneCompany) -> None:
    with pytest.raises(NotDelivered) as caught:
        line(phones, url="http://phones.invalid").send(parcel())
    assert caught.value.verdict is Verdict.NOT_SENT


def test_the_whole_body_finds_a_text_and_a_known_one_is_not_found_again(phones: PhoneCompany) -> None:
    sms, since = line(phones), datetime.now(UTC) - timedelta(seconds=60)
    sent = sms.send(parcel(body="one"))
    found = sms.find(parcel(body="one"), since=since, known=())
    assert found is not None
    assert found.sid == sent.sid
    assert sms.find(parcel(body="on"), since=since, known=()) is None
    assert sms.find(parcel(body="one"), since=since, known={str(sent.sid)}) is None
    assert sms.find(parcel(body="one"), since=since + timedelta(hours=1), known=()) is None
    assert sms.ask(sent.sid).sid == sent.sid


def test_a_text_is_found_behind_more_pages_of_others_than_one(
    phones: PhoneCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_sms, "LISTED", 3)
    sms, since = line(phones), datetime.now(UTC) - timedelta(seconds=60)
    first = sms.send(parcel(body="the first"))
    for n in range(8):
        sms.send(parcel(body=f"another {n}"))
    found = sms.find(parcel(body="the first"), since=since, known=())
    assert found is not None
    assert found.sid == first.sid
    assert sms.find(parcel(body="never sent"), since=since, known=()) is None


def test_a_list_too_long_to_be_looked_through_proves_nothing(
    phones: PhoneCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_sms, "MOST_LISTED", 2)
    sms = line(phones)
    for n in range(4):
        sms.send(parcel(body=f"text {n}"))
    with pytest.raises(NotDelivered) as caught:
        sms.find(parcel(body="never sent"), since=datetime.now(UTC) - timedelta(seconds=60), known=())
    assert caught.value.verdict is Verdict.UNKNOWN


def test_region_and_edge_are_part_of_the_provider_s_own_address() -> None:
    found = account(settings(SMS_PROVIDER="twilio", TWILIO_ACCOUNT_SID="AC" + "1" * 32, TWILIO_FROM="+12025550143",
                             TWILIO_REGION="ie1", TWILIO_EDGE="dublin"))  # fmt: skip
    assert (found.region, found.edge, found.abroad) == ("ie1", "dublin", True)
    sms = TwilioSms(found, Marker(cast.NOWHERE, cast.SECRET_KEY), timeout_s=1.0)
    assert sms._client.get_hostname("https://api.twilio.com/x") == "https://api.dublin.ie1.twilio.com/x"
    with pytest.raises(NotReady, match="TWILIO_REGION"):
        settings(TWILIO_REGION="evil.example/")


def test_a_messaging_service_may_send(phones: PhoneCompany) -> None:
    assert line(phones, service="MG" + "0" * 32).send(parcel()).status == "accepted"


def settings(**environ: str) -> config.Settings:
    known = {"DATABASE_URL": "postgresql:///x", "SECRET_KEY": "x", "CONTACTS_KEY": cast.CONTACTS_KEY}
    return config.read(known | {"TWILIO_AUTH_TOKEN": "token"} | environ)


def test_the_simulator_is_the_default_and_listens_on_the_next_port() -> None:
    found = account(settings(PORT="8123"))
    assert found == Account(DEFAULT_ACCOUNT, "token", DEFAULT_SENDER, "", "http://127.0.0.1:8124")


def test_twilio_itself_is_reached_at_its_own_address() -> None:
    found = account(settings(SMS_PROVIDER="twilio", TWILIO_ACCOUNT_SID="AC1", TWILIO_FROM="+12025550143"))
    assert found.base_url == ""


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"TWILIO_AUTH_TOKEN": " , "}, "TWILIO_AUTH_TOKEN"),
        ({"SMS_PROVIDER": "twilio", "TWILIO_FROM": "+12025550143"}, "TWILIO_ACCOUNT_SID"),
        ({"SMS_PROVIDER": "twilio", "TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_FROM"),
        ({"SMS_PROVIDER": "gateway"}, "SMS_PROVIDER"),
    ],
)
def test_a_missing_setting_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(NotReady, match=named):
        account(settings(**environ))


def test_two_tokens_hold_while_they_are_changed() -> None:
    assert tokens(settings(TWILIO_AUTH_TOKEN="new, old")) == ("new", "old")


def test_the_client_never_waits_for_ever_and_never_repeats() -> None:
    client = twilio_sms.Redirected("", 10.0)
    assert client.timeout == 10.0
    assert client.session.get_adapter("https://api.twilio.com").max_retries.total == 0


def test_a_timeout_must_be_shorter_than_half_the_lease() -> None:
    assert Policy().timeout_s < Policy().lease_s / 2
    with pytest.raises(ValueError, match="shorter than half the lease"):
        Policy(lease_s=10, timeout_s=5)
