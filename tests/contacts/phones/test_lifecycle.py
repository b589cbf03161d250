"""How texts move on, what the subscriber is told, and that a kill changes nothing of it."""

import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
import requests
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from contacts.phones.rules import CARRIER_ERRORS, CARRIER_SUFFIXES
from tests.contacts.phones.conftest import Redirected, Subscriber
from tests.phones import PhoneCompany

LIAISON = "+12025550143"
FINAL = {"delivered", "undelivered", "failed", "read"}


def _has(texts: list[str], number: int) -> bool:
    return len(texts) >= number


def all_final(phones: PhoneCompany) -> bool:
    return all(entry["status"] in FINAL for entry in phones.book())


def test_each_state_after_the_first_is_told_in_order_and_signed(
    phones: PhoneCompany, client: Client, subscriber: Subscriber
) -> None:
    made = client.messages.create(
        to=LIAISON, from_=phones.sender, body="首报", status_callback=f"{subscriber.url}/status?delivery=7&attempt=1"
    )
    phones.wait_for(lambda: len(subscriber.told) == 3)
    assert subscriber.statuses(made.sid) == ["sending", "sent", "delivered"]
    assert all(told.genuine and told.path == "/status?delivery=7&attempt=1" for told in subscriber.told)
    assert subscriber.told[-1].form == {
        "AccountSid": phones.account_sid,
        "ApiVersion": "2010-04-01",
        "MessageSid": made.sid,
        "MessageStatus": "delivered",
        "SmsSid": made.sid,
        "SmsStatus": "delivered",
        "To": LIAISON,
        "From": phones.sender,
    }


def test_through_a_service_queued_is_told_too(phones: PhoneCompany, client: Client, subscriber: Subscriber) -> None:
    service = "MG" + "a" * 32
    made = client.messages.create(to=LIAISON, messaging_service_sid=service, body="x", status_callback=subscriber.url)
    phones.wait_for(lambda: len(subscriber.told) == 4)
    assert subscriber.statuses(made.sid) == ["queued", "sending", "sent", "delivered"]
    assert {told.form["MessagingServiceSid"] for told in subscriber.told} == {service}


@pytest.mark.parametrize(("suffix", "code"), CARRIER_SUFFIXES.items())
def test_the_carrier_fails_a_text_by_the_suffix_of_its_number(
    phones: PhoneCompany, client: Client, subscriber: Subscriber, suffix: int, code: int
) -> None:
    made = client.messages.create(
        to=f"+120255501{suffix}", from_=phones.sender, body="x", status_callback=subscriber.url
    )
    phones.wait_for(lambda: all_final(phones))
    end = CARRIER_ERRORS[code]
    fetched = made.fetch()
    assert (fetched.status, fetched.error_code, fetched.error_message) == (end.status, code, end.message)
    phones.wait_for(lambda: end.status in subscriber.statuses(made.sid))
    assert subscriber.told[-1].form["ErrorCode"] == str(code)


def test_a_silent_number_stays_at_sent(phones: PhoneCompany, client: Client) -> None:
    silent = client.messages.create(to="+12025550190", from_=phones.sender, body="x")
    phones.wait_for(lambda: silent.fetch().status == "sent")
    later = client.messages.create(to=LIAISON, from_=phones.sender, body="x")
    phones.wait_for(lambda: later.fetch().status == "delivered")
    assert silent.fetch().status == "sent"


def test_a_callback_answered_with_5xx_is_tried_once_more(
    phones: PhoneCompany, client: Client, subscriber: Subscriber
) -> None:
    subscriber.answers = [503]
    made = client.messages.create(to=LIAISON, from_=phones.sender, body="x", status_callback=subscriber.url)
    phones.wait_for(lambda: len(subscriber.told) == 4)
    assert sorted(subscriber.statuses(made.sid)) == ["delivered", "sending", "sending", "sent"]
    tokens = {
        told.headers["I-Twilio-Idempotency-Token"]
        for told in subscriber.told
        if told.form["MessageStatus"] == "sending"
    }
    assert len(tokens) == 1
    phones.wait_for(lambda: [line["attempts"] for line in phones.webhooks()] == [2, 1, 1])


