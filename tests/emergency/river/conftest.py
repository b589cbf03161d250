"""The valley, loaded."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from emergency.db import Writing
from emergency.journal import Actor
from emergency.river import sites
from emergency.river.load import load
from emergency.river.read import Profile
from tests import valley

AT: Final = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
BY: Final = Actor(process="test")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A session in which the valley is the only network, and the files that it came from."""

    session: Writing
    version_id: int
    folder: Path


@pytest.fixture
def loaded(session: Writing, tmp_path: Path) -> Loaded:
    """The valley with its sites, in a transaction that is rolled back."""
    folder = valley.write(tmp_path)
    report = load(session, folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=AT, by=BY)
    assert report.version_id is not None
    sites.load(session, folder / "sites.geojson", name="valley", at=AT, by=BY)
    return Loaded(session, report.version_id, folder)
