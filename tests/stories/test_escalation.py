"""Nobody answers: the next person is told, until one reads it back or there is nobody left."""

from pathlib import Path
from typing import Any

import pytest

from tests import valley
from tests.stories.handsets import Handsets
from tests.stories.service import Client, Service, policy, wait_until

HEAD = {"lon": 100.02, "lat": 30.1005}
ZHONG = "V20100"
PRIMARY, DEPUTY, LEADER = "+12025550102", "+13035550102", "+14045550102"
UNKNOWN_HANDSET, SECOND_PHONE = "+12025550195", "+12025550142"


@pytest.fixture
def jia(service: Service) -> Client:
    """甲州's duty officer, who tells 中区."""
    return service.client("甲州值班员", "duty_officer", "V10100")


def test_when_nobody_answers_the_deputy_is_told_and_then_the_leader_and_then_the_sender(
    service: Service, handsets: Handsets, jia: Client
) -> None:
    service.policy = policy(escalate_now_s=2)
    service.start()
    told = tell_zhong(jia)
    for number in (PRIMARY, DEPUTY, LEADER):
        handsets.rings(number, told["code"])
    heard = wait_until(lambda: of_kind(jia, told, "escalation.exhausted"), "the sender to hear that nobody answered")
    assert heard[0]["facts"]["alarm"]
    assert [each["facts"]["step"] for each in of_kind(jia, told, "escalation.step")] == ["primary", "deputy", "leader"]


def test_a_read_back_ends_it_and_the_leader_sleeps(service: Service, handsets: Handsets, jia: Client) -> None:
    reach_primary_at(service, UNKNOWN_HANDSET)
    service.start()
    told = tell_zhong(jia)
    handsets.rings(UNKNOWN_HANDSET, told["code"])
    handsets.rings(DEPUTY, told["code"])  # at once, not after a quarter of an hour: the carrier knows no such handset
    zhong = service.client("中区副班", "liaison", ZHONG)
    read = zhong.post(f"/api/v1/notifications/{told['id']}/acknowledge", {"via": "code", "code": told["code"].lower()})
    assert read["acknowledged"]["via"] == "code"
    wait_until(lambda: of_kind(jia, told, "escalation.stopped"), "the ladder to end")
    after = [each["state"] for each in deliveries(jia, told) if each["channel"] == "phone"]
    assert set(after) == {"cancelled"}, "nobody is to be rung about it any more"


def test_a_number_that_fails_at_the_carrier_brings_the_next_number_of_the_same_person(
    service: Service, handsets: Handsets, jia: Client
) -> None:
    reach_primary_at(service, UNKNOWN_HANDSET, SECOND_PHONE)
    service.start()
    told = tell_zhong(jia)
    text = handsets.rings(UNKNOWN_HANDSET, told["code"])
    assert handsets.rings(SECOND_PHONE) == text
    service.settled()
    texts = [(each["role"], each["state"]) for each in deliveries(jia, told) if each["channel"] == "sms"]
    assert texts == [("primary", "failed_carrier"), ("primary", "delivered")]


def reach_primary_at(service: Service, number: str, *others: str) -> None:
    """中区's first contact has these numbers instead."""
    file = Path(service.folder) / "changed.yaml"
    also = f", numbers: [{', '.join(map(repr, others))}]" if others else ""
    file.write_text(valley.CONTACTS.replace(f'"{PRIMARY}"', f'"{number}"{also}'), encoding="utf-8")
    service.flask("contacts", "load", str(file))


def tell_zhong(officer: Client) -> dict[str, Any]:
    """An incident at the head of the valley, and the message about it to 中区."""
    opened = officer.post("/api/v1/incidents", {"location": HEAD, "flow_state": "mean"})
    [owed] = [each for each in opened["assessment"]["notifications"] if each["tells"] == ZHONG]
    order = {"assessment": opened["assessment"]["id"], "notifications": [owed["id"]]}
    officer.post(f"/api/v1/incidents/{opened['number']}/issue", order | {"consent": {"by": "带班领导", "how": "oral"}})
    return dict(owed)


def of_kind(officer: Client, told: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The journal's entries of a kind."""
    entries = officer.get(f"/api/v1/incidents/{told['incident']}/journal")["entries"]
    return [each for each in entries if each["kind"] == kind]


def deliveries(officer: Client, told: dict[str, Any]) -> list[dict[str, Any]]:
    """What was done to get the message to a person."""
    shown = officer.get(f"/api/v1/incidents/{told['incident']}")["notifications"]
    return next(list(each["deliveries"]) for each in shown if each["id"] == told["id"])
