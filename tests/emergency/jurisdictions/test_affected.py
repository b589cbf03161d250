"""Who is reached on the valley, worked by hand, and what holds on any network.

Kilometres from A: B 10, C 20; by the river D 30, E 40; by the canal G 32, E 43; F is 15 km below E. Hours at reference flow:
C after 20 km / 0.5 m/s = 40,000 s; E by the river after 80,000 s, by the canal after 40,000 + 23,000 = 63,000 s: the canal is
the path of first arrival. Borders: 上县 | 中区 at 5 km of reach 2 (100.15 E); 中区 | 上县 at 5 km of reach 3 (100.25 E) and at
6 km of canal 6 (its corner, 100.25 E 30.13 N); 上县 | 下县 at 3 km of reach 4 and 3.3 km of canal 7 (100.33 E); on reach 5 both
banks are 下县 for 2 km, then 下县 left and 南县 right for 8 km, then 外区.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.jurisdictions.affected import TOUCH_M, neighbours, stays
from emergency.jurisdictions.values import Bank, Division, Divisions, Flag, Level, Piece, Stay, Succession
from emergency.river.values import Direction, Passage, Reach, Spot, SubNetwork
from emergency.words import Words
from tests.emergency.jurisdictions import cast
from tests.emergency.jurisdictions.cast import NAN, PIECES, SHANG, WAI, XIA, ZHONG, named, valley_passages, valley_sub


def reached(start: Spot, pieces: Sequence[Piece] = PIECES) -> list[Stay]:
    sub = valley_sub(start)
    return stays(sub, valley_passages(sub), pieces, cast.divisions())


def test_the_water_of_a_comes_to_each_division_in_this_order() -> None:
    found = [(stay.code, stay.entry, stay.river) for stay in reached(Spot(1, 0.0))]
    assert found == [
        (SHANG, 1, "谷河"),
        (ZHONG, 1, "谷河"),
        (SHANG, 2, "谷渠"),  # by the canal after 40,000 + 6,000 s
        (SHANG, 3, "谷河"),  # by the river after 50,000 s
        (XIA, 1, "谷渠"),
        (XIA, 2, "谷河"),
        (NAN, 1, "谷河"),
        (WAI, 1, "谷河"),
    ]


def test_kilometres_and_times_are_those_worked_by_hand() -> None:
    worked = {
        (SHANG, 1): (0.0, 15.0, 0.0),
        (ZHONG, 1): (15.0, 26.0, 30_000.0),  # the canal leaves it at 26 km, the river at 25
        (SHANG, 2): (26.0, 35.3, 46_000.0),
        (SHANG, 3): (25.0, 33.0, 50_000.0),
        (XIA, 1): (35.3, 53.0, 55_300.0),
        (XIA, 2): (33.0, 53.0, 66_000.0),  # both leave where the shared way on ends
        (NAN, 1): (45.0, 53.0, 67_000.0),
        (WAI, 1): (53.0, 58.0, 83_000.0),
    }
    found = {stay.key: stay for stay in reached(Spot(1, 0.0))}
    assert found.keys() == worked.keys()
    for key, stay in found.items():
        assert (stay.enter_km, stay.leave_km, stay.enter_s) == pytest.approx(worked[key])


def test_the_start_s_own_division_is_entered_first_at_no_distance() -> None:
    first = reached(Spot(2, 2_000.0))[0]
    assert (first.code, first.entry, first.enter_km, first.enter) == (SHANG, 1, 0.0, Spot(2, 2_000.0))
    assert first.leave_km == pytest.approx(3.0)


def test_a_start_below_a_border_does_not_name_the_upstream_side() -> None:
    assert reached(Spot(2, 5_000.0))[0].code == ZHONG


def test_a_start_at_the_very_end_of_the_network_is_still_in_its_division() -> None:
    (only,) = reached(Spot(5, 15_000.0))
    assert (only.code, only.enter_km, only.leave_km) == (WAI, 0.0, 0.0)


def test_where_two_branches_meet_both_entries_share_the_way_on() -> None:
    by_key = {stay.key: stay for stay in reached(Spot(1, 0.0))}
    canal, river = by_key[XIA, 1], by_key[XIA, 2]
    assert (canal.path, river.path) == ((7, 5), (4, 5))
    assert canal.leave == river.leave == Spot(5, 10_000.0)
    assert (canal.enter, river.enter) == (Spot(7, 3_300.0), Spot(4, 3_000.0))


def test_water_that_comes_in_from_elsewhere_at_a_confluence_is_an_entry_of_its_own() -> None:
    """With the canal in 中区 down to E, 下县 is entered at E by the canal as well, and earlier than by the river."""
    pieces = [piece for piece in PIECES if piece.reach_id != 7] + [Piece(7, ZHONG, 0.0, 11_000.0, Bank.BOTH)]
    found = {stay.key: stay for stay in reached(Spot(1, 0.0), pieces)}
    assert found[XIA, 1].enter == Spot(5, 0.0)
    assert found[XIA, 1].enter_s == pytest.approx(63_000.0)
    assert found[XIA, 1].came_from == ((ZHONG, 2),)
    assert found[XIA, 2].enter == Spot(4, 3_000.0)


def test_a_stay_that_ends_beyond_a_shorter_branch_is_as_long_as_its_own_way() -> None:
    """A canal of 60 km enters 下县 at 53.3 km and 26.7 km further comes to E, which the river reaches at 40: 100,000 s by the
    canal, 80,000 s by the river."""
    sub = valley_sub(Spot(1, 0.0))
    long = replace(sub.reaches[7], length_m=48_000.0)
    slow = replace(sub, reaches={**sub.reaches, 7: long})
    pieces = [piece for piece in PIECES if piece.reach_id != 7]
    pieces += [Piece(7, SHANG, 0.0, 21_300.0, Bank.BOTH), Piece(7, XIA, 21_300.0, 48_000.0, Bank.BOTH)]
    found = {stay.key: stay for stay in stays(slow, cast.passages(slow), pieces, cast.divisions())}
    river, canal = found[XIA, 1], found[XIA, 2]
    assert (river.enter_km, river.leave_km) == pytest.approx((33.0, 50.0))
    assert (canal.enter_km, canal.leave_km) == pytest.approx((53.3, 53.3 + 26.7 + 10.0))
    assert canal.leave == river.leave


def test_banks_are_kept_and_both_where_it_is_both_anywhere() -> None:
    by_key = {stay.key: stay.bank for stay in reached(Spot(1, 0.0))}
    assert (by_key[XIA, 1], by_key[NAN, 1], by_key[WAI, 1]) == (Bank.BOTH, Bank.RIGHT, Bank.BOTH)
    assert {stay.code: stay.bank for stay in reached(Spot(5, 3_000.0))}[XIA] is Bank.LEFT


def test_the_desk_is_its_own_or_the_nearest_above() -> None:
    assert {stay.code: stay.desk for stay in reached(Spot(1, 0.0))} == {
        SHANG: "V10100",
        XIA: "V10100",
        NAN: "V10100",
        ZHONG: ZHONG,
        WAI: WAI,
    }


def test_each_entry_says_from_whose_water_it_came() -> None:
    came = {stay.key: stay.came_from for stay in reached(Spot(1, 0.0))}
    assert came == {
        (SHANG, 1): (),
        (ZHONG, 1): ((SHANG, 1),),
        (SHANG, 2): ((ZHONG, 1),),
        (SHANG, 3): ((ZHONG, 1),),
        (XIA, 1): ((SHANG, 2),),
        (XIA, 2): ((SHANG, 3),),
        (NAN, 1): ((XIA, 1), (XIA, 2)),
        (WAI, 1): ((XIA, 1), (XIA, 2), (NAN, 1)),
    }


def test_the_sides_of_a_border_river_stand_beside_each_other() -> None:
    beside = {stay.key: stay.beside for stay in reached(Spot(1, 0.0))}
    assert beside[NAN, 1] == ((XIA, 1), (XIA, 2))
    assert beside[XIA, 1] == beside[XIA, 2] == ((NAN, 1),)
    assert beside[WAI, 1] == ()


def test_neighbours_are_other_desks_entered_directly() -> None:
    found = reached(Spot(1, 0.0))
    assert {(a.key, b.key) for a, b in neighbours(found, "V10100")} == {
        ((SHANG, 1), (ZHONG, 1)),
        ((NAN, 1), (WAI, 1)),
        ((XIA, 1), (WAI, 1)),
        ((XIA, 2), (WAI, 1)),
    }
    assert {(a.key, b.key) for a, b in neighbours(found, ZHONG)} == {
        ((ZHONG, 1), (SHANG, 2)),
        ((ZHONG, 1), (SHANG, 3)),
    }
    assert neighbours(found, WAI) == []


def test_a_shared_border_makes_neighbours_of_two_desks() -> None:
    """With 南县 under a desk of its own, 甲州's stay beside it and upstream of it is its neighbour."""
    own = cast.divisions(desks=(NAN,))
    sub = valley_sub(Spot(5, 3_000.0))
    found = stays(sub, valley_passages(sub), PIECES, own)
    assert [(a.code, b.code) for a, b in neighbours(found, "V10100")] == [(XIA, NAN), (XIA, WAI)]
    assert [(a.code, b.code) for a, b in neighbours(found, NAN)] == [(NAN, XIA), (NAN, WAI)]


