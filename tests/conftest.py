"""Databases for the tests: a migrated template, made once per state of the migrations, and clones of it."""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from emergency import clock, config, db
from emergency.cli import migrate, reference
from tests import valley
from tests.chromium import chromium as chromium

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE_LOCK = 0x7465


@pytest.fixture(scope="session")
def server_url() -> str:
    """The maintenance database of a server in which the tests may create databases."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        pytest.fail("DATABASE_URL is not set: run the tests by script/test")
    return config.driver_url(url)


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a database with every migration applied."""
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in sorted((ROOT / "migrations").rglob("*.py")))).hexdigest()
    name = f"lianfang_template_{digest[:12]}"
    with _maintenance(server_url).connect() as connection:
        connection.execute(text("select pg_advisory_lock(:k)"), {"k": TEMPLATE_LOCK})
        known = connection.scalar(text("select datistemplate from pg_database where datname = :n"), {"n": name})
        if not known:
            connection.execute(text(f'drop database if exists "{name}"'))
            connection.execute(text(f'create database "{name}"'))
            _upgrade(server_url, name)
            connection.execute(text(f'alter database "{name}" is_template true'))
        connection.execute(text("select pg_advisory_unlock(:k)"), {"k": TEMPLATE_LOCK})
    return name


@pytest.fixture(scope="session")
def engine(server_url: str, template: str) -> Iterator[Engine]:
    """A migrated database for the whole session; tests that use `session` leave nothing in it."""
    yield from clone(server_url, template)


@pytest.fixture
def database(server_url: str, template: str) -> Iterator[Engine]:
    """A fresh migrated database for one test that must commit for real."""
    yield from clone(server_url, template)


@pytest.fixture(scope="session")
def reference_template(server_url: str, template: str) -> Iterator[str]:
    """A database with the reference basin loaded, to clone from."""
    yield from _filled(server_url, template, reference.load_all)


@pytest.fixture(scope="session")
def valley_template(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the valley loaded, to clone from."""
    folder = tmp_path_factory.mktemp("valley")
    yield from _filled(server_url, template, lambda opened: valley.load(opened, folder, at=clock.now()))


@pytest.fixture(scope="session")
def basin(server_url: str, reference_template: str) -> Iterator[Engine]:
    """The reference basin for tests that only read, or roll back."""
    yield from clone(server_url, reference_template)


@pytest.fixture
def basin_database(server_url: str, reference_template: str) -> Iterator[Engine]:
    """A fresh copy of the reference basin for one test that commits."""
    yield from clone(server_url, reference_template)


@pytest.fixture
def valley_database(server_url: str, valley_template: str) -> Iterator[Engine]:
    """A fresh copy of the valley for one test that commits."""
    yield from clone(server_url, valley_template)


@pytest.fixture
def session(engine: Engine) -> Iterator[db.Writing]:
    """A session whose commits are savepoints of a transaction that is rolled back after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        with db.Writing(bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as opened:
            yield opened
        outer.rollback()


def clone(server_url: str, template: str) -> Iterator[Engine]:
    """A database of one's own, copied from a template and dropped afterwards."""
    name = f"lianfang_test_{os.getpid()}_{secrets.token_hex(4)}"
    maintenance = _maintenance(server_url)
    with maintenance.connect() as connection:
        connection.execute(text(f'create database "{name}" template "{template}"'))
    made = db.engine(_named(server_url, name))
    try:
        yield made
    finally:
        made.dispose()
        with maintenance.connect() as connection:
            connection.execute(text(f'drop database "{name}" with (force)'))


def _filled(server_url: str, template: str, fill: Callable[[db.Writing], object]) -> Iterator[str]:
    """A clone of the template with `fill` committed and no connection left, so that it can be cloned itself."""
    for made in clone(server_url, template):
        with db.sessions(made).begin() as opened:
            fill(opened)
        made.dispose()
        assert made.url.database is not None
        yield made.url.database


def _upgrade(server_url: str, name: str) -> None:
    fresh = db.engine(_named(server_url, name))
    try:
        migrate.upgrade(fresh)
    finally:
        fresh.dispose()


def _maintenance(url: str) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
