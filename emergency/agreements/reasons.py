"""The sentences of the duties: why a desk is told, under what, and what stands in where no agreement does.

Each reason names the fact (who is reached, through which river, not before when), the clause, and whether its text is held
and where its limit comes from. Pure: hours are shown in the zone that the facts bring.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emergency.agreements.values import Agreement, Clause, Facts, Kind, Reached, Relation, Source
from emergency.jurisdictions.values import Divisions
from emergency.units import clock_en, clock_zh
from emergency.words import Words

LIMIT: Final[Mapping[Source, Words]] = {
    Source.TEXT: Words("时限依条文", "limit by its text"),
    Source.STATUTE: Words("时限依法规", "limit by statute"),
    Source.POLICY: Words("时限依本部署策略", "limit by local policy"),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """A desk to tell and the entry of the water that makes it one; None where reach is not what binds."""

    desk: str
    entry: Reached | None


def cited(agreement: Agreement, clause: Clause) -> Words:
    """Agreement and clause as a letter cites them."""
    return Words(f"《{agreement.title.zh}》{clause.label.zh}", f"{agreement.title.en}, {clause.label.en}")


def why(facts: Facts, agreement: Agreement, clause: Clause, recipient: Recipient, divisions: Divisions) -> Words:
    """Why this desk is told: the fact, the clause, and what its limit rests on."""
    rule, basis = cited(agreement, clause), _basis(clause)
    fact = _fact(facts, clause, recipient, divisions)
    marked = Words("【演练】", "EXERCISE: ") if facts.drill else Words("", "")
    return Words(
        f"{marked.zh}{fact.zh}；依{rule.zh}（{basis.zh}）",
        f"{marked.en}{fact.en}; under {rule.en} ({basis.en})",
    )


def _basis(clause: Clause) -> Words:
    limit = LIMIT[clause.duty.source]
    return limit if clause.text_held else Words(f"条文未取得，{limit.zh}", f"text not held, {limit.en}")


def _fact(facts: Facts, clause: Clause, recipient: Recipient, divisions: Divisions) -> Words:
    if recipient.entry is not None:
        return _reach_fact(facts, recipient.entry, divisions)
    name = divisions.name(recipient.desk)
    if clause.when.relation is Relation.TOLD:
        return Words(f"{name.zh}此前已接到本事件通报", f"{name.en} has been told of this incident before")
    return Words(f"{name.zh}为协议方，与河流走向无关", f"{name.en} is a party, whatever the river does")


def _reach_fact(facts: Facts, entry: Reached, divisions: Divisions) -> Words:
    name, river = _named_place(entry, divisions), entry.river_name
    if facts.kind is Kind.UPSTREAM_ENQUIRY:
        return Words(
            f"{name.zh}在{river.zh}上游，可能是来源", f"{name.en} lies upstream on {river.en} and may be the source"
        )
    hour = _hour(facts, entry)
    return Words(f"{name.zh}经{river.zh}被到达，{hour.zh}", f"{name.en} is reached through {river.en}, {hour.en}")


def _named_place(entry: Reached, divisions: Divisions) -> Words:
    """The division, and the desk that answers for it where that is another."""
    if entry.desk is None or entry.code == entry.desk:
        return entry.name
    desk = divisions.name(entry.desk)
    return Words(f"{entry.name.zh}（{desk.zh}）", f"{entry.name.en} ({desk.en})")


def _hour(facts: Facts, entry: Reached) -> Words:
    if entry.earliest_at is None:
        return Words("最早时间不明", "earliest hour unknown")
    zone = facts.zone
    return Words(f"最早{clock_zh(entry.earliest_at, zone)}", f"not before {clock_en(entry.earliest_at, zone)}")


def only_statute(name: Words) -> Words:
    """A reached neighbour that only the law protects."""
    return Words(
        f"没有协议覆盖{name.zh}，只有法定的相邻通报义务",
        f"No agreement covers {name.en}; only the duty of law towards a neighbour does",
    )


def relayed(name: Words, via: Words) -> Words:
    """A reached desk to which the news comes from the desk before it."""
    return Words(
        f"{name.zh}不与通报方相邻，也没有协议覆盖；由{via.zh}依环境保护部令第17号第八条向其通报",
        f"{name.en} is no neighbour and no agreement covers it; {via.en} tells it under article 8 of MEP order 17",
    )


def nothing(name: Words) -> Words:
    """A reached desk that nobody is bound to tell."""
    return Words(
        f"没有协议也没有法规条款使任何一方须向{name.zh}通报",
        f"No agreement and no rule that is loaded binds anyone to tell {name.en}",
    )


def no_desk(name: Words) -> Words:
    """A reached division without a desk."""
    return Words(
        f"{name.zh}及其上级都没有值班室，无处通报", f"Neither {name.en} nor anyone above it has a desk to tell"
    )
