"""Why is this place told, or not told? The same tests that raise duties, asked one by one, until the first that fails.

The question answered here: for any division, told or not, what is the reason, and clause by clause where does each stop? It
must never disagree with `obligations`: both go through the same tests. Pure.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from emergency.agreements import obligations as duties
from emergency.agreements.circles import PREPARE_WITHIN, desks, earliest, in_order
from emergency.agreements.reasons import cited
from emergency.agreements.upward import WITHIN, circumstances, concerned, over
from emergency.agreements.values import Agreement, Circle, Clause, Facts, Kind, Medium, Obligation, Reached, Relation
from emergency.jurisdictions.values import Divisions
from emergency.units import clock_en, clock_zh
from emergency.words import Words


class Because(StrEnum):
    """Why a place is told or not, or why a clause does not have it told; of the last, the further down the nearer it came."""

    TOLD = "told"
    WATCHED = "watched"
    LEADS = "leads"
    NO_DESK = "no_desk"
    NOT_REACHED = "not_reached"
    NO_CLAUSE = "no_clause"
    NOT_IN_FORCE = "not_in_force"
    OTHER_MEDIUM = "other_medium"
    OTHER_KIND = "other_kind"
    NOT_A_PARTY = "not_a_party"
    RELATION = "relation"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_GRAVE = "not_grave"
    ALONE = "alone"
    BINDS = "binds"


NEARNESS: Final = {
    each: n
    for n, each in enumerate(
        (
            Because.NOT_A_PARTY,
            Because.OTHER_KIND,
            Because.OTHER_MEDIUM,
            Because.NOT_IN_FORCE,
            Because.RELATION,
            Because.OUT_OF_SCOPE,
            Because.NOT_GRAVE,
            Because.ALONE,
            Because.BINDS,
        )
    )
}


@dataclass(frozen=True, slots=True)
class Judged:
    """How one clause stands to the place: the first test that it fails, or BINDS."""

    agreement: str
    clause: str
    cited: Words
    because: Because
    words: Words


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a place is told or not. desk: where it would be told; told: whether any duty to tell it stands, watched ones too.

    obligations: those duties; clauses: every clause that could have spoken for it, nearest first.
    """

    code: str
    name: Words
    desk: str | None
    told: bool
    circle: Circle | None
    because: Because
    words: Words
    obligations: tuple[Obligation, ...]
    clauses: tuple[Judged, ...]


def why(facts: Facts, agreements: Iterable[Agreement], divisions: Divisions, code: str) -> Answer:
    """Why the division is told or not told in this incident, by the lead or by whoever was told. NotFound: unknown code."""
    known, desk = tuple(agreements), divisions.desk_of(code)
    owing = frozenset({facts.lead}) | {told.desk for told in facts.told}
    every = duties.obligations(facts, known, divisions, owing)
    owed = tuple(one for one in every if one.tells == desk and not one.inside)
    backed = {(one.agreement, one.clause, one.tells) for one in every}
    judged = (
        () if desk is None else _judged(facts, known, divisions, code, desk, duties.owing_desks(facts, owing), backed)
    )
    because = _because(facts, desk, owed)
    return Answer(
        code=code,
        name=divisions.name(code),
        desk=desk,
        told=bool(owed),
        circle=min((one.circle for one in owed), key=duties.URGENCY.__getitem__, default=None),
        because=because,
        words=_sentence(facts, because, code, desk, owed, _relayed(facts, known, every, desk, divisions), divisions),
        obligations=owed,
        clauses=judged,
    )


def _relayed(
    facts: Facts, agreements: Sequence[Agreement], owed: Sequence[Obligation], desk: str | None, divisions: Divisions
) -> Words:
    """What stands in for a clause where the water comes and none speaks."""
    shown = {gap.jurisdiction: gap.reason for gap in duties.gaps(facts, agreements, divisions, owed)}
    return shown.get(desk or "", Words("现在没有条款要求谁告知它", "no clause binds anyone to tell it now"))


def _because(facts: Facts, desk: str | None, owed: Sequence[Obligation]) -> Because:
    if desk is None:
        return Because.NO_DESK
    if desk == facts.lead:
        return Because.LEADS
    if owed:
        return Because.WATCHED if all(one.circle is Circle.WATCH for one in owed) else Because.TOLD
    return Because.NO_CLAUSE if desk in desks(facts) else Because.NOT_REACHED


# --- clause by clause


def _judged(
    facts: Facts,
    agreements: Sequence[Agreement],
    divisions: Divisions,
    code: str,
    desk: str,
    owing: Sequence[str],
    backed: Set[tuple[str, str, str]],
) -> tuple[Judged, ...]:
    found = []
    for agreement in sorted(agreements, key=lambda one: (one.id, one.version)):
        for clause in agreement.clauses:
            nearest = max(
                (_clause(facts, agreements, agreement, clause, who, code, desk, divisions) for who in owing),
                key=NEARNESS.__getitem__,
            )
            if nearest is Because.BINDS and duties.tightens(agreement, clause):
                nearest = nearest if (agreement.id, clause.id, desk) in backed else Because.ALONE
            words = _failing(nearest, facts, agreement, clause, divisions)
            found.append(Judged(agreement.id, clause.id, cited(agreement, clause), nearest, words))
    return tuple(sorted(found, key=lambda each: (-NEARNESS[each.because], each.agreement, each.clause)))


