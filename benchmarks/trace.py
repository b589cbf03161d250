"""From a point on the map to the jurisdictions downstream of it, with times: the product beside all other ways, on networks
of several sizes, in one run.

    DATABASE_URL=... python -m benchmarks.trace [--reaches 10000 100000 1000000] [--also DIR] [--starts 60] [--alone]
                                                         [--keep-database NAME]

Each size is made (made.py), loaded by the product's own commands into a database of its own, and asked from the same random
places in its upper half; all ways and all sizes take turns. Answers are compared, not only timed. DIR is another network,
as made.py writes it: the real one many times over, or one with more divergences.
"""

import argparse
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from benchmarks import loaded, made, others, served, ways
from benchmarks.loaded import Size, Step
from benchmarks.timing import Action, Times, in_turns, verdict
from benchmarks.ways import Answers, Network

WARMING: Final = 3
HEAVY_EVERY: Final = 12
"""Ways that take seconds are asked at every so-manieth start only."""
DIVISIONS: Final = 332
SEED: Final = 1
MOST_STARTS: Final = 1_000
MAIN_PROMISED, EVERY_PROMISED, GROWTH_PROMISED, FASTER_PROMISED = 10.0, 150.0, 1.5, 100.0
"""DESIGN, promises: the first two against `select 1`, at a million reaches; growth from a tenth of it."""
BEATEN: Final = (
    (ways.MAIN, others.CTE_WHOLE),
    (ways.MAIN, others.CTE_PIECES),
    (ways.MAIN, others.DIJKSTRA),
    (ways.EVERY, others.CTE_EVERY_PIECES),
    (ways.EVERY, others.DRIVING),
)
JUDGED_AT: Final = 1_000_000
Taken = Mapping[tuple[str, str], Times]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is said of one network beside its times."""

    steps: Sequence[Step]
    sizes: Sequence[Size]
    answer: tuple[float, float, float, float]
    pages: Mapping[str, float]
    answers: Answers


def main() -> None:
    """Load, measure and print."""
    asked = _arguments()
    prefix = asked.keep_database or f"lianfang_benchmark_{secrets.token_hex(4)}"
    labels = [*(str(each) for each in sorted(set(asked.reaches))), *(each.name for each in asked.also)]
    files = [*(None for _ in set(asked.reaches)), *asked.also]
    with ExitStack() as stack:
        networks: dict[str, Network] = {}
        loads: dict[str, tuple[list[Step], list[Size]]] = {}
        for label, folder in zip(labels, files, strict=True):
            database = _database(f"{prefix}_{label}", label, folder, keep=bool(asked.keep_database))
            engine, steps = stack.enter_context(database)
            loads[label] = steps, loaded.sizes(engine)
            networks[label] = Network(engine, asked.starts, alone=asked.alone, keep=bool(asked.keep_database))
            stack.callback(networks[label].close)
        rounds = [_round(networks, n) for n in range(asked.starts)]
        in_turns(rounds[:WARMING])
        taken = in_turns(rounds)
        print(f"{served.today()}, {os.cpu_count()} cores, {asked.starts} starts, median / p95 ms\n")
        print(_table("ms", labels, _times(taken, labels)))
        print("\n".join(_promises(taken, [str(each) for each in sorted(set(asked.reaches))])) + "\n", flush=True)
        _print({label: _measured(*loads[label], network) for label, network in networks.items()})


def _measured(steps: Sequence[Step], sizes: Sequence[Size], network: Network) -> Measured:
    return Measured(steps, sizes, network.sizes(), network.pages(), network.answers())


def _round(networks: Mapping[str, Network], n: int) -> Mapping[tuple[str, str], Action]:
    """Everything once, at start `n` of every network."""
    return {
        (label, way): action
        for label, network in networks.items()
        for way, action in network.ways(n, heavy=n % HEAVY_EVERY == 0).items()
    }


@contextmanager
def _database(name: str, label: str, files: Path | None, *, keep: bool) -> Iterator[tuple[Engine, list[Step]]]:
    """A loaded network: of `files`, or a made one of `label` reaches unless the database is there already."""
    url = os.environ["DATABASE_URL"]
    with tempfile.TemporaryDirectory() as folder:
        if files is None and not loaded.exists(url, name):
            files = Path(folder)
            _, bounds = made.write_network(
                files / made.NETWORK, int(label), outlets=1, divergences=made.DIVERGENCES, seed=SEED
            )
            made.write_divisions(files, bounds, DIVISIONS, seed=SEED)
        with loaded.database(url, files, name, keep=keep) as (engine, steps):
            yield engine, steps


def _print(found: Mapping[str, Measured]) -> None:
    labels = list(found)
    print(
        _table(
            "8 KB pages touched, median",
            labels,
            {way: [f"{found[n].pages[way]:,.0f}" for n in labels] for way in found[labels[0]].pages},
        )
    )
    print(_table("the median answer", labels, _answers(found)))
    print(_table("load, s (peak MB)", labels, _loads(found)))
    print(_table("on disk: rows, MB + MB of indexes", labels, _disk(found)))
    print(
        _table(
            f"answers that differ, of {max(each.answers.compared for each in found.values())}",
            labels,
            _agreement(found),
        )
    )
    for label, each in found.items():
        for what, example in each.answers.example.items():
            print(f"- {label}: {what}: {example}")


def _table(what: str, labels: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    lines = [f"| {what} | " + " | ".join(labels) + " |", "|---" * (len(labels) + 1) + "|"]
    return "\n".join([*lines, *(f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items())]) + "\n"


def _times(taken: Taken, labels: Sequence[str]) -> dict[str, list[str]]:
    names = list(dict.fromkeys(way for _, way in taken))
    rows = {name: [_time(taken.get((label, name))) for label in labels] for name in names}
    if others.CTE_MAIN in rows and others.DRIVING not in rows:
        rows["pgRouting"] = ["not installed"] * len(labels)
    return rows


def _time(times: Times | None) -> str:
    return "-" if times is None else f"{times.median_ms:.3g} / {times.p95_ms:.3g}"


def _answers(found: Mapping[str, Measured]) -> dict[str, list[str]]:
    names = ("reaches, main path", "reaches, with divergences", "entries, main path", "entries, with divergences")
    return {name: [f"{each.answer[n]:,.0f}" for each in found.values()] for n, name in enumerate(names)}


def _loads(found: Mapping[str, Measured]) -> dict[str, list[str]]:
    steps = {size: {step.name: step for step in each.steps} for size, each in found.items()}
    names = dict.fromkeys(name for each in steps.values() for name in each)
    return {
        name: [
            f"{each[name].took_s:.1f} ({each[name].peak_mb:.0f})" if name in each else "kept" for each in steps.values()
        ]
        for name in names
    }


def _disk(found: Mapping[str, Measured]) -> dict[str, list[str]]:
    tables = {size: {each.table: each for each in measured.sizes} for size, measured in found.items()}
    names = dict.fromkeys(name for each in tables.values() for name in each)
    return {name: [_size(each.get(name)) for each in tables.values()] for name in names}


def _size(size: Size | None) -> str:
    return "-" if size is None else f"{size.rows:,}, {size.data_mb:.1f} + {size.indexes_mb:.1f}"


def _agreement(found: Mapping[str, Measured]) -> dict[str, list[str]]:
    names = dict.fromkeys(what for each in found.values() for what in each.answers.differing)
    return {name: [str(each.answers.differing.get(name, "-")) for each in found.values()] for name in names}


def _promises(taken: Taken, labels: Sequence[str]) -> Iterator[str]:
    """Each promise, judged at the largest made network of the run."""
    label = labels[-1]
    ms = {way: times.median_ms for (of, way), times in taken.items() if of == label}
    if int(label) < JUDGED_AT:
        yield f"The promises are made for {JUDGED_AT:,} reaches; these are the ratios at {label}."
    for way, promised in ((ways.MAIN, MAIN_PROMISED), (ways.EVERY, EVERY_PROMISED)):
        for floor in (ways.ASKED, ways.BARE):
            ratio = ms[way] / ms[floor]
            yield f"- {way} : {floor}: {ratio:.1f}, promised <= {promised:g}: {verdict(ratio, promised)}"
    for way, beaten in BEATEN:
        if beaten in ms:
            times = ms[beaten] / ms[way]
            yield f"- {beaten} : {way}: {times:.0f}, promised >= {FASTER_PROMISED:g}: {verdict(FASTER_PROMISED, times)}"
    if len(labels) > 1:
        for way in (ways.MAIN, ways.EVERY):
            growth = ms[way] / taken[labels[-2], way].median_ms
            kept = verdict(growth, GROWTH_PROMISED)
            yield f"- {way}, growth {labels[-2]} -> {label}: {growth:.2f}, promised <= {GROWTH_PROMISED:g}: {kept}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reaches", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--also", type=Path, nargs="+", default=[], metavar="DIR", help="networks made beforehand")
    parser.add_argument("--starts", type=int, default=60, help=f"{WARMING} to {MOST_STARTS}")
    parser.add_argument("--alone", action="store_true", help="only the product and `select 1`")
    parser.add_argument(
        "--keep-database", metavar="NAME", help="use the databases NAME_<reaches>, or make and keep them"
    )
    asked = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL must name a PostGIS server in which databases may be made")
    if not all(made.FEWEST <= each <= made.MOST for each in asked.reaches):
        parser.error(f"--reaches must lie between {made.FEWEST} and {made.MOST}")
    if not WARMING <= asked.starts <= MOST_STARTS:
        parser.error(f"--starts must lie between {WARMING} and {MOST_STARTS}")
    return asked


if __name__ == "__main__":
    main()
