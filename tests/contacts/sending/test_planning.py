"""No message without a row: whatever the roster, the words or the numbers are like."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session

from contacts.models import DeliveryRow, EscalationRow, MethodRow
from contacts.people import numbers
from contacts.sending import dispatch, ladders, planning
from contacts.sending.preview import preview
from contacts.sending.states import State
from contacts.values import Policy
from emergency import clock, db, notifications
from emergency.cli import migrate
from emergency.notifications import Draft, NotificationRow
from tests.contacts import cast

NUMBER = st.sampled_from(["+12025550141", "+12025550142", "+12025550143"])
PERSON = st.fixed_dictionaries(
    {"number": NUMBER, "active": st.booleans(), "content_level": st.sampled_from(["bell", "facts", "full"])}
)


def plan(session: Session, row: NotificationRow) -> list[DeliveryRow]:
    """The deliveries of a message, planned now."""
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    rows = select(DeliveryRow).where(DeliveryRow.notification_id == row.id).order_by(DeliveryRow.id)
    return list(session.scalars(rows))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.dictionaries(st.sampled_from(["primary", "deputy", "leader"]), PERSON),
    roster=st.booleans(),
    stopped=st.sets(NUMBER),
    circle=st.sampled_from(["now", "prepare", "watch"]),
)
def test_whatever_the_roster_there_is_a_text_or_a_recorded_reason(
    session: Session, people: dict[str, Any], roster: bool, stopped: set[str], circle: str
) -> None:
    cast.load(session, cast.document(people=people, roster=roster))
    lookups = [numbers.vault(cast.CONTACTS_KEY).lookup(number) for number in stopped]
    for method in session.scalars(select(MethodRow)):
        method.opted_out_at = clock.now() if method.lookup in lookups else None
    texts = [
        row
        for row in plan(session, cast.message(session, cast.incident(session), circle=circle))
        if row.channel == "sms"
    ]
    assert texts
    assert all(row.state == State.PENDING or row.reason for row in texts)
    if not any(row.state == State.PENDING for row in texts):
        assert texts[-1].reason is not None
        assert texts[-1].reason["slug"] == "nobody-on-duty"


def test_the_same_number_is_texted_once_and_the_next_person_is_told(session: Session) -> None:
    people = {"primary": {}, "deputy": {"number": cast.NUMBERS["primary"]}, "leader": {}}
    cast.load(session, cast.document(people=people))
    row = cast.message(session, cast.incident(session))
    plan(session, row)
    standing = session.scalars(select(EscalationRow).where(EscalationRow.notification_id == row.id)).one()
    ladders.rise(session, clock.now(), ladder=standing.id)
    planning.escalate(session, standing, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    texts = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.notification_id == row.id, DeliveryRow.channel == "sms")
        .order_by(DeliveryRow.id)
    )
    told = [(each.role, each.state, (each.reason or {}).get("slug")) for each in texts]
    assert told == [
        ("primary", "pending", None),
        ("deputy", "suppressed", "same-number"),
        ("leader", "pending", None),
    ]


def test_facts_that_fit_in_no_text_become_a_bell_and_the_row_says_so(session: Session) -> None:
    cast.load(session, cast.document(people={"primary": {"language": "en"}}))
    row = cast.message(session, cast.incident(session), sender={"zh": "甲州", "en": "甲州"})
    [text] = [each for each in plan(session, row) if each.channel == "sms"]
    assert (text.state, text.language) == (State.PENDING, "zh")
    assert text.body.startswith("【联防】甲州有紧急跨界水环境通报")
    assert text.reason is not None
    assert text.reason["slug"] == "unwritable"


def test_a_watch_message_is_sent_and_nobody_is_rung(session: Session) -> None:
    cast.load(session)
    row = cast.message(session, cast.incident(session), circle="watch")
    plan(session, row)
    ladder = session.scalars(select(EscalationRow).where(EscalationRow.notification_id == row.id)).one()
    assert ladder.next_at is None


def test_a_message_that_cannot_be_planned_gets_its_reason_and_does_not_hold_up_the_next(database: Engine) -> None:
    with db.sessions(database).begin() as session:
        cast.load(session)
        broken = cast.message(session, cast.incident(session))
        broken.content = {"kind": "incident"}
        good = cast.message(session, cast.incident(session))
        ids = (broken.id, good.id)
    dispatch.run_once(cast.office(database, None))
    rows = {row.notification_id: row for row in cast.rows(database)}
    assert rows[ids[0]].state == State.SUPPRESSED
    assert rows[ids[1]].state == State.PENDING
    assert "contact.gap" in cast.kinds(database, f"desk:{cast.SENDER_DESK}")


def test_the_migration_goes_down_and_up_with_rows_in_the_tables(database: Engine) -> None:
    ours = {"contacts", "contact_methods", "rotations", "deliveries", "attempts", "provider_events", "escalations"}
    with db.sessions(database).begin() as session:
        cast.load(session)
        plan(session, cast.message(session, cast.incident(session)))
    migrate.downgrade(database, "0005")
    assert not ours & set(inspect(database).get_table_names())
    migrate.upgrade(database)
    assert ours <= set(inspect(database).get_table_names())


def previewed(session: Session, row: NotificationRow, content: dict[str, Any]) -> dict[str, Any]:
    return preview(session, row, content, "formal_notice", zone=cast.ZONE, policy=Policy(), at=clock.now())


def owed(session: Session, number: int, occasion: str) -> tuple[NotificationRow, dict[str, Any]]:
    """A message that is still to be decided, and what it would say."""
    draft = Draft(cast.SENDER_DESK, cast.DESK, "duty_officer", "update", occasion, "now", None, [])
    at = clock.now()
    row = notifications.propose(
        session, incident=number, draft=draft, drill=False, assessment_id=None, at=at, by=cast.OFFICER
    )
    return row, cast.content(kind="update", code=row.code, version=2)


def test_the_confirmation_lists_who_is_texted_at_once_with_those_told_before_and_then_who_is_next(
    session: Session,
) -> None:
    cast.load(session)
    row = cast.message(session, cast.incident(session))
    plan(session, row)
    standing = session.scalars(select(EscalationRow).where(EscalationRow.notification_id == row.id)).one()
    ladders.rise(session, clock.now(), ladder=standing.id)
    planning.escalate(session, standing, zone=cast.ZONE, policy=Policy(), at=clock.now())
    for text in session.scalars(select(DeliveryRow).where(DeliveryRow.channel == "sms")):
        text.state, text.accepted_at = State.ACCEPTED, clock.now()
    update, content = owed(session, row.incident, "update 2")
    listed = previewed(session, update, content)["recipients"]
    assert [(each["role"], each["now"]) for each in listed] == [("primary", True), ("deputy", True), ("leader", False)]

    notifications.issue(
        session, update, content=cast.content(kind="update"), act="heads_up", by=cast.OFFICER, at=clock.now()
    )
    texts = [each for each in plan(session, update) if each.channel == "sms" and each.state == State.PENDING]
    assert [each.role for each in texts] == ["primary", "deputy"], "whom the confirmation named, and nobody else"


def test_the_confirmation_names_whom_a_wrong_number_passes_over(session: Session) -> None:
    cast.load(session)
    number = cast.incident(session)
    for method in session.scalars(select(MethodRow).order_by(MethodRow.id).limit(2)):
        method.wrong_at = clock.now()
    update, content = owed(session, number, "update 2")
    shown = previewed(session, update, content)
    assert [(each["role"], each["now"]) for each in shown["recipients"]] == [("deputy", True), ("leader", False)]
    assert [(each["role"], each["slug"]) for each in shown["gaps"]] == [("primary", "wrong-number")]
    assert shown["recipients"][0]["text"] == shown["text"]
