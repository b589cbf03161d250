"""What a text says: the wording of the trade, one segment whatever the names, and nothing that must not stand in it."""

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.texts import chinese, english, messages
from contacts.texts.messages import FORBIDDEN, TooLong, script, short_name, text
from contacts.texts.said import VARIABLES, fill
from contacts.texts.segments import Encoding, Segments, segments
from contacts.values import Level
from emergency.errors import BadInput
from emergency.notifications import Content
from emergency.words import Language
from tests.contacts import cast

KINDS = sorted(chinese.WORDING.texts)


STOPPED = {"field": "source_open", "was": True, "now": False}
DIESEL = {"field": "substance", "was": None, "now": {"zh": "柴油", "en": "diesel"}}
SEEN = {"field": "occurred_at", "was": None, "now": "2025-11-20T18:00:00Z"}


def said(**changes: Any) -> Content:
    """The first warning of the first-hour story."""
    known = Content(
        kind="incident",
        version=1,
        code="K7M4",
        drill=False,
        sender={"zh": "达州市", "en": "Dazhou"},
        receiver={"zh": "梁平区", "en": "Liangping"},
        river={"zh": "铜钵河", "en": "Tongbo River"},
        place={"zh": "大竹段", "en": "Dazhu"},
        section={"zh": "牛角滩", "en": "Niujiaotan"},
        substance=None,
        occurred_at="2025-11-20T18:30:00Z",
        earliest_at="2025-11-20T23:41:00Z",
        was_earliest_at=None,
        likely_at="2025-11-21T01:00:00Z",
        verified=False,
        source_open=True,
        next_update_at="2025-11-20T21:00:00Z",
    )
    return replace(known, **changes)


def write(
    content: Content, *, act: str = "formal_notice", level: Level = Level.FACTS, language: Language = Language.ZH
) -> messages.Text:
    return text(content, act=act, level=level, language=language, zone=cast.ZONE, minutes=15)


@pytest.mark.parametrize(
    ("units", "count"),
    [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4), (500, 8), (536, 8), (537, 9)],
)
def test_segments_of_chinese_text(units: int, count: int) -> None:
    assert segments("污" * units) == Segments(Encoding.UCS2, units, count)


@pytest.mark.parametrize(("units", "count"), [(1, 1), (160, 1), (161, 2), (306, 2), (307, 3)])
def test_segments_of_gsm7_text(units: int, count: int) -> None:
    assert segments("a" * units) == Segments(Encoding.GSM7, units, count)


def test_a_character_outside_the_basic_plane_counts_two_and_an_escaped_one_two_septets() -> None:
    assert segments("𠮷" * 35).units == 70
    assert segments("[]").units == 4


def test_the_first_warning_in_chinese() -> None:
    body = "【联防】达州首报：铜钵河大竹段21日2时半污染物入河，物质不明，待核实。最早7时半达牛角滩。请回电达州值班室报码K7M4，5时前再报"
    assert write(said()) == messages.Text(body, "UCS-2", 66, 1, ())


def test_the_first_warning_in_english() -> None:
    body = (
        "LIANFANG Dazhou FIRST: Tongbo R at Dazhu, unknown substance in river 02:30 21 Nov, unverified. "
        "Niujiaotan from 07:30. Call our duty desk, code K7M4. Next 05:00"
    )
    assert write(said(), language=Language.EN) == messages.Text(body, "GSM-7", 159, 1, ())


def test_a_known_substance_is_named() -> None:
    body = write(said(substance={"zh": "硫酸", "en": "sulphuric acid"}, verified=True)).body
    assert "21日2时半硫酸入河。" in body
    assert "不明" not in body


@pytest.mark.parametrize(
    ("was", "word", "order"),
    [
        ("2025-11-21T03:00:00Z", "提前", "请即核对取水口、闸坝"),
        ("2025-11-20T22:00:00Z", "推后", "防范措施不撤"),
        ("2025-11-20T23:35:00Z", "时间不变", "防范措施不撤"),
        (None, "有更新", "请回电报码"),
    ],
)
def test_an_update_says_what_changed_from_what(was: str | None, word: str, order: str) -> None:
    body = write(said(kind="update", version=2, was_earliest_at=was)).body
    assert f"达州更新2：铜钵河污染{word}" in body
    assert order in body
    assert ("（原" in body) == (word in ("提前", "推后"))


def test_an_update_in_english() -> None:
    content = said(kind="update", version=2, was_earliest_at="2025-11-21T03:00:00Z", verified=True)
    assert write(content, language=Language.EN).body == (
        "LIANFANG Dazhou UPDATE 2: Tongbo R EARLIER, Niujiaotan from 07:30 21 Nov (was 11:00). "
        "Check intakes and gates now. Call back, code K7M4. Next 05:00"
    )


