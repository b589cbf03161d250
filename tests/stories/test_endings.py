"""The three short endings of the first hour, on real processes: a false alarm, downstream first, the lead handed over."""

from typing import Any

import pytest

from tests.stories.handsets import Handsets
from tests.stories.service import Client, Refused, Service, wait_until
from tests.stories.test_tongbo import (
    DAZHOU,
    GUANGAN,
    GUANGAN_PHONE,
    HEAD,
    LEADER_AGREED,
    LIANGPING,
    LIANGPING_PHONE,
    issue,
    messages,
)

DAZHOU_PHONE = "+12025550154"
LITTLE_BELOW = {"lon": 107.40, "lat": 30.62}


@pytest.fixture
def dazhou(basin_service: Service) -> Client:
    return basin_service.client("达州值班员", "duty_officer", DAZHOU)


@pytest.fixture
def liangping(basin_service: Service) -> Client:
    return basin_service.client("梁平值班员", "duty_officer", LIANGPING)


def proposed(officer: Client, number: int, kind: str) -> dict[str, dict[str, Any]]:
    """What is proposed of a kind, by the desk told."""
    rows = officer.get(f"/api/v1/incidents/{number}")["notifications"]
    return {each["tells"]: each for each in rows if each["state"] == "proposed" and each["kind"] == kind}


def read_back(officer: Client, sender: str) -> list[int]:
    """The newest message of a sender is read back in the web, and with it all before."""
    open_ones = officer.get("/api/v1/notifications?open=1")["notifications"]
    newest = max((each for each in open_ones if each["who"] == sender), key=lambda each: each["id"])
    answer = officer.post(f"/api/v1/notifications/{newest['id']}/acknowledge", {"via": "web"})
    acknowledged: list[int] = answer["acknowledges"]
    return acknowledged


def test_a_false_alarm_of_two_callers_is_withdrawn_from_everyone_told_of_either(
    basin_service: Service, basin_handsets: Handsets, dazhou: Client, liangping: Client
) -> None:
    basin_service.start()
    guangan = basin_service.client("广安值班员", "duty_officer", GUANGAN)
    first = dazhou.post("/api/v1/incidents", {"location": HEAD, "reporter": "司机", "source_state": "continuing"})
    [to_liangping] = messages(first["assessment"], LIANGPING)
    issue(dazhou, first["number"], to_liangping)
    basin_handsets.rings(LIANGPING_PHONE, to_liangping["code"])

    foreseen = dazhou.post("/api/v1/incidents/preview", {"location": LITTLE_BELOW})
    [near] = foreseen["nearby"]
    assert (near["number"], near["where"]) == (first["number"], "upstream")
    second = dazhou.post(
        "/api/v1/incidents", {"location": LITTLE_BELOW, "reporter": "船工", "description": "白沫、死鱼"}
    )
    assert [each["number"] for each in second["nearby"]] == [first["number"]], "offered, and nothing picked"
    [to_guangan] = messages(second["assessment"], GUANGAN)
    issue(dazhou, second["number"], to_guangan)
    basin_handsets.rings(GUANGAN_PHONE, to_guangan["code"])

    merged = dazhou.post(
        f"/api/v1/incidents/{second['number']}/merge", {"into": first["number"], "reason": "同一辆罐车"}
    )
    assert (merged["status"], merged["merged_into"]) == ("merged", first["number"])
    whole = dazhou.get(f"/api/v1/incidents/{first['number']}")
    assert [(each["n"], each["statement"]["reporter"]) for each in whole["reports"]] == [(1, "司机"), (2, "船工")]
    corrections = proposed(dazhou, first["number"], "correction")
    assert set(corrections) == {GUANGAN}, "told of the other number; 梁平 knew it by this one"
    issue(dazhou, first["number"], *corrections.values(), consent=LEADER_AGREED)
    basin_handsets.rings(GUANGAN_PHONE, "更正", f"#{first['number']}")

    path = f"/api/v1/incidents/{first['number']}"
    dazhou.post(f"{path}/reports/1/judge", {"state": "refuted", "reason": "现场核实，罐体未破"})
    dazhou.post(f"{path}/reports/2/judge", {"state": "refuted", "reason": "白沫是洗衣水"})
    assert dazhou.get(path)["weighed"]["all_refuted"]
    dazhou.post(f"{path}/withdraw", {"reason": "现场核实未入河"})
    with pytest.raises(Refused) as refused:
        dazhou.post(f"{path}/close", {"reason": "完毕"})
    assert refused.value.status == 409
    withdrawals = proposed(dazhou, first["number"], "withdrawal")
    assert set(withdrawals) == {LIANGPING, GUANGAN}
    issue(dazhou, first["number"], *withdrawals.values(), consent=LEADER_AGREED)
    basin_handsets.rings(LIANGPING_PHONE, "撤回", "作废")
    basin_handsets.rings(GUANGAN_PHONE, "撤回", "作废")
    assert to_liangping["id"] in read_back(liangping, DAZHOU)
    assert to_guangan["id"] in read_back(guangan, DAZHOU), (
        "said under the other number, and read back with the last word"
    )
    closed = dazhou.post(f"{path}/close", {"reason": "误报"})
    assert {each["state"] for each in closed["reports"]} == {"refuted"}
    assert closed["status"] == "closed"
    for number in (first["number"], second["number"]):
        assert dazhou.get(f"/api/v1/incidents/{number}/postmortem.json")["chain"]["whole"]


