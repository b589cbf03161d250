"""The document on writing an agreement says what the checker accepts."""

import re
from pathlib import Path

import pytest

from emergency.agreements import faults, load
from emergency.agreements.values import Kind, Relation, Role
from tests.emergency.agreements.test_files import written

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "agreements.md").read_text(encoding="utf-8")


def test_the_worked_example_has_no_faults(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    assert len(examples) == 1
    assert load.check(written(tmp_path, examples[0])) == []


@pytest.mark.parametrize("word", [*Relation, *Kind, *Role, *faults.SCHEMA["properties"]])
def test_every_key_and_choice_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE or f"{word}:" in PAGE
