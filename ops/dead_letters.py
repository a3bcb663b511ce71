"""Dead letters and what was decided about them: sent once more, or dropped."""

from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from confluent_kafka import KafkaException, Producer
from pydantic import ValidationError

from connectors.brokers import Kafka
from connectors.sources.publishing import create_producer
from ops.control_records import control_records
from ops.demo.broker import Broker, Entry
from ops.errors import OperatorError
from ops.topics import NO_TOPIC_ID, topic_ids
from schemas.aside import LetterDecision, SetAside
from schemas.topics import DEAD_LETTER_DECISIONS, DEAD_LETTERS

__all__ = ["DeadLetters", "Letter", "Selection"]

Decision = Literal["replayed", "dropped"]

PORTION: Final = 500
"""So many letters are sent in one transaction."""
TIMEOUT: Final = 30.0
# One name for all: who begins to replay ends what another has under way, so no letter is sent by two.
TRANSACTIONAL_ID: Final = "c360-dlq"


@dataclass(frozen=True)
class Letter:
    """A record of `dead-letters`."""

    partition: int
    offset: int
    aside: SetAside
    decision: LetterDecision | None = None
    """None: it is open."""

    @property
    def id(self) -> str:
        """Its place in `dead-letters`: `<partition>/<offset>`."""
        return f"{self.partition}/{self.offset}"

    @property
    def origin(self) -> str:
        """Where the refused record stands."""
        return f"{self.aside.topic}/{self.aside.partition}/{self.aside.offset}"

    @property
    def key(self) -> bytes | None:
        """The refused record's key."""
        text = self.aside.key_base64
        return None if text is None else b64decode(text)

    @property
    def value(self) -> bytes | None:
        """The refused record's value; None when it had none, or one too large to be copied."""
        text = self.aside.value_base64
        return None if text is None else b64decode(text)


@dataclass(frozen=True)
class Selection:
    """Which letters are meant; what is empty or None leaves none out."""

    ids: Collection[str] = ()
    reasons: Collection[str] = ()
    topics: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    """Set aside at or after `since`, and before `until`."""
    decided: bool = False
    """Also those about which something was decided."""

    def of(self, letters: Iterable[Letter]) -> list[Letter]:
        """Those meant, in their order. OperatorError for an id that there is not."""
        found = [letter for letter in letters if not self.ids or letter.id in self.ids]
        absent = sorted(set(self.ids) - {letter.id for letter in found})
        if absent:
            raise OperatorError(f"There is no dead letter {', '.join(absent)}: `c360 dlq list --decided` names all.")
        return [letter for letter in found if self._means(letter)]

    def _means(self, letter: Letter) -> bool:
        aside = letter.aside
        return (
            (self.decided or letter.decision is None)
            and (not self.reasons or aside.reason in self.reasons)
            and (not self.topics or aside.topic in self.topics)
            and (self.since is None or aside.recorded_at >= self.since)
            and (self.until is None or aside.recorded_at < self.until)
        )


