"""An agreement's stored body, as read from its file, and the values that it describes. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from emergency.agreements.faults import Place
from emergency.agreements.values import (
    Agreement,
    Circle,
    Circumstance,
    Clause,
    Condition,
    Confidence,
    Duty,
    Form,
    Grade,
    Kind,
    Mechanism,
    Medium,
    Relation,
    Role,
    Source,
    Tier,
)
from emergency.words import read_words

ZONE: Final = ZoneInfo("Asia/Shanghai")
"""The days of these documents are days there."""


def read(body: Mapping[str, Any], version: int) -> Agreement:
    """The agreement that a faultless body describes."""
    scope = body.get("scope", {})
    return Agreement(
        id=body["id"],
        version=version,
        title=read_words(body["title"]),
        form=Form(body["form"]),
        parties=tuple(body["parties"]),
        parties_complete=body.get("parties_complete", True),
        media=_media(scope),
        rivers=tuple(scope.get("rivers", ())),
        divisions=tuple(scope.get("divisions", ())),
        valid_from=_midnight(body["valid_from"]),
        valid_to=_midnight(body["valid_to"]) + timedelta(days=1) if "valid_to" in body else None,
        tiers=tuple(Tier(tier["id"], read_words(tier["name"])) for tier in body.get("tiers", ())),
        mechanisms=tuple(_mechanism(each) for each in body.get("mechanisms", ())),
        clauses=tuple(_clause(each, body.get("policy", {})) for each in body["clauses"]),
        provenance=read_words(body["provenance"]),
        notes=tuple(read_words(each) for each in body.get("notes", ())),
    )


def codes(body: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every division's code that a faultless body names, with its place."""
    yield from _listed(("parties",), body["parties"])
    yield from _listed(("scope", "divisions"), body.get("scope", {}).get("divisions", ()))
    for n, clause in enumerate(body["clauses"]):
        for side in ("who", "tells"):
            yield from _listed(("clauses", n, "duty", side), clause["duty"].get(side, ()))


def rivers(body: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every river's code that a faultless body names, with its place."""
    return _listed(("scope", "rivers"), body.get("scope", {}).get("rivers", ()))


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), ZONE).astimezone(UTC)


def _media(holder: Mapping[str, Any]) -> tuple[Medium, ...]:
    return tuple(Medium(each) for each in holder.get("media", ()))


def _mechanism(body: Mapping[str, Any]) -> Mechanism:
    return Mechanism(body["id"], read_words(body["name"]) if "name" in body else None, body["text_held"])


def _clause(body: Mapping[str, Any], policy: Mapping[str, Any]) -> Clause:
    text = read_words(body["text"]) if "text" in body else None
    label = read_words(body["label"])
    return Clause(
        id=body["id"],
        label=label,
        text=text,
        text_held=body["text_held"],
        when=_condition(body["when"]),
        duty=_duty(body["duty"], policy),
        confidence=Confidence(body.get("confidence", "A")),
    )


def _condition(body: Mapping[str, Any]) -> Condition:
    return Condition(
        relation=Relation(body["relation"]),
        kinds=tuple(Kind(each) for each in body["kinds"]),
        media=_media(body),
        within_hours=body.get("within_hours"),
        grade_at_least=Grade(body["grade_at_least"]) if "grade_at_least" in body else None,
        circumstances=tuple(Circumstance(each) for each in body.get("circumstances", ())),
        grade_known=body.get("grade_known", False),
        until_declared=body.get("until_declared", False),
    )


def _duty(body: Mapping[str, Any], policy: Mapping[str, Any]) -> Duty:
    by_policy = "policy" in body
    return Duty(
        role=Role(body["role"]),
        source=Source.POLICY if by_policy else Source(body["source"]),
        who=tuple(body.get("who", ())),
        tells=tuple(body.get("tells", ())),
        within_minutes=policy[body["policy"]]["within_minutes"] if by_policy else body.get("within_minutes"),
        circle=Circle(body["circle"]) if "circle" in body else None,
        copy_to=tuple(read_words(each) for each in body.get("copy_to", ())),
        automatic=body.get("automatic", False),
        tier=body.get("tier"),
    )


def _listed(place: Place, values: Iterable[str]) -> Iterator[tuple[Place, str]]:
    for n, value in enumerate(values):
        yield (*place, n), value
