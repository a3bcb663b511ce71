"""The console's files over ASGI: what is served, what a browser is told to refuse, how small it is."""

import asyncio
import gzip
import re
from typing import Any

import orjson
import pytest

from connectors.serving.console.site import FOLDER, ConsoleConfig, ConsoleSite

SITE = ConsoleSite(ConsoleConfig("https://id.bank.example/realms/staff", "c360-console"))
PAGE = (FOLDER / "index.html").read_text()
MODULES = sorted(path.name for path in FOLDER.glob("*.js"))


def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request through a mount at `/console`."""
    sent: list[Any] = []
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": f"/console{path}", "root_path": "/console", "headers": raw}

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(SITE(scope, receive, send))
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def test_the_page_names_every_module_so_that_one_round_trip_fetches_them_all() -> None:
    named = re.findall(r'(?:modulepreload" href|src)="([a-z_]+\.js)"', PAGE)
    assert sorted(named) == MODULES


def test_modules_import_nothing_but_one_another() -> None:
    for name in MODULES:
        imported = re.findall(r'^import .* from "(.+)";$', (FOLDER / name).read_text(), re.MULTILINE)
        assert {f"./{module}" for module in MODULES} >= set(imported), name


def test_nothing_is_inline_and_no_text_is_ever_made_markup() -> None:
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|style=", PAGE)
    for name in MODULES:
        source = (FOLDER / name).read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", source), (
            name
        )


@pytest.mark.parametrize("path", ["/", "/app.js", "/config.json", "/nosuch.js", "/../site.py"])
def test_every_answer_carries_the_content_policy(path: str) -> None:
    _, headers, _ = ask(path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "connect-src 'self' https://id.bank.example;" in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_only_the_consoles_own_files_are_served() -> None:
    assert ask("/")[0] == ask("/console.css")[0] == ask("/words/en.json")[0] == 200
    assert ask("/site.py")[0] == ask("/../site.py")[0] == ask("/__init__.py")[0] == 404
    assert ask("/", "POST")[0] == 405
    status, headers, body = ask("/", "HEAD")
    assert (status, body) == (200, b"")
    assert headers["content-length"] == str(len(PAGE.encode()))


def test_an_unchanged_file_costs_a_few_bytes() -> None:
    _, headers, _ = ask("/app.js")
    status, _, body = ask("/app.js", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


def test_what_is_packed_is_the_same_and_all_of_it_is_small() -> None:
    total = 0
    for name in ["", *MODULES, "console.css", "words/en.json", "config.json"]:
        _, headers, packed = ask(f"/{name}", accept_encoding="gzip, br")
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed) == ask(f"/{name}")[2]
        total += len(packed)
    assert total < 60_000


def test_the_configuration_tells_the_decimals_of_every_currency() -> None:
    config = orjson.loads(ask("/config.json")[2])
    assert config["issuer"] == "https://id.bank.example/realms/staff"
    assert config["client_id"] == "c360-console"
    assert (config["exponents"]["CZK"], config["exponents"]["JPY"], config["exponents"]["KWD"]) == (2, 0, 3)
