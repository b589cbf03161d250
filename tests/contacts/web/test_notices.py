"""Delivery over HTTP: the provider's webhooks for real, the call board, receipts, duty; and its commands."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server

from contacts.marks import Marker
from contacts.sending import dispatch
from contacts.sending.states import State
from emergency import access, clock, config, db, journal
from emergency.notifications import NotificationRow
from emergency.web.app import NAME
from tests.contacts import cast
from tests.contacts.cast import DESK, NUMBERS, SENDER_DESK
from tests.phones import PhoneCompany, phones
from wsgi import create_app

__all__ = ["phones"]


@pytest.fixture
def app(database: Engine, phones: PhoneCompany) -> Iterator[Flask]:
    """The whole application, wired to the phone company."""
    made = create_app(
        config.read(
            {
                "DATABASE_URL": database.url.render_as_string(hide_password=False),
                "SECRET_KEY": cast.SECRET_KEY,
                "CONTACTS_KEY": cast.CONTACTS_KEY,
                "PUBLIC_URL": cast.NOWHERE,
                "TWILIO_BASE_URL": phones.url,
                "TWILIO_ACCOUNT_SID": phones.account_sid,
                "TWILIO_AUTH_TOKEN": phones.auth_token,
                "TWILIO_FROM": phones.sender,
            }
        )
    )
    yield made
    made.extensions[NAME].engine.dispose()


class Desk:
    """An officer with a token."""

    def __init__(self, app: Flask, engine: Engine, role: str, jurisdiction: str | None):
        self._client: FlaskClient = app.test_client()
        name = f"{role} {jurisdiction}"
        with db.sessions(engine).begin() as session:
            access.add_officer(session, name=name, role=role, jurisdiction=jurisdiction, at=clock.now())
            session.flush()
            self._headers = {"Authorization": f"Bearer {access.new_token(session, name=name, at=clock.now())}"}

    def get(self, path: str, status: int = 200) -> Any:
        answer = self._client.get(f"/api/v1{path}", headers=self._headers)
        assert answer.status_code == status, answer.text
        return answer.json

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        answer = self._client.post(f"/api/v1{path}", json=body, headers=self._headers)
        assert answer.status_code == status, answer.text
        return answer.json


def issued(engine: Engine, people: dict[str, Any] | None = None) -> tuple[int, int]:
    """A message to the desk, seen by both sides: incident and notification."""
    with db.sessions(engine).begin() as session:
        cast.load(session, cast.document(people=people))
        number = cast.incident(session)
        row = cast.message(session, number)
        for desk in (SENDER_DESK, DESK):
            access.admit(session, incident=number, jurisdiction=desk, because="test", at=clock.now())
        return number, row.id


@pytest.fixture
def desk_url(app: Flask) -> Iterator[str]:
    """The application behind a real port, which its settings name."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    parts = app.extensions[NAME]
    settings = config.read({**_environ(parts.settings), "PUBLIC_URL": url, "PORT": str(server.server_port)})
    app.extensions[NAME] = replace(parts, settings=settings)
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def _environ(settings: config.Settings) -> dict[str, str]:
    names = ("DATABASE_URL", "SECRET_KEY", "CONTACTS_KEY", "TWILIO_BASE_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    return {name: str(getattr(settings, name.lower())) for name in (*names, "TWILIO_FROM")}


def test_the_provider_reports_and_the_delivery_is_delivered_without_asking(
    database: Engine, phones: PhoneCompany, desk_url: str
) -> None:
    issued(database)
    phones.fault("callback_doubled", on="status")
    dispatch.run_once(cast.office(database, phones, public_url=desk_url))
    phones.wait_for(lambda: cast.rows(database)[0].state == State.DELIVERED)
    phones.wait_for(lambda: all(line["state"] != "waiting" for line in phones.webhooks()))
    assert {line["answer"] for line in phones.webhooks()} == {"204"}


def test_a_forged_report_gets_403_and_changes_nothing(database: Engine, phones: PhoneCompany, desk_url: str) -> None:
    issued(database)
    phones.fault("callback_forged", on="status")
    dispatch.run_once(cast.office(database, phones, policy=cast.STILL, public_url=desk_url))
    phones.wait_for(lambda: phones.webhooks() and all(line["answer"] == "403" for line in phones.webhooks()))
    assert cast.rows(database)[0].state == State.ACCEPTED


def test_a_reply_with_the_code_stops_the_escalation(database: Engine, phones: PhoneCompany, desk_url: str) -> None:
    _, notification = issued(database, {"primary": {"country_profile": "US"}, "deputy": {}})
    phones.inbound(f"{desk_url}/webhooks/twilio/inbound")
    office = cast.office(database, phones)
    dispatch.run_once(office)
    with db.sessions(database).begin() as session:
        code = session.get_one(NotificationRow, notification).code
    phones.reply(NUMBERS["primary"], f"{code} received")

    def stopped() -> bool:
        dispatch.run_once(office)
        return cast.ladders(database)[0].state == "acknowledged"

    phones.wait_for(stopped)
    assert [ladder.state for ladder in cast.ladders(database)] == ["acknowledged"]


def test_a_forged_reply_gets_403(app: Flask, database: Engine) -> None:
    _, notification = issued(database, {"primary": {"country_profile": "US"}})
    with db.sessions(database).begin() as session:
        code = session.get_one(NotificationRow, notification).code
    form = {"MessageSid": "SM1", "From": NUMBERS["primary"], "Body": code}
    answer = app.test_client().post("/webhooks/twilio/inbound", data=form, headers={"X-Twilio-Signature": "x"})
    assert answer.status_code == 403


def test_the_call_board_over_http(app: Flask, database: Engine, phones: PhoneCompany) -> None:
    number, notification = issued(database)
    dispatch.run_once(cast.office(database, phones))
    officer = Desk(app, database, "duty_officer", SENDER_DESK)
    [card] = officer.get(f"/incidents/{number}/calls")["calls"]
    assert card["number"] == "+1 202 555 ••41"
    shown = officer.post(f"/notifications/{notification}/reveal", {"contact": card["contact"]})
    assert shown["number"] == NUMBERS["primary"]
    path, call = f"/notifications/{notification}/calls", {"contact": card["contact"]}
    officer.post(path, {**call, "outcome": "no_answer"}, 201)
    done = officer.post(path, {**call, "outcome": "read_back", "person": "李", "code": card["code"]}, 201)
    assert done["acknowledges"] == [notification]
    assert officer.get(f"/incidents/{number}/calls")["calls"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "shrugged"}, "outcome"),
        ({"contact": "x"}, "contact"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2025-01-01T08:00:00"}, "at"),
        ({"person": 7}, "person"),
    ],
)
def test_a_call_badly_said_is_answered_with_the_field(
    app: Flask, database: Engine, change: dict[str, Any], field: str
) -> None:
    _, notification = issued(database)
    officer = Desk(app, database, "duty_officer", SENDER_DESK)
    refused = officer.post(
        f"/notifications/{notification}/calls", {"contact": 1, "outcome": "busy", "person": ""} | change, 422
    )
    assert refused["field"] == field


