"""Times taken in turns, and what is said of them."""

import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Action = Callable[[], object]
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class Times:
    """The milliseconds that one thing took, each time."""

    each_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Half were quicker."""
        return statistics.median(self.each_ms)

    @property
    def p95_ms(self) -> float:
        """One in twenty was slower."""
        return sorted(self.each_ms)[min(len(self.each_ms) - 1, int(0.95 * len(self.each_ms)))]

    def take(self, action: Action) -> object:
        """Do it, and note how long it took."""
        began_ns = time.perf_counter_ns()
        answer = action()
        self.each_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
        return answer


def in_turns(rounds: Sequence[Mapping[Key, Action]]) -> dict[Key, Times]:
    """Each round once through all its actions, so that a busy moment of the machine falls on all alike. An action that
    takes part in some rounds only is timed in those."""
    taken: dict[Key, Times] = {}
    for actions in rounds:
        for name, action in actions.items():
            taken.setdefault(name, Times()).take(action)
    return taken


def verdict(ratio: float, promised: float) -> str:
    """Whether a ratio keeps to what was promised of it."""
    return "met" if ratio <= promised else "NOT met"
