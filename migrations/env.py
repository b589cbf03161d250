"""Alembic's entry: online only, one migration at a time over all processes, run-time partitions left alone."""

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from migrations.include import include_object

MIGRATION_LOCK = 0x6C66  # one advisory lock for all migrating processes of a database


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
