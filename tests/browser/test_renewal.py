"""Tokens that last seconds: whoever works is not thrown out, and nobody works on without the issuer's word."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.support import builders
from tests.support.console import JANA, PATIENCE_MS, ConsoleBank, console_bank, sign_in

expect.set_options(timeout=PATIENCE_MS)

TOKEN_S = 5.0
TOKEN = "() => JSON.parse(sessionStorage.getItem('c360.session'))?.token"
ANOTHER = (
    "before => { const now = JSON.parse(sessionStorage.getItem('c360.session')); return now && now.token !== before; }"
)
RUN_OUT = "() => JSON.parse(sessionStorage.getItem('c360.session')).until < Date.now()"
REFRESH = "() => JSON.parse(sessionStorage.getItem('c360.session')).refresh"
REASON = "Reason (required)"


@pytest.fixture(scope="module")
def bank(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleBank]:
    """Whose issuer gives tokens for a few seconds."""
    with console_bank(tmp_path_factory.mktemp("renewal"), TOKEN_S) as made:
        yield made


def renewed(page: Page) -> None:
    """When the tab has another token than now."""
    page.wait_for_function(ANOTHER, arg=page.evaluate(TOKEN), timeout=PATIENCE_MS)


def dismissing(page: Page, text: str) -> None:
    """An open dialog about the freeze on Jana's account, with a reason half typed."""
    alert = page.locator("#alerts li.alert", has_text="Freeze placed")
    alert.get_by_role("button", name="Dismiss").click()
    page.get_by_role("textbox", name=REASON).fill(text)


def taken_back(page: Page, bank: ConsoleBank, then: str) -> None:
    """The issuer takes the sign-in back, whichever of its tokens the tab has by then; somebody signs in anew."""
    bank.issuer.sign_ins.end(page.evaluate(REFRESH))
    expect(page.locator(".statement.signed_out")).to_contain_text("Your session has ended")
    assert "Jana" not in page.content()
    page.locator("main button.primary").click()
    page.get_by_role("link", name=then, exact=True).click()
    expect(page.locator("h1")).to_have_text("Jana Novotná")


def test_who_works_on_is_not_thrown_out_and_goes_on_typing(page: Page, bank: ConsoleBank) -> None:
    streams: list[str | None] = []

    def asked(request: Request) -> None:
        if "/v1/stream" in request.url:
            streams.append(request.headers.get("authorization"))

    page.on("request", asked)
    sign_in(page, bank, "Marek", f"#/customer/{JANA}")
    dismissing(page, "By court order")
    for _ in range(2):
        renewed(page)
    expect(page.get_by_role("textbox", name=REASON)).to_have_value("By court order")
    with page.expect_request(lambda request: "/v1/stream" in request.url, timeout=PATIENCE_MS) as again:
        pass
    assert again.value.headers["authorization"] not in streams[:1], "the stream goes on with another token"
    posted = {"customer_id": JANA, "account_id": "A100", "source_seq": 50, "booked_on": "2020-11-25"}
    bank.send(builders.an_entry(**posted, balance_minor=51_234_00, occurred_at="2020-11-25T09:30:00Z"))
    expect(page.locator("#holdings")).to_contain_text("51,234.00\u00a0CZK")
    assert page.evaluate("Object.keys(localStorage).filter((key) => /ey|token|session/.test(localStorage[key]))") == []
    page.get_by_role("textbox", name=REASON).fill("By court order, known.")
    page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    expect(page.locator("#alerts li.alert", has_text="Freeze placed")).to_have_count(0)


def test_a_renewal_that_is_refused_leads_to_the_sign_in_and_him_alone_back_to_what_he_typed(
    page: Page, bank: ConsoleBank
) -> None:
    sign_in(page, bank, "Marek", f"#/customer/{JANA}")
    alert = page.locator("#alerts li.alert").first
    alert.get_by_role("button", name="Snooze").click()
    page.get_by_role("radio").nth(2).check()
    page.get_by_role("textbox").last.fill("He is on a journey.")
    taken_back(page, bank, "Marek")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_have_value("He is on a journey.")
    expect(dialog.get_by_role("radio").nth(2)).to_be_checked()
    taken_back(page, bank, "Helena")
    expect(page.locator("#alerts li.alert").first).to_be_visible()
    assert dialog.count() == 0
    assert page.evaluate("sessionStorage.getItem('c360.drafts')") is None


def test_a_token_that_the_server_refuses_is_replaced_without_a_word(page: Page, bank: ConsoleBank) -> None:
    sign_in(page, bank, "Marek", f"#/customer/{JANA}")
    spoilt = """() => {
      const kept = JSON.parse(sessionStorage.getItem("c360.session"));
      const [head, claims] = kept.token.split(".");
      sessionStorage.setItem("c360.session", JSON.stringify({ ...kept, token: `${head}.${claims}.AAAA` }));
    }"""
    page.evaluate(spoilt)
    page.evaluate("location.hash = '#/'")
    expect(page.locator("#portfolio")).to_contain_text("Jana Novotná")
    assert page.locator(".statement").count() == 0


def test_an_issuer_that_does_not_answer_throws_nobody_out(page: Page, bank: ConsoleBank) -> None:
    sign_in(page, bank, "Marek", f"#/customer/{JANA}")
    page.route("**/dev-issuer/token", lambda route: route.abort())
    page.wait_for_function(RUN_OUT, timeout=PATIENCE_MS)
    page.evaluate("location.hash = '#/'")
    trouble = page.locator("#portfolio .trouble")
    expect(trouble).to_be_visible()
    page.unroute("**/dev-issuer/token")
    trouble.get_by_role("button").click()
    expect(page.locator("#portfolio")).to_contain_text("Jana Novotná")
    assert page.locator(".statement").count() == 0


def test_a_duplicated_tab_shares_the_sign_in_and_neither_is_thrown_out(
    context: BrowserContext, page: Page, bank: ConsoleBank
) -> None:
    sign_in(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("h1")).to_have_text("Jana Novotná")
    twin = context.new_page()
    twin.goto(f"{bank.address}/console/icon.svg")
    twin.evaluate(
        "kept => sessionStorage.setItem('c360.session', kept)", page.evaluate("sessionStorage.getItem('c360.session')")
    )
    twin.goto(f"{bank.address}/console/#/customer/{JANA}")
    expect(twin.locator("h1")).to_have_text("Jana Novotná")
    for _ in range(2):
        renewed(page)
        renewed(twin)
    for tab in (page, twin):
        assert tab.locator(".statement").count() == 0
        expect(tab.locator("h1")).to_have_text("Jana Novotná")
