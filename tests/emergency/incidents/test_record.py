"""An incident on the valley: reported, assessed, issued, read back, corrected, withdrawn, stood down, closed."""

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from emergency import access, db, journal, notifications, work
from emergency.access import Action, Officer, Role
from emergency.agreements.values import Act
from emergency.errors import BadInput, Conflict, Forbidden, NotFound
from emergency.incidents import assess, issue, overview, postmortem, record, statement, tiles
from emergency.incidents.assess import Context
from emergency.incidents.issue import Order
from emergency.incidents.models import AssessmentRow, IncidentRow, ObligationRow, TaskRow
from emergency.notifications import Consent, NotificationRow, Via
from emergency.units import iso

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2025, 11, 20, 18, 43, tzinfo=UTC)
HEAD = {"lon": 100.02, "lat": 30.1005}
JIA = Officer(1, "甲州值班员", Role.DUTY_OFFICER, "V10100", None, "")
ZHONG = Officer(2, "中区联络人", Role.LIAISON, "V20100", None, "")
WAI = Officer(3, "外区值班员", Role.DUTY_OFFICER, "V30100", None, "")


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    with db.Writing(bind=valley_database, expire_on_commit=False) as opened:
        yield opened


def told(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["who"], each["tells"], each["circle"]) for each in body["notifications"]]


def open_one(session: db.Writing, **more: Any) -> tuple[IncidentRow, AssessmentRow]:
    made = statement.parse({"location": HEAD, "known_at": AT.isoformat(), **more}, now=AT)
    incident, row = record.report(session, made, Context(AT, ZONE), JIA.actor, JIA.desk)
    session.commit()
    assert row is not None
    return incident, row


def order(row: AssessmentRow, *ids: int, **more: Any) -> Order:
    return Order(
        **{
            "assessment": row.id,
            "issue": ids,
            "withhold": (),
            "act": Act.HEADS_UP,
            "consent": None,
            "next_update_at": None,
            **more,
        }
    )


def proposals(session: db.Writing, incident: IncidentRow) -> dict[str, NotificationRow]:
    return {row.tells: row for row in notifications.of_incident(session, incident.number) if row.state == "proposed"}


def test_a_preview_stores_nothing(session: db.Writing) -> None:
    made = statement.parse({"location": HEAD}, now=AT)
    run = assess.preview(session, made, Context(AT, ZONE))
    session.commit()
    assert [each["code"] for each in run.body["reached"]][:2] == ["V10101", "V20100"]
    assert session.scalars(select(IncidentRow)).all() == []
    assert journal.heads(session) == {"system": journal.last(session, "system")}


def test_the_water_is_followed_through_both_branches_and_back_into_the_first_county(session: db.Writing) -> None:
    _, row = open_one(session, flow_state="mean")
    reached = [(each["code"], each["entry"]) for each in row.body["reached"]]
    assert reached[:2] == [("V10101", 1), ("V20100", 1)]
    assert ("V10101", 2) in reached
    assert ("V10101", 3) in reached
    assert reached.index(("V10101", 2)) < reached.index(("V10102", 1))
    assert {"V10103", "V30100"} <= {code for code, _ in reached}
    assert [each["earliest_at"] for each in row.body["reached"]] == sorted(
        each["earliest_at"] for each in row.body["reached"]
    )
    for each in row.body["reached"]:
        assert each["earliest_at"] <= each["likely_at"] <= each["latest_at"]
        assert each["trailing_latest_at"] is None
        assert each["trailing_reason"]["zh"]
        assert each["desk"] in ("V10100", "V20100", "V30100")


def test_the_lead_is_the_desk_of_the_reach_and_its_own_counties_are_not_told(session: db.Writing) -> None:
    incident, row = open_one(session)
    assert incident.lead == "V10100"
    assert {each["tells"] for each in row.body["notifications"]} == {"V20100", "V30100"}


def test_one_message_discharges_every_duty_to_a_desk_and_cites_its_clauses(session: db.Writing) -> None:
    incident, _ = open_one(session)
    row = proposals(session, incident)["V20100"]
    assert {clause["agreement"] for clause in row.clauses} == {"valley-pact", "statute-neighbour"}
    duties = session.scalars(select(ObligationRow).where(ObligationRow.tells == "V20100")).all()
    assert {duty.notification_id for duty in duties} == {row.id}
    assert len(duties) == 2
    assert row.deadline_at == min(duty.deadline_at for duty in duties if duty.deadline_at) == AT + timedelta(minutes=15)
    assert all("中区" in duty.reason["zh"] and "Zhong" in duty.reason["en"] for duty in duties)


