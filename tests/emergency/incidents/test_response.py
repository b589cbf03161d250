"""Signed acts on the valley: grades, the two-hour track, responses, reports; who hears of them; the clocks that they move."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from emergency import db, journal, notifications
from emergency.access import Officer, Role
from emergency.agreements.values import Act, Grade
from emergency.errors import BadFile, BadInput, Conflict, Forbidden
from emergency.incidents import due, issue, overview, record, response, rules, statement
from emergency.incidents.assess import Context, latest
from emergency.incidents.clocks import Clock, How
from emergency.incidents.issue import Order
from emergency.incidents.models import IncidentRow, RuleRow, SignedActRow
from emergency.incidents.response import Move, Signed, Step
from emergency.journal import Actor
from emergency.notifications import NotificationRow
from tests.emergency.incidents.test_record import AT, JIA, WAI, ZONE, open_one, order, proposals
from tests.emergency.incidents.test_telling import send

ZHONG = Officer(4, "中区值班员", Role.DUTY_OFFICER, "V20100", None, "")
I, II, III, IV = Grade  # noqa: E741  Roman numerals are their names in law


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    with db.Writing(bind=valley_database, expire_on_commit=False) as opened:
        yield opened


def after(minutes: float) -> Context:
    return Context(AT + timedelta(minutes=minutes), ZONE)


def signed(minutes: float, reason: str = "现场核实") -> Signed:
    return Signed(reason, "带班领导", AT + timedelta(minutes=minutes))


def graded(
    session: db.Writing, incident: IncidentRow, step: Step, to: Grade, minutes: float, officer: Officer = JIA
) -> SignedActRow:
    made = response.grade(session, incident, step, to, officer, after(minutes), signed(minutes))
    session.commit()
    return made


def clocks(session: db.Writing, incident: IncidentRow, minutes: float, desk: str = "V10100") -> dict[str, Clock]:
    running = due.running(session, incident, AT + timedelta(minutes=minutes))
    return {
        clock.id.partition("/")[2]: clock for each in running if each.file.jurisdiction == desk for clock in each.clocks
    }


def kinds(session: db.Writing, stream: str = "incident:1") -> list[str]:
    return [entry.kind for entry in journal.read(session, stream)]


def owed(session: db.Writing, occasion: str) -> list[NotificationRow]:
    return [row for row in notifications.of_incident(session, 1) if row.occasion == occasion]


def test_the_assessment_foresees_a_grade_by_both_rule_sets_and_the_machine_declares_none(session: db.Writing) -> None:
    incident, row = open_one(session)
    assert [each["rule_set"] for each in row.body["grading"]] == ["P2014", "R2011"]
    first = row.body["grading"][0]
    assert (row.body["predicted_grade"], first["grade"], first["certain"]) == ("II", "II", False)
    assert "crossing" in {each["criterion"] for each in first["criteria"]}
    assert "deaths" in {each["measure"] for each in first["unknown"]}
    assert [each["item"] for each in row.body["article_4"]][-1] == "across_provinces"
    assert row.body["versions"]["rules"] == {"P2014": 0, "R2011": 0, "deployment-policy": 0, "order-17": 0}
    assert incident.declared_grade is None
    assert overview.incident(session, incident, lambda _s, _i: {})["declared"] is None


def test_harm_that_is_reported_later_is_foreseen_anew(session: db.Writing) -> None:
    incident, _ = open_one(session)
    record.add_report(session, incident, {"impact": {"deaths": 30}}, after(5), JIA.actor, reason=None)
    session.commit()
    newest = latest(session, incident.number)
    assert newest is not None
    assert newest.body["predicted_grade"] == "I"
    assert newest.body["grading"][0]["certain"]


def test_a_heavy_metal_in_the_name_of_the_substance_shows_the_third_item(session: db.Writing) -> None:
    _, row = open_one(session, substance="含铬废液")
    assert "heavy_metal" in {each["item"] for each in row.body["article_4"]}
    _, other = open_one(session, substance="leaded petrol")
    assert "heavy_metal" not in {each["item"] for each in other.body["article_4"]}


def test_a_grade_is_declared_by_a_person_and_kept_with_who_why_and_when(session: db.Writing) -> None:
    incident, _ = open_one(session)
    graded(session, incident, Step.DECLARE, III, 40)
    shown = overview.incident(session, incident, lambda _s, _i: {})
    assert (shown["predicted_grade"], shown["declared_grade"]) == ("II", "III")
    assert shown["declared"]["signer"] == "带班领导"
    assert shown["declared"]["reason"] == "现场核实"
    [entry] = journal.of_kinds(session, "incident:1", ("grade.declared",))
    assert (entry.facts["value"], entry.facts["reason"], entry.by["officer"]) == ("III", "现场核实", 1)


@pytest.mark.parametrize(
    ("first", "step", "to", "slug"),
    [
        (None, Step.RAISE, II, "not-declared"),
        (None, Step.LOWER, IV, "not-declared"),
        (III, Step.DECLARE, II, "already-declared"),
        (III, Step.RAISE, III, "wrong-way"),
        (III, Step.RAISE, IV, "wrong-way"),
        (III, Step.LOWER, II, "wrong-way"),
        (III, Step.LOWER, III, "wrong-way"),
    ],
)
def test_a_step_that_does_not_fit_is_refused_and_nothing_is_kept(
    session: db.Writing, first: Grade | None, step: Step, to: Grade, slug: str
) -> None:
    incident, _ = open_one(session)
    if first is not None:
        graded(session, incident, Step.DECLARE, first, 5)
    before = len(due.signed(session, 1))
    with pytest.raises(Conflict, match=slug):
        response.grade(session, incident, step, to, JIA, after(6), signed(6))
    session.rollback()
    assert len(due.signed(session, 1)) == before


def test_raising_and_lowering_are_owed_to_those_who_were_told_each_time_anew(session: db.Writing) -> None:
    incident, _ = open_one(session)
    send(session, incident, "V20100", 2)
    graded(session, incident, Step.DECLARE, III, 10)
    graded(session, incident, Step.RAISE, II, 20)
    graded(session, incident, Step.LOWER, IV, 30)
    for n in (1, 2, 3):
        assert [(row.who, row.tells, row.kind) for row in owed(session, f"grade change {n}")] == [
            ("V10100", "V20100", "update")
        ]
    states = [owed(session, f"grade change {n}")[0].state for n in (1, 2, 3)]
    assert states == ["withheld", "withheld", "proposed"], "what nobody has sent yet is replaced by the newer"
    assert [kind for kind in kinds(session) if kind.startswith("grade.")] == [
        "grade.declared",
        "grade.raised",
        "grade.lowered",
    ]


def test_the_message_of_a_grade_carries_the_reason_for_the_page_and_the_grade_in_no_text(session: db.Writing) -> None:
    incident, row = open_one(session)
    send(session, incident, "V20100", 2)
    graded(session, incident, Step.DECLARE, III, 10)
    [message] = owed(session, "grade change 1")
    [(_, content)] = issue.would_say(session, incident, [message.id], at=AT + timedelta(minutes=11))
    assert (content["kind"], content["reason"]) == ("update", "现场核实")
    assert "III级" not in str(content)
    issue.issue(session, incident, order(row, message.id), JIA, at=AT + timedelta(minutes=12))
    session.commit()
    graded(session, incident, Step.RAISE, II, 20)
    assert len(owed(session, "grade change 1")) == 1, "the same act is never owed twice"


def test_an_update_of_hours_does_not_swallow_the_message_of_a_grade(session: db.Writing) -> None:
    incident, _ = open_one(session, flow_state="mean")
    send(session, incident, "V20100", 2)
    graded(session, incident, Step.DECLARE, III, 10)
    record.add_report(session, incident, {"flow_state": "flood"}, after(15), JIA.actor, reason=None)
    session.commit()
    assert [row.state for row in owed(session, "grade change 1")] == ["proposed"]
    assert [row.tells for row in owed(session, "update 2")] == ["V20100"]


def test_a_desk_acts_on_its_own_file_and_on_no_other(session: db.Writing) -> None:
    incident, _ = open_one(session)
    with pytest.raises(Forbidden, match="no-file"):
        response.grade(session, incident, Step.DECLARE, III, WAI, after(5), signed(5))
    session.rollback()
    send(session, incident, "V20100", 2)
    graded(session, incident, Step.DECLARE, IV, 30, ZHONG)
    assert session.get_one(IncidentRow, 1).declared_grade is None, "the incident's grade is the lead's"
    files = {each["jurisdiction"]: each for each in response.standing(session, incident, "V20100", AT)["files"]}
    assert files["V20100"]["declared"]["value"] == "IV"
    assert files["V10100"]["declared"] is None
    assert owed(session, "grade change 1") == [], "it has told nobody yet"


def test_a_response_is_started_changed_and_ended_but_not_over_an_open_source(session: db.Writing) -> None:
    incident, _ = open_one(session, source_state="continuing")
    send(session, incident, "V20100", 2)
    with pytest.raises(Conflict, match="not-started"):
        response.respond(session, incident, Move.END, None, JIA, after(3), signed(3))
    with pytest.raises(BadInput, match="level"):
        response.respond(session, incident, Move.START, None, JIA, after(3), signed(3))
    response.respond(session, incident, Move.START, III, JIA, after(5), signed(5))
    with pytest.raises(Conflict, match="already-started"):
        response.respond(session, incident, Move.START, III, JIA, after(6), signed(6))
    response.respond(session, incident, Move.START, II, JIA, after(7), signed(7))
    with pytest.raises(Conflict, match="source-open"):
        response.respond(session, incident, Move.END, None, JIA, after(8), signed(8))
    record.add_report(session, incident, {"source_state": "stopped"}, after(9), JIA.actor, reason=None)
    response.respond(session, incident, Move.END, None, JIA, after(10), signed(10))
    session.commit()
    assert [kind for kind in kinds(session) if kind.startswith("response.")] == [
        "response.started",
        "response.changed",
        "response.ended",
    ]
    assert [owed(session, f"response {n}")[0].kind for n in (1, 2, 3)] == ["update"] * 3
    files = response.standing(session, incident, "V10100", AT)["files"]
    assert files[0]["response"]["act"] == "end"


def test_a_response_that_ends_after_the_stand_down_is_told_as_an_end(session: db.Writing) -> None:
    incident, _ = open_one(session, source_state="stopped")
    send(session, incident, "V20100", 2)
    response.respond(session, incident, Move.START, III, JIA, after(5), signed(5))
    despite = ["slug-on-its-way"]
    record.stand_down(session, incident, after(60), JIA.actor, reason="达标", signer="领导", despite=despite)
    response.respond(session, incident, Move.END, None, JIA, after(70), signed(70))
    session.commit()
    assert [row.kind for row in owed(session, "response 2")] == ["end"]
    with pytest.raises(Conflict, match="not-open"):
        response.grade(session, incident, Step.DECLARE, III, JIA, after(80), signed(80))


# Clocks


def test_the_lead_reports_in_two_hours_under_article_4_and_its_receivers_clock_starts_with_the_notice(
    session: db.Writing,
) -> None:
    incident, _ = open_one(session)
    send(session, incident, "V20100", 9)
    mine = clocks(session, incident, 10)
    upward = {name: clock.until_at - AT for name, clock in mine.items() if name.startswith("initial/")}
    two_hours = timedelta(hours=2)
    assert upward == {"initial/government": two_hours, "initial/V10000": two_hours, "initial/ministry": two_hours}
    assert "第四条" in mine["initial/government"].cited.zh
    theirs = clocks(session, incident, 10, "V20100")
    assert theirs["initial/government"].since_at == AT + timedelta(minutes=9)
    assert theirs["initial/V20000"].until_at == AT + timedelta(minutes=129)
    assert clocks(session, incident, 10, "V30100") == {}, "it has not been told"


def test_a_report_that_was_made_meets_its_clock_and_a_telephone_report_starts_the_written_one(
    session: db.Writing,
) -> None:
    incident, _ = open_one(session)
    ids = ["V10100/initial/government", "V10100/initial/V10000"]
    taken = Signed("", "省厅值班", AT + timedelta(minutes=14))
    response.reported(session, incident, ids, How.TELEPHONE, JIA, after(15), taken)
    session.commit()
    mine = clocks(session, incident, 16)
    assert mine["initial/government"].met_at == AT + timedelta(minutes=14)
    assert mine["initial/government"].met_by is not None
    assert mine["initial/government"].met_by.zh == "甲州值班员，接报 省厅值班"
    assert mine["initial/ministry"].is_open
    assert mine["written/government"].until_at == AT + timedelta(minutes=74)
    [entry] = journal.of_kinds(session, "incident:1", ("report.made",))
    assert (entry.facts["to"], entry.facts["how"]) == (["government", "V10000"], "telephone")
    assert "省厅值班" not in str(entry.facts), "the journal holds roles, never names"
    theirs = clocks(session, incident, 16, "V10000")
    assert theirs["initial/ministry"].until_at == AT + timedelta(minutes=74), "the province has an hour of its own"
    with pytest.raises(BadInput, match="no-such-clock"):
        response.reported(session, incident, ids, How.FAX, JIA, after(17), taken)


def test_holding_an_item_of_article_4_to_apply_shortens_the_clock(session: db.Writing) -> None:
    made = {"location": {"lon": 100.45, "lat": 30.1}}
    incident, _ = open_one(session, **made)
    before = clocks(session, incident, 1)["initial/government"]
    response.track(session, incident, ["mass_incident"], JIA, after(30), signed(30))
    session.commit()
    assert clocks(session, incident, 31)["initial/government"].until_at <= before.until_at
    assert clocks(session, incident, 31)["press_first/public"].until_at == AT + timedelta(hours=5)
    response.track(session, incident, ["other_need"], JIA, after(40), signed(40))
    items = response.standing(session, incident, "V10100", AT)["article_4"]
    assert {each["item"] for each in items if each["held"]} == {"mass_incident", "other_need"}
    with pytest.raises(BadInput, match="heavy_metal"):
        response.track(session, incident, ["weather"], JIA, after(41), signed(41))


def test_the_promise_of_a_next_word_runs_until_the_desk_hears_again(session: db.Writing) -> None:
    incident, _ = open_one(session, flow_state="mean")
    assert clocks(session, incident, 1)["next_word"].until_at == AT + timedelta(hours=2)
    send(session, incident, "V20100", 2)
    [promise] = [each for name, each in clocks(session, incident, 3).items() if name.startswith("promise/")]
    assert promise.until_at == datetime(2025, 11, 20, 21, tzinfo=UTC)
    assert promise.to[0].zh == "中区"
    send(session, incident, "V20100", 4)
    [promise] = [each for name, each in clocks(session, incident, 5).items() if name.startswith("promise/")]
    assert promise.is_open, "the formal notice repeats the promise, it does not keep it"
    record.add_report(session, incident, {"flow_state": "flood"}, after(90), JIA.actor, reason=None)
    session.commit()
    newest = latest(session, incident.number)
    assert newest is not None
    [update] = owed(session, "update 2")
    issue.issue(
        session,
        incident,
        Order(newest.id, [update.id], (), Act.HEADS_UP, None, None),
        JIA,
        at=AT + timedelta(minutes=95),
    )
    session.commit()
    found = {name: each for name, each in clocks(session, incident, 96).items() if name.startswith("promise/")}
    states = {each.until_at.hour: each.is_open for each in found.values()}
    assert states == {21: False, 23: True}


def test_an_incident_on_no_river_yet_has_its_clocks_as_well(session: db.Writing) -> None:
    made = statement.parse(
        {"location": {"lon": 100.0, "lat": 30.29}, "known_at": AT.isoformat(), "unlocated": True}, now=AT
    )
    incident, row = record.report(session, made, after(0), JIA.actor, JIA.desk)
    session.commit()
    assert row is None
    mine = clocks(session, incident, 1)
    assert mine["initial/government"].until_at == AT + timedelta(hours=4)
    assert mine["next_word"].is_open


def test_whoever_is_no_party_to_tiers_rises_to_the_next_higher_bureau(session: db.Writing) -> None:
    incident, _ = open_one(session)
    [first, *_] = due.running(session, incident, AT)
    assert [rung.id for rung in first.rungs] == ["duty_officer", "leader", "V10000"]


# Rules of the deployment


LOCAL = """\
kind: limits
id: jia-plan
title: {zh: 甲州预案, en: Jia plan}
scope: local
source: text
valid_from: 2020-01-01
jurisdictions: [V10100]
limits:
  - {id: phone, label: {zh: 电话, en: by telephone}, due: initial, owes: [place], to: [own_government], when: {}, within_minutes: 30, mark: A}