def test_only_the_desk_that_owes_calls_and_sees_numbers(app: Flask, database: Engine, phones: PhoneCompany) -> None:
    number, notification = issued(database)
    dispatch.run_once(cast.office(database, phones))
    told = Desk(app, database, "duty_officer", DESK)
    assert told.get(f"/incidents/{number}/calls")["calls"] == []
    told.post(f"/notifications/{notification}/reveal", {"contact": 1}, 403)
    Desk(app, database, "duty_officer", "V30100").post(f"/notifications/{notification}/reveal", {"contact": 1}, 404)
    Desk(app, database, "liaison", SENDER_DESK).post(f"/notifications/{notification}/reveal", {"contact": 1}, 403)


def test_a_receipt_of_a_page_of_the_desk_is_delivered(app: Flask, database: Engine, phones: PhoneCompany) -> None:
    issued(database)
    dispatch.run_once(cast.office(database, phones))
    [page] = cast.rows(database, "websocket")
    Desk(app, database, "liaison", SENDER_DESK).post(f"/deliveries/{page.id}/receipt", {}, 404)
    told = Desk(app, database, "liaison", DESK)
    assert told.post(f"/deliveries/{page.id}/receipt", {})["state"] == "delivered"
    assert told.post(f"/deliveries/{page.id}/receipt", {})["state"] == "delivered"
    with db.sessions(database).begin() as session:
        entries = journal.read(session, f"incident:{page.incident}")
    told_of = [entry.kind for entry in entries if entry.facts.get("delivery") == page.id]
    assert told_of == ["delivery.planned", "delivery.accepted", "delivery.delivered"]
    told.post(f"/deliveries/{cast.rows(database)[0].id}/receipt", {}, 404)


