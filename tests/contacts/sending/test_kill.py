"""kill -9 of any worker at any time: nothing lost, nothing doubled. The phone company's book is the judge."""

import time
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Engine, text

from contacts.sending import dispatch
from contacts.values import CONTRACT
from emergency import db
from tests.contacts import cast, storm
from tests.contacts.storm import POLICY
from tests.contacts.workers import Crew
from tests.own_cluster import own_cluster
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]

FEW = 24


@pytest.mark.parametrize(("workers", "threads", "texts", "kills"), [(4, 1, 60, 10), (2, 8, 120, 4)])
def test_p2_kill_9_of_any_worker_at_any_time_loses_nothing_and_doubles_nothing(
    database: Engine, phones: PhoneCompany, workers: int, threads: int, texts: int, kills: int
) -> None:
    """Of many runners to a worker a kill takes many texts at once: some before they are sent, some before they are booked.

    The texts are enough for the kills on a machine that sends many between two of them.
    """
    storm.many(database, texts)
    phones.fault("latency_after_accept", seconds=0.05)
    phones.fault("error_after_accept", probability=0.1)
    with Crew(database, phones, workers, POLICY, threads=threads) as crew:
        crew.kill_until(storm.settled(database, texts), begun=storm.begun(database), seconds=400)
    assert crew.kills >= kills
    verdict = storm.judge(database, phones)
    assert verdict.texts == texts
    assert verdict.clean, verdict


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("error_after_accept", {"status": 503}),
        ("latency_after_accept", {"seconds": 0.8}),  # longer than the timeout
        ("reset_after_accept", {}),
    ],
)
def test_p3_an_answer_that_is_lost_after_acceptance_doubles_nothing(
    database: Engine, phones: PhoneCompany, fault: str, how: dict[str, float]
) -> None:
    storm.many(database, FEW)
    phones.fault(fault, probability=0.4, **how)
    with Crew(database, phones, 2, POLICY) as crew:
        crew.kill_until(storm.settled(database, FEW), begun=storm.begun(database), seconds=300)
    verdict = storm.judge(database, phones)
    assert verdict.clean, verdict


def test_p4_a_database_stopped_immediately_in_the_middle_loses_and_doubles_nothing(phones: PhoneCompany) -> None:
    with own_cluster() as own:
        storm.many(own.engine, FEW)
        phones.fault("latency_after_accept", seconds=0.1)
        done = storm.settled(own.engine, FEW)
        with Crew(own.engine, phones, 3, POLICY):
            for share in (FEW // 3, 2 * FEW // 3):
                phones.wait_for(partial(booked, phones, share), 60)
                own.crash()
                own.recover()
            phones.wait_for(done, 90)
        verdict = storm.judge(own.engine, phones)
        assert verdict.texts == FEW
        assert verdict.clean, verdict


def booked(phones: PhoneCompany, texts: int) -> bool:
    """Whether the phone company has taken so many."""
    return len(phones.book()) >= texts


@pytest.mark.parametrize(("workers", "threads", "texts"), [(3, 1, 40), (2, 4, 120)])
def test_p11_a_worker_paused_past_its_lease_doubles_nothing(
    database: Engine, phones: PhoneCompany, workers: int, threads: int, texts: int
) -> None:
    """A worker that is paused before it sends gives the row up; one that is paused while it sends is found by asking,
    as long as the pause is shorter than lease and settling together.

    There are more texts than the other workers can send in one pause, ten a second to a thread, however fast the machine.
    """
    patient = replace(POLICY, settle_s=1.5)
    storm.many(database, texts)
    phones.fault("latency_before_accept", seconds=0.1)
    done = storm.settled(database, texts)
    with Crew(database, phones, workers, patient, threads=threads) as crew:
        phones.wait_for(lambda: crew.at_work == workers, 60)
        while not done():
            crew.pause(crew.pauses, patient.lease_s * 1.3)
            assert crew.pauses < 60, "the work did not end in time"
    assert crew.pauses >= 2
    verdict = storm.judge(database, phones)
    assert verdict.clean, verdict


def test_p14_an_old_and_a_new_version_of_the_worker_work_side_by_side(database: Engine, phones: PhoneCompany) -> None:
    """The old one leaves alone what only the new one understands, and its own rows lack the new columns."""
    newer = CONTRACT + 1
    storm.many(database, FEW)
    dispatch.run_once(cast.office(database, None))  # plans, and has no way to send
    with database.begin() as connection:
        connection.execute(
            text("update deliveries set contract = :n where channel = 'sms' and id % 2 = 0"), {"n": newer}
        )
        connection.execute(text(AS_BEFORE))
    old = cast.office(database, phones, policy=POLICY)
    dispatch.run_once(old)
    for row in cast.rows(database):
        assert (row.accepted_at is None) == (row.contract == newer), "the old one touched what it does not know"
    with db.sessions(database).begin() as session:
        for _ in range(FEW):
            cast.message(session, cast.incident(session))
    both = 2 * FEW
    with Crew(database, phones, 4, POLICY, contracts=(CONTRACT, newer)) as crew:
        crew.kill_until(storm.settled(database, both), begun=storm.begun(database), seconds=300)
    verdict = storm.judge(database, phones)
    assert verdict.texts == both
    assert verdict.clean, verdict


OLD_COLUMNS = (
    "notification_id, incident, desk, contact_id, method_id, channel, role, state, rank, resend, body, language, act_at,"
    " attempts, failures, uncounted, checks, reason, created_at, expires_at"
)
AS_BEFORE = f"""
with gone as (
    delete from deliveries where id in (select id from deliveries where channel = 'sms' and id % 2 = 1)
    returning *
)
insert into deliveries ({OLD_COLUMNS}) select {OLD_COLUMNS} from gone
"""
"""What a worker of the version before adds: it does not name the columns that came since."""


def test_the_storm_all_at_once(phones: PhoneCompany) -> None:
    """Kills by the clock, pauses past the lease, the database stopped midway, one answer in ten an error after acceptance."""
    with own_cluster() as own:
        storm.many(own.engine, FEW)
        phones.fault("latency_after_accept", seconds=0.05)
        phones.fault("error_after_accept", probability=0.1)

        def crash() -> None:
            own.crash()
            time.sleep(0.3)
            own.recover()

        patient = replace(POLICY, settle_s=1.5)
        with Crew(own.engine, phones, 4, patient) as crew:
            done = storm.settled(own.engine, FEW)
            storm.storm(crew, done=done, every_s=0.3, crash=crash, pause_s=patient.lease_s * 1.3)
        verdict = storm.judge(own.engine, phones)
        assert verdict.clean, verdict