def test_a_near_intake_stands_first(session: db.Writing) -> None:
    made = statement.parse({"location": {"lon": 100.14, "lat": 30.1}}, now=AT)
    sites = assess.preview(session, made, Context(AT, ZONE)).body["sites"]
    assert (sites[0]["name"]["zh"], sites[0]["near"], sites[0]["synthetic"]) == ("中区（合成）取水口", True, True)
    assert [each["near"] for each in sites[1:]] == [False] * (len(sites) - 1)


def test_a_canal_that_only_crosses_is_not_followed(session: db.Writing) -> None:
    _, row = open_one(session)
    assert all(each["river"] != "过渠" for each in row.body["reached"])


def test_the_same_inputs_give_the_same_assessment(session: db.Writing) -> None:
    made = statement.parse({"location": HEAD, "known_at": AT.isoformat()}, now=AT)
    first, second = (assess.preview(session, made, Context(AT, ZONE)).body for _ in range(2))
    assert first == second


def test_a_higher_flow_never_comes_later(session: db.Writing) -> None:
    hours = []
    for flow in ("low", "mean", "high", "flood"):
        made = statement.parse({"location": HEAD, "known_at": AT.isoformat(), "flow_state": flow}, now=AT)
        body = assess.preview(session, made, Context(AT, ZONE)).body
        hours.append({(each["code"], each["entry"]): each["earliest_at"] for each in body["reached"]})
    for slower, faster in itertools.pairwise(hours):
        assert all(faster[key] <= slower[key] for key in slower)


@pytest.mark.parametrize(("lon", "lat", "says"), [(100.2, 30.9, "公里"), (120.0, 30.0, "公里"), (0.0, 0.0, "公里")])
def test_a_place_off_the_network_is_refused_with_candidates(
    session: db.Writing, lon: float, lat: float, says: str
) -> None:
    made = statement.parse({"location": {"lon": lon, "lat": lat}}, now=AT)
    with pytest.raises(BadInput, match="off-network") as refused:
        record.report(session, made, Context(AT, ZONE), JIA.actor, JIA.desk)
    assert says in refused.value.words.zh
    assert refused.value.facts["candidates"]
    session.rollback()
    assert session.scalars(select(IncidentRow)).all() == []


def test_news_without_a_river_is_kept_when_that_is_said_and_assessed_once_it_is_placed(session: db.Writing) -> None:
    made = statement.parse({"location": {"lon": 100.30, "lat": 30.28}, "unlocated": True}, now=AT)
    incident, row = record.report(session, made, Context(AT, ZONE), WAI.actor, WAI.desk)
    session.commit()
    assert (row, incident.lead) == (None, "V10100")  # the ground there is 上县's
    assert [each["river"] for each in overview.listed(session, JIA, None)] == [None]
    known = overview.incident(session, incident, lambda _session, _ids: {})
    assert (known["assessment_id"], known["report"]["location"]) == (None, {"lon": 100.30, "lat": 30.28})
    assert known["report"]["verification"] == "unverified"
    assert record.add_report(session, incident, {"substance": "油"}, Context(AT, ZONE), JIA.actor, reason=None) is None
    placed = record.correct(session, incident, {"location": HEAD}, Context(AT, ZONE), JIA.actor, reason="找到了")
    session.commit()
    assert placed is not None
    assert placed.body["inputs"]["substance"] == "油"
    assert placed.body["reached"][0]["code"] == "V10101"


def test_only_the_audience_sees_an_incident(session: db.Writing) -> None:
    incident, row = open_one(session)
    assert record.found(session, incident.number, JIA, Action.SEE_INCIDENT).number == incident.number
    with pytest.raises(NotFound):
        record.found(session, incident.number, ZHONG, Action.SEE_INCIDENT)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    session.commit()
    assert record.found(session, incident.number, ZHONG, Action.SEE_INCIDENT).number == incident.number
    assert [each["number"] for each in overview.listed(session, ZHONG, None)] == [incident.number]
    assert overview.listed(session, WAI, None) == []


