"""The health check of containers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops.healthcheck import main
from ops.launcher.ports import free_ports


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The URL of a process that answers everything so."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature is the library's
            """Tests read nothing of it."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (503, 1)])
def test_a_process_is_well_that_answers_with_200(status: int, expected: int) -> None:
    with answering(status) as url:
        assert main(url) == expected


def test_a_process_that_is_not_there_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}/metrics"
    assert main(url) == 1
    assert capsys.readouterr().err.startswith(f"{url} does not answer: ")
