"""A coverage as a document, as a sheet with a line for each direction, and as points for a map. Both languages; pure.

The sheet is what leaves the service: CSV for any program (UTF-8 with a mark, which spreadsheets need to read Chinese), XLSX
for a spreadsheet, GeoJSON for a map.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from xml.sax.saxutils import escape

from emergency.agreements.coverage import Change, Changed, Cover, Coverage, Judged, LeftOut, Place, Row, State, Way
from emergency.agreements.values import Agreement, Source
from emergency.jurisdictions.values import Divisions, Side
from emergency.units import iso, km
from emergency.words import Language, Words

Json = dict[str, Any]

PLACES: Final[Mapping[Place, Words]] = {
    Place.CROSSING: Words("跨界处", "crossing"),
    Place.BORDER: Words("界河", "border river"),
    Place.SOURCE: Words("风险源", "risk source"),
}
WAYS: Final[Mapping[Way, Words]] = {
    Way.NOTICE: Words("向下游通报", "notice downstream"),
    Way.ENQUIRY: Words("向上游协查", "enquiry upstream"),
    Way.ACROSS: Words("向对岸通报", "notice across"),
}
STATES: Final[Mapping[State, Words]] = {
    State.COVERED: Words("有协议", "agreement"),
    State.STATUTE: Words("仅法规", "statute only"),
    State.NONE: Words("无依据", "nothing"),
    State.INSIDE: Words("不出辖区", "stays inside"),
}
CHANGES: Final[Mapping[Change, Words]] = {
    Change.NEWLY_TOLD: Words("新增通报", "newly told"),
    Change.NO_LONGER_TOLD: Words("不再通报", "no longer told"),
    Change.NEWLY_COVERED: Words("新有协议", "newly covered by an agreement"),
    Change.NO_LONGER_COVERED: Words("不再有协议", "no longer covered by an agreement"),
    Change.SOONER: Words("时限更短", "sooner"),
    Change.LATER: Words("时限更长", "later"),
}
LIMITS: Final[Mapping[Source, Words]] = {
    Source.TEXT: Words("条文", "text"),
    Source.STATUTE: Words("法规", "statute"),
    Source.POLICY: Words("本部署策略", "local policy"),
}
YES, NO = Words("是", "yes"), Words("否", "no")
NOTHING: Final = Words("", "")


class Format(StrEnum):
    """The forms in which a coverage leaves the service."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"


MIME: Final[Mapping[Format, str]] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.GEOJSON: "application/geo+json",
}


# --- a document


def counts(rows: Iterable[Row]) -> Json:
    """How many rows there are of each state, and how many directions."""
    counted: dict[str, int] = dict.fromkeys(State, 0)
    directions: dict[str, int] = dict.fromkeys(State, 0)
    left_out = 0
    for row in rows:
        counted[row.state] += 1
        left_out += bool(row.left_out)
        for judged in row.judged:
            directions[judged.state] += 1
    return {
        "rows": {str(state): n for state, n in counted.items()},
        "directions": {str(state): n for state, n in directions.items()},
        "left_out": left_out,
    }


def choices(found: Coverage, divisions: Divisions, named: Mapping[str, Words]) -> Json:
    """What the rows can be filtered by: rivers, desks, agreements, in the order of their codes. named: all rivers."""
    rivers = {row.at.river: named.get(row.at.river, row.at.river_name) for row in found.rows if row.at is not None}
    desks = {side.key for row in found.rows for side in (row.giving, *row.taking) if side is not None}
    above = {code for desk in desks for code in divisions.ancestors(desk)}
    return {
        "rivers": [{"code": code, "name": rivers[code].stored()} for code in sorted(rivers)],
        "divisions": [{"code": code, "name": divisions.name(code).stored()} for code in sorted(desks | above)],
        "agreements": [agreement_line(each) for each in found.agreements],
    }


def agreement_line(each: Agreement) -> Json:
    """An agreement in a list of choices."""
    return {"id": each.id, "version": each.version, "title": each.title.stored(), "form": each.form.value}


def row_json(row: Row, divisions: Divisions) -> Json:
    """One row."""
    at = row.at
    return {
        "id": row.id,
        "place": row.place.value,
        "name": row.name.stored(),
        "river": {"code": at.river, "name": at.river_name.stored()} if at else None,
        "lon": round(at.lon, 5) if at else None,
        "lat": round(at.lat, 5) if at else None,
        "reach_id": at.reach_id if at else None,
        "offset_m": round(at.offset_m, 1) if at else None,
        "schematic": at.schematic if at else None,
        "giving": side_json(row.giving, divisions) if row.giving else None,
        "taking": [side_json(side, divisions) for side in row.taking],
        "provincial": row.provincial,
        "length_km": None if row.length_m is None else round(km(row.length_m), 3),
        "state": row.state.value,
        "directions": [judged_json(each, divisions) for each in row.judged],
        "left_out": [left_json(each, divisions) for each in row.left_out],
        "flags": [words.stored() for words in row.flags],
    }