def test_an_unknown_hour_is_said_to_be_unknown() -> None:
    assert "达牛角滩时间未定" in write(said(earliest_at=None)).body
    assert "Niujiaotan time unknown" in write(said(earliest_at=None), language=Language.EN).body


def test_withdrawal_correction_and_end() -> None:
    assert "达州撤回：铜钵河大竹段所报情况不实，前报作废" in write(said(kind="withdrawal", version=3)).body
    assert "达州更正3：铜钵河前报有误，以本次为准" in write(said(kind="correction", version=3)).body
    assert "是否恢复取水由贵方决定" in write(said(kind="end", version=4)).body


def test_a_bell_names_neither_river_nor_place_nor_hour() -> None:
    body = write(said(), level=Level.BELL).body
    assert body.startswith(
        "【联防】达州有紧急跨界水环境通报（首报，待核实），请立即致电达州值班室（号码见通讯录）报码K7M4"
    )
    assert body.endswith("15分钟未回将联系您的上级")
    assert not re.search("铜钵河|大竹|牛角滩|21日", body)


@pytest.mark.parametrize("level", list(Level))
def test_a_heads_up_is_a_bell_marked_unverified_whatever_the_contact_may_be_sent(level: Level) -> None:
    body = write(said(verified=True), act="heads_up", level=level).body
    assert "铜钵河" not in body
    assert "待核实" in body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [Level.BELL, Level.FACTS])
def test_a_drill_is_marked_at_both_ends_in_both_languages(kind: str, level: Level) -> None:
    zh = write(said(kind=kind, drill=True), level=level).body
    assert zh.startswith("【联防】【演练】")
    assert zh.endswith("不得采取实际措施【演练】")
    en = write(said(kind=kind, drill=True), level=level, language=Language.EN).body
    assert en.startswith("LIANFANG EXERCISE ")
    assert en.endswith("Take NO real action. EXERCISE")


def test_an_earliest_hour_is_rounded_down_to_the_half_hour() -> None:
    assert "最早7时半达" in write(said(earliest_at="2025-11-20T23:59:59Z")).body


def test_another_day_is_named() -> None:
    body = write(said(earliest_at="2025-11-21T23:00:00Z", next_update_at="2025-11-22T01:00:00Z")).body
    assert "最早22日7时达" in body
    assert "，9时前再报" in body


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("达州市", "达州"),
        ("梁平区", "梁平"),
        ("阿坝藏族羌族自治州", "阿坝"),
        ("石柱土家族自治县", "石柱"),
        ("两江新区", "两江"),
        ("甲州", "甲州"),
    ],
)
def test_a_desk_is_called_by_its_short_name(full: str, short: str) -> None:
    assert short_name({"zh": full, "en": ""}, Language.ZH) == short


def test_an_english_desk_is_called_by_its_short_name() -> None:
    names = ("Dazhou", "Liangping District", "Aba Tibetan and Qiang Autonomous Prefecture")
    assert [short_name({"zh": "", "en": name}, Language.EN) for name in names] == ["Dazhou", "Liangping", "Aba"]


def test_whoever_is_told_because_nobody_answered_hears_that_first_and_what_it_is_about() -> None:
    def risen(level: Level, language: Language, **changes: Any) -> str:
        content = said(**changes)
        written = text(
            content, act="formal_notice", level=level, language=language, zone=cast.ZONE, minutes=15, risen=True
        )
        return written.body

    assert risen(Level.FACTS, Language.ZH) == (
        "【联防】达州首报无人回报，现报您：铜钵河大竹段污染物入河，待核实，最早21日7时半达牛角滩。请回电达州值班室报码K7M4，5时前再报"
    )
    assert risen(Level.BELL, Language.ZH).startswith(
        "【联防】达州紧急跨界水环境通报（首报，待核实）无人回报，现请您立即致电"
    )
    assert "NO ANSWER YET: Tongbo R" in risen(Level.FACTS, Language.EN)
    assert "nobody has answered. Call Dazhou duty desk" in risen(Level.BELL, Language.EN)
    assert "所报情况不实" in risen(Level.FACTS, Language.ZH, kind="withdrawal"), "an end says what it ends"
    assert risen(Level.FACTS, Language.ZH, drill=True).startswith("【联防】【演练】")


