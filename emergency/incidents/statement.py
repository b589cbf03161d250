"""What was reported, read from a request or a command: which inputs there are, what may be unknown, what is refused and why.

Pure: `now` is an argument. Only the place is required. Every refusal names the field and says what to correct.

What an incident is believed to be is the fold of what was said of it: a later report adds what it knows, and what says
nothing changes nothing; only a correction can make unknown again what was held to be known.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from emergency.errors import BadInput
from emergency.labels import choices, fault
from emergency.river.datum import from_gcj02
from emergency.river.values import FlowState
from emergency.units import moment
from emergency.words import Words

FUTURE_TOLERANCE: Final = timedelta(minutes=5)
"""A clock may run fast by this much; later than that is a typing error (DESIGN, public names)."""
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Before any incident that is run or replayed here: an earlier year is a typing error."""
LEAST_KG: Final = 1e-6
MOST_KG: Final = 1e11
"""The greatest spills known, of tailings dams, were some 6e10 kg."""
LEAST_MIN: Final = 0.01
MOST_MIN: Final = 525_600.0
"""A year: what flows longer is no release but a state of the river."""
MOST_PEOPLE: Final = 100_000_000
MOST_YUAN: Final = 1e13
"""People: more than live in any basin served. Money: the yearly product of the greatest provinces."""
LONG_AGO: Final = timedelta(hours=12)
"""Before this the same hour of another day may be meant: 06:20 typed at 06:08 is yesterday's."""
SAYS_NOTHING: Final[tuple[object, ...]] = (None, "", "unknown", {})
CLEARED: Final = "cleared"
"""Where a stored correction lists the fields that it set back to unknown; a report that is none has no such list."""
EMPTY: Final[Mapping[str, str]] = {
    "substance": "",
    "description": "",
    "reporter": "",
    "source_state": "unknown",
    "source": "unknown",
    "bank": "unknown",
    "flow_state": "unknown",
}
"""What a form sends for a field that was emptied; in a correction it is as good as null."""
CANNOT_BE_UNKNOWN: Final[Mapping[str, Words]] = {
    "location": Words("事件必须有位置，请给出正确的位置", "an incident has a place; give the right one"),
    "known_at": Words("各项时限由此算起，请给出正确的时刻", "deadlines count from it; give the right time"),
    "medium": Words("须为水（water）", "it must be water"),
    "verification": Words("尚未核实请填待核实（unverified）", "unverified says that nothing was checked"),
    "unlocated": Words("须为是或否（true、false）", "it is true or false"),
    "drill": Words("须为是或否（true、false）", "it is true or false"),
}
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


@dataclass(frozen=True, slots=True)
class Changes:
    """What a correction does: values that it sets, and fields (as `impact.deaths` below impact) that become unknown."""

    sets: Mapping[str, Any]
    clears: tuple[str, ...]

    def stored(self) -> dict[str, Any]:
        """As a correction is kept among the reports."""
        return {**self.sets, CLEARED: list(self.clears)}


def _aware(value: object) -> object:
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            raise ValueError("timezone")
        try:
            return parsed.astimezone(UTC)
        except OverflowError as beyond:
            raise ValueError("year") from beyond
    raise ValueError("timezone")


Instant = Annotated[datetime, BeforeValidator(_aware)]
Mass = Annotated[float, Field(ge=LEAST_KG, le=MOST_KG, allow_inf_nan=False)]
Minutes = Annotated[float, Field(ge=LEAST_MIN, le=MOST_MIN, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=MOST_PEOPLE)]
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
    loss_yuan: Annotated[float, Field(ge=0, le=MOST_YUAN, allow_inf_nan=False)] | None = None
    intake_interrupted: Literal["none", "township", "county", "city"] | None = None


