"""Several callers of one event, at the desk: offered as the same event, judged, merged, and the lead handed over."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TONGBO, Desk, Office, number_of, reported, send

pytestmark = pytest.mark.browser
BELOW = "107.40, 30.62"


def test_a_second_caller_is_offered_the_open_incident_and_the_officer_adds_to_it(dazhou: Desk) -> None:
    number = reported(dazhou, source_state="continuing", reporter="司机", description="罐车入河")
    page = dazhou.open("/")
    page.click("[data-do=report]")
    page.fill("#place", BELOW)
    page.fill("#substance", "硫酸")
    row = page.locator(f"[data-key=same-{number}]")
    expect(row).to_contain_text("沿河在上游")
    row.locator("[data-do=same_event]").click()
    expect(page.locator(".same")).to_contain_text(f"作为 #{number} 的补充报告保存")
    page.click("button[form=report-form]")
    expect(page.locator(".statements")).to_contain_text("第 2 条")
    assert number_of(page) == number
    held = dazhou.client.get(f"/api/v1/incidents/{number}")
    assert (len(held["reports"]), held["report"]["substance"]) == (2, "硫酸")
    page.locator("[data-key=statement-2] [data-do=judge]").click()
    page.locator("#sheet input[value=refuted]").check(force=True)
    page.locator("#sheet button[type=submit]").click()
    expect(page.locator("#sheet .fault")).to_have_text("请写明理由。")
    page.fill("#sheet-reason", "看错了车牌")
    page.locator("#sheet button[type=submit]").click()
    expect(page.locator("[data-key=statement-2]")).to_contain_text("已否定：看错了车牌")
    expect(page.locator("#known-body .event dl")).to_contain_text("物质不明")


def test_two_files_are_merged_with_a_reason_and_parted_again(empty_office: Office) -> None:
    dazhou = empty_office.desk("达州值班员", "duty_officer", "511700")
    first, second = reported(dazhou, substance="柴油"), reported(dazhou, reporter="船工")
    page = dazhou.open(f"/?incident={second}")
    send(page, "通知梁平区")
    page.locator(f"[data-key=near-event-{first}] [data-do=merge]").click()
    sheet = page.locator("#sheet")
    expect(sheet.locator("#sheet-title")).to_have_text(f"将 #{second} 并入 #{first}")
    expect(sheet).to_contain_text("会听到的席位：梁平区")
    sheet.locator("#sheet-reason").fill("同一辆罐车")
    sheet.locator("button[type=submit]").click()
    expect(sheet).to_contain_text("更正")
    page.keyboard.press("Escape")
    expect(page.locator(".journal")).to_contain_text(f"#{second} 并入本事件：同一辆罐车")
    assert number_of(page) == first
    dazhou.open(f"/?incident={second}")
    expect(page.locator("[data-key=merged]")).to_contain_text(f"本事件已并入 #{first}")
    page.click("[data-do=unmerge]")
    sheet.locator("#sheet-reason").fill("两辆车")
    sheet.locator("button[type=submit]").click()
    expect(page.locator(".journal")).to_contain_text(f"不再并入 #{first}：两辆车")
    assert dazhou.client.get(f"/api/v1/incidents/{second}")["status"] == "open"


def test_the_lead_is_offered_and_taken_over_line_by_line(empty_office: Office) -> None:
    dazhou = empty_office.desk("达州值班员", "duty_officer", "511700", locale="en-GB")
    liangping = empty_office.desk("梁平值班员", "duty_officer", "500155", locale="en-GB")
    number = int(dazhou.client.post("/api/v1/incidents", {"location": TONGBO, "source_state": "continuing"})["number"])
    page = dazhou.open(f"/?incident={number}")
    page.click(".acts-more summary")
    page.click("[data-do=offer_lead]")
    page.select_option("#sheet-choice", "500155")
    page.fill("#sheet-reason", "it is all in Liangping")
    page.locator("#sheet button[type=submit]").click()
    expect(page.locator("[data-key=lead-offer]")).to_contain_text("not yet accepted")
    expect(liangping.page.locator("#banner")).to_contain_text("the lead")
    other = liangping.open(f"/?incident={number}")
    expect(other.locator("[data-key=lead-offer]")).to_contain_text("the source still runs")
    other.click("[data-key=lead-offer] button[type=submit]")
    expect(other.locator("[data-key=lead-offer] .fault")).to_contain_text("not accepted yet")
    for line in other.locator("[data-key=lead-offer] input[name=lines]").all():
        line.check()
    other.click("[data-key=lead-offer] button[type=submit]")
    expect(other.locator("[data-key=lead-offer]")).to_have_count(0)
    expect(page.locator("#known-body .event dl")).to_contain_text("Liangping")
