"""Runs the fake phone company: `python -m contacts.phones --port N --book PATH`. It may be killed at any time."""

import argparse
import os
import re
import secrets
import signal
import sqlite3
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from contacts.phones import exchange, rules
from contacts.phones.app import create_app
from contacts.phones.book import Book, BookInUse, keep_note
from contacts.phones.ticker import Ticker
from contacts.phones.values import Settings
from contacts.phones.words import LANGUAGES, Words

DEFAULT_ACCOUNT: Final = "AC" + "5" * 32  # an account SID is a name, not a secret
DEFAULT_SENDER: Final = "+12025550100"
CONNECTIONS: Final = 128


class Handler(WSGIRequestHandler):
    """One request on its own thread; a caller that says nothing for half a minute is dropped."""

    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the book keeps what matters, and bodies do not belong in a log."""


class Server(ThreadedWSGIServer):
    """Serves at most CONNECTIONS at a time; further callers wait in the listen queue."""

    daemon_threads = True

    def __init__(self, host: str, port: int, app: Any):
        super().__init__(host, port, app, handler=Handler)
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a free place, then start the thread."""
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back, whatever happened."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


def main(arguments: list[str] | None = None) -> None:
    """Open the book, take up its open texts, serve until told to stop."""
    asked = _parser(os.environ).parse_args(arguments)
    path = asked.book / "book.sqlite3" if asked.book.is_dir() else asked.book
    try:
        book = Book(path)
    except BookInUse:
        _stop(Words(f"账本 {path} 正被另一个进程使用", f"the book {path} is in use by another process"))
    except (OSError, sqlite3.Error) as error:
        _stop(Words(f"账本 {path} 打不开：{error}", f"the book {path} cannot be opened: {error}"))
    settings = Settings(
        account_sid=asked.account_sid,
        auth_token=asked.auth_token or _kept_token(path),
        seed=asked.seed,
        step_s=asked.step_s,
        webhook_timeout_s=asked.webhook_timeout_s,
        sender=asked.sender,
        language=asked.language,
        time_zone=asked.time_zone,
        signature=asked.signature,
    )
    _prepare(book, asked)
    ticker = Ticker(book, settings)
    server = Server(asked.host, asked.port, create_app(book, settings, wake=ticker.wake, alive=ticker.alive))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    ticker.start()
    print(f"模拟电话公司 / simulated phone company: http://{asked.host}:{server.port}/", flush=True)
    server.serve_forever()


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m contacts.phones", description="模拟电话公司，不连接任何真实网络 / A fake phone company."
    )
    add = parser.add_argument
    add("--port", type=_port, required=True, help="端口，0 为任选 / port, 0 for any free one")
    add("--book", type=Path, required=True, help="账本文件 / the book, one file")
    add("--host", default="127.0.0.1", help="监听地址 / address to listen on")
    add("--seed", type=int, default=0, help="故障的随机种子 / seed of the faults")
    add("--step-s", type=_seconds, default=0.6, help="状态间隔秒数 / seconds between two states of a text")
    add(
        "--webhook-timeout-s", type=_seconds, default=15.0, help="回执等待秒数 / seconds to wait for a webhook's answer"
    )
    add("--signature", choices=("sha1", "sha256"), default="sha1", help="回执签名 / how webhooks are signed")
    add("--account-sid", type=_fitting(rules.ACCOUNT_SID), default=environ.get("PHONES_ACCOUNT_SID", DEFAULT_ACCOUNT))
    add("--auth-token", default=environ.get("PHONES_AUTH_TOKEN", ""), help="PHONES_AUTH_TOKEN")
    add("--sender", type=_fitting(rules.E164), default=environ.get("PHONES_SENDER", DEFAULT_SENDER))
    add(
        "--inbound-url",
        type=_address,
        default=environ.get("PHONES_INBOUND_URL"),
        help="来信地址 / where replies are posted",
    )
    add("--profiles", type=_profiles, default=environ.get("PHONES_PROFILES", ""), help="+12025550143=CN,...")
    add(
        "--profile",
        choices=("", "CN"),
        default=environ.get("PHONES_PROFILE", ""),
        help="其余号码 / of every other number",
    )
    language = environ.get("LANGUAGE", "")  # a system may keep its own list of locales under this name
    add("--language", choices=LANGUAGES, default=language if language in LANGUAGES else "zh")
    add("--time-zone", type=_zone, default=environ.get("TIME_ZONE", "Asia/Shanghai"))
    return parser


def _prepare(book: Book, asked: argparse.Namespace) -> None:
    """Enter what the command line says of the inbound address and the numbers' countries."""
    with book.write() as db:
        if asked.inbound_url is not None:
            keep_note(db, "inbound_url", asked.inbound_url)
        keep_note(db, "profile", asked.profile)
        for number, profile in asked.profiles:
            exchange.know_handset(db, number)
            db.execute("UPDATE handsets SET profile = ? WHERE number = ?", (profile, number))


def _kept_token(book: Path) -> str:
    """The token in a file beside the book, drawn at the first start: there is no default secret."""
    path = book.with_name(book.name + ".token")
    if not path.exists():
        draft = path.with_name(path.name + ".new")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(16))
        draft.replace(path)  # whole or not at all, whenever the process is killed
    print(f"令牌 / auth token: {path}", file=sys.stderr, flush=True)
    return path.read_text().strip()


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("0 .. 65535")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.001 <= value <= 3600:
        raise argparse.ArgumentTypeError("0.001 .. 3600")
    return value


def _fitting(pattern: re.Pattern[str]) -> Any:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError(f"{text!r} does not fit {pattern.pattern}")
        return text

    return check


def _address(text: str) -> str:
    try:
        rules.check_loopback(text)
    except rules.Refusal as refusal:
        raise argparse.ArgumentTypeError(refusal.message) from refusal
    return text


def _profiles(text: str) -> list[tuple[str, str]]:
    pairs = [pair.strip().partition("=")[::2] for pair in text.split(",") if pair.strip()]
    for number, profile in pairs:
        if not rules.E164.fullmatch(number) or profile not in ("", "CN"):
            raise argparse.ArgumentTypeError(f"{number}={profile} 应如 / should look like +12025550143=CN")
    return pairs


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"no time zone {name!r}") from error


def _stop(sentence: Words) -> NoReturn:
    sys.exit(f"{sentence.zh} / {sentence.en}")


if __name__ == "__main__":
    main()
