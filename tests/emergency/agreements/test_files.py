"""A bad file is refused with the file, the line and the remedy; a good one says what it says."""

import re
from pathlib import Path

import pytest

from emergency.agreements import body, load
from emergency.agreements.files import Problem, sheets
from emergency.agreements.values import Circle, Form, Kind, Mechanism, Medium, Relation, Role, Source
from emergency.words import Words
from tests.emergency.agreements import region

GOOD = """\
id: valley-pact
title: {zh: 谷河协议, en: Valley pact}
form: agreement
parties: ["V10100", "V20100"]
scope: {media: [water], rivers: [谷河]}
valid_from: 2020-02-01
valid_to: 2029-12-31
mechanisms:
  - {id: hotline, name: {zh: 热线, en: hotline}, text_held: true}
  - {id: slot-2, text_held: false}
policy:
  soon: {within_minutes: 20, what: {zh: 首次呼叫, en: first attempt}}
clauses:
  - id: two
    label: {zh: 第二条, en: clause 2}
    text_held: true
    text: {zh: 三十分钟内告知下游, en: Tell downstream within thirty minutes}
    when: {relation: downstream, kinds: [incident], within_hours: 48, grade_at_least: III}
    duty: {who: ["V10100"], tells: ["V20100"], role: head, source: text, within_minutes: 30, circle: now, automatic: true}
  - id: three
    label: {zh: 第三条, en: clause 3}
    text_held: false
    when: {relation: upstream, kinds: [upstream_enquiry]}
    duty: {role: liaison, policy: soon, copy_to: [{zh: 秘书处, en: secretariat}]}
provenance: {zh: 试验, en: trial}
"""


