"""What is sent, to whom, and what the worker makes of every answer; judged by the phone company's book."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from contacts.models import AttemptRow, ChannelRow, DeliveryRow
from contacts.sending import answers, claims, dispatch
from contacts.sending.answers import Answer
from contacts.sending.office import Office
from contacts.sending.states import State
from contacts.watch import audit
from emergency import clock, db, journal, notifications
from emergency.journal import Actor
from emergency.journal import Row as Entry
from emergency.notifications import NotificationRow, Via
from tests.contacts import cast
from tests.contacts.cast import DESK, LATER_S, NUMBERS, QUICK, STILL, Clock
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]


def begin(engine: Engine, loaded: Any = None, **changes: Any) -> int:
    """A desk with contacts and one message to it; the incident's number."""
    with db.sessions(engine).begin() as session:
        cast.load(session, loaded)
        number = cast.incident(session)
        cast.message(session, number, **changes)
    return number


def work_until(office: Office, done: Callable[[], bool], seconds: float = 15.0) -> None:
    """Plan what waits, then let one worker work until `done`."""
    lines = office.lines()
    while dispatch.plan_next(office):
        pass
    ends_s = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends_s, "it did not come about"
        if not dispatch.step(office, lines):
            time.sleep(office.policy.idle_s)


def acknowledge(engine: Engine, notification: int) -> None:
    """The receiving desk reads a message back."""
    with db.sessions(engine).begin() as session:
        at = clock.now()
        by = Actor(officer=2, desk=DESK)
        notifications.acknowledge(session, notification_id=notification, by_person="李", via=Via.WEB, by=by, at=at)


def test_the_primary_on_duty_gets_one_text_with_the_code(database: Engine, phones: PhoneCompany) -> None:
    number = begin(database)
    dispatch.run_once(cast.office(database, phones, policy=replace(QUICK, ask_s=600.0, ask_most_s=600.0)))
    [text] = phones.texts(NUMBERS["primary"])
    with db.sessions(database).begin() as session:
        code = notifications.desk_code(session, number, DESK)
    assert text.startswith("【联防】甲州首报：谷河上县段")
    assert code in text
    assert phones.texts(NUMBERS["deputy"]) == []
    [row] = cast.rows(database)
    assert (row.state, row.attempts, row.provider_sid) == (State.ACCEPTED, 1, phones.book()[0]["sid"])


