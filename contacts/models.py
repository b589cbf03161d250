"""The tables of delivery: whom to tell and how, who is on duty, and the deliveries, which are the queue.

An open delivery has `act_at`: when something is next to be done about it (send, ask, give up waiting). Attempts and provider
events are only ever added; an attempt is written before the provider is called and gets its outcome once.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Identity, Integer, LargeBinary, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from emergency.db import Base
from emergency.notifications import NotificationRow


class OrganisationRow(Base):
    """An organisation that is told: of which kind, which desk keeps it, and for which place it is rung.

    place: a desk's code, `inside:CODE` for an office of one's own side there, `site:N` for an intake.
    """

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kept_by: Mapped[str] = mapped_column(String(20), index=True)
    place: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(24))
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer, server_default="1")


class ContactRow(Base):
    """A liaison or an office. `key` is its name in the file that it was loaded from.

    desk: where it is told; kept_by: whose people keep it (null: the desk's own). origin: `file` or `page`. version rises
    with every change, so that two who edit at once do not overwrite each other.
    """

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    role: Mapped[str] = mapped_column(String(10))
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(2))
    profile: Mapped[str] = mapped_column(String(2))
    content_level: Mapped[str] = mapped_column(String(5))
    active: Mapped[bool] = mapped_column(Boolean)
    officer_name: Mapped[str | None] = mapped_column(Text)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    kept_by: Mapped[str | None] = mapped_column(String(20), index=True)
    tier: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    origin: Mapped[str] = mapped_column(String(8), server_default="file")


class MethodRow(Base):
    """A way to reach a contact, in order of preference. The number is encrypted; `lookup` (HMAC) finds it.

    wrong_at: since when it is held to be a wrong number; verified_at, verified_by: when it was last confirmed, by whom, how.
    sealed_with: the mark of the key that locks it.
    """

    __tablename__ = "contact_methods"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    n: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[bytes] = mapped_column(LargeBinary)
    lookup: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    active: Mapped[bool] = mapped_column(Boolean)
    verified_at: Mapped[datetime | None]
    opted_out_at: Mapped[datetime | None]
    wrong_at: Mapped[datetime | None]
    verified_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    sealed_with: Mapped[str | None] = mapped_column(String(16))


class RotationRow(Base):
    """How a role of a desk changes hands, by the wall clock of `time_zone`. since: from when on; null: as long as there is one."""

    __tablename__ = "rotations"

    desk: Mapped[str] = mapped_column(String(20), primary_key=True)
    role: Mapped[str] = mapped_column(String(10), primary_key=True)
    time_zone: Mapped[str] = mapped_column(Text)
    anchor_at: Mapped[datetime]
    shift_hours: Mapped[int] = mapped_column(Integer)
    turns: Mapped[list[int]] = mapped_column(JSONB)
    since: Mapped[datetime | None]


class PastRotationRow(Base):
    """A base rotation that was changed or emptied: it held from since until just before until."""

    __tablename__ = "past_rotations"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    role: Mapped[str] = mapped_column(String(10))
    time_zone: Mapped[str] = mapped_column(Text)
    anchor_at: Mapped[datetime]
    shift_hours: Mapped[int] = mapped_column(Integer)
    turns: Mapped[list[int]] = mapped_column(JSONB)
    since: Mapped[datetime | None]
    until: Mapped[datetime]
    ended_at: Mapped[datetime]
    ended_by: Mapped[dict[str, Any]] = mapped_column(JSONB)


class RosterRow(Base):
    """How a desk keeps its roster: by which clock, how many days ahead it is checked, and when next."""

    __tablename__ = "rosters"

    desk: Mapped[str] = mapped_column(String(20), primary_key=True)
    time_zone: Mapped[str] = mapped_column(Text)
    horizon_days: Mapped[int] = mapped_column(SmallInteger)
    next_check_at: Mapped[datetime] = mapped_column(index=True)
    checked_at: Mapped[datetime | None]


class ShiftRow(Base):
    """A shift of a role: on which days it begins, when, for how long, and who takes turns. Ended, never deleted."""

    __tablename__ = "shifts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    role: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(Text)
    days: Mapped[list[str]] = mapped_column(JSONB)
    starts: Mapped[str] = mapped_column(String(5))
    hours: Mapped[int] = mapped_column(Integer)
    anchor_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    changes: Mapped[str] = mapped_column(String(8))
    turns: Mapped[list[list[int]]] = mapped_column(JSONB)
    entered_at: Mapped[datetime]
    entered_by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class RosterDayRow(Base):
    """A day of a desk that counts as another: a holiday, or a weekend day that is worked."""

    __tablename__ = "roster_days"

    desk: Mapped[str] = mapped_column(String(20), primary_key=True)
    on_date: Mapped[date] = mapped_column(Date, primary_key=True)
    counts_as: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(Text)


class FeedRow(Base):
    """A calendar address of a desk's roster; its secret is kept as SHA-256 only."""

    __tablename__ = "roster_feeds"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    revoked_at: Mapped[datetime | None]


class HandOverRow(Base):
    """A desk handed over with notes, line by line, until another officer of it takes it or the giver takes it back."""

    __tablename__ = "desk_hand_overs"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    lines: Mapped[list[str]] = mapped_column(JSONB)
    given_at: Mapped[datetime]
    given_by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    given_name: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(String(10))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    answered_name: Mapped[str | None] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text, server_default="")