def test_found_downstream_first_the_desk_above_is_asked_opens_its_file_and_the_two_are_linked(
    basin_service: Service, basin_handsets: Handsets, dazhou: Client, liangping: Client
) -> None:
    basin_service.start()
    reached = dazhou.post("/api/v1/incidents/preview", {"location": HEAD})["sites"]
    section = next(each for each in reached if each["kind"] == "section" and each["jurisdiction"] == LIANGPING)
    found = liangping.post(
        "/api/v1/incidents",
        {"location": {"lon": section["lon"], "lat": section["lat"]}, "substance": "氨氮", "source": "monitoring"},
    )
    assert found["lead"] == LIANGPING
    liangping.post(f"/api/v1/incidents/{found['number']}/enquire", {"reason": "氨氮 1.8 毫克每升，限 1.0"})
    enquiries = proposed(liangping, found["number"], "upstream_enquiry")
    assert set(enquiries) == {DAZHOU}
    issue(liangping, found["number"], *enquiries.values(), consent=LEADER_AGREED)
    basin_handsets.rings(DAZHOU_PHONE, "梁平协查", "疑来自上游", enquiries[DAZHOU]["code"])
    read_back(dazhou, LIANGPING)

    above = dazhou.post(
        "/api/v1/incidents",
        {"location": HEAD, "substance": "氨水", "source_state": "stopped", "linked_to": found["number"]},
    )
    assert (above["lead"], above["number"]) == (DAZHOU, found["number"] + 1)
    [link] = dazhou.get(f"/api/v1/incidents/{above['number']}/event")["links"]
    assert (link["number"], link["lead"], link["may_see"]) == (found["number"], LIANGPING, True)
    [link] = liangping.get(f"/api/v1/incidents/{found['number']}/event")["links"]
    assert (link["number"], link["may_see"]) == (above["number"], False), "not told yet: that it is there, and no more"
    [owed] = [each for each in messages(above["assessment"], LIANGPING) if each["who"] == DAZHOU]
    assert owed["deadline_at"] is not None, "its own clock, beside that of the file below"
    issue(dazhou, above["number"], owed, consent=LEADER_AGREED)
    basin_handsets.rings(LIANGPING_PHONE, "达州首报", owed["code"])
    read_back(liangping, DAZHOU)
    assert liangping.get(f"/api/v1/incidents/{found['number']}/event")["links"][0]["may_see"]
    with pytest.raises(Refused) as refused:
        liangping.post(f"/api/v1/incidents/{found['number']}/merge", {"into": above["number"], "reason": "同一事件"})
    assert refused.value.status == 403, "two leads: linked, never merged"

    dazhou.post(
        f"/api/v1/incidents/{above['number']}/stand-down",
        {"reason": "源头已堵", "signer": "带班领导", "despite": ["slug-on-its-way"]},
    )
    news = liangping.get(f"/api/v1/incidents/{found['number']}/journal")["entries"]
    assert [each["facts"]["kind"] for each in news if each["kind"] == "link.news"] == ["end"]
    assert liangping.get(f"/api/v1/incidents/{found['number']}")["status"] == "open", "its own file ends by itself"
    assert "完好" in basin_service.flask("journal", "verify")


