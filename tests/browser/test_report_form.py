"""Writing a report: places however they are typed, faults beside their field, and a draft that is never lost."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def form(dazhou: Desk) -> Page:
    """An empty form."""
    dazhou.page.click("#next-bar [data-do=report]")
    expect(dazhou.page.locator("#place")).to_be_focused()
    return dazhou.page


def test_a_place_is_found_by_its_name_with_the_keyboard_alone(form: Page) -> None:
    form.fill("#place", "牛角滩")
    expect(form.locator("#places button").first).to_contain_text("牛角滩")
    form.press("#place", "ArrowDown")
    expect(form.locator("#places button").first).to_be_focused()
    form.keyboard.press("Enter")
    expect(form.locator("#place")).to_have_value(re.compile(r"^107\.46, 30\.665"))
    expect(form.locator(".preview")).to_contain_text("铜钵河")


def test_coordinates_labelled_gcj_02_are_converted(form: Page) -> None:
    form.fill("#place", "107.38, 30.60 GCJ-02")
    expect(form.locator(".preview .snapped")).to_contain_text(re.compile(r"距所报点 \d{3} 米"))


def test_a_click_on_the_map_places_the_report_and_its_mark_can_be_dragged(form: Page) -> None:
    form.fill("#place", "107.38, 30.60")
    marker = form.locator(".report-marker")
    expect(marker).to_be_visible()
    expect(form.locator(".preview")).to_be_visible()
    box = marker.bounding_box()
    assert box
    form.mouse.move(box["x"] + 13, box["y"] + 13)
    form.mouse.down()
    form.mouse.move(box["x"] + 43, box["y"] - 20, steps=5)
    form.mouse.up()
    expect(form.locator("#place")).not_to_have_value("107.38, 30.60")
    dragged = form.input_value("#place")
    form.locator("#map canvas").click(position={"x": 400, "y": 500})
    expect(form.locator("#place")).not_to_have_value(dragged)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("#place", "", "请给出地点"),
        ("#place", "107.38", "经纬度不完整"),
        ("#place", "百度 107.38, 30.60", "不支持百度坐标"),
        ("#place", "122.5, 31.0", "容差"),
        ("#occurred", "soon", "时间没读懂"),
        ("#occurred", "2099-01-01 08:00", "时间在将来"),
    ],
)
def test_a_fault_stands_beside_its_field_and_what_was_typed_is_kept(
    form: Page, field: str, typed: str, sentence: str
) -> None:
    form.fill("#place", "107.38, 30.60")
    form.fill("#substance", "硫酸")
    form.fill(field, typed)
    form.click("button[form=report-form]")
    expect(form.locator(".field", has=form.locator(field)).locator(".fault")).to_contain_text(sentence)
    assert form.input_value(field) == typed
    assert form.input_value("#substance") == "硫酸"
    expect(form.locator("#report-form")).to_be_visible()


def test_a_report_far_from_any_river_offers_the_nearest_ones(form: Page) -> None:
    form.fill("#place", "107.30, 30.70")
    expect(form.locator(".candidates button").first).to_contain_text("km")
    form.locator(".candidates button").first.click()
    expect(form.locator(".preview .snapped")).to_be_visible()


def test_a_form_begun_while_the_page_still_starts_stays_open(dazhou: Desk) -> None:
    page, held = dazhou.page, list[Route]()
    page.route("**/api/v1/incidents", lambda route: held.append(route))
    page.reload()
    page.click("#next-bar [data-do=report]")
    page.fill("#place", "107.38, 30.60")
    page.wait_for_function("() => document.querySelector('#places, .preview') !== null")
    with page.expect_response("**/api/v1/incidents"):
        for route in held:
            route.continue_()
    page.unroute("**/api/v1/incidents")
    expect(page.locator(".preview .snapped")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#place")).to_have_value("107.38, 30.60")


def test_a_draft_outlives_a_reload_and_leaving_the_form(dazhou: Desk, form: Page) -> None:
    form.fill("#place", "107.38, 30.60")
    form.fill("#occurred", "昨天 0230")
    form.fill("#substance", "白沫、死鱼")
    form.reload()
    dazhou.ready()
    form.click("#next-bar [data-do=report]")
    expect(form.locator("#substance")).to_have_value("白沫、死鱼")
    expect(form.locator("#place")).to_have_value("107.38, 30.60")
    expect(form.locator("#occurred")).to_have_value(re.compile(r"^\d{4}-\d\d-\d\d 02:30$"))
    form.click("[data-do=leave_report]")
    form.click("#next-bar [data-do=report]")
    expect(form.locator("#substance")).to_have_value("白沫、死鱼")


def test_an_expired_session_says_so_and_keeps_the_draft(dazhou: Desk, form: Page) -> None:
    form.fill("#substance", "硫酸")
    dazhou.context.clear_cookies(name="lianfang")
    form.fill("#place", "107.38, 30.60")
    expect(form.locator("#banner")).to_contain_text("登录已过期")
    expect(form.locator("#substance")).to_have_value("硫酸")


def test_a_drill_is_marked_on_the_whole_screen(form: Page) -> None:
    form.fill("#place", "107.38, 30.60")
    form.click("#report-form > details.more > summary")
    form.check("input[name=drill]")
    expect(form.locator(".drill-stripe")).to_contain_text("【演练】")
    form.click("button[form=report-form]")
    expect(form.locator("#event-title")).to_contain_text("【演练】")
    expect(form.locator(".drill-stripe")).to_be_visible()
    expect(form).to_have_title(re.compile("【演练】"))
