"""Every cell of the two tables of criteria (regulation 2.1), on both sides of each limit; doubt; dates; bad rule files."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.agreements.values import Grade
from emergency.errors import BadFile
from emergency.incidents import grading, rules
from emergency.incidents.grading import GRAVITY, Effect, Intake, Prediction, RuleSet
from emergency.jurisdictions.values import Division, Divisions, Level
from emergency.words import Words

AT = datetime(2025, 11, 20, 18, 41, tzinfo=UTC)
SETS = {one.id: one for one in rules.shipped(AT).sets}
MILLION = 1_000_000
I, II, III, IV = Grade  # noqa: E741  Roman numerals are their names in law


def predict(measure: str, value: float | str, rule_set: str) -> Prediction:
    return grading.predicted([Effect(measure, value, False, Words("所报", "stated"))], SETS[rule_set])


# The tables as they are printed: criterion, value, grade under P2014, grade under R2011. A row on each side of each limit.
NUMBERS: list[tuple[str, float | str, Grade, Grade]] = [
    ("deaths", 0, IV, IV),
    ("deaths", 1, IV, III),
    ("deaths", 2, IV, III),
    ("deaths", 3, III, II),
    ("deaths", 9, III, II),
    ("deaths", 10, II, I),
    ("deaths", 29, II, I),
    ("deaths", 30, I, I),
    ("deaths", 31, I, I),
    ("poisoned", 0, IV, IV),
    ("poisoned", 9, IV, IV),
    ("poisoned", 10, III, III),
    ("poisoned", 49, III, III),
    ("poisoned", 50, II, II),
    ("poisoned", 99, II, II),
    ("poisoned", 100, I, I),
    ("evacuated", 0, IV, IV),
    ("evacuated", 4_999, IV, IV),
    ("evacuated", 5_000, III, III),
    ("evacuated", 9_999, III, III),
    ("evacuated", 10_000, II, II),
    ("evacuated", 49_999, II, II),
    ("evacuated", 50_000, I, I),
    ("loss_yuan", 0, IV, IV),
    ("loss_yuan", 5 * MILLION - 0.01, IV, IV),
    ("loss_yuan", 5 * MILLION, III, III),
    ("loss_yuan", 20 * MILLION - 0.01, III, III),
    ("loss_yuan", 20 * MILLION, II, II),
    ("loss_yuan", 100 * MILLION - 0.01, II, II),
    ("loss_yuan", 100 * MILLION, I, I),
]
CLASSES: list[tuple[str, float | str, Grade, Grade]] = [
    ("ecology", "function_lost", I, I),
    ("ecology", "function_partly_lost", II, II),
    ("ecology", "species_harmed", III, III),
    ("intake_interrupted", "city", I, I),
    ("intake_interrupted", "county", II, II),
    ("intake_interrupted", "township", III, III),
    ("intake_interrupted", "none", IV, IV),
    ("crossing", "nation", I, I),
    ("crossing", "province", II, II),
    ("crossing", "prefecture", III, III),
    ("crossing", "none", IV, IV),
    ("dispute", "county", IV, IV),
    ("hazard", "sensitive_place", IV, II),
]


@pytest.mark.parametrize(("measure", "value", "p2014", "r2011"), NUMBERS + CLASSES)
def test_a_criterion_gives_its_grade_on_both_sides_of_each_limit(
    measure: str, value: float | str, p2014: Grade, r2011: Grade
) -> None:
    assert (predict(measure, value, "P2014").grade, predict(measure, value, "R2011").grade) == (p2014, r2011)


def test_the_plan_of_2014_is_the_default_and_both_say_where_they_come_from() -> None:
    assert [one.id for one in rules.shipped(AT).sets] == ["P2014", "R2011"]
    assert SETS["P2014"].default
    assert "119" in SETS["P2014"].source.zh
    assert "17" in SETS["R2011"].source.zh


def test_a_rule_set_holds_from_its_day_in_shanghai() -> None:
    before, first = datetime(2014, 12, 28, 15, 59, 59, tzinfo=UTC), datetime(2014, 12, 28, 16, tzinfo=UTC)
    assert [one.id for one in rules.shipped(before).sets] == ["R2011"]
    assert [one.id for one in rules.shipped(first).sets] == ["P2014", "R2011"]


def test_any_one_criterion_suffices_and_each_that_is_met_is_named_gravest_first() -> None:
    stated = {"deaths": 3, "evacuated": 10_000, "poisoned": 2}
    found = grading.effects("V10100", ["V10100"], DIVISIONS, stated, [])
    made = grading.predicted(found, SETS["P2014"])
    assert [(hit.criterion, hit.grade) for hit in made.hits] == [("evacuated", II), ("deaths", III), ("poisoned", IV)]
    assert (made.grade, made.hits[0].because.zh) == (II, "疏散转移 10,000 人")


def test_the_unknown_is_named_and_never_taken_for_none() -> None:
    made = grading.predicted(grading.effects("V10100", ["V10200"], DIVISIONS, {"evacuated": 5}, []), SETS["P2014"])
    assert (made.grade, made.certain) == (III, False)
    assert made.unknown == ("deaths", "poisoned", "loss_yuan", "ecology", "intake_interrupted")
    assert made.reason.zh.startswith("至少III级：")
    assert "死亡人数" in made.reason.zh
    assert made.reason.en.startswith("At least III: ")
    assert "Unknown: deaths" in made.reason.en


def test_nothing_unknown_can_raise_the_gravest() -> None:
    made = predict("deaths", 30, "P2014")
    assert (made.grade, made.certain, made.unknown) == (I, True, ())
    assert made.reason == Words("所报", "stated")


def test_an_intake_that_may_be_reached_counts_by_its_class_and_leaves_the_interruption_unknown() -> None:
    intake = Intake(Words("某县取水口", "a county intake"), "county")
    made = grading.predicted(grading.effects("V10100", [], DIVISIONS, {}, [intake]), SETS["P2014"])
    assert (made.grade, made.hits[0].foreseen) == (II, True)
    assert "某县取水口" in made.hits[0].because.zh
    assert "intake_interrupted" in made.unknown


@pytest.mark.parametrize(
    ("lead", "reached", "expected"),
    [
        ("V10100", ["V10101", "V20100"], II),
        ("V10100", ["V10101", "V10201"], III),
        ("V10100", ["V10101", "V10102"], IV),
        ("V20100", ["V20200"], III),
        ("V20100", ["V20100"], IV),
        ("V10101", ["V10102"], IV),
    ],
)
def test_geography_alone_can_set_the_grade(lead: str, reached: list[str], expected: Grade) -> None:
    made = grading.predicted(grading.effects(lead, reached, DIVISIONS, {}, []), SETS["P2014"])
    assert made.grade is expected


HARMS = st.fixed_dictionaries(
    {},
    optional={
        "deaths": st.integers(0, 100),
        "poisoned": st.integers(0, 500),
        "evacuated": st.integers(0, 100_000),
        "loss_yuan": st.integers(0, 500 * MILLION),
        "intake_interrupted": st.sampled_from(["none", "township", "county", "city"]),
    },
)


@given(HARMS, HARMS, st.sampled_from(sorted(SETS)))
def test_knowing_more_never_lowers_what_it_is_at_least(first: dict, more: dict, rule_set: str) -> None:
    known = grading.predicted(grading.effects("V10100", [], DIVISIONS, first, []), SETS[rule_set])
    both = {**more, **first}
    later = grading.predicted(grading.effects("V10100", [], DIVISIONS, both, []), SETS[rule_set])
    assert GRAVITY[later.grade] <= GRAVITY[known.grade]
    assert set(later.unknown) <= set(known.unknown)


@given(HARMS)
def test_the_order_in_which_effects_are_named_changes_nothing(stated: dict) -> None:
    found = grading.effects("V10100", ["V20100"], DIVISIONS, stated, [])
    for rule_set in SETS.values():
        assert grading.predicted(found, rule_set) == grading.predicted(found[::-1], rule_set)


def test_the_graver_of_two_grades_and_of_an_unknown_one() -> None:
    assert [grading.graver(*pair) for pair in ((II, III), (None, III), (II, None), (None, None))] == [II, III, II, None]


# Rule files


GOOD = """\
kind: grading
id: P2030
default: true
title: {zh: 新预案, en: new plan}
source: {zh: 文号, en: number}
valid_from: 2030-01-01
criteria:
  - {id: deaths, measure: deaths, mark: A, least: {I: 20, II: 10}}
