"""Whom to tell next, and when, while a message has not been read back? Pure: it reads acknowledgement, never delivery.

A step is a role and how long it waits. The first is told at once; each further one when the step before has waited in vain.
An empty step is skipped at once and named, so that a hole in a roster costs no time and is seen. As many read-backs as the
desk asks for end it. A desk may have steps and waits of its own; they are data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contacts.values import LADDER, Policy, Role
from emergency.errors import BadInput
from emergency.words import Words

NOT_BEGUN: Final = -1
CIRCLES: Final = ("now", "prepare", "watch")
MOST_WAIT_S: Final = 24 * 3600.0
"""No step waits longer: by then the water is there."""
MOST_READ_BACKS: Final = 5


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told, and how long their read-back is waited for; wait_s None: nobody rises after it."""

    role: Role
    wait_s: float | None

    def stored(self) -> dict[str, Any]:
        """As it stands in a row."""
        return {"role": self.role.value, "wait_s": self.wait_s}


@dataclass(frozen=True, slots=True)
class Rule:
    """The steps in their order, and how many persons must read the message back."""

    steps: tuple[Step, ...]
    read_backs: int = 1

    def __post_init__(self) -> None:
        roles = [step.role for step in self.steps]
        waits = [step.wait_s for step in self.steps if step.wait_s is not None]
        if not roles or len(roles) != len(set(roles)):
            raise _wrong("须列出一至三级，每个角色至多一次", "needs one to three steps, each role once at most")
        if any(not 0 < wait_s <= MOST_WAIT_S for wait_s in waits):
            raise _wrong("每级等待须大于 0、至多 24 小时", "each step waits more than 0 and at most 24 hours")
        if not 1 <= self.read_backs <= MOST_READ_BACKS:
            raise _wrong(
                f"须有 1 至 {MOST_READ_BACKS} 人回报", f"1 to {MOST_READ_BACKS} persons must read a message back"
            )


def usual(circle: str, policy: Policy) -> Rule:
    """Primary, deputy, leader, each after the wait of the circle; in `watch` the first alone, listed and not rung."""
    return Rule(tuple(Step(role, policy.escalate_s(circle)) for role in LADDER))


def role_of(steps: Sequence[Mapping[str, Any]], step: int) -> Role | None:
    """The role on a step of stored steps; None before the first and after the last."""
    return Role(steps[step]["role"]) if 0 <= step < len(steps) else None


def read(stored: Sequence[Mapping[str, Any]], read_backs: int) -> Rule:
    """A rule from its row or file; BadInput says what is wrong with it."""
    return Rule(tuple(Step(Role(each["role"]), each["wait_s"]) for each in stored), read_backs)


def _wrong(zh: str, en: str) -> BadInput:
    return BadInput("bad-escalation", Words(f"升级规则：{zh}。", f"The rule of escalation {en}."))
