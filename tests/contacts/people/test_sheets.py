"""Contacts from a table: every form a spreadsheet saves, each row reported, a bad row harming no other."""

import io
from collections.abc import Sequence

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.models import ContactRow, MethodRow, OrganisationRow
from contacts.people import importing, numbers, sheets
from contacts.people.importing import By, Came, Report, With
from contacts.people.sheets import BadRow, Form
from emergency import clock, journal
from emergency.access import Officer, Role
from emergency.errors import BadFile
from emergency.words import Language
from tests.contacts import cast
from tests.contacts.cast import DESK

VAULT = numbers.vault(cast.CONTACTS_KEY)
WITH = With(VAULT, cast.PLACES, cast.ZONE)
HEADS = "编号,单位类别,单位名称,角色,名称,手机,座机,国家,内容深度"
GOOD = (
    f"{HEADS}\n"
    "d1,值班室,中区值班室,主班,值班一线,+12025550151,,US,要点\n"
    "d2,消防救援,中区消防,副班,消防值班,,(202) 555-0152,US,只响铃\n"
)
OFFICER = Officer(7, "值班员", Role.DUTY_OFFICER, DESK, None, "stamp")


def take(session: Session, content: str | bytes, *, dry: bool = False, by: By | None = None) -> Report:
    raw = content.encode() if isinstance(content, str) else content
    made = importing.take(session, raw, by or By(OFFICER, DESK), WITH, dry=dry, at=clock.now())
    session.flush()
    return made


def came(report: Report) -> list[str]:
    return [each.came.value for each in report.rows]


def xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_however_a_spreadsheet_saved_it(session: Session, encoding: str, delimiter: str) -> None:
    report = take(session, GOOD.replace(",", delimiter).replace("\n", "\r\n").encode(encoding))
    assert came(report) == ["added", "added"]
    names = session.scalars(select(ContactRow.name_zh).where(ContactRow.kept_by == DESK).order_by(ContactRow.key)).all()
    assert names == ["值班一线", "消防值班"]


def test_an_xlsx_is_read_and_a_cell_that_is_a_number_stays_one(session: Session) -> None:
    rows: list[list[object]] = [
        list(HEADS.split(",")),
        [511700.0, "值班室", "甲", "primary", "一线", "+12025550151", None, "US", None],
    ]
    assert came(take(session, xlsx(rows))) == ["added"]
    row = session.scalars(select(ContactRow).where(ContactRow.kept_by == DESK)).one()
    assert (row.key, row.content_level, row.language) == ("511700", "facts", "zh")


def test_the_same_file_twice_is_no_change(session: Session) -> None:
    take(session, GOOD)
    session.commit()
    before = journal.last(session, f"desk:{DESK}")
    stored = session.scalars(select(MethodRow.number).order_by(MethodRow.id)).all()
    assert came(take(session, GOOD)) == ["same", "same"]
    session.commit()
    assert journal.last(session, f"desk:{DESK}") == before
    assert session.scalars(select(MethodRow.number).order_by(MethodRow.id)).all() == stored


def test_a_changed_row_changes_that_contact_and_its_numbers_alone(session: Session) -> None:
    take(session, GOOD)
    [kept] = session.scalars(select(MethodRow).where(MethodRow.channel == "sms")).all()
    kept.opted_out_at = clock.now()
    report = take(session, GOOD.replace("(202) 555-0152", "(202) 555-0159").replace("值班一线", "值班二线"))
    assert came(report) == ["changed", "changed"]
    assert kept.active
    assert kept.opted_out_at is not None  # a STOP is not undone by a table
    fire = session.scalars(select(ContactRow).where(ContactRow.key == "d2")).one()
    known = session.scalars(select(MethodRow).where(MethodRow.contact_id == fire.id).order_by(MethodRow.id)).all()
    assert [(VAULT.open(each.number), each.active) for each in known] == [
        ("+12025550152", False),
        ("+12025550159", True),
    ]


def test_a_fixed_line_among_the_mobiles_is_refused_and_its_column_named(session: Session) -> None:
    report = take(session, GOOD + "d3,值班室,中区值班室,主班,值班三线,0818 237 7110,,CN,要点\n")
    assert came(report) == ["added", "added", "refused"]
    assert [(each.column.zh, each.words.zh) for each in report.rows[2].faults] == [
        ("手机", "这是固定电话，收不到短信，请填在“座机”一栏。")
    ]


def test_a_bad_row_is_reported_with_its_row_and_column_and_changes_nothing_else(session: Session) -> None:
    bad = (
        GOOD + "d3,值班室,中区值班室,队长,,12,,US,要点\n" + "d4,值班室,中区值班室,主班,值班三线,+12025550154,,US,要点\n"
    )
    report = take(session, bad)
    assert came(report) == ["added", "added", "refused", "added"]
    faults = report.rows[2].faults
    assert [(report.rows[2].n, each.column.zh) for each in faults] == [(4, "角色"), (4, "名称"), (4, "手机")]
    assert all(each.words.zh and each.words.en for each in faults)
    assert "主班、副班、带班领导" in faults[0].words.zh


