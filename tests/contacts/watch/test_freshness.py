"""Contact tests: they go the way of every alert, are none, and say how fast whom answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from contacts.ledger import AskedRow, ContactTestRow
from contacts.models import ContactRow, DeliveryRow, EscalationRow, MethodRow
from contacts.people import directory, listing, numbers, proven
from contacts.sending import dispatch, inbound, planning
from contacts.sending.states import State
from contacts.values import CONTACT_TEST, Channel, Policy
from contacts.watch import freshness
from contacts.watch.replies import Reply, statistics
from emergency import clock, db, journal, notifications
from emergency.errors import BadInput, Conflict, NotFound
from emergency.journal import Actor
from emergency.notifications import NotificationRow, Via
from emergency.words import Words
from tests.contacts import cast
from tests.contacts.cast import DESK, NUMBERS, OFFICER
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]

NAME = Words("中区", "Middle")
DAY = timedelta(hours=24)
VAULT = numbers.vault(cast.CONTACTS_KEY)
PERSON = Actor(officer=2, role="liaison", desk=DESK)


def name_of(session: Session, code: str) -> Words:
    return NAME


def started(session: Session, *, at: datetime | None = None) -> list[NotificationRow]:
    """The messages of a test that has just begun."""
    now = at or clock.now()
    row = freshness.order(session, DESK, announced=False, starts_at=None, by=OFFICER, at=now)
    assert freshness.start_next(session, name_of, at=now) == row.id
    session.flush()
    asked = select(NotificationRow).join(AskedRow, AskedRow.notification_id == NotificationRow.id)
    return list(session.scalars(asked.where(AskedRow.test_id == row.id).order_by(NotificationRow.id)))


def answer(session: Session, message: NotificationRow, *, at: datetime) -> None:
    notifications.acknowledge(
        session, notification_id=message.id, by_person="王某", via=Via.CODE, by=PERSON, at=at, code=message.code
    )


def test_every_contact_is_asked_at_every_number_by_the_ordinary_way_with_a_code_of_their_own(
    database: Engine, phones: PhoneCompany
) -> None:
    people: dict[str, dict[str, Any]] = {
        "primary": {"numbers": ["+12025550149"]},
        "deputy": {"language": "en"},
        "leader": {},
    }
    with db.sessions(database).begin() as session:
        cast.load(session, cast.document(people=people))
        codes = [each.code for each in started(session)]
    dispatch.run_once(cast.office(database, phones))
    bodies = {each["to"]: each["body"] for each in phones.book()}
    assert set(bodies) == {*NUMBERS.values(), "+12025550149"}
    assert len(set(codes)) == 3
    assert bodies[NUMBERS["primary"]] == (
        f"【联防】【演练】中区联络测试，不是事件。请致电中区值班室报码{codes[0]}，不得采取实际措施【演练】"
    )
    assert bodies["+12025550149"] == bodies[NUMBERS["primary"]]
    assert bodies[NUMBERS["deputy"]] == (
        "LIANFANG EXERCISE Middle contact test, no incident. "
        f"Call Middle duty desk, code {codes[1]}. Take NO real action. EXERCISE"
    )


def test_a_contact_test_is_no_alert_nobody_rises_after_it_and_it_goes_behind_every_alert(session: Session) -> None:
    cast.load(session)
    asked = started(session)
    alert = cast.message(session, cast.incident(session))
    for row in (*asked, alert):
        planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    assert session.scalars(select(EscalationRow.notification_id)).all() == [alert.id]
    rank = {row.notification_id: row.rank for row in session.scalars(select(DeliveryRow))}
    assert all(rank[alert.id] < rank[each.id] for each in asked)
    assert {row.channel for row in session.scalars(select(DeliveryRow)) if row.notification_id != alert.id} == {"sms"}
    assert all(each.drill and each.incident < 0 and each.kind == CONTACT_TEST for each in asked)
    assert notifications.told(session, alert.incident) == {DESK}, "what was told is what an incident told"


@pytest.mark.parametrize("profile", ["US", "CN"])
def test_a_reply_by_text_with_the_code_answers_for_that_contact_alone(session: Session, profile: str) -> None:
    cast.load(session, cast.document(people={role: {"country_profile": profile} for role in NUMBERS}))
    first, *others = started(session)
    vault = numbers.vault(cast.CONTACTS_KEY)
    inbound.take(session, sid="SM1", number=NUMBERS["primary"], body=first.code, vault=vault, at=clock.now())
    [test] = freshness.history(session, DESK, at=clock.now(), secret_too=True)
    assert [each["state"] for each in test["asked"]] == ["answered", *("waiting" for _ in others)]
    assert test["asked"][0]["via"] == "sms"


def test_what_is_answered_is_not_sent_to_the_other_numbers_any_more(database: Engine) -> None:
    with db.sessions(database).begin() as session:
        cast.load(session, cast.document(people={"primary": {}}))
        [message] = started(session)
        planning.plan(session, message, zone=cast.ZONE, policy=Policy(), at=clock.now())
        message.taken_at = clock.now()
        answer(session, message, at=clock.now())
    office = cast.office(database, None)
    dispatch.run_once(office)
    lines = {"sms": office.lines()["websocket"]}
    dispatch.deliver_next(office, lines)
    assert [row.state for row in cast.rows(database)] == [State.CANCELLED]


def test_the_history_shows_who_answered_when_and_how_many_never_did(session: Session) -> None:
    cast.load(session)
    at = clock.now() - timedelta(hours=30)
    first, second, _ = started(session, at=at)
    answer(session, first, at=at + timedelta(minutes=4))
    answer(session, second, at=at + timedelta(minutes=10))
    [test] = freshness.history(session, DESK, at=clock.now(), secret_too=False)
    assert test["over"] is True
    assert [(each["role"], each["minutes"], each["state"]) for each in test["asked"]] == [
        ("primary", 4.0, "answered"),
        ("deputy", 10.0, "answered"),
        ("leader", None, "never"),
    ]
    said = {"asked": 3, "answered": 2, "waiting": 0, "never": 1, "median_min": 10.0, "p90_min": None}
    assert test["replies"] == said
    [line] = freshness.standing(session, None, at=clock.now())
    assert (line["desk"], line["tests"], line["replies"]) == (DESK, 1, said)
    assert freshness.standing(session, ["V99999"], at=clock.now()) == []


minutes = st.lists(st.none() | st.integers(0, 5000), max_size=60)


@given(minutes)
def test_whoever_never_answered_counts_as_slower_than_anybody(given: list[int | None]) -> None:
    asked_at = datetime(2025, 11, 1, tzinfo=UTC)
    replies = [
        Reply(
            asked_at, None if each is None else asked_at + timedelta(minutes=each), "code" if each is not None else None
        )
        for each in given
    ]
    found = statistics(replies, asked_at + timedelta(days=9), DAY)
    assert (found.asked, found.answered + found.never, found.waiting) == (len(given), len(given), 0)
    for share, value in ((0.5, found.median_min), (0.9, found.p90_min)):
        if value is not None:
            assert sum(each is not None and each <= value for each in given) >= share * len(given)
        else:
            assert not given or sum(each is not None for each in given) < share * len(given)


# When ----------------------------------------------------------------------------------------------------------------


def test_an_announced_test_is_known_beforehand_and_another_is_not(session: Session) -> None:
    cast.load(session)
    at = clock.now()
    soon = at + timedelta(hours=2)
    freshness.order(session, DESK, announced=True, starts_at=soon, by=OFFICER, at=at)
    session.add(ContactTestRow(desk=DESK, announced=False, month="2025-11", starts_at=soon, by={}))
    session.flush()
    known = [test["announced"] for test in freshness.history(session, DESK, at=at, secret_too=False)]
    assert known == [True]
    assert len(freshness.history(session, DESK, at=at, secret_too=True)) == 2
    session.commit()
    kinds = [each.kind for each in journal.read(session, f"desk:{DESK}")]
    assert kinds.count("contact_test.announced") == 1
    assert freshness.start_next(session, name_of, at=at) is None
    assert freshness.start_next(session, name_of, at=soon) is not None


def test_a_test_that_has_not_begun_can_be_taken_back_by_its_own_desk(session: Session) -> None:
    cast.load(session)
    at = clock.now()
    row = freshness.order(session, DESK, announced=False, starts_at=at + timedelta(hours=1), by=OFFICER, at=at)
    with pytest.raises(NotFound):
        freshness.cancel(session, row.id, "V99999", by=OFFICER, at=at)
    freshness.cancel(session, row.id, DESK, by=OFFICER, at=at)
    assert freshness.start_next(session, name_of, at=at + timedelta(hours=2)) is None
    with pytest.raises(Conflict, match="cancelled"):
        freshness.cancel(session, row.id, None, by=OFFICER, at=at)


@pytest.mark.parametrize(
    ("announced", "ahead", "slug"),
    [
        (True, timedelta(minutes=1), "test-too-soon"),
        (False, timedelta(days=90), "test-time"),
        (False, -DAY, "test-time"),
    ],
)
def test_a_test_is_set_for_an_hour_that_can_be(session: Session, announced: bool, ahead: timedelta, slug: str) -> None:
    cast.load(session)
    at = clock.now()
    with pytest.raises(BadInput) as refused:
        freshness.order(session, DESK, announced=announced, starts_at=at + ahead, by=OFFICER, at=at)
    assert refused.value.slug == slug


def test_a_desk_without_contacts_and_one_in_the_middle_of_a_test_are_refused(session: Session) -> None:
    at = clock.now()
    with pytest.raises(NotFound, match="no contact to test"):
        freshness.order(session, DESK, announced=False, starts_at=None, by=OFFICER, at=at)
    cast.load(session)
    started(session)
    with pytest.raises(Conflict, match="within the hour"):
        freshness.order(session, DESK, announced=False, starts_at=None, by=OFFICER, at=at)


def test_every_desk_has_one_test_a_month_at_its_own_hour(session: Session) -> None:
    cast.load(session)
    cast.load(session, cast.document("V30100", {"primary": {"number": "+12025550151"}}))
    zone = ZoneInfo("Asia/Shanghai")
    first = datetime(2025, 12, 1, tzinfo=zone)
    assert freshness.plan_month(session, zone, at=first) == 2
    assert freshness.plan_month(session, zone, at=first + timedelta(hours=1)) == 0
    planned = session.scalars(select(ContactTestRow).order_by(ContactTestRow.desk)).all()
    assert {(each.month, each.announced) for each in planned} == {("2025-12", True)}
    assert {each.starts_at for each in planned} == {freshness.hour_of(each.desk, "2025-12", zone) for each in planned}
    session.execute(update(ContactRow).values(active=False))
    assert freshness.plan_month(session, zone, at=first + timedelta(days=31)) == 0, "nobody is there to be asked"


def test_a_month_whose_hour_has_passed_already_has_no_test_of_its_own(session: Session) -> None:
    cast.load(session)
    zone = ZoneInfo("Asia/Shanghai")
    assert freshness.plan_month(session, zone, at=datetime(2025, 12, 31, tzinfo=zone)) == 0


@given(st.sampled_from(["511700", "500155", "V20100"]), st.integers(1, 12))
def test_the_months_hour_lies_in_office_hours_of_a_day_that_every_month_has(desk: str, month: int) -> None:
    when = freshness.hour_of(desk, f"2025-{month:02}", ZoneInfo("Asia/Shanghai"))
    assert (when.year, when.month) == (2025, month)
    assert 1 <= when.day <= 28
    assert 9 <= when.hour < 17


# A code to one number ------------------------------------------------------------------------------------------------


def primary(session: Session, **changes: Any) -> tuple[MethodRow, ContactRow]:
    """The text number of the primary, who has another beside it."""
    cast.load(session, cast.document(people={"primary": {"numbers": ["+12025550149"], **changes}, "deputy": {}}))
    contact = session.scalars(select(ContactRow).where(ContactRow.key == f"{DESK}-primary")).one()
    return directory.methods(session, contact.id, Channel.SMS)[0], contact


def code_to(session: Session, method: MethodRow, contact: ContactRow, *, at: datetime) -> str:
    freshness.text_code(session, method, contact, NAME, by=OFFICER, at=at)
    session.flush()
    return session.scalars(select(NotificationRow.code).order_by(NotificationRow.id.desc())).first() or ""


def test_a_code_goes_to_that_number_alone_and_verifies_it_when_it_is_read_back(
    database: Engine, phones: PhoneCompany
) -> None:
    at = clock.now()
    with db.sessions(database).begin() as session:
        method, contact = primary(session)
        code = code_to(session, method, contact, at=at)
        [waiting] = listing.contacts(session, [contact], vault=VAULT, now=at)
        assert [each["code_sent_at"] is not None for each in waiting["methods"] if each["way"] == "sms"] == [
            True,
            False,
        ]
    dispatch.run_once(cast.office(database, phones))
    assert [(each["to"], code in each["body"]) for each in phones.book()] == [(NUMBERS["primary"], True)]
    with db.sessions(database).begin() as session:
        method, contact = session.get_one(MethodRow, method.id), session.get_one(ContactRow, contact.id)
        with pytest.raises(BadInput, match="read out again"):
            freshness.code_came_back(session, method, contact, "ZZZZ", by=OFFICER, at=at)
        assert method.verified_at is None
        freshness.code_came_back(session, method, contact, f" {code.lower()} ", by=OFFICER, at=at)
        assert [method.verified_at] == [at]
        assert method.verified_by == OFFICER.stored() | {"how": "texted"}
        assert {each.how for each in proven.of_methods(session, [contact.id]).values()} <= {"verified", "test"}
        [shown] = listing.contacts(session, [contact], vault=VAULT, now=at)
        assert {each["code_sent_at"] for each in shown["methods"]} == {None}
        assert freshness.history(session, DESK, at=at, secret_too=True) == [], "it is no test of the desk"
        assert freshness.standing(session, None, at=at) == []
    with db.sessions(database).begin() as session:
        kinds = [each.kind for each in journal.read(session, f"desk:{DESK}")]
    assert kinds[-2:] == ["method.code_sent", "method.verified"]


@pytest.mark.parametrize("profile", ["US", "CN"])
def test_a_code_that_comes_back_as_a_text_from_that_number_verifies_it(session: Session, profile: str) -> None:
    at = clock.now()
    method, contact = primary(session, country_profile=profile)
    code = code_to(session, method, contact, at=at)
    inbound.take(session, sid="SM1", number="+12025550149", body=code, vault=VAULT, at=at)
    assert method.verified_at is None, "it came from another number"
    assert {each.acknowledged_at for each in session.scalars(select(NotificationRow))} == {None}
    inbound.take(session, sid="SM2", number=NUMBERS["primary"], body=code, vault=VAULT, at=at)
    assert [method.verified_at] == [at]


def test_a_code_holds_a_day_is_the_newest_and_is_not_sent_twice_in_a_breath(session: Session) -> None:
    at = clock.now() - timedelta(days=2)
    method, contact = primary(session)
    with pytest.raises(Conflict, match="No code was texted"):
        freshness.code_came_back(session, method, contact, "K7M4", by=OFFICER, at=at)
    first = code_to(session, method, contact, at=at)
    with pytest.raises(Conflict, match="wait two minutes"):
        code_to(session, method, contact, at=at + timedelta(minutes=1))
    second = code_to(session, method, contact, at=at + timedelta(minutes=3))
    with pytest.raises(BadInput, match="not the code"):
        freshness.code_came_back(session, method, contact, first, by=OFFICER, at=at + timedelta(minutes=4))
    with pytest.raises(Conflict, match="24 h"):
        freshness.code_came_back(session, method, contact, second, by=OFFICER, at=at + timedelta(hours=25))
    assert method.verified_at is None


def test_only_a_text_number_in_use_gets_a_code(session: Session) -> None:
    method, contact = primary(session)
    phone = directory.callable_number(session, contact.id)
    assert phone is not None
    with pytest.raises(Conflict, match="text number"):
        freshness.text_code(session, phone, contact, NAME, by=OFFICER, at=clock.now())
    directory.mark_wrong(session, method, at=clock.now())
    with pytest.raises(Conflict, match="stranger"):
        freshness.text_code(session, method, contact, NAME, by=OFFICER, at=clock.now())
    method.opted_out_at = clock.now()
    with pytest.raises(Conflict, match="STOP"):
        freshness.text_code(session, method, contact, NAME, by=OFFICER, at=clock.now())


def test_an_answered_test_shows_the_person_reached_and_the_number_where_there_was_but_one(
    database: Engine, phones: PhoneCompany
) -> None:
    at = clock.now()
    with db.sessions(database).begin() as session:
        primary(session)
        messages = [each.id for each in started(session, at=at)]
    dispatch.run_once(cast.office(database, phones))
    later = at + timedelta(minutes=5)
    with db.sessions(database).begin() as session:
        for message in messages:
            freshness.answered_by_call(session, message, person="某", by=OFFICER, at=later)
    with db.sessions(database).begin() as session:
        people = {each.role: each.id for each in session.scalars(select(ContactRow))}
        reached = proven.of_contacts(session, list(people.values()))
        by_method = proven.of_methods(session, list(people.values()))
        [alone] = directory.methods(session, people["deputy"], Channel.SMS)
    assert {reached[each] for each in people.values()} == {proven.Proven(later, "test")}
    assert by_method == {alone.id: proven.Proven(later, "test")}
