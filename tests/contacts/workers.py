"""Dispatch workers as real processes, to be killed and paused; forked from a server that has imported everything."""

import itertools
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import configure_mappers
from twilio.rest import Client

from contacts.sending import dispatch
from contacts.values import CONTRACT, Policy
from emergency import db
from tests.contacts import cast
from tests.phones import PhoneCompany

configure_mappers()
assert (
    Client("AC" + "0" * 32, "none").messages is not None
)  # the client imports its resources on first use: once, before forking

ASKING_S = 1.5


def work(ready: Connection, url: str, phones_port: int, policy: dict[str, Any], contract: int, threads: int) -> None:
    """One worker, as `flask dispatch` runs it; it says when it begins. contract: of which version it is."""
    company = PhoneCompany.__new__(PhoneCompany)
    company.port = phones_port
    engine = db.engine(url, pool_size=2 * threads)
    office = replace(cast.office(engine, company, policy=Policy(**policy)), contract=contract)
    ready.send("ready")
    dispatch.run(office, threads=threads, stop=threading.Event())


@dataclass(frozen=True)
class Worker:
    """A process, and the line on which it says that it is at work."""

    process: BaseProcess
    line: Connection

    @property
    def at_work(self) -> bool:
        """Whether it has begun."""
        return self.line.poll()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.join()
        self.line.close()


class Crew:
    """Keeps so many workers alive, whatever is done to them. contracts: the versions that they are of, in turn."""

    def __init__(
        self,
        engine: Engine,
        phones: PhoneCompany,
        size: int,
        policy: Policy,
        *,
        contracts: Sequence[int] = (CONTRACT,),
        threads: int = 1,
    ):
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.contacts.workers"])
        self._arguments = (engine.url.render_as_string(hide_password=False), phones.port, asdict(policy))
        self._size = size
        self._workers: list[Worker] = []
        self._chance = random.Random(1)
        self._contracts = itertools.cycle(contracts)
        self._threads = threads
        self.kills = self.pauses = 0

    def __enter__(self) -> "Crew":
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()

    def kill_until(self, done: Callable[[], bool], *, begun: Callable[[], int], seconds: float) -> None:
        """kill -9 one worker after another until `done`: each time a few more attempts were begun, at any instant of them,
        and after a while without any, when they only ask.

        The pace follows the work and not the clock, so that a busy machine sees the same kills.
        """
        ends_s = time.monotonic() + seconds
        killed_s, wanted = time.monotonic(), 1
        while not done():
            assert time.monotonic() < ends_s, "the work did not end in time"
            if begun() < wanted and time.monotonic() - killed_s < ASKING_S:
                time.sleep(0.01)
                continue
            time.sleep(self._chance.uniform(0, 0.1))
            self.kill_one()
            killed_s, wanted = time.monotonic(), begun() + self._chance.randint(1, 3)

    @property
    def at_work(self) -> int:
        """How many have begun."""
        return sum(worker.at_work for worker in self._workers)

    def kill_one(self) -> None:
        """kill -9 one of those that are at work, and start another in its place."""
        victim = self._chance.choice([worker for worker in self._workers if worker.at_work] or self._workers)
        victim.kill()
        self._workers.remove(victim)
        self.kills += 1
        self._fill()

    def pause(self, turn: int, for_s: float) -> None:
        """SIGSTOP one worker for a while; each in its turn, so that a woken one gets to act."""
        self.pauses += 1
        pid = self._workers[turn % self._size].process.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        time.sleep(for_s)
        os.kill(pid, signal.SIGCONT)

    def _fill(self) -> None:
        while len(self._workers) < self._size:
            line, ready = self._context.Pipe(duplex=False)
            arguments = (ready, *self._arguments, next(self._contracts), self._threads)
            process = self._context.Process(target=work, args=arguments, daemon=True)
            process.start()
            ready.close()
            self._workers.append(Worker(process, line))
