"""What the handsets hear and answer: replies, STOP, China, a phone that is off, and the page that shows it all."""

import json
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.contacts.phones.conftest import Subscriber
from tests.phones import CannotReply, PhoneCompany

LIAISON = "+12025550143"
IN_CHINA = "+12025550144"


def send(phones: PhoneCompany, client: Client, number: str = LIAISON, body: str = "首报K7M4") -> str:
    sid: str = client.messages.create(to=number, from_=phones.sender, body=body).sid
    phones.wait_for(lambda: client.messages(sid).fetch().status in ("delivered", "undelivered", "failed"))
    return sid


def press(phones: PhoneCompany, path: str, form: dict[str, str], **headers: str) -> tuple[int, str, str]:
    """What a browser does with a form: status, body, where it is sent."""
    line = HTTPConnection("127.0.0.1", phones.port, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    line.request("POST", path, urlencode(form), headers)
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, text, answer.headers.get("Location", "")


def page(phones: PhoneCompany, path: str = "/") -> str:
    line = HTTPConnection("127.0.0.1", phones.port, timeout=10)
    line.request("GET", path)
    text = line.getresponse().read().decode()
    line.close()
    return text


def test_a_reply_is_told_signed_to_the_inbound_address(
    phones: PhoneCompany, client: Client, subscriber: Subscriber
) -> None:
    phones.inbound(f"{subscriber.url}/inbound")
    send(phones, client)
    sid = phones.reply(LIAISON, "K7M4 收到")
    [told] = phones.wait_for(lambda: subscriber.told)
    assert told.genuine
    assert told.path == "/inbound"
    assert told.form | {"AccountSid": ""} == {
        "AccountSid": "",
        "ApiVersion": "2010-04-01",
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "To": phones.sender,
        "From": LIAISON,
        "Body": "K7M4 收到",
    }
    assert client.messages.list(to=phones.sender)[0].direction == "inbound"
    assert [entry["to"] for entry in phones.book()] == [LIAISON]  # the book holds what was sent out


@pytest.mark.parametrize(("stop", "start"), [("STOP", "START"), (" stop ", "unstop"), ("Unsubscribe", "Yes")])
def test_after_stop_every_text_is_21610_until_start(
    phones: PhoneCompany, client: Client, subscriber: Subscriber, stop: str, start: str
) -> None:
    phones.inbound(subscriber.url)
    send(phones, client)
    phones.reply(LIAISON, stop)
    with pytest.raises(TwilioRestException) as caught:
        send(phones, client)
    assert (caught.value.status, caught.value.code) == (400, 21610)
    assert client.messages.create(to=LIAISON, from_="+12025550101", body="another sender").sid
    send(phones, client, IN_CHINA)
    phones.reply(LIAISON, "no keyword")
    phones.handset(LIAISON)
    assert "STOP" in page(phones)


def test_start_brings_the_texts_back(phones: PhoneCompany, client: Client) -> None:
    send(phones, client)
    phones.reply(LIAISON, "STOP")
    with pytest.raises(TwilioRestException):
        send(phones, client)
    phones.reply(LIAISON, "start")
    assert send(phones, client)


def test_a_number_in_china_cannot_reply_and_is_told_why(phones: PhoneCompany, client: Client) -> None:
    phones.handset(IN_CHINA, profile="CN")
    send(phones, client, IN_CHINA)
    with pytest.raises(CannotReply, match="two-way"):
        phones.reply(IN_CHINA, "K7M4")
    status, text, _ = press(phones, f"/handsets/{IN_CHINA}/reply?lang=zh", {"text": "K7M4"})
    assert status == 409
    assert "不支持回复短信" in text
    assert f'action="/handsets/{IN_CHINA}/reply' not in page(phones)


def test_a_link_to_china_is_filtered_and_the_book_says_so(phones: PhoneCompany, client: Client) -> None:
    phones.handset(IN_CHINA, profile="CN")
    send(phones, client, IN_CHINA, "见https://desk.example/a")
    send(phones, client, LIAISON, "见https://desk.example/a")
    assert [(entry["to"], entry["status"], entry["error_code"]) for entry in phones.book()] == [
        (IN_CHINA, "undelivered", 30007),
        (LIAISON, "delivered", None),
    ]


def test_a_number_with_86_is_in_china_unless_said_otherwise(phones: PhoneCompany, client: Client) -> None:
    send(phones, client, "+860000000193", "x")
    assert [handset["profile"] for handset in phones.get("/control")["handsets"]] == ["CN"]


def test_a_phone_that_is_off_is_30003_and_hears_again_once_on(phones: PhoneCompany, client: Client) -> None:
    phones.handset(LIAISON, powered=False)
    send(phones, client, body="missed")
    with pytest.raises(CannotReply, match="off"):
        phones.reply(LIAISON, "K7M4")
    assert press(phones, f"/handsets/{LIAISON}/power", {"powered": "1"})[0] == 303
    send(phones, client, body="heard")
    assert [(entry["status"], entry["error_code"]) for entry in phones.book()] == [
        ("undelivered", 30003),
        ("delivered", None),
    ]


def test_reading_is_told_where_the_country_tells_it(
    phones: PhoneCompany, client: Client, subscriber: Subscriber
) -> None:
    made = client.messages.create(to=LIAISON, from_=phones.sender, body="x", status_callback=subscriber.url)
    phones.wait_for(lambda: made.fetch().status == "delivered")
    status, _, location = press(phones, f"/handsets/{LIAISON}/read/{made.sid}?lang=en", {})
    assert (status, location) == (303, "/?lang=en#h12025550143")
    phones.wait_for(lambda: subscriber.statuses(made.sid) == ["sending", "sent", "delivered", "read"])
    phones.handset(IN_CHINA, profile="CN")
    quiet = send(phones, client, IN_CHINA)
    phones.read(IN_CHINA, quiet)
    entry = phones.book()[-1]
    assert entry["status"] == "delivered"
    assert entry["read_at"]


def test_a_text_that_did_not_arrive_cannot_be_read(phones: PhoneCompany, client: Client) -> None:
    lost = send(phones, client, "+12025550195")
    with pytest.raises(CannotReply, match="has not received"):
        phones.read("+12025550195", lost)
    arrived = send(phones, client)
    with pytest.raises(CannotReply, match="has not received"):
        phones.read("+12025550195", arrived)


def test_a_declined_reply_keeps_what_was_typed_and_says_why_in_the_readers_language(
    phones: PhoneCompany, client: Client
) -> None:
    send(phones, client)
    for language, sentence in (("zh", "回复不能超过 1600 字"), ("en", "at most 1,600 characters")):
        status, text, _ = press(phones, f"/handsets/{LIAISON}/reply?lang={language}", {"text": "字" * 1601})
        assert status == 409
        assert sentence in text
        assert "字" * 1601 in text


def test_texts_are_shown_as_text(phones: PhoneCompany, client: Client) -> None:
    send(phones, client, body="<script>alert(1)</script>")
    phones.reply(LIAISON, '"><img src=x>')
    shown = page(phones)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<img" not in shown


def test_the_page_is_marked_simulated_in_both_languages_and_has_nothing_inline(phones: PhoneCompany) -> None:
    for language in ("zh", "en"):
        shown = page(phones, f"/?lang={language}")
        assert "SIMULATED" in shown
        assert "模拟电话" in shown
        assert "style=" not in shown
        assert "<script>" not in shown
    line = HTTPConnection("127.0.0.1", phones.port, timeout=10)
    line.request("GET", "/")
    assert line.getresponse().headers["Content-Security-Policy"].startswith("default-src 'self'")
    line.close()


def test_a_foreign_page_can_press_nothing(phones: PhoneCompany, client: Client) -> None:
    send(phones, client)
    status, _, _ = press(phones, f"/handsets/{LIAISON}/reply", {"text": "STOP"}, Origin="https://elsewhere.example")
    assert status == 409
    status, _, _ = press(phones, f"/control/handsets/{LIAISON}/replies", {"text": "STOP"})
    assert status == 400
    assert client.messages.list(to=phones.sender) == []
    same = {"Origin": f"http://127.0.0.1:{phones.port}"}
    assert press(phones, f"/handsets/{LIAISON}/reply", {"text": "K7M4"}, **same)[0] == 303


@pytest.mark.parametrize(
    ("method", "path", "value", "status"),
    [
        ("PUT", "/control/faults/nonsense", {}, 400),
        ("PUT", "/control/handsets/abc", {}, 400),
        ("PUT", f"/control/handsets/{LIAISON}", {"profile": "FR"}, 400),
        ("PUT", f"/control/handsets/{LIAISON}", {"powered": "no"}, 400),
        ("PUT", "/control/inbound", {"url": "http://desk.example/"}, 400),
        ("PUT", "/control/inbound", {"url": 5}, 400),
        ("PUT", "/control/inbound", ["url"], 400),
        ("POST", f"/control/handsets/{LIAISON}/replies", {"text": "no such handset"}, 409),
        ("GET", "/control/nothing", {}, 404),
    ],
)
def test_a_control_request_that_makes_no_sense_is_refused_and_changes_nothing(
    phones: PhoneCompany, method: str, path: str, value: object, status: int
) -> None:
    before = phones.get("/control")
    line = HTTPConnection("127.0.0.1", phones.port, timeout=10)
    line.request(method, path, json.dumps(value), {"Content-Type": "application/json"})
    assert line.getresponse().status == status
    line.close()
    assert phones.get("/control") == before
