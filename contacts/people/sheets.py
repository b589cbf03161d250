"""A directory as a table: CSV or XLSX in, lines with their fields out, each fault with its row, column and remedy.

No database. What a table says of a contact is checked here as far as it can be without one.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import openpyxl
import phonenumbers
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from contacts.kinds import DIALLED, KINDS, LEVELS, ROLES, TIERS, Kind, Tier, Way
from contacts.people.keeping import Draft, Line
from contacts.people.numbers import held_to, read_number, takes_texts
from contacts.values import Level, Role
from emergency.errors import BadFile, BadInput, EmergencyError
from emergency.words import Language, Words

MOST_ROWS: Final = 5000
MOST_BYTES: Final = 900_000
MOST_UNPACKED: Final = 50_000_000
LONGEST: Final = 60
SEPARATORS: Final = ";；、"
COUNTRIES: Final = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Countries by their two letters."""


class Form(StrEnum):
    """The forms of a table."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading in both languages, an example, and what it holds."""

    heading: Words
    example: str
    about: Words


COLUMNS: Final[Mapping[str, Column]] = {
    "id": Column(
        Words("编号", "id"),
        "511700-duty-1",
        Words(
            "再次导入时靠它认人；留空则按单位、角色、名称",
            "finds the contact again; empty: by organisation, role, name",
        ),
    ),
    "division": Column(Words("席位代码", "division"), "511700", Words("留空为本席位", "empty: your own desk")),
    "kind": Column(Words("单位类别", "organisation kind"), "值班室", Words("留空为值班室", "empty: duty room")),
    "organisation_zh": Column(Words("单位名称", "organisation"), "达州市值班室", Words("", "")),
    "organisation_en": Column(Words("单位英文名称", "organisation in English"), "Dazhou duty room", Words("", "")),
    "place": Column(
        Words("用于", "for place"),
        "",
        Words("留空为席位；本方单位 inside:代码；取水口 site:编号", "empty: the desk; inside:CODE; site:N"),
    ),
    "role": Column(Words("角色", "role"), "主班", Words("主班、副班、带班领导", "primary, deputy, leader")),
    "tier": Column(Words("层级", "tier"), "值班", Words("可留空", "may be empty")),
    "name_zh": Column(Words("名称", "name"), "值班室一线", Words("岗位或姓名，必填", "post or name, required")),
    "name_en": Column(
        Words("英文名称", "name in English"), "Duty desk, line 1", Words("留空同名称", "empty: as the name")
    ),
    "number": Column(
        Words("手机", "mobile"),
        "+12025550143",
        Words("短信和电话都用；几个号码用分号隔开", "for texts and calls; several by semicolon"),
    ),
    "phone": Column(Words("座机", "landline"), "", Words("只打电话", "for calls only")),
    "fax": Column(Words("传真", "fax"), "", Words("", "")),
    "oa": Column(Words("公文交换地址", "official exchange"), "", Words("", "")),
    "country": Column(
        Words("国家", "country"),
        "CN",
        Words("两个字母；国内写法的号码靠它识别", "two letters; national numbers are read by it"),
    ),
    "language": Column(Words("语言", "language"), "zh", Words("zh 或 en", "zh or en")),
    "level": Column(Words("内容深度", "content level"), "要点", Words("只响铃、要点、全文", "bell, facts, full")),
    "active": Column(Words("在用", "active"), "是", Words("是或否，留空为是", "yes or no, empty: yes")),
}
USES: Final[Mapping[str, tuple[Way, ...]]] = {
    "number": (Way.SMS, Way.PHONE),
    "phone": (Way.PHONE,),
    "fax": (Way.FAX,),
    "oa": (Way.OA,),
}
TRUE, FALSE = frozenset({"是", "yes", "true", "1", ""}), frozenset({"否", "no", "false", "0"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, in which column (its heading), and how to put it right."""

    column: Words
    words: Words

    def stored(self) -> dict[str, Any]:
        """As the API gives it."""
        return {"column": self.column.stored(), "words": self.words.stored()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of a table as a contact. n: the row as a spreadsheet counts. organisation: empty where the table names none."""

    n: int
    key: str
    division: str
    kind: Kind
    organisation: Words | None
    place: str
    draft: Draft
    lines: tuple[Line, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be taken."""

    n: int
    faults: tuple[Fault, ...]


def read(content: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a file that are not empty, each with its number and its cells by column; BadFile says what to do."""
    if len(content) > MOST_BYTES:
        raise _bad(f"文件超过 {MOST_BYTES // 1000} KB，请分成几份", f"is over {MOST_BYTES // 1000} KB: split it")
    table = _xlsx(content) if content[:2] == b"PK" else _csv(content)
    heads: dict[int, str] | None = None
    rows: list[tuple[int, dict[str, Any]]] = []
    for n, cells in enumerate(table, start=1):
        if heads is None:
            heads = _heads(cells) if any(_text(each) for each in cells) else None
        elif any(_text(each) for each in cells):
            rows.append((n, {heads[i]: each for i, each in enumerate(cells) if i in heads}))
        if len(rows) > MOST_ROWS:
            raise _bad(f"超过 {MOST_ROWS} 行，请分成几份", f"has more than {MOST_ROWS} rows: split it")
    if heads is None:
        raise _bad("没有表头，请用模板", "has no headings: use the template")
    return rows


def wanted(rows: Iterable[tuple[int, Mapping[str, Any]]], desk: str | None) -> list[Wanted | BadRow]:
    """Each row as a contact, or what is wrong with it. desk: whose table it is, where a row names none."""
    made: list[Wanted | BadRow] = []
    seen: dict[str, int] = {}
    for n, cells in rows:
        found = _Reader(n, cells).contact(desk)
        if isinstance(found, Wanted) and found.key in seen:
            first = seen[found.key]
            words = Words(
                f"与第 {first} 行是同一个联络人，请删去一行，或填不同的编号。",
                f"Is the same contact as row {first}: delete one, or give each an id of its own.",
            )
            found = BadRow(n, (Fault(COLUMNS["id"].heading, words),))
        elif isinstance(found, Wanted):
            seen[found.key] = n
        made.append(found)
    return made


def template(form: Form, language: Language) -> bytes:
    """An empty table with headings, an example and what each column holds."""
    heads = [each.heading.to(language) for each in COLUMNS.values()]
    example = [each.example for each in COLUMNS.values()]
    if form is Form.CSV:
        written = io.StringIO()
        csv.writer(written).writerows([heads, example])
        return b"\xef\xbb\xbf" + written.getvalue().encode()
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = Words("联络人", "contacts").to(language)
    sheet.append(heads)
    sheet.append(example)
    for n, column in enumerate(sheet.iter_cols(min_row=1, max_row=500), start=1):
        for cell in column:
            cell.number_format = "@"  # a number stays text, with its plus sign
        sheet.column_dimensions[get_column_letter(n)].width = 18
    sheet.freeze_panes = "A2"
    notes = book.create_sheet(Words("说明", "notes").to(language))
    for each in COLUMNS.values():
        notes.append([each.heading.to(language), each.about.to(language)])
    notes.append([COLUMNS["kind"].heading.to(language), "、".join(each.to(language) for each in KINDS.values())])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


# One row -------------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads one row, keeping every fault rather than the first."""

    def __init__(self, n: int, cells: Mapping[str, Any]):
        self.n = n
        self.cells = cells
        self.faults: list[Fault] = []

    def contact(self, desk: str | None) -> Wanted | BadRow:
        """The row as a contact, or its faults."""
        division = self.text("division") or desk or ""
        if not division:
            self.fault("division", "请填席位代码", "give the code of the desk")
        kind = Kind(self.choice("kind", KINDS, Kind.DUTY_ROOM))
        role = Role(self.choice("role", ROLES, None) or Role.PRIMARY)
        tier = self.choice("tier", TIERS, "")
        name = self.text("name_zh") or self.text("name_en")
        if not name:
            self.fault("name_zh", "请填名称", "give a name")
        country = self.text("country").upper()
        if country and country not in COUNTRIES:
            self.fault("country", "须为两个字母的国家代码，如 CN", "must be a country of two letters, such as CN")
            country = ""
        lines = self.lines(country)
        organisation = self.text("organisation_zh") or self.text("organisation_en")
        draft = Draft(
            role,
            Words(name, self.text("name_en") or name),
            Language(self.choice("language", {each: Words(each, each) for each in Language}, Language.ZH)),
            Level(self.choice("level", LEVELS, Level.FACTS)),
            Tier(tier) if tier else None,
            country,
            active=self.active(),
        )
        if self.faults:
            return BadRow(self.n, tuple(self.faults))
        key = self.text("id") or f"{division}/{kind.value}/{organisation}/{role.value}/{name}"
        titled = Words(organisation, self.text("organisation_en") or organisation) if organisation else None
        return Wanted(self.n, key, division, kind, titled, self.text("place"), draft, tuple(lines))

    def text(self, column: str) -> str:
        """A cell as text."""
        found = _text(self.cells.get(column))
        if len(found) > LONGEST and column not in USES:
            self.fault(column, f"最多 {LONGEST} 字", f"at most {LONGEST} characters")
            return found[:LONGEST]
        return found

    def choice(self, column: str, known: Mapping[Any, Words], default: Any) -> Any:
        """One of the words of a column, in either language, or its name."""
        given = self.text(column)
        if not given and default is not None:
            return default
        low = given.lower()
        for value, words in known.items():
            if low in (value, words.zh, words.en.lower()):
                return value
        names = Words("、".join(each.zh for each in known.values()), ", ".join(each.en for each in known.values()))
        self.fault(column, f"须为：{names.zh}", f"must be one of: {names.en}")
        return next(iter(known))

    def active(self) -> bool:
        """Whether the contact is in use."""
        given = self.text("active").lower()
        if given not in TRUE | FALSE:
            self.fault("active", "须为是或否", "must be yes or no")
        return given not in FALSE

    def lines(self, country: str) -> list[Line]:
        """Every number of the row."""
        made: list[Line] = []
        for column, ways in USES.items():
            for number in _split(_text(self.cells.get(column))):
                made += self.line(column, number, ways, country)
        if not made and not any(each.column == COLUMNS["number"].heading for each in self.faults):
            self.fault("number", "请至少填一个号码", "give at least one number")
        return made

    def line(self, column: str, number: str, ways: tuple[Way, ...], country: str) -> list[Line]:
        """One number as it is kept; none where it is wrong."""
        try:
            kept = number if not set(ways) <= DIALLED else read_number(number, country or None)
            if country and set(ways) <= DIALLED:
                held_to(kept, country)
            if Way.SMS in ways and not takes_texts(kept):
                words = Words(
                    "这是固定电话，收不到短信，请填在“座机”一栏。",
                    "That is a fixed line and takes no texts: put it in the column “landline”.",
                )
                raise BadInput("fixed-line", words)
        except EmergencyError as wrong:
            self.faults.append(Fault(COLUMNS[column].heading, wrong.words))
            return []
        return [Line(kept, ways)]

    def fault(self, column: str, zh: str, en: str) -> None:
        """Keep a fault of a column."""
        self.faults.append(Fault(COLUMNS[column].heading, Words(f"{zh}。", f"{en[0].upper()}{en[1:]}.")))


# Files ---------------------------------------------------------------------------------------------------------------


def _csv(content: bytes) -> list[list[str]]:
    text = decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t，", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as wrong:
        raise _bad(f"不是有效的 CSV：{wrong}", f"is not CSV: {wrong}") from wrong


def decoded(content: bytes) -> str:
    """UTF-8, with or without its mark, else GB18030, as a spreadsheet in China saves it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _bad(
        "编码认不出，请存为 UTF-8 或 GB18030 的 CSV，或 XLSX",
        "is in an unknown encoding: save it as CSV in UTF-8 or GB18030, or as XLSX",
    )


def _xlsx(content: bytes) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_UNPACKED:
                raise _bad("解开后太大，请分成几份", "is too large when unpacked: split it")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=len(COLUMNS) + 20, values_only=True)
        read_rows = [list(row) for row in rows]
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, IndexError) as wrong:
        raise _bad("不是有效的 XLSX，请另存为 XLSX 或 CSV", "is not XLSX: save it as XLSX or CSV") from wrong
    return read_rows


def _heads(cells: Sequence[Any]) -> dict[int, str]:
    known = {word.lower(): name for name, each in COLUMNS.items() for word in (name, each.heading.zh, each.heading.en)}
    found = {i: known[low] for i, each in enumerate(cells) if (low := _text(each).lower()) in known}
    strange = [_text(each) for i, each in enumerate(cells) if _text(each) and i not in found]
    if strange:
        names = "、".join(strange)
        raise _bad(f"不认识的列：{names}，请用模板的表头", f"has unknown columns: {names}; use the template's headings")
    twice = sorted({name for name in found.values() if list(found.values()).count(name) > 1})
    if twice:
        names = "、".join(COLUMNS[name].heading.zh for name in twice)
        raise _bad(f"列重复：{names}", f"has columns twice: {', '.join(twice)}")
    if not {"role", "name_zh"} <= set(found.values()) or not set(USES) & set(found.values()):
        raise _bad("缺少列：至少要有角色、名称和一列号码", "lacks columns: role, name and one for numbers are needed")
    return found


def _text(cell: Any) -> str:
    """A cell as text; a spreadsheet keeps 511700 as the number 511700.0."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\0", "").strip()


def _split(cell: str) -> list[str]:
    for each in SEPARATORS[1:]:
        cell = cell.replace(each, SEPARATORS[0])
    return [part.strip() for part in cell.split(SEPARATORS[0]) if part.strip()]


def _bad(zh: str, en: str) -> BadFile:
    return BadFile("bad-table", Words(f"这个文件{zh}。", f"The file {en}."), field="file")


def form_of(given: str) -> Form:
    """The form by its name."""
    if given not in tuple(Form):
        raise BadInput("bad-field", Words("只有 csv 和 xlsx 两种模板。", "There are two templates: csv and xlsx."))
    return Form(given)
