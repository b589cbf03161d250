"""What the provider refuses and what its carriers do, as tables; which request passes. Pure: no clock, no book.

Codes and sentences follow the provider's error dictionary; the list of form fields follows its OpenAPI document.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from contacts.phones.values import Draft, Status
from contacts.phones.words import Words

MAX_BODY: Final = 1600
MAX_URL: Final = 2048

ACCOUNT_SID: Final = re.compile(r"AC[0-9a-fA-F]{32}")
MESSAGE_SID: Final = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
SENDER: Final = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
FICTIONAL: Final = re.compile(r"\+1[2-9][0-9]{2}55501([0-9]{2})")
LINK: Final = re.compile(
    r"https?://|\bwww\.|\b[a-z0-9][a-z0-9-]*\.(?:com|cn|net|org|gov|edu|info|top|link|cc|io|me|ly|co)\b",
    re.ASCII | re.IGNORECASE,  # ASCII: a Chinese character before the link must count as a border
)

REFUSALS: Final = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21211: (400, "The 'To' number is not a valid phone number"),
    21212: (400, "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' number is not a valid message-capable phone number for this account"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "The 'To' phone number cannot be reached via SMS from this 'From' phone number"),
    21614: (400, "The 'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21624: (400, "Invalid validity period value"),
    21635: (400, "The 'To' number cannot be a landline"),
    21705: (400, "The Messaging Service SID is invalid"),
}

REFUSED_SUFFIXES: Final = {80: 21610, 81: 21211, 82: 21612, 84: 21614, 85: 21635, 88: 21408}
"""Last two digits of a fictional recipient (555-01xx) that is refused at once."""
REFUSED_SENDER_SUFFIX: Final = 86
"""A fictional sender 555-0186 belongs to somebody else: 21606."""
CARRIER_SUFFIXES: Final = {91: 30001, 93: 30003, 94: 30004, 95: 30005, 96: 30006, 97: 30007, 98: 30008}
"""Accepted, and answered by the carrier with this error."""
SILENT: Final = 0
SILENT_SUFFIX: Final = 90
"""Accepted and sent; no receipt ever comes."""


@dataclass(frozen=True, slots=True)
class CarrierError:
    """How a text ends that the carrier does not deliver."""

    status: Status
    message: str
    words: Words


CARRIER_ERRORS: Final = {
    30001: CarrierError(Status.FAILED, "Queue overflow", Words("队列已满", "queue overflow")),
    30003: CarrierError(
        Status.UNDELIVERED, "Unreachable destination handset", Words("手机无法接通", "handset unreachable")
    ),
    30004: CarrierError(Status.UNDELIVERED, "Message blocked", Words("被拦截", "blocked")),
    30005: CarrierError(Status.UNDELIVERED, "Unknown destination handset", Words("空号", "unknown handset")),
    30006: CarrierError(Status.UNDELIVERED, "Landline or unreachable carrier", Words("固定电话", "landline")),
    30007: CarrierError(Status.UNDELIVERED, "Message filtered", Words("被运营商过滤", "filtered by the carrier")),
    30008: CarrierError(Status.UNDELIVERED, "Unknown error", Words("原因不明", "unknown error")),
}

STOP_WORDS: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS: Final = frozenset({"START", "UNSTOP", "YES"})


class Refusal(Exception):
    """The provider's answer to a request that it does not take: a number, an HTTP status, a sentence, a wait in seconds."""

    def __init__(self, code: int, detail: str = "", *, status: int | None = None, retry_after: int | None = None):
        known_status, sentence = REFUSALS[code]
        super().__init__(sentence)
        self.code = code
        self.status = status or known_status
        self.retry_after = retry_after
        self.message = f"{sentence}: {detail}" if detail else f"{sentence}."


def default_profile(number: str) -> str:
    """The country rules of a number of which nothing else was said."""
    return "CN" if number.startswith("+86") else ""


def fate(to_number: str, body: str, *, profile: str) -> int | None:
    """The carrier's error that awaits this text; SILENT for no receipt at all, None for delivery."""
    if profile == "CN" and LINK.search(body):
        return 30007
    suffix = _suffix(to_number)
    return SILENT if suffix == SILENT_SUFFIX else CARRIER_SUFFIXES.get(suffix)


