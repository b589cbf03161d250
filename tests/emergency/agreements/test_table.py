"""One table for every reference agreement: who owes whom inside it, the other way round, outside it, and when it begins.

Each row is a short course of water. `there` and `back` are the same two parties with the water going either way (None where it
cannot, or where the agreement binds one way); `outside` is a course beside it that it must be silent on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from emergency.agreements.obligations import obligations
from emergency.agreements.values import Agreement, Grade, Kind, Medium
from tests.emergency.agreements import region
from tests.emergency.agreements.region import (
    ABA,
    ANKANG,
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
ZONE = ZoneInfo("Asia/Shanghai")
Pairs = set[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Course:
    """Water from the first division to the others in a row, on one river; who owes whom of it."""

    river: str
    codes: tuple[str, ...]
    owed: Pairs

    @property
    def lead(self) -> str:
        """The desk that answers where it begins."""
        return REGISTER.desk_of(self.codes[0]) or ""

    @property
    def steps(self) -> list[Step]:
        """Nine hours from one to the next."""
        return [Step(code, self.river, 9 * n, (n - 1,) if n else ()) for n, code in enumerate(self.codes)]


@dataclass(frozen=True, slots=True)
class Row:
    """An agreement's cases. first: its first day in China."""

    first: date
    there: Course
    back: Course | None
    outside: tuple[Course, ...]
    medium: Medium = Medium.WATER
    kind: Kind = Kind.INCIDENT