class ReportIn(_Part):
    """The body of a report; only `location` is required."""

    location: LocationIn
    occurred_at: Instant | PeriodIn | None = None
    known_at: Instant | None = None
    substance: Text | None = None
    source_state: Literal["stopped", "continuing", "unknown"] = "unknown"
    bank: Literal["left", "right", "middle", "unknown"] = "unknown"
    mass_kg: Mass | None = None
    duration_min: Minutes | None = None
    flow_state: Literal["low", "mean", "high", "flood", "unknown"] = "unknown"
    medium: Literal["water"] = "water"
    description: Text = ""
    reporter: Text = ""
    source: Literal["unknown", "caller", "on_scene", "monitoring", "operator", "desk"] = "unknown"
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


def held(body: Mapping[str, Any], *, now: datetime) -> Statement:
    """A statement from what is stored. What today's limits would refuse was once taken, and is read as unknown.

    So a limit that comes later never makes an incident unreadable; the reports still show what was said.
    """
    kept = dict(body)
    while True:
        try:
            return parse(kept, now=now)
        except BadInput as wrong:
            name = (wrong.field or "").partition(".")[0]
            if name not in kept or name == "location":
                raise
            del kept[name]


def doubts(statement: Statement, *, now: datetime, zone: ZoneInfo) -> list[tuple[str, Words]]:
    """What may be a typing error and is taken all the same, by field: times so long ago that the day may be another."""
    found = []
    said = [("known_at", statement.known_at)]
    if statement.occurred is not None:
        said.insert(0, ("occurred_at", statement.occurred.earliest))
        if statement.occurred.earliest > statement.known_at:
            found.append(
                ("occurred_at", fault("occurred_at", "晚于知悉时间，请核对", "is after the time it was known"))
            )
    for name, at in said:
        if now - at > LONG_AGO:
            read, ago = moment(at, zone, now), _ago(now - at)
            zh, en = f"读作{read.zh}，已过{ago.zh}；请核对日期", f"is read as {read.en}, {ago.en} ago; check the day"
            found.append((name, fault(name, zh, en)))
    return found


def _ago(past: timedelta) -> Words:
    if past.days >= 2 * 365:
        return Words(f"{past.days // 365} 年多", f"more than {past.days // 365} years")
    if past.days >= 2:
        return Words(f"{past.days} 天", f"{past.days} days")
    hours = round(past.total_seconds() / 3600)
    return Words(f"约 {hours} 小时", f"about {hours} hours")


def changes(body: Mapping[str, Any]) -> Changes:
    """A correction: null sets a field back to unknown, and an absent field stays as it is.

    BadInput for a null where something must be known. The values themselves are checked with the statement that they make.
    """
    sets: dict[str, Any] = {}
    clears: list[str] = []
    for name, value in body.items():
        _check_name(name, ReportIn)
        if value is None and name in CANNOT_BE_UNKNOWN:
            why = CANNOT_BE_UNKNOWN[name]
            raise _fault_at(name, f"不能清空，{why.zh}", f"cannot be made unknown: {why.en}", slug="cannot-be-unknown")
        if value is None or value == EMPTY.get(name):
            clears.append(name)
        elif name == "impact" and isinstance(value, dict):
            for part in value:
                _check_name(part, ImpactIn, below="impact.")
            clears += [f"impact.{part}" for part, given in value.items() if given is None]
            sets[name] = {part: given for part, given in value.items() if given is not None}
        else:
            sets[name] = value
    return Changes(sets, tuple(clears))


