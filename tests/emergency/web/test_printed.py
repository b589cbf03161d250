"""The record in sentences."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emergency.incidents.statement import CANNOT_BE_UNKNOWN, ImpactIn, ReportIn
from emergency.web import pages, printed
from emergency.words import Language

SPEECH = printed.Speech(
    words=pages.half(Language.ZH),
    names={"500155": "梁平区", "511700": "达州市"},
    zone=ZoneInfo("Asia/Shanghai"),
    tongue=Language.ZH,
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
        (
            "delivery.called",
            {
                "desk": "500155",
                "role": "primary",
                "outcome": "read_back",
                "stated_at": "2025-11-20T21:00:00Z",
                "late": True,
            },
            "致电梁平区值班室：已回报（2025-11-21 05:00，事后补记）",
        ),
        ("incident.assessed", {"n": 2, "flow_state": "high"}, "第 2 次研判，水情丰"),
        ("incident.withdrawn", {"reason": "经查为泥沙"}, "撤回：经查为泥沙"),
        ("incident.corrected", {"reason": "司机记错", "said": {}, "cleared": []}, "更正：司机记错"),
        (
            "incident.corrected",
            {"reason": "司机记错", "cleared": ["mass_kg", "impact.deaths"]},
            "更正：司机记错（改为不明：数量、死亡人数）",
        ),
        (
            "notification.issued",
            {"who": "511700", "tells": "500155", "act": "heads_up", "code": "K7M4", "on_behalf": "该席位停电"},
            "发出：口头提醒 致梁平区，码 K7M4（代达州市：该席位停电）",
        ),
        (
            "notification.withheld",
            {"who": "511700", "tells": "500155", "reason": "已知", "on_behalf": "该席位停电"},
            "决定不发：梁平区，已知（代达州市：该席位停电）",
        ),
        ("weather.noted", {}, "weather.noted"),
    ],
)
def test_an_entry_of_the_journal_is_a_sentence(kind: str, facts: dict[str, Any], sentence: str) -> None:
    assert printed.line({"kind": kind, "facts": facts}, SPEECH) == sentence


def test_every_field_that_a_correction_can_clear_has_a_name() -> None:
    fields = [name for name in ReportIn.model_fields if name not in CANNOT_BE_UNKNOWN]
    parts = [f"impact.{name}" for name in ImpactIn.model_fields]
    assert [name for name in (*fields, *parts) if f"field.{name}" not in pages.catalogue()] == []


def test_a_fact_that_an_entry_lacks_leaves_its_place_empty() -> None:
    assert "None" not in printed.line({"kind": "delivery.failed", "facts": {"desk": "500155", "role": None}}, SPEECH)


def test_hours_are_local_and_carry_their_date() -> None:
    assert SPEECH.hour("2025-11-20T18:41:00Z") == "2025-11-21 02:41"
    assert SPEECH.seconds("2025-11-20T18:41:07Z") == "2025-11-21 02:41:07"
    assert SPEECH.hour(None) == "—"


def test_who_did_it_is_a_desk_and_role_or_a_process() -> None:
    assert printed.actor({"officer": 3, "role": "duty_officer", "desk": "511700"}, SPEECH) == "达州市 值班员"
    assert printed.actor({"process": "dispatch"}, SPEECH) == "程序 dispatch"


def entries(*said: tuple[str, str | None]) -> list[dict[str, Any]]:
    return [
        {"n": n, "kind": kind, "by": {"process": "assess"}, "facts": {"reason": why}, "at": "2025-11-20T18:41:00Z"}
        for n, (kind, why) in enumerate(said, start=1)
    ]


def test_what_the_machine_entered_at_once_is_one_line_that_can_be_opened() -> None:
    changed = [("notification.changed", None)] * 17
    withheld = [("notification.withheld", "达标")] * 3 + [("notification.withheld", "不实")]
    folds = printed.folded(entries(*changed, ("incident.assessed", None), *withheld), SPEECH)
    assert [(each.together, len(each.entries)) for each in folds] == [
        ("提议有变 17 条", 17),
        ("", 1),
        ("决定不发 3 条：达标", 3),
        ("", 1),
    ]


def test_two_alike_and_what_a_reader_may_not_see_stand_for_themselves() -> None:
    hidden = [{"n": n, "hash": "f" * 64, "withheld": True} for n in (1, 2, 3)]
    folds = printed.folded([*hidden, *entries(*[("notification.changed", None)] * 2)], SPEECH)
    assert [(each.together, len(each.entries)) for each in folds] == [("", 1)] * 5


def test_a_statement_is_shown_field_by_field_in_words() -> None:
    said = {
        "location": {"lon": 107.38, "lat": 30.6},
        "occurred_at": "2025-11-20T18:41:00Z",
        "source_state": "stopped",
        "mass_kg": 18000,
        "impact": {"deaths": 0, "evacuated": 1200},
        "description": "油罐车翻了",
        "cleared": ["substance", "impact.poisoned"],
    }
    assert printed.statement(said, SPEECH) == [
        ("地点", "107.38, 30.6"),
        ("何时发现", "2025-11-21 02:41"),
        ("源头还在流吗", "已停"),
        ("约多少（千克）", "18,000"),
        ("原话", "油罐车翻了"),
        ("疏散转移人数", "1,200"),
        ("改为不明", "什么物质、影响的中毒人数"),
    ]
