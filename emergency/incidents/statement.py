"""What was reported, read from a request or a command: which inputs there are, what may be unknown, what is refused and why.

Pure: `now` is an argument. Only the place is required. Every refusal names the field and says what to correct.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from emergency.errors import BadInput
from emergency.river.datum import from_gcj02
from emergency.river.values import FlowState
from emergency.words import Words

FUTURE_TOLERANCE: Final = timedelta(minutes=5)
"""A clock may run fast by this much; later than that is a typing error (DESIGN, public names)."""
PHONE_NUMBER: Final = re.compile(r"(?<!\d)\+?\d[\d\s-]{9,}\d(?!\d)")


class SourceState(StrEnum):
    """Whether it still flows."""

    STOPPED = "stopped"
    CONTINUING = "continuing"
    UNKNOWN = "unknown"


class Bank(StrEnum):
    """Where across the river, seen downstream."""

    LEFT = "left"
    RIGHT = "right"
    MIDDLE = "middle"
    UNKNOWN = "unknown"


class Verification(StrEnum):
    """How far a statement has been checked."""

    UNVERIFIED = "unverified"
    PRELIMINARY = "preliminary"
    VERIFIED = "verified"
    REFUTED = "refuted"


class Datum(StrEnum):
    """What the coordinates are measured on; CGCS2000 is taken as equal to WGS 84."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


