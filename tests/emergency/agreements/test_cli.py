"""The commands say in one sentence what is wrong, and what they did."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from emergency import config, db
from emergency.agreements.models import AgreementRow
from emergency.cli import groups
from emergency.jurisdictions.models import DivisionRow
from emergency.web.app import new_app, parts
from tests.emergency.agreements import region
from tests.emergency.agreements.test_files import GOOD, line_of, written
from tests.emergency.conftest import NOTHING_DELIVERED
from tests.emergency.web.conftest import serving


def test_check_lists_every_fault_and_fails(app: Flask, tmp_path: Path) -> None:
    bad = GOOD.replace("form: agreement", "form: treaty").replace("role: liaison", "role: nobody")
    done = app.test_cli_runner().invoke(args=["agreements", "check", str(written(tmp_path, bad))])
    assert done.exit_code == 1
    lines = [line_of(bad, part) for part in ("form: treaty", "role: nobody")]
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [f"pact.yaml, line {n}" for n in lines]


def test_check_of_the_reference_agreements_finds_nothing_wrong(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["agreements", "check", str(region.REFERENCE / "agreements")])
    assert done.exit_code == 0
    assert [line[: line.index(",")] for line in done.stderr.splitlines()] == [
        "Note: No register of divisions is loaded",
        "Note: No river network is loaded",
    ]
    assert "nothing wrong" in done.stdout
    assert "没有问题" not in done.stdout


def test_check_lists_every_code_that_the_register_does_not_know(app: Flask, database: Engine, tmp_path: Path) -> None:
    with db.sessions(database).begin() as session:
        session.add(
            DivisionRow(
                code="V10100", name_zh="甲", name_en="Jia", level="county", parent=None, desk=True, surrogate=False
            )
        )
    done = app.test_cli_runner().invoke(args=["agreements", "check", str(written(tmp_path, GOOD))])
    assert done.exit_code == 1
    assert "no division V20100 is known" in done.stderr
    assert "(the nearest are V10100 Jia)" in done.stderr
    assert "no division V10100" not in done.stderr


def test_load_says_what_is_new(app: Flask, database: Engine, tmp_path: Path) -> None:
    with db.sessions(database).begin() as session:
        for code in ("V10100", "V20100"):
            session.add(
                DivisionRow(
                    code=code, name_zh=code, name_en=code, level="county", parent=None, desk=True, surrogate=False
                )
            )
    path = str(written(tmp_path, GOOD))
    runner = app.test_cli_runner()
    assert "valley-pact v1 new version" in runner.invoke(args=["agreements", "load", path]).stdout
    assert "valley-pact v1 unchanged" in runner.invoke(args=["agreements", "load", path]).stdout


def test_load_of_a_bad_file_names_the_place_and_stores_nothing(app: Flask, database: Engine, tmp_path: Path) -> None:
    path = str(written(tmp_path, GOOD))
    done = app.test_cli_runner().invoke(args=["agreements", "load", path])
    assert done.exit_code == 1
    assert "pact.yaml, line 4: no division V10100 is known" in done.stderr
    with db.sessions(database).begin() as session:
        assert session.query(AgreementRow).count() == 0


def test_check_and_load_print_data_when_asked(app: Flask, database: Engine, tmp_path: Path) -> None:
    bad = GOOD.replace("form: agreement", "form: treaty")
    path = str(written(tmp_path, bad))
    done = app.test_cli_runner().invoke(args=["agreements", "check", path, "--json"])
    assert done.exit_code == 1
    [problem] = json.loads(done.stdout)["problems"]
    assert (problem["file"], problem["line"]) == ("pact.yaml", line_of(bad, "form: treaty"))
    good = app.test_cli_runner().invoke(args=["agreements", "check", str(written(tmp_path, GOOD)), "--json"])
    shown = json.loads(good.stdout)
    assert (good.exit_code, shown["problems"], len(shown["warnings"])) == (0, [], 2)
    with db.sessions(database).begin() as session:
        for code in ("V10100", "V20100"):
            session.add(
                DivisionRow(
                    code=code, name_zh=code, name_en=code, level="county", parent=None, desk=True, surrogate=False
                )
            )
    loaded = app.test_cli_runner().invoke(args=["agreements", "load", str(written(tmp_path, GOOD)), "--json"])
    told = json.loads(loaded.stdout)
    assert told["agreements"] == [{"id": "valley-pact", "version": 1, "new": True}]
    assert [words[: words.index(",")] for words in told["warnings"]] == ["No river network is loaded"]


@pytest.fixture
def valley_app(valley_database: Engine) -> Iterator[Flask]:
    """The application on the valley."""
    yield from serving(valley_database)


def test_why_answers_in_one_sentence_and_clause_by_clause(valley_app: Flask) -> None:
    run = valley_app.test_cli_runner().invoke
    run(args=["incident", "report", "--lon", "100.02", "--lat", "30.1005"])
    told = run(args=["agreements", "why", "--incident", "1", "--jurisdiction", "V20100"])
    assert told.exit_code == 0
    assert told.stdout.startswith("中区须通报：")
    assert "《谷河协议》第二条 — 适用" in told.stdout
    answer = json.loads(run(args=["agreements", "why", "--incident", "1", "--jurisdiction", "V30000", "--json"]).stdout)
    assert (answer["told"], answer["because"]) == (False, "not_reached")


@pytest.mark.parametrize(
    ("incident", "code", "said"), [("9", "V20100", "没有事件 9"), ("1", "999999", "区划清单中没有代码999999")]
)
def test_why_of_what_is_not_there_says_so_and_fails(valley_app: Flask, incident: str, code: str, said: str) -> None:
    run = valley_app.test_cli_runner().invoke
    run(args=["incident", "report", "--lon", "100.02", "--lat", "30.1005"])
    done = run(args=["agreements", "why", "--incident", incident, "--jurisdiction", code])
    assert done.exit_code == 1
    assert said in done.stderr


@pytest.mark.parametrize(
    ("tongue", "said", "fault"),
    [
        ("zh", "第4行：区划清单里没有 V20100", "不对：须为其中之一"),
        ("en", "line 4: no division V20100", "is wrong: must be"),
    ],
)
def test_faults_are_told_in_the_language_of_the_settings(
    valley_database: Engine, tmp_path: Path, tongue: str, said: str, fault: str
) -> None:
    url = valley_database.url.render_as_string(hide_password=False)
    settings = config.read({"DATABASE_URL": url, "SECRET_KEY": "k", "CONTACTS_KEY": "k", "LANGUAGE": tongue})
    made = new_app(settings, NOTHING_DELIVERED)
    for command in groups.ALL:
        made.cli.add_command(command)
    run = made.test_cli_runner().invoke
    stranger = written(tmp_path, GOOD.replace("V20100", "V20199"))
    assert said.replace("V20100", "V20199") in run(args=["agreements", "check", str(stranger)]).stderr
    wrong = written(tmp_path, GOOD.replace("form: agreement", "form: treaty"))
    assert fault in run(args=["agreements", "check", str(wrong)]).stderr
    assert fault in run(args=["agreements", "load", str(wrong)]).stderr
    with made.app_context():
        parts().engine.dispose()


def test_a_river_that_the_network_lacks_fails_the_check_and_the_names_can_be_listed(
    valley_app: Flask, tmp_path: Path
) -> None:
    run = valley_app.test_cli_runner().invoke
    listed = json.loads(run(args=["agreements", "names", "rivers", "--json"]).stdout)["rivers"]
    assert listed
    path = written(tmp_path, GOOD.replace("rivers: [谷河]", "rivers: [nowhere]"))
    done = run(args=["agreements", "check", str(path)])
    assert done.exit_code == 1
    assert "现有河网里没有河流“nowhere”" in done.stderr
    assert all(each["code"] in done.stderr for each in listed)
    assert "V10100" in run(args=["agreements", "names", "divisions"]).stdout
    assert "valley-pact" in run(args=["agreements", "names", "agreements"]).stdout