def test_an_ended_code_is_told_through_all_its_successors_and_says_so() -> None:
    east, west = named("V10111", "东新区"), named("V10112", "西新区")
    ended = cast.divisions(
        replaced={SHANG: {"valid_to": date(2025, 11, 6)}},
        more=(east, west),
        successions=(
            Succession(SHANG, "V10111", date(2025, 11, 6), None),
            Succession(SHANG, "V10112", date(2025, 11, 6), None),
        ),
    )
    sub = valley_sub(Spot(1, 0.0))
    found = stays(sub, valley_passages(sub), PIECES, ended)
    assert [stay.code for stay in found][:3] == ["V10111", "V10112", ZHONG]
    assert [words.zh for words in found[0].flags] == ["上县（V10101）的后继之一，界线按原辖区"]
    assert {stay.desk for stay in found if stay.code.startswith("V1011")} == {"V10100"}


def test_neighbouring_codes_with_one_successor_become_one_stay() -> None:
    ended = cast.divisions(
        replaced={XIA: {"valid_to": date(2025, 11, 6)}, NAN: {"valid_to": date(2025, 11, 6)}},
        more=(named("V10113", "新县"),),
        successions=tuple(Succession(code, "V10113", date(2025, 11, 6), None) for code in (XIA, NAN)),
    )
    sub = valley_sub(Spot(5, 0.0))
    found = stays(sub, valley_passages(sub), PIECES, ended)
    assert [(stay.code, stay.entry, stay.enter_km, stay.leave_km) for stay in found] == [
        ("V10113", 1, 0.0, 10.0),
        (WAI, 1, 10.0, 15.0),
    ]
    assert {words.en for words in found[0].flags} == {"stands for 下县 (V10102)", "stands for 南县 (V10103)"}


