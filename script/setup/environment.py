"""The settings that the service is started with: those of the caller, and what the small installation adds to them."""

import base64
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from emergency.words import Words
from script.setup import cluster
from script.setup.checkout import Checkout
from script.setup.trouble import Trouble

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
DEFAULT_PORT: Final = 8000

SIMULATOR: Final = "simulator"

# Systems keep their own list of locales under LANGUAGE (zh_CN:zh); that is not our setting.
OUR_LANGUAGES: Final = ("zh", "en")

# 32 bytes in base64url each, as the encryption of the numbers takes them.
KEYS: Final = ("SECRET_KEY", "CONTACTS_KEY")


@contextmanager
def ready(checkout: Checkout, *, database: str = cluster.DATABASE) -> Iterator[dict[str, str]]:
    """The environment of the service, with a database that is up for as long as the block runs."""
    if given(os.environ, "DATABASE_URL"):
        yield settings(checkout, os.environ)
        return
    ours = cluster.locate(checkout)
    with cluster.in_use(ours, checkout):
        yield settings(checkout, os.environ) | {"DATABASE_URL": ours.url(database)}


def settings(checkout: Checkout, environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, completed: generated keys, port, addresses on the loopback past any proxy."""
    number = port(environ)
    made = dict(environ) | _past_proxy(environ) | {"PORT": str(number)}
    made |= {"FLASK_APP": str(checkout.root / "wsgi.py"), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    if not given(environ, "PUBLIC_URL"):
        made["PUBLIC_URL"] = f"http://127.0.0.1:{number}"
    if environ.get("LANGUAGE") not in OUR_LANGUAGES:
        made.pop("LANGUAGE", None)
    for name in KEYS:
        if not given(environ, name):
            made[f"{name}_FILE"] = str(_key(checkout.secrets / name.lower()))
    if (value(environ, "SMS_PROVIDER") or SIMULATOR) == SIMULATOR:
        made |= _simulator(checkout, environ, number)
    return made


def _simulator(checkout: Checkout, environ: Mapping[str, str], number: int) -> dict[str, str]:
    """What the service and the simulated phone company must agree on."""
    made = {"PHONES_INBOUND_URL": f"http://127.0.0.1:{number}/webhooks/twilio/inbound"}
    for ours, theirs in (("TWILIO_ACCOUNT_SID", "PHONES_ACCOUNT_SID"), ("TWILIO_FROM", "PHONES_SENDER")):
        if given(environ, ours):
            made[theirs] = value(environ, ours)
    if given(environ, "TWILIO_AUTH_TOKEN"):
        # The first signs, the others are still accepted.
        return made | {"PHONES_AUTH_TOKEN": value(environ, "TWILIO_AUTH_TOKEN").partition(",")[0].strip()}
    return made | {"TWILIO_AUTH_TOKEN_FILE": str(_key(checkout.phones_token))}


def given(environ: Mapping[str, str], name: str) -> bool:
    """Whether the caller set `name`, directly or as a file."""
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def value(environ: Mapping[str, str], name: str) -> str:
    """What the caller set `name` to, directly or in a file; empty where unset."""
    path = environ.get(f"{name}_FILE")
    return environ.get(name) or (Path(path).read_text(encoding="utf-8").strip() if path else "")


def port(environ: Mapping[str, str]) -> int:
    """The port of the web; the phone company's simulator takes the next."""
    text = value(environ, "PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65535:
        raise Trouble(
            Words(
                f"PORT={text} 无效：请给出 1 到 65534 的整数。",
                f"PORT={text} cannot be used: give a whole number from 1 to 65534.",
            )
        )
    return int(text)


def _key(path: Path) -> Path:
    """The file with a key, made once and put in place whole."""
    if path.exists() and path.stat().st_size:
        return path
    fresh = path.with_suffix(f".{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as written:
        written.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() + "\n")
    fresh.replace(path)
    return path


def _past_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    known = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    names = [name for name in known.split(",") if name] + [name for name in LOOPBACK if name not in known]
    return {"NO_PROXY": ",".join(names), "no_proxy": ",".join(names)}
