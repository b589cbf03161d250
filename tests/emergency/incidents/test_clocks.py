"""Every cell of the table of reporting clocks (regulation 2.2), on both sides of each limit; midnight; what more knowledge does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.agreements.values import Grade, Source
from emergency.incidents import clocks, rules
from emergency.incidents.clocks import (
    Clock,
    Due,
    File,
    How,
    Made,
    Notice,
    Owes,
    Recipient,
    Rules,
    Scope,
    Standing,
    State,
    To,
)
from emergency.words import Words

SHANGHAI = ZoneInfo("Asia/Shanghai")
KNOWN_AT = datetime(2025, 11, 20, 18, 41, tzinfo=UTC)
"""02:41 on 21 November in 达州."""
RULES = rules.shipped(KNOWN_AT)
I, II, III, IV = Grade  # noqa: E741  Roman numerals are their names in law
BY = Words("达州市值班员", "Dazhou duty officer")
SECOND = timedelta(seconds=1)


def office(key: str) -> Recipient:
    return Recipient(key, Words(key, key))


RECIPIENTS = {
    To.OWN_GOVERNMENT: office("government"),
    To.HIGHER_BUREAU: office("511700"),
    To.PROVINCIAL_DEPARTMENT: office("510000"),
    To.MINISTRY: office("ministry"),
    To.STATE_COUNCIL: office("state_council"),
    To.CENTRAL_COMMITTEE: office("central_committee"),
    To.PUBLIC: office("public"),
}


def file(grade: Grade | None = None, **more: Any) -> File:
    """A county's file on what became known at 02:41."""
    items = more.pop("items", ())
    declared = more.pop("declared", False)
    return replace(
        File(
            jurisdiction="511724",
            name=Words("大竹县", "Dazhu"),
            above=("511724", "511700", "510000"),
            owes=Owes.PLACE,
            learnt_at=KNOWN_AT,
            recipients=RECIPIENTS,
            standing=(Standing(KNOWN_AT, grade, declared, tuple(items)),),
        ),
        **more,
    )


def found(one: File, at: datetime = KNOWN_AT, holding: Rules = RULES) -> dict[str, Clock]:
    made = clocks.clocks(one, holding.limits, holding.pace, at)
    assert len({each.id for each in made}) == len(made)
    return {each.id.removeprefix(f"{one.jurisdiction}/"): each for each in made}


def minutes(clock: Clock) -> float:
    return (clock.until_at - clock.since_at) / timedelta(minutes=1)


def report(due: Due, to: str, after: float, how: How = How.NETWORK) -> Made:
    return Made(due, to, KNOWN_AT + timedelta(minutes=after), how, BY)


# The table, row by row: as what it owes, how grave, the items of article 4, to whom, minutes.
SAME, HIGHER, PROVINCE, MINISTRY = "government", "511700", "510000", "ministry"
TABLE = [
    (Owes.PLACE, IV, (), {SAME: 240, HIGHER: 240}),
    (Owes.PLACE, III, (), {SAME: 240, HIGHER: 240}),
    (Owes.PLACE, None, (), {SAME: 240, HIGHER: 240}),
    (Owes.PLACE, II, (), {SAME: 120, PROVINCE: 120, MINISTRY: 120}),
    (Owes.PLACE, I, (), {SAME: 120, PROVINCE: 120, MINISTRY: 120}),
    (Owes.PROVINCE, II, (), {MINISTRY: 60}),
    (Owes.PROVINCE, I, (), {MINISTRY: 60}),
    (Owes.PROVINCE, III, (), {}),
    (Owes.PROVINCE, IV, (), {}),
    (Owes.MINISTRY, I, (), {"state_council": 15, "central_committee": 15}),
    (Owes.MINISTRY, II, (), {"state_council": 15, "central_committee": 15}),
    (Owes.MINISTRY, III, (), {}),
    *(
        (Owes.PLACE, grade, (item,), {SAME: 120, PROVINCE: 120, MINISTRY: 120, HIGHER: 240})
        for item in (
            "drinking_water",
            "dense_settlement",
            "heavy_metal",
            "across_provinces",
            "mass_incident",
            "other_need",
        )
        for grade in (None, III)
    ),
    (Owes.RECEIVER, IV, (), {SAME: 240, HIGHER: 240}),
    (Owes.RECEIVER, II, (), {SAME: 120, PROVINCE: 120, MINISTRY: 120}),
    (Owes.RECEIVER, None, ("across_provinces",), {SAME: 120, PROVINCE: 120, MINISTRY: 120, HIGHER: 240}),
]


