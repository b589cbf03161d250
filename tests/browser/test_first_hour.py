"""The first hour at one desk: calls, consent, a new flow state, a correction, a false alarm."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, number_of, reported, send

pytestmark = pytest.mark.browser


def test_the_call_board_shows_a_number_by_one_click_and_a_read_back_acknowledges(dazhou: Desk) -> None:
    page = opened(dazhou)
    send(page, "通知梁平区")
    card = page.locator(".call:not(.near-call)")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("口头提醒")
    card.locator("summary").first.click()
    turn = card.locator(".turn")
    expect(turn).to_contain_text("梁平区值班室")
    expect(turn.locator(".masked")).to_contain_text("••")
    expect(card.locator(".code")).to_have_text(re.compile(r"^[A-Z2-9]{4}$"))
    turn.locator("[data-do=reveal]").click()
    expect(turn.locator(".full")).to_have_text(re.compile(r"555 ?01\d\d"))
    expect(page.locator(".journal")).to_contain_text("查看梁平区值班室号码")

    turn.locator("[data-outcome=no_answer]").click()
    expect(card.locator(".tries")).to_contain_text("无人接")
    expect(turn).to_contain_text("副班")
    turn.locator("button[type=submit]").click()
    expect(turn.locator(".fault")).to_contain_text("请写下是谁复述的")
    turn.locator("input[name=person]").fill("值班室小组")
    turn.locator("input[name=person]").press("Enter")
    expect(page.locator(".board .done")).to_contain_text("值班室小组")
    expect(page.locator(".board .done")).to_contain_text("电话")
    expect(card).to_have_count(0)


def test_the_near_intake_is_the_first_row_of_the_board_before_anything_is_decided(dazhou: Desk) -> None:
    page = opened(dazhou)
    row = page.locator(".near-call")
    expect(row).to_contain_text("观音镇（合成）取水口")
    expect(row.locator(".script")).to_have_text("达州值班室：上游有水污染，请关闭取水口或先取样，请复述")
    expect(row.locator("time")).to_have_count(0)
    row.locator("[data-do=reveal]").click()
    expect(row.locator(".full")).to_have_text(re.compile(r"555 ?01\d\d"))
    row.locator("input[name=person]").fill("水厂值班")
    row.locator("input[name=person]").press("Enter")
    expect(row).to_have_count(0)
    expect(page.locator(".board .done")).to_contain_text("水厂值班")
    expect(page.locator(".journal")).to_contain_text("致电观音镇（合成）取水口：已回报")


def test_a_formal_notice_needs_consent_and_the_dialog_keeps_what_was_typed(dazhou: Desk) -> None:
    page = opened(dazhou)
    page.click("#next-bar [data-do=issue]")
    sheet = page.locator("#sheet")
    expect(sheet.locator(".promised")).to_contain_text("以本台名义承诺")
    sheet.locator("input[value=formal_notice]").check(force=True)
    expect(sheet.locator(".text")).to_contain_text("铜钵河")
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator(".consent .fault")).to_contain_text("谁同意")
    sheet.locator("#consent-by").fill("带班领导")
    sheet.locator("button[type=submit]").click()
    expect(sheet).not_to_be_visible()
    [told] = [each for each in notifications(dazhou, page) if each["state"] != "proposed"]
    assert (told["act"], told["consent"]["by"], told["consent"]["how"]) == ("formal_notice", "带班领导", "telephone")


def test_escape_leaves_the_dialog_and_nothing_is_sent(dazhou: Desk) -> None:
    page = opened(dazhou)
    page.click("#next-bar [data-do=issue]")
    expect(page.locator("#sheet .text")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).not_to_be_visible()
    assert {each["state"] for each in notifications(dazhou, page)} == {"proposed"}


def test_one_tap_on_the_flow_state_assesses_again(dazhou: Desk) -> None:
    page = opened(dazhou)
    before = page.locator(".reach .not-before time").nth(1).get_attribute("datetime")
    page.click(".flow [data-id=high]")
    expect(page.locator(".flow [data-id=high]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".reach .not-before time").nth(1)).not_to_have_attribute("datetime", str(before))
    expect(page.locator(".journal")).to_contain_text("第 2 次研判，水情丰")


def test_what_is_stood_against_a_stand_down_is_listed_and_a_false_alarm_is_withdrawn(dazhou: Desk) -> None:
    page = opened(dazhou)
    send(page, "通知梁平区")
    page.click(".acts-more summary")
    page.click("[data-do=reason][data-id=stand-down]")
    page.fill("#sheet-reason", "现场已清理")
    page.fill("#sheet-signer", "带班领导")
    page.click("#sheet button[type=submit]")
    expect(page.locator("#sheet .missing")).to_contain_text("源头未确认停止")
    page.click("#sheet [data-do=cancel_sheet]")

    page.click("[data-do=reason][data-id=withdraw]")
    expect(page.locator("#sheet")).to_contain_text("会听到的席位：梁平区")
    page.fill("#sheet-reason", "经查为泥沙")
    expect(page.locator("#sheet button[type=submit]")).to_have_text("撤回，然后核对给 1 处的通报…")
    page.click("#sheet button[type=submit]")
    expect(page.locator("#sheet .after")).to_contain_text("事件已撤回")
    expect(page.locator("#sheet .recipients")).to_contain_text("梁平区值班室")
    expect(page.locator("#known-body .event .tags")).to_contain_text("已撤回")
    expect(page.locator(".board .call")).to_have_count(0)
    page.locator("#sheet button[type=submit]", has_text="通知梁平区").click()
    expect(page.locator("#sheet")).not_to_be_visible()
    expect(page.locator(".board .call .script")).to_contain_text("达州撤回")


def test_a_correction_sends_what_was_changed_with_its_reason(dazhou: Desk) -> None:
    page = opened(dazhou)
    page.click(".acts-more summary")
    page.click("[data-do=correct]")
    page.fill("#correct-reason", "消防看清标识牌 UN 1830")
    page.fill("#substance", "硫酸")
    page.click("button[form=report-form]")
    expect(page.locator("#known-body .event dl")).to_contain_text("硫酸")
    expect(page.locator(".journal")).to_contain_text("更正：消防看清标识牌 UN 1830")


def opened(desk: Desk) -> Page:
    """The desk's page on an open incident."""
    number = reported(desk, source_state="continuing")
    desk.open(f"/?incident={number}")
    expect(desk.page.locator(".proposal").first).to_be_visible()
    return desk.ready()


def notifications(desk: Desk, page: Page) -> list[dict[str, Any]]:
    """The messages of the incident that the page looks at."""
    found: list[dict[str, Any]] = desk.client.get(f"/api/v1/incidents/{number_of(page)}")["notifications"]
    return found
