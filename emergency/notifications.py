"""The hand-over: one row is one message that one jurisdiction owes another on one occasion.

Deciding writes the row (proposed, then issued or withheld with a reason); delivering takes an issued row, gets it to the
liaison on duty, and writes the acknowledgement back. An issued row that delivery has not taken yet is work, never lost.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Computed,
    ForeignKey,
    Identity,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from emergency import journal, stated
from emergency.db import Base
from emergency.errors import BadInput, Conflict, NotFound
from emergency.journal import Actor
from emergency.units import iso
from emergency.words import Words

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that are not taken for one another over a telephone."""
CODE_LENGTH: Final = 4
HEADS_UP: Final = "heads_up"
FORMAL_NOTICE: Final = "formal_notice"
ENDINGS: Final = ("withdrawal", "end")
"""Kinds that end what was said before: once one is owed, nobody is to hear the earlier message any more."""
NUMBER_CHECK: Final = "number_check"
"""A code texted to one number to learn whose it is: only who reads that text may know it, so nobody is shown it here."""


class State(StrEnum):
    """Where a notification stands."""

    PROPOSED = "proposed"
    ISSUED = "issued"
    WITHHELD = "withheld"
    ACKNOWLEDGED = "acknowledged"


class Via(StrEnum):
    """How a person read it back."""

    WEB = "web"
    CODE = "code"
    CALL = "call"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says, frozen when it is issued; delivery puts it in words. Times are RFC 3339 in UTC or None.

    sender, receiver: names of the desks. place: where on the river. section: the receiver's first section or boundary.
    earliest_at, was_earliest_at: leading edge there, now and in the message before. verified: False shows 待核实.
    corrected: in a correction, what the receiver was told wrongly, field by field. reason: why it was corrected, withdrawn
    or ended, as the officer typed it; for the page, never for a text.
    """

    kind: str
    version: int
    code: str
    drill: bool
    sender: Mapping[str, str]
    receiver: Mapping[str, str]
    river: Mapping[str, str]
    place: Mapping[str, str]
    section: Mapping[str, str]
    substance: Mapping[str, str] | None
    occurred_at: str | None
    earliest_at: str | None
    was_earliest_at: str | None
    likely_at: str | None
    verified: bool
    source_open: bool | None
    next_update_at: str | None
    corrected: Sequence[Mapping[str, Any]] = field(default=())
    reason: str | None = None


FILED: Final = "case when incident > 0 then incident end"
"""What belongs to no incident, such as a contact test, counts below nought; the database checks that the others name a file."""


class NotificationRow(Base):
    """One message owed. It discharges the obligations that name it.

    asks: the act that discharges it. A heads-up sent where a formal notice is asked leaves the notice owed: another row
    that `follows` this one and carries the same version. incident: the file that raised it; event: the file in which it
    counts now, another one once files were merged, and none while a like message of that one stands for it. caller: the
    desk that rings for the read-back and whose later messages follow this one, where the lead was handed over since.
    """

    __tablename__ = "notifications"
    __table_args__ = (UniqueConstraint("incident", "who", "tells", "role", "kind", "occasion"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(BigInteger, index=True)
    who: Mapped[str] = mapped_column(String(20))
    tells: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    occasion: Mapped[str] = mapped_column(Text)
    circle: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    automatic: Mapped[bool] = mapped_column(Boolean)
    asks: Mapped[str] = mapped_column(String(14))
    follows: Mapped[int | None] = mapped_column(BigInteger)
    deadline_at: Mapped[datetime | None]
    clauses: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    code: Mapped[str] = mapped_column(String(6))
    drill: Mapped[bool] = mapped_column(Boolean)
    assessment_id: Mapped[int | None] = mapped_column(BigInteger)
    proposed_at: Mapped[datetime]
    act: Mapped[str | None] = mapped_column(String(14))
    version: Mapped[int | None] = mapped_column(Integer)
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    consent: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    withheld_reason: Mapped[str | None] = mapped_column(Text)
    taken_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    acknowledged_via: Mapped[str | None] = mapped_column(String(6))
    decided_at: Mapped[datetime | None]
    chased_at: Mapped[datetime | None]
    event: Mapped[int | None] = mapped_column(BigInteger, index=True)
    caller: Mapped[str | None] = mapped_column(String(20))
    file: Mapped[int | None] = mapped_column(BigInteger, Computed(FILED, persisted=True), deferred=True)


class ReadBackRow(Base):
    """A person read a message back: the first of them, or one more. at: when it was done, recorded_at: when it was entered."""

    __tablename__ = "read_backs"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey(NotificationRow.id), index=True)
    person: Mapped[str] = mapped_column(Text)
    via: Mapped[str] = mapped_column(String(6))
    by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    first: Mapped[bool] = mapped_column(Boolean)


class DeskCodeRow(Base):
    """The code of one receiving desk in one incident; it stands in every message to that desk and is read back."""

    __tablename__ = "desk_codes"

    incident: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(6), unique=True)
    file: Mapped[int | None] = mapped_column(BigInteger, Computed(FILED, persisted=True), deferred=True)


@dataclass(frozen=True, slots=True)
class NearIntake:
    """An intake that is called before any message is decided, by the desk in whose area it lies.

    above: the divisions whose inside numbers may serve, the nearest first. says: near, withdrawal or end. files: those in
    which it may have been called, of a merged event all of them.
    """

    site: int
    name: Words
    km: float
    synthetic: bool
    desk: str
    sender: Words
    above: tuple[str, ...]
    says: str
    drill: bool
    known_at: datetime
    files: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to propose. clauses: JSON-ready citations, one per obligation that it discharges; asks: the act it needs."""

    who: str
    tells: str
    role: str
    kind: str
    occasion: str
    circle: str
    deadline_at: datetime | None
    clauses: Sequence[Mapping[str, Any]]
    automatic: bool = False
    asks: str = HEADS_UP


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to a formal notice, how (oral, telephone, signed) and when."""

    by: str
    how: str
    at: datetime


def propose(
    session: Session,
    *,
    incident: int,
    draft: Draft,
    drill: bool,
    assessment_id: int | None,
    at: datetime,
    by: Actor,
    before: Collection[str] = (),
) -> NotificationRow:
    """Propose a message once: a later assessment refreshes a proposal and never raises an issued or withheld one again.

    Once in the whole event: what a file merged with this one has sent counts. before: desks in whose place the draft's
    `who` stands; what they have said counts as well.
    """
    row = session.scalar(
        select(NotificationRow)
        .where(
            or_(
                NotificationRow.event == incident,
                and_(NotificationRow.incident == incident, NotificationRow.event.is_(None)),
            ),
            NotificationRow.who.in_({draft.who, *before}),
            NotificationRow.tells == draft.tells,
            NotificationRow.role == draft.role,
            NotificationRow.kind == draft.kind,
            NotificationRow.occasion == draft.occasion,
        )
        .order_by(
            NotificationRow.issued_at.is_(None),
            NotificationRow.event.is_(None),
            NotificationRow.state != State.PROPOSED,
            NotificationRow.id,
        )
        .limit(1)
    )
    if row is None:
        return _new(session, incident=incident, draft=draft, drill=drill, assessment_id=assessment_id, at=at, by=by)
    if row.event is None:
        row.event = incident
        _note(session, row, "notification.proposed", _facts(row), by=by, at=at)
    if row.state == State.PROPOSED:
        _refresh(session, row, draft=draft, assessment_id=assessment_id, at=at, by=by)
    return row


def issue(
    session: Session,
    row: NotificationRow,
    *,
    content: Mapping[str, Any],
    act: str,
    by: Actor,
    at: datetime,
    consent: Consent | None = None,
    on_behalf: str | None = None,
) -> None:
    """Hand a proposed message to delivery. `content` lacks only code and version, which are set here.

    on_behalf: why another desk than the one that owes it sends it; that desk is told so.
    """
    _still_proposed(row)
    if act == FORMAL_NOTICE and consent is None:
        raise BadInput(
            "consent-missing",
            Words("正式通报须记录同意人、方式和时间。", "A formal notice needs consent: by whom, how and when."),
            field="consent",
        )
    row.version = next_version(session, row)
    frozen = Content(**{**content, "code": row.code, "version": row.version})
    row.state, row.act, row.content = State.ISSUED, act, asdict(frozen)
    row.issued_at, row.issued_by, row.decided_at = at, by.stored(), at
    row.consent = None if consent is None else {"by": consent.by, "how": consent.how, "at": consent.at.isoformat()}
    facts = _facts(row) | {"act": act, "version": row.version, "consent": row.consent, "content": shown_content(row)}
    _note(session, row, "notification.issued", facts | _behalf(on_behalf), by=by, at=at)
    if on_behalf is not None:
        told = {name: facts[name] for name in ("notification", "who", "tells", "act")} | {"incident": row.incident}
        kind = "notification.on_behalf"
        journal.append(session, f"desk:{row.who}", kind, by=by, at=at, facts=told | _behalf(on_behalf))
    if act == HEADS_UP and row.asks == FORMAL_NOTICE:
        _still_owed(session, row, by=by, at=at)


def withhold(
    session: Session, row: NotificationRow, *, reason: str, by: Actor, at: datetime, on_behalf: str | None = None
) -> None:
    """Decide not to send, with the reason; it stays in the record. on_behalf: as for `issue`."""
    _still_proposed(row)
    if not reason.strip():
        raise BadInput("reason-missing", Words("不发须写明理由。", "Withholding needs a reason."), field="reason")
    row.state, row.withheld_reason, row.decided_at = State.WITHHELD, reason, at
    facts = _facts(row) | {"reason": reason} | _behalf(on_behalf)
    _note(session, row, "notification.withheld", facts, by=by, at=at)


def rest(session: Session, row: NotificationRow, *, reason: str, by: Actor, at: datetime) -> None:
    """Put a proposal aside while nothing asks for it; it is proposed again as soon as something does."""
    _still_proposed(row)
    row.event = None
    session.flush()
    facts = _facts(row) | {"reason": reason}
    _note(session, row, "notification.rested", facts, by=by, at=at)


def take(session: Session, *, at: datetime) -> NotificationRow | None:
    """The oldest issued message that delivery has not planned yet, marked as taken; the caller's transaction plans it."""
    waiting = (
        select(NotificationRow)
        .where(NotificationRow.state.in_((State.ISSUED, State.ACKNOWLEDGED)), NotificationRow.taken_at.is_(None))
        .order_by(NotificationRow.circle, NotificationRow.issued_at, NotificationRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalar(waiting)
    if row is not None:
        row.taken_at = at
    return row


def acknowledge(
    session: Session,
    *,
    notification_id: int,
    by_person: str,
    via: Via,
    by: Actor,
    at: datetime,
    code: str | None = None,
    stated_at: datetime | None = None,
) -> list[int]:
    """A person of the receiving desk read it back: acknowledges this message and all issued to that desk before it.

    at: when it was recorded; stated_at: when it was read back, where that was another time.

    The first read-back stands; a later one is recorded as `also`. Returns the ids newly acknowledged. Conflict when the
    message was never issued; BadInput when the code read back is another one, or is not given where it alone is the proof.
    """
    row = session.get(NotificationRow, notification_id, with_for_update=True)
    if row is None:
        raise NotFound("no-such-notification", Words("没有这条通报。", "No such notification."))
    if row.issued_at is None:
        raise Conflict("not-issued", Words("这条通报尚未发出。", "That notification has not been issued."))
    if _unproven(session, row, code):
        raise BadInput(
            "wrong-code",
            Words("报的码不对，请再核一遍。", "That is not the code of this message; ask again."),
            field="code",
        )
    done_at = stated_at or at
    newly = _mark(session, row, by_person=by_person, via=via, at=done_at)
    for each in dict.fromkeys((row.id, *newly)):
        session.add(
            ReadBackRow(
                notification_id=each,
                person=by_person,
                via=via.value,
                by=by.stored(),
                at=done_at,
                recorded_at=at,
                first=each in newly,
            )
        )
    facts = _facts(row) | {"via": via.value, "acknowledges": newly, "also": not newly, "version": row.version}
    facts |= {"stated_at": iso(done_at), "late": stated.late(done_at, at)}
    for stream in _streams(session, row, newly):
        journal.append(session, stream, "notification.acknowledged", by=by, at=at, facts=facts)
    return newly


def by_code(session: Session, code: str) -> NotificationRow:
    """The newest issued message that carries `code`."""
    found = session.scalar(
        select(NotificationRow)
        .where(NotificationRow.code == code.strip().upper(), NotificationRow.issued_at.is_not(None))
        .order_by(NotificationRow.issued_at.desc(), NotificationRow.id.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound(
            "no-such-code", Words("没有这个回报码，请再核一遍。", "There is no such code; ask again."), field="code"
        )
    return found


def superseded() -> ColumnElement[bool]:
    """Whether a message to a desk has been overtaken: by one that went out after it, or by a withdrawal or an end.

    A withdrawal counts from the moment it is owed: a false alarm is not rung on while somebody looks at the text.
    """
    later = aliased(NotificationRow)
    after = tuple_(later.issued_at, later.id) > tuple_(NotificationRow.issued_at, NotificationRow.id)
    return exists().where(
        later.event == NotificationRow.event,
        func.coalesce(later.caller, later.who) == func.coalesce(NotificationRow.caller, NotificationRow.who),
        later.tells == NotificationRow.tells,
        or_(
            and_(later.issued_at.is_not(None), after),
            and_(later.kind.in_(ENDINGS), NotificationRow.kind.not_in(ENDINGS)),
        ),
    )


def is_superseded(session: Session, row: NotificationRow) -> bool:
    """The same, of one message."""
    return session.scalar(select(NotificationRow.id).where(NotificationRow.id == row.id, superseded())) is not None


def of_incident(session: Session, incident: int) -> list[NotificationRow]:
    """All messages that count in an incident, those of files merged into it included, in the order they were proposed."""
    rows = select(NotificationRow).where(NotificationRow.event == incident).order_by(NotificationRow.id)
    return list(session.scalars(rows))


def raised_by(session: Session, incident: int) -> list[NotificationRow]:
    """All messages that a file has raised itself, in whichever event they count now."""
    rows = select(NotificationRow).where(NotificationRow.incident == incident).order_by(NotificationRow.id)
    return list(session.scalars(rows))


def join(session: Session, files: Collection[int], *, event: int) -> list[NotificationRow]:
    """From now on the messages of `files` count in `event`, each once; what a like one stands for rests, and is returned.

    One that went out stands for all proposals of its kind; else the event's own proposal, or the oldest, is the one kept.
    """
    session.flush()
    rows = session.scalars(
        select(NotificationRow)
        .where(or_(NotificationRow.incident.in_(files), NotificationRow.event == event))
        .order_by(NotificationRow.issued_at.is_(None), NotificationRow.incident != event, NotificationRow.id)
    ).all()
    seen: set[tuple[str, ...]] = set()
    resting = []
    for row in rows:
        key = (row.who, row.tells, row.role, row.kind, row.occasion)
        row.event = None if row.state == State.PROPOSED and key in seen else event
        if row.event is None:
            resting.append(row)
        if row.state != State.WITHHELD:
            seen.add(key)
    session.flush()
    return resting


def hand_on(
    session: Session, *, event: int, from_desk: str, to_desk: str, at: datetime, by: Actor
) -> list[NotificationRow]:
    """What a desk has proposed and not decided is another desk's to decide; nobody is asked to tell itself."""
    rows = session.scalars(
        select(NotificationRow)
        .where(
            NotificationRow.event == event, NotificationRow.who == from_desk, NotificationRow.state == State.PROPOSED
        )
        .order_by(NotificationRow.id)
    ).all()
    for row in rows:
        if row.tells == to_desk:
            withhold(session, row, reason="接任牵头 / has taken over the lead", by=by, at=at)
            continue
        if _has_like(session, row, who=to_desk):
            withhold(session, row, reason="接任席位已有同一通报 / the new lead owes the same already", by=by, at=at)
            continue
        row.who, row.chased_at = to_desk, None
        _note(session, row, "notification.handed_over", _facts(row), by=by, at=at)
    return list(rows)


def _has_like(session: Session, row: NotificationRow, *, who: str) -> bool:
    like = select(NotificationRow.id).where(
        NotificationRow.incident == row.incident,
        NotificationRow.who == who,
        NotificationRow.tells == row.tells,
        NotificationRow.role == row.role,
        NotificationRow.kind == row.kind,
        NotificationRow.occasion == row.occasion,
    )
    return session.scalar(like) is not None


def told(session: Session, incident: int, who: str | None = None) -> frozenset[str]:
    """The desks to which a message was issued (by `who`, or by anyone)."""
    rows = select(NotificationRow.tells).where(
        NotificationRow.event == incident, NotificationRow.issued_at.is_not(None)
    )
    return frozenset(session.scalars(rows if who is None else rows.where(NotificationRow.who == who)))


def next_version(session: Session, row: NotificationRow) -> int:
    """The number that the next message of this desk to that one carries: 1 is the first; a notice repeats its heads-up's."""
    if row.follows is not None:
        followed = session.get_one(NotificationRow, row.follows)
        return followed.version or 1
    newest = select(func.max(NotificationRow.version)).where(
        NotificationRow.event == row.event,
        func.coalesce(NotificationRow.caller, NotificationRow.who) == row.who,
        NotificationRow.tells == row.tells,
    )
    return 1 + (session.scalar(newest) or 0)


def desk_code(session: Session, incident: int, desk: str) -> str:
    """The code of `desk` in `incident`, made up on first use and unique over all."""
    row = session.get(DeskCodeRow, (incident, desk))
    if row is not None:
        return row.code
    for _ in range(100):
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if session.scalar(select(DeskCodeRow.desk).where(DeskCodeRow.code == code)) is None:
            session.add(DeskCodeRow(incident=incident, desk=desk, code=code))
            session.flush()
            return code
    raise Conflict("no-free-code", Words("回报码用尽，请结案旧事件。", "No free code is left; close old incidents."))


def _new(
    session: Session, *, incident: int, draft: Draft, drill: bool, assessment_id: int | None, at: datetime, by: Actor
) -> NotificationRow:
    row = NotificationRow(
        incident=incident,
        who=draft.who,
        tells=draft.tells,
        role=draft.role,
        kind=draft.kind,
        occasion=draft.occasion,
        circle=draft.circle,
        state=State.PROPOSED,
        automatic=draft.automatic,
        asks=draft.asks,
        deadline_at=draft.deadline_at,
        clauses=[dict(clause) for clause in draft.clauses],
        code=desk_code(session, incident, draft.tells),
        drill=drill,
        assessment_id=assessment_id,
        proposed_at=at,
        event=incident,
    )
    session.add(row)
    session.flush()
    _note(session, row, "notification.proposed", _facts(row), by=by, at=at)
    return row


def _refresh(
    session: Session, row: NotificationRow, *, draft: Draft, assessment_id: int | None, at: datetime, by: Actor
) -> None:
    before = (row.circle, row.deadline_at, row.clauses)
    row.circle, row.deadline_at, row.assessment_id = draft.circle, draft.deadline_at, assessment_id
    row.clauses = [dict(clause) for clause in draft.clauses]
    if before != (row.circle, row.deadline_at, row.clauses):
        _note(session, row, "notification.changed", _facts(row), by=by, at=at)


def _mark(session: Session, row: NotificationRow, *, by_person: str, via: Via, at: datetime) -> list[int]:
    marked = session.execute(
        update(NotificationRow)
        .where(
            NotificationRow.event == row.event,
            NotificationRow.tells == row.tells,
            func.coalesce(NotificationRow.caller, NotificationRow.who) == (row.caller or row.who),
            NotificationRow.state == State.ISSUED,
            NotificationRow.issued_at <= row.issued_at,
        )
        .values(state=State.ACKNOWLEDGED, acknowledged_at=at, acknowledged_by=by_person, acknowledged_via=via.value)
        .returning(NotificationRow.id)
    )
    return sorted(marked.scalars())


def _still_owed(session: Session, row: NotificationRow, *, by: Actor, at: datetime) -> None:
    """After a heads-up the formal notice is still owed, by the same clauses and deadline."""
    draft = Draft(
        who=row.who,
        tells=row.tells,
        role=row.role,
        kind=row.kind,
        occasion=f"{row.occasion}, formal",
        circle=row.circle,
        deadline_at=row.deadline_at,
        clauses=row.clauses,
        asks=FORMAL_NOTICE,
    )
    made = propose(
        session,
        incident=row.event or row.incident,
        draft=draft,
        drill=row.drill,
        assessment_id=row.assessment_id,
        at=at,
        by=by,
    )
    made.follows = row.id


def _still_proposed(row: NotificationRow) -> None:
    if row.state != State.PROPOSED:
        raise Conflict(
            "already-decided",
            Words("这条通报已经发出或已决定不发。", "That notification has been issued or withheld already."),
            facts={"notification": row.id, "state": row.state},
        )


def _facts(row: NotificationRow) -> dict[str, Any]:
    return {
        "notification": row.id,
        "who": row.who,
        "tells": row.tells,
        "role": row.role,
        "kind": row.kind,
        "occasion": row.occasion,
        "circle": row.circle,
        "deadline_at": row.deadline_at.isoformat() if row.deadline_at else None,
        "clauses": row.clauses,
        "code": shown_code(row),
    }


def shown_code(row: NotificationRow) -> str | None:
    """The code of a message as the journal and the pages may show it; none for a check of a number."""
    return None if row.kind == NUMBER_CHECK else row.code


def shown_content(row: NotificationRow) -> dict[str, Any] | None:
    """What a message says, as the journal and the pages may show it."""
    return None if row.content is None else row.content | {"code": shown_code(row)}


def _behalf(reason: str | None) -> dict[str, str]:
    return {} if reason is None else {"on_behalf": reason}


def _unproven(session: Session, row: NotificationRow, code: str | None) -> bool:
    """Whether the code read back is another one; a page that shows a message needs none, but nobody is shown a check."""
    if code is None:
        return row.kind == NUMBER_CHECK
    return code.strip().upper() not in _codes(session, row)


def _codes(session: Session, row: NotificationRow) -> frozenset[str]:
    """The codes that the receiver was given in this event: of files that were merged, any of them."""
    given = select(NotificationRow.code).where(
        NotificationRow.event == row.event, NotificationRow.tells == row.tells, NotificationRow.issued_at.is_not(None)
    )
    return frozenset(session.scalars(given)) | {row.code}


def _streams(session: Session, row: NotificationRow, marked: Collection[int]) -> list[str]:
    """The streams of all files whose messages were read back, and of the file in which they count."""
    files = set(session.scalars(select(NotificationRow.incident).where(NotificationRow.id.in_(marked))))
    return [f"incident:{number}" for number in sorted(files | {row.incident, row.event or row.incident})]


def _note(
    session: Session, row: NotificationRow, kind: str, facts: Mapping[str, Any], *, by: Actor, at: datetime
) -> None:
    """In the file that raised it, and in the one in which it counts."""
    for stream in dict.fromkeys((f"incident:{row.incident}", f"incident:{row.event or row.incident}")):
        journal.append(session, stream, kind, by=by, at=at, facts=facts)