@dataclass(frozen=True, slots=True)
class Period:
    """When it happened: between two instants, equal when the minute is known."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """One report, checked. Coordinates are WGS 84; `given` is the body as it came, kept for the record."""

    lon: float
    lat: float
    occurred: Period | None
    known_at: datetime
    substance: str | None
    source_state: SourceState
    bank: Bank
    mass_kg: float | None
    duration_min: float | None
    flow_state: FlowState
    medium: str
    description: str
    reporter: str
    verification: Verification
    impact: Mapping[str, Any]
    unlocated: bool
    drill: bool
    given: Mapping[str, Any]


def _aware(value: object) -> object:
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            raise ValueError("timezone")
        return parsed.astimezone(UTC)
    raise ValueError("timezone")


Instant = Annotated[datetime, BeforeValidator(_aware)]
Quantity = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LocationIn(_Part):
    """Where: degrees, longitude before latitude; `datum` says on what they are measured."""

    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    datum: Literal["wgs84", "cgcs2000", "gcj02"] = "wgs84"


class PeriodIn(_Part):
    """When, as a range."""

    earliest: Instant
    latest: Instant


class ImpactIn(_Part):
    """What it has done so far."""

    deaths: Count | None = None
    poisoned: Count | None = None
    evacuated: Count | None = None
    loss_yuan: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    intake_interrupted: Literal["none", "township", "county", "city"] | None = None


class ReportIn(_Part):
    """The body of a report; only `location` is required."""

    location: LocationIn
    occurred_at: Instant | PeriodIn | None = None
    known_at: Instant | None = None
    substance: Text | None = None
    source_state: Literal["stopped", "continuing", "unknown"] = "unknown"
    bank: Literal["left", "right", "middle", "unknown"] = "unknown"
    mass_kg: Quantity | None = None
    duration_min: Quantity | None = None
    flow_state: Literal["low", "mean", "high", "flood", "unknown"] = "unknown"
    medium: Literal["water"] = "water"
    description: Text = ""
    reporter: Text = ""
    verification: Literal["unverified", "preliminary", "verified", "refuted"] = "unverified"
    impact: ImpactIn = ImpactIn()
    unlocated: bool = False
    drill: bool = False


def parse(body: Mapping[str, Any], *, now: datetime) -> Statement:
    """A statement from a report body; BadInput names the first field at fault."""
    try:
        read = ReportIn.model_validate(dict(body))
    except ValidationError as wrong:
        raise refusal(wrong) from wrong
    lon, lat = _place(read.location)
    return Statement(
        lon=lon,
        lat=lat,
        occurred=_period(read.occurred_at, now),
        known_at=_past("known_at", read.known_at, now) or now,
        substance=_known(read.substance),
        source_state=SourceState(read.source_state),
        bank=Bank(read.bank),
        mass_kg=read.mass_kg,
        duration_min=read.duration_min,
        flow_state=FlowState(read.flow_state),
        medium=read.medium,
        description=read.description.strip(),
        reporter=_without_number(read.reporter.strip()),
        verification=Verification(read.verification),
        impact={name: value for name, value in read.impact.model_dump().items() if value is not None},
        unlocated=read.unlocated,
        drill=read.drill,
        given=dict(body),
    )


def refusal(wrong: ValidationError) -> BadInput:
    """The first fault of a body, as a sentence that says what to correct."""
    fault = wrong.errors(include_url=False)[0]
    parts = [str(part) for part in fault["loc"] if str(part) not in _UNION_BRANCHES and "function" not in str(part)]
    name = ".".join(parts) or "body"
    zh, en = _fault(fault["type"], dict(fault.get("ctx") or {}), str(fault["msg"]))
    return BadInput("bad-field", Words(f"{name}：{zh}。", f"{name}: {en}."), field=name)


_UNION_BRANCHES: Final = frozenset({"PeriodIn", "datetime"})
_FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("必填", "is required"),
    "extra_forbidden": ("没有这个字段，请检查拼写", "there is no such field; check the spelling"),
    "greater_than": ("须大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "finite_number": ("须为有限数", "must be a finite number"),
    "float_type": ("须为数字", "must be a number"),
    "int_type": ("须为整数", "must be a whole number"),
    "bool_type": ("须为 true 或 false", "must be true or false"),
    "string_type": ("须为文字", "must be text"),
    "string_too_long": ("最多 {max_length} 字", "at most {max_length} characters"),
    "literal_error": ("须为 {expected} 之一", "must be one of {expected}"),
    "model_type": ("须为对象", "must be an object"),
    "value_error": (
        "时间须为带时区的 RFC 3339，例如 2025-11-21T02:41:00+08:00",
        "a time must be RFC 3339 with its zone, such as 2025-11-21T02:41:00+08:00",
    ),
}


def _fault(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    zh, en = _FAULTS.get(kind, (f"不能接受（{message}）", f"is not accepted ({message})"))
    return zh.format(**context), en.format(**context)


def _place(given: LocationIn) -> tuple[float, float]:
    if given.datum == "gcj02":
        return from_gcj02(given.lon, given.lat)
    return given.lon, given.lat


def _period(given: datetime | PeriodIn | None, now: datetime) -> Period | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        at = _past("occurred_at", given, now)
        assert at is not None
        return Period(at, at)
    if given.earliest > given.latest:
        words = Words(
            "occurred_at：最早时刻晚于最晚时刻，请对调。", "occurred_at: earliest is after latest; swap them."
        )
        raise BadInput("period-reversed", words, field="occurred_at")
    _past("occurred_at.earliest", given.earliest, now)
    return Period(given.earliest, min(given.latest, now + FUTURE_TOLERANCE))


def _past(name: str, at: datetime | None, now: datetime) -> datetime | None:
    if at is not None and at > now + FUTURE_TOLERANCE:
        words = Words(
            f"{name}：时间在将来，请核对日期、时刻和时区。", f"{name}: lies in the future; check date, hour and zone."
        )
        raise BadInput("in-the-future", words, field=name)
    return at


def _known(substance: str | None) -> str | None:
    stripped = (substance or "").strip()
    return None if stripped.lower() in ("", "unknown", "不明", "未知") else stripped


def _without_number(reporter: str) -> str:
    if PHONE_NUMBER.search(reporter):
        words = Words(
            "reporter：请勿填电话号码，号码记在通讯录里。",
            "reporter: leave the telephone number out; numbers belong in the directory.",
        )
        raise BadInput("number-in-reporter", words, field="reporter")
    return reporter