def test_the_doubt_of_a_stretch_stays_with_the_entry() -> None:
    doubted = [replace(piece, flag=Flag.CROSSING_ASSUMED) if piece.code == ZHONG else piece for piece in PIECES]
    flags = {stay.code: stay.flags for stay in reached(Spot(1, 0.0), doubted)}
    assert [words.en for words in flags[ZHONG]] == [
        "border point unknown: the first listed is taken as upstream, crossing at half length"
    ]
    assert flags[WAI] == ()


def test_without_times_the_order_is_by_distance() -> None:
    sub = valley_sub(Spot(1, 0.0))
    unknown = {id_: replace(p, enter_s=None, leave_s=None) for id_, p in valley_passages(sub).items()}
    found = stays(sub, unknown, PIECES, cast.divisions())
    assert [stay.enter_km for stay in found] == sorted(stay.enter_km for stay in found)
    assert {stay.enter_s for stay in found} == {None}


def test_upstream_of_the_end_the_same_divisions_are_met_against_the_stream() -> None:
    """From 4 km above F: 外区, then 下县 and 南县 together, 上县 by both branches, 中区, 上县 above it by river and by 支河."""
    sub = valley_sub(Spot(5, 11_000.0), Direction.UP)
    found = stays(sub, valley_passages(sub), PIECES, cast.divisions())
    assert [stay.code for stay in found][:3] == [WAI, XIA, NAN]
    first = found[0]
    assert (first.enter, first.leave) == (Spot(5, 11_000.0), Spot(5, 10_000.0))
    assert {stay.code for stay in found} == {WAI, XIA, NAN, SHANG, ZHONG}
    assert max(found, key=lambda stay: stay.enter_km).code == SHANG


def test_a_loop_in_bad_data_neither_hangs_nor_hides_anyone() -> None:
    sub = valley_sub(Spot(1, 0.0))
    back = replace(sub.reaches[5], reach_id=50, from_node=6, to_node=3, loop=True)
    looped = replace(sub, reaches={**sub.reaches, 50: back})
    pieces = [*PIECES, Piece(50, WAI, 0.0, 15_000.0, Bank.BOTH)]
    passages = {**valley_passages(sub), 50: Passage(50, 58_000.0, 73_000.0, 93_000.0, 123_000.0, False, 1.0)}
    found = stays(looped, passages, pieces, cast.divisions())
    assert [stay.key for stay in found] == [stay.key for stay in reached(Spot(1, 0.0))]


