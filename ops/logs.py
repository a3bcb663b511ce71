"""Log lines: what happened, where, on standard error; without personal data, and as detailed as is wanted now."""

import logging
import signal
import sys
import threading
from collections.abc import MutableMapping
from types import FrameType
from typing import Any, Final, Literal

import orjson
import structlog

from ops.redaction import redacted

__all__ = ["LogForm", "configure_logging", "formatter"]

LogForm = Literal["readable", "json"]

_LEVELS: Final = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)

_QUIET: Final = {
    "faust": logging.CRITICAL,
    "mode": logging.CRITICAL,
    "aiokafka": logging.ERROR,
    "kafka": logging.ERROR,
    "asyncio": logging.ERROR,
    "streams": logging.CRITICAL,
    "uvicorn": logging.WARNING,
}
"""Libraries (and Faust's services in our own classes) that tell their inner life; the rest speaks as `c360.*`.

What makes a service crash is told once, when the process ends.
"""

_CARRIERS: Final = ("httpx", "httpcore", "uvicorn.access")
"""Whose details are what they carry, such as addresses and headers with keys in them: never told, at no level."""


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


def configure_logging(level: str, form: LogForm = "readable") -> None:
    """One line per message on standard error, `level` and up; SIGUSR1 makes it a step more detailed, SIGUSR2 less."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form, colours=sys.stderr.isatty()))
    handler.addFilter(_Sparse())
    logging.getLogger().handlers[:] = [handler]
    _set_level(logging.getLevelNamesMapping()[level.upper()])
    # Elsewhere Python lets nobody listen to signals, and a thread is no process of its own.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, lambda number, frame: _step(-1, number, frame))
        signal.signal(signal.SIGUSR2, lambda number, frame: _step(1, number, frame))


def formatter(form: LogForm, *, colours: bool = False) -> logging.Formatter:
    """Of a line: `readable`, or a JSON object with timestamp, level, logger and event."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(serializer=_json)
    if form == "readable":
        renderer = structlog.dev.ConsoleRenderer(
            colors=colours, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    name: list[structlog.typing.Processor] = [structlog.stdlib.add_logger_name] if form == "json" else []
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            *name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Plain traces: the pretty ones print local variables, and those hold customers' data.
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
    )


def _redact(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, said in line.items():
        if isinstance(said, str):
            line[name] = redacted(said)
    return line


def _json(line: Any, **_options: Any) -> str:
    return orjson.dumps(line, default=str).decode()


def _set_level(level: int) -> None:
    logging.getLogger().setLevel(level)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, level) if level > logging.DEBUG else logging.NOTSET)
    for name in _CARRIERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, level))


def _step(by: int, _number: int, _frame: FrameType | None) -> None:
    """One level less severe, or more, as far as there is one."""
    place = _LEVELS.index(logging.getLogger().level) + by
    level = _LEVELS[min(max(place, 0), len(_LEVELS) - 1)]
    _set_level(level)
    logging.getLogger("c360.logs").log(level, "Log level is %s now", logging.getLevelName(level).lower())
