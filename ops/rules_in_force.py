"""The alert rules in force: those of topic `alert-rules`, compiled with the bank's calendars and organisation of topic
`reference-data`, and exchanged while the worker runs."""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Protocol

from connectors.brokers import Kafka
from connectors.errors import Unavailable
from connectors.sources.control_topic import ControlRecord, ControlTopic
from ops.errors import OperatorError
from ops.settings import Settings
from schemas.topics import ALERT_RULES, REFERENCE_DATA
from streams.reference import Organisation, ReferenceBook, ReferenceRefused
from streams.rules import Rules
from streams.rules.book import RuleBook, RuleRefused

__all__ = ["RuleMetrics", "RulesInForce", "follow_rules", "rules_of"]

logger = logging.getLogger("c360.rules")


class RuleMetrics(Protocol):
    """What is told of the rules."""

    def rules(self, versions: Mapping[str, int]) -> None:
        """Rule id -> version, of all that are in force."""

    def rule_refused(self) -> None:
        """A record of `alert-rules` does not come into force."""


class RulesInForce:
    """Takes the records of `alert-rules` and of `reference-data`, each in a thread; `current` may be read in any."""

    def __init__(self, settings: Settings, metrics: RuleMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._book = RuleBook()
        self._reference = ReferenceBook()
        self._lock = threading.Lock()
        self._current: Rules | None = None

    @property
    def current(self) -> Rules:
        """Never changed, only exchanged: who holds it through a flush has one set of rules all through."""
        with self._lock:
            if self._current is None:
                self._current = self._compiled()
            return self._current

    def take(self, records: Sequence[ControlRecord]) -> None:
        """Bring records of `alert-rules` into force; one that is wrong is told of, and what stood before stays."""
        with self._lock:
            for record in records:
                try:
                    self._book.take(record.key, record.value, record.offset)
                except RuleRefused as refused:
                    self._metrics.rule_refused()
                    _warn(ALERT_RULES, record.offset, refused, "Put the rule again.")
            # Compiled when it is asked for: a whole file of changes costs one compilation, not one each.
            self._current = None
            versions = {rule.id: rule.version for rule in self._book.rules.rules if rule.enabled}
        self._metrics.rules(versions)
        told = ", ".join(f"{rule_id} {version}" for rule_id, version in versions.items())
        logger.info("Rules in force, by version: %s", told or "none")

    def take_reference(self, records: Sequence[ControlRecord]) -> None:
        """Bring records of `reference-data` into force: calendars, branches, managers; as `take` does."""
        with self._lock:
            for record in records:
                try:
                    self._reference.take(record.key, record.value)
                except ReferenceRefused as refused:
                    _warn(REFERENCE_DATA, record.offset, refused, "Load the file of reference data again.")
            self._current = None
            count = len(self._reference.entries)
        logger.info("Reference data in force: %s entries", count)

    def _compiled(self) -> Rules:
        settings = self._settings
        return Rules(
            self._book.rules,
            settings.bank_timezone,
            settings.raise_after,
            Organisation(self._reference.entries),
            settings.closed_alert_days,
        )


def _warn(topic: str, offset: int, refused: Exception, cure: str) -> None:
    logger.warning(
        "Record %s of %s does not come into force, what stood before stays: %s. %s", offset, topic, refused, cure
    )


class _Untold:
    """Metrics of one who has none."""

    def rules(self, versions: Mapping[str, int]) -> None: ...
    def rule_refused(self) -> None: ...


def follow_rules(
    settings: Settings, bootstrap: Kafka, metrics: RuleMetrics | None = None
) -> tuple[RulesInForce, list[ControlTopic]]:
    """The rules, all read, and the topics they are to be followed from. OperatorError when there are none."""
    in_force = RulesInForce(settings, metrics or _Untold())
    wanted = ((REFERENCE_DATA, in_force.take_reference), (ALERT_RULES, in_force.take))
    with ExitStack() as unless_read:
        try:
            topics = [unless_read.enter_context(closing(ControlTopic(bootstrap, name, take))) for name, take in wanted]
            *_, read = [topic.read() for topic in topics]
        except Unavailable as error:
            raise OperatorError(f"The alert rules can't be read from Kafka at {bootstrap}: {error.reason}") from None
        if not read:
            # Folding without rules would lose alerts for good: an event raises nothing when it comes again.
            raise OperatorError(
                f"Topic {ALERT_RULES} at {bootstrap} holds no rules: run `c360 rules seed` once, and start again."
            )
        unless_read.pop_all()
    return in_force, topics


def rules_of(settings: Settings, bootstrap: Kafka) -> Rules:
    """The rules in force now, compiled. OperatorError when there are none."""
    in_force, topics = follow_rules(settings, bootstrap)
    for topic in topics:
        topic.close()
    return in_force.current
