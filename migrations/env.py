"""Alembic's entry: online only, one migration at a time over all processes, run-time partitions left alone."""

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

MIGRATION_LOCK = 0x6C66  # one advisory lock for all migrating processes of a database


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Partitions are made at run time, one per network version; autogenerate must not see them."""
    if kind == "table" and name is not None and reflected and "_v" in name and name.rsplit("_v", 1)[1].isdigit():
        return False
    return bool(alembic_helpers.include_object(thing, name, kind, reflected, compared))


def run(connection: Connection) -> None:
    """Upgrade or downgrade under the lock."""
    connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.commit()  # the lock is the session's; the migrations begin their own transactions
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        include_object=include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        transaction_per_migration=True,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()


run(context.config.attributes["connection"])
