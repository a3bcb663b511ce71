"""The console's files as an ASGI app: all of them held in memory, compressed once, under a strict content policy.

The page names its files below the digest of all of them, where a browser keeps them for good: after the first visit it
asks for the page alone. There `app.js` is all modules joined; beside it each can be had as it lies in the folder.
"""

import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from connectors.serving.console.joining import join
from schemas.base import CURRENCY_EXPONENTS

__all__ = ["FOLDER", "ConsoleConfig", "ConsoleSite", "security_headers"]

FOLDER: Final = Path(__file__).parent
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_PAGE: Final = "index.html"
_PROGRAM: Final = "app.js"
_EARLY: Final = "theme.js"
"""No module: it runs before anything is painted."""
_CONFIG: Final = "config.json"
_DIGITS: Final = 16
_KEPT_AT: Final = re.compile(rf"([0-9a-f]{{{_DIGITS}}})/(.+)")
_NAMED: Final = re.compile(r'\b(href|src)="(\w+\.(?:css|js|svg))"')
_FOR_GOOD: Final = "public, max-age=31536000, immutable"

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


@dataclass(frozen=True)
class ConsoleConfig:
    """What the console is told of the bank; nothing of it is secret."""

    issuer: str
    """Of the bearer tokens: the console signs in there, by authorization code with PKCE."""
    client_id: str
    scope: str = "openid"

    def json(self) -> bytes:
        """As `/console/config.json`; with the decimals of every currency, on which browsers and ISO 4217 differ."""
        return orjson.dumps(
            {
                "issuer": self.issuer,
                "client_id": self.client_id,
                "scope": self.scope,
                "exponents": CURRENCY_EXPONENTS,
            }
        )


@dataclass(frozen=True)
class _File:
    content: bytes
    packed: bytes
    kind: str
    etag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> "_File":
        etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        return cls(content, gzip.compress(content, 9, mtime=0), _TYPES[Path(name).suffix], etag)


class ConsoleSite:
    """Answers GET and HEAD below wherever it is mounted. Below the digest that its page names, files never change;
    anywhere else a browser asks each time, and is told in a few bytes that nothing did."""

    def __init__(self, config: ConsoleConfig) -> None:
        files = {_CONFIG: config.json(), **{path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in _own()}}
        self._digest = _digest(files)
        page = _NAMED.sub(rf'\1="{self._digest}/\2"', files[_PAGE].decode())
        modules = {name: content.decode() for name, content in files.items() if name.endswith(".js") and name != _EARLY}
        self._files = {name: _File.of(name, content) for name, content in files.items()}
        self._files[_PAGE] = _File.of(_PAGE, page.encode())
        self._kept = {**self._files, _PROGRAM: _File.of(_PROGRAM, join(modules).encode())}
        self._security = security_headers(config.issuer)

    async def __call__(self, scope: Mapping[str, Any], _receive: Receive, send: Send) -> None:
        """One request; anything but HTTP is none of the console's business."""
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        asked = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, headers, body = self._answer(scope["method"], path or _PAGE, asked)
        raw = [(name.encode(), value.encode()) for name, value in (*headers, *self._security)]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, method: str, name: str, asked: Mapping[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        if method not in ("GET", "HEAD"):
            return 405, [("allow", "GET, HEAD"), ("content-length", "0")], b""
        file, caching = self._found(name)
        if file is None:
            return 404, [("content-type", "text/plain"), ("content-length", "9")], b"Not here."
        headers = [("etag", file.etag), ("cache-control", caching), ("vary", "accept-encoding")]
        if asked.get("if-none-match") == file.etag:
            return 304, headers, b""
        is_packed = "gzip" in asked.get("accept-encoding", "")
        body = file.packed if is_packed else file.content
        headers += [("content-type", file.kind), ("content-length", str(len(body)))]
        return 200, headers + ([("content-encoding", "gzip")] if is_packed else []), body

    def _found(self, name: str) -> tuple[_File | None, str]:
        """The file, and how long it may be kept. A page of another version gets what there is now, kept by nobody: a
        tab that was open while the server was renewed still finds its other language."""
        if (kept := _KEPT_AT.fullmatch(name)) is None:
            return self._files.get(name), "no-cache"
        digest, name = kept.groups()
        return self._kept.get(name), _FOR_GOOD if digest == self._digest else "no-cache"


def security_headers(issuer: str) -> list[tuple[str, str]]:
    """What the browser is to refuse: any script, style or connection that is not the console's own or the issuer's,
    any markup made of text (Trusted Types), any frame around it."""
    parts = urlsplit(issuer)
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        f"connect-src 'self' {parts.scheme}://{parts.netloc}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    return [
        ("content-security-policy", "; ".join(policy)),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ]


def _own() -> Iterator[Path]:
    return (path for path in sorted(FOLDER.rglob("*")) if path.suffix in _TYPES and path.is_file())


def _digest(files: Mapping[str, bytes]) -> str:
    """Of all their names and contents."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(b"%s %d " % (name.encode(), len(content)) + content)
    return digest.hexdigest()[:_DIGITS]
