"""Who must be told what, by whom, by when, under which clause, and what no agreement covers.

The question answered here: given what the water reaches and the agreements in force, which duties follow? Recipients of a
warning come from the reached stretches and from nothing else: a party that the water does not reach, or a partner without a
river link, is none. Beside them stand the named duties: reports to those above, and the offices of one's own side. Limits
add up to the strictest: every clause keeps its own deadline, and a message takes the earliest, so that a local plan can
tighten a limit of law or agreement and never loosen it; towards others a plan raises no duty by itself. The answer is the
same whatever the order of agreements and stretches. This module must not read a clock, a database or a file; must not invent
a limit that neither text nor policy gives; and must not decide whether a duty is carried out: it proposes, a desk issues.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Final

from emergency.agreements import reasons
from emergency.agreements.circles import PREPARE_WITHIN, by_arrival, desks, earliest, in_order, within
from emergency.agreements.circles import circles as circles
from emergency.agreements.reasons import Recipient, clock_start
from emergency.agreements.upward import WITHIN, circumstances, concerned, over
from emergency.agreements.values import (
    ALONG,
    Act,
    Agreement,
    Circle,
    Circumstance,
    Clause,
    Condition,
    Duty,
    Facts,
    Form,
    Gap,
    GapDuty,
    Grade,
    Kind,
    NotificationDraft,
    Obligation,
    ObligationKey,
    Reached,
    Relation,
    Source,
)
from emergency.jurisdictions.values import Divisions

URGENCY: Final[Mapping[Circle, int]] = {circle: rank for rank, circle in enumerate(Circle)}
GRAVITY: Final[Mapping[Grade, int]] = {grade: rank for rank, grade in enumerate(Grade)}
TREATIES: Final = frozenset({Form.AGREEMENT, Form.MEMORANDUM})
NEWS: Final = frozenset({Kind.INCIDENT, Kind.UPDATE, Kind.PLANNED_RELEASE, Kind.UPSTREAM_ENQUIRY})
"""What is owed to the desks that are reached; the other kinds are owed to those who were told, or to partners."""
RAISES: Final[Mapping[Kind, tuple[Kind, ...]]] = {Kind.INCIDENT: (Kind.INCIDENT, Kind.REPORT_UPWARD)}
"""What an occasion raises: an incident is told to those next to it and reported to those above; any other kind, itself."""
LAST: Final = datetime.max.replace(tzinfo=UTC)


def obligations(
    facts: Facts, agreements: Iterable[Agreement], divisions: Divisions, owing: frozenset[str] | None = None
) -> tuple[Obligation, ...]:
    """Every duty that the clauses in force lay on the desks `owing` (default: the lead), most urgent first.

    Another desk owes its own onward neighbours once it has been told itself; its clock starts there. An owing desk that
    is neither the lead nor told has no duty yet.
    """
    urgency = circles(facts, divisions)
    shown = circumstances(facts, divisions)
    found: dict[ObligationKey, Obligation] = {}
    stricter: set[ObligationKey] = set()
    for agreement in standing(agreements, facts):
        for clause in agreement.clauses:
            if not applies(agreement, clause.when, facts, shown):
                continue
            for who in owing_desks(facts, owing):
                for owed in _owed(facts, agreement, clause, who, divisions, urgency):
                    found[owed.key] = owed
                    if tightens(agreement, clause):
                        stricter.add(owed.key)
    return tuple(sorted(_backed(found, stricter), key=_order))


def tightens(agreement: Agreement, clause: Clause) -> bool:
    """Whether a clause only makes stricter what others ask: that of a local plan on those along the river."""
    return agreement.one_sided and clause.when.relation in ALONG


def _backed(found: Mapping[ObligationKey, Obligation], stricter: Set[ObligationKey]) -> Iterator[Obligation]:
    """Without what a local plan alone would ask: whoever no agreement and no law has told is not told by a plan."""
    asked = {(one.who, one.tells, one.kind) for key, one in found.items() if key not in stricter}
    return (one for key, one in found.items() if key not in stricter or (one.who, one.tells, one.kind) in asked)


def unraised(owed: Iterable[Obligation], raised: Iterable[ObligationKey]) -> tuple[Obligation, ...]:
    """Those not raised before, in the same order: an assessment made again, or two incidents made one, owe nothing twice."""
    known = set(raised)
    return tuple(one for one in owed if one.key not in known)


def raises(kind: Kind) -> tuple[Kind, ...]:
    """The kinds of duty that an occasion of this kind raises."""
    return RAISES.get(kind, (kind,))


def gaps(
    facts: Facts, agreements: Iterable[Agreement], divisions: Divisions, owed: Sequence[Obligation]
) -> tuple[Gap, ...]:
    """The reached desks that no agreement covers: what stands in instead, in order of first arrival."""
    if facts.kind not in NEWS:
        return ()
    forms = {agreement.id: agreement.form for agreement in agreements}
    found = (_gap(facts, desk, _forms_owed(owed, desk, forms), divisions) for desk in by_arrival(facts))
    return (*_deskless(facts), *(gap for gap in found if gap is not None))


def drafts(owed: Iterable[Obligation]) -> tuple[NotificationDraft, ...]:
    """One message for each (who, tells, role, kind); it discharges all its obligations by the earliest deadline."""
    grouped: dict[tuple[str, str, str, str], list[Obligation]] = {}
    for obligation in sorted(set(owed), key=_order):
        key = (obligation.who, obligation.tells, obligation.role, obligation.kind)
        grouped.setdefault(key, []).append(obligation)
    return tuple(sorted((_draft(group) for group in grouped.values()), key=_draft_order))


# --- who owes whom


def standing(agreements: Iterable[Agreement], facts: Facts) -> list[Agreement]:
    """The agreements in force when the incident became known, each in the newest version begun by then, by id."""
    begun = (agreement for agreement in agreements if agreement.valid_from <= facts.stood_at)
    newest = {agreement.id: agreement for agreement in sorted(begun, key=lambda one: (one.id, one.version))}
    return [one for one in newest.values() if one.in_force(facts.stood_at)]


def owing_desks(facts: Facts, owing: frozenset[str] | None) -> list[str]:
    """The desks asked about that owe anything: the lead, and whoever was told; in order of their codes."""
    wanted = frozenset({facts.lead}) if owing is None else owing
    return sorted(wanted & ({facts.lead} | {told.desk for told in facts.told}))


def applies(agreement: Agreement, when: Condition, facts: Facts, shown: Set[Circumstance]) -> bool:
    """Whether a clause speaks of such an incident at all, wherever its parties lie."""
    return (
        carries(agreement, when, facts)
        and bool(set(raises(facts.kind)) & set(when.kinds))
        and grave_enough(when, facts, shown)
    )


def carries(agreement: Agreement, when: Condition, facts: Facts) -> bool:
    """Whether agreement and clause speak of what carries the pollution."""
    return _allows(agreement.media, facts.medium) and _allows(when.media, facts.medium)


def _owed(
    facts: Facts, agreement: Agreement, clause: Clause, who: str, divisions: Divisions, urgency: Mapping[str, Circle]
) -> Iterator[Obligation]:
    kinds = [kind for kind in raises(facts.kind) if kind in clause.when.kinds]
    for recipient in recipients(facts, agreement, clause, who, divisions):
        for kind in kinds:
            circle = _circle(clause, recipient, urgency)
            yield _obligation(facts, agreement, clause, who, recipient, circle, kind, divisions)


def grave_enough(when: Condition, facts: Facts, shown: Set[Circumstance]) -> bool:
    """Whether grade and circumstances are what the clause asks; what is not known of the grade does not silence it."""
    if when.until_declared and facts.declared:
        return False
    if when.circumstances and not shown & set(when.circumstances):
        return False
    if when.grade_known and facts.grade is None:
        return False
    if when.grade_at_least is None or facts.grade is None or GRAVITY[facts.grade] <= GRAVITY[when.grade_at_least]:
        return True
    return facts.may_be_graver and not when.grade_known


def _allows(limit: Sequence[str], value: str) -> bool:
    """An empty limit limits nothing."""
    return not limit or value in limit


def recipients(
    facts: Facts, agreement: Agreement, clause: Clause, who: str, divisions: Divisions
) -> Iterator[Recipient]:
    """Whom `who` owes under a clause that applies; never the lead, and never itself but for an office of its own side."""
    relation = clause.when.relation
    if relation in WITHIN:
        return _over(facts, agreement, clause.duty, relation, who, divisions)
    found = _beyond(facts, agreement, clause, who, divisions)
    return (each for each in found if each.desk not in (who, facts.lead))


def _beyond(facts: Facts, agreement: Agreement, clause: Clause, who: str, divisions: Divisions) -> Iterator[Recipient]:
    match clause.when.relation:
        case Relation.TOLD:
            return _already_told(facts, who)
        case Relation.ANY_PARTY:
            return _partners(facts, agreement, clause.duty, who, divisions)
        case _:
            return _reached(facts, agreement, clause, who, divisions)


def _over(
    facts: Facts, agreement: Agreement, duty: Duty, relation: Relation, who: str, divisions: Divisions
) -> Iterator[Recipient]:
    """The desk above, or an office of one's own side, where the rule is general or one's own."""
    desk = over(relation, who, divisions)
    if desk is not None and concerned(facts, who) and own_rule(facts, agreement, duty, who, divisions):
        yield Recipient(desk, None)


def own_rule(facts: Facts, agreement: Agreement, duty: Duty, who: str, divisions: Divisions) -> bool:
    """Whether a rule of one side speaks for `who`: it names nobody, or a party that `who` is or answers for here."""
    if not touches(facts, agreement):
        return False
    named = duty.who or agreement.parties
    placed = {code for code in _codes(facts, who) if _placed(agreement, code, divisions)}
    return bool(placed) and (not named or any(_covers(divisions, party, code) for party in named for code in placed))


def touches(facts: Facts, agreement: Agreement) -> bool:
    """Whether the incident passes a river that the agreement is about."""
    return not agreement.rivers or bool(set(agreement.rivers) & set(facts.rivers))


def _reached(facts: Facts, agreement: Agreement, clause: Clause, who: str, divisions: Divisions) -> Iterator[Recipient]:
    """The desks whose stretches lie in the agreement's scope and are bound to `who` by it: one each, its first entry."""
    near = linked(facts, clause.when.relation, who)
    seen: set[str] = set()
    for entry in in_order(facts):
        if entry.desk is None or entry.desk in seen or entry.desk not in near:
            continue
        if in_scope(facts, agreement, clause, entry, divisions) and bound(
            facts, agreement, clause.duty, who, entry.code, divisions
        ):
            seen.add(entry.desk)
            yield Recipient(entry.desk, entry)


