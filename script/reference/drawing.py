"""Where every node lies on the map, and the line of every reach: real ones between nodes of the river's own WDB line,
schematic ones straight from node to node. Nodes that are one place share one point, so that drawn reaches meet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from script.reference.lines import Foot, Line, Point, assemble, foot, piece, rounded, tidy
from script.reference.tables import Drawing, Join, Meeting, Node, ordinal


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive reaches of one river that follow one real line: nodes[0] is where the first of them begins."""

    nodes: tuple[str, ...]
    line: Line


@dataclass(frozen=True, slots=True)
class Map:
    """The drawn basin: the point of every node, the line of every reach by the node that ends it."""

    points: Mapping[str, Point]
    lines: Mapping[str, Line]


def draw(
    nodes: Mapping[str, Node],
    joins: Sequence[Join],
    drawings: Mapping[str, Drawing],
    meetings: Sequence[Meeting],
    wdb: Mapping[str, Line],
) -> Map:
    """Place the nodes, then cut or draw the lines between them."""
    runs = tuple(_runs(nodes, drawings, wdb))
    points = _points(nodes, places(nodes, joins), runs, meetings, wdb)
    real = {end: line for run in runs for end, line in _pieces(run, points)}
    return Map(points, {code: real.get(code) or _straight(points, code) for code, node in nodes.items() if _ends(node)})


def places(nodes: Mapping[str, Node], joins: Sequence[Join]) -> dict[str, str]:
    """Each node's place: the node that stands for all that are the same one."""
    meets = {join.node: join.meets for join in joins if join.same}
    return {code: _last(meets, code) for code in nodes}


def _last(meets: Mapping[str, str], code: str) -> str:
    while code in meets:
        code = meets[code]
    return code


def before(code: str) -> str:
    """The node above on the same river."""
    return f"{code.rpartition('-')[0]}-{ordinal(code) - 1:02d}"


def _ends(node: Node) -> bool:
    return ordinal(node.code) > 0


def _runs(nodes: Mapping[str, Node], drawings: Mapping[str, Drawing], wdb: Mapping[str, Line]) -> Iterator[Run]:
    run: list[str] = []
    for code, node in nodes.items():
        real = _ends(node) and drawings[code].wdb
        if run and not (real and before(code) == run[-1]):
            yield _run(run, drawings, wdb)
            run = []
        if real:
            run = [*(run or [before(code)]), code]
    if run:
        yield _run(run, drawings, wdb)


def _run(codes: Sequence[str], drawings: Mapping[str, Drawing], wdb: Mapping[str, Line]) -> Run:
    ids = [line_id for code in codes[1:] for line_id in drawings[code].line_ids]
    own = [line_id for i, line_id in enumerate(ids) if i == 0 or line_id != ids[i - 1]]
    return Run(tuple(codes), assemble([wdb[line_id] for line_id in own]))


def _points(
    nodes: Mapping[str, Node],
    place_of: Mapping[str, str],
    runs: Sequence[Run],
    meetings: Sequence[Meeting],
    wdb: Mapping[str, Line],
) -> dict[str, Point]:
    feet = {code: found.point for run in runs for code, found in _feet(run, nodes)}
    # A place takes the foot of the node that stands for it, else of the first of the others that has one.
    by_place = {place_of[code]: feet[code] for code in reversed(tuple(feet))}
    by_place |= {place: feet[place] for place in by_place.keys() & feet.keys()}
    by_place |= {meeting.node: _meet(meeting, wdb) for meeting in meetings}
    table = {place: (nodes[place].lon, nodes[place].lat) for place in place_of.values()}
    return {code: rounded((table | by_place)[place]) for code, place in place_of.items()}


def _feet(run: Run, nodes: Mapping[str, Node]) -> Iterator[tuple[str, Foot]]:
    position = 0.0
    for code in run.nodes:
        found = foot((nodes[code].lon, nodes[code].lat), run.line, position)
        position = found.position
        yield code, found


def _meet(meeting: Meeting, wdb: Mapping[str, Line]) -> Point:
    return foot(wdb[meeting.line][-1], assemble([wdb[line_id] for line_id in meeting.onto])).point


def _pieces(run: Run, points: Mapping[str, Point]) -> Iterator[tuple[str, Line]]:
    start = foot(points[run.nodes[0]], run.line)
    for above, code in pairwise(run.nodes):
        end = foot(points[code], run.line, start.position)
        yield code, tidy((points[above], *piece(run.line, start, end), points[code]))
        start = end


def _straight(points: Mapping[str, Point], code: str) -> Line:
    return points[before(code)], points[code]