def test_a_heads_up_needs_no_consent_and_a_formal_notice_does(session: db.Writing) -> None:
    incident, row = open_one(session)
    rows = proposals(session, incident)
    with pytest.raises(BadInput, match="consent"):
        issue.issue(session, incident, order(row, rows["V20100"].id, act=Act.FORMAL_NOTICE), JIA, at=AT)
    session.rollback()
    consent = Consent("带班领导", "telephone", AT)
    issue.issue(session, incident, order(row, rows["V20100"].id, act=Act.FORMAL_NOTICE, consent=consent), JIA, at=AT)
    session.commit()
    sent = session.get_one(NotificationRow, rows["V20100"].id)
    assert (sent.state, sent.act, sent.version) == ("issued", "formal_notice", 1)
    assert sent.consent is not None
    assert sent.consent["how"] == "telephone"
    assert sent.content is not None
    assert sent.content["sender"]["zh"] == "甲州"
    assert sent.content["receiver"]["zh"] == "中区"
    assert sent.content["code"] == sent.code
    assert len(sent.code) == 4
    assert incident.next_update_at == datetime(2025, 11, 20, 21, tzinfo=UTC)


def test_after_a_heads_up_the_formal_notice_is_still_owed_and_repeats_its_version(session: db.Writing) -> None:
    incident, row = open_one(session)
    first = proposals(session, incident)["V20100"]
    assert first.asks == "formal_notice"
    issue.issue(session, incident, order(row, first.id), JIA, at=AT)
    session.commit()
    owed = proposals(session, incident)["V20100"]
    assert (owed.follows, owed.clauses, owed.deadline_at) == (first.id, first.clauses, first.deadline_at)
    consent = Consent("带班领导", "oral", AT)
    issue.issue(session, incident, order(row, owed.id, act=Act.FORMAL_NOTICE, consent=consent), JIA, at=AT)
    session.commit()
    assert (owed.version, first.version, owed.code) == (1, 1, first.code)
    assert "V20100" not in proposals(session, incident)


def test_a_message_is_issued_once(session: db.Writing) -> None:
    incident, row = open_one(session)
    number = proposals(session, incident)["V20100"].id
    issue.issue(session, incident, order(row, number), JIA, at=AT)
    session.commit()
    with pytest.raises(Conflict, match="already-decided"):
        issue.issue(session, incident, order(row, number), JIA, at=AT)


def test_another_desks_message_needs_a_reason_and_withholding_does_too(session: db.Writing) -> None:
    incident, row = open_one(session)
    rows = proposals(session, incident)
    access.admit(session, incident=incident.number, jurisdiction="V30100", because="test", at=AT)
    session.commit()
    with pytest.raises(Forbidden, match="another-desk"):
        issue.issue(session, incident, order(row, rows["V20100"].id), WAI, at=AT)
    session.rollback()
    with pytest.raises(BadInput, match="reason"):
        issue.issue(session, incident, order(row, withhold=((rows["V30100"].id, " "),)), JIA, at=AT)
    session.rollback()
    issue.issue(session, incident, order(row, withhold=((rows["V30100"].id, "尚远，待观察"),)), JIA, at=AT)
    session.commit()
    assert session.get_one(NotificationRow, rows["V30100"].id).withheld_reason == "尚远，待观察"