class DeadLetters:
    """Of one broker. OperatorError when it does not answer."""

    def __init__(self, bootstrap: Kafka) -> None:
        self._bootstrap = bootstrap

    def letters(self) -> list[Letter]:
        """All there are, in the order in which they were set aside, each with what was decided."""
        decisions = self._decisions()
        with closing(Broker(self._bootstrap, "c360-reads-dead-letters")) as broker:
            entries = broker.read([DEAD_LETTERS])
        letters = (_letter(entry, decisions) for entry in entries)
        return sorted(letters, key=lambda letter: (letter.aside.recorded_at, letter.partition, letter.offset))

    def decide(
        self,
        letters: Sequence[Letter],
        decision: Decision,
        by: str,
        at: datetime,
        why: str | None,
        *,
        transactional: bool,
    ) -> Iterator[list[Letter]]:
        """Replay or drop those that are open, and note it: the letters of each portion, once it is in Kafka.

        A letter and the note that it was sent commit together, so no letter is sent twice: not by a second call, nor
        after a kill. Without transactions the note follows; what is sent twice then is known by its `source_seq`.
        """
        producer = self._producer(transactional=transactional)
        # Only now: what another had under way is committed or aborted since the transactions were begun.
        decided, topic_id = self._decisions(), self._topic_id()
        still_open = [letter for letter in letters if letter.id not in decided]
        for begin in range(0, len(still_open), PORTION):
            portion = still_open[begin : begin + PORTION]
            notes = [_note(letter, topic_id, decision, by, at, why) for letter in portion]
            try:
                self._send(producer, portion if decision == "replayed" else [], notes, transactional=transactional)
            except KafkaException as error:
                raise OperatorError(
                    f"Kafka at {self._bootstrap} did not take all letters ({error.args[0].str()}): give it again, "
                    "none is sent twice."
                ) from None
            yield portion

    def _send(
        self, producer: Producer, replayed: list[Letter], notes: list[LetterDecision], *, transactional: bool
    ) -> None:
        if transactional:
            producer.begin_transaction()
        for letter in replayed:
            producer.produce(letter.aside.topic, letter.value, letter.key, on_delivery=_raise_undelivered)
            producer.poll(0)
        if not transactional:
            self._settle(producer)
        for note in notes:
            key = f"{note.partition}/{note.offset}"
            producer.produce(
                DEAD_LETTER_DECISIONS, note.model_dump_json(), key, partition=0, on_delivery=_raise_undelivered
            )
        if transactional:
            producer.commit_transaction(TIMEOUT)
        else:
            self._settle(producer)

    def _settle(self, producer: Producer) -> None:
        producer.flush(TIMEOUT)
        if len(producer):
            raise OperatorError(f"Kafka at {self._bootstrap} did not take all letters (no answer): give it again.")

    def _producer(self, *, transactional: bool) -> Producer:
        if not transactional:
            return create_producer(self._bootstrap)
        timeout_ms = int(TIMEOUT * 1000)
        limits = {"transaction.timeout.ms": timeout_ms, "delivery.timeout.ms": timeout_ms}
        producer = create_producer(self._bootstrap, **{"transactional.id": TRANSACTIONAL_ID}, **limits)
        try:
            producer.init_transactions(TIMEOUT)
        except KafkaException as error:
            raise OperatorError(
                f"Kafka at {self._bootstrap} begins no transaction ({error.args[0].str()}): give it again."
            ) from None
        return producer

    def _decisions(self) -> dict[str, LetterDecision]:
        """Id of the letter -> what was decided, of the topic that stands now."""
        found: dict[str, LetterDecision | None] = {}
        for record in control_records(self._bootstrap, DEAD_LETTER_DECISIONS):
            found[(record.key or b"").decode(errors="replace")] = _decision(record.value)
        topic_id = self._topic_id()
        return {key: decision for key, decision in found.items() if decision and decision.topic_id == topic_id}

    def _topic_id(self) -> str:
        return topic_ids(self._bootstrap, [DEAD_LETTERS]).get(DEAD_LETTERS, NO_TOPIC_ID)


def _letter(entry: Entry, decisions: dict[str, LetterDecision]) -> Letter:
    place = f"{entry.partition}/{entry.offset}"
    try:
        aside = SetAside.model_validate_json(entry.value or b"")
    except ValidationError:
        raise OperatorError(
            f"Record {place} of {DEAD_LETTERS} is no dead letter: something else than a worker writes there; find it."
        ) from None
    return Letter(entry.partition, entry.offset, aside, decisions.get(place))


def _decision(value: bytes | None) -> LetterDecision | None:
    """None ends a decision; so does what is none, as nothing says what it meant."""
    try:
        return None if value is None else LetterDecision.model_validate_json(value)
    except ValidationError:
        return None


def _note(letter: Letter, topic_id: str, decision: Decision, by: str, at: datetime, why: str | None) -> LetterDecision:
    return LetterDecision(
        partition=letter.partition,
        offset=letter.offset,
        topic_id=topic_id,
        decision=decision,
        decided_by=by,
        decided_at=at,
        why=why,
    )


def _raise_undelivered(error: Any, _message: Any) -> None:
    if error is not None:
        raise KafkaException(error)
