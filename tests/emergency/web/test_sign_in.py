"""Signing in at the page: waits that several web processes share, addresses behind a proxy, browsers that are known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from emergency import access, clock
from emergency.web import door
from emergency.web.app import parts
from tests.emergency.web.conftest import csrf_token, serving

AT = datetime(2025, 11, 20, 18, 0, tzinfo=UTC)
NAME = "甲州值班员"
OFFICE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands, so that what comes at once comes at once."""
    at(monkeypatch, AT)


@pytest.fixture
def password(app: Flask) -> str:
    """The duty officer's."""
    with app.app_context(), parts().sessions.begin() as session:
        return access.add_officer(session, name=NAME, role="duty_officer", jurisdiction="V10100", at=AT)


@pytest.fixture
def second(valley_database: Engine) -> Iterator[Flask]:
    """Another web process on the same database."""
    yield from serving(valley_database)


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    """What the clock says from now on."""
    monkeypatch.setattr(clock, "now", lambda: instant)


def tried(
    web: FlaskClient, password: str, *, name: str = NAME, come_from: str = OFFICE, **headers: str
) -> TestResponse:
    """One press of the button."""
    form = {"name": name, "password": password, "csrf_token": csrf_token(web, "/sign-in")}
    sent = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return web.post("/sign-in", data=form, headers=sent, environ_base={"REMOTE_ADDR": come_from})


def test_the_form_says_how_long_to_wait_in_both_languages_and_keeps_the_name(app: Flask, password: str) -> None:
    web = app.test_client()
    said = [tried(web, "wrong", accept_language="zh") for _ in range(4)]
    assert [(each.status_code, "秒再试" in each.text) for each in said] == [(401, False)] * 3 + [(401, True)]
    for language, sentence in (("zh", "试错太多次：请等 5 秒再试。"), ("en", "Too many wrong tries: wait 5 seconds")):
        shut = tried(web, password, accept_language=language)
        assert (shut.status_code, shut.headers["Retry-After"]) == (429, "5")
        assert sentence in shut.text
        assert f'value="{NAME}"' in shut.text


def test_several_web_processes_and_a_restart_count_together(
    app: Flask, second: Flask, password: str, valley_database: Engine
) -> None:
    for process in (app, second, app, second):
        assert tried(process.test_client(), "wrong").status_code == 401
    assert [tried(process.test_client(), password).status_code for process in (app, second)] == [429, 429]
    for restarted in serving(valley_database):
        assert tried(restarted.test_client(), password).status_code == 429


def test_the_officer_signs_in_elsewhere_while_somebody_guesses(
    app: Flask, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(0, 60, 5):
        at(monkeypatch, AT + timedelta(minutes=minute))
        tried(app.test_client(), "guess", come_from=ELSEWHERE)
    assert tried(app.test_client(), password, come_from=ELSEWHERE).status_code == 429
    assert tried(app.test_client(), password, come_from=OFFICE).status_code == 303


def test_a_browser_that_was_let_in_before_is_let_in_again_though_its_address_is_shut(app: Flask, password: str) -> None:
    office = app.test_client()
    assert tried(office, password).status_code == 303
    for _ in range(4):
        tried(app.test_client(), "guess")
    assert tried(app.test_client(), password).status_code == 429
    assert tried(office, "mistyped").status_code == 401
    assert tried(office, password).status_code == 303


def test_the_mark_of_a_browser_holds_for_its_own_names_and_cannot_be_made_up(app: Flask, password: str) -> None:
    with app.app_context(), parts().sessions.begin() as session:
        access.add_officer(session, name="他人", role="observer", jurisdiction="V10100", at=AT)
    office = app.test_client()
    tried(office, password)
    for _ in range(4):
        tried(app.test_client(), "guess", name="他人")
    assert tried(office, "guess", name="他人").status_code == 429
    forged = app.test_client()
    forged.set_cookie(door.COOKIE, "WyJhIiwiYiJd.made-up", path="/sign-in")
    for _ in range(4):
        tried(forged, "guess")
    assert tried(app.test_client(), password).status_code == 429


def test_the_mark_of_a_browser_is_kept_from_scripts_and_goes_to_the_sign_in_alone(app: Flask, password: str) -> None:
    kept = [each for each in tried(app.test_client(), password).headers.getlist("Set-Cookie") if door.COOKIE in each]
    assert len(kept) == 1
    for part in ("HttpOnly", "Path=/sign-in", "SameSite=Lax"):
        assert part in kept[0]


PROXIED = (
    ("the proxy on this machine says who asked", "127.0.0.1", "198.51.100.{n}", True),
    ("and so it does over IPv6", "::1", "198.51.100.{n}", True),
    ("what the asker told the proxy counts for nothing", "127.0.0.1", "{n}.0.0.1, 198.51.100.7", False),
    ("no proxy of ours", "203.0.113.9", "198.51.100.{n}", False),
    ("a header may say anything", "127.0.0.1", "nonsense {n}", False),
    ("one IPv6 network has many addresses", "127.0.0.1", "2001:db8:1:2::{n}", False),
    ("and each network is another", "127.0.0.1", "2001:db8:1:{n}::1", True),
)


def test_an_address_is_the_askers_own(app: Flask, subtests: pytest.Subtests) -> None:
    for case, peer, forwarded, apart in PROXIED:
        with subtests.test(case):
            said = [
                tried(app.test_client(), "guess", name=case, come_from=peer, x_forwarded_for=forwarded.format(n=n))
                for n in range(1, 6)
            ]
            assert [each.status_code for each in said] == [401] * 4 + [401 if apart else 429]


def test_neither_name_nor_address_nor_password_is_stored_in_clear(
    app: Flask, password: str, valley_database: Engine
) -> None:
    for _ in range(5):
        tried(app.test_client(), "a wrong password", name="无此人")
    with valley_database.connect() as connection:
        kept = str(connection.execute(text("select * from sign_in_tries")).all())
        journal = str(connection.execute(text("select stored from journal_entries where stream = 'system'")).all())
    assert "sign_in.slowed" in journal
    for secret in ("a wrong password", "无此人", OFFICE):
        assert secret not in kept + journal
