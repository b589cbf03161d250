"""The cut of reaches by polygons and tables: the valley by hand, and each way in which a line and a border disagree."""

from typing import Any

import pytest
from sqlalchemy import select, text

from emergency.errors import BadFile
from emergency.jurisdictions import stretches
from emergency.jurisdictions.affected import stays
from emergency.jurisdictions.models import StretchRow
from emergency.jurisdictions.stretches import StretchReport
from emergency.jurisdictions.values import Bank, Flag, Piece
from emergency.river.values import Spot
from tests.emergency.jurisdictions import cast
from tests.emergency.jurisdictions.cast import NAN, PIECES, SHANG, WAI, XIA, ZHONG
from tests.emergency.jurisdictions.conftest import Ground, drawn

Found = tuple[str, float, float, str]


def cut(ground: Ground, *reaches: dict[str, Any]) -> tuple[StretchReport, list[Piece]]:
    version = ground.lay(*reaches)
    report = stretches.build(ground.session, version, ground.boundaries)
    ids = [row["reach_id"] for row in reaches] or list(range(1, 10))
    return report, stretches.pieces(ground.session, version, ground.boundaries, ids)


def told(pieces: list[Piece]) -> list[Found]:
    return [(piece.code, round(piece.from_m), round(piece.to_m), piece.bank.value) for piece in pieces]


def test_the_valley_is_cut_as_worked_by_hand(ground: Ground) -> None:
    report, found = cut(ground)
    crossing = {(9, SHANG), (9, XIA), (9, NAN)}
    expected = sorted((p.reach_id, p.code, p.from_m, p.to_m, p.bank.value) for p in PIECES)
    cut_out = sorted(
        (p.reach_id, p.code, round(p.from_m, -2), round(p.to_m, -2), p.bank.value)
        for p in found
        if (p.reach_id, p.code) not in crossing
    )
    assert cut_out == expected
    assert (report.reaches, report.gaps, report.disagreements) == (9, [], [])


def test_borders_fall_within_metres_of_the_hand_worked_place(ground: Ground) -> None:
    _, found = cut(ground)
    by_key = {(piece.reach_id, piece.code, round(piece.from_m, -2)): piece for piece in found}
    assert by_key[2, ZHONG, 5_000.0].from_m == pytest.approx(5_000.0, abs=5.0)
    assert by_key[7, XIA, 3_300.0].from_m == pytest.approx(3_300.0, abs=5.0)
    assert by_key[5, NAN, 2_000.0].to_m == pytest.approx(10_000.0, abs=5.0)


def test_every_reach_is_covered_from_end_to_end(ground: Ground) -> None:
    _, found = cut(ground)
    for reach in range(1, 10):
        own = sorted((piece.from_m, piece.to_m) for piece in found if piece.reach_id == reach)
        assert own[0][0] == 0.0
        reached_m = 0.0
        for from_m, to_m in own:
            assert from_m <= reached_m
            reached_m = max(reached_m, to_m)
        assert reached_m == {6: 12_000.0, 7: 11_000.0, 8: 11_000.0, 9: 22_000.0, 5: 15_000.0}.get(reach, 10_000.0)


def test_the_way_of_the_water_follows_from_the_cut(ground: Ground) -> None:
    _, found = cut(ground)
    sub = cast.valley_sub(Spot(1, 0.0))
    reached = stays(sub, cast.passages(sub), found, cast.divisions())
    assert [stay.key for stay in reached] == [
        (SHANG, 1),
        (ZHONG, 1),
        (SHANG, 2),
        (SHANG, 3),
        (XIA, 1),
        (XIA, 2),
        (NAN, 1),
        (WAI, 1),
    ]


def test_pieces_are_those_of_the_reaches_asked_for_in_order(ground: Ground) -> None:
    version = ground.lay()
    stretches.build(ground.session, version, ground.boundaries)
    found = stretches.pieces(ground.session, version, ground.boundaries, [4, 2])
    assert [(piece.reach_id, piece.code) for piece in found] == [(2, SHANG), (2, ZHONG), (4, SHANG), (4, XIA)]
    assert stretches.pieces(ground.session, version, ground.boundaries, []) == []