def _clause(
    facts: Facts,
    agreements: Sequence[Agreement],
    agreement: Agreement,
    clause: Clause,
    who: str,
    code: str,
    desk: str,
    divisions: Divisions,
) -> Because:
    """The first test that the clause fails between `who` and the place."""
    if not _party(facts, agreement, clause, who, code, desk, divisions):
        return Because.NOT_A_PARTY
    if not set(duties.raises(facts.kind)) & set(clause.when.kinds):
        return Because.OTHER_KIND
    if not duties.carries(agreement, clause.when, facts):
        return Because.OTHER_MEDIUM
    if agreement not in duties.standing(agreements, facts):
        return Because.NOT_IN_FORCE
    if not _related(facts, clause.when.relation, who, desk):
        return Because.RELATION
    if desk not in {each.desk for each in duties.recipients(facts, agreement, clause, who, divisions)}:
        return Because.OUT_OF_SCOPE
    if not duties.grave_enough(clause.when, facts, circumstances(facts, divisions)):
        return Because.NOT_GRAVE
    return Because.BINDS


def _party(
    facts: Facts, agreement: Agreement, clause: Clause, who: str, code: str, desk: str, divisions: Divisions
) -> bool:
    if clause.when.relation in WITHIN:
        return over(clause.when.relation, who, divisions) == desk and desk != who
    if who == desk:
        return False
    places = {code, desk} | {entry.code for entry in facts.reached if entry.desk == desk}
    return any(duties.bound(facts, agreement, clause.duty, who, place, divisions) for place in places)


def _related(facts: Facts, relation: Relation, who: str, desk: str) -> bool:
    if relation is Relation.ANY_PARTY:
        return True
    if relation is Relation.TOLD:
        return any(told.desk == desk and told.by == who for told in facts.told)
    if relation in WITHIN:
        return concerned(facts, who)
    return desk in duties.linked(facts, relation, who)


# --- sentences

RELATIONS: Final = {
    Relation.DOWNSTREAM: Words("水不从通报方流向该处", "the water does not go there from whoever tells"),
    Relation.UPSTREAM: Words("不在协查的上游", "it does not lie upstream of an enquiry"),
    Relation.ADJACENT: Words("不是沿被到达河段的紧邻一方", "it is not next door along a reached stretch"),
    Relation.TOLD: Words("此前没有通报过该处", "it was not told before"),
}
MEDIA: Final = {
    Medium.WATER: Words("水", "water"),
    Medium.AIR: Words("大气", "air"),
    Medium.SOIL: Words("土壤", "soil"),
    Medium.SOLID_WASTE: Words("固体废物", "solid waste"),
}
KINDS: Final = {
    Kind.INCIDENT: Words("事件首报", "the first notice of an incident"),
    Kind.UPDATE: Words("续报", "an update"),
    Kind.PLANNED_RELEASE: Words("调度预告", "a planned release"),
    Kind.UPSTREAM_ENQUIRY: Words("上游协查", "an enquiry upstream"),
    Kind.END: Words("终报", "an end"),
    Kind.CORRECTION: Words("更正", "a correction"),
    Kind.WITHDRAWAL: Words("撤回", "a withdrawal"),
    Kind.COURTESY_COPY: Words("抄送", "a courtesy copy"),
    Kind.REPORT_UPWARD: Words("向上报告", "a report upward"),
}


def _failing(because: Because, facts: Facts, agreement: Agreement, clause: Clause, divisions: Divisions) -> Words:
    """Why this clause has it told, or stops."""
    match because:
        case Because.BINDS:
            return Words("适用", "it binds")
        case Because.NOT_A_PARTY:
            return Words("双方不都是缔约方", "the two are not both parties to it")
        case Because.OTHER_KIND:
            kind = KINDS[facts.kind]
            return Words(f"该条不管{kind.zh}", f"it does not speak of {kind.en}")
        case Because.OTHER_MEDIUM:
            medium = MEDIA[facts.medium]
            return Words(f"该条不管{medium.zh}", f"it does not speak of {medium.en}")
        case Because.NOT_IN_FORCE:
            return _period(facts, agreement)
        case Because.NOT_GRAVE:
            return Words("级别或情形未达到该条的要求", "the grade or the circumstances are below what it asks")
        case Because.ALONE:
            return Words(
                "预案只把已有的义务收紧，这里没有协议或法规的义务可收紧",
                "a plan only makes a duty stricter, and no agreement or law asks for one here",
            )
        case Because.OUT_OF_SCOPE:
            return _scope(agreement, clause)
        case _:
            return RELATIONS.get(
                clause.when.relation, Words("与该处没有该条所说的关系", "it does not stand as the clause asks")
            )


