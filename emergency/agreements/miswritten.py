"""What is wrong with a file that is no YAML, in words for its author: which line, and what to write instead.

A parser says what it stumbled over, and often one line too late. The question answered here: of the slips that authors make
(a tab, a full-width colon or comma, a colon or comma in a text without quotes, a bracket or quote left open, keys that do not
line up), which is it, and where? Pure.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from emergency.words import Words

QUOTED: Final = re.compile(r"""(['"])(?:(?!\1).)*\1""")
WIDE_COLON: Final = re.compile(r"^\s*(?:- *)?[{\[]?\s*[\w-]+\s*：|[{,]\s*[a-z_]+\s*：")
WIDE_COMMA: Final = re.compile(r"[\[{].*，|，\s*[a-z_]+\s*:")
CURLY: Final = re.compile(r"""(?:[:\[{,-]\s*)[“”‘’]""")
CLOSE_COLON: Final = re.compile(r"^\s*(?:- *)?[a-z_]+:[^\s]")
SHOWN: Final = 60
TAB: Final = Words(
    "用了制表符（Tab）；YAML 只认空格，请换成空格", "there is a tab; YAML takes only spaces, so put spaces instead"
)
COLON: Final = Words(
    "用了全角冒号“：”；键后面写半角冒号加一个空格（: ）",
    'there is a full-width colon; after a key write a plain colon and a space (": ")',
)
COMMA: Final = Words(
    "用了全角逗号“，”；项与项之间写半角逗号（,）", "there is a full-width comma; between items write a plain one (,)"
)
QUOTES: Final = Words('用了弯引号；请换成直引号（"）', 'there are curly quotes; write straight ones (")')
NO_SPACE: Final = Words("冒号后面少了空格，写成“键: 值”", 'a space is missing after the colon: write "key: value"')
IN_TEXT: Final = Words(
    '文字里有冒号加空格，或缩进多了：给整段文字加上直引号（"…"），或把键与同一层左对齐',
    'a text has a colon followed by a space, or the line is indented too far: put the whole text in quotes ("…"), or line '
    "the key up with its neighbours",
)
OPEN: Final = Words(
    '方括号或花括号没有合上，或少了逗号；文字里有逗号、冒号或括号的，给整段文字加上直引号（"…"）',
    'a bracket is left open, or a comma is missing; a text with a comma, colon or bracket in it goes in quotes ("…")',
)
UNCLOSED: Final = Words("引号没有合上，请补上另一个引号", "a quote is left open; close it")
NO_COLON: Final = Words(
    "这一行不是“键: 值”，请补上冒号和空格", 'this line is not "key: value"; add the colon and a space'
)
UNEVEN: Final = Words("缩进没有对齐：同一层的键要左对齐", "the indents differ: keys of one level line up on the left")
SIGN: Final = Words('以这个符号开头的文字要加直引号（"…"）', 'a text that begins with this sign goes in quotes ("…")')
SEVERAL: Final = Words(
    "一个文件只写一份协议：删去“---”，另一份放进另一个文件",
    "one agreement to a file: remove the ---, and put the other in a file of its own",
)
OTHER: Final = Words(
    "请核对这一行和上一行的缩进、冒号和引号", "check the indent, colons and quotes of this line and the one before"
)

SLIPS: Final[Sequence[tuple[Callable[[str], bool], Words]]] = (
    (lambda line: "\t" in line, TAB),
    (lambda line: WIDE_COLON.search(line) is not None, COLON),
    (lambda line: CURLY.search(line) is not None, QUOTES),
    (lambda line: WIDE_COMMA.search(line) is not None, COMMA),
    (lambda line: CLOSE_COLON.search(line) is not None, NO_SPACE),
)
"""What can be seen on a line, the surest first."""
SAID: Final[Sequence[tuple[str, Words]]] = (
    ("mapping values are not allowed", IN_TEXT),
    ("another document", SEVERAL),
    ("found unexpected end of stream", UNCLOSED),
    ("expected ',' or", OPEN),
    ("could not find expected ':'", NO_COLON),
    ("cannot start any token", SIGN),
    ("expected <block end>", UNEVEN),
    ("did not find expected", UNEVEN),
)
"""What the parser says, and what it comes from most often."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A line from 1 (0: not known) and what to correct on it."""

    line: int
    what: Words


def slip(text: str, line: int, began: int, said: str) -> Slip:
    """The likely slip. line: where the parser stopped; began: where what it was reading began; 0 where it does not say."""
    lines = text.splitlines()
    for at in _near(line, began, len(lines)):
        bare = QUOTED.sub("''", lines[at - 1].split(" #")[0])
        seen = next((words for test, words in SLIPS if test(bare)), None)
        if seen is not None:
            return Slip(at, _shown(seen, lines[at - 1]))
    what = next((words for part, words in SAID if part in said), OTHER)
    at = began if what is UNCLOSED and began else line
    shown = _shown(what, lines[at - 1] if 0 < at <= len(lines) else "")
    if what is OPEN and 0 < began < at:
        shown = Words(f"{shown.zh}（括号在第{began}行打开）", f"{shown.en} (the bracket was opened on line {began})")
    return Slip(at, shown)


def _near(line: int, began: int, last: int) -> Iterator[int]:
    """The lines where the slip may stand: where it stopped, where that began, and what lies between, from the end."""
    first = min(began or line, line)
    for at in dict.fromkeys((line, first, *range(line - 1, first, -1), line - 1)):
        if 0 < at <= last:
            yield at


def _shown(what: Words, line: str) -> Words:
    """With the line as it stands, so that it can be found."""
    given = line.strip()[:SHOWN]
    if not given:
        return what
    return Words(f"{what.zh}。这一行是：{given}", f"{what.en}. The line reads: {given}")
