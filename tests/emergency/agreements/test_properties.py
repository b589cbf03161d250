"""What holds for every incident that could be: recipients are justified, duties of law stay, order does not matter."""

import random
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emergency.agreements.obligations import drafts, gaps, obligations
from emergency.agreements.values import Agreement, Facts, Form, Kind
from tests.emergency.agreements import region
from tests.emergency.agreements.region import Step

REGISTER = region.divisions()
ALL = region.agreements()
STATUTE = region.agreement("statute-neighbour")
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
    return region.facts(REGISTER.desk_of(steps[0].code) or "", steps, REGISTER, kind=kind)


some_agreements = st.lists(st.sampled_from(ALL), unique_by=lambda one: one.id)


@calm
@given(incidents(), some_agreements)
def test_a_recipient_is_always_justified_by_a_reached_stretch(facts: Facts, agreements: list[Agreement]) -> None:
    reached = {entry.desk for entry in facts.reached}
    for one in obligations(facts, agreements, REGISTER):
        assert one.tells in reached
        assert one.tells != facts.lead
        assert one.who == facts.lead


@calm
@given(incidents(), some_agreements, st.sampled_from(ALL))
def test_adding_an_agreement_never_removes_a_duty(facts: Facts, agreements: list[Agreement], more: Agreement) -> None:
    with_law = [STATUTE, *(one for one in agreements if one.id != STATUTE.id)]
    before = set(obligations(facts, with_law, REGISTER))
    assert before <= set(obligations(facts, [*with_law, more], REGISTER))


@calm
@given(incidents(), some_agreements)
def test_every_neighbour_is_owed_by_law_whatever_else_is_agreed(facts: Facts, agreements: list[Agreement]) -> None:
    found = obligations(facts, [STATUTE, *(one for one in agreements if one.id != STATUTE.id)], REGISTER)
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
    covered = {one.tells for one in found if forms[one.agreement] in (Form.AGREEMENT, Form.MEMORANDUM)}
    shown = [gap.jurisdiction for gap in gaps(facts, agreements, REGISTER, found)]
    assert len(shown) == len(set(shown))
    assert covered | set(shown) == {entry.desk or entry.code for entry in facts.reached} - {facts.lead}
    assert covered.isdisjoint(shown)
