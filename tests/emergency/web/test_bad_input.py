"""Whatever is wrong with a request, one sentence says what to correct, in the reader's language, and nothing is stored."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from itsdangerous import TimestampSigner
from sqlalchemy import Engine

from emergency import access, clock
from emergency.units import iso
from emergency.web.app import parts
from tests.emergency.web.conftest import BROWSING, HEAD, Asker, ClientOf, csrf_token, serving

Digests = Callable[[], dict[str, str]]
SEA = {"lon": 122.5, "lat": 30.0}
FAR_FROM_ANY_RIVER = {"lon": 100.1, "lat": 30.56}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,}:? [a-z]+ [a-z]+")
SOON = timedelta(days=2)


def at(change: timedelta) -> str:
    """An instant near now, as a report says it."""
    return iso(clock.now() + change)


REPORTS: dict[str, tuple[dict[str, Any], str]] = {
    "in the sea": ({"location": SEA}, "location"),
    "40 km from a river": ({"location": FAR_FROM_ANY_RIVER}, "location"),
    "off the globe": ({"location": {"lon": 200, "lat": 30}}, "location.lon"),
    "longitude as text": ({"location": {"lon": "100.02", "lat": 30.1}}, "location.lon"),
    "without a place": ({"substance": "柴油"}, "location"),
    "in the future": ({"location": HEAD, "occurred_at": at(SOON)}, "occurred_at"),
    "known in the future": ({"location": HEAD, "known_at": at(SOON)}, "known_at"),
    "a time without its zone": ({"location": HEAD, "occurred_at": "2025-11-21T02:41:00"}, "occurred_at"),
    "from later to earlier": (
        {"location": HEAD, "occurred_at": {"earliest": at(-SOON), "latest": at(-2 * SOON)}},
        "occurred_at",
    ),
    "negative mass": ({"location": HEAD, "mass_kg": -1}, "mass_kg"),
    "no mass at all": ({"location": HEAD, "mass_kg": 0}, "mass_kg"),
    "negative deaths": ({"location": HEAD, "impact": {"deaths": -1}}, "impact.deaths"),
    "an unknown field": ({"location": HEAD, "colour": "red"}, "colour"),
    "an unknown field within": ({"location": {**HEAD, "alt": 3}}, "location.alt"),
    "a word that is not one of the choices": ({"location": HEAD, "source_state": "maybe"}, "source_state"),
    "a medium that is not served yet": ({"location": HEAD, "medium": "air"}, "medium"),
    "a telephone number in the reporter": ({"location": HEAD, "reporter": "+1 202 555 0143"}, "reporter"),
    "yes instead of true": ({"location": HEAD, "drill": "yes"}, "drill"),
}
BODIES = {
    "a bracket too few": (b'{"location": {"lon": 100.02', 400),
    "not JSON": (b"location=100.02,30.1", 400),
    "not text": (b"\xff\xfe\x00", 400),
    "a list": (b"[1, 2]", 400),
    "a number": (b"7", 400),
    "nested without end": (b"[" * 200_000, 400),
    "more than it takes": (b'"' + b"x" * 1_000_001 + b'"', 413),
    "a number without end": (b'{"location": {"lon": 100.02, "lat": 30.1}, "mass_kg": 1' + b"0" * 30 + b"}", 422),
    "not a number": (b'{"location": {"lon": NaN, "lat": 30.1}}', 422),
    "an invisible character": (b'{"location": {"lon": 100.02, "lat": 30.1}, "description": "a\\u0000b"}', 422),
}
STEPS: Sequence[tuple[str, dict[str, Any], int]] = (
    ("incidents/1/issue", {"assessment": 10**30}, 422),
    ("incidents/1/issue", {"assessment": "1"}, 422),
    ("incidents/1/issue", {"assessment": 1, "notifications": [True]}, 422),
    ("incidents/1/issue", {"assessment": 1, "act": "shout"}, 422),
    ("incidents/1/issue", {"assessment": 1, "consent": {"by": "领导", "how": "dream"}}, 422),
    ("incidents/1/issue", {"assessment": 1, "withhold": [{"id": 2, "reason": " "}]}, 422),
    ("incidents/1/issue", {"assessment": 1, "notifications": [1]}, 409),
    ("incidents/1/issue", {"assessment": 1, "notifications": [999]}, 404),
    ("incidents/1/issue", {"assessment": 999, "notifications": []}, 422),
    ("incidents/1/reports", {"reason": 5}, 422),
    ("incidents/1/correct", {"changes": {}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"location": SEA}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"location": None}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"known_at": None, "mass_kg": None}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"verification": None}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"cleared": ["mass_kg"]}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"colour": None}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"mass_kg": ""}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"impact": {"colour": None}}, "reason": "核实"}, 422),
    ("incidents/1/correct", {"changes": {"mass_kg": None}}, 422),
    ("incidents/1/reports", {"cleared": ["mass_kg"]}, 422),
    ("incidents/1/withdraw", {"reason": "a\0b"}, 422),
    ("incidents/1/withdraw", {}, 422),
    ("incidents/1/stand-down", {"reason": "达标", "signer": ""}, 422),
    ("incidents/1/close", {"reason": "结束"}, 409),
    ("notifications/1/calls", {"contact": 10**30, "outcome": "busy"}, 422),
    ("notifications/1/calls", {"contact": 1, "outcome": "laughed"}, 422),
    ("notifications/1/reveal", {"contact": 0}, 422),
    ("incidents/1/nothing", {}, 404),
)
QUESTIONS = {
    "snap": 422,
    "snap?lon=500&lat=30": 422,
    "trace?reach=999": 422,
    "trace?reach=1&offset_m=1000000": 422,
    "trace?lon=122.5&lat=30": 422,
    "trace?reach=1&network=none": 422,
    "trace?reach=1&direction=sideways": 422,
    "trace?reach=1&at=yesterday": 422,
    "places": 422,
    "places?q=%00": 422,
    "incidents?status=%00": 422,
    "incidents/99999999999999999999": 422,
    "incidents/1/journal?after=x": 422,
    "incidents/1/issue/preview?ids=one": 422,
    "desks/V10100/duty?at=2025-01-01": 422,
    "nothing": 404,
}


def refused(asker: Asker, method: str, path: str, body: Any, status: int, **headers: str) -> dict[str, Any]:
    """The problem that a request is answered with, in Chinese; it is asked in English too, and is one sentence in each."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    zh, en = (
        asker.ask(method, f"/api/v1/{path}", data=data, headers=headers | {"accept_language": language})
        for language in ("zh-CN,zh;q=0.9", "en")
    )
    assert (zh.status_code, zh.mimetype) == (en.status_code, en.mimetype) == (status, "application/problem+json"), (
        zh.text
    )
    chinese, english = zh.get_json(), en.get_json()
    assert {"type", "title", "status", "detail"} <= set(chinese)
    assert (chinese["type"], chinese["status"]) == (english["type"], status)
    assert CHINESE.search(chinese["detail"]), chinese
    assert ENGLISH.search(english["detail"]), english
    assert (chinese["detail"][-1], english["detail"][-1]) == ("。", "."), (chinese, english)
    assert "\n" not in chinese["detail"] + english["detail"]
    return dict(chinese)


