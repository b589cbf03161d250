"""A deployment on the valley or on the reference basin, with its contacts; the story starts its processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import valley
from tests.phones import PhoneCompany, phones
from tests.stories.handsets import Handsets
from tests.stories.service import ROOT, Service, stopping

__all__ = ["phones"]


@pytest.fixture
def service(valley_database: Engine, phones: PhoneCompany, tmp_path: Path) -> Iterator[Service]:
    """The valley."""
    made = Service(valley_database, tmp_path, phones)
    made.flask("contacts", "load", str(valley.write(tmp_path) / "contacts.yaml"))
    yield from stopping(made)


@pytest.fixture
def basin_service(basin_database: Engine, phones: PhoneCompany, tmp_path: Path) -> Iterator[Service]:
    """The reference basin."""
    made = Service(basin_database, tmp_path, phones)
    made.flask("contacts", "load", str(ROOT / "emergency" / "reference" / "contacts.yaml"))
    yield from stopping(made)


@pytest.fixture
def handsets(service: Service) -> Iterator[Handsets]:
    """The phones of the valley; at the end of the story nothing is left on its way and nothing is unread."""
    yield from _quiet_in_the_end(service)


@pytest.fixture
def basin_handsets(basin_service: Service) -> Iterator[Handsets]:
    """The phones of the reference basin, alike."""
    yield from _quiet_in_the_end(basin_service)


def _quiet_in_the_end(service: Service) -> Iterator[Handsets]:
    handsets = Handsets(service.phones)
    yield handsets
    if "dispatch" in service.processes:
        service.settled()
    service.stop()
    handsets.silent()
