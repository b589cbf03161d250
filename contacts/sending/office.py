"""What a dispatch worker works with."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from contacts.channels.base import Channel
from contacts.people.numbers import Vault
from contacts.sending import pace
from contacts.values import CONTRACT, Policy
from emergency import clock
from emergency.db import Sessions

Lines = Mapping[str, Channel]


@dataclass(frozen=True, slots=True)
class Office:
    """What a worker works with. lines: makes the channels, once for each thread. zone: for desks without a roster.
    contract: the newest kind of rows that it knows.

    steady, machine: a clock that nobody sets, and which machine's it is. beat: leaves a mark that the worker lives.
    """

    sessions: Sessions
    vault: Vault
    lines: Callable[[], Lines]
    zone: ZoneInfo
    policy: Policy = field(default_factory=Policy)
    now: Callable[[], datetime] = clock.now
    chance: Callable[[], float] = random.random
    contract: int = CONTRACT
    steady: Callable[[], float] = pace.steady_s
    machine: str = field(default_factory=pace.boot)
    beat: Callable[[datetime], None] = lambda _: None
