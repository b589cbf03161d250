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
    files: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """The variables of a message to the desk `tells`, from the assessment `body`; `before`: its last message's content.

    reason: why it is corrected, withdrawn or ended. files: the file that it told of, and the one that it goes on in.
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
        "section": _section(kind, body, entry, names[tells]),
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
    if kind != "correction" or not before:
        return made | {"corrected": []}
    return made | {"corrected": [*_gone_on(files), *_spared(before, made), *corrected(before, made)]}


def _section(kind: str, body: Json, entry: Json | None, receiver: Words) -> dict[str, str]:
    """Where it arrives at the receiver; in an enquiry, where it was found."""
    if kind == "upstream_enquiry":
        return section(body, body["reached"][0]) if _has_section(body) else place(body)
    return section(body, entry) if entry else receiver.stored()


def _has_section(body: Json) -> bool:
    start_km = body["reached"][0]["enter_km"]
    return any(site["kind"] == "section" and abs(site["km"] - start_km) <= SECTION_WITHIN_KM for site in body["sites"])


def _gone_on(files: tuple[int, int] | None) -> list[dict[str, Any]]:
    """The number under which the receiver knew it, and the one it has now."""
    return [{"field": "file", "was": files[0], "now": files[1]}] if files else []


def _spared(before: Json, now: Json) -> list[dict[str, Any]]:
    """That the water does not come to the receiver after all: said in so many words, never left out."""
    spared = before["earliest_at"] is not None and now["earliest_at"] is None
    return [{"field": "reached", "was": True, "now": False}] if spared else []


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