@pytest.mark.parametrize("path", ["incidents", "incidents/preview"])
def test_a_report_that_cannot_be_taken_names_the_field(
    jia: Asker, stored: Digests, subtests: pytest.Subtests, path: str
) -> None:
    before = stored()
    for wrong, (body, field) in REPORTS.items():
        with subtests.test(wrong):
            assert refused(jia, "POST", path, body, 422)["field"] == field
    assert stored() == before


def test_off_the_network_the_nearest_rivers_are_offered(jia: Asker) -> None:
    said = refused(jia, "POST", "incidents", {"location": FAR_FROM_ANY_RIVER}, 422)
    assert said["candidates"][0]["name"] == "支河"
    assert said["candidates"][0]["distance_m"] == pytest.approx(40_000, rel=0.02)


def test_a_body_that_cannot_be_read_is_answered_and_not_stored(
    jia: Asker, stored: Digests, subtests: pytest.Subtests
) -> None:
    before = stored()
    for wrong, (data, status) in BODIES.items():
        with subtests.test(wrong):
            refused(jia, "POST", "incidents", data, status)
    assert stored() == before


def test_a_step_that_cannot_be_taken_says_why(
    jia: Asker, told: dict[str, Any], stored: Digests, subtests: pytest.Subtests
) -> None:
    before = stored()
    for path, body, status in STEPS:
        with subtests.test(f"{path} {body}"):
            refused(jia, "POST", path, body, status)
    assert stored() == before


