"""The document on clocks says what the checker accepts and what the rules hold."""

import re
from pathlib import Path

import pytest

from emergency.incidents import rules
from emergency.incidents.clocks import Due, Owes, Scope, To

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "clocks.md").read_text(encoding="utf-8")


def test_the_worked_example_has_no_faults(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    path = tmp_path / "county-plan.yaml"
    path.write_text(example, encoding="utf-8")
    assert rules.check(path) == []


@pytest.mark.parametrize(
    "word", [*Owes, *To, *Scope, *(due for due in Due if due not in (Due.NEIGHBOURS, Due.PROMISE))]
)
def test_every_choice_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE
