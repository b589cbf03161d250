"""Why is this place not told? Each reason by name, for a place of the region; and why a later duty is new."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emergency.agreements import explain, newly
from emergency.agreements.explain import Answer, Because
from emergency.agreements.newly import Before
from emergency.agreements.obligations import obligations
from emergency.agreements.values import Circle, Grade, Kind, Medium, Obligation, Relation, Told
from emergency.errors import NotFound
from tests.emergency.agreements import region
from tests.emergency.agreements.region import (
    ASSESSED_AT,
    CHENGDU,
    CHENGKOU,
    DAZHOU,
    GUANGAN,
    HECHUAN,
    KNOWN_AT,
    LIANGPING,
    SHENZHEN,
    Step,
)
from tests.emergency.agreements.test_obligations import plan

REGISTER = region.divisions()
ALL = region.agreements()


def why(code: str, steps: Sequence[Step] = region.TONGBO, lead: str = DAZHOU, **other: Any) -> Answer:
    return explain.why(region.facts(lead, steps, REGISTER, **other), ALL, REGISTER, code)


def of(answer: Answer, agreement: str) -> Because:
    """How near the agreement came."""
    return next(each.because for each in answer.clauses if each.agreement == agreement)


CASES: dict[str, tuple[str, Because, str]] = {
    "told": (LIANGPING, Because.TOLD, "梁平区须通报"),
    "the lead": (DAZHOU, Because.LEADS, "是本事件的主办方"),
    "a county of the lead": ("511703", Because.LEADS, "达川区（值班室在达州市）是本事件的主办方"),
    "watched": (GUANGAN, Because.WATCHED, "只列入关注，不呼叫，1月6日17时44分起升为准备"),
    "a county whose desk is the prefecture's": ("511602", Because.WATCHED, "广安区（值班室在广安市）只列入关注"),
    "not reached": ("500116", Because.NOT_REACHED, "水不流到江津区：本事件的水经过大竹县、梁平区、达川区"),
    "a partner without a river": (SHENZHEN, Because.NO_DESK, "深圳市及其上级都没有值班室"),
}


@pytest.mark.parametrize(("code", "because", "said"), CASES.values(), ids=CASES)
def test_a_place_is_told_or_not_for_one_reason(code: str, because: Because, said: str) -> None:
    answer = why(code)
    assert answer.because is because
    assert said in answer.words.zh
    assert answer.told is (because in (Because.TOLD, Because.WATCHED))


def test_a_reached_desk_that_nobody_owes_is_said_to_be_told_by_the_one_before_it() -> None:
    answer = why("610924", region.REN, CHENGKOU)
    assert (answer.because, answer.desk) == (Because.NO_CLAUSE, "610900")
    assert "水会到达紫阳县（值班室在安康市）" in answer.words.zh
    assert "由达州市依环境保护部令第17号第八条向其通报" in answer.words.zh


STOPS: dict[str, tuple[Answer, str, Because]] = {
    "not a party": (why(GUANGAN), "wan-da-kai-2020", Because.NOT_A_PARTY),
    "relation: not next door": (why(HECHUAN), "statute-neighbour", Because.RELATION),
    "relation: not downstream": (why("500229"), "wan-da-kai-2020", Because.RELATION),
    "another river": (
        why("511723", (Step(LIANGPING, "MYJ", 0), Step("511723", "MYJ", 6, (0,))), LIANGPING),
        "tongbo-2020",
        Because.OUT_OF_SCOPE,
    ),
    "another medium": (why(LIANGPING, medium=Medium.AIR), "tongbo-2020", Because.OTHER_MEDIUM),
    "another kind": (why(LIANGPING, kind=Kind.PLANNED_RELEASE), "tongbo-2020", Because.OTHER_KIND),
    "not yet in force": (
        why(LIANGPING, known_at=region.agreement("tongbo-2020").valid_from - timedelta(seconds=1)),
        "tongbo-2020",
        Because.NOT_IN_FORCE,
    ),
    "binds": (why(LIANGPING), "tongbo-2020", Because.BINDS),
}


@pytest.mark.parametrize(("answer", "agreement", "because"), STOPS.values(), ids=STOPS)
def test_each_clause_says_where_it_stops(answer: Answer, agreement: str, because: Because) -> None:
    assert of(answer, agreement) is because


def test_a_clause_that_asks_for_a_graver_incident_says_so() -> None:
    tongbo = region.agreement("tongbo-2020")
    grave = replace(tongbo.clauses[0], when=replace(tongbo.clauses[0].when, grade_at_least=Grade.II))
    facts = region.facts(DAZHOU, region.TONGBO, REGISTER, grade=Grade.IV)
    answer = explain.why(facts, [replace(tongbo, clauses=(grave,))], REGISTER, LIANGPING)
    assert (answer.told, of(answer, "tongbo-2020")) == (False, Because.NOT_GRAVE)
    assert "级别或情形未达到" in answer.clauses[0].words.zh


def test_a_clause_that_ended_or_was_replaced_says_so() -> None:
    tongbo = region.agreement("tongbo-2020")
    facts = region.facts(DAZHOU, region.TONGBO, REGISTER)
    ended = explain.why(facts, [replace(tongbo, valid_to=KNOWN_AT)], REGISTER, LIANGPING)
    assert "已经失效" in ended.clauses[0].words.zh
    newer = replace(tongbo, version=2, valid_from=KNOWN_AT - timedelta(days=1))
    both = explain.why(facts, [tongbo, newer], REGISTER, LIANGPING)
    assert "第1版已由更新的版本取代" in {each.words.zh for each in both.clauses}


def test_a_place_told_by_one_that_was_told_is_told() -> None:
    told = (Told(GUANGAN, DAZHOU, KNOWN_AT),)
    answer = why("500109", told=told)
    assert {one.who for one in answer.obligations} == {DAZHOU, GUANGAN}


def test_an_unknown_code_is_refused_with_a_sentence() -> None:
    with pytest.raises(NotFound) as refused:
        why("999999")
    assert "999999" in refused.value.words.zh


# --- why it is new

AGAIN = ASSESSED_AT + timedelta(hours=2)
VERSIONS = {one.id: 1 for one in ALL}
SHORT = region.TONGBO[:2]
"""Before, the water was thought to stop in 梁平."""


def new_of(found: Sequence[Obligation], tells: str) -> set[str]:
    return {one.new.zh for one in found if one.tells == tells and one.new is not None}


def marked(before: Any, now: Any, versions: dict[str, int] | None = None) -> tuple[Obligation, ...]:
    was, owed = obligations(before, ALL, REGISTER), obligations(now, ALL, REGISTER)
    kept = Before(before, VERSIONS if versions is None else versions)
    return newly.marked(owed, [one.key for one in was if one.agreement in kept.versions], kept, now, REGISTER)


def test_a_desk_newly_reached_says_so_and_the_others_are_not_new() -> None:
    found = marked(region.facts(DAZHOU, SHORT, REGISTER), region.facts(DAZHOU, region.TONGBO, REGISTER))
    assert new_of(found, GUANGAN) == {"新增：上次研判未到达广安市，本次到达"}
    assert new_of(found, LIANGPING) == set()


def test_nothing_is_new_where_nothing_changed_but_the_hour() -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    found = marked(chain, region.facts(DAZHOU, region.TONGBO, REGISTER, assessed_at=AGAIN))
    assert [one for one in found if one.new is not None] == []


def test_an_agreement_that_applies_only_since_is_named() -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    found = marked(chain, chain, {one: n for one, n in VERSIONS.items() if one != "tongbo-2020"})
    assert {one.agreement for one in found if one.new is not None} == {"tongbo-2020"}
    assert "开始适用" in new_of(found, LIANGPING).pop()


def test_a_graver_grade_is_named() -> None:
    chain = region.facts(DAZHOU, (Step("511702", "ZHO", 0),), REGISTER, grade=Grade.IV)
    found = marked(chain, replace(chain, grade=Grade.II))
    assert {one.clause for one in found if one.new is not None} == {"art-3-grave-government", "art-3-grave-province"}
    assert new_of(found, "510000") == {"新增：级别由IV变为II"}


def test_a_desk_that_has_come_to_owe_says_so() -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    later = replace(chain, told=(Told(GUANGAN, DAZHOU, KNOWN_AT),))
    owed = obligations(later, ALL, REGISTER, owing=frozenset({GUANGAN}))
    found = newly.marked(owed, (), Before(chain, VERSIONS), later, REGISTER)
    assert {one.new.zh for one in found if one.new is not None} == {"新增：广安市此后成为通报方"}


def test_a_desk_whose_hour_came_near_says_the_hour() -> None:
    within = replace(region.agreement("tongbo-2020"), id="near")
    clause = replace(within.clauses[0], when=replace(within.clauses[0].when, within_hours=5.0))
    near = replace(within, clauses=(clause,))
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    soon = region.facts(DAZHOU, (region.TONGBO[0], replace(region.TONGBO[1], hours=4)), REGISTER)
    found = newly.marked(obligations(soon, [near], REGISTER), (), Before(chain, {"near": 1}), soon, REGISTER)
    assert new_of(found, LIANGPING) == {"新增：最早到达改为1月2日6时44分"}


def test_circles_and_relations_have_words_each() -> None:
    assert set(explain.KINDS) == set(Kind)
    assert set(explain.MEDIA) == set(Medium)
    assert set(explain.NEARNESS) | {
        Because.TOLD, Because.WATCHED, Because.LEADS, Because.NO_DESK, Because.NOT_REACHED, Because.NO_CLAUSE,
    } == set(Because)  # fmt: skip
    assert {Relation.DOWNSTREAM, Relation.UPSTREAM, Relation.ADJACENT, Relation.TOLD} == set(explain.RELATIONS)
    assert why(CHENGDU).circle is not Circle.NOW


def test_a_plan_that_finds_no_duty_to_make_stricter_says_so() -> None:
    facts = region.facts(DAZHOU, region.TONGBO, REGISTER)
    [alone] = explain.why(facts, [plan()], REGISTER, LIANGPING).clauses
    assert alone.because is Because.ALONE
    assert "只把已有的义务收紧" in alone.words.zh
    both = explain.why(facts, [plan(), region.agreement("tongbo-2020")], REGISTER, LIANGPING).clauses
    assert {each.agreement for each in both if each.because is Because.BINDS} == {"plan-own", "tongbo-2020"}
