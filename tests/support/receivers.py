"""Receivers of deliveries in tests: a real HTTP server that does as it is told."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

__all__ = ["Answer", "Posted", "Receiver", "receiving"]


class Posted(NamedTuple):
    """A request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def parcel(self) -> dict[str, Any]:
        """The body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class Answer(NamedTuple):
    """What is answered; a status of 0: nothing, until the receiver ends."""

    status: int = 204
    headers: dict[str, str] = {}  # noqa: RUF012  nobody changes it


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate goes away in mid-handshake: nothing to tell."""


class Receiver:
    """What came, and where to post to. Each request is answered as `answers` says for its number, from 0."""

    def __init__(self, answers: Callable[[int], Answer], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Posted] = []
        self.taken: list[Posted] = []
        """Those answered with 2xx."""
        self._answers = answers
        self._lock = threading.Lock()
        self._end = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    # Its sender was killed in the middle of it: no server takes half a request.
                    return
                answer = receiver._take(Posted(dict(self.headers), body))
                if not answer.status:
                    receiver._end.wait()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            # The handshake is left to the thread of the request: a client that breaks it off stops nobody else.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_port}/alerts"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, also what hangs."""
        self._end.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, posted: Posted) -> Answer:
        with self._lock:
            answer = self._answers(len(self.requests))
            self.requests.append(posted)
            if 200 <= answer.status < 300:
                self.taken.append(posted)
        return answer


@contextmanager
def receiving(
    answers: Callable[[int], Answer] = lambda _number: Answer(), tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A receiver for as long as the block lasts, with `tls` over HTTPS."""
    receiver = Receiver(answers, tls)
    try:
        yield receiver
    finally:
        receiver.close()
