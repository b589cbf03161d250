"""What the texts of both languages are made from: short variables, already in words, and the forms that a language fills. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Near:
    """The variables of what an intake is told that is too near for any message. says: near, withdrawal or end."""

    says: str
    sender: str
    drill: bool


NearForm = Callable[[Near], str]


@dataclass(frozen=True, slots=True)
class Wording:
    """The forms of one language. texts: by kind. Of the scripts, which are spoken, the first that fits is used;
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
    bell: Form
    drill: Form
    drill_bell: Form
    scripts: tuple[Form, ...]
    drill_scripts: tuple[Form, ...]
    near_scripts: tuple[NearForm, ...]
    source_open: Mapping[bool | None, str]
    unknown: str