@pytest.mark.parametrize("language", Language)
def test_the_registry_holds_every_text_as_fixed_words_and_variables_of_a_known_sort(language: Language) -> None:
    registry = messages.WORDINGS[language].registry
    names = [each.name for each in registry]
    assert len(names) == len(set(names))
    assert {each.removeprefix(f"{language.value}.") for each in names} == {
        "first",
        "update",
        "update.earlier",
        "update.later",
        "update.unchanged",
        "correction",
        "correction.spared",
        "withdrawal",
        "end",
        "enquiry",
        "release",
        "escalation",
        "bell",
        "bell.escalation",
        "drill",
        "drill.end",
        "drill.bell",
        "contact_test",
    }
    for each in registry:
        assert set(each.variables) <= set(VARIABLES), each.name
        assert "code" in each.variables, each.name
        assert not FORBIDDEN.search(re.sub(r"\{\w+\}|[\[\]]", "", each.words)), each.name
        assert each.fixed < (70 if language is Language.ZH else 160), each.name


def test_what_is_enclosed_falls_out_where_a_variable_in_it_is_empty() -> None:
    assert fill("a[, {x}]{y}[ ({x}{y})]", {"x": "", "y": "2"}) == "a2"
    assert fill("a[, {x}]{y}[ ({x}{y})]", {"x": "1", "y": "2"}) == "a, 12 (12)"
    assert fill("{x}", {"x": "[{y}]"}) == "[{y}]", "what is put in is not read again"


names_zh = st.text(st.sampled_from("大竹铜钵河牛角滩梁平嘉陵江"), min_size=1, max_size=40)
names_en = st.text(st.sampled_from("abcdefghij klmnoü"), min_size=1, max_size=90).map(lambda name: name.strip() or "x")
names = st.builds(lambda zh, en: {"zh": zh, "en": en}, names_zh, names_en)
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
instants = st.integers(0, 365 * 24 * 60 - 1).map(lambda minute: (NEW_YEAR + timedelta(minutes=minute)).isoformat())


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    drill=st.booleans(),
    verified=st.booleans(),
    level=st.sampled_from(Level),
    act=st.sampled_from(("heads_up", "formal_notice")),
    language=st.sampled_from(Language),
    version=st.integers(1, 99),
    river=names,
    place=names,
    section=names,
    substance=st.none() | names,
    occurred_at=st.none() | instants,
    earliest_at=st.none() | instants,
    was_earliest_at=st.none() | instants,
    next_update_at=st.none() | instants,
    corrected=st.lists(st.sampled_from((STOPPED, DIESEL, SEEN)), unique_by=str, max_size=3),
    risen=st.booleans(),
)
def test_whatever_the_names_it_is_one_segment_with_the_code_and_nothing_forbidden(
    level: Level, act: str, language: Language, risen: bool, **facts: Any
) -> None:
    content, zone = said(**facts), cast.ZONE
    written = text(content, act=act, level=level, language=language, zone=zone, minutes=15, risen=risen)
    assert segments(written.body).count == 1
    assert segments(written.body).encoding == ("UCS-2" if language is Language.ZH else "GSM-7")
    assert written.units <= (70 if language is Language.ZH else 160)
    assert "K7M4" in written.body
    assert not FORBIDDEN.search(written.body)
    spoken = script(said(**facts), act=act, language=language, zone=cast.ZONE)
    assert len(spoken) <= 40
    assert "K7M4" in spoken


def test_long_names_go_in_the_declared_order_and_the_text_is_never_cut() -> None:
    long = said(place={"zh": "观音镇某某村公路桥下游左岸河段", "en": "x"}, section={"zh": "牛角滩国控断面", "en": "x"})
    written = write(long)
    assert written.shortened == ("hint", "place")
    assert "观音镇" not in written.body
    assert written.body.endswith("，5时前再报")


@pytest.mark.parametrize(
    "name", ["某某化工有限公司门前", "www.example.cn", "电话13800138000", "漏油18吨处", "Acme Ltd yard"]
)
def test_a_place_that_carries_what_must_not_be_sent_is_left_out(name: str) -> None:
    written = write(said(place={"zh": name, "en": name}))
    assert name not in written.body
    assert "place" in written.shortened


@pytest.mark.parametrize("code", ["234T", "2T3G", "22KG", "T234"])
def test_a_code_that_looks_like_a_mass_is_sent(code: str) -> None:
    assert code in write(said(code=code)).body
    assert code in write(said(code=code), language=Language.EN).body


def test_a_sender_that_cannot_be_said_is_refused_and_never_cut() -> None:
    with pytest.raises(TooLong):
        write(said(sender={"zh": "达" * 60, "en": "x"}))
    with pytest.raises(TooLong):
        write(said(sender={"zh": "达州", "en": "达州"}), language=Language.EN)


