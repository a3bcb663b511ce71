"""A Kafka of any age, as far as it is asked at the door: it tells which versions of its requests it knows."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["KAFKA_2_4", "KAFKA_2_5", "a_kafka"]

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
