"""How long it took from knowing to the first message, the first call and the first read-back (first hour, measures).

The one definition, for the card on the desk and for the record: a call and a read-back count from when they were made, as the
officer stated it, though they may have been recorded later and out of order.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from emergency.journal import Entry

ENDED_BY: Final[Mapping[str, str]] = {
    "notification.issued": "first_issue_min",
    "delivery.called": "first_call_min",
    "intake.called": "first_call_min",
    "notification.acknowledged": "first_read_back_min",
}
"""The kinds of entry that end a measure, and which."""


def measured(known_at: datetime, entries: Iterable[Entry]) -> dict[str, float | None]:
    """Minutes from `known_at` to the first of each; None while there is none."""
    first: dict[str, datetime] = {}
    for entry in entries:
        name = ENDED_BY.get(entry.kind)
        if name is not None:
            first[name] = min(done_at(entry), first.get(name, done_at(entry)))
    return {name: _minutes(known_at, first.get(name)) for name in ENDED_BY.values()}


def done_at(entry: Entry) -> datetime:
    """When it was done: as stated, where somebody said so, else when it was recorded."""
    said = entry.facts.get("stated_at")
    return datetime.fromisoformat(said) if isinstance(said, str) else entry.at


def _minutes(known_at: datetime, at: datetime | None) -> float | None:
    """Never below zero: what is typed has no seconds."""
    return None if at is None else max(0.0, round((at - known_at).total_seconds() / 60, 1))
