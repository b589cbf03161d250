"""What a message to a desk says, taken from the assessment it rests on. Pure: facts only, delivery finds the words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emergency.words import Words

SECTION_WITHIN_KM: Final = 3.0
"""A section this near to the line is named as the place of arrival; else the line itself is."""
CORRECTABLE: Final = ("river", "place", "occurred_at", "substance", "source_open")
"""What of a message can have been wrong; its hour stands beside the one before anyway."""
Json = Mapping[str, Any]


def content(
    *,
    kind: str,
    tells: str,
    names: Mapping[str, Words],
    who: str,
    body: Json,
    before: Json | None,
    next_update_at: str | None,
    reason: str | None = None,
) -> dict[str, Any]:
    """The variables of a message to the desk `tells`, from the assessment `body`; `before`: its last message's content.

    reason: why it is corrected, withdrawn or ended.
    """
    entry = first_entry(body, tells)
    inputs = body["inputs"]
    occurred = inputs["occurred_at"]
    made = {
        "kind": kind,
        "drill": inputs["drill"],
        "sender": names[who].stored(),
        "receiver": names[tells].stored(),
        "river": body["reached"][0]["river_name"],
        "place": place(body),
        "section": section(body, entry) if entry else names[tells].stored(),
        "substance": Words(inputs["substance"], inputs["substance"]).stored() if inputs["substance"] else None,
        "occurred_at": occurred["latest"] if occurred else None,
        "earliest_at": entry["earliest_at"] if entry else None,
        "was_earliest_at": before["earliest_at"] if before else None,
        "likely_at": entry["likely_at"] if entry else None,
        "verified": inputs["verification"] == "verified",
        "source_open": {"continuing": True, "stopped": False}.get(inputs["source_state"]),
        "next_update_at": next_update_at,
        "reason": reason,
    }
    return made | {"corrected": corrected(before, made) if kind == "correction" and before else []}


def corrected(before: Json, now: Json) -> list[dict[str, Any]]:
    """What the desk was told that is otherwise now, field by field."""
    return [{"field": name, "was": before[name], "now": now[name]} for name in CORRECTABLE if before[name] != now[name]]


def first_entry(body: Json, desk: str) -> Json | None:
    """The first entry of the water into a desk's area, or None."""
    return next((each for each in body["reached"] if each["desk"] == desk), None)


def place(body: Json) -> dict[str, str]:
    """Where it happened, by division: 大竹县段."""
    name = body["reached"][0]["name"]
    return Words(f"{name['zh']}段", name["en"]).stored()


def section(body: Json, entry: Json) -> dict[str, str]:
    """The section at the line where the water enters, or the line itself."""
    near: Sequence[Json] = [
        site
        for site in body["sites"]
        if site["kind"] == "section" and abs(site["km"] - entry["enter_km"]) <= SECTION_WITHIN_KM
    ]
    if near:
        name: dict[str, str] = min(near, key=lambda site: abs(site["km"] - entry["enter_km"]))["name"]
        return name
    return Words(f"{entry['name']['zh']}界", f"{entry['name']['en']} line").stored()
