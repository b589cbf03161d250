"""The migrations: each goes up and down with rows in the tables, and the models say what the database has."""

from importlib import import_module

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from emergency.cli import migrate
from emergency.db import Base
from migrations.include import include_object

TABLES = (
    "contacts.models",
    "contacts.ledger",
    "emergency.access",
    "emergency.agreements.models",
    "emergency.incidents.models",
    "emergency.journal",
    "emergency.jurisdictions.models",
    "emergency.notifications",
    "emergency.river.models",
    "emergency.throttle",
)
STEPS = (
    "0020",
    "0019",
    "0018",
    "0017",
    "0016",
    "0015",
    "0014",
    "0013",
    "0012",
    "0011",
    "0010",
    "0009",
    "0008",
    "0007",
    "0006",
    "0005",
    "0004",
    "0003",
    "0002",
    "0001",
    "base",
)


def test_every_step_goes_down_with_rows_and_up_again(valley_database: Engine) -> None:
    for step in STEPS[1:]:
        migrate.downgrade(valley_database, step)
    with valley_database.connect() as connection:
        left = connection.scalars(
            text("select tablename from pg_tables where schemaname = 'public' and tablename <> 'spatial_ref_sys'")
        ).all()
        connection.rollback()
    assert left == ["alembic_version"]
    migrate.upgrade(valley_database)
    with valley_database.connect() as connection:
        assert connection.scalar(text("select version_num from alembic_version")) == STEPS[0]


def test_the_models_say_which_tables_and_columns_the_database_has(engine: Engine) -> None:
    for module in TABLES:
        import_module(module)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": include_object, "compare_type": True})
        found = compare_metadata(context, Base.metadata)
    flat = [each for difference in found for each in (difference if isinstance(difference, list) else [difference])]
    assert [str(each)[:200] for each in flat if "table" in each[0] or "column" in each[0] or "modify" in each[0]] == []
