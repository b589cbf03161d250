"""Officers, tokens, who may see an incident, and the rules on (officer, action, subject).

An officer belongs to a desk (a jurisdiction with contacts and a roster). What a desk may see is rows of `audience`; what an
officer may do is the table RULES and the desk. Nothing here knows of HTTP.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Integer, String, Text, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from emergency import journal, throttle
from emergency.db import Base, Sessions
from emergency.errors import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from emergency.journal import Actor
from emergency.throttle import Door
from emergency.words import Language, Words

PASSWORD_BYTES: Final = 12
TOKEN_BYTES: Final = 32


class Role(StrEnum):
    """What an officer is there for."""

    ADMINISTRATOR = "administrator"
    DUTY_OFFICER = "duty_officer"
    LEADER = "leader"
    LIAISON = "liaison"
    OBSERVER = "observer"


class Action(StrEnum):
    """What can be asked of the service; each route names one."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    SEE_INCIDENT = "see_incident"
    REPORT = "report"
    RUN_INCIDENT = "run_incident"
    ISSUE = "issue"
    ACKNOWLEDGE = "acknowledge"
    CALL = "call"
    SEE_CONTACTS = "see_contacts"
    KEEP_CONTACTS = "keep_contacts"
    SEE_SYSTEM = "see_system"
    ADMINISTER = "administer"
    DAY_STATE = "day_state"
    PROVIDER = "provider"


RULES: Final[Mapping[Action, frozenset[Role]]] = {
    Action.SIGNED_IN: frozenset(Role),
    Action.SEE_INCIDENT: frozenset(Role),
    Action.REPORT: frozenset({Role.DUTY_OFFICER, Role.LEADER, Role.LIAISON, Role.ADMINISTRATOR}),
    Action.RUN_INCIDENT: frozenset({Role.DUTY_OFFICER, Role.LEADER}),
    Action.ISSUE: frozenset({Role.DUTY_OFFICER, Role.LEADER}),
    Action.ACKNOWLEDGE: frozenset({Role.DUTY_OFFICER, Role.LEADER, Role.LIAISON}),
    Action.CALL: frozenset({Role.DUTY_OFFICER, Role.LEADER}),
    Action.SEE_CONTACTS: frozenset({Role.DUTY_OFFICER, Role.LEADER, Role.ADMINISTRATOR}),
    Action.KEEP_CONTACTS: frozenset({Role.DUTY_OFFICER, Role.ADMINISTRATOR}),
    Action.SEE_SYSTEM: frozenset({Role.ADMINISTRATOR}),
    Action.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
    Action.DAY_STATE: frozenset({Role.DUTY_OFFICER, Role.LEADER, Role.ADMINISTRATOR}),
}
"""Which roles may do what at all; which desk may is decided with the subject."""


class OfficerRow(Base):
    """An account. The password is kept as an argon2id hash only; `stamp` ends all sessions when it changes."""

    __tablename__ = "officers"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(String(20))
    jurisdiction: Mapped[str | None] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(2))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    stamp: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]


class TokenRow(Base):
    """A bearer token, kept as its SHA-256 only."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AudienceRow(Base):
    """A desk may see an incident, since when and why; a revoked row closes it again."""

    __tablename__ = "audience"

    incident: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    jurisdiction: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)
    since: Mapped[datetime]
    because: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None]


class IdempotencyRow(Base):
    """The first answer to a keyed request, given again to the same request and refused to another."""

    __tablename__ = "idempotency"

    officer_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Officer:
    """Whoever acts, as the rules see them."""

    id: int
    name: str
    role: Role
    desk: str | None
    language: Language | None
    stamp: str

    @property
    def actor(self) -> Actor:
        """As the journal names them."""
        return Actor(officer=self.id, role=self.role.value, desk=self.desk)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action is done to: the desks that may see it, and the desk it is for (that owes, or that is told)."""

    audience: Collection[str] = ()
    desk: str | None = None


def may(officer: Officer | None, action: Action, subject: Subject | None = None) -> bool:
    """Whether `officer` may do `action` to `subject`; administrators see every incident and run none."""
    if action in (Action.PUBLIC, Action.PROVIDER):
        return True
    if officer is None or officer.role not in RULES[action]:
        return False
    if subject is None or officer.role is Role.ADMINISTRATOR:
        return True
    if subject.desk is not None and officer.desk != subject.desk:
        return False
    return officer.desk in subject.audience


