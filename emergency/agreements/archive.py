"""Agreements as they were loaded: the newest of each whatever its dates, every version of one, the versions in force."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from emergency.agreements import body as bodies
from emergency.agreements.models import AgreementRow
from emergency.agreements.values import Agreement
from emergency.errors import NotFound
from emergency.words import Words


@dataclass(frozen=True, slots=True)
class Kept:
    """A version with when it was loaded. superseded: a newer one holds for all its time. ends_at: when it ends, by itself or
    because a newer one begins; None: no end is known."""

    agreement: Agreement
    loaded_at: datetime
    superseded: bool
    ends_at: datetime | None

    @property
    def as_held(self) -> Agreement:
        """The version with the end that it came to."""
        return replace(self.agreement, valid_to=self.ends_at)


def newest(session: Session) -> list[Agreement]:
    """Every agreement that was ever loaded, in its newest version, by id; in force or not."""
    rows = session.scalars(
        select(AgreementRow).ext(distinct_on(AgreementRow.id)).order_by(AgreementRow.id, AgreementRow.version.desc())
    )
    return [bodies.read(row.body, row.version) for row in rows]


def versions(session: Session, named: str) -> list[Kept]:
    """Every version of one agreement, the newest first; NotFound where there is none."""
    rows = session.scalars(
        select(AgreementRow).where(AgreementRow.id == named).order_by(AgreementRow.version.desc())
    ).all()
    if not rows:
        raise _no_such(named)
    kept: list[Kept] = []
    newer_at: datetime | None = None
    for row in rows:
        agreement = bodies.read(row.body, row.version)
        ends = [at for at in (agreement.valid_to, newer_at) if at is not None]
        kept.append(Kept(agreement, row.loaded_at, not row.active, min(ends, default=None)))
        if row.active:
            newer_at = agreement.valid_from if newer_at is None else min(newer_at, agreement.valid_from)
    return kept


def version(session: Session, named: str, n: int) -> Agreement:
    """One version of one agreement; NotFound where it is not there."""
    return next((kept.agreement for kept in versions(session, named) if kept.agreement.version == n), None) or _lost(
        named, n
    )


def without(agreements: Sequence[Agreement], named: str) -> tuple[Agreement, ...]:
    """The others."""
    return tuple(each for each in agreements if each.id != named)


def _no_such(named: str) -> NotFound:
    words = Words(
        f"没有载入协议“{named}”：请核对编号（flask agreements check 可列出文件里的 id）。",
        f'No agreement "{named}" is loaded: check its id.',
    )
    return NotFound("no-such-agreement", words, field="agreement")


def _lost(named: str, n: int) -> Agreement:
    words = Words(f"协议“{named}”没有第{n}版。", f'Agreement "{named}" has no version {n}.')
    raise NotFound("no-such-version", words, field="version")
