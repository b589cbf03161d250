"""`flask dispatch`: takes what was issued, sends it, asks when in doubt, and tells the next person when nobody answers.

Small steps, each of which says whether it did anything; any number of workers may run them side by side, and each may be
killed at any instant. A row is claimed by a lease; an attempt is written before it is made; what comes of it is written
only by who still holds the lease. A lease that runs out means: ask the provider.

In a worker one clerk takes up what is due and writes what came of it, many rows at a time; so many runners have one delivery
in hand each and talk to the provider; and one thread looks after messages and ladders.
"""

import logging
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import Final

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.exc import OperationalError

from contacts.models import DeliveryRow, EscalationRow
from contacts.sending import answers, claims, ladders, pace, planning
from contacts.sending.answers import Answer
from contacts.sending.claims import Held, Taken
from contacts.sending.office import Lines, Office
from contacts.sending.states import Ladder, State
from emergency import notifications
from emergency.notifications import NotificationRow

AHEAD: Final = 4
"""One more row is taken up for so many runners, so that none waits for the clerk; it lies ready for a fraction of a second."""
log = logging.getLogger(__name__)


def run(office: Office, *, threads: int, stop: threading.Event) -> None:
    """Work until told to stop, with as many deliveries in hand at once as there are threads; what is in hand is ended."""
    clerk = Clerk(office, threads, stop)
    chores = threading.Thread(target=_look_after, args=(office, stop, clerk), name="dispatch-chores")
    chores.start()
    with ThreadPoolExecutor(threads, thread_name_prefix="dispatch") as runners:
        clerk.work(runners)
    chores.join()


def run_once(office: Office) -> None:
    """Do what is due now, and end."""
    lines = office.lines()
    while step(office, lines):
        pass


def step(office: Office, lines: Lines) -> bool:
    """The most urgent thing that is due, if anything is."""
    return chore(office) or deliver_next(office, lines)


def chore(office: Office) -> bool:
    """The most urgent thing that is to be done before anything is sent, if there is one. What it would call off is not
    sent meanwhile: a delivery is looked at again when it is claimed."""
    return plan_next(office) or overtake_next(office) or stand_down_next(office) or escalate_next(office)


def deliver_next(office: Office, lines: Lines) -> bool:
    """Take up the most urgent delivery that is due: send it, ask about it, or close it."""
    taken = take(office, lines)
    for held in taken.held:
        answers.write(office, [answers.learn(office, lines, held)])
    return bool(taken)


def take(office: Office, lines: Lines, most: int = 1) -> Taken:
    """Take up what is due; a row that cannot be is put off, so that it holds up no other."""
    try:
        return claims.take(office, lines, most)
    except claims.Unfit as unfit:
        log.exception("%s cannot be taken up; it is put off, and the audit sees it wait", unfit)
        claims.put_off(office, unfit)
        return Taken(settled=1)


def _look_after(office: Office, stop: threading.Event, clerk: "Clerk") -> None:
    while not stop.is_set():
        try:
            busy = chore(office)
        except OperationalError as lost:
            log.warning("the database cannot be reached, again in %s s: %s", office.policy.idle_s, lost.orig)
            busy = False
        except Exception:
            log.exception("a step failed, again in %s s", office.policy.idle_s)
            busy = False
        if busy:
            clerk.look()
        else:
            stop.wait(office.policy.idle_s)


# The deliveries ------------------------------------------------------------------------------------------------------


class Sign(Enum):
    """What the clerk may hear besides an answer."""

    LOOK = auto()  # something new may be due
    FAILED = auto()  # a runner failed: its row comes up again when its lease is over


