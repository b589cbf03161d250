"""The wordings of our texts with their variables in braces, as a provider that registers templates asks for them; what
stands in [ ] may be left out. Pure.

The digest of a wording says whether it is still the one that was registered.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from contacts.texts import bundles, chinese, english
from contacts.texts.bundles import Waiting
from contacts.texts.said import Wording
from emergency.words import Language

WORDINGS: Final[Mapping[Language, Wording]] = {Language.ZH: chinese.WORDING, Language.EN: english.WORDING}


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
    for one in WORDINGS[language].registry:
        yield Template(one.name, one.words)
    for name, drill in (("bundle", False), ("drill_bundle", True)):
        first, second = (Waiting(n, f"{{{n}}}", "update", 2, "now", drill) for n in (1, 2))
        yield Template(f"{language.value}.{name}", bundles.together(first, [second], language)[0])
