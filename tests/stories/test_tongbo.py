"""The story that the service exists for: a spill at the head of the 铜钵河, from the call to the record."""

import json
from typing import Any

import pytest

from contacts.texts.segments import segments
from tests.stories.handsets import Handsets
from tests.stories.service import Client, Refused, Service

HEAD = {"lon": 107.38, "lat": 30.60}
DAZHU, LIANGPING, DACHUAN = "511724", "500155", "511703"
DAZHOU, GUANGAN, SHENZHEN = "511700", "511600", "440300"
LIANGPING_PHONE, GUANGAN_PHONE = "+12025550124", "+12025550153"
LEADER_AGREED = {"by": "带班领导", "how": "telephone"}


@pytest.fixture
def dazhou(basin_service: Service) -> Client:
    """达州's duty officer, in whose area the river rises."""
    return basin_service.client("达州值班员", "duty_officer", DAZHOU)


@pytest.fixture
def liangping(basin_service: Service) -> Client:
    """梁平's liaison, the next down the river."""
    return basin_service.client("梁平联络人", "liaison", LIANGPING)


def test_a_spill_at_the_head_of_the_tongbo_is_told_read_back_stood_down_and_recorded(
    basin_service: Service, basin_handsets: Handsets, dazhou: Client, liangping: Client
) -> None:
    basin_service.start()

    opened = dazhou.post(
        "/api/v1/incidents", {"location": HEAD, "description": "罐车入河", "source_state": "continuing"}
    )
    reached = [(each["code"], each["entry"]) for each in opened["assessment"]["reached"]]
    assert reached[:4] == [(DAZHU, 1), (LIANGPING, 1), (DAZHU, 2), (DACHUAN, 1)]
    assert opened["lead"] == DAZHOU
    [to_liangping] = messages(opened["assessment"], LIANGPING)
    assert "tongbo-2020" in {clause["agreement"] for clause in to_liangping["clauses"]}

    issue(dazhou, opened["number"], to_liangping, consent=LEADER_AGREED)
    text = basin_handsets.rings(LIANGPING_PHONE, "达州首报", "铜钵河", to_liangping["code"])
    assert segments(text).count == 1
    [waiting] = liangping.get("/api/v1/notifications?open=1")["notifications"]
    assert (waiting["id"], waiting["act"], waiting["version"]) == (to_liangping["id"], "formal_notice", 1)
    read = liangping.post(f"/api/v1/notifications/{waiting['id']}/acknowledge", {"via": "web"})
    assert (read["state"], read["acknowledged"]["by"]) == ("acknowledged", "梁平联络人")
    assert liangping.get("/api/v1/notifications?open=1")["notifications"] == []

    [to_guangan] = messages(opened["assessment"], GUANGAN)
    issue(dazhou, opened["number"], to_guangan)
    bell = basin_handsets.rings(GUANGAN_PHONE, "达州", "待核实", to_guangan["code"])
    assert "铜钵河" not in bell, "a heads-up is a bell in writing"
    called(dazhou, opened["number"], to_guangan["code"])

    ended = stood_down(dazhou, opened["number"])
    ends = {each["tells"]: each for each in ended["notifications"] if each["kind"] == "end"}
    assert set(ends) == {LIANGPING, GUANGAN}, "the end is owed to those who were told, and to nobody else"
    issue(dazhou, opened["number"], *ends.values(), consent=LEADER_AGREED)
    basin_handsets.rings(LIANGPING_PHONE, "终报", to_liangping["code"])
    basin_handsets.rings(GUANGAN_PHONE, "终报", to_guangan["code"])
    liangping.post(f"/api/v1/notifications/{ends[LIANGPING]['id']}/acknowledge", {"via": "web"})
    called(dazhou, opened["number"], to_guangan["code"])
    closed = dazhou.post(f"/api/v1/incidents/{opened['number']}/close", {"reason": "终报均已回报"})
    assert closed["status"] == "closed"

    record = dazhou.get(f"/api/v1/incidents/{opened['number']}/postmortem.json")
    told = {each["notification"]: each for each in record["told"] if "issued_at" in each}
    assert {number: (each["tells"], each["acknowledged"]["via"]) for number, each in told.items()} == {
        to_liangping["id"]: (LIANGPING, "web"),
        to_guangan["id"]: (GUANGAN, "call"),
        ends[LIANGPING]["id"]: (LIANGPING, "web"),
        ends[GUANGAN]["id"]: (GUANGAN, "call"),
    }
    cited = {clause["agreement"] for clause in told[to_liangping["id"]]["clauses"]}
    assert "tongbo-2020" in cited
    assert told[to_liangping["id"]]["consent"]["by"] == "带班领导"
    [down] = [entry for entry in record["timeline"] if entry["kind"] == "incident.stood_down"]
    assert (down["facts"]["signer"], down["facts"]["despite"]) == ("带班领导", ["slug-on-its-way"])
    assert record["chain"]["whole"]
    assert "完好" in basin_service.flask("journal", "verify")
    assert SHENZHEN not in json.dumps([opened, ended, record])


