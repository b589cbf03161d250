"""By which door somebody signs in: from which address, and whether this browser has been let in under this name before.

A browser is known by a signed cookie that holds a number of its own and the names (hashed) that signed in there; several
officers share the computer of a desk. The cookie opens nothing: it only has wrong passwords counted apart (`throttle`).
"""

import hashlib
import hmac
import secrets
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from flask import Response, after_this_request, current_app, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from emergency import throttle
from emergency.throttle import Door

COOKIE: Final = "lianfang_known"
MOST_NAMES: Final = 12
YEAR_S: Final = 365 * 24 * 3600
SITE_BITS: Final = 64
"""Whoever has one IPv6 address has this whole network of them."""


def of(name: str) -> Door:
    """The door at which this request stands, for a name."""
    number, names = _known()
    mark = throttle.mark(name)
    return Door(mark, _hashed(_address()), number if mark in names else None)


def remember(name: str) -> None:
    """This browser was let in under a name: say so in the cookie of this answer."""
    number, names = _known()
    mark = throttle.mark(name)
    kept = [mark, *(each for each in names if each != mark)][:MOST_NAMES]
    stored = _serializer().dumps([number, *kept])

    def dressed(answer: Response) -> Response:
        answer.set_cookie(
            COOKIE,
            stored,
            max_age=YEAR_S,
            path=url_for("pages.sign_in"),
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return answer

    after_this_request(dressed)


def _known() -> tuple[str, list[str]]:
    """The browser's number and the names that were let in there; a new number and no names where the cookie says nothing."""
    try:
        number, *names = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return secrets.token_hex(16), []
    return number, names


def _address() -> str:
    """Where the request comes from; through a proxy on this machine, where the proxy says that it came from."""
    peer = _read(request.remote_addr or "")
    if peer is None or not peer.is_loopback:
        return _network(peer)
    told = _read(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
    return _network(told or peer)


def _read(written: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(written)
    except ValueError:
        return None  # a Unix socket has no address, and a header may say anything
    return getattr(found, "ipv4_mapped", None) or found


def _network(address: IPv4Address | IPv6Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, SITE_BITS), strict=False))
    return str(address)


def _hashed(address: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"address\0{address}".encode(), hashlib.sha256).hexdigest()


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="known-browser")
