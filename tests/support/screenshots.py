"""The pictures of the console in the documentation, taken from a running demo.

    .venv/bin/c360 demo                                               # in another shell, until it says live
    .venv/bin/python -m tests.support.screenshots http://127.0.0.1:8360

Also says how soon the first view stood, and how many bytes it took.
"""

import argparse
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import executable

FOLDER: Final = Path(__file__).parents[2] / "ops/docs"
MOST: Final = """async () => {
  const { token } = JSON.parse(sessionStorage.getItem("c360.session"));
  const headers = { Authorization: `Bearer ${token}` };
  const rows = (await (await fetch("/v1/managers/me/portfolio?limit=200", { headers })).json()).items;
  const worth = ({ totals }) => 1000 * (totals.loans > 0) + 100 * (totals.complaints > 0) + Math.min(totals.alerts, 90);
  return rows.sort((one, other) => worth(other) - worth(one))[0].customer.customer_id;
}"""
"""The manager's customer about whom there is most to see."""
FIRST_VIEW: Final = """() => {
  const loaded = performance.getEntriesByType("resource");
  const page = performance.getEntriesByType("navigation")[0];
  const painted = performance.getEntriesByName("first-contentful-paint")[0];
  const bytes = [page, ...loaded].reduce((sum, one) => sum + one.transferSize, 0);
  const seen = performance.getEntriesByName("c360.shown").at(-1);
  const [painted_ms, shown_ms] = [painted, seen].map((one) => Math.round(one.startTime));
  return { painted_ms, shown_ms, bytes, requests: loaded.length + 1 };
}"""


class Picture(NamedTuple):
    """One of them."""

    name: str
    person: str
    look: Literal["light", "dark"]
    page: Literal["customer", "day", "operations"]


PICTURES: Final = (
    Picture("console-customer.png", "Marek", "light", "customer"),
    Picture("console-customer-zh-dark.png", "Zhang Min (张敏)", "dark", "customer"),
    Picture("console-day.png", "Marek", "light", "day"),
    Picture("console-operations-dark.png", "Otto", "dark", "operations"),
)
READY: Final = {"customer": "#timeline li", "day": "#portfolio td", "operations": "#sources td"}


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="of the lookup API")
    parser.add_argument("--into", type=Path, default=FOLDER)
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        for picture in PICTURES:
            told = take(browser, given.address, picture, given.into / picture.name)
            print(f"{picture.name}: {told}")
        browser.close()


def take(browser: Browser, address: str, picture: Picture, into: Path) -> dict[str, Any]:
    """One picture; what its first view cost."""
    look = {"color_scheme": picture.look, "viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce"}
    context = browser.new_context(timezone_id="Europe/Prague", **look)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/console/#/{'operations' if picture.page == 'operations' else ''}")
    page.locator("main button.primary").click()
    page.get_by_role("link", name=picture.person, exact=True).click()
    page.locator("#bar .person").wait_for()
    if picture.page == "customer":
        page.goto(f"{address}/console/#/customer/{page.evaluate(MOST)}")
    page.locator(READY[picture.page]).first.wait_for()
    told = first_view(page, READY[picture.page])
    page.screenshot(path=into)
    context.close()
    return told


def first_view(page: Page, ready: str) -> dict[str, Any]:
    """The page anew, as on the first visit of a day: nothing kept by the browser."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    watch = f"""new MutationObserver((_changes, watching) => {{
      if (document.querySelector({ready!r})) {{ performance.mark("c360.shown"); watching.disconnect(); }}
    }}).observe(document, {{ childList: true, subtree: true }});"""
    page.add_init_script(watch)
    page.reload()
    page.locator(ready).first.wait_for()
    page.wait_for_function("performance.getEntriesByName('c360.shown').length > 0")
    told: dict[str, Any] = page.evaluate(FIRST_VIEW)
    return told


if __name__ == "__main__":
    main()
