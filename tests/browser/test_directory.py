"""Directory and roster in the browser: kept by the desk's own people, on a desk and on a phone, refused with what to correct."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}}
DAZHOU = "511700"


def fits(page: Page) -> None:
    """Nothing sticks out at the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_a_contact_is_added_refused_with_what_to_correct_and_deactivated_with_a_question(office: Office) -> None:
    page = office.desk("达州值班员", "duty_officer", DAZHOU).open("/")
    page.locator(".menu summary").click()
    page.get_by_role("link", name="通讯录").click()
    form = page.locator("#add-contact form")
    form.locator("[name=name_zh]").fill("水文站值守")
    form.locator("[name=number]").fill("12345")
    form.locator("button.primary").press("Enter")
    expect(form.locator(".fault")).to_contain_text("国际格式")
    expect(form.locator("[name=name_zh]")).to_have_value("水文站值守")
    expect(form.locator("[name=number]")).to_be_focused()
    form.locator("[name=number]").fill("+12025550188")
    form.locator("button.primary").click()
    row = page.locator("tr", has_text="水文站值守")
    expect(row).to_contain_text("••88")
    row.get_by_role("link").click()
    page.get_by_role("button", name="看全号").first.click()
    expect(page.locator(".number").first).to_have_text("+12025550188")
    page.get_by_role("button", name="停用", exact=True).click()
    expect(page.locator("#sure")).to_contain_text("水文站值守")
    page.locator("#sure").get_by_role("button", name="取消").click()
    expect(page.locator("h1 .tag")).to_have_count(0)
    page.get_by_role("button", name="停用", exact=True).click()
    page.locator("#sure-yes").press("Enter")
    expect(page.locator("h1 .tag")).to_have_text("已停用")
    expect(page.locator("#history + table")).to_contain_text("查看了全号")
    page.get_by_role("button", name="恢复使用").click()
    expect(page.locator("h1 .tag")).to_have_count(0)


def test_a_page_asked_for_in_a_language_is_answered_in_it(office: Office) -> None:
    page = office.desk("达州值班员", "duty_officer", DAZHOU).open("/directory?lang=en")
    form = page.locator("#add-contact form")
    form.locator("[name=name_zh]").fill("水文站值守")
    form.locator("[name=number]").fill("12345")
    form.locator("button.primary").press("Enter")
    expect(form.locator(".fault")).to_contain_text("internationally")


def test_a_table_is_checked_corrected_and_taken(office: Office, tmp_path: Path) -> None:
    page = office.desk("达州管理员", "administrator", DAZHOU).open("/directory/import")
    table = tmp_path / "contacts.csv"
    table.write_bytes("角色,名称,手机\n主班,渡口值班,+12025550187\n队长,码头值班,+12025550186\n".encode("gb18030"))
    page.locator("[name=file]").set_input_files(table)
    page.get_by_role("button", name="检查").click()
    expect(page.locator("#report")).to_contain_text("将新增 1")
    expect(page.locator("#report td.fault")).to_contain_text("主班、副班、带班领导")
    page.locator("[data-take]").click()
    expect(page.locator("#report")).to_contain_text("已载入：新增 1")
    page.goto(page.url.replace("/import", ""))
    expect(page.locator("tr", has_text="渡口值班")).to_have_count(1)


def test_a_turn_is_covered_from_the_calendar_and_the_cover_taken_back(office: Office) -> None:
    page = office.desk("达州值班员", "duty_officer", DAZHOU).open("/roster")
    expect(page.locator(".duty-card")).to_have_count(3)
    page.locator(".cal-day.is-today [data-cover=primary]").last.click()
    form = page.locator("#cover-form form")
    expect(form.locator("[name=since]")).not_to_have_value("")
    form.locator("fieldset select").first.select_option(index=2)
    form.locator("[name=reason]").fill("培训")
    form.locator("button.primary").click()
    expect(page.locator("#told")).to_contain_text("已保存")
    expect(page.locator(".cal .is-override").first).to_be_visible()
    _take_back(page)
    expect(page.locator(".cal .is-override")).to_have_count(0)
    _sure(page, "恢复")
    expect(page.locator(".cal .is-override").first).to_be_visible()
    _take_back(page)
    expect(page.locator(".cal .is-override")).to_have_count(0)


def _take_back(page: Page) -> None:
    """End the cover, and wait for the page that comes after it: the one before shows no cover either while it goes."""
    _sure(page, "撤回")


