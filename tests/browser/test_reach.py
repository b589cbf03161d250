"""The day of a reach: pressed on the map, stated by its own desk, marked for everyone, ended with a reason."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Office

pytestmark = pytest.mark.browser
TRIES = 5
MIDWAY = "107.42, 30.6325"
"""On the 铜钵河, away from its head, where the marks of other tests' incidents lie over it."""

CUT_OFF = """() => [...document.querySelectorAll('#reach button, #reach summary, #reach .tag, #reach h2, #reach label, #reach dd')]
  .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
  .map((each) => each.className + ': ' + each.textContent.trim().slice(0, 40))"""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)])
def test_the_day_of_a_reach_is_stated_seen_by_others_and_ended(
    office: Office, language: str, width: int, height: int
) -> None:
    desk = office.desk("达州值班员", "duty_officer", "511700", viewport={"width": width, "height": height})
    desk.context.add_cookies([{"name": "lang", "value": language, "url": desk.url}])
    page = opened(desk, width)
    card = page.locator("#reach .reach-card")
    expect(card.locator("dl")).to_contain_text(re.compile(r"\d+\.\d km"))
    whole(page)
    card.locator("[data-do=reach_change]").click()
    page.select_option("#day-kind", "velocity")
    page.click("#reach button[type=submit]")
    expect(page.locator("#day-reason-fault")).to_be_visible()
    page.fill("#day-value", "99")
    page.fill("#day-reason", "浮标测速")
    page.click("#reach button[type=submit]")
    expect(page.locator("#day-value-fault")).to_contain_text("20")
    expect(page.locator("#day-reason")).to_have_value("浮标测速")
    whole(page)
    page.fill("#day-value", "0.25")
    page.click("#reach button[type=submit]")
    held = card.locator(".is-holds").filter(has_text="0.25 m/s")
    expect(held).to_contain_text("浮标测速")
    expect(held).to_contain_text("达州")
    whole(page)
    marked = desk.client.get("/api/v1/day-state")["marked"]["features"]
    assert any("velocity" in each["properties"]["kinds"] for each in marked)
    held.locator("[data-do=reach_end]").click()
    page.fill("#end-reason", "读错了")
    page.keyboard.press("Enter")
    expect(held).to_have_count(0)
    card.locator("details > summary").click()
    expect(card.locator(".is-ended").first).to_contain_text("读错了")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_another_desk_reads_it_and_is_told_whose_it_is(office: Office) -> None:
    page = opened(office.desk("梁平联络人", "liaison", "500155"))
    card = page.locator("#reach .reach-card")
    expect(card.locator("dl")).to_be_visible()
    expect(card.locator("[data-do=reach_report]")).to_be_visible()
    expect(card.locator("[data-do=reach_change]")).to_have_count(0)
    expect(card).to_contain_text("的席位记录")


def test_the_card_is_opened_by_the_keyboard_and_leads_on_to_a_report(dazhou: Desk) -> None:
    page = opened(dazhou)
    expect(page.locator("#reach-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reach .reach-card")).to_have_count(0)
    expect(page.locator("#map canvas")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#reach .reach-card")).to_be_visible()
    expect(page.locator("#reach-title")).to_be_focused()
    page.click("[data-do=reach_report]")
    expect(page.locator("#place")).not_to_have_value("")
    expect(page.locator("#reach .reach-card")).to_have_count(0)


def opened(desk: Desk, width: int = 1440) -> Page:
    """The map at the 铜钵河, with the card of the reach in its middle: the form of a report brings the map there."""
    page = desk.open("/")
    desk.ready()
    page.click("#next-bar [data-do=report]")
    page.fill("#place", MIDWAY)
    expect(page.locator(".preview")).to_contain_text("铜钵河" if page.locator("html[lang^=zh]").count() else "Tongbo")
    card = page.locator("#reach .reach-card")
    for _ in range(
        TRIES
    ):  # what is not drawn yet cannot be pressed: then the press begins a report, which is left again
        page.click("[data-do=leave_report]")
        if width < 760:
            page.click("[role=tab][data-id=map]")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        expect(page.locator("#map")).to_have_attribute("aria-busy", "false")
        box = page.locator("#map canvas").bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(card.or_(page.locator("[data-do=leave_report]")).first).to_be_visible()
        if card.is_visible():
            break
    expect(card).to_be_visible()
    return page


def whole(page: Page) -> None:
    """Nothing is wider than its place."""
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.evaluate(CUT_OFF) == []