def test_a_kind_without_a_text_is_named() -> None:
    with pytest.raises(BadInput, match="no text for rumour"):
        write(said(kind="rumour"))


def test_the_script_of_a_call() -> None:
    def spoken(language: Language, **changes: Any) -> str:
        return script(said(**changes), act="formal_notice", language=language, zone=cast.ZONE)

    assert spoken(Language.ZH) == "达州首报：铜钵河污染，待核实，最早21日7时半达牛角滩，码K7M4，请复述"
    assert spoken(Language.EN) == "Dazhou: Tongbo R, unverified. Code K7M4"
    assert spoken(Language.EN, verified=True) == "Dazhou: Tongbo R spill. Code K7M4"
    assert spoken(Language.ZH, kind="withdrawal") == "达州撤回：铜钵河前报作废，码K7M4，请复述"
    assert spoken(Language.ZH, drill=True).startswith("演练")
    assert spoken(Language.ZH, drill=True).endswith("演练")
    assert spoken(Language.EN, drill=True) == "EXERCISE Dazhou. Code K7M4. EXERCISE"


@pytest.mark.parametrize(
    ("was", "earliest", "zh", "en"),
    [
        (
            "2025-11-21T00:04:00Z",
            "2025-11-20T23:43:00Z",
            "达州更新2：铜钵河提前，最早7时半（原8时），待核实，码K7M4，请复述",
            "EARLIER 07:30 was 08:00, unverified K7M4",
        ),
        (
            "2025-11-20T22:04:00Z",
            "2025-11-20T23:43:00Z",
            "达州更新2：铜钵河推后，最早7时半（原6时），待核实，码K7M4，请复述",
            "LATER 07:30 was 06:00, unverified K7M4",
        ),
        (
            "2025-11-21T00:04:00Z",
            "2025-11-22T01:00:00Z",
            "达州更新2：推后，最早22日9时（原21日8时），待核实，码K7M4，请复述",
            "LATER 09:00 22 Nov, unverified K7M4",
        ),
        (
            None,
            None,
            "达州更新2：铜钵河有更新，时间未定，待核实，码K7M4，请复述",
            "UPDATE time unknown, unverified K7M4",
        ),
    ],
)
def test_the_script_of_an_update_says_the_news_first(was: str | None, earliest: str | None, zh: str, en: str) -> None:
    content = said(kind="update", version=2, was_earliest_at=was, earliest_at=earliest)
    spoken = {each: script(content, act="heads_up", language=each, zone=cast.ZONE) for each in Language}
    assert spoken == {Language.ZH: zh, Language.EN: en}


def test_a_correction_says_what_was_wrong_and_what_it_is_now() -> None:
    content = said(kind="correction", version=3, corrected=[STOPPED], was_earliest_at="2025-11-21T00:04:00Z")
    assert write(content).body == (
        "【联防】达州更正3：铜钵河源头改为已停，待核实。最早21日7时半达牛角滩（原8时）。请回电达州值班室报码K7M4，5时前再报"
    )
    assert (
        "Tongbo R, source now stopped, unverified. Niujiaotan from 07:30" in write(content, language=Language.EN).body
    )
    assert "源头改为已停" in script(content, act="formal_notice", language=Language.ZH, zone=cast.ZONE)
    both = write(said(kind="correction", version=3, corrected=[STOPPED, DIESEL])).body
    assert "源头改为已停、物质改为柴油" in both


def test_a_correction_of_much_names_the_fields_and_one_that_cannot_says_that_something_was_wrong() -> None:
    place = {"field": "place", "was": {}, "now": {"zh": "达川区某某村公路桥段", "en": "x"}}
    much = said(kind="correction", version=3, corrected=[STOPPED, SEEN, place])
    assert "源头、发生时间、位置有误" in write(much).body
    named = said(kind="correction", version=3, corrected=[{**DIESEL, "now": {"zh": "某某公司废液", "en": "x"}}])
    assert "物质有误" in write(named).body
    assert "公司" not in write(named).body
    assert "前报有误，以本次为准" in write(said(kind="correction", version=3)).body


def test_both_languages_know_the_same_kinds() -> None:
    assert set(chinese.WORDING.texts) == set(english.WORDING.texts)


def test_facts_after_a_heads_up_are_told_whole() -> None:
    body = write(said(version=2)).body
    assert body.startswith("【联防】达州更新2：铜钵河大竹段21日2时半污染物入河")


def test_content_is_json_of_known_fields() -> None:
    assert set(asdict(said())) == set(cast.content()) | {"code", "version"}
