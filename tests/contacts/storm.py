"""Many texts while everything goes wrong; the phone company's book is the judge. For the tests and for the benchmark."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from contacts.models import AttemptRow, DeliveryRow
from contacts.sending import dispatch
from contacts.sending.states import State
from contacts.values import Policy
from emergency import db
from tests.contacts import cast
from tests.contacts.workers import Crew
from tests.phones import PhoneCompany

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
    budget_texts=1_000_000,
)
"""Shorter than the contract's, alike in proportion."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the book says. lost: owed and not in it. doubled: copies beyond the first. strange: nobody owed them."""

    texts: int
    lost: int
    doubled: int
    strange: int
    unnamed: int
    """Texts whose row does not have the SID of the book."""

    @property
    def clean(self) -> bool:
        """Each text stands in the book exactly once, under the SID that its row has."""
        return not (self.lost or self.doubled or self.strange or self.unnamed)


def many(engine: Engine, texts: int) -> None:
    """So many messages to one desk, each of its own incident and so with its own code: the bodies are all different.

    They are planned and offered to the pages already, so that the storm falls on the texts.
    """
    with db.sessions(engine).begin() as session:
        cast.load(session)
        for _ in range(texts):
            cast.message(session, cast.incident(session))
    dispatch.run_once(cast.office(engine, None, policy=POLICY))


def settled(engine: Engine, texts: int) -> Callable[[], bool]:
    """Whether every text is accepted; not as long as the database cannot say."""

    def done() -> bool:
        try:
            with db.sessions(engine).begin() as session:
                accepted = select(func.count()).where(
                    DeliveryRow.channel == "sms", DeliveryRow.accepted_at.is_not(None)
                )
                return session.scalar(accepted) == texts
        except SQLAlchemyError:
            return False

    return done


def begun(engine: Engine) -> Callable[[], int]:
    """How many attempts were begun; none as long as the database cannot say."""

    def count() -> int:
        try:
            with db.sessions(engine).begin() as session:
                return session.scalar(select(func.count()).select_from(AttemptRow)) or 0
        except SQLAlchemyError:
            return 0

    return count


def judge(engine: Engine, phones: PhoneCompany) -> Verdict:
    """The rows against the book."""
    book, rows = phones.book(), cast.rows(engine)
    booked, owed = Counter(entry["body"] for entry in book), Counter(row.body for row in rows)
    sids = {entry["sid"] for entry in book}
    assert {row.state for row in rows} <= {State.ACCEPTED, State.SENT, State.DELIVERED}, (
        "a text has not come to its end"
    )
    return Verdict(
        texts=len(rows),
        lost=sum((owed - booked).values()),
        doubled=sum(times - 1 for body, times in booked.items() if body in owed),
        strange=sum(times for body, times in booked.items() if body not in owed),
        unnamed=sum(row.provider_sid not in sids for row in rows),
    )


def storm(crew: Crew, *, done: Callable[[], bool], every_s: float, crash: Callable[[], None], pause_s: float) -> float:
    """kill -9 about every `every_s`, by the clock; now and then a SIGSTOP of `pause_s`; and once, midway, `crash`.

    Until all is done; the seconds that took.
    """
    began_s = time.monotonic()
    crash_at_s, crashed, turn = began_s + 4.0, False, 0
    while not done():
        time.sleep(every_s)
        turn += 1
        if turn % 15 == 0:
            crew.pause(turn, pause_s)
        elif crew.at_work:
            crew.kill_one()
        if not crashed and time.monotonic() > crash_at_s:
            crash()
            crashed = True
        assert time.monotonic() - began_s < 900, "the work did not end in time"
    return time.monotonic() - began_s
