"""Where a delivery stands, what each state proves, and which word of the provider may move it. Pure.

accepted: the provider took it. sent: it left the provider. delivered: the carrier, or the page, said so. None of them means
that a person has read it: that is the acknowledgement, kept with the notification.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """A delivery's state."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    NO_PAGE = "no_page"
    FAILED_PERMANENT = "failed_permanent"
    FAILED_CARRIER = "failed_carrier"
    FAILED_UNKNOWN = "failed_unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    BUNDLED = "bundled"


class Ladder(StrEnum):
    """Whether somebody is still to be told of a message that nobody has read back."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    EXHAUSTED = "exhausted"
    REPLACED = "replaced"


FAILED: Final = frozenset({State.FAILED_PERMANENT, State.FAILED_CARRIER, State.FAILED_UNKNOWN, State.EXPIRED})
ALIVE: Final = frozenset(
    {
        State.PENDING,
        State.BUNDLED,
        State.SENDING,
        State.UNKNOWN,
        State.ACCEPTED,
        State.SENT,
        State.DELIVERED,
        State.READ,
    }
)
"""States in which the message has reached its number or may still."""
ARRIVED: Final = frozenset({State.DELIVERED, State.READ})

RANK: Final = {
    State.PENDING: 0,
    State.BUNDLED: 0,
    State.SENDING: 0,
    State.UNKNOWN: 0,
    State.FAILED_UNKNOWN: 1,  # a guess: evidence that comes after all corrects it
    State.EXPIRED: 1,
    State.ACCEPTED: 2,
    State.NO_PAGE: 3,
    State.SENT: 3,
    State.DELIVERED: 4,
    State.FAILED_CARRIER: 4,
    State.FAILED_PERMANENT: 4,
    State.CANCELLED: 4,
    State.SUPPRESSED: 4,
    State.READ: 5,
}

STATUSES: Final = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "partially_delivered": State.DELIVERED,
    "undelivered": State.FAILED_CARRIER,
    "failed": State.FAILED_CARRIER,
    "canceled": State.FAILED_CARRIER,
    "read": State.READ,
    "no_page": State.NO_PAGE,
}
"""The words of the provider, and of the page. `undelivered` is a failure."""


def moved(state: State, status: str) -> State:
    """The state after the provider said `status`: only upwards in rank, so that late and repeated words change nothing."""
    said = STATUSES.get(status)
    return said if said is not None and RANK[said] > RANK[state] else state
