"""The phone company as a process, the provider's own client in front of it, and a subscriber behind it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.phones import AUTH_TOKEN, PhoneCompany, phones

__all__ = ["phones"]


class Redirected(TwilioHttpClient):  # type: ignore[misc]  # the client ships no types
    """The provider's client with another host."""

    def __init__(self, base: str):
        super().__init__(timeout=10, max_retries=0)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        return super().request(method, url.replace("https://api.twilio.com", self.base), *args, **kwargs)


@pytest.fixture
def client(phones: PhoneCompany) -> Client:
    """The provider's own client, talking to the fake."""
    return Client(phones.account_sid, phones.auth_token, http_client=Redirected(phones.url))


@dataclass
class Told:
    """One webhook as it arrived."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]
    genuine: bool


@dataclass
class Subscriber:
    """Hears webhooks; `answers` are the statuses of the next answers, 204 when they run out."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def statuses(self, sid: str) -> list[str]:
        """What was told of one text, in the order of arrival."""
        return [told.form["MessageStatus"] for told in list(self.told) if told.form["MessageSid"] == sid]


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    """A real server on loopback; signatures are judged by the provider's own validator."""
    heard = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length).decode()
            if len(body) < length:
                return  # the caller was killed while it spoke
            form = dict(parse_qsl(body, keep_blank_values=True))
            signature = self.headers["X-Twilio-Signature"]
            genuine = RequestValidator(AUTH_TOKEN).validate(heard.url + self.path, form, signature)
            heard.told.append(Told(self.path, form, dict(self.headers), genuine))
            self.send_response(heard.answers.pop(0) if heard.answers else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
