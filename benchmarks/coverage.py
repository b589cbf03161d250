"""All crossings x all agreements: how long it takes to say what covers every line, on the reference basin and on a made one.

    python -m benchmarks.coverage [--reaches 10000] [--agreements 40] [--rounds 3]

The service reads the lines by its statements and asks the rules about each kind of line once. Beside it, in the same turns,
a plain loop asks all agreements about every direction of every line. The answers are compared, not only timed.
"""

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.orm import Session

from benchmarks import loaded, made, served
from benchmarks.timing import Action, Times, in_turns
from emergency import config, db
from emergency.agreements import body, coverage, ground
from emergency.agreements import obligations as duties
from emergency.agreements.coverage import Asked, Coverage, Way
from emergency.agreements.ground import Ground
from emergency.agreements.values import Agreement, Kind, Medium
from emergency.cli import migrate, reference
from emergency.jurisdictions.values import Border, Crossing

ZONE: Final = ZoneInfo("Asia/Shanghai")
PARTIES: Final = 6
SEED: Final = 1
COUNTIES: Final = 332
MOST_LINES: Final = 2_000
"""Lines at which the plain loop is asked; the service is then asked about the same ones."""
RULES: Final[Mapping[str, Any]] = {
    "title": {"zh": "虚构", "en": "made"},
    "valid_from": "2020-01-01",
    "mechanisms": [],
    "policy": {"first": {"within_minutes": 15, "what": {"zh": "首次", "en": "first"}}},
    "provenance": {"zh": "虚构", "en": "made"},
}

Covers = set[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Basin:
    """A loaded network, read once, and how it is read again."""

    engine: Engine
    name: str | None
    here: Ground


def main() -> None:
    """Load, measure and print."""
    asked = _arguments()
    with ExitStack() as stack:
        basins = {
            "reference": stack.enter_context(_reference()),
            f"made, {asked.reaches:,} reaches": stack.enter_context(_made(asked.reaches, asked.agreements)),
        }
        for label, basin in basins.items():
            _differ(label, basin)
        taken = in_turns([_round(basins) for _ in range(asked.rounds)])
    print(f"{served.today()}, {os.cpu_count()} cores, {asked.rounds} rounds, median ms\n")
    print(_table(basins, taken))


def _round(basins: Mapping[str, Basin]) -> Mapping[tuple[str, str], Action]:
    actions: dict[tuple[str, str], Action] = {}
    for label, basin in basins.items():
        actions[label, "read"] = lambda basin=basin: _read(basin.engine, basin.name)  # type: ignore[misc]
        actions[label, "rules"] = lambda basin=basin: _judged(basin.here)  # type: ignore[misc]
        actions[label, "loop"] = lambda basin=basin: _plain(basin.here)  # type: ignore[misc]
    return actions


def _read(engine: Engine, name: str | None) -> Ground:
    with Session(engine) as session:
        return ground.ground(session, datetime.now(UTC), name=name)


def _judged(here: Ground) -> Coverage:
    return coverage.coverage(here.lines, here.agreements, here.divisions, at=here.at, zone=ZONE)


def _plain(here: Ground) -> list[Covers]:
    """Every direction of every line, each asked of all agreements, nothing shared."""
    lines: list[Crossing | Border] = [*here.lines.crossings, *here.lines.borders]
    return [_covers(here, asked) for line in lines for asked in _both(line)]


def _both(line: Crossing | Border) -> Iterator[Asked]:
    if isinstance(line, Border):
        for one, other in ((line.one, line.other), (line.other, line.one)):
            yield Asked(Way.ACROSS, one.key, one.codes, other.codes, (line.at.river,))
        return
    yield Asked(Way.NOTICE, line.giving.key, line.giving.codes, line.taking.codes, line.rivers)
    yield Asked(Way.ENQUIRY, line.taking.key, line.taking.codes, line.giving.codes, line.rivers[::-1])


def _covers(here: Ground, asked: Asked) -> Covers:
    facts = coverage.facts(asked, here.divisions, at=here.at, zone=ZONE, medium=Medium.WATER)
    owed = duties.obligations(facts, here.agreements, here.divisions)
    duties.gaps(facts, here.agreements, here.divisions, owed)
    told = {here.divisions.desk_of(code) for code in asked.far}
    found = (each for each in owed if each.tells in told and each.kind is not Kind.COURTESY_COPY)
    return {(each.agreement, each.clause, each.tells) for each in found}


def _differ(label: str, basin: Basin) -> None:
    """Stop where the two ways disagree about a line."""
    rows = _judged(basin.here).rows
    mine = [
        {(cover.agreement, cover.clause, each.tells) for cover in each.covers}
        for row in rows
        if row.place is not coverage.Place.SOURCE
        for each in row.judged
    ]
    wrong = sum(one != other for one, other in zip(mine, _plain(basin.here), strict=True))
    if wrong:
        sys.exit(f"{label}: {wrong} directions differ from the plain loop")


@contextmanager
def _reference() -> Iterator[Basin]:
    with _database() as engine:
        migrate.upgrade(engine)
        with db.sessions(engine).begin() as session:
            reference.load_all(session)
        yield Basin(engine, None, _read(engine, None))


@contextmanager
def _made(reaches: int, agreements: int) -> Iterator[Basin]:
    """A made network with as many agreements of neighbours, of which a third speak of some rivers only."""
    name = f"lianfang_benchmark_{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        _, bounds = made.write_network(
            files / made.NETWORK, reaches, outlets=1, divergences=made.DIVERGENCES, seed=SEED
        )
        made.write_divisions(files, bounds, COUNTIES, seed=SEED)
        with loaded.database(os.environ["DATABASE_URL"], files, name, keep=False) as (engine, _):
            here = _read(engine, loaded.NAME)
            lines = _some(here, MOST_LINES)
            yield Basin(engine, loaded.NAME, _with(here, lines, tuple(_agreements(here, agreements))))


