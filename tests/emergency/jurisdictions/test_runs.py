"""Which stays are crossings and which are a border: every way in which short and long follow each other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.jurisdictions.runs import SHORT_M, Cut, Span, bordered, differing_m, layered

KM = 1_000.0


def path(*parts: tuple[str, float], fixed: bool = False) -> list[Span]:
    """A main path of one reach: codes (one letter each, none for a gap) and kilometres."""
    spans, at = [], 0.0
    for codes, length_km in parts:
        spans.append(Span(1, at, at + length_km * KM, frozenset(codes), fixed))
        at += length_km * KM
    return spans


def told(spans: list[Span]) -> list[tuple[str, float]]:
    return [("".join(sorted(span.codes)), round(span.length_m / KM, 3)) for span in spans]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # a crossing
        ([("A", 5), ("B", 5)], [("A", 5), ("B", 5)]),
        # a corner of B: A is not left
        ([("A", 5), ("B", 0.6), ("A", 5)], [("A", 5), ("AB", 0.6), ("A", 5)]),
        # weaving: one border river
        ([("A", 5), ("B", 0.6), ("A", 0.7), ("B", 0.4), ("A", 5)], [("A", 5), ("AB", 1.7), ("A", 5)]),
        # weaving, then across
        ([("A", 5), ("B", 0.6), ("A", 0.7), ("B", 5)], [("A", 5), ("AB", 1.3), ("B", 5)]),
        # through a tip of B into C: A goes on beside B, then C
        ([("A", 5), ("B", 0.6), ("C", 5)], [("A", 5), ("AB", 0.6), ("C", 5)]),
        # at the head and at the foot a stay may go on beyond
        ([("B", 0.4), ("A", 9)], [("B", 0.4), ("A", 9)]),
        ([("A", 9), ("B", 0.4)], [("A", 9), ("B", 0.4)]),
        ([("A", 0.4), ("B", 0.5)], [("A", 0.4), ("B", 0.5)]),
        # exactly on the border for 8 km: both stay long
        ([("A", 5), ("AB", 8), ("B", 5)], [("A", 5), ("AB", 8), ("B", 5)]),
        # a gap is not filled; beyond it the short stay goes with what follows
        ([("A", 5), ("", 2), ("B", 0.5), ("C", 5)], [("A", 5), ("", 2), ("BC", 0.5), ("C", 5)]),
    ],
)
def test_short_stays_are_borders(parts: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert told(bordered(path(*parts))) == expected


def test_only_those_that_touch_briefly_are_called_short() -> None:
    found = bordered(path(("A", 5), ("B", 0.6), ("A", 5)))
    assert [sorted(span.short) for span in found] == [[], ["B"], []]


def test_what_a_table_fixed_is_left_alone() -> None:
    stated = path(("A", 5), ("B", 0.6), ("A", 5), fixed=True)
    assert bordered(stated) == stated


def test_a_stay_across_two_reaches_is_measured_whole() -> None:
    spans = [
        Span(1, 0.0, 5 * KM, frozenset("A")),
        Span(1, 5 * KM, 5.6 * KM, frozenset("B")),
        Span(2, 0.0, 0.6 * KM, frozenset("B")),
        Span(2, 0.6 * KM, 5 * KM, frozenset("A")),
    ]
    assert bordered(spans) == spans


def test_the_finest_division_counts_and_coarser_ones_fill_the_rest() -> None:
    cuts = [Cut("P", 2, 0.0, 10.0 * KM), Cut("K", 0, 2.0 * KM, 5.0 * KM), Cut("L", 0, 5.0 * KM, 6.0 * KM)]
    assert told(layered(1, 10.0 * KM, cuts)) == [("P", 2), ("K", 3), ("L", 1), ("P", 4)]


def test_slivers_between_cuts_vanish() -> None:
    cuts = [Cut("A", 0, 0.0, 4_999.7), Cut("B", 0, 5_000.2, 9_999.8)]
    assert told(layered(1, 10.0 * KM, cuts)) == [("A", 5.0), ("B", 5.0)]


def test_accounts_differ_where_they_share_no_division() -> None:
    assert differing_m(path(("A", 5), ("B", 5)), path(("A", 7), ("AB", 3))) == 2.0 * KM


ANY_PATH = st.lists(st.tuples(st.sampled_from(["A", "B", "C", "AB", ""]), st.floats(0.01, 5.0)), min_size=1, max_size=9)


@given(ANY_PATH)
def test_nobody_is_lost_and_nothing_moves(parts: list[tuple[str, float]]) -> None:
    """Every metre keeps the divisions it had, and the path is covered from end to end without overlap."""
    before = path(*parts)
    after = bordered(before)
    assert (after[0].from_m, after[-1].to_m) == (before[0].from_m, before[-1].to_m)
    assert all(one.to_m == two.from_m for one, two in pairwise(after))
    for span in before:
        middle = (span.from_m + span.to_m) / 2.0
        now = next(each for each in after if each.from_m <= middle <= each.to_m)
        assert span.codes <= now.codes


@given(ANY_PATH)
def test_no_crossing_is_short(parts: list[tuple[str, float]]) -> None:
    """Away from head and foot a division that is alone on the water has a stay of SHORT_M at least."""
    after = bordered(path(*parts))
    for n, span in enumerate(after):
        if len(span.codes) != 1:
            continue
        first, last = n, n
        while first > 0 and span.codes & after[first - 1].codes:
            first -= 1
        while last + 1 < len(after) and span.codes & after[last + 1].codes:
            last += 1
        if first > 0 and last + 1 < len(after) and after[first - 1].codes:
            assert sum(each.length_m for each in after[first : last + 1]) >= SHORT_M - 1e-6
