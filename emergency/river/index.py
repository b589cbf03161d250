"""Which chain of reaches is the main path through each place, and where does water pass from one path to another?

The index makes a trace a walk over a few paths plus range scans instead of a walk over every reach. Every reach lies on
exactly one path; its place there is the distance from its upstream end to the foot of the path, so that lengths are
subtractions. Pure; O(N); works on settled drafts whose unmarked reaches form a DAG.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from emergency.river.draft import Draft, inflows, outflows


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reach lies: foot_m is the distance of its upstream end from the foot of its path."""

    path_id: int
    foot_m: float


@dataclass(frozen=True, slots=True)
class Path:
    """A main path, named by its foot reach; reaches from head to foot."""

    path_id: int
    river: str
    head_reach_id: int
    length_m: float


@dataclass(frozen=True, slots=True)
class Link:
    """Where water leaves one path for another, as distances from their feet; `main`: by the main way on."""

    from_path: int
    from_foot_m: float
    to_path: int
    to_foot_m: float
    main: bool


@dataclass(frozen=True, slots=True)
class Index:
    """All paths, the links between them, and the place of each reach."""

    places: Mapping[int, Place]
    paths: Sequence[Path]
    links: Sequence[Link]


def build(drafts: Sequence[Draft]) -> Index:
    """The index of a settled network."""
    out, into = outflows(drafts), inflows(drafts)
    below = _continuations(drafts, out, into)
    above = {lower.reach_id: upper for upper, lower in below.values()}
    places: dict[int, Place] = {}
    paths = [_path(foot, above, places) for foot in drafts if foot.reach_id not in below]
    return Index(places, paths, tuple(_links(out, into, places)))


def _continuations(
    drafts: Sequence[Draft], out: Mapping[int, Sequence[Draft]], into: Mapping[int, Sequence[Draft]]
) -> dict[int, tuple[Draft, Draft]]:
    """For each reach whose path goes on below it: itself and the next reach."""
    longest = _longest_above(drafts, out, into)
    found: dict[int, tuple[Draft, Draft]] = {}
    for node, branches in out.items():
        main = _main(branches)
        arriving = [reach for reach in into.get(node, ()) if not reach.loop]
        if main is not None and arriving:
            upper = max(arriving, key=lambda reach: _claim(reach, main, longest))
            found[upper.reach_id] = (upper, main)
    return found


def _main(branches: Sequence[Draft]) -> Draft | None:
    return next((branch for branch in branches if branch.divergence != 2 and not branch.loop), None)


def _claim(reach: Draft, below: Draft, longest: Mapping[int, float]) -> tuple[bool, float, float, float, int]:
    """How well a reach may claim to be the main one above `below`: same river, area, flow, length above, smaller id."""
    return (
        reach.river == below.river,
        reach.drainage_area_km2 or 0.0,
        reach.discharge_m3s or 0.0,
        longest[reach.reach_id],
        -reach.reach_id,
    )


def _longest_above(
    drafts: Sequence[Draft], out: Mapping[int, Sequence[Draft]], into: Mapping[int, Sequence[Draft]]
) -> dict[int, float]:
    """The longest way down to the lower end of each reach, loops left out; Kahn's order, so nothing recurses."""
    waiting = {node: sum(not reach.loop for reach in reaches) for node, reaches in into.items()}
    at_node: dict[int, float] = defaultdict(float)
    found: dict[int, float] = {}
    ready = [node for node in out if not waiting.get(node)]
    while ready:
        node = ready.pop()
        for reach in out.get(node, ()):
            if reach.loop:
                continue
            found[reach.reach_id] = at_node[node] + reach.length_m
            at_node[reach.to_node] = max(at_node[reach.to_node], found[reach.reach_id])
            waiting[reach.to_node] -= 1
            if not waiting[reach.to_node]:
                ready.append(reach.to_node)
    return found


def _path(foot: Draft, above: Mapping[int, Draft], places: dict[int, Place]) -> Path:
    """Walk up from `foot`, placing each reach; the head is the last one placed."""
    reach: Draft | None = foot
    head, foot_m = foot, 0.0
    while reach is not None:
        foot_m += reach.length_m
        places[reach.reach_id] = Place(foot.reach_id, foot_m)
        head, reach = reach, above.get(reach.reach_id)
    return Path(foot.reach_id, foot.river, head.reach_id, foot_m)


def _links(
    out: Mapping[int, Sequence[Draft]], into: Mapping[int, Sequence[Draft]], places: Mapping[int, Place]
) -> Iterator[Link]:
    for node, branches in out.items():
        main = _main(branches)
        feet = [reach.reach_id for reach in into.get(node, ()) if places[reach.reach_id].path_id == reach.reach_id]
        others = [branch for branch in branches if branch is not main]
        if main is None:  # every way on closes a loop: each path that ends here leads into each of them
            yield from (_link(foot, 0.0, places[other.reach_id], main=False) for foot in feet for other in others)
            continue
        through = places[main.reach_id]
        yield from (_link(foot, 0.0, through, main=True) for foot in feet)
        yield from (_link(through.path_id, through.foot_m, places[other.reach_id], main=False) for other in others)


def _link(path_id: int, foot_m: float, into: Place, *, main: bool) -> Link:
    return Link(path_id, foot_m, into.path_id, into.foot_m, main)
