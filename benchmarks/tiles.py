"""Drawing a map tile of the river network, beside reading the same bytes made beforehand.

    DATABASE_URL=... python -m benchmarks.tiles (--files DIR | --keep-database NAME) [--tiles 15] [--rounds 5]

At each zoom: random tiles over the network, and the heaviest of many. The pre-made bytes lie in a table keyed by z, x, y;
both are asked through the same session, in turns.
"""

import argparse
import gzip
import math
import os
import random
import secrets
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks import loaded, served
from benchmarks.loaded import driver
from benchmarks.timing import Action, Times, in_turns, verdict
from emergency.river import networks, tiles

ZOOMS: Final = range(5, 15)
PROMISED_ZOOMS: Final = range(5, 12)
SLOWER_PROMISED, KB_PROMISED = 12.0, 20.0
"""DESIGN, promises: times the pre-made bytes, and KB under gzip."""
SEED: Final = 5
TRIED: Final = 60
"""Tiles with the most reaches, and as many at random, among which the heaviest is looked for."""
POINTS: Final = text(
    "select st_x(p), st_y(p) from (select st_startpoint(geom) as p from reaches where version_id = :v) r"
)
READ: Final = text("select drawn from made_tiles where z = :z and x = :x and y = :y")
BARE_READ: Final = "select drawn from made_tiles where z = %s and x = %s and y = %s"
MADE: Final = (
    "drop table if exists made_tiles",
    "create table made_tiles (z int, x int, y int, drawn bytea, primary key (z, x, y))",
)
HEAD: Final = (
    "| zoom | tiles | drawn, median / p95 ms | read, median ms | ratio | read, bare driver | ratio | heaviest drawn, ms | median "
    "KB gzip | heaviest KB gzip (tile) |\n" + "|---" * 11 + "|"
)
Place = tuple[int, int, int]


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    name = asked.keep_database or f"lianfang_benchmark_{secrets.token_hex(4)}"
    with (
        loaded.database(os.environ["DATABASE_URL"], asked.files, name, keep=bool(asked.keep_database)) as (engine, _),
        Session(engine) as session,
    ):
        _, version_id = networks.active(session, loaded.NAME)
        points = [(float(lon), float(lat)) for lon, lat in session.execute(POINTS, {"v": version_id})]
        print(
            f"{served.today()}, {os.cpu_count()} cores, {len(points):,} reaches, {asked.rounds} times a tile\n\n{HEAD}"
        )
        met = [_zoom(session, version_id, points, z, asked.tiles, asked.rounds) for z in ZOOMS]
        session.rollback()
    kept = [each for z, each in zip(ZOOMS, met, strict=True) if z in PROMISED_ZOOMS]
    worst, worst_bare, largest = (max(each[n] for each in kept) for n in range(3))
    print("\npromised for z5 to z11:")
    print(f"- drawn : read: {worst:.1f}, promised <= {SLOWER_PROMISED:g}: {verdict(worst, SLOWER_PROMISED)}")
    print(f"- drawn : read by the bare driver: {worst_bare:.1f}: {verdict(worst_bare, SLOWER_PROMISED)}")
    print(f"- the heaviest: {largest:.1f} KB gzip, promised <= {KB_PROMISED:g}: {verdict(largest, KB_PROMISED)}")


def _zoom(
    session: Session, version_id: int, points: Sequence[tuple[float, float]], z: int, wanted: int, rounds: int
) -> tuple[float, float, float]:
    """Measure one zoom and print its line; the ratios to the two ways of reading, and the KB of the heaviest tile."""
    chance = random.Random(SEED + z)
    crowded = Counter(_at(z, lon, lat) for lon, lat in points)
    by_chance = chance.sample(points, min(len(points), TRIED))
    tried = dict.fromkeys(
        [each for each, _ in crowded.most_common(TRIED)] + [_at(z, lon, lat) for lon, lat in by_chance]
    )
    drawn = {place: tiles.tile(session, version_id, *place) for place in tried}
    packed_kb = {place: len(gzip.compress(content)) / 1024 for place, content in drawn.items()}
    heaviest = max(packed_kb, key=lambda place: packed_kb[place])
    chosen = chance.sample(list(drawn), min(wanted, len(drawn)))
    _store(session, {place: drawn[place] for place in [*chosen, heaviest]})
    taken = in_turns([_turn(session, version_id, place) for _ in range(rounds) for place in chosen])
    alone = in_turns([{"heaviest": partial(tiles.tile, session, version_id, *heaviest)}] * rounds)["heaviest"]
    drawn_ms = taken["drawn"].median_ms
    print(
        _line(
            z,
            len(chosen),
            taken,
            alone,
            statistics.median(packed_kb[place] for place in chosen),
            heaviest,
            packed_kb[heaviest],
        )
    )
    return drawn_ms / taken["read"].median_ms, drawn_ms / taken["bare"].median_ms, packed_kb[heaviest]


def _turn(session: Session, version_id: int, place: Place) -> Mapping[str, Action]:
    key = dict(zip("zxy", place, strict=True))
    return {
        "drawn": partial(tiles.tile, session, version_id, *place),
        "read": lambda: bytes(session.execute(READ, key).scalar_one()),
        "bare": lambda: driver(session).execute(BARE_READ, place).fetchone(),
    }


def _line(
    z: int, count: int, taken: Mapping[str, Times], alone: Times, middle_kb: float, heaviest: Place, heaviest_kb: float
) -> str:
    drawn, read, bare = taken["drawn"], taken["read"], taken["bare"]
    return (
        f"| {z} | {count} | {drawn.median_ms:.2f} / {drawn.p95_ms:.2f} | {read.median_ms:.2f} | "
        f"{drawn.median_ms / read.median_ms:.1f} | {bare.median_ms:.2f} | {drawn.median_ms / bare.median_ms:.1f} | "
        f"{alone.median_ms:.2f} | {middle_kb:.1f} | {heaviest_kb:.1f} ({'/'.join(map(str, heaviest))}) |"
    )


def _store(session: Session, drawn: Mapping[Place, bytes]) -> None:
    for statement in MADE:
        session.execute(text(statement))
    rows: list[dict[str, Any]] = [{"z": z, "x": x, "y": y, "drawn": each} for (z, x, y), each in drawn.items()]
    session.execute(text("insert into made_tiles values (:z, :x, :y, :drawn)"), rows)
    session.execute(text("analyze made_tiles"))


def _at(z: int, lon: float, lat: float) -> Place:
    """The tile of a point, in Web Mercator."""
    across = 2**z
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    return z, int((lon + 180) / 360 * across), int((1 - north) / 2 * across)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, help="folder written by benchmarks.made")
    parser.add_argument("--keep-database", metavar="NAME", help="use this database, or make it; it is not dropped")
    parser.add_argument("--tiles", type=int, default=15, help="timed at each zoom")
    parser.add_argument("--rounds", type=int, default=5, help="times that each is drawn")
    asked = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL must name a PostGIS server in which a database may be made")
    if asked.files is None and asked.keep_database is None:
        parser.error("--files or --keep-database is needed")
    if not (1 <= asked.tiles <= TRIED and 1 <= asked.rounds <= 100):
        parser.error("too many, or none")
    return asked


if __name__ == "__main__":
    main()