def _sure(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()
    with page.expect_navigation():
        page.locator("#sure-yes").click()
    expect(page.locator("#told")).to_contain_text("已保存")


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_the_hours_of_a_cover_and_a_swap_are_shown_whole_and_do_not_overlap(
    office: Office, context: dict[str, Any], locale: str
) -> None:
    page = office.desk("达州值班员", "duty_officer", DAZHOU, locale=locale, **context).open("/roster")
    for form, names in (("covers", ("since", "until")), ("swaps", ("first_at", "second_at"))):
        place = page.locator(f"form[data-post$={form}]")
        page.locator("details", has=place).locator("summary").first.click()
        boxes = []
        for name in names:
            field = place.locator(f"[name={name}]")
            field.fill("2026-11-23T08:00")
            assert field.evaluate("each => each.scrollWidth <= each.clientWidth"), (form, name)
            whole = field.evaluate("each => { const c = each.cloneNode(); c.style.cssText = 'width:auto;position:absolute';"
                                   " each.parentNode.append(c); const w = c.offsetWidth; c.remove(); return w }")  # fmt: skip
            box = field.bounding_box()
            assert box
            assert box["width"] >= whole - 1, (form, name, box, whole)
            boxes.append((box, place.bounding_box()))
        (one, card), (other, _) = boxes
        assert card
        assert one["x"] + one["width"] <= other["x"] or one["y"] + one["height"] <= other["y"], (one, other)
        assert all(each["x"] + each["width"] <= card["x"] + card["width"] + 1 for each in (one, other)), (boxes, card)
        fits(page)


def test_nobody_on_duty_as_primary_is_said_in_the_header_also_on_a_phone(office: Office) -> None:
    desk = office.desk("梁平值班员", "duty_officer", "500155", **PHONE)
    desk.client.post("/api/v1/desks/500155/rotations", {"role": "primary", "turns": []})
    page = desk.open("/")
    gap = page.locator("#duty a.gap")
    expect(gap).to_be_visible()
    expect(gap).to_contain_text("主班无人")
    fits(page)
    gap.click()
    page.get_by_text("以前的基本轮值").click()
    with page.expect_navigation():
        page.locator("#past-rotations").get_by_role("button", name="恢复").click()
    desk.open("/")
    expect(page.locator("#duty .desk-name")).to_be_visible()
    expect(page.locator("#duty .on-duty")).not_to_be_empty()
    expect(gap).to_have_count(0)


def test_a_base_rotation_is_emptied_only_after_a_question(office: Office) -> None:
    page = office.desk("广安值班员", "duty_officer", "511600").open("/roster")
    row = page.locator("li", has=page.locator("form[data-post$=rotations]")).first
    row.locator("summary").click()
    for each in row.locator("[data-turn] select:first-child").all():
        each.select_option(value="")
    row.locator("button.primary").click()
    expect(page.locator("#sure")).to_contain_text("清空主班的基本轮值")
    page.locator("#sure").get_by_role("button", name="取消").click()
    page.reload()
    expect(row.locator(".unknown")).to_have_count(0)


def test_a_desk_is_handed_over_line_by_line(office: Office) -> None:
    giver = office.desk("广安交班", "duty_officer", "511600").open("/roster")
    giver.locator("#hand-over textarea").fill("梁平未回报\n5时前再报")
    giver.get_by_role("button", name="交班", exact=True).click()
    expect(giver.locator("#hand-over")).to_contain_text("等人接班")
    taker = office.desk("广安接班", "duty_officer", "511600").open("/roster")
    lines = taker.locator("#hand-over [name=lines]")
    lines.first.check()
    taker.get_by_role("button", name="接班").click()
    expect(taker.locator("#hand-over .fault")).to_contain_text("第 2 条")
    lines.nth(1).check()
    taker.get_by_role("button", name="接班").click()
    expect(taker.locator("#hand-over textarea")).to_be_visible()


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_every_page_fits_and_shows_the_same_in_both_languages(
    office: Office, context: dict[str, Any], locale: str
) -> None:
    desk = office.desk("达州值班员", "duty_officer", DAZHOU, locale=locale, **context)
    for path in ("/directory", "/directory/import", "/roster", "/roster?view=month"):
        page = desk.open(path)
        expect(page.locator("h1")).to_be_visible()
        fits(page)
        if path.startswith("/roster"):
            assert page.locator(".cal-day").count() in (7, 28, 35, 42)
            expect(page.locator(".cal-day.is-today")).to_have_count(1)
    page = desk.open("/directory")
    page.locator(".cover-name").first.click()
    page.wait_for_url(re.compile(r"/directory/contacts/\d+"))
    fits(page)
