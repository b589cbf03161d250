"""Jurisdiction runs per main path; stretches and runs in partitions of their own per pair of versions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PARTITIONS = sa.text(
    "select c.relname, substring(c.relname from '_v([0-9]+)$')::int from pg_inherits i join pg_class c on c.oid = i.inhrelid "
    "where i.inhparent = 'stretches'::regclass order by c.relname"
)


def upgrade() -> None:
    _runs()
    for name, version in _partitions():
        pairs = op.get_bind().scalars(sa.text(f"select distinct boundary_version_id from {name}")).all()
        _set_aside(name)
        op.execute(
            f"create table {name} partition of stretches for values in ({version}) "
            "partition by list (boundary_version_id)"
        )
        for boundaries in pairs:
            op.execute(
                f"create table stretches_b{boundaries}_v{version} partition of {name} for values in ({boundaries})"
            )
        _take_back(name)


def downgrade() -> None:
    for name, version in _partitions():
        _set_aside(name)
        op.execute(f"create table {name} partition of stretches for values in ({version})")
        _take_back(name)
    op.drop_table("runs")


def _partitions() -> list[tuple[str, int]]:
    return [(name, version) for name, version in op.get_bind().execute(PARTITIONS)]


def _set_aside(name: str) -> None:
    op.execute(f"create temporary table aside as select * from {name}")
    op.execute(f"drop table {name}")


def _take_back(name: str) -> None:
    op.execute(f"insert into {name} select * from aside")
    op.execute("drop table aside")


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column(
            "network_version_id",
            sa.Integer,
            sa.ForeignKey("network_versions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "boundary_version_id",
            sa.Integer,
            sa.ForeignKey("boundary_versions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("path_id", sa.BigInteger, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("bank", sa.String(6), nullable=False),
        sa.Column("flag", sa.Text),
        sa.Column("river", sa.Text, nullable=False),
        sa.Column("reach_id", sa.BigInteger, nullable=False),
        sa.Column("enter_foot_m", sa.Float(53), nullable=False),
        sa.Column("leave_foot_m", sa.Float(53), nullable=False),
        sa.Column("enter_foot_s", sa.Float(53), nullable=False),
        sa.Column("enter_unknown", sa.Integer, nullable=False),
        sa.Column("leave_foot_s", sa.Float(53), nullable=False),
        sa.Column("leave_unknown", sa.Integer, nullable=False),
        sa.CheckConstraint("enter_foot_m >= leave_foot_m", name="runs_downstream"),
        postgresql_partition_by="LIST (network_version_id)",
    )
    # who is reached: the runs of a main path from an entry down to its foot
    op.create_index("ix_runs_path", "runs", ["path_id", "leave_foot_m"])
