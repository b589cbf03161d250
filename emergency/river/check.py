"""Is this a river network that a forecast may stand on? Every trouble is counted and shown with places and what to do.

What would make a trace wrong refuses the load; what is settled by an assumption, or only looks odd, stays with the
version as a warning. Pure: it looks at drafts, never at a file or a database.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from emergency.river.draft import Draft, outflows
from emergency.river.findings import Example, Finding, refusal, warning
from emergency.river.settle import SHARE_TOLERANCE, is_marked
from emergency.words import Words

GREATEST_ID: Final = 2**53 - 1
"""The greatest whole number that JavaScript and JSON readers keep exactly."""
SHORTEST_M: Final = 0.001
DRAWN_FACTOR: Final = 2.0
SAME_POINT_DEGREES: Final = 5
"""Decimals to which two drawn ends are one point: about a metre."""


def check(drafts: Sequence[Draft], loops: frozenset[int]) -> list[Finding]:
    """All findings, refusals first."""
    found = [
        *_duplicates(drafts),
        *_great_ids(drafts),
        *_short(drafts),
        *_single_points(drafts),
        *_out_of_range(drafts),
        *_share_range(drafts),
        *_share_sums(drafts),
        *_stretches(drafts),
        *_loops(drafts, loops),
        *_unmarked(drafts),
        *_without_shares(drafts),
        *_lone_shares(drafts),
        *_shared_codes(drafts),
        *_no_speed(drafts),
        *_drawn_lengths(drafts),
        *_reversed(drafts),
        *_parts(drafts),
    ]
    return sorted(found, key=lambda finding: not finding.refuses)


def drawn_reversed(drafts: Sequence[Draft]) -> frozenset[int]:
    """The ids of reaches whose line runs against their nodes: their drawn ends meet their neighbours the other way round."""
    places = _node_places(drafts)
    return frozenset(draft.reach_id for draft in drafts if _runs_against(draft, places))


def _duplicates(drafts: Sequence[Draft]) -> list[Finding]:
    times = Counter(draft.reach_id for draft in drafts)
    words = Words("河段编号重复：每个 reach_id 只能出现一次。", "Repeated reach_id: each may occur once only.")
    return refusal("duplicate-id", words, _examples(drafts, lambda draft: times[draft.reach_id] > 1))


def _great_ids(drafts: Sequence[Draft]) -> list[Finding]:
    def bad(draft: Draft) -> bool:
        ids = (draft.reach_id, draft.from_node, draft.to_node)
        return not all(0 <= each <= GREATEST_ID for each in ids)

    words = Words(
        "河段或节点编号超出 0 到 2^53-1：请重新编号，原编号可放在 code。",
        "A reach or node id is outside 0 to 2^53-1: renumber, and keep the old id as code.",
    )
    return refusal("id-range", words, _examples(drafts, bad))


def _short(drafts: Sequence[Draft]) -> list[Finding]:
    words = Words("河段长度为零或负数：请改正 length_km。", "Zero or negative length: correct length_km.")
    bad = _examples(drafts, lambda draft: not draft.length_m >= SHORTEST_M, lambda draft: f"{draft.length_m:g} m")
    return refusal("length", words, bad)


def _single_points(drafts: Sequence[Draft]) -> list[Finding]:
    words = Words(
        "河段画成了一个点：请给出至少两个不同的点。", "Drawn as a single point: give at least two different points."
    )
    return refusal("drawn-as-point", words, _examples(drafts, lambda draft: not draft.drawn.length_m > 0))


def _out_of_range(drafts: Sequence[Draft]) -> list[Finding]:
    def bad(draft: Draft) -> bool:
        return any(not (-180 <= lon <= 180 and -90 <= lat <= 90) for lon, lat in (draft.drawn.start, draft.drawn.end))

    words = Words(
        "坐标不是经纬度（经度在前）：请检查文件声明的坐标系。",
        "Coordinates are not longitude, latitude: check the coordinate system that the file declares.",
    )
    return refusal("coordinates", words, _examples(drafts, bad))


def _share_range(drafts: Sequence[Draft]) -> list[Finding]:
    def bad(draft: Draft) -> bool:
        return draft.share is not None and not 0 <= draft.share <= 1

    words = Words("分流比须在 0 与 1 之间。", "A share must lie between 0 and 1.")
    return refusal("share-range", words, _examples(drafts, bad, _shown_share))


def _share_sums(drafts: Sequence[Draft]) -> list[Finding]:
    """The given shares of a node sum to 1, or to at most 1 where a branch is silent."""

    def bad(branches: Sequence[Draft]) -> bool:
        given = sum(branch.share or 0.0 for branch in branches)
        silent = any(branch.share is None for branch in branches)
        return given > 1 + SHARE_TOLERANCE or (not silent and given < 1 - SHARE_TOLERANCE)

    def shown(branch: Draft) -> str:
        return " + ".join("?" if each.share is None else f"{each.share:g}" for each in out[branch.from_node])

    out = outflows(drafts)
    firsts = [branches[0] for branches in out.values() if len(branches) > 1 and bad(branches)]
    words = Words(
        "分流处各支的分流比之和不是 1：请改正 share。", "The shares at a divergence do not sum to 1: correct share."
    )
    return refusal("share-sum", words, _examples(firsts, _all, shown))


def _stretches(drafts: Sequence[Draft]) -> list[Finding]:
    words = Words(
        "区划分段有误：每段须有 code，且 from_m < to_m，都在河段之内。",
        "A tabled stretch is wrong: each needs a code and from_m < to_m, both within the reach.",
    )
    return refusal(
        "stretches", words, _examples(drafts, lambda draft: not all(map(_fits(draft), draft.tabled_stretches or ())))
    )


def _fits(draft: Draft) -> Callable[[Mapping[str, object]], bool]:
    def fits(stretch: Mapping[str, object]) -> bool:
        start, end = stretch.get("from_m"), stretch.get("to_m")
        if not isinstance(start, int | float) or not isinstance(end, int | float):
            return False
        # half a metre: lengths and offsets are rounded apart in tables
        return isinstance(stretch.get("code"), str) and -0.5 <= start < end <= draft.length_m + 0.5

    return fits


def _loops(drafts: Sequence[Draft], loops: frozenset[int]) -> list[Finding]:
    words = Words(
        "有向环：所列河段使水流回到上游；已标记，追踪不经它们计算质量。请检查其方向或节点。",
        "Directed loops: the reaches listed lead back upstream; marked, and no mass is carried through them. Check their "
        "direction or nodes.",
    )
    return warning("loop", words, _examples(drafts, lambda draft: draft.reach_id in loops))


def _unmarked(drafts: Sequence[Draft]) -> list[Finding]:
    nodes = [branches for branches in outflows(drafts).values() if len(branches) > 1 and not is_marked(branches)]
    words = Words(
        "分流处未标明唯一的主支：已取分流比（其次流量）最大者。可用 divergence 标明：主支 1，次支 2。",
        "A divergence does not mark one main side: the largest share, then flow, was taken. Mark it by divergence: 1 main, 2 "
        "minor.",
    )
    return warning("main-side-assumed", words, _examples([branches[0] for branches in nodes], _all))


def _without_shares(drafts: Sequence[Draft]) -> list[Finding]:
    out = outflows(drafts)
    words = Words(
        "分流处缺分流比：已按平均流量（缺流量则平均）分配并标记为假定。",
        "A divergence lacks shares: divided by mean flow (evenly where unknown) and marked as assumed.",
    )
    silent = _examples(drafts, lambda draft: len(out[draft.from_node]) > 1 and draft.share is None)
    return warning("share-assumed", words, silent)


def _lone_shares(drafts: Sequence[Draft]) -> list[Finding]:
    def odd(draft: Draft) -> bool:
        return len(out[draft.from_node]) == 1 and draft.share is not None and abs(draft.share - 1) > SHARE_TOLERANCE

    out = outflows(drafts)
    words = Words(
        "只有一条出路的节点却给了小于 1 的分流比：按 1 计。是否缺少另一支？",
        "A node with one way on states a share below 1: taken as 1. Is a branch missing?",
    )
    return warning("lone-share", words, _examples(drafts, odd, _shown_share))


def _shared_codes(drafts: Sequence[Draft]) -> list[Finding]:
    times = Counter(draft.code for draft in drafts)
    words = Words(
        "多个河段共用一个 code：以 code 定位的站点将改按坐标定位。",
        "Several reaches share one code: sites anchored by it are placed by their coordinates instead.",
    )
    return warning(
        "shared-code", words, _examples(drafts, lambda draft: times[draft.code] > 1, lambda draft: draft.code)
    )


def _no_speed(drafts: Sequence[Draft]) -> list[Finding]:
    words = Words(
        "没有流速（空缺、零或负数）的河段：其下游无法给出时间。",
        "No velocity (absent, zero or negative): no times below these reaches.",
    )
    return warning("no-velocity", words, _examples(drafts, lambda draft: draft.velocity_ms is None))


def _drawn_lengths(drafts: Sequence[Draft]) -> list[Finding]:
    def odd(draft: Draft) -> bool:
        return max(draft.length_m / draft.drawn.length_m, draft.drawn.length_m / draft.length_m) > DRAWN_FACTOR

    def shown(draft: Draft) -> str:
        return f"{draft.length_m / 1000:.3f} km, drawn {draft.drawn.length_m / 1000:.3f} km"

    words = Words(
        "所画长度与 length_km 相差一倍以上：以 length_km 为准，请核对单位。",
        "Drawn length and length_km differ by more than a factor of two: length_km counts; check its unit.",
    )
    # a schematic line does not follow its river, so its length says nothing
    whole = [d for d in drafts if not d.schematic and d.drawn.length_m > 0 and d.length_m >= SHORTEST_M]
    return warning("drawn-length", words, _examples(whole, odd, shown))


def _reversed(drafts: Sequence[Draft]) -> list[Finding]:
    against = drawn_reversed(drafts)
    words = Words(
        "所画方向与节点相反：已按节点掉转线形。若节点有误，请对调 from_node 与 to_node。",
        "Drawn against its nodes: the line was turned round. If the nodes are wrong, swap from_node and to_node.",
    )
    return warning("drawn-reversed", words, _examples(drafts, lambda draft: draft.reach_id in against))


def _parts(drafts: Sequence[Draft]) -> list[Finding]:
    """Every part but the largest, by one reach of it."""
    parts = sorted(_connected(drafts), key=len, reverse=True)[1:]
    words = Words(
        "与主网不相连的部分：若应相连，请检查节点编号。",
        "Parts not connected with the largest one: if they should be, check their node ids.",
    )
    sizes = {part[0].reach_id: len(part) for part in parts}
    firsts = [part[0] for part in parts]
    return warning("isolated", words, _examples(firsts, _all, lambda draft: f"{sizes[draft.reach_id]} reaches"))


def _connected(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """The drafts by weakly connected part: union-find over nodes."""
    above: dict[int, int] = {}
    for draft in drafts:
        above[_root(above, draft.from_node)] = _root(above, draft.to_node)
    parts: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts:
        parts[_root(above, draft.from_node)].append(draft)
    return list(parts.values())


def _root(above: dict[int, int], node: int) -> int:
    """The root of `node`, halving the way for the next one who asks."""
    above.setdefault(node, node)
    while above[node] != node:
        above[node] = above[above[node]]
        node = above[node]
    return node


def _node_places(drafts: Sequence[Draft]) -> dict[int, tuple[float, float]]:
    """Where each node is, from the drawn end that most of its reaches have in common; absent where none is shared."""
    ends: dict[int, Counter[tuple[float, float]]] = defaultdict(Counter)
    for draft in drafts:
        both = {_rounded(draft.drawn.start), _rounded(draft.drawn.end)}
        for node in {draft.from_node, draft.to_node}:
            ends[node].update(both)
    common = {node: points.most_common(2) for node, points in ends.items()}
    return {
        node: points[0][0]
        for node, points in common.items()
        if points[0][1] > 1 and (len(points) == 1 or points[0][1] > points[1][1])
    }


def _runs_against(draft: Draft, places: Mapping[int, tuple[float, float]]) -> bool:
    upper, lower = places.get(draft.from_node), places.get(draft.to_node)
    if draft.from_node == draft.to_node:
        return False
    start, end = _rounded(draft.drawn.start), _rounded(draft.drawn.end)
    fits = (upper in (None, start)) and (lower in (None, end))
    fits_turned = (upper in (None, end)) and (lower in (None, start))
    return fits_turned and not fits


def _rounded(point: tuple[float, float]) -> tuple[float, float]:
    return round(point[0], SAME_POINT_DEGREES), round(point[1], SAME_POINT_DEGREES)


def _examples(
    drafts: Iterable[Draft], chosen: Callable[[Draft], bool], shown: Callable[[Draft], str | None] = lambda _: None
) -> list[Example]:
    return [Example(f"{d.reach_id}", d.drawn.start[0], d.drawn.start[1], shown(d)) for d in drafts if chosen(d)]


def _all(_: Draft) -> bool:
    return True


def _shown_share(draft: Draft) -> str:
    return f"{draft.share:g}"
