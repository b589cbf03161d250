"""Files of several jurisdictions on one event: linked, each with its own clocks; the enquiry upstream; the lead handed over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from emergency import access, db, journal, notifications, work
from emergency.access import Action, Officer, Role
from emergency.agreements.values import Act
from emergency.errors import BadInput, Conflict, Forbidden
from emergency.incidents import enquiry, issue, joining, leading, links, own_file, record, statement
from emergency.incidents.assess import Context, latest
from emergency.incidents.issue import Order
from emergency.incidents.models import IncidentRow, TaskRow
from emergency.notifications import Consent, NotificationRow
from tests.emergency.incidents.test_joining import LATER, tell
from tests.emergency.incidents.test_record import AT, JIA, WAI, ZONE, open_one, proposals

ZHONG = Officer(2, "中区值班员", Role.DUTY_OFFICER, "V20100", None, "")
IN_ZHONG = {"lon": 100.18, "lat": 30.1}


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    with db.Writing(bind=valley_database, expire_on_commit=False) as opened:
        yield opened


def news(session: db.Writing, desk: str) -> list[tuple[str, object]]:
    return [(each.kind, each.facts.get("kind")) for each in journal.read(session, f"desk:{desk}")]


def mine(session: db.Writing, incident: IncidentRow, desk: str, state: str = "proposed") -> set[tuple[str, str]]:
    rows = notifications.of_incident(session, incident.number)
    return {(row.kind, row.tells) for row in rows if row.who == desk and row.state == state}


# A receiving desk's own file -----------------------------------------------------------------------------------------


def test_a_desk_that_was_told_opens_its_own_file_with_its_own_clock_and_onward_duties(session: db.Writing) -> None:
    incident, _ = open_one(session, substance="柴油")
    [told] = tell(session, incident, "V20100")
    made = own_file.open_own(session, incident, LATER, ZHONG, reason="本区处置")
    session.commit()
    assert (made.lead, made.told_by, made.known_at) == ("V20100", "V10100", told.issued_at)
    assert record.current(session, made).substance == "柴油"
    for row in notifications.of_incident(session, made.number):
        assert row.who == "V20100", "its duties are its own"
        assert row.tells != "V20100"
        assert row.deadline_at is None or row.deadline_at > LATER.at
    newest = latest(session, made.number)
    assert newest is not None
    assert {each["who"] for each in newest.body["obligations"]} <= {"V20100"}
    with pytest.raises(Conflict, match="has-own-file"):
        own_file.open_own(session, incident, LATER, ZHONG, reason="再开")
    with pytest.raises(Conflict, match="not-told"):
        own_file.open_own(session, incident, LATER, WAI, reason="没被通报")


def test_each_side_sees_of_the_other_file_what_it_may(session: db.Writing) -> None:
    incident, _ = open_one(session)
    tell(session, incident, "V20100", "V30100")
    made = own_file.open_own(session, incident, LATER, ZHONG, reason="本区处置")
    session.commit()
    [theirs] = links.shown(session, made, ZHONG, LATER.at)
    assert (theirs["number"], theirs["because"], theirs["first"], theirs["may_see"]) == (1, "told", True, True)
    [own] = links.shown(session, incident, JIA, LATER.at)
    assert (own["number"], own["lead"], own["may_see"]) == (made.number, "V20100", False)
    assert "known_at" not in own
    assert links.shown(session, incident, WAI, LATER.at) == [], "a third desk learns nothing of it"
    [entry] = [each for each in journal.read(session, "incident:1") if each.kind == "incident.linked"]
    assert set(entry.only) == {"V10100", "V20100"}
    with pytest.raises(Conflict, match="told-link"):
        links.unlink(session, incident, made, reason="x", by=JIA.actor, at=LATER.at)


def test_what_happens_in_one_file_is_news_to_the_lead_of_the_other_and_goes_one_hop(session: db.Writing) -> None:
    incident, _ = open_one(session)
    tell(session, incident, "V20100")
    made = own_file.open_own(session, incident, LATER, ZHONG, reason="本区处置")
    third, _ = record.report(
        session, statement.parse({"location": {"lon": 100.52, "lat": 30.1}}, now=AT), LATER, WAI.actor, WAI.desk
    )
    links.link(session, made, third, because=links.EVENT, reason="同一水团", by=ZHONG.actor, at=LATER.at)
    session.commit()
    record.withdraw(session, incident, LATER, JIA.actor, reason="未入河")
    session.commit()
    assert ("link.news", "withdrawal") in news(session, "V20100")
    assert ("link.news", "withdrawal") not in news(session, "V30100"), "one hop"
    [entry] = [each for each in journal.read(session, f"incident:{made.number}") if each.kind == "link.news"]
    assert (entry.facts["other"], list(entry.only)) == (1, ["V20100"])


def test_a_desk_with_its_own_file_is_asked_nothing_more_in_the_senders(
    session: db.Writing, valley_database: Engine
) -> None:
    incident, _ = open_one(session)
    tell(session, incident, "V20100")
    sessions = db.sessions(valley_database)
    while work.step(sessions, ZONE, now=datetime.now(UTC) + timedelta(seconds=1)):
        pass
    session.expire_all()
    onward = mine(session, incident, "V20100")
    made = own_file.open_own(session, incident, LATER, ZHONG, reason="本区处置")
    session.commit()
    assert mine(session, incident, "V20100") == set()
    assert onward <= mine(session, made, "V20100")
    work.onward(session, TaskRow(kind="onward", subject=str(incident.number)), LATER)
    session.commit()
    assert mine(session, incident, "V20100") == set()


# Upstream ------------------------------------------------------------------------------------------------------------


def found_downstream(session: db.Writing) -> IncidentRow:
    """中区 finds something in its own stretch before anybody has called."""
    made = statement.parse({"location": IN_ZHONG, "substance": "氨氮", "known_at": AT.isoformat()}, now=AT)
    incident, _ = record.report(session, made, Context(AT, ZONE), ZHONG.actor, ZHONG.desk)
    session.commit()
    assert incident.lead == "V20100"
    return incident


def test_what_is_found_downstream_is_asked_upstream_under_a_clause(session: db.Writing) -> None:
    incident = found_downstream(session)
    made = enquiry.enquire(session, incident, LATER, ZHONG.actor, reason="氨氮 1.8 毫克每升")
    session.commit()
    assert [(row.who, row.tells, row.kind) for row in made] == [("V20100", "V10100", "upstream_enquiry")]
    [clause] = made[0].clauses
    assert clause["agreement"] == "statute-neighbour"
    assert "上游" in clause["reason"]["zh"]
    assert "氨氮 1.8 毫克每升" in clause["reason"]["zh"]
    newest = latest(session, incident.number)
    assert newest is not None
    issue.issue(session, incident, Order(newest.id, [made[0].id], (), Act.HEADS_UP, None, None), ZHONG, at=LATER.at)
    session.commit()
    assert made[0].content is not None
    assert made[0].content["section"]["zh"] == "一号断面" or made[0].content["section"]["zh"] == "中区段"
    assert record.found(session, incident.number, JIA, Action.SEE_INCIDENT)
    again = enquiry.enquire(session, incident, LATER, ZHONG.actor, reason="仍超标")
    session.commit()
    assert [row.id for row in again] == [made[0].id], "asked once"


def test_where_nobody_lies_upstream_nobody_is_asked(session: db.Writing) -> None:
    incident, _ = open_one(session)
    with pytest.raises(Conflict, match="nobody-upstream"):
        enquiry.enquire(session, incident, LATER, JIA.actor, reason="异常")


def test_the_upstream_desk_opens_its_file_on_the_enquiry_and_the_two_are_linked_with_both_clocks(
    session: db.Writing,
) -> None:
    below = found_downstream(session)
    [asked] = enquiry.enquire(session, below, LATER, ZHONG.actor, reason="氨氮超标")
    newest = latest(session, below.number)
    assert newest is not None
    issue.issue(session, below, Order(newest.id, [asked.id], (), Act.HEADS_UP, None, None), ZHONG, at=LATER.at)
    session.commit()
    above, _ = open_one(session, substance="氨水")
    links.link(session, below, above, because=links.EVENT, reason="源头在我区", by=JIA.actor, at=LATER.at)
    session.commit()
    assert ("incident.linked", None) in news(session, "V20100")
    assert (above.known_at, below.known_at, above.lead, below.lead) == (AT, AT, "V10100", "V20100")
    assert ("incident", "V20100") in mine(session, above, "V10100"), "it is still owed the notice"
    with pytest.raises(Conflict, match="two-leads"):
        joining.merge(session, below, above, LATER, ZHONG.actor, reason="同一事件")


# The lead ------------------------------------------------------------------------------------------------------------


def handed(session: db.Writing) -> IncidentRow:
    """甲州 has told 外区 and offers 中区 the lead while the source runs."""
    incident, _ = open_one(session, source_state="continuing")
    tell(session, incident, "V30100")
    leading.offer(session, incident, "V20100", LATER, JIA.actor, reason="主战场在中区")
    session.commit()
    return incident


def test_the_lead_is_taken_over_line_by_line_and_nothing_owed_is_lost(session: db.Writing) -> None:
    incident = handed(session)
    promised = incident.next_update_at
    lines = [each["key"] for each in leading.sheet(session, incident, LATER)]
    assert {"source", "promise", "unverified"} <= set(lines)
    assert any(line.startswith("unread:") for line in lines)
    with pytest.raises(Conflict, match="lines-open") as refused:
        leading.accept(session, incident, lines[1:], LATER, ZHONG)
    assert [each["key"] for each in refused.value.facts["lines"]] == lines[:1]
    session.rollback()
    with pytest.raises(Forbidden, match="another-desk"):
        leading.accept(session, incident, lines, LATER, WAI)
    session.rollback()
    assert incident.lead == "V10100", "until it is accepted"
    leading.accept(session, incident, lines, LATER, ZHONG)
    session.commit()
    assert (incident.lead, incident.next_update_at) == ("V20100", promised)
    rows = notifications.of_incident(session, incident.number)
    assert {row.who for row in rows if row.state == "proposed"} == {"V20100"}
    assert "V20100" not in {row.tells for row in rows if row.state == "proposed"}
    assert "V10100" not in {row.tells for row in rows}, "who handed it over is not told of it"
    assert {row.caller for row in rows if row.state == "issued"} == {"V20100"}
    for desk in ("V10100", "V20100"):
        assert ("lead.handed_over", None) in news(session, desk)
    assert record.found(session, incident.number, JIA, Action.SEE_INCIDENT)


def test_after_a_hand_over_nobody_is_told_twice_and_those_told_are_told_the_end_by_the_new_lead(
    session: db.Writing,
) -> None:
    incident = handed(session)
    lines = [each["key"] for each in leading.sheet(session, incident, LATER)]
    leading.accept(session, incident, lines, LATER, ZHONG)
    session.commit()
    initial = [
        row for row in notifications.of_incident(session, 1) if (row.tells, row.occasion) == ("V30100", "initial")
    ]
    assert len(initial) == 1
    record.add_report(session, incident, {"flow_state": "flood"}, LATER, ZHONG.actor, reason=None)
    session.commit()
    assert ("update", "V30100") in mine(session, incident, "V20100")
    record.withdraw(session, incident, LATER, ZHONG.actor, reason="未入河")
    session.commit()
    assert mine(session, incident, "V20100") == {("withdrawal", "V30100")}


def test_a_stand_down_is_refused_to_the_new_lead_while_the_source_runs(session: db.Writing) -> None:
    incident = handed(session)
    leading.accept(session, incident, [each["key"] for each in leading.sheet(session, incident, LATER)], LATER, ZHONG)
    session.commit()
    with pytest.raises(Conflict, match="cannot-stand-down") as refused:
        record.stand_down(session, incident, LATER, ZHONG.actor, reason="r", signer="s", despite=["source-open"])
    assert refused.value.facts["missing"][0]["what"] == "source-open"


def test_an_offer_is_refused_or_taken_back_and_the_lead_stays(session: db.Writing) -> None:
    incident = handed(session)
    with pytest.raises(Conflict, match="offered-already"):
        leading.offer(session, incident, "V30100", LATER, JIA.actor, reason="x")
    leading.refuse(session, incident, LATER, ZHONG, reason="人手不足")
    session.commit()
    assert incident.lead == "V10100"
    leading.offer(session, incident, "V30100", LATER, JIA.actor, reason="再问")
    leading.take_back(session, incident, LATER, JIA.actor, reason="自己办")
    session.commit()
    assert leading.offered(session, incident.number) is None
    for to, slug in (("V10100", "own-desk"), ("V10101", "no-such-desk"), ("X", "no-such-desk")):
        with pytest.raises(BadInput, match=slug):
            leading.offer(session, incident, to, LATER, JIA.actor, reason="x")


def test_while_the_lead_is_offered_alarms_ring_both_desks(valley_database: Engine, session: db.Writing) -> None:
    incident = handed(session)
    sessions = db.sessions(valley_database)
    while work.step(sessions, ZONE, now=AT + timedelta(hours=9)):
        pass
    session.expire_all()
    assert incident.lead == "V10100"
    for desk in ("V10100", "V20100"):
        assert "clock.escalated" in [kind for kind, _ in news(session, desk)]


def test_a_consent_that_was_only_spoken_stands_on_the_sheet_until_it_is_signed(session: db.Writing) -> None:
    incident, row = open_one(session)
    sent: NotificationRow = proposals(session, incident)["V20100"]
    consent = Consent("带班领导", "oral", AT)
    issue.issue(session, incident, Order(row.id, [sent.id], (), Act.FORMAL_NOTICE, consent, None), JIA, at=AT)
    session.commit()
    assert f"signature:{sent.id}" in [each["key"] for each in leading.sheet(session, incident, LATER)]
    assert "V20100" in access.audience(session, incident.number)
