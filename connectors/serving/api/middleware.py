"""Around every request: its id, its time, its line in the log (never its address), and what a browser is told."""

import logging
import secrets
import time
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.serving.api.parts import ApiMetrics
from connectors.serving.api.problems import Problem

__all__ = ["AroundRequests"]

_OF_OPERATORS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What those who run c360 ask: answered above all under load, when they need to see it."""
_LARGEST_BODY: Final = 64 * 1024
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
_Header = tuple[bytes, bytes]
_OF_DATA: Final[tuple[_Header, ...]] = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_OF_PAGES: Final = (*_OF_DATA, (b"content-security-policy", _POLICY.encode()))
"""The console has a stricter policy of its own."""

logger = logging.getLogger("c360.api")


class AroundRequests:
    """Around the app; at most `most_at_once` requests are worked on, apart from streams and what operators ask."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics, most_at_once: int) -> None:
        self._app = app
        self._metrics = metrics
        self._most_at_once = most_at_once
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = _Answering(scope, send)
        refused = self._refusal(scope)
        counts = scope["path"] != "/v1/stream" and scope["path"] not in _OF_OPERATORS
        self._under_way += counts
        try:
            if refused is not None:
                await refused.response()(scope, receive, answering.send)
            else:
                await self._app(scope, receive, answering.send)
        except Exception:
            logger.exception("A request failed (request %s): this is a fault of c360", answering.request_id)
            if not answering.begun:
                await _fault(answering.request_id).response()(scope, receive, answering.send)
        finally:
            self._under_way -= counts
            self._tell(scope, answering)

    def _refusal(self, scope: Scope) -> Problem | None:
        if self._under_way >= self._most_at_once and scope["path"] not in _OF_OPERATORS:
            return _overloaded()
        if scope["method"] not in {"GET", "HEAD"}:
            length = Headers(scope=scope).get("content-length", "0" if scope["method"] == "OPTIONS" else "")
            if not length.isdecimal() or int(length) > _LARGEST_BODY:
                return _too_large()
        return None

    def _tell(self, scope: Scope, answering: "_Answering") -> None:
        route = getattr(scope.get("route"), "path", None) or "other"
        seconds = time.perf_counter() - answering.began
        self._metrics.request(route, answering.status, seconds)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "%s %s %s in %.1f ms (request %s)",
                scope["method"],
                route,
                answering.status,
                seconds * 1000,
                answering.request_id,
            )


class _Answering:
    """Passes an answer on, with the headers that every answer has."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.began = time.perf_counter()
        self.request_id = secrets.token_hex(8)
        self.status = 0
        self.begun = False
        self._send = send
        self._of_data = scope["path"].startswith("/v1/")
        scope["c360.request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        """As ASGI says."""
        if message["type"] == "http.response.start":
            self.begun = True
            self.status = message["status"]
            message["headers"] = self._headers(message["headers"])
        await self._send(message)

    def _headers(self, given: Sequence[_Header]) -> list[_Header]:
        """Those of the answer (names in small letters, as ASGI says), and what it lacks."""
        names = {name for name, _ in given}
        more = [header for header in (_OF_DATA if self._of_data else _OF_PAGES) if header[0] not in names]
        headers = [*given, (b"x-request-id", self.request_id.encode()), *more]
        if self._of_data:
            # A view may be kept for its ETag, but by nobody between, and never shown without asking.
            kept = b"private, no-cache" if b"etag" in names else b"no-store"
            headers = [header for header in headers if header[0] != b"cache-control"]
            headers.append((b"cache-control", kept))
        return headers


def _overloaded() -> Problem:
    return Problem(
        503,
        "overloaded",
        "Not available now",
        "More requests are under way than this server takes on.",
        "Ask again in 1 second.",
        {"Retry-After": "1"},
    )


def _too_large() -> Problem:
    return Problem(
        413,
        "too-large",
        "The request is too large",
        f"A body has at most {_LARGEST_BODY} bytes, and its length is stated (Content-Length).",
        "Send less.",
    )


def _fault(request_id: str) -> Problem:
    return Problem(
        500,
        "fault",
        "c360 has failed",
        f"The request met a fault of c360 (request {request_id}).",
        "Tell whoever operates c360 the request's id; its log has the rest.",
    )
