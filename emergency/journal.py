"""The journal: append-only numbered streams, each entry chained to the one before by its hash.

`append` only notes what happened; the entries are numbered, hashed and written as the transaction commits, with the heads
of their streams locked last and in name order, so that no lock is held across computing and no number is ever skipped.
hash = SHA-256(previous hash + the stored bytes); the bytes are canonical JSON (RFC 8785).

An entry can never be changed, so what could not be read back as it was written is refused when it is noted.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import rfc8785
from sqlalchemy import BigInteger, SmallInteger, String, Text, bindparam, event, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from emergency.db import Base, Writing
from emergency.errors import BadInput
from emergency.labels import fault
from emergency.words import Words

FORMAT: Final = 1
CHANNEL: Final = "journal"
GENESIS: Final = "0" * 64
NOTED: Final = "journal.noted"
PAGE: Final = 500
EXACT: Final = 2**53 - 1
"""The largest number that every JSON reader keeps exact (RFC 8785, section 3.2.2.3), and that a column gives back alike."""
DEEPEST: Final = 32


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: an officer by id, role and desk, or a process by name."""

    officer: int | None = None
    role: str | None = None
    desk: str | None = None
    process: str | None = None

    def stored(self) -> dict[str, Any]:
        """Only what is known."""
        known = {"officer": self.officer, "role": self.role, "desk": self.desk, "process": self.process}
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact in a stream. `only`: the desks that may read it; empty means all who may read the stream."""

    stream: str
    n: int
    at: datetime
    kind: str
    by: Mapping[str, Any]
    facts: Mapping[str, Any]
    hash: str
    previous: str
    only: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Note:
    stream: str
    at: datetime
    kind: str
    by: Actor
    facts: Mapping[str, Any]
    only: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a stream, and at which entry; n is None where it is the stream as a whole."""

    stream: str
    n: int | None
    words: Words


class Head(Base):
    """The last number and hash of a stream; its row lock orders the writers."""

    __tablename__ = "journal_heads"

    stream: Mapped[str] = mapped_column(Text, primary_key=True)
    last_n: Mapped[int] = mapped_column(BigInteger)
    last_hash: Mapped[str] = mapped_column(String(64))


class Row(Base):
    """An entry as stored; a trigger refuses update and delete."""

    __tablename__ = "journal_entries"

    stream: Mapped[str] = mapped_column(Text, primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(Text)
    by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    only: Mapped[list[str]] = mapped_column(JSONB)
    stored: Mapped[str] = mapped_column(Text)
    format: Mapped[int] = mapped_column(SmallInteger)
    hash: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))


def append(
    session: Session,
    stream: str,
    kind: str,
    *,
    by: Actor,
    at: datetime,
    facts: Mapping[str, Any],
    only: Sequence[str] = (),
) -> None:
    """Note an entry, to be written when `session` commits. `facts` must be JSON-ready and free of phone numbers.

    BadInput where a fact could not be read back as it is: with the caller's transaction, the fact goes too.
    """
    frozen = {_plain(name, name): _plain(value, name) for name, value in facts.items()}
    if not session.in_transaction():
        session.begin()  # a note belongs to a transaction: rolled back, it is gone
    session.info.setdefault(NOTED, []).append(_Note(stream, at.astimezone(UTC), kind, by, frozen, tuple(only)))


def read(session: Session, stream: str, *, after: int = 0, limit: int = 1000) -> list[Entry]:
    """The entries of `stream` numbered above `after`, in order."""
    rows = session.scalars(select(Row).where(Row.stream == stream, Row.n > after).order_by(Row.n).limit(limit))
    return [_entry(row) for row in rows]


def of_kinds(session: Session, stream: str, kinds: Collection[str]) -> list[Entry]:
    """The entries of some kinds in `stream`, in order."""
    rows = session.scalars(select(Row).where(Row.stream == stream, Row.kind.in_(kinds)).order_by(Row.n))
    return [_entry(row) for row in rows]


def last(session: Session, stream: str) -> int:
    """The number of the newest entry; 0 for a stream without any."""
    return session.scalar(select(Head.last_n).where(Head.stream == stream)) or 0


def heads(session: Session) -> dict[str, int]:
    """The newest number of every stream."""
    rows = session.execute(select(Head.stream, Head.last_n))
    return {row.stream: row.last_n for row in rows}


def verify(session: Session, stream: str) -> str | None:
    """None when the chain is whole, else a sentence that names the first entry that is not."""
    first = next(faults(session, stream), None)
    return None if first is None else first.words.en


def faults(session: Session, stream: str) -> Iterator[Fault]:
    """All that is wrong with a stream, in order; a bad entry is reported, and the walk goes on from its hash."""
    previous, expected = GENESIS, 1
    for row in _rows(session, stream):
        while expected < row.n:
            yield _fault(stream, expected, "缺失", "is missing")
            expected += 1
        if (trouble := _trouble(row, previous)) is not None:
            yield _fault(stream, row.n, trouble.zh, trouble.en)
        previous, expected = row.hash, row.n + 1
    head = session.get(Head, stream)
    if head is not None and (head.last_n, head.last_hash) != (expected - 1, previous):
        words = Words(f"{stream}：流首与最后一条不符", f"{stream}: the head does not match the last entry")
        yield Fault(stream, None, words)


