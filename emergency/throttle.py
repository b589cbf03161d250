"""How often a wrong password may be tried: waits at the door, kept in the database for all web processes alike.

Three kinds of people stand there: an officer who mistypes at night, somebody who guesses, and somebody who wants the officer
kept out. What stops the second must not serve the third, so no lock hangs on a name alone:

- name and address together are the lock. Three wrong tries are free, then each doubles the wait, from 5 seconds to 15
  minutes. It binds the place that the tries came from; the officer elsewhere does not feel it.
- the address over all names: for one password tried on many names. More is free and sooner forgiven, since a whole office
  may come from one address.
- the name over all addresses: 4 seconds at the most. It slows whoever guesses from many places, and is too short to lock.
- a browser in which this name has signed in before is counted by itself and feels none of the other three. Nobody on
  another machine, not even one behind the same address, can keep the duty officer of 达州 from the desk for the night.

A try that comes too soon is refused unread: it is not counted and lengthens nothing, so impatience costs nothing. A name
that does not exist is counted like one that does. A try is counted before the password is looked at, in a short transaction
of its own, and taken back if it was right: a hundred at once are still a hundred, and no row stays locked while a hash is
computed. Failures are forgiven one by one as time passes; a new password forgives all of a name's.

A name is kept as its hash, since people type passwords into the wrong field; an address as a keyed hash made by the web,
since all addresses can be tried against a plain one.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Text, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from emergency import journal
from emergency.db import Base
from emergency.errors import NotSignedIn
from emergency.journal import Actor
from emergency.words import Words

ANY: Final = ""
SECONDS_UP_TO: Final = 90
SWEPT_AT_ONCE: Final = 20
SHOWN_OF_A_HASH: Final = 16
"""Enough to tell one address from another in the journal."""
NO_WAIT: Final = Words("", "")


class Scope(StrEnum):
    """What a count is kept of."""

    BROWSER = "browser"
    PAIR = "pair"
    ADDRESS = "address"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Limit:
    """How patient a count is: tries without a wait, the first wait, the longest, and after how long one is forgiven."""

    free: int
    first_s: int
    longest_s: int
    forgives_after: timedelta

    @property
    def most(self) -> int:
        """The failures at which the wait is longest; more are not counted, so that forgiving comes to an end."""
        return self.free + 1 + math.ceil(math.log2(self.longest_s / self.first_s))

    def wait_s(self, failures: int) -> int:
        """How long the door stays shut after so many failures."""
        over = min(failures, self.most) - self.free
        return min(self.longest_s, self.first_s * 2 ** (over - 1)) if over > 0 else 0


LIMITS: Final = {
    Scope.BROWSER: Limit(free=3, first_s=5, longest_s=900, forgives_after=timedelta(minutes=30)),
    Scope.PAIR: Limit(free=3, first_s=5, longest_s=900, forgives_after=timedelta(minutes=30)),
    Scope.ADDRESS: Limit(free=20, first_s=5, longest_s=900, forgives_after=timedelta(minutes=5)),
    Scope.NAME: Limit(free=10, first_s=1, longest_s=4, forgives_after=timedelta(minutes=1)),
}


class TryRow(Base):
    """The failures of a name, an address, or both (ANY where it is not told apart), until the last is forgiven."""

    __tablename__ = "sign_in_tries"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    origin: Mapped[str] = mapped_column(Text, primary_key=True)
    forgiven_at: Mapped[datetime] = mapped_column(index=True)
    not_before: Mapped[datetime]


class TooManyTries(NotSignedIn):
    """The door is shut for a while; facts say for how many seconds."""

    status = 429

    def __init__(self, wait_s: int):
        zh, en = _lasting(wait_s)
        words = Words(
            f"试错太多次：请等 {zh}再试。忘了口令，请找管理员换新的。",
            f"Too many wrong tries: wait {en}, then try again. If the password is forgotten, ask the administrator for a new one.",
        )
        super().__init__("too-many-tries", words, facts={"wait_s": wait_s})


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody stands who signs in, as hashes; `browser`: one in which this name has signed in before."""

    name: str
    address: str
    browser: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """One count after a try: how many failures if this is one more, and the wait that follows then."""

    scope: Scope
    failures: int
    before: int
    wait_s: int


def mark(name: str) -> str:
    """A name as it is kept."""
    return hashlib.sha256(f"name\0{name}".encode()).hexdigest()


