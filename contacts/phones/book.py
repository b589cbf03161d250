"""The book: one SQLite file that survives every kill; one connection, one writer at a time.

A text counts as accepted once `write()` has returned: WAL with synchronous=FULL has put it on the disk by then.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  n INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, direction TEXT NOT NULL,
  to_number TEXT NOT NULL, from_number TEXT NOT NULL, service_sid TEXT, body TEXT NOT NULL, num_media INTEGER NOT NULL,
  status TEXT NOT NULL, fate INTEGER, error_code INTEGER, callback_url TEXT, backwards INTEGER NOT NULL,
  created_at INSTANT NOT NULL, listed_at INSTANT NOT NULL, sent_at INSTANT, updated_at INSTANT NOT NULL,
  act_at INSTANT, read_at INSTANT);
-- the ticker asks which texts are due
CREATE INDEX IF NOT EXISTS messages_due ON messages (act_at) WHERE act_at IS NOT NULL;
-- a sender that lost its answer lists by recipient
CREATE INDEX IF NOT EXISTS messages_to ON messages (to_number, n);
CREATE INDEX IF NOT EXISTS messages_from ON messages (from_number, n);
CREATE TABLE IF NOT EXISTS webhooks (
  n INTEGER PRIMARY KEY AUTOINCREMENT, message_sid TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
  url TEXT NOT NULL, form TEXT NOT NULL, forged INTEGER NOT NULL, token TEXT NOT NULL,
  state TEXT NOT NULL, due_at INSTANT, attempts INTEGER NOT NULL DEFAULT 0, answer TEXT, posted_at INSTANT);
CREATE INDEX IF NOT EXISTS webhooks_due ON webhooks (due_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS webhooks_of ON webhooks (message_sid);
CREATE TABLE IF NOT EXISTS requests (
  n INTEGER PRIMARY KEY AUTOINCREMENT, at INSTANT NOT NULL, to_number TEXT NOT NULL, body TEXT NOT NULL,
  http_status INTEGER NOT NULL, code INTEGER, sid TEXT);
CREATE TABLE IF NOT EXISTS handsets (
  number TEXT PRIMARY KEY, label TEXT NOT NULL DEFAULT '', profile TEXT NOT NULL, powered INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS stops (number TEXT, sender TEXT, at INSTANT NOT NULL, PRIMARY KEY (number, sender));
CREATE TABLE IF NOT EXISTS faults (
  name TEXT PRIMARY KEY, settings TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 0, fired INTEGER NOT NULL DEFAULT 0,
  tokens REAL NOT NULL, filled_at INSTANT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

# Fixed width and always UTC, so that the text sorts as the time does.
sqlite3.register_adapter(datetime, lambda at: at.astimezone(UTC).isoformat(timespec="microseconds"))
sqlite3.register_converter("INSTANT", lambda text: datetime.fromisoformat(text.decode()))


class BookInUse(Exception):
    """Another process keeps this book; two tickers would tell everything twice."""


class Book:
    """Opens `path` and keeps it for this process alone."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, detect_types=sqlite3.PARSE_DECLTYPES, timeout=2
        )
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(SCHEMA)
        except sqlite3.OperationalError as error:
            self._db.close()
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise BookInUse(str(path)) from error
            raise

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk afterwards, or none."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A quiet look: nobody writes meanwhile."""
        with self._lock:
            yield self._db

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()


def note(db: sqlite3.Connection, name: str) -> str:
    """A kept setting, empty if never set."""
    row = db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
    return str(row["value"]) if row else ""


def keep_note(db: sqlite3.Connection, name: str, value: str) -> None:
    """Keep a setting over restarts."""
    db.execute("INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))
