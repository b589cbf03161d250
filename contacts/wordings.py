"""The wordings of our texts with their variables in braces, as a provider that registers templates asks for them. Pure.

The digest of a wording says whether it is still the one that was registered.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contacts import bundles, chinese, english
from contacts.bundles import Waiting
from contacts.said import Form, Said, Wording
from emergency.words import Language

WORDINGS: Final = {Language.ZH: chinese.WORDING, Language.EN: english.WORDING}
FORMS: Final = ("bell", "drill", "drill_bell")


@dataclass(frozen=True, slots=True)
class Template:
    """One wording. name: its language and what it is for."""

    name: str
    body: str

    @property
    def digest(self) -> str:
        """What changes with the wording."""
        return hashlib.sha256(self.body.encode()).hexdigest()


def all_of(language: Language) -> tuple[Template, ...]:
    """Every wording in a language, in a fixed order."""
    return tuple(_made(language))


def _made(language: Language) -> Iterator[Template]:
    wording = WORDINGS[language]
    for kind, form in wording.texts.items():
        yield Template(f"{language.value}.{kind}", form(_variables(kind, language)))
    for name in FORMS:
        form = _form(wording, name)
        yield Template(f"{language.value}.{name}", form(_variables("incident", language)))
    for name, drill in (("bundle", False), ("drill_bundle", True)):
        first, second = (Waiting(n, f"{{{n}}}", "update", 2, "now", drill) for n in (1, 2))
        yield Template(f"{language.value}.{name}", bundles.together(first, [second], language)[0])


def _form(wording: Wording, name: str) -> Form:
    return {"bell": wording.bell, "drill": wording.drill, "drill_bell": wording.drill_bell}[name]


def _variables(kind: str, language: Language) -> Said:
    zh = language is Language.ZH
    return Said(
        kind=kind,
        version=2 if kind == "update" else 1,
        code="{码}" if zh else "{code}",
        sender="{席位}" if zh else "{desk}",
        hint=True,
        river="{河流}" if zh else "{river}",
        place="{地点}" if zh else "{place}",
        section="{断面}" if zh else "{section}",
        substance="{物质}" if zh else "{substance}",
        unknown=False,
        verified=True,
        occurred="{时间}" if zh else "{hour}",
        earliest="{最早}" if zh else "{earliest}",
        earliest_then="{最早}" if zh else "{earliest}",
        was="{原时间}" if zh else "{before}",
        moved="later",
        next_update="{再报}" if zh else "{next}",
        minutes=15,
        corrected=(("substance", "{新值}" if zh else "{now}"),),
    )
