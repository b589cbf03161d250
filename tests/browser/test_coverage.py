"""Coverage and what-if in the browser: gaps found by filter and shown on the map, a file, a supposed incident, by keyboard."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TONGBO, Office

pytestmark = pytest.mark.browser
SIX = "wan-da-kai-2020"
PHONE = {"viewport": {"width": 390, "height": 844}}


def test_an_officer_finds_what_the_six_parties_leave_out_and_takes_it_along(office: Office) -> None:
    desk = office.desk("达州值班员", "duty_officer", "511700")
    page = desk.open("/")
    page.locator(".menu summary").click()
    page.get_by_role("link", name="覆盖").click()
    rows = page.locator(".cover-table tbody tr")
    expect(rows.first).to_be_visible()
    whole = rows.count()
    assert whole > 100
    page.locator("[name=agreement]").select_option(SIX)
    page.locator("[name=left_out]").check()
    expect(page.locator("#cover-sum")).to_contain_text(f"{whole} 处中的")
    ren = rows.filter(has_text="任河")
    expect(ren).to_have_count(1)
    expect(ren).to_contain_text("安康市")
    expect(ren).to_contain_text("水从其一方（达州市）直接过来")
    for river in ("御临河", "大洪河"):
        expect(rows.filter(has_text=river).filter(has_text="长寿区")).to_have_count(1)
        expect(rows.filter(has_text=river).filter(has_text="邻水县").first).to_be_visible()
    ren.locator("[data-look]").press("Enter")
    expect(ren).to_have_class("is-chosen")
    assert f"agreement={SIX}" in page.url
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    text = taken.value.path().read_text(encoding="utf-8-sig")
    assert "任河" in text
    assert "巴河" not in text
    ren.get_by_role("link", name="突发环境事件联防联控合作协议").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("万达开")
    expect(page.locator(".clause")).to_have_count(1)


def test_the_rows_are_sorted_by_their_headings_and_kept_in_the_address(office: Office) -> None:
    page = office.desk("达州值班员", "duty_officer", "511700").open("/coverage?river=YLH")
    rows = page.locator(".cover-table tbody tr")
    expect(rows).to_have_count(7)
    expect(rows.first).to_contain_text("仅法规")
    page.locator("[data-sort=state]").press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    expect(rows.first).to_contain_text("有协议")
    page.locator("[type=reset]").click()
    expect(page.locator("#cover-sum")).to_contain_text("共")


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desk", "phone"])
def test_a_supposed_incident_tells_nobody_and_says_who_would_be_told(office: Office, context: dict[str, Any]) -> None:
    desk = office.desk("达州值班员", "duty_officer", "511700", locale="en-US", **context)
    before = desk.client.get("/api/v1/incidents")["incidents"]
    page = desk.open("/what-if")
    expect(page.locator(".what-if-stripe")).to_contain_text("nobody is told")
    page.locator("[name=lon]").fill(str(TONGBO["lon"]))
    page.locator("[name=lat]").fill(str(TONGBO["lat"]))
    page.locator("[name=other]").select_option("without|statute-neighbour")
    page.locator("[name=lat]").press("Enter")
    answer = page.locator("#answer")
    expect(answer.locator(".what-if-mark")).to_be_visible()
    expect(answer.locator(".what-if-owed").first).to_contain_text("Liangping District")
    expect(answer.locator(".what-if-gaps")).to_contain_text("Guang'an")
    expect(answer.locator(".what-if-changes")).to_contain_text("Guang'an")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert desk.client.get("/api/v1/incidents")["incidents"] == before


def test_a_place_off_the_rivers_offers_the_nearest_and_all_lines_can_be_compared(office: Office) -> None:
    page = office.desk("达州值班员", "duty_officer", "511700").open("/what-if")
    page.locator("[name=lon]").fill("107.50")
    page.locator("[name=lat]").fill("30.95")
    page.get_by_role("button", name="推演这一处").click()
    expect(page.locator("#answer [role=alert]")).to_be_visible()
    page.get_by_role("button", name="比较所有跨界处").click()
    expect(page.locator("#answer [role=alert]")).to_contain_text("请先选定")
    page.locator("[name=other]").select_option("without|river-chiefs-2018")
    page.get_by_role("button", name="比较所有跨界处").click()
    expect(page.locator("#answer h2")).to_have_text(re.compile("项变化"))
    expect(page.locator("#answer")).to_contain_text("不再有协议")
