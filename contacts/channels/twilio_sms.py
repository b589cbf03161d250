"""Texts through Twilio's Messages resource, by its own client; the simulator speaks the same and is reached by another address.

Creating a message has no idempotency parameter, so an answer that did not come is UNKNOWN and never simply repeated.
"""

import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from requests import RequestException
from requests.exceptions import ConnectTimeout
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError
from urllib3.exceptions import SSLError as TlsError

from contacts.channels.base import Channel, NotDelivered, Parcel, Report, Verdict
from contacts.channels.twilio_codes import refusal
from contacts.marks import Marker
from contacts.people.countries import FOREIGN_PROVIDERS
from emergency import clock
from emergency.config import Settings
from emergency.errors import NotReady
from emergency.words import Words

PROVIDER: Final = "twilio"
SIMULATED_ACCOUNT: Final = "AC" + "5" * 32  # the phone company's default; a name, not a secret
SIMULATED_SENDER: Final = "+12025550100"
LISTED: Final = 200
MOST_LISTED: Final = 5_000
LONGEST_VALID_S: Final = 36_000  # the provider's limit

NEVER_LEFT: Final = Words("连不上服务方，没有发出", "the provider could not be reached: it was not sent")
MAY_HAVE_GONE: Final = Words("没有收到服务方的答复，不知是否发出", "no answer came: it may have been sent")
TOO_MANY: Final = Words("该号码的短信太多，查不全", "that number was sent too many texts to look through")
UNREADABLE: Final = Words("服务方的答复读不懂", "the provider's answer cannot be read")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose texts they are and where they are handed in. base_url: empty for the provider's own address, which `region` and
    `edge` make part of: empty for its default. abroad: whether texts are handed in from another country."""

    sid: str
    token: str
    sender: str
    service_sid: str
    base_url: str
    region: str = ""
    edge: str = ""
    abroad: bool = False


def account(settings: Settings) -> Account:
    """The account that the settings name; NotReady says which setting is missing."""
    simulated = settings.sms_provider == "simulator"
    if settings.sms_provider == "gateway":
        raise _missing("SMS_PROVIDER", "gateway 尚未提供", "gateway is not offered yet")
    sid = settings.twilio_account_sid or (SIMULATED_ACCOUNT if simulated else "")
    sender = settings.twilio_from or (
        SIMULATED_SENDER if simulated and not settings.twilio_messaging_service_sid else ""
    )
    if not sid:
        raise _missing("TWILIO_ACCOUNT_SID", "未设置", "is not set")
    if not sender and not settings.twilio_messaging_service_sid:
        raise _missing("TWILIO_FROM", "未设置", "is not set")
    base_url = settings.twilio_base_url or (f"http://127.0.0.1:{settings.port + 1}" if simulated else "")
    return Account(
        sid,
        tokens(settings)[0],
        sender,
        settings.twilio_messaging_service_sid,
        base_url,
        settings.twilio_region,
        settings.twilio_edge,
        settings.sms_provider in FOREIGN_PROVIDERS,
    )


def tokens(settings: Settings) -> tuple[str, ...]:
    """The tokens that hold: the first signs our requests, each may have signed a webhook."""
    found = tuple(token.strip() for token in settings.twilio_auth_token.split(",") if token.strip())
    if not found:
        raise _missing("TWILIO_AUTH_TOKEN", "未设置", "is not set")
    return found


class Redirected(TwilioHttpClient):  # type: ignore[misc]  # the client ships no types
    """The provider's own HTTP client, with a time limit, no retries, and if told so another address."""

    def __init__(self, base_url: str, timeout_s: float):
        super().__init__(timeout=timeout_s, max_retries=0)
        self._base = urlsplit(base_url)
        self.after_s: float | None = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """As the provider's client does, but to the base address where one is set."""
        if self._base.netloc:
            url = urlunsplit(urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc))
        self.after_s = None
        answer = super().request(method, url, *args, **kwargs)
        self.after_s = _after_s(answer.headers, clock.now())
        return answer


