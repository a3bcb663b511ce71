"""How a session is renewed, shared by tabs and left: the console's modules alone, before an issuer made up here."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from connectors.serving.console.site import FOLDER
from tests.support.console import PATIENCE_MS
from tests.support.modules import ADDRESS, empty_page

expect.set_options(timeout=PATIENCE_MS)

ISSUER = f"{ADDRESS}issuer"
BEGUN = """async () => {
  Object.assign(globalThis, await import("./session.js"), await import("./renewal.js"));
  globalThis.overs = 0;
  const config = { issuer: `${location.origin}/issuer`, client_id: "console" };
  globalThis.asking = () => {};
  const configured = async () => { asking(); return config; };
  globalThis.tokens = renewal(configured, () => { overs += 1; forget(); tokens.watch(); });
  globalThis.twin = new BroadcastChannel("c360.session");
  globalThis.begun = (given, at) => keep({ access_token: "t1", expires_in: 300, ...given }, { family: "f" }, at, 0);
}"""
LONG_AGO = "begun({ refresh_token: 'r1' }, Date.now() - 400_000)"
ASKED = "tokens.token().then((token) => token, (error) => error.status)"


class Issuer:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, page: Page) -> None:
        self.answer: dict[str, Any] = {}
        """What the token endpoint answers."""
        self.refreshed: list[str] = []
        page.route(f"{ISSUER}/**", self._answer)

    def _answer(self, route: Route) -> None:
        if route.request.url.endswith("/token"):
            self.refreshed.append(sent(route.request, "refresh_token"))
            route.fulfill(**self.answer)
        else:
            route.fulfill(json={"token_endpoint": f"{ISSUER}/token", "revocation_endpoint": f"{ISSUER}/gone"})


def sent(request: Request, name: str) -> str:
    """A field of a form."""
    return parse_qs(request.post_data or "")[name][0]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of its own, with the modules of a session at hand."""
    with empty_page(browser) as made:
        made.evaluate(BEGUN)
        yield made


@pytest.fixture
def issuer(page: Page) -> Issuer:
    return Issuer(page)


OAUTH = {"status": 400, "json": {"error": "invalid_grant"}}


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (OAUTH, True),
        ({"status": 401, "json": {"error": "invalid_client"}}, True),
        ({"status": 400, "json": {"error": "temporarily_unavailable"}}, False),
        ({"status": 400, "json": {"error": "server_error"}}, False),
        ({"status": 403, "json": {"status": 403, "error": "Forbidden"}}, False),
        ({"status": 403, "body": "<h1>Blocked</h1>", "content_type": "text/html"}, False),
        ({"status": 401, "json": None}, False),
        ({"status": 503, "json": {"error": "invalid_grant"}}, False),
    ],
)
def test_only_the_issuer_s_own_word_ends_a_session(
    page: Page, issuer: Issuer, answer: dict[str, Any], ends: bool
) -> None:
    issuer.answer = answer
    page.evaluate(LONG_AGO)
    assert page.evaluate(ASKED) == ("" if ends else 0)
    assert page.evaluate("[overs, session() === null]") == [int(ends), ends]


def test_a_tab_that_did_not_hear_of_a_renewal_asks_before_it_shows_a_token_that_was_used(
    page: Page, issuer: Issuer
) -> None:
    issuer.answer = OAUTH
    page.evaluate(LONG_AGO)
    page.evaluate(
        """() => {
          const later = Date.now() + 9e6;
          const newer = { ...session(), times: 3, token: "t3", refresh: "r3", until: later, renewAt: later };
          globalThis.heard = [];
          twin.onmessage = ({ data }) => { heard.push(data); twin.postMessage(newer); };
        }"""
    )
    assert page.evaluate(ASKED) == "t3"
    assert page.evaluate("heard") == [{"family": "f", "asks": 1}]
    assert issuer.refreshed == []
    page.evaluate("spend('t3')")
    page.evaluate("twin.onmessage = null")
    issuer.answer = {"json": {"access_token": "t4", "refresh_token": "r4"}}
    assert page.evaluate(ASKED) == "t4"
    assert issuer.refreshed == ["r3"], "nobody had a newer one"


def test_who_has_a_newer_token_gives_it_to_the_tab_that_asks_and_to_no_other_sign_in(page: Page) -> None:
    page.evaluate("begun({ refresh_token: 'r1' }, Date.now())")
    page.evaluate("keep({ access_token: 't2', refresh_token: 'r2', expires_in: 300 }, session())")
    page.evaluate("spend('t2')")
    answered = """() => new Promise((done) => {
      const heard = [];
      twin.onmessage = ({ data }) => { heard.push(data.refresh); done(heard); };
      for (const [family, asks] of [["g", 1], ["f", 2], ["f", 1]]) twin.postMessage({ family, asks });
    })"""
    assert page.evaluate(answered) == ["r2"]
    older = "twin.postMessage({ ...session(), times: 1, refresh: 'r1', until: Date.now() + 9e6 })"
    page.evaluate(older)
    assert page.evaluate(answered) == ["r2"], "an older one is not taken, not even for one that the server refuses"


