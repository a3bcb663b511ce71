"""What the API's producer hears while it sends nothing."""

import asyncio
import contextlib
import logging
import socket
import threading

from connectors.brokers import Brokers
from connectors.serving.audit_trail import KafkaRecords


class _Heard(logging.Handler):
    """Sets an event at the first line, from whatever thread."""

    def __init__(self, heard: asyncio.Event) -> None:
        super().__init__()
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()
        self._loop.call_soon_threadsafe(self._heard.set)


def speak_no_tls(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            newcomer, _ = listener.accept()
            with newcomer, contextlib.suppress(ConnectionError):
                newcomer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                newcomer.recv(1_000)


async def first_line_of(records: KafkaRecords) -> str:
    """Of the log, while nothing is done but hearing."""
    heard = asyncio.Event()
    handler = _Heard(heard)
    logging.getLogger("c360.kafka").addHandler(handler)
    hearing = asyncio.create_task(records.hear())
    try:
        async with asyncio.timeout(60):
            await heard.wait()
    finally:
        hearing.cancel()
        logging.getLogger("c360.kafka").removeHandler(handler)
    return handler.said


def test_a_refusal_is_told_although_nothing_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak_no_tls, args=(listener,), daemon=True).start()
        kafka = Brokers(f"127.0.0.1:{listener.getsockname()[1]}", {"security.protocol": "ssl"})
        with contextlib.closing(KafkaRecords(kafka, "c360-api")) as records:
            assert "speaks no TLS on this port" in asyncio.run(first_line_of(records))