def test_who_is_on_duty_over_http(app: Flask, database: Engine) -> None:
    issued(database, {"primary": {}})
    officer = Desk(app, database, "duty_officer", SENDER_DESK)
    duty = officer.get(f"/desks/{DESK}/duty")["duty"]
    assert [(each["role"], each["contact"] is not None) for each in duty] == [
        ("primary", True),
        ("deputy", False),
        ("leader", False),
    ]
    assert duty[0]["contact"]["number"] == "+1 202 555 ••41"
    Desk(app, database, "observer", SENDER_DESK).get(f"/desks/{DESK}/duty", 403)


# Commands ------------------------------------------------------------------------------------------------------------


def test_contacts_load_and_roster_who(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "contacts.yaml"
    file.write_text(json.dumps(cast.document().model_dump(mode="json")), encoding="utf-8")
    run = app.test_cli_runner().invoke
    loaded = run(args=["contacts", "load", str(file)])
    assert loaded.exit_code == 0, loaded.output
    assert "3 contacts" in loaded.output
    asked = ["roster", "who", "--jurisdiction", DESK, "--at", "2025-11-21T02:41:00+08:00"]
    found = json.loads(run(args=[*asked, "--json"]).output)
    assert [each["contact"]["name_en"] for each in found["duty"]] == [f"{DESK} {role}" for role in NUMBERS]
    assert f"{DESK} primary" in run(args=asked).output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["contacts", "load", "/nowhere/contacts.yaml"], "读不到"),
        (["roster", "who", "--jurisdiction", DESK, "--at", "tonight"], "时间须带时区"),
        (["roster", "who", "--jurisdiction", DESK, "--at", "2025-11-21T02:41:00"], "时间须带时区"),
        (["dispatch", "--once", "--policy", "luck_s=1"], "没有等待时间 luck_s"),
    ],
)
def test_a_command_with_bad_input_says_one_sentence_and_fails(app: Flask, arguments: list[str], sentence: str) -> None:
    ended = app.test_cli_runner().invoke(args=arguments)
    assert ended.exit_code == 1
    assert sentence in ended.output
    assert len(ended.output.strip().splitlines()) == 1


def test_dispatch_once_sends_what_is_due_and_ends(app: Flask, database: Engine, phones: PhoneCompany) -> None:
    issued(database)
    ended = app.test_cli_runner().invoke(args=["dispatch", "--once", "--policy", "settle_s=1"])
    assert ended.exit_code == 0, ended.output
    assert len(phones.texts(NUMBERS["primary"])) == 1


def test_a_signature_is_checked_against_the_public_address_whatever_a_proxy_shows(
    database: Engine, app: Flask, phones: PhoneCompany
) -> None:
    """The provider signs the address that it was given; behind a proxy the request names another host and scheme."""
    issued(database)
    dispatch.run_once(cast.office(database, phones))
    parts = app.extensions[NAME]
    address = "https://desk.example"
    settings = replace(parts.settings, sms_provider="twilio", public_url=address)
    app.extensions[NAME] = replace(parts, settings=settings)
    row = cast.rows(database)[0]
    url = Marker(address, cast.SECRET_KEY).url(row.id, row.attempts).partition("#")[0]
    form = {"MessageSid": str(row.provider_sid), "MessageStatus": "delivered"}
    signed = {"X-Twilio-Signature": RequestValidator(phones.auth_token).compute_signature(url, form)}
    inside = url.replace(address, "http://web-1.internal:8000")
    web = app.test_client()
    assert web.post(inside, data=form, headers=signed).status_code == 204
    assert cast.rows(database)[0].state == State.DELIVERED
    signed["X-Twilio-Signature"] = RequestValidator(phones.auth_token).compute_signature(inside, form)
    assert web.post(inside, data=form, headers=signed).status_code == 403