"""


def load(session: db.Writing, folder: Path, body: str) -> rules.Loaded:
    path = folder / "plan.yaml"
    path.write_text(body, encoding="utf-8")
    made = rules.load(session, path, at=AT, by=Actor(process="test"))
    session.commit()
    return made


def test_a_loaded_plan_is_a_version_and_shortens_the_clocks_of_its_jurisdiction(
    session: db.Writing, tmp_path: Path
) -> None:
    assert load(session, tmp_path, LOCAL) == rules.Loaded("jia-plan", 1, new=True)
    assert load(session, tmp_path, LOCAL) == rules.Loaded("jia-plan", 1, new=False)
    incident, row = open_one(session)
    assert row.body["versions"]["rules"]["jia-plan"] == 1
    assert clocks(session, incident, 1)["initial/government"].until_at == AT + timedelta(minutes=30)
    assert load(session, tmp_path, LOCAL.replace("30,", "20,")).version == 2
    assert clocks(session, incident, 1)["initial/government"].until_at == AT + timedelta(minutes=20)
    assert [row.version for row in session.scalars(select(RuleRow).order_by(RuleRow.version))] == [1, 2]
    assert kinds(session, "system").count("rules.loaded") == 2


def test_a_bad_plan_changes_nothing(session: db.Writing, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="jurisdictions"):
        load(session, tmp_path, LOCAL.replace("[V10100]", "[]"))
    assert session.scalars(select(RuleRow)).all() == []


def test_a_signed_act_cannot_be_changed(session: db.Writing) -> None:
    incident, _ = open_one(session)
    graded(session, incident, Step.DECLARE, III, 5)
    with pytest.raises(Exception, match="append-only"):
        session.execute(text("update signed_acts set value = 'I'"))


def test_a_grade_that_is_declared_speaks_to_clauses_that_ask_for_it(session: db.Writing) -> None:
    incident, _ = open_one(session)
    before: dict[str, Any] = {tells: row.id for tells, row in proposals(session, incident).items()}
    graded(session, incident, Step.DECLARE, II, 5)
    assert {tells: row.id for tells, row in proposals(session, incident).items()} == before, "nothing is owed twice"