def test_a_false_alarm_is_withdrawn_from_all_who_were_told(
    basin_service: Service, basin_handsets: Handsets, dazhou: Client, liangping: Client
) -> None:
    basin_service.start()
    opened = dazhou.post("/api/v1/incidents", {"location": HEAD})
    [to_liangping] = messages(opened["assessment"], LIANGPING)
    issue(dazhou, opened["number"], to_liangping)
    basin_handsets.rings(LIANGPING_PHONE, to_liangping["code"])

    withdrawn = dazhou.post(f"/api/v1/incidents/{opened['number']}/withdraw", {"reason": "经查为泥沙"})
    owed = [each for each in withdrawn["notifications"] if each["state"] == "proposed"]
    assert [(each["tells"], each["kind"]) for each in owed] == [(LIANGPING, "withdrawal")]
    issue(dazhou, opened["number"], *owed, consent=LEADER_AGREED)
    basin_handsets.rings(LIANGPING_PHONE, "撤回", "作废", to_liangping["code"])
    read = liangping.post(f"/api/v1/notifications/{owed[0]['id']}/acknowledge", {"via": "web"})
    assert read["acknowledges"] == [to_liangping["id"], owed[0]["id"]], "the newest and all before it"


def messages(assessment: dict[str, Any], desk: str) -> list[dict[str, Any]]:
    """The messages that are owed to a desk."""
    return [each for each in assessment["notifications"] if each["tells"] == desk]


def issue(officer: Client, number: int, *owed: dict[str, Any], consent: dict[str, str] | None = None) -> None:
    """Send messages: as a formal notice with consent, else as a heads-up."""
    newest = officer.get(f"/api/v1/incidents/{number}")["assessment_id"]
    body: dict[str, Any] = {"assessment": newest, "notifications": [each["id"] for each in owed]}
    officer.post(f"/api/v1/incidents/{number}/issue", body | ({"consent": consent} if consent else {}))


def called(officer: Client, number: int, code: str) -> None:
    """The one call that is left on the board is made, and the code read back."""
    [card] = officer.get(f"/api/v1/incidents/{number}/calls")["calls"]
    answer = {"contact": card["contact"], "outcome": "read_back", "person": "广安值班室", "code": code}
    officer.post(f"/api/v1/notifications/{card['notification']}/calls", answer)
    assert officer.get(f"/api/v1/incidents/{number}/calls")["calls"] == []


def stood_down(officer: Client, number: int) -> Any:
    """The alarm ends once the source has stopped and a signer answers for what is still on its way."""
    path = f"/api/v1/incidents/{number}/stand-down"
    signed = {"reason": "断面连续达标", "signer": "带班领导", "despite": ["slug-on-its-way"]}
    with pytest.raises(Refused) as refused:
        officer.post(path, signed)
    assert [each["what"] for each in refused.value.problem["missing"]] == ["source-open"]
    officer.post(f"/api/v1/incidents/{number}/reports", {"source_state": "stopped"})
    with pytest.raises(Refused) as refused:
        officer.post(path, signed | {"despite": []})
    assert [each["what"] for each in refused.value.problem["missing"]] == ["slug-on-its-way"]
    return officer.post(path, signed)