def _period(facts: Facts, agreement: Agreement) -> Words:
    if agreement.valid_from > facts.stood_at:
        return Words(
            f"得知事件时尚未生效（自{_day(agreement, facts)}起）",
            f"it was not yet in force when the incident became known (from {_day(agreement, facts)})",
        )
    if not agreement.in_force(facts.stood_at):
        return Words("得知事件时已经失效", "it had ended when the incident became known")
    return Words(f"第{agreement.version}版已由更新的版本取代", f"its version {agreement.version} had been replaced")


def _day(agreement: Agreement, facts: Facts) -> str:
    return f"{agreement.valid_from.astimezone(facts.zone):%Y-%m-%d}"


def _scope(agreement: Agreement, clause: Clause) -> Words:
    limits_zh = [f"河流 {'、'.join(agreement.rivers)}"] if agreement.rivers else []
    limits_en = [f"rivers {', '.join(agreement.rivers)}"] if agreement.rivers else []
    if agreement.divisions:
        limits_zh.append(f"区划 {'、'.join(agreement.divisions)}")
        limits_en.append(f"divisions {', '.join(agreement.divisions)}")
    if clause.when.within_hours is not None:
        limits_zh.append(f"{clause.when.within_hours:g}小时内可能到达")
        limits_en.append(f"what can arrive within {clause.when.within_hours:g} h")
    if not limits_zh:
        return Words("水流到的那一段不在双方之间", "the stretch that is reached does not lie between the two parties")
    return Words(
        f"在其适用范围之外（只管{'，'.join(limits_zh)}）", f"outside its scope (it covers {', '.join(limits_en)})"
    )


def _sentence(
    facts: Facts,
    because: Because,
    code: str,
    desk: str | None,
    owed: Sequence[Obligation],
    instead: Words,
    divisions: Divisions,
) -> Words:
    name = divisions.name(code)
    at = _at_desk(code, desk, divisions)
    match because:
        case Because.NO_DESK:
            return Words(
                f"{name.zh}及其上级都没有值班室，无处通报。",
                f"Neither {name.en} nor anyone above it has a desk to tell.",
            )
        case Because.LEADS:
            return Words(
                f"{name.zh}{at.zh}是本事件的主办方，不通报自己。",
                f"{name.en}{at.en} leads this incident and is not told of it.",
            )
        case Because.TOLD:
            return Words(
                f"{name.zh}{at.zh}须通报：{owed[0].reason.zh}。", f"{name.en}{at.en} is told: {owed[0].reason.en}."
            )
        case Because.WATCHED:
            return _watched(facts, name, at, owed[0], desk or code)
        case Because.NO_CLAUSE:
            return Words(
                f"水会到达{name.zh}{at.zh}，但现在的通报方没有条款要告知它：{instead.zh}。",
                f"The water reaches {name.en}{at.en}, but no clause binds those who tell now: {instead.en}.",
            )
        case _:
            return _not_reached(facts, name, code, divisions)


def _at_desk(code: str, desk: str | None, divisions: Divisions) -> Words:
    if desk is None or desk == code:
        return Words("", "")
    serving = divisions.name(desk)
    return Words(f"（值班室在{serving.zh}）", f" (its desk is {serving.en})")


def _watched(facts: Facts, name: Words, at: Words, one: Obligation, desk: str) -> Words:
    """A watched desk rises by itself; a partner that only gets a copy does not."""
    hour = earliest(facts, desk) if desk in desks(facts) else None
    rises = Words("", "")
    if hour is not None:
        when = hour - PREPARE_WITHIN
        rises = Words(
            f"，{clock_zh(when, facts.zone)}起升为准备", f", and rises to prepare from {clock_en(when, facts.zone)}"
        )
    return Words(
        f"{name.zh}{at.zh}只列入关注，不呼叫{rises.zh}：{one.reason.zh}。",
        f"{name.en}{at.en} is only watched, not rung{rises.en}: {one.reason.en}.",
    )


def _not_reached(facts: Facts, name: Words, code: str, divisions: Divisions) -> Words:
    """Which way the water goes instead."""
    entries = in_order(facts)
    if facts.kind is Kind.UPSTREAM_ENQUIRY:
        return Words(f"{name.zh}不在协查断面的上游。", f"{name.en} does not lie upstream of what is asked about.")
    way = _way(entries)
    return Words(
        f"水不流到{name.zh}：本事件的水经过{way.zh}。", f"The water does not reach {name.en}: it passes {way.en}."
    )


def _way(entries: Sequence[Reached]) -> Words:
    """The divisions passed, in order of arrival, each once; the first few and the last where there are many."""
    names = list(dict.fromkeys(entry.name for entry in entries))
    if len(names) > 6:
        names = [*names[:4], Words("……", "…"), names[-1]]
    return Words("、".join(each.zh for each in names), ", ".join(each.en for each in names))
