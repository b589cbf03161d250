"""The distribution's Chromium, and officers who sign in with it to a whole service on the reference basin."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from emergency import access, clock, db
from tests.chromium import PATIENCE_MS
from tests.conftest import clone as clone
from tests.phones import PhoneCompany, phones
from tests.stories.conftest import basin_service
from tests.stories.service import ROOT, Client, Service, stopping

__all__ = ["basin_service", "phones"]

TONGBO: Final = {"lon": 107.38, "lat": 30.60}


@dataclass
class Desk:
    """One officer's open page, and what it has asked for and complained of."""

    page: Page
    context: BrowserContext
    client: Client
    url: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Go to a page of the service."""
        self.page.goto(self.url + path)
        return self.page

    def ready(self) -> Page:
        """The desk, with its line up."""
        expect(self.page.locator("#link .link-live")).to_be_visible()
        return self.page


@dataclass
class Office:
    """Makes officers and opens their pages."""

    service: Service
    browser: Browser
    stack: ExitStack
    pages: list[Desk] = field(default_factory=list)

    def desk(self, name: str, role: str, code: str | None, **context: Any) -> Desk:
        """A new officer who has signed in; `context` is the browser's, such as locale or viewport."""
        name = f"{name} {secrets.token_hex(3)}"  # many of the same post come and go while one service stands
        client = self.service.client(name, role, code)
        with db.sessions(self.service.engine).begin() as session:
            password = access.new_password(session, name=name, at=clock.now())
        opened = self.visitor(client, **context)
        sign_in(opened.open("/sign-in"), name, password)
        opened.page.wait_for_url(self.service.url + "/")
        opened.ready()
        return opened

    def visitor(self, client: Client | None = None, **context: Any) -> Desk:
        """A browser in which nobody has signed in."""
        asked = {
            "locale": "zh-CN",
            "timezone_id": "Europe/Berlin",
            "viewport": {"width": 1440, "height": 900},
        } | context
        made = self.browser.new_context(**asked)
        self.stack.callback(made.close)
        made.set_default_timeout(PATIENCE_MS)
        desk = Desk(made.new_page(), made, client or Client(self.service.url, None), self.service.url)
        desk.page.on("request", lambda request: desk.asked.append(request.url))
        desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        desk.page.on("console", lambda message: _complain(desk, message.type, message.text))
        self.pages.append(desk)
        return desk


@pytest.fixture(scope="session")
def standing_service(
    server_url: str, reference_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """One service for all tests that open an incident of their own and look at nothing else."""
    folder = tmp_path_factory.mktemp("browser")
    company = PhoneCompany(folder / "book.sqlite3").start()
    try:
        for database in clone(server_url, reference_template):
            made = Service(database, folder, company)
            made.flask("contacts", "load", str(ROOT / "emergency" / "reference" / "contacts.yaml"))
            yield from stopping(made.start())
    finally:
        company.kill()


@pytest.fixture
def office(standing_service: Service, chromium: Browser) -> Iterator[Office]:
    """The standing service; after the test no page has complained or asked for anything from outside."""
    yield from _open(standing_service, chromium)


@pytest.fixture
def empty_office(basin_service: Service, chromium: Browser) -> Iterator[Office]:
    """A service of one's own, without any incident."""
    yield from _open(basin_service.start(), chromium)


@pytest.fixture
def dazhou(office: Office) -> Desk:
    """The duty officer of 达州, in whose area the 铜钵河 rises."""
    return office.desk("达州值班员", "duty_officer", "511700")


@pytest.fixture
def liangping(office: Office) -> Callable[..., Desk]:
    """Opens the page of 梁平's liaison, the next down the river."""
    return lambda **context: office.desk("梁平联络人", "liaison", "500155", **context)


def _open(service: Service, browser: Browser) -> Iterator[Office]:
    with ExitStack() as stack:
        made = Office(service, browser, stack)
        yield made
        for desk in made.pages:
            assert desk.complaints == []
            assert [url for url in desk.asked if not _ours(url, service.url)] == []


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill in the form and press the button."""
    page.fill("#name", name)
    page.fill("#password", password)
    page.click(".sign-in button[type=submit]")


def reported(desk: Desk, **said: Any) -> int:
    """An incident at the head of the 铜钵河, opened by the API."""
    return int(desk.client.post("/api/v1/incidents", {"location": TONGBO, **said})["number"])


def number_of(page: Page) -> int:
    """The incident that a page looks at."""
    found = re.search(r"incident=(\d+)", page.url)
    assert found, page.url
    return int(found[1])


def send(page: Page, label: str) -> None:
    """Confirm what is ticked, under a button that says who will hear it."""
    page.click("#next-bar [data-do=issue]")
    button = page.locator("#sheet button[type=submit]")
    expect(button).to_contain_text(label)
    button.click()
    expect(page.locator("#sheet")).not_to_be_visible()


def _complain(desk: Desk, kind: str, text: str) -> None:
    """A refused request is news for the officer, shown on the page; all else that is an error is a fault of the page."""
    if kind == "error" and not re.search(r"status of 4\d\d|ERR_CONNECTION_REFUSED|WebSocket connection", text):
        desk.complaints.append(text)


def _ours(url: str, service: str) -> bool:
    return url.startswith((service, "data:", "blob:" + service, service.replace("http", "ws", 1)))
