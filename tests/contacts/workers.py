"""Dispatch workers as real processes, to be killed and paused; forked from a server that has imported everything."""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import configure_mappers
from twilio.rest import Client

from contacts import dispatch
from contacts.values import Policy
from emergency import db
from tests.contacts import cast
from tests.phones import PhoneCompany

configure_mappers()
assert (
    Client("AC" + "0" * 32, "none").messages is not None
)  # the client imports its resources on first use: once, before forking


def work(url: str, phones_port: int, policy: dict[str, Any]) -> None:
    """One worker, as `flask dispatch` runs it."""
    company = PhoneCompany.__new__(PhoneCompany)
    company.port = phones_port
    engine = db.engine(url, pool_size=2)
    office = cast.office(engine, company, policy=Policy(**policy))
    dispatch.run(office, threads=1, stop=threading.Event())


class Crew:
    """Keeps so many workers alive, whatever is done to them."""

    def __init__(self, engine: Engine, phones: PhoneCompany, size: int, policy: Policy):
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.contacts.workers"])
        self._arguments = (engine.url.render_as_string(hide_password=False), phones.port, asdict(policy))
        self._size = size
        self._workers: list[BaseProcess] = []
        self._chance = random.Random(1)
        self.kills = 0

    def __enter__(self) -> "Crew":
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()
            worker.join()

    def kill_until(self, done: Callable[[], bool], *, every_s: float, seconds: float) -> None:
        """kill -9 a random worker about every `every_s` until `done`."""
        ends_s = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < ends_s, "the work did not end in time"
            time.sleep(every_s)
            victim = self._chance.choice(self._workers)
            victim.kill()
            victim.join()
            self._workers.remove(victim)
            self.kills += 1
            self._fill()

    def pause(self, for_s: float) -> None:
        """SIGSTOP a random worker for a while, longer than its lease."""
        victim = self._chance.choice(self._workers)
        assert victim.pid is not None
        os.kill(victim.pid, signal.SIGSTOP)
        time.sleep(for_s)
        os.kill(victim.pid, signal.SIGCONT)

    def _fill(self) -> None:
        while len(self._workers) < self._size:
            worker = self._context.Process(target=work, args=self._arguments, daemon=True)
            worker.start()
            self._workers.append(worker)
