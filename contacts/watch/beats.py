"""Who is at work: each worker leaves a mark as it goes round, so that a dead one is missed."""

import os
import socket
import time
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from contacts.ledger import BeatRow
from emergency.db import Sessions

EVERY_S: Final = 5.0
FORGOTTEN: Final = timedelta(days=1)
"""The mark of a worker that ended so long ago is taken away."""


class Beat:
    """Leaves the mark of one worker, however often it is asked to."""

    def __init__(self, sessions: Sessions, kind: str):
        self._sessions, self._kind = sessions, kind
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._last_s = -EVERY_S
        self._started_at: datetime | None = None

    def __call__(self, at: datetime) -> None:
        """I have just gone round."""
        now_s = time.monotonic()
        if now_s - self._last_s < EVERY_S:
            return
        self._last_s = now_s
        self._started_at = self._started_at or at
        values = {"started_at": self._started_at, "beat_at": at}
        mark = insert(BeatRow).values(kind=self._kind, name=self._name, **values)
        with self._sessions.begin() as session:
            session.execute(mark.on_conflict_do_update(index_elements=["kind", "name"], set_=values))
            session.execute(delete(BeatRow).where(BeatRow.kind == self._kind, BeatRow.beat_at < at - FORGOTTEN))
