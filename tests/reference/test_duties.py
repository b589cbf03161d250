"""The ten traps of hydrography 0.1 as duties: who is owed what on the reference basin, through the real trace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from emergency import db
from emergency.agreements import explain, load
from emergency.agreements.explain import Because
from emergency.agreements.obligations import gaps, obligations
from emergency.agreements.values import Agreement, Circle, Facts, Gap, GapDuty, Obligation, Reached
from emergency.jurisdictions.values import Divisions, Stay
from emergency.river.values import SubNetwork
from tests.reference.test_basin import AT, Basin

ZONE = ZoneInfo("Asia/Shanghai")
DAZHOU, GUANGAN, ABA, CHENGDU, ANKANG, ENSHI = "511700", "511600", "513200", "510100", "610900", "422800"
LIANGPING, DIANJIANG, CHANGSHOU, YUBEI, WUSHAN = "500155", "500231", "500115", "500112", "500237"
KAIZHOU, YUNYANG, CHENGKOU = "500154", "500235", "500229"


@dataclass(frozen=True, slots=True)
class Case:
    """A spill at the head of a reach and all that follows from it."""

    facts: Facts
    agreements: Sequence[Agreement]
    divisions: Divisions
    owed: tuple[Obligation, ...]
    gaps: tuple[Gap, ...]

    def told(self, agreement: str | None = None) -> set[str]:
        """The desks that are warned (under one agreement)."""
        found = (one for one in self.owed if one.tells not in self.divisions.ancestors(self.facts.lead))
        return {one.tells for one in found if not one.inside and agreement in (None, one.agreement)}

    def under(self, desk: str) -> set[str]:
        """What has a desk warned."""
        return {one.agreement for one in self.owed if one.tells == desk}

    def shown(self) -> dict[str, tuple[GapDuty, str | None]]:
        """The gaps."""
        return {gap.jurisdiction: (gap.duty, gap.relay) for gap in self.gaps}

    def circle(self, desk: str) -> Circle:
        """How urgently a desk is told."""
        return next(one.circle for one in self.owed if one.tells == desk)


@pytest.fixture
def loaded(basin: Engine) -> Iterator[Basin]:
    with db.Writing(bind=basin) as session:
        yield Basin(session)


def spill(loaded: Basin, code: str) -> Case:
    sub = loaded.trace(code)
    stays = loaded.stays(sub)
    facts = Facts(
        lead=stays[0].desk or stays[0].code,
        known_at=AT,
        assessed_at=AT,
        zone=ZONE,
        occasion="initial",
        reached=tuple(reached(loaded, sub, stay) for stay in stays),
        rivers=tuple(dict.fromkeys(reach.river for reach in sub.reaches.values())),
    )
    agreements = load.in_force(loaded.session, AT)
    owed = obligations(facts, agreements, loaded.divisions)
    return Case(facts, agreements, loaded.divisions, owed, gaps(facts, agreements, loaded.divisions, owed))


def reached(loaded: Basin, sub: SubNetwork, stay: Stay) -> Reached:
    """At reference flow: for order and circles, not for a clock."""
    hour = None if stay.enter_s is None else AT + timedelta(seconds=stay.enter_s)
    return Reached(
        code=stay.code,
        name=loaded.divisions.name(stay.code),
        desk=stay.desk,
        river=stay.river,
        river_name=sub.reaches[stay.enter.reach_id].name,
        entry=stay.entry,
        earliest_at=hour,
        likely_at=hour,
        latest_at=hour,
        bank=stay.bank.value,
        came_from=stay.came_from,
        beside=stay.beside,
    )


def test_trap_1_dazhou_is_polluter_and_victim_and_liangping_alone_is_rung(loaded: Basin) -> None:
    case = spill(loaded, "TBH-01")
    assert case.facts.lead == DAZHOU
    assert [entry.desk for entry in case.facts.reached][:4] == [DAZHOU, LIANGPING, DAZHOU, DAZHOU]
    assert DAZHOU not in case.told()
    assert {"tongbo-2020", "tongbo-cross-river-2020", "wan-da-kai-2020", "sichuan-chongqing-2020"} <= case.under(
        LIANGPING
    )
    assert {desk for desk in case.told() if case.circle(desk) is Circle.NOW} == {LIANGPING}


def test_trap_2_a_spill_at_wenchuan_is_owed_or_shown_on_both_rivers(loaded: Basin) -> None:
    case = spill(loaded, "MIN-03")
    assert case.facts.lead == ABA
    both = {CHENGDU, "511400", "511100", "511500", "510600", "512000", "511000", "510300", "510500"}
    assert both <= case.told() | set(case.shown())
    assert case.told("river-chiefs-2018") == {CHENGDU, "511400", "510600", "512000"}


def test_trap_3_the_canal_carries_duties_into_the_next_basin(loaded: Basin) -> None:
    case = spill(loaded, "MIN-03")
    assert "510700" in set(case.shown()) | case.told(), "绵阳, where the canal ends, is of another basin"


def test_trap_4_where_the_canal_passes_over_nobody_is_told_across(loaded: Basin) -> None:
    below = spill(loaded, "KAI-01")
    assert "RMQ" not in below.facts.rivers
    assert "min-tuo-framework" not in {one.agreement for one in below.owed}


def test_trap_5_no_agreement_of_sichuan_and_chongqing_covers_ankang(loaded: Basin) -> None:
    case = spill(loaded, "REN-01")
    assert (case.facts.lead, case.told()) == (CHENGKOU, {DAZHOU})
    assert case.shown() == {ANKANG: (GapDuty.RELAY, DAZHOU)}


def test_trap_6_the_list_depends_on_the_reach_and_never_on_the_county(loaded: Basin) -> None:
    front, ren = spill(loaded, "QHE-01"), spill(loaded, "REN-01")
    assert front.facts.lead == ren.facts.lead == CHENGKOU
    assert ANKANG not in front.told() | set(front.shown())
    west, south = spill(loaded, "YYH-01"), spill(loaded, "LXC-01")
    assert west.facts.lead == south.facts.lead == LIANGPING
    assert (DAZHOU in west.told(), DIANJIANG in west.told()) == (True, False)
    assert (DAZHOU in south.told(), DIANJIANG in south.told()) == (False, True)


@pytest.mark.parametrize("code", ["YLH-01", "DHH-01"])
def test_trap_7_the_south_of_dazhu_has_only_the_law_and_the_six_are_silent(loaded: Basin, code: str) -> None:
    case = spill(loaded, code)
    assert case.facts.lead == DAZHOU
    assert {one for one in case.under(GUANGAN) if one.startswith("wan-da-kai")} == set()
    assert case.shown()[GUANGAN] == (GapDuty.STATUTE, None)
    assert {YUBEI, CHANGSHOU} <= case.told("sichuan-chongqing-2020")


def test_trap_8_still_water_makes_a_desk_late_and_never_forgotten(loaded: Basin) -> None:
    case = spill(loaded, "DHE-01")
    assert case.facts.lead == KAIZHOU
    assert case.under(YUNYANG) == {"statute-neighbour"}
    assert {entry.desk for entry in case.facts.reached} - {KAIZHOU} == case.told() | set(case.shown())


def test_trap_9_both_banks_of_a_border_river_are_told_at_once(loaded: Basin) -> None:
    case = spill(loaded, "YLH-01")
    both = [entry for entry in case.facts.reached if entry.code in (YUBEI, CHANGSHOU) and entry.beside]
    assert {entry.code for entry in both} == {YUBEI, CHANGSHOU}
    assert {YUBEI, CHANGSHOU} <= case.told()


def test_trap_10_the_upper_min_is_the_min_and_its_first_neighbour_is_chengdu(loaded: Basin) -> None:
    case = spill(loaded, "MIN-01")
    assert (case.facts.lead, case.facts.reached[0].river) == (ABA, "MIN")
    assert case.facts.neighbours[0] == (ABA, CHENGDU)
    assert "statute-neighbour" in case.under(CHENGDU)


@pytest.mark.parametrize("code", ["YLH-01", "TBH-01"])
def test_a_tanker_in_dazhu_has_wushan_watched_and_nobody_rings_hubei(loaded: Basin, code: str) -> None:
    case = spill(loaded, code)
    answer = explain.why(case.facts, case.agreements, case.divisions, WUSHAN)
    assert (answer.told, answer.circle, answer.because) == (True, Circle.WATCH, Because.WATCHED)
    assert "只列入关注，不呼叫" in answer.words.zh
    hubei = explain.why(case.facts, case.agreements, case.divisions, ENSHI)
    assert (hubei.told, hubei.because) == (False, Because.NOT_REACHED), "the tables end at its line"


def test_jiangjin_is_not_told_of_the_tongbo_because_the_water_passes_below_it(loaded: Basin) -> None:
    case = spill(loaded, "TBH-01")
    answer = explain.why(case.facts, case.agreements, case.divisions, "500116")
    assert (answer.told, answer.because) == (False, Because.NOT_REACHED)
    assert answer.words.zh.startswith("水不流到江津区：本事件的水经过大竹县、梁平区")
    assert answer.words.en.startswith("The water does not reach Jiangjin District: it passes Dazhu County")