otherwise: IV
"""
BAD = [
    ("valid_from: 2030-01-01", "valid_from: 2030-02-30", 0, "YAML"),
    ("least: {I: 20, II: 10}", "least: {I: 10, II: 20}", 8, "级别越重"),
    ("least: {I: 20, II: 10}", "least: {V: 20}", 8, "不是可用的值"),
    ("measure: deaths", "measure: sheep", 8, "不是可用的值"),
    (", least: {I: 20, II: 10}", "", 8, "least 或 is"),
    ("otherwise: IV", "otherwise: IV\nsurprise: 1", 10, "没有这个键"),
    ("title: {zh: 新预案, en: new plan}\n", "", 1, "缺少此项"),
    ("kind: grading", "kind: song", 1, "kind"),
    ("id: P2030", "id: [", 4, "YAML"),
    ("id: P2030", "id: &a x\nother: *a", 0, "别名"),
]


@pytest.mark.parametrize(("good", "bad", "line", "says"), BAD)
def test_a_bad_rule_file_is_refused_with_its_line_and_what_to_write(
    tmp_path: Path, good: str, bad: str, line: int, says: str
) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert rules.check(path) == []
    path.write_text(GOOD.replace(good, bad), encoding="utf-8")
    [words] = rules.check(path)
    assert says in words.zh
    assert "plan.yaml" in words.en
    assert not line or f"第{line}行" in words.zh, words.zh


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFile, match="UTF-8"):
        rules._read(path)


def _division(code: str, level: Level, parent: str | None) -> Division:
    return Division(code, Words(code, code), level, parent, None, None, True, False, None)


DIVISIONS = Divisions(
    [
        _division("V10000", Level.PROVINCE, None),
        _division("V10100", Level.PREFECTURE, "V10000"),
        _division("V10101", Level.COUNTY, "V10100"),
        _division("V10102", Level.COUNTY, "V10100"),
        _division("V10200", Level.PREFECTURE, "V10000"),
        _division("V10201", Level.COUNTY, "V10200"),
        _division("V20000", Level.PROVINCE, None),
        _division("V20100", Level.COUNTY, "V20000"),
        _division("V20200", Level.COUNTY, "V20000"),
    ],
    [],
    date(2025, 11, 20),
)


def test_every_rule_set_names_each_criterion_once() -> None:
    for one in SETS.values():
        assert isinstance(one, RuleSet)
        assert len({each.id for each in one.criteria}) == len(one.criteria)
        assert {each.measure for each in one.criteria} <= set(grading.NAMES)
