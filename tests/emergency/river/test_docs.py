"""docs/data.md goes through a basin that nobody here made up: its commands are run as they stand."""

import re
import shlex
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^script/flask (.*)$", PAGE[PAGE.index("## 3 ") :], re.M)


def test_the_walk_through_works_as_it_is_written(app: Flask) -> None:
    said: dict[str, str] = {}
    for step in STEPS:
        words = [str(ROOT / word) if word.startswith("tests/") else word for word in shlex.split(step)]
        result = app.test_cli_runner().invoke(args=words)
        assert result.exit_code == 0, f"{step}: {result.output}"
        said[step] = result.stdout
    assert len(said) == 8
    tried, loaded = (text for step, text in said.items() if step.startswith("river load"))
    assert "delta: dry run, nothing changed. 1033 reaches" in tried
    assert tried.splitlines()[1:] == loaded.splitlines()[1:]
    down, _, up = (text for step, text in said.items() if step.startswith("river trace"))
    assert len(down.splitlines()) > 20
    assert len(up.splitlines()) > 1
