"""Which updates may wait for company, and what does one text say that carries several of them? Pure.

Only once a contact's texts of a day are used up. A first alert always goes alone and at once, and so does what is graver
than all that the contact was sent of the incident, a withdrawal, and a correction: a bundle hides none of them. It holds
messages of one circle, all of them drills or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contacts.texts import chinese, english
from contacts.texts.segments import segments
from emergency.words import Language

GRAVITY: Final = {"now": 2, "prepare": 1}
ALONE: Final = frozenset({"withdrawal", "correction"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message on its way to a contact: the delivery that carries it, and what a bundle says of it."""

    delivery: int
    code: str
    kind: str
    version: int
    circle: str
    drill: bool


def goes_alone(message: Waiting, *, told: Sequence[str]) -> bool:
    """Whether it must not wait: `told` are the circles of what this contact was sent of the incident before."""
    gravest = max((gravity(circle) for circle in told), default=-1)
    return message.version == 1 or message.kind in ALONE or gravity(message.circle) > gravest


def gravity(circle: str) -> int:
    """How grave a circle of telling is."""
    return GRAVITY.get(circle, 0)


def together(first: Waiting, others: Sequence[Waiting], language: Language) -> tuple[str, tuple[Waiting, ...]]:
    """One text for `first` and as many of `others` as fit one segment, in their order; with those that do."""
    like = [other for other in others if (other.circle, other.drill) == (first.circle, first.drill)]
    for count in range(len(like), 0, -1):
        body = _text([first, *like[:count]], language)
        if segments(body).count == 1:
            return body, tuple(like[:count])
    return "", ()


def _text(messages: Sequence[Waiting], language: Language) -> str:
    drill = messages[0].drill
    if language is Language.ZH:
        named = "、".join(f"{each.code}{chinese.label(each.kind, each.version)}" for each in messages)
        mark, end = ("【演练】", "，不得采取实际措施【演练】") if drill else ("", "")
        return f"【联防】{mark}{len(messages)}件更新：{named}。请回电或登录逐件报码{end}"
    named = ", ".join(f"{each.code} {english.label(each.kind, each.version)}" for each in messages)
    mark, end = ("EXERCISE ", ". Take NO real action. EXERCISE") if drill else ("", "")
    return f"LIANFANG {mark}{len(messages)} updates: {named}. Call or sign in and read back each code{end}"
