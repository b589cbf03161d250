"""What a check found in a network: counted, with its first examples and what to do. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emergency.words import Words

SHOWN: Final = 5
"""Examples kept per finding: enough to find the place, few enough to read."""


@dataclass(frozen=True, slots=True)
class Example:
    """One place of a finding: the reach (or feature) as a reader finds it, and where it is drawn."""

    reach: str
    lon: float | None = None
    lat: float | None = None
    value: str | None = None

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"reach": self.reach, "lon": self.lon, "lat": self.lat, "value": self.value}

    def __str__(self) -> str:
        place = "" if self.lon is None else f" ({self.lon:.5f}, {self.lat:.5f})"
        return f"{self.reach}{place}" + ("" if self.value is None else f": {self.value}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of trouble: `refuses` the load, or stays with the version as a warning."""

    slug: str
    refuses: bool
    count: int
    words: Words
    examples: Sequence[Example]

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "slug": self.slug,
            "refuses": self.refuses,
            "count": self.count,
            "words": self.words.stored(),
            "examples": [example.stored() for example in self.examples],
        }


def refusal(slug: str, words: Words, count: int, examples: Iterable[Example]) -> list[Finding]:
    """A finding that refuses the load, if there is any of it."""
    return [Finding(slug, True, count, words, tuple(examples))] if count else []


def warning(slug: str, words: Words, count: int, examples: Iterable[Example]) -> list[Finding]:
    """A finding that stays with the version, if there is any of it."""
    return [Finding(slug, False, count, words, tuple(examples))] if count else []


def read_finding(stored: Mapping[str, Any]) -> Finding:
    """The inverse of `Finding.stored`."""
    words = Words(zh=stored["words"]["zh"], en=stored["words"]["en"])
    examples = tuple(Example(**example) for example in stored["examples"])
    return Finding(stored["slug"], stored["refuses"], stored["count"], words, examples)
