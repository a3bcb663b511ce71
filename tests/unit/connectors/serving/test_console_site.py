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


def ask(path: str, method: str = "GET", site: ConsoleSite = SITE, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request through a mount at `/console`."""
    sent: list[Any] = []
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": f"/console{path}", "root_path": "/console", "headers": raw}

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(site(scope, receive, send))
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def named_by_the_page() -> dict[str, str]:
    """File -> where the page has it."""
    return {name.partition("/")[2]: name for name in re.findall(r'(?:href|src)="([^"#]+)"', ask("/")[2].decode())}


def test_what_the_page_names_is_kept_for_good_and_the_page_itself_is_asked_for_each_time() -> None:
    assert ask("/")[1]["cache-control"] == "no-cache"
    assert named_by_the_page().keys() == {"icon.svg", "console.css", "theme.js", "app.js"}
    digest = named_by_the_page()["app.js"].partition("/")[0]
    for name in (*named_by_the_page().values(), f"{digest}/words/zh-CN.json", f"{digest}/config.json"):
        status, headers, _ = ask(f"/{name}")
        assert (status, headers["cache-control"]) == (200, "public, max-age=31536000, immutable"), name


def test_another_configuration_is_another_address_of_everything() -> None:
    other = ConsoleSite(ConsoleConfig("https://id.bank.example/realms/staff", "another"))
    assert ask("/", site=other)[2] != ask("/")[2]


def test_a_page_of_another_version_gets_what_there_is_now_and_keeps_it_not() -> None:
    status, headers, words = ask("/0123456789abcdef/words/en.json")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert words == ask("/words/en.json")[2]
    assert ask("/0123456789abcdef/nosuch.json")[0] == 404


def test_all_modules_come_as_one_that_imports_nothing() -> None:
    joined = ask(f"/{named_by_the_page()['app.js']}")[2].decode()
    assert not re.search(r"^(import|export) ", joined, re.MULTILINE)
    for name in MODULES:
        assert (f"\n// {name}\n" in f"\n{joined}") == (name != "theme.js"), name
    assert joined.index("// words.js") < joined.index("// app.js")
    assert ask("/app.js")[2] == (FOLDER / "app.js").read_bytes(), "by itself it is as it lies in the folder"


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
    assert headers["content-length"] == str(len(ask("/")[2]))


def test_an_unchanged_file_costs_a_few_bytes() -> None:
    _, headers, _ = ask("/app.js")
    status, _, body = ask("/app.js", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


def test_what_is_packed_is_the_same_and_all_of_it_is_small() -> None:
    total = 0
    digest = named_by_the_page()["app.js"].partition("/")[0]
    for name in ["", *named_by_the_page().values(), f"{digest}/words/en.json", f"{digest}/config.json"]:
        _, headers, packed = ask(f"/{name}", accept_encoding="gzip, br")
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed) == ask(f"/{name}")[2]
        total += len(packed)
    assert total < 50_000


def test_the_configuration_tells_the_decimals_of_every_currency() -> None:
    config = orjson.loads(ask("/config.json")[2])
    assert config["issuer"] == "https://id.bank.example/realms/staff"
    assert config["client_id"] == "c360-console"
    assert (config["exponents"]["CZK"], config["exponents"]["JPY"], config["exponents"]["KWD"]) == (2, 0, 3)