def linked(facts: Facts, relation: Relation, who: str) -> frozenset[str]:
    """The desks that stand to `who` as the clause asks."""
    if relation is Relation.ADJACENT:
        return frozenset(target for source, target in facts.neighbours if source == who)
    asks_upstream = relation is Relation.UPSTREAM
    if asks_upstream != (facts.kind is Kind.UPSTREAM_ENQUIRY):
        return frozenset()
    return desks(facts) if who == facts.lead else _onward(facts, who)


def _onward(facts: Facts, who: str) -> frozenset[str]:
    """All desks that the water goes on to from `who`."""
    found: set[str] = set()
    waiting, crossings = [who], facts.neighbours
    while waiting:
        here = waiting.pop()
        fresh = {target for source, target in crossings if source == here} - found
        found |= fresh
        waiting.extend(fresh)
    return frozenset(found)


def in_scope(facts: Facts, agreement: Agreement, clause: Clause, entry: Reached, divisions: Divisions) -> bool:
    """Whether river, division and hour of this entry lie within what the agreement and the clause speak of."""
    hours = clause.when.within_hours
    soon = hours is None or within(facts, entry.earliest_at, timedelta(hours=hours))
    return soon and _placed(agreement, entry.code, divisions) and _allows(agreement.rivers, entry.river)


