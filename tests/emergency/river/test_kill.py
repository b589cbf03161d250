"""A load in a process of its own, killed while it stores: nothing of it is left, and it can be done again."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from emergency import db
from emergency.river.load import Profile, load
from emergency.river.networks import active
from tests import valley
from tests.emergency.river.conftest import AT, BY

LOADER: Final = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from emergency import db
from emergency.journal import Actor
from emergency.river.load import Phase, Profile, load

def wait(phase, done, total):
    if phase is Phase.STORE:
        print("storing", flush=True)
        time.sleep(600)

with db.sessions(db.engine(sys.argv[1])).begin() as session:
    load(session, Path(sys.argv[2]), profile=Profile.PLAIN, name="valley", at=datetime.now(UTC),
         by=Actor(process="test"), progress=wait)
"""
OTHERS: Final = text(
    "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
    "and backend_type = 'client backend' and state <> 'idle'"
)


def test_a_load_that_is_killed_leaves_nothing_and_can_be_repeated(database: Engine, tmp_path: Path) -> None:
    sessions = db.sessions(database)
    folder = valley.write(tmp_path)
    with sessions.begin() as session:
        before = load(session, folder / "network.geojson", profile=Profile.PLAIN, name="valley", at=AT, by=BY)
    longer = _longer(folder)
    _killed_while_storing(database, longer)
    with sessions.begin() as session:
        _wait_for_rollback(session)
        assert active(session)[1] == before.version_id
        tables = text(
            "select relname from pg_class where relkind = 'r' and relname ~ '^(reaches|main_paths|path_links)_v'"
        )
        assert {name.rsplit("_v", 1)[1] for name in session.scalars(tables)} == {str(before.version_id)}
        assert load(session, longer, profile=Profile.PLAIN, name="valley", at=AT, by=BY).changed


def _longer(folder: Path) -> Path:
    file = folder / "longer.geojson"
    file.write_text((folder / "network.geojson").read_text().replace('"length_km": 10', '"length_km": 11', 1))
    return file


def _killed_while_storing(database: Engine, file: Path) -> None:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", LOADER, url, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as loader:
        assert loader.stdout is not None
        assert loader.stdout.readline() == "storing\n"
        loader.send_signal(signal.SIGKILL)


def _wait_for_rollback(session: db.Writing) -> None:
    """The server notices that the loader is gone."""
    until = time.monotonic() + 30
    while session.scalar(OTHERS) and time.monotonic() < until:
        time.sleep(0.05)
    assert session.scalar(OTHERS) == 0
