"""Who may ask for what: every route of the application, walked by its rule."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from emergency import access, clock, db, journal
from emergency.access import RULES, Action, Role
from emergency.journal import Actor
from emergency.web import live, rules
from emergency.web.app import parts
from emergency.web.rules import action_of
from tests.emergency.web.conftest import HEAD, Asker, ClientOf, csrf_token, serving

Digests = Callable[[], dict[str, str]]
OPEN = (Action.PUBLIC, Action.PROVIDER)
VALUES = {
    "report": 1,
    "z": 6,
    "x": 49,
    "y": 26,
    "code": "V10100",
    "tongue": "zh",
    "filename": "css/base.css",
    "agreement": "valley-pact",
    "form": "csv",
    "token": "unknown",
}
QUERIES = {
    "network.snapped": "lon=100.02&lat=30.1005",
    "network.traced": "lon=100.02&lat=30.1005",
    "network.named": "q=谷",
    "incidents.previewed": "ids=1",
    "incidents.why": "jurisdiction=V20100",
    "coverage.what_if": "lon=100.02&lat=30.1005",
    "coverage.what_if_agreements": "without=valley-pact",
}
BODIES: dict[str, dict[str, Any]] = {
    "incidents.preview": {"location": HEAD},
    "incidents.report": {"location": HEAD},
    "incidents.add_report": {"description": "又一人来电"},
    "incidents.issued": {"assessment": 1, "notifications": [1]},
    "incidents.correct": {"changes": {"substance": "柴油"}, "reason": "核实"},
    "incidents.withdraw": {"reason": "不实"},
    "incidents.stand_down": {"reason": "达标", "signer": "领导"},
    "incidents.close": {"reason": "结束"},
    "clocks.reported": {"clocks": ["V10100/initial/government"], "how": "fax"},
    "clocks.grade": {"act": "declare", "grade": "III", "reason": "核实", "signer": "领导"},
    "clocks.track": {"items": ["mass_incident"], "reason": "核实", "signer": "领导"},
    "clocks.respond": {"act": "start", "level": "III", "reason": "核实", "signer": "领导"},
    "statements.judge": {"state": "verified", "reason": "到场"},
    "statements.move": {"location": HEAD, "reason": "核实"},
    "statements.merge": {"into": 1, "reason": "同一事件"},
    "statements.split": {"reports": [1], "reason": "两起"},
    "statements.link": {"other": 1, "reason": "同一事件"},
    "statements.unlink": {"other": 1, "reason": "不是同一事件"},
    "statements.own": {"reason": "自行立案"},
    "statements.enquire": {"reason": "氨氮超标"},
    "statements.offer_lead": {"to": "V20100", "reason": "移交"},
    "statements.accept_lead": {"lines": []},
    "statements.refuse_lead": {"reason": "人手不足"},
    "statements.take_lead_back": {"reason": "不移交了"},
    "notifications.acknowledge": {"via": "web"},
    "incidents.told_inside": {"role": "fire"},
    "contacts.called": {"outcome": "no_answer", "contact": 1},
    "contacts.reveal": {"contact": 1},
    "contacts.called_intake": {"outcome": "no_answer"},
    "desk.filed": {"channel": "fax", "to": "值班室"},
    "desk.received": {"person": "王某"},
    "desk.answered": {"by": "王某"},
}


def routes(app: Flask, number: int = 1) -> Iterator[tuple[str, str, str, Action]]:
    """Endpoint, method, address and rule of every route; `number`: of the incident, message or delivery that is asked for."""
    bound = app.url_map.bind("localhost")
    for each in app.url_map.iter_rules():
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} & (each.methods or set())):
            path = bound.build(
                each.endpoint, {name: VALUES.get(name, number) for name in each.arguments}, method=method
            )
            query = QUERIES.get(each.endpoint)
            yield each.endpoint, method, f"{path}?{query}" if query else path, action_of(app, each.endpoint)


def ask(asker: Asker, endpoint: str, method: str, path: str) -> TestResponse:
    """A request with a body that the route takes."""
    return asker.post(path, BODIES.get(endpoint)) if method == "POST" else asker.get(path)


def of_one_incident(app: Flask, number: int = 1) -> list[tuple[str, str, str]]:
    """The routes of one incident and of what belongs to it."""
    numbered = {each.endpoint for each in app.url_map.iter_rules() if each.arguments & {"n", "number"}}
    return [(endpoint, method, path) for endpoint, method, path, _ in routes(app, number) if endpoint in numbered]


def test_every_route_has_a_rule_and_one_without_does_not_start(app: Flask) -> None:
    assert {action for *_, action in routes(app)} >= {*OPEN, Action.SIGNED_IN, Action.REPORT, Action.RUN_INCIDENT}
    app.view_functions["pages.home"] = lambda: "no rule"
    with pytest.raises(TypeError, match=r"pages\.home"):
        rules.check(app)


def test_nobody_is_answered_without_a_login_and_nothing_changes(
    app: Flask, nobody: Asker, told: dict[str, Any], stored: Digests
) -> None:
    before = stored()
    closed = [(endpoint, method, path) for endpoint, method, path, action in routes(app) if action not in OPEN]
    assert len(closed) > 25
    for endpoint, method, path in closed:
        answer = ask(nobody, endpoint, method, path)
        assert (path, answer.status_code, answer.mimetype) == (path, 401, "application/problem+json")
    assert stored() == before


def test_a_browser_without_a_login_is_led_to_the_sign_in(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in?next=/")


def test_the_provider_is_known_by_its_signature_alone(app: Flask, nobody: Asker, jia: Asker, stored: Digests) -> None:
    before = stored()
    webhooks = [path for _, _, path, action in routes(app) if action is Action.PROVIDER]
    assert len(webhooks) == 2
    for path in webhooks:
        assert [asker.post(path).status_code for asker in (nobody, jia)] == [403, 403]
    assert stored() == before


@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_rules_say_and_nothing_else(
    app: Flask, client_of: ClientOf, told: dict[str, Any], stored: Digests, role: Role
) -> None:
    sender, receiver = client_of(role, "V10100"), client_of(role, "V20100")
    for endpoint, method, path, action in routes(app):
        asker = receiver if action is Action.ACKNOWLEDGE else sender
        if action in OPEN:
            continue
        if role in RULES[action]:
            assert (path, ask(asker, endpoint, method, path).status_code in (401, 403)) == (path, False)
        else:
            before = stored()
            assert (path, ask(asker, endpoint, method, path).status_code) == (path, 403)
            assert stored() == before


def test_only_the_desk_that_leads_runs_an_incident_and_only_the_desk_that_is_told_reads_back(
    client_of: ClientOf, told: dict[str, Any], jia: Asker, stored: Digests
) -> None:
    zhong = client_of("duty_officer", "V20100")
    before = stored()
    for path in ("assessments", "correct", "withdraw", "stand-down", "close"):
        assert (
            zhong.post(f"/api/v1/incidents/1/{path}", BODIES["incidents.correct"] | {"signer": "x"}).status_code == 403
        )
    assert zhong.post(f"/api/v1/notifications/{told['id']}/calls", BODIES["contacts.called"]).status_code == 403
    assert jia.post(f"/api/v1/notifications/{told['id']}/acknowledge", {"via": "web"}).status_code == 403
    assert stored() == before


def test_to_a_desk_outside_the_audience_an_incident_does_not_exist(
    app: Flask, client_of: ClientOf, told: dict[str, Any], stored: Digests
) -> None:
    wai = client_of("duty_officer", "V30100")
    before = stored()
    for endpoint, method, path in of_one_incident(app):
        assert (path, ask(wai, endpoint, method, path).status_code) == (path, 404)
    assert wai.get("/api/v1/incidents").get_json() == {"incidents": []}
    assert wai.get("/api/v1/notifications?open=1").get_json() == {"notifications": []}
    assert stored() == before


def test_what_one_may_not_know_of_reads_like_what_is_not_there(
    app: Flask, client_of: ClientOf, told: dict[str, Any]
) -> None:
    wai = client_of("duty_officer", "V30100")
    for there, not_there in zip(of_one_incident(app, 1), of_one_incident(app, 999), strict=True):
        if there[0].startswith("contacts."):
            continue
        assert ask(wai, *there).text == ask(wai, *not_there).text, there


def test_an_incident_is_seen_from_the_moment_the_desk_is_told(
    client_of: ClientOf, jia: Asker, told: dict[str, Any]
) -> None:
    wai = client_of("liaison", "V30100")
    shown = jia.get("/api/v1/incidents/1").get_json()
    [owed] = [each["id"] for each in shown["notifications"] if (each["who"], each["tells"]) == ("V10100", "V30100")]
    assert wai.get("/api/v1/incidents/1").status_code == 404
    jia.post("/api/v1/incidents/1/issue", {"assessment": shown["assessment_id"], "notifications": [owed]})
    assert wai.get("/api/v1/incidents/1").status_code == 200
    assert [each["number"] for each in wai.get("/api/v1/incidents").get_json()["incidents"]] == [1]


def test_a_socket_hears_what_its_desk_may_hear(app: Flask, client_of: ClientOf, told: dict[str, Any]) -> None:
    def joins(asker: Asker, room: str) -> bool:
        headers = {"Authorization": f"Bearer {asker.token}"}
        socket = live.socketio.test_client(app, namespace="/live", headers=headers)
        answer = socket.emit("join", {"room": room}, namespace="/live", callback=True)
        return "error" not in str(answer)

    zhong, wai, boss = client_of("liaison", "V20100"), client_of("leader", "V30100"), client_of("administrator")
    assert [joins(asker, "incident:1") for asker in (zhong, wai, boss)] == [True, False, True]
    assert [joins(asker, "desk:V20100") for asker in (zhong, wai, boss)] == [True, False, True]
    assert [joins(asker, "system") for asker in (zhong, wai, boss)] == [False, False, True]
    assert [joins(wai, room) for room in ("incident:999", "incident:1x", "incident:", "desk:", "")] == [False] * 5


def test_a_socket_without_a_login_is_refused(app: Flask) -> None:
    assert not live.socketio.test_client(app, namespace="/live").is_connected("/live")


def test_rivers_divisions_and_sites_are_open_to_every_login(client_of: ClientOf) -> None:
    observer = client_of("observer", "V30100")
    for layer in ("network", "divisions", "sites"):
        assert observer.get(f"/tiles/{layer}/6/49/26.mvt").status_code in (200, 204)


def test_a_cookie_needs_the_csrf_token_and_a_bearer_token_does_not(browser: Asker, jia: Asker, stored: Digests) -> None:
    body, before = {"location": HEAD}, stored()
    refused = browser.post("/api/v1/incidents", body)
    assert (refused.status_code, refused.get_json()["type"]) == (403, "urn:lianfang:problem:csrf")
    assert browser.post("/api/v1/incidents", body, x_csrftoken="guessed").status_code == 403
    assert stored() == before
    assert browser.post("/api/v1/incidents", body, x_csrftoken=csrf_token(browser.web, "/")).status_code == 201
    assert jia.post("/api/v1/incidents", body).status_code == 201


def test_a_wrong_bearer_token_is_not_saved_by_a_good_cookie(browser: Asker) -> None:
    assert browser.get("/api/v1/me").status_code == 200
    assert Asker(browser.web, "guessed").get("/api/v1/me").status_code == 401


def test_signing_in_needs_the_csrf_token_too(app: Flask) -> None:
    web = app.test_client()
    assert web.post("/sign-in", data={"name": "x", "password": "y"}).status_code == 403


@pytest.mark.parametrize(("url", "secure"), [("http://127.0.0.1:8000", False), ("https://lianfang.example", True)])
def test_the_session_cookie_is_kept_from_scripts_other_sites_and_open_lines(
    valley_database: Engine, url: str, secure: bool
) -> None:
    for app in serving(valley_database, PUBLIC_URL=url):
        cookie = app.test_client().get("/sign-in").headers["Set-Cookie"]
        assert ("HttpOnly" in cookie, "SameSite=Lax" in cookie, "Secure" in cookie) == (True, True, secure)


def test_entries_for_other_desks_are_withheld_and_leave_no_gap(
    valley_database: Engine, client_of: ClientOf, jia: Asker, told: dict[str, Any]
) -> None:
    with db.sessions(valley_database).begin() as session:
        by = Actor(process="test")
        journal.append(session, "incident:1", "test.secret", by=by, at=clock.now(), facts={"a": 1}, only=["V10100"])
        journal.append(session, "incident:1", "test.open", by=by, at=clock.now(), facts={})
    zhong = client_of("liaison", "V20100")
    entries = zhong.get("/api/v1/incidents/1/journal").get_json()["entries"]
    assert [each["n"] for each in entries] == list(range(1, len(entries) + 1))
    hidden = entries[-2]
    assert hidden == {"stream": "incident:1", "n": hidden["n"], "hash": entries[-1]["previous"], "withheld": True}
    assert jia.get("/api/v1/incidents/1/journal").get_json()["entries"][-2]["facts"] == {"a": 1}
    assert "test.secret" not in zhong.get("/api/v1/incidents/1/postmortem.json").text


def test_a_revoked_token_and_an_officer_who_has_left_are_not_let_in(
    app: Flask, jia: Asker, client_of: ClientOf
) -> None:
    zhong = client_of("liaison", "V20100")
    with app.app_context(), parts().sessions.begin() as session:
        token, officer = session.get_one(access.TokenRow, 1), session.get_one(access.OfficerRow, 2)
        token.revoked_at, officer.active = clock.now(), False
    for asker in (jia, zhong):
        answer = asker.get("/api/v1/incidents")
        assert (answer.status_code, answer.get_json()["detail"]) == (401, "令牌无效或已撤销。")