def _placed(agreement: Agreement, code: str, divisions: Divisions) -> bool:
    limits = agreement.divisions
    return not limits or any(_covers(divisions, limit, code) for limit in limits)


def bound(facts: Facts, agreement: Agreement, duty: Duty, who: str, code: str, divisions: Divisions) -> bool:
    """Whether the agreement stands between them: one party covers `who` and not the other, another party the reverse.

    Two desks below one and the same party owe each other nothing under it. The plan of one party stands between it and
    everybody outside it.
    """
    if not agreement.parties:
        return True
    if agreement.one_sided:
        return any(_outward(agreement, duty, mine, code, divisions) for mine in _codes(facts, who))
    return any(
        _one_of(_named(agreement, duty.who), mine, code, divisions)
        and _one_of(_named(agreement, duty.tells), code, mine, divisions)
        for mine in _codes(facts, who)
    )


def _outward(agreement: Agreement, duty: Duty, mine: str, code: str, divisions: Divisions) -> bool:
    """Whether a plan's party speaks for `mine` and not for `code`, and means `code` where the clause names whom."""
    meant = not duty.tells or any(_covers(divisions, told, code) for told in duty.tells)
    return meant and _one_of(_named(agreement, duty.who), mine, code, divisions)


def _named(agreement: Agreement, codes: tuple[str, ...]) -> tuple[str, ...]:
    return codes or agreement.parties


