"""Which reaches close a directed loop? Water cannot run in a circle, but data can; without these reaches the rest is a
DAG. Pure, iterative: a chain of a million reaches must not exhaust the stack."""

from collections.abc import Iterable, Iterator, Sequence

from emergency.river.draft import Draft, outflows


def closing(drafts: Sequence[Draft]) -> frozenset[int]:
    """The ids of the reaches that close a loop: those that lead back to a node of the walk they are on.

    The walk starts at the sources and takes the main side first, so that what closes is rather a minor or lower reach.
    """
    out = {node: sorted(reaches, key=_main_first) for node, reaches in outflows(drafts).items()}
    found: set[int] = set()
    done: set[int] = set()
    for root in _roots(drafts):
        if root not in done:
            _walk(root, out, done, found)
    return frozenset(found)


def _main_first(draft: Draft) -> tuple[bool, int]:
    return draft.divergence == 2, draft.reach_id


def _roots(drafts: Sequence[Draft]) -> Iterable[int]:
    """Sources first; what remains unvisited after them is a loop without any source."""
    ends = {draft.to_node for draft in drafts}
    yield from dict.fromkeys(draft.from_node for draft in drafts if draft.from_node not in ends)
    yield from dict.fromkeys(draft.from_node for draft in drafts)


def _walk(root: int, out: dict[int, list[Draft]], done: set[int], found: set[int]) -> None:
    """Depth first from `root`; `trail` holds the nodes of the present walk with what is left to try at each."""
    on_trail = {root}
    trail: list[tuple[int, Iterator[Draft]]] = [(root, iter(out.get(root, ())))]
    while trail:
        node, untried = trail[-1]
        reach = next(untried, None)
        if reach is None:
            trail.pop()
            on_trail.discard(node)
            done.add(node)
        elif reach.to_node in on_trail:
            found.add(reach.reach_id)
        elif reach.to_node not in done:
            on_trail.add(reach.to_node)
            trail.append((reach.to_node, iter(out.get(reach.to_node, ()))))
