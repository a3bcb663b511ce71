"""What a logger writes, in a form of c360's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from ops.logs import LogForm, formatter

__all__ = ["written_log"]


@contextmanager
def written_log(form: LogForm) -> Iterator[tuple[logging.Logger, StringIO]]:
    """A logger of a test's own at level debug, and what it wrote."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter(form))
    logger = logging.getLogger(f"c360.test.{form}")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.handlers[:] = [handler]
    yield logger, written
    logger.handlers.clear()
