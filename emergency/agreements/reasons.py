"""The sentences of the duties: why a desk is told, under what, and what stands in where no agreement does.

Each reason names the fact (who is reached, through which river, not before when), the clause, and whether its text is held
and where its limit comes from. Pure: hours are shown in the zone that the facts bring.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from emergency.agreements.upward import WITHIN
from emergency.agreements.values import (
    Agreement,
    Clause,
    Confidence,
    Explanation,
    Facts,
    Kind,
    Reached,
    Relation,
    Role,
    Source,
)
from emergency.jurisdictions.values import Divisions
from emergency.units import clock_en, clock_zh
from emergency.words import Words

LIMIT: Final[Mapping[Source, Words]] = {
    Source.TEXT: Words("时限依条文", "limit by its text"),
    Source.STATUTE: Words("时限依法规", "limit by statute"),
    Source.POLICY: Words("时限依本部署策略", "limit by local policy"),
}
DOUBT: Final[Mapping[Confidence, Words]] = {
    Confidence.B: Words("，待核实", ", to be verified"),
    Confidence.C: Words("，存疑，使用前须核实", ", doubtful, verify before use"),
}


ROLE: Final[Mapping[Role, Words]] = {
    Role.LIAISON: Words("联络人", "the liaison"),
    Role.DUTY_OFFICER: Words("值班员", "the duty officer"),
    Role.LEADER: Words("带班领导", "the duty leader"),
    Role.HEAD: Words("负责人", "the head"),
    Role.GOVERNMENT: Words("本级人民政府总值班室", "the duty room of its own government"),
    Role.WATER_BUREAU: Words("水利部门", "the water bureau"),
    Role.DAM_OPERATOR: Words("闸坝管理单位", "the operator of gates and dams"),
    Role.WATER_COMPANY: Words("供水单位", "the water company"),
    Role.FIRE: Words("消防救援机构", "the fire and rescue service"),
    Role.EMERGENCY_MANAGEMENT: Words("应急管理部门", "the emergency management bureau"),
    Role.TRANSPORT_POLICE: Words("公安交管部门", "the transport police"),
    Role.HEALTH: Words("卫生健康部门", "the health bureau"),
    Role.AGRICULTURE: Words("农业农村部门", "the agriculture bureau"),
    Role.INFORMATION_OFFICE: Words("新闻宣传部门", "the information office"),
}
KIND: Final[Mapping[Kind, Words]] = {
    Kind.INCIDENT: Words("首报", "first notice"),
    Kind.UPDATE: Words("续报", "update"),
    Kind.PLANNED_RELEASE: Words("调度预告", "planned release"),
    Kind.UPSTREAM_ENQUIRY: Words("上游协查", "upstream enquiry"),
    Kind.END: Words("终报", "end"),
    Kind.CORRECTION: Words("更正", "correction"),
    Kind.WITHDRAWAL: Words("撤回", "withdrawal"),
    Kind.COURTESY_COPY: Words("抄告", "courtesy copy"),
    Kind.REPORT_UPWARD: Words("上报", "report upward"),
}
CONFIDENCE: Final[Mapping[Confidence, Words]] = {
    Confidence.A: Words("内容见于来源", "its content is read in a source"),
    Confidence.B: Words("内容待核实", "its content is to be verified"),
    Confidence.C: Words("内容存疑，使用前须核实", "its content is doubtful: verify before use"),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """A desk to tell and the entry of the water that makes it one; None where reach is not what binds."""

    desk: str
    entry: Reached | None


def cited(agreement: Agreement, clause: Clause) -> Words:
    """Agreement and clause as a letter cites them."""
    return Words(f"《{agreement.title.zh}》{clause.label.zh}", f"{agreement.title.en}, {clause.label.en}")


def why(facts: Facts, agreement: Agreement, clause: Clause, explained: Explanation) -> Words:
    """Why this desk is told, in one sentence: the fact, the clause, and what its limit rests on."""
    rule, basis, fact = cited(agreement, clause), _basis(clause), explained.fact
    marked = Words("【演练】", "EXERCISE: ") if facts.drill else Words("", "")
    return Words(
        f"{marked.zh}{fact.zh}；依{rule.zh}（{basis.zh}）",
        f"{marked.en}{fact.en}; under {rule.en} ({basis.en})",
    )


def explanation(
    facts: Facts, agreement: Agreement, clause: Clause, who: str, recipient: Recipient, divisions: Divisions
) -> Explanation:
    """The same, part by part."""
    entry = recipient.entry
    return Explanation(
        fact=_fact(facts, clause, recipient, divisions),
        stretch=None if entry is None else _stretch(entry),
        clock=_clock(facts, clause, who, divisions),
    )


def clock_start(facts: Facts, who: str) -> datetime:
    """When a desk's clock starts; a notice starts its receiver's own (order 17 of 2011, art. 8)."""
    if who == facts.lead:
        return facts.known_at
    return min(told.at for told in facts.told if told.desk == who)


def _stretch(entry: Reached) -> Words:
    return Words(
        f"{entry.river_name.zh}{entry.name.zh}段，第{entry.entry}次进入",
        f"{entry.river_name.en} in {entry.name.en}, entry {entry.entry}",
    )


def _clock(facts: Facts, clause: Clause, who: str, divisions: Divisions) -> Words:
    start, name = clock_start(facts, who), divisions.name(who)
    since = Words(
        f"自{name.zh}得知起（{clock_zh(start, facts.zone)}）",
        f"from when {name.en} knew ({clock_en(start, facts.zone)})",
    )
    minutes, basis = clause.duty.within_minutes, LIMIT[clause.duty.source]
    if minutes is None:
        return Words(f"{since.zh}，未定时限", f"{since.en}, no limit is set")
    return Words(f"{since.zh}{_span_zh(minutes)}内，{basis.zh}", f"{since.en}, within {_span_en(minutes)}, {basis.en}")


def _span_zh(minutes: int) -> str:
    return f"{minutes // 60}小时" if minutes >= 60 and minutes % 60 == 0 else f"{minutes}分钟"


def _span_en(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes >= 60 and minutes % 60 == 0 else f"{minutes} min"


def _basis(clause: Clause) -> Words:
    limit = LIMIT[clause.duty.source]
    doubt = DOUBT.get(clause.confidence, Words("", ""))
    held = Words("", "") if clause.text_held else Words("条文未取得，", "text not held, ")
    return Words(f"{held.zh}{limit.zh}{doubt.zh}", f"{held.en}{limit.en}{doubt.en}")


def _fact(facts: Facts, clause: Clause, recipient: Recipient, divisions: Divisions) -> Words:
    if recipient.entry is not None:
        return _reach_fact(facts, recipient.entry, divisions)
    name = divisions.name(recipient.desk)
    if clause.when.relation is Relation.TOLD:
        return Words(f"{name.zh}此前已接到本事件通报", f"{name.en} has been told of this incident before")
    if clause.when.relation is Relation.INSIDE:
        office = ROLE[clause.duty.role]
        return Words(f"本方内部名单：{name.zh}{office.zh}", f"on one's own side: {office.en} of {name.en}")
    if clause.when.relation in WITHIN:
        return Words(f"{name.zh}为上级，须向其报告", f"{name.en} stands above and is reported to")
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
