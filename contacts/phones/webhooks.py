"""Tells the subscriber: signs a form with the company's own HMAC and posts it to an address on this machine.

The signature is the provider's published rule: HMAC, keyed with the auth token, over the address followed by every field
name and value in the order of the names; base64. SHA-1, or SHA-256 with a header that names it.
"""

import base64
import hmac
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlencode, urlsplit

WRONG_TOKEN: Final = "not-the-token-of-this-account"


def sign(url: str, form: Mapping[str, str], auth_token: str, digest: str = "sha1") -> str:
    """The value of X-Twilio-Signature."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), digest)).decode()


def post(
    url: str, form: Mapping[str, str], *, auth_token: str, token: str, timeout_s: float, digest: str = "sha1"
) -> int:
    """The HTTP status of the answer, 0 if there was none in time. Follows no redirect and uses no proxy."""
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": sign(url, form, auth_token, digest),
        "I-Twilio-Idempotency-Token": token,
        "User-Agent": "TwilioProxy/1.1 (simulated)",
    }
    if digest == "sha256":
        headers["X-Twilio-Webhooks-Signature-Settings"] = "key=simulated,algorithm=HMAC_SHA256"
    line = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line.request("POST", target, body=urlencode(form), headers=headers)
        return line.getresponse().status
    except (OSError, HTTPException):
        return 0  # refused, reset, late or unreadable: all of them mean that nobody has confirmed
    finally:
        line.close()
