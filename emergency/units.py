"""Conversions and the way numbers are shown. SI inside; people read kilometres, hours and local time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from emergency.words import Words

METRES_PER_KM = 1000.0
SECONDS_PER_HOUR = 3600.0
DEGREE_M = 110_570.0
"""No degree of latitude is shorter; a degree of longitude is no shorter than this times the cosine of its latitude."""


def km(length_m: float) -> float:
    """Metres to kilometres."""
    return length_m / METRES_PER_KM


def hours(duration_s: float) -> float:
    """Seconds to hours."""
    return duration_s / SECONDS_PER_HOUR


def iso(at: datetime) -> str:
    """An instant as RFC 3339 in UTC, to the second when it has no fraction."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def clock_zh(at: datetime, zone: ZoneInfo) -> str:
    """Month, day and hour as a duty desk says it: 11月21日7时半, 11月21日7时05分, 11月21日7时."""
    local = at.astimezone(zone)
    minute = {0: "", 30: "半"}.get(local.minute, f"{local.minute:02d}分")
    return f"{local.month}月{local.day}日{local.hour}时{minute}"


def clock_en(at: datetime, zone: ZoneInfo) -> str:
    """Hour and day for an English text: 07:30 21 Nov."""
    local = at.astimezone(zone)
    return f"{local:%H:%M} {local.day} {local:%b}"


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> Words:
    """An instant as a person reads it: the hour alone today, else with its day, in another year with that too."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return Words(f"今天 {local:%H:%M}", f"{local:%H:%M} today")
    year = local.year != today.year
    return Words(
        f"{f'{local.year}年' if year else ''}{local.month}月{local.day}日 {local:%H:%M}",
        f"{local:%H:%M} on {local.day} {local:%b}{f' {local.year}' if year else ''}",
    )
