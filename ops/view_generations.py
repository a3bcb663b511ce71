"""Which generation of the views is in force: topic `view-generations` read, followed and changed."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from time import monotonic
from typing import Final

from confluent_kafka import KafkaException
from pydantic import ValidationError

from connectors.brokers import Kafka
from connectors.errors import Unavailable
from connectors.sources.control_topic import ControlRecord, ControlTopic
from connectors.sources.publishing import create_producer
from ops.control_records import control_records
from ops.errors import OperatorError
from schemas.generations import GENERATIONS_KEY, ViewGenerations, group_of, views_topic
from schemas.topics import VIEW_GENERATIONS

__all__ = [
    "FollowedGenerations",
    "GenerationInForce",
    "change_generations",
    "generations_of",
    "in_force_of",
    "is_followed",
]

logger = logging.getLogger("c360.generations")

TIMEOUT: Final = 30.0
_AGAIN_S: Final = 5.0
_PATIENCE_S: Final = 1.0
_LOOK_S: Final = 0.1
# One name for all: whoever begins to change something ends what another has under way.
TRANSACTIONAL_ID: Final = "c360-rebuild"


def generations_of(bootstrap: Kafka) -> ViewGenerations | None:
    """As they stand; None where there never was a second one. OperatorError when Kafka does not answer."""
    return _newest(control_records(bootstrap, VIEW_GENERATIONS))


def in_force_of(standing: ViewGenerations | None) -> int:
    """The generation in force."""
    return 1 if standing is None else standing.in_force


def change_generations(
    bootstrap: Kafka, decide: Callable[[ViewGenerations | None], ViewGenerations | None]
) -> ViewGenerations | None:
    """Write what `decide` makes of the generations as they stand (the same: nothing is written), and return that.

    What it saw is what stands when it is written: a second change that begins meanwhile ends this one. Whoever reads
    after this has returned sees it.
    """
    timeout_ms = int(TIMEOUT * 1000)
    limits = {"transaction.timeout.ms": timeout_ms, "delivery.timeout.ms": timeout_ms}
    producer = create_producer(bootstrap, **{"transactional.id": TRANSACTIONAL_ID}, **limits)
    try:
        producer.init_transactions(TIMEOUT)
        seen = control_records(bootstrap, VIEW_GENERATIONS)
        standing = _newest(seen)
        wanted = decide(standing)
        if wanted is None or wanted == standing:
            return standing
        producer.begin_transaction()
        producer.produce(VIEW_GENERATIONS, wanted.model_dump_json(), GENERATIONS_KEY, partition=0)
        producer.commit_transaction(TIMEOUT)
    except KafkaException as error:
        raise OperatorError(
            f"Kafka at {bootstrap} did not take the change of generations ({error.args[0].str()}): see "
            "`c360 rebuild status`, and give the command again."
        ) from None
    if not is_followed(seen, lambda: control_records(bootstrap, VIEW_GENERATIONS), TIMEOUT):
        raise OperatorError(
            f"Kafka at {bootstrap} took the change of generations, and did not show it within {TIMEOUT:.0f} s: look at "
            "the broker, wait until `c360 rebuild status` tells of the change, and give the command again."
        )
    return wanted


def is_followed(seen: Sequence[ControlRecord], read: Callable[[], Sequence[ControlRecord]], patience: float) -> bool:
    """Whether there is a record after those seen: a commit is shown to readers a moment after it was acknowledged."""
    last = max((record.offset for record in seen), default=-1)
    pause, until = threading.Event(), monotonic() + patience
    while not any(record.offset > last for record in read()):
        if monotonic() >= until:
            return False
        pause.wait(_LOOK_S)
    return True


class FollowedGenerations:
    """The generations as they stand now; `current` may be read in any thread."""

    def __init__(self, bootstrap: Kafka) -> None:
        """Read all there is. OperatorError when that can't be done."""
        self._current: ViewGenerations | None = None
        self._told: list[Callable[[], None]] = []
        try:
            with ExitStack() as unless_read:
                self._topic = ControlTopic(bootstrap, VIEW_GENERATIONS, self._take)
                unless_read.callback(self._topic.close)
                self._topic.read()
                unless_read.pop_all()
        except Unavailable as error:
            raise OperatorError(f"{VIEW_GENERATIONS} can't be read from Kafka at {bootstrap}: {error.reason}") from None

    @property
    def current(self) -> ViewGenerations | None:
        """The newest record; None where there never was a second generation."""
        return self._current

    def follow(self, on_change: Callable[[], None] = lambda: None) -> None:
        """From now on `current` moves; `on_change` is called in another thread each time."""
        self._told.append(on_change)
        self._topic.follow()

    def close(self) -> None:
        """Stop following."""
        self._topic.close()

    def _take(self, records: Sequence[ControlRecord]) -> None:
        newest = _newest(records)
        if newest is None:
            return
        self._current = newest
        for on_change in self._told:
            on_change()


class GenerationInForce:
    """For processes that wait for Kafka: which generation is in force, once that is known. Ask in any thread."""

    def __init__(self, bootstrap: Kafka) -> None:
        """Begin to find out, in a thread of its own."""
        self._bootstrap = bootstrap
        self._followed: FollowedGenerations | None = None
        self._told: set[str] = set()
        self._known, self._stop = threading.Event(), threading.Event()
        threading.Thread(target=self._find_out, name="generations", daemon=True).start()

    def _find_out(self) -> None:
        while not self._stop.is_set():
            try:
                followed = FollowedGenerations(self._bootstrap)
            except OperatorError as error:
                if error.message not in self._told:
                    logger.warning("%s: trying again", error.message)
                self._told.add(error.message)
                self._stop.wait(_AGAIN_S)
                continue
            followed.follow()
            self._followed = followed
            self._known.set()
            self._stop.wait()
            followed.close()

    def number(self) -> int | None:
        """None while it is not known; an answer may take a moment."""
        self._known.wait(_PATIENCE_S)
        return None if self._followed is None else in_force_of(self._followed.current)

    def topic(self) -> str:
        """The topic of its views; raises Unavailable while it can't be found out, told once the log says why."""
        number = self.number()
        if number is None:
            said = f"{VIEW_GENERATIONS} can't be read yet"
            raise Unavailable("kafka", said, str(self._bootstrap), is_told=bool(self._told))
        return views_topic(number)

    def group(self, group: str) -> str | None:
        """The consumer group that feeds it; `group` is the one that is set."""
        number = self.number()
        return None if number is None else group_of(group, number)

    def close(self) -> None:
        """Stop following."""
        self._stop.set()


def _newest(records: Sequence[ControlRecord]) -> ViewGenerations | None:
    """What the last valid record says: one that is none is told of, and what stood before stays."""
    newest: ViewGenerations | None = None
    for record in records:
        if record.key != GENERATIONS_KEY or record.value is None:
            continue
        try:
            newest = ViewGenerations.model_validate_json(record.value)
        except ValidationError as error:
            logger.warning(
                "Record %s of %s is none (%s): what stood before stays. Only `c360 rebuild` may write there.",
                record.offset,
                VIEW_GENERATIONS,
                error.errors()[0]["msg"],
            )
    return newest
