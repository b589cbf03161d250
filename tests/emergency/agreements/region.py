"""The region as the duties see it: its divisions, the reference agreements, and chains of hydrography 6.1 written as entries."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from emergency.agreements import body
from emergency.agreements.files import sheets
from emergency.agreements.values import Agreement, Facts, Kind, Obligation, Reached
from emergency.jurisdictions.values import Division, Divisions, Level, Succession
from emergency.words import Words

REFERENCE: Final = Path(__file__).resolve().parents[3] / "emergency" / "reference"
KNOWN_AT: Final = datetime(2025, 1, 1, 18, 41, tzinfo=UTC)
"""02:41 on 2 January in 达州; before 江北 and 渝北 ended."""
ASSESSED_AT: Final = KNOWN_AT + timedelta(minutes=3)

DAZHOU: Final = "511700"
LIANGPING: Final = "500155"
GUANGAN: Final = "511600"
HECHUAN: Final = "500117"
ABA: Final = "513200"
CHENGDU: Final = "510100"
DEYANG: Final = "510600"
MEISHAN: Final = "511400"
CHENGKOU: Final = "500229"
ANKANG: Final = "610900"
SHENZHEN: Final = "440300"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a chain: a division, the river, hours from the report to the earliest, and from which steps it comes."""

    code: str
    river: str
    hours: float | None
    after: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()


TONGBO: Final = (
    Step("511724", "TBH", 0),
    Step(LIANGPING, "TBH", 9, (0,)),
    Step("511724", "TBH", 33, (1,)),
    Step("511703", "TBH", 53, (2,)),
    Step("511725", "QUJ", 120, (3,)),
    Step("511602", "QUJ", 183, (4,)),
    Step(HECHUAN, "QUJ", 287, (5,)),
    Step("500109", "JLJ", 387, (6,)),
)
"""观音镇: 大竹, 梁平, 大竹 again, 达川, 渠县, 广安, 合川, 北碚."""
TONGBO_FROM_LIANGPING: Final = (
    Step(LIANGPING, "YYH", 0),
    Step("511724", "TBH", 12, (0,)),
    Step("511703", "TBH", 32, (1,)),
)
REN: Final = (Step(CHENGKOU, "REN", 0), Step("511781", "REN", 28, (0,)), Step("610924", "REN", 34, (1,)))
"""葛城: 城口, 万源, and out of the region to 紫阳 (安康)."""
YULIN: Final = (
    Step("511724", "YLH", 0),
    Step("511623", "YLH", 28, (0,)),
    Step("500112", "YLH", 99, (1,), (3,)),
    Step("500115", "YLH", 99, (1,), (2,)),
)
"""大竹, 邻水 (广安), then the border river of 渝北 and 长寿."""
WENCHUAN: Final = (
    Step("513221", "MIN", 0),
    Step("510181", "MIN", 10, (0,)),
    Step("511403", "MIN", 30, (1,)),
    Step("511102", "MIN", 48, (2,)),
    Step("511504", "MIN", 75, (3,)),
    Step("510682", "RMQ", 14, (1,)),
    Step("512002", "TUO", 85, (1,)),
    Step("511025", "TUO", 130, (6,)),
    Step("510504", "CJ", 110, (4, 7)),
    Step("500116", "CJ", 130, (8,)),
)
"""汶川: 都江堰, then the outer river to 眉山, 乐山, 宜宾, a canal to 什邡 (德阳), and the Tuo to 资阳, 内江; 泸州; 江津."""


@cache
def divisions(on: date = date(2025, 1, 1)) -> Divisions:
    """All divisions of the reference data as of a day."""
    return Divisions(_divisions(), _successions(), on)


@cache
def agreements() -> tuple[Agreement, ...]:
    """Every reference agreement."""
    return tuple(body.read(_faultless(sheet.data), 1) for sheet in sheets(REFERENCE / "agreements"))


def agreement(named: str) -> Agreement:
    """One of them."""
    return next(each for each in agreements() if each.id == named)


def facts(lead: str, steps: Sequence[Step], register: Divisions, **other: Any) -> Facts:
    """The facts of a chain, told at the desks that answer for it."""
    return Facts(
        **{
            "lead": lead,
            "known_at": KNOWN_AT,
            "assessed_at": ASSESSED_AT,
            "zone": ZoneInfo("Asia/Shanghai"),
            "occasion": "initial",
            "reached": entries(steps, register, other.get("assessed_at", ASSESSED_AT)),
            "rivers": tuple(dict.fromkeys(step.river for step in steps)),
            **other,
        }
    )


def warnings(owed: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """What is owed to other desks, reports upward left out."""
    return tuple(one for one in owed if not one.inside and one.kind is not Kind.REPORT_UPWARD)


def entries(steps: Sequence[Step], register: Divisions, at: datetime) -> tuple[Reached, ...]:
    """The steps as entries, numbered per division."""
    keys = [(step.code, [s.code for s in steps[: n + 1]].count(step.code)) for n, step in enumerate(steps)]
    return tuple(_entry(step, key, keys, register, at) for step, key in zip(steps, keys, strict=True))


def _entry(
    step: Step, key: tuple[str, int], keys: Sequence[tuple[str, int]], register: Divisions, at: datetime
) -> Reached:
    hours = None if step.hours is None else at + timedelta(hours=step.hours)
    return Reached(
        code=step.code,
        name=register.name(step.code),
        desk=register.desk_of(step.code),
        river=step.river,
        river_name=RIVERS.get(step.river, Words(step.river, step.river)),
        entry=key[1],
        earliest_at=hours,
        likely_at=hours,
        latest_at=hours,
        bank="both",
        came_from=tuple(keys[n] for n in step.after),
        beside=tuple(keys[n] for n in step.beside),
    )


def _faultless(data: dict[str, Any] | None) -> dict[str, Any]:
    assert data is not None
    return data


def _divisions() -> Iterable[Division]:
    with (REFERENCE / "divisions.csv").open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            yield Division(
                code=row["code"],
                name=Words(row["name_zh"], row["name_en"]),
                level=Level(row["level"]),
                parent=row["parent"] or None,
                valid_from=_day(row["valid_from"]),
                valid_to=_day(row["valid_to"]),
                desk=row["desk"] == "1",
                surrogate=row["surrogate"] == "1",
                note=row["note"] or None,
            )


def _successions() -> Iterable[Succession]:
    with (REFERENCE / "successors.csv").open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            yield Succession(row["code"], row["successor"], date.fromisoformat(row["from_date"]), row["note"])


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


RIVERS: Final = {
    "TBH": Words("铜钵河", "Tongbo River"),
    "YYH": Words("袁驿河", "Yuanyi River"),
    "REN": Words("任河", "Ren River"),
    "QUJ": Words("渠江", "Qu River"),
}
