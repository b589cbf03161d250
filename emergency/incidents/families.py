"""A file and all that goes on in it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency.incidents.models import IncidentRow


def family(session: Session, number: int) -> frozenset[int]:
    """A file and all that were merged into it, and into those."""
    found: set[int] = set()
    waiting = {number}
    while waiting:
        found |= waiting
        merged = session.scalars(select(IncidentRow.number).where(IncidentRow.merged_into.in_(waiting)))
        waiting = set(merged) - found
    return frozenset(found)
