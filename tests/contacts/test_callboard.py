"""The calls that a desk has to make, and what comes of them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts import callboard, numbers, planning
from contacts.callboard import Call, CallCard, Outcome
from contacts.models import AttemptRow, DeliveryRow, EscalationRow
from contacts.values import Policy
from emergency import clock, journal
from emergency.errors import BadInput, NotFound
from emergency.notifications import NotificationRow
from tests.contacts import cast
from tests.contacts.cast import OFFICER

VAULT = numbers.vault(cast.CONTACTS_KEY)


def issued(
    session: Session, *, incident: int | None = None, desk: str = cast.DESK, number: str = "", **changes: str
) -> NotificationRow:
    people = {"primary": {"number": number or "+12025550141"}, "deputy": {"number": "+12025550142"}}
    cast.load(session, cast.document(desk, people))
    row = cast.message(session, incident or cast.incident(session), tells=desk, **changes)  # type: ignore[arg-type]
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    return row


def board(session: Session, row: NotificationRow) -> list[CallCard]:
    return callboard.board(session, row.incident, cast.SENDER_DESK, clock.now(), vault=VAULT, zone=cast.ZONE)


def ring(
    session: Session,
    row: NotificationRow,
    outcome: Outcome,
    *,
    person: str = "",
    ago_min: float = 0,
    code: str | None = None,
) -> list[int]:
    now = clock.now()
    call = Call(outcome, person, now - timedelta(minutes=ago_min), now)
    contact = board(session, row)[0].contact
    assert contact is not None
    return callboard.outcome(session, row, contact, call, by=OFFICER, policy=Policy(), code=code)


def test_a_card_holds_who_what_to_say_and_the_code_and_masks_the_number(session: Session) -> None:
    row = issued(session)
    [card] = board(session, row)
    assert (card.role, card.number, card.code) == ("primary", "+1 202 555 ••41", row.code)
    assert card.script.zh == f"甲州首报：谷河污染，待核实，最早21日7时半达中区断面，码{row.code}，请复述"
    assert len(card.script.en) <= 40
    assert card.outcomes == ()


def test_the_number_is_shown_to_who_must_call_and_the_journal_keeps_that(session: Session) -> None:
    row = issued(session)
    contact = board(session, row)[0].contact
    assert contact is not None
    assert callboard.reveal(session, row, contact, vault=VAULT, by=OFFICER, at=clock.now()) == "+12025550141"
    session.commit()
    entry = next(each for each in journal.read(session, f"incident:{row.incident}") if each.kind == "contact.revealed")
    assert entry.facts == {"notification": row.id, "contact": contact, "role": "primary", "desk": cast.DESK}
    assert entry.by["officer"] == 1


def test_reading_back_the_code_acknowledges_whatever_the_text_is_doing(session: Session) -> None:
    row = issued(session)
    assert ring(session, row, Outcome.READ_BACK, person="李", code=row.code.lower()) == [row.id]
    session.refresh(row)
    assert (row.state, row.acknowledged_via, row.acknowledged_by) == ("acknowledged", "call", "李")
    assert board(session, row) == []


def test_another_code_acknowledges_nothing(session: Session) -> None:
    row = issued(session)
    with pytest.raises(BadInput, match="not the code"):
        ring(session, row, Outcome.READ_BACK, person="李", code="ZZZZ")


def test_a_read_back_names_a_person(session: Session) -> None:
    row = issued(session)
    with pytest.raises(BadInput, match="Say who"):
        ring(session, row, Outcome.READ_BACK)


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.CALL_LATER])
def test_a_call_in_vain_is_an_attempt_and_stays_on_the_board(session: Session, outcome: Outcome) -> None:
    row = issued(session)
    ring(session, row, outcome)
    ring(session, row, outcome)
    [card] = board(session, row)
    assert [call.outcome for call in card.outcomes] == [outcome, outcome]
    assert not card.hopeless
    attempts = session.scalars(select(AttemptRow.n).join(DeliveryRow).where(DeliveryRow.channel == "phone")).all()
    assert attempts == [1, 2]


@pytest.mark.parametrize("outcome", [Outcome.WRONG_NUMBER, Outcome.REFUSED])
def test_a_hopeless_number_makes_the_next_person_due_at_once(session: Session, outcome: Outcome) -> None:
    row = issued(session)
    ring(session, row, outcome)
    [card] = board(session, row)
    assert card.hopeless
    ladder = session.scalars(select(EscalationRow).where(EscalationRow.notification_id == row.id)).one()
    session.refresh(ladder)
    assert ladder.next_at is not None
    assert ladder.next_at <= clock.now()


def test_a_call_typed_in_later_is_marked(session: Session) -> None:
    row = issued(session)
    ring(session, row, Outcome.NO_ANSWER, ago_min=30)
    [shown] = [card.shown() for card in board(session, row)]
    assert shown["outcomes"][0]["late"] is True


def test_a_call_in_the_future_is_refused(session: Session) -> None:
    row = issued(session)
    with pytest.raises(BadInput, match="later than now"):
        ring(session, row, Outcome.NO_ANSWER, ago_min=-10)


def test_a_contact_of_another_desk_is_refused(session: Session) -> None:
    row = issued(session)
    other = issued(session, desk="V30100", number="+12025550151")
    stranger = board(session, other)[0].contact
    assert stranger is not None
    with pytest.raises(NotFound, match="no such contact"):
        callboard.reveal(session, row, stranger, vault=VAULT, by=OFFICER, at=clock.now())


def test_the_order_is_circle_then_deadline_then_silence(session: Session) -> None:
    number = cast.incident(session)
    prepare = issued(session, incident=number, desk="V30100", number="+12025550151", circle="prepare")
    now = issued(session, incident=number)
    assert [card.notification for card in board(session, now)] == [now.id, prepare.id]
    ring(session, now, Outcome.WRONG_NUMBER)
    assert [card.notification for card in board(session, now)] == [prepare.id, now.id]


def test_a_desk_where_nobody_is_on_duty_stands_on_the_board_without_a_number(session: Session) -> None:
    row = cast.message(session, cast.incident(session), tells="V39999")
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    [card] = board(session, row)
    assert (card.contact, card.number, card.code) == (None, None, row.code)


def test_a_later_version_takes_the_place_of_the_earlier_on_the_board(session: Session) -> None:
    row = issued(session)
    later = cast.message(session, row.incident, kind="update", occasion="update 2")
    planning.plan(session, later, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    assert [card.notification for card in board(session, row)] == [later.id]