@pytest.mark.parametrize(("owes", "grade", "items", "limits"), TABLE)
def test_who_reports_to_whom_within_how_many_minutes(
    owes: Owes, grade: Grade | None, items: tuple[str, ...], limits: dict[str, int]
) -> None:
    one = file(grade, items=items, owes=owes)
    initial = {key: each for key, each in found(one).items() if each.due is Due.INITIAL}
    assert {key.partition("/")[2]: minutes(each) for key, each in initial.items()} == limits
    for key, clock in initial.items():
        whole = timedelta(minutes=limits[key.partition("/")[2]])
        assert found(one, KNOWN_AT + whole - SECOND)[key].state is State.DUE_SOON
        assert found(one, KNOWN_AT + whole)[key].state is State.DUE_SOON, "at the limit it can still be met"
        assert found(one, KNOWN_AT + whole + SECOND)[key].state is State.MISSED
        for late, after in ((False, whole), (True, whole + SECOND)):
            made = Made(Due.INITIAL, key.partition("/")[2], KNOWN_AT + after, How.FAX, BY)
            met = found(replace(one, made=(made,)), KNOWN_AT + timedelta(days=1))[key]
            assert (met.state, met.late, met.met_at, met.met_by) == (State.MET, late, KNOWN_AT + after, BY)
        assert clock.cited.zh
        assert clock.scope is Scope.NATIONAL


def test_promptly_has_no_number_in_the_law_and_is_marked_as_policy() -> None:
    by_source = {each.id: each.source for each in RULES.limits}
    assert {by_source[name] for name in ("art-3-general", "art-3-serious", "art-4", "province")} == {Source.STATUTE}
    promptly = ("ministry", "art-3-change", "art-8-government", "art-9-written", "art-12-follow-up", "art-12-final")
    assert {by_source[name] for name in promptly} == {Source.POLICY}
    assert all("没有数字" in each.cited.zh for each in RULES.limits if each.id in promptly)


def test_while_the_grade_cannot_be_judged_article_4_is_the_reason_and_afterwards_article_3() -> None:
    assert "第四条" in found(file(II, items=("across_provinces",)))["initial/510000"].cited.zh
    declared = found(file(II, items=("across_provinces",), declared=True))["initial/510000"]
    assert "第三条" in declared.cited.zh
    assert minutes(declared) == 120


def test_a_declared_lesser_grade_is_judged_and_article_4_adds_nothing() -> None:
    assert set(found(file(III, items=("other_need",), declared=True))) >= {"initial/government", "initial/511700"}
    assert "initial/ministry" not in found(file(III, items=("other_need",), declared=True))


@pytest.mark.parametrize(("grade", "to", "limit"), [(II, "ministry", 15), (III, "511700", 15)])
def test_a_changed_grade_is_reported_at_once_after_the_initial_report(grade: Grade, to: str, limit: int) -> None:
    changed_at = KNOWN_AT + timedelta(minutes=90)
    before = IV if grade is III else III
    standing = (Standing(KNOWN_AT, before), Standing(changed_at, grade, declared=True))
    one = file(standing=standing, made=(report(Due.INITIAL, "government", 30),))
    clock = found(one)[f"change-1/{to}"]
    assert (clock.since_at, minutes(clock)) == (changed_at, limit)
    assert found(one, clock.until_at)[f"change-1/{to}"].state is State.DUE_SOON
    assert found(one, clock.until_at + SECOND)[f"change-1/{to}"].state is State.MISSED
    told = replace(one, made=(*one.made, report(Due.CHANGE, to, 100)))
    assert found(told)[f"change-1/{to}"].state is State.MET