def require(officer: Officer | None, action: Action, subject: Subject | None = None) -> None:
    """Raise NotSignedIn, NotFound (what one may not know of) or Forbidden where `may` says no."""
    if may(officer, action, subject):
        return
    if officer is None:
        raise NotSignedIn(
            "sign-in", Words("请先登录：会话不存在或已过期。", "Sign in first: there is no session, or it has expired.")
        )
    if subject is not None and officer.role is not Role.ADMINISTRATOR and officer.desk not in subject.audience:
        raise NotFound(
            "no-such-incident", Words("没有这个事件，或本席位无权查看。", "No such incident, or not one for this desk.")
        )
    raise Forbidden("not-allowed", Words("本席位或角色无权做此操作。", "This desk or role may not do that."))


# Officers ------------------------------------------------------------------------------------------------------------


def add_officer(session: Session, *, name: str, role: str, jurisdiction: str | None, at: datetime) -> str:
    """Add an account and return its generated password, shown this once."""
    if role not in tuple(Role):
        raise BadInput(
            "role", Words(f"没有角色 {role}。", f"There is no role {role}; one of {', '.join(Role)}."), field="role"
        )
    if jurisdiction is None and role != Role.ADMINISTRATOR:
        raise BadInput(
            "jurisdiction", Words("此角色须有所属区划代码。", "This role needs a jurisdiction."), field="jurisdiction"
        )
    if session.scalar(select(OfficerRow.id).where(OfficerRow.name == name)) is not None:
        raise Conflict("officer-exists", Words(f"已有账号 {name}。", f"Officer {name} exists already."), field="name")
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    row = OfficerRow(
        name=name,
        role=role,
        jurisdiction=jurisdiction,
        password_hash=PasswordHasher().hash(password),
        active=True,
        stamp=secrets.token_hex(16),
        created_at=at,
    )
    session.add(row)
    session.flush()
    _note(session, "officer.added", at, {"officer": row.id, "role": role, "jurisdiction": jurisdiction})
    return password


def new_password(session: Session, *, name: str, at: datetime) -> str:
    """Give `name` a new generated password; every session of theirs ends, and so does every wait at the door."""
    row = _named(session, name)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    row.password_hash = PasswordHasher().hash(password)
    row.stamp = secrets.token_hex(16)
    throttle.forgive(session, name)
    _note(session, "officer.password", at, {"officer": row.id})
    return password


def new_token(session: Session, *, name: str, at: datetime) -> str:
    """A new bearer token for `name`, shown this once."""
    row = _named(session, name)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(TokenRow(officer_id=row.id, token_hash=_hash(token), created_at=at))
    _note(session, "officer.token", at, {"officer": row.id})
    return token


def sign_in(sessions: Sessions, door: Door, *, name: str, password: str, at: datetime) -> Officer:
    """The officer who signs in at a door; TooManyTries while it is shut. What each wrong try costs, `throttle` says."""
    with sessions.begin() as session:
        counted = throttle.count(session, door, at=at)
    try:
        with sessions.begin() as session:
            found = by_password(session, name=name, password=password)
    except NotSignedIn as wrong:
        with sessions.begin() as session:
            known = session.scalar(select(OfficerRow.id).where(OfficerRow.name == name))
            throttle.note(session, door, counted, officer=known, by=_SYSTEM, at=at)
        raise _wrong_login(throttle.wait_words(counted)) from wrong
    with sessions.begin() as session:
        throttle.take_back(session, door, at=at)
    return found


def by_password(session: Session, *, name: str, password: str) -> Officer:
    """The officer who signs in; one sentence for a wrong name and a wrong password alike."""
    row = session.scalar(select(OfficerRow).where(OfficerRow.name == name, OfficerRow.active))
    stored = row.password_hash if row is not None else _NOBODY
    try:
        PasswordHasher().verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        raise _wrong_login() from None
    if row is None:
        raise _wrong_login()
    return officer(row)


def by_token(session: Session, token: str) -> Officer | None:
    """The officer of a bearer token that still holds."""
    found = (
        select(OfficerRow)
        .join(TokenRow, TokenRow.officer_id == OfficerRow.id)
        .where(TokenRow.token_hash == _hash(token), TokenRow.revoked_at.is_(None), OfficerRow.active)
    )
    row = session.scalar(found)
    return None if row is None else officer(row)


def by_id(session: Session, officer_id: int) -> Officer | None:
    """The active officer with this id."""
    row = session.get(OfficerRow, officer_id)
    return officer(row) if row is not None and row.active else None