def test_a_place_that_there_is_not_is_refused_in_its_row(session: Session) -> None:
    heads = "编号,席位代码,单位类别,用于,角色,名称,手机"
    rows = [
        f"i1,{DESK},取水口,site:5001,主班,水厂值班,+12025550151",
        f"i2,{DESK},取水口,site:5010,主班,水厂值班,+12025550152",
        f"i3,{DESK},消防救援,inside:V20109,主班,消防值班,+12025550153",
        "i4,V20199,值班室,,主班,值班,+12025550154",
    ]
    report = take(session, "\n".join([heads, *rows]), by=By(None, None))
    assert came(report) == ["added", "refused", "refused", "refused"]
    faults = [(fault.column.zh, fault.words.zh) for row in report.rows for fault in row.faults]
    assert faults == [
        ("用于", "用于：没有这个取水口：5010，请查对。"),
        ("用于", "用于：没有这个区划：V20109，请查对。"),
        ("席位代码", "区划：没有这个区划：V20199，请查对。"),
    ]
    assert session.scalars(select(ContactRow.desk)).all() == ["site:5001"]


def test_a_dry_run_says_the_same_and_writes_nothing(session: Session) -> None:
    dry = take(session, GOOD, dry=True)
    assert came(dry) == ["added", "added"]
    assert session.scalars(select(ContactRow).where(ContactRow.kept_by == DESK)).all() == []
    assert session.scalars(select(OrganisationRow)).all() == []
    session.commit()
    assert journal.last(session, f"desk:{DESK}") == 0
    assert came(take(session, GOOD)) == came(dry)


def test_a_table_changes_only_the_desk_whose_people_take_it(session: Session) -> None:
    heads = "席位代码,角色,名称,手机\n"
    report = take(session, heads + "V30100,主班,外区一线,+12025550155\n,主班,本区一线,+12025550156\n")
    assert came(report) == ["refused", "added"]
    assert report.rows[0].faults[0].column.en == "division"
    whole = take(session, heads + "V30100,主班,外区一线,+12025550155\n", by=By(None, None))
    assert came(whole) == ["added"]


def test_the_same_contact_twice_in_a_table_is_refused_the_second_time(session: Session) -> None:
    report = take(session, GOOD + GOOD.splitlines()[1] + "\n")
    assert came(report) == ["added", "added", "refused"]
    assert "第 2 行" in report.rows[2].faults[0].words.zh


def test_an_id_of_another_desk_is_not_taken_over(session: Session) -> None:
    cast.load(session, cast.document("V30100", {"primary": {}}))
    report = take(session, f"{HEADS}\nV30100-primary,,,主班,冒名,+12025550157,,US,\n")
    assert came(report) == ["refused"]
    assert session.scalars(select(ContactRow.name_zh).where(ContactRow.key == "V30100-primary")).one() != "冒名"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "template"),
        (b"a,b\n1,2\n", "unknown columns"),
        ("角色,名称\n主班,甲\n".encode(), "lacks columns"),
        ("角色,名称,手机,手机\n".encode(), "twice"),
        (b"PK\x03\x04 not a workbook", "not XLSX"),
        (b"\xff\xfe\x00\x00\x81", "encoding"),
        (b'"role,name\n', "CSV"),
        (b"x" * 900_001, "split it"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(session: Session, content: bytes, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        take(session, content)


def test_the_templates_are_tables_that_can_be_taken(session: Session) -> None:
    by = By(None, "511700")
    made = [take(session, sheets.template(form, tongue), by=by) for form in Form for tongue in Language]
    assert [came(each) for each in made] == [["added"], ["same"], ["same"], ["same"]]


@given(st.binary(max_size=400))
def test_whatever_the_bytes_there_are_rows_or_one_sentence(content: bytes) -> None:
    try:
        found = sheets.wanted(sheets.read(content), DESK)
    except BadFile as refused:
        said, found = (refused.words.zh, refused.words.en), []
    else:
        said = ("", "")
    assert all(said) or said == ("", "")
    assert all(each.n > 0 for each in found)


@given(st.lists(st.lists(st.text(max_size=20), min_size=9, max_size=9), max_size=4))
def test_whatever_stands_in_the_cells_each_row_is_a_contact_or_has_its_faults(rows: list[list[str]]) -> None:
    numbered = list(enumerate((dict(zip(sheets.COLUMNS, row, strict=False)) for row in rows), start=2))
    for found in sheets.wanted(numbered, DESK):
        assert not isinstance(found, BadRow) or found.faults
    assert len(sheets.wanted(numbered, DESK)) == len(rows)


def test_a_report_counts_every_row_once(session: Session) -> None:
    report = take(session, GOOD)
    assert sum(report.count(each) for each in Came) == len(report.rows) == 2
    assert report.stored()["counts"] == {"added": 2, "changed": 0, "same": 0, "refused": 0}
