"""The commands say in one sentence what is wrong, and what they did."""

from pathlib import Path

from flask import Flask
from sqlalchemy import Engine

from emergency import db
from emergency.agreements.models import AgreementRow
from emergency.jurisdictions.models import DivisionRow
from tests.emergency.agreements import region
from tests.emergency.agreements.test_files import GOOD, line_of, written


def test_check_lists_every_fault_and_fails(app: Flask, tmp_path: Path) -> None:
    bad = GOOD.replace("form: agreement", "form: treaty").replace("role: liaison", "role: nobody")
    done = app.test_cli_runner().invoke(args=["agreements", "check", str(written(tmp_path, bad))])
    assert done.exit_code == 1
    lines = [line_of(bad, part) for part in ("form: treaty", "role: nobody")]
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [f"pact.yaml, line {n}" for n in lines]


def test_check_of_the_reference_agreements_finds_nothing_wrong(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["agreements", "check", str(region.REFERENCE / "agreements")])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "nothing wrong" in done.stdout


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
    assert "valley-pact v1 新版本 new version" in runner.invoke(args=["agreements", "load", path]).stdout
    assert "valley-pact v1 未变 unchanged" in runner.invoke(args=["agreements", "load", path]).stdout


def test_load_of_a_bad_file_names_the_place_and_stores_nothing(app: Flask, database: Engine, tmp_path: Path) -> None:
    path = str(written(tmp_path, GOOD))
    done = app.test_cli_runner().invoke(args=["agreements", "load", path])
    assert done.exit_code == 1
    assert "pact.yaml, line 4: no division V10100 is known" in done.stderr
    with db.sessions(database).begin() as session:
        assert session.query(AgreementRow).count() == 0