def _one_of(parties: Iterable[str], inside: str, outside: str, divisions: Divisions) -> bool:
    """Whether one of the parties speaks for `inside` and not for `outside`."""
    return any(_covers(divisions, party, inside) and not _covers(divisions, party, outside) for party in parties)


def _covers(divisions: Divisions, party: str, code: str) -> bool:
    """A code that the list of divisions lacks binds nobody; loading an agreement refuses it."""
    return party in divisions and divisions.covers(party, code)


def _codes(facts: Facts, desk: str) -> frozenset[str]:
    """A desk also answers for the parties below it whose stretches are reached."""
    return frozenset({desk}) | {entry.code for entry in facts.reached if entry.desk == desk}


def _partners(facts: Facts, agreement: Agreement, duty: Duty, who: str, divisions: Divisions) -> Iterator[Recipient]:
    """The desks of the other parties, wherever they lie, once the incident touches the agreement's rivers. A partner
    without a desk is named by its own code: that nobody answers there must show."""
    if not touches(facts, agreement):
        return
    parties = [party for party in _named(agreement, duty.tells) if party in divisions]
    codes = {code for party in parties for code in divisions.resolve(party)}
    for desk in sorted(
        {divisions.desk_of(code) or code for code in codes if bound(facts, agreement, duty, who, code, divisions)}
    ):
        yield Recipient(desk, None)


def _already_told(facts: Facts, who: str) -> Iterator[Recipient]:
    for desk in sorted({told.desk for told in facts.told if told.by == who}):
        yield Recipient(desk, None)


# --- one duty


def _circle(clause: Clause, recipient: Recipient, urgency: Mapping[str, Circle]) -> Circle:
    if clause.duty.circle is not None:
        return clause.duty.circle
    if clause.when.relation is Relation.ANY_PARTY:
        return Circle.WATCH
    if clause.when.relation is Relation.INSIDE:  # one's own side comes first (first-hour.md 1)
        return Circle.NOW
    if clause.when.relation in WITHIN:
        return Circle.PREPARE
    if clause.when.relation is Relation.TOLD:  # whoever was told is told on, never merely listed
        return min(urgency.get(recipient.desk, Circle.NOW), Circle.PREPARE, key=URGENCY.__getitem__)
    return urgency[recipient.desk]