class Clerk:
    """Takes up what is due, hands it to the runners, and writes what they come back with.

    An answer that could not be written, since the database was away, is written when it is back; with this process it is
    lost, and the provider is asked.
    """

    def __init__(self, office: Office, runners: int, stop: threading.Event):
        self._office, self._most, self._stop = office, runners + runners // AHEAD, stop
        self._came: SimpleQueue[Answer | Sign] = SimpleQueue()
        self._unwritten: list[Answer] = []
        self._in_hand = 0
        self._own = threading.local()

    def look(self) -> None:
        """Something new may be due: do not wait."""
        self._came.put(Sign.LOOK)

    def work(self, runners: Executor) -> None:
        """Until told to stop, and whatever is in hand has come back."""
        lines, more = self._office.lines(), True
        while self._in_hand or not self._stop.is_set():
            self._hear(0.0 if more and self._in_hand < self._most else self._office.policy.idle_s)
            taken = self._turn(lines)
            for held in taken.held:
                self._in_hand += 1
                runners.submit(self._carry, held)
            more = bool(taken)

    def _turn(self, lines: Lines) -> Taken:
        """Write what has come, and take up what is due."""
        try:
            self._office.beat(self._office.now())
            self._write()
            if self._stop.is_set() or self._in_hand == self._most:
                return Taken()
            return take(self._office, lines, self._most - self._in_hand)
        except OperationalError as lost:
            log.warning("the database cannot be reached, again in %s s: %s", self._office.policy.idle_s, lost.orig)
        except Exception:
            log.exception("nothing could be taken up, again in %s s", self._office.policy.idle_s)
        return Taken()

    def _hear(self, wait_s: float) -> None:
        """What has come back; where there is nothing, what comes within the wait."""
        try:
            came = self._came.get(timeout=wait_s) if wait_s else self._came.get_nowait()
            while True:
                self._in_hand -= came is not Sign.LOOK
                if isinstance(came, Answer):
                    self._unwritten.append(came)
                came = self._came.get_nowait()
        except Empty:
            pass

    def _write(self) -> None:
        """Together; where that cannot be, each alone, so that one that cannot be written holds up no other."""
        if not self._unwritten:
            return
        try:
            answers.write(self._office, self._unwritten)
        except OperationalError:
            raise
        except Exception:
            log.exception("%s answers cannot be written together; now each alone", len(self._unwritten))
            for each in self._unwritten:
                self._write_alone(each)
        self._unwritten = []

    def _write_alone(self, answer: Answer) -> None:
        try:
            answers.write(self._office, [answer])
        except OperationalError:
            raise
        except Exception:
            log.exception("delivery %s: its answer cannot be written; it is asked about", answer.held.parcel.delivery)

    def _carry(self, held: Held) -> None:
        """By a runner, each with lines of its own."""
        try:
            if not hasattr(self._own, "lines"):
                self._own.lines = self._office.lines()
            self._came.put(answers.learn(self._office, self._own.lines, held))
        except Exception:
            log.exception("delivery %s: it comes up again when its lease is over", held.parcel.delivery)
            self._came.put(Sign.FAILED)


# The hand-over and the ladder ----------------------------------------------------------------------------------------


def plan_next(office: Office) -> bool:
    """Take one issued message and plan its deliveries, in one transaction."""
    try:
        with office.sessions.begin() as session:
            row = notifications.take(session, at=office.now())
            if row is None:
                return False
            taken = row.id
            planning.plan(session, row, zone=office.zone, policy=office.policy, at=office.now())
    except (KeyError, TypeError, ValueError) as trouble:
        log.exception("a message could not be planned")
        _give_reason(office, taken, type(trouble).__name__)
    return True


def stand_down_next(office: Office) -> bool:
    """End one ladder whose message was read back."""
    with office.sessions.begin() as session:
        ladder = session.scalar(ANSWERED)
        if ladder is not None:
            planning.stand_down(session, ladder, at=office.now())
        return ladder is not None


def overtake_next(office: Office) -> bool:
    """Stop ringing about one message that a later one has replaced, or that is withdrawn."""
    with office.sessions.begin() as session:
        row = session.scalar(OVERTAKEN)
        return row is not None and planning.overtake(session, row, at=office.now())


def _answered() -> Select[EscalationRow]:
    """An open ladder whose message has been read back by as many persons as it asks for."""
    return (
        select(EscalationRow)
        .join(NotificationRow, NotificationRow.id == EscalationRow.notification_id)
        .where(EscalationRow.state == Ladder.OPEN, ladders.answered())
        .limit(1)
        .with_for_update(of=EscalationRow, skip_locked=True)
    )


def _overtaken() -> Select[NotificationRow]:
    """A message that still rings, though a later one has replaced it."""
    waiting = exists().where(DeliveryRow.notification_id == NotificationRow.id, DeliveryRow.state == State.PENDING)
    climbing = exists().where(EscalationRow.notification_id == NotificationRow.id, EscalationRow.state == Ladder.OPEN)
    return (
        select(NotificationRow)
        .where(
            or_(NotificationRow.state == notifications.State.ISSUED, ladders.half_answered()),
            NotificationRow.taken_at.is_not(None),
            or_(waiting, climbing),
            notifications.superseded(),
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )


ANSWERED: Final = _answered()
OVERTAKEN: Final = _overtaken()
"""Both are asked several times a second; to put them together takes longer than to run them."""


def escalate_next(office: Office) -> bool:
    """Tell the next person of one ladder that has waited long enough. It reads acknowledgement, never delivery."""
    at = office.now()
    with office.sessions.begin() as session:
        pace.check(session, at=at, steady=office.steady, machine=office.machine)
        ladder = ladders.rise(session, at)
        if ladder is not None:
            planning.escalate(session, ladder, zone=office.zone, policy=office.policy, at=at)
        return ladder is not None


def _give_reason(office: Office, notification_id: int, trouble: str) -> None:
    with office.sessions.begin() as session:
        row = session.get_one(NotificationRow, notification_id, with_for_update=True)
        planning.could_not_plan(session, row, trouble, policy=office.policy, at=office.now())
