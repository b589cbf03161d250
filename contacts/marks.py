"""The address to which a provider reports on a text: it names our delivery and attempt and carries our own mark.

The provider's signature proves who reports; the mark proves that the delivery and attempt are the ones we gave. So a report
that comes before our own commit finds its row.
"""

import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

STATUS_PATH: Final = "/webhooks/twilio/status"
INBOUND_PATH: Final = "/webhooks/twilio/inbound"
RETRIES: Final = "#rc=3"  # connection override: the provider tries again up to three times; never sent in the request
_PURPOSE: Final = b"lianfang delivery mark"
_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Marker:
    """Makes and checks the marks of one deployment."""

    public_url: str
    secret_key: str

    def url(self, delivery: int, attempt: int) -> str:
        """Where the provider is to report on this attempt."""
        query = urlencode({"delivery": delivery, "attempt": attempt, "mark": self._mark(delivery, attempt)})
        return f"{self.public_url}{STATUS_PATH}?{query}{RETRIES}"

    def holds(self, delivery: int, attempt: int, mark: str) -> bool:
        """Whether the mark is ours."""
        return hmac.compare_digest(self._mark(delivery, attempt).encode(), mark.encode())

    def _mark(self, delivery: int, attempt: int) -> str:
        key = hmac.digest(self.secret_key.encode(), _PURPOSE, "sha256")
        return hmac.new(key, f"{delivery}:{attempt}".encode(), "sha256").hexdigest()[:_LENGTH]
