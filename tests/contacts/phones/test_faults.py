"""Every fault, seen from the provider's own client; the book says what had really happened."""

import time

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from contacts.phones.faults import KINDS, BadFault, read_fault
from tests.contacts.phones.conftest import Subscriber
from tests.phones import PhoneCompany

LIAISON = "+12025550143"


def send(phones: PhoneCompany, client: Client, body: str = "x", **more: str) -> str:
    sid: str = client.messages.create(to=LIAISON, from_=phones.sender, body=body, **more).sid
    return sid


def refused(phones: PhoneCompany, client: Client, body: str = "x") -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        send(phones, client, body)
    return caught.value.status, caught.value.code


def test_an_error_before_acceptance_is_not_booked_and_a_count_runs_out(phones: PhoneCompany, client: Client) -> None:
    phones.fault("error_before_accept", count=2, status=502)
    assert [refused(phones, client) for _ in range(2)] == [(502, 20500)] * 2
    assert phones.book() == []
    send(phones, client, "third")
    assert phones.texts(LIAISON) == ["third"]


def test_an_error_after_acceptance_is_booked(phones: PhoneCompany, client: Client) -> None:
    phones.fault("error_after_accept", count=1)
    assert refused(phones, client, "booked") == (500, 20500)
    assert phones.texts(LIAISON) == ["booked"]


@pytest.mark.parametrize(("name", "booked"), [("reset_before_accept", []), ("reset_after_accept", ["x"])])
def test_a_reset_leaves_the_caller_in_doubt(phones: PhoneCompany, client: Client, name: str, booked: list[str]) -> None:
    phones.fault(name, count=1)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        send(phones, client)
    assert phones.texts(LIAISON) == booked


@pytest.mark.parametrize(("name", "booked"), [("latency_before_accept", 0), ("latency_after_accept", 1)])
def test_latency_lets_the_caller_time_out(phones: PhoneCompany, client: Client, name: str, booked: int) -> None:
    phones.fault(name, seconds=1.5, count=1)
    client.http_client.timeout = 0.3
    with pytest.raises(requests.Timeout):
        send(phones, client)
    assert len(phones.book()) == booked
    phones.wait_for(lambda: len(phones.book()) == 1)


def test_list_lag_hides_a_new_text_from_the_list_but_not_from_fetch(phones: PhoneCompany, client: Client) -> None:
    phones.fault("list_lag", seconds=1.5)
    started_s = time.monotonic()
    sid = send(phones, client)
    assert client.messages.list(to=LIAISON) == []
    assert client.messages(sid).fetch().sid == sid
    phones.wait_for(lambda: client.messages.list(to=LIAISON))
    assert time.monotonic() - started_s >= 1.5


def test_a_rate_is_a_bucket_that_fills_again(phones: PhoneCompany, client: Client) -> None:
    phones.fault("rate_limit", per_second=2, burst=3)
    for n in range(3):
        send(phones, client, str(n))
    assert refused(phones, client) == (429, 20429)
    assert len(phones.book()) == 3

    def accepted_again() -> bool:
        try:
            return bool(send(phones, client, "later"))
        except TwilioRestException:
            return False

    phones.wait_for(accepted_again)
    assert phones.texts(LIAISON)[-1] == "later"


def test_an_outage_refuses_everything_until_it_is_cleared(phones: PhoneCompany, client: Client) -> None:
    sid = send(phones, client)
    phones.fault("outage")
    assert refused(phones, client) == (503, 20503)
    with pytest.raises(TwilioRestException):
        client.messages(sid).fetch()
    with pytest.raises(TwilioException, match="503"):  # for lists the client does not read the error's number
        client.messages.list()
    phones.clear()
    assert client.messages(sid).fetch().sid == sid


def test_wrong_credentials_can_be_feigned(phones: PhoneCompany, client: Client) -> None:
    phones.fault("credentials_wrong", count=1)
    assert refused(phones, client) == (401, 20003)
    assert send(phones, client)


