"""The tables of watching over delivery: rules of escalation, contact tests, who is at work, the last audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Identity, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from emergency.db import Base
from emergency.notifications import NotificationRow


class RuleRow(Base):
    """How a desk's own people are called one after the other in a circle of telling, where it is not the usual way.

    steps: [{"role", "wait_s"}], in order. read_backs: how many persons must read it back before it is calm.
    """

    __tablename__ = "escalation_rules"

    desk: Mapped[str] = mapped_column(String(20), primary_key=True)
    circle: Mapped[str] = mapped_column(String(10), primary_key=True)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    read_backs: Mapped[int] = mapped_column(SmallInteger)
    loaded_at: Mapped[datetime]


class ContactTestRow(Base):
    """A contact test of a desk. started_at: None while it is to come.

    month: set where it is the month's own. method_id: set where it is a code to one number, which verifies that number; tries:
    how often somebody said what it is.
    """

    __tablename__ = "contact_tests"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    desk: Mapped[str] = mapped_column(String(20), index=True)
    announced: Mapped[bool] = mapped_column(Boolean)
    month: Mapped[str | None] = mapped_column(String(7))
    method_id: Mapped[int | None] = mapped_column(ForeignKey("contact_methods.id"), index=True)
    starts_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class AskedRow(Base):
    """One contact asked in a test, by a message of its own with a code of its own."""

    __tablename__ = "contact_test_items"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    test_id: Mapped[int] = mapped_column(ForeignKey(ContactTestRow.id), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    notification_id: Mapped[int | None] = mapped_column(ForeignKey(NotificationRow.id), unique=True)


class BeatRow(Base):
    """A worker that lives: of which kind, its name (host and process), and when it last went round."""

    __tablename__ = "worker_beats"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]


class MarkRow(Base):
    """The wall clock beside a clock that nobody sets, as one worker last saw both. boot: of which machine's start."""

    __tablename__ = "clock_marks"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    boot: Mapped[str] = mapped_column(Text)
    steady_s: Mapped[float] = mapped_column(Float)
    wall_at: Mapped[datetime]


class AuditRow(Base):
    """The last audit, and when the outside was last told that all is well."""

    __tablename__ = "audits"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    at: Mapped[datetime]
    well: Mapped[bool] = mapped_column(Boolean)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    heartbeat_at: Mapped[datetime | None]
    heartbeat_trouble: Mapped[str | None] = mapped_column(Text)