def _obligation(
    facts: Facts,
    agreement: Agreement,
    clause: Clause,
    who: str,
    recipient: Recipient,
    circle: Circle,
    kind: Kind,
    divisions: Divisions,
) -> Obligation:
    explained = reasons.explanation(facts, agreement, clause, who, recipient, divisions)
    return Obligation(
        agreement=agreement.id,
        version=agreement.version,
        clause=clause.id,
        cited=reasons.cited(agreement, clause),
        clause_text=clause.text,
        text_held=clause.text_held,
        who=who,
        tells=recipient.desk,
        role=clause.duty.role,
        circle=circle,
        deadline_at=_deadline(facts, clause.duty, who, recipient, circle),
        source=clause.duty.source,
        reason=reasons.why(facts, agreement, clause, explained),
        kind=kind,
        occasion=facts.occasion,
        copy_to=clause.duty.copy_to,
        automatic=clause.duty.automatic,
        explanation=explained,
        tiers=agreement.path(clause.duty.tier),
    )


def _deadline(facts: Facts, duty: Duty, who: str, recipient: Recipient, circle: Circle) -> datetime | None:
    """From when `who` knew. A limit that is policy waits, for a watched desk, until that desk rises to prepare."""
    if duty.within_minutes is None:
        return None
    start = clock_start(facts, who)
    earliest_at = earliest(facts, recipient.desk)
    if circle is Circle.WATCH and duty.source is Source.POLICY and earliest_at is not None:
        start = max(start, earliest_at - PREPARE_WITHIN)
    return start + timedelta(minutes=duty.within_minutes)


# --- what is not covered


def _forms_owed(owed: Iterable[Obligation], desk: str, forms: Mapping[str, Form]) -> frozenset[Form]:
    """Of the rules under which the desk is warned; a courtesy copy or a report upward warns nobody."""
    return frozenset(forms[one.agreement] for one in owed if one.tells == desk and one.kind in NEWS)


def _gap(facts: Facts, desk: str, forms: frozenset[Form], divisions: Divisions) -> Gap | None:
    if forms & TREATIES:
        return None
    name = divisions.name(desk)
    if Form.STATUTE in forms:
        return Gap(desk, reasons.only_statute(name), GapDuty.STATUTE, None)
    relay = _relay(facts, desk)
    if relay is None:
        return Gap(desk, reasons.nothing(name), GapDuty.NONE, None)
    return Gap(desk, reasons.relayed(name, divisions.name(relay)), GapDuty.RELAY, relay)


def _deskless(facts: Facts) -> Iterator[Gap]:
    """The reached divisions for which nobody answers."""
    names = {entry.code: entry.name for entry in in_order(facts) if entry.desk is None}
    for code, name in names.items():
        yield Gap(code, reasons.no_desk(name), GapDuty.NONE, None)


def _relay(facts: Facts, desk: str) -> str | None:
    """The desk from which the water first comes; the lead is none, for it would owe the news itself."""
    sources = (source for source, target in facts.neighbours if target == desk and source != desk)
    return next((source for source in sources if source != facts.lead), None)


# --- messages


def _draft(group: Sequence[Obligation]) -> NotificationDraft:
    """`group` comes most urgent first."""
    first = group[0]
    deadlines = [one.deadline_at for one in group if one.deadline_at is not None]
    return NotificationDraft(
        who=first.who,
        tells=first.tells,
        role=first.role,
        kind=first.kind,
        occasion=first.occasion,
        act=Act.HEADS_UP if all(one.automatic for one in group) else Act.FORMAL_NOTICE,
        circle=first.circle,
        deadline_at=min(deadlines, default=None),
        clauses=tuple(sorted({(one.agreement, one.clause) for one in group})),
        obligations=tuple(group),
        automatic=any(one.automatic for one in group),
    )


# --- order


def _order(owed: Obligation) -> tuple[int, datetime, tuple[str, ...]]:
    return URGENCY[owed.circle], owed.deadline_at or LAST, owed.key


def _draft_order(draft: NotificationDraft) -> tuple[int, datetime, str, str, str, str]:
    return URGENCY[draft.circle], draft.deadline_at or LAST, draft.tells, draft.who, draft.role, draft.kind