def fold(said: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The body that statements come to, in their order."""
    body: dict[str, Any] = {}
    for statement in said:
        for name in statement.get(CLEARED, ()):
            _clear(body, name)
        for name, value in statement.items():
            if name != CLEARED and (value not in SAYS_NOTHING or name not in body or CLEARED in statement):
                body[name] = _counted_up(body.get(name), value) if name == "impact" else value
    return body


def refusal(wrong: ValidationError) -> BadInput:
    """The first fault of a body, as a sentence that says what to correct."""
    fault = wrong.errors(include_url=False)[0]
    parts = [str(part) for part in fault["loc"] if str(part) not in _UNION_BRANCHES and "function" not in str(part)]
    name = ".".join(parts) or "body"
    zh, en = _fault(fault["type"], dict(fault.get("ctx") or {}), str(fault["msg"]))
    return _fault_at(name, zh, en)


_UNION_BRANCHES: Final = frozenset({"PeriodIn", "datetime"})
_FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("必填", "is required"),
    "extra_forbidden": ("没有这个字段，请检查拼写", "there is no such field; check the spelling"),
    "greater_than": ("须大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "finite_number": ("须为有限数", "must be a finite number"),
    "float_type": ("须为数字", "must be a number"),
    "string_unicode": ("含有不可见或残缺的字符，请改正", "holds invisible or broken characters; correct it"),
    "int_type": ("须为整数", "must be a whole number"),
    "bool_type": ("须为是或否（true、false）", "must be true or false"),
    "string_type": ("须为文字", "must be text"),
    "string_too_long": ("最多 {max_length} 字", "at most {max_length} characters"),
    "model_type": ("须逐项写明（JSON 对象）", "must be a JSON object that names its parts"),
    "value_error": (
        "须写明日期、时刻和时区，例如 2025-11-21T02:41:00+08:00",
        "needs day, hour and zone, such as 2025-11-21T02:41:00+08:00",
    ),
}


def _fault_at(name: str, zh: str, en: str, *, slug: str = "bad-field") -> BadInput:
    return BadInput(slug, fault(name, zh, en), field=name)


def _check_name(name: str, part_of: type[_Part], *, below: str = "") -> None:
    if name not in part_of.model_fields:
        raise _fault_at(below + name, *_FAULTS["extra_forbidden"])


def _clear(body: dict[str, Any], name: str) -> None:
    """Forget a field, or one part of the impact."""
    whole, _, part = name.partition(".")
    if not part:
        body.pop(whole, None)
    elif whole in body:
        body[whole] = {each: value for each, value in body[whole].items() if each != part}


def _counted_up(held: Any, given: Any) -> Any:
    """An impact of which some parts were known."""
    if not isinstance(held, dict) or not isinstance(given, dict):
        return given
    return {**held, **{part: value for part, value in given.items() if value is not None}}


def _fault(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    if kind == "literal_error":
        allowed = choices(re.findall(r"'([^']*)'", str(context["expected"])))
        return f"须为{allowed.zh}", f"must be {allowed.en}"
    zh, en = _FAULTS.get(kind, (f"不能接受（{message}）", f"is not accepted ({message})"))
    limits = {name: _number(value) if isinstance(value, float | int) else value for name, value in context.items()}
    return zh.format(**limits), en.format(**limits)


def _number(value: float) -> str:
    """A limit as it is written: 100,000,000,000 or 0.000001."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


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
        words = fault("occurred_at", "最早时刻晚于最晚时刻，请对调", "has its earliest after its latest; swap them")
        raise BadInput("period-reversed", words, field="occurred_at")
    _past("occurred_at.earliest", given.earliest, now)
    return Period(given.earliest, min(given.latest, now + FUTURE_TOLERANCE))


def _past(name: str, at: datetime | None, now: datetime) -> datetime | None:
    if at is not None and at > now + FUTURE_TOLERANCE:
        words = fault(name, "时间在将来，请核对日期、时刻和时区", "lies in the future; check date, hour and zone")
        raise BadInput("in-the-future", words, field=name)
    if at is not None and at < EARLIEST:
        words = fault(name, f"早于 {EARLIEST.year} 年，请核对年份", f"is before {EARLIEST.year}; check the year")
        raise BadInput("too-early", words, field=name)
    return at


def _known(substance: str | None) -> str | None:
    stripped = (substance or "").strip()
    return None if stripped.lower() in ("", "unknown", "不明", "未知") else stripped


def _without_number(reporter: str) -> str:
    if PHONE_NUMBER.search(reporter):
        words = fault(
            "reporter",
            "请勿填电话号码，号码记在通讯录里",
            "must hold no telephone number; numbers belong in the directory",
        )
        raise BadInput("number-in-reporter", words, field="reporter")
    return reporter
