"""The page that the desk has open, beside the text and never instead of it.

The journal carries the offer to the desk's room; a page that shows it posts a receipt, and only that is `delivered`.
"""

from collections.abc import Collection
from datetime import datetime

from contacts.channels.base import Channel, Parcel, Report
from emergency import journal
from emergency.db import Sessions
from emergency.journal import Actor


class WebsocketPage(Channel):
    """Offers a message to the pages of a desk."""

    provider = "journal"
    repeatable = True  # a page shows a delivery once, by its id

    def __init__(self, sessions: Sessions):
        self._sessions = sessions

    def send(self, parcel: Parcel) -> Report:
        """Put the offer into the desk's stream, by ids only."""
        facts = {"delivery": parcel.delivery, "notification": parcel.notification, "incident": parcel.incident}
        with self._sessions.begin() as session:
            journal.append(
                session,
                f"desk:{parcel.desk}",
                "delivery.offered",
                by=Actor(process="dispatch"),
                at=parcel.at,
                facts=facts,
            )
        return Report(None, "accepted")

    def find(self, parcel: Parcel, *, since: datetime, known: Collection[str]) -> Report | None:
        """Nothing to look for: an offer may be repeated."""
        return None

    def ask(self, sid: str | None) -> Report:
        """Asked only when no receipt came in time: no page was open."""
        return Report(None, "no_page")