def test_a_grade_that_changes_before_anything_was_reported_has_no_clock_of_its_own() -> None:
    standing = (Standing(KNOWN_AT, III), Standing(KNOWN_AT + timedelta(minutes=20), II))
    assert not [name for name in found(file(standing=standing)) if name.startswith("change")]


def test_neighbours_are_told_by_the_deadline_of_the_notices_and_the_government_is_asked_at_once() -> None:
    notice = Notice(
        (Words("梁平区", "Liangping"),),
        KNOWN_AT,
        KNOWN_AT + timedelta(minutes=15),
        None,
        Source.POLICY,
        Words("第八条", "article 8"),
    )
    one = file(standing=(Standing(KNOWN_AT, II, neighbours=True),), notices=(notice,))
    made = found(one)
    [neighbours] = [each for each in made.values() if each.due is Due.NEIGHBOURS]
    assert (minutes(neighbours), neighbours.to[0].zh) == (15, "梁平区")
    assert minutes(made["propose/government"]) == 30
    kept = found(replace(one, notices=(replace(notice, met_at=KNOWN_AT + timedelta(minutes=14)),)))
    assert [each.state for each in kept.values() if each.due is Due.NEIGHBOURS] == [State.MET]
    told = found(replace(one, made=(report(Due.PROPOSE, "government", 10),)))
    assert (told["propose/government"].state, told["initial/government"].state) == (State.MET, State.RUNNING)
    assert "propose/government" not in found(file(II))


def test_a_report_by_telephone_is_followed_by_a_written_one() -> None:
    phoned = file(III, made=(report(Due.INITIAL, "government", 14, How.TELEPHONE),))
    clock = found(phoned)["written/government"]
    assert (clock.since_at - KNOWN_AT, minutes(clock)) == (timedelta(minutes=14), 60)
    assert found(phoned, clock.until_at)["written/government"].state is State.DUE_SOON
    assert found(phoned, clock.until_at + SECOND)["written/government"].state is State.MISSED
    written = replace(phoned, made=(*phoned.made, report(Due.WRITTEN, "government", 40, How.FAX)))
    assert found(written)["written/government"].state is State.MET
    assert "written/government" not in found(file(III, made=(report(Due.INITIAL, "government", 14, How.FAX),)))


def test_news_after_a_report_is_followed_up_and_more_news_does_not_put_it_off() -> None:
    heard = KNOWN_AT + timedelta(minutes=60)
    one = file(III, made=(report(Due.INITIAL, "government", 30),), news=(heard,))
    clock = found(one)["follow_up-1/government"]
    assert (clock.since_at, minutes(clock)) == (heard, 60)
    more = replace(one, news=(heard, heard + timedelta(minutes=40)))
    assert found(more)["follow_up-1/government"].until_at == clock.until_at
    told = replace(more, made=(*one.made, report(Due.FOLLOW_UP, "government", 70)))
    assert found(told)["follow_up-1/government"].state is State.MET
    assert found(told)["follow_up-2/government"].since_at == heard + timedelta(minutes=40)
    assert not [name for name in found(file(III, news=(heard,))) if name.startswith("follow_up")]


def test_the_final_report_is_due_after_the_end_and_not_after_a_false_alarm_that_nobody_above_was_told_of() -> None:
    ended = KNOWN_AT + timedelta(days=3)
    assert minutes(found(file(III, ended_at=ended))["final/government"]) == 7 * 24 * 60
    assert "final/government" not in found(file(III))
    false = file(III, void_at=ended)
    assert "final/government" not in found(false)
    assert found(false)["initial/government"].state is State.VOID
    told = replace(false, made=(report(Due.INITIAL, "government", 30),))
    assert "final/government" in found(told)


