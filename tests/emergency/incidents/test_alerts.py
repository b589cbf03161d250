"""The worker and the clocks, by a clock of the test's own: alerts, misses, tiers; nothing twice, nothing quiet."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from emergency import db, journal, work
from emergency.incidents import alerts, due, record, response, tasks
from emergency.incidents.assess import Context
from emergency.incidents.clocks import OPEN, Due, How
from emergency.incidents.models import ClockAlertRow, IncidentRow, TaskRow
from emergency.incidents.response import Signed
from emergency.journal import Entry
from tests.emergency.incidents.test_record import AT, JIA, ZONE, open_one
from tests.emergency.incidents.test_telling import send

UPWARD = ("V10100/initial/V10000", "V10100/initial/government", "V10100/initial/ministry")


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    with db.Writing(bind=valley_database, expire_on_commit=False) as opened:
        yield opened


@pytest.fixture
def sessions(valley_database: Engine) -> db.Sessions:
    return db.sessions(valley_database)


def run(sessions: db.Sessions, minutes: float) -> None:
    """The worker at an hour, until it has nothing to do."""
    for _ in range(200):
        if not work.step(sessions, ZONE, now=AT + timedelta(minutes=minutes)):
            return
    raise AssertionError("the worker finds no end")


def said(session: db.Writing, stream: str = "incident:1", clock: str | None = None) -> list[Entry]:
    session.rollback()
    found = [entry for entry in journal.read(session, stream) if entry.kind.startswith("clock.")]
    return [entry for entry in found if clock is None or clock in entry.facts["clocks"]]


def task(session: db.Writing) -> TaskRow:
    session.expire_all()
    return session.scalars(select(TaskRow).where(TaskRow.kind == tasks.CLOCKS, TaskRow.done_at.is_(None))).one()


def test_every_open_incident_has_one_task_put_to_the_hour_at_which_something_next_falls_due(
    session: db.Writing, sessions: db.Sessions
) -> None:
    open_one(session)
    assert task(session).act_at == AT
    run(sessions, 1)
    assert task(session).lease_until is None
    assert AT + timedelta(minutes=1) < task(session).act_at <= AT + timedelta(minutes=16)
    assert said(session) == []


def test_a_clock_alerts_before_its_end_and_rises_when_it_is_missed_and_names_the_tier(
    session: db.Writing, sessions: db.Sessions
) -> None:
    open_one(session)
    for minutes in (89, 90, 91, 119, 120, 120.1, 134, 135.1, 150.1, 194, 195.1):
        run(sessions, minutes)
    rows = [
        (entry.kind, entry.facts["tier"], (entry.at - AT) / timedelta(minutes=1))
        for entry in said(session, clock=UPWARD[1])
    ]
    assert rows == [
        ("clock.due_soon", "duty_officer", 90),
        ("clock.missed", "leader", 120.1),
        ("clock.escalated", "V10000", 135.1),
        ("clock.escalated", "V10000", 195.1),
    ]
    [first, *_] = said(session, clock=UPWARD[1])
    assert first.facts["what"]["zh"] == "初报"
    assert first.facts["tier_name"]["zh"] == "值班员"
    assert "第四条" in first.facts["cited"]["zh"]


def test_the_desk_that_owes_hears_it_and_what_was_said_is_not_said_again(
    session: db.Writing, sessions: db.Sessions
) -> None:
    open_one(session)
    run(sessions, 100)
    before = [clock for entry in said(session, "desk:V10100") for clock in entry.facts["clocks"]]
    assert set(UPWARD) <= set(before)
    assert len(before) == len(set(before))
    for _ in range(3):
        run(sessions, 100)
    assert [clock for entry in said(session, "desk:V10100") for clock in entry.facts["clocks"]] == before


def test_a_worker_that_dies_before_its_commit_leaves_nothing_and_the_next_one_says_it_once(
    session: db.Writing, sessions: db.Sessions
) -> None:
    open_one(session)
    run(sessions, 1)
    at = AT + timedelta(minutes=95)
    with sessions() as dying:
        row = dying.get_one(TaskRow, task(session).id)
        alerts.watch(dying, row, at, work.ME)
        dying.flush()
        dying.rollback()
    assert said(session) == []
    run(sessions, 95)
    assert len(said(session, clock=UPWARD[0])) == 1
    stages = session.scalars(select(ClockAlertRow.stage).where(ClockAlertRow.clock == UPWARD[0])).all()
    assert stages == [0]


def test_a_worker_that_dies_at_its_task_gives_it_up_after_the_lease(session: db.Writing, sessions: db.Sessions) -> None:
    open_one(session)
    claimed = tasks._claim(sessions, AT + timedelta(minutes=95))
    assert claimed is not None
    assert not tasks.step(sessions, {}, now=AT + timedelta(minutes=96))
    run(sessions, 98)
    assert len(said(session, clock=UPWARD[0])) == 1


def test_after_a_standstill_only_the_highest_stage_is_said(session: db.Writing, sessions: db.Sessions) -> None:
    open_one(session)
    run(sessions, 60 * 24)
    assert [entry.kind for entry in said(session, clock=UPWARD[2])] == ["clock.escalated"]


def test_a_clock_that_is_met_falls_silent_and_the_others_go_on(session: db.Writing, sessions: db.Sessions) -> None:
    incident, _ = open_one(session)
    context = Context(AT + timedelta(minutes=20), ZONE)
    taken = Signed("", "", AT + timedelta(minutes=20))
    response.reported(session, incident, UPWARD[:2], How.NETWORK, JIA, context, taken)
    session.commit()
    run(sessions, 125)
    assert said(session, clock=UPWARD[0]) == []
    assert [entry.kind for entry in said(session, clock=UPWARD[2])] == ["clock.missed"]


def test_a_promise_that_is_not_kept_rises_and_is_not_put_off(session: db.Writing, sessions: db.Sessions) -> None:
    incident, _ = open_one(session)
    send(session, incident, "V20100", 2)
    promised = incident.next_update_at
    assert promised is not None
    over = (promised - AT) / timedelta(minutes=1) + 1
    run(sessions, over)
    mine = [entry for entry in said(session) if entry.facts["what"]["zh"] == "承诺的下次续报"]
    assert [(entry.kind, entry.facts["tier"]) for entry in mine] == [("clock.missed", "leader")]
    assert mine[0].facts["to"][0]["zh"] == "中区"
    session.expire_all()
    assert session.get_one(IncidentRow, 1).next_update_at == promised


@pytest.mark.parametrize("source", ["continuing", "unknown"])
def test_nothing_goes_quiet_while_a_source_is_open(session: db.Writing, sessions: db.Sessions, source: str) -> None:
    incident, _ = open_one(session, source_state=source)
    heard: datetime | None = None
    for hours in range(0, 73, 3):
        run(sessions, hours * 60)
        session.expire_all()
        [lead, *_] = due.running(session, incident, AT + timedelta(hours=hours))
        words = [clock for clock in lead.clocks if clock.due in (Due.NEXT_WORD, Due.PROMISE)]
        assert [clock for clock in words if clock.state in OPEN], "somebody always waits for the next word"
        newest = max((entry.at for entry in said(session)), default=None)
        assert newest is None or heard is None or newest > heard, "it is said again while it is owed"
        heard = newest
        assert task(session).act_at <= AT + timedelta(hours=hours + 1)


def test_an_incident_that_nobody_watches_is_put_under_watch(session: db.Writing, sessions: db.Sessions) -> None:
    open_one(session)
    session.delete(task(session))
    session.commit()
    run(sessions, 95)
    assert len(said(session, clock=UPWARD[0])) == 1


def test_a_withdrawn_incident_keeps_only_what_is_still_owed_and_a_closed_one_nothing(
    session: db.Writing, sessions: db.Sessions
) -> None:
    incident, _ = open_one(session)
    record.withdraw(session, incident, Context(AT + timedelta(minutes=5), ZONE), JIA.actor, reason="未入河")
    session.commit()
    run(sessions, 300)
    assert said(session) == [], "nobody was told, so nobody is owed a word"
    record.close(session, incident, Context(AT + timedelta(minutes=301), ZONE), JIA.actor, reason="完毕")
    session.commit()
    run(sessions, 60 * 24)
    assert session.scalars(select(TaskRow).where(TaskRow.kind == tasks.CLOCKS, TaskRow.done_at.is_(None))).all() == []


def test_a_report_that_is_entered_hours_late_begins_to_climb_when_it_is_entered(
    session: db.Writing, sessions: db.Sessions
) -> None:
    long_ago = (AT - timedelta(hours=10)).isoformat()
    open_one(session, known_at=long_ago)
    run(sessions, 1)
    [entry] = said(session, clock=UPWARD[1])
    assert (entry.kind, entry.facts["tier"]) == ("clock.missed", "leader")
    assert set(entry.facts["clocks"]) == set(UPWARD), "what is due to several at one hour is said in one breath"
    run(sessions, 16)
    assert said(session, clock=UPWARD[1])[-1].facts["tier"] == "V10000"


def test_the_receiver_hears_of_its_own_clocks_at_its_own_desk(session: db.Writing, sessions: db.Sessions) -> None:
    incident, _ = open_one(session)
    send(session, incident, "V20100", 9)
    run(sessions, 130)
    heard = {clock: entry.kind for entry in said(session, "desk:V20100") for clock in entry.facts["clocks"]}
    assert heard["V20100/initial/government"] == "clock.missed"
    assert all(name.startswith("V20100/") for name in heard)
