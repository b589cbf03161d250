"""What the phone company keeps: texts, handsets, settings. Pure; it must not read the clock or the book."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class Status(StrEnum):
    """Where a text stands, in the provider's own words."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    READ = "read"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text. `fate` is the carrier's error to come, if any; `act_at` is its next step, null when it has none."""

    n: int = 0
    sid: str
    direction: str
    to_number: str
    from_number: str
    service_sid: str | None = None
    body: str
    num_media: int = 0
    status: Status
    fate: int | None = None
    error_code: int | None = None
    callback_url: str | None = None
    backwards: int = 0
    created_at: datetime
    listed_at: datetime
    sent_at: datetime | None = None
    updated_at: datetime
    act_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A request to send that has passed every check."""

    to_number: str
    from_number: str
    service_sid: str | None
    body: str
    num_media: int
    callback_url: str | None


@dataclass(frozen=True, slots=True)
class Handset:
    """One phone: `profile` is its country's rules ("CN" or ""), `powered` whether it can be reached."""

    number: str
    label: str
    profile: str
    powered: int


@dataclass(frozen=True, slots=True)
class Settings:
    """One company: who may call it and how fast it works."""

    account_sid: str
    auth_token: str
    seed: int
    step_s: float
    """Pause between two states of a text."""
    webhook_timeout_s: float
    sender: str
    """The number that a messaging service sends from."""
    language: str
    time_zone: ZoneInfo
    signature: str = "sha1"
    """How webhooks are signed: sha1 or sha256."""


GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_ESCAPED: Final = frozenset("\f^{}\\[~]|€")  # each takes two septets


def segments(body: str) -> int:
    """How many SMS carry `body`: 160 or 153 septets each in GSM-7, else 70 or 67 UCS-2 units."""
    if all(character in GSM7 or character in GSM7_ESCAPED for character in body):
        units, single, joined = len(body) + sum(character in GSM7_ESCAPED for character in body), 160, 153
    else:
        units, single, joined = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= single else -(-units // joined)
