"""What the texts of both languages are made from: short variables, already in words, and the templates that they fill. Pure.

A template is data: fixed words, as they are registered with a provider, and variables of a stated type between them. What
stands in [ ] is left out where a variable in it is empty.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from emergency.words import Words

ENDINGS: Final = {"end": Words("结束", "ended"), "withdrawal": Words("作废", "withdrawn")}
CERTAIN: Final = frozenset({*ENDINGS, "planned_release"})
"""Kinds that are the sender's own act: nothing in them waits to be verified."""


@dataclass(frozen=True, slots=True)
class Said:
    """The short variables of a text, already in words. An empty string is left out with its punctuation.

    earliest names its day; earliest_then only where it is not the day of `occurred`, just before it in the text.
    corrected: the fields of a correction, each with what it is now ("" where that is left out).
    """

    kind: str
    version: int
    code: str
    sender: str
    hint: bool
    river: str
    place: str
    section: str
    substance: str
    unknown: bool
    verified: bool
    occurred: str
    earliest: str
    earliest_then: str
    was: str
    moved: str
    next_update: str
    minutes: int
    corrected: tuple[tuple[str, str], ...] = ()


Form = Callable[[Said], str]


class Sort(StrEnum):
    """Of which sort a variable is: nothing else varies in a text."""

    NAME = "name"
    PLACE = "place"
    HOUR = "hour"
    CODE = "code"
    STATE = "state"
    NUMBER = "number"


VARIABLES: Final[Mapping[str, Sort]] = {
    "sender": Sort.NAME,
    "label": Sort.STATE,
    "river": Sort.PLACE,
    "place": Sort.PLACE,
    "section": Sort.PLACE,
    "occurred": Sort.HOUR,
    "earliest": Sort.HOUR,
    "earliest_then": Sort.HOUR,
    "was": Sort.HOUR,
    "next_update": Sort.HOUR,
    "no_hour": Sort.STATE,
    "substance": Sort.STATE,
    "unknown": Sort.STATE,
    "doubt": Sort.STATE,
    "urgent": Sort.STATE,
    "hint": Sort.STATE,
    "wrong": Sort.STATE,
    "ending": Sort.STATE,
    "code": Sort.CODE,
    "version": Sort.NUMBER,
    "minutes": Sort.NUMBER,
}
"""Every variable that a template may have."""

_PART: Final = re.compile(r"\[([^\[\]]*)\]|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """One text of one language. name: its key in the registry. values: the variables of a message, in this language's words."""

    name: str
    words: str
    values: Callable[[Said], Mapping[str, str]]

    def __call__(self, said: Said) -> str:
        """The text with its variables filled in."""
        return fill(self.words, self.values(said))

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables in it, each once, in the order in which they come."""
        return tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", self.words)))

    @property
    def fixed(self) -> int:
        """How many characters it has without its variables, at the most."""
        return len(re.sub(r"\{\w+\}|[\[\]]", "", self.words))


def fill(words: str, values: Mapping[str, str]) -> str:
    """`words` with each {variable} put in; what stands in [ ] falls out where one of its variables is empty."""

    def put(part: re.Match[str]) -> str:
        inner, name = part.group(1), part.group(2)
        if name is not None:
            return values[name]
        names = re.findall(r"\{(\w+)\}", inner)
        return fill(inner, values) if all(values[each] for each in names) else ""

    return _PART.sub(put, words)


@dataclass(frozen=True, slots=True)
class Near:
    """The variables of what an intake is told that is too near for any message. says: near, withdrawal or end."""

    says: str
    sender: str
    drill: bool


NearForm = Callable[[Near], str]


@dataclass(frozen=True, slots=True)
class Wording:
    """The forms of one language. texts: by kind; risen: the same where somebody before did not answer. Of the scripts, which are spoken, the first that fits is used;
    one that has nothing to say of this kind is empty.

    when: an instant in words, with its day unless that is the day of the second one. ranks: what a desk's name ends in and
    is not spoken. river: its name as written in a text. The general words stand where a name is unknown or too long.
    source_open: whether it still flows, in words. near_scripts: as scripts, for an intake.
    """

    when: Callable[[datetime, datetime | None], str]
    ranks: re.Pattern[str]
    river: Callable[[str], str]
    general_river: str
    general_section: str
    pollutant: str
    texts: Mapping[str, Form]
    risen: Mapping[str, Form]
    bell: Form
    bell_risen: Form
    drill: Form
    drill_bell: Form
    scripts: tuple[Form, ...]
    drill_scripts: tuple[Form, ...]
    near_scripts: tuple[NearForm, ...]
    source_open: Mapping[bool | None, str]
    unknown: str
    registry: tuple[Template, ...]
