"""What every channel can do, and the one way in which it says that it could not."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from emergency.words import Words


class Verdict(StrEnum):
    """What a refusal proves, and so what is done next."""

    BUSY = "busy"  # not taken; slow the channel down; does not count
    NOT_SENT = "not_sent"  # it never left; again, counts
    UNKNOWN = "unknown"  # it may have been taken: ask before anything else
    CONFIGURATION = "configuration"  # our settings: stop the channel, alarm; does not count
    OPTED_OUT = "opted_out"  # the person texted STOP
    PERMANENT = "permanent"  # this number will never do
    AGAIN = "again"  # the carrier's trouble: again, bounded
    LATER = "later"  # handset off: once more later, and the next person now
    BLOCKED = "blocked"  # filtered: never again, tell the operator


class NotDelivered(Exception):
    """A channel could not do what was asked; `verdict` says what that proves.

    after_s: how long the provider asks us to wait, where it says so.
    """

    def __init__(
        self,
        verdict: Verdict,
        words: Words,
        *,
        http_status: int | None = None,
        code: int | None = None,
        after_s: float | None = None,
    ):
        super().__init__(words.en)
        self.verdict = verdict
        self.words = words
        self.http_status = http_status
        self.code = code
        self.after_s = after_s

    @property
    def permanent(self) -> bool:
        """Whether this number is of no use for this message."""
        return self.verdict in (Verdict.PERMANENT, Verdict.OPTED_OUT, Verdict.BLOCKED)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a channel needs to send. number: None where the channel needs none. valid_s: later it is of no use."""

    delivery: int
    attempt: int
    notification: int
    incident: int
    desk: str
    number: str | None
    body: str
    at: datetime
    valid_s: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says of one text. sid: None where the channel has no such thing."""

    sid: str | None
    status: str
    error_code: int | None = None


class Channel(ABC):
    """A way to send. It keeps no state: what happened is in the tables."""

    provider: str
    repeatable = False
    """Whether sending twice does no harm, so that after a crash it is simply sent again."""
    abroad = False
    """Whether it hands texts in from abroad, which some countries filter."""

    @abstractmethod
    def send(self, parcel: Parcel) -> Report:
        """Hand it over; NotDelivered where that failed or nobody knows."""

    @abstractmethod
    def find(self, parcel: Parcel, *, since: datetime, known: Collection[str]) -> Report | None:
        """The same text to the same number, taken since then and not among `known`; NotDelivered if nobody can say."""

    @abstractmethod
    def ask(self, sid: str | None) -> Report:
        """How a text stands now; NotDelivered if nobody can say."""
