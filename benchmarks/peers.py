"""How others would answer: recursive SQL over the reaches, ST_Intersects with the borders, pgRouting, NetworkX in memory.

Each with tables and indexes of its own, as good as they can be made; the product's are not touched. Each is given the start
reach, which the product has to find first.
"""

from typing import Any, Final

import networkx as nx
import psycopg
from sqlalchemy import Connection, Engine, TextClause, text

from benchmarks.loaded import driver
from benchmarks.starts import Start

VERTICES: Final = 128
FAR: Final = 1e15
"""A distance that nothing on earth is beyond."""
PREPARED: Final = (
    "drop schema if exists peers cascade",
    "create schema peers",
    """create table peers.edges as
       select reach_id, from_node, to_node, length_m, length_m / velocity_ms as time_s, divergence <> 2 as main, geom
       from reaches where version_id = {version}""",
    "create unique index on peers.edges (reach_id) include (to_node, length_m, time_s)",
    "create index on peers.edges (from_node) include (reach_id, to_node, length_m, time_s, main)",
    "create table peers.whole as select code, geom from boundaries where boundary_version_id = {boundaries}",
    "create index on peers.whole using gist (geom)",
    f"create table peers.pieces as select code, st_subdivide(geom, {VERTICES}) as geom from peers.whole",
    "create index on peers.pieces using gist (geom)",
    "vacuum analyze peers.edges",
    "vacuum analyze peers.whole",
    "vacuum analyze peers.pieces",
    "create table peers.made_of as select {version} as version_id, {boundaries} as boundaries_id",
)
STANDS: Final = text("select to_regclass('peers.made_of') is not null")
MADE_OF: Final = text("select version_id, boundaries_id from peers.made_of")
MAIN: Final = """
with recursive way(reach_id, to_node, length_m, time_s) as (
    select reach_id, to_node, length_m * (1 - :part), time_s * (1 - :part) from peers.edges where reach_id = :reach
  union all
    select e.reach_id, e.to_node, w.length_m + e.length_m, w.time_s + e.time_s
    from way w join peers.edges e on e.from_node = w.to_node and e.main
)
"""
EVERY: Final = """
with recursive way(reach_id, to_node) as (
    select reach_id, to_node from peers.edges where reach_id = :reach
  union
    select e.reach_id, e.to_node from way w join peers.edges e on e.from_node = w.to_node
)
"""
LINE: Final = "case when e.reach_id = :reach then st_linesubstring(e.geom, :part, 1) else e.geom end"
CROSSED: Final = f"""
select a.code from way w join peers.edges e using (reach_id) join peers.{{areas}} a on st_intersects({LINE}, a.geom)
group by a.code
"""
MAIN_STEM: Final = text(f"{MAIN} select reach_id, length_m, time_s from way")
SET: Final = text(f"{EVERY} select reach_id from way")
MAIN_WHOLE: Final = text(MAIN + CROSSED.format(areas="whole"))
MAIN_PIECES: Final = text(MAIN + CROSSED.format(areas="pieces"))
EVERY_PIECES: Final = text(EVERY + CROSSED.format(areas="pieces"))
EDGES: Final = "select reach_id as id, from_node as source, to_node as target, length_m as cost from peers.edges"
DRIVING: Final = text(f"""
select node from pgr_drivingdistance('{EDGES}', (select to_node from peers.edges where reach_id = :reach), {FAR}, true)
""")
OUTLET: Final = text(f"{MAIN} select to_node from way order by length_m desc limit 1")
DIJKSTRA: Final = text(f"""
select edge from pgr_dijkstra('{EDGES} where main', (select to_node from peers.edges where reach_id = :reach),
                              cast(:outlet as bigint), true)
""")