DAZHU, KAIJIANG, WANYUAN = "511724", "511723", "511781"
WENJIANG, BANAN = "510115", "500113"
TABLE: dict[str, Row] = {
    "eight-city-2019": Row(
        date(2019, 1, 25),
        Course("MIN", (WENJIANG, "511403", "511102"), {(CHENGDU, MEISHAN), (CHENGDU, "511100")}),
        Course("RMQ", ("510682", "510121"), {(DEYANG, CHENGDU)}),
        (
            Course("MIN", ("511102", "511502"), set()),  # 宜宾 is none of the eight
            Course("MIN", ("513221", "510181"), set()),  # nor is 阿坝
            Course("MIN", (WENJIANG, "510116"), set()),  # within 成都
        ),
    ),
    "river-chiefs-2018": Row(
        date(2018, 1, 12),
        Course("MIN", ("513221", "510181", "511403"), {(ABA, CHENGDU), (ABA, MEISHAN)}),
        Course("TUO", ("510681", "510121", "512002"), {(DEYANG, CHENGDU), (DEYANG, "512000")}),
        (
            Course("DDH", ("511802", "511423"), set()),  # 雅安 and 眉山 signed, but not for the 青衣江
            Course("TUO", ("512002", "511025"), set()),  # 内江 did not sign
        ),
    ),
    "min-tuo-framework": Row(
        date(2020, 12, 31),
        Course("MIN", (WENJIANG, "511403"), {(CHENGDU, MEISHAN)}),
        Course("YZH", ("510681", "510121"), {(DEYANG, CHENGDU)}),
        (Course("TUO", ("510185", "512002"), set()), Course("KAI", ("510623", "510722"), set())),
    ),
    "air-rules-2020": Row(
        date(2020, 11, 27),
        Course(
            "MIN",
            (WENJIANG,),
            {(CHENGDU, city) for city in (DEYANG, "510700", "510900", "511100", "511800", MEISHAN, "512000")},
        ),
        None,
        (Course("ZHO", ("511703",), set()), Course("MIN", ("513221",), set())),
        medium=Medium.AIR,
    ),
    "chengdu-chongqing-2020": Row(
        date(2020, 7, 31),
        Course("MIN", (WENJIANG,), {(CHENGDU, "500000")}),
        Course("CJ", (BANAN,), {(BANAN, CHENGDU)}),
        (Course("MIN", ("511403",), set()),),
        kind=Kind.COURTESY_COPY,
    ),
    "district-pairings-2020": Row(
        date(2020, 12, 31),
        Course("MIN", (WENJIANG,), {(CHENGDU, BANAN)}),
        Course("CJ", (BANAN,), {(BANAN, CHENGDU)}),
        (Course("MIN", ("510181",), set()), Course("CJ", ("500116",), set())),
        kind=Kind.COURTESY_COPY,
    ),
    "shenzhen-2020": Row(
        date(2020, 12, 31),
        Course("MIN", (WENJIANG,), {(CHENGDU, SHENZHEN)}),
        None,
        (Course("MIN", ("511403",), set()), Course("CJ", (BANAN,), set())),
        kind=Kind.COURTESY_COPY,
    ),
    "wan-da-kai-memorandum-2020": Row(
        date(2020, 4, 16),
        Course("NHE", (KAIJIANG, "500154"), {(DAZHOU, "500154")}),
        Course("MYJ", (LIANGPING, KAIJIANG), {(LIANGPING, DAZHOU)}),
        (Course("DHE", ("500154", "500235"), set()), Course("YLH", (DAZHU, "511623", "500115"), set())),
    ),
    "wan-da-kai-2020": Row(
        date(2020, 12, 31),
        Course("QHE", (CHENGKOU, "511722"), {(CHENGKOU, DAZHOU)}),
        Course("TBH", (DAZHU, LIANGPING), {(DAZHOU, LIANGPING)}),
        (
            Course("LXC", ("500231", "500115"), set()),  # 垫江 to 长寿
            Course("REN", (WANYUAN, "610924"), set()),  # to 陕西
            Course("QUJ", ("511725", "511602"), set()),  # to 广安
        ),
    ),
    "tongbo-2020": Row(
        date(2020, 9, 3),
        Course("TBH", (DAZHU, LIANGPING), {(DAZHOU, LIANGPING)}),
        Course("TBH", (LIANGPING, DAZHU), {(LIANGPING, DAZHOU)}),
        (Course("MYJ", (LIANGPING, KAIJIANG), set()),),
    ),
    "tongbo-cross-river-2020": Row(
        date(2020, 12, 31),
        Course("TBH", (DAZHU, LIANGPING), {(DAZHOU, LIANGPING)}),
        Course("YYH", (LIANGPING, DAZHU), {(LIANGPING, DAZHOU)}),
        (
            Course("TBH", (LIANGPING, "511703"), set()),  # 达川 is not 大竹, though one desk answers for both
            Course("MYJ", (LIANGPING, KAIJIANG), set()),
        ),
    ),
    "sichuan-chongqing-2020": Row(
        date(2020, 5, 18),
        Course("FUJ", ("510903", "500152"), {("510900", "500152")}),
        Course("LXI", ("500153", "510521"), {("500153", "510500")}),
        (Course("JLJ", (HECHUAN, "500109"), set()), Course("REN", (WANYUAN, "610924"), set())),
    ),
    "sichuan-provinces-2019": Row(
        date(2019, 9, 10),
        Course("REN", (WANYUAN, "610924"), {(DAZHOU, ANKANG)}),
        Course("JLJ", ("610726", "510812"), {("610700", "510800")}),
        (
            Course("REN", (CHENGKOU, "610924"), set()),  # 重庆 and 陕西 each signed with 四川, not with each other
            Course("CJ", ("500237", "422823"), set()),  # 湖北 did not
            Course("MIN", (WENJIANG, "511403"), set()),
        ),
    ),
    "luzhou-chongqing-2021": Row(
        date(2021, 12, 31),
        Course("CJ", ("510522", "500118", "500116"), {("510500", "500118"), ("510500", "500116")}),
        Course("LXI", ("500153", "510521"), {("500153", "510500")}),
        (Course("CJ", ("500118", "500116"), set()), Course("CJ", ("510522", BANAN), set())),
    ),
    "guangan-chongqing-2021": Row(
        date(2021, 12, 31),
        Course("QUJ", ("511602", HECHUAN, "500109"), {(GUANGAN, HECHUAN), (GUANGAN, "500109")}),
        Course("YLH", ("500115", "511623"), {("500115", GUANGAN)}),
        (Course("YLH", ("511623", "500112"), set()), Course("JLJ", (HECHUAN, "500109"), set())),
    ),
    "jialing-2019": Row(
        date(2019, 11, 20),
        Course("JLJ", ("510824", "511381"), {("510800", "511300")}),
        None,
        (Course("FUJ", ("510704", "511325"), set()), Course("JLJ", ("511321", "511622"), set())),
    ),
    "qiong-2017": Row(
        date(2017, 12, 31),
        Course("QGJ", ("512021", "510904"), {("512000", "510900")}),
        Course("QGJ", ("510904", "512021"), {("510900", "512000")}),
        (Course("FUJ", ("512022", "510903"), set()), Course("QGJ", ("510904", "500152"), set())),
    ),
    "guidance-2020": Row(
        date(2020, 3, 31),
        Course("TBH", (DAZHU, LIANGPING), {(DAZHOU, LIANGPING)}),
        Course("TBH", (LIANGPING, DAZHU), {(LIANGPING, DAZHOU)}),
        (Course("QUJ", ("511725", "511602"), set()), Course("JLJ", (HECHUAN, "500109"), set())),
    ),
    "statute-neighbour": Row(
        date(2011, 5, 1),
        Course("QUJ", ("511725", "511602", HECHUAN), {(DAZHOU, GUANGAN)}),
        Course("QUJ", ("511602", "511725"), {(GUANGAN, DAZHOU)}),
        (Course("QUJ", ("511725", "511703"), set()),),
    ),
}
SILENT = {"fu-nine-2024", "yangtze-compensation-2020"}
"""Known to exist, with no duty to tell that is known."""
ELSEWHERE = {"told-before", "inside-list", "plan-dazhou-demo", "statute-report-upward"}
"""They bind whoever was told, or one's own side: see the tests of updates and of reports upward."""