def chain(previous: str, stored: str) -> str:
    """The hash of an entry from the hash before it and its stored bytes."""
    return hashlib.sha256(previous.encode() + stored.encode()).hexdigest()


def _fault(stream: str, n: int, zh: str, en: str) -> Fault:
    return Fault(stream, n, Words(f"{stream}：第 {n} 条{zh}", f"{stream}: entry {n} {en}"))


def _trouble(row: Row, previous: str) -> Words | None:
    """What is wrong with an entry that follows the hash `previous`, if anything is."""
    if row.previous != previous or row.hash != chain(previous, row.stored):
        return Words("接不上前一条", "does not follow from the one before")
    try:
        canonical = _canonical(row)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError):
        return Words("含有无法原样读回的值", "holds a value that cannot be read back as it was written")
    return None if canonical == row.stored else Words("与存入时的字节不同", "differs from its stored bytes")


def _plain(value: Any, name: str, depth: int = 1) -> Any:
    """A copy of a fact in plain JSON that reads back as it is; BadInput, with its name, for one that would not."""
    if isinstance(value, Mapping) and depth < DEEPEST and all(isinstance(key, str) for key in value):
        return {_plain(key, name): _plain(each, key, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple) and depth < DEEPEST:
        return [_plain(each, name, depth + 1) for each in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value):
        return str(value)
    if isinstance(value, int | float) and abs(value) <= EXACT:  # which neither infinity nor NaN is
        return value
    words = fault(
        name,
        "无法原样记入日志（数字过大、嵌套过深或含不可见字符），未作任何改动，请改正后重试",
        "cannot be kept in the journal as it is (too large a number, too deep, or an invisible character); "
        "nothing was changed, correct it and try again",
    )
    raise BadInput("cannot-be-recorded", words, field=name)


def _rows(session: Session, stream: str) -> Iterator[Row]:
    last = 0
    while page := session.scalars(
        select(Row).where(Row.stream == stream, Row.n > last).order_by(Row.n).limit(PAGE)
    ).all():
        yield from page
        last = page[-1].n


def _entry(row: Row) -> Entry:
    return Entry(row.stream, row.n, row.at, row.kind, row.by, row.facts, row.hash, row.previous, tuple(row.only))


def _bytes(stream: str, n: int, note: _Note) -> str:
    body: dict[str, Any] = {
        "stream": stream,
        "n": n,
        "at": note.at.isoformat(),
        "kind": note.kind,
        "by": note.by.stored(),
        "facts": note.facts,
        "only": list(note.only),
        "format": FORMAT,
    }
    return rfc8785.dumps(body).decode()


def _canonical(row: Row) -> str:
    body: dict[str, Any] = {
        "stream": row.stream,
        "n": row.n,
        "at": row.at.astimezone(UTC).isoformat(),
        "kind": row.kind,
        "by": row.by,
        "facts": row.facts,
        "only": row.only,
        "format": row.format,
    }
    return rfc8785.dumps(body).decode()


@event.listens_for(Writing, "before_commit")
def _write(session: Session) -> None:
    """Number, hash and store what was noted; announce each stream in the same transaction."""
    if session.in_nested_transaction():
        return
    notes: list[_Note] = session.info.pop(NOTED, [])
    if not notes:
        return
    session.flush()
    for stream in sorted({note.stream for note in notes}):
        _extend(session, stream, [note for note in notes if note.stream == stream])


@event.listens_for(Writing, "after_soft_rollback")
def _forget(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop(NOTED, None)


def _extend(session: Session, stream: str, notes: Sequence[_Note]) -> None:
    n, previous = _locked_head(session, stream)
    rows = []
    for note in notes:
        n += 1
        stored = _bytes(stream, n, note)
        entry_hash = chain(previous, stored)
        rows.append(
            {
                "stream": stream,
                "n": n,
                "at": note.at,
                "kind": note.kind,
                "by": note.by.stored(),
                "facts": note.facts,
                "only": list(note.only),
                "stored": stored,
                "format": FORMAT,
                "hash": entry_hash,
                "previous": previous,
            }
        )
        previous = entry_hash
    session.connection().execute(WRITTEN, rows)
    moved = {"of": stream, "n": n, "newest": previous, "announced": f"{stream} {n}"}
    session.execute(MOVED, moved)


WRITTEN: Final = insert(Row)
LOCKED: Final = select(Head.last_n, Head.last_hash).where(Head.stream == bindparam("of")).with_for_update()
MOVED: Final = (
    update(Head)
    .where(Head.stream == bindparam("of"))
    .values(last_n=bindparam("n"), last_hash=bindparam("newest"))
    .returning(func.pg_notify(CHANNEL, bindparam("announced", type_=Text)))
    .execution_options(synchronize_session=False)
)


def _locked_head(session: Session, stream: str) -> tuple[int, str]:
    """The number and the hash of a stream's newest entry; nobody else extends it until the transaction is over."""
    head = session.execute(LOCKED, {"of": stream}).one_or_none()
    if head is None:
        session.execute(insert(Head).values(stream=stream, last_n=0, last_hash=GENESIS).on_conflict_do_nothing())
        head = session.execute(LOCKED, {"of": stream}).one()
    return head.last_n, head.last_hash
