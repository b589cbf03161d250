"""The table of agreements: every version that was ever loaded, as it was read."""

from datetime import datetime

from sqlalchemy import Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from emergency.db import Base, Json


class AgreementRow(Base):
    """One version of an agreement; its body is never changed.

    valid_to: the first instant at which it no longer holds. active is False once a newer version holds for all its time.
    """

    __tablename__ = "agreements"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    loaded_at: Mapped[datetime]
    checksum: Mapped[str] = mapped_column(String(64))
    body: Mapped[Json]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(Boolean)