def test_accepted_is_not_delivered_until_the_provider_is_asked(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    moved = Clock()
    office = cast.office(database, phones, policy=replace(QUICK, ask_s=600.0, ask_most_s=600.0), now=moved)
    dispatch.run_once(office)
    [row] = cast.rows(database)
    assert row.delivered_at is None
    phones.wait_for(lambda: phones.book()[0]["status"] == "delivered")
    moved.forward(seconds=601)
    dispatch.run_once(office)
    assert cast.rows(database)[0].state == State.DELIVERED
    assert cast.rows(database)[0].delivered_at is not None


def test_a_page_is_offered_the_message_and_nobody_answering_is_no_page_open(
    database: Engine, phones: PhoneCompany
) -> None:
    begin(database)
    moved = Clock()
    office = cast.office(database, phones, now=moved)
    dispatch.run_once(office)
    assert cast.kinds(database, f"desk:{DESK}").count("delivery.offered") == 1
    moved.forward(seconds=31)
    dispatch.run_once(office)
    [page] = cast.rows(database, "websocket")
    assert page.state == State.NO_PAGE
    assert page.reason is not None
    assert page.reason["slug"] == "no-page-open"


def test_the_journal_holds_ids_and_roles_and_no_number(database: Engine, phones: PhoneCompany) -> None:
    number = begin(database)
    dispatch.run_once(cast.office(database, phones))
    with db.sessions(database).begin() as session:
        stored = [entry for stream in (f"incident:{number}", f"desk:{DESK}") for entry in _stored(session, stream)]
    assert "delivery.accepted" in cast.kinds(database, f"incident:{number}")
    assert not any("5550" in text for text in stored)


def _stored(session: db.Writing, stream: str) -> list[str]:
    return list(session.scalars(select(Entry.stored).where(Entry.stream == stream)))


def test_the_deputy_is_told_after_15_minutes_and_the_leader_after_15_more(
    database: Engine, phones: PhoneCompany
) -> None:
    number = begin(database)
    moved = Clock()
    office = cast.office(database, phones, now=moved)
    dispatch.run_once(office)
    moved.forward(minutes=14)
    dispatch.run_once(office)
    assert phones.texts(NUMBERS["deputy"]) == []
    moved.forward(minutes=1, seconds=2)
    dispatch.run_once(office)
    assert len(phones.texts(NUMBERS["deputy"])) == 1
    assert phones.texts(NUMBERS["leader"]) == []
    moved.forward(minutes=15, seconds=2)
    dispatch.run_once(office)
    assert len(phones.texts(NUMBERS["leader"])) == 1
    moved.forward(minutes=15, seconds=2)
    dispatch.run_once(office)
    assert cast.ladders(database)[0].state == "exhausted"
    assert cast.kinds(database, f"incident:{number}").count("escalation.step") == 3
    assert len(phones.book()) == 3


def test_a_read_back_stops_the_escalation_and_what_was_not_sent(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    moved = Clock()
    office = cast.office(database, phones, now=moved)
    dispatch.run_once(office)
    acknowledge(database, cast.rows(database)[0].notification_id)
    moved.forward(minutes=60)
    dispatch.run_once(office)
    assert cast.ladders(database)[0].state == "acknowledged"
    assert phones.texts(NUMBERS["deputy"]) == []
    assert {row.state for row in cast.rows(database, "phone")} == {State.CANCELLED}


def test_a_message_read_back_before_it_was_planned_is_recorded_and_not_sent(
    database: Engine, phones: PhoneCompany
) -> None:
    begin(database)
    with db.sessions(database).begin() as session:
        waiting = session.scalars(select(NotificationRow.id)).one()
    acknowledge(database, waiting)
    dispatch.run_once(cast.office(database, phones))
    [row] = cast.rows(database)
    assert row.state == State.CANCELLED
    assert phones.book() == []


def test_empty_steps_are_skipped_at_once_and_each_is_a_row_with_its_reason(
    database: Engine, phones: PhoneCompany
) -> None:
    number = begin(database, cast.document(people={"leader": {}}))
    dispatch.run_once(cast.office(database, phones))
    assert len(phones.texts(NUMBERS["leader"])) == 1
    skipped = [
        (row.role, (row.reason or {}).get("slug")) for row in cast.rows(database) if row.state == State.SUPPRESSED
    ]
    assert skipped == [("primary", "nobody-in-role"), ("deputy", "nobody-in-role")]
    assert cast.kinds(database, f"incident:{number}").count("contact.gap") == 2
    assert cast.kinds(database, f"desk:{cast.SENDER_DESK}").count("contact.gap") == 2


def test_a_desk_without_contacts_gets_recorded_reasons_and_an_alarm(database: Engine, phones: PhoneCompany) -> None:
    number = begin(database, cast.document(people={}, roster=False))
    dispatch.run_once(cast.office(database, phones))
    reasons = [(row.reason or {}).get("slug") for row in cast.rows(database)]
    assert reasons == ["no-roster", "no-roster", "no-roster", "nobody-on-duty"]
    assert "escalation.exhausted" in cast.kinds(database, f"incident:{number}")
    assert phones.book() == []
    with db.sessions(database).begin() as session:
        told = [each for each in journal.read(session, f"desk:{cast.SENDER_DESK}") if each.facts.get("alarm")]
    assert [each.kind for each in told][-2:] == ["contact.gap", "escalation.exhausted"]
    assert {each.facts["incident"] for each in told} == {number}, "the sender's page says which file it is about"


def test_a_number_refused_for_good_brings_the_next_number_and_then_the_deputy(
    database: Engine, phones: PhoneCompany
) -> None:
    people = {"primary": {"number": "+12025550184", "numbers": ["+12025550185"]}, "deputy": {}}
    begin(database, cast.document(people=people))
    dispatch.run_once(cast.office(database, phones))
    outcomes = [(row.role, row.state, (row.reason or {}).get("slug")) for row in cast.rows(database)]
    assert outcomes[:2] == [
        ("primary", State.FAILED_PERMANENT, "provider-21614"),
        ("primary", State.FAILED_PERMANENT, "provider-21635"),
    ]
    assert len(phones.texts(NUMBERS["deputy"])) == 1


def test_a_carrier_failure_hurries_the_deputy(database: Engine, phones: PhoneCompany) -> None:
    begin(database, cast.document(people={"primary": {"number": "+12025550195"}, "deputy": {}}))
    office = cast.office(database, phones)
    work_until(office, lambda: len(phones.texts(NUMBERS["deputy"])) == 1)
    assert cast.rows(database)[0].state == State.FAILED_CARRIER


def test_a_handset_that_is_off_is_tried_once_more_and_the_deputy_told_meanwhile(
    database: Engine, phones: PhoneCompany
) -> None:
    begin(database, cast.document(people={"primary": {"number": "+12025550193"}, "deputy": {}}))
    office = cast.office(database, phones)
    work_until(office, lambda: cast.rows(database)[0].state == State.FAILED_CARRIER)
    assert len(phones.texts("+12025550193")) == 2
    assert len(phones.texts(NUMBERS["deputy"])) == 1


def test_too_many_requests_hold_the_channel_and_cost_no_attempt(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    phones.fault("rate_limit", per_second=2, burst=1, on="create")
    phones.fault("latency_before_accept", seconds=0.001)
    with db.sessions(database).begin() as session:
        cast.load(session, cast.document("V30100", {"primary": {"number": "+12025550151"}}))
        cast.message(session, cast.incident(session), tells="V30100")
    office = cast.office(database, phones)
    work_until(office, lambda: all(row.accepted_at for row in cast.rows(database)))
    assert len(phones.book()) == 2
    refused = [line for line in phones.requests() if line["http_status"] == 429]
    told = [row.attempts - row.uncounted for row in cast.rows(database)]
    assert told == [1, 1]
    assert len(refused) <= sum(row.uncounted for row in cast.rows(database))


def test_a_channel_waits_as_long_as_the_provider_asks_and_never_longer_than_our_most(
    database: Engine, phones: PhoneCompany
) -> None:
    begin(database)
    phones.fault("rate_limit", per_second=0.001, burst=1, retry_after=40, on="create")
    with db.sessions(database).begin() as session:
        cast.load(session, cast.document("V30100", {"primary": {"number": "+12025550151"}}))
        cast.message(session, cast.incident(session), tells="V30100")
    moved = Clock()
    for most_s, waits_s in ((60.0, 40), (30.0, 30)):
        office = cast.office(database, phones, policy=replace(QUICK, retry_most_s=most_s), now=moved)
        before = moved()
        dispatch.run_once(office)
        with db.sessions(database).begin() as session:
            until = session.get_one(ChannelRow, "sms").until
        assert until - moved() <= timedelta(seconds=waits_s) <= until - before
        moved.forward(seconds=waits_s)
    assert len(phones.book()) == 1


def test_an_answer_lost_after_acceptance_is_found_by_asking_and_not_sent_again(
    database: Engine, phones: PhoneCompany
) -> None:
    begin(database)
    phones.fault("error_after_accept", count=1)
    moved = Clock()
    office = cast.office(database, phones, policy=STILL, now=moved)
    dispatch.run_once(office)
    assert cast.rows(database)[0].state == State.UNKNOWN
    moved.forward(seconds=LATER_S)
    work_until(office, lambda: cast.rows(database)[0].accepted_at is not None)
    assert len(phones.book()) == 1
    with db.sessions(database).begin() as session:
        assert session.scalars(select(AttemptRow.n).join(DeliveryRow).where(DeliveryRow.channel == "sms")).all() == [1]


def test_a_connection_cut_in_the_answer_is_unknown_too(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    phones.fault("reset_after_accept", count=1)
    office = cast.office(database, phones)
    work_until(office, lambda: cast.rows(database)[0].accepted_at is not None)
    assert len(phones.book()) == 1


def test_no_trace_after_three_looks_is_sent_again_where_twice_is_better_than_never(
    database: Engine, phones: PhoneCompany
) -> None:
    begin(database)
    phones.fault("error_before_accept", count=1, on="create")
    office = cast.office(database, phones)
    work_until(office, lambda: cast.rows(database)[0].accepted_at is not None)
    assert len(phones.book()) == 1
    assert cast.rows(database)[0].attempts == 2


def test_no_trace_of_a_drill_is_shown_as_not_known_and_not_sent_again(database: Engine, phones: PhoneCompany) -> None:
    begin(database, drill=True)
    phones.fault("error_before_accept", count=1, on="create")
    office = cast.office(database, phones)
    work_until(office, lambda: cast.rows(database)[0].state == State.FAILED_UNKNOWN)
    assert phones.texts(NUMBERS["primary"]) == []


def test_a_provider_that_cannot_be_asked_leaves_it_unknown(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    phones.fault("error_after_accept", count=1)
    phones.fault("error_before_accept", on="list", count=3)
    office = cast.office(database, phones)
    work_until(office, lambda: cast.rows(database)[0].accepted_at is not None)
    assert len(phones.book()) == 1


def test_a_company_that_is_not_there_is_tried_again_until_it_is(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    phones.kill()
    moved = Clock()
    office = cast.office(database, phones, policy=STILL, now=moved)
    dispatch.run_once(office)
    [row] = cast.rows(database)
    assert (row.state, row.failures, (row.reason or {}).get("slug")) == (State.PENDING, 1, "provider-not_sent")
    phones.start()
    moved.forward(seconds=LATER_S)
    work_until(office, lambda: cast.rows(database)[0].accepted_at is not None)
    assert len(phones.book()) == 1


def test_a_later_version_replaces_what_was_not_sent_and_goes_to_all_who_were_told(
    database: Engine, phones: PhoneCompany
) -> None:
    number = begin(database)
    moved = Clock()
    office = cast.office(database, phones, now=moved)
    dispatch.run_once(office)
    moved.forward(minutes=16)
    dispatch.run_once(office)
    with db.sessions(database).begin() as session:
        cast.message(session, number, kind="withdrawal", occasion="withdrawal")
    dispatch.run_once(office)
    assert "撤回" in phones.texts(NUMBERS["primary"])[-1]
    assert "撤回" in phones.texts(NUMBERS["deputy"])[-1]
    assert phones.texts(NUMBERS["leader"]) == []


def test_an_unsent_text_is_cancelled_when_a_later_version_comes(database: Engine, phones: PhoneCompany) -> None:
    number = begin(database)
    nowhere = cast.office(database, None)
    dispatch.run_once(nowhere)
    with db.sessions(database).begin() as session:
        cast.message(session, number, kind="update", occasion="update 2")
    dispatch.run_once(cast.office(database, phones, policy=STILL))
    assert [row.state for row in cast.rows(database)] == [State.CANCELLED, State.ACCEPTED]
    [text] = phones.texts(NUMBERS["primary"])
    assert "更新2" in text


def test_what_is_too_old_to_be_of_use_expires(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    dispatch.run_once(cast.office(database, None))
    moved = Clock()
    moved.forward(hours=5)
    dispatch.run_once(cast.office(database, phones, now=moved))
    assert cast.rows(database)[0].state == State.EXPIRED
    assert phones.texts(NUMBERS["primary"]) == []


def test_a_heads_up_is_a_bell_without_place_or_river(database: Engine, phones: PhoneCompany) -> None:
    begin(database, act="heads_up")
    dispatch.run_once(cast.office(database, phones))
    [text] = phones.texts(NUMBERS["primary"])
    assert "谷河" not in text
    assert "待核实" in text
    assert "15分钟" in text


def test_first_alerts_go_before_updates_and_drills(database: Engine, phones: PhoneCompany) -> None:
    with db.sessions(database).begin() as session:
        cast.load(session)
        drill, old, new = (cast.incident(session) for _ in range(3))
        cast.load(session, cast.document("V30100", {"primary": {"number": "+12025550151"}}))
        cast.message(session, drill, tells="V30100", drill=True)
        cast.message(session, old, circle="prepare")
        cast.message(session, new, tells="V30100")
    planned = cast.office(database, None)
    dispatch.run_once(planned)
    dispatch.run_once(cast.office(database, phones))
    order = [row.incident for row in sorted(cast.rows(database), key=lambda row: row.attempted_at or row.created_at)]
    assert order == [new, old, drill]


def test_a_worker_that_lost_its_lease_does_not_send(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    office = cast.office(database, phones)
    lines = office.lines()
    while dispatch.plan_next(office):
        pass
    [held] = claims.take(office, {"sms": lines["sms"]}).held
    late = claims.Held(
        held.state, held.token, held.parcel, held.channel, held.since, held.sid, held.known, held.until_s - 10
    )
    answers.write(office, [answers.learn(office, lines, late)])
    assert phones.book() == []
    assert cast.rows(database)[0].state == State.PENDING


def test_an_answer_that_comes_after_the_lease_is_evidence_all_the_same(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    moved = Clock()
    office = cast.office(database, phones, policy=replace(QUICK, settle_s=600.0), now=moved)
    lines = office.lines()
    while dispatch.plan_next(office):
        pass
    [held] = claims.take(office, {"sms": lines["sms"]}).held
    answer = answers.learn(office, lines, held)
    moved.forward(seconds=QUICK.lease_s + 0.1)
    dispatch.run_once(office)
    assert cast.rows(database)[0].state == State.UNKNOWN
    answers.write(office, [answer])
    [row] = cast.rows(database)
    assert (row.state, row.provider_sid) == (State.ACCEPTED, phones.book()[0]["sid"])


def test_a_row_whose_worker_died_is_asked_about_only_after_the_provider_has_settled(
    database: Engine, phones: PhoneCompany
) -> None:
    begin(database)
    moved = Clock()
    office = cast.office(database, phones, policy=STILL, now=moved)
    lines = office.lines()
    while dispatch.plan_next(office):
        pass
    [held] = claims.take(office, {"sms": lines["sms"]}).held
    lines["sms"].send(held.parcel)  # and here the worker dies
    moved.forward(seconds=STILL.lease_s + 0.1)
    dispatch.run_once(office)
    [row] = cast.rows(database)
    assert row.state == State.UNKNOWN
    assert row.act_at is not None
    assert row.act_at >= moved() + timedelta(seconds=STILL.settle_s / 2)
    moved.forward(seconds=LATER_S)
    work_until(office, lambda: cast.rows(database)[0].accepted_at is not None)
    assert len(phones.book()) == 1


def three(engine: Engine, office: Office) -> tuple[claims.Held, ...]:
    """Three texts to one desk, taken up at once."""
    begin(engine)
    for _ in range(2):
        with db.sessions(engine).begin() as session:
            cast.message(session, cast.incident(session))
    while dispatch.plan_next(office):
        pass
    return claims.take(office, {"sms": office.lines()["sms"]}, 16).held


def clerk_with(office: Office, *came: Answer) -> dispatch.Clerk:
    """A clerk to whom runners have come back with these, and who is told to stop."""
    stop = threading.Event()
    stop.set()
    clerk = dispatch.Clerk(office, 4, stop)
    clerk._in_hand = len(came)
    for each in came:
        clerk._came.put(each)
    return clerk


def spoilt(session: Session, row: DeliveryRow, mine: bool) -> None:
    """An answer that cannot be written."""
    raise ValueError("a defect of ours")


def test_many_rows_are_taken_up_at_once_and_their_answers_written_together(
    database: Engine, phones: PhoneCompany
) -> None:
    office = cast.office(database, phones, policy=STILL)
    held = three(database, office)
    assert {row.state for row in cast.rows(database)} == {State.SENDING}
    assert len({each.token for each in held}) == 3
    answers.write(office, [answers.learn(office, office.lines(), each) for each in held])
    assert {row.provider_sid for row in cast.rows(database)} == {entry["sid"] for entry in phones.book()}
    with db.sessions(database).begin() as session:
        assert all(journal.verify(session, stream) is None for stream in journal.heads(session))


def test_a_row_that_cannot_be_taken_up_is_put_off_and_holds_up_no_other(database: Engine, phones: PhoneCompany) -> None:
    begin(database)
    for _ in range(2):
        with db.sessions(database).begin() as session:
            cast.message(session, cast.incident(session))
    office = cast.office(database, phones, policy=STILL)
    while dispatch.plan_next(office):
        pass
    unfit, *fit = sorted(row.id for row in cast.rows(database))
    with database.begin() as connection:
        connection.execute(text("update deliveries set state = 'nonsense' where id = :id"), {"id": unfit})
    lines = {"sms": office.lines()["sms"]}
    assert dispatch.take(office, lines, 16) == claims.Taken(settled=1)
    assert sorted(each.parcel.delivery for each in dispatch.take(office, lines, 16).held) == fit
    [left] = [row for row in cast.rows(database) if row.id == unfit]
    assert left.state == "nonsense"
    assert left.act_at is not None
    assert left.act_at > clock.now()
    with db.sessions(database).begin() as session:
        alarm = next(each for each in audit.audit(session, at=clock.now()) if each.check == "unfit")
        assert (alarm.alarm, alarm.count) == (True, 1)
        row = session.get_one(DeliveryRow, unfit)
        row.state, row.act_at = State.PENDING, clock.now()  # the defect is mended
    assert [each.parcel.delivery for each in dispatch.take(office, lines, 16).held] == [unfit]
    with db.sessions(database).begin() as session:
        assert "unfit" not in {each.check for each in audit.audit(session, at=clock.now())}


def test_a_row_that_another_worker_has_ended_meanwhile_is_not_put_off(database: Engine) -> None:
    office = cast.office(database, None, policy=STILL)
    begin(database)
    while dispatch.plan_next(office):
        pass
    with database.begin() as connection:
        connection.execute(text("update deliveries set state = 'cancelled', act_at = null"))
    for row in cast.rows(database):
        claims.put_off(office, claims.Unfit(row.id))
    assert {(row.act_at, row.reason) for row in cast.rows(database)} == {(None, None)}


def test_an_answer_that_cannot_be_written_holds_up_no_other(database: Engine, phones: PhoneCompany) -> None:
    office = cast.office(database, phones, policy=STILL)
    first, second, third = (answers.learn(office, office.lines(), each) for each in three(database, office))
    clerk_with(office, first, Answer(second.held, spoilt), third).work(ThreadPoolExecutor(1))
    states = {row.id: row.state for row in cast.rows(database)}
    assert states == {
        first.held.parcel.delivery: State.ACCEPTED,
        second.held.parcel.delivery: State.SENDING,  # until its lease is over; then the provider is asked
        third.held.parcel.delivery: State.ACCEPTED,
    }


def test_an_answer_is_written_when_the_database_is_back(database: Engine, phones: PhoneCompany) -> None:
    office = cast.office(database, phones, policy=STILL)
    came = [answers.learn(office, office.lines(), each) for each in three(database, office)]
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nowhere")
    clerk = clerk_with(replace(office, sessions=db.sessions(away)), *came)
    clerk.work(ThreadPoolExecutor(1))
    assert {row.state for row in cast.rows(database)} == {State.SENDING}
    clerk._office = office
    clerk._turn(office.lines())
    assert {row.state for row in cast.rows(database)} == {State.ACCEPTED}
