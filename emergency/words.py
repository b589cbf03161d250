"""The two languages of every sentence that a person reads, kept side by side.

A sentence is written once, where it is known, in Chinese and in English; whoever shows it picks one.
"""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """The interface languages; Chinese is the first."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str

    def to(self, language: Language) -> str:
        """The sentence in `language`."""
        return self.zh if language is Language.ZH else self.en

    def stored(self) -> dict[str, str]:
        """As it is kept in a JSON column: both languages, so that a record can be read by either side."""
        return {"zh": self.zh, "en": self.en}


def read_words(stored: dict[str, str]) -> Words:
    """The inverse of `Words.stored`."""
    return Words(zh=stored["zh"], en=stored["en"])