def test_a_message_sent_for_another_desk_says_who_sent_it_for_whom_and_why(session: db.Writing) -> None:
    incident, row = open_one(session)
    rows = proposals(session, incident)
    access.admit(session, incident=incident.number, jurisdiction="V30100", because="test", at=AT)
    session.commit()
    issue.issue(session, incident, order(row, rows["V20100"].id, on_behalf="甲州停电"), WAI, at=AT)
    withheld = ((rows["V30100"].id, "本席位已知"),)
    issue.issue(session, incident, order(row, withhold=withheld, on_behalf="甲州停电"), WAI, at=AT)
    session.commit()
    sent = session.get_one(NotificationRow, rows["V20100"].id)
    assert (sent.who, sent.issued_by) == ("V10100", WAI.actor.stored())
    assert sent.content is not None
    assert sent.content["sender"]["zh"] == "甲州"
    decided = [
        (each.kind, each.by["desk"], each.facts["who"], each.facts["on_behalf"])
        for each in journal.read(session, f"incident:{incident.number}")
        if each.kind in ("notification.issued", "notification.withheld")
    ]
    assert decided == [
        ("notification.issued", "V30100", "V10100", "甲州停电"),
        ("notification.withheld", "V30100", "V10100", "甲州停电"),
    ]
    made = postmortem.fold(session, incident, officer=JIA)
    told_ = {each["tells"]: each for each in made["told"] if each.get("on_behalf")}
    assert (told_["V20100"]["who"], told_["V20100"]["issued_by"]["desk"]) == ("V10100", "V30100")
    assert told_["V30100"]["withheld_by"]["desk"] == "V30100"
    [news] = [each for each in journal.read(session, "desk:V10100") if each.kind == "notification.on_behalf"]
    assert news.by["desk"] == "V30100"
    assert news.facts == {
        "incident": incident.number,
        "notification": sent.id,
        "who": "V10100",
        "tells": "V20100",
        "act": "heads_up",
        "on_behalf": "甲州停电",
    }


def test_a_reason_to_send_for_others_is_no_fact_of_ones_own_messages(session: db.Writing) -> None:
    incident, row = open_one(session)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id, on_behalf="多余"), JIA, at=AT)
    session.commit()
    [issued] = [each for each in journal.read(session, f"incident:{incident.number}") if each.kind.endswith(".issued")]
    assert "on_behalf" not in issued.facts
    assert [each.kind for each in journal.read(session, "desk:V10100")] == []


def test_whether_it_is_an_exercise_is_settled_when_it_is_opened(session: db.Writing) -> None:
    incident, _ = open_one(session, drill=True)
    with pytest.raises(Conflict, match="drill-settled"):
        record.correct(session, incident, {"drill": False}, Context(AT, ZONE), JIA.actor, reason="误勾")
    session.rollback()
    made = record.correct(session, incident, {"drill": True, "bank": "left"}, Context(AT, ZONE), JIA.actor, reason="补")
    assert made is not None
    assert made.body["inputs"]["drill"]


def test_a_newer_assessment_stops_an_older_order_and_shows_the_difference(session: db.Writing) -> None:
    incident, row = open_one(session)
    newer = record.add_report(session, incident, {"flow_state": "flood"}, Context(AT, ZONE), JIA.actor, reason=None)
    session.commit()
    assert newer is not None
    assert newer.body["inputs"]["flow_state"] == "flood"
    with pytest.raises(Conflict, match="newer-assessment") as refused:
        issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    moved = refused.value.facts["difference"]
    assert moved
    assert all(each["now"] < each["was"] for each in moved)


def test_a_reassessment_proposes_an_update_only_to_those_who_were_told(session: db.Writing) -> None:
    incident, row = open_one(session)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    session.commit()
    for flow in ("high", "flood"):
        record.add_report(session, incident, {"flow_state": flow}, Context(AT, ZONE), JIA.actor, reason=None)
        session.commit()
    updates = [each for each in notifications.of_incident(session, incident.number) if each.kind == "update"]
    assert [(each.tells, each.state) for each in updates] == [("V20100", "proposed")]
    newest = assess.latest(session, incident.number)
    assert newest is not None
    issue.issue(session, incident, order(newest, updates[0].id), JIA, at=AT)
    session.commit()
    content = updates[0].content
    assert content is not None
    assert content["version"] == 2
    assert content["earliest_at"] < content["was_earliest_at"]


def test_a_desk_that_was_told_owes_its_own_neighbours(session: db.Writing, valley_database: Engine) -> None:
    incident, row = open_one(session)
    issue.issue(session, incident, order(row, proposals(session, incident)["V30100"].id), JIA, at=AT)
    session.commit()
    sessions = db.sessions(valley_database)
    while work.step(sessions, ZONE, now=datetime.now(UTC) + timedelta(seconds=1)):
        pass
    session.expire_all()
    assert session.scalars(select(ObligationRow.who).distinct()).all() == ["V10100"]  # 外区 has nobody downstream
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    session.commit()
    assert session.scalar(select(TaskRow).where(TaskRow.done_at.is_(None))) is not None


