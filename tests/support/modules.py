"""The console's modules in an empty page of the browser that will run them: nothing serves them, or has to run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Page, Route

from connectors.serving.console.site import FOLDER

__all__ = ["ADDRESS", "empty_page"]

ADDRESS: Final = "https://console.test/"
_TYPES: Final = {".js": "text/javascript", ".json": "application/json"}


@contextmanager
def empty_page(browser: Browser) -> Iterator[Page]:
    """A page at which the modules can be imported."""
    page = browser.new_page(locale="en")
    page.route(f"{ADDRESS}**", _answer)
    page.goto(ADDRESS)
    yield page
    page.close()


def _answer(route: Route) -> None:
    file = FOLDER / route.request.url.removeprefix(ADDRESS)
    if file.is_file():
        route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])
    else:
        route.fulfill(body="<title>modules</title>", content_type="text/html")
