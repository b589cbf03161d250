"""The quick answer is the full trace's, on any network: codes, entries, order, distances, hours, banks, flags."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from emergency.db import Writing
from emergency.errors import BadInput, NotReady
from emergency.jurisdictions import affected, reached, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.cutting import driver
from emergency.jurisdictions.reached import Reached
from emergency.jurisdictions.values import Divisions, Stay, Succession
from emergency.river import trace, travel
from emergency.river.load import load
from emergency.river.read import Profile
from emergency.river.snap import USUAL, Tolerance, snap
from emergency.river.snap import asked as snap_asked
from emergency.river.values import Spot
from tests import valley
from tests.emergency.jurisdictions import cast
from tests.emergency.jurisdictions.cast import NAN, SHANG, WAI, XIA, ZHONG
from tests.emergency.jurisdictions.conftest import AT, BY, Ground
from tests.emergency.river.test_random import Row, loaded, networks

CODES = (SHANG, XIA, NAN, ZHONG, WAI)


@st.composite
def rivers(draw: st.DrawFn) -> Sequence[Row]:
    """Random networks, loops among them, where some reaches have no speed and some have stretches by table."""
    rows = [dict(row) for row in draw(networks(loops=draw(st.booleans())))]
    for row in rows:
        if draw(st.integers(0, 4)) == 0:
            row["velocity_ms"] = None
        if draw(st.integers(0, 2)) == 0:
            row["stretches"] = json.dumps(draw(tables(row["length_km"] * 1000.0)))
    return rows


@st.composite
def tables(draw: st.DrawFn, length_m: float) -> list[dict[str, Any]]:
    """What a table may state of a reach: divisions in a row, a border with banks, a gap."""
    ends = [0.0, *sorted(draw(st.sets(st.integers(1, 9), max_size=2))), 10.0]
    found: list[dict[str, Any]] = []
    for low, high in pairwise(ends):
        place = {"from_m": low * length_m / 10, "to_m": high * length_m / 10}
        codes = draw(st.lists(st.sampled_from(CODES), max_size=2, unique=True))
        banks = ("both",) if len(codes) == 1 else draw(st.sampled_from((("left", "right"), ("border", "border"))))
        flag = draw(st.sampled_from((None, "assumed half")))
        found.extend(
            {"code": code, **place, "bank": bank, "flag": flag} for code, bank in zip(codes, banks, strict=False)
        )
    return found


def covered(session: Writing, folder: Path) -> int:
    """Four divisions around the random networks' nodes, which leave the north-east to nobody; their version."""
    files = valley.write(folder)
    jurisdictions.load_divisions(session, files / "divisions.csv", files / "successors.csv", at=AT, by=BY)
    squares = (
        (SHANG, 98, 28, 99.6, 30),
        (XIA, 98, 30, 100, 32),
        (NAN, 99.6, 28, 102, 29.7),
        (ZHONG, 99.6, 29.7, 102, 30),
    )
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
        }
        for code, w, s, e, n in squares
    ]
    file = folder / "squares.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return jurisdictions.load_boundaries(session, file, at=AT, by=BY)


def full(
    session: Writing, version: int, boundaries: int, spot: Spot, divisions: Divisions, *, main: bool
) -> list[Stay]:
    sub = trace.fetch(session, version, spot, main_only=main)
    pieces = stretches.pieces(session, version, boundaries, list(sub.reaches))
    return affected.stays(sub, travel.passages(sub), pieces, divisions)


def told(found: Sequence[Stay | Reached]) -> list[tuple[object, ...]]:
    """What both say, distances to a millimetre and times to a second's thousandth part."""
    return [
        (
            each.code,
            each.entry,
            each.river,
            pytest.approx(each.enter_km, abs=1e-6),
            pytest.approx(each.leave_km, abs=1e-6),
            None if each.enter_s is None else pytest.approx(each.enter_s, abs=1e-3),
            each.bank,
            each.desk,
            set(each.flags),
        )
        for each in found
    ]


def said(found: Sequence[Reached]) -> list[tuple[object, ...]]:
    return [(r.code, r.entry, r.river, r.enter_km, r.leave_km, r.enter_s, r.bank, r.desk, set(r.flags)) for r in found]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rivers(), parts=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=2))
