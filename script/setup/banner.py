"""What the person reads once everything runs: where to look, who to be, what to try."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emergency.words import Words

TRY_FIRST: Final = (
    Words(
        "以“达州值班员”登录，在地图上点大竹县铜钵河上游，报告一起泄漏。",
        "Sign in as 达州值班员, click the upper 铜钵河 in 大竹 on the map, and report a spill.",
    ),
    Words(
        "看谁在何时受影响、依哪一条须通知谁；按电话单逐个打，再发出通知。",
        "See who is reached when and which clause obliges whom; work down the calls, then issue the notices.",
    ),
    Words(
        "打开模拟电话，看短信到达梁平联络人，并以其身份复述编号确认。",
        "Open the test phones, watch the text reach the liaison of 梁平, and read the code back.",
    ),
)


def text(address: str, phones_port: int, file: Path, logins: Sequence[Sequence[str]]) -> str:
    """All of it. `logins`: rows of name, password, role and desk; `file` keeps the passwords."""
    return "\n".join(
        (
            "",
            f"联防 Lianfang         {address}",
            f"模拟电话 Test phones   http://127.0.0.1:{phones_port}",
            "",
            f"登录 Logins ({file}):",
            *(f"  {line}" for line in table(logins)),
            "",
            "先试 Try first:",
            *(f"  {number}. {words.zh}\n     {words.en}" for number, words in enumerate(TRY_FIRST, start=1)),
            "",
            "Ctrl-C 停止，数据保留。 Ctrl-C stops everything; the data stays.",
        )
    )


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows with their columns below each other; a Chinese character takes two places."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)
