"""Every stored number locked with the first key of CONTACTS_KEY, in small steps that may be broken off anywhere.

Put the new key first, restart everything, run this, then drop the old key. Each step is a transaction of some rows; a row
knows with which key it is locked, so that what is done is not done again.
"""

from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from contacts.models import InboundRow, MethodRow
from contacts.people import directory
from contacts.people.numbers import Vault

BATCH: Final = 200


def left(session: Session, vault: Vault) -> int:
    """How many numbers are locked with another key than the first."""
    return session.scalar(select(func.count()).select_from(MethodRow).where(_other(vault))) or 0


def step(session: Session, vault: Vault, *, batch: int = BATCH) -> int:
    """Lock some more with the first key, with what finds them; how many. NotReady where no key opens one: nothing is changed."""
    rows = session.scalars(
        select(MethodRow).where(_other(vault)).order_by(MethodRow.id).limit(batch).with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        number = vault.open(row.number)
        directory.sealed(row, number, vault)
        # a text that came from this number is found by it, also under the new key
        stale = [each for each in vault.lookups(number) if each != row.lookup]
        session.execute(update(InboundRow).where(InboundRow.lookup.in_(stale)).values(lookup=row.lookup))
    return len(rows)


def _other(vault: Vault) -> ColumnElement[bool]:
    return MethodRow.sealed_with.is_distinct_from(vault.mark)