def test_a_correction_and_a_withdrawal_are_owed_to_all_who_were_told(session: db.Writing) -> None:
    incident, row = open_one(session)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    session.commit()
    changes = {"substance": "硫酸"}
    record.correct(session, incident, changes, Context(AT, ZONE), JIA.actor, reason="铭牌已读到")
    session.commit()
    assert record.current(session, incident).substance == "硫酸"
    kinds = [
        (each.kind, each.tells)
        for each in notifications.of_incident(session, incident.number)
        if each.state == "proposed"
    ]
    assert ("correction", "V20100") in kinds
    assert ("correction", "V30100") not in kinds
    record.withdraw(session, incident, Context(AT, ZONE), JIA.actor, reason="现场核实未入河")
    session.commit()
    left = [
        (each.kind, each.tells)
        for each in notifications.of_incident(session, incident.number)
        if each.state == "proposed"
    ]
    assert left == [("withdrawal", "V20100")]
    assert incident.status == "withdrawn"


def test_a_correction_that_clears_a_field_is_assessed_owed_and_written_down(session: db.Writing) -> None:
    incident, row = open_one(session, mass_kg=500.0, source_state="stopped", reporter="过路司机")
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    session.commit()
    changes = {"mass_kg": None, "source_state": "unknown", "reporter": None, "substance": "硫酸"}
    made = record.correct(session, incident, changes, Context(AT, ZONE), JIA.actor, reason="司机记错")
    session.commit()
    assert made is not None
    inputs = made.body["inputs"]
    assert (inputs["mass_kg"], inputs["source_state"], inputs["substance"]) == (None, "unknown", "硫酸")
    assert record.current(session, incident).reporter == ""
    [entry] = [each for each in journal.read(session, f"incident:{incident.number}") if each.kind.endswith("corrected")]
    assert entry.facts["said"] == {"substance": "硫酸"}
    assert entry.facts["cleared"] == ["mass_kg", "source_state", "reporter"]
    assert ("correction", "V20100") in [
        (each.kind, each.tells) for each in notifications.of_incident(session, incident.number)
    ]
    kept = overview.incident(session, incident, lambda *_: {})["reports"][-1]["statement"]
    assert kept == {"substance": "硫酸", "cleared": ["mass_kg", "source_state", "reporter"]}
    record.add_report(session, incident, {"mass_kg": None}, Context(AT, ZONE), JIA.actor, reason=None)
    record.add_report(session, incident, {"mass_kg": 80.0}, Context(AT, ZONE), JIA.actor, reason=None)
    session.commit()
    assert record.current(session, incident).mass_kg == 80.0


def test_a_stand_down_is_refused_with_what_is_missing(session: db.Writing) -> None:
    incident, _ = open_one(session)
    with pytest.raises(Conflict, match="cannot-stand-down") as refused:
        record.stand_down(
            session, incident, Context(AT, ZONE), JIA.actor, reason="r", signer="s", despite=["source-open"]
        )
    assert next(each["what"] for each in refused.value.facts["missing"]) == "source-open"
    session.rollback()
    record.add_report(session, incident, {"source_state": "stopped"}, Context(AT, ZONE), JIA.actor, reason=None)
    session.commit()
    with pytest.raises(Conflict, match="slug"):
        record.stand_down(session, incident, Context(AT, ZONE), JIA.actor, reason="r", signer="s")
    session.rollback()
    after = Context(AT + timedelta(days=60), ZONE)
    record.stand_down(session, incident, after, JIA.actor, reason="连续达标", signer="带班领导")
    session.commit()
    assert incident.status == "stood_down"
    assert not proposals(session, incident)


def test_a_file_closes_only_when_everyone_has_read_back(session: db.Writing) -> None:
    incident, row = open_one(session)
    number = proposals(session, incident)["V20100"].id
    issue.issue(session, incident, order(row, number), JIA, at=AT)
    session.commit()
    with pytest.raises(Conflict, match="not-ended"):
        record.close(session, incident, Context(AT, ZONE), JIA.actor, reason="r")
    record.withdraw(session, incident, Context(AT, ZONE), JIA.actor, reason="未入河")
    session.commit()
    with pytest.raises(Conflict, match="open-messages"):
        record.close(session, incident, Context(AT, ZONE), JIA.actor, reason="r")
    session.rollback()
    last = notifications.of_incident(session, incident.number)[-1]
    issue.issue(session, incident, order(row, last.id), JIA, at=AT)
    session.commit()
    newly = notifications.acknowledge(
        session,
        notification_id=last.id,
        by_person="中区值班",
        via=Via.CALL,
        by=JIA.actor,
        at=AT,
        code=last.code.lower(),
    )
    session.commit()
    assert newly == [number, last.id]
    record.close(session, incident, Context(AT, ZONE), JIA.actor, reason="完毕")
    session.commit()
    assert incident.status == "closed"


