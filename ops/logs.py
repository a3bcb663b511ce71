"""Log lines: what happened, where, on standard error."""

import logging
import sys
from typing import Final

import structlog

__all__ = ["configure_logging"]

_QUIET: Final = {
    "faust": logging.CRITICAL,
    "mode": logging.CRITICAL,
    "aiokafka": logging.CRITICAL,
    "kafka": logging.ERROR,
    "asyncio": logging.ERROR,
    "streams": logging.CRITICAL,
}
"""Libraries (and Faust's services in our own classes) that tell their inner life; the rest speaks as `c360.*`.

What makes a service crash is told once, when the process ends.
"""


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
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    if root.level > logging.DEBUG:
        for name, quiet in _QUIET.items():
            logging.getLogger(name).setLevel(max(quiet, root.level))