def owed(
    agreement: Agreement, course: Course, row: Row, *, grade: Grade | None = None, at: datetime = KNOWN_AT
) -> Pairs:
    facts = region.facts(
        course.lead, course.steps, REGISTER, medium=row.medium, kind=row.kind, grade=grade, known_at=at, assessed_at=at
    )
    return {(one.who, one.tells) for one in obligations(facts, [agreement], REGISTER)}


def test_every_reference_agreement_has_its_row() -> None:
    assert set(TABLE) | SILENT | ELSEWHERE == {one.id for one in ALL}


@pytest.mark.parametrize("named", TABLE)
def test_inside_it_binds_its_parties_as_the_water_goes(named: str) -> None:
    row, agreement = TABLE[named], region.agreement(named)
    for course in (row.there, row.back):
        if course is not None:
            assert owed(agreement, course, row) == course.owed
            assert course.owed


@pytest.mark.parametrize("named", TABLE)
def test_outside_it_is_silent(named: str) -> None:
    row, agreement = TABLE[named], region.agreement(named)
    assert [owed(agreement, course, row) for course in row.outside] == [set()] * len(row.outside)
    assert row.outside


@pytest.mark.parametrize("named", TABLE)
@pytest.mark.parametrize("grade", [None, *Grade])
def test_no_grade_silences_it_for_none_names_one(named: str, grade: Grade | None) -> None:
    row = TABLE[named]
    assert owed(region.agreement(named), row.there, row, grade=grade) == row.there.owed


@pytest.mark.parametrize("named", TABLE)
def test_it_begins_on_its_first_day_in_china_and_ends_after_its_last(named: str) -> None:
    row, agreement = TABLE[named], region.agreement(named)
    first = datetime.combine(row.first, time(), ZONE)
    register = region.divisions(row.first)
    facts = region.facts(
        row.there.lead, row.there.steps, register, medium=row.medium, kind=row.kind, known_at=first, assessed_at=first
    )
    a_second = timedelta(seconds=1)
    assert obligations(replace(facts, known_at=first - a_second), [agreement], register) == ()
    assert obligations(facts, [agreement], register) != ()
    ended = replace(agreement, valid_to=first + timedelta(days=1))
    assert obligations(replace(facts, known_at=first + timedelta(days=1) - a_second), [ended], register) != ()
    assert obligations(replace(facts, known_at=first + timedelta(days=1)), [ended], register) == ()


