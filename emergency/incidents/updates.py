"""What is owed again to desks that were told before: an update when their hour moved, and at the end a word to each.

A desk that was told is owed corrections, withdrawals and the end whatever the agreements say; where no clause speaks, the
policy of this deployment stands as the reason (DESIGN, duties).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from emergency import notifications
from emergency.agreements.values import Act, Circle, Kind, NotificationDraft, Obligation, Role, Source
from emergency.incidents.findings import Findings, again, by_desk
from emergency.incidents.models import IncidentRow
from emergency.incidents.values import Survey
from emergency.notifications import NotificationRow, State
from emergency.words import Words

WORTH_TELLING: Final = timedelta(minutes=15)
"""Policy: a desk is told again when its earliest hour has moved by this much."""
POLICY: Final = "policy"
TOLD_DESKS: Final = "told-desks"
CITED: Final = Words("本系统政策：凡已告知者，后续必告", "policy: whoever was told is told what follows")


def drafts(
    session: Session, incident: IncidentRow, found: Findings, survey: Survey, n: int, former: Collection[str]
) -> Sequence[NotificationDraft]:
    """Updates for told desks whose earliest hour moved; one open update per desk, refreshed and not heaped up.

    former: the desks that led before, for whom the lead now speaks.
    """
    rows = notifications.of_incident(session, incident.number)
    moved = _moved(rows, found, incident.lead, former)
    made: list[NotificationDraft] = []
    for (who, tells), reason in moved.items():
        occasion = _open_occasion(rows, who, tells) or f"update {n}"
        made.extend(to_told(found, survey, [(who, tells)], kind=Kind.UPDATE, occasion=occasion, reason=reason))
    return made


def to_told(
    found: Findings,
    survey: Survey,
    pairs: Sequence[tuple[str, str]],
    *,
    kind: Kind,
    occasion: str,
    reason: Words,
) -> Sequence[NotificationDraft]:
    """One message for each (who told, who was told): by the agreements' clauses where they speak, else by policy."""
    by_clause = {(d.who, d.tells): d for d in again(found, survey, kind=kind, occasion=occasion)}
    return [
        by_clause.get(pair) or _by_policy(found, pair, kind=kind, occasion=occasion, reason=reason) for pair in pairs
    ]


def pairs_told(rows: Sequence[NotificationRow]) -> list[tuple[str, str]]:
    """Who has told whom in this incident, each pair once, in order."""
    return list(dict.fromkeys((row.who, row.tells) for row in rows if row.issued_at is not None))


def owed_on(rows: Sequence[NotificationRow], lead: str, former: Collection[str]) -> list[tuple[str, str]]:
    """Who owes whom what follows: whoever has told them, and the lead for those whom the leads before it have told."""
    pairs = [(lead if who in former else who, tells) for who, tells in pairs_told(rows)]
    return list(dict.fromkeys((who, tells) for who, tells in pairs if who != tells))


def last_content(rows: Sequence[NotificationRow], who: Collection[str], tells: str) -> Mapping[str, Any] | None:
    """What `tells` was last told by one of `who`."""
    said = [row for row in rows if row.who in who and row.tells == tells and row.issued_at is not None]
    return max(said, key=lambda row: (row.issued_at, row.id)).content if said else None


def _moved(
    rows: Sequence[NotificationRow], found: Findings, lead: str, former: Collection[str]
) -> Mapping[tuple[str, str], Words]:
    entries = by_desk(found.entries)
    moved: dict[tuple[str, str], Words] = {}
    for who, tells in owed_on(rows, lead, former):
        said = last_content(rows, {who, *former} if who == lead else {who}, tells)
        entry = entries.get(tells)
        if said is None or entry is None or said["earliest_at"] is None:
            continue
        shift = entry.when.earliest_at - datetime.fromisoformat(said["earliest_at"])
        if abs(shift) >= WORTH_TELLING:
            moved[who, tells] = _shift_words(shift)
    return moved


def _shift_words(shift: timedelta) -> Words:
    minutes = round(abs(shift).total_seconds() / 60)
    if shift < timedelta(0):
        return Words(f"最早到达提前约{minutes}分钟", f"the earliest hour is about {minutes} minutes earlier")
    return Words(f"最早到达推后约{minutes}分钟", f"the earliest hour is about {minutes} minutes later")


def _open_occasion(rows: Sequence[NotificationRow], who: str, tells: str) -> str | None:
    waiting = [
        row.occasion
        for row in rows
        if (row.who, row.tells, row.kind, row.state) == (who, tells, Kind.UPDATE.value, State.PROPOSED)
        and row.occasion.startswith("update ")  # what a signed act says is said by itself
    ]
    return waiting[-1] if waiting else None


def _by_policy(
    found: Findings, pair: tuple[str, str], *, kind: Kind, occasion: str, reason: Words
) -> NotificationDraft:
    who, tells = pair
    owed = Obligation(
        agreement=POLICY,
        version=1,
        clause=TOLD_DESKS,
        cited=CITED,
        clause_text=None,
        text_held=False,
        who=who,
        tells=tells,
        role=Role.LIAISON,
        circle=Circle.NOW,
        deadline_at=None,
        source=Source.POLICY,
        reason=reason,
        kind=kind,
        occasion=occasion,
        copy_to=(),
        automatic=False,
    )
    return NotificationDraft(
        who=who,
        tells=tells,
        role=Role.LIAISON,
        kind=kind,
        occasion=occasion,
        act=Act.HEADS_UP,
        circle=Circle.NOW,
        deadline_at=None,
        clauses=((POLICY, TOLD_DESKS),),
        obligations=(owed,),
        automatic=False,
    )
