"""The calls that a desk has to make, and what comes of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from contacts.calls import callboard, papers
from contacts.calls.callboard import Call, CallCard, Outcome, Person
from contacts.kinds import How
from contacts.models import AttemptRow, DeliveryRow, EscalationRow
from contacts.people import directory, numbers
from contacts.sending import dispatch, planning
from contacts.values import Channel, Policy
from emergency import clock, db, journal, notifications
from emergency.errors import BadInput, Conflict, NotFound
from emergency.notifications import Draft, NotificationRow
from tests.contacts import cast
from tests.contacts.cast import OFFICER

VAULT = numbers.vault(cast.CONTACTS_KEY)


def issued(
    session: Session, *, incident: int | None = None, desk: str = cast.DESK, number: str = "", **changes: Any
) -> NotificationRow:
    people = {"primary": {"number": number or "+12025550141"}, "deputy": {"number": "+12025550142"}}
    cast.load(session, cast.document(desk, people))
    row = cast.message(session, incident or cast.incident(session), tells=desk, **changes)
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    return row


def board(session: Session, row: NotificationRow) -> list[CallCard]:
    return callboard.board(session, row.incident, cast.SENDER_DESK, clock.now(), vault=VAULT, zone=cast.ZONE)


def turn(card: CallCard) -> Person:
    assert card.turn is not None
    return card.turn


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
    contact = turn(board(session, row)[0]).contact
    return callboard.outcome(session, row, contact, call, by=OFFICER, policy=Policy(), code=code)


def due_at(session: Session, row: NotificationRow) -> datetime | None:
    ladder = session.scalars(select(EscalationRow).where(EscalationRow.notification_id == row.id)).one()
    session.refresh(ladder)
    return ladder.next_at


def test_a_card_holds_who_what_to_say_and_the_code_and_masks_the_number(session: Session) -> None:
    row = issued(session)
    [card] = board(session, row)
    assert [(each.role, each.number, each.outcomes) for each in card.people] == [
        ("primary", "+1 202 555 ••41", ()),
        ("deputy", "+1 202 555 ••42", ()),
    ]
    assert (turn(card).role, card.code) == ("primary", row.code)
    assert card.script.zh == f"甲州首报：谷河污染，待核实，最早21日7时半达中区断面，码{row.code}，请复述"
    assert len(card.script.en) <= 40
    assert (card.kind, card.act) == ("incident", "formal_notice")


def test_the_number_is_shown_to_who_must_call_and_the_journal_keeps_that(session: Session) -> None:
    row = issued(session)
    contact = turn(board(session, row)[0]).contact
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


@pytest.mark.parametrize("outcome", [Outcome.BUSY, Outcome.CALL_LATER])
def test_a_call_in_vain_is_an_attempt_and_stays_on_the_board(session: Session, outcome: Outcome) -> None:
    row = issued(session)
    ring(session, row, outcome)
    ring(session, row, outcome)
    [card] = board(session, row)
    assert [call.outcome for call in turn(card).outcomes] == [outcome, outcome]
    assert not card.hopeless
    attempts = session.scalars(select(AttemptRow.n).join(DeliveryRow).where(DeliveryRow.channel == "phone")).all()
    assert attempts == [1, 2]
    due = due_at(session, row)
    assert due is not None
    assert due > clock.now(), "the same person is rung again before the next is told"


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.WRONG_NUMBER, Outcome.REFUSED])
def test_when_a_person_is_not_reached_the_next_has_their_turn_and_is_told_at_once(
    session: Session, outcome: Outcome
) -> None:
    row = issued(session)
    ring(session, row, outcome)
    [card] = board(session, row)
    assert turn(card).role == "deputy"
    assert not card.hopeless
    due = due_at(session, row)
    assert due is not None
    assert due <= clock.now()


def test_when_nobody_answers_the_first_has_their_turn_again(session: Session) -> None:
    row = issued(session)
    ring(session, row, Outcome.NO_ANSWER)
    ring(session, row, Outcome.NO_ANSWER)
    assert turn(board(session, row)[0]).role == "primary"


def test_a_card_on_which_nobody_is_left_is_hopeless_and_stands_last(session: Session) -> None:
    number = cast.incident(session)
    prepare = issued(session, incident=number, desk="V30100", number="+12025550151", circle="prepare")
    now = issued(session, incident=number)
    ring(session, now, Outcome.WRONG_NUMBER)
    ring(session, now, Outcome.REFUSED)
    assert [card.notification for card in board(session, now)] == [prepare.id, now.id]
    assert board(session, now)[1].hopeless


def test_a_wrong_number_is_not_used_again_for_anybody_until_it_is_confirmed(session: Session) -> None:
    row = issued(session)
    ring(session, row, Outcome.WRONG_NUMBER)
    session.commit()
    kinds = [
        [entry.kind for entry in journal.read(session, stream)].count("contact.wrong_number")
        for stream in (f"incident:{row.incident}", f"desk:{cast.SENDER_DESK}", f"desk:{cast.DESK}")
    ]
    assert kinds == [1, 1, 1]

    for number in (row.incident, cast.incident(session)):
        later = cast.message(session, number, kind="update", occasion="update 2")
        planning.plan(session, later, zone=cast.ZONE, policy=Policy(), at=clock.now())
        session.flush()
        texts = (
            select(DeliveryRow)
            .where(DeliveryRow.notification_id == later.id, DeliveryRow.channel == "sms")
            .order_by(DeliveryRow.id)
        )
        told = [(each.role, each.state, (each.reason or {}).get("slug")) for each in session.scalars(texts)]
        assert told == [("primary", "suppressed", "wrong-number"), ("deputy", "pending", None)]
        [card] = board(session, later)
        primary = next(each for each in card.people if each.role == "primary")
        assert (primary.number, primary.wrong, turn(card).role) == (None, True, "deputy")
        with pytest.raises(NotFound, match="no number to ring"):
            callboard.reveal(session, later, primary.contact, vault=VAULT, by=OFFICER, at=clock.now())

    assert directory.confirm(session, f"{cast.DESK}-primary", How.CALLED, at=clock.now()) == 1
    assert turn(board(session, later)[0]).role == "primary"


def test_a_contact_whose_first_number_is_wrong_is_rung_at_the_second(session: Session) -> None:
    row = issued(session)
    people = {"primary": {"numbers": ["+12025550149"]}, "deputy": {}}
    cast.load(session, cast.document(people=people))
    ring(session, row, Outcome.WRONG_NUMBER)
    [card] = board(session, row)
    assert [each.number for each in card.people if each.role == "primary"] == ["+1 202 555 ••49"]


def test_a_call_typed_in_later_is_marked(session: Session) -> None:
    row = issued(session)
    ring(session, row, Outcome.NO_ANSWER, ago_min=30)
    [shown] = [card.shown() for card in board(session, row)]
    assert shown["people"][0]["outcomes"][0]["late"] is True


def test_a_call_in_the_future_is_refused(session: Session) -> None:
    row = issued(session)
    with pytest.raises(BadInput, match="later than now"):
        ring(session, row, Outcome.NO_ANSWER, ago_min=-10)


def test_a_contact_of_another_desk_is_refused(session: Session) -> None:
    row = issued(session)
    other = issued(session, desk="V30100", number="+12025550151")
    stranger = turn(board(session, other)[0]).contact
    with pytest.raises(NotFound, match="no such contact"):
        callboard.reveal(session, row, stranger, vault=VAULT, by=OFFICER, at=clock.now())


def test_the_order_is_circle_then_nearness_then_silence(session: Session) -> None:
    number = cast.incident(session)

    def told(desk: str, digits: str, **changes: Any) -> int:
        return issued(session, incident=number, desk=desk, number=f"+120255501{digits}", **changes).id

    prepare = told("V30100", "51", circle="prepare", earliest_at="2025-11-20T19:00:00Z")
    far = told("V30200", "52", earliest_at="2025-11-21T06:00:00Z")
    upward = told("V30300", "53", kind="report_upward", earliest_at=None)
    near = told("V30400", "54", earliest_at="2025-11-20T20:00:00Z")
    unknown = told("V30500", "55", earliest_at=None)
    rung, quiet = told("V30600", "56"), told("V30700", "57")
    row = session.get_one(NotificationRow, rung)
    card = next(each for each in board(session, row) if each.notification == rung)
    call = Call(Outcome.BUSY, "", clock.now(), clock.now())
    callboard.outcome(session, row, turn(card).contact, call, by=OFFICER, policy=Policy())
    session.get_one(NotificationRow, quiet).issued_at = clock.now() - timedelta(minutes=9)
    session.flush()
    order = [card.notification for card in board(session, row)]
    assert order == [unknown, near, quiet, rung, far, upward, prepare]


def test_until_as_many_as_asked_for_have_read_back_the_card_stays_and_counts(session: Session) -> None:
    row = issued(session)
    ladder = session.scalars(select(EscalationRow).where(EscalationRow.notification_id == row.id)).one()
    ladder.read_backs = 2
    session.flush()
    ring(session, row, Outcome.READ_BACK, person="王")
    [card] = board(session, row)
    assert card.shown()["read_back"] == {"done": 1, "wanted": 2}
    ring(session, row, Outcome.READ_BACK, person="李")
    assert board(session, row) == []


# Papers --------------------------------------------------------------------------------------------------------------


def fax(session: Session, row: NotificationRow, *, ago_min: float = 0) -> DeliveryRow:
    now = clock.now()
    return papers.send(
        session,
        row,
        channel=Channel.FAX,
        to="中区值班室传真",
        reference="甲环函〔2025〕7号",
        sent_at=now - timedelta(minutes=ago_min),
        by=OFFICER,
        at=now,
        policy=Policy(),
    )


def test_a_fax_is_a_delivery_whose_receipt_is_tracked_and_is_no_read_back(session: Session) -> None:
    row = issued(session)
    sent = fax(session, row, ago_min=20)
    [card] = board(session, row)
    [paper] = card.papers
    assert (paper.channel, paper.to, paper.reference) == ("fax", "中区值班室传真", "甲环函〔2025〕7号")
    assert (paper.received_at, paper.late) == (None, True)
    now = clock.now()
    papers.receive(session, sent, person="赵", received_at=now, by=OFFICER, at=now)
    [card] = board(session, row)
    assert (card.papers[0].received_at, card.papers[0].received_by) == (now, "赵")
    assert row.state == notifications.State.ISSUED, "that it arrived is not that a person has read it back"
    session.commit()
    kinds = [entry.kind for entry in journal.read(session, f"incident:{row.incident}")]
    assert [kinds.count("delivery.filed"), kinds.count("delivery.received")] == [1, 1]
    with pytest.raises(Conflict, match="received already"):
        papers.receive(session, sent, person="钱", received_at=now, by=OFFICER, at=now)


def test_a_paper_cannot_go_out_in_the_future_nor_arrive_before_it_went(session: Session) -> None:
    row = issued(session)
    with pytest.raises(BadInput, match="later than now"):
        fax(session, row, ago_min=-10)
    sent = fax(session, row)
    now = clock.now()
    with pytest.raises(BadInput, match="before it was sent"):
        papers.receive(session, sent, person="赵", received_at=now - timedelta(minutes=30), by=OFFICER, at=now)


def test_a_text_is_no_paper(session: Session) -> None:
    row = issued(session)
    text = session.scalars(select(DeliveryRow).where(DeliveryRow.channel == "sms")).first()
    assert text is not None
    with pytest.raises(NotFound, match="no such fax"):
        papers.found(session, text.id)
    assert papers.sent_with(session, row.id) == ()


def test_a_desk_where_nobody_is_on_duty_stands_on_the_board_without_a_number(session: Session) -> None:
    row = cast.message(session, cast.incident(session), tells="V39999")
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    [card] = board(session, row)
    assert (card.people, card.turn, card.code) == ((), None, row.code)
    assert card.shown()["contact"] is None


def test_a_later_version_takes_the_place_of_the_earlier_on_the_board(session: Session) -> None:
    row = issued(session)
    later = cast.message(session, row.incident, kind="update", occasion="update 2")
    planning.plan(session, later, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    assert [card.notification for card in board(session, row)] == [later.id]


def test_a_desk_has_one_card_and_its_read_back_stands_for_all_that_went_out_before(session: Session) -> None:
    bell = issued(session, act="heads_up")
    notice = cast.message(session, bell.incident, occasion="initial, formal")
    planning.plan(session, notice, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    [card] = board(session, bell)
    assert (card.notification, card.act, card.earlier) == (notice.id, "formal_notice", (bell.id,))
    assert ring(session, notice, Outcome.READ_BACK, person="李") == [bell.id, notice.id]
    assert board(session, bell) == []


def test_a_withdrawal_takes_the_false_alarm_off_the_board_before_it_is_sent_and_then_heads_it(session: Session) -> None:
    row = issued(session)
    draft = Draft(
        who=cast.SENDER_DESK,
        tells=cast.DESK,
        role="duty_officer",
        kind="withdrawal",
        occasion="withdrawal",
        circle="now",
        deadline_at=None,
        clauses=[],
    )
    at = clock.now()
    owed = notifications.propose(
        session, incident=row.incident, draft=draft, drill=False, assessment_id=None, at=at, by=OFFICER
    )
    assert board(session, row) == [], "a false alarm is not rung on"
    said = cast.content(kind="withdrawal")
    notifications.issue(session, owed, content=said, act="heads_up", by=OFFICER, at=at)
    [card] = board(session, row)
    assert (card.notification, card.kind, card.earlier) == (owed.id, "withdrawal", (row.id,))
    assert "撤回" in card.script.zh


def test_after_a_withdrawal_nobody_more_is_told_of_the_false_alarm_and_every_stop_has_its_reason(
    database: Engine,
) -> None:
    moved = cast.Clock()
    office = cast.office(database, None, now=moved)
    with db.sessions(database).begin() as session:
        cast.load(session)
        number = cast.incident(session)
        row = cast.message(session, number)
        first = row.id
    dispatch.run_once(office)
    with db.sessions(database).begin() as session:
        at = clock.now()
        draft = Draft(cast.SENDER_DESK, cast.DESK, "duty_officer", "withdrawal", "withdrawal", "now", None, [])
        notifications.propose(session, incident=number, draft=draft, drill=False, assessment_id=None, at=at, by=OFFICER)
    moved.forward(minutes=16)
    dispatch.run_once(office)
    texts, calls = cast.rows(database), cast.rows(database, "phone")
    assert [(row.notification_id, row.role, row.state) for row in texts] == [(first, "primary", "cancelled")]
    assert [(row.role, row.state) for row in calls] == [("primary", "cancelled")]
    assert {(row.reason or {})["slug"] for row in (*texts, *calls)} == {"replaced"}
    assert cast.ladders(database)[0].state == "replaced"
    assert cast.kinds(database, f"incident:{number}").count("escalation.replaced") == 1
