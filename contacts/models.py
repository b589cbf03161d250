"""The tables of delivery: whom to tell and how, who is on duty, and the deliveries, which are the queue.

An open delivery has `act_at`: when something is next to be done about it (send, ask, give up waiting). Attempts and provider
events are only ever added; an attempt is written before the provider is called and gets its outcome once.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Integer, LargeBinary, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from emergency.db import Base
from emergency.notifications import NotificationRow


class ContactRow(Base):
    """A liaison or an office. `key` is its name in the file that it was loaded from."""

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


class MethodRow(Base):
    """A way to reach a contact, in order of preference. The number is encrypted; `lookup` (HMAC) finds it.

    wrong_at: since when it is held to be a wrong number; verified_at: when an administrator last confirmed it.
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


class RotationRow(Base):
    """How a role of a desk changes hands, by the wall clock of `time_zone`."""

    __tablename__ = "rotations"

    desk: Mapped[str] = mapped_column(String(20), primary_key=True)
    role: Mapped[str] = mapped_column(String(10), primary_key=True)
    time_zone: Mapped[str] = mapped_column(Text)
    anchor_at: Mapped[datetime]
    shift_hours: Mapped[int] = mapped_column(Integer)
    turns: Mapped[list[int]] = mapped_column(JSONB)


class OverrideRow(Base):
    """An exception: a contact stands in for a role from since until just before until."""

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    role: Mapped[str] = mapped_column(String(10))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]


class DeliveryRow(Base):
    """One message on its way to one number of one contact by one channel, or the record of why there is none.

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
    """What a provider said of a text, each thing once."""

    __tablename__ = "provider_events"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    sid: Mapped[str] = mapped_column(String(40), primary_key=True)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    error_code: Mapped[int | None] = mapped_column(Integer)
    received_at: Mapped[datetime]


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