def test_the_lead_passes_at_eight_with_the_source_running_and_no_promise_is_lost(
    basin_service: Service, basin_handsets: Handsets, dazhou: Client, liangping: Client
) -> None:
    basin_service.start()
    opened = dazhou.post("/api/v1/incidents", {"location": HEAD, "source_state": "continuing"})
    path = f"/api/v1/incidents/{opened['number']}"
    [to_liangping] = messages(opened["assessment"], LIANGPING)
    [to_guangan] = messages(opened["assessment"], GUANGAN)
    issue(dazhou, opened["number"], to_liangping, to_guangan, consent=LEADER_AGREED)
    basin_handsets.rings(LIANGPING_PHONE, "达州首报", to_liangping["code"])
    basin_handsets.rings(GUANGAN_PHONE, "达州首报", to_guangan["code"])
    read_back(liangping, DAZHOU)
    promised = dazhou.get(path)["next_update_at"]

    dazhou.post(f"{path}/lead", {"to": LIANGPING, "reason": "主战场在梁平"})
    offer = liangping.get(f"{path}/event")["lead_offer"]
    lines = [each["key"] for each in offer["lines"]]
    assert {"source", "promise", f"unread:{to_guangan['id']}"} <= set(lines)
    with pytest.raises(Refused) as refused:
        liangping.post(f"{path}/lead/accept", {"lines": [each for each in lines if each != "promise"]})
    assert [each["key"] for each in refused.value.problem["lines"]] == ["promise"]
    assert dazhou.get(path)["lead"] == DAZHOU
    taken = liangping.post(f"{path}/lead/accept", {"lines": lines})
    assert (taken["lead"], taken["next_update_at"]) == (LIANGPING, promised)
    wait_until(lambda: [each["desk"] for each in liangping.get(f"{path}/calls")["calls"]] == [GUANGAN], "the open call")
    assert dazhou.get(f"{path}/calls")["calls"] == []
    with pytest.raises(Refused) as refused:
        dazhou.post(f"{path}/withdraw", {"reason": "x"})
    assert refused.value.status == 403, "it leads no more, and sees on"

    with pytest.raises(Refused) as refused:
        liangping.post(f"{path}/stand-down", {"reason": "x", "signer": "带班领导", "despite": ["source-open"]})
    assert refused.value.problem["missing"][0]["what"] == "source-open"
    liangping.post(f"{path}/reports", {"flow_state": "flood"})
    updates = proposed(liangping, opened["number"], "update")
    assert GUANGAN in updates, "told by the former lead, kept informed by the new one"
    assert DAZHOU not in updates
    issue(liangping, opened["number"], updates[GUANGAN], consent=LEADER_AGREED)
    basin_handsets.rings(GUANGAN_PHONE, "梁平更新2", "提前")
    left = liangping.get(path)["notifications"]
    again = [
        (each["tells"], each["role"]) for each in left if (each["state"], each["kind"]) == ("proposed", "incident")
    ]
    assert (GUANGAN, to_guangan["role"]) not in again, "nobody is told the same twice"
    assert DAZHOU not in {tells for tells, _ in again}, "who handed it over is not told of it"
