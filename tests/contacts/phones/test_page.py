"""The phones in a real browser: what comes in shows by itself, and nobody loses what is being typed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from twilio.rest import Client

from tests.phones import PhoneCompany

LIAISON = "+12025550143"
IN_CHINA = "+12025550144"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium_page(chromium: Browser) -> Iterator[Page]:
    """One page as wide as a phone; anything it complains of fails the test that caused it."""
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    yield page
    page.close()


def test_texts_come_in_by_themselves_and_typing_is_kept(
    phones: PhoneCompany, client: Client, chromium_page: Page
) -> None:
    complaints: list[str] = []
    chromium_page.on("console", lambda message: complaints.append(message.text))
    chromium_page.on("pageerror", lambda error: complaints.append(str(error)))
    client.messages.create(to=LIAISON, from_=phones.sender, body="首报K7M4")
    chromium_page.goto(f"{phones.url}/?lang=zh")
    expect(chromium_page.locator(".bubble")).to_have_count(1)
    field = chromium_page.get_by_label("回复", exact=False).and_(chromium_page.locator("input"))
    field.fill("K7M4 收")
    client.messages.create(to=LIAISON, from_=phones.sender, body="更新2")
    client.messages.create(to=IN_CHINA, from_=phones.sender, body="另一部手机")
    expect(chromium_page.get_by_text("更新2")).to_be_visible(timeout=10_000)
    expect(chromium_page.get_by_text("另一部手机")).to_be_attached(timeout=10_000)
    expect(field.first).to_have_value("K7M4 收")
    expect(field.first).to_be_focused()
    field.first.press("End")
    field.first.press_sequentially("到")
    field.first.press("Enter")
    expect(chromium_page.locator(".mine")).to_contain_text("K7M4 收到")
    assert chromium_page.evaluate("document.documentElement.scrollWidth") == 390
    assert complaints == []


def test_a_handset_in_china_shows_why_it_cannot_reply_and_the_language_switches(
    phones: PhoneCompany, client: Client, chromium_page: Page
) -> None:
    phones.handset(IN_CHINA, profile="CN", label="梁平区值班员")
    client.messages.create(to=IN_CHINA, from_=phones.sender, body="首报K7M4")
    chromium_page.goto(f"{phones.url}/?lang=zh")
    expect(chromium_page.locator("article")).to_contain_text("不支持回复短信")
    expect(chromium_page.locator("article input")).to_have_count(0)
    chromium_page.get_by_role("link", name="English").click()
    expect(chromium_page.locator("article")).to_contain_text("cannot reply")
    expect(chromium_page.locator(".stripe")).to_contain_text("SIMULATED")
    chromium_page.get_by_role("button", name="Turn off").click()
    expect(chromium_page.locator(".tags")).to_contain_text("off")
