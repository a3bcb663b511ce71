"""uvicorn as the API needs it: streams end first, silent connections are closed, the app sees client certificates."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.serving.api.problems import PROBLEM_JSON, Problem, problem_bytes

__all__ = ["ApiServer", "server_settings"]

_FIRST_REQUEST_S: Final = 20
_KEEP_ALIVE_S: Final = 60
_GRACE_S: Final = 10
_NAMES_OF_CERTIFICATE: Final = frozenset({"DNS", "URI"})


class _Protocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, and a little more."""

    most_connections = 12_000

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            self._refuse(_full())
            return
        # Who connects and says nothing is not waited for; whatever he says cancels this.
        self.timeout_keep_alive_task = self.loop.call_later(_FIRST_REQUEST_S, self.timeout_keep_alive_handler)
        certificate = transport.get_extra_info("peercert")
        self._certificate = _names_in(certificate) if certificate else ()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._certificate:
            self.scope["extensions"] = {"c360.certificate": {"names": self._certificate}}

    def send_400_response(self, msg: str) -> None:
        self._refuse(
            Problem(400, "no-http", "Bad request", msg, "Speak HTTP/1.1, and TLS where the address says https.")
        )

    def _refuse(self, problem: Problem) -> None:
        body = problem_bytes(problem)
        head = (
            f"HTTP/1.1 {problem.status} {problem.title}\r\ncontent-type: {PROBLEM_JSON}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n"
        )
        more = "".join(f"{name}: {value}\r\n" for name, value in problem.headers.items())
        self.transport.write(f"{head}{more}\r\n".encode() + body)
        self.transport.close()


class ApiServer(uvicorn.Server):
    """Calls `before_stop` when asked to stop, so that nothing waits for streams that never end.

    `is_to_stop` says whether it was asked before it could listen to signals itself.
    """

    def __init__(
        self, config: uvicorn.Config, before_stop: Callable[[], None], is_to_stop: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__(config)
        self._before_stop = before_stop
        self._is_to_stop = is_to_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it; its own handlers of signals stand by now, so that none is lost between."""
        await super().startup(sockets)
        self.should_exit = self.should_exit or self._is_to_stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, the streams first."""
        self._before_stop()
        await super().shutdown(sockets)


def server_settings(app: Any, tls: ssl.SSLContext | None, most_connections: int) -> uvicorn.Config:
    """uvicorn's configuration. Its access log is off: it would write addresses, and they hold numbers of customers."""
    protocol = type("Protocol", (_Protocol,), {"most_connections": most_connections})
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nobody's address is looked at, and redirects name no host.
        proxy_headers=False,
        lifespan="on",
        backlog=4_096,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )


def _names_in(certificate: dict[str, Any]) -> tuple[str, ...]:
    alternatives = [value for kind, value in certificate.get("subjectAltName", ()) if kind in _NAMES_OF_CERTIFICATE]
    common = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    return (*alternatives, *common)


def _full() -> Problem:
    return Problem(
        503,
        "too-many-connections",
        "Service Unavailable",
        "This server has as many connections as it takes.",
        "Connect again in 5 seconds.",
        {"Retry-After": "5"},
    )