def written(folder: Path, text: str | bytes, name: str = "pact.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_file_has_no_problems_and_reads_as_written(tmp_path: Path) -> None:
    sheet = sheets(written(tmp_path, GOOD))[0]
    assert sheet.problems == []
    pact = body.read(sheet.data or {}, 3)
    assert (pact.id, pact.version, pact.form, pact.media) == ("valley-pact", 3, Form.AGREEMENT, (Medium.WATER,))
    assert pact.mechanisms == (
        Mechanism("hotline", Words("热线", "hotline"), text_held=True),
        Mechanism("slot-2", None, text_held=False),
    )
    assert pact.valid_from.isoformat() == "2020-01-31T16:00:00+00:00"
    assert pact.valid_to is not None
    assert pact.valid_to.isoformat() == "2029-12-31T16:00:00+00:00"  # its last day is whole
    two, three = pact.clauses
    assert (two.duty.who, two.duty.tells, two.duty.role, two.duty.source) == (
        ("V10100",),
        ("V20100",),
        Role.HEAD,
        Source.TEXT,
    )
    assert (two.duty.within_minutes, two.duty.circle, two.duty.automatic) == (30, Circle.NOW, True)
    assert (two.when.relation, two.when.kinds, two.when.within_hours) == (Relation.DOWNSTREAM, (Kind.INCIDENT,), 48)
    assert (three.text, three.text_held, three.duty.source, three.duty.within_minutes) == (
        None,
        False,
        Source.POLICY,
        20,
    )
    assert three.duty.copy_to == (Words("秘书处", "secretariat"),)


FAULTS = {
    "unknown key": ("form: agreement", "form: agreement\nparty: x", "party: x", 'unknown key "party"; known are'),
    "unknown key inside": ("relation: upstream,", "relation: upstream, river: x,", "river: x", 'unknown key "river"'),
    "missing key": ("valid_from: 2020-02-01\n", "", "id: valley-pact", 'lacks "valid_from"; add it'),
    "code without quotes": ('["V10100", "V20100"]', '[511700, "V20100"]', "[511700", "in quotes"),
    "no such form": ("form: agreement", "form: treaty", "form: treaty", "must be one of agreement"),
    "no such relation": ("relation: upstream", "relation: nearby", "nearby", "must be one of downstream"),
    "a day written otherwise": ("2020-02-01", "1.2.2020", "1.2.2020", "write a date as 2020-09-03"),
    "no such day": ("2020-02-01", "2020-02-30", "2020-02-30", "there is no such day: 2020-02-30"),
    "ends before it begins": ("2029-12-31", "2019-12-31", "2019-12-31", "ends before it begins"),
    "one language only": ("{zh: 试验, en: trial}", "{zh: 试验}", "{zh: 试验}", '"provenance" lacks "en"'),
    "empty words": ("{zh: 试验, en: trial}", '{zh: "", en: trial}', 'zh: "",', "must not be empty"),
    "minutes as text": ("within_minutes: 20", "within_minutes: soon", "soon,", "write whole minutes"),
    "hours out of range": ("within_hours: 48", "within_hours: 0", "within_hours: 0", "out of range"),
    "hours that are no number": ("within_hours: 48", "within_hours: .nan", ".nan", "no finite number"),
    "a text that is said not to be held": ("text_held: true\n    text", "text_held: false\n    text", "text_held: false\n", "true needs a text"),
    "a text that is held and missing": ("    text: {zh: 三十分钟内告知下游, en: Tell downstream within thirty minutes}\n", "", "text_held: true\n", "true needs a text"),
    "a limit from a text that is not held": ("policy: soon,", "source: text,", "source: text, copy", "a limit can only be policy"),
    "no source of the limit": ("policy: soon, ", "", "copy_to", "say where the limit comes from"),
    "two sources of the limit": ("source: text,", "source: text, policy: soon,", "source: text, policy", "either policy, or source"),
    "minutes beside a policy": ("policy: soon,", "policy: soon, within_minutes: 5,", "policy: soon, w", "belong in the policy table"),
    "no such policy": ("policy: soon,", "policy: later,", "policy: later", 'the policy table has no "later"'),
    "a stranger in a duty": ('tells: ["V20100"]', 'tells: ["V30100"]', "V30100", "V30100 is not among the parties"),
    "the same clause twice": ("id: three", "id: two", "- id: two\n    label: {zh: 第三条", 'id "two" stands twice'),
    "nobody bound": ('["V10100", "V20100"]', "[]", "parties: []", "name the parties"),
    "the same party twice": ('["V10100", "V20100"]', '["V10100", "V10100"]', '"V10100", "V10100"', "stands twice; remove one"),
    "neither clause nor mechanism": (GOOD[GOOD.index("mechanisms:"):GOOD.index("provenance")], "mechanisms: []\nclauses: []\n", "clauses: []", "neither a clause nor a mechanism"),
    "an office of one's own side told downstream": ("role: head", "role: fire", "role: fire", "is an office of one's own side"),
    "a report upward that is none": ("relation: upstream, kinds: [upstream_enquiry]", "relation: above, kinds: [incident]", "duty: {role: liaison", "is a report upward: kinds must name report_upward"),
    "no such tier": ("role: liaison,", "role: liaison, tier: council,", "tier: council", 'the tiers have no "council"'),
    "no such circumstance": ("kinds: [upstream_enquiry]", "kinds: [upstream_enquiry], circumstances: [rain]", "[rain]", "must be one of drinking_water"),
    "a limit of law without a number": ("source: text, within_minutes: 30", "source: statute", "source: statute", "the law gives no number"),
    "a list instead of keys": ("scope: {media: [water], rivers: [谷河]}", "scope: [water]", "scope: [water]", "should be keys with values"),
    "a repeated key": ("form: agreement", "form: agreement\nform: plan", "form: plan", 'key "form" is repeated'),
    "an alias": ("form: agreement\nparties: [", "form: agreement\nnotes: *again\nparties: [", "notes: *again", "anchors and aliases are not read"),
    "a tag": ("id: valley-pact", "id: !!python/name:os.system valley-pact", "id: !!python", "is not read"),
    "a NUL": ("id: valley-pact", 'id: "valley\\0pact"', "id: ", "is not read"),
    "broken yaml": ('["V10100", "V20100"]', '["V10100", "V20100"', "scope:", "not YAML"),
    "a tab": ("    text_held: true\n    text", "\ttext_held: true\n    text", "\ttext_held", "YAML takes only spaces"),
    "a full-width colon": ("form: agreement", "form：agreement", "form：agreement", "there is a full-width colon"),
    "a full-width colon between braces": ("{zh: 谷河协议", "{zh：谷河协议", "title:", "there is a full-width colon"),
    "a full-width comma": ('"V10100", "V20100"]', '"V10100"，"V20100"]', "parties:", "between items write a plain one"),
    "a full-width comma between braces": ("谷河协议, en", "谷河协议，en", "title:", "between items write a plain one"),
    "curly quotes": ('parties: ["V10100"', "parties: [“V10100”", "parties:", "write straight ones"),
    "no space after the colon": ("form: agreement", "form:agreement", "form:agreement", "a space is missing after the colon"),
    "a comma in a text": ("en: trial}", "en: signed, sealed}", "provenance", "a text with a comma in it goes in quotes"),
    "a colon in a text between braces": ("en: trial}", "en: trial: one}", "provenance", "goes in quotes"),
    "a colon in a text": ("{zh: 试验, en: trial}", "\n  zh: 试验\n  en: signed: by whom", "  en: signed", "put the whole text in quotes"),
    "a text that begins with a sign": ("zh: 谷河协议", "zh: @谷河", "title", "begins with this sign goes in quotes"),
    "keys that do not line up": ("    label: {zh: 第二条", "   label: {zh: 第二条", "   label: {zh: 第二条", "line up on the left"),
    "two in one file": ("provenance", "---\nprovenance", "---", "one agreement to a file"),
    "an invisible character": ("谷河协议", "谷\x07河", "title", "an invisible control character"),
}  # fmt: skip


@pytest.mark.parametrize(("found", "put", "where", "remedy"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_file_line_and_remedy(tmp_path: Path, found: str, put: str, where: str, remedy: str) -> None:
    text = GOOD.replace(found, put, 1)
    problems = load.check(written(tmp_path, text))
    assert problems
    line = text[: text.index(where)].count("\n") + 1
    told = [problem for problem in problems if remedy in problem.words.en]
    assert [(problem.file, problem.line) for problem in told] == [("pact.yaml", line)]
    assert told[0].words.en.startswith(f"pact.yaml, line {line}: ")
    assert told[0].words.zh.startswith(f"pact.yaml 第{line}行：")


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe\x00", "save it as UTF-8"),
        (b"- a\n- b\n", "should hold the keys of one agreement"),
        (b"just words", "should hold the keys of one agreement"),
        (b"a: 1\n---\nb: 2\n", "not YAML"),
        (b"id: \x07", "not YAML"),
        (b"[" * 20_000, "nested too deep"),
        (b"#" * 1_000_001, "more than 1 MB"),
        (b"? [a, b]\n: c\n", "repeated or no text"),
    ],
)
def test_what_is_no_agreement_at_all_is_refused(tmp_path: Path, content: bytes, remedy: str) -> None:
    problems = load.check(written(tmp_path, content))
    assert len(problems) == 1
    assert remedy in problems[0].words.en


@pytest.mark.parametrize("name", [name for name in FAULTS if FAULTS[name][3] != "not YAML"])
def test_no_remedy_speaks_the_parsers_english_to_a_chinese_reader(tmp_path: Path, name: str) -> None:
    found, put, *_ = FAULTS[name]
    for problem in load.check(written(tmp_path, GOOD.replace(found, put, 1))):
        assert re.search("[一-鿿]", problem.what.zh)
        assert not re.search("expected|found|scanning|token", problem.what.zh)


def test_mechanisms_may_be_left_out_where_there_are_clauses(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("mechanisms:")] + GOOD[GOOD.index("policy:") :]
    [sheet] = sheets(written(tmp_path, text))
    assert sheet.problems == []
    assert body.read(sheet.data or {}, 1).mechanisms == ()
    neither = text[: text.index("policy:")] + "clauses: []\n" + text[text.index("provenance") :]
    [problem] = load.check(written(tmp_path, neither))
    assert "neither a clause nor a mechanism" in problem.what.en


def test_every_fault_of_a_file_is_named_not_only_the_first(tmp_path: Path) -> None:
    text = GOOD.replace("form: agreement", "form: treaty").replace("role: liaison", "role: nobody")
    problems = load.check(written(tmp_path, text))
    assert [problem.line for problem in problems] == [line_of(text, "treaty"), line_of(text, "nobody")]


def test_two_files_of_one_id_are_a_fault(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "a.yaml")
    written(tmp_path, GOOD, "b.yaml")
    written(tmp_path, "not read", "c.txt")
    assert load.check(tmp_path) == [Problem("b.yaml", 1, Words("与 a.yaml 的 id 相同，请改一个", "has the same id as a.yaml; change one of them"))]  # fmt: skip


def test_a_folder_or_path_without_files_is_a_fault(tmp_path: Path) -> None:
    assert "no agreement file" in load.check(tmp_path)[0].words.en
    assert "no agreement file" in load.check(tmp_path / "nowhere")[0].words.en


def test_the_reference_agreements_have_no_faults() -> None:
    assert load.check(region.REFERENCE / "agreements") == []
    assert {one.id for one in region.agreements()} == {
        "air-rules-2020",
        "chengdu-chongqing-2020",
        "district-pairings-2020",
        "eight-city-2019",
        "fu-nine-2024",
        "guangan-chongqing-2021",
        "guidance-2020",
        "inside-list",
        "jialing-2019",
        "luzhou-chongqing-2021",
        "min-tuo-framework",
        "plan-dazhou-demo",
        "qiong-2017",
        "river-chiefs-2018",
        "shenzhen-2020",
        "sichuan-chongqing-2020",
        "sichuan-provinces-2019",
        "statute-neighbour",
        "statute-report-upward",
        "told-before",
        "tongbo-2020",
        "tongbo-cross-river-2020",
        "wan-da-kai-2020",
        "wan-da-kai-memorandum-2020",
        "yangtze-compensation-2020",
    }


def test_the_reference_names_only_divisions_that_exist() -> None:
    register = region.divisions()
    named = {code for sheet in sheets(region.REFERENCE / "agreements") for _, code in body.codes(sheet.data or {})}
    assert named
    assert all(code in register for code in named)


def test_no_reference_agreement_claims_a_text_that_is_not_held() -> None:
    held = {(one.id, clause.id) for one in region.agreements() for clause in one.clauses if clause.text_held}
    ours = {(one.id, clause.id) for one in region.agreements() for clause in one.clauses if one.form is Form.PLAN}
    assert held - ours == {("statute-neighbour", "art-8")}, "of all that others signed, only the law's text is held"
    assert not any(mechanism.text_held for one in region.agreements() for mechanism in one.mechanisms)
    by_law = {
        one.id for one in region.agreements() for clause in one.clauses if clause.duty.source is not Source.POLICY
    }
    assert by_law == {"statute-report-upward"}


SLOTS = {
    "wan-da-kai-2020": (5, 3),
    "wan-da-kai-memorandum-2020": (10, 8),
    "chengdu-chongqing-2020": (10, 7),
    "tongbo-cross-river-2020": (9, 6),
    "fu-nine-2024": (11, 11),
    "sichuan-chongqing-2020": (8, 0),
    "guidance-2020": (8, 0),
}


@pytest.mark.parametrize(("named", "slots"), SLOTS.items())
def test_what_is_known_to_exist_and_not_held_is_an_empty_slot(named: str, slots: tuple[int, int]) -> None:
    mechanisms = region.agreement(named).mechanisms
    assert (len(mechanisms), sum(each.name is None for each in mechanisms)) == slots


def test_the_pairings_stand_in_their_printed_order_with_jiulongpo_twice() -> None:
    pairs = [clause.duty.tells for clause in region.agreement("district-pairings-2020").clauses]
    assert pairs == [
        ("510115", "500113"),
        ("510105", "500103"),
        ("510108", "500107"),
        ("510114", "500107"),
        ("510104", "500105"),
    ]


def test_the_parties_that_are_not_all_known_are_said_to_be_incomplete() -> None:
    assert [one.id for one in region.agreements() if not one.parties_complete] == ["fu-nine-2024", "min-tuo-framework"]
