"""`flask river ...`, as an administrator types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, text

from emergency import db
from tests import valley

OPENED = text("""
    insert into incidents (status, lead, drill, medium, known_at, opened_at)
    values ('open', 'V10100', false, 'water', now(), now())
""")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return valley.write(tmp_path)


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["river", *words])


def answer(app: Flask, *words: str) -> Any:
    result = run(app, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def bring(app: Flask, file: Path) -> Result:
    return run(app, "load", str(file), "--profile", "plain", "--name", "valley")


def test_load_says_what_it_loaded_and_what_it_found(app: Flask, folder: Path) -> None:
    result = bring(app, folder / "network.geojson")
    assert result.exit_code == 0
    assert "valley is loaded: 9 reaches, 4 main paths, 111.0 km." in result.stdout
    assert "Parts not connected" in result.stdout


def test_progress_goes_to_stderr_so_that_stdout_is_the_report(app: Flask, folder: Path) -> None:
    result = run(app, "load", str(folder / "network.geojson"), "--profile", "plain", "--json")
    assert json.loads(result.stdout)["reaches"] == 9
    assert [line.split()[-3:] for line in result.stderr.splitlines()] == [
        ["9", "/", "9"], ["9", "/", "9"], ["0", "/", "9"], ["9", "/", "9"], ["9", "/", "9"],
    ]  # fmt: skip


def test_loading_again_says_that_nothing_changed(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    result = bring(app, folder / "network.geojson")
    assert result.exit_code == 0
    assert "same file, no change" in result.stdout


def test_a_dry_run_leaves_no_network(app: Flask, folder: Path) -> None:
    assert (
        "nothing changed" in run(app, "load", str(folder / "network.geojson"), "--profile", "plain", "--dry-run").stdout
    )
    assert run(app, "check").exit_code == 1


def test_a_bad_file_ends_with_one_sentence(app: Flask, folder: Path) -> None:
    result = bring(app, folder / "divisions.csv")
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "exactly one layer" in result.stderr


def test_check_shows_the_report_again(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    assert "valley, version 1: 9 reaches" in run(app, "check").stdout
    told = answer(app, "check", "--name", "valley")
    assert (told["network"], told["n"], told["reaches"]) == ("valley", 1, 9)
    assert [finding["slug"] for finding in told["findings"]] == ["isolated"]


def test_trace_prints_reaches_by_distance(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    told = answer(app, "trace", "--reach", "3", "--offset", "5000")
    assert told == {
        "reaches": [
            {"reach_id": 3, "enter_km": 0, "leave_km": 5, "enter_h": 0, "leave_h": 2.777778, "on_main": True},
            {"reach_id": 4, "enter_km": 5, "leave_km": 15, "enter_h": 2.777778, "leave_h": 8.333333, "on_main": True},
            {"reach_id": 5, "enter_km": 15, "leave_km": 30, "enter_h": 8.333333, "leave_h": 16.666667, "on_main": True},
        ],
        "jurisdictions": [],
        "length_km": 30,
    }


def test_trace_takes_a_point_a_direction_and_the_main_path(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    main = answer(app, "trace", "--lon", "100.05", "--lat", "30.1", "--main")
    assert [row["reach_id"] for row in main["reaches"]] == [1, 2, 3, 4, 5]
    up = answer(app, "trace", "--reach", "2", "--upstream", "--name", "valley")
    assert {row["reach_id"] for row in up["reaches"]} == {1, 2, 8}


def test_trace_prints_a_table_for_people(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    lines = run(app, "trace", "--reach", "5").stdout.splitlines()
    assert lines == ["*      0.0 –     15.0 km     0.0 h  5  谷河", "1, 15.0 km"]


def test_a_trace_stops_where_it_is_told_to(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    near = answer(app, "trace", "--reach", "3", "--within-km", "7.5")
    assert [(row["reach_id"], row["leave_km"]) for row in near["reaches"]] == [(3, 7.5)]
    soon = answer(app, "trace", "--reach", "3", "--offset", "5000", "--within-h", "5")
    assert soon["reaches"][-1]["leave_h"] == pytest.approx(5.0)
    assert answer(app, "trace", "--reach", "3", "--sites", "intake")["sites"] == []
    assert run(app, "trace", "--reach", "3", "--sites", "castle").exit_code == 2


def test_the_service_works_on_the_network_that_it_is_told_to(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    loaded = run(app, "load", str(folder / "network.geojson"), "--profile", "plain", "--name", "second")
    assert "The service still works on valley; to change: flask river use second." in loaded.stdout
    assert "now works on second (before: valley)" in run(app, "use", "second").stdout
    assert answer(app, "check")["network"] == "second"
    assert "works on second already" in run(app, "use", "second").stdout
    unknown = run(app, "use", "third")
    assert (unknown.exit_code, "there is: second, valley" in unknown.stderr) == (1, True)


def test_no_other_network_is_used_while_an_incident_is_open(app: Flask, folder: Path, database: Engine) -> None:
    bring(app, folder / "network.geojson")
    run(app, "load", str(folder / "network.geojson"), "--profile", "plain", "--name", "second")
    with db.sessions(database).begin() as session:
        session.execute(OPENED)
    refused = run(app, "use", "second")
    assert (refused.exit_code, "There are open incidents" in refused.stderr) == (1, True)
    assert answer(app, "check")["network"] == "valley"


def test_an_old_version_is_dropped_and_the_active_one_kept(app: Flask, folder: Path) -> None:
    bring(app, folder / "network.geojson")
    changed = json.loads((folder / "network.geojson").read_text(encoding="utf-8"))
    changed["features"][0]["properties"]["length_km"] = 11.0
    (folder / "network.geojson").write_text(json.dumps(changed), encoding="utf-8")
    bring(app, folder / "network.geojson")
    active = answer(app, "check")["version"]
    dropped = run(app, "drop", str(active - 1))
    assert dropped.exit_code == 0, dropped.stderr
    assert f"version {active - 1} is dropped" in dropped.stdout
    for version, sentence in ((active, "it is active"), (active - 1, "no network version")):
        refused = run(app, "drop", str(version))
        assert refused.exit_code == 1
        assert sentence in refused.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--reach", "77"), "no reach 77"),
        (("--reach", "1", "--offset", "99999"), "10000 m long"),
        (("--lon", "100.05"), "Give either --reach, or both --lon and --lat"),
        (("--reach", "1", "--lat", "30"), "Give either --reach, or both --lon and --lat"),
        (("--lon", "120", "--lat", "30"), "beyond the tolerance"),
        (("--lon", "200", "--lat", "30"), "outside ±180"),
        (("--reach", "1", "--name", "nowhere"), "no network named nowhere"),
    ],
)
def test_a_wrong_spot_ends_with_one_sentence(app: Flask, folder: Path, words: tuple[str, ...], sentence: str) -> None:
    bring(app, folder / "network.geojson")
    result = run(app, "trace", *words)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
