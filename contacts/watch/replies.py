"""How fast do people answer? The share that answered, and the middle and the slow end of their times, nobody left out.

Whoever never answered counts as slower than anybody: the median of those alone who answered flatters a desk.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contacts.models import DeliveryRow
from contacts.sending.states import ARRIVED
from contacts.values import Channel

MEDIAN: Final = 0.5
SLOW: Final = 0.9


@dataclass(frozen=True, slots=True)
class Reply:
    """When somebody was asked, and when and how they answered, if they did."""

    asked_at: datetime
    answered_at: datetime | None
    via: str | None

    @property
    def minutes(self) -> float | None:
        """How long it took."""
        if self.answered_at is None:
            return None
        return max(0.0, round((self.answered_at - self.asked_at).total_seconds() / 60, 1))

    def state(self, at: datetime, within: timedelta) -> str:
        """answered, waiting, or never."""
        if self.answered_at is not None:
            return "answered"
        return "waiting" if at - self.asked_at <= within else "never"


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of so many asked. median_min, p90_min: None where that one has not answered (or nobody was asked)."""

    asked: int
    answered: int
    waiting: int
    never: int
    median_min: float | None
    p90_min: float | None

    def shown(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "asked": self.asked,
            "answered": self.answered,
            "waiting": self.waiting,
            "never": self.never,
            "median_min": self.median_min,
            "p90_min": self.p90_min,
        }


def statistics(given: Sequence[Reply], at: datetime, within: timedelta) -> Statistics:
    """The statistics of some replies as they stand at an instant."""
    states = [reply.state(at, within) for reply in given]
    minutes = sorted(math.inf if reply.minutes is None else reply.minutes for reply in given)
    return Statistics(
        len(given),
        states.count("answered"),
        states.count("waiting"),
        states.count("never"),
        _quantile(minutes, MEDIAN),
        _quantile(minutes, SLOW),
    )


def texts(session: Session, notification_id: int) -> tuple[int, int]:
    """To how many numbers a message went as a text, and at how many it has arrived by the carrier's word."""
    sent = DeliveryRow.channel == Channel.SMS, DeliveryRow.method_id.is_not(None)
    counted = select(func.count(), func.count().filter(DeliveryRow.state.in_(ARRIVED)))
    numbers, arrived = session.execute(counted.where(DeliveryRow.notification_id == notification_id, *sent)).one()
    return numbers, arrived


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of all do not exceed (nearest rank)."""
    if not ordered:
        return None
    value = ordered[max(0, math.ceil(share * len(ordered)) - 1)]
    return None if math.isinf(value) else value
