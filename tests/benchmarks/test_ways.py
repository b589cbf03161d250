"""All ways to ask a loaded network what lies downstream give the same answer; the starts lie where they are said to."""

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks import loaded, made, starts, ways
from emergency.river import networks

STARTS = 8


@pytest.fixture(scope="module")
def network_database(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A made network with many divergences, loaded by the product's commands."""
    folder = tmp_path_factory.mktemp("made")
    _, bounds = made.write_network(folder / made.NETWORK, 900, outlets=1, divergences=0.06, seed=3)
    made.write_divisions(folder, bounds, 16, seed=3)
    name = f"lianfang_test_{folder.name}_{folder.parent.name}".replace("-", "_").lower()[:63]
    with loaded.database(server_url, folder, name, keep=False) as (engine, steps):
        assert [step.name for step in steps] == ["divisions", "network", "boundaries", "vacuum analyze"]
        assert all(step.took_s > 0 for step in steps)
        yield engine


@pytest.fixture(scope="module")
def network(network_database: Engine) -> Iterator[ways.Network]:
    opened = ways.Network(network_database, STARTS)
    yield opened
    opened.close()


def test_all_ways_give_the_same_answer(network: ways.Network) -> None:
    answers = network.answers()
    assert answers.compared == STARTS
    assert len(answers.differing) >= 10
    assert answers.example == {}


def test_every_way_can_be_asked_at_every_start(network: ways.Network) -> None:
    for n in range(STARTS):
        for way, ask in network.ways(n, heavy=True).items():
            assert ask(), way


def test_a_million_reaches_are_not_needed_to_count_pages_and_answers(network: ways.Network) -> None:
    main, every, entries_main, entries_every = network.sizes()
    assert every > main > 1
    assert entries_every >= entries_main >= 1
    assert all(pages > 0 for pages in network.pages().values())


def test_the_product_can_be_asked_alone(network_database: Engine) -> None:
    opened = ways.Network(network_database, STARTS, alone=True)
    assert set(opened.ways(0, heavy=True)) >= {ways.MAIN, ways.EVERY, ways.BARE}
    assert opened.answers().example == {}
    assert all(pages > 0 for pages in opened.pages().values())
    opened.close()


def test_starts_lie_farther_from_the_outlet_than_half_of_the_reaches(network_database: Engine) -> None:
    with Session(network_database) as session:
        _, version_id = networks.active(session, loaded.NAME)
        chosen = starts.choose(session, version_id, STARTS)
        assert chosen == starts.choose(session, version_id, STARTS)
        rows = session.execute(text("select reach_id, from_node, to_node, length_m, divergence from reaches")).all()
    onward = {row.from_node: row for row in rows if row.divergence != 2}
    ways_m = {row.reach_id: _to_outlet_m(row.to_node, onward) + row.length_m for row in rows}
    middle_m = statistics.median(ways_m.values())
    assert all(ways_m[start.reach_id] > middle_m for start in chosen)


def test_sizes_on_disk_name_the_tables_of_a_network(network_database: Engine) -> None:
    found = {size.table: size for size in loaded.sizes(network_database)}
    assert {"reaches", "main_paths", "path_links", "stretches", "runs"} <= set(found)
    assert 800 <= found["reaches"].rows <= 1_000
    assert found["reaches"].data_mb > 0


def test_a_database_that_could_not_be_filled_is_not_left_behind(server_url: str, tmp_path: Path) -> None:
    name = "lianfang_test_nothing_to_load"
    with pytest.raises(RuntimeError, match=r"divisions\.csv"), loaded.database(server_url, tmp_path, name, keep=True):
        pass
    assert not loaded.exists(server_url, name)


def _to_outlet_m(node: int, onward: dict) -> float:
    way_m = 0.0
    while node in onward:
        way_m += onward[node].length_m
        node = onward[node].to_node
    return way_m
