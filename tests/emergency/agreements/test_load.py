"""Agreements in the database: numbered versions that never change, and the ones in force at an instant."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from emergency import db, journal
from emergency.agreements import load
from emergency.agreements.load import Loaded
from emergency.agreements.models import AgreementRow
from emergency.cli import migrate
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.jurisdictions.models import DivisionRow
from emergency.words import Words
from tests.emergency.agreements import region
from tests.emergency.agreements.test_files import GOOD, line_of, written

AT = datetime(2025, 1, 1, tzinfo=UTC)
BY = Actor(process="test")


@pytest.fixture(autouse=True)
def divisions(session: db.Writing) -> None:
    """The valley's two parties and every division of the region."""
    known = [(each.code, each.name.zh, each.name.en, each.level.value) for each in region.divisions()]
    for code, zh, en, level in (*known, ("V10100", "甲州", "Jia", "prefecture"), ("V20100", "中区", "Zhong", "county")):
        session.add(
            DivisionRow(
                code=code, name_zh=zh, name_en=en, level=level, parent=None, desk=True, surrogate=False, note=None
            )
        )
    session.flush()


def rows(session: db.Writing) -> list[tuple[str, int, bool]]:
    found = session.execute(
        select(AgreementRow.id, AgreementRow.version, AgreementRow.active).order_by(
            AgreementRow.id, AgreementRow.version
        )
    )
    return [(row.id, row.version, row.active) for row in found]


def test_loading_stores_a_version_and_says_so_in_the_journal(session: db.Writing, tmp_path: Path) -> None:
    loaded = load.load(session, written(tmp_path, GOOD), at=AT, by=BY)
    session.commit()
    assert loaded == (Loaded("valley-pact", 1, new=True),)
    entry = journal.read(session, "system")[-1]
    assert entry.kind == "agreement.loaded"
    assert (entry.facts["agreement"], entry.facts["version"], entry.facts["file"]) == ("valley-pact", 1, "pact.yaml")


def test_the_same_file_again_changes_nothing(session: db.Writing, tmp_path: Path) -> None:
    load.load(session, written(tmp_path, GOOD), at=AT, by=BY)
    session.commit()
    told = journal.last(session, "system")
    again = load.load(session, written(tmp_path, "# another remark\n" + GOOD), at=AT, by=BY)
    session.commit()
    assert again == (Loaded("valley-pact", 1, new=False),)
    assert rows(session) == [("valley-pact", 1, True)]
    assert journal.last(session, "system") == told


def test_a_changed_file_makes_a_new_version_and_the_old_one_stays_as_it_was(
    session: db.Writing, tmp_path: Path
) -> None:
    load.load(session, written(tmp_path, GOOD), at=AT, by=BY)
    before = dict(session.scalars(select(AgreementRow)).one().body)
    loaded = load.load(session, written(tmp_path, GOOD.replace("热线", "专线")), at=AT, by=BY)
    assert loaded == (Loaded("valley-pact", 2, new=True),)
    session.expire_all()
    assert rows(session) == [("valley-pact", 1, False), ("valley-pact", 2, True)]
    assert session.scalars(select(AgreementRow.body).where(AgreementRow.version == 1)).one() == before
    assert [(one.id, one.version) for one in load.in_force(session, AT)] == [("valley-pact", 2)]


def test_a_renewal_leaves_the_older_version_for_the_time_before(session: db.Writing, tmp_path: Path) -> None:
    load.load(session, written(tmp_path, GOOD), at=AT, by=BY)
    load.load(session, written(tmp_path, GOOD.replace("2020-02-01", "2026-01-01")), at=AT, by=BY)
    renewed = datetime(2025, 12, 31, 16, tzinfo=UTC)
    versions = [
        [(one.version) for one in load.in_force(session, at)] for at in (renewed - timedelta(seconds=1), renewed)
    ]
    assert versions == [[1], [2]]


@pytest.mark.parametrize(
    ("at", "held"),
    [
        (datetime(2020, 1, 31, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2020, 1, 31, 16, tzinfo=UTC), True),
        (datetime(2029, 12, 31, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2029, 12, 31, 16, tzinfo=UTC), False),
    ],
)
def test_it_holds_from_its_first_to_its_last_day(session: db.Writing, tmp_path: Path, at: datetime, held: bool) -> None:
    load.load(session, written(tmp_path, GOOD), at=AT, by=BY)
    assert bool(load.in_force(session, at)) is held


