"""Is this a river network that a forecast may stand on? Every trouble is counted and shown with places and what to do.

What would make a trace wrong refuses the load; what is settled by an assumption, or only looks odd, stays with the
version as a warning. Pure: it looks at columns, never at a file or a database.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from emergency.river.draft import Bools, Floats, Ints, Reaches, Topology, first_of, summed
from emergency.river.findings import SHOWN, Example, Finding, refusal, warning
from emergency.river.settle import SHARE_TOLERANCE, marked
from emergency.units import km
from emergency.words import Words

GREATEST_ID: Final = 2**53 - 1
"""The greatest whole number that JavaScript and JSON readers keep exactly."""
SHORTEST_M: Final = 0.001
DRAWN_FACTOR: Final = 2.0
SAME_POINT: Final = 100_000
"""Parts of a degree to which two drawn ends are one point: about a metre."""

Shown = Callable[[int], str | None]


@dataclass(frozen=True, slots=True)
class _Check:
    """The network under check."""

    reaches: Reaches
    topology: Topology

    def refused(self, slug: str, words: Words, bad: Bools, shown: Shown = lambda _: None) -> list[Finding]:
        rows = np.flatnonzero(bad)
        return refusal(slug, words, len(rows), self._examples(rows, shown))

    def warned(self, slug: str, words: Words, rows: Ints, shown: Shown = lambda _: None) -> list[Finding]:
        return warning(slug, words, len(rows), self._examples(rows, shown))

    def first(self, nodes: Bools) -> Ints:
        """The first reach that leaves each of these nodes, in the order of the file."""
        return np.sort(self.topology.out[self.topology.out_from[:-1][nodes]])

    def _examples(self, rows: Ints, shown: Shown) -> Iterator[Example]:
        for row in rows[:SHOWN].tolist():
            lon, lat = self.reaches.start[row].tolist()
            yield Example(str(self.reaches.reach_id[row]), lon, lat, shown(row))


def check(reaches: Reaches, topology: Topology) -> list[Finding]:
    """All findings, refusals first. Loops and lines drawn against their nodes are already marked."""
    looked = _Check(reaches, topology)
    found = [each for look in LOOKS for each in look(looked)]
    return sorted(found, key=lambda finding: not finding.refuses)


def _duplicates(of: _Check) -> list[Finding]:
    words = Words("河段编号重复：每个 reach_id 只能出现一次。", "Repeated reach_id: each may occur once only.")
    return of.refused("duplicate-id", words, _repeated(of.reaches.reach_id))


def _great_ids(of: _Check) -> list[Finding]:
    ids = np.stack([of.reaches.reach_id, of.reaches.from_node, of.reaches.to_node])
    words = Words(
        "河段或节点编号超出 0 到 2^53-1：请重新编号，原编号可放在 code。",
        "A reach or node id is outside 0 to 2^53-1: renumber, and keep the old id as code.",
    )
    return of.refused("id-range", words, np.any((ids < 0) | (ids > GREATEST_ID), axis=0))


def _short(of: _Check) -> list[Finding]:
    length_m = of.reaches.length_m
    words = Words("河段长度为零或负数：请改正 length_km。", "Zero or negative length: correct length_km.")
    return of.refused("length", words, ~(length_m >= SHORTEST_M), lambda row: f"{length_m[row]:g} m")


def _single_points(of: _Check) -> list[Finding]:
    words = Words(
        "河段画成了一个点：请给出至少两个不同的点。", "Drawn as a single point: give at least two different points."
    )
    return of.refused("drawn-as-point", words, ~(of.reaches.drawn_m > 0))


def _out_of_range(of: _Check) -> list[Finding]:
    ends = np.abs(np.concatenate([of.reaches.start, of.reaches.end], axis=1))
    words = Words(
        "坐标不是经纬度（经度在前）：请检查文件声明的坐标系。",
        "Coordinates are not longitude, latitude: check the coordinate system that the file declares.",
    )
    return of.refused("coordinates", words, ~(ends <= [180, 90, 180, 90]).all(axis=1))


def _share_range(of: _Check) -> list[Finding]:
    share = of.reaches.share
    words = Words("分流比须在 0 与 1 之间。", "A share must lie between 0 and 1.")
    return of.refused("share-range", words, (share < 0) | (share > 1), _shown_share(of))


def _share_sums(of: _Check) -> list[Finding]:
    """The given shares of a node sum to 1, or to at most 1 where a branch is silent."""
    silent = np.isnan(of.reaches.share)
    given = summed(of.topology, np.nan_to_num(of.reaches.share))
    whole = summed(of.topology, silent) == 0
    bad = (of.topology.branches > 1) & ((given > 1 + SHARE_TOLERANCE) | (whole & (given < 1 - SHARE_TOLERANCE)))

    def shown(row: int) -> str:
        shares = of.reaches.share[of.topology.tail == of.topology.tail[row]]
        return " + ".join("?" if np.isnan(share) else f"{share:g}" for share in shares)

    words = Words(
        "分流处各支的分流比之和不是 1：请改正 share。", "The shares at a divergence do not sum to 1: correct share."
    )
    return of.refused("share-sum", words, _among(len(of.reaches), of.first(bad)), shown)


def _stretches(of: _Check) -> list[Finding]:
    words = Words(
        "区划分段有误：每段须有 code，且 from_m < to_m，都在河段之内。",
        "A tabled stretch is wrong: each needs a code and from_m < to_m, both within the reach.",
    )
    return of.refused("stretches", words, of.reaches.bad_stretches)


def _loops(of: _Check) -> list[Finding]:
    words = Words(
        "有向环：所列河段使水流回到上游；已标记，追踪不经它们计算质量。请检查其方向或节点。",
        "Directed loops: the reaches listed lead back upstream; marked, and no mass is carried through them. Check their "
        "direction or nodes.",
    )
    return of.warned("loop", words, np.flatnonzero(of.reaches.loop))


def _unmarked(of: _Check) -> list[Finding]:
    words = Words(
        "分流处未标明唯一的主支：已取分流比（其次流量）最大者。可用 divergence 标明：主支 1，次支 2。",
        "A divergence does not mark one main side: the largest share, then flow, was taken. Mark it by divergence: 1 main, 2 "
        "minor.",
    )
    unmarked = (of.topology.branches > 1) & ~marked(of.reaches, of.topology)
    return of.warned("main-side-assumed", words, of.first(unmarked))


def _without_shares(of: _Check) -> list[Finding]:
    words = Words(
        "分流处缺分流比：已按平均流量（缺流量则平均）分配并标记为假定。",
        "A divergence lacks shares: divided by mean flow (evenly where unknown) and marked as assumed.",
    )
    parting = of.topology.branches[of.topology.tail] > 1
    return of.warned("share-assumed", words, np.flatnonzero(parting & np.isnan(of.reaches.share)))


def _lone_shares(of: _Check) -> list[Finding]:
    words = Words(
        "只有一条出路的节点却给了小于 1 的分流比：按 1 计。是否缺少另一支？",
        "A node with one way on states a share below 1: taken as 1. Is a branch missing?",
    )
    alone = of.topology.branches[of.topology.tail] == 1
    odd = alone & (np.abs(of.reaches.share - 1) > SHARE_TOLERANCE)
    return of.warned("lone-share", words, np.flatnonzero(odd), _shown_share(of))


def _shared_codes(of: _Check) -> list[Finding]:
    words = Words(
        "多个河段共用一个 code：以 code 定位的站点将改按坐标定位。",
        "Several reaches share one code: sites anchored by it are placed by their coordinates instead.",
    )
    shared = np.flatnonzero(_repeated(of.reaches.code))
    return of.warned("shared-code", words, shared, lambda row: str(of.reaches.code[row]))


def _no_speed(of: _Check) -> list[Finding]:
    words = Words(
        "没有流速（空缺、零或负数）的河段：其下游无法给出时间。请补上流速列，或在当日状态中填报流速。",
        "No velocity (absent, zero or negative): no times below these reaches. Add a column of velocities, or enter speeds "
        "in the day state.",
    )
    return of.warned("no-velocity", words, np.flatnonzero(np.isnan(of.reaches.velocity_ms)))


def _drawn_lengths(of: _Check) -> list[Finding]:
    stated, drawn = of.reaches.length_m, of.reaches.drawn_m
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.maximum(stated / drawn, drawn / stated) > DRAWN_FACTOR
    # a schematic line does not follow its river, so its length says nothing
    odd = apart & ~of.reaches.schematic & (drawn > 0) & (stated >= SHORTEST_M)
    words = Words(
        "所画长度与 length_km 相差一倍以上：以 length_km 为准，请核对单位。",
        "Drawn length and length_km differ by more than a factor of two: length_km counts; check its unit.",
    )

    def shown(row: int) -> str:
        return f"{km(float(stated[row])):.3f} km, drawn {km(float(drawn[row])):.3f} km"

    return of.warned("drawn-length", words, np.flatnonzero(odd), shown)


def _reversed(of: _Check) -> list[Finding]:
    words = Words(
        "所画方向与节点相反：已按节点掉转线形。若节点有误，请对调 from_node 与 to_node。",
        "Drawn against its nodes: the line was turned round. If the nodes are wrong, swap from_node and to_node.",
    )
    return of.warned("drawn-reversed", words, np.flatnonzero(of.reaches.against))


def _parts(of: _Check) -> list[Finding]:
    """Every part but the largest, by its first reach; larger parts first."""
    _, firsts, sizes = np.unique(_connected(of.topology), return_index=True, return_counts=True)
    others = np.lexsort((firsts, -sizes))[1:]
    size_of = dict(zip(firsts[others[:SHOWN]].tolist(), sizes[others[:SHOWN]].tolist(), strict=True))
    words = Words(
        "与主网不相连的部分：若应相连，请检查节点编号。",
        "Parts not connected with the largest one: if they should be, check their node ids.",
    )
    return of.warned("isolated", words, firsts[others], lambda row: f"{size_of[row]} reaches")


LOOKS: Final[tuple[Callable[[_Check], list[Finding]], ...]] = (
    _duplicates, _great_ids, _short, _single_points, _out_of_range, _share_range, _share_sums, _stretches, _loops,
    _unmarked, _without_shares, _lone_shares, _shared_codes, _no_speed, _drawn_lengths, _reversed, _parts,
)  # fmt: skip


def _connected(topology: Topology) -> Ints:
    """For each reach the number of its (weakly) connected part: the smallest node in it, handed on from neighbour to
    neighbour and from there to all who point to them, until nothing changes."""
    part = np.arange(topology.nodes)
    while True:
        one, other = part[topology.tail], part[topology.head]
        if (one == other).all():
            return one
        np.minimum.at(part, np.maximum(one, other), np.minimum(one, other))
        while (part[part] != part).any():
            part = part[part]


def drawn_against(reaches: Reaches, topology: Topology) -> Bools:
    """Reaches whose line runs against their nodes: their drawn ends meet their neighbours the other way round."""
    tail, head = topology.tail, topology.head
    start, end = np.split(_points(np.concatenate([reaches.start, reaches.end])), 2)
    place = _node_places(topology, start, end)
    upper, lower = place[tail], place[head]

    def fits(first: Ints, last: Ints) -> Bools:
        return np.asarray(((upper < 0) | (upper == first)) & ((lower < 0) | (lower == last)))

    return np.asarray(fits(end, start) & ~fits(start, end) & (tail != head))


def _points(ends: Floats) -> Ints:
    """A number for each place, the same for ends that are drawn at one point."""
    lon, lat = np.rint(ends * SAME_POINT).astype(np.int64).T
    return np.asarray(np.unique(lon * (SAME_POINT * 1000) + lat, return_inverse=True)[1])


def _node_places(topology: Topology, start: Ints, end: Ints) -> Ints:
    """Where each node is, from the drawn end that most of its reaches have in common; -1 where none is shared."""
    tail, head = topology.tail, topology.head
    another, apart = tail != head, start != end
    node = np.concatenate([tail, tail[apart], head[another], head[another & apart]])
    point = np.concatenate([start, end[apart], start[another], end[another & apart]])
    pairs, times = np.unique(node * (point.max(initial=0) + 1) + point, return_counts=True)
    node, point = np.divmod(pairs, point.max(initial=0) + 1)
    order = np.lexsort((-times, node))
    best = first_of(node, order)
    rest = np.setdiff1d(order, best, assume_unique=True)
    second = np.zeros(topology.nodes, dtype=np.int64)
    np.maximum.at(second, node[rest], times[rest])
    place = np.full(topology.nodes, -1)
    sure = best[(times[best] > 1) & (times[best] > second[node[best]])]
    place[node[sure]] = point[sure]
    return place


def _repeated(values: np.ndarray) -> Bools:
    _, numbers, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray(times[numbers] > 1)


def _among(count: int, rows: Ints) -> Bools:
    found = np.zeros(count, dtype=bool)
    found[rows] = True
    return found


def _shown_share(of: _Check) -> Shown:
    return lambda row: f"{of.reaches.share[row]:g}"
