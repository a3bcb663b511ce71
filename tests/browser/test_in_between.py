"""What changes while a page is read, before it follows, or while Redis is behind, is on the page all the same."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.support import builders
from tests.support.console import JANA, PATIENCE_MS, WANG, ConsoleBank, be, console_bank

expect.set_options(timeout=PATIENCE_MS)

TOKEN = "() => JSON.parse(sessionStorage.getItem('c360.session')).token"
VIEW = f"**/v1/customers/{JANA}"


@pytest.fixture(scope="module")
def bank(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleBank]:
    with console_bank(tmp_path_factory.mktemp("between")) as made:
        yield made


@pytest.fixture
def page(page: Page) -> Page:
    """Keeps in `told` what its stream told, for tests that wait for it."""
    page.add_init_script(
        """{
          const send = fetch;
          window.told = "";
          window.fetch = async (...asked) => {
            const answer = await send(...asked);
            if (!String(asked[0]).includes("/v1/stream") || !answer.ok) return answer;
            const [mine, its] = answer.body.tee();
            const kept = new WritableStream({ write: (text) => { window.told += text; } });
            mine.pipeThrough(new TextDecoderStream()).pipeTo(kept).catch(() => null);
            return new Response(its, { status: answer.status, headers: answer.headers });
          };
        }"""
    )
    return page


def is_told(page: Page, text: str) -> None:
    """When the stream has told it."""
    page.wait_for_function("text => window.told.includes(text)", arg=text, timeout=PATIENCE_MS)


def anew(route: Route) -> dict[str, str]:
    """Headers by which the whole answer comes, unchanged or not."""
    return {name: value for name, value in route.request.headers.items() if name != "if-none-match"}


def renamed(answer: APIResponse, name: str) -> dict[str, Any]:
    """The answer as it is, but for his name, by which it is seen that the page has taken it."""
    content: dict[str, Any] = answer.json()
    content["customer"]["name"] = name
    return content


def posts(bank: ConsoleBank, number: int) -> str:
    """Books something on Jana's account; gives the balance as the page shows it."""
    posted = {"customer_id": JANA, "account_id": "A100", "source_seq": number, "booked_on": "2020-11-25"}
    at = f"2020-11-25T09:{number - 50:02}:00Z"
    bank.send(builders.an_entry(**posted, balance_minor=number * 1_000_00, occurred_at=at))
    return f"{number},000.00\u00a0CZK"


