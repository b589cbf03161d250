"""A real network with divergences and many outlets: what is traced is what its own flow table says, from every reach."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import networkx as nx
import pyogrio
import pytest
from sqlalchemy import Engine

from emergency.db import Writing
from emergency.river.load import LoadReport, load
from emergency.river.read import Profile
from emergency.river.trace import fetch
from emergency.river.travel import passages
from emergency.river.values import Direction, Spot
from tests.emergency.river.conftest import AT, BY

DATA: Final = Path(__file__).resolve().parents[2] / "data" / "mississippi_delta"
Stated = dict[int, dict[str, float]]


@pytest.fixture(scope="module")
def delta(engine: Engine) -> Iterator[tuple[Writing, LoadReport]]:
    """The network in a transaction that is rolled back after the module."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Writing(bind=connection, join_transaction_mode="create_savepoint") as session:
            yield session, load(session, DATA / "reaches.gpkg", profile=Profile.PLAIN, name="delta", at=AT, by=BY)
        outer.rollback()


@pytest.fixture(scope="module")
def stated() -> Stated:
    """What the file says of each reach."""
    wanted = ["reach_id", "length_km", "pathlength_km", "down_main"]
    meta, _, _, columns = pyogrio.raw.read(DATA / "reaches.gpkg", columns=wanted, read_geometry=False)
    rows = zip(*(values.tolist() for values in columns), strict=True)
    named = [dict(zip(meta["fields"].tolist(), row, strict=True)) for row in rows]
    return {row["reach_id"]: row for row in named}


@pytest.fixture(scope="module")
def flow(stated: Stated) -> nx.DiGraph:
    """The flow table; an edge costs the length, in metres, of the reach that it leaves."""
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from(stated)
    with (DATA / "edges.csv").open(encoding="utf-8") as opened:
        for edge in csv.DictReader(opened):
            upper, lower = int(edge["from_id"]), int(edge["to_id"])
            graph.add_edge(upper, lower, metres=stated[upper]["length_km"] * 1000)
    return graph


def test_it_is_loaded_whole(delta: tuple[Writing, LoadReport], stated: Stated) -> None:
    report = delta[1]
    assert report.reaches == len(stated) == 1033
    assert report.length_km == pytest.approx(sum(row["length_km"] for row in stated.values()))
    assert not any(finding.refuses for finding in report.findings)
    # none of the branches below its 57 parting nodes, one of them three-way, has a share
    assert {finding.slug: finding.count for finding in report.findings}["share-assumed"] == 56 * 2 + 3


@pytest.mark.parametrize("direction", Direction)
def test_from_every_reach_the_set_and_the_distances_are_those_of_the_flow_table(
    delta: tuple[Writing, LoadReport], flow: nx.DiGraph, stated: Stated, direction: Direction
) -> None:
    session, report = delta
    assert report.version_id is not None
    down = direction is Direction.DOWN
    for start in stated:
        offset_m = 0.0 if down else stated[start]["length_km"] * 1000
        found = passages(fetch(session, report.version_id, Spot(start, offset_m), direction=direction))
        expected = _distances(flow, start) if down else _distances_up(flow, start, stated)
        assert {reach: passage.enter_m for reach, passage in found.items()} == pytest.approx(expected, abs=1e-6)


def _distances(flow: nx.DiGraph, start: int) -> dict[int, float]:
    """To the upstream end of every reach below."""
    return dict(nx.single_source_dijkstra_path_length(flow, start, weight="metres"))


def _distances_up(flow: nx.DiGraph, start: int, stated: Stated) -> dict[int, float]:
    """Upstream from the lower end of the start, to the lower end of every reach above."""
    up = flow.reverse(copy=False)
    costs = nx.single_source_dijkstra_path_length(up, start, weight=lambda upper, _lower, _edge: _metres(stated, upper))
    return dict(costs)


def _metres(stated: Stated, reach: int) -> float:
    return stated[reach]["length_km"] * 1000


def test_the_main_way_down_is_the_file_s_and_as_long_as_it_says(
    delta: tuple[Writing, LoadReport], stated: Stated
) -> None:
    session, report = delta
    assert report.version_id is not None
    for start, row in stated.items():
        main = fetch(session, report.version_id, Spot(start, 0.0), main_only=True)
        chain = _chain(start, stated)
        assert set(main.reaches) == set(chain)
        last = stated[chain[-1]]
        assert sum(reach.length_m for reach in main.reaches.values()) / 1000 == pytest.approx(
            row["pathlength_km"] + row["length_km"] - last["pathlength_km"], abs=0.01
        )


def _chain(start: int, stated: Stated) -> list[int]:
    chain = [start]
    while (below := stated[chain[-1]]["down_main"]) in stated:
        chain.append(int(below))
    return chain
