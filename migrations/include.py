"""What a comparison of models and database must leave alone."""

from typing import Any

from geoalchemy2 import alembic_helpers


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Partitions are made at run time, one per network version; autogenerate must not see them."""
    if kind == "table" and name is not None and reflected and "_v" in name and name.rsplit("_v", 1)[1].isdigit():
        return False
    return bool(alembic_helpers.include_object(thing, name, kind, reflected, compared))
