"""kill -9 of any worker at any time: nothing lost, nothing doubled. The phone company's book is the judge."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Engine, func, select

from contacts.models import AttemptRow, DeliveryRow
from contacts.states import State
from contacts.values import Policy
from emergency import db
from tests.contacts import cast
from tests.contacts.workers import Crew
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]

TEXTS = 60
POLICY = Policy(
    lease_s=1.2,
    timeout_s=0.55,
    settle_s=0.6,
    check_s=0.2,
    idle_s=0.02,
    retry_s=0.05,
    retry_most_s=0.2,
    failures=100,
    ask_s=60.0,
)


def many(engine: Engine) -> None:
    """Sixty messages to one desk, each of its own incident and so with its own code: the bodies are all different."""
    with db.sessions(engine).begin() as session:
        cast.load(session)
        for _ in range(TEXTS):
            cast.message(session, cast.incident(session))


def settled(engine: Engine) -> Callable[[], bool]:
    """Whether every text is accepted."""

    def done() -> bool:
        with db.sessions(engine).begin() as session:
            accepted = session.scalar(
                select(func.count()).where(DeliveryRow.channel == "sms", DeliveryRow.accepted_at.is_not(None))
            )
            return accepted == TEXTS

    return done


def begun(engine: Engine) -> Callable[[], int]:
    """How many attempts were begun."""

    def count() -> int:
        with db.sessions(engine).begin() as session:
            return session.scalar(select(func.count()).select_from(AttemptRow)) or 0

    return count


def judge(engine: Engine, phones: PhoneCompany) -> None:
    """Each text stands in the book exactly once, under the SID that its row has."""
    booked = Counter(entry["body"] for entry in phones.book())
    rows = cast.rows(engine)
    assert len(rows) == TEXTS
    assert {row.body for row in rows} == set(booked), "a text is lost or a stranger"
    assert [body for body, times in booked.items() if times > 1] == [], "a text went out twice"
    assert {row.provider_sid for row in rows} == {entry["sid"] for entry in phones.book()}
    assert {row.state for row in rows} <= {State.ACCEPTED, State.SENT, State.DELIVERED}


def test_killed_workers_lose_nothing_and_double_nothing(database: Engine, phones: PhoneCompany) -> None:
    many(database)
    phones.fault("latency_after_accept", seconds=0.05)
    phones.fault("error_after_accept", probability=0.1)
    with Crew(database, phones, 4, POLICY) as crew:
        crew.kill_until(settled(database), begun=begun(database), seconds=200)
    assert crew.kills >= 10
    judge(database, phones)


def test_a_worker_paused_past_its_lease_doubles_nothing(database: Engine, phones: PhoneCompany) -> None:
    """A worker that is paused before it sends gives the row up; one that is paused while it sends is found by asking,
    as long as the pause is shorter than lease and settling together."""
    patient = replace(POLICY, settle_s=1.5)
    many(database)
    phones.fault("latency_before_accept", seconds=0.1)
    done = settled(database)
    with Crew(database, phones, 3, patient) as crew:
        turn = 0
        while not done():
            crew.pause(turn, patient.lease_s * 1.3)
            turn += 1
            assert turn < 60, "the work did not end in time"
    assert turn >= 2
    judge(database, phones)
