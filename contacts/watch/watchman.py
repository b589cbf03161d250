"""What `flask work` does for delivery, beside the clocks: it plans and begins contact tests, looks for gaps
in the rosters, audits, and tells the outside.

The outside is told only while the audit passes: a monitor there raises the alarm when it hears nothing, whatever the reason.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.ledger import AuditRow
from contacts.rosters import gaps
from contacts.watch import audit, freshness
from contacts.watch.audit import Finding
from contacts.watch.beats import Beat
from contacts.watch.freshness import NameOf
from emergency import journal
from emergency.db import Sessions
from emergency.journal import Actor

BY: Final = Actor(process="work")
EVERY: Final = timedelta(seconds=30)
CALL_TIMEOUT_S: Final = 10.0
PLAN_EVERY: Final = timedelta(hours=1)
log = logging.getLogger(__name__)


class Watchman:
    """One worker's round. heartbeat_url: empty for none. monthly: whether every desk is tested once a month."""

    def __init__(
        self,
        sessions: Sessions,
        zone: ZoneInfo,
        name_of: NameOf,
        *,
        heartbeat_url: str,
        monthly: bool,
        call: Callable[[str], None] | None = None,
    ):
        self._sessions, self._zone, self._name_of = sessions, zone, name_of
        self._heartbeat_url, self._monthly = heartbeat_url, monthly
        self._call = call or _get
        self._beat = Beat(sessions, "work")
        self._planned_at: datetime | None = None

    def __call__(self, at: datetime) -> bool:
        """Do one thing that is due; whether there was any."""
        self._beat(at)
        with self._sessions.begin() as session:
            if freshness.start_next(session, self._name_of, at=at) is not None:
                return True
        with self._sessions.begin() as session:
            if gaps.check(session, at):
                return True
        self._plan(at)
        return self._audit(at)

    def _plan(self, at: datetime) -> None:
        if not self._monthly or (self._planned_at is not None and at - self._planned_at < PLAN_EVERY):
            return
        self._planned_at = at
        with self._sessions.begin() as session:
            freshness.plan_month(session, self._zone, at=at)

    def _audit(self, at: datetime) -> bool:
        with self._sessions.begin() as session:
            if not _due(session, at):
                return False
            found = audit.audit(session, at=at)
            well = keep(session, found, at=at)
        if well and self._heartbeat_url:
            self._tell_outside(at)
        return True

    def _tell_outside(self, at: datetime) -> None:
        trouble: str | None = None
        try:
            self._call(self._heartbeat_url)
        except (URLError, OSError, ValueError) as wrong:
            trouble = type(wrong).__name__  # its words may hold the address, which is a secret of a kind
            log.warning("the outside heartbeat cannot be reached: %s", trouble)
        with self._sessions.begin() as session:
            row = session.get_one(AuditRow, audit.ONE, with_for_update=True)
            row.heartbeat_trouble = trouble
            if trouble is None:
                row.heartbeat_at = at


def keep(session: Session, found: Sequence[Finding], *, at: datetime) -> bool:
    """Keep the result; where alarms have come or gone since the last one, the journal says so. Whether all is well."""
    row = session.get_one(AuditRow, audit.ONE, with_for_update=True)
    alarms = {(each.check, each.desk) for each in found if each.alarm}
    before = {(each["check"], each["desk"]) for each in row.findings if each["alarm"]}
    row.at, row.well, row.findings = at, audit.well(found), [each.stored() for each in found]
    for each in found:
        if each.alarm and (each.check, each.desk) not in before:
            stream = f"desk:{each.desk}" if each.desk else "system"
            facts = {"check": each.check, "words": each.words.stored(), "count": each.count, "alarm": True}
            journal.append(session, stream, "audit.alarm", by=BY, at=at, facts=facts)
    if before and not alarms:
        journal.append(session, "system", "audit.well", by=BY, at=at, facts={})
    return row.well


def _due(session: Session, at: datetime) -> bool:
    """Whether the last audit is old enough; the row is held by this transaction then."""
    values = {"at": at - 2 * EVERY, "well": True, "findings": []}
    session.execute(insert(AuditRow).values(id=audit.ONE, **values).on_conflict_do_nothing())
    held = select(AuditRow).where(AuditRow.id == audit.ONE).with_for_update(skip_locked=True)
    row = session.scalar(held)
    return row is not None and abs(at - row.at) >= EVERY


def _get(url: str) -> None:
    with urlopen(url, timeout=CALL_TIMEOUT_S) as answer:
        answer.read(1)
