"""What a later message says of the one before: what was wrong, why, and which intakes have to be called first."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from emergency import db, notifications
from emergency.agreements.values import Act
from emergency.incidents import issue, near, record
from emergency.incidents.assess import Context, latest
from emergency.incidents.issue import Order
from emergency.incidents.models import IncidentRow
from emergency.notifications import NotificationRow
from tests.emergency.incidents.test_record import AT, JIA, ZHONG, ZONE, open_one, proposals

NEAR_ZHONG = {"lon": 100.14, "lat": 30.1}


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    with db.Writing(bind=valley_database, expire_on_commit=False) as opened:
        yield opened


def send(session: db.Writing, incident: IncidentRow, desk: str, minutes: int) -> NotificationRow:
    """Issue what is proposed to a desk, as a heads-up."""
    newest = latest(session, incident.number)
    assert newest is not None
    row = proposals(session, incident)[desk]
    order = Order(newest.id, [row.id], (), Act.HEADS_UP, None, None)
    issue.issue(session, incident, order, JIA, at=AT + timedelta(minutes=minutes))
    session.commit()
    return row


def said(row: NotificationRow) -> dict[str, Any]:
    assert row.content is not None
    return row.content


def test_a_correction_says_what_the_desk_was_told_wrongly_and_why(session: db.Writing) -> None:
    incident, _ = open_one(session, source_state="continuing", mass_kg=5.0)
    first = send(session, incident, "V20100", 2)
    assert (said(first)["corrected"], said(first)["reason"]) == ([], None)
    later = Context(AT + timedelta(minutes=5), ZONE)
    changes = {"source_state": "stopped", "substance": "柴油", "mass_kg": 7.0}
    record.correct(session, incident, changes, later, JIA.actor, reason="现场已堵住")
    session.commit()
    correction = next(
        row
        for row in notifications.of_incident(session, incident.number)
        if row.kind == "correction" and row.tells == "V20100"
    )
    [(_, content)] = issue.would_say(session, incident, [correction.id], at=later.at)
    assert content["reason"] == "现场已堵住"
    assert content["corrected"] == [
        {"field": "substance", "was": None, "now": {"zh": "柴油", "en": "柴油"}},
        {"field": "source_open", "was": True, "now": False},
    ]


def test_a_withdrawal_carries_its_reason_and_replaces_what_was_said_before_it_is_sent(session: db.Writing) -> None:
    incident, _ = open_one(session)
    first = send(session, incident, "V20100", 2)
    assert not notifications.is_superseded(session, first)
    promised = incident.next_update_at
    assert promised is not None
    record.withdraw(session, incident, Context(AT + timedelta(minutes=9), ZONE), JIA.actor, reason="经查为泥沙")
    session.commit()
    assert incident.next_update_at is None, "no further word is promised"
    assert notifications.is_superseded(session, first)
    row = proposals(session, incident)["V20100"]
    assert not notifications.is_superseded(session, row)
    [(_, content)] = issue.would_say(session, incident, [row.id], at=AT + timedelta(minutes=10))
    assert content["reason"] == "经查为泥沙"


def test_a_later_message_replaces_the_earlier_once_it_goes_out(session: db.Writing) -> None:
    incident, _ = open_one(session)
    bell = send(session, incident, "V20100", 2)
    assert proposals(session, incident)["V20100"].follows == bell.id
    assert not notifications.is_superseded(session, bell), "the formal notice is only proposed yet"
    notice = send(session, incident, "V20100", 3)
    assert notifications.is_superseded(session, bell)
    assert not notifications.is_superseded(session, notice)


def test_a_near_intake_is_called_by_the_desk_in_whose_area_it_lies_and_hears_the_end(session: db.Writing) -> None:
    incident, _ = open_one(session, location=NEAR_ZHONG)
    [intake] = near.near_intakes(session, incident.number, AT)
    assert (intake.name.zh, intake.desk, intake.above, intake.says) == (
        "中区（合成）取水口",
        "V20100",
        ("V20100",),
        "near",
    )
    assert intake.desk == ZHONG.desk
    record.withdraw(session, incident, Context(AT + timedelta(minutes=9), ZONE), JIA.actor, reason="经查为泥沙")
    assert [each.says for each in near.near_intakes(session, incident.number, AT)] == ["withdrawal"]
