"""Who owes whom what on the real region: each agreement inside and outside its scope, both ways, before and after its days."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emergency.agreements import body
from emergency.agreements.faults import faults
from emergency.agreements.obligations import circles, drafts, gaps, obligations
from emergency.agreements.values import (
    Act,
    Agreement,
    Circle,
    GapDuty,
    Grade,
    Kind,
    Medium,
    NearSite,
    Obligation,
    Role,
    Source,
    Told,
)
from emergency.words import Words
from tests.emergency.agreements import region
from tests.emergency.agreements.region import (
    ABA,
    ANKANG,
    ASSESSED_AT,
    CHENGDU,
    CHENGKOU,
    DAZHOU,
    DEYANG,
    GUANGAN,
    HECHUAN,
    KNOWN_AT,
    LIANGPING,
    MEISHAN,
    SHENZHEN,
    Step,
)

REGISTER = region.divisions()
ALL = region.agreements()


def owed(lead: str, steps: Sequence[Step], **other: Any) -> tuple[Obligation, ...]:
    """What is owed to other desks; reports upward and the inside list have their own tests."""
    return region.warnings(obligations(region.facts(lead, steps, REGISTER, **other), ALL, REGISTER))


def pairs(found: Sequence[Obligation], named: str) -> set[tuple[str, str]]:
    return {(one.who, one.tells) for one in found if one.agreement == named}


def desks_told(found: Sequence[Obligation]) -> set[str]:
    return {one.tells for one in found}


# --- 铜钵河


def test_dazhou_owes_liangping_one_message_that_cites_all_that_bind_the_two() -> None:
    found = drafts(owed(DAZHOU, region.TONGBO))
    to_liangping = [draft for draft in found if draft.tells == LIANGPING]
    assert len(to_liangping) == 1
    draft = to_liangping[0]
    assert (draft.who, draft.role, draft.kind, draft.circle) == (DAZHOU, Role.LIAISON, Kind.INCIDENT, Circle.NOW)
    assert draft.clauses == (
        ("guidance-2020", "task-4-downstream"),
        ("sichuan-chongqing-2020", "to-downstream"),
        ("sichuan-provinces-2019", "chongqing"),
        ("statute-neighbour", "art-8"),
        ("tongbo-2020", "downstream"),
        ("tongbo-cross-river-2020", "sharing"),
        ("wan-da-kai-2020", "early-warning"),
        ("wan-da-kai-memorandum-2020", "cross-border-basins"),
    )
    assert draft.deadline_at == KNOWN_AT + timedelta(minutes=15)
    assert (draft.act, draft.automatic) == (Act.FORMAL_NOTICE, False)


def test_the_reason_names_fact_hour_river_and_clause_and_that_the_text_is_not_held() -> None:
    tongbo = next(one for one in owed(DAZHOU, region.TONGBO) if one.agreement == "tongbo-2020")
    assert tongbo.reason == Words(
        "梁平区经铜钵河被到达，最早1月2日11时44分；"
        "依《铜钵河流域水生态环境联动共治协议》联动通报（顺流）（条文未取得，时限依本部署策略）",
        "Liangping District is reached through Tongbo River, not before 11:44 2 Jan; under Agreement on joint governance of"
        " the Tongbo river basin, notice with the stream (text not held, limit by local policy)",
    )
    assert tongbo.source is Source.POLICY
    assert tongbo.clause_text is None
    assert tongbo.text_held is False


def test_the_leads_own_desk_is_never_told_though_its_land_is_reached_again() -> None:
    assert DAZHOU not in desks_told(owed(DAZHOU, region.TONGBO))


def test_guangan_is_a_statutory_neighbour_to_be_watched() -> None:
    to_guangan = [one for one in owed(DAZHOU, region.TONGBO) if one.tells == GUANGAN]
    assert [(one.agreement, one.clause, one.circle) for one in to_guangan] == [
        ("statute-neighbour", "art-8", Circle.WATCH)
    ]


def test_the_clock_of_a_watched_desk_starts_when_it_rises_to_prepare() -> None:
    to_guangan = next(one for one in owed(DAZHOU, region.TONGBO) if one.tells == GUANGAN)
    assert to_guangan.deadline_at == ASSESSED_AT + timedelta(hours=183 - 72, minutes=15)


def test_hechuan_beyond_guangan_is_owed_under_the_agreements_of_both_provinces_only() -> None:
    to_hechuan = [one for one in owed(DAZHOU, region.TONGBO) if one.tells == HECHUAN]
    assert [one.agreement for one in to_hechuan] == ["sichuan-chongqing-2020", "sichuan-provinces-2019"]
    assert to_hechuan[0].circle is Circle.WATCH


def test_liangping_owes_dazhou_when_the_water_comes_from_its_side() -> None:
    found = owed(LIANGPING, region.TONGBO_FROM_LIANGPING)
    assert pairs(found, "tongbo-2020") == {(LIANGPING, DAZHOU)}
    assert len(drafts(found)) == 1


def test_an_enquiry_runs_against_the_stream() -> None:
    upstream = (Step(LIANGPING, "TBH", None), Step("511724", "TBH", None, (0,)))
    found = owed(LIANGPING, upstream, kind=Kind.UPSTREAM_ENQUIRY, occasion="enquiry 1")
    assert {(one.agreement, one.clause) for one in found} == {
        ("tongbo-2020", "enquiry"),
        ("tongbo-cross-river-2020", "sharing-upstream"),
        ("sichuan-chongqing-2020", "to-upstream"),
        ("sichuan-provinces-2019", "chongqing-upstream"),
        ("guidance-2020", "task-4-upstream"),
        ("statute-neighbour", "art-8"),
    }
    heads = next(one for one in found if one.agreement == "guidance-2020").copy_to
    assert any("负责人" in words.zh for words in heads), "heads inform each other, not only duty officers"
    assert {(one.who, one.tells, one.kind, one.circle) for one in found} == {
        (LIANGPING, DAZHOU, Kind.UPSTREAM_ENQUIRY, Circle.NOW)
    }
    assert "上游" in found[0].reason.zh
    assert "最早" not in found[0].reason.zh


# --- each agreement: inside and outside, both ways

MIN_TUO = ("min-tuo-framework", {(CHENGDU, MEISHAN)})
CASES: Mapping[str, tuple[str, str, Sequence[Step], set[tuple[str, str]]]] = {
    "tongbo does not reach 广安, which lies on another river": (
        "tongbo-2020", DAZHOU, (Step("511703", "ZHO", 0), Step("511602", "QUJ", 80, (0,))), set(),
    ),
    "tongbo is silent on another river between the same two": (
        "tongbo-2020", LIANGPING, (Step(LIANGPING, "MYJ", 0), Step("511723", "MYJ", 6, (0,))), set(),
    ),
    "min-tuo: 成都 to 眉山 by the Min": (
        "min-tuo-framework", CHENGDU, (Step("510115", "MIN", 0), Step("511403", "MIN", 12, (0,))), {(CHENGDU, MEISHAN)},
    ),
    "min-tuo: 德阳 to 成都 by the Yazi": (
        "min-tuo-framework", DEYANG, (Step("510681", "YZH", 0), Step("510121", "TUO", 13, (0,))), {(DEYANG, CHENGDU)},
    ),
    "min-tuo: 成都 to 德阳 by the canal": (
        "min-tuo-framework", CHENGDU, (Step("510182", "RMQ", 0), Step("510682", "RMQ", 5, (0,))), {(CHENGDU, DEYANG)},
    ),
    "min-tuo does not name 资阳": (
        "min-tuo-framework", CHENGDU, (Step("510185", "TUO", 0), Step("512002", "TUO", 20, (0,))), set(),
    ),
    "min-tuo is silent on the Fu": (
        "min-tuo-framework", DEYANG, (Step("510623", "KAI", 0), Step("510722", "KAI", 20, (0,))), set(),
    ),
    "eight cities: 成都 to 资阳": (
        "eight-city-2019", CHENGDU, (Step("510185", "TUO", 0), Step("512002", "TUO", 20, (0,))), {(CHENGDU, "512000")},
    ),
    "eight cities: 资阳 to 遂宁": (
        "eight-city-2019", "512000", (Step("512021", "QGJ", 0), Step("510904", "QGJ", 20, (0,))), {("512000", "510900")},
    ),
    "eight cities: 内江 is not one of them": (
        "eight-city-2019", "512000", (Step("512002", "TUO", 0), Step("511025", "TUO", 20, (0,))), set(),
    ),
    "sichuan to chongqing": (
        "sichuan-chongqing-2020", "510900", (Step("510903", "FUJ", 0), Step("500152", "FUJ", 9, (0,))), {("510900", "500152")},
    ),
    "chongqing to sichuan": (
        "sichuan-chongqing-2020", "500153", (Step("500153", "LXI", 0), Step("510521", "LXI", 9, (0,))), {("500153", "510500")},
    ),
    "not within one of the two": (
        "sichuan-chongqing-2020", HECHUAN, (Step(HECHUAN, "JLJ", 0), Step("500109", "JLJ", 9, (0,))), set(),
    ),
    "not to a third province": (
        "sichuan-chongqing-2020", DAZHOU, (Step("511781", "REN", 0), Step("610924", "REN", 9, (0,))), set(),
    ),
    "six parties: 城口 to 达州": (
        "wan-da-kai-2020", CHENGKOU, region.REN, {(CHENGKOU, DAZHOU)},
    ),
    "six parties: 梁平 to 垫江, but not to 长寿": (
        "wan-da-kai-2020", LIANGPING,
        (Step(LIANGPING, "LXC", 0), Step("500231", "LXC", 9, (0,)), Step("500115", "LXC", 40, (1,))),
        {(LIANGPING, "500231")},
    ),
    "six parties: 开州 to 云阳, which is none": (
        "wan-da-kai-2020", "500154", (Step("500154", "DHE", 0), Step("500235", "DHE", 9, (0,))), set(),
    ),
    "six parties: none on the Yulin": (
        "wan-da-kai-2020", DAZHOU, region.YULIN, set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("named", "lead", "steps", "expected"), CASES.values(), ids=CASES)
def test_inside_and_outside(named: str, lead: str, steps: Sequence[Step], expected: set[tuple[str, str]]) -> None:
    assert pairs(owed(lead, steps), named) == expected


SIGNED = {
    "tongbo-2020": (DAZHOU, region.TONGBO, date(2020, 9, 3)),
    "sichuan-chongqing-2020": (DAZHOU, region.TONGBO, date(2020, 5, 18)),
    "wan-da-kai-2020": (DAZHOU, region.TONGBO, date(2020, 12, 31)),
    "statute-neighbour": (DAZHOU, region.TONGBO, date(2011, 5, 1)),
    "eight-city-2019": (CHENGDU, (Step("510185", "TUO", 0), Step("512002", "TUO", 9, (0,))), date(2019, 1, 25)),
    "min-tuo-framework": (CHENGDU, (Step("510115", "MIN", 0), Step("511403", "MIN", 9, (0,))), date(2020, 12, 31)),
}


@pytest.mark.parametrize("named", SIGNED)
def test_before_and_from_its_first_day_in_china(named: str) -> None:
    lead, steps, day = SIGNED[named]
    first = datetime.combine(day, time(), ZoneInfo("Asia/Shanghai"))
    before = owed(lead, steps, known_at=first - timedelta(seconds=1))
    assert pairs(before, named) == set()
    assert pairs(owed(lead, steps, known_at=first), named) != set()


def test_after_its_last_day_an_agreement_binds_nobody() -> None:
    ended = replace(region.agreement("tongbo-2020"), valid_to=KNOWN_AT)
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    assert obligations(chain, [ended], REGISTER) == ()
    assert obligations(replace(chain, known_at=KNOWN_AT - timedelta(seconds=1)), [ended], REGISTER) != ()


def test_a_newer_version_replaces_the_older_one_from_its_first_day() -> None:
    older = region.agreement("tongbo-2020")
    newer = replace(older, version=2, valid_from=KNOWN_AT, clauses=older.clauses[1:])
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    assert obligations(chain, [newer, older], REGISTER) == ()
    earlier = replace(chain, known_at=KNOWN_AT - timedelta(seconds=1))
    assert {one.version for one in obligations(earlier, [newer, older], REGISTER)} == {1}


# --- partners without a river link


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COURTESY_COPY])
def test_shenzhen_and_the_pairings_are_told_of_no_water(kind: Kind) -> None:
    spill_in_wenjiang = (
        Step("510115", "MIN", 0), Step("511403", "MIN", 12, (0,)), Step("511502", "MIN", 62, (1,)),
        Step("500116", "CJ", 114, (2,)), Step("500113", "CJ", 126, (3,)),
    )  # fmt: skip
    found = owed(CHENGDU, spill_in_wenjiang, kind=kind, occasion="any")
    assert SHENZHEN not in desks_told(found)
    assert pairs(found, "shenzhen-2020") == set()
    assert pairs(found, "district-pairings-2020") == set()


def test_a_courtesy_copy_goes_to_the_partner_of_the_district_alone() -> None:
    found = owed(CHENGDU, (Step("510115", "MIN", 0),), kind=Kind.COURTESY_COPY, occasion="courtesy")
    assert {(one.agreement, one.clause, one.tells, one.circle) for one in found} == {
        ("district-pairings-2020", "wenjiang-banan", "500113", Circle.WATCH),
        ("chengdu-chongqing-2020", "emergency-interaction", "500000", Circle.WATCH),
        ("shenzhen-2020", "courtesy", SHENZHEN, Circle.WATCH),
    }


def test_a_courtesy_copy_of_the_other_side_reaches_the_city_of_the_district() -> None:
    found = owed("500113", (Step("500113", "CJ", 0),), kind=Kind.COURTESY_COPY, occasion="courtesy")
    assert {(one.clause, one.tells) for one in found} == {
        ("wenjiang-banan", CHENGDU),
        ("emergency-interaction", CHENGDU),
    }


def test_an_ended_partner_is_told_through_its_successor() -> None:
    register = region.divisions(date(2026, 1, 1))
    copy = region.facts(CHENGDU, (Step("510104", "FUH", 0),), register, kind=Kind.COURTESY_COPY)
    pairing = [one for one in obligations(copy, ALL, register) if one.agreement == "district-pairings-2020"]
    assert [(one.clause, one.tells) for one in pairing] == [("jinjiang-jiangbei", "50LJXQ")]


def test_an_ended_party_is_bound_through_its_successors() -> None:
    register = region.divisions(date(2026, 1, 1))
    party = replace(region.agreement("sichuan-chongqing-2020"), parties=("510000", "500112"))
    reached = region.facts(GUANGAN, (Step("511623", "YLH", 0), Step("50LJXQ", "YLH", 60, (0,))), register)
    assert [(one.who, one.tells) for one in obligations(reached, [party], register)] == [(GUANGAN, "50LJXQ")]


# --- outside every agreement


def test_renhe_leaves_for_shaanxi_under_the_agreement_of_the_two_provinces_alone() -> None:
    chain = region.facts(DAZHOU, (Step("511781", "REN", 0), Step("610924", "REN", 9, (0,))), REGISTER)
    found = region.warnings(obligations(chain, ALL, REGISTER))
    assert {(one.agreement, one.who, one.tells, one.circle) for one in found} == {
        ("guidance-2020", DAZHOU, ANKANG, Circle.NOW),
        ("sichuan-provinces-2019", DAZHOU, ANKANG, Circle.NOW),
        ("statute-neighbour", DAZHOU, ANKANG, Circle.NOW),
    }
    law = next(one for one in found if one.agreement == "statute-neighbour")
    assert law.text_held is True
    assert "及时通报相邻区域" in (law.clause_text or Words("", "")).zh
    assert gaps(chain, ALL, REGISTER, found) == ()


def test_where_only_the_law_stands_the_gap_shows() -> None:
    chain = region.facts(DAZHOU, (Step("511781", "REN", 0), Step("610924", "REN", 9, (0,))), REGISTER)
    without = [one for one in ALL if one.id != "sichuan-provinces-2019"]
    shown = gaps(chain, without, REGISTER, obligations(chain, without, REGISTER))
    assert [(gap.jurisdiction, gap.duty, gap.relay) for gap in shown] == [(ANKANG, GapDuty.STATUTE, None)]
    assert "没有协议覆盖安康市" in shown[0].reason.zh


def test_from_chengkou_ankang_is_relayed_by_dazhou() -> None:
    chain = region.facts(CHENGKOU, region.REN, REGISTER)
    found = region.warnings(obligations(chain, ALL, REGISTER))
    assert desks_told(found) == {DAZHOU}
    shown = gaps(chain, ALL, REGISTER, found)
    assert [(gap.jurisdiction, gap.duty, gap.relay) for gap in shown] == [(ANKANG, GapDuty.RELAY, DAZHOU)]
    assert "由达州市" in shown[0].reason.zh


def test_dazhou_once_told_owes_ankang_by_its_own_clock() -> None:
    told_at = KNOWN_AT + timedelta(minutes=10)
    chain = region.facts(CHENGKOU, region.REN, REGISTER, told=(Told(DAZHOU, CHENGKOU, told_at),))
    found = region.warnings(obligations(chain, ALL, REGISTER, owing=frozenset({DAZHOU})))
    assert {(one.who, one.tells) for one in found} == {(DAZHOU, ANKANG)}
    assert {one.agreement for one in found} == {"guidance-2020", "sichuan-provinces-2019", "statute-neighbour"}
    assert {one.deadline_at for one in found} == {told_at + timedelta(minutes=15)}


def test_a_desk_that_was_not_told_owes_nothing_yet() -> None:
    chain = region.facts(CHENGKOU, region.REN, REGISTER)
    assert obligations(chain, ALL, REGISTER, owing=frozenset({DAZHOU})) == ()


def test_yulin_is_a_gap_of_the_six_parties() -> None:
    chain = region.facts(DAZHOU, region.YULIN, REGISTER)
    found = obligations(chain, ALL, REGISTER)
    assert {one.agreement for one in found if one.tells == GUANGAN} == {"statute-neighbour"}
    assert {one.tells for one in found if one.agreement == "sichuan-chongqing-2020"} == {"500112", "500115"}
    assert [gap.jurisdiction for gap in gaps(chain, ALL, REGISTER, found)] == [GUANGAN]


def test_wenchuan_is_led_by_aba_and_everyone_reached_is_owed_or_shown() -> None:
    chain = region.facts(ABA, region.WENCHUAN, REGISTER)
    found = region.warnings(obligations(chain, ALL, REGISTER))
    assert {(one.tells, one.agreement) for one in found} == {
        (CHENGDU, "statute-neighbour"),
        (CHENGDU, "river-chiefs-2018"),
        (DEYANG, "river-chiefs-2018"),
        (MEISHAN, "river-chiefs-2018"),
        ("512000", "river-chiefs-2018"),
        ("500116", "sichuan-chongqing-2020"),
        ("500116", "sichuan-provinces-2019"),
    }
    shown = {gap.jurisdiction: (gap.duty, gap.relay) for gap in gaps(chain, ALL, REGISTER, found)}
    assert shown == {
        "511100": (GapDuty.RELAY, MEISHAN),
        "511500": (GapDuty.RELAY, "511100"),
        "511000": (GapDuty.RELAY, "512000"),
        "510500": (GapDuty.RELAY, "511500"),
    }


def test_where_nothing_is_loaded_the_gap_says_that_nobody_is_bound() -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    first = gaps(chain, [], REGISTER, ())[0]
    assert (first.jurisdiction, first.duty) == (LIANGPING, GapDuty.NONE)


def test_a_division_without_any_desk_is_a_gap_and_no_recipient() -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    deskless = replace(chain, reached=(chain.reached[0], replace(chain.reached[1], desk=None)))
    found = region.warnings(obligations(deskless, ALL, REGISTER))
    assert found == ()
    assert [(gap.jurisdiction, gap.duty) for gap in gaps(deskless, ALL, REGISTER, found)] == [(LIANGPING, GapDuty.NONE)]


# --- circles of telling


def test_circles_of_tongbo() -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    assert circles(chain, REGISTER) == {
        LIANGPING: Circle.NOW,
        GUANGAN: Circle.WATCH,
        HECHUAN: Circle.WATCH,
        "500109": Circle.WATCH,
    }


def test_circles_of_wenchuan_now_is_next_door_within_a_day_and_the_line_of_the_province() -> None:
    chain = region.facts(ABA, region.WENCHUAN, REGISTER)
    assert circles(chain, REGISTER) == {
        CHENGDU: Circle.NOW,  # next downstream
        DEYANG: Circle.NOW,  # 14 h
        MEISHAN: Circle.PREPARE,  # 30 h
        "511100": Circle.PREPARE,  # 48 h
        "511500": Circle.WATCH,  # 75 h
        "512000": Circle.WATCH,
        "511000": Circle.WATCH,
        "510500": Circle.WATCH,
        "500116": Circle.NOW,  # first across the line of Sichuan
    }


def test_every_branch_has_a_next_downstream_however_slow() -> None:
    fan = (
        Step("510181", "MIN", 0), Step("510682", "RMQ", 8, (0,)), Step("510121", "TUO", 20, (1,)),
        Step("511403", "MIN", 100, (0,)), Step("512002", "TUO", 110, (2,)),
    )  # fmt: skip
    found = circles(region.facts(CHENGDU, fan, REGISTER), REGISTER)
    assert found == {DEYANG: Circle.NOW, MEISHAN: Circle.NOW, "512000": Circle.WATCH}


def test_the_other_bank_of_a_border_river_is_next_door() -> None:
    both = (Step("500112", "YLH", None, (), (1,)), Step("500115", "YLH", 99, (), (0,)))
    assert circles(region.facts("500112", both, REGISTER), REGISTER) == {"500115": Circle.NOW}


def test_an_unknown_hour_is_now() -> None:
    unknown = (*region.TONGBO[:5], replace(region.TONGBO[5], hours=None))
    found = owed(DAZHOU, unknown)
    to_guangan = next(one for one in found if one.tells == GUANGAN)
    assert to_guangan.circle is Circle.NOW
    assert "最早时间不明" in to_guangan.reason.zh


@pytest.mark.parametrize(("hours", "circle"), [(24, Circle.NOW), (24.1, Circle.WATCH), (None, Circle.NOW)])
def test_an_intake_within_a_day_makes_its_desk_now(hours: float | None, circle: Circle) -> None:
    at = None if hours is None else ASSESSED_AT + timedelta(hours=hours)
    intake = NearSite(7, Words("渠江取水口", "Qu intake"), "511602", GUANGAN, at)
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER, intakes=(intake,))
    assert circles(chain, REGISTER)[GUANGAN] is circle


@pytest.mark.parametrize(
    ("hours", "circle"), [(24, Circle.NOW), (24.1, Circle.PREPARE), (72, Circle.PREPARE), (72.1, Circle.WATCH)]
)
def test_a_watched_desk_rises_by_itself(hours: float, circle: Circle) -> None:
    later = (*region.TONGBO[:5], replace(region.TONGBO[5], hours=hours))
    assert circles(region.facts(DAZHOU, later, REGISTER), REGISTER)[GUANGAN] is circle


def test_a_text_that_fixes_the_circle_overrides_the_hours() -> None:
    statute = region.agreement("statute-neighbour")
    clause = replace(statute.clauses[0], duty=replace(statute.clauses[0].duty, circle=Circle.NOW))
    found = obligations(region.facts(DAZHOU, region.TONGBO, REGISTER), [replace(statute, clauses=(clause,))], REGISTER)
    to_guangan = next(one for one in found if one.tells == GUANGAN)
    assert to_guangan.circle is Circle.NOW
    assert to_guangan.deadline_at == KNOWN_AT + timedelta(minutes=15)


# --- conditions of a clause


def altered(when: Mapping[str, Any], duty: Mapping[str, Any]) -> Agreement:
    tongbo = region.agreement("tongbo-2020")
    clause = tongbo.clauses[0]
    changed = replace(clause, when=replace(clause.when, **when), duty=replace(clause.duty, **duty))
    return replace(tongbo, clauses=(changed,))


@pytest.mark.parametrize(
    ("when", "facts", "speaks"),
    [
        ({"within_hours": 9.0}, {}, True),
        ({"within_hours": 8.9}, {}, False),
        ({"grade_at_least": Grade.II}, {"grade": Grade.I}, True),
        ({"grade_at_least": Grade.II}, {"grade": Grade.II}, True),
        ({"grade_at_least": Grade.II}, {"grade": Grade.III}, False),
        ({"grade_at_least": Grade.II}, {"grade": None}, True),
        ({"media": (Medium.AIR,)}, {}, False),
        ({}, {"medium": Medium.AIR}, False),
        ({"kinds": (Kind.PLANNED_RELEASE,)}, {}, False),
        ({"kinds": (Kind.PLANNED_RELEASE,)}, {"kind": Kind.PLANNED_RELEASE}, True),
    ],
)
def test_a_clause_speaks_only_under_its_conditions(
    when: Mapping[str, Any], facts: Mapping[str, Any], speaks: bool
) -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER, **facts)
    assert bool(obligations(chain, [altered(when, {})], REGISTER)) is speaks


def test_a_clause_may_bind_one_side_only() -> None:
    one_way = altered({}, {"who": (LIANGPING,), "tells": (DAZHOU,)})
    from_dazhou = region.facts(DAZHOU, region.TONGBO, REGISTER)
    from_liangping = region.facts(LIANGPING, region.TONGBO_FROM_LIANGPING, REGISTER)
    assert obligations(from_dazhou, [one_way], REGISTER) == ()
    assert [one.tells for one in obligations(from_liangping, [one_way], REGISTER)] == [DAZHOU]


def test_a_county_that_signed_binds_the_desk_that_answers_for_it() -> None:
    county = replace(region.agreement("tongbo-2020"), parties=("511724", LIANGPING))
    from_dazhou = region.facts(DAZHOU, region.TONGBO, REGISTER)
    from_liangping = region.facts(LIANGPING, region.TONGBO_FROM_LIANGPING, REGISTER)
    assert [(one.who, one.tells) for one in obligations(from_dazhou, [county], REGISTER)] == [(DAZHOU, LIANGPING)]
    assert [(one.who, one.tells) for one in obligations(from_liangping, [county], REGISTER)] == [(LIANGPING, DAZHOU)]


def test_an_agreement_limited_to_divisions_is_silent_elsewhere() -> None:
    limited = replace(region.agreement("sichuan-chongqing-2020"), divisions=(HECHUAN,))
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    assert desks_told(obligations(chain, [limited], REGISTER)) == {HECHUAN}


def test_a_clause_without_a_limit_has_no_deadline_and_the_draft_takes_the_others() -> None:
    timeless = replace(altered({}, {"within_minutes": None}), id="timeless")
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER)
    found = obligations(chain, [timeless, region.agreement("tongbo-2020")], REGISTER)
    assert {one.agreement: one.deadline_at for one in found if one.tells == LIANGPING} == {
        "timeless": None,
        "tongbo-2020": KNOWN_AT + timedelta(minutes=15),
    }
    assert drafts(found)[0].deadline_at == KNOWN_AT + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("automatic", "act", "goes_at_once"),
    [
        ((True, True), Act.HEADS_UP, True),
        ((True, False), Act.FORMAL_NOTICE, True),
        ((False, False), Act.FORMAL_NOTICE, False),
    ],
)
def test_an_automatic_clause_lets_a_heads_up_go_at_once(
    automatic: tuple[bool, bool], act: Act, goes_at_once: bool
) -> None:
    two = [replace(altered({}, {"automatic": each}), id=f"a{n}") for n, each in enumerate(automatic)]
    draft = drafts(obligations(region.facts(DAZHOU, region.TONGBO, REGISTER), two, REGISTER))[0]
    assert (draft.act, draft.automatic) == (act, goes_at_once)


def test_another_role_is_another_message() -> None:
    head = replace(altered({}, {"role": Role.HEAD}), id="to-the-head")
    found = drafts(obligations(region.facts(DAZHOU, region.TONGBO, REGISTER), [*ALL, head], REGISTER))
    assert [draft.role for draft in found if draft.tells == LIANGPING] == [Role.HEAD, Role.LIAISON]


# --- what follows


@pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.CORRECTION, Kind.WITHDRAWAL, Kind.END])
def test_whoever_was_told_is_told_what_follows(kind: Kind) -> None:
    told = (Told(LIANGPING, DAZHOU, KNOWN_AT), Told(GUANGAN, DAZHOU, KNOWN_AT), Told(HECHUAN, GUANGAN, KNOWN_AT))
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER, kind=kind, occasion="later", told=told)
    again = [one for one in obligations(chain, ALL, REGISTER) if one.agreement == "told-before"]
    assert {(one.who, one.tells, one.kind, one.circle) for one in again} == {
        (DAZHOU, LIANGPING, kind, Circle.NOW),
        (DAZHOU, GUANGAN, kind, Circle.PREPARE),
    }


def test_a_withdrawal_goes_to_none_who_was_not_told() -> None:
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER, kind=Kind.WITHDRAWAL, occasion="withdrawal")
    assert obligations(chain, ALL, REGISTER) == ()
    assert gaps(chain, ALL, REGISTER, ()) == ()


def test_an_update_is_one_message_even_where_two_rules_ask_for_it() -> None:
    told = (Told(LIANGPING, DAZHOU, KNOWN_AT),)
    chain = region.facts(DAZHOU, region.TONGBO, REGISTER, kind=Kind.UPDATE, occasion="update 2", told=told)
    to_liangping = [draft for draft in drafts(obligations(chain, ALL, REGISTER)) if draft.tells == LIANGPING]
    assert len(to_liangping) == 1
    assert {agreement for agreement, _ in to_liangping[0].clauses} >= {"tongbo-2020", "told-before"}
    assert to_liangping[0].occasion == "update 2"


def test_a_drill_is_marked_in_every_reason() -> None:
    found = owed(DAZHOU, region.TONGBO, drill=True)
    assert all(one.reason.zh.startswith("【演练】") and one.reason.en.startswith("EXERCISE") for one in found)
    assert found


# --- a local plan


def plan(minutes: int = 10, **duty: Any) -> Agreement:
    """达州's own plan: downstream sooner than the agreements ask."""
    clause = {
        "id": "sooner",
        "label": {"zh": "提前告知下游", "en": "downstream sooner"},
        "text_held": False,
        "when": {"relation": "downstream", "kinds": ["incident"]},
        "duty": {"role": "liaison", "policy": "sooner", **duty},
    }
    whole = {
        "id": "plan-own",
        "title": {"zh": "达州预案", "en": "Plan of Dazhou"},
        "form": "plan",
        "parties": [DAZHOU],
        "valid_from": "2020-01-01",
        "policy": {"sooner": {"within_minutes": minutes, "what": {"zh": "首次呼叫", "en": "first attempt"}}},
        "clauses": [clause],
        "provenance": {"zh": "试验", "en": "trial"},
    }
    assert list(faults(whole)) == []
    return body.read(whole, 1)


