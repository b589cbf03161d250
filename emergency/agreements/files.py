"""Reading an agreement from its YAML file: what is wrong with it, on which line, and what to write instead.

A file is read whole or not at all; every fault is named, not only the first. Nothing is guessed: an unknown key, a number
where a code belongs, a text that is both held and missing are faults.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from emergency.agreements import miswritten
from emergency.agreements.faults import Place, faults
from emergency.words import Words

LARGEST_BYTES: Final = 1_000_000
DEEPEST: Final = 20
PLAIN_TAGS: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "timestamp", "merge", "value"))
CURLED: Final = re.compile("[“”][A-Za-z0-9-]+[“”]")
"""A code in the quotes that a word processor makes; they would become part of the code."""
SCALAR_TAGS: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the file, the line (from 1; 0 for the file as a whole), and what to correct."""

    file: str
    line: int
    what: Words

    @property
    def words(self) -> Words:
        """With the place in front."""
        if not self.line:
            return Words(f"{self.file}：{self.what.zh}", f"{self.file}: {self.what.en}")
        return Words(f"{self.file} 第{self.line}行：{self.what.zh}", f"{self.file}, line {self.line}: {self.what.en}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as read: its data (None if it cannot be read), the line of each place in it, and its faults."""

    file: str
    data: dict[str, Any] | None
    lines: Mapping[Place, int]
    problems: Sequence[Problem]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)


def sheets(path: Path) -> list[Sheet]:
    """The file, or each YAML file of the folder, in order of name; two files of one id are a fault of the second."""
    found = [_sheet(each) for each in _files(path)]
    if not found:
        nothing = Words("找不到协议文件（.yaml）", "there is no agreement file (.yaml)")
        return [Sheet(str(path), None, {}, [Problem(str(path), 0, nothing)])]
    return _told_apart(found)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(each for each in path.iterdir() if each.suffix in (".yaml", ".yml") and each.is_file())
    return [path] if path.is_file() else []


def _told_apart(found: Sequence[Sheet]) -> list[Sheet]:
    first: dict[str, str] = {}
    apart: list[Sheet] = []
    for sheet in found:
        known = None if sheet.data is None else first.setdefault(str(sheet.data.get("id")), sheet.file)
        if known not in (None, sheet.file):
            twice = Words(f"与 {known} 的 id 相同，请改一个", f"has the same id as {known}; change one of them")
            again = Problem(sheet.file, sheet.line(("id",)), twice)
            sheet = Sheet(sheet.file, sheet.data, sheet.lines, [*sheet.problems, again])
        apart.append(sheet)
    return apart


def _sheet(path: Path) -> Sheet:
    try:
        node = _composed(path)
    except _Unreadable as trouble:
        return Sheet(path.name, None, {}, [Problem(path.name, trouble.line, trouble.what)])
    reading = _Reading(path.name)
    data = reading.value(node, ())
    if reading.problems or not isinstance(data, dict):
        return Sheet(path.name, None, reading.lines, reading.problems or [_not_keys(path.name)])
    sheet = Sheet(path.name, data, reading.lines, ())
    problems = [Problem(path.name, sheet.line(place), what) for place, what in faults(data)]
    return Sheet(path.name, data, reading.lines, sorted(problems, key=lambda each: each.line))


class _Unreadable(Exception):
    """The file gives no tree of YAML nodes."""

    def __init__(self, what: Words, line: int = 0) -> None:
        super().__init__(what.en)
        self.what = what
        self.line = line


def _composed(path: Path) -> yaml.Node:
    text = _text(path)
    try:
        _plain(yaml.parse(text, Loader=yaml.SafeLoader))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as trouble:
        said = f"{trouble.context or ''} {trouble.problem or ''}"
        found = miswritten.slip(text, _line(trouble.problem_mark), _line(trouble.context_mark), said)
        what = Words(f"不是通的 YAML：{found.what.zh}", f"not YAML: {found.what.en}")
        raise _Unreadable(what, found.line) from trouble
    except yaml.YAMLError as trouble:
        raise _forbidden(text) from trouble
    if node is None:
        raise _Unreadable(Words("文件是空的", "the file is empty"))
    return node