def test_a_renewal_that_comes_after_signing_out_is_taken_back(page: Page, issuer: Issuer) -> None:
    issuer.answer = {"json": {"access_token": "t2", "refresh_token": "r2"}}
    page.evaluate(LONG_AGO)
    page.evaluate("() => { asking = forget; }")
    with page.expect_request(f"{ISSUER}/gone", timeout=PATIENCE_MS) as gone:
        assert page.evaluate(ASKED) == ""
    assert sent(gone.value, "token") == "r2"
    assert page.evaluate("[overs, session()]") == [0, None]


def test_signing_out_is_told_to_the_other_tabs_of_the_sign_in(page: Page) -> None:
    page.evaluate("begun({ refresh_token: 'r1' }, Date.now())")
    told = "() => new Promise((done) => { twin.onmessage = ({ data }) => done(data); tokens.leave(); })"
    assert page.evaluate(told) == {"family": "f", "over": True}
    page.evaluate("twin.postMessage({ family: 'g', over: true })")
    page.evaluate("twin.postMessage({ family: 'f', over: true })")
    page.wait_for_function("overs === 1", timeout=PATIENCE_MS)
    assert page.evaluate("session()") is None


def test_a_session_without_renewal_that_ran_out_in_a_sleep_ends_when_the_page_is_seen_again(page: Page) -> None:
    page.evaluate("begun({}, Date.now())")
    page.evaluate("tokens.watch()")
    page.evaluate("put({ ...session(), until: Date.now() - 1 })")
    seen = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(seen)
    page.evaluate(seen)
    assert page.evaluate("overs") == 1


DRAFTED = """async ([words]) => {
  Object.assign(globalThis, await import("./drafts.js"), await import("./alerts.js"));
  (await import("./words.js")).use("en", words);
  globalThis.one = { alert_id: "a1", customer_id: "C1", kind: "moon_phase", state: "raised", revision: 1, payload: {} };
  globalThis.other = { ...one, alert_id: "a2" };
  globalThis.posted = [];
  const send = (alert, content) => new Promise((done, failed) => { posted.push({ content, done, failed }); });
  globalThis.acting = actions(send, () => {});
}"""
UNSENT = "typed({ subject: 'marek' }).map(({ alert, action, said }) => [alert, action, said.reason])"


def test_what_was_submitted_is_kept_until_the_server_has_it_and_stands_in_the_dialog_again(page: Page) -> None:
    page.evaluate(DRAFTED, [orjson.loads((FOLDER / "words/en.json").read_bytes())])
    dialog, said = page.get_by_role("dialog"), page.get_by_role("textbox")
    page.evaluate("() => { acting.ask(one, 'snooze'); }")
    dialog.get_by_role("radio").nth(2).check()
    said.fill("He is on a journey.")
    dialog.locator("button.primary").click()
    expect(dialog).to_have_count(0)
    page.wait_for_function("() => posted.length === 1")
    assert page.evaluate(UNSENT) == [["a1", "snooze", "He is on a journey."]]
    page.evaluate("posted[0].failed(new Error('unreachable'))")
    page.evaluate("() => { acting.ask(one, 'snooze'); }")
    expect(said).to_have_value("He is on a journey.")
    expect(dialog.get_by_role("radio").nth(2)).to_be_checked()
    dialog.locator("button.primary").click()
    expect(dialog).to_have_count(0)
    page.wait_for_function("() => posted.length === 2")
    assert page.evaluate("posted[1].content.until.length") == len("2026-11-26T07:00:00.000Z")
    page.evaluate("posted[1].done()")
    assert page.evaluate(UNSENT) == []


def test_a_session_that_ends_at_the_moment_of_submitting_gives_back_all_that_was_typed(page: Page) -> None:
    page.evaluate(DRAFTED, [orjson.loads((FOLDER / "words/en.json").read_bytes())])
    dialog, said = page.get_by_role("dialog"), page.get_by_role("textbox")
    page.evaluate("() => { acting.ask(one, 'dismiss'); }")
    said.fill("By court order")
    dialog.locator("button.primary").click()
    expect(dialog).to_have_count(0)
    page.evaluate("() => { acting.ask(other, 'acknowledge'); }")
    said.fill("Called him.")
    page.evaluate(
        """() => {
          const kept = typed({ subject: "marek" });
          document.querySelector("dialog").remove();
          keepDrafts(kept);
        }"""
    )
    page.evaluate("() => { acting.resume([one, other]); }")
    expect(said).to_have_value("By court order")
    page.evaluate("() => { acting.resume([one, other]); }")
    expect(dialog).to_have_count(1)
    dialog.locator("button.primary").click()
    expect(said).to_have_value("Called him.")
    dialog.locator("button.quiet").click()
    expect(dialog).to_have_count(0)
    assert page.evaluate("posted.map((one) => one.content.reason)") == ["By court order", "By court order"]
    assert page.evaluate("sessionStorage.length") == 0