def test_a_wrong_code_does_not_acknowledge_and_a_second_read_back_is_recorded_as_also(session: db.Writing) -> None:
    incident, row = open_one(session)
    number = proposals(session, incident)["V20100"].id
    with pytest.raises(Conflict, match="not-issued"):
        notifications.acknowledge(session, notification_id=number, by_person="x", via=Via.WEB, by=ZHONG.actor, at=AT)
    issue.issue(session, incident, order(row, number), JIA, at=AT)
    session.commit()
    with pytest.raises(BadInput, match="wrong-code"):
        notifications.acknowledge(
            session, notification_id=number, by_person="x", via=Via.CODE, by=ZHONG.actor, at=AT, code="ZZZZ"
        )
    for person in ("甲", "乙"):
        notifications.acknowledge(session, notification_id=number, by_person=person, via=Via.WEB, by=ZHONG.actor, at=AT)
        session.commit()
    kept = session.get_one(NotificationRow, number)
    assert (kept.state, kept.acknowledged_by) == ("acknowledged", "甲")
    also = [
        each.facts["also"]
        for each in journal.read(session, f"incident:{incident.number}")
        if each.kind == "notification.acknowledged"
    ]
    assert also == [False, True]


def test_the_postmortem_is_a_fold_of_the_journal_that_agrees_with_the_tables(session: db.Writing) -> None:
    incident, row = open_one(session)
    number = proposals(session, incident)["V20100"].id
    issue.issue(session, incident, order(row, number), JIA, at=AT + timedelta(minutes=9))
    session.commit()
    notifications.acknowledge(
        session, notification_id=number, by_person="甲", via=Via.WEB, by=ZHONG.actor, at=AT + timedelta(minutes=12)
    )
    session.commit()
    made = postmortem.fold(session, incident, officer=JIA)
    folded = next(each for each in made["told"] if each["notification"] == number)
    stored = session.get_one(NotificationRow, number)
    assert (folded["who"], folded["tells"], folded["code"]) == (stored.who, stored.tells, stored.code)
    assert folded["clauses"] == stored.clauses
    assert folded["content"] == stored.content
    assert folded["acknowledged"]["via"] == "web"
    assert made["measures"] == {"first_issue_min": 9.0, "first_call_min": None, "first_read_back_min": 12.0}
    assert [each["n"] for each in made["timeline"]] == list(range(1, made["chain"]["last"] + 1))
    assert made["chain"]["whole"]
    assert [each["id"] for each in made["assessments"]] == [row.id]
    assert journal.verify(session, f"incident:{incident.number}") is None


def test_a_read_back_that_was_typed_in_late_keeps_both_hours_and_the_readers_name(session: db.Writing) -> None:
    incident, row = open_one(session)
    number = proposals(session, incident)["V20100"].id
    issue.issue(session, incident, order(row, number), JIA, at=AT + timedelta(minutes=2))
    session.commit()
    read_at, typed_at = AT + timedelta(minutes=4), AT + timedelta(minutes=40)
    notifications.acknowledge(
        session, notification_id=number, by_person="李值班", via=Via.CALL, by=JIA.actor, at=typed_at, stated_at=read_at
    )
    session.commit()
    assert session.get_one(NotificationRow, number).acknowledged_at == read_at
    made = postmortem.fold(session, incident, officer=JIA)
    kept = next(each for each in made["told"] if each["notification"] == number)["acknowledged"]
    assert kept | {"by": None} == {
        "at": iso(read_at),
        "recorded_at": iso(typed_at),
        "late": True,
        "via": "call",
        "by": None,
        "person": "李值班",
    }
    assert made["timeline"][-1]["at"] == iso(typed_at)
    assert "李值班" not in str(made["timeline"]), "the journal holds roles, never names"
    assert made["measures"]["first_read_back_min"] == 4.0