def _some(here: Ground, most: int) -> Any:
    """Not more lines than the plain loop can be asked about in reasonable time."""
    lines = here.lines
    crossings = lines.crossings[:: max(1, -(-len(lines.crossings) // most))]
    borders = lines.borders[:: max(1, -(-len(lines.borders) // most))]
    return type(lines)(crossings, borders, lines.sources)


def _with(here: Ground, lines: Any, agreements: tuple[Agreement, ...]) -> Ground:
    return Ground(
        here.at,
        lines,
        here.divisions,
        here.rivers,
        agreements,
        here.network,
        here.network_version,
        here.boundary_version,
        here.source_line,
    )


def _agreements(here: Ground, wanted: int) -> Iterator[Agreement]:
    """A statute that binds everybody, and agreements between desks that share rivers. Seeded."""
    chance = np.random.default_rng(SEED)
    yield body.read(_rules("statute", "statute", [], [], "adjacent"), 1)
    beside: dict[str, list[str]] = {}
    for line in here.lines.crossings:
        beside.setdefault(line.giving.key, []).append(line.taking.key)
    desks = sorted(beside)
    for n in range(wanted - 1):
        parties = [desks[int(chance.integers(len(desks)))]]
        while len(parties) < PARTIES:
            near = beside.get(parties[int(chance.integers(len(parties)))]) or desks
            parties.append(near[int(chance.integers(len(near)))])
        rivers = sorted({line.at.river for line in here.lines.crossings})[:: 1 + n % 7] if n % 3 == 0 else []
        yield body.read(_rules(f"made-{n}", "agreement", sorted(set(parties)), rivers, "downstream"), 1)


def _rules(named: str, form: str, parties: Sequence[str], rivers: Sequence[str], relation: str) -> Mapping[str, Any]:
    when = {"relation": relation, "kinds": ["incident", "upstream_enquiry"]}
    clause = {"id": "1", "label": {"zh": "一", "en": "1"}, "text_held": False, "when": when}
    back = clause | {"id": "2", "when": when | {"relation": "upstream"}}
    duty = {"duty": {"role": "liaison", "policy": "first"}}
    clauses = [clause | duty, *([back | duty] if form == "agreement" else [])]
    return {**RULES, "id": named, "form": form, "parties": parties, "scope": {"rivers": rivers}, "clauses": clauses}


@contextmanager
def _database() -> Iterator[Engine]:
    url = config.driver_url(os.environ["DATABASE_URL"])
    name = f"lianfang_benchmark_{secrets.token_hex(4)}"
    keeper = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with keeper.connect() as connection:
        connection.execute(text(f'create database "{name}"'))
    engine = db.engine(make_url(url).set(database=name).render_as_string(hide_password=False))
    try:
        yield engine
    finally:
        engine.dispose()
        with keeper.connect() as connection:
            connection.execute(text(f'drop database "{name}" with (force)'))


def _table(basins: Mapping[str, Basin], taken: Mapping[tuple[str, str], Times]) -> str:
    rows = ["| basin | lines | directions | agreements | read | rules | plain loop | rules : loop |", "|---" * 8 + "|"]
    for label, basin in basins.items():
        lines = len(basin.here.lines.crossings) + len(basin.here.lines.borders)
        read, rules, loop = (taken[label, way].median_ms for way in ("read", "rules", "loop"))
        cells = (label, f"{lines:,}", f"{2 * lines:,}", str(len(basin.here.agreements)))
        times = (f"{read:,.0f}", f"{rules:,.0f}", f"{loop:,.0f}", f"{rules / loop:.2f}")
        rows.append("| " + " | ".join((*cells, *times)) + " |")
    return "\n".join(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reaches", type=int, default=10_000)
    parser.add_argument("--agreements", type=int, default=40, help="of the made network, 1 to 500")
    parser.add_argument("--rounds", type=int, default=3, help="1 to 20")
    asked = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL must name a PostGIS server in which databases may be made")
    if not made.FEWEST <= asked.reaches <= made.MOST:
        parser.error(f"--reaches must lie between {made.FEWEST} and {made.MOST}")
    if not (1 <= asked.agreements <= 500 and 1 <= asked.rounds <= 20):
        parser.error("--agreements must lie between 1 and 500, --rounds between 1 and 20")
    return asked


if __name__ == "__main__":
    main()