class Peers:
    """The answers of other ways in SQL, on one connection of their own."""

    def __init__(self, engine: Engine, version_id: int, boundaries_id: int, *, keep: bool) -> None:
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._keep = keep
        if not (keep and self._stands(version_id, boundaries_id)):
            for each in PREPARED:
                self._connection.execute(text(each.format(version=version_id, boundaries=boundaries_id)))
        # the planner's guesses for a recursive query call for compiling it, which costs more than it saves
        self._connection.execute(text("set jit = off"))
        self.routing = self._has_routing()

    @property
    def driver(self) -> psycopg.Connection[Any]:
        """The driver's own connection."""
        return driver(self._connection)

    def close(self) -> None:
        """Leave nothing behind, unless the database is kept."""
        if not self._keep:
            self._connection.execute(text("drop schema peers cascade"))
        self._connection.close()

    def main_stem(self, start: Start) -> set[int]:
        """The reaches of the main path, each with length and time."""
        return self._first(MAIN_STEM, start)

    def every(self, start: Start) -> set[int]:
        """All reaches, without length or time: over divergences that rejoin these cannot be carried along."""
        return self._first(SET, start)

    def main_whole(self, start: Start) -> set[str]:
        """The divisions that the main path meets."""
        return self._first(MAIN_WHOLE, start)

    def main_pieces(self, start: Start) -> set[str]:
        """The same with subdivided polygons."""
        return self._first(MAIN_PIECES, start)

    def every_pieces(self, start: Start) -> set[str]:
        """All divisions that are met, with subdivided polygons."""
        return self._first(EVERY_PIECES, start)

    def driving_distance(self, start: Start) -> set[int]:
        """All nodes below, each with its distance."""
        return self._first(DRIVING, start)

    def dijkstra(self, start: Start, outlet: int) -> set[int]:
        """The main path to the outlet, which must be known."""
        found = self._connection.execute(DIJKSTRA, {"reach": start.reach_id, "outlet": outlet})
        return {row[0] for row in found} - {-1} | {start.reach_id}

    def outlet(self, start: Start) -> int:
        """The node where the main path ends."""
        return int(self._connection.execute(OUTLET, {"reach": start.reach_id, "part": start.part}).scalar_one())

    def graph(self) -> "Graph":
        """The network in memory."""
        return Graph(self._connection)

    def _first(self, statement: TextClause, start: Start) -> set[Any]:
        return {row[0] for row in self._connection.execute(statement, {"reach": start.reach_id, "part": start.part})}

    def _stands(self, version_id: int, boundaries_id: int) -> bool:
        """Whether an earlier run left its tables, made of the same versions."""
        if not self._connection.scalar(STANDS):
            return False
        return tuple(self._connection.execute(MADE_OF).one()) == (version_id, boundaries_id)

    def _has_routing(self) -> bool:
        there = text("select count(*) from pg_available_extensions where name = 'pgrouting'")
        if not self._connection.scalar(there):
            return False
        self._connection.execute(text("create extension if not exists pgrouting"))
        return True


class Graph:
    """NetworkX: nodes joined by reaches. The network stays in memory."""

    def __init__(self, connection: Connection) -> None:
        self._graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        self._start: dict[int, int] = {}
        rows = connection.execute(text("select reach_id, from_node, to_node, time_s, main from peers.edges"))
        for row in rows.yield_per(10_000):
            self._graph.add_edge(row.from_node, row.to_node, row.reach_id, time_s=row.time_s, main=row.main)
            self._start[row.reach_id] = row.to_node

    def main_stem(self, start: Start) -> set[int]:
        """The reaches of the main path, summing the time on the way."""
        node, time_s, found = self._start[start.reach_id], 0.0, {start.reach_id}
        while onward := self._main(node):
            node, reach_id, took_s = onward
            time_s += took_s
            found.add(reach_id)
        return found

    def earliest(self, start: Start) -> set[int]:
        """All nodes below, each with its earliest time."""
        return set(nx.single_source_dijkstra_path_length(self._graph, self._start[start.reach_id], weight="time_s"))

    def every(self, start: Start) -> set[int]:
        """All reaches below."""
        nodes = self.earliest(start)
        return {reach_id for _, _, reach_id in self._graph.out_edges(nodes, keys=True)} | {start.reach_id}

    def _main(self, node: int) -> tuple[int, int, float] | None:
        for _, below, reach_id, data in self._graph.out_edges(node, keys=True, data=True):
            if data["main"]:
                return below, reach_id, data["time_s"]
        return None
