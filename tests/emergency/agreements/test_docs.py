"""The document on writing an agreement says what the checker accepts."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

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


CLAUSE = faults.SCHEMA["$defs"]["clause"]["properties"]
KEYS = [*faults.SCHEMA["properties"], *CLAUSE["when"]["properties"], *CLAUSE["duty"]["properties"], "confidence"]


@pytest.mark.parametrize("word", [*Relation, *Kind, *Role, *Circumstance, *KEYS])
def test_every_key_and_choice_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE or f"{word}:" in PAGE