def side_json(side: Side, divisions: Divisions) -> Json:
    """One side of a line."""
    return {
        "code": side.key,
        "name": divisions.name(side.key).stored(),
        "desk": side.desk,
        "divisions": [{"code": code, "name": divisions.name(code).stored()} for code in side.codes],
    }


def judged_json(judged: Judged, divisions: Divisions) -> Json:
    """One direction."""
    return {
        "way": judged.way.value,
        "who": judged.who,
        "who_name": divisions.name(judged.who).stored(),
        "tells": judged.tells,
        "tells_name": divisions.name(judged.tells).stored(),
        "state": judged.state.value,
        "within_minutes": judged.within_minutes,
        "covers": [cover_json(each) for each in judged.covers],
        "reason": judged.reason.stored() if judged.reason else None,
    }


def cover_json(cover: Cover) -> Json:
    """A clause that covers a direction."""
    return {
        "agreement": cover.agreement,
        "version": cover.version,
        "clause": cover.clause,
        "cited": cover.cited.stored(),
        "form": cover.form.value,
        "text_held": cover.text_held,
        "role": cover.role.value,
        "source": cover.source.value,
        "within_minutes": cover.within_minutes,
        "grade_at_least": cover.grade_at_least.value if cover.grade_at_least else None,
        "within_hours": cover.within_hours,
    }


def left_json(left: LeftOut, divisions: Divisions) -> Json:
    """An agreement that leaves the receiving side out."""
    return {
        "agreement": left.agreement,
        "version": left.version,
        "title": left.title.stored(),
        "party": left.party,
        "party_name": divisions.name(left.party).stored(),
        "onward": left.onward,
    }


def changed_json(each: Changed, divisions: Divisions) -> Json:
    """A direction that another set of agreements would change."""
    here = each.now or each.was
    assert here is not None
    return {
        "change": each.change.value,
        "row": each.row.id,
        "place": each.row.place.value,
        "name": each.row.name.stored(),
        "lon": round(each.row.at.lon, 5) if each.row.at else None,
        "lat": round(each.row.at.lat, 5) if each.row.at else None,
        "way": here.way.value,
        "who": here.who,
        "who_name": divisions.name(here.who).stored(),
        "tells": here.tells,
        "tells_name": divisions.name(here.tells).stored(),
        "was": judged_json(each.was, divisions) if each.was else None,
        "now": judged_json(each.now, divisions) if each.now else None,
    }


# --- a sheet

_Cell = str | float | None
_Line = tuple[Row, Judged | None]
COLUMNS: Final[Sequence[tuple[Words, Callable[[_Line, Divisions], Words | float | None]]]] = (
    (Words("类别", "kind"), lambda line, _: PLACES[line[0].place]),
    (Words("名称", "name"), lambda line, _: line[0].name),
    (Words("河流代码", "river code"), lambda line, _: _plain(line[0].at.river if line[0].at else "")),
    (Words("经度", "longitude"), lambda line, _: round(line[0].at.lon, 5) if line[0].at else None),
    (Words("纬度", "latitude"), lambda line, _: round(line[0].at.lat, 5) if line[0].at else None),
    (Words("跨省界", "provincial line"), lambda line, _: YES if line[0].provincial else NO),
    (Words("界河长（公里）", "border km"), lambda line, _: None if line[0].length_m is None else round(km(line[0].length_m), 1)),
    (Words("来水一侧", "upstream side"), lambda line, divisions: _sides(line[0].giving, divisions)),
    (Words("去水一侧", "downstream side"), lambda line, divisions: _sides(line[0].taking, divisions)),
    (Words("方向", "direction"), lambda line, _: WAYS[line[1].way] if line[1] else NOTHING),
    (Words("通报方", "who tells"), lambda line, divisions: divisions.name(line[1].who) if line[1] else NOTHING),
    (Words("受通报方", "who is told"), lambda line, divisions: divisions.name(line[1].tells) if line[1] else NOTHING),
    (Words("依据", "covered by"), lambda line, _: STATES[line[1].state if line[1] else line[0].state]),
    (Words("条款", "clauses"), lambda line, _: _listed(each.cited for each in line[1].covers) if line[1] else NOTHING),
    (Words("时限（分钟）", "within minutes"), lambda line, _: line[1].within_minutes if line[1] else None),
    (Words("时限来源", "source of the limit"), lambda line, _: _limit(line[1]) if line[1] else NOTHING),
    (Words("缺口", "gap"), lambda line, _: (line[1].reason if line[1] else None) or NOTHING),
    (Words("未纳入的协议", "agreements that leave it out"), lambda line, _: _listed(each.title for each in line[0].left_out)),
    (Words("存疑", "doubts"), lambda line, _: _listed(line[0].flags)),
)  # fmt: skip