@pytest.mark.parametrize(
    ("grade", "items", "expected"),
    [
        (I, (), True),
        (II, (), True),
        (III, (), False),
        (IV, (), False),
        (IV, ("mass_incident",), True),
        (IV, ("other_need",), False),
    ],
)
def test_the_press_is_told_of_grave_or_sensitive_incidents(
    grade: Grade, items: tuple[str, ...], expected: bool
) -> None:
    made = found(file(grade, items=items))
    limits = {name: minutes(each) for name, each in made.items() if name.startswith("press")}
    assert limits == ({"press_first/public": 300, "press_conference/public": 1440} if expected else {})
    assert all(each.source is Source.POLICY for name, each in made.items() if name.startswith("press"))


def test_until_something_is_said_the_first_word_is_due_and_then_the_promise_is() -> None:
    assert minutes(found(file())["next_word"]) == 120
    promised = Notice((Words("梁平区", "Liangping"),), KNOWN_AT, KNOWN_AT + timedelta(hours=2), None, Source.TEXT, BY)
    said = file(said_at=KNOWN_AT + timedelta(minutes=11), promises=(promised,))
    open_ones = [each for each in found(said).values() if each.is_open and each.due in (Due.NEXT_WORD, Due.PROMISE)]
    assert [(each.due, each.until_at) for each in open_ones] == [(Due.PROMISE, promised.until_at)]
    over = found(said, promised.until_at + SECOND)
    assert [each.state for each in over.values() if each.due is Due.PROMISE] == [State.MISSED]
    withdrawn = found(replace(said, void_at=KNOWN_AT + timedelta(minutes=30)))
    assert [each.state for each in withdrawn.values() if each.due is Due.PROMISE] == [State.RUNNING], (
        "a promise is kept by a word to those who have it, not by the file being withdrawn"
    )


# Local limits


LOCAL = """\
kind: limits
id: dazhu-plan
title: {zh: 某县应急预案, en: a county plan}
scope: local
source: text
valid_from: 2020-01-01
jurisdictions: ["511724"]
limits:
  - {id: phone, label: {zh: 电话, en: by telephone}, due: initial, owes: [place, receiver], to: [own_government], when: {}, within_minutes: 30, mark: A}
  - {id: writing, label: {zh: 书面, en: in writing}, due: written, owes: [place, receiver], to: [own_government], when: {}, within_minutes: 60, mark: A}
  - {id: loose, label: {zh: 过宽, en: too wide}, due: initial, owes: [place], to: [own_government, higher_bureau], when: {}, within_minutes: 600, mark: C}
"""


def with_local(tmp_path: Path) -> Rules:
    path = tmp_path / "local.yaml"
    path.write_text(LOCAL, encoding="utf-8")
    document, _ = rules._read(path)
    return rules._rules([*((0, each) for each in rules._shipped()), (1, document)])


def test_a_local_plan_shortens_the_national_limit_and_never_lengthens_it(tmp_path: Path) -> None:
    holding = with_local(tmp_path)
    made = found(file(III), holding=holding)
    assert {name: minutes(made[name]) for name in ("initial/government", "initial/511700", "written/government")} == {
        "initial/government": 30,
        "initial/511700": 240,
        "written/government": 60,
    }
    assert (made["initial/government"].scope, made["initial/government"].source) == (Scope.LOCAL, Source.TEXT)
    assert "某县应急预案" in made["initial/government"].cited.zh


def test_a_local_plan_binds_its_own_jurisdiction_on_the_days_that_it_holds(tmp_path: Path) -> None:
    holding = with_local(tmp_path)
    other = replace(file(III), jurisdiction="511723", above=("511723", "511700", "510000"))
    assert minutes(found(other, holding=holding)["initial/government"]) == 240
    early = datetime(2019, 12, 31, 15, 59, tzinfo=UTC)
    before = replace(file(III), learnt_at=early, standing=(Standing(early, III),))
    assert minutes(found(before, early, holding)["initial/government"]) == 240


# Midnight, and more becoming known