# What holds on any network ------------------------------------------------------------------------------------------

CODES = ("P", "Q", "R")
ANY = Divisions(
    [Division(code, Words(code, code), Level.COUNTY, None, None, None, False, False, None) for code in CODES],
    [],
    date(2025, 1, 1),
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[SubNetwork, list[Piece]]:
    """A random DAG: reach 1 runs from node 0 to node 1; the others go from a reached node to a later one."""
    nodes = draw(st.integers(2, 7))
    ends = {(0, 1)}
    for node in range(2, nodes):
        for above in draw(st.sets(st.integers(1, node - 1), min_size=1, max_size=3)):
            ends.add((above, node))
    reaches = {n: _any_reach(n, *pair, 1_000.0 * draw(st.integers(1, 9))) for n, pair in enumerate(sorted(ends), 1)}
    pieces = [piece for reach in reaches.values() for piece in draw(_cuts(reach))]
    start = Spot(1, draw(st.floats(0.0, 1.0)) * reaches[1].length_m)
    return SubNetwork(1, start, Direction.DOWN, reaches), pieces


def _any_reach(reach_id: int, from_node: int, to_node: int, length_m: float) -> Reach:
    return cast.reach(reach_id, from_node, to_node, length_m, 1.0, river=f"R{reach_id % 2}")


@st.composite
def _cuts(draw: st.DrawFn, reach: Reach) -> list[Piece]:
    at = sorted(draw(st.sets(st.integers(1, 99), max_size=3)))
    edges = [0.0, *(reach.length_m * part / 100 for part in at), reach.length_m]
    return [
        Piece(reach.reach_id, code, low, high, Bank.BOTH)
        for low, high in pairwise(edges)
        for code in sorted(draw(st.sets(st.sampled_from(CODES), max_size=2)))
    ]


def _on_the_way(sub: SubNetwork, piece: Piece) -> bool:
    return piece.reach_id != sub.start.reach_id or piece.to_m > sub.start.offset_m


@given(networks())
def test_the_stays_cover_every_piece_of_the_walk_and_nothing_else(made: tuple[SubNetwork, list[Piece]]) -> None:
    sub, pieces = made
    found = stays(sub, cast.passages(sub), pieces, ANY)
    covered = {(p.reach_id, p.code, p.to_m) for stay in found for p in stay.pieces}
    expected = {(p.reach_id, p.code, p.to_m) for p in pieces if _on_the_way(sub, p)}
    at_the_end = sub.start.offset_m >= sub.reaches[1].length_m - TOUCH_M
    assert expected <= covered
    assert covered <= {(p.reach_id, p.code, p.to_m) for p in pieces if at_the_end or _on_the_way(sub, p)}


@given(networks())
def test_every_entry_has_water_coming_in_from_elsewhere(made: tuple[SubNetwork, list[Piece]]) -> None:
    sub, pieces = made
    for stay in stays(sub, cast.passages(sub), pieces, ANY):
        at = stay.enter
        own = [p for p in pieces if p.code == stay.code]
        if at == sub.start:
            continue
        if at.offset_m > TOUCH_M:
            assert not any(p.reach_id == at.reach_id and p.from_m < at.offset_m == p.to_m for p in own)
            continue
        node = sub.reaches[at.reach_id].from_node
        above = [reach for reach in sub.reaches.values() if reach.to_node == node]
        ending = {p.reach_id for p in own if p.to_m >= sub.reaches[p.reach_id].length_m - TOUCH_M}
        assert any(reach.reach_id not in ending for reach in above)


@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(made: tuple[SubNetwork, list[Piece]], dice: random.Random) -> None:
    sub, pieces = made
    shuffled, reaches = list(pieces), list(sub.reaches.items())
    dice.shuffle(shuffled)
    dice.shuffle(reaches)
    expected = stays(sub, cast.passages(sub), pieces, ANY)
    assert stays(replace(sub, reaches=dict(reaches)), cast.passages(sub), shuffled, ANY) == expected


@given(networks())
def test_entries_of_a_division_are_numbered_by_arrival(made: tuple[SubNetwork, list[Piece]]) -> None:
    sub, pieces = made
    found = stays(sub, cast.passages(sub), pieces, ANY)
    for code in CODES:
        entries = [stay for stay in found if stay.code == code]
        assert [stay.entry for stay in entries] == list(range(1, len(entries) + 1))
        times = [stay.enter_s for stay in entries if stay.enter_s is not None]
        assert times == sorted(times)
        assert len(times) == len(entries)
