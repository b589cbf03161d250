"""Whom to tell next, and when, while nobody has read a message back? Pure: it reads acknowledgement, never delivery.

A step is a role. The first is told at once; each further one when the step before has waited in vain. An empty step is
skipped at once and named, so that a hole in a roster costs no time and is seen. One read-back ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contacts.values import LADDER, Contact, Gap, Role

NOT_BEGUN = -1


@dataclass(frozen=True, slots=True)
class Move:
    """What a step comes to: `told` is None when the ladder is at its end; `skipped` are the empty steps passed over."""

    step: int
    told: Contact | None
    skipped: tuple[Gap, ...]


def climb(step: int, duty: Mapping[Role, Contact | Gap]) -> Move:
    """The next step above `step` on which there is somebody."""
    skipped: list[Gap] = []
    for above in range(step + 1, len(LADDER)):
        found = duty[LADDER[above]]
        if isinstance(found, Contact):
            return Move(above, found, tuple(skipped))
        skipped.append(found)
    return Move(len(LADDER), None, tuple(skipped))
