"""Times that a person states of something done: a call, a consent, a read-back. Whether one can be, and what was understood.

A night has two dates, and "23:59" typed at six in the morning may be read as tonight's: a refusal says which day was
understood. Pure: `now` is an argument.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from emergency.errors import BadInput
from emergency.labels import fault
from emergency.units import moment
from emergency.words import Words

FAST_CLOCK: Final = timedelta(minutes=5)
"""A clock may run fast by this much; later than that is a typing error (DESIGN, public names)."""
LATE: Final = timedelta(minutes=5)
"""What was typed in later than this after it was done is marked "recorded later"."""


def checked(at: datetime, field: str, *, after: datetime, because: Words, now: datetime, zone: ZoneInfo) -> datetime:
    """`at`, if it lies between `after` and now. because: what happened at `after`, such as that the notice went out.

    What is typed has no seconds, so the whole minute of `after` is taken.
    """
    read = moment(at, zone, now)
    if at > now + FAST_CLOCK:
        present = moment(now, zone, now)
        words = fault(
            field,
            f"读作{read.zh}，晚于现在（{present.zh}）；请核对日期和时刻",
            f"is read as {read.en}, which is later than now ({present.en}); check the day and the hour",
        )
        raise BadInput("in-the-future", words, field=field)
    if at < after.replace(second=0, microsecond=0):
        earliest = moment(after, zone, now)
        words = fault(
            field,
            f"读作{read.zh}，早于{because.zh}（{earliest.zh}）；请核对日期和时刻",
            f"is read as {read.en}, which is before {because.en} ({earliest.en}); check the day and the hour",
        )
        raise BadInput("too-early", words, field=field)
    return at


def late(stated_at: datetime, typed_at: datetime) -> bool:
    """Whether it was recorded later than it was done."""
    return typed_at - stated_at > LATE
