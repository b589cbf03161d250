"""The Messages resource, asked by the provider's own client and by bare requests."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.contacts.phones.conftest import Redirected
from tests.phones import PhoneCompany

LIAISON = "+12025550143"
OTHER = "+12025550144"
SERVICE = "MG" + "0" * 32


def bare(
    phones: PhoneCompany, method: str, path: str, form: dict[str, str] | None = None, *, login: str | None = None
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """One request by hand: status, JSON, headers."""
    login = f"{phones.account_sid}:{phones.auth_token}" if login is None else login
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    line = HTTPConnection("127.0.0.1", phones.port, timeout=10)
    line.request(method, path, urlencode(form) if form is not None else None, headers)
    answer = line.getresponse()
    value = json.loads(answer.read())
    line.close()
    return answer.status, value, dict(answer.headers)


def messages(phones: PhoneCompany) -> str:
    return f"/2010-04-01/Accounts/{phones.account_sid}/Messages.json"


def test_a_created_text_is_queued_and_stands_in_the_book(phones: PhoneCompany, client: Client) -> None:
    made = client.messages.create(to=LIAISON, from_=phones.sender, body="首报K7M4")
    assert re.fullmatch(r"SM[0-9a-f]{32}", made.sid)
    assert (made.status, made.direction, made.num_segments, made.error_code) == ("queued", "outbound-api", "1", None)
    assert abs(made.date_created - datetime.now(UTC)) < timedelta(seconds=10)
    [entry] = phones.book()
    assert {key: entry[key] for key in ("sid", "to", "from", "body")} == {
        "sid": made.sid,
        "to": LIAISON,
        "from": phones.sender,
        "body": "首报K7M4",
    }
    assert datetime.fromisoformat(entry["accepted_at"]).tzinfo is not None
    assert entry["status"] in ("queued", "sending", "sent", "delivered")


def test_the_answer_has_the_fields_and_forms_of_the_providers_document(phones: PhoneCompany) -> None:
    status, made, _ = bare(phones, "POST", messages(phones), {"To": LIAISON, "From": phones.sender, "Body": "x"})
    uri = f"/2010-04-01/Accounts/{phones.account_sid}/Messages/{made['sid']}"
    assert status == 201
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000", made["date_created"])
    assert made | {"date_created": "", "date_updated": "", "sid": ""} == {
        "account_sid": phones.account_sid,
        "api_version": "2010-04-01",
        "body": "x",
        "date_created": "",
        "date_sent": None,
        "date_updated": "",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": phones.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": "",
        "status": "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": LIAISON,
        "uri": f"{uri}.json",
    }


def test_through_a_messaging_service_it_is_accepted_and_has_no_sender_yet(phones: PhoneCompany, client: Client) -> None:
    made = client.messages.create(to=LIAISON, messaging_service_sid=SERVICE, body="x")
    assert (made.status, made.from_, made.num_segments, made.messaging_service_sid) == ("accepted", None, "0", SERVICE)
    phones.wait_for(lambda: made.fetch().status == "delivered")
    assert made.fetch().from_ == phones.sender


def test_a_text_can_be_fetched_and_an_unknown_one_is_20404(phones: PhoneCompany, client: Client) -> None:
    made = client.messages.create(to=LIAISON, from_=phones.sender, body="x")
    assert client.messages(made.sid).fetch().body == "x"
    with pytest.raises(TwilioRestException) as caught:
        client.messages("SM" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_the_list_filters_by_recipient_and_sender_newest_first(phones: PhoneCompany, client: Client) -> None:
    for number, body in ((LIAISON, "1"), (OTHER, "2"), (LIAISON, "3")):
        client.messages.create(to=number, from_=phones.sender, body=body)
    client.messages.create(to=LIAISON, from_="+12025550101", body="4")
    assert [text.body for text in client.messages.list()] == ["4", "3", "2", "1"]
    assert [text.body for text in client.messages.list(to=LIAISON)] == ["4", "3", "1"]
    assert [text.body for text in client.messages.list(to=LIAISON, from_=phones.sender)] == ["3", "1"]


def test_date_sent_hides_what_is_not_yet_sent(phones: PhoneCompany, client: Client) -> None:
    sent = client.messages.create(to=LIAISON, from_=phones.sender, body="sent")
    phones.wait_for(lambda: sent.fetch().date_sent)
    today, day = datetime.now(UTC), timedelta(days=1)
    client.messages.create(to="+12025550191", from_=phones.sender, body="fails before it is sent")
    assert [text.body for text in client.messages.list(date_sent=sent.fetch().date_sent.date())] == ["sent"]
    assert [text.body for text in client.messages.list(date_sent_after=today - day, date_sent_before=today + day)] == [
        "sent"
    ]
    assert client.messages.list(date_sent_before=today - day) == []
    assert client.messages.list(date_sent_after=today + day) == []


def test_pages_join_without_gap_or_double_while_new_texts_come_in(phones: PhoneCompany, client: Client) -> None:
    for n in range(7):
        client.messages.create(to=LIAISON, from_=phones.sender, body=str(n))
    page = client.messages.page(page_size=3)
    seen = [text.body for text in page]
    client.messages.create(to=LIAISON, from_=phones.sender, body="new")
    for _ in range(2):
        page = page.next_page()
        seen += [text.body for text in page]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert page.next_page() is None
    assert [text.body for text in page.previous_page()] == ["3", "2", "1"]


def test_a_page_says_where_it_stands(phones: PhoneCompany, client: Client) -> None:
    for n in range(3):
        client.messages.create(to=LIAISON, from_=phones.sender, body=str(n))
    _, page, _ = bare(phones, "GET", messages(phones) + "?To=%2B12025550143&PageSize=2")
    assert (page["page"], page["page_size"], page["start"], page["end"]) == (0, 2, 0, 1)
    assert page["previous_page_uri"] is None
    assert page["uri"] == page["first_page_uri"] == messages(phones) + "?To=%2B12025550143&PageSize=2&Page=0"
    assert page["next_page_uri"].startswith(messages(phones) + "?To=%2B12025550143&PageSize=2&Page=1&PageToken=PA")
    _, last, _ = bare(phones, "GET", page["next_page_uri"])
    assert (last["page"], last["start"], last["end"], last["next_page_uri"]) == (1, 2, 2, None)
    _, empty, _ = bare(phones, "GET", messages(phones) + "?To=%2B12025550199")
    assert (empty["messages"], empty["start"], empty["end"], empty["next_page_uri"]) == ([], 0, 0, None)


@pytest.mark.parametrize(
    "query",
    [
        "PageSize=0",
        "PageSize=1001",
        "PageSize=x",
        "Page=-1",
        "PageToken=PAx",
        "DateSent=yesterday",
        "DateSent=9999-12-31",
    ],
)
def test_a_list_that_cannot_be_read_is_refused(phones: PhoneCompany, query: str) -> None:
    status, error, _ = bare(phones, "GET", f"{messages(phones)}?{query}")
    assert (status, error["code"], error["status"]) == (400, 20001, 400)


@pytest.mark.parametrize(
    "login", ["", "AC0:x", "AC0123456789abcdef0123456789abcdef:wrong", "AC0123456789abcdef0123456789abcdef:"]
)
def test_wrong_credentials_are_20003_and_nothing_is_booked(phones: PhoneCompany, login: str) -> None:
    form = {"To": LIAISON, "From": phones.sender, "Body": "x"}
    for method, path, sent in (("POST", messages(phones), form), ("GET", messages(phones), None)):
        status, error, headers = bare(phones, method, path, sent, login=login)
        assert (status, error["code"], error["status"]) == (401, 20003, 401)
        assert headers["WWW-Authenticate"].startswith("Basic")
    assert phones.book() == []


def test_another_account_and_a_malformed_one_are_refused(phones: PhoneCompany) -> None:
    form = {"To": LIAISON, "From": phones.sender, "Body": "x"}
    status, error, _ = bare(phones, "POST", f"/2010-04-01/Accounts/AC{'f' * 32}/Messages.json", form)
    assert (status, error["code"]) == (401, 20003)
    status, error, _ = bare(phones, "POST", "/2010-04-01/Accounts/AC123/Messages.json", form)
    assert (status, error["code"]) == (404, 20404)


def test_the_client_sees_the_providers_number_and_sentence(phones: PhoneCompany, client: Client) -> None:
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to="+12025550184", from_=phones.sender, body="x")
    assert (caught.value.status, caught.value.code) == (400, 21614)
    assert "not a valid mobile number" in caught.value.msg
    assert phones.book() == []
    assert [(line["to_number"], line["http_status"], line["code"]) for line in phones.requests()] == [
        ("+12025550184", 400, 21614)
    ]


@pytest.mark.parametrize(
    "form",
    [{}, {"Body": "x"}, {"To": LIAISON}, {"To": LIAISON, "Body": "x", "From": "+12025550100", "ValidityPeriod": "1.5"}],
)
def test_a_request_that_the_document_forbids_is_a_shaped_400(phones: PhoneCompany, form: dict[str, str]) -> None:
    status, error, _ = bare(phones, "POST", messages(phones), form)
    assert status == 400
    assert set(error) == {"code", "message", "more_info", "status"}
    assert error["more_info"].endswith(str(error["code"]))


def test_unknown_paths_wrong_methods_and_floods_are_answered_in_shape(phones: PhoneCompany) -> None:
    assert bare(phones, "GET", "/2010-04-01/Nothing.json")[:2][1]["code"] == 20404
    status, error, _ = bare(phones, "DELETE", messages(phones))
    assert (status, error["code"]) == (405, 20004)
    status, error, _ = bare(
        phones, "POST", messages(phones), {"To": LIAISON, "From": phones.sender, "Body": "x" * 70_000}
    )
    assert (status, error["code"]) == (413, 20001)
    assert phones.book() == []


def test_a_wrong_token_in_the_client_is_an_error_of_the_client(phones: PhoneCompany) -> None:
    stranger = Client(phones.account_sid, "wrong", http_client=Redirected(phones.url))
    with pytest.raises(TwilioRestException) as caught:
        stranger.messages("SM" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (401, 20003)
