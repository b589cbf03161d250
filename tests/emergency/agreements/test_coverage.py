"""What covers a line: each state, both directions, borders, sources, who is left out, and what another set would change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from emergency.agreements import asked, coverage, sheet
from emergency.agreements import obligations as duties
from emergency.agreements.coverage import Asked, Change, Coverage, Place, State, Wanted, Way
from emergency.agreements.values import Agreement, Grade, Kind, Medium
from emergency.errors import BadInput
from emergency.jurisdictions.values import Border, Crossing, Division, Divisions, Level, Lines, OnRiver, Side, Source
from emergency.words import Language, Words
from tests.emergency.agreements import region
from tests.emergency.agreements.region import ANKANG, CHENGKOU, DAZHOU, GUANGAN, LIANGPING

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2025, 1, 1, 4, tzinfo=UTC)
REGISTER = region.divisions()
SOME = frozenset(
    {
        "district-pairings-2020",
        "eight-city-2019",
        "min-tuo-framework",
        "shenzhen-2020",
        "sichuan-chongqing-2020",
        "statute-neighbour",
        "told-before",
        "tongbo-2020",
        "wan-da-kai-2020",
    }
)
"""Enough to have each state among them; where all of them stand is tried on the basin."""
ALL = tuple(each for each in region.agreements() if each.id in SOME)
STATUTE = "statute-neighbour"


def on(river: str, offset_m: float = 0.0) -> OnRiver:
    return OnRiver(1, offset_m, river, Words(f"{river}河", f"{river} River"), 107.0, 30.5, False)


def side(*codes: str, above: Sequence[str] = ()) -> Side:
    return Side(REGISTER.desk_of(codes[0]), codes, tuple(above))


def crossing(river: str, giving: Side, taking: Side, offset_m: float = 0.0) -> Crossing:
    return Crossing(on(river, offset_m), giving, taking, (river,))


TONGBO = crossing("TBH", side("511724"), side(LIANGPING))
REN = crossing("REN", side("511781", above=(CHENGKOU,)), side("610924"))
YULIN = crossing("YLH", side("511623", above=("511724",)), side("500115"))


def judged(
    *crossings: Crossing,
    borders: Sequence[Border] = (),
    sources: Sequence[Source] = (),
    agreements: Sequence[Agreement] = ALL,
    divisions: Divisions = REGISTER,
    at: datetime = AT,
    medium: Medium = Medium.WATER,
) -> Coverage:
    lines = Lines(tuple(crossings), tuple(borders), tuple(sources))
    return coverage.coverage(lines, agreements, divisions, at=at, zone=ZONE, medium=medium)


def cited(found: Coverage, way: Way) -> list[str]:
    return sorted(cover.agreement for each in found.rows[0].judged if each.way is way for cover in each.covers)


def states(found: Coverage) -> list[State]:
    return [each.state for each in found.rows[0].judged]


# --- the states


def test_tongbo_is_covered_both_ways_and_each_clause_is_named() -> None:
    found = judged(TONGBO)
    assert states(found) == [State.COVERED, State.COVERED]
    assert cited(found, Way.NOTICE) == ["sichuan-chongqing-2020", STATUTE, "tongbo-2020", "wan-da-kai-2020"]
    assert cited(found, Way.ENQUIRY) == ["sichuan-chongqing-2020", STATUTE, "tongbo-2020"]
    down, up = found.rows[0].judged
    assert (down.who, down.tells, up.who, up.tells) == (DAZHOU, LIANGPING, LIANGPING, DAZHOU)
    assert down.within_minutes == 15
    assert found.rows[0].provincial


def test_ren_to_shaanxi_has_the_statute_only_and_two_agreements_leave_it_out() -> None:
    found = judged(REN)
    assert states(found) == [State.STATUTE, State.STATUTE]
    assert cited(found, Way.NOTICE) == [STATUTE]
    row = found.rows[0]
    assert {(left.agreement, left.party, left.onward) for left in row.left_out} == {
        ("sichuan-chongqing-2020", "510000", False),
        ("wan-da-kai-2020", DAZHOU, False),
    }
    assert row.judged[0].tells == ANKANG
    assert row.judged[0].reason is not None


def test_yulin_to_changshou_is_covered_by_the_two_provinces_and_left_out_by_the_six_parties() -> None:
    row = judged(YULIN).rows[0]
    assert row.state is State.COVERED
    assert [(left.agreement, left.party, left.onward) for left in row.left_out] == [("wan-da-kai-2020", DAZHOU, True)]


def test_without_any_agreement_every_line_has_nothing_and_says_so() -> None:
    found = judged(TONGBO, agreements=())
    assert states(found) == [State.NONE, State.NONE]
    assert found.rows[0].judged[0].reason == Words(
        "没有协议也没有法规条款使任何一方须向梁平区通报",
        "No agreement and no rule that is loaded binds anyone to tell Liangping District",
    )
    assert found.rows[0].left_out == ()


def test_before_an_agreement_begins_it_covers_nothing() -> None:
    before = judged(TONGBO, at=datetime(2020, 5, 17, 15, 59, tzinfo=UTC))
    assert cited(before, Way.NOTICE) == [STATUTE]
    assert cited(judged(TONGBO, at=datetime(2020, 5, 17, 16, 0, tzinfo=UTC)), Way.NOTICE) == [
        "sichuan-chongqing-2020",
        STATUTE,
    ]


def test_a_medium_that_an_agreement_does_not_speak_of_is_not_covered_by_it() -> None:
    assert cited(judged(TONGBO, medium=Medium.SOIL), Way.NOTICE) == [STATUTE]


def test_a_side_without_a_desk_is_a_gap_that_names_it() -> None:
    lone = [
        Division("A", Words("甲", "Jia"), Level.PROVINCE, None, None, None, True, False, None),
        Division("B", Words("乙", "Yi"), Level.PROVINCE, None, None, None, False, False, None),
    ]
    there = Divisions(lone, (), date(2025, 1, 1))
    found = judged(crossing("R", Side("A", ("A",)), Side(None, ("B",))), divisions=there)
    assert states(found) == [State.NONE, State.NONE]
    assert {each.reason.en for each in found.rows[0].judged if each.reason} == {
        "Neither Yi nor anyone above it has a desk to tell"
    }


def test_a_clause_with_a_condition_is_shown_with_it() -> None:
    pact = region.agreement("tongbo-2020")
    graver = tuple(
        replace(each, when=replace(each.when, grade_at_least=Grade.II, within_hours=24.0)) for each in pact.clauses
    )
    [cover] = judged(TONGBO, agreements=[replace(pact, clauses=graver)]).rows[0].judged[0].covers
    assert (cover.grade_at_least, cover.within_hours) == (Grade.II, 24.0)


# --- borders and sources


def test_a_border_river_lies_beside_both_and_is_asked_about_from_either_bank() -> None:
    shared = Border(on("FUJ"), side("500152"), side("510904"), 12_000.0)
    [row] = judged(borders=[shared]).rows
    assert row.place is Place.BORDER
    assert [(each.way, each.who, each.tells, each.state) for each in row.judged] == [
        (Way.ACROSS, "500152", "510900", State.COVERED),
        (Way.ACROSS, "510900", "500152", State.COVERED),
    ]


def test_a_risk_source_is_judged_where_its_water_leaves_its_desk() -> None:
    home = side("511703")
    twice = Source(7, Words("某厂", "A plant"), on("TBH"), home, (TONGBO, REN))
    [row] = judged(sources=[twice]).rows
    assert [(each.tells, each.state) for each in row.judged] == [(LIANGPING, State.COVERED), (ANKANG, State.STATUTE)]
    assert row.state is State.STATUTE
    assert row.name == Words("某厂", "A plant")


@pytest.mark.parametrize(
    ("source", "state", "doubt"),
    [
        (Source(1, Words("内", "in"), on("TBH"), side("511703"), ()), State.INSIDE, ""),
        (Source(2, Words("外", "out"), on("TBH"), None, ()), State.NONE, "in no division that is loaded"),
        (Source(3, Words("无", "no"), None, None, ()), State.NONE, "not on the active network"),
    ],
)
def test_a_source_that_reaches_nobody_or_lies_nowhere_says_which(source: Source, state: State, doubt: str) -> None:
    [row] = judged(sources=[source]).rows
    assert row.state is state
    assert [words.en[: len(doubt)] for words in row.flags] == ([doubt] if doubt else [])


# --- the same duties as those of an incident


@pytest.mark.parametrize("line", [TONGBO, REN, YULIN, crossing("TBH", side(LIANGPING), side("511724"))])
@pytest.mark.parametrize("way", [Way.NOTICE, Way.ENQUIRY])
def test_sharing_and_leaving_agreements_aside_changes_no_duty(line: Crossing, way: Way) -> None:
    telling, told = (line.giving, line.taking) if way is Way.NOTICE else (line.taking, line.giving)
    question = Asked(way, telling.key, telling.codes, told.codes, line.rivers)
    facts = coverage.facts(question, REGISTER, at=AT, zone=ZONE, medium=Medium.WATER)
    plain = {
        (each.agreement, each.clause)
        for each in duties.obligations(facts, ALL, REGISTER)
        if each.tells == told.key and each.kind is not Kind.COURTESY_COPY
    }
    [found] = [each for each in judged(line, line).rows[1].judged if each.way is way]
    assert {(cover.agreement, cover.clause) for cover in found.covers} == plain


def test_partners_without_a_river_neither_cover_nor_leave_out() -> None:
    partners = [region.agreement("district-pairings-2020"), region.agreement("shenzhen-2020")]
    row = judged(crossing("MIN", side("510181"), side("511403")), agreements=partners).rows[0]
    assert (row.state, row.left_out) == (State.NONE, ())


# --- which rows


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({}, 3),
        ({"river": "REN"}, 1),
        ({"division": "500000"}, 2),
        ({"division": GUANGAN}, 1),
        ({"division": "nobody"}, 0),
        ({"state": "statute"}, 1),
        ({"state": "covered"}, 2),
        ({"state": "none"}, 0),
        ({"place": "border"}, 0),
        ({"agreement": "tongbo-2020"}, 1),
        ({"agreement": "wan-da-kai-2020", "left_out": "1"}, 2),
        ({"provincial": "1"}, 3),
    ],
)
def test_rows_are_chosen_by_what_is_asked_for(given: dict[str, str], rows: int) -> None:
    assert len(coverage.chosen(judged(TONGBO, REN, YULIN), asked.wanted(given), REGISTER)) == rows


def test_nothing_asked_for_is_everything() -> None:
    found = judged(TONGBO, REN)
    assert coverage.chosen(found, Wanted(), REGISTER) == found.rows


@pytest.mark.parametrize("given", [{"state": "green"}, {"place": "lake"}, {"left_out": "yes"}])
def test_a_filter_that_does_not_exist_is_refused_by_its_field(given: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        asked.wanted(given)
    assert refused.value.field == next(iter(given))


@pytest.mark.parametrize("given", ["tomorrow", "2025-13-01", "2025-11-21T05:00:00", "0001-01-01", "2025-11-2 "])
def test_a_day_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BadInput):
        asked.as_of(given, AT, ZONE)


def test_a_day_is_asked_about_at_noon_there_and_an_hour_with_its_zone_as_it_is() -> None:
    assert asked.as_of("2025-11-21", AT, ZONE) == datetime(2025, 11, 21, 4, tzinfo=UTC)
    assert asked.as_of("2025-11-21T05:00:00+08:00", AT, ZONE) == datetime(2025, 11, 20, 21, tzinfo=UTC)
    assert asked.as_of(None, AT, ZONE) == AT


# --- what another set would change


def without(named: str) -> tuple[Agreement, ...]:
    return tuple(each for each in ALL if each.id != named)


def found_changes(before: Coverage, after: Coverage) -> list[tuple[Change, str]]:
    return [(each.change, (each.now or each.was or _nobody()).tells) for each in coverage.compared(before, after)]


def _nobody() -> coverage.Judged:
    raise AssertionError("a change has a before or an after")


def test_leaving_out_the_only_agreement_is_no_longer_covered_and_back_again() -> None:
    whole, less = judged(YULIN), judged(YULIN, agreements=without("sichuan-chongqing-2020"))
    changsou, guangan = "500115", GUANGAN
    assert found_changes(whole, less) == [(Change.NO_LONGER_COVERED, changsou), (Change.NO_LONGER_COVERED, guangan)]
    assert found_changes(less, whole) == [(Change.NEWLY_COVERED, changsou), (Change.NEWLY_COVERED, guangan)]


def test_leaving_out_one_of_several_changes_nothing() -> None:
    assert found_changes(judged(TONGBO), judged(TONGBO, agreements=without("tongbo-2020"))) == []


def test_who_nobody_told_is_newly_told_and_the_other_way_round() -> None:
    none, statute = judged(REN, agreements=()), judged(REN)
    assert [change for change, _ in found_changes(none, statute)] == [Change.NEWLY_TOLD] * 2
    assert [change for change, _ in found_changes(statute, none)] == [Change.NO_LONGER_TOLD] * 2


def test_another_limit_is_sooner_or_later() -> None:
    rule = region.agreement(STATUTE)
    slower = replace(
        rule, clauses=tuple(replace(one, duty=replace(one.duty, within_minutes=60)) for one in rule.clauses)
    )
    unlimited = replace(
        rule, clauses=tuple(replace(one, duty=replace(one.duty, within_minutes=None)) for one in rule.clauses)
    )
    quick, slow, never = (judged(REN, agreements=[each]) for each in (rule, slower, unlimited))
    assert [change for change, _ in found_changes(quick, slow)] == [Change.LATER] * 2
    assert [change for change, _ in found_changes(slow, quick)] == [Change.SOONER] * 2
    assert [change for change, _ in found_changes(slow, never)] == [Change.LATER] * 2
    assert found_changes(quick, quick) == []


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    lines = Lines((TONGBO, REN), (), ())
    coverage.coverage(lines, ALL, REGISTER, at=AT, zone=ZONE, progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]


# --- sheets


@pytest.mark.parametrize("tongue", Language)
def test_a_sheet_has_a_line_for_each_direction_and_no_empty_heading(tongue: Language) -> None:
    made = sheet.table(judged(TONGBO, REN).rows, REGISTER, tongue)
    assert len(made) == 1 + 4
    assert all(made[0])
    assert {len(line) for line in made} == {len(sheet.COLUMNS)}


def test_counts_say_how_many_of_each_state() -> None:
    counted = sheet.counts(judged(TONGBO, REN, YULIN).rows)
    assert counted["rows"] == {"none": 0, "statute": 1, "covered": 2, "inside": 0}
    assert counted["directions"]["covered"] == 4
    assert counted["left_out"] == 2


def test_dates_of_the_pact_bound_its_coverage_to_the_minute() -> None:
    pact = replace(region.agreement("tongbo-2020"), valid_to=AT)
    assert judged(TONGBO, agreements=[pact], at=AT - timedelta(minutes=1)).rows[0].state is State.COVERED
    assert judged(TONGBO, agreements=[pact], at=AT).rows[0].state is State.NONE