def test_a_winding_line_that_passes_near_itself_is_cut_in_the_right_places(ground: Ground) -> None:
    """Out of 上县 into 中区 and back 60 m beside: a place on the way out is not one on the way back."""
    line = "100.05 30.10, 100.20 30.10, 100.20 30.1006, 100.05 30.1006"
    _, found = cut(ground, drawn(1, line, 30_000.0))
    assert [piece.code for piece in found] == [SHANG, ZHONG, SHANG]
    assert found[0].to_m == pytest.approx(10_000.0, rel=0.01)
    assert found[1].to_m == pytest.approx(20_000.0, rel=0.01)


def test_a_drawn_line_is_scaled_to_the_length_of_the_table(ground: Ground) -> None:
    _, found = cut(ground, drawn(1, "100.10 30.10, 100.20 30.10", 40_000.0))
    assert told(found) == [(SHANG, 0, 20_000, "both"), (ZHONG, 20_000, 40_000, "both")]


def test_a_short_stay_is_a_border_river_and_not_a_crossing(ground: Ground) -> None:
    """0.5 km through the corner of 中区: 上县 is not left, and 中区 is on one of its banks."""
    _, found = cut(ground, drawn(1, "100.148 30.02, 100.148 30.06, 100.153 30.06, 100.153 30.0605, 100.148 30.0605, "
                                    "100.148 30.12", 12_000.0))  # fmt: skip
    codes = [piece.code for piece in found]
    assert codes == [SHANG, SHANG, ZHONG, SHANG]
    border = [piece for piece in found if piece.bank is not Bank.BOTH]
    assert {piece.code for piece in border} == {SHANG, ZHONG}
    assert 0 < border[0].to_m - border[0].from_m < 1_000.0
    assert [piece.flag for piece in found if piece.code == ZHONG] == [Flag.SHORT_STAY]


def test_a_line_that_weaves_about_a_border_is_one_border_river_with_its_banks(ground: Ground) -> None:
    """Northwards 300 m to either side of 100.15 E: 上县 lies left (west), 中区 right (east)."""
    north = [30.06 + 0.004 * n for n in range(16)]
    line = ", ".join(f"{100.153 if n % 2 else 100.147} {lat:.4f}" for n, lat in enumerate(north))
    _, found = cut(ground, drawn(1, f"100.12 30.058, {line}, 100.20 30.122", 16_000.0))
    assert [piece.code for piece in found] == [SHANG, SHANG, ZHONG, ZHONG]
    assert [piece.bank for piece in found] == [Bank.BOTH, Bank.LEFT, Bank.RIGHT, Bank.BOTH]
    assert found[1].to_m - found[1].from_m > 5_000.0
    assert found[0].to_m == found[1].from_m == found[2].from_m


def test_a_short_stay_counts_over_the_whole_main_path(ground: Ground) -> None:
    """0.6 km of 中区 at the end of one reach and 0.6 km at the beginning of the next are a crossing of 1.2 km."""
    one = drawn(1, "100.10 30.10, 100.156 30.10", 5_600.0, path=(1, 11_200.0))
    two = drawn(2, "100.156 30.10, 100.156 30.105, 100.10 30.105", 5_600.0, path=(1, 5_600.0))
    _, found = cut(ground, one, two)
    assert [(piece.reach_id, piece.code, piece.bank) for piece in found] == [
        (1, SHANG, Bank.BOTH),
        (1, ZHONG, Bank.BOTH),
        (2, ZHONG, Bank.BOTH),
        (2, SHANG, Bank.BOTH),
    ]


def test_a_short_stay_at_the_foot_of_a_path_is_kept_since_it_may_go_on_beyond(ground: Ground) -> None:
    _, found = cut(ground, drawn(1, "100.10 30.10, 100.155 30.10", 5_500.0))
    assert told(found) == [(SHANG, 0, 5_000, "both"), (ZHONG, 5_000, 5_500, "both")]


def test_what_a_table_states_wins_and_keeps_its_flags(ground: Ground) -> None:
    table = [
        {"code": XIA, "from_m": 0.0, "to_m": 4_000.0, "bank": "both", "flag": "assumed half"},
        {"code": NAN, "from_m": 4_000.0, "to_m": 8_000.0, "bank": "both", "flag": "assumed half"},
    ]
    reach = drawn(1, "100.10 30.10, 100.14 30.10", 8_000.2, schematic=True, tabled_stretches=table)
    report, found = cut(ground, reach)
    assert told(found) == [(XIA, 0, 4_000, "both"), (NAN, 4_000, 8_000, "both")]
    assert found[-1].to_m == 8_000.2
    assert {piece.flag for piece in found} == {Flag.CROSSING_ASSUMED}
    assert (report.from_tables, report.disagreements) == (1, [])  # on a schematic line a polygon knows nothing
    origins = set(ground.session.scalars(select(StretchRow.origin)))
    assert origins == {"table"}