def test_a_fault_may_look_at_lists_only(phones: PhoneCompany, client: Client) -> None:
    phones.fault("error_before_accept", on="list")
    send(phones, client)
    with pytest.raises(TwilioException, match="500"):
        client.messages.list()


def test_a_dropped_callback_never_comes(phones: PhoneCompany, client: Client, subscriber: Subscriber) -> None:
    phones.fault("callback_dropped", count=1)
    sid = send(phones, client, status_callback=subscriber.url)
    phones.wait_for(lambda: len(subscriber.told) == 2)
    assert subscriber.statuses(sid) == ["sent", "delivered"]
    assert phones.webhooks()[0]["state"] == "dropped"


def test_a_late_callback_is_overtaken(phones: PhoneCompany, client: Client, subscriber: Subscriber) -> None:
    phones.fault("callback_late", count=1, seconds=1)
    sid = send(phones, client, status_callback=subscriber.url)
    phones.wait_for(lambda: len(subscriber.told) == 3)
    assert subscriber.statuses(sid) == ["sent", "delivered", "sending"]


def test_a_doubled_callback_comes_twice(phones: PhoneCompany, client: Client, subscriber: Subscriber) -> None:
    phones.fault("callback_doubled")
    sid = send(phones, client, status_callback=subscriber.url)
    phones.wait_for(lambda: len(subscriber.told) == 6)
    assert subscriber.statuses(sid) == ["sending", "sending", "sent", "sent", "delivered", "delivered"]


def test_reordered_callbacks_come_backwards(phones: PhoneCompany, client: Client, subscriber: Subscriber) -> None:
    phones.fault("callback_reordered")
    sid = send(phones, client, status_callback=subscriber.url)
    phones.wait_for(lambda: len(subscriber.told) == 3)
    assert subscriber.statuses(sid) == ["delivered", "sent", "sending"]


def test_a_forged_callback_has_a_signature_that_does_not_hold(
    phones: PhoneCompany, client: Client, subscriber: Subscriber
) -> None:
    phones.fault("callback_forged", count=1)
    send(phones, client, status_callback=f"{subscriber.url}/status")
    phones.wait_for(lambda: len(subscriber.told) == 3)
    assert [told.genuine for told in subscriber.told] == [False, True, True]


def outcomes(phones: PhoneCompany, client: Client, body: str) -> list[bool]:
    """Which of twelve texts were accepted, under one half of errors."""
    phones.fault("error_before_accept", probability=0.5)
    accepted = []
    for n in range(12):
        try:
            send(phones, client, f"{body}{n}")
            accepted.append(True)
        except TwilioRestException:
            accepted.append(False)
    return accepted


def test_chance_is_the_seeds_and_repeats(phones: PhoneCompany, client: Client) -> None:
    first = outcomes(phones, client, "a")
    assert outcomes(phones, client, "b") == first
    assert {True, False} == set(first)


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_can_be_set_and_cleared_by_name(phones: PhoneCompany, name: str) -> None:
    phones.fault(name, probability=0.25, count=3)
    assert phones.get("/control")["faults"][name]["probability"] == 0.25
    phones.clear()
    assert phones.get("/control")["faults"] == {}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("nonsense", {}),
        ("outage", {"seconds": 3}),
        ("outage", {"status": 200}),
        ("outage", {"status": "503"}),
        ("list_lag", {"seconds": -1}),
        ("list_lag", {"seconds": float("nan")}),
        ("list_lag", {"on": "fetch"}),
        ("callback_late", {"probability": 1.5}),
        ("callback_late", {"count": 0}),
        ("callback_late", {"count": True}),
        ("callback_late", {"count": 1.5}),
        ("rate_limit", {"per_second": 0}),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(name: str, settings: dict[str, object]) -> None:
    with pytest.raises(BadFault, match=r"there are|takes|must be"):
        read_fault(name, settings)
