"""The alert rules in force: those of topic `alert-rules`, compiled, and exchanged while the worker runs."""

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from connectors.errors import Unavailable
from connectors.sources.control_topic import ControlRecord, ControlTopic
from ops.errors import OperatorError
from ops.settings import Settings
from schemas.topics import ALERT_RULES
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
    """Takes the records of `alert-rules` in one thread; `current` may be read in any other."""

    def __init__(self, settings: Settings, metrics: RuleMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._book = RuleBook()
        self.current = self._compiled()
        """Never changed, only exchanged: who holds it through a flush has one set of rules all through."""

    def take(self, records: Sequence[ControlRecord]) -> None:
        """Bring records into force; one that is wrong is told of, and what stood before stays."""
        for record in records:
            try:
                self._book.take(record.key, record.value, record.offset)
            except RuleRefused as refused:
                self._metrics.rule_refused()
                logger.warning(
                    "Record %s of %s does not come into force, what stood before stays: %s. Put the rule again.",
                    record.offset,
                    ALERT_RULES,
                    refused,
                )
        self.current = self._compiled()
        versions = {rule.id: rule.version for rule in self.current.rule_file.rules if rule.enabled}
        self._metrics.rules(versions)
        told = ", ".join(f"{rule_id} {version}" for rule_id, version in versions.items())
        logger.info("Rules in force, by version: %s", told or "none")

    def _compiled(self) -> Rules:
        settings = self._settings
        return Rules(
            self._book.rules,
            settings.bank_timezone,
            settings.raise_after,
            closed_alert_days=settings.closed_alert_days,
        )


class _Untold:
    """Metrics of one who has none."""

    def rules(self, versions: Mapping[str, int]) -> None: ...
    def rule_refused(self) -> None: ...


def follow_rules(settings: Settings, bootstrap: str, metrics: RuleMetrics) -> tuple[RulesInForce, ControlTopic]:
    """The rules, all read, and the topic they are to be followed from. OperatorError when there are none."""
    in_force = RulesInForce(settings, metrics)
    topic = ControlTopic(bootstrap, ALERT_RULES, in_force.take)
    try:
        read = topic.read()
    except Unavailable as error:
        topic.close()
        raise OperatorError(f"The alert rules can't be read from Kafka at {bootstrap}: {error.reason}") from None
    if not read:
        # Folding without rules would lose alerts for good: an event raises nothing when it comes again.
        topic.close()
        raise OperatorError(
            f"Topic {ALERT_RULES} at {bootstrap} holds no rules: run `c360 rules seed` once, and start again."
        )
    return in_force, topic


def rules_of(settings: Settings, bootstrap: str) -> Rules:
    """The rules in force now, compiled. OperatorError when there are none."""
    in_force, topic = follow_rules(settings, bootstrap, _Untold())
    topic.close()
    return in_force.current
