"""Changing and looking at the rules of topic `alert-rules`, as `c360 rules` does."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from confluent_kafka import KafkaError, KafkaException, Message

from connectors.brokers import Kafka
from connectors.sources.control_topic import ControlRecord
from connectors.sources.publishing import create_producer
from ops.control_records import control_records
from ops.errors import OperatorError
from ops.rules import DEFAULT_RULE_FILE
from schemas.rules import Rule, RuleChange
from schemas.topics import ALERT_RULES
from streams.rules.book import RuleBook, RuleRefused
from streams.rules.load import BadRuleFile, load_rules

__all__ = ["RuleTopic", "Seen", "differences", "document_of", "rules_in", "seed_rules"]

_TIMEOUT: Final = 10.0
SEEDED: Final = "seeded"


def rules_in(path: Path) -> list[Rule]:
    """The rules of a file. OperatorError says what is wrong with it, and where."""
    try:
        return list(load_rules(path).rules)
    except BadRuleFile as error:
        raise OperatorError(str(error)) from error


def document_of(rule: Rule) -> dict[str, Any]:
    """The rule as one writes it: what `rules put` takes."""
    return rule.model_dump(mode="json")


def differences(before: Rule | None, after: Rule) -> list[str]:
    """What changes, a field each, as `threshold: 100000.00 -> 200000.00`."""
    old, new = {} if before is None else document_of(before), document_of(after)
    names = [*old, *(name for name in new if name not in old)]
    changed = [name for name in names if old.get(name) != new.get(name)]
    return [f"{name}: {_shown(old, name)} -> {_shown(new, name)}" for name in changed]


def _shown(document: dict[str, Any], name: str) -> str:
    if name not in document:
        return "(none)"
    value = document[name]
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class Seen:
    """A record of the topic: what came into force with it, or why nothing did."""

    def __init__(self, record: ControlRecord, book: RuleBook) -> None:
        self.version = record.offset
        self.rule_id = (record.key or b"").decode(errors="replace")
        before = book.changes.get(self.rule_id)
        self.refused: str | None = None
        try:
            book.take(record.key, record.value, record.offset)
        except RuleRefused as refused:
            self.refused = str(refused)
        self.change = None if self.refused else book.changes.get(self.rule_id)
        self.before = None if before is None else before.rule

    @property
    def told(self) -> list[str]:
        """What it changed."""
        if self.refused is not None:
            return [f"not in force: {self.refused}"]
        if self.change is None:
            return ["removed"]
        return ["first version"] if self.before is None else differences(self.before, self.change.rule)


class RuleTopic:
    """Topic `alert-rules` of a broker, as it stands when asked. OperatorError when Kafka does not answer."""

    def __init__(self, bootstrap: Kafka) -> None:
        self._bootstrap = bootstrap

    def book(self) -> RuleBook:
        """What is in force."""
        book = RuleBook()
        for record in control_records(self._bootstrap, ALERT_RULES):
            Seen(record, book)
        return book

    def history(self, rule_id: str | None = None) -> list[Seen]:
        """Every record that is kept, or those of one rule, oldest first."""
        book = RuleBook()
        seen = [Seen(record, book) for record in control_records(self._bootstrap, ALERT_RULES)]
        return [entry for entry in seen if rule_id is None or entry.rule_id == rule_id]

    def put(self, rules: Sequence[Rule], by: str, reason: str, at: datetime) -> dict[str, int]:
        """Bring rules into force, all of them or none; rule id -> its version. OperatorError when one is not valid."""
        changes = [RuleChange(rule=rule, changed_by=by, changed_at=at, reason=reason) for rule in rules]
        records = [(change.rule.id, change.model_dump_json().encode()) for change in changes]
        book = self.book()
        for rule_id, value in records:
            try:
                book.take(rule_id.encode(), value, 0)
            except RuleRefused as refused:
                raise OperatorError(f"Nothing is put: {refused}.") from None
        return self._produce(records)

    def _produce(self, records: Iterable[tuple[str, bytes]]) -> dict[str, int]:
        producer = create_producer(self._bootstrap)
        versions: dict[str, int] = {}
        failures: list[str] = []

        def report(error: KafkaError | None, message: Message) -> None:
            key, offset = message.key(), message.offset()
            if error is not None or not isinstance(key, bytes) or offset is None:
                failures.append("no answer" if error is None else error.str())
            else:
                versions[key.decode()] = offset

        try:
            for rule_id, value in records:
                producer.produce(ALERT_RULES, value, rule_id.encode(), partition=0, on_delivery=report)
            producer.flush(_TIMEOUT)
        except KafkaException as error:
            failures.append(error.args[0].str())
        if failures or len(producer):
            said = failures[0] if failures else "no answer"
            raise OperatorError(
                f"Kafka at {self._bootstrap} did not take the rules ({said}): see `c360 rules list`, put them again."
            )
        return versions


def seed_rules(bootstrap: Kafka, file: Path | None, by: str, at: datetime) -> dict[str, int]:
    """Put the rules of `file` (None: those shipped) that the topic does not know; rule id -> version of the new ones.

    Rules that are there stay as they are, so repeating it changes nothing.
    """
    topic = RuleTopic(bootstrap)
    known = topic.book().changes
    absent = [rule for rule in rules_in(file or DEFAULT_RULE_FILE) if rule.id not in known]
    return topic.put(absent, by, SEEDED, at) if absent else {}