def test_a_callback_answered_with_403_is_not_tried_again(
    phones: PhoneCompany, client: Client, subscriber: Subscriber
) -> None:
    subscriber.answers = [403, 403, 403]
    client.messages.create(to=LIAISON, from_=phones.sender, body="x", status_callback=subscriber.url)
    phones.wait_for(lambda: [line["state"] for line in phones.webhooks()] == ["given_up"] * 3)
    assert [(line["attempts"], line["answer"]) for line in phones.webhooks()] == [(1, "403")] * 3


def test_nobody_at_the_callback_address_does_not_stop_the_texts(phones: PhoneCompany, client: Client) -> None:
    made = client.messages.create(to=LIAISON, from_=phones.sender, body="x", status_callback="http://127.0.0.1:9/")
    phones.wait_for(lambda: made.fetch().status == "delivered")
    phones.wait_for(lambda: [line["state"] for line in phones.webhooks()] == ["given_up"] * 3)
    assert [(line["attempts"], line["answer"]) for line in phones.webhooks()] == [(2, "none")] * 3


def test_kill_9_in_the_middle_of_the_load_loses_nothing_and_texts_move_on(
    phones: PhoneCompany, subscriber: Subscriber
) -> None:
    """Four senders, five kills: every 201 stands in the book, and every text in it comes to its end and is told."""
    promised: list[str] = []
    done = threading.Event()

    def send(sender: int) -> None:
        client = Client(phones.account_sid, phones.auth_token, http_client=Redirected(phones.url))
        n = 0
        while not done.is_set():
            n += 1
            try:
                made = client.messages.create(
                    to=LIAISON, from_=phones.sender, body=f"{sender}-{n}", status_callback=subscriber.url
                )
                promised.append(made.sid)
            except (requests.RequestException, TwilioException):
                time.sleep(0.01)  # killed meanwhile, perhaps within the answer: whether it was heard is not known

    senders = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in senders:
        thread.start()
    for kills in range(1, 6):
        phones.wait_for(partial(_has, promised, 20 * kills))
        phones.kill()
        phones.start()
    done.set()
    for thread in senders:
        thread.join()

    booked = {entry["sid"] for entry in phones.book()}
    assert len(promised) >= 100
    assert set(promised) <= booked
    phones.wait_for(lambda: all_final(phones), 60)
    assert {entry["status"] for entry in phones.book()} == {"delivered"}
    phones.wait_for(
        lambda: (
            {told.form["MessageSid"] for told in subscriber.told if told.form["MessageStatus"] == "delivered"} == booked
        ),
        60,
    )


def test_a_book_is_kept_by_one_process_only(phones: PhoneCompany, capfd: pytest.CaptureFixture[str]) -> None:
    second = PhoneCompany(phones.path)
    with pytest.raises(AssertionError, match="did not start"):
        second.start()
    assert "正被另一个进程使用" in capfd.readouterr().err


def test_a_file_that_is_no_book_is_refused_and_left_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("not a book, and long enough to be mistaken for nothing else")
    with pytest.raises(AssertionError, match="did not start"):
        PhoneCompany(tmp_path / "letter.txt").start()
    assert "cannot be opened" in capfd.readouterr().err
    assert (tmp_path / "letter.txt").read_text().startswith("not a book")


def test_faults_handsets_and_stops_outlive_a_kill(phones: PhoneCompany, client: Client) -> None:
    client.messages.create(to=LIAISON, from_=phones.sender, body="x")
    phones.fault("error_before_accept", count=3)
    phones.handset(LIAISON, label="梁平区值班员", powered=False)
    before = phones.get("/control")
    phones.kill()
    phones.start()
    assert phones.get("/control") == before


def test_without_a_token_one_is_drawn_once_and_kept_for_the_owner_alone(tmp_path: Path) -> None:
    book = tmp_path / "deep" / "book.sqlite3"
    tokens = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "contacts.phones", "--port", "0", "--book", str(book)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.terminate()
        _, errors = process.communicate(timeout=10)
        assert process.returncode == 0
        token = book.with_name("book.sqlite3.token")
        assert str(token) in errors
        assert token.stat().st_mode & 0o777 == 0o600
        tokens.append(token.read_text())
    assert tokens[0] == tokens[1]
    assert len(tokens[0]) == 32
