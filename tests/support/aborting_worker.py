"""`python -m tests.support.aborting_worker`: a worker whose every seventh transaction is aborted after it was written.

What it wrote is in the log, followed by an abort marker; what became of it is known, so the lane must take it back.
"""

import sys
from collections.abc import Sequence

from confluent_kafka import Producer

from ops.settings import load_settings
from ops.worker import run_worker
from streams.flush import Flush
from streams.lane.membership import Membership
from streams.lane.sinks import Aborted, Sink, TransactionalSink

EVERY = 7


class AbortingSink(TransactionalSink):
    """The real sink; some commits are turned into aborts at the last moment."""

    def __init__(self, sink: Sink) -> None:
        assert isinstance(sink, TransactionalSink)
        self.__dict__.update(sink.__dict__)
        self._count = 0

    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:
        """Write; every seventh time abort instead of committing."""
        self._count += 1
        super().write(flushes, membership)

    def _commit(self, producer: Producer) -> None:
        if self._count % EVERY == 0:
            raise Aborted("a test wants it so")
        super()._commit(producer)


if __name__ == "__main__":
    settings = load_settings()
    assert settings.kafka_bootstrap is not None
    sys.exit(run_worker(settings, settings.kafka_bootstrap, None, AbortingSink))
