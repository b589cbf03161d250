"""Versions loaded before times were stored get them from what is stored."""

from typing import Any

from sqlalchemy import Engine, text

from emergency.cli import migrate

FIGURES = (
    "select reach_id, foot_s, foot_unknown from reaches order by 1",
    "select path_id, length_s, length_unknown, name_zh, name_en, discharge_m3s from main_paths order by 1",
    "select from_path, to_path, from_foot_s, from_unknown, to_foot_s, to_unknown, share from path_links order by 1, 2",
)


def test_an_older_version_gets_its_times_from_its_reaches(valley_database: Engine) -> None:
    before = _figures(valley_database)
    assert before[0][0][1] > 0
    migrate.downgrade(valley_database, "0006")
    migrate.upgrade(valley_database)
    assert _figures(valley_database) == before


def _figures(engine: Engine) -> list[list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return [[tuple(row) for row in connection.execute(text(figures))] for figures in FIGURES]