LIMITED = [named for named in TABLE if region.agreement(named).media]


@pytest.mark.parametrize("named", LIMITED)
def test_another_medium_than_its_own_is_not_its_business(named: str) -> None:
    row, agreement = TABLE[named], region.agreement(named)
    [other] = {Medium.SOIL} - set(agreement.media)
    assert owed(agreement, row.there, replace(row, medium=other)) == set()


@pytest.mark.parametrize("named", sorted(SILENT))
def test_what_has_no_known_duty_binds_nobody(named: str) -> None:
    every = [course for row in TABLE.values() for course in (row.there, *row.outside)]
    assert [owed(region.agreement(named), course, TABLE["tongbo-2020"]) for course in every] == [set()] * len(every)


# --- the pairs of hydrography 6.2: which parties the water links, and what covers them

LINKED: dict[str, tuple[Course, set[str]]] = {
    "大竹 → 梁平": (Course("TBH", (DAZHU, LIANGPING), {(DAZHOU, LIANGPING)}), {"tongbo-2020", "wan-da-kai-2020"}),
    "梁平 → 大竹 → 达川": (
        Course("TBH", (LIANGPING, DAZHU, "511703"), {(LIANGPING, DAZHOU)}),
        {"tongbo-2020", "wan-da-kai-2020"},
    ),
    "梁平 → 开江 → 达川": (
        Course("MYJ", (LIANGPING, KAIJIANG, "511703"), {(LIANGPING, DAZHOU)}),
        {"wan-da-kai-2020", "sichuan-chongqing-2020"},
    ),
    "城口 → 宣汉": (Course("QHE", (CHENGKOU, "511722"), {(CHENGKOU, DAZHOU)}), {"wan-da-kai-2020"}),
    "城口 → 万源": (Course("REN", (CHENGKOU, WANYUAN), {(CHENGKOU, DAZHOU)}), {"wan-da-kai-2020"}),
    "万源 → 紫阳": (Course("REN", (WANYUAN, "610924"), {(DAZHOU, ANKANG)}), {"sichuan-provinces-2019"}),
    "开江 → 开州": (Course("NHE", (KAIJIANG, "500154"), {(DAZHOU, "500154")}), {"wan-da-kai-2020"}),
    "开州 → 云阳": (Course("DHE", ("500154", "500235"), {("500154", "500235")}), set()),
    "万州 → 开州": (Course("PLH", ("500101", "500154"), {("500101", "500154")}), {"wan-da-kai-2020"}),
    "梁平 → 开州": (Course("PLH", (LIANGPING, "500154"), {(LIANGPING, "500154")}), {"wan-da-kai-2020"}),
    "梁平 → 垫江": (Course("LXC", (LIANGPING, "500231"), {(LIANGPING, "500231")}), {"wan-da-kai-2020"}),
    "垫江 → 长寿": (Course("LXC", ("500231", "500115"), {("500231", "500115")}), set()),
    "大竹 → 邻水": (Course("YLH", (DAZHU, "511623"), {(DAZHOU, GUANGAN)}), set()),
    "邻水 → 渝北": (Course("YLH", ("511623", "500112"), {(GUANGAN, "500112")}), {"sichuan-chongqing-2020"}),
    "邻水 → 长寿": (
        Course("DHH", ("511623", "500115"), {(GUANGAN, "500115")}),
        {"sichuan-chongqing-2020", "guangan-chongqing-2021"},
    ),
    "达州 → 广安": (Course("QUJ", ("511725", "511602"), {(DAZHOU, GUANGAN)}), set()),
    "广安 → 合川": (
        Course("QUJ", ("511602", HECHUAN), {(GUANGAN, HECHUAN)}),
        {"sichuan-chongqing-2020", "guangan-chongqing-2021"},
    ),
    "德阳 → 成都": (
        Course("YZH", ("510681", "510121"), {(DEYANG, CHENGDU)}),
        {"eight-city-2019", "min-tuo-framework", "river-chiefs-2018"},
    ),
    "成都 → 德阳": (
        Course("RMQ", ("510182", "510682"), {(CHENGDU, DEYANG)}),
        {"eight-city-2019", "min-tuo-framework", "river-chiefs-2018"},
    ),
    "成都 → 眉山": (
        Course("FUH", ("510116", "511403"), {(CHENGDU, MEISHAN)}),
        {"eight-city-2019", "min-tuo-framework", "river-chiefs-2018"},
    ),
    "眉山 → 乐山": (Course("MIN", ("511425", "511102"), {(MEISHAN, "511100")}), {"eight-city-2019"}),
    "成都 → 资阳": (
        Course("TUO", ("510185", "512002"), {(CHENGDU, "512000")}),
        {"eight-city-2019", "river-chiefs-2018"},
    ),
    "绵阳 → 遂宁": (Course("FUJ", ("510722", "510981"), {("510700", "510900")}), {"eight-city-2019"}),
    "资阳 → 遂宁": (
        Course("QGJ", ("512021", "510904"), {("512000", "510900")}),
        {"eight-city-2019", "qiong-2017"},
    ),
    "雅安 → 眉山": (Course("DDH", ("511802", "511423"), {("511800", MEISHAN)}), {"eight-city-2019"}),
}


