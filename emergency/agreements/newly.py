"""Why a duty stands now that did not stand at the assessment before.

The question answered here: of the duties found again, which are new, and what changed that they are? One that was raised
before is never new, whatever moved. Pure. It compares two findings; it raises nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from emergency.agreements.circles import earliest
from emergency.agreements.values import Facts, Obligation, ObligationKey
from emergency.jurisdictions.values import Divisions
from emergency.units import clock_en, clock_zh
from emergency.words import Words


@dataclass(frozen=True, slots=True)
class Before:
    """What the assessment before was made of: its facts, and which version of each agreement stood."""

    facts: Facts
    versions: Mapping[str, int]


def marked(
    owed: Sequence[Obligation], raised: Iterable[ObligationKey], before: Before, now: Facts, divisions: Divisions
) -> tuple[Obligation, ...]:
    """The same duties in the same order; each that was not raised before says why it is new."""
    known = set(raised)
    return tuple(one if one.key in known else replace(one, new=_why(one, before, now, divisions)) for one in owed)


def _why(one: Obligation, before: Before, now: Facts, divisions: Divisions) -> Words:
    """The first change that explains it, in the order in which an officer would ask."""
    name, known = divisions.name(one.tells), before.versions.get(one.agreement)
    reached = {entry.desk for entry in now.reached}
    if one.who not in (before.facts.lead, *(told.desk for told in before.facts.told)):
        who = divisions.name(one.who)
        return Words(f"新增：{who.zh}此后成为通报方", f"new: {who.en} has come to owe since")
    if one.tells in reached and one.tells not in {entry.desk for entry in before.facts.reached}:
        return Words(f"新增：上次研判未到达{name.zh}，本次到达", f"new: {name.en} was not reached before and is now")
    if known is None:
        return Words(f"新增：上次研判后{one.cited.zh}开始适用", f"new: {one.cited.en} has applied only since then")
    if known != one.version:
        return Words(
            f"新增：该协议已更新为第{one.version}版", f"new: the agreement now stands in version {one.version}"
        )
    if now.grade is not before.facts.grade and now.grade is not None:
        was = before.facts.grade or "—"
        return Words(f"新增：级别由{was}变为{now.grade}", f"new: the grade went from {was} to {now.grade}")
    moved = _moved(one, before.facts, now)
    return moved or Words("新增：本次研判的情况与上次不同", "new: the findings differ from the assessment before")


def _moved(one: Obligation, before: Facts, now: Facts) -> Words | None:
    hour = earliest(now, one.tells)
    if hour is None or hour == earliest(before, one.tells):
        return None
    return Words(
        f"新增：最早到达改为{clock_zh(hour, now.zone)}", f"new: the earliest hour is now {clock_en(hour, now.zone)}"
    )
