"""What holds for every incident that could be: recipients are justified, duties of law stay, order does not matter."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emergency.agreements import explain
from emergency.agreements.explain import Because
from emergency.agreements.obligations import drafts, gaps, obligations, unraised
from emergency.agreements.values import (
    Agreement,
    Circle,
    Clause,
    Facts,
    Form,
    Grade,
    Kind,
    Medium,
    NotificationDraft,
    Relation,
)
from tests.emergency.agreements import region
from tests.emergency.agreements.region import Step
from tests.emergency.agreements.test_obligations import plan

REGISTER = region.divisions()
ALL = region.agreements()
STATUTE = region.agreement("statute-neighbour")
UPWARD = region.agreement("statute-report-upward")
LAW = (STATUTE.id, UPWARD.id)
PLANS = [one for one in ALL if one.form is Form.PLAN]
CODES = sorted(division.code for division in REGISTER if division.level == "county" and REGISTER.holds(division.code))
LED = [code for code in CODES if REGISTER.desk_of(code) is not None]
RIVERS = ("TBH", "YYH", "MIN", "RMQ", "TUO", "FUJ", "JLJ", "REN", "CJ")
REACHING = (Kind.INCIDENT, Kind.UPDATE, Kind.UPSTREAM_ENQUIRY, Kind.PLANNED_RELEASE)
calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def incidents(draw: st.DrawFn) -> Facts:
    """Any branching course through the counties, with hours known or not."""
    count = draw(st.integers(1, 8))
    steps = [
        Step(
            code=draw(st.sampled_from(CODES if n else LED)),
            river=draw(st.sampled_from(RIVERS)),
            hours=draw(st.none() | st.floats(0, 400)),
            after=() if n == 0 else tuple(draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=2))),
        )
        for n in range(count)
    ]
    kind = draw(st.sampled_from(REACHING))
    grade = draw(st.none() | st.sampled_from(Grade))
    return region.facts(REGISTER.desk_of(steps[0].code) or "", steps, REGISTER, kind=kind, grade=grade)


OUTWARD = tuple(
    replace(plan(minutes), id=f"plan-{code}", parties=(code,))
    for code, minutes in (("511700", 1), ("510000", 100_000), ("500155", 5))
)
"""Plans of one party that make its duties downstream stricter, or would make them looser."""
some_agreements = st.lists(st.sampled_from((*ALL, *OUTWARD)), unique_by=lambda one: one.id)


@calm
@given(incidents(), some_agreements)
def test_a_recipient_is_always_justified_by_a_reached_stretch_or_a_named_duty(
    facts: Facts, agreements: list[Agreement]
) -> None:
    reached = {entry.desk for entry in facts.reached}
    clauses = {(one.id, clause.id): clause for one in agreements for clause in one.clauses}
    for one in obligations(facts, agreements, REGISTER):
        when = clauses[one.agreement, one.clause].when
        assert one.who == facts.lead
        if when.relation is Relation.INSIDE:
            assert one.tells == facts.lead
        elif when.relation in (Relation.ABOVE, Relation.PROVINCE):
            assert one.tells in REGISTER.ancestors(facts.lead)
            assert one.kind is Kind.REPORT_UPWARD
        elif when.relation is Relation.ANY_PARTY:
            assert one.kind is Kind.COURTESY_COPY or facts.medium is Medium.AIR
        else:
            assert one.tells in reached - {facts.lead}


@calm
@given(incidents(), some_agreements, st.sampled_from((*ALL, *OUTWARD)))
def test_adding_an_agreement_never_removes_a_duty(facts: Facts, agreements: list[Agreement], more: Agreement) -> None:
    with_law = [STATUTE, *(one for one in agreements if one.id != STATUTE.id)]
    before = set(obligations(facts, with_law, REGISTER))
    assert before <= set(obligations(facts, [*with_law, more], REGISTER))


@calm
@given(incidents(), some_agreements)
def test_every_neighbour_and_all_above_are_owed_by_law_whatever_else_is_agreed(
    facts: Facts, agreements: list[Agreement]
) -> None:
    found = obligations(facts, [STATUTE, UPWARD, *(one for one in agreements if one.id not in LAW)], REGISTER)
    above = {one.tells for one in found if one.agreement == UPWARD.id and not one.inside}
    assert above == ({REGISTER.ancestors(facts.lead)[0]} if facts.kind is Kind.INCIDENT else set())
    next_door = {target for source, target in facts.neighbours if source == facts.lead}
    by_law = set() if facts.kind is Kind.PLANNED_RELEASE else next_door
    assert {one.tells for one in found if one.agreement == STATUTE.id} == by_law


@calm
@given(incidents(), st.integers())
def test_the_answer_does_not_depend_on_any_order(facts: Facts, seed: int) -> None:
    shuffled = random.Random(seed)
    agreements, reached = list(ALL), list(facts.reached)
    shuffled.shuffle(agreements)
    shuffled.shuffle(reached)
    other = replace(facts, reached=tuple(reached))
    found = obligations(facts, ALL, REGISTER)
    assert obligations(other, agreements, REGISTER) == found
    assert gaps(other, agreements, REGISTER, found[::-1]) == gaps(facts, ALL, REGISTER, found)
    assert drafts(found[::-1]) == drafts(found)


@calm
@given(incidents())
def test_one_message_for_each_desk_role_and_kind_and_it_discharges_everything(facts: Facts) -> None:
    found = obligations(facts, ALL, REGISTER)
    made = drafts(found)
    keys = [(draft.who, draft.tells, draft.role, draft.kind) for draft in made]
    assert len(keys) == len(set(keys))
    assert {one for draft in made for one in draft.obligations} == set(found)
    for draft in made:
        hours = [one.deadline_at for one in draft.obligations if one.deadline_at is not None]
        assert draft.deadline_at == min(hours)


@calm
@given(incidents(), some_agreements)
def test_every_reached_desk_is_owed_under_an_agreement_or_shown_as_a_gap(
    facts: Facts, agreements: list[Agreement]
) -> None:
    found = obligations(facts, agreements, REGISTER)
    forms = {one.id: one.form for one in agreements}
    covered = {one.tells for one in region.warnings(found) if forms[one.agreement] in (Form.AGREEMENT, Form.MEMORANDUM)}
    shown = [gap.jurisdiction for gap in gaps(facts, agreements, REGISTER, found)]
    assert len(shown) == len(set(shown))
    assert covered | set(shown) == {entry.desk or entry.code for entry in facts.reached} - {facts.lead}
    assert covered.isdisjoint(shown)


@calm
@given(incidents(), incidents())
def test_merging_two_incidents_never_raises_a_duty_twice(one: Facts, other: Facts) -> None:
    """Two reports of one event, both of which have raised their duties, become one: what is raised is the union."""
    raised = {each.key for facts in (one, other) for each in obligations(facts, ALL, REGISTER)}
    merged = replace(one, reached=tuple({entry.key: entry for entry in (*one.reached, *other.reached)}.values()))
    fresh = unraised(obligations(merged, ALL, REGISTER), raised)
    assert not raised & {each.key for each in fresh}
    again = unraised(obligations(merged, ALL, REGISTER), raised | {each.key for each in fresh})
    assert again == ()


@calm
@given(incidents())
def test_an_assessment_made_again_raises_nothing_that_it_raised_before(facts: Facts) -> None:
    found = obligations(facts, ALL, REGISTER)
    assert len({one.key for one in found}) == len(found)
    later = replace(facts, assessed_at=facts.assessed_at + timedelta(hours=1))
    assert unraised(obligations(later, ALL, REGISTER), (one.key for one in found)) == ()


@calm
@given(incidents(), st.sampled_from(CODES), some_agreements)
def test_why_a_place_is_told_or_not_never_disagrees_with_the_duties(
    facts: Facts, code: str, agreements: list[Agreement]
) -> None:
    answer = explain.why(facts, agreements, REGISTER, code)
    owed = [one for one in obligations(facts, agreements, REGISTER) if one.tells == answer.desk and not one.inside]
    assert list(answer.obligations) == owed
    assert answer.told == bool(owed)
    binding = {(each.agreement, each.clause) for each in answer.clauses if each.because is Because.BINDS}
    assert binding == {(one.agreement, one.clause) for one in owed}
    if answer.because is Because.WATCHED:
        assert all(one.circle is Circle.WATCH for one in owed)
    assert answer.words.zh
    assert answer.words.en


@calm
@given(incidents())
def test_a_plan_of_one_side_tightens_a_limit_and_never_loosens_it(facts: Facts) -> None:
    for minutes in (1, 100_000):
        loose = [replace(one, clauses=tuple(_limited(clause, minutes) for clause in one.clauses)) for one in PLANS]
        without = _deadlines(drafts(obligations(facts, [STATUTE, UPWARD], REGISTER)))
        within = _deadlines(drafts(obligations(facts, [STATUTE, UPWARD, *loose], REGISTER)))
        assert all(within[which] <= deadline for which, deadline in without.items())


@calm
@given(incidents(), some_agreements, st.sampled_from(OUTWARD))
def test_a_plan_of_one_party_tells_nobody_new_and_nobody_later(
    facts: Facts, agreements: list[Agreement], more: Agreement
) -> None:
    others = [one for one in agreements if one.id != more.id]
    before, after = (obligations(facts, held, REGISTER) for held in (others, [*others, more]))
    assert {(one.who, one.tells, one.kind) for one in after} == {(one.who, one.tells, one.kind) for one in before}
    was, now = _deadlines(drafts(before)), _deadlines(drafts(after))
    assert all(now[which] <= deadline for which, deadline in was.items())


def _deadlines(made: Iterable[NotificationDraft]) -> dict[tuple[str, str, str, str], datetime]:
    return {
        (draft.who, draft.tells, draft.role, draft.kind): draft.deadline_at
        for draft in made
        if draft.deadline_at is not None
    }


def _limited(clause: Clause, minutes: int) -> Clause:
    return replace(clause, duty=replace(clause.duty, within_minutes=minutes))