@pytest.mark.parametrize("pair", LINKED)
def test_a_linked_pair_is_owed_by_law_and_covered_as_the_table_says(pair: str) -> None:
    course, covered = LINKED[pair]
    facts = region.facts(course.lead, course.steps, REGISTER)
    [(who, tells)] = course.owed
    found = [one for one in region.warnings(obligations(facts, ALL, REGISTER)) if one.tells == tells]
    assert {one.who for one in found} == {who}
    assert "statute-neighbour" in {one.agreement for one in found}
    named = {one.agreement for one in found}
    assert covered <= named
    if not covered:
        treaties = {one.id for one in ALL if one.form in ("agreement", "memorandum")}
        assert named.isdisjoint(treaties), "only the law stands here"


SIX = region.agreement("wan-da-kai-2020").parties


@pytest.mark.parametrize(
    "course",
    [
        Course("REN", (CHENGKOU, WANYUAN, "610924"), {(CHENGKOU, DAZHOU)}),
        Course("YLH", (DAZHU, "511623", "500115"), set()),
        Course("DHH", (DAZHU, "511623", "500115"), set()),
    ],
    ids=["任河 to 陕西", "御临河 to 广安 and 长寿", "大洪河 to 广安 and 长寿"],
)
def test_where_the_water_leaves_the_six_parties_their_agreement_is_silent(course: Course) -> None:
    found = owed(region.agreement("wan-da-kai-2020"), course, TABLE["wan-da-kai-2020"])
    assert found == course.owed
    assert not {tells for _, tells in found} - set(SIX)


# --- partners without a river link

REMOTE: Sequence[Course] = (
    Course("MIN", (WENJIANG, "511403", "511502", "500116", BANAN, "500107", "500103"), set()),
    Course("PIH", ("510114", "512002", "511025", "510504", "500116", "500107"), set()),
    Course("FUH", ("510104", "511403", "511502", "500116", "500107", "500103", "500105"), set()),
)


@pytest.mark.parametrize("course", REMOTE, ids=["温江", "新都", "锦江"])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COURTESY_COPY])
def test_a_partner_reached_after_days_is_no_downstream_recipient_of_its_pairing(course: Course, kind: Kind) -> None:
    far = [replace(step, hours=None if step.hours is None else step.hours * 3) for step in course.steps]
    found = obligations(region.facts(course.lead, far, REGISTER, kind=kind, occasion="any"), ALL, REGISTER)
    partners = {"district-pairings-2020", "shenzhen-2020", "chengdu-chongqing-2020"}
    assert partners.isdisjoint({one.agreement for one in found})
    assert SHENZHEN not in {one.tells for one in found}
