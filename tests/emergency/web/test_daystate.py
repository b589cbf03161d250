"""The day state over HTTP: who may state it, what is shown of it, and what it makes of a trace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from emergency import clock, db, journal
from emergency.units import iso
from tests.emergency.web.conftest import HEAD, Asker, ClientOf, csrf_token

DAY = "/api/v1/day-state"
SPEED = {"kind": "velocity", "reach_id": 4, "value": 0.25, "reason": "浮标测速"}


def state(asker: Asker, **said: Any) -> dict[str, Any]:
    answer = asker.post(DAY, SPEED | said)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_a_reach_shows_what_the_network_says_of_it_and_who_may_state_its_day(client_of: ClientOf, jia: Asker) -> None:
    found = jia.get("/api/v1/reaches/6").get_json()
    assert (found["name"], found["length_km"], found["velocity_ms"], found["discharge_m3s"]) == ("谷渠", 12.0, 1.0, 2.4)
    assert [(each["reach_id"], each["share"]) for each in found["branches"]] == [(3, 0.7), (6, 0.3)]
    assert found["gates"] == [{"site_id": 3, "name": "谷渠闸", "subtype": "gate", "synthetic": False}]
    assert [each["code"] for each in found["territory"]] == ["V20100", "V10101"]
    assert found["geometry"]["type"] == "LineString"
    may = {
        (role, desk): client_of(role, desk).get("/api/v1/reaches/6").get_json()["may_state"]
        for role, desk in (
            ("duty_officer", "V10100"),  # above 上县, through which the canal runs
            ("leader", "V20100"),
            ("duty_officer", "V30100"),
            ("liaison", "V20100"),
            ("observer", "V20100"),
            ("administrator", None),
        )
    }
    assert list(may.values()) == [True, True, False, False, False, True]
    assert jia.get("/api/v1/reaches/77").status_code == 404


def test_a_statement_is_shown_with_its_author_and_its_end(jia: Asker) -> None:
    until = iso(clock.now() + timedelta(hours=6))
    made = state(jia, until=until)
    assert (made["kind"], made["value"], made["until"], made["standing"]) == (
        "velocity",
        {"number": 0.25},
        until,
        "holds",
    )
    assert (made["by"]["role"], made["by"]["desk_name"], made["reason"]) == ("duty_officer", "甲州", "浮标测速")
    assert made["by"]["name"].startswith("V10100 duty_officer")
    found = jia.get(f"{DAY}?reach=4").get_json()
    assert [each["id"] for each in found["holds"]] == [each["id"] for each in found["history"]] == [made["id"]]
    assert jia.get(f"{DAY}?reach=5").get_json()["holds"] == []
    later = iso(clock.now() + timedelta(hours=7)).replace("+", "%2B")
    assert jia.get(f"{DAY}?reach=4&at={later}").get_json()["history"][0]["standing"] == "expired"


def test_what_holds_on_the_network_comes_with_the_lines_to_mark(jia: Asker) -> None:
    assert jia.get(DAY).get_json()["marked"]["features"] == []
    state(jia)
    state(jia, kind="operation", reach_id=6, site=3, act="closed", share=0)
    state(jia, kind="flow_state", reach_id=None, value="high")
    state(jia, reach_id=5, since=iso(clock.now() + timedelta(hours=1)))
    found = jia.get(DAY).get_json()
    assert found["flow_state"] == "high"
    marked = {each["properties"]["reach_id"]: each["properties"]["kinds"] for each in found["marked"]["features"]}
    assert marked == {4: ["velocity"], 6: ["operation"]}


def test_only_the_desk_whose_water_it_is_states_its_day(
    client_of: ClientOf, jia: Asker, stored: Callable[[], dict[str, str]]
) -> None:
    made = state(jia)
    before = stored()
    for role, desk in (("duty_officer", "V20100"), ("leader", "V30100"), ("observer", "V10100"), ("liaison", "V10100")):
        asker = client_of(role, desk)
        before = stored()
        assert asker.post(DAY, SPEED).status_code == 403
        assert asker.post(f"{DAY}/{made['id']}/end", {"reason": "x"}).status_code == 403
        assert stored() == before
    refused = client_of("duty_officer", "V20100").post(DAY, SPEED).get_json()
    assert (refused["type"], refused["detail"]) == (
        "urn:lianfang:problem:not-your-water",
        "这一河段在上县、下县：请由当地席位记录。",
    )
    assert client_of("leader", "V10100").post(DAY, SPEED).status_code == 201
    assert client_of("administrator").post(DAY, SPEED).status_code == 201


def test_a_border_reach_is_of_both_sides(client_of: ClientOf) -> None:
    assert [
        client_of("duty_officer", desk).post(DAY, SPEED | {"reach_id": 5}).status_code
        for desk in ("V10100", "V30100", "V20100")
    ] == [201, 201, 403]


def test_a_statement_is_ended_once_with_a_reason_and_stays_in_the_history(jia: Asker, valley_database: Engine) -> None:
    made = state(jia)
    path = f"{DAY}/{made['id']}/end"
    assert jia.post(path, {}).get_json()["field"] == "reason"
    ended = jia.post(path, {"reason": "读错了"}).get_json()
    assert (ended["standing"], ended["ended"]["reason"], ended["ended"]["by"]["desk_name"]) == (
        "ended",
        "读错了",
        "甲州",
    )
    assert jia.post(path, {"reason": "再来"}).status_code == 409
    found = jia.get(f"{DAY}?reach=4").get_json()
    assert (found["holds"], [each["standing"] for each in found["history"]]) == ([], ["ended"])
    with db.sessions(valley_database).begin() as session:
        kinds = [entry.kind for entry in journal.read(session, "system")]
    assert [kind for kind in kinds if kind.startswith("day_state")] == ["day_state.recorded", "day_state.ended"]


def test_the_same_request_again_records_once(jia: Asker) -> None:
    first = jia.post(DAY, SPEED, idempotency_key="k1").get_json()
    assert jia.post(DAY, SPEED, idempotency_key="k1").get_json()["id"] == first["id"]
    assert jia.post(DAY, SPEED | {"value": 0.3}, idempotency_key="k1").status_code == 422
    end = f"{DAY}/{first['id']}/end"
    assert [jia.post(end, {"reason": "x"}, idempotency_key="k2").status_code for _ in range(2)] == [200, 200]
    assert len(jia.get(f"{DAY}?reach=4").get_json()["history"]) == 1


def test_a_cookie_needs_the_csrf_token(browser: Asker) -> None:
    assert browser.post(DAY, SPEED).status_code == 403
    assert browser.post(DAY, SPEED, x_csrftoken=csrf_token(browser.web, "/")).status_code == 201


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "colour"}, "kind"),
        ({"value": "fast"}, "value"),
        ({"value": None}, "value"),
        ({"value": True}, "value"),
        ({"value": 99}, "value"),
        ({"kind": "flow_state", "reach_id": None, "value": "wild"}, "value"),
        ({"kind": "flow_state", "value": "low"}, "reach"),
        ({"reach_id": None}, "reach"),
        ({"reach_id": "4"}, "reach_id"),
        ({"reach_id": 0}, "reach_id"),
        ({"since": "today"}, "since"),
        ({"until": "2020-01-01T00:00:00"}, "until"),
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"reason": " "}, "reason"),
        ({"kind": "operation", "act": "closed"}, "site"),
        ({"kind": "operation", "reach_id": 6, "site": 3, "act": "burnt"}, "act"),
        ({"kind": "operation", "reach_id": 6, "site": 3, "act": "releasing"}, "discharge_m3s"),
        ({"kind": "operation", "reach_id": 6, "site": 3, "act": "opened", "share": 3}, "share"),
        ({"kind": "operation", "reach_id": 6, "site": 2, "act": "opened"}, "site"),
        ({"network": "elsewhere"}, "network"),
    ],
)
def test_what_is_wrong_is_named_by_its_field_and_nothing_is_stored(
    jia: Asker, stored: Callable[[], dict[str, str]], said: dict[str, Any], field: str
) -> None:
    before = stored()
    answer = jia.post(DAY, SPEED | said)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field), answer.text
    assert stored() == before


def test_a_reach_or_statement_that_is_not_there_is_not_found(jia: Asker) -> None:
    assert jia.post(DAY, SPEED | {"reach_id": 77}).status_code == 404
    assert jia.get(f"{DAY}?reach=77").status_code == 404
    assert jia.post(f"{DAY}/99/end", {"reason": "x"}).status_code == 404


def test_speeds_and_discharges_of_the_day_are_those_of_the_next_trace(jia: Asker) -> None:
    def hours() -> dict[int, float]:
        rows = jia.get(f"/api/v1/trace?lon={HEAD['lon']}&lat={HEAD['lat']}").get_json()["reaches"]
        return {row["reach_id"]: row["leave_h"] - row["enter_h"] for row in rows}

    before = hours()
    assert before[4] == pytest.approx(10 / 3.6 / 0.5)
    made = state(jia, value=0.25)
    state(jia, kind="discharge", reach_id=5, value=8 * 32)
    assert hours()[4] == pytest.approx(2 * before[4])
    assert hours()[5] == pytest.approx(before[5] / 4)  # 32 to the power of 0.4 is 4
    jia.post(f"{DAY}/{made['id']}/end", {"reason": "读错了"})
    assert hours()[4] == pytest.approx(before[4])
