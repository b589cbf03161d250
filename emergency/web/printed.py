"""The record of an incident as a page to be read and printed: names for codes, local hours, sentences for journal entries.

Pure: it takes the folded record in one language and changes nothing in it; what the fold withholds stays withheld.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from emergency.incidents.statement import CLEARED
from emergency.labels import label
from emergency.words import Language

Json = Mapping[str, Any]
WORDED: Final = {
    "kind": "kind",
    "act": "act",
    "channel": "channel",
    "via": "via",
    "outcome": "outcome",
    "circle": "circle",
    "state": "verification",
    "because": "linked",
}
"""Facts whose values are words of the catalogue, with the group in which each stands."""
SAID: Final = (
    "location",
    "occurred_at",
    "known_at",
    "substance",
    "source_state",
    "flow_state",
    "bank",
    "verification",
    "reporter",
    "source",
    "mass_kg",
    "duration_min",
    "description",
    "deaths",
    "poisoned",
    "evacuated",
    "loss_yuan",
    "intake_interrupted",
    "unlocated",
    "drill",
)
"""The fields of a statement, as the form asks for them."""
SAID_WORDED: Final = {
    "source_state": "source_state",
    "flow_state": "flow_state",
    "bank": "bank",
    "source": "source",
    "verification": "verification",
    "intake_interrupted": "interrupted",
}
LEAST_FOLDED: Final = 3
DESKS: Final = ("tells", "desk", "jurisdiction")


@dataclass(frozen=True, slots=True)
class Speech:
    """How a page speaks: its language and that one's sentences, the names of desks, the zone of its hours."""

    words: Mapping[str, str]
    names: Mapping[str, str]
    zone: ZoneInfo
    tongue: Language

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


def statement(said: Json, speech: Speech) -> list[tuple[str, str]]:
    """What one report says, field by field, in the order of the form; what a correction made unknown, at the end."""
    given = {**said, **(said.get("impact") or {})}
    shown = [(_label(name, speech), _value(name, given[name], speech)) for name in SAID if given.get(name)]
    cleared = [_label(name, speech) for name in said.get(CLEARED, ())]
    return shown + ([(speech.words["record.report.cleared"], speech.words["comma"].join(cleared))] if cleared else [])


def _label(name: str, speech: Speech) -> str:
    called = label(name).to(speech.tongue).removeprefix("the ")
    return called[:1].upper() + called[1:]


def _value(name: str, value: Any, speech: Speech) -> str:
    if name in SAID_WORDED:
        return speech.word(SAID_WORDED[name], value)
    if name == "location":
        return f"{value.get('lon')}, {value.get('lat')}"
    if name in ("occurred_at", "known_at"):
        instants = [value["earliest"], value["latest"]] if isinstance(value, Mapping) else [value]
        return " – ".join(speech.hour(each) for each in instants)
    if isinstance(value, bool):
        return speech.words["yes"]
    return f"{value:,}" if isinstance(value, int | float) else str(value)


@dataclass(frozen=True, slots=True)
class Fold:
    """Entries shown as one: what they are together is empty where each stands for itself."""

    together: str
    entries: Sequence[Json]


def helpers(speech: Speech) -> dict[str, Callable[..., Any]]:
    """What the template calls."""
    return {
        "statement": lambda said: statement(said, speech),
        "folded": lambda entries: folded(entries, speech),
        "word": speech.word,
        "desk": speech.desk,
        "hour": speech.hour,
        "seconds": speech.seconds,
        "line": lambda entry: line(entry, speech),
        "actor": lambda by: actor(by, speech),
        "behalf": lambda told: behalf(told, speech),
        "reason": reason,
    }


