"""The coverage of the reference basin: the gaps that hydrography 6.2 names, from the loaded rivers and agreements."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from emergency import db
from emergency.agreements import coverage, ground
from emergency.agreements.coverage import Coverage, Place, Row, State, Way
from emergency.agreements.ground import Ground
from emergency.jurisdictions.values import Divisions
from tests.reference.chains import CHAINS
from tests.reference.test_basin import Basin, first

AT = datetime(2025, 1, 1, 4, tzinfo=UTC)
SIX = "wan-da-kai-2020"


class Lines:
    """The judged lines of the basin, asked by names as they are printed."""

    def __init__(self, here: Ground, found: Coverage):
        self.here, self.found, self.divisions = here, found, here.divisions

    def row(self, river: str, giving: str, taking: str) -> Row:
        """The one crossing of a river from a desk to another."""
        [row] = self.rows(river, giving, taking)
        return row

    def rows(self, river: str, giving: str, taking: str) -> list[Row]:
        """Every crossing of a river from a desk to another."""
        return [
            row
            for row in self.found.rows
            if row.place is Place.CROSSING and row.at and row.at.river == river
            and row.giving and row.giving.desk == giving and row.taking[0].desk == taking
        ]  # fmt: skip


@pytest.fixture(scope="module")
def lines(basin: Engine) -> Iterator[Lines]:
    with db.Writing(bind=basin) as session:
        here = ground.ground(session, AT)
        zone = ZoneInfo("Asia/Shanghai")
        yield Lines(here, coverage.coverage(here.lines, here.agreements, here.divisions, at=AT, zone=zone))


@pytest.mark.parametrize(
    ("river", "giving", "taking", "onward"),
    [
        ("REN", "511700", "610900", False),  # 任河 万源 → 紫阳, 陕西
        ("YLH", "511700", "511600", False),  # 御临河 大竹 → 邻水
        ("YLH", "511600", "500112", True),  # → 渝北
        ("YLH", "511600", "500115", True),  # → 长寿
        ("DHH", "511700", "511600", False),  # 大洪河 大竹 → 邻水
        ("DHH", "511600", "500115", True),  # → 长寿
        ("LXC", "500231", "500115", False),  # 龙溪河 垫江 → 长寿
        ("DHE", "500154", "500235", False),  # 澎溪河 开州 → 云阳
        ("QUJ", "511700", "511600", False),  # 渠江 达州 → 广安
        ("QUJ", "511600", "500117", True),  # → 合川
    ],
)
def test_the_six_party_agreement_leaves_these_out(
    lines: Lines, river: str, giving: str, taking: str, onward: bool
) -> None:
    row = lines.row(river, giving, taking)
    assert [left.onward for left in row.left_out if left.agreement == SIX] == [onward]
    assert SIX not in {cover.agreement for each in row.judged for cover in each.covers}


@pytest.mark.parametrize(
    ("river", "giving", "taking"),
    [
        ("TBH", "511700", "500155"),
        ("TBH", "500155", "511700"),
        ("MYJ", "500155", "511700"),
        ("QHE", "500229", "511700"),
        ("ZHH", "500229", "511700"),
        ("REN", "500229", "511700"),
        ("NHE", "511700", "500154"),
        ("PLH", "500101", "500154"),
        ("LXC", "500155", "500231"),
    ],
)
def test_the_six_party_agreement_covers_these(lines: Lines, river: str, giving: str, taking: str) -> None:
    row = lines.row(river, giving, taking)
    assert SIX in {cover.agreement for cover in row.judged[0].covers}
    assert SIX not in {left.agreement for left in row.left_out}


@pytest.mark.parametrize(
    ("river", "giving", "taking", "state"),
    [
        ("REN", "511700", "610900", State.COVERED),
        ("YLH", "511700", "511600", State.STATUTE),
        ("YLH", "511600", "500115", State.COVERED),
        ("MIN", "510100", "511400", State.COVERED),
        ("RMQ", "510100", "510600", State.COVERED),
        ("YZH", "510100", "510600", State.COVERED),
        ("TUO", "510100", "512000", State.COVERED),
        ("QGJ", "512000", "510900", State.COVERED),
        ("MIN", "513200", "510100", State.COVERED),
        ("TUO", "512000", "511000", State.STATUTE),
    ],
)
def test_the_pairs_of_the_founding_documents(lines: Lines, river: str, giving: str, taking: str, state: State) -> None:
    down, up = lines.row(river, giving, taking).judged
    assert (down.way, down.who, down.tells, down.state) == (Way.NOTICE, giving, taking, state)
    assert (up.way, up.who, up.tells) == (Way.ENQUIRY, taking, giving)


def test_chengdu_and_deyang_are_each_others_upstream(lines: Lines) -> None:
    assert lines.row("MYH", "510600", "510100")
    assert lines.row("RMQ", "510100", "510600")


def test_a_border_river_is_beside_and_no_crossing(lines: Lines) -> None:
    """金马河 between 双流 and 温江 lies within 成都; 涪江 between 潼南 and 遂宁 is shared by two desks."""
    shared = [row for row in lines.found.rows if row.place is Place.BORDER and row.at and row.at.river == "FUJ"]
    desks = {(row.giving.desk, row.taking[0].desk) for row in shared if row.giving}
    assert ("500152", "510900") in desks
    assert not lines.rows("FUJ", "510900", "500152")
    assert not lines.rows("FUJ", "500152", "510900")
    assert all(row.length_m and row.length_m > 0 for row in shared)


def test_two_counties_of_one_desk_are_no_crossing(lines: Lines) -> None:
    for row in lines.found.rows:
        assert row.giving is not None
        assert row.giving.key not in {side.key for side in row.taking}


def test_every_line_lies_on_the_map_and_every_direction_is_judged(lines: Lines) -> None:
    assert len(lines.found.rows) > 100
    for row in lines.found.rows:
        assert row.at is not None
        assert 101 < row.at.lon < 111
        assert 27 < row.at.lat < 34
        assert len(row.judged) == 2
        assert all(each.state in (State.COVERED, State.STATUTE) for each in row.judged)


def test_every_place_where_a_trace_changes_desks_is_a_crossing_or_beside(lines: Lines, basin: Engine) -> None:
    """The traces of the chains pass no line that the coverage does not know."""
    known = {(row.giving.key, side.key) for row in lines.found.rows if row.giving is not None for side in row.taking}
    known |= {(taking, giving) for giving, taking in known if _beside(lines, giving, taking)}
    with db.Writing(bind=basin) as session:
        loaded = Basin(session)
        for chain in CHAINS:
            stays = loaded.stays(loaded.trace(first(chain.start)))
            by_key = {stay.key: stay for stay in stays}
            for stay in stays:
                for key in (*stay.came_from, *stay.beside):
                    pair = (_key(loaded.divisions, by_key[key].code), _key(loaded.divisions, stay.code))
                    assert pair[0] == pair[1] or pair in known or pair[::-1] in known, (chain.name, pair)


def _key(divisions: Divisions, code: str) -> str:
    return divisions.desk_of(code) or code


def _beside(lines: Lines, one: str, other: str) -> bool:
    return any(
        row.place is Place.BORDER and row.giving and {row.giving.key, row.taking[0].key} == {one, other}
        for row in lines.found.rows
    )


def test_before_the_agreements_only_the_statute_stands(lines: Lines, basin: Engine) -> None:
    at = datetime(2016, 12, 1, tzinfo=UTC)
    with db.Writing(bind=basin) as session:
        here = ground.ground(session, at)
        found = coverage.coverage(here.lines, here.agreements, here.divisions, at=at, zone=ZoneInfo("Asia/Shanghai"))
    assert {each.state for row in found.rows for each in row.judged} == {State.STATUTE}


def test_the_divisions_are_those_of_the_day(lines: Lines, basin: Engine) -> None:
    with db.Writing(bind=basin) as session:
        here = ground.ground(session, datetime(2026, 1, 1, tzinfo=UTC))
    then = {side.key for each in lines.here.lines.crossings for side in (each.giving, each.taking)}
    now = {side.key for each in here.lines.crossings for side in (each.giving, each.taking)}
    assert ("500105" in then, "500105" in now) == (True, False)
    assert ("50LJXQ" in then, "50LJXQ" in now) == (False, True)
