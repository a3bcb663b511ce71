"""How soon the console shows a customer, and an alert: in a real Chromium, behind the whole of c360.

`python -m ops.bench.console` starts Kafka, Redis, worker, projector and API of its own, and looks at the pages as a
person does: a page counts as shown when the frame after its last panel has been painted. Needs playwright (of the lock)
and the system's Chromium. `--throttled 4` is a processor a quarter as fast, for the old PC.
"""

import argparse
import os
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import cycle, islice
from time import monotonic
from typing import Final, NamedTuple

import orjson
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ops.bench.alerts_on_screen import IDLE_S, PATIENCE_MS, alert_latency
from ops.bench.stage import Stage, await_that, stage
from ops.bench.statistics import percentile
from ops.bench.workload import Workload
from ops.errors import OperatorError
from ops.settings import load_settings

__all__ = ["Figures", "main"]

GROUP: Final = "bench-console"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MANAGER, PERSON = "M001", "Marek"
"""As the development issuer has it."""

WATCH: Final = """(() => {
  const seen = { shown: null, wanted: null, entered: null, alerts: {} };
  window.c360bench = seen;
  // A frame is painted after its callbacks; what is queued in them runs when that is done.
  const painted = (then) => requestAnimationFrame(() => setTimeout(then));
  addEventListener("keydown", (event) => {
    if (event.key === "Enter") Object.assign(seen, { entered: event.timeStamp, shown: null, wanted: "#holdings td" });
  }, true);
  new MutationObserver(() => {
    for (const row of document.querySelectorAll("li[data-alert]")) {
      if (row.dataset.alert in seen.alerts) continue;
      seen.alerts[row.dataset.alert] = 0;
      painted(() => { seen.alerts[row.dataset.alert] = performance.timeOrigin + performance.now(); });
    }
    const wanted = seen.wanted ?? (location.hash.startsWith("#/customer/") ? "#holdings td" : "#portfolio td");
    if (seen.shown !== null || !document.querySelector(wanted) || document.querySelector("main .loading")) return;
    seen.shown = 0; seen.dom = performance.now();
    painted(() => { seen.shown = performance.now(); });
  }).observe(document, { childList: true, subtree: true });
})();"""
SHOWN: Final = "() => window.c360bench?.shown > 0"
SETTLED: Final = """async () => {
  const { token } = JSON.parse(sessionStorage.getItem("c360.session"));
  const answer = await fetch("/v1/managers/me/portfolio", { headers: { Authorization: `Bearer ${token}` } });
  const { items, freshness } = await answer.json();
  return items.length > 0 && freshness.lag === 0 && !freshness.stale;
}"""
COST: Final = """() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const sent = all.filter((one) => one.transferSize > 0);
  return [sent.length, sent.reduce((sum, one) => sum + one.transferSize, 0)];
}"""


class Figures(NamedTuple):
    """Of one kind of look, milliseconds."""

    n: int
    p50: float
    p95: float
    worst: float

    @classmethod
    def of(cls, found: Sequence[float]) -> "Figures":
        """There must be one."""
        return cls(len(found), *(round(percentile(found, percent), 1) for percent in (50, 95, 100)))

    def __str__(self) -> str:
        return f"{self.p50:.0f} / {self.p95:.0f} / {self.worst:.0f} ms of {self.n}"


class Visit(NamedTuple):
    """What a page took from the address to its last panel."""

    shown_ms: float
    requests: int
    transferred: int


