"""Every page has every entry, once and in order, whatever becomes of the connections in between."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import text

from emergency import clock, db, journal
from emergency.journal import Actor
from tests.stories.pages import Page
from tests.stories.service import Client, Service, wait_until
from tests.stories.slow import SlowPage

HEAD = {"lon": 100.02, "lat": 30.1005}
ROOM = "incident:1"
LISTENERS = text(
    "select pid from pg_stat_activity where datname = current_database() and query = 'listen journal' and pid <> pg_backend_pid()"
)


@pytest.fixture
def jia(service: Service) -> Client:
    """甲州's duty officer, with an incident on file."""
    officer = service.start("web").client("甲州值班员", "duty_officer", "V10100")
    officer.post("/api/v1/incidents", {"location": HEAD})
    return officer


@pytest.fixture
def pages(service: Service, jia: Client) -> Iterator[list[Page]]:
    """Three pages of three officers that look at the incident."""
    with ExitStack() as leaving:
        made = []
        for name in ("甲州领导", "甲州副班", "甲州观察员"):
            page = Page(service, service.client(name, "leader", "V10100"), ROOM).open()
            leaving.callback(page.close)
            made.append(page)
        begun = happens(service, 1)
        for page in made:  # the web may still have been relaying the report when they joined
            page.has(begun)
            page.sent.clear()
        yield made


def test_a_killed_listener_loses_nothing_doubles_nothing_and_keeps_the_order(
    service: Service, pages: list[Page]
) -> None:
    first = pages[0].last + 1
    for _ in range(5):
        happens(service, 4)
        for pid in listeners(service):
            terminate(service, pid)
        last = happens(service, 4)
        for page in pages:
            page.has(last)
        wait_until(lambda: listeners(service), "the web to listen again")
    for page in pages:
        assert page.sent == list(range(first, last + 1))


def test_p12_a_page_that_was_away_gets_each_missed_entry_once_and_in_order(service: Service, pages: list[Page]) -> None:
    away, stayed = pages[0], pages[1]
    first = away.last + 1
    away.has(happens(service, 3))
    for _ in range(3):
        away.close()
        stayed.has(happens(service, 10))
        away.open()
        away.has(happens(service, 1))
    stayed.has(away.last)
    assert away.sent == stayed.sent == list(range(first, away.last + 1))
    assert [each["hash"] for each in away.entries] == [each["hash"] for each in stayed.entries]


def test_pages_outlive_a_killed_web_process(service: Service, jia: Client, pages: list[Page]) -> None:
    for _ in range(2):
        happens(service, 3)
        service.kill("web")
        happens(service, 3)
        service.start("web")
        last = happens(service, 3)
        for page in pages:
            page.has(last)
    kept = jia.get("/api/v1/incidents/1/journal")["entries"]
    for page in pages:
        assert [(each["n"], each["hash"]) for each in page.entries] == [(each["n"], each["hash"]) for each in kept]


def test_a_page_on_a_slow_line_gets_every_entry_whole(service: Service, jia: Client, pages: list[Page]) -> None:
    last = happens(service, 40, {"text": "x" * 300_000})
    pages[0].has(last)
    with closing(SlowPage(service, jia, ROOM)) as slow:
        numbers = [entry["n"] for entry in islice(slow.entries(), last)]
    assert numbers == list(range(1, last + 1))


def happens(service: Service, times: int, facts: Mapping[str, Any] | None = None) -> int:
    """So many entries are committed, each by itself; the number of the last."""
    with db.sessions(service.engine)() as session:
        for _ in range(times):
            journal.append(session, ROOM, "test.happened", by=Actor(process="test"), at=clock.now(), facts=facts or {})
            session.commit()
        return journal.last(session, ROOM)


def listeners(service: Service) -> list[int]:
    """The database's processes that serve a listener."""
    with service.engine.connect() as connection:
        return list(connection.scalars(LISTENERS))


def terminate(service: Service, pid: int) -> None:
    """As an operator or a failing network would."""
    with service.engine.connect() as connection:
        assert connection.scalar(text("select pg_terminate_backend(:pid)"), {"pid": pid})
