"""The first hour on screen, at two desks: from the call to the read-back, with nothing but mouse and keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Office, send

pytestmark = pytest.mark.browser


@pytest.fixture
def office(empty_office: Office) -> Office:
    """The story begins without any incident."""
    return empty_office


def test_a_report_is_opened_told_and_read_back_on_two_screens(dazhou: Desk, liangping: Callable[..., Desk]) -> None:
    page = dazhou.page
    page.click("#next-bar [data-do=report]")
    page.fill("#place", "107.38, 30.60")
    page.check("input[name=source_state][value=continuing]", force=True)
    expect(page.locator(".preview .near")).to_contain_text("立即关闭或采样")
    expect(page.locator(".preview .near time")).to_have_count(0)
    expect(page.locator(".preview .arrivals")).to_contain_text("梁平区")
    assert dazhou.client.get("/api/v1/incidents")["incidents"] == [], "a preview stores nothing"

    page.click("button[form=report-form]")
    expect(page.locator("#known-body .event")).to_contain_text("还在流")
    names = page.locator("#known-body .reach .who strong")
    expect(names.nth(0)).to_have_text("大竹县")
    expect(names.nth(1)).to_have_text("梁平区")
    expect(names.nth(2)).to_have_text("大竹县")
    expect(names.nth(3)).to_have_text("达川区")

    liaison = liangping()
    send(page, "通知梁平区 · 短信 + 网页")
    expect(page.locator(".call:not(.near-call) .script")).to_contain_text("达州首报")

    theirs = liaison.page
    expect(theirs.locator("#banner .is-alarm")).to_contain_text("有新通报")
    message = theirs.locator(".mine .message")
    expect(message).to_contain_text("来自 达州市")
    expect(message).to_contain_text("待核实")
    expect(message.locator(".not-before")).to_contain_text(re.compile(r"\d\d:\d\d"))
    expect(page.locator(".reach", has_text="梁平区").first).to_contain_text("已送达")
    message.locator("button[type=submit]").click()

    expect(theirs.locator(".mine .message")).to_have_count(0)
    expect(theirs.locator("#banner .is-alarm")).to_have_count(0)
    expect(page.locator(".reach", has_text="梁平区").first).to_contain_text("已回报")
    expect(page.locator(".board .done")).to_contain_text("梁平区")
    expect(page.locator(".board .call:not(.near-call)")).to_have_count(0)
    expect(page.locator(".journal")).to_contain_text("梁平区 已回报（网页）")
