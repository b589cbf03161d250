"""The other ways to answer, ready to be timed: recursive SQL, pgRouting and NetworkX beside one loaded network."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy import Engine

from benchmarks.peers import Graph, Peers
from benchmarks.starts import Start
from benchmarks.timing import Action

CTE_MAIN, CTE_EVERY = "recursive CTE, main path", "recursive CTE, set (`union`)"
CTE_WHOLE, CTE_PIECES = "recursive CTE + `ST_Intersects`, whole polygons", "the same, subdivided polygons"
CTE_EVERY_PIECES = "the same, with divergences"
DRIVING, DIJKSTRA = "pgr_drivingDistance", "pgr_dijkstra to the outlet"
NX_MAIN, NX_EVERY = "NetworkX in memory, main path", "NetworkX in memory, earliest over divergences"


class Others:
    """The others, with their tables made and the network in memory."""

    def __init__(
        self, engine: Engine, version_id: int, boundaries_id: int, starts: Iterable[Start], *, keep: bool
    ) -> None:
        self.peers = Peers(engine, version_id, boundaries_id, keep=keep)
        self.graph: Graph = self.peers.graph()
        self._outlets = {start: self.peers.outlet(start) for start in starts}
        self.names = frozenset({CTE_MAIN, CTE_EVERY, CTE_WHOLE, CTE_PIECES, CTE_EVERY_PIECES, DRIVING, DIJKSTRA})

    def ways(self, start: Start, *, heavy: bool) -> dict[str, Action]:
        """How they can be asked about a start."""
        found: dict[str, Action] = {
            CTE_MAIN: partial(self.peers.main_stem, start),
            CTE_EVERY: partial(self.peers.every, start),
            CTE_PIECES: partial(self.peers.main_pieces, start),
            CTE_EVERY_PIECES: partial(self.peers.every_pieces, start),
            NX_MAIN: partial(self.graph.main_stem, start),
            NX_EVERY: partial(self.graph.earliest, start),
        }
        return found | (self._heavy(start) if heavy else {})

    def dijkstra(self, start: Start) -> set[int]:
        """The main path by pgRouting."""
        return self.peers.dijkstra(start, self._outlets[start])

    def _heavy(self, start: Start) -> dict[str, Action]:
        found: dict[str, Action] = {CTE_WHOLE: partial(self.peers.main_whole, start)}
        if self.peers.routing:
            found[DRIVING] = partial(self.peers.driving_distance, start)
            found[DIJKSTRA] = partial(self.dijkstra, start)
        return found
