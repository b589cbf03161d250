"""Whatever numbers, times and texts are posted: a refusal that names the field, or a record that can be read and verified."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emergency import clock
from emergency.units import iso
from tests.emergency.web.conftest import HEAD, Asker, ClientOf

TOO_MUCH: tuple[tuple[str, str, str, str], ...] = (
    ("mass_kg", '"mass_kg": 1e300', "约多少（千克）", "9,007,199,254,740,991"),
    ("mass_kg", '"mass_kg": 1e16', "约多少（千克）", "9,007,199,254,740,991"),
    ("mass_kg", '"mass_kg": 1e12', "约多少（千克）", "100,000,000,000"),
    ("mass_kg", '"mass_kg": 1e-9', "约多少（千克）", "0.000001"),
    ("mass_kg", '"mass_kg": 1e400', "约多少（千克）", "9,007"),
    ("mass_kg", '"mass_kg": Infinity', "约多少（千克）", "9,007"),
    ("mass_kg", '"mass_kg": NaN', "约多少（千克）", "9,007"),
    ("mass_kg", '"mass_kg": 1' + "0" * 5000, "约多少（千克）", "9,007"),
    ("duration_min", '"duration_min": 600000', "流了多久（分钟）", "525,600"),
    ("impact.deaths", '"impact": {"deaths": 9007199254740991}', "死亡人数", "100,000,000"),
    ("impact.evacuated", '"impact": {"evacuated": 1e300}', "疏散转移人数", "9,007"),
    ("impact.loss_yuan", '"impact": {"loss_yuan": 1e15}', "经济损失（元）", "10,000,000,000,000"),
    ("occurred_at", '"occurred_at": "0001-01-01T00:00:00+08:00"', "何时发现", "日期、时刻"),
    ("occurred_at", '"occurred_at": "1899-12-31T00:00:00+08:00"', "何时发现", "1990"),
    ("known_at", '"known_at": "9999-12-31T23:59:59-08:00"', "本台何时知悉", "日期、时刻"),
    ("description", '"description": "' + "x" * 2001 + '"', "原话", "2,000"),
    ("substance", '"substance": "\\ud800"', "什么物质", "字符"),
    ("impact.deaths", '"impact": ' + '{"deaths": ' * 9 + "1" + "}" * 9, "", "层"),
    ("substance", '"substance": [' + "1," * 2000 + "1]", "什么物质", "1000 项"),
)


@pytest.mark.parametrize("path", ["incidents", "incidents/preview"])
def test_a_value_out_of_bounds_is_refused_with_its_field_and_limit(
    jia: Asker, subtests: pytest.Subtests, path: str
) -> None:
    for field, given_json, named, limit in TOO_MUCH:
        with subtests.test(given_json[:60]):
            body = f'{{"location": {json.dumps(HEAD)}, {given_json}}}'.encode()
            answer = jia.ask("POST", f"/api/v1/{path}", data=body)
            assert answer.status_code == 422, answer.text
            problem = answer.get_json()
            if named:
                assert problem["field"] == field
            assert named in problem["detail"]
            assert limit in problem["detail"]
            assert field.rpartition(".")[2] not in problem["detail"]


def test_a_mass_that_was_taken_before_there_was_a_limit_harms_no_reading(jia: Asker, app: Flask) -> None:
    opened = jia.post("/api/v1/incidents", {"location": HEAD, "mass_kg": 18000}).get_json()
    from sqlalchemy import text

    from emergency.web.app import parts

    with app.app_context(), parts().engine.begin() as connection:
        connection.execute(text("alter table journal_entries disable trigger append_only"))
        for table, column, below in (
            ("reports", "statement", "{mass_kg}"),
            ("journal_entries", "facts", "{said,mass_kg}"),
        ):
            connection.execute(
                text(
                    f"update {table} set {column} = jsonb_set({column}, '{below}', '1e300') where {column} #> '{below}' is not null"
                )
            )
    n = opened["number"]
    made = jia.get(f"/api/v1/incidents/{n}/postmortem.json")
    assert made.status_code == 200
    chain = made.get_json()["chain"]
    assert not chain["whole"]
    assert "无法原样读回" in chain["faults"][0]["words"]
    assert jia.get(f"/api/v1/incidents/{n}").status_code == 200
    assert jia.post(f"/api/v1/incidents/{n}/reports", {"substance": "柴油"}).status_code == 201
    corrected = jia.post(f"/api/v1/incidents/{n}/correct", {"changes": {"mass_kg": 20000}, "reason": "核实"})
    assert corrected.get_json()["report"]["mass_kg"] == 20000
    run = app.test_cli_runner().invoke(args=["journal", "verify"])
    assert (run.exit_code, "incident:1：第" in run.stderr, "Traceback" in run.stderr) == (1, True, False)


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(),
    st.sampled_from([0, -0.0, 1, 5e-324, 1e15, 1e16, 1e300, 2**53, 2**53 - 1, 2**63, 10**400]),
    st.text(max_size=6),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2025-11-21T02:41:00+08:00", ""]),
)
NESTED = st.recursive(
    HOSTILE, lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=6), some, max_size=3)
)
NUMBERS = (
    "mass_kg",
    "duration_min",
    "occurred_at",
    "known_at",
    "substance",
    "impact",
    "flow_state",
    "drill",
    "reporter",
)
REPORTED = st.dictionaries(st.sampled_from(NUMBERS), NESTED, max_size=3)
POSTS = st.one_of(
    st.tuples(st.just("incidents"), REPORTED.map(lambda more: {"location": HEAD, **more})),
    st.tuples(
        st.just("incidents"),
        st.fixed_dictionaries({"location": st.fixed_dictionaries({"lon": HOSTILE, "lat": HOSTILE})}),
    ),
    st.tuples(st.just("incidents/preview"), REPORTED.map(lambda more: {"location": HEAD, **more})),
    st.tuples(
        st.sampled_from(["incidents/1/reports", "incidents/1/reports/preview", "incidents/1/assessments"]), REPORTED
    ),
    st.tuples(
        st.sampled_from(["incidents/1/correct", "incidents/1/correct/preview"]),
        st.fixed_dictionaries({"changes": REPORTED, "reason": st.just("核实") | HOSTILE}),
    ),
    st.tuples(
        st.just("incidents/1/issue"),
        st.fixed_dictionaries(
            {"assessment": HOSTILE | st.just(1)},
            optional={
                "notifications": NESTED,
                "withhold": NESTED,
                "consent": NESTED,
                "next_update_at": HOSTILE,
                "on_behalf": HOSTILE,
            },
        ),
    ),
    st.tuples(
        st.just("notifications/1/calls"),
        st.fixed_dictionaries({"contact": HOSTILE, "outcome": st.just("busy"), "at": HOSTILE}),
    ),
    st.tuples(
        st.just("notifications/1/acknowledge"), st.fixed_dictionaries({"via": st.just("web") | HOSTILE, "by": HOSTILE})
    ),
    st.tuples(
        st.just("incidents/1/stand-down"),
        st.fixed_dictionaries({"reason": HOSTILE, "signer": HOSTILE, "despite": NESTED}),
    ),
)


@given(posts=st.lists(POSTS, min_size=12, max_size=12))
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_every_post_is_refused_or_leaves_a_record_that_can_be_exported_and_verified(
    jia: Asker, app: Flask, told: dict[str, Any], posts: list[tuple[str, dict[str, Any]]]
) -> None:
    for path, body in posts:
        answer = jia.ask("POST", f"/api/v1/{path}", data=json.dumps(body).encode())
        assert answer.status_code < 500, (path, body, answer.text)
    incidents = jia.get("/api/v1/incidents").get_json()["incidents"]
    for number in {1, *(each["number"] for each in incidents[:2])}:
        made = jia.get(f"/api/v1/incidents/{number}/postmortem.json")
        assert made.status_code == 200, made.text
        assert made.get_json()["chain"]["whole"]
    run = app.test_cli_runner().invoke(args=["journal", "verify"])
    assert run.exit_code == 0, run.output


# Times that are stated -----------------------------------------------------------------------------------------------


def minutes_ago(n: float) -> str:
    return iso(clock.now() - timedelta(minutes=n))


@pytest.mark.parametrize(
    ("ago", "slug", "says"),
    [(-600, "in-the-future", "晚于现在"), (60, "too-early", "早于本台知悉"), (60 * 24 * 400, "too-early", "年")],
)
def test_consent_is_not_given_before_anything_is_known_nor_later_than_now(
    jia: Asker, ago: float, slug: str, says: str
) -> None:
    opened = jia.post("/api/v1/incidents", {"location": HEAD, "known_at": minutes_ago(30)}).get_json()
    owed = opened["assessment"]["notifications"][0]
    order = {"assessment": opened["assessment"]["id"], "notifications": [owed["id"]]}
    consent = {"by": "王局长", "how": "telephone", "at": minutes_ago(ago)}
    answer = jia.post(f"/api/v1/incidents/{opened['number']}/issue", order | {"consent": consent})
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["type"].endswith(slug)
    assert problem["field"] == "consent.at"
    assert says in problem["detail"]
    assert problem["detail"].startswith("同意的时间：读作")
    assert "T" not in problem["detail"]
    right = consent | {"at": minutes_ago(10)}
    assert jia.post(f"/api/v1/incidents/{opened['number']}/issue", order | {"consent": right}).status_code == 200


def test_a_call_is_not_made_before_its_notice_goes_out_nor_later_than_now(jia: Asker, told: dict[str, Any]) -> None:
    for ago, says in ((60, "早于这条通报发出"), (-60, "晚于现在")):
        call = {"contact": 1, "outcome": "read_back", "person": "李值班", "at": minutes_ago(ago)}
        answer = jia.post(f"/api/v1/notifications/{told['id']}/calls", call)
        assert answer.status_code == 422
        assert answer.get_json()["field"] == "at"
        assert says in answer.get_json()["detail"]


def test_a_promise_lies_ahead_and_not_far(jia: Asker) -> None:
    opened = jia.post("/api/v1/incidents", {"location": HEAD}).get_json()
    order = {"assessment": opened["assessment"]["id"], "notifications": []}
    for ago in (5, -60 * 24 * 30):
        answer = jia.post(f"/api/v1/incidents/{opened['number']}/issue", order | {"next_update_at": minutes_ago(ago)})
        assert (answer.status_code, answer.get_json()["field"]) == (422, "next_update_at")


def test_a_time_long_ago_is_taken_with_a_warning(jia: Asker) -> None:
    long_ago = {"location": HEAD, "occurred_at": "2020-01-01T06:20:00+08:00"}
    for path, status in (("incidents/preview", 200), ("incidents", 201)):
        answer = jia.post(f"/api/v1/{path}", long_ago)
        assert answer.status_code == status
        [warning] = answer.get_json()["warnings"]
        assert warning["field"] == "occurred_at"
        assert "读作2020年1月1日 06:20" in warning["words"]
    assert (
        jia.post("/api/v1/incidents/preview", {"location": HEAD, "occurred_at": minutes_ago(60)}).get_json()["warnings"]
        == []
    )


# Previews ------------------------------------------------------------------------------------------------------------


def hours(assessment: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = ("code", "entry", "earliest_at", "likely_at", "latest_at")
    return [tuple(each[name] for name in names) for each in assessment["reached"]]


def test_a_preview_and_the_assessment_that_it_becomes_agree_to_the_second(jia: Asker) -> None:
    body = {"location": HEAD, "known_at": minutes_ago(5), "occurred_at": minutes_ago(40)}
    foreseen = jia.post("/api/v1/incidents/preview", body).get_json()
    jia.post("/api/v1/incidents", {"location": HEAD})  # another incident between them changes nothing
    opened = jia.post("/api/v1/incidents", body).get_json()
    assert hours(foreseen) == hours(opened["assessment"])
    assert foreseen["versions"]["seed"] == opened["assessment"]["versions"]["seed"]


def test_a_further_report_is_previewed_with_all_that_the_incident_knows(jia: Asker) -> None:
    body = {"location": HEAD, "known_at": minutes_ago(5), "occurred_at": minutes_ago(40), "flow_state": "mean"}
    n = jia.post("/api/v1/incidents", body).get_json()["number"]
    news = {"substance": "柴油", "flow_state": "unknown", "location": {"lon": 100.3, "lat": 30.1}}
    foreseen = jia.post(f"/api/v1/incidents/{n}/reports/preview", news).get_json()
    assert foreseen["inputs"]["flow_state"] == "mean"
    assert foreseen["inputs"]["substance"] == "柴油"
    assert foreseen["inputs"]["location"] == HEAD
    made = jia.post(f"/api/v1/incidents/{n}/reports", news).get_json()
    assert hours(foreseen) == hours(made["assessment"])
    correction = {"changes": {"flow_state": "high"}, "reason": "核实"}
    foreseen = jia.post(f"/api/v1/incidents/{n}/correct/preview", correction).get_json()
    jia.post(f"/api/v1/incidents/{n}/correct", correction)
    latest = jia.get(f"/api/v1/incidents/{n}/assessments/latest").get_json()
    assert hours(foreseen) == hours(latest)


def test_every_statement_is_listed_on_the_card_in_the_record_and_on_its_page(jia: Asker, browser: Asker) -> None:
    n = jia.post("/api/v1/incidents", {"location": HEAD, "description": "司机说油罐车翻了"}).get_json()["number"]
    jia.post(f"/api/v1/incidents/{n}/reports", {"description": "船工说有白沫"})
    jia.post(f"/api/v1/incidents/{n}/correct", {"changes": {"substance": "硫酸"}, "reason": "看清了标识牌"})
    for path in (f"/api/v1/incidents/{n}", f"/api/v1/incidents/{n}/postmortem.json"):
        reports = jia.get(path).get_json()["reports"]
        assert [each["kind"] for each in reports] == ["first", "further", "correction"]
        assert [each["statement"].get("description") for each in reports[:2]] == ["司机说油罐车翻了", "船工说有白沫"]
        assert reports[2]["reason"] == "看清了标识牌"
    page = browser.get(f"/incidents/{n}/record").text
    for said in ("司机说油罐车翻了", "船工说有白沫", "看清了标识牌", "硫酸", "补充报告"):
        assert said in page


def test_a_stand_down_is_refused_in_names_and_local_hours(jia: Asker, client_of: ClientOf) -> None:
    opened = jia.post("/api/v1/incidents", {"location": HEAD, "source_state": "stopped"}).get_json()
    path = f"/api/v1/incidents/{opened['number']}"
    words = jia.post(f"{path}/stand-down", {"reason": "达标", "signer": "王局长"}).get_json()["detail"]
    assert "污水团可能仍在途中" in words
    assert "Z" not in words
    assert "T" not in words
    jia.post(f"{path}/withdraw", {"reason": "不实"})
    order = {"assessment": opened["assessment"]["id"]}
    assert jia.post(f"{path}/issue", order).status_code == 200