def read_draft(form: Mapping[str, str], *, num_media: int, service_sender: str) -> Draft:
    """The text that `form` asks for; Refusal says what the provider would not take."""
    body = _body(form, num_media)
    _check_parameters(form)
    return Draft(
        to_number=_recipient(form.get("To", "")),
        from_number=_sender(form, service_sender),
        service_sid=form.get("MessagingServiceSid") or None,
        body=body,
        num_media=num_media,
        callback_url=_callback(form.get("StatusCallback", "")),
    )


def check_loopback(url: str) -> None:
    """Refuse every webhook address outside this machine: a simulator must not reach the world."""
    try:
        parts = urlsplit(url)
        fit = parts.scheme == "http" and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise Refusal(21609, "it cannot be read") from error
    if not fit or len(url) > MAX_URL or not re.fullmatch(r"[\x21-\x7e]+", url):
        raise Refusal(21609, "it must be a plain http:// address")
    if not _is_loopback(parts.hostname or ""):
        raise Refusal(21609, "this simulator calls loopback addresses only (127.0.0.1, localhost, [::1])")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _suffix(number: str) -> int:
    match = FICTIONAL.fullmatch(number)
    return int(match[1]) if match else -1


def _recipient(number: str) -> str:
    if not number:
        raise Refusal(21604)
    if not E164.fullmatch(number):
        raise Refusal(21211, number[:40])
    if code := REFUSED_SUFFIXES.get(_suffix(number)):
        raise Refusal(code, number)
    return number


def _sender(form: Mapping[str, str], service_sender: str) -> str:
    service, number = form.get("MessagingServiceSid", ""), form.get("From", "")
    if service and not re.fullmatch(r"MG[0-9a-fA-F]{32}", service):
        raise Refusal(21705, service[:40])
    if not number and not service:
        raise Refusal(21603)
    if number and not SENDER.fullmatch(number):
        raise Refusal(21212, number[:40])
    if _suffix(number) == REFUSED_SENDER_SUFFIX:
        raise Refusal(21606, number)
    return number or service_sender


def _body(form: Mapping[str, str], num_media: int) -> str:
    if not form.get("To"):
        raise Refusal(21604)
    body = form.get("Body", "")
    if not body and not num_media and not form.get("ContentSid"):
        raise Refusal(21602)
    if len(body) > MAX_BODY:
        raise Refusal(21617, f"{len(body)} characters")
    return body


def _callback(url: str) -> str | None:
    if not url:
        return None
    check_loopback(url)
    return url.partition("#")[0]  # fragments are the provider's connection overrides; they are never sent


PARAMETERS: Final = {
    "ApplicationSid": r"AP[0-9a-fA-F]{32}",
    "ContentSid": r"HX[0-9a-fA-F]{32}",
    "FallbackFrom": r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}",
    "Attempt": r"-?[0-9]{1,9}",
    "MaxPrice": r"-?[0-9]+(\.[0-9]+)?",
    "ProvideFeedback": r"(?i:true|false)",
    "ForceDelivery": r"(?i:true|false)",
    "SmartEncoded": r"(?i:true|false)",
    "ShortenUrls": r"(?i:true|false)",
    "SendAsMms": r"(?i:true|false)",
    "ContentRetention": "retain",  # discard would blank the book that is the judge
    "AddressRetention": "retain",
    "TrafficType": "free",
    "RiskCheck": "enable|disable",
}
"""Form of the further fields, from the OpenAPI document; those not named there are ignored, as by the provider."""


def _check_parameters(form: Mapping[str, str]) -> None:
    for name, pattern in PARAMETERS.items():
        if name in form and not re.fullmatch(pattern, form[name]):
            raise Refusal(20001, f"{name} {form[name][:40]!r}")
    if "SendAt" in form or "ScheduleType" in form:
        raise Refusal(20001, "SendAt and ScheduleType are not simulated")
    period = form.get("ValidityPeriod")
    if period is not None and not (re.fullmatch(r"[0-9]{1,5}", period) and 1 <= int(period) <= 36_000):
        raise Refusal(21624, f"{period[:40]!r} is not a whole number of seconds from 1 to 36000")