def test_a_question_that_cannot_be_answered_says_why(
    jia: Asker, told: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, status in QUESTIONS.items():
        with subtests.test(path):
            assert refused(jia, "GET", path, None, status)["detail"]


def test_a_code_that_is_another_acknowledges_nothing(
    client_of: ClientOf, told: dict[str, Any], stored: Digests
) -> None:
    zhong, before = client_of("liaison", "V20100"), stored()
    path = f"notifications/{told['id']}/acknowledge"
    assert refused(zhong, "POST", path, {"via": "code", "code": "0000"}, 422)["field"] == "code"
    assert stored() == before


def test_the_wrong_method_says_so(jia: Asker) -> None:
    assert refused(jia, "DELETE", "incidents", None, 405)["status"] == 405


# Asked twice ---------------------------------------------------------------------------------------------------------


def test_a_report_sent_twice_is_one_incident_and_the_same_answer(jia: Asker) -> None:
    first, second = (jia.post("/api/v1/incidents", {"location": HEAD}, idempotency_key="night-1") for _ in range(2))
    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert len(jia.get("/api/v1/incidents").get_json()["incidents"]) == 1


def test_the_same_key_with_another_body_is_refused(jia: Asker, stored: Digests) -> None:
    jia.post("/api/v1/incidents", {"location": HEAD}, idempotency_key="night-1")
    before, other = stored(), {"location": HEAD, "substance": "柴油"}
    said = refused(jia, "POST", "incidents", other, 422, idempotency_key="night-1")
    assert said["field"] == "Idempotency-Key"
    assert stored() == before


def test_a_refused_request_leaves_its_key_free(jia: Asker) -> None:
    assert jia.post("/api/v1/incidents", {"location": SEA}, idempotency_key="night-1").status_code == 422
    assert jia.post("/api/v1/incidents", {"location": HEAD}, idempotency_key="night-1").status_code == 201


def test_a_key_belongs_to_its_officer(jia: Asker, client_of: ClientOf) -> None:
    both = (jia, client_of("duty_officer", "V10100"))
    answers = [each.post("/api/v1/incidents", {"location": HEAD}, idempotency_key="night-1") for each in both]
    assert [answer.get_json()["number"] for answer in answers] == [1, 2]


def test_a_key_that_is_too_long_is_refused(jia: Asker, stored: Digests) -> None:
    before = stored()
    refused(jia, "POST", "incidents", {"location": HEAD}, 422, idempotency_key="x" * 201)
    assert stored() == before


# Sessions ------------------------------------------------------------------------------------------------------------


def test_an_expired_session_is_told_to_sign_in_again(
    browser: Asker, stored: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, before = csrf_token(browser.web, "/"), stored()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) + 13 * 3600)
    assert "登录" in refused(browser, "POST", "incidents", {"location": HEAD}, 401, x_csrftoken=token)["detail"]
    assert stored() == before


def test_a_new_password_ends_every_session(app: Flask, browser: Asker) -> None:
    assert browser.get("/api/v1/me").status_code == 200
    with app.app_context(), parts().sessions.begin() as session:
        access.new_password(session, name=BROWSING, at=clock.now())
    refused(browser, "GET", "me", None, 401)


def test_a_wrong_name_and_a_wrong_password_read_alike(app: Flask, browser: Asker) -> None:
    pages = []
    for name in (BROWSING, "无此人"):
        web = app.test_client()
        form = {"name": name, "password": "guessed", "csrf_token": csrf_token(web, "/sign-in")}
        answer = web.post("/sign-in", data=form)
        assert answer.status_code == 401
        pages.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert pages[0] == pages[1]
    assert "账号或口令不对" in pages[0]


# Divisions -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def basin_app(basin_database: Engine) -> Iterator[Flask]:
    """The application on the reference basin."""
    yield from serving(basin_database)


def test_an_ended_division_is_answered_with_its_successors(basin_app: Flask) -> None:
    run = basin_app.test_cli_runner()
    for ended, successors in (("500105", ["50LJXQ"]), ("500112", ["50LJXQ", "500109"])):
        answer = run.invoke(args=["officers", "add", "旧区值班员", "--role", "duty_officer", "--jurisdiction", ended])
        assert (answer.exit_code, answer.stdout) == (1, "")
        assert [code for code in successors if code not in answer.stderr] == []
    assert run.invoke(args=["officers", "token", "旧区值班员"]).exit_code == 1, "nobody was added"
