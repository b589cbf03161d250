"""Whom to tell next, and when, while a message has not been read back? Pure: it reads acknowledgement, never delivery.

A step is a role, if need be at a tier of the joint work, and how long it waits. The first is told at once; each further one when the step before has waited in vain.
An empty step is skipped at once and named, so that a hole in a roster costs no time and is seen. As many read-backs as the
desk asks for end it. A desk may have steps and waits of its own; they are data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contacts.kinds import Tier
from contacts.values import LADDER, Contact, Policy, Role
from emergency.errors import BadInput
from emergency.words import Words

NOT_BEGUN: Final = -1
CIRCLES: Final = ("now", "prepare", "watch")
MOST_WAIT_S: Final = 24 * 3600.0
"""No step waits longer: by then the water is there."""
MOST_READ_BACKS: Final = 5
MOST_STEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told, and how long their read-back is waited for; wait_s None: nobody rises after it.

    tier: None for whoever the roster has on duty in the role; else the desk's contact in the role at that tier.
    """

    role: Role
    wait_s: float | None
    tier: Tier | None = None

    def stored(self) -> dict[str, Any]:
        """As it stands in a row."""
        at = {} if self.tier is None else {"tier": self.tier.value}
        return {"role": self.role.value, "wait_s": self.wait_s} | at


@dataclass(frozen=True, slots=True)
class Rule:
    """The steps in their order, and how many persons must read the message back."""

    steps: tuple[Step, ...]
    read_backs: int = 1

    def __post_init__(self) -> None:
        told = [(step.role, step.tier) for step in self.steps]
        waits = [step.wait_s for step in self.steps if step.wait_s is not None]
        if not 1 <= len(told) <= MOST_STEPS or len(told) != len(set(told)):
            raise _wrong(
                f"须列出 1 至 {MOST_STEPS} 级，同一角色与层级至多一次",
                f"needs 1 to {MOST_STEPS} steps, each role once at most at each tier",
            )
        if any(not 0 < wait_s <= MOST_WAIT_S for wait_s in waits):
            raise _wrong("每级等待须大于 0、至多 24 小时", "each step waits more than 0 and at most 24 hours")
        if not 1 <= self.read_backs <= MOST_READ_BACKS:
            raise _wrong(
                f"须有 1 至 {MOST_READ_BACKS} 人回报", f"1 to {MOST_READ_BACKS} persons must read a message back"
            )

    def wait_s(self, contact: Contact) -> float | None:
        """How long a contact's read-back is waited for: by the step at their tier, else by their role's."""
        waits = {(step.role, step.tier): step.wait_s for step in self.steps}
        tier = Tier(contact.tier) if contact.tier else None
        return waits.get((contact.role, tier), waits.get((contact.role, None)))


def usual(circle: str, policy: Policy) -> Rule:
    """Primary, deputy, leader, each after the wait of the circle; in `watch` the first alone, listed and not rung."""
    return Rule(tuple(Step(role, policy.escalate_s(circle)) for role in LADDER))


def step_of(steps: Sequence[Mapping[str, Any]], n: int) -> Step | None:
    """One of the stored steps; None before the first and after the last."""
    return _step(steps[n]) if 0 <= n < len(steps) else None


def read(stored: Sequence[Mapping[str, Any]], read_backs: int) -> Rule:
    """A rule from its row or file; BadInput says what is wrong with it."""
    return Rule(tuple(_step(each) for each in stored), read_backs)


def _step(stored: Mapping[str, Any]) -> Step:
    tier = stored.get("tier")
    return Step(Role(stored["role"]), stored["wait_s"], Tier(tier) if tier else None)


def _wrong(zh: str, en: str) -> BadInput:
    return BadInput("bad-escalation", Words(f"升级规则：{zh}。", f"The rule of escalation {en}."))
