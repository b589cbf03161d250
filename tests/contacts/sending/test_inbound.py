"""What a text from a contact does."""

import itertools

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.models import DeliveryRow, InboundRow, MethodRow
from contacts.people import numbers
from contacts.sending import inbound, planning
from contacts.sending.inbound import Taken
from contacts.values import Policy
from emergency import clock
from emergency.notifications import NotificationRow
from tests.contacts import cast
from tests.contacts.cast import NUMBERS

SIDS = (f"SM{n:032x}" for n in itertools.count(1))


def issued(session: Session, profile: str = "US") -> NotificationRow:
    cast.load(session, cast.document(people={"primary": {"country_profile": profile}, "deputy": {}}))
    return cast.message(session, cast.incident(session))


def answer(session: Session, body: str, *, number: str = NUMBERS["primary"], sid: str = "") -> Taken:
    vault = numbers.vault(cast.CONTACTS_KEY)
    return inbound.take(session, sid=sid or next(SIDS), number=number, body=body, vault=vault, at=clock.now())


@pytest.mark.parametrize("form", ["{}", "code {} ok", " {}. ", "{} received"])
def test_the_code_in_an_answer_reads_the_message_back(session: Session, form: str) -> None:
    row = issued(session)
    assert answer(session, form.format(row.code.lower())) is Taken.READ_BACK
    session.refresh(row)
    assert (row.state, row.acknowledged_via) == ("acknowledged", "sms")
    kept = session.scalars(select(InboundRow)).one()
    assert kept.notification_id == row.id


def test_an_answer_from_a_country_without_replies_acknowledges_nothing(session: Session) -> None:
    row = issued(session, profile="CN")
    assert answer(session, row.code) is Taken.NO_REPLIES
    session.refresh(row)
    assert row.state == "issued"


def test_a_stranger_and_another_desk_acknowledge_nothing(session: Session) -> None:
    row = issued(session)
    other = {"primary": {"country_profile": "US", "number": "+12025550151"}}
    cast.load(session, cast.document("V30100", other))
    assert answer(session, row.code, number="+12025550159") is Taken.STRANGER
    assert answer(session, row.code, number="+12025550151") is Taken.NOT_UNDERSTOOD
    session.refresh(row)
    assert row.state == "issued"


def test_an_answer_is_taken_once(session: Session) -> None:
    issued(session)
    assert answer(session, "STOP", sid="SM1") is Taken.STOP
    assert answer(session, "START", sid="SM1") is Taken.REPEATED
    method = session.scalars(select(MethodRow).where(MethodRow.opted_out_at.is_not(None))).one()
    assert method.channel == "sms"


def test_words_that_are_no_code_are_not_understood(session: Session) -> None:
    issued(session)
    assert answer(session, "what is this") is Taken.NOT_UNDERSTOOD


def test_after_stop_the_next_person_is_told_and_start_restores(session: Session) -> None:
    row = issued(session)
    assert answer(session, " stop ") is Taken.STOP
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    assert texts(session, row) == [("primary", "suppressed", "opted-out"), ("deputy", "pending", None)]
    assert answer(session, "Start") is Taken.START
    assert session.scalars(select(MethodRow).where(MethodRow.opted_out_at.is_not(None))).all() == []


def texts(session: Session, row: NotificationRow) -> list[tuple[str | None, str, str | None]]:
    rows = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.notification_id == row.id, DeliveryRow.channel == "sms")
        .order_by(DeliveryRow.id)
    )
    return [(each.role, each.state, (each.reason or {}).get("slug")) for each in rows]
