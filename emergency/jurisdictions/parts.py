"""The partitions of stretches and runs: one per pair of versions, filled before anyone sees it.

A partition is made apart, filled, and attached at the end: readers of other versions never wait, indexes and keys are made
once over all rows, and a version that is dropped takes its partitions along.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

STRETCHES: Final = "stretches"
RUNS: Final = "runs"


def named(table: str, network_version_id: int, boundary_version_id: int) -> str:
    """The partition of `table` that holds this pair of versions."""
    return f"{table}_b{int(boundary_version_id)}_v{int(network_version_id)}"


def stand(session: Session, table: str, network_version_id: int, boundary_version_id: int) -> bool:
    """Whether the pair's partition is there."""
    name = named(table, network_version_id, boundary_version_id)
    return session.scalar(text("select to_regclass(:name) is not null"), {"name": name}) or False


def stage(session: Session, table: str, network_version_id: int, boundary_version_id: int) -> str:
    """An empty table for the pair, apart from `table`; what the pair had before is gone."""
    name = named(table, network_version_id, boundary_version_id)
    session.execute(text(f"drop table if exists {name}"))
    session.execute(text(f"create table {name} (like {table} including defaults including constraints)"))
    return name


def attach(session: Session, table: str, network_version_id: int, boundary_version_id: int) -> None:
    """Make the staged table a partition, with its indexes and keys. The constraint spares a look at every row."""
    network, boundaries = int(network_version_id), int(boundary_version_id)
    name, of_network = named(table, network, boundaries), f"{table}_v{network}"
    fresh = not session.scalar(text("select to_regclass(:name) is not null"), {"name": of_network})
    if fresh:
        shape = f"(like {table} including defaults including constraints) partition by list (boundary_version_id)"
        session.execute(text(f"create table {of_network} {shape}"))
    held = (
        f"network_version_id is not null and network_version_id = {network} "
        f"and boundary_version_id is not null and boundary_version_id = {boundaries}"
    )
    session.execute(text(f"alter table {name} add constraint of_versions check ({held})"))
    session.execute(text(f"alter table {of_network} attach partition {name} for values in ({boundaries})"))
    if fresh:
        session.execute(text(f"alter table {table} attach partition {of_network} for values in ({network})"))
    session.execute(text(f"alter table {name} drop constraint of_versions"))
    session.execute(text(f"analyze {name}"))