def test_it_is_the_answer_of_the_full_trace(
    engine: Engine, tmp_path: Path, rows: Sequence[Row], parts: list[float]
) -> None:
    with loaded(engine, tmp_path, rows) as (session, version):
        boundaries = covered(session, tmp_path)
        stretches.build(session, version, boundaries)
        divisions = jurisdictions.division(session, AT)
        for row in rows:
            length_m = row["length_km"] * 1000.0
            for offset_m in (0.0, length_m, *(round(part * length_m / 7) * 7 + 3.5 for part in parts)):
                spot = Spot(row["reach_id"], min(offset_m, length_m))
                for main in (True, False):
                    expected = told(full(session, version, boundaries, spot, divisions, main=main))
                    found = reached.from_spot(session, version, boundaries, spot, divisions, main_only=main)
                    assert said(found.reached) == expected, (spot, main)


def test_a_point_gives_the_answer_of_the_reach_that_it_snaps_to(ground: Ground) -> None:
    version, divisions = _valley(ground)
    for lon, lat in ((100.03, 30.11), (100.2, 30.1), (100.1, 30.1), (100.35, 30.2)):
        chosen = snap(ground.session, version, lon, lat, within=Tolerance(9_000)).chosen
        assert chosen is not None
        spot = Spot(chosen.reach_id, chosen.offset_m)
        for main in (True, False):
            answer = reached.from_point(
                ground.session, version, ground.boundaries, lon, lat, divisions, main_only=main, within=Tolerance(9_000)
            )
            assert answer is not None
            assert answer.start.reach_id == spot.reach_id
            assert answer.start.offset_m == pytest.approx(spot.offset_m)
            expected = told(full(ground.session, version, ground.boundaries, spot, divisions, main=main))
            assert said(answer.reached) == expected


def test_beyond_tolerance_there_is_no_answer(ground: Ground) -> None:
    version, divisions = _valley(ground)
    assert reached.from_point(ground.session, version, ground.boundaries, 100.03, 30.13, divisions) is None
    assert reached.from_point(ground.session, version, ground.boundaries, 125.0, 30.0, divisions) is None


def test_an_unknown_reach_and_an_offset_beyond_it_are_refused(ground: Ground) -> None:
    version, divisions = _valley(ground)
    for spot, said_so in ((Spot(77, 0.0), "no reach 77"), (Spot(1, 10_001.0), "10000 m long")):
        with pytest.raises(BadInput, match=said_so):
            reached.from_spot(ground.session, version, ground.boundaries, spot, divisions)


def test_a_network_that_was_never_cut_says_so_and_does_not_answer_nobody(ground: Ground) -> None:
    version, divisions = ground.lay(), jurisdictions.division(ground.session, AT)
    with pytest.raises(NotReady, match="has not been cut"):
        reached.from_spot(ground.session, version, ground.boundaries, Spot(1, 0.0), divisions)


def test_an_ended_division_gives_its_successors_as_in_the_full_trace(ground: Ground) -> None:
    version, _ = _valley(ground)
    ended = cast.divisions(
        replaced={ZHONG: {"valid_to": AT.date()}},
        more=[cast.named("V20101", "新一"), cast.named("V20102", "新二")],
        successions=[Succession(ZHONG, code, AT.date(), None) for code in ("V20101", "V20102")],
    )
    for main in (True, False):
        expected = told(full(ground.session, version, ground.boundaries, Spot(1, 0.0), ended, main=main))
        found = reached.from_spot(ground.session, version, ground.boundaries, Spot(1, 0.0), ended, main_only=main)
        assert said(found.reached) == expected
        assert {"V20101", "V20102"} <= {each.code for each in found.reached}


@pytest.mark.parametrize("start", [reached.AT_REACH, reached.AT_POINT])
@pytest.mark.parametrize("shape", [reached.MAIN, reached.BRANCHES])
def test_the_plan_scans_indexes_of_one_version_only(ground: Ground, start: str, shape: str) -> None:
    """On tables as large as a planner takes seriously, however small these are."""
    version, _ = _valley(ground)
    ground.session.execute(text("set local enable_seqscan = off"))
    asked = {**snap_asked(100.03, 30.11, USUAL), "reach": 1, "offset_m": 0.0}
    statement = reached.statement(start, shape, version, ground.boundaries)
    rows = driver(ground.session).execute(f"explain (costs off) {statement}", asked).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    assert set(re.findall(r" on ((?:reaches|path_links|runs)\w*)", plan)) <= {
        f"reaches_v{version}", f"path_links_v{version}", f"runs_b{ground.boundaries}_v{version}"
    }  # fmt: skip
    assert "path_id = w.path_id" in plan or "path_id = e_2.path_id" in plan


def _valley(ground: Ground) -> tuple[int, Divisions]:
    """The valley as its file has it, cut."""
    report = load(ground.session, ground.folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=AT, by=BY)
    assert report.version_id is not None
    stretches.build(ground.session, report.version_id, ground.boundaries)
    return report.version_id, jurisdictions.division(ground.session, AT)
