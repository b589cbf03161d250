"""Duties of a stored incident: reports upward, the inside list, why a place is told, agreements kept as they stood."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from emergency import access, db, journal, notifications, work
from emergency.access import Officer
from emergency.agreements import load as agreements
from emergency.errors import BadInput, Conflict, NotFound
from emergency.incidents import assess, explained, frozen, inside, issue, record, statement
from emergency.incidents.assess import Context
from emergency.incidents.models import ObligationRow
from emergency.journal import Actor
from emergency.notifications import NotificationRow, State
from tests import valley
from tests.emergency.incidents.test_record import AT, HEAD, JIA, WAI, ZONE, open_one, order, proposals

REFERENCE = Path(__file__).resolve().parents[3] / "emergency" / "reference" / "agreements"
BY = Actor(process="test")
PROVINCE = "V10000"


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    """The valley with the law on reports upward and the inside list."""
    with db.Writing(bind=valley_database, expire_on_commit=False) as opened:
        for name in ("statute-report-upward", "inside-list"):
            agreements.load(opened, REFERENCE / f"{name}.yaml", at=AT, by=BY)
        opened.commit()
        yield opened


def changed(folder: Path, found: str, put: str) -> Path:
    assert found in valley.AGREEMENT
    path = folder / "pact.yaml"
    path.write_text(valley.AGREEMENT.replace(found, put), encoding="utf-8")
    return path


def test_the_province_is_proposed_a_report_and_ones_own_side_gets_no_message(session: db.Writing) -> None:
    incident, row = open_one(session)
    proposed = {(each.tells, each.kind) for each in notifications.of_incident(session, incident.number)}
    assert proposed == {("V20100", "incident"), ("V30100", "incident"), (PROVINCE, "report_upward")}
    [report] = [each for each in row.body["notifications"] if each["kind"] == "report_upward"]
    assert report["deadline_at"] == (AT + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    kept = session.scalars(select(ObligationRow).where(ObligationRow.notification_id.is_(None))).all()
    assert {each.tells for each in kept} == {"V10100"}
    assert {each.role for each in kept} == set(inside.ROLES)


def test_the_inside_list_has_one_line_for_each_office_the_earliest_limit_first(session: db.Writing) -> None:
    incident, _ = open_one(session)
    lines = inside.listed(session, incident.number, "V10100")
    assert [line["role"] for line in lines[:4]] == ["government", "water_bureau", "dam_operator", "water_company"]
    government = lines[0]
    assert [each["clause"] for each in government["clauses"]] == [
        "government",
        "art-3-grave-government",
        "art-4-government",
        "art-3-government",
    ]
    assert government["deadline_at"] == (AT + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    assert inside.listed(session, incident.number, "V20100") == []


def test_an_office_that_was_called_is_ticked_off_once_and_stands_in_the_journal(session: db.Writing) -> None:
    incident, _ = open_one(session)
    called_at = AT + timedelta(minutes=4)
    inside.tell(session, incident, "government", JIA, at=AT + timedelta(minutes=9), told_at=called_at)
    session.commit()
    lines = {line["role"]: line for line in inside.listed(session, incident.number, "V10100")}
    assert lines["government"]["told_at"] == called_at.isoformat().replace("+00:00", "Z")
    assert lines["fire"]["told_at"] is None
    entry = journal.read(session, f"incident:{incident.number}")[-1]
    assert (entry.kind, entry.facts["role"], entry.facts["who"]) == ("inside.told", "government", "V10100")
    assert len(entry.facts["obligations"]) == 4
    with pytest.raises(Conflict, match="already-told"):
        inside.tell(session, incident, "government", JIA, at=AT, told_at=AT)


def test_what_was_ticked_off_by_mistake_is_owed_again_and_the_record_keeps_both(session: db.Writing) -> None:
    incident, _ = open_one(session)
    inside.tell(session, incident, "fire", JIA, at=AT, told_at=AT)
    inside.untell(session, incident, "fire", JIA, at=AT)
    session.commit()
    lines = {line["role"]: line for line in inside.listed(session, incident.number, "V10100")}
    assert lines["fire"]["told_at"] is None
    kinds = [each.kind for each in journal.read(session, f"incident:{incident.number}")]
    assert kinds[-2:] == ["inside.told", "inside.undone"]
    with pytest.raises(Conflict, match="not-told"):
        inside.untell(session, incident, "fire", JIA, at=AT)


def test_a_desk_can_only_tick_off_its_own_list(session: db.Writing) -> None:
    incident, _ = open_one(session)
    with pytest.raises(BadInput, match="not-on-the-list"):
        inside.tell(session, incident, "fire", WAI, at=AT, told_at=AT)
    nowhere = Officer(9, "管理员", access.Role.ADMINISTRATOR, None, None, "")
    with pytest.raises(BadInput, match="no-desk"):
        inside.tell(session, incident, "fire", nowhere, at=AT, told_at=AT)


def test_a_desk_that_was_told_has_its_own_list_and_its_own_clock(session: db.Writing, valley_database: Engine) -> None:
    incident, row = open_one(session)
    issued_at = AT + timedelta(minutes=10)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=issued_at)
    session.commit()
    assert work.step(db.sessions(valley_database), ZONE, now=issued_at + timedelta(seconds=1))
    session.expire_all()
    lines = {line["role"]: line for line in inside.listed(session, incident.number, "V20100")}
    assert lines["fire"]["deadline_at"] == (issued_at + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    upward = [each for each in notifications.of_incident(session, incident.number) if each.tells == "V20000"]
    assert [(each.who, each.kind, each.deadline_at) for each in upward] == [
        ("V20100", "report_upward", issued_at + timedelta(hours=2))
    ]


def test_a_second_assessment_raises_nothing_twice_and_says_what_is_new(session: db.Writing, tmp_path: Path) -> None:
    incident, first = open_one(session)
    before = session.scalars(select(ObligationRow.id).order_by(ObligationRow.id)).all()
    assert {each["new"] for each in first.body["obligations"]} == {None}
    more = valley.AGREEMENT.replace("id: valley-pact", "id: valley-pact-2")
    (tmp_path / "second.yaml").write_text(more, encoding="utf-8")
    agreements.load(session, tmp_path / "second.yaml", at=AT, by=BY)
    again = assess.assess(session, incident, record.current(session, incident), Context(AT, ZONE), BY)
    session.commit()
    fresh = session.scalars(select(ObligationRow).where(ObligationRow.id.not_in(before))).all()
    assert {(each.agreement, each.tells) for each in fresh} == {("valley-pact-2", "V20100")}
    assert "新增" in fresh[0].reason["zh"]
    new = {each["agreement"] for each in again.body["obligations"] if each["new"]}
    assert new == {"valley-pact-2"}
    third = assess.assess(session, incident, record.current(session, incident), Context(AT, ZONE), BY)
    assert {each["new"] for each in third.body["obligations"]} == {None}


# --- agreements as they stood


def test_an_incident_is_ruled_by_what_stood_when_it_became_known(session: db.Writing, tmp_path: Path) -> None:
    """Renewed at midnight: what became known a minute before is assessed a minute after, and keeps the older version."""
    midnight = AT + timedelta(minutes=2)
    renewed = changed(tmp_path, "valid_from: 2020-01-01", "valid_from: 2025-11-21")
    agreements.load(session, renewed, at=AT, by=BY)
    assert agreements.in_force(session, AT)  # 2025-11-21 begins at 16:00 UTC on the 20th, before AT
    earlier = AT.replace(hour=15, minute=59)
    made = statement.parse({"location": HEAD, "known_at": earlier.isoformat()}, now=midnight)
    incident, row = record.report(session, made, Context(midnight, ZONE), JIA.actor, JIA.desk)
    assert row is not None
    assert row.body["versions"]["agreements"]["valley-pact"] == 1
    later, newest = open_one(session)
    assert newest.body["versions"]["agreements"]["valley-pact"] == 2
    assert incident.number != later.number


def test_a_new_version_reaches_an_open_incident_only_when_an_officer_assesses_again(
    session: db.Writing, valley_database: Engine, tmp_path: Path
) -> None:
    incident, row = open_one(session)
    issue.issue(session, incident, order(row, proposals(session, incident)["V20100"].id), JIA, at=AT)
    harsher = changed(tmp_path, 'parties: ["V10100", "V20100"]', 'parties: ["V10100", "V20100", "V30100"]')
    agreements.load(session, harsher, at=AT, by=BY)
    session.commit()
    assert work.step(db.sessions(valley_database), ZONE, now=AT + timedelta(seconds=1))
    session.expire_all()
    owed = session.scalars(select(ObligationRow).where(ObligationRow.agreement == "valley-pact")).all()
    assert "V30100" not in {each.tells for each in owed}, "the worker goes by the version that stood"
    again = assess.assess(session, incident, record.current(session, incident), Context(AT, ZONE), BY)
    assert again.body["versions"]["agreements"]["valley-pact"] == 2
    assert "V30100" in {each["tells"] for each in again.body["obligations"] if each["agreement"] == "valley-pact"}


def test_the_facts_of_an_assessment_come_back_as_they_were(session: db.Writing) -> None:
    made = statement.parse({"location": HEAD, "known_at": AT.isoformat()}, now=AT)
    run = assess.preview(session, made, Context(AT, ZONE))
    assert frozen.facts(run.body, ZONE) == run.found.facts
    del run.body[frozen.FACTS]
    with pytest.raises(Conflict, match="facts-not-kept"):
        frozen.facts(run.body, ZONE)


# --- why


@pytest.mark.parametrize(
    ("code", "because", "told"),
    [
        ("V20100", "told", True),
        ("V10101", "leads", False),
        ("V30000", "not_reached", False),
    ],
)
def test_why_a_place_is_told_or_not_is_answered_from_the_frozen_facts(
    session: db.Writing, code: str, because: str, told: bool
) -> None:
    incident, row = open_one(session)
    answer = explained.why(session, incident.number, code, ZONE)
    assert (answer["because"], answer["told"], answer["assessment"]) == (because, told, row.id)
    assert answer["words"]["zh"]


def test_why_keeps_the_agreements_as_they_stood_and_names_those_that_did_not(
    session: db.Writing, tmp_path: Path
) -> None:
    ended = valley.AGREEMENT.replace("valid_from: 2020-01-01", "valid_from: 2020-01-01\nvalid_to: 2020-12-31")
    (tmp_path / "old.yaml").write_text(ended.replace("id: valley-pact", "id: old-pact"), encoding="utf-8")
    agreements.load(session, tmp_path / "old.yaml", at=AT, by=BY)
    incident, _ = open_one(session)
    other = changed(tmp_path, 'parties: ["V10100", "V20100"]', 'parties: ["V20100", "V30100"]')
    agreements.load(session, other, at=AT + timedelta(hours=1), by=BY)
    answer = explained.why(session, incident.number, "V20100", ZONE)
    stops = {each["agreement"]: each["because"] for each in answer["clauses"]}
    assert (stops["valley-pact"], stops["old-pact"]) == ("binds", "not_in_force")


def test_why_needs_an_assessment_and_a_known_division(session: db.Writing) -> None:
    incident, _ = open_one(session)
    with pytest.raises(NotFound, match="unknown-division"):
        explained.why(session, incident.number, "999999", ZONE)
    with pytest.raises(BadInput, match="jurisdiction"):
        explained.why(session, incident.number, "", ZONE)
    with pytest.raises(NotFound, match="not-assessed"):
        explained.why(session, 99, "V20100", ZONE)


# --- automatic clauses, and proposals that nobody decides


def test_an_automatic_clause_sends_a_heads_up_and_the_formal_notice_waits(
    session: db.Writing, valley_database: Engine, tmp_path: Path
) -> None:
    automatic = changed(tmp_path, "policy: first_attempt}", "policy: first_attempt, automatic: true}")
    agreements.load(session, automatic, at=AT, by=BY)
    incident, _ = open_one(session)
    sessions = db.sessions(valley_database)
    assert work.step(sessions, ZONE, now=AT + timedelta(seconds=1))
    session.expire_all()
    to_zhong = [each for each in notifications.of_incident(session, incident.number) if each.tells == "V20100"]
    assert [(each.state, each.act, each.asks) for each in to_zhong] == [
        (State.ISSUED, "heads_up", "formal_notice"),
        (State.PROPOSED, None, "formal_notice"),
    ]
    assert to_zhong[0].issued_by == {"process": "work"} | {
        key: value for key, value in (to_zhong[0].issued_by or {}).items() if key != "process"
    }
    assert to_zhong[1].follows == to_zhong[0].id
    assert {each.state for each in proposals(session, incident).values()} == {State.PROPOSED}
    assert "V20100" in access.audience(session, incident.number)


def test_nothing_automatic_goes_out_of_an_incident_that_has_ended(
    session: db.Writing, valley_database: Engine, tmp_path: Path
) -> None:
    automatic = changed(tmp_path, "policy: first_attempt}", "policy: first_attempt, automatic: true}")
    agreements.load(session, automatic, at=AT, by=BY)
    incident, _ = open_one(session)
    record.withdraw(session, incident, Context(AT, ZONE), JIA.actor, reason="不实")
    session.commit()
    while work.step(db.sessions(valley_database), ZONE, now=AT + timedelta(seconds=1)):
        pass
    session.expire_all()
    assert {each.issued_at for each in notifications.of_incident(session, incident.number)} == {None}


def test_a_watched_proposal_rises_to_the_leader_too_once_its_own_limit_comes(session: db.Writing) -> None:
    incident, _ = open_one(session)
    row = session.scalars(select(NotificationRow).where(NotificationRow.tells == "V30100")).one()
    row.circle, row.deadline_at = "watch", AT + timedelta(days=3)
    for each in notifications.of_incident(session, incident.number):
        if each.id != row.id:
            each.chased_at = AT
    session.flush()
    assert not work.chase_proposal(session, AT + timedelta(days=2))
    assert work.chase_proposal(session, AT + timedelta(days=3))
    assert row.chased_at is not None
