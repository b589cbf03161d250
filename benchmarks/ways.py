"""One loaded network and all the ways to ask it what lies downstream: the product's, and the others'."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks import starts
from benchmarks.loaded import NAME, driver
from benchmarks.others import CTE_EVERY, CTE_EVERY_PIECES, CTE_MAIN, CTE_PIECES, Others
from benchmarks.starts import Start
from benchmarks.timing import Action
from emergency import clock
from emergency.jurisdictions import affected, reached, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.reached import Reached
from emergency.jurisdictions.values import Divisions, Stay
from emergency.river import networks, trace, travel
from emergency.river.snap import snap
from emergency.river.values import Spot

BARE, ASKED = "`select 1`, bare driver", "`select 1`, as the service asks"
SNAP, REGISTER = "snap", "reading the register of divisions (once a request, not in the answers below)"
MAIN, EVERY = "**point -> jurisdictions, main path**", "**point -> jurisdictions, with divergences**"
FULL_MAIN, FULL_EVERY = "full trace with length and time, main path", "full trace, with divergences"
STAYS_MAIN, STAYS_EVERY = (
    "full trace, then jurisdictions, main path",
    "full trace, then jurisdictions, with divergences",
)
COMPARED: Final = 10
"""Starts at which answers are compared and pages are counted."""
NEAR_KM = NEAR_H = 0.001


@dataclass(slots=True)
class Answers:
    """How many answers were compared, which pairs differed how often, and an example of each."""

    compared: int = 0
    differing: dict[str, int] = field(default_factory=dict)
    example: dict[str, str] = field(default_factory=dict)

    def compare(self, what: str, one: Any, other: Any, start: Start) -> None:
        """Note whether two answers are the same."""
        self.differing.setdefault(what, 0)
        if one != other:
            self.differing[what] += 1
            shown = (
                f"{sorted(one - other)[:3]} / {sorted(other - one)[:3]}" if isinstance(one, set) else f"{one} / {other}"
            )
            self.example.setdefault(what, f"reach {start.reach_id}: {shown[:300]}")


class Network:
    """A loaded network. One transaction stays open, as within a request. `alone`: only the product is asked."""

    def __init__(self, engine: Engine, count: int, *, alone: bool = False, keep: bool = False) -> None:
        self._engine = engine
        self._session = Session(engine)
        _, self._version = networks.active(self._session, NAME)
        self._boundaries = jurisdictions.active_boundaries(self._session)
        self._divisions: Divisions = jurisdictions.division(self._session, clock.now())
        self._starts = starts.choose(self._session, self._version, count)
        self._others = None if alone else Others(engine, self._version, self._boundaries, self._starts, keep=keep)

    def close(self) -> None:
        """Leave only the product's tables."""
        self._session.close()
        if self._others is not None:
            self._others.peers.close()

    def ways(self, n: int, *, heavy: bool) -> dict[str, Action]:
        """How start `n` can be asked about; `heavy`: also by the ways that take seconds."""
        start = self._starts[n]
        found: dict[str, Action] = {
            SNAP: lambda: snap(self._session, self._version, start.lon, start.lat),
            REGISTER: lambda: jurisdictions.division(self._session, clock.now()),
            BARE: self._bare,
            ASKED: lambda: self._session.scalar(text("select 1")),
            MAIN: partial(self._quick, start, main_only=True),
            EVERY: partial(self._quick, start, main_only=False),
            FULL_MAIN: partial(self._full, start, main_only=True),
            FULL_EVERY: partial(self._full, start, main_only=False),
        }
        if heavy:
            found[STAYS_MAIN] = partial(self._stays, start, main_only=True)
            found[STAYS_EVERY] = partial(self._stays, start, main_only=False)
        return found if self._others is None else found | self._others.ways(start, heavy=heavy)

    def answers(self) -> Answers:
        """Whether all ways agree."""
        made = Answers()
        for start in self._starts[:COMPARED]:
            made.compared += 1
            self._compare_entries(made, start)
            if self._others is not None:
                self._compare_sets(made, start, self._others)
        if self._others is not None and self._others.peers.routing:
            self._compare_routing(made, self._starts[0], self._others)
        return made

    def sizes(self) -> tuple[float, float, float, float]:
        """The median answer: reaches on the main path, reaches in all, entries on the main path, entries in all."""
        some = self._starts[:COMPARED]
        return (
            statistics.median(len(self._full(start, main_only=True)) for start in some),
            statistics.median(len(self._full(start, main_only=False)) for start in some),
            statistics.median(len(self._quick(start, main_only=True)) for start in some),
            statistics.median(len(self._quick(start, main_only=False)) for start in some),
        )

    def pages(self) -> dict[str, float]:
        """The 8 KB pages that an answer touches, median."""
        theirs = () if self._others is None else (CTE_MAIN, CTE_EVERY, CTE_PIECES, CTE_EVERY_PIECES)
        counted = range(min(COMPARED, len(self._starts)))
        return {
            way: statistics.median(self._touched(way, n) for n in counted)
            for way in (SNAP, MAIN, EVERY, FULL_MAIN, FULL_EVERY, *theirs)
        }

    def _compare_entries(self, made: Answers, start: Start) -> None:
        for kind, main_only in (("main path", True), ("divergences", False)):
            quick, full = self._quick(start, main_only=main_only), self._stays(start, main_only=main_only)
            made.compare(f"quick answer : full answer, {kind}: divisions", codes(quick), codes(full), start)
            made.compare(f"quick answer : full answer, {kind}: entries", _entries(quick), _entries(full), start)

    def _compare_sets(self, made: Answers, start: Start, others: Others) -> None:
        peers, graph = others.peers, others.graph
        main, every = set(self._full(start, main_only=True)), set(self._full(start, main_only=False))
        made.compare("trace : recursive CTE, main path: reaches", main, peers.main_stem(start), start)
        made.compare("trace : recursive CTE, set: reaches", every, peers.every(start), start)
        made.compare("trace : NetworkX, main path: reaches", main, graph.main_stem(start), start)
        made.compare("trace : NetworkX, set: reaches", every, graph.every(start), start)
        main_codes = codes(self._quick(start, main_only=True))
        every_codes = codes(self._quick(start, main_only=False))
        made.compare("quick answer : ST_Intersects, main path: divisions", main_codes, peers.main_pieces(start), start)
        made.compare("quick answer : ST_Intersects, set: divisions", every_codes, peers.every_pieces(start), start)

    def _compare_routing(self, made: Answers, start: Start, others: Others) -> None:
        peers = others.peers
        made.compare("pgRouting : NetworkX: nodes", peers.driving_distance(start), others.graph.earliest(start), start)
        made.compare(
            "pgRouting : recursive CTE, main path: reaches", others.dijkstra(start), peers.main_stem(start), start
        )

    def _quick(self, start: Start, *, main_only: bool) -> Sequence[Reached]:
        answer = reached.from_point(
            self._session, self._version, self._boundaries, start.lon, start.lat, self._divisions, main_only=main_only
        )
        if answer is None:
            raise RuntimeError(f"{start} lies off the network")
        return answer.reached

    def _spot(self, start: Start) -> Spot:
        chosen = snap(self._session, self._version, start.lon, start.lat).chosen
        if chosen is None:
            raise RuntimeError(f"{start} lies off the network")
        return Spot(chosen.reach_id, chosen.offset_m)

    def _full(self, start: Start, *, main_only: bool) -> Mapping[int, Any]:
        spot = self._spot(start)
        return travel.passages(trace.fetch(self._session, self._version, spot, main_only=main_only))

    def _stays(self, start: Start, *, main_only: bool) -> Sequence[Stay]:
        sub = trace.fetch(self._session, self._version, self._spot(start), main_only=main_only)
        pieces = stretches.pieces(self._session, self._version, self._boundaries, list(sub.reaches))
        return affected.stays(sub, travel.passages(sub), pieces, self._divisions)

    def _bare(self) -> object:
        return driver(self._session).execute("select 1").fetchone()

    def _touched(self, way: str, n: int) -> int:
        """What EXPLAIN says of every statement that the way sends."""
        asked = (
            driver(self._session)
            if self._others is None or way not in self._others.names
            else self._others.peers.driver
        )
        with _statements(asked) as sent:
            self.ways(n, heavy=False)[way]()
        pages = 0
        for statement, parameters in sent:
            [[plan]] = driver(self._session).execute(f"explain (analyze, buffers, format json) {statement}", parameters)
            top = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
            pages += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
        return pages


def codes(stays: Sequence[Stay | Reached]) -> set[str]:
    """The divisions of an answer."""
    return {stay.code for stay in stays}


def _entries(stays: Sequence[Stay | Reached]) -> list[tuple[object, ...]]:
    """What must be the same in two answers, to the metre and to some seconds."""
    return [
        (stay.code, stay.entry, round(stay.enter_km, 3), round(stay.leave_km, 3), _minutes(stay.enter_s))
        for stay in stays
    ]


def _minutes(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds / 60)


@contextmanager
def _statements(connection: psycopg.Connection[Any]) -> Iterator[list[tuple[Any, Any]]]:
    """What is sent over the connection meanwhile, by the session or past it."""
    sent: list[tuple[Any, Any]] = []

    class Noting(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **named: Any) -> Any:
            sent.append((query, params))
            return super().execute(query, params, **named)

    usual, connection.cursor_factory = connection.cursor_factory, Noting
    try:
        yield sent
    finally:
        connection.cursor_factory = usual