def count(session: Session, door: Door, *, at: datetime) -> Sequence[Counted]:
    """Count a try as a failure, before anything is known of it; TooManyTries, and nothing counted, where it is too soon."""
    rows = {scope: _locked(session, name, origin, at) for scope, name, origin in sorted(_keys(door), key=_in_order)}
    shut_s = max((row.not_before - at).total_seconds() for row in rows.values())
    if shut_s > 0:
        raise TooManyTries(math.ceil(shut_s))
    counted = [_one_more(scope, row, at) for scope, row in rows.items()]
    _sweep(session, at)
    return counted


def take_back(session: Session, door: Door, *, at: datetime) -> None:
    """It was the right password: this place is trusted again, and the other counts lose this try."""
    for scope, name, origin in sorted(_keys(door), key=_in_order):
        here = (TryRow.name == name, TryRow.origin == origin)
        if scope in (Scope.BROWSER, Scope.PAIR):
            session.execute(delete(TryRow).where(*here))
        else:
            back = TryRow.forgiven_at - LIMITS[scope].forgives_after
            session.execute(update(TryRow).where(*here).values(forgiven_at=back, not_before=at))


def forgive(session: Session, name: str) -> None:
    """Forget every failure under a name."""
    session.execute(delete(TryRow).where(TryRow.name == mark(name)))


def note(
    session: Session, door: Door, counted: Sequence[Counted], *, officer: int | None, by: Actor, at: datetime
) -> None:
    """Write in the journal that waits have begun, or have become as long as they get; not every wrong try."""
    for each in counted:
        limit = LIMITS[each.scope]
        locked = each.scope is not Scope.NAME and each.before < limit.most == each.failures
        if not locked and not each.before == limit.free < each.failures:
            continue
        facts = {
            "scope": each.scope.value,
            "failures": each.failures,
            "wait_s": each.wait_s,
            "address": door.address[:SHOWN_OF_A_HASH],
            "officer": officer,
        }
        journal.append(session, "system", f"sign_in.{'locked' if locked else 'slowed'}", by=by, at=at, facts=facts)


def wait_words(counted: Sequence[Counted]) -> Words:
    """How long to wait after a wrong try; nothing to say where the next is free."""
    wait_s = max(each.wait_s for each in counted)
    if not wait_s:
        return NO_WAIT
    zh, en = _lasting(wait_s)
    return Words(f"请等 {zh}再试。", f" Wait {en} before the next try.")


def _keys(door: Door) -> list[tuple[Scope, str, str]]:
    if door.browser is not None:
        return [(Scope.BROWSER, door.name, door.browser)]
    return [
        (Scope.PAIR, door.name, door.address),
        (Scope.ADDRESS, ANY, door.address),
        (Scope.NAME, door.name, ANY),
    ]


def _in_order(key: tuple[Scope, str, str]) -> tuple[str, str]:
    """The order in which rows are locked, the same for everybody."""
    return key[1:]


def _locked(session: Session, name: str, origin: str, at: datetime) -> TryRow:
    """The row of a count, locked until the transaction ends; a new one where nothing was counted yet."""
    made = insert(TryRow).values(name=name, origin=origin, forgiven_at=at, not_before=at)
    kept = made.on_conflict_do_update(
        index_elements=[TryRow.name, TryRow.origin], set_={"forgiven_at": TryRow.forgiven_at}
    )
    return session.scalars(kept.returning(TryRow), execution_options={"populate_existing": True}).one()


def _one_more(scope: Scope, row: TryRow, at: datetime) -> Counted:
    limit = LIMITS[scope]
    before = max(0, math.ceil((row.forgiven_at - at) / limit.forgives_after))
    failures = min(before + 1, limit.most)
    wait_s = limit.wait_s(failures)
    longest = at + limit.most * limit.forgives_after
    row.forgiven_at = min(max(row.forgiven_at, at) + limit.forgives_after, longest)
    row.not_before = at + timedelta(seconds=wait_s)
    return Counted(scope, failures, before, wait_s)


def _sweep(session: Session, at: datetime) -> None:
    """Drop some rows in which all is forgiven; it waits for nobody, so that two sweeps cannot wait for each other."""
    old = (
        select(TryRow.name, TryRow.origin)
        .where(TryRow.forgiven_at < at)
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    gone = session.execute(old).all()
    if gone:
        session.execute(delete(TryRow).where(tuple_(TryRow.name, TryRow.origin).in_([tuple(each) for each in gone])))


def _lasting(wait_s: int) -> tuple[str, str]:
    if wait_s <= SECONDS_UP_TO:
        return f"{wait_s} 秒", f"{wait_s} second{'' if wait_s == 1 else 's'}"
    minutes = math.ceil(wait_s / 60)
    return f"{minutes} 分钟", f"{minutes} minutes"
