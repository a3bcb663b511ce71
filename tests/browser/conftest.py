"""A real Chromium, the system's own, for all browser tests; each test has a fresh context, and no error goes unseen."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str:
    """Path of the system's Chromium; skips, or fails, the test where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        why = f"no browser is installed ({', '.join(NAMES)}); Debian: apt-get install chromium"
        if os.environ.get("C360_REQUIRE_CHROMIUM", "") not in ("", "0"):
            pytest.fail(f"C360_REQUIRE_CHROMIUM is set, but {why}", pytrace=False)
        pytest.skip(why)
    return found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser; skipped with the reason where there is none, a failure with C360_REQUIRE_CHROMIUM=1 (as in CI)."""
    path = executable()
    # Chromium refuses its sandbox to root; what it is shown here is our own.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=options)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Cookies, storage and looks of its own."""
    made = browser.new_context(locale="en", timezone_id="Europe/Prague", reduced_motion="reduce")
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; the test fails when a script failed in it, or the content policy refused something."""
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield made
    assert wrong == []
