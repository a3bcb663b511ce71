"""`python -m tests.support.odd_worker KIND ...`: the real worker, but for one oddity in how what it does is written.

aborting         the first transaction and every seventh is aborted after it was written
braked FILE      while FILE exists, some time passes before each transaction
unsure N         the Nth transaction commits, and the answer is lost
stuck N          the Nth transaction never ends
dying STAGE N    without transactions: dies in its Nth write when the STAGE (alerts or sections) is acknowledged
at FILE          its wall clock shows the instant that stands in FILE
cramped BYTES    none of its files may grow beyond so many bytes, which a full disk does to all of them
"""

import os
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from ops.settings import load_settings
from ops.worker import run_worker
from streams.flush import Flush
from streams.lane.membership import Membership
from streams.lane.sinks import Aborted, AcknowledgedSink, OutcomeUnknown, Sink, TransactionalSink

ABORTED_EVERY = 7
BRAKED_SECONDS = 0.8


class _Counting(TransactionalSink):
    """The real sink, taken over once it is made; counts its transactions."""

    def __init__(self, sink: Sink, *arguments: str) -> None:
        assert isinstance(sink, TransactionalSink)
        self.__dict__.update(sink.__dict__)
        self._arguments = arguments
        self._count = 0

    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:
        self._count += 1
        super().write(flushes, membership)


class Aborting(_Counting):
    def _commit(self, producer: Producer) -> None:
        if self._count % ABORTED_EVERY == 1:
            raise Aborted("a test wants it so")
        super()._commit(producer)


class Braked(_Counting):
    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:
        # Before it begins: positions of an open transaction are pending, and nobody could see how far it is.
        if Path(self._arguments[0]).exists():
            threading.Event().wait(BRAKED_SECONDS)
        super().write(flushes, membership)


class Unsure(_Counting):
    def _commit(self, producer: Producer) -> None:
        super()._commit(producer)
        if self._count == int(self._arguments[0]):
            raise OutcomeUnknown("a test lost the answer")


class Stuck(_Counting):
    def _commit(self, producer: Producer) -> None:
        if self._count == int(self._arguments[0]):
            threading.Event().wait()
        super()._commit(producer)


class Dying(AcknowledgedSink):
    def __init__(self, sink: Sink, stage: str, number: str) -> None:
        assert isinstance(sink, AcknowledgedSink)
        # Its own deliveries are to be told to it.
        super().__init__({"bootstrap.servers": load_settings().kafka_bootstrap})
        self._stage = stage
        self._left = int(number)

    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:
        self._left -= 1
        super().write(flushes, membership)
        self._die_at("sections")

    def _write_sections(self, flush: Flush) -> None:
        self._die_at("alerts")
        super()._write_sections(flush)

    def _die_at(self, stage: str) -> None:
        if stage == self._stage and self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


SINKS: dict[str, Any] = {
    "aborting": Aborting,
    "braked": Braked,
    "unsure": Unsure,
    "stuck": Stuck,
    "dying": Dying,
}


def main(kind: str, *arguments: str) -> int:
    """Run a worker of that kind."""
    settings = load_settings()
    assert settings.kafka_bootstrap is not None
    if kind == "at":
        instant = Path(arguments[0])
        return run_worker(
            settings, settings.kafka_bootstrap, None, wall=lambda: datetime.fromisoformat(instant.read_text())
        )
    if kind == "cramped":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(arguments[0]), int(arguments[0])))
        return run_worker(settings, settings.kafka_bootstrap, None)
    return run_worker(settings, settings.kafka_bootstrap, None, wrap_sink=lambda sink: SINKS[kind](sink, *arguments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
