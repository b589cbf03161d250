"""Reports to those above, the inside list, and the limits that only ever get stricter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emergency.agreements.circles import circles
from emergency.agreements.obligations import drafts, obligations, unraised
from emergency.agreements.upward import circumstances
from emergency.agreements.values import (
    Agreement,
    Circle,
    Circumstance,
    Grade,
    Kind,
    NearSite,
    Obligation,
    Role,
    Source,
    Told,
)
from emergency.words import Words
from tests.emergency.agreements import region
from tests.emergency.agreements.region import (
    ANKANG,
    ASSESSED_AT,
    CHENGKOU,
    DAZHOU,
    DEYANG,
    GUANGAN,
    KNOWN_AT,
    LIANGPING,
    Step,
)

REGISTER = region.divisions()
ALL = region.agreements()
LAW = [region.agreement("statute-report-upward")]
SICHUAN, CHONGQING, SHAANXI = "510000", "500000", "610000"
HOME = (Step("511702", "ZHO", 0), Step("511703", "ZHO", 5, (0,)))
"""Within 达州, no line crossed."""
NEXT_CITY = (Step("511725", "QUJ", 0), Step("511602", "QUJ", 20, (0,)))
INTAKE = NearSite(1, Words("取水口", "intake"), "511702", DAZHOU, ASSESSED_AT + timedelta(hours=30))


def reports(
    lead: str, steps: Sequence[Step], agreements: Sequence[Agreement] = LAW, **other: Any
) -> tuple[Obligation, ...]:
    found = obligations(region.facts(lead, steps, REGISTER, **other), agreements, REGISTER)
    return tuple(one for one in found if one.kind is Kind.REPORT_UPWARD)


def limits(found: Sequence[Obligation]) -> Mapping[tuple[str, str], float]:
    """Minutes to the deadline of each message, by whom it goes to."""
    return {
        (draft.tells, draft.role): (draft.deadline_at - KNOWN_AT).total_seconds() / 60
        for draft in drafts(found)
        if draft.deadline_at is not None
    }


OWN, PROVINCE = (DAZHOU, "government"), (SICHUAN, "duty_officer")


@pytest.mark.parametrize(
    ("grade", "minutes"), [(Grade.IV, 240), (Grade.III, 240), (Grade.II, 120), (Grade.I, 120), (None, 240)]
)
def test_the_limit_follows_the_grade_where_no_circumstance_stands(grade: Grade | None, minutes: int) -> None:
    assert limits(reports(DAZHOU, HOME, grade=grade)) == {OWN: minutes, PROVINCE: minutes}


@pytest.mark.parametrize("circumstance", Circumstance)
def test_each_of_the_six_circumstances_puts_an_unjudged_incident_on_the_two_hour_track(
    circumstance: Circumstance,
) -> None:
    found = reports(DAZHOU, HOME, circumstances=(circumstance,))
    assert limits(found) == {OWN: 120, PROVINCE: 120}
    track = [one for one in found if one.clause.startswith("art-4")]
    assert {one.source for one in track} == {Source.STATUTE}
    assert all("待核实" in one.reason.zh and "to be verified" in one.reason.en for one in track)


def test_once_a_person_has_declared_a_lower_grade_the_four_hours_stand() -> None:
    found = reports(DAZHOU, HOME, grade=Grade.III, declared=True, circumstances=(Circumstance.HEAVY_METAL,))
    assert limits(found) == {OWN: 240, PROVINCE: 240}


def test_a_line_of_a_province_on_the_way_is_a_circumstance_by_itself() -> None:
    across = region.facts(DAZHOU, region.TONGBO, REGISTER)
    assert circumstances(across, REGISTER) == {Circumstance.ACROSS_PROVINCES}
    assert circumstances(region.facts(DAZHOU, NEXT_CITY, REGISTER), REGISTER) == frozenset()
    assert limits(reports(DAZHOU, region.TONGBO)) == {OWN: 120, PROVINCE: 120}


@pytest.mark.parametrize(("hours", "shown"), [(72, True), (72.1, False), (None, True)])
def test_an_intake_on_the_way_is_a_circumstance_for_three_days(hours: float | None, shown: bool) -> None:
    at = None if hours is None else ASSESSED_AT + timedelta(hours=hours)
    facts = region.facts(DAZHOU, HOME, REGISTER, intakes=(replace(INTAKE, earliest_at=at),))
    assert (Circumstance.DRINKING_WATER in circumstances(facts, REGISTER)) is shown


def test_the_ministry_gets_a_copy_of_what_goes_to_the_province_in_two_hours() -> None:
    grave = [one for one in reports(DAZHOU, HOME, grade=Grade.II) if one.tells == SICHUAN and one.copy_to]
    assert [words.zh for one in grave for words in one.copy_to] == ["生态环境部（同时上报）"]


def test_a_county_desk_of_chongqing_reports_to_chongqing() -> None:
    assert set(limits(reports(LIANGPING, region.TONGBO_FROM_LIANGPING))) == {
        (LIANGPING, "government"),
        (CHONGQING, "duty_officer"),
    }


def test_a_level_without_a_desk_is_named_and_not_passed_over() -> None:
    told = (Told(ANKANG, DAZHOU, KNOWN_AT),)
    chain = region.facts(CHENGKOU, region.REN, REGISTER, told=told)
    found = obligations(chain, LAW, REGISTER, owing=frozenset({ANKANG}))
    assert {one.tells for one in found if not one.inside} == {SHAANXI}


def test_whoever_is_told_reports_by_its_own_clock() -> None:
    told_at = KNOWN_AT + timedelta(hours=3)
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER, told=(Told(LIANGPING, DAZHOU, told_at),))
    found = obligations(chain, LAW, REGISTER, owing=frozenset({LIANGPING}))
    assert {one.deadline_at for one in found if one.clause == "art-4-province"} == {told_at + timedelta(hours=2)}
    assert {one.who for one in found} == {LIANGPING}


def test_a_partner_that_got_a_copy_reports_to_nobody() -> None:
    chain = region.facts(DAZHOU, HOME, REGISTER, told=(Told(DEYANG, DAZHOU, KNOWN_AT),))
    assert obligations(chain, [*LAW, region.agreement("inside-list")], REGISTER, owing=frozenset({DEYANG})) == ()


def test_a_grade_that_changes_is_reported_anew_from_when_it_changed() -> None:
    first = reports(DAZHOU, HOME, grade=Grade.IV)
    changed = KNOWN_AT + timedelta(hours=5)
    again = reports(
        DAZHOU,
        HOME,
        known_at=changed,
        since=KNOWN_AT,
        kind=Kind.REPORT_UPWARD,
        occasion="grade II",
        grade=Grade.II,
        declared=True,
    )
    assert unraised(again, (one.key for one in first)) == again
    grave = [one for one in again if one.clause == "art-3-grave-province"]
    assert [one.deadline_at for one in grave] == [changed + timedelta(hours=2)]


# --- one's own side


def test_the_inside_list_comes_first_and_goes_to_no_other_desk() -> None:
    found = obligations(region.facts(DAZHOU, HOME, REGISTER), [region.agreement("inside-list")], REGISTER)
    assert [one.role for one in found][:4] == [
        Role.DAM_OPERATOR,
        Role.GOVERNMENT,
        Role.WATER_BUREAU,
        Role.WATER_COMPANY,
    ]
    assert len(found) == 10
    assert {(one.who, one.tells, one.circle, one.inside) for one in found} == {(DAZHOU, DAZHOU, Circle.NOW, True)}
    assert found[0].reason.zh.startswith("本方内部名单：达州市闸坝管理单位")


def test_a_plan_binds_its_own_side_only() -> None:
    plan = [region.agreement("plan-dazhou-demo")]
    assert {one.who for one in reports(DAZHOU, HOME, plan)} == {DAZHOU}
    assert reports(GUANGAN, (Step("511602", "QUJ", 0),), plan) == ()


def test_a_county_plan_binds_where_its_own_ground_is_reached() -> None:
    county = [replace(region.agreement("plan-dazhou-demo"), parties=("511724",))]
    assert reports(DAZHOU, region.TONGBO, county) != ()
    assert reports(DAZHOU, HOME, county) == ()


def test_the_stricter_local_limit_wins_and_a_looser_one_changes_nothing() -> None:
    plan = region.agreement("plan-dazhou-demo")
    loose = replace(plan, clauses=tuple(_minutes(clause, 600) for clause in plan.clauses))
    assert limits(reports(DAZHOU, HOME, [*LAW, plan])) == {OWN: 30, PROVINCE: 30}
    assert limits(reports(DAZHOU, HOME, [*LAW, loose])) == {OWN: 240, PROVINCE: 240}


def test_one_report_discharges_all_that_is_owed_to_the_province() -> None:
    found = reports(DAZHOU, region.TONGBO, ALL, grade=Grade.II)
    [draft] = [each for each in drafts(found) if each.tells == SICHUAN]
    assert {clause for _, clause in draft.clauses} == {
        "above-by-phone",
        "art-3-above",
        "art-3-grave-province",
        "art-4-province",
    }
    assert draft.circle is Circle.PREPARE


def test_reports_and_the_inside_list_stand_in_no_circle_of_the_river() -> None:
    assert SICHUAN not in circles(region.facts(DAZHOU, region.TONGBO, REGISTER), REGISTER)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.INCIDENT, Kind.REPORT_UPWARD)])
def test_what_is_no_incident_is_reported_upward_only_when_asked(kind: Kind) -> None:
    assert reports(DAZHOU, region.TONGBO, ALL, kind=kind, occasion="any") == ()


# --- parts of an explanation


def test_an_obligation_says_fact_stretch_clause_and_clock() -> None:
    found = obligations(region.facts(DAZHOU, region.TONGBO, REGISTER), ALL, REGISTER)
    one = next(each for each in found if each.agreement == "tongbo-2020")
    assert one.explanation is not None
    assert one.explanation.fact.zh == "梁平区经铜钵河被到达，最早1月2日11时44分"
    assert one.explanation.stretch == Words("铜钵河梁平区段，第1次进入", "Tongbo River in Liangping District, entry 1")
    assert one.explanation.clock == Words(
        "自达州市得知起（1月2日2时41分）15分钟内，时限依本部署策略",
        "from when Dazhou knew (02:41 2 Jan), within 15 min, limit by local policy",
    )
    above = next(each for each in found if each.clause == "art-3-above")
    assert above.explanation is not None
    assert above.explanation.stretch is None
    assert above.explanation.clock.zh == "自达州市得知起（1月2日2时41分）4小时内，时限依法规"


def test_an_obligation_names_the_tiers_it_climbs() -> None:
    chain = region.facts("510100", (Step("510115", "MIN", 0), Step("511403", "MIN", 12, (0,))), REGISTER)
    one = next(each for each in obligations(chain, ALL, REGISTER) if each.agreement == "eight-city-2019")
    assert [words.en for words in one.tiers] == [
        "execution tier (special working groups)",
        "coordination tier (secretariat)",
        "decision tier (joint meeting)",
    ]


def _minutes(clause: Any, minutes: int) -> Any:
    return replace(clause, duty=replace(clause.duty, within_minutes=minutes))