def test_the_card_and_the_record_measure_alike(session: db.Writing) -> None:
    incident, row = open_one(session)
    number = proposals(session, incident)["V20100"].id
    issue.issue(session, incident, order(row, number), JIA, at=AT + timedelta(minutes=9))
    facts = {"notification": number, "stated_at": iso(AT + timedelta(minutes=12)), "late": True}
    journal.append(session, "incident:1", "delivery.called", by=JIA.actor, at=AT + timedelta(minutes=60), facts=facts)
    session.commit()
    shown = overview.incident(session, incident, lambda _session, _ids: {})["measures"]
    assert shown == {"first_issue_min": 9.0, "first_call_min": 12.0, "first_read_back_min": None}
    assert postmortem.fold(session, incident, officer=JIA)["measures"] == shown


def test_a_corrected_hour_of_knowing_is_what_everything_counts_from(session: db.Writing) -> None:
    incident, _ = open_one(session)
    earlier = AT - timedelta(minutes=20)
    record.correct(session, incident, {"known_at": iso(earlier)}, Context(AT, ZONE), JIA.actor, reason="值班日志为准")
    session.commit()
    assert incident.known_at == earlier


def test_an_incident_keeps_the_seed_of_its_first_assessment_wherever_it_is_moved(session: db.Writing) -> None:
    incident, first = open_one(session)
    moved = {"location": {"lon": 100.14, "lat": 30.1}}
    again = record.correct(session, incident, moved, Context(AT, ZONE), JIA.actor, reason="核实")
    session.commit()
    assert again is not None
    assert again.body["versions"]["seed"] == first.body["versions"]["seed"]


def test_the_file_is_not_closed_over_open_messages_and_they_are_named(session: db.Writing) -> None:
    incident, row = open_one(session)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    record.withdraw(session, incident, Context(AT, ZONE), JIA.actor, reason="不实")
    session.commit()
    with pytest.raises(Conflict, match="open-messages") as refused:
        record.close(session, incident, Context(AT, ZONE), JIA.actor, reason="完毕")
    assert "中区" in refused.value.words.zh
    assert "V20100" not in refused.value.words.zh + refused.value.words.en


def test_an_assessment_cannot_be_changed(session: db.Writing) -> None:
    _, row = open_one(session)
    row.body = {}
    with pytest.raises(Exception, match="append-only"):
        session.commit()


def test_an_undecided_proposal_rises_to_the_leader_before_its_deadline(
    session: db.Writing, valley_database: Engine
) -> None:
    incident, _ = open_one(session)
    sessions = db.sessions(valley_database)
    assert not work.chase_proposal(session, AT + timedelta(minutes=9))
    session.rollback()
    while work.step(sessions, ZONE, now=AT + timedelta(minutes=11)):
        pass
    raised = [
        each for each in journal.read(session, f"incident:{incident.number}") if each.kind == "proposal.escalated"
    ]
    assert sorted(each.facts["tells"] for each in raised) == ["V20100", "V30100"]
    assert [each.kind for each in journal.read(session, "desk:V10100")] == ["proposal.escalated"] * 2
    assert not work.step(sessions, ZONE, now=AT + timedelta(minutes=11))


def test_a_tile_shows_an_incident_only_to_its_audience(session: db.Writing) -> None:
    open_one(session)
    assert tiles.tile(session, JIA, 0, 0, 0)
    assert not tiles.tile(session, WAI, 0, 0, 0)
    with pytest.raises(NotFound):
        tiles.tile(session, JIA, 3, 8, 0)


def test_an_incident_that_is_ending_gets_no_onward_proposals(session: db.Writing, valley_database: Engine) -> None:
    incident, row = open_one(session)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    session.commit()
    ending = record.found(session, incident.number, JIA, Action.RUN_INCIDENT)
    record.withdraw(session, ending, Context(AT, ZONE), JIA.actor, reason="未入河")
    session.flush()  # not committed yet: the worker must wait for it
    sessions, later = db.sessions(valley_database), datetime.now(UTC) + timedelta(seconds=1)
    worker = threading.Thread(target=lambda: work.step(sessions, ZONE, now=later))
    worker.start()
    worker.join(1.0)
    assert worker.is_alive()
    session.commit()
    worker.join(30)
    session.expire_all()
    assert [each.kind for each in proposals(session, incident).values()] == ["withdrawal"]
