"""The provider's codes as this deployment reads them: the table that comes with the service, and an operator's changes.

A change holds from the next refusal on, in every process, since it is read where it is needed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contacts.channels.base import NotDelivered, Verdict
from contacts.channels.twilio_codes import CODES, Code, refusal
from contacts.models import ProviderCodeRow
from emergency import journal
from emergency.journal import Actor
from emergency.words import Words

STREAM: Final = "system"


def changed(session: Session) -> dict[int, Code]:
    """The operator's own lines."""
    rows = session.scalars(select(ProviderCodeRow).order_by(ProviderCodeRow.code))
    return {row.code: Code(Verdict(row.verdict), Words(row.zh, row.en)) for row in rows}


def known(session: Session) -> Mapping[int, Code]:
    """Every code that is known here, the operator's lines above the others."""
    return {**CODES, **changed(session)}


def judged(session: Session, trouble: NotDelivered) -> NotDelivered:
    """A refusal as this deployment reads it. What the connection proved stands: no table can know better."""
    if trouble.http_status is None:
        return trouble
    read = refusal(trouble.http_status, trouble.code, known(session))
    return NotDelivered(
        read.verdict, read.words, http_status=trouble.http_status, code=trouble.code, after_s=trouble.after_s
    )


def change(session: Session, codes: Mapping[int, Code], *, by: Actor, at: datetime) -> tuple[int, ...]:
    """Take the operator's lines in place of those before; which codes now differ from what came with the service."""
    session.execute(delete(ProviderCodeRow))
    own = {code: means for code, means in codes.items() if CODES.get(code) != means}
    session.add_all(
        ProviderCodeRow(code=code, verdict=means.verdict, zh=means.words.zh, en=means.words.en, changed_at=at)
        for code, means in own.items()
    )
    facts = {"codes": [{"code": code, "verdict": own[code].verdict.value} for code in sorted(own)]}
    journal.append(session, STREAM, "provider.codes_changed", by=by, at=at, facts=facts)
    session.flush()
    return tuple(sorted(own))