def _forbidden(text: str) -> _Unreadable:
    """A character that no text file has; the first line with one."""
    line = next((n for n, line in enumerate(text.split("\n"), 1) if yaml.reader.Reader.NON_PRINTABLE.search(line)), 0)
    what = Words(
        "不是通的 YAML：有看不见的控制字符，请删去后重打这一行",
        "not YAML: there is an invisible control character; type this line again",
    )
    return _Unreadable(what, line)


def _plain(events: Iterable[yaml.Event]) -> None:
    """Refuse what an agreement never needs before a tree is built of it: aliases, and nesting without end."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            what = Words("不支持锚点和别名，请把内容写全", "anchors and aliases are not read; write it out")
            raise _Unreadable(what, _line(event.start_mark))
        if depth > DEEPEST:
            raise _Unreadable(
                Words("嵌套过深，不像协议文件", "nested too deep for an agreement"), _line(event.start_mark)
            )


def _line(mark: Any) -> int:
    """From 1; the two parsers of the library have a mark of their own each."""
    return 0 if mark is None else mark.line + 1


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if len(content) > LARGEST_BYTES:
            raise _Unreadable(Words("文件超过 1 MB，不像协议文件", "more than 1 MB is no agreement file"))
        return content.decode("utf-8")
    except UnicodeDecodeError as trouble:
        raise _Unreadable(Words("不是 UTF-8 文字，请另存为 UTF-8", "not UTF-8 text; save it as UTF-8")) from trouble
    except OSError as trouble:
        raise _Unreadable(Words(f"读不了：{trouble.strerror}", f"cannot be read: {trouble.strerror}")) from trouble


@dataclass(slots=True)
class _Reading:
    """Walks the nodes of one file: plain data, the line of every place, faults of form."""

    file: str
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, node: yaml.Node, place: Place) -> Any:
        """The data below a node."""
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._keys(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, n)) for n, item in enumerate(node.value)]
        return self._scalar(node)

    def _keys(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if not name or name in found:
                self._fault(key, Words(f"键“{name}”重复或不是文字", f'key "{name}" is repeated or no text'))
                continue
            if node.flow_style and isinstance(item, yaml.ScalarNode) and not item.value and item.style is None:
                self._fault(key, _instead(name))
                continue
            self.lines[(*place, name)] = key.start_mark.line + 1
            found[name] = self.value(item, (*place, name))
        return found

    def _scalar(self, node: yaml.Node) -> Any:
        if node.tag in PLAIN_TAGS and CURLED.fullmatch(node.value):
            self._fault(node, miswritten.QUOTES)
            return None
        if node.tag in PLAIN_TAGS and _printable(node.value):
            return node.value
        if node.tag in SCALAR_TAGS:
            return self._number(node)
        self._fault(node, Words(f"“{node.tag}”或其中的字符不能用", f'"{node.tag}", or a character in it, is not read'))
        return None

    def _number(self, node: yaml.Node) -> Any:
        value = yaml.constructor.SafeConstructor().construct_object(node)
        if isinstance(value, float) and not math.isfinite(value):
            self._fault(node, Words(f"{node.value} 不是有限的数", f"{node.value} is no finite number"))
        return value

    def _fault(self, node: yaml.Node, what: Words) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, what))


def _instead(name: str) -> Words:
    """What to write for a key without a value between braces: the rest of a text that has a comma, or of a wide colon."""
    if "：" in name:
        return Words(f"“{name}”{miswritten.COLON.zh}", f'"{name}": {miswritten.COLON.en}')
    return Words(
        f'“{name}”像是文字的一段：文字里有逗号的，给整段文字加上直引号（"…"）',
        f'"{name}" looks like a piece of a text: a text with a comma in it goes in quotes ("…")',
    )


def _printable(text: str) -> bool:
    """Whether the database can keep it: no NUL, no half of a surrogate pair."""
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


def _not_keys(file: str) -> Problem:
    return Problem(
        file, 1, Words("应是一份协议的键值，如 id、title", "should hold the keys of one agreement, as id, title")
    )
