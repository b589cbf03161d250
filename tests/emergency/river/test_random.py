"""Random river networks against NetworkX: sets, first arrivals, distances, mass shares, loops."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from emergency.db import Writing
from emergency.river.load import load
from emergency.river.read import Profile
from emergency.river.trace import fetch
from emergency.river.travel import order, passages
from emergency.river.values import Direction, Spot, SubNetwork
from tests.emergency.river.conftest import AT, BY

Row = Mapping[str, Any]
SPEEDS = (0.5, 1.0, 2.0)
"""Powers of two, so that times are exact and equal ways compare equal."""
PLACES = "select path_id, foot_m, foot_s, foot_unknown, length_m, velocity_ms, share from reaches where version_id = :version"
PATHS = "select * from main_paths where version_id = :version"
LINKS = "select * from path_links where version_id = :version"


@st.composite
def networks(draw: st.DrawFn, *, loops: bool = False, speeds: Sequence[float | None] = SPEEDS) -> list[Row]:
    """Reaches between up to eight nodes, downhill in node order unless `loops`; parallel ones, islands, several outlets."""
    count = draw(st.integers(2, 8))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] != pair[1])
    ends = draw(st.lists(pairs, min_size=1, max_size=14))
    rows = [_row(draw, n, pair if loops else (min(pair), max(pair)), speeds) for n, pair in enumerate(ends, 1)]
    return _with_shares(draw, rows)


def _row(draw: st.DrawFn, n: int, ends: tuple[int, int], speeds: Sequence[float | None]) -> dict[str, Any]:
    return {
        "reach_id": n,
        "from_node": ends[0],
        "to_node": ends[1],
        "length_km": draw(st.integers(1, 30)),
        "velocity_ms": draw(st.sampled_from(speeds)),
        "discharge_m3s": draw(st.sampled_from([None, 1.0, 5.0])),
        "name": draw(st.sampled_from(["甲河", "乙河"])),
        "divergence": draw(st.sampled_from([0, 1, 2])),
        "share": None,
    }


def _with_shares(draw: st.DrawFn, rows: list[dict[str, Any]]) -> list[Row]:
    """At some of the divergences, shares in eighths that sum to 1."""
    for node in sorted({row["from_node"] for row in rows}):
        branches = [row for row in rows if row["from_node"] == node]
        if 2 <= len(branches) <= 8 and draw(st.booleans()):
            cuts = sorted(draw(st.lists(st.integers(0, 8), min_size=len(branches) - 1, max_size=len(branches) - 1)))
            for row, low, high in zip(branches, [0, *cuts], [*cuts, 8], strict=True):
                row["share"] = (high - low) / 8
    return list(rows)


@contextmanager
def loaded(engine: Engine, folder: Path, rows: Sequence[Row]) -> Iterator[tuple[Writing, int]]:
    """The rows as the only network of a transaction that is rolled back."""
    file = folder / "random.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [_feature(row) for row in rows]}))
    with engine.connect() as connection:
        outer = connection.begin()
        with Writing(bind=connection, join_transaction_mode="create_savepoint") as session:
            report = load(session, file, profile=Profile.PLAIN, name="random", at=AT, by=BY)
            assert report.version_id is not None
            yield session, report.version_id
        outer.rollback()


def _feature(row: Row) -> dict[str, Any]:
    line = [_place(row["from_node"], 0.0), _place(row["to_node"], row["reach_id"] / 1000)]
    return {"type": "Feature", "properties": dict(row), "geometry": {"type": "LineString", "coordinates": line}}


def _place(node: int, aside: float) -> tuple[float, float]:
    return 100 + math.sin(node) + aside, 30 + math.cos(node)


def graph_of(rows: Sequence[Row]) -> nx.DiGraph:
    """Reaches as nodes; an edge where water of one enters the other. Its cost: time through the first, then distance, as
    one whole number (half seconds, metres)."""
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from(row["reach_id"] for row in rows)
    for upper in rows:
        for lower in rows:
            if upper["to_node"] == lower["from_node"]:
                graph.add_edge(upper["reach_id"], lower["reach_id"], cost=_cost(upper))
    return graph


def _cost(row: Row) -> int:
    return int(row["length_km"] * 1000 / row["velocity_ms"] * 2) * 10**9 + row["length_km"] * 1000


fast = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@fast
@given(rows=networks())
def test_sets_are_those_of_networkx_both_ways(engine: Engine, folder: Path, rows: list[Row]) -> None:
    graph = graph_of(rows)
    with loaded(engine, folder, rows) as (session, version):
        for reach_id in graph:
            down = fetch(session, version, Spot(reach_id, 0.0))
            up = fetch(session, version, Spot(reach_id, 0.0), direction=Direction.UP)
            assert set(down.reaches) == nx.descendants(graph, reach_id) | {reach_id}
            assert set(up.reaches) == nx.ancestors(graph, reach_id) | {reach_id}


@fast
@given(rows=networks())
def test_first_arrivals_and_their_distances_are_shortest_paths(engine: Engine, folder: Path, rows: list[Row]) -> None:
    graph = graph_of(rows)
    with loaded(engine, folder, rows) as (session, version):
        for reach_id in graph:
            found = passages(fetch(session, version, Spot(reach_id, 0.0)))
            expected = nx.single_source_dijkstra_path_length(graph, reach_id, weight="cost")
            assert {i: (p.enter_s, p.enter_m) for i, p in found.items()} == {
                i: (cost // 10**9 / 2, cost % 10**9) for i, cost in expected.items()
            }


@fast
@given(rows=networks())
def test_mass_is_the_sum_over_all_ways_and_is_conserved_at_the_outlets(
    engine: Engine, folder: Path, rows: list[Row]
) -> None:
    graph = graph_of(rows)
    with loaded(engine, folder, rows) as (session, version):
        for start in graph:
            sub = fetch(session, version, Spot(start, 0.0))
            found = passages(sub)
            assert {i: p.mass_share for i, p in found.items()} == pytest.approx(
                {i: _over_all_ways(graph, sub, start, i) for i in sub.reaches}
            )
            outlets = [i for i in sub.reaches if graph.out_degree(i) == 0]
            assert sum(found[i].mass_share for i in outlets) == pytest.approx(1.0)


def _over_all_ways(graph: nx.DiGraph, sub: SubNetwork, start: int, end: int) -> float:
    if start == end:
        return 1.0
    ways = nx.all_simple_paths(graph, start, end)
    return math.fsum(math.prod(sub.reaches[i].share for i in way[1:]) for way in ways)


@fast
@given(rows=networks(speeds=(None, *SPEEDS)))
def test_metres_and_seconds_along_a_path_are_subtractions(engine: Engine, folder: Path, rows: list[Row]) -> None:
    with loaded(engine, folder, rows) as (session, version):
        reaches = (
            session.execute(text(f"{PLACES} order by path_id, foot_m desc"), {"version": version}).mappings().all()
        )
        paths = session.execute(text(PATHS), {"version": version}).mappings().all()
    chains: list[list[Any]] = [list(chain) for _, chain in groupby(reaches, key=lambda reach: reach["path_id"])]
    assert {(p["path_id"], p["length_m"], p["length_s"], p["length_unknown"]) for p in paths} == {
        (chain[0]["path_id"], *_sums(chain)) for chain in chains
    }
    for chain in chains:
        for n, reach in enumerate(chain):
            assert (reach["foot_m"], reach["foot_s"], reach["foot_unknown"]) == _sums(chain[n:])


def _sums(chain: Sequence[Row]) -> tuple[float, float, int]:
    """Metres, seconds and reaches without a speed from the upstream end of the first to the foot; exact, as the speeds are."""
    speeds = [(reach["length_m"], reach["velocity_ms"]) for reach in chain]
    seconds = sum(metres / speed for metres, speed in speeds if speed is not None)
    return sum(metres for metres, _ in speeds), seconds, sum(speed is None for _, speed in speeds)


@fast
@given(rows=networks(speeds=(None, *SPEEDS)))
def test_links_say_where_their_places_are_in_time_too(engine: Engine, folder: Path, rows: list[Row]) -> None:
    with loaded(engine, folder, rows) as (session, version):
        reaches = session.execute(text(PLACES), {"version": version}).mappings().all()
        links = session.execute(text(LINKS), {"version": version}).mappings().all()
    heads = {(r["path_id"], r["foot_m"]): r for r in reaches}
    for link in links:
        into = heads[link["to_path"], link["to_foot_m"]]
        assert (link["to_foot_s"], link["to_unknown"]) == (into["foot_s"], into["foot_unknown"])
        assert link["share"] == (1.0 if link["main"] else into["share"])
        if link["from_foot_m"] == 0:
            assert (link["from_foot_s"], link["from_unknown"]) == (0.0, 0)
        else:
            off = heads[link["from_path"], link["from_foot_m"]]
            assert (link["from_foot_s"], link["from_unknown"]) == (off["foot_s"], off["foot_unknown"])


@fast
@given(rows=networks())
def test_every_metre_of_the_network_drains_to_an_outlet(engine: Engine, folder: Path, rows: list[Row]) -> None:
    ends = {row["from_node"] for row in rows}
    outlets = {row["reach_id"] for row in rows if row["to_node"] not in ends}
    with loaded(engine, folder, rows) as (session, version):
        paths = session.execute(text(PATHS), {"version": version}).mappings().all()
    drained = sum(path["drains_m"] for path in paths if path["path_id"] in outlets)
    assert drained == pytest.approx(sum(row["length_km"] for row in rows) * 1000)


@fast
@given(rows=networks())
def test_the_upstream_share_is_the_downstream_share_seen_from_below(
    engine: Engine, folder: Path, rows: list[Row]
) -> None:
    graph = graph_of(rows)
    with loaded(engine, folder, rows) as (session, version):
        down = {i: passages(fetch(session, version, Spot(i, 0.0))) for i in graph}
        for end in graph:
            up = passages(fetch(session, version, Spot(end, 0.0), direction=Direction.UP))
            assert {i: p.mass_share for i, p in up.items()} == pytest.approx({i: down[i][end].mass_share for i in up})


@fast
@given(rows=networks())
def test_the_main_path_of_a_full_trace_is_the_main_trace_both_ways(
    engine: Engine, folder: Path, rows: list[Row]
) -> None:
    with loaded(engine, folder, rows) as (session, version):
        for row in rows:
            for direction in Direction:
                spot = Spot(row["reach_id"], 0.0)
                found = passages(fetch(session, version, spot, direction=direction))
                main = fetch(session, version, spot, direction=direction, main_only=True)
                assert {i for i, passage in found.items() if passage.on_main} == set(main.reaches)


@fast
@given(rows=networks(loops=True))
def test_loops_are_cut_listed_and_never_hang_a_trace(engine: Engine, folder: Path, rows: list[Row]) -> None:
    graph = graph_of(rows)
    with loaded(engine, folder, rows) as (session, version):
        for start in graph:
            sub = fetch(session, version, Spot(start, 0.0))
            assert set(sub.reaches) == nx.descendants(graph, start) | {start}
            assert set(passages(sub)) == set(sub.reaches)
            rest = graph.subgraph(i for i, reach in sub.reaches.items() if not reach.loop)
            assert nx.is_directed_acyclic_graph(rest)
            _check_order(graph, sub)
        closing = {i for i in graph for r in [fetch(session, version, Spot(i, 0.0)).reaches[i]] if r.loop}
        assert bool(closing) == (not nx.is_directed_acyclic_graph(graph))
        on_cycles = {i for part in nx.strongly_connected_components(graph) if len(part) > 1 for i in part}
        assert closing <= on_cycles


def _check_order(graph: nx.DiGraph, sub: SubNetwork) -> None:
    """Each reach after all of the carrying ones that feed it."""
    ordered = [reach.reach_id for reach in order(sub)]
    for n, lower in enumerate(ordered[1:], 1):
        assert set(graph.predecessors(lower)) & set(ordered) <= set(ordered[:n])