def test_a_bad_file_names_the_place_and_changes_nothing(session: db.Writing, tmp_path: Path) -> None:
    written(tmp_path, GOOD, "a.yaml")
    bad = GOOD.replace("id: valley-pact", "id: other").replace("form: agreement", "form: treaty")
    written(tmp_path, bad, "b.yaml")
    with pytest.raises(BadFile) as refused:
        load.load(session, tmp_path, at=AT, by=BY)
    line = line_of(bad, "treaty")
    assert refused.value.words.en.startswith(f'b.yaml, line {line}: "form" is wrong: must be one of')
    assert refused.value.facts["problems"][0]["line"] == line
    assert rows(session) == []


def test_a_party_that_no_list_knows_is_refused(session: db.Writing, tmp_path: Path) -> None:
    unknown = GOOD.replace('"V10100", "V20100"]', '"V10100", "V20100", "999999"]')
    with pytest.raises(BadFile) as refused:
        load.load(session, written(tmp_path, unknown), at=AT, by=BY)
    assert "pact.yaml, line 4: no division 999999 is known" in refused.value.words.en
    assert rows(session) == []


def test_the_reference_agreements_come_back_from_the_database_as_they_were_read(session: db.Writing) -> None:
    loaded = load.load(session, region.REFERENCE / "agreements", at=AT, by=BY)
    assert {one.id for one in loaded} == {one.id for one in region.agreements()}
    session.expire_all()
    assert load.in_force(session, AT) == region.agreements()


def test_an_assessment_finds_the_versions_that_it_names_again(session: db.Writing, tmp_path: Path) -> None:
    load.load(session, written(tmp_path, GOOD), at=AT, by=BY)
    load.load(session, written(tmp_path, GOOD.replace("热线", "专线")), at=AT, by=BY)
    assert [(one.id, one.version) for one in load.stored(session, {"valley-pact": 1})] == [("valley-pact", 1)]
    assert load.stored(session, {}) == ()


def test_what_an_assessment_does_not_name_is_told_apart_by_when_it_was_loaded(
    session: db.Writing, tmp_path: Path
) -> None:
    load.load(session, written(tmp_path, GOOD), at=AT, by=BY)
    later = AT + timedelta(hours=1)
    load.load(session, written(tmp_path, GOOD.replace("id: valley-pact", "id: other-pact")), at=later, by=BY)
    assert [one.id for one in load.others(session, {"valley-pact": 1}, AT)] == []
    assert [one.id for one in load.others(session, {"valley-pact": 1}, later)] == ["other-pact"]


def test_the_migration_goes_down_and_up_with_rows(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text(
                "insert into agreements (id, version, loaded_at, checksum, body, valid_from, active)"
                " values ('a', 1, now(), 'c', '{}', now(), true)"
            )
        )
    migrate.downgrade(database, "0003")
    with database.connect() as connection:
        assert connection.scalar(text("select to_regclass('agreements')")) is None
    migrate.upgrade(database, "0004")
    with database.connect() as connection:
        assert connection.scalar(text("select count(*) from agreements")) == 0


UNKNOWN_RIVER = GOOD.replace("rivers: [谷河]", "rivers: [TBX]")


def test_a_river_that_no_network_has_is_refused_with_the_nearest_and_how_to_list_them(
    session: db.Writing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rivers = {"TBH": Words("铜钵河", "Tongbo River"), **{f"X{n}": Words(f"河{n}", f"River {n}") for n in range(20)}}
    monkeypatch.setattr("emergency.river.networks.rivers", lambda _: rivers)
    path = written(tmp_path, UNKNOWN_RIVER)
    [problem] = load.check(path, session)
    assert problem.line == line_of(UNKNOWN_RIVER, "TBX")
    assert 'no river "TBX": the nearest are TBH Tongbo River' in problem.words.en
    assert "flask agreements names rivers" in problem.words.en
    assert "相近的有 TBH 铜钵河" in problem.words.zh
    with pytest.raises(BadFile) as refused:
        load.load(session, path, at=AT, by=BY)
    assert refused.value.words == problem.words
    assert rows(session) == []
    by_name = written(tmp_path, GOOD.replace("rivers: [谷河]", "rivers: [铜钵河]"))
    assert "TBH 铜钵河" in load.check(by_name, session)[0].words.zh
    assert load.unchecked(session, path) == []


def test_without_a_network_the_rivers_are_not_checked_and_that_is_said(session: db.Writing, tmp_path: Path) -> None:
    path = written(tmp_path, UNKNOWN_RIVER)
    assert load.check(path, session) == []
    [said] = load.unchecked(session, path)
    assert "the codes of rivers were not checked" in said.en
    assert "河流代码没有核对" in said.zh
    assert load.load(session, path, at=AT, by=BY)[0].new


def test_a_file_without_rivers_leaves_nothing_unchecked(session: db.Writing, tmp_path: Path) -> None:
    anywhere = GOOD.replace("scope: {media: [water], rivers: [谷河]}", "scope: {media: [water]}")
    assert load.unchecked(session, written(tmp_path, anywhere)) == []
