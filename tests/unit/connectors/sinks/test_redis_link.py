"""What a Redis answers that is there, and yet can't be used."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import hiredis
import pytest

from connectors.errors import Unavailable
from connectors.sinks.contact_budget import ContactBudget

_INFO = b"role:master\r\nrun_id:1"
_ANSWERS = {b"INFO": b"$%d\r\n%s\r\n" % (len(_INFO), _INFO), b"SCRIPT": b"$1\r\n1\r\n"}


class _Node(socketserver.BaseRequestHandler):
    """Answers what a node of a cluster does to whom asks for a key of another node."""

    moved: bytes

    def handle(self) -> None:
        reader = hiredis.Reader()
        while received := self.request.recv(65_536):
            reader.feed(received)
            while (command := reader.gets()) is not False:
                assert isinstance(command, list)
                answer = self.moved if command[0] == b"SET" else _ANSWERS.get(command[0], b"+OK\r\n")
                self.request.sendall(answer)


@contextmanager
def a_node(moved: str) -> Iterator[str]:
    """Its address."""
    handler = type("Node", (_Node,), {"moved": b"-%s 3999 127.0.0.1:1\r\n" % moved.encode()})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.socket.getsockname()
        try:
            yield f"redis://{host}:{port}/0"
        finally:
            server.shutdown()


@pytest.mark.parametrize("moved", ["MOVED", "ASK"])
def test_a_node_of_a_cluster_is_not_available_and_the_cure_is_said(moved: str) -> None:
    with a_node(moved) as url:
        budget = ContactBudget(f"{url}?protocol=2")
        try:
            with pytest.raises(Unavailable, match=r"3999 127.0.0.1:1.: name a Redis without cluster mode"):
                budget.look()
        finally:
            budget.close()
