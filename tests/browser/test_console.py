"""The console in a real browser, on the real API and Redis, with views that the engine folds."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.support import builders
from tests.support.console import INJECTED, JANA, KAREL, PATIENCE_MS, WANG, ConsoleBank, be, console_bank, sign_in

expect.set_options(timeout=PATIENCE_MS)

PALE: Final = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parts(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const isSeen = element.checkVisibility() && !element.closest("noscript, .spoken, option");
    if (!texts.currentNode.data.trim() || !isSeen) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(parts(element.closest("svg") ? style.fill : style.color)), light(ground(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) found.add(`${element.className} ${ratio.toFixed(2)}: ${texts.currentNode.data}`);
  }
  return [...found];
}"""
"""Texts whose contrast is below 4.5 to 1, the AA of WCAG 2."""


@pytest.fixture(scope="module")
def bank(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleBank]:
    """One for all these tests; each leaves its customers so that the others need not know of it."""
    with console_bank(tmp_path_factory.mktemp("console")) as made:
        yield made


def find(page: Page, text: str) -> None:
    """Type into the search box, which `/` leads to, and press Enter."""
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_any_number_leads_to_the_customer_by_the_keyboard_alone(page: Page, bank: ConsoleBank) -> None:
    sign_in(page, bank, "Marek")
    for number in (JANA, "A100", "L100", "602 123 456", "8001014433"):
        find(page, number)
        expect(page.locator("h1")).to_have_text("Jana Novotná")
        assert page.url.endswith(f"/console/#/customer/{JANA}")
        page.goto(f"{bank.address}/console/#/")
        expect(page.locator("h1")).to_have_text("My day")