def test_a_clock_that_starts_before_midnight_ends_on_the_next_day() -> None:
    known_at = datetime(2025, 12, 31, 23, 30, tzinfo=SHANGHAI).astimezone(UTC)
    one = replace(file(II), learnt_at=known_at, standing=(Standing(known_at, II),))
    until = found(one, known_at)["initial/ministry"].until_at.astimezone(SHANGHAI)
    assert until == datetime(2026, 1, 1, 1, 30, tzinfo=SHANGHAI)
    assert found(one, datetime(2026, 1, 1, 1, 30, tzinfo=SHANGHAI))["initial/ministry"].state is State.DUE_SOON
    assert found(one, datetime(2026, 1, 1, 1, 30, 1, tzinfo=SHANGHAI))["initial/ministry"].state is State.MISSED
    month = datetime(2024, 2, 28, 22, 30, tzinfo=SHANGHAI).astimezone(UTC)
    leap = replace(file(IV), learnt_at=month, standing=(Standing(month, IV),))
    until = found(leap, month)["initial/government"].until_at.astimezone(SHANGHAI)
    assert until == datetime(2024, 2, 29, 2, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("risen_after", "expected"),
    [(60, 120), (119, 134), (120, 135), (130, 145), (230, 240), (300, 240)],
)
def test_when_the_grade_rises_the_shorter_limit_counts_and_is_never_missed_before_it_could_be_met(
    risen_after: int, expected: int
) -> None:
    standing = (Standing(KNOWN_AT, III), Standing(KNOWN_AT + timedelta(minutes=risen_after), II))
    assert minutes(found(file(standing=standing))["initial/government"]) == expected


def test_when_the_grade_falls_the_shorter_limit_stays() -> None:
    standing = (Standing(KNOWN_AT, II), Standing(KNOWN_AT + timedelta(minutes=10), IV, declared=True))
    assert minutes(found(file(standing=standing))["initial/ministry"]) == 120


STANDINGS = st.lists(
    st.tuples(
        st.integers(0, 600),
        st.sampled_from([None, *Grade]),
        st.booleans(),
        st.lists(st.sampled_from(["drinking_water", "mass_incident", "other_need"]), max_size=2),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def standings(drawn: Sequence[Any]) -> tuple[Standing, ...]:
    rows = [Standing(KNOWN_AT + timedelta(minutes=m), g, d, tuple(i), n) for m, g, d, i, n in drawn]
    return tuple(sorted(rows, key=lambda each: each.at))


@given(STANDINGS, st.lists(st.integers(0, 600), max_size=4), st.lists(st.integers(1, 600), max_size=4), st.data())
def test_a_clock_never_moves_later_and_never_vanishes_when_more_becomes_known(
    drawn: Sequence[Any], made: Sequence[int], news: Sequence[int], data: st.DataObject
) -> None:
    whole = file(
        standing=standings(drawn),
        made=tuple(report(Due.INITIAL, "government", after) for after in sorted(made)),
        news=tuple(KNOWN_AT + timedelta(minutes=after) for after in sorted(news)),
    )
    cut = KNOWN_AT + timedelta(minutes=data.draw(st.integers(0, 600)))
    known = replace(
        whole,
        standing=tuple(each for each in whole.standing if each.at <= cut) or whole.standing[:1],
        made=tuple(each for each in whole.made if each.at <= cut),
        news=tuple(at for at in whole.news if at <= cut),
    )
    before, after = found(known), found(whole)
    for name, clock in before.items():
        assert after[name].until_at <= clock.until_at, name


@given(STANDINGS)
def test_the_order_in_which_rules_are_named_moves_no_deadline(drawn: Sequence[Any]) -> None:
    one = file(standing=standings(drawn))
    turned = replace(RULES, limits=RULES.limits[::-1])
    assert {name: each.until_at for name, each in found(one).items()} == {
        name: each.until_at for name, each in found(one, holding=turned).items()
    }


# Who holds it


def test_open_clocks_come_first_and_by_deadline() -> None:
    one = file(II, made=(report(Due.INITIAL, "ministry", 30),))
    made = clocks.clocks(one, RULES.limits, RULES.pace, KNOWN_AT)
    open_ones = [each for each in made if each.is_open]
    assert made[: len(open_ones)] == tuple(open_ones)
    assert [each.until_at for each in open_ones] == sorted(each.until_at for each in open_ones)