def test_a_local_plan_shortens_the_limit_of_an_agreement_and_both_clauses_are_cited() -> None:
    facts = region.facts(DAZHOU, region.TONGBO, REGISTER)
    tongbo = region.agreement("tongbo-2020")
    [one] = drafts(obligations(facts, [tongbo, plan()], REGISTER))
    assert (one.tells, one.role) == (LIANGPING, Role.LIAISON)
    assert one.deadline_at == KNOWN_AT + timedelta(minutes=10)
    assert {agreement for agreement, _ in one.clauses} == {"tongbo-2020", "plan-own"}
    [other] = drafts(obligations(facts, [tongbo, plan(100_000)], REGISTER))
    [alone] = drafts(obligations(facts, [tongbo], REGISTER))
    assert other.deadline_at == alone.deadline_at


def test_a_local_plan_alone_tells_nobody_outside_and_leaves_every_gap() -> None:
    facts = region.facts(DAZHOU, region.TONGBO, REGISTER)
    assert obligations(facts, [plan()], REGISTER) == ()
    tongbo = region.agreement("tongbo-2020")
    with_plan, without = ([tongbo, plan()], [tongbo])
    found = [gaps(facts, each, REGISTER, obligations(facts, each, REGISTER)) for each in (with_plan, without)]
    assert found[0] == found[1]


def test_a_local_plan_binds_its_own_party_only_and_may_name_whom_it_means() -> None:
    back = region.facts(LIANGPING, region.TONGBO_FROM_LIANGPING, REGISTER)
    tongbo = region.agreement("tongbo-2020")
    assert {one.agreement for one in obligations(back, [tongbo, plan()], REGISTER)} == {"tongbo-2020"}
    facts = region.facts(DAZHOU, region.TONGBO, REGISTER)
    meant = obligations(facts, [*ALL, plan(tells=[LIANGPING])], REGISTER)
    assert {one.tells for one in meant if one.agreement == "plan-own"} == {LIANGPING}