def test_the_customer_page_shows_the_whole_of_him(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#party")).to_contain_text("M001")
    expect(page.locator("#party .badges")).to_contain_text("VIP")
    expect(page.locator("#warnings li")).to_contain_text(
        ["1 open complaint", "Loan L100 is 12,000.00\u00a0CZK in arrears", "Account A100: 500.00\u00a0CZK frozen"]
    )
    expect(page.locator("#lending")).to_contain_text("outstanding80,000.00\u00a0CZK")
    ladder = re.compile(r"^What falls due in EUR. 1 week: 9,000.00\sEUR comes to the customer$")
    expect(page.get_by_role("img", name=ladder)).to_be_visible()
    balance = re.compile(r"^Balance since Jan 2020: from 41,000.00\sCZK to 50,000.00\sCZK")
    expect(page.get_by_role("img", name=balance)).to_be_visible()
    expect(page.locator("#timeline li", has_text="Complaint received")).to_have_count(1)
    expect(page.locator("#complaints")).to_contain_text("received Nov 20, 2020")
    # Received on a Friday: the fifth working day after it is the next Friday.
    expect(page.locator("#complaints .badge.warning", has_text="to be taken up by Nov 27, 2020")).to_be_visible()
    expect(page.locator("#complaints .badge", has_text="to be answered by Dec 20, 2020")).to_be_visible()
    expect(page.locator("#foot")).to_contain_text("Live")


def test_what_somebody_wrote_into_a_complaint_stays_text(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#complaints .content")).to_have_text(INJECTED)
    expect(page.locator("#alerts .content", has_text=INJECTED).first).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    expect(page).to_have_title("Jana Novotná · c360")


def test_names_are_found_as_they_are_typed(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Klara")
    page.keyboard.press("/")
    page.keyboard.type("kar")
    expect(page.locator("#matches").get_by_role("option")).to_have_text([re.compile("Karel Malý")])
    page.keyboard.press("ArrowDown")
    expect(page.locator("#matches").get_by_role("option", selected=True)).to_contain_text("Karel Malý")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Karel Malý")


def test_who_is_not_there_and_who_may_not_be_seen_are_told_of_alike(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek")
    said = []
    for number in (KAREL, "C999"):
        find(page, number)
        expect(page.locator("#bar .said")).to_be_visible()
        said.append(page.locator("#bar .said").inner_text())
        page.goto(f"{bank.address}/console/#/customer/{number}")
        expect(page.locator(".statement.unknown")).to_be_visible()
        said.append(page.locator("main").inner_text())
        page.goto(f"{bank.address}/console/#/")
    assert said[:2] == said[2:]
    assert said[0] == "Nobody found, or nobody you may see."


def test_what_is_not_for_a_role_says_so(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Otto", f"#/customer/{JANA}")
    expect(page.locator(".statement.forbidden h1")).to_have_text("Not for your role")
    assert "Jana" not in page.content()


def test_amounts_and_numbers_are_hidden_from_the_call_centre(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Klara", f"#/customer/{JANA}")
    expect(page.locator("#holdings td.money").first).to_contain_text("•••")
    expect(page.locator("#party")).to_contain_text("***3456")
    expect(page.locator("#party .masked dd").first).to_have_attribute("title", "hidden for your role")
    assert page.get_by_role("button", name="Acknowledge").count() == 0


def test_a_posting_is_on_the_page_without_a_reload(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#foot")).to_contain_text("Live")
    page.evaluate("window.notReloaded = true")
    looks = len(bank.audit.records)
    posted = {"customer_id": JANA, "account_id": "A100", "source_seq": 50, "booked_on": "2020-11-25"}
    bank.send(builders.an_entry(**posted, balance_minor=51_234_00, occurred_at="2020-11-25T09:30:00Z"))
    expect(page.locator("#holdings")).to_contain_text("51,234.00\u00a0CZK")
    expect(page.locator("#spoken")).to_contain_text("Holdings")
    assert page.evaluate("window.notReloaded")
    assert len(bank.audit.records) == looks, "what comes by itself is no look of anybody"


def test_a_complaint_that_just_came_says_until_when_and_an_overdue_one_stands_out(
    page: Page, bank: ConsoleBank
) -> None:
    be(page, bank, "Zhang Min (张敏)", f"#/customer/{WANG}")
    page.get_by_label("语言").select_option("en")
    expect(page.locator("#foot")).to_contain_text("Live")
    late = {"customer_id": WANG, "complaint_id": "K300", "received_on": "2020-11-02"}
    bank.send(builders.a_complaint(**late, occurred_at="2020-11-25T09:35:00Z"))
    complaint = page.locator("#complaints li", has_text="Billing dispute")
    overdue = "should have been taken up by Nov 9, 2020"
    expect(complaint.locator(".badge.urgent", has_text=overdue)).to_be_visible()
    expect(complaint.locator(".badge", has_text="to be answered by Dec 2, 2020")).to_be_visible()
    expect(page.locator("#warnings .urgent", has_text="1 open complaint, 1 overdue")).to_be_visible()
    bank.send(builders.a_withdrawal(customer_id=WANG, complaint_id="K300", occurred_at="2020-11-25T09:36:00Z"))
    expect(page.locator("#complaints .badge.urgent")).to_have_count(0)


def test_an_alert_comes_up_on_my_day_and_is_acknowledged_with_a_note(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek")
    expect(page.locator("#foot")).to_contain_text("Live")
    expect(page.locator("#maturities")).to_contain_text("Nov 28, 2020")
    expect(page.locator("#birthdays")).to_contain_text("Nov 27, 2020")
    expect(page.locator("#untouched")).to_contain_text("Jana Novotná")
    expect(page.locator("#complaints li", has_text="Jana Novotná")).to_contain_text("to be taken up by Nov 27, 2020")
    expect(page.locator("#portfolio")).to_contain_text(JANA)
    posted = {"customer_id": JANA, "account_id": "A101", "currency": "EUR", "booked_on": "2020-11-25"}
    large = {"amount_minor": 70_000_00, "balance_minor": 79_000_00, "occurred_at": "2020-11-25T09:40:00Z"}
    bank.send(builders.an_entry(**posted, **large, source_seq=2))
    alert = page.locator("#alerts li.alert", has_text="70,000.00\u00a0EUR came in on account A101")
    expect(alert).to_be_visible()
    alert.focus()
    page.keyboard.press("a")
    page.get_by_role("textbox", name="Note (optional)").fill("I call her today.")
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    expect(alert).to_contain_text("taken on by M001")
    expect(alert).to_contain_text("(I call her today.)")
    expect(alert.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(alert).to_be_focused()


def test_dismissing_needs_a_reason_and_takes_the_alert_away(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek")
    alert = page.locator("#alerts li.alert", has_text="Freeze placed")
    alert.get_by_role("button", name="Dismiss").click()
    submit = page.get_by_role("dialog").get_by_role("button", name="Dismiss")
    submit.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("textbox", name="Reason (required)").fill("By court order, known.")
    submit.click()
    expect(alert).to_have_count(0)


def test_an_alert_is_snoozed_until_a_day(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Zhang Min (张敏)")
    alert = page.locator("#alerts li.alert").first
    alert.get_by_role("button", name="稍后提醒").click()
    page.get_by_role("radio", name=re.compile("^3 天后")).check()
    page.get_by_role("dialog").get_by_role("button", name="稍后提醒").click()
    expect(alert).to_contain_text("M054 设定于")


def test_the_console_speaks_chinese_to_who_reads_it(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Zhang Min (张敏)", f"#/customer/{WANG}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("h1")).to_have_text("王小明")
    expect(page.locator("#holdings h2")).to_contain_text("账户与存款")
    expect(page.locator("#alerts")).to_contain_text("账户 A300 于 2020年11月24日 入账 60,000.00\u00a0CZK")
    page.get_by_label("语言").select_option("en")
    expect(page.locator("#holdings h2")).to_contain_text("Holdings")
    page.reload()
    expect(page.locator("#holdings h2")).to_contain_text("Holdings")


def test_stale_views_say_so_and_why_and_that_they_are_fresh_again(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#foot")).to_contain_text("Live")
    bank.projector = "stopped"
    expect(page.locator("#notice")).to_contain_text("This may be old.")
    expect(page.locator("#notice")).to_contain_text("the projector was stopped")
    expect(page.locator("#foot")).to_contain_text("May be old")
    bank.projector = "running"
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator("#foot")).to_contain_text("Live")


def test_a_forged_token_leads_to_the_sign_in_and_back_to_the_place(page: Page, bank: ConsoleBank) -> None:
    sign_in(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("h1")).to_have_text("Jana Novotná")
    forged = "sessionStorage.setItem('c360.session', JSON.stringify({token: 'e30.e30.x', until: Date.now() + 1e7}))"
    page.evaluate(forged)
    page.reload()
    expect(page.locator(".statement.signed_out")).to_contain_text("Your session has ended")
    page.locator("main button.primary").click()
    page.get_by_role("link", name="Marek", exact=True).click()
    expect(page.locator("h1")).to_have_text("Jana Novotná")


def test_signing_out_leaves_nothing_behind(page: Page, bank: ConsoleBank) -> None:
    sign_in(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("h1")).to_have_text("Jana Novotná")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator(".statement.signed_out")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    assert "Jana" not in page.content()


def test_an_auditor_says_why_before_anything_is_looked_up(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Anna", f"#/customer/{JANA}")
    page.get_by_role("textbox", name="Reason").fill("审计 2020-11, case 7")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Jana Novotná")
    assert {record.reason for record in bank.audit.records if record.person == "anna"} == {"审计 2020-11, case 7"}


def test_operations_sees_sources_and_dead_letters_and_no_customer(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Otto")
    expect(page.locator("#health")).to_contain_text("running")
    row = page.locator("#sources tr", has_text="complaint-events")
    expect(row.locator("td.money")).to_have_text(["4,711", "12"])
    expect(row).to_contain_text("2026")
    expect(page.locator("#dead dd").first).to_have_text("2")
    assert page.locator("#search").count() == 0


def test_the_shortcuts_are_listed_and_the_look_is_remembered(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Search")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_single_keys_can_be_switched_off_for_who_speaks_to_his_computer(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek")
    page.locator("#foot").get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_role("checkbox", name="Single keys work anywhere on a page").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.keyboard.press("t")
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_the_way_past_the_bar_leads_to_the_content_of_the_same_page(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#timeline li").first).to_be_visible()
    skip = page.get_by_role("link", name="Skip to the content")
    skip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    assert page.url.endswith(f"#/customer/{JANA}")


@pytest.mark.parametrize("place", [f"#/customer/{JANA}", "#/"])
def test_a_page_magnified_to_four_times_its_size_is_read_in_one_direction(
    page: Page, bank: ConsoleBank, place: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 256})
    be(page, bank, "Marek", place)
    expect(page.locator("#alerts li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    cut = """() => [...document.querySelectorAll("#alerts button")].filter((button) =>
      button.getBoundingClientRect().right > button.closest("section").getBoundingClientRect().right).length"""
    assert page.evaluate(cut) == 0


def test_the_head_of_a_branch_sees_his_customers_and_an_alert_as_it_comes(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Helena")
    expect(page.locator("#foot")).to_contain_text("Live")
    expect(page.locator("#portfolio")).to_contain_text("王小明")
    expect(page.locator("#complaints li", has_text="Jana Novotná")).to_contain_text("to be taken up by Nov 27, 2020")
    assert page.locator("#birthdays, #untouched").count() == 0
    posted = {"customer_id": WANG, "account_id": "A300", "source_seq": 9, "booked_on": "2020-11-25"}
    large = {"amount_minor": 88_000_00, "balance_minor": 148_000_00, "occurred_at": "2020-11-25T09:50:00Z"}
    bank.send(builders.an_entry(**posted, **large))
    alert = page.locator("#alerts li.alert", has_text="88,000.00\u00a0CZK came in on account A300")
    expect(alert).to_contain_text("王小明")
    expect(page.locator("#spoken")).to_contain_text("王小明")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(page: Page, bank: ConsoleBank, look: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=look)
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#timeline li").first).to_be_visible()
    pale = page.evaluate(PALE)
    page.goto(f"{bank.address}/console/#/")
    expect(page.locator("#portfolio a").first).to_be_visible()
    assert pale + page.evaluate(PALE) == []


def test_every_control_has_a_name_and_every_picture_says_what_it_shows(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#ladder svg").first).to_be_visible()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, textarea, summary, svg")]
          .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert unnamed == []
    assert page.locator("h1").count() == 1
    headings = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise(headings)), headings