class Reader:
    """A person at a desk, signed in, with a browser's processor slowed down."""

    def __init__(self, browser: Browser, address: str, session: str, slower: float) -> None:
        self._browser, self._session, self._slower = browser, session, slower
        self._console = f"{address}/console/"

    @contextmanager
    def desk(self) -> Iterator[BrowserContext]:
        """A browser that has never been here."""
        context = self._browser.new_context(locale="en", viewport={"width": 1400, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        kept = f"try {{ sessionStorage.setItem('c360.session', {orjson.dumps(self._session).decode()}); }} catch {{}}"
        context.add_init_script(kept + WATCH)
        with closing(context):
            yield context

    def visit(self, context: BrowserContext, place: str) -> Visit:
        """One page in a tab of its own."""
        with closing(self.tab(context, place)) as page:
            shown = page.evaluate("window.c360bench.shown")
            return Visit(shown, *page.evaluate(COST))

    def tab(self, context: BrowserContext, place: str) -> Page:
        """A page that is shown."""
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": self._slower})
        page.goto(self._console + place)
        page.wait_for_function(SHOWN)
        return page

    def entered(self, page: Page, number: str) -> float:
        """From Enter behind a customer's number to his page."""
        page.evaluate("location.hash = '#/'")
        page.locator("#portfolio td").first.wait_for()
        page.locator("#search").fill(number)
        page.locator("#search").press("Enter")
        page.wait_for_function(SHOWN)
        began, shown = page.evaluate("[window.c360bench.entered, window.c360bench.shown]")
        return float(shown - began)


def customers_of(page: Page) -> list[str]:
    """The manager's customers."""
    hrefs = page.locator("#portfolio th a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    return [href.rpartition("/")[2] for href in hrefs]


def signed_in(browser: Browser, address: str) -> str:
    """A session, as the console keeps it."""
    with closing(browser.new_context(locale="en")) as context:
        page = context.new_page()
        page.goto(f"{address}/console/")
        page.locator("main button.primary").click()
        page.get_by_role("link", name=PERSON, exact=True).click()
        page.locator("#portfolio").wait_for()
        await_that(lambda: bool(page.evaluate(SETTLED)), PATIENCE_MS / 1000, every=0.5)
        return str(page.evaluate("sessionStorage.getItem('c360.session')"))


def visits(reader: Reader, place: str, times: int) -> Iterator[tuple[str, list[Visit]]]:
    """The same page, first by browsers that have never been here, then by one that has."""
    cold = []
    for _ in range(times):
        with reader.desk() as context:
            cold.append(reader.visit(context, place))
    yield "first visit", cold
    with reader.desk() as context:
        reader.visit(context, place)
        yield "again", [reader.visit(context, place) for _ in range(times)]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's own."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise OperatorError(f"No browser is installed ({', '.join(BROWSERS)}); Debian: apt-get install chromium.")
    # Chromium refuses its sandbox to root; what it is shown here is our own.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=path, args=options)) as browser,
    ):
        yield browser


def measure(reader: Reader, stage: Stage, times: int) -> Iterator[tuple[str, str]]:
    """What was measured, and the figures."""
    with reader.desk() as context, closing(reader.tab(context, "#/")) as page:
        customers = customers_of(page)
        entered = [reader.entered(page, number) for number in islice(cycle(customers), times)]
        yield "Enter to the customer's page", str(Figures.of(entered))
        page.evaluate("location.hash = '#/'")
        for leg, found in alert_latency(stage.running.kafka_bootstrap, page, customers, times).items():
            yield f"alert, {leg}", f"{Figures.of(found)}; the first after {IDLE_S:g} s of nothing {found[0]:.0f} ms"
    for what, place in (("customer", f"#/customer/{customers[0]}"), ("my day", "#/")):
        for when, seen in visits(reader, place, times):
            cost = f"{seen[-1].requests} requests, {seen[-1].transferred / 1024:.0f} KiB"
            yield f"{what}, {when}", f"{Figures.of([one.shown_ms for one in seen])}; {cost}"


def answers(address: str) -> bool:
    """Whether the API is ready."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def main() -> None:
    """Measure and print."""
    wanted = argparse.ArgumentParser(prog="python -m ops.bench.console", description=(__doc__ or "").splitlines()[0])
    wanted.add_argument("--customers", type=int, default=2_000)
    wanted.add_argument("--times", type=int, default=20, help="looks of each kind, and alerts")
    wanted.add_argument("--throttled", type=float, default=4, help="how much slower the old PC is")
    given = wanted.parse_args()
    # Projector and API hash identifiers under one secret.
    os.environ.setdefault("C360_INDEX_KEY", "of the benchmark alone, nobody's data")
    began = monotonic()
    with stage(load_settings(), print) as on, on.c360(GROUP), on.api(GROUP) as address:
        bank = Workload(given.customers)
        on.publish(islice(bank.events(), 20 * given.customers))
        await_that(lambda: answers(address), PATIENCE_MS / 1000)
        print(f"{given.customers:,} customers at {address} after {monotonic() - began:.0f} s")
        with chromium() as browser:
            session = signed_in(browser, address)
            for slower in (1, given.throttled):
                for what, figures in measure(Reader(browser, address, session, slower), on, given.times):
                    print(f"processor 1/{slower:g}, {what}: {figures}")


if __name__ == "__main__":
    main()
