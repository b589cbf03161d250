"""Copies of the checkout for the tests that start the two commands."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup import trial
from tests.setup.trial import Trial


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that every user may pass through, as pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="lianfang-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="session")
def served(open_folder: Path) -> Iterator[Trial]:
    """One copy whose first start is behind it, for all that comes after a first start."""
    made = trial.copy_to(open_folder / "served")
    yield made
    made.clear()


@pytest.fixture
def fresh(open_folder: Path) -> Iterator[Trial]:
    """A copy in which nothing was ever started."""
    made = trial.copy_to(open_folder / f"fresh-{secrets.token_hex(4)}")
    yield made
    made.clear()
