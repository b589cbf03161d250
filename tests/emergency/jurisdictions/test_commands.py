"""`flask jurisdictions load`, as an administrator types it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import stretches
from emergency.river.load import load as load_river
from emergency.river.read import Profile
from emergency.web.app import parts
from tests import valley
from tests.emergency.jurisdictions.cast import SHANG, ZHONG
from tests.emergency.jurisdictions.conftest import BY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return valley.write(tmp_path)


def load(app: Flask, file: Path) -> Result:
    return app.test_cli_runner().invoke(args=["jurisdictions", "load", str(file)])


def test_divisions_come_with_the_successors_beside_them(app: Flask, folder: Path) -> None:
    (folder / "successors.csv").write_text(
        "code,successor,from_date,note\nV10101,V10102,2030-01-01,\n", encoding="utf-8"
    )
    result = load(app, folder / "divisions.csv")
    assert result.exit_code == 0, result.output
    assert result.output.strip() == "9 divisions, 1 successions; 10 new or corrected."
    assert "0 new or corrected" in load(app, folder / "divisions.csv").output


def test_boundaries_are_made_active_and_cut_the_rivers_that_are_loaded(app: Flask, folder: Path) -> None:
    at = datetime(2025, 12, 1, tzinfo=UTC)
    load(app, folder / "divisions.csv")
    with app.app_context(), parts().sessions.begin() as session:
        report = load_river(session, folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=at, by=BY)
        assert report.version_id is not None
    result = load(app, folder / "boundaries.geojson")
    assert result.exit_code == 0, result.output
    assert "stretches cut, 0 outside all divisions, 0 reaches whose table" in result.output
    with app.app_context(), parts().sessions.begin() as session:
        boundaries = jurisdictions.active_boundaries(session)
        found = stretches.pieces(session, report.version_id, boundaries, [2])
    assert [piece.code for piece in found] == [SHANG, ZHONG]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("divisions.txt", "", "divisions.txt: give a list of divisions (.csv) or boundaries (.geojson)"),
        ("divisions.csv", "code\n", "line 1: columns are missing: name_zh, name_en, level, parent"),
        ("boundaries.geojson", "{}", "there is no list of divisions yet"),
    ],
)
def test_a_bad_file_gets_one_sentence_and_a_non_zero_exit(
    app: Flask, tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    result = load(app, tmp_path / name)
    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
