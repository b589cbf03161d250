"""Divisions as of a day: who is above whom, whose desk, and what an ended code stands for now."""

from datetime import date

import pytest

from emergency.errors import BadInput, NotFound
from emergency.jurisdictions.values import Division, Divisions, Flag, Level, Succession, flag_words
from emergency.words import Words
from tests.emergency.jurisdictions import cast
from tests.emergency.jurisdictions.cast import SHANG, WAI, XIA, ZHONG

LAST_DAY, FIRST_DAY = date(2025, 11, 5), date(2025, 11, 6)
JIANGBEI, YUBEI, BEIBEI, LIANGJIANG, CITY = "500105", "500112", "500109", "50LJXQ", "500000"


def district(code: str, *, since: date | None = None, until: date | None = None, desk: bool = True) -> Division:
    return Division(code, Words(code, code), Level.COUNTY, CITY, since, until, desk, code == LIANGJIANG, None)


def chongqing(on: date) -> Divisions:
    """江北 and 渝北 ended on 2025-11-06: 两江新区 took over both, 北碚 a part of 渝北."""
    listed = [
        Division(CITY, Words("重庆市", "Chongqing"), Level.PROVINCE, None, None, None, True, False, None),
        district(JIANGBEI, until=FIRST_DAY),
        district(YUBEI, until=FIRST_DAY),
        district(BEIBEI),
        district(LIANGJIANG, since=FIRST_DAY),
    ]
    successions = [
        Succession(JIANGBEI, LIANGJIANG, FIRST_DAY, None),
        Succession(YUBEI, LIANGJIANG, FIRST_DAY, None),
        Succession(YUBEI, BEIBEI, FIRST_DAY, None),
    ]
    return Divisions(listed, successions, on)


def test_a_code_holds_until_the_day_its_successor_begins() -> None:
    assert chongqing(LAST_DAY).holds(JIANGBEI)
    assert not chongqing(FIRST_DAY).holds(JIANGBEI)
    assert not chongqing(LAST_DAY).holds(LIANGJIANG)
    assert chongqing(FIRST_DAY).holds(LIANGJIANG)


def test_an_ended_code_gives_all_its_successors() -> None:
    assert chongqing(LAST_DAY).resolve(YUBEI) == (YUBEI,)
    assert set(chongqing(FIRST_DAY).resolve(YUBEI)) == {LIANGJIANG, BEIBEI}
    assert chongqing(FIRST_DAY).resolve(JIANGBEI) == (LIANGJIANG,)


def test_a_code_yet_to_come_gives_those_it_will_succeed() -> None:
    assert set(chongqing(LAST_DAY).resolve(LIANGJIANG)) == {JIANGBEI, YUBEI}


def test_successors_that_have_ended_too_are_followed() -> None:
    listed = [district("A", until=date(2010, 1, 1)), district("B", until=date(2020, 1, 1)), district("C")]
    chain = [Succession("A", "B", date(2010, 1, 1), None), Succession("B", "C", date(2020, 1, 1), None)]
    city = Division(CITY, Words("重庆市", "Chongqing"), Level.PROVINCE, None, None, None, True, False, None)
    assert Divisions([city, *listed], chain, date(2025, 1, 1)).resolve("A") == ("C",)
    assert Divisions([city, *listed], chain, date(2015, 1, 1)).resolve("A") == ("B",)


def test_a_circle_of_successors_and_an_end_without_one_leave_the_code_itself() -> None:
    ended = date(2010, 1, 1)
    listed = [district("A", until=ended), district("B", until=ended)]
    circle = [Succession("A", "B", ended, None), Succession("B", "A", ended, None)]
    assert Divisions(listed, circle, date(2025, 1, 1)).resolve("A") == ("A",)
    assert Divisions(listed, [], date(2025, 1, 1)).resolve("A") == ("A",)


def test_an_ended_code_is_told_at_its_successor_s_desk() -> None:
    assert chongqing(FIRST_DAY).desk_of(JIANGBEI) == LIANGJIANG
    assert cast.divisions().desk_of(SHANG) == "V10100"
    assert cast.divisions().desk_of(ZHONG) == ZHONG


def test_no_desk_anywhere_above_is_none() -> None:
    alone = Divisions(
        [Division("X", Words("甲", "X"), Level.COUNTY, None, None, None, False, False, None)], [], FIRST_DAY
    )
    assert alone.desk_of("X") is None


def test_a_party_covers_itself_and_all_below_it() -> None:
    valley = cast.divisions()
    assert valley.covers("V10100", SHANG)
    assert valley.covers("V10000", XIA)
    assert valley.covers(SHANG, SHANG)
    assert not valley.covers(SHANG, "V10100")
    assert not valley.covers("V10100", WAI)


def test_an_ended_party_speaks_through_its_successors() -> None:
    assert chongqing(FIRST_DAY).covers(JIANGBEI, LIANGJIANG)
    assert not chongqing(FIRST_DAY).covers(JIANGBEI, BEIBEI)
    assert chongqing(FIRST_DAY).covers(CITY, JIANGBEI)


def test_prefecture_and_province_are_found_above() -> None:
    valley = cast.divisions()
    assert (valley.prefecture_of(SHANG), valley.province_of(SHANG)) == ("V10100", "V10000")
    assert (valley.prefecture_of(ZHONG), valley.province_of(ZHONG)) == (None, "V20000")
    assert valley.ancestors(SHANG) == ("V10100", "V10000")


def test_a_successor_without_a_polygon_is_drawn_by_its_predecessors() -> None:
    drawn = {JIANGBEI, YUBEI, BEIBEI}
    divisions = chongqing(FIRST_DAY)
    assert set(divisions.drawn_by(LIANGJIANG, drawn.__contains__)) == {JIANGBEI, YUBEI}
    assert divisions.drawn_by(BEIBEI, drawn.__contains__) == (BEIBEI,)
    assert divisions.drawn_by(LIANGJIANG, set[str]().__contains__) == ()


def test_an_unknown_code_is_named_with_the_remedy() -> None:
    with pytest.raises(NotFound, match="no division V99999") as trouble:
        cast.divisions().name("V99999")
    assert trouble.value.facts == {"code": "V99999"}


def test_a_division_without_a_desk_is_answered_with_the_one_to_use() -> None:
    assert cast.divisions().require_desk("V10100") == "V10100"
    with pytest.raises(BadInput) as trouble:
        cast.divisions().require_desk(SHANG)
    assert trouble.value.facts["desks"] == ["V10100"]
    with pytest.raises(BadInput) as ended:
        chongqing(FIRST_DAY).require_desk(YUBEI)
    assert set(ended.value.facts["successors"]) == {LIANGJIANG, BEIBEI}


def test_every_flag_has_a_sentence_and_a_remark_is_shown_as_it_stands() -> None:
    assert all(flag_words(flag).zh and flag_words(flag).en != flag for flag in Flag)
    assert flag_words("see note 7") == Words("see note 7", "see note 7")
