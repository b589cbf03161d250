"""Databases with made networks in them, loaded by the product's own commands, each in a process of its own."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.orm import Session

from benchmarks.made import BOUNDARIES, DIVISIONS, NETWORK
from emergency import config, db
from emergency.cli import migrate

ROOT: Final = Path(__file__).resolve().parents[1]
NAME: Final = "made"
MB: Final = 1_048_576
TABLES: Final = ("reaches", "main_paths", "path_links", "stretches", "runs", "tile_lines")
SIZES: Final = text("""
    select regexp_replace(c.relname, '_(b\\d+_)?v\\d+.*$', '') as family, sum(pg_table_size(c.oid)) as data,
           sum(pg_indexes_size(c.oid)) as indexes, sum(greatest(c.reltuples, 0)) as rows
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'public' and regexp_replace(c.relname, '_(b\\d+_)?v\\d+.*$', '') = any(:tables)
    group by 1
""")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the load: wall time and the most memory its process held."""

    name: str
    took_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Size:
    """A table with its partitions, on disk."""

    table: str
    rows: int
    data_mb: float
    indexes_mb: float


def environ(url: str) -> dict[str, str]:
    """Settings for a process of the service on the database at `url`."""
    keys = {"SECRET_KEY": secrets.token_hex(32), "CONTACTS_KEY": Fernet.generate_key().decode()}
    return {"DATABASE_URL": url, **keys}


@contextmanager
def database(url: str, files: Path | None, name: str, *, keep: bool) -> Iterator[tuple[Engine, list[Step]]]:
    """The database `name` beside the one at `url`, with the network of `files`; one that is there already is taken as it is.
    Dropped afterwards, unless it is to be kept."""
    keeper = create_engine(config.driver_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    made = db.engine(make_url(config.driver_url(url)).set(database=name).render_as_string(hide_password=False))
    try:
        steps = [] if exists(url, name) else _filled(keeper, made, name, files)
    except BaseException:
        _drop(keeper, made, name)  # what is half full must not be taken as it is by the next run
        raise
    try:
        yield made, steps
    finally:
        made.dispose()
        if not keep:
            _drop(keeper, made, name)


def exists(url: str, name: str) -> bool:
    """Whether the server has a database of that name."""
    keeper = create_engine(config.driver_url(url), poolclass=NullPool)
    with keeper.connect() as connection:
        return bool(connection.scalar(text("select true from pg_database where datname = :name"), {"name": name}))


def sizes(engine: Engine) -> list[Size]:
    """What the network takes on disk, largest first."""
    with engine.connect() as connection:
        rows = connection.execute(SIZES, {"tables": list(TABLES)}).all()
    found = [Size(row.family, int(row.rows), float(row.data) / MB, float(row.indexes) / MB) for row in rows]
    return sorted(found, key=lambda size: -(size.data_mb + size.indexes_mb))


def driver(asked: Session | Connection) -> psycopg.Connection[Any]:
    """The driver's own connection under a session: the least that a round trip can cost from here."""
    connection = asked.connection() if isinstance(asked, Session) else asked
    found = connection.connection.driver_connection
    if not isinstance(found, psycopg.Connection):
        raise TypeError("the service speaks to the database through psycopg")
    return found


def _drop(keeper: Engine, made: Engine, name: str) -> None:
    made.dispose()
    with keeper.connect() as connection:
        connection.execute(text(f'drop database if exists "{name}" with (force)'))


def _filled(keeper: Engine, made: Engine, name: str, files: Path | None) -> list[Step]:
    """A new database, loaded by the commands that a deployment uses; then what autovacuum does a minute later."""
    if files is None:
        raise SystemExit(f"there is no database {name}, and no files to fill it from")
    with keeper.connect() as connection:
        connection.execute(text(f'create database "{name}"'))
    migrate.upgrade(made)
    url = made.url.render_as_string(hide_password=False)
    steps = [
        _step("divisions", url, ["jurisdictions", "load", str(files / DIVISIONS)]),
        _step("network", url, ["river", "load", str(files / NETWORK), "--profile", "plain", "--name", NAME]),
        _step("boundaries", url, ["jurisdictions", "load", str(files / BOUNDARIES)]),
    ]
    began_s = time.monotonic()
    with made.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    return [*steps, Step("vacuum analyze", time.monotonic() - began_s, 0.0)]


def _step(name: str, url: str, command: list[str]) -> Step:
    began_s = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=os.environ | environ(url),
            stdout=said,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {said.read()[-2000:].decode(errors='replace')}")
    return Step(name, time.monotonic() - began_s, usage.ru_maxrss / 1024)
