"""The tables of an incident: the file itself, its reports, its frozen assessments, and the obligations they raised."""

from datetime import datetime
from typing import Any, Final

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Integer, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from emergency.db import SRID, Base


class IncidentRow(Base):
    """An event, actual or suspected, led by a desk. What it is known to be stands in its reports and assessments.

    merged_into: the file that it goes on in. told_by: in a receiving desk's own file the desk that told it, from whose area
    the water comes; the file's duties run onward from the receiver.
    """

    __tablename__ = "incidents"

    number: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    status: Mapped[str] = mapped_column(String(12))
    lead: Mapped[str] = mapped_column(String(20))
    drill: Mapped[bool] = mapped_column(Boolean)
    medium: Mapped[str] = mapped_column(String(10))
    known_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    declared_grade: Mapped[str | None] = mapped_column(String(3))
    next_update_at: Mapped[datetime | None]
    stood_down_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("incidents.number"), index=True)
    told_by: Mapped[str | None] = mapped_column(String(20))


class ReportRow(Base):
    """One piece of news received: a statement with a source and a state. Never deleted; corrected by a later one."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("incident", "n"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(ForeignKey("incidents.number"))
    n: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime]
    by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    statement: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[Any] = mapped_column(Geometry("POINT", srid=SRID, spatial_index=False))


class AttachmentRow(Base):
    """In which file a report counts, under which number there, since when; `until`: it counts in another one now."""

    __tablename__ = "attachments"
    __table_args__ = (UniqueConstraint("incident", "report"),)

    incident: Mapped[int] = mapped_column(ForeignKey("incidents.number"), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    report: Mapped[int] = mapped_column(ForeignKey("reports.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class VerdictRow(Base):
    """Who held a report to be verified, preliminary, unverified or refuted, when and why. A trigger refuses any change."""

    __tablename__ = "verdicts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    report: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]


class LinkRow(Base):
    """Two files on one event, each with its own lead. file: the one that was there first, or that told the other."""

    __tablename__ = "incident_links"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    file: Mapped[int] = mapped_column(ForeignKey("incidents.number"), index=True)
    other: Mapped[int] = mapped_column(ForeignKey("incidents.number"), index=True)
    because: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ended_at: Mapped[datetime | None]


class LeadHandOverRow(Base):
    """The lead offered to another desk with the sheet of what is open, and the answer: accepted, refused, taken back."""

    __tablename__ = "lead_hand_overs"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(ForeignKey("incidents.number"), index=True)
    from_desk: Mapped[str] = mapped_column(String(20))
    to_desk: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    sheet: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    asked_at: Mapped[datetime]
    asked_by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    answer: Mapped[str | None] = mapped_column(String(10))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    answer_reason: Mapped[str | None] = mapped_column(Text)


class AssessmentRow(Base):
    """One frozen run, from inputs to obligations. A trigger refuses any change."""

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("incident", "n"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(ForeignKey("incidents.number"))
    n: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geometry: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ObligationRow(Base):
    """A duty that an assessment raised, once per occasion; `notification_id` is the message that discharges it.

    A duty to one's own side has no message: told_at says when that office was called, told_by which officer said so.
    event: the file in which it counts now; None while the like duty of a file merged with this one stands for it.
    """

    __tablename__ = "obligations"
    __table_args__ = (
        UniqueConstraint(
            "incident", "who", "tells", "role", "agreement", "clause", "occasion", "kind", name="obligations_once"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(ForeignKey("incidents.number"))
    who: Mapped[str] = mapped_column(String(20))
    tells: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    agreement: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    occasion: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    deadline_at: Mapped[datetime | None]
    reason: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raised_at: Mapped[datetime]
    assessment_id: Mapped[int] = mapped_column(BigInteger)
    notification_id: Mapped[int | None] = mapped_column(BigInteger)
    told_at: Mapped[datetime | None]
    told_by: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    event: Mapped[int | None] = mapped_column(BigInteger, index=True)


class TaskRow(Base):
    """Something that `flask work` is to do at `act_at`; one open task per kind and subject."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(Text)
    act_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]


class RuleRow(Base):
    """One version of a rule document that this deployment loaded: criteria of grades, or limits. Its body is never changed.

    A document of the same id that came with the service is replaced by it from `valid_from` on.
    """

    __tablename__ = "rules"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    loaded_at: Mapped[datetime]
    checksum: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


TRACK: Final = "track"
"""`SignedActRow.what` of an act that puts a file on the two-hour track, or takes it off."""


class SignedActRow(Base):
    """A signed act on one desk's file of an incident: a grade declared, raised or lowered, the two-hour track set, a response
    started, changed or ended, a report made. A trigger refuses any change.

    at: when it was done, as stated; recorded_at: when it was typed in. signer: who decided, or who took the report.
    """

    __tablename__ = "signed_acts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    incident: Mapped[int] = mapped_column(ForeignKey("incidents.number"), index=True)
    jurisdiction: Mapped[str] = mapped_column(String(20))
    what: Mapped[str] = mapped_column(String(10))
    act: Mapped[str] = mapped_column(String(20))
    value: Mapped[str | None] = mapped_column(String(20))
    before: Mapped[str | None] = mapped_column(String(20))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by: Mapped[dict[str, Any]] = mapped_column(JSONB)
    signer: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ClockAlertRow(Base):
    """An alert that a clock raised, once per stage, and the tier that has held it since."""

    __tablename__ = "clock_alerts"

    incident: Mapped[int] = mapped_column(ForeignKey("incidents.number"), primary_key=True)
    clock: Mapped[str] = mapped_column(Text, primary_key=True)
    stage: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    until_at: Mapped[datetime]
    tier: Mapped[str] = mapped_column(Text)
