"""A dry run of rules: the retained history folded in private, by today's rules and by a candidate's, side by side.

It joins no group, commits nothing and writes nothing to Kafka or Redis. One partition is folded after the other, so it
needs the memory of one partition's views twice.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.brokers import Kafka, onlooker_of
from ops.errors import OperatorError
from schemas.alerts import AlertChange
from schemas.rules import Rule, RuleFile
from schemas.topics import INPUT_TOPICS
from schemas.views import PROFILE
from streams.codec import Door
from streams.folding import PartitionConfig
from streams.partition import Partition
from streams.rules import Rules

__all__ = ["Forecast", "candidate_of", "dry_run"]

ANSWER_SECONDS: Final = 20.0
BUFFERED: Final = 20_000
"""Records of one topic that wait for others to come up, beyond which it is not read on."""
AT_ONCE: Final = 5_000
NEVER: Final = 2**62
NOBODY: Final = "(none)"


@dataclass
class Forecast:
    """Alerts that would have been raised, of the rules that are compared."""

    by_rule: Counter[str] = field(default_factory=Counter)
    by_day: Counter[str] = field(default_factory=Counter)
    by_manager: Counter[str] = field(default_factory=Counter)
    by_branch: Counter[str] = field(default_factory=Counter)

    def count(self, alert: Mapping[str, Any], branch: str) -> None:
        """One more."""
        self.by_rule[alert["proof"]["rule_id"]] += 1
        self.by_day[alert["raised_at"][:10]] += 1
        self.by_manager[alert["to"]] += 1
        self.by_branch[branch] += 1


class _Fetched(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def candidate_of(today: RuleFile, rules: Sequence[Rule]) -> tuple[RuleFile, frozenset[str]]:
    """Today's rules with those given in their place or beside them, and the ids of those that differ from today's."""
    stand = {rule.id: rule for rule in today.rules}
    changed = frozenset(rule.id for rule in rules if _without_version(stand.get(rule.id)) != _without_version(rule))
    stand |= {rule.id: rule for rule in rules if rule.id in changed}
    return RuleFile(rules=[stand[rule_id] for rule_id in sorted(stand)]), changed


def _without_version(rule: Rule | None) -> dict[str, Any] | None:
    return None if rule is None else rule.model_dump()


def dry_run(
    bootstrap: Kafka,
    rules: Sequence[Rules],
    compared: frozenset[str],
    since: datetime | None,
    progress: Callable[[int, int], None],
) -> list[Forecast]:
    """A forecast per set of rules, from all that the input topics retain; counted is what is raised from `since` on.

    `progress` is told the records folded and their number. OperatorError when Kafka does not answer.
    """
    forecasts = [Forecast() for _ in rules]
    try:
        with closing(_Inputs(bootstrap)) as inputs:
            total = sum(end - begin for begin, end in inputs.spans.values())
            done, pairs = 0, list(zip(rules, forecasts, strict=True))
            for number in inputs.partitions:
                runs = [_Run(number, one, forecast, compared, since) for one, forecast in pairs]
                for records in _folded(inputs, number, runs):
                    done += records
                    progress(done, total)
            # Markers of transactions occupy offsets and are no records.
            progress(total, total)
    except KafkaException as error:
        raise OperatorError(f"Kafka at {bootstrap} can't be read: {error.args[0].str()}.") from None
    return forecasts


class _Run:
    """One partition under one set of rules."""

    def __init__(
        self, number: int, rules: Rules, forecast: Forecast, compared: frozenset[str], since: datetime | None
    ) -> None:
        ids = dict.fromkeys(INPUT_TOPICS, "dry-run")
        config = PartitionConfig(rules=rules, door=Door(), topic_ids=ids, clock="event", dead_letter_limit=NEVER)
        self.partition = Partition(number, config)
        self.partition.recovered(dict.fromkeys(INPUT_TOPICS, 0))
        self._forecast = forecast
        self._compared = compared
        self._since = since

    def fold(self) -> int:
        """Fold what can be, and count what is raised; how many records there were."""
        # The clock of a replay is the events': the wall's is only stamped, into what nobody keeps.
        flush = self.partition.fold(AT_ONCE, datetime.now(UTC))
        if flush is None:
            return -1
        for output in flush.alerts:
            alert = orjson.loads(output.value or b"{}")
            if self._is_counted(alert):
                profile = self.partition.state.view(alert["customer_id"]).get(PROFILE)
                branch = None if profile is None else profile["home_branch"]
                self._forecast.count(alert, branch or NOBODY)
        return flush.records

    def _is_counted(self, alert: Mapping[str, Any]) -> bool:
        return (
            alert["change"] == AlertChange.RAISED
            and alert["proof"]["rule_id"] in self._compared
            and (self._since is None or datetime.fromisoformat(alert["raised_at"]) >= self._since)
        )


def _folded(inputs: "_Inputs", number: int, runs: Sequence[_Run]) -> Iterator[int]:
    """Read one partition of all topics to its end and fold it in every run; the records folded, as it goes."""
    inputs.begin(number)
    first = runs[0].partition
    while True:
        for topic, records in inputs.take(is_full=lambda topic: first.buffered_of(topic) >= BUFFERED).items():
            for run in runs:
                run.partition.receive(topic, records)
        for topic in INPUT_TOPICS:
            for run in runs:
                run.partition.set_caught_up(topic, topic in inputs.ended)
        folded = [run.fold() for run in runs]
        if folded[0] > 0:
            yield folded[0]
        if len(inputs.ended) == len(INPUT_TOPICS) and all(records < 0 for records in folded):
            return


class _Inputs:
    """The input topics as they stand when it is made, read by one who takes no part."""

    def __init__(self, bootstrap: Kafka) -> None:
        self._consumer = Consumer(onlooker_of(bootstrap, "c360-dry-run"))
        known = self._consumer.list_topics(timeout=ANSWER_SECONDS).topics
        absent = [topic for topic in INPUT_TOPICS if topic not in known]
        if absent:
            raise OperatorError(f"Kafka at {bootstrap} lacks the topics {', '.join(absent)}: run `c360 topics create`.")
        self.partitions = sorted(known[INPUT_TOPICS[0]].partitions)
        self.spans = {
            (topic, number): self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_SECONDS)
            for topic in INPUT_TOPICS
            for number in self.partitions
        }
        self.ended: set[str] = set()
        self._number = 0
        self._paused: set[str] = set()

    def begin(self, number: int) -> None:
        """From now on take records of this partition of every topic."""
        self._number, self.ended, self._paused = number, set(), set()
        self._consumer.assign([TopicPartition(topic, number, self.spans[topic, number][0]) for topic in INPUT_TOPICS])

    def take(self, is_full: Callable[[str], bool]) -> dict[str, list[_Fetched]]:
        """What came, by topic; a topic that is full is left alone, one that is read to its end is in `ended`."""
        self._pace(is_full)
        found: dict[str, list[_Fetched]] = {}
        if len(self.ended) == len(INPUT_TOPICS):
            return found
        for message in self._consumer.consume(AT_ONCE, 0.05):
            topic, error = message.topic() or "", message.error()
            if error is None:
                found.setdefault(topic, []).append(_fetched(message))
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  its public name
                self.ended.add(topic)
            else:
                raise KafkaException(error)
        return found

    def close(self) -> None:
        """End the connection."""
        self._consumer.close()

    def _pace(self, is_full: Callable[[str], bool]) -> None:
        full = {topic for topic in INPUT_TOPICS if is_full(topic)}
        for topics, act in ((full - self._paused, self._consumer.pause), (self._paused - full, self._consumer.resume)):
            if topics:
                act([TopicPartition(topic, self._number) for topic in topics])
        self._paused = full


def _fetched(message: Message) -> _Fetched:
    offset, key, value = message.offset(), message.key(), message.value()
    assert offset is not None
    return _Fetched(offset, message.timestamp()[1], _bytes(key), _bytes(value))


def _bytes(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text
