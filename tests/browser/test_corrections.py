"""What an officer takes back, and what one desk does for another: both with a reason that the record keeps."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Office, reported, send

pytestmark = pytest.mark.browser


def test_a_correction_makes_a_field_unknown_again_and_says_so_beside_its_button(dazhou: Desk) -> None:
    number = reported(dazhou, source_state="stopped", substance="柴油", mass_kg=500)
    page = dazhou.open(f"/?incident={number}")
    expect(page.locator("#known-body .event dl")).to_contain_text("500 kg")
    page.click(".acts-more summary")
    page.click("[data-do=correct]")
    page.fill("#correct-reason", "司机记错了数量")
    page.fill("#mass_kg", "")
    page.locator("input[name=source_state][value=unknown]").check(force=True)
    expect(page.locator("#next-bar")).to_contain_text("将改为不明：源头状态、数量")
    page.click("button[form=report-form]")
    expect(page.locator(".journal")).to_contain_text("更正：司机记错了数量（改为不明：源头状态、数量）")
    expect(page.locator("#known-body .event dl")).not_to_contain_text("500 kg")
    expect(page.locator("#known-body .event dl")).to_contain_text("柴油")
    held = dazhou.client.get(f"/api/v1/incidents/{number}")["report"]
    assert (held["mass_kg"], held["source_state"], held["substance"]) == (None, "unknown", "柴油")


def test_what_another_desk_owes_is_sent_on_its_behalf_with_a_reason(office: Office, dazhou: Desk) -> None:
    number = reported(dazhou, source_state="continuing")
    page = dazhou.open(f"/?incident={number}")
    send(page, "通知梁平区")
    liangping = office.desk("梁平值班员", "duty_officer", "500155")
    page.click("details[data-key=others] summary")
    page.locator("details[data-key=others] [data-do=issue_behalf]").first.click()
    sheet = page.locator("#sheet")
    expect(sheet.locator("#sheet-title")).to_have_text("代梁平区发出")
    expect(sheet.locator(".text")).to_contain_text("梁平")
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator(".has-fault .fault")).to_have_text("请写明为何代发。")
    sheet.locator("#on-behalf").fill("该席位停电")
    sheet.locator("button[type=submit]").click()
    expect(sheet).not_to_be_visible()
    expect(page.locator(".journal")).to_contain_text("（代梁平区：该席位停电）")
    expect(liangping.page.locator("#banner")).to_contain_text("达州市已代本席位通知")
    dazhou.open(f"/incidents/{number}/record")
    expect(page.locator(".told-table")).to_contain_text("达州市 值班员（代梁平区：该席位停电）")