def has_officer(session: Session, name: str) -> bool:
    """Whether somebody signs in by this name."""
    return session.scalar(select(OfficerRow.id).where(OfficerRow.name == name, OfficerRow.active)) is not None


def names(session: Session, officers: Collection[int]) -> dict[int, str]:
    """What officers are called, by their ids; those who have left too."""
    rows = session.execute(select(OfficerRow.id, OfficerRow.name).where(OfficerRow.id.in_(officers)))
    return {row.id: row.name for row in rows}


def officer(row: OfficerRow) -> Officer:
    """A row as the rules see it."""
    language = Language(row.language) if row.language else None
    return Officer(row.id, row.name, Role(row.role), row.jurisdiction, language, row.stamp)


# Audience ------------------------------------------------------------------------------------------------------------


def admit(session: Session, *, incident: int, jurisdiction: str, because: str, at: datetime) -> None:
    """Let a desk see an incident from now on; a revoked row is opened again."""
    row = session.get(AudienceRow, (incident, jurisdiction))
    if row is not None and row.revoked_at is None:
        return
    if row is None:
        session.add(AudienceRow(incident=incident, jurisdiction=jurisdiction, since=at, because=because))
    else:
        row.revoked_at, row.because = None, because
    facts = {"jurisdiction": jurisdiction, "because": because}
    journal.append(session, f"incident:{incident}", "audience.admitted", by=_SYSTEM, at=at, facts=facts)


def revoke(session: Session, *, incident: int, jurisdiction: str, because: str, by: Actor, at: datetime) -> None:
    """Close an incident to a desk; the journal says so, and the live relay drops its sockets."""
    done = session.execute(
        update(AudienceRow)
        .where(
            AudienceRow.incident == incident, AudienceRow.jurisdiction == jurisdiction, AudienceRow.revoked_at.is_(None)
        )
        .values(revoked_at=at)
        .returning(AudienceRow.incident)
    ).all()
    if not done:
        raise NotFound("not-in-audience", Words("该席位本来就看不到此事件。", "That desk does not see this incident."))
    facts = {"jurisdiction": jurisdiction, "because": because}
    journal.append(session, f"incident:{incident}", "audience.revoked", by=by, at=at, facts=facts)


def audience(session: Session, incident: int) -> frozenset[str]:
    """The desks that may see `incident` now."""
    rows = select(AudienceRow.jurisdiction).where(AudienceRow.incident == incident, AudienceRow.revoked_at.is_(None))
    return frozenset(session.scalars(rows))


# Idempotency ---------------------------------------------------------------------------------------------------------


def fingerprint(route: str, body: bytes) -> str:
    """What makes two keyed requests the same."""
    return hashlib.sha256(route.encode() + b"\0" + body).hexdigest()


def first_answer(session: Session, *, officer_id: int, key: str, mark: str, at: datetime) -> IdempotencyRow:
    """The row of a key, locked: with an answer when the request was done before. Another body under the key is refused."""
    session.execute(
        insert(IdempotencyRow).values(officer_id=officer_id, key=key, fingerprint=mark, at=at).on_conflict_do_nothing()
    )
    wanted = select(IdempotencyRow).where(IdempotencyRow.officer_id == officer_id, IdempotencyRow.key == key)
    row = session.scalars(wanted.with_for_update()).one()
    if row.fingerprint != mark:
        raise BadInput(
            "idempotency-key",
            Words(
                "此 Idempotency-Key 已用于另一请求，请换一个。", "This Idempotency-Key was used for another request."
            ),
            field="Idempotency-Key",
        )
    return row


_SYSTEM: Final = Actor(process="access")
_NOBODY: Final = PasswordHasher().hash(secrets.token_urlsafe(PASSWORD_BYTES))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _named(session: Session, name: str) -> OfficerRow:
    row = session.scalar(select(OfficerRow).where(OfficerRow.name == name))
    if row is None:
        raise NotFound("no-such-officer", Words(f"没有账号 {name}。", f"There is no officer {name}."), field="name")
    return row


def _note(session: Session, kind: str, at: datetime, facts: Mapping[str, Any]) -> None:
    journal.append(session, "system", kind, by=_SYSTEM, at=at, facts=facts)


def _wrong_login(wait: Words = throttle.NO_WAIT) -> NotSignedIn:
    words = Words(f"账号或口令不对。{wait.zh}", f"Wrong name or password.{wait.en}")
    return NotSignedIn("wrong-login", words, field="password")
