"""The register of divisions as files state it: read, checked, and refused with the line and the remedy.

divisions.csv: code, name_zh, name_en, level (province, prefecture, county), parent, valid_from (first day), valid_to (first
day on which the code no longer holds), desk (0 or 1), surrogate (0 or 1), note. successors.csv: code, successor, from_date,
note. Reads files, touches no database.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from emergency.errors import BadFile
from emergency.jurisdictions.values import Division, Level, Succession
from emergency.words import Words

DIVISION_COLUMNS: Final = ("code", "name_zh", "name_en", "level", "parent")
SUCCESSOR_COLUMNS: Final = ("code", "successor", "from_date")
HEIGHTS: Final[Mapping[Level, int]] = {Level.PROVINCE: 2, Level.PREFECTURE: 1, Level.COUNTY: 0}
SHOWN: Final = 5
"""Troubles told at once: enough to see the pattern."""
Read = TypeVar("Read", Division, Succession)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong on a line, and what to do about it."""

    line: int
    words: Words


class _Wrong(Exception):
    """A cell that cannot be taken."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


def read_divisions(file: Path, known: Mapping[str, Division]) -> list[Division]:
    """The divisions of a file; `known` are those already loaded, which may serve as parents."""
    lines, troubles = _read(file, DIVISION_COLUMNS, _division)
    troubles += _twice(lines, lambda division: division.code)
    everyone = {**known, **{division.code: division for division in lines.values()}}
    troubles += [
        Trouble(line, words) for line, division in lines.items() if (words := parentage(division, everyone)) is not None
    ]
    _refuse(file, troubles)
    return list(lines.values())


def read_successors(file: Path, known: Mapping[str, Division]) -> list[Succession]:
    """The successions of a file, between divisions that are `known`."""
    lines, troubles = _read(file, SUCCESSOR_COLUMNS, _succession)
    troubles += _twice(lines, lambda each: f"{each.code}→{each.successor}")
    for line, each in lines.items():
        troubles += [
            Trouble(
                line,
                Words(
                    f"区划{code}不在清单中：请先把它加入 divisions.csv",
                    f"division {code} is not in the list: add it to divisions.csv first",
                ),
            )
            for code in (each.code, each.successor)
            if code not in known
        ]
        if each.code == each.successor:
            words = Words(f"{each.code}不能是自己的后继", f"{each.code} cannot be its own successor")
            troubles.append(Trouble(line, words))
    _refuse(file, troubles)
    return list(lines.values())


def refusal(file: Path, troubles: Sequence[Trouble], *, place_zh: str = "第{}行", place_en: str = "line {}") -> BadFile:
    """The error for a file with `troubles`: the first few in words, all of them as facts."""
    in_order = sorted(troubles, key=lambda trouble: trouble.line)
    shown = in_order[:SHOWN]
    zh = "；".join(f"{place_zh.format(trouble.line)}：{trouble.words.zh}" for trouble in shown)
    en = "; ".join(f"{place_en.format(trouble.line)}: {trouble.words.en}" for trouble in shown)
    more = len(in_order) - len(shown)
    return BadFile(
        "bad-divisions",
        Words(
            f"{file.name} 未载入，原有数据不变。{zh}" + (f"；另有{more}处" if more else ""),
            f"{file.name} was not loaded and nothing changed. {en}" + (f"; and {more} more" if more else ""),
        ),
        field="file",
        facts={"file": file.name, "troubles": [{"line": t.line, **t.words.stored()} for t in in_order]},
    )


def _refuse(file: Path, troubles: Sequence[Trouble]) -> None:
    if troubles:
        raise refusal(file, troubles)


def _read(
    file: Path, columns: Sequence[str], take: Callable[[Mapping[str, str]], Read]
) -> tuple[dict[int, Read], list[Trouble]]:
    """The rows by line number, and what is wrong with the others."""
    lines: dict[int, Read] = {}
    troubles: list[Trouble] = []
    for line, row in _rows(file, columns):
        try:
            lines[line] = take(row)
        except _Wrong as wrong:
            troubles.append(Trouble(line, wrong.words))
    return lines, troubles


def _rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        content = file.read_text(encoding="utf-8-sig")
    except OSError as trouble:
        reason = trouble.strerror or str(trouble)
        words = Words(f"读不到 {file}：{reason}", f"{file} cannot be read: {reason}")
        raise BadFile("unreadable-file", words, field="file") from trouble
    except UnicodeDecodeError as trouble:
        words = Words(f"{file.name} 不是 UTF-8：请另存为 UTF-8", f"{file.name} is not UTF-8: save it as UTF-8")
        raise BadFile("not-utf-8", words, field="file") from trouble
    reader = csv.DictReader(content.splitlines(), restval="")
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        listed = ", ".join(missing)
        _refuse(file, [Trouble(1, Words(f"缺少列：{listed}", f"columns are missing: {listed}"))])
    for row in reader:
        if None in row:
            words = Words("单元格比列多：含逗号的值请加引号", "more cells than columns: quote values with a comma")
            _refuse(file, [Trouble(reader.line_num, words)])
        yield reader.line_num, {name: value.strip() for name, value in row.items()}


def _division(row: Mapping[str, str]) -> Division:
    made = Division(
        code=_needed(row, "code"),
        name=Words(zh=_needed(row, "name_zh"), en=_needed(row, "name_en")),
        level=_level(row["level"]),
        parent=row["parent"] or None,
        valid_from=_day(row, "valid_from"),
        valid_to=_day(row, "valid_to"),
        desk=_yes(row, "desk"),
        surrogate=_yes(row, "surrogate"),
        note=row.get("note") or None,
    )
    if made.valid_from and made.valid_to and made.valid_from >= made.valid_to:
        raise _Wrong(Words("valid_to 须晚于 valid_from", "valid_to must be later than valid_from"))
    return made


def _succession(row: Mapping[str, str]) -> Succession:
    since = _day(row, "from_date")
    if since is None:
        raise _Wrong(Words("缺 from_date", "from_date is missing"))
    return Succession(_needed(row, "code"), _needed(row, "successor"), since, row.get("note") or None)


def _needed(row: Mapping[str, str], column: str) -> str:
    if not row[column]:
        raise _Wrong(Words(f"{column} 为空", f"{column} is empty"))
    return row[column]


def _level(value: str) -> Level:
    try:
        return Level(value)
    except ValueError as trouble:
        allowed = ", ".join(Level)
        raise _Wrong(
            Words(f"level “{value}”应为：{allowed}", f"level '{value}' must be one of: {allowed}")
        ) from trouble


def _day(row: Mapping[str, str], column: str) -> date | None:
    value = row.get(column, "")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as trouble:
        words = Words(
            f"{column} “{value}”不是日期：请写成 2025-11-06", f"{column} '{value}' is no date: write 2025-11-06"
        )
        raise _Wrong(words) from trouble


def _yes(row: Mapping[str, str], column: str) -> bool:
    value = row.get(column, "")
    if value not in ("", "0", "1"):
        raise _Wrong(Words(f"{column} “{value}”应为 0 或 1", f"{column} '{value}' must be 0 or 1"))
    return value == "1"


def _twice(lines: Mapping[int, Read], key: Callable[[Read], str]) -> list[Trouble]:
    first: dict[str, int] = {}
    troubles: list[Trouble] = []
    for line, each in lines.items():
        before = first.setdefault(key(each), line)
        if before != line:
            words = Words(f"{key(each)} 与第{before}行重复", f"{key(each)} is already on line {before}")
            troubles.append(Trouble(line, words))
    return troubles


def parentage(division: Division, everyone: Mapping[str, Division]) -> Words | None:
    """What is wrong with the parent of a division; None where nothing is."""
    parent = everyone.get(division.parent) if division.parent is not None else None
    if division.parent is not None and parent is None:
        return Words(
            f"上级{division.parent}不在清单中：请加入它，或改正 parent",
            f"parent {division.parent} is not in the list: add it, or correct the parent",
        )
    if _in_circle(division, everyone):
        return Words(f"{division.code}的上级绕回了自己", f"the parents of {division.code} lead back to itself")
    if parent is not None and HEIGHTS[parent.level] <= HEIGHTS[division.level]:
        return Words(
            f"上级{parent.code}（{parent.level}）不高于{division.code}（{division.level}）",
            f"parent {parent.code} ({parent.level}) does not stand above {division.code} ({division.level})",
        )
    return None


def _in_circle(division: Division, everyone: Mapping[str, Division]) -> bool:
    seen: set[str] = set()
    above = division.parent
    while above is not None and above in everyone and above not in seen:
        if above == division.code:
            return True
        seen.add(above)
        above = everyone[above].parent
    return False
