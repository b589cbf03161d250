"""What a desk keeps in order, over HTTP and by command: papers, contact tests, the audit, how its people are told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from contacts.ledger import BeatRow
from contacts.sending import dispatch
from contacts.watch.watchman import Watchman
from emergency import access, clock, config, db
from emergency.notifications import NotificationRow
from emergency.web.app import NAME
from emergency.words import Words
from tests.contacts import cast
from tests.contacts.cast import DESK, SENDER_DESK
from wsgi import create_app

SETTINGS = {"SECRET_KEY": cast.SECRET_KEY, "CONTACTS_KEY": cast.CONTACTS_KEY, "PUBLIC_URL": cast.NOWHERE}


@pytest.fixture
def app(database: Engine) -> Iterator[Flask]:
    """The whole application."""
    url = database.url.render_as_string(hide_password=False)
    made = create_app(config.read({"DATABASE_URL": url, **SETTINGS}))
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

    def get(self, path: str, *, language: str = "zh") -> Any:
        return self._client.get(path, headers={**self._headers, "Accept-Language": language})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self._client.post(path, json=body, headers={**self._headers, **headers})


@pytest.fixture
def sender(app: Flask, database: Engine) -> Desk:
    return Desk(app, database, "duty_officer", SENDER_DESK)


@pytest.fixture
def zhong(app: Flask, database: Engine) -> Desk:
    return Desk(app, database, "duty_officer", DESK)


@pytest.fixture
def administrator(app: Flask, database: Engine) -> Desk:
    return Desk(app, database, "administrator", None)


def issued(engine: Engine) -> int:
    with db.sessions(engine).begin() as session:
        cast.load(session)
        number = cast.incident(session)
        access.admit(session, incident=number, jurisdiction=SENDER_DESK, because="lead", at=clock.now())
        return cast.message(session, number).id


def rounds(engine: Engine) -> None:
    """The worker goes round once."""
    sessions = db.sessions(engine)
    name = Words("中区", "Middle")
    Watchman(sessions, cast.ZONE, lambda session, code: name, heartbeat_url="", monthly=False)(clock.now())


# Papers --------------------------------------------------------------------------------------------------------------


def test_a_fax_is_recorded_once_shown_on_the_card_and_its_receipt_too(database: Engine, sender: Desk) -> None:
    n = issued(database)
    body = {"channel": "fax", "to": "中区值班室", "reference": "甲环函7号"}
    made = sender.post(f"/api/v1/notifications/{n}/papers", body, **{"Idempotency-Key": "k"})
    again = sender.post(f"/api/v1/notifications/{n}/papers", body, **{"Idempotency-Key": "k"})
    assert (made.status_code, again.get_json()) == (201, made.get_json())
    delivery = made.get_json()["delivery"]
    assert sender.post(f"/api/v1/deliveries/{delivery}/received", {"person": "赵"}).get_json()["state"] == "delivered"
    with db.sessions(database).begin() as session:
        number = session.get_one(NotificationRow, n).incident
    [card] = sender.get(f"/api/v1/incidents/{number}/calls").get_json()["calls"]
    [paper] = card["papers"]
    assert (paper["channel"], paper["reference"], paper["received_by"]) == ("fax", "甲环函7号", "赵")
    assert card["read_back"] == {"done": 0, "wanted": 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "pigeon", "to": "x"}, "channel"),
        ({"channel": "fax"}, "to"),
        ({"channel": "fax", "to": "x", "at": "2025-01-01T00:00:00Z"}, "at"),
    ],
)
def test_a_paper_that_cannot_be_is_refused_by_its_field(
    database: Engine, sender: Desk, body: dict[str, Any], field: str
) -> None:
    n = issued(database)
    answer = sender.post(f"/api/v1/notifications/{n}/papers", body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)


def test_another_desk_can_neither_record_a_paper_nor_its_receipt(database: Engine, sender: Desk, zhong: Desk) -> None:
    n = issued(database)
    assert zhong.post(f"/api/v1/notifications/{n}/papers", {"channel": "fax", "to": "x"}).status_code == 404
    delivery = sender.post(f"/api/v1/notifications/{n}/papers", {"channel": "exchange", "to": "x"}).get_json()[
        "delivery"
    ]
    assert zhong.post(f"/api/v1/deliveries/{delivery}/received", {"person": "赵"}).status_code == 404


# Contact tests -------------------------------------------------------------------------------------------------------


def test_a_desk_tests_its_own_people_and_an_answer_by_telephone_or_page_is_kept(database: Engine, zhong: Desk) -> None:
    with db.sessions(database).begin() as session:
        cast.load(session)
    path = f"/api/v1/desks/{DESK}/contact-tests"
    assert zhong.post(path, {"announced": False}).status_code == 201
    rounds(database)
    [test] = zhong.get(path).get_json()["tests"]
    first, second, third = test["asked"]
    assert {each["state"] for each in test["asked"]} == {"waiting"}
    assert zhong.post(f"/api/v1/contact-tests/{first['notification']}/answered", {"by": "王某"}).status_code == 200
    read = zhong.post(f"/api/v1/notifications/{second['notification']}/acknowledge", {"via": "web"})
    assert read.status_code == 200
    [test] = zhong.get(path).get_json()["tests"]
    assert [(each["state"], each["via"]) for each in test["asked"]] == [
        ("answered", "call"),
        ("answered", "web"),
        ("waiting", None),
    ]
    page = zhong.get("/contact-tests").get_data(as_text=True)
    assert third["code"] in page
    assert "应答 2/3" in page
    assert zhong.get("/api/v1/incidents").get_json()["incidents"] == [], "a test is no incident"


def test_only_a_desks_own_people_and_an_administrator_test_it(
    database: Engine, sender: Desk, administrator: Desk
) -> None:
    with db.sessions(database).begin() as session:
        cast.load(session)
    path = f"/api/v1/desks/{DESK}/contact-tests"
    assert sender.post(path, {}).status_code == 403
    assert sender.get(path).status_code == 403
    made = administrator.post(path, {"announced": True, "starts_at": "2099-01-01T00:00:00Z"})
    assert made.status_code == 422
    assert administrator.post(path, {"announced": "soon"}).get_json()["field"] == "announced"
    made = administrator.post(path, {})
    assert sender.post(f"/api/v1/contact-tests/{made.get_json()['id']}/cancel", {}).status_code == 404
    assert administrator.post(f"/api/v1/contact-tests/{made.get_json()['id']}/cancel", {}).status_code == 200


# How people are told, and the audit ----------------------------------------------------------------------------------


def test_the_rule_of_a_desk_can_be_read(zhong: Desk) -> None:
    [now, *_] = zhong.get(f"/api/v1/desks/{DESK}/escalation").get_json()["rules"]
    assert (now["circle"], now["own"], now["read_backs"]) == ("now", False, 1)
    assert now["steps"][0] == {"role": "primary", "tier": None, "wait_min": 15.0}


def test_an_administrator_finds_every_desk_with_people_before_the_first_test(
    database: Engine, zhong: Desk, administrator: Desk
) -> None:
    assert "先在通讯录里登记" in administrator.get("/contact-tests").get_data(as_text=True)
    with db.sessions(database).begin() as session:
        cast.load(session)
    page = administrator.get("/contact-tests").get_data(as_text=True)
    assert f'<option value="{DESK}">' in page
    assert f'<option value="{DESK}" selected>' in administrator.get(f"/contact-tests?desk={DESK}").get_data(
        as_text=True
    )
    assert "<option" not in zhong.get("/contact-tests").get_data(as_text=True), "a desk sees its own alone"


def test_the_audit_says_to_each_desk_what_concerns_it_and_to_the_administrator_all(
    database: Engine, sender: Desk, zhong: Desk, administrator: Desk
) -> None:
    with db.sessions(database).begin() as session:
        cast.load(session, cast.document(roster=False))
        for kind in ("dispatch", "work"):
            session.add(BeatRow(kind=kind, name="here:1", started_at=clock.now(), beat_at=clock.now()))

    def checks(desk: Desk) -> list[str]:
        found = desk.get("/api/v1/audit").get_json()
        return [each["check"] for each in found["findings"]]

    assert checks(sender) == []
    assert checks(zhong) == checks(administrator) == ["roster_gap", "stale_contacts"]
    page = zhong.get("/audit", language="en").get_data(as_text=True)
    assert "Nobody is on duty: a message reaches no one." in page
    assert zhong.get("/metrics").status_code == 403
    lines = administrator.get("/metrics").get_data(as_text=True).splitlines()
    assert "lianfang_audit_well 0" in lines
    assert 'lianfang_audit_findings{check="roster_gap",alarm="true"} 1' in lines
    assert any(line.startswith('lianfang_worker_silent_seconds{kind="dispatch"}') for line in lines)


def test_the_commands(app: Flask, database: Engine, tmp_path: Path) -> None:
    with db.sessions(database).begin() as session:
        cast.load(session)
    runner = app.test_cli_runner()
    silent = runner.invoke(args=["audit", "--json"])
    assert (silent.exit_code, json.loads(silent.stdout)["well"]) == (1, False)
    made = json.loads(runner.invoke(args=["contacts", "test", "--jurisdiction", DESK, "--json"]).stdout)
    assert made["started"] is True
    [line] = json.loads(runner.invoke(args=["contacts", "tests", "--json"]).stdout)
    assert (line["desk"], line["replies"]["asked"]) == (DESK, 3)
    assert "—" in runner.invoke(args=["contacts", "tests", "--jurisdiction", DESK]).stdout
    file = tmp_path / "rules.yaml"
    file.write_text(
        f"version: 1\nrules: [{{desk: {DESK}, circle: now, steps: [{{role: leader, wait_min: 5}}]}}]", encoding="utf-8"
    )
    assert "1 rules of 1 desks" in runner.invoke(args=["escalation", "load", str(file)]).stdout
    shown = json.loads(runner.invoke(args=["escalation", "show", "--jurisdiction", DESK, "--json"]).stdout)
    assert shown["rules"][0] == {
        "circle": "now",
        "own": True,
        "read_backs": 1,
        "steps": [{"role": "leader", "wait_s": 300.0}],
    }
    assert "leader 5 min" in runner.invoke(args=["escalation", "show", "--jurisdiction", DESK]).stdout
    with db.sessions(database).begin() as session:
        for kind in ("dispatch", "work"):
            session.add(BeatRow(kind=kind, name="here:1", started_at=clock.now(), beat_at=clock.now()))
    dispatch.run_once(cast.office(database, None))
    assert runner.invoke(args=["audit"]).exit_code == 0
    assert runner.invoke(args=["audit", "--strict"]).exit_code == 1, "nobody has been shown to be reachable yet"
