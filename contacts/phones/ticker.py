"""The clockwork: reads from the book what is due, moves texts on, posts webhooks. The rows are the queue.

Nothing is remembered here but which webhooks are being posted at this moment; after a kill they are posted again.
"""

import json
import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

from contacts.phones import exchange, webhooks
from contacts.phones.book import Book
from contacts.phones.values import Settings

WORKERS: Final = 8
LOOK_AHEAD: Final = 200
RETRY_S: Final = 1.0
ATTEMPTS: Final = 2  # the provider tries once more, unless told otherwise
LONGEST_SLEEP_S: Final = 1.0  # a clock that is set must not leave a text lying


def now() -> datetime:
    """The time, for the edges of this room; inside it is an argument."""
    return datetime.now(UTC)


class Ticker:
    """One thread that looks, and a few that post."""

    def __init__(self, book: Book, settings: Settings):
        self._book = book
        self._settings = settings
        self._news = threading.Event()
        self._posting: dict[int, str] = {}
        self._posters = ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Take up what the book says, including what an earlier process left."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether texts still move."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """There is news in the book: look at it now."""
        self._news.set()

    def _run(self) -> None:
        while True:
            self._news.clear()
            moment = now()
            self._move_texts(moment)
            self._post_webhooks(moment)
            self._news.wait(self._pause_s())

    def _move_texts(self, moment: datetime) -> None:
        with self._book.read() as db:
            due = db.execute("SELECT 1 FROM messages WHERE act_at <= ? LIMIT 1", (moment,)).fetchone()
        if due:
            with self._book.write() as db:
                exchange.advance(db, self._settings, moment)

    def _post_webhooks(self, moment: datetime) -> None:
        """Texts side by side, the webhooks of one text one after another."""
        busy = set(self._posting.values())  # before the look: what ends after it still counts as being posted
        with self._book.read() as db:
            due = db.execute(
                "SELECT * FROM webhooks WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, n LIMIT ?",
                (moment, LOOK_AHEAD),
            ).fetchall()
        for row in due:
            if len(self._posting) < WORKERS and row["message_sid"] not in busy:
                busy.add(row["message_sid"])
                self._posting[row["n"]] = row["message_sid"]
                self._posters.submit(self._post, row).add_done_callback(Future.result)  # trouble is logged, not lost

    def _post(self, row: sqlite3.Row) -> None:
        token = webhooks.WRONG_TOKEN if row["forged"] else self._settings.auth_token
        try:
            status = webhooks.post(
                row["url"],
                json.loads(row["form"]),
                auth_token=token,
                token=row["token"],
                timeout_s=self._settings.webhook_timeout_s,
                digest=self._settings.signature,
            )
            with self._book.write() as db:
                _record(db, row, status, now())
        finally:
            del self._posting[row["n"]]
            self.wake()

    def _pause_s(self) -> float:
        with self._book.read() as db:
            row = db.execute(
                "SELECT (SELECT min(act_at) FROM messages WHERE act_at IS NOT NULL) AS text_at,"
                " (SELECT min(due_at) FROM webhooks WHERE state = 'waiting' AND due_at > ?) AS webhook_at",
                (now(),),
            ).fetchone()
        times = [datetime.fromisoformat(at) for at in row if at]
        soonest_s = min(((at - now()).total_seconds() for at in times), default=LONGEST_SLEEP_S)
        return min(max(soonest_s, 0.0), LONGEST_SLEEP_S)


def _record(db: sqlite3.Connection, row: sqlite3.Row, status: int, moment: datetime) -> None:
    """2xx is heard; no answer or 5xx is tried once more; anything else is given up."""
    attempts = row["attempts"] + 1
    if 200 <= status < 300:
        state = "heard"
    else:
        state = "waiting" if (status == 0 or status >= 500) and attempts < ATTEMPTS else "given_up"
    db.execute(
        "UPDATE webhooks SET state = ?, attempts = ?, answer = ?, posted_at = ?, due_at = ? WHERE n = ?",
        (state, attempts, str(status or "none"), moment, moment + timedelta(seconds=RETRY_S), row["n"]),
    )