def line(entry: Json, speech: Speech) -> str:
    """A journal entry as a sentence; one without a sentence shows its kind."""
    facts = dict(entry["facts"])
    known: dict[str, Any] = {
        **facts,
        **{name: speech.word(group, facts[name]) if facts.get(name) else "" for name, group in WORDED.items()},
        "tells": speech.desk(next((facts[name] for name in DESKS if facts.get(name)), None)),
        **{name: speech.desk(facts.get(name)) for name in ("who", "lead", "from", "to")},
        "numbers": speech.words["comma"].join(str(n) for n in _listed(facts, "reports")),
        "newly": _desks(_listed(facts, "newly_reached"), speech),
        "away": _desks(_listed(facts, "no_longer_reached"), speech),
        "role": _role(facts, speech),
        "reason": reason(facts.get("reason")),
        "tier": facts.get("tier_name", ""),
        "recipients": speech.words["comma"].join(_office(one, speech) for one in facts.get("to") or ()),
        "how": speech.word("how", facts["how"]) if facts.get("how") else "",
        "flow": speech.word("flow_state", facts.get("flow_state", "")),
        "behalf": behalf(facts, speech),
        "cleared": cleared(facts.get("cleared"), speech),
        "late": speech.words["late.at"].format(at=speech.hour(facts.get("stated_at"))) if facts.get("late") else "",
    }
    sentence = speech.words.get(f"entry.{entry['kind']}")
    return sentence.format_map(_Blank(known)) if sentence else str(entry["kind"])


def _role(facts: Json, speech: Speech) -> str:
    role = speech.word("contact", facts.get("role") or facts.get("step") or "")
    return " · ".join(each for each in (role, str(facts.get("tier_name") or "")) if role and each)


def _office(one: str, speech: Speech) -> str:
    """Whom a report went to: an office by its key, a division by its code, or a name."""
    return speech.words.get(f"office.{one}") or speech.desk(one)


def _listed(facts: Json, name: str) -> Sequence[Any]:
    found = facts.get(name)
    return found if isinstance(found, list) else ()


def _desks(codes: Sequence[Any], speech: Speech) -> str:
    return speech.words["comma"].join(speech.desk(code) for code in codes) or speech.words["nobody"]


def folded(entries: Sequence[Json], speech: Speech) -> list[Fold]:
    """The timeline with each run of what the machine entered at once as one line that can be opened."""
    runs = [list(run) for _, run in groupby(entries, key=_alike)]
    folds: list[Fold] = []
    for run in runs:
        sentence = speech.words.get(f"fold.{run[0].get('kind')}")
        if sentence and len(run) >= LEAST_FOLDED:
            known = _Blank(n=len(run), reason=reason(run[0]["facts"].get("reason")))
            folds.append(Fold(sentence.format_map(known), run))
        else:
            folds.extend(Fold("", [each]) for each in run)
    return folds


def _alike(entry: Json) -> tuple[object, ...]:
    """Entries of a row that are alike in this are one act: of one kind, by one actor, for one reason."""
    return entry.get("kind"), str(entry.get("by")), str(entry.get("facts", {}).get("reason"))


def actor(by: Json, speech: Speech) -> str:
    """Who did it: a desk and role, or a process."""
    if by.get("process"):
        return speech.words["by.process"].format(process=by["process"])
    role = speech.word("role", by["role"]) if by.get("role") else ""
    return " ".join(part for part in (speech.desk(by.get("desk")), role) if part)


def behalf(told: Json, speech: Speech) -> str:
    """For whom a message was decided on, and why; nothing where its own desk did."""
    if not told.get("on_behalf"):
        return ""
    return speech.words["entry.behalf"].format(who=speech.desk(told.get("who")), why=told["on_behalf"])


def cleared(names: Sequence[str] | None, speech: Speech) -> str:
    """What a correction made unknown."""
    if not names:
        return ""
    fields = speech.words["comma"].join(speech.word("field", name) for name in names)
    return speech.words["entry.cleared"].format(fields=fields)


def reason(given: object) -> str:
    """A reason as it was typed, or with its slug from delivery."""
    if isinstance(given, Mapping):
        return str(given.get("words", ""))
    return str(given or "")


class _Blank(dict[str, Any]):
    """A fact that an entry does not have leaves its place empty."""

    def __missing__(self, name: str) -> str:
        return ""
