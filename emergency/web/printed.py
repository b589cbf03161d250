"""The record of an incident as a page to be read and printed: names for codes, local hours, sentences for journal entries.

Pure: it takes the folded record in one language and changes nothing in it; what the fold withholds stays withheld.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

Json = Mapping[str, Any]
WORDED: Final = {
    "kind": "kind",
    "act": "act",
    "channel": "channel",
    "via": "via",
    "outcome": "outcome",
    "circle": "circle",
}
"""Facts whose values are words of the catalogue, with the group in which each stands."""
DESKS: Final = ("tells", "desk", "jurisdiction")


@dataclass(frozen=True, slots=True)
class Speech:
    """How a page speaks: one language's sentences, the names of desks, the zone of its hours."""

    words: Mapping[str, str]
    names: Mapping[str, str]
    zone: ZoneInfo

    def word(self, group: str, value: object) -> str:
        """The word for a state or kind; an unknown one stands as it is."""
        return self.words.get(f"{group}.{value}", str(value))

    def desk(self, code: object) -> str:
        """A desk's name."""
        return self.names.get(str(code), str(code)) if code else ""

    def hour(self, at: str | None) -> str:
        """Date and hour in the deployment's zone."""
        return datetime.fromisoformat(at).astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if at else "—"

    def seconds(self, at: str) -> str:
        """Date and time to the second, as the journal has it."""
        return datetime.fromisoformat(at).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")


def helpers(speech: Speech) -> dict[str, Callable[..., str]]:
    """What the template calls."""
    return {
        "word": speech.word,
        "desk": speech.desk,
        "hour": speech.hour,
        "seconds": speech.seconds,
        "line": lambda entry: line(entry, speech),
        "actor": lambda by: actor(by, speech),
        "reason": reason,
    }


def line(entry: Json, speech: Speech) -> str:
    """A journal entry as a sentence; one without a sentence shows its kind."""
    facts = dict(entry["facts"])
    known: dict[str, Any] = {
        **facts,
        **{name: speech.word(group, facts[name]) if facts.get(name) else "" for name, group in WORDED.items()},
        "tells": speech.desk(next((facts[name] for name in DESKS if facts.get(name)), None)),
        "who": speech.desk(facts.get("who")),
        "role": speech.word("contact", facts.get("role") or facts.get("step") or ""),
        "reason": reason(facts.get("reason")),
        "flow": speech.word("flow_state", facts.get("flow_state", "")),
    }
    sentence = speech.words.get(f"entry.{entry['kind']}")
    return sentence.format_map(_Blank(known)) if sentence else str(entry["kind"])


def actor(by: Json, speech: Speech) -> str:
    """Who did it: a desk and role, or a process."""
    if by.get("process"):
        return speech.words["by.process"].format(process=by["process"])
    role = speech.word("role", by["role"]) if by.get("role") else ""
    return " ".join(part for part in (speech.desk(by.get("desk")), role) if part)


def reason(given: object) -> str:
    """A reason as it was typed, or with its slug from delivery."""
    if isinstance(given, Mapping):
        return str(given.get("words", ""))
    return str(given or "")


class _Blank(dict[str, Any]):
    """A fact that an entry does not have leaves its place empty."""

    def __missing__(self, name: str) -> str:
        return ""
