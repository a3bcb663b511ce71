"""Kafka tells which versions of its requests it knows, and so how old it is."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from connectors.brokers import Brokers
from connectors.kafka_version import is_too_old
from ops.admission import let_in
from ops.errors import Refused
from ops.launcher.ports import free_ports

KAFKA_2_4 = {3: 9, 22: 2, 28: 2}
KAFKA_2_5 = {3: 9, 22: 3, 28: 3}


@contextmanager
def a_kafka(known: Mapping[int, int], error: int = 0) -> Iterator[int]:
    """The port of one that answers this question alone, and hangs up on every other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, known, error), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, known: Mapping[int, int], error: int) -> None:
    rows = b"".join(struct.pack(">hhh", request, 0, newest) for request, newest in known.items())
    body = struct.pack(">ihi", 1, error, len(known)) + rows
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            asked = connection.recv(1024)
            if asked[4:6] == struct.pack(">h", 18) and asked[6:8] == struct.pack(">h", 0):
                connection.sendall(struct.pack(">i", len(body)) + body)


@pytest.mark.parametrize(("known", "expected"), [(KAFKA_2_4, True), (KAFKA_2_5, False), ({}, True)])
def test_a_kafka_without_fenced_positions_is_too_old(known: Mapping[int, int], expected: bool) -> None:
    with a_kafka(known) as port:
        assert is_too_old("127.0.0.1", port, None, 30) is expected


def test_a_kafka_that_does_not_say_is_not_judged() -> None:
    with a_kafka({}, error=35) as port:
        assert is_too_old("127.0.0.1", port, None, 30) is None
    assert is_too_old("127.0.0.1", free_ports(1)[0], None, 30) is None


def test_whoever_needs_it_is_told_what_to_do() -> None:
    with a_kafka(KAFKA_2_4) as port:
        with pytest.raises(Refused) as refused:
            let_in(Brokers(f"127.0.0.1:{port}"))
        assert refused.value.message == (
            f"Kafka at 127.0.0.1:{port} is older than 2.5, and could not keep two workers apart: upgrade it."
        )
