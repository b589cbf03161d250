"""The document on writing an agreement says what the checker accepts."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from emergency.agreements import body, faults, load
from emergency.agreements.files import sheets
from emergency.agreements.obligations import obligations
from emergency.agreements.values import Circumstance, Grade, Kind, Relation, Role
from tests.emergency.agreements import region
from tests.emergency.agreements.region import DAZHOU, LIANGPING
from tests.emergency.agreements.test_files import written

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "agreements.md").read_text(encoding="utf-8")


def test_the_worked_example_has_no_faults(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    assert len(examples) == 1
    assert load.check(written(tmp_path, examples[0])) == []


def test_the_worked_example_binds_as_the_page_says(tmp_path: Path) -> None:
    """Who is told of what, in whose time; a lesser grade, a later hour and the days before are not its business."""
    [sheet] = sheets(written(tmp_path, re.findall(r"```yaml\n(.*?)```", PAGE, re.S)[0]))
    pact = body.read(sheet.data or {}, 1)
    known_at = datetime(2026, 6, 1, tzinfo=UTC)
    facts = region.facts(DAZHOU, region.TONGBO, region.divisions(), known_at=known_at, assessed_at=known_at)
    [one] = obligations(facts, [pact], region.divisions())
    assert (one.who, one.tells, one.clause) == (DAZHOU, LIANGPING, "art-3")
    assert one.deadline_at == known_at + timedelta(minutes=30)
    assert [words.zh for words in one.tiers] == ["秘书处", "联席会议"]
    others: list[dict[str, Any]] = [{"grade": Grade.IV}, {"known_at": datetime(2025, 12, 31, 15, tzinfo=UTC)}]
    for other in others:
        assert obligations(replace(facts, **other), [pact], region.divisions()) == ()


def test_every_reference_file_stands_in_the_table() -> None:
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|[^|]*\|[^|]*\|$", PAGE, re.M)) == {
        one.id for one in region.agreements()
    }


def test_every_river_bears_the_names_that_the_product_shows() -> None:
    """釜溪河 and 威远河 are one code: all names of a river, the longest stretch first, as `flask agreements names rivers`."""
    lengths: dict[str, Counter[str]] = {}
    for feature in json.loads((region.REFERENCE / "network.geojson").read_text(encoding="utf-8"))["features"]:
        one = feature["properties"]
        lengths.setdefault(one["river"], Counter())[one["name_zh"]] += one["length_km"]
    named = {code: "·".join(name for name, _ in found.most_common()) for code, found in lengths.items()}
    assert named["FXH"] == "釜溪河·威远河"
    listed = PAGE.split("## 河流代码")[1].strip().splitlines()[0]
    assert dict(re.findall(r"`([A-Z]+)` ([^、。]+)", listed)) == named


def test_the_worked_clause_of_a_local_plan_has_no_faults() -> None:
    clause = next(part for part in PAGE.split("```") if "downstream-sooner" in part)
    plan = yaml.safe_load(PLAN + clause)
    assert list(faults.faults(plan)) == []


PLAN = """
id: plan
title: {zh: 预案, en: plan}
form: plan
parties: ["511700"]
valid_from: "2026-01-01"
policy: {by_phone: {within_minutes: 10, what: {zh: 电话, en: by telephone}}}
provenance: {zh: 试验, en: trial}
clauses:
"""


CLAUSE = faults.SCHEMA["$defs"]["clause"]["properties"]
KEYS = [*faults.SCHEMA["properties"], *CLAUSE["when"]["properties"], *CLAUSE["duty"]["properties"], "confidence"]


@pytest.mark.parametrize("word", [*Relation, *Kind, *Role, *Circumstance, *KEYS])
def test_every_key_and_choice_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE or f"{word}:" in PAGE