class TwilioSms(Channel):
    """One account. Each worker thread has its own, since an HTTP session is not to be shared between threads."""

    provider = PROVIDER

    def __init__(self, account: Account, marker: Marker, *, timeout_s: float):
        self.abroad = account.abroad
        self._account = account
        self._marker = marker
        self._http = Redirected(account.base_url, timeout_s)
        self._client = Client(
            account.sid,
            account.token,
            region=account.region or None,
            edge=account.edge or None,
            http_client=self._http,
        )

    def send(self, parcel: Parcel) -> Report:
        """Create the message, with the address to which its fate is to be reported."""
        sender = {"messaging_service_sid": self._account.service_sid} if self._account.service_sid else {}
        made = self._asked(
            lambda: self._client.messages.create(
                to=parcel.number,
                body=parcel.body,
                status_callback=self._marker.url(parcel.delivery, parcel.attempt),
                validity_period=max(1, min(LONGEST_VALID_S, parcel.valid_s)),
                **(sender or {"from_": self._account.sender}),
            )
        )
        return _report(made)

    def find(self, parcel: Parcel, *, since: datetime, known: Collection[str]) -> Report | None:
        """By recipient alone: a filter by date would hide what is still queued. The whole body must match.

        The list is read until a page's worth of it is older than `since`: however many texts the number was sent since
        then, ours is among them, or is not there.
        """

        def looked() -> Report | None:
            older = 0
            for n, each in enumerate(self._client.messages.stream(to=parcel.number, page_size=LISTED)):
                older = older + 1 if each.date_created < since else 0
                if older == LISTED:
                    return None
                if n == MOST_LISTED:
                    raise NotDelivered(Verdict.UNKNOWN, TOO_MANY)
                ours = not older and each.body == parcel.body and str(each.direction).startswith("outbound")
                if ours and each.sid not in known:
                    return _report(each)
            return None

        return self._asked(looked)

    def ask(self, sid: str | None) -> Report:
        """Fetch the message."""
        return _report(self._asked(lambda: self._client.messages(sid).fetch()))

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except TwilioException as refused:
            raise _refused(refused, self._http.after_s) from refused
        except RequestException as trouble:
            left = not _never_left(trouble)
            raise NotDelivered(
                Verdict.UNKNOWN if left else Verdict.NOT_SENT, MAY_HAVE_GONE if left else NEVER_LEFT
            ) from trouble
        except (ProtocolError, ValueError, TypeError, KeyError) as unreadable:
            raise NotDelivered(Verdict.UNKNOWN, UNREADABLE) from unreadable


def _report(message: Any) -> Report:
    if not message.sid or not message.status:
        raise NotDelivered(Verdict.UNKNOWN, UNREADABLE)
    return Report(message.sid, str(message.status), message.error_code)


def _after_s(headers: Mapping[str, str] | None, at: datetime) -> float | None:
    """RFC 9110 10.2.3: seconds, or a date; None where the provider asks for no wait, or cannot be understood."""
    asked = (headers or {}).get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - at).total_seconds())
    except (ValueError, TypeError):
        return None


def _refused(error: TwilioException, after_s: float | None) -> NotDelivered:
    http_status, code = getattr(error, "status", None), getattr(error, "code", None)
    if not isinstance(http_status, int):
        return NotDelivered(Verdict.UNKNOWN, UNREADABLE)
    known = refusal(http_status, code if isinstance(code, int) else None)
    return NotDelivered(known.verdict, known.words, http_status=http_status, code=code, after_s=after_s)


def _never_left(trouble: RequestException) -> bool:
    """Only where the connection itself failed; everything later may have reached the provider."""
    if isinstance(trouble, ConnectTimeout):
        return True
    cause = trouble.args[0] if trouble.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, TlsError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError)


def _missing(name: str, zh: str, en: str) -> NotReady:
    return NotReady("setting", Words(f"设置 {name} {zh}。", f"Setting {name} {en}."), field=name)