def until(page: Page, happened: Callable[[], object]) -> None:
    """Lets the page go on until then."""
    for _ in range(PATIENCE_MS // 100):
        if happened():
            return
        page.wait_for_timeout(100)
    pytest.fail("it did not happen")


def test_what_changes_after_the_page_was_read_and_before_it_follows(page: Page, bank: ConsoleBank) -> None:
    booked: list[str] = []

    def meanwhile(route: Route) -> None:
        booked.append(posts(bank, 51))
        route.continue_()

    page.route("**/v1/stream?customer=*", meanwhile, times=1)
    be(page, bank, "Marek", f"#/customer/{JANA}")
    until(page, lambda: booked)
    expect(page.locator("#holdings")).to_contain_text(booked[0])


def test_an_answer_that_is_older_than_what_the_stream_told_does_not_stay(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek", f"#/customer/{JANA}")
    expect(page.locator("#foot")).to_contain_text("Live")
    held: list[tuple[Route, APIResponse]] = []
    page.route(VIEW, lambda route: held.append((route, route.fetch(headers=anew(route)))))
    bank.look_again()
    until(page, lambda: held)
    balance = posts(bank, 52)
    expect(page.locator("#holdings")).to_contain_text(balance)
    old = held[0][1]
    assert "5200000" not in old.text()
    # Whoever asks again meanwhile finds Redis no newer.
    for route, _ in held:
        route.fulfill(json=renamed(old, "Jana of the old answer"))
    expect(page.locator("h1")).to_have_text("Jana of the old answer")
    expect(page.locator("#holdings")).to_contain_text(balance, timeout=1)


def test_what_was_told_before_an_answer_that_lacks_it_was_asked_for_stays(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Zhang Min (张敏)", f"#/customer/{WANG}")
    page.get_by_label("语言").select_option("en")
    expect(page.locator("#foot")).to_contain_text("Live")
    before = page.context.request.get(
        f"{bank.address}/v1/customers/{WANG}",
        headers={"Authorization": f"Bearer {page.evaluate(TOKEN)}"},
    )
    # The first time Redis does not have the complaint yet, the next time it does.
    old = renamed(before, "Wang of the old answer")
    page.route(f"**/v1/customers/{WANG}", lambda route: route.fulfill(json=old), times=1)
    came = {"customer_id": WANG, "complaint_id": "K301", "received_on": "2020-11-24"}
    bank.send(builders.a_complaint(**came, occurred_at="2020-11-25T09:35:00Z"))
    complaint = page.locator("#complaints li", has_text="Billing dispute")
    expect(page.locator("h1")).to_have_text("Wang of the old answer")
    expect(complaint).to_be_visible(timeout=1)
    expect(complaint.locator(".badge", has_text="to be answered by")).to_be_visible()
    bank.send(builders.a_withdrawal(customer_id=WANG, complaint_id="K301", occurred_at="2020-11-25T09:36:00Z"))


def test_what_redis_got_late_and_nobody_told_is_shown_when_it_has_caught_up(page: Page, bank: ConsoleBank) -> None:
    bank.projector = "stopped"
    try:
        be(page, bank, "Marek")
        expect(page.locator("#notice")).to_contain_text("the projector was stopped")
        page.goto(f"{bank.address}/console/#/customer/{JANA}")
        expect(page.locator("#holdings")).to_be_visible()
        expect(page.locator("#foot")).to_contain_text("May be old")
        # Of this account nothing has been told: of two changes the later one is told too.
        posted = {"customer_id": JANA, "account_id": "A101", "currency": "EUR", "source_seq": 5}
        booked = {"balance_minor": 9_300_00, "booked_on": "2020-11-25", "occurred_at": "2020-11-25T09:03:00Z"}
        bank.send(builders.an_entry(**posted, **booked), tell=False)
    finally:
        bank.projector = "running"
    expect(page.locator("#holdings")).to_contain_text("9,300.00\u00a0EUR")


def test_an_alert_that_comes_while_the_list_is_read(page: Page, bank: ConsoleBank) -> None:
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/v1/managers/me/alerts", lambda route: held.append((route, route.fetch())))
    be(page, bank, "Marek")
    until(page, lambda: held)
    expect(page.locator("#foot")).to_contain_text("Live")
    posted = {"customer_id": JANA, "account_id": "A101", "currency": "EUR", "booked_on": "2020-11-25", "source_seq": 9}
    large = {"amount_minor": 71_000_00, "balance_minor": 80_000_00, "occurred_at": "2020-11-25T09:40:00Z"}
    bank.send(builders.an_entry(**posted, **large))
    is_told(page, "7100000")
    old = held[0][1]
    assert "7100000" not in old.text()
    for route, _ in held:
        route.fulfill(response=old)
    expect(page.locator("#alerts li.alert", has_text="71,000.00\u00a0EUR came in on account A101")).to_be_visible()


def test_all_lists_are_read_at_once_when_some_changes_were_missed(page: Page, bank: ConsoleBank) -> None:
    be(page, bank, "Marek")
    expect(page.locator("#foot")).to_contain_text("Live")
    expect(page.locator("#portfolio")).to_contain_text("Jana Novotná")
    # A change by which they are read in a minute.
    posts(bank, 54)
    is_told(page, '"changed":["account:A100"')
    with page.expect_request("**/v1/managers/me/portfolio*", timeout=10_000):
        bank.look_again()
