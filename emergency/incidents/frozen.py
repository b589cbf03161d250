"""The facts that duties were found from, as an assessment freezes them, and read back. Pure.

A question asked days later ("why was 江津 not told?") is answered from what stood then, not from what stands now.
"""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from emergency.agreements.values import (
    Circumstance,
    Facts,
    Grade,
    Kind,
    Medium,
    NearSite,
    Reached,
    Told,
)
from emergency.errors import Conflict
from emergency.units import iso
from emergency.words import Words, read_words

Json = dict[str, Any]
FACTS: Final = "facts"


def stored(facts: Facts) -> Json:
    """What of the facts an assessment does not say elsewhere."""
    return {
        "lead": facts.lead,
        "known_at": iso(facts.known_at),
        "assessed_at": iso(facts.assessed_at),
        "occasion": facts.occasion,
        "kind": facts.kind.value,
        "medium": facts.medium.value,
        "grade": facts.grade.value if facts.grade else None,
        "may_be_graver": facts.may_be_graver,
        "declared": facts.declared,
        "circumstances": [each.value for each in facts.circumstances],
        "since": iso(facts.since) if facts.since else None,
        "drill": facts.drill,
        "rivers": list(facts.rivers),
        "links": [
            [[*each.key], [[*key] for key in each.came_from], [[*key] for key in each.beside]] for each in facts.reached
        ],
        "intakes": [_intake(each) for each in facts.intakes],
        "told": [{"desk": each.desk, "by": each.by, "at": iso(each.at)} for each in facts.told],
    }


def facts(body: Json, zone: ZoneInfo) -> Facts:
    """The facts of a frozen assessment. Conflict where it was made before they were kept: assess again, then ask."""
    if FACTS not in body:
        words = Words("这次研判是旧版本做的，没有留下依据；请重新研判后再问。", "This assessment was made before facts were kept: assess again, then ask.")  # fmt: skip
        raise Conflict("facts-not-kept", words)
    kept = body[FACTS]
    links = {tuple(key): (came, beside) for key, came, beside in kept["links"]}
    return Facts(
        lead=kept["lead"],
        known_at=_moment(kept["known_at"]),
        assessed_at=_moment(kept["assessed_at"]),
        zone=zone,
        occasion=kept["occasion"],
        reached=tuple(_reached(each, *links[each["code"], each["entry"]]) for each in body["reached"]),
        rivers=tuple(kept["rivers"]),
        intakes=tuple(_read_intake(each) for each in kept["intakes"]),
        told=tuple(Told(each["desk"], each["by"], _moment(each["at"])) for each in kept["told"]),
        medium=Medium(kept["medium"]),
        kind=Kind(kept["kind"]),
        grade=Grade(kept["grade"]) if kept["grade"] else None,
        drill=kept["drill"],
        may_be_graver=kept["may_be_graver"],
        declared=kept["declared"],
        circumstances=tuple(Circumstance(each) for each in kept["circumstances"]),
        since=_moment(kept["since"]) if kept["since"] else None,
    )


def _reached(each: Json, came_from: list[Any], beside: list[Any]) -> Reached:
    return Reached(
        code=each["code"],
        name=read_words(each["name"]),
        desk=each["desk"],
        river=each["river"],
        river_name=read_words(each["river_name"]),
        entry=each["entry"],
        earliest_at=_moment(each["earliest_at"]),
        likely_at=_moment(each["likely_at"]),
        latest_at=_moment(each["latest_at"]),
        bank=each["bank"],
        came_from=tuple((code, n) for code, n in came_from),
        beside=tuple((code, n) for code, n in beside),
        flags=tuple(read_words(flag) for flag in each["flags"]),
    )


def _intake(each: NearSite) -> Json:
    return {
        "id": each.id,
        "name": each.name.stored(),
        "jurisdiction": each.jurisdiction,
        "desk": each.desk,
        "earliest_at": iso(each.earliest_at) if each.earliest_at else None,
    }


def _read_intake(each: Json) -> NearSite:
    hour = _moment(each["earliest_at"]) if each["earliest_at"] else None
    return NearSite(each["id"], read_words(each["name"]), each["jurisdiction"], each["desk"], hour)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
