"""Places by name: a river once for each division that it passes, from where to where; never a note for a name."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from emergency import db
from emergency.incidents.survey import locate
from emergency.jurisdictions import places
from emergency.river.snap import USUAL

AT = datetime(2025, 11, 21, tzinfo=UTC)


def found(basin: Engine, asked: str) -> list[dict[str, Any]]:
    with db.sessions(basin).begin() as session:
        return places.named(session, asked, at=AT)


@pytest.mark.parametrize("asked", ["铜钵河", "tongbo"])
def test_a_river_is_named_once_for_each_division_upstream_first(basin: Engine, asked: str) -> None:
    rivers = [each for each in found(basin, asked) if each["kind"] == "river"]
    assert [each["name"]["zh"] for each in rivers] == [
        "铜钵河 · 大竹县",
        "铜钵河 · 梁平区",
        "铜钵河 · 大竹县",
        "铜钵河 · 达川区",
    ]
    assert [each["detail"]["zh"] for each in rivers] == [
        "源头 → 牛角滩，13 公里",
        "牛角滩 → 上河坝，30 公里",
        "上河坝 → 达川区界，19 公里",
        "大竹县界 → 矮墩子，33 公里",
    ]
    assert rivers[0]["name"]["en"].startswith("Tongbo River · ")
    assert rivers[0]["detail"]["en"] == "source → Niujiaotan, 13 km"


def test_no_note_and_no_code_stands_for_a_name(basin: Engine) -> None:
    for asked in ("河", "江", "TBH", "牛角滩", "梁平", "line", "code of the table"):
        for each in found(basin, asked):
            for words in (each["name"], each["detail"]):
                assert "straight pieces" not in words["zh"] + words["en"]
                assert "TBH" not in words["zh"] + words["en"]
                assert not words["zh"].isascii() or not words["zh"]


def test_what_is_called_so_comes_before_what_only_holds_the_words(basin: Engine) -> None:
    assert found(basin, "牛角滩")[0]["name"]["zh"] == "牛角滩"
    assert found(basin, "牛角滩")[0]["detail"]["zh"] == "铜钵河"
    assert found(basin, "渠江")[0]["name"]["zh"].startswith("渠江 · ")
    assert found(basin, "梁平区")[0]["name"]["zh"] == "梁平区"


def test_a_place_that_is_chosen_lies_on_its_river(basin: Engine) -> None:

    with db.sessions(basin).begin() as session:
        for each in places.named(session, "铜钵河", at=AT):
            chosen = locate(session, each["lon"], each["lat"], USUAL).chosen
            assert chosen is not None
            assert chosen.river == "TBH"
            assert chosen.distance_m < 1


def test_an_unknown_name_finds_nothing(basin: Engine) -> None:
    assert found(basin, "无此河") == []


def test_signs_of_a_pattern_are_letters_like_any_other(basin: Engine) -> None:
    assert found(basin, "%") == []
    assert found(basin, "_") == []
