"""Log lines: what happened, where, on standard error."""

import logging
import sys
from typing import Final

import structlog

__all__ = ["configure_logging"]

_QUIET: Final = {
    "faust": logging.CRITICAL,
    "mode": logging.CRITICAL,
    "aiokafka": logging.ERROR,
    "kafka": logging.ERROR,
    "asyncio": logging.ERROR,
    "streams": logging.CRITICAL,
    "uvicorn": logging.WARNING,
    "httpx": logging.WARNING,
}
"""Libraries (and Faust's services in our own classes) that tell their inner life; the rest speaks as `c360.*`.

What makes a service crash is told once, when the process ends.
"""


class _Sparse(logging.Filter):
    """While Kafka is away aiokafka says so ten times a second: one line in ten seconds tells as much."""

    def __init__(self, seconds: float = 10.0) -> None:
        super().__init__()
        self._seconds = seconds
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("aiokafka"):
            return True
        if record.created < self._next:
            return False
        self._next = record.created + self._seconds
        return True


def configure_logging(level: str) -> None:
    """One readable line per message on standard error, `level` and up."""
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=processors,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Plain traces: the pretty ones print local variables, and those hold customers' data.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(_Sparse())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    if root.level > logging.DEBUG:
        for name, quiet in _QUIET.items():
            logging.getLogger(name).setLevel(max(quiet, root.level))
