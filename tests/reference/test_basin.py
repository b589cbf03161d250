"""The reference basin as loaded: the ten traps of hydrography 0.1 and every chain of 6.1, through the real trace."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from emergency import db
from emergency.jurisdictions import affected, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions, Piece, Stay
from emergency.river import networks, trace, travel
from emergency.river.models import ReachRow
from emergency.river.values import Passage, Spot, SubNetwork
from tests.reference.chains import AS_OF, CHAINS, TOLERANCE, Chain, short

AT = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 4, tzinfo=UTC)


class Basin:
    """The loaded basin, asked by the codes of the tables."""

    def __init__(self, session: db.Writing):
        self.session = session
        self.version = networks.active(session)[1]
        self.boundaries = jurisdictions.active_boundaries(session)
        self.divisions: Divisions = jurisdictions.division(session, AT)

    def reach(self, code: str) -> ReachRow:
        """A reach by its code."""
        wanted = select(ReachRow).where(ReachRow.version_id == self.version, ReachRow.code == code)
        return self.session.scalars(wanted).one()

    def trace(self, code: str, offset_m: float = 0.0, *, main: bool = False) -> SubNetwork:
        """What lies downstream of a place on a reach."""
        return trace.fetch(self.session, self.version, Spot(self.reach(code).reach_id, offset_m), main_only=main)

    def stays(self, sub: SubNetwork) -> list[Stay]:
        """Who is reached."""
        pieces = stretches.pieces(self.session, self.version, self.boundaries, list(sub.reaches))
        return affected.stays(sub, travel.passages(sub), pieces, self.divisions)

    def reached(self, code: str, offset_m: float = 0.0) -> list[str]:
        """The codes reached, in order, with repeats."""
        return [stay.code for stay in self.stays(self.trace(code, offset_m))]

    def pieces(self, sub: SubNetwork) -> list[Piece]:
        """The stretches of a trace."""
        return stretches.pieces(self.session, self.version, self.boundaries, list(sub.reaches))


@pytest.fixture
def loaded(basin: Engine) -> Iterator[Basin]:
    with db.Writing(bind=basin) as session:
        yield Basin(session)


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_every_chain_of_the_tables_comes_out_in_order(loaded: Basin, chain: Chain) -> None:
    sub = loaded.trace(first(chain.start), main=True)
    passages = travel.passages(sub)
    walked = [sub.reaches[p.reach_id] for p in sorted(passages.values(), key=lambda p: p.enter_m)]
    foot = loaded.reach(chain.end).to_node
    last = next(n for n, reach in enumerate(walked) if reach.to_node == foot)
    steps: list[tuple[str, ...]] = []
    starts: list[float] = []
    for reach in walked[: last + 1]:
        names = _names(loaded, sub, reach.reach_id)
        if not steps or steps[-1] != names:
            steps.append(names)
            starts.append(passages[reach.reach_id].enter_m / 1000)
    assert [frozenset(step) for step in steps] == list(chain.steps)
    for found, printed in zip(starts, chain.starts_km, strict=True):
        assert found == pytest.approx(printed, rel=TOLERANCE, abs=1.0)
    assert passages[walked[last].reach_id].leave_m / 1000 == pytest.approx(chain.total_km, rel=TOLERANCE)


def test_trap_1_tongbo_comes_back_into_sichuan(loaded: Basin) -> None:
    assert loaded.reached("TBH-01")[:4] == ["511724", "500155", "511724", "511703"]
    first, _, again, _ = loaded.stays(loaded.trace("TBH-01"))[:4]
    assert (first.entry, again.entry) == (1, 2)
    assert (first.desk, again.desk) == ("511700", "511700")


def test_trap_2_dujiangyan_splits_and_one_incident_reaches_both_basins(loaded: Basin) -> None:
    reached = loaded.reached("MIN-05")
    desks = [loaded.divisions.desk_of(code) for code in reached]
    assert {"511400", "511100", "511500"} <= set(desks)  # 眉山 乐山 宜宾
    assert {"510600", "512000", "511000", "510300", "510500"} <= set(desks)  # 德阳 资阳 内江 自贡 泸州
    assert "510121" in reached  # 金堂
    for earlier, later in (("511400", "511100"), ("511100", "511500"), ("512000", "511000"), ("511000", "510300")):
        assert desks.index(earlier) < desks.index(later)


def test_trap_3_canals_leave_the_basin_and_the_canal_ends_at_mianyang(loaded: Basin) -> None:
    sub = loaded.trace("RMQ-01")
    assert loaded.reached("RMQ-01")[-1] == "510703"
    assert not any(reach.river == "FUJ" for reach in sub.reaches.values())


def test_trap_4_what_crosses_does_not_join(loaded: Basin) -> None:
    canal, river = loaded.reach("RMQ-07"), loaded.reach("KAI-01")
    assert canal.to_node != river.to_node
    assert not any(reach.river == "KAI" for reach in loaded.trace("RMQ-01").reaches.values())


def test_trap_5_ren_leaves_for_shaanxi(loaded: Basin) -> None:
    assert loaded.reached("REN-04") == ["500229", "511781", "610924"]


def test_trap_6_one_county_has_several_downstream_lists(loaded: Basin) -> None:
    lists = [tuple(dict.fromkeys(short_desks(loaded, code))) for code in ("ZHH-02", "REN-04")]
    assert lists[0][:2] == ("500229", "511700")
    assert "610900" not in lists[0]
    assert lists[1] == ("500229", "511700", "610900")
    liangping = [tuple(dict.fromkeys(short_desks(loaded, code)))[:2] for code in ("YYH-01", "LXC-01")]
    assert liangping == [("500155", "511700"), ("500155", "500231")]


def short_desks(loaded: Basin, code: str) -> list[str]:
    return [loaded.divisions.desk_of(each) or each for each in loaded.reached(code)]


def test_trap_7_dazhu_also_drains_south(loaded: Basin) -> None:
    desks = short_desks(loaded, "YLH-01")
    assert desks[:2] == ["511700", "511600"]
    assert {"500112", "500115"} <= set(desks)


def test_trap_8_flat_water_is_told_apart(loaded: Basin) -> None:
    kinds = {code: loaded.reach(code).kind for code in ("CJ-20", "DHE-07", "LXC-07", "DHH-04", "JLJ-05")}
    assert set(kinds.values()) <= {"reservoir", "backwater", "lake"}, kinds


def test_trap_9_boundary_rivers_reach_both_banks(loaded: Basin) -> None:
    sub = loaded.trace("MIN-09")
    both = [stay for stay in loaded.stays(sub) if stay.enter.reach_id == sub.start.reach_id]
    assert {stay.code for stay in both} == {"510115", "510184"}
    assert {stay.bank.value for stay in both} == {"border"}


def test_trap_10_the_upper_min_is_the_min(loaded: Basin) -> None:
    sub = loaded.trace("MIN-01", main=True)
    main = [sub.reaches[p.reach_id] for p in sorted(travel.passages(sub).values(), key=lambda p: p.enter_m)]
    assert [reach.river for reach in main[:22]] == ["MIN"] * 22
    assert not any(reach.river == "TUO" for reach in main)


def test_shares_divide_the_mass_and_lose_none(loaded: Basin) -> None:
    sub = loaded.trace("MIN-05")
    passages: dict[int, Passage] = travel.passages(sub)
    leaving = {reach.from_node for reach in sub.reaches.values()}
    out = [passages[reach.reach_id].mass_share for reach in sub.reaches.values() if reach.to_node not in leaving]
    assert sum(out) == pytest.approx(1.0, abs=1e-9)
    assert passages[loaded.reach("MIN-08").reach_id].mass_share == pytest.approx(0.38)


def test_an_ended_division_is_reached_as_its_successors(basin: Engine) -> None:
    with db.Writing(bind=basin) as session:
        today = Basin(session)
        today.divisions = jurisdictions.division(session, datetime(2026, 1, 1, tzinfo=UTC))
        reached = today.reached("CJ-13")
        assert "500105" not in reached
        assert "50LJXQ" in reached
        before = Basin(session).reached("CJ-13")
        assert "500105" in before
        assert "50LJXQ" not in before


def first(node: str) -> str:
    """The reach that begins at a node of the tables: the next row of the same river."""
    river, number = node.split("-")
    return f"{river}-{int(number) + 1:02d}"


def _names(loaded: Basin, sub: SubNetwork, reach_id: int) -> tuple[str, ...]:
    found = [piece for piece in loaded.pieces(sub) if piece.reach_id == reach_id]
    codes = dict.fromkeys(piece.code for piece in sorted(found, key=lambda piece: piece.from_m))
    return tuple(dict.fromkeys(_printed(loaded.divisions, code) for code in codes))


def _printed(divisions: Divisions, code: str) -> str:
    """As the chains print it: districts and counties in Chongqing, prefectures elsewhere."""
    return short(divisions.name(code if code.startswith("50") else divisions.prefecture_of(code) or code).zh)