def lines(rows: Iterable[Row]) -> list[_Line]:
    """A line for each direction; a row without any keeps one."""
    return [(row, judged) for row in rows for judged in (row.judged or (None,))]


def table(rows: Iterable[Row], divisions: Divisions, tongue: Language) -> list[list[_Cell]]:
    """The header and every line, in one language."""
    header: list[_Cell] = [title.to(tongue) for title, _ in COLUMNS]
    body = [[_said(cell(line, divisions), tongue) for _, cell in COLUMNS] for line in lines(rows)]
    return [header, *body]


def exported(
    rows: Sequence[Row], divisions: Divisions, form: Format, tongue: Language, *, at: datetime, source: str | None
) -> bytes:
    """The file in one of the formats; `source` is where the boundaries come from, which a map must say."""
    if form is Format.GEOJSON:
        return _geojson(rows, divisions, tongue, at, source)
    made = table(rows, divisions, tongue)
    return _csv(made) if form is Format.CSV else xlsx(made, Words("覆盖", "coverage").to(tongue))


def _said(value: Words | float | None, tongue: Language) -> _Cell:
    return value.to(tongue) if isinstance(value, Words) else value


def _plain(value: str) -> Words:
    return Words(value, value)


def _listed(sentences: Iterable[Words]) -> Words:
    each = list(dict.fromkeys(sentences))
    return Words("；".join(one.zh for one in each), "; ".join(one.en for one in each))


def _limit(judged: Judged) -> Words:
    shortest = judged.within_minutes
    return _listed(
        LIMITS[each.source] for each in judged.covers if shortest is not None and each.within_minutes == shortest
    )


def _sides(side: Side | Sequence[Side] | None, divisions: Divisions) -> Words:
    sides = [side] if isinstance(side, Side) else list(side or ())
    return _listed(_side(each, divisions) for each in sides)


def _side(side: Side, divisions: Divisions) -> Words:
    """The desk, and the divisions at the line where they are other ones."""
    desk, there = divisions.name(side.key), _listed(divisions.name(code) for code in side.codes)
    if side.codes == (side.key,):
        return desk
    return Words(f"{desk.zh}（{there.zh}）", f"{desk.en} ({there.en})")


def _csv(made: Sequence[Sequence[_Cell]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([["" if cell is None else cell for cell in line] for line in made])
    return text.getvalue().encode("utf-8-sig")


def _geojson(rows: Sequence[Row], divisions: Divisions, tongue: Language, at: datetime, source: str | None) -> bytes:
    features = [_feature(row, divisions, tongue) for row in rows]
    whole = {"type": "FeatureCollection", "at": iso(at), "source": source, "features": features}
    return json.dumps(whole, ensure_ascii=False).encode()


def _feature(row: Row, divisions: Divisions, tongue: Language) -> Json:
    at = row.at
    shape = {"type": "Point", "coordinates": [round(at.lon, 5), round(at.lat, 5)]} if at else None
    facts = row_json(row, divisions)
    properties = {name: value for name, value in facts.items() if name not in ("lon", "lat")}
    return {"type": "Feature", "id": row.id, "geometry": shape, "properties": _spoken(properties, tongue)}


def _spoken(stored: Any, tongue: Language) -> Any:
    if isinstance(stored, dict):
        return (
            stored[tongue.value] if set(stored) == {"zh", "en"} else {k: _spoken(v, tongue) for k, v in stored.items()}
        )
    return [_spoken(each, tongue) for each in stored] if isinstance(stored, list) else stored


# --- a spreadsheet (ECMA-376): one sheet, text in place, the header bold and kept in view

_PARTS: Final[Mapping[str, str]] = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
    ' Target="worksheets/sheet1.xml"/><Relationship Id="rId2"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
    "</Relationships>",
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>',
}
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def xlsx(made: Sequence[Sequence[_Cell]], title: str) -> bytes:
    """A workbook with one sheet; the first line is its header. The same lines give the same bytes."""
    workbook = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<sheets><sheet name="{escape(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    body = "".join(_xlsx_line(n, line) for n, line in enumerate(made, 1))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews>'
        '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><sheetData>{body}</sheetData></worksheet>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**_PARTS, "xl/workbook.xml": workbook, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(zipfile.ZipInfo(name), _HEAD + part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _xlsx_line(n: int, line: Sequence[_Cell]) -> str:
    cells = "".join(_xlsx_cell(f"{_letters(column)}{n}", cell, bold=n == 1) for column, cell in enumerate(line))
    return f'<row r="{n}">{cells}</row>'


def _xlsx_cell(name: str, cell: _Cell, *, bold: bool) -> str:
    if cell is None or cell == "":
        return ""
    style = ' s="1"' if bold else ""
    if isinstance(cell, str):
        return f'<c r="{name}" t="inlineStr"{style}><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    return f'<c r="{name}"{style}><v>{cell}</v></c>'


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
