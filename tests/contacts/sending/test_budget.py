"""A contact's texts of a day: once they are used up, updates travel together, and nothing that matters waits or is hidden."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from contacts.models import DeliveryRow
from contacts.sending import answers, claims, deliveries, dispatch
from contacts.sending.office import Office
from contacts.sending.states import State
from contacts.texts import bundles
from contacts.texts.bundles import Waiting
from contacts.texts.segments import segments
from emergency import db, notifications
from emergency.journal import Actor
from emergency.notifications import NotificationRow, Via
from emergency.words import Language
from tests.contacts import cast
from tests.contacts.cast import NUMBERS, QUICK, Clock
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]

POLICY = replace(QUICK, budget_texts=2, bundle_s=600.0, ask_s=9000.0, ask_most_s=9000.0)


def update(n: int, *, circle: str = "now", kind: str = "update", drill: bool = False) -> Waiting:
    return Waiting(n, f"AB{n:02d}", kind, n, circle, drill)


@pytest.mark.parametrize(
    ("message", "told", "alone"),
    [
        (replace(update(2), version=1), ["now"], True),  # a first alert
        (update(2), ["now"], False),
        (update(2, circle="now"), ["prepare"], True),  # graver than before
        (update(2, circle="prepare"), ["now"], False),
        (update(2, circle="watch"), [], True),
        (update(2, kind="withdrawal"), ["now"], True),
        (update(2, kind="correction"), ["now"], True),
        (update(2, kind="end"), ["now"], False),
    ],
)
def test_who_goes_alone(message: Waiting, told: list[str], alone: bool) -> None:
    assert bundles.goes_alone(message, told=told) is alone


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("drill", [False, True])
def test_a_bundle_names_every_code_in_one_segment_and_takes_what_fits(language: Language, drill: bool) -> None:
    many = [update(n, drill=drill) for n in range(2, 20)]
    body, taken = bundles.together(many[0], many[1:], language)
    assert segments(body).count == 1
    assert 1 <= len(taken) < len(many) - 1
    assert all(each.code in body for each in (many[0], *taken))
    assert str(len(taken) + 1) in body
    assert (body.count("演练") + body.count("EXERCISE") == 2) is drill


def test_a_bundle_holds_one_circle_and_no_drill_beside_the_real() -> None:
    others = [update(3, circle="prepare"), update(4, drill=True), update(5)]
    assert bundles.together(update(2), others, Language.ZH)[1] == (others[2],)
    assert bundles.together(update(2), others[:2], Language.ZH) == ("", ())


def issued(engine: Engine, number: int, **changes: Any) -> None:
    with db.sessions(engine).begin() as session:
        cast.message(session, number, **changes)


def begin(engine: Engine, incidents: int) -> list[int]:
    with db.sessions(engine).begin() as session:
        cast.load(session)
        numbers = [cast.incident(session) for _ in range(incidents)]
        for number in numbers:
            cast.message(session, number)
    return numbers


def spent(engine: Engine, phones: PhoneCompany, incidents: int = 3) -> tuple[list[int], Clock, Office]:
    """First alerts of so many incidents to one contact: all went out, and used up the day's texts."""
    numbers = begin(engine, incidents)
    moved = Clock()
    office = cast.office(engine, phones, policy=POLICY, now=moved)
    dispatch.run_once(office)
    assert len(phones.texts(NUMBERS["primary"])) == incidents, "first alerts never wait"
    return numbers, moved, office


def states(engine: Engine, since: int) -> list[str]:
    return [row.state for row in cast.rows(engine) if row.id > since]


def test_updates_wait_and_travel_together_once_the_day_s_texts_are_used_up(
    database: Engine, phones: PhoneCompany
) -> None:
    numbers, moved, office = spent(database, phones)
    before = max(row.id for row in cast.rows(database))
    for number in numbers:
        issued(database, number, kind="update", occasion="update 2")
    dispatch.run_once(office)
    assert states(database, before) == [State.PENDING] * 3
    assert {(row.reason or {})["slug"] for row in cast.rows(database) if row.id > before} == {"budget-spent"}
    moved.forward(seconds=601)
    taken = claims.take(office, {"sms": office.lines()["sms"]}, 16)
    assert (len(taken.held), taken.settled) == (1, 2), "what travels in a text taken with it is not sent beside it"
    answers.write(office, [answers.learn(office, office.lines(), taken.held[0])])
    texts = phones.texts(NUMBERS["primary"])
    assert len(texts) == 4
    assert texts[-1].startswith("【联防】3件更新：")
    rows = [row for row in cast.rows(database) if row.id > before]
    assert {row.state for row in rows} == {State.ACCEPTED}
    assert [row.bundle_id for row in rows] == [None, rows[0].id, rows[0].id]
    assert all(row.accepted_at for row in rows)


def test_graver_news_and_a_withdrawal_do_not_wait(database: Engine, phones: PhoneCompany) -> None:
    numbers, _, office = spent(database, phones)
    issued(database, numbers[0], kind="withdrawal", occasion="withdrawal")
    dispatch.run_once(office)
    assert "撤回" in phones.texts(NUMBERS["primary"])[-1]


def test_a_bundle_that_the_carrier_returns_is_a_failure_of_all_that_travel_in_it(
    database: Engine, phones: PhoneCompany
) -> None:
    numbers, moved, office = spent(database, phones, 2)
    for number in numbers:
        issued(database, number, kind="update", occasion="update 2")
    dispatch.run_once(office)
    moved.forward(seconds=601)
    dispatch.run_once(office)
    with db.sessions(database).begin() as session:
        carrier = session.scalars(
            select(DeliveryRow).where(DeliveryRow.id.in_(select(DeliveryRow.bundle_id))).with_for_update()
        ).one()
        deliveries.end(session, carrier, State.FAILED_CARRIER, {"slug": "x"}, at=moved(), by=Actor(process="dispatch"))
        inside = session.scalars(select(DeliveryRow).where(DeliveryRow.bundle_id == carrier.id)).all()
        assert [each.state for each in inside] == [State.FAILED_CARRIER]


def test_what_travels_in_a_text_that_is_called_off_is_sent_by_itself(database: Engine, phones: PhoneCompany) -> None:
    numbers, moved, office = spent(database, phones, 2)
    for number in numbers:
        issued(database, number, kind="update", occasion="update 2")
    dispatch.run_once(office)
    phones.kill()  # nothing leaves, and the text waits to be tried again
    moved.forward(seconds=601)
    lines = office.lines()
    for _ in range(12):  # pages that nobody opened come first
        dispatch.deliver_next(office, lines)
    with db.sessions(database).begin() as session:
        carrier = session.scalars(select(DeliveryRow).where(DeliveryRow.id.in_(select(DeliveryRow.bundle_id)))).one()
        assert carrier.state == State.PENDING
        first = session.get_one(NotificationRow, carrier.notification_id)
        by = Actor(officer=2, desk=cast.DESK)
        notifications.acknowledge(session, notification_id=first.id, by_person="李", via=Via.WEB, by=by, at=moved())
        [inside] = session.scalars(select(DeliveryRow.id).where(DeliveryRow.bundle_id == carrier.id))
        carrier_id = carrier.id
    phones.start()
    moved.forward(seconds=601)
    dispatch.run_once(office)
    rows = {row.id: row for row in cast.rows(database)}
    assert rows[carrier_id].state == State.CANCELLED
    assert (rows[inside].state, rows[inside].bundle_id) == (State.ACCEPTED, None)
    assert phones.texts(NUMBERS["primary"])[-1] == rows[inside].body
