"""Open pages and news: everything at once in every page, and nothing missing after a lost connection."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Office, reported

pytestmark = pytest.mark.browser


@pytest.fixture
def office(empty_office: Office) -> Office:
    """Processes are killed here, and lists counted."""
    return empty_office


def test_an_incident_appears_in_the_open_pages_of_its_desks_and_in_no_other(office: Office, dazhou: Desk) -> None:
    observer = office.desk("达州观察员", "observer", "511700")
    stranger = office.desk("成都值班员", "duty_officer", "510100")
    expect(observer.page.locator("#next-body")).to_contain_text("现在没有处置中的事件")
    number = reported(dazhou)
    expect(observer.page.locator(f"#incident option[value='{number}']")).to_have_count(1)
    expect(stranger.page.locator("#next-body")).to_contain_text("现在没有处置中的事件")
    assert stranger.page.locator("#incident option").count() == 1


def test_after_a_lost_connection_nothing_is_missing_and_what_was_typed_is_kept(office: Office, dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    expect(page.locator(".journal .entry").first).to_be_visible()
    page.click("#known-body [data-do=further]")
    page.fill("#substance", "白沫")

    office.service.kill("web")
    expect(page.locator("#link .link-lost")).to_be_visible()
    expect(page.locator("#banner .is-lost")).to_contain_text("连接中断")
    office.service.start("web")
    dazhou.client.post(f"/api/v1/incidents/{number}/assessments", {"flow_state": "flood"})

    dazhou.ready()
    expect(page.locator(".journal")).to_contain_text("第 2 次研判，水情洪")
    last = dazhou.client.get(f"/api/v1/incidents/{number}/journal?after=0")["last"]
    expect(page.locator(".journal .count")).to_have_text(str(last))
    # folded or not: each entry has its line
    numbers = [int(each) for each in page.locator(".journal .entry:not(.fold) > .n").all_text_contents()]
    assert numbers == list(range(last, 0, -1))
    expect(page.locator("#substance")).to_have_value("白沫")


def test_a_click_on_a_page_that_is_open_while_the_service_restarts_is_done_once(office: Office, dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    expect(page.locator(".flow [data-id=low]")).to_be_visible()
    office.service.kill("web")
    page.click(".flow [data-id=low]")
    expect(page.locator("#banner")).to_contain_text("连不上服务器")
    office.service.start("web")
    page.click(".flow [data-id=low]")
    expect(page.locator(".flow [data-id=low]")).to_have_attribute("aria-pressed", "true")
    kinds = [entry["kind"] for entry in dazhou.client.get(f"/api/v1/incidents/{number}/journal?after=0")["entries"]]
    assert kinds.count("incident.assessed") == 2