class OverrideRow(Base):
    """An exception: a contact (and others with it) stands in for a role from since until just before until.

    kind: override, cover or swap; pair: the other half of a swap. Taken back it has ended_at, and counts no more.
    """

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    role: Mapped[str] = mapped_column(String(10))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    others: Mapped[list[int]] = mapped_column(JSONB, server_default="[]")
    kind: Mapped[str] = mapped_column(String(10), server_default="override")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    pair: Mapped[int | None] = mapped_column(BigInteger)
    origin: Mapped[str] = mapped_column(String(8), server_default="file")
    entered_at: Mapped[datetime | None]
    entered_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class DeliveryRow(Base):
    """One message on its way to one number of one contact by one channel, or the record of why there is none.

    contract: only workers that know it may take the row up. bundle_id: the delivery in whose text this message travels.
    rank: who goes first. attempts: posts begun; uncounted: those of them that the channel, not the message, stopped.
    failures: those after which it is given up some day. checks: times that the provider was asked in vain. lease_token: whoever holds it may change the row. reason: why it stands where it stands.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey(NotificationRow.id), index=True)
    incident: Mapped[int] = mapped_column(BigInteger)
    desk: Mapped[str] = mapped_column(String(20))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    method_id: Mapped[int | None] = mapped_column(ForeignKey("contact_methods.id"))
    channel: Mapped[str] = mapped_column(String(10))
    role: Mapped[str | None] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(16))
    rank: Mapped[int] = mapped_column(SmallInteger)
    resend: Mapped[bool] = mapped_column(Boolean)
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(2))
    act_at: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    uncounted: Mapped[int] = mapped_column(Integer, default=0)
    checks: Mapped[int] = mapped_column(Integer, default=0)
    provider: Mapped[str | None] = mapped_column(String(20))
    provider_sid: Mapped[str | None] = mapped_column(String(40), unique=True)
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    contract: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    bundle_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))


class AttemptRow(Base):
    """One post to a provider, or one call by an officer: committed before it is made, closed with what came of it."""

    __tablename__ = "attempts"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    http_status: Mapped[int | None] = mapped_column(Integer)
    error_code: Mapped[int | None] = mapped_column(Integer)
    provider_sid: Mapped[str | None] = mapped_column(String(40))
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class IntakeCallRow(Base):
    """One call to an intake that is too near for any message: what it was told (`says`) and what came of it.

    contact_id: None where nobody is in the directory, and the officer found a number elsewhere.
    """

    __tablename__ = "intake_calls"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(BigInteger, index=True)
    site: Mapped[int] = mapped_column(BigInteger)
    desk: Mapped[str] = mapped_column(String(20))
    says: Mapped[str] = mapped_column(String(12))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    outcome: Mapped[str] = mapped_column(String(20))
    person: Mapped[str] = mapped_column(Text)
    stated_at: Mapped[datetime]
    typed_at: Mapped[datetime]


class ProviderEventRow(Base):
    """What a provider said of a text, each thing once. source: `callback`, or `asked` by us; copies: how often it came."""

    __tablename__ = "provider_events"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    sid: Mapped[str] = mapped_column(String(40), primary_key=True)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    error_code: Mapped[int | None] = mapped_column(Integer)
    received_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(10), server_default="callback")
    copies: Mapped[int] = mapped_column(Integer, server_default="1")


class CheckRow(Base):
    """One question to the provider about a delivery, and what it answered: `look` by number and body, `ask` by SID."""

    __tablename__ = "delivery_checks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    attempt: Mapped[int] = mapped_column(Integer)
    asked: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(20))
    provider_sid: Mapped[str | None] = mapped_column(String(40))


class ProviderCodeRow(Base):
    """What an error code of the provider proves here, where an operator says other than what came with the service."""

    __tablename__ = "provider_codes"

    code: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    verdict: Mapped[str] = mapped_column(String(15))
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class TemplateRow(Base):
    """A wording that a provider has registered: by its digest, so that a changed wording is seen not to be."""

    __tablename__ = "text_templates"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    registered_as: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime]


class InboundRow(Base):
    """A text that a contact sent us, once per SID; what it was taken for, never its words."""

    __tablename__ = "inbound_messages"

    sid: Mapped[str] = mapped_column(String(40), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary)
    taken_as: Mapped[str] = mapped_column(String(20))
    notification_id: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime]


class EscalationRow(Base):
    """The ladder of one thread (who tells which desk in an incident): the step last told and when the next is due.

    steps: [{"role", "wait_s"}], as they stood when the message was planned; wait_s is null where nobody rises after it.
    read_backs: how many persons must read the message back.
    """

    __tablename__ = "escalations"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(BigInteger)
    who: Mapped[str] = mapped_column(String(20))
    tells: Mapped[str] = mapped_column(String(20))
    notification_id: Mapped[int] = mapped_column(ForeignKey(NotificationRow.id), index=True)
    step: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(12))
    next_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    read_backs: Mapped[int] = mapped_column(SmallInteger)


class ChannelRow(Base):
    """A channel that must wait: for the provider's rate, or because its settings are refused (then `stopped_at`)."""

    __tablename__ = "channel_pauses"

    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    until: Mapped[datetime]
    strikes: Mapped[int] = mapped_column(Integer)
    stopped_at: Mapped[datetime | None]
    reason: Mapped[dict[str, Any]] = mapped_column(JSONB)
