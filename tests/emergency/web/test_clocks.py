"""Grade, response and clocks over HTTP and on the command line: who may, what is refused, what is shown."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.emergency.web.conftest import HEAD, Asker, ClientOf

GRADE = "/api/v1/incidents/1/grade"
RESPONSE = "/api/v1/incidents/1/response"
CLOCKS = "/api/v1/incidents/1/clocks"
SIGNED = {"reason": "现场核实", "signer": "带班领导"}


def declare(asker: Asker, grade: str = "III", act: str = "declare", **more: Any) -> tuple[int, dict[str, Any]]:
    answer = asker.post(GRADE, {"act": act, "grade": grade, **SIGNED, **more})
    return answer.status_code, answer.get_json()


def test_a_grade_is_declared_and_shown_with_who_will_hear_of_it(jia: Asker, told: dict[str, Any]) -> None:
    before = jia.get(GRADE).get_json()
    assert (before["hears"], before["mine"]) == (["中区"], True)
    assert before["predicted"][0]["rule_set"] == "P2014"
    assert before["files"] == [{"jurisdiction": "V10100", "name": "甲州", "declared": None, "response": None}]
    status, made = declare(jia)
    assert (status, made["files"][0]["declared"]["value"]) == (201, "III")
    shown = jia.get("/api/v1/incidents/1").get_json()
    assert (shown["declared_grade"], shown["declared"]["reason"]) == ("III", "现场核实")
    owed = [each for each in shown["notifications"] if each["occasion"] == "grade change 1"]
    assert [(each["tells"], each["kind"], each["state"]) for each in owed] == [("V20100", "update", "proposed")]


def test_the_same_request_twice_is_one_act(jia: Asker, told: dict[str, Any]) -> None:
    body = {"act": "declare", "grade": "III", **SIGNED}
    first, second = (jia.post(GRADE, body, idempotency_key="g-1") for _ in range(2))
    assert first.get_json() == second.get_json()
    assert len(jia.get(GRADE).get_json()["history"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"reason": ""}, 422, "reason"),
        ({"signer": " "}, 422, "signer"),
        ({"signer": "x" * 101}, 422, "signer"),
        ({"grade": "V"}, 422, "grade"),
        ({"grade": 3}, 422, "grade"),
        ({"act": "crown"}, 422, "act"),
        ({"act": "raise"}, 409, "act"),
        ({"at": "2026-02-30T08:00:00+08:00"}, 422, "at"),
        ({"at": "08:00"}, 422, "at"),
        ({"at": "2099-01-01T00:00:00Z"}, 422, "at"),
        ({"at": "2001-01-01T00:00:00Z"}, 422, "at"),
        ({"criteria": "deaths"}, 422, "criteria"),
    ],
)
def test_what_cannot_be_signed_is_refused_by_its_field(
    jia: Asker, told: dict[str, Any], change: dict[str, Any], status: int, field: str
) -> None:
    answered, problem = declare(jia, **{"act": "declare", "grade": "III", **change})
    assert (answered, problem["field"]) == (status, field), problem
    assert jia.get(GRADE).get_json()["history"] == []


def test_a_told_desk_signs_its_own_file_and_a_liaison_none(
    jia: Asker, client_of: ClientOf, told: dict[str, Any]
) -> None:
    assert declare(client_of("liaison", "V20100"))[0] == 403
    assert declare(client_of("duty_officer", "V30100"))[0] == 404
    assert declare(client_of("leader", "V20100"), "IV")[0] == 201
    shown = jia.get(GRADE).get_json()
    assert [(each["jurisdiction"], bool(each["declared"])) for each in shown["files"]] == [
        ("V10100", False),
        ("V20100", True),
    ]
    assert jia.get("/api/v1/incidents/1").get_json()["declared_grade"] is None


def test_a_response_needs_a_level_and_goes_on_while_the_source_may_flow(jia: Asker, told: dict[str, Any]) -> None:
    assert jia.post(RESPONSE, {"act": "start", **SIGNED}).get_json()["field"] == "level"
    started = jia.post(RESPONSE, {"act": "start", "level": "III", **SIGNED}).get_json()
    assert started["files"][0]["response"]["value"] == "III"
    refused = jia.post(RESPONSE, {"act": "end", **SIGNED})
    assert (refused.status_code, refused.get_json()["type"]) == (409, "urn:lianfang:problem:source-open")
    assert jia.get(RESPONSE).get_json() == jia.get(GRADE).get_json()


def test_clocks_are_listed_by_deadline_with_rule_and_holder_and_met_by_a_report(
    jia: Asker, told: dict[str, Any]
) -> None:
    shown = jia.get(CLOCKS).get_json()["clocks"]
    open_ones = [each for each in shown if each["tier"]]
    assert [each["until_at"] for each in open_ones] == sorted(each["until_at"] for each in open_ones)
    mine = {each["id"]: each for each in open_ones if each["jurisdiction"] == "V10100"}
    government = mine["V10100/initial/government"]
    assert (government["what"], government["to"], government["tier_name"]) == ("初报", ["甲州人民政府"], "值班员")
    assert (government["source"], government["state"]) == ("statute", "running")
    assert "第四条" in government["cited"]
    assert any(each["jurisdiction"] == "V20100" for each in open_ones), "the receiver's own clock runs"
    body = {"clocks": ["V10100/initial/government", "V10100/initial/ministry"], "how": "fax", "person": "值班员甲"}
    met = jia.post(f"{CLOCKS}/reports", body)
    assert met.status_code == 201
    done = {each["id"]: each for each in met.get_json()["clocks"] if each["state"] == "met"}
    assert {"V10100/initial/government", "V10100/initial/ministry"} <= set(done)
    assert done["V10100/initial/ministry"]["met_by"] == "甲州值班员，接报 值班员甲"
    again = jia.post(f"{CLOCKS}/reports", body)
    assert (again.status_code, again.get_json()["field"]) == (422, "clocks")
    english = jia.get(CLOCKS, accept_language="en").get_json()["clocks"]
    assert "initial report" in {each["what"] for each in english}


def test_holding_article_4_to_apply_is_shown_with_its_reasons(jia: Asker, told: dict[str, Any]) -> None:
    made = jia.post(f"{GRADE}/track", {"items": ["mass_incident", "mass_incident"], **SIGNED}).get_json()
    assert [each["item"] for each in made["article_4"] if each["held"]] == ["mass_incident"]
    assert next(each for each in made["article_4"] if each["item"] == "across_provinces")["because"]
    assert jia.post(f"{GRADE}/track", {"items": ["x"], **SIGNED}).get_json()["field"] == "items"
    assert jia.post(f"{GRADE}/track", {"items": [], **SIGNED}).get_json()["field"] == "items"


# The command line


def test_the_command_prints_the_clocks_and_refuses_an_unknown_incident(app: Flask, told: dict[str, Any]) -> None:
    run = app.test_cli_runner()
    plain = run.invoke(args=["incident", "clocks", "1"])
    assert plain.exit_code == 0
    assert "初报 → 甲州人民政府" in plain.output
    assert "第四条" in plain.output
    listed = json.loads(run.invoke(args=["incident", "clocks", "1", "--json"]).output)
    assert {"V10100/initial/government", "V20100/initial/government"} <= {each["id"] for each in listed["clocks"]}
    none = run.invoke(args=["incident", "clocks", "99"])
    assert (none.exit_code, "99" in none.output) == (1, True)


def test_rules_are_checked_loaded_and_listed_by_command(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner()
    path = tmp_path / "plan.yaml"
    path.write_text(
        "kind: limits\nid: jia-plan\ntitle: {zh: 甲州预案, en: Jia plan}\nscope: local\nsource: text\n"
        "valid_from: 2020-01-01\njurisdictions: [V10100]\nlimits:\n"
        "  - {id: phone, label: {zh: 电话, en: phone}, due: initial, owes: [place], to: [own_government], when: {},"
        " within_minutes: 30, mark: A}\n",
        encoding="utf-8",
    )
    assert run.invoke(args=["rules", "check", str(path)]).exit_code == 0
    assert "jia-plan v1 新版本" in run.invoke(args=["rules", "load", str(path)]).output
    assert "jia-plan v1 未变" in run.invoke(args=["rules", "load", str(path)]).output
    listed = run.invoke(args=["rules", "list"]).output
    assert "P2014" in listed
    assert "jia-plan v1  V10100" in listed
    path.write_text("kind: song\n", encoding="utf-8")
    bad = run.invoke(args=["rules", "check", str(path)])
    assert (bad.exit_code, "plan.yaml" in bad.output) == (1, True)


def test_a_deadline_that_crosses_midnight_is_printed_with_its_day(app: Flask, jia: Asker) -> None:
    known_at = (datetime.now(UTC) - timedelta(days=1)).replace(hour=15, minute=30, second=0, microsecond=0)
    assert jia.post("/api/v1/incidents", {"location": HEAD, "known_at": known_at.isoformat()}).status_code == 201
    output = app.test_cli_runner().invoke(args=["incident", "clocks", "1"]).output
    next_day = (known_at + timedelta(hours=8)).date() + timedelta(days=1)
    assert f"{next_day:%Y-%m-%d} 01:30  已逾期  甲州  初报" in output, "23:30 in Shanghai and two hours"
