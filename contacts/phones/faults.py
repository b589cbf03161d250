"""What goes wrong on purpose, in a way that can be repeated: the n-th occasion of a fault is decided by the seed.

A fault is a row in the book, so it outlives a kill like everything else.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as it was set.

    probability: of each occasion. count: at most so many times (None: for ever). on: which occasions it looks at.
    seconds: of latency, lag or lateness. status: HTTP status of an error. per_second, burst: the rate's bucket.
    retry_after: the seconds that a refusal by the rate asks for.
    """

    name: str
    on: str
    probability: float = 1.0
    count: int | None = None
    seconds: float = 5.0
    status: int = 500
    per_second: float = 1.0
    burst: int = 1
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault that can be set: the occasions it may look at (the first by default), and its own settings."""

    on: tuple[str, ...]
    takes: tuple[str, ...] = ()


REQUESTS: Final = ("create", "list", "fetch", "all")
EVERY_REQUEST: Final = ("all", "create", "list", "fetch")
WEBHOOKS: Final = ("status", "inbound", "all")
KINDS: Final = {
    "outage": Kind(EVERY_REQUEST, ("status",)),
    "credentials_wrong": Kind(EVERY_REQUEST),
    "rate_limit": Kind(REQUESTS, ("per_second", "burst", "retry_after")),
    "latency_before_accept": Kind(REQUESTS, ("seconds",)),
    "error_before_accept": Kind(REQUESTS, ("status",)),
    "reset_before_accept": Kind(REQUESTS),
    "latency_after_accept": Kind(("create",), ("seconds",)),
    "error_after_accept": Kind(("create",), ("status",)),
    "reset_after_accept": Kind(("create",)),
    "list_lag": Kind(("create",), ("seconds",)),
    "callback_dropped": Kind(WEBHOOKS),
    "callback_late": Kind(WEBHOOKS, ("seconds",)),
    "callback_doubled": Kind(WEBHOOKS),
    "callback_forged": Kind(WEBHOOKS),
    "callback_reordered": Kind(("create",)),
}
LIMITS: Final = {
    "probability": (float, 0.0, 1.0),
    "count": (int, 1, 1_000_000),
    "seconds": (float, 0.0, 600.0),
    "status": (int, 500, 599),
    "per_second": (float, 0.001, 10_000.0),
    "burst": (int, 1, 10_000),
    "retry_after": (int, 0, 3600),
}


class BadFault(Exception):
    """A fault or a setting of it that does not exist or is out of range."""


def read_fault(name: str, settings: Mapping[str, Any]) -> Fault:
    """The fault that `settings` describe; BadFault says what does not fit."""
    if name not in KINDS:
        raise BadFault(f"no fault {name!r}; there are {', '.join(KINDS)}")
    kind = KINDS[name]
    allowed = ("on", "probability", "count", *kind.takes)
    if unknown := sorted(set(settings) - set(allowed)):
        raise BadFault(f"{name} has no setting {', '.join(unknown)}; it takes {', '.join(allowed)}")
    on = settings.get("on", kind.on[0])
    if on not in kind.on:
        raise BadFault(f"{name}: on must be one of {', '.join(kind.on)}")
    numbers = {key: _number(key, value) for key, value in settings.items() if key != "on" and value is not None}
    if name == "outage":
        numbers.setdefault("status", 503)
    return Fault(name=name, on=on, **numbers)


def _number(key: str, value: object) -> Any:
    kind, least, most = LIMITS[key]
    fits = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
    if not fits or not least <= float(str(value)) <= most:
        raise BadFault(f"{key} must be {'a whole number' if kind is int else 'a number'} from {least} to {most}")
    return value


def keep(db: sqlite3.Connection, fault: Fault, now: datetime) -> None:
    """Set `fault`, counting its occasions from zero."""
    row = (fault.name, json.dumps(asdict(fault)), float(fault.burst), now)
    db.execute("INSERT OR REPLACE INTO faults (name, settings, tokens, filled_at) VALUES (?, ?, ?, ?)", row)


def strike(db: sqlite3.Connection, name: str, on: str, *, seed: int, now: datetime) -> Fault | None:
    """The fault if it happens on this occasion; counts the occasion."""
    row = db.execute("SELECT * FROM faults WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    fault = Fault(**json.loads(row["settings"]))
    if fault.on not in (on, "all") or (fault.count is not None and row["fired"] >= fault.count):
        return None
    happens = _chance(seed, name, row["seen"]) < fault.probability
    if name == "rate_limit":
        happens = not _take_token(db, fault, row, now) and happens
    db.execute("UPDATE faults SET seen = seen + 1, fired = fired + ? WHERE name = ?", (happens, name))
    return fault if happens else None


def _chance(seed: int, name: str, occasion: int) -> float:
    digest = sha256(f"{seed}:{name}:{occasion}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _take_token(db: sqlite3.Connection, fault: Fault, row: sqlite3.Row, now: datetime) -> bool:
    waited_s = max(0.0, (now - row["filled_at"]).total_seconds())
    tokens = min(float(fault.burst), row["tokens"] + waited_s * fault.per_second)
    taken = bool(tokens >= 1.0)
    db.execute("UPDATE faults SET tokens = ?, filled_at = ? WHERE name = ?", (tokens - taken, now, fault.name))
    return taken