def test_a_table_that_disagrees_with_the_polygons_of_a_real_line_is_reported(ground: Ground) -> None:
    table = [{"code": SHANG, "from_m": 0.0, "to_m": 10_000.0, "bank": "both", "flag": None}]
    report, found = cut(ground, drawn(1, "100.10 30.10, 100.20 30.10", 10_000.0, tabled_stretches=table))
    assert told(found) == [(SHANG, 0, 10_000, "both")]
    (only,) = report.disagreements
    assert (only.reach_id, only.table, only.polygons) == (1, (SHANG,), (SHANG, ZHONG))
    assert only.differs_m == pytest.approx(5_000.0, abs=5.0)


def test_a_table_that_names_an_unknown_division_is_refused_by_reach_and_code(ground: Ground) -> None:
    table = [{"code": "V99999", "from_m": 0.0, "to_m": 10_000.0}]
    with pytest.raises(BadFile, match="reach 1 name V99999"):
        cut(ground, drawn(1, "100.10 30.10, 100.20 30.10", 10_000.0, tabled_stretches=table))


def test_a_crossing_on_a_schematic_line_is_flagged(ground: Ground) -> None:
    _, found = cut(ground, drawn(1, "100.10 30.10, 100.20 30.10", 10_000.0, schematic=True))
    assert {piece.flag for piece in found} == {Flag.SCHEMATIC}
    _, whole = cut_again(ground, drawn(2, "100.10 30.10, 100.14 30.10", 4_000.0, schematic=True))
    assert {piece.flag for piece in whole} == {None}


def cut_again(ground: Ground, *reaches: dict[str, Any]) -> tuple[StretchReport, list[Piece]]:
    version = ground.lay(*reaches, name="second")
    report = stretches.build(ground.session, version, ground.boundaries)
    return report, stretches.pieces(ground.session, version, ground.boundaries, [row["reach_id"] for row in reaches])


def test_water_outside_all_polygons_is_reported_and_not_filled(ground: Ground) -> None:
    report, found = cut(ground, drawn(1, "100.60 30.10, 100.80 30.10", 20_000.0))
    assert told(found) == [(WAI, 0, 10_000, "both")]
    (gap,) = report.gaps
    assert (gap.reach_id, gap.to_m) == (1, 20_000.0)
    assert gap.from_m == pytest.approx(10_000.0, abs=5.0)


def test_where_a_county_is_drawn_the_levels_above_it_do_not_count(ground: Ground) -> None:
    square = "POLYGON((99 29, 101 29, 101 31, 99 31, 99 29))"
    ground.session.execute(
        text(
            "insert into boundaries select :version, 'V30000', st_multi(st_geomfromtext(:square, 4326))",
        ),
        {"version": ground.boundaries, "square": square},
    )
    report, found = cut(ground, drawn(1, "100.60 30.10, 100.80 30.10", 20_000.0))
    assert told(found) == [(WAI, 0, 10_000, "both"), ("V30000", 10_000, 20_000, "both")]
    assert report.gaps == []


def test_building_again_replaces_and_building_once_does_not_repeat(ground: Ground) -> None:
    version = ground.lay()
    first = stretches.build(ground.session, version, ground.boundaries)
    assert stretches.build(ground.session, version, ground.boundaries).stretches == first.stretches
    assert stretches.build_once(ground.session, version, ground.boundaries) is None
    assert stretches.build_missing(ground.session) == {}
    other = ground.lay(name="second")
    assert list(stretches.build_missing(ground.session)) == [other]


def test_distances_to_the_foot_of_the_main_path_go_with_each_stretch(ground: Ground) -> None:
    version = ground.lay()
    stretches.build(ground.session, version, ground.boundaries)
    rows = ground.session.scalars(select(StretchRow).where(StretchRow.reach_id == 2).order_by(StretchRow.seq)).all()
    assert [(row.path_id, round(row.enter_foot_m), round(row.leave_foot_m)) for row in rows] == [
        (5, 45_000, 40_000),
        (5, 40_000, 35_000),
    ]
