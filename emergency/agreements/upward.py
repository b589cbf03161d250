"""Whom a desk reports to above it and tells on its own side, and what puts an incident on the two-hour track.

The question answered here: which desks stand over this one, and which circumstances of article 4 of order 17 (2011) do the
facts show? A line of a province is found from what is reached, a drinking-water source from the intakes on the way; the
others are stated by a person. Pure. It must not grade: an unknown grade is not known here either.
"""

from collections.abc import Iterator
from typing import Final

from emergency.agreements.circles import PREPARE_WITHIN, desks, within
from emergency.agreements.values import Circumstance, Facts, Relation
from emergency.jurisdictions.values import Divisions

WITHIN: Final = frozenset({Relation.INSIDE, Relation.ABOVE, Relation.PROVINCE})
"""The relations that lead up or stay at home, whatever the river does."""


def circumstances(facts: Facts, divisions: Divisions) -> frozenset[Circumstance]:
    """What of article 4 is stated or shown."""
    return frozenset(facts.circumstances) | frozenset(_shown(facts, divisions))


def _shown(facts: Facts, divisions: Divisions) -> Iterator[Circumstance]:
    home = divisions.province_of(facts.lead)
    if any(divisions.province_of(entry.code) != home for entry in facts.reached):
        yield Circumstance.ACROSS_PROVINCES
    if any(within(facts, site.earliest_at, PREPARE_WITHIN) for site in facts.intakes):
        yield Circumstance.DRINKING_WATER


def concerned(facts: Facts, who: str) -> bool:
    """Whether a desk owes reports of its own: where it happened, and wherever the water goes. A partner that got a courtesy
    copy owes none."""
    return who == facts.lead or who in desks(facts)


def over(relation: Relation, who: str, divisions: Divisions) -> str | None:
    """The desk that the relation names: its own, the next above, its province's; None where the list names nothing above.

    A level without a desk of its own is named all the same: that nobody answers there must show, and not vanish.
    """
    if relation is Relation.INSIDE:
        return who
    province = divisions.province_of(who)
    if relation is Relation.PROVINCE:
        return province if province != who else None
    above = divisions.ancestors(who)
    return next((code for code in above if divisions.division(code).desk), above[0] if above else None)
