"""The record in sentences."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emergency.web import pages, printed
from emergency.words import Language

SPEECH = printed.Speech(
    words=pages.half(Language.ZH), names={"500155": "梁平区", "511700": "达州市"}, zone=ZoneInfo("Asia/Shanghai")
)


@pytest.mark.parametrize(
    ("kind", "facts", "sentence"),
    [
        (
            "notification.issued",
            {"tells": "500155", "act": "heads_up", "code": "K7M4"},
            "发出：口头提醒 致梁平区，码 K7M4",
        ),
        ("notification.acknowledged", {"tells": "500155", "via": "call"}, "梁平区 已回报（电话）"),
        (
            "delivery.called",
            {"desk": "500155", "role": "primary", "channel": "phone", "outcome": "no_answer"},
            "致电梁平区值班室：无人接",
        ),
        (
            "contact.gap",
            {"desk": "500155", "role": "deputy", "reason": {"slug": "no-roster", "words": "该席位没有值班表"}},
            "梁平区副班无人：该席位没有值班表",
        ),
        ("incident.assessed", {"n": 2, "flow_state": "high"}, "第 2 次研判，水情丰"),
        ("incident.withdrawn", {"reason": "经查为泥沙"}, "撤回：经查为泥沙"),
        ("weather.noted", {}, "weather.noted"),
    ],
)
def test_an_entry_of_the_journal_is_a_sentence(kind: str, facts: dict[str, Any], sentence: str) -> None:
    assert printed.line({"kind": kind, "facts": facts}, SPEECH) == sentence


def test_a_fact_that_an_entry_lacks_leaves_its_place_empty() -> None:
    assert "None" not in printed.line({"kind": "delivery.failed", "facts": {"desk": "500155", "role": None}}, SPEECH)


def test_hours_are_local_and_carry_their_date() -> None:
    assert SPEECH.hour("2025-11-20T18:41:00Z") == "2025-11-21 02:41"
    assert SPEECH.seconds("2025-11-20T18:41:07Z") == "2025-11-21 02:41:07"
    assert SPEECH.hour(None) == "—"


def test_who_did_it_is_a_desk_and_role_or_a_process() -> None:
    assert printed.actor({"officer": 3, "role": "duty_officer", "desk": "511700"}, SPEECH) == "达州市 值班员"
    assert printed.actor({"process": "dispatch"}, SPEECH) == "程序 dispatch"
