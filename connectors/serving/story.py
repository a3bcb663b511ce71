"""An alert's story in sentences: what came true, by which rule, from which records, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from connectors.serving.wording import alert_in_words, money, one_line
from schemas.alerts import Alert, Cause
from schemas.deliveries import Delivery, DeliveryOutcome
from schemas.rules import RuleChange

__all__ = ["story"]

_HELD: Final = {
    "customer_budget": "people were told often enough about this customer",
    "addressee_budget": "the addressee was told often enough",
    "cool_down": "he was told of this customer a moment ago",
    "stale": "it was too old to tell people",
}


def story(
    records: Sequence[Alert],
    rule: RuleChange | None,
    sources: Mapping[tuple[str, int, int], bytes],
    deliveries: Sequence[Delivery],
) -> Iterator[str]:
    """Sentences about an alert.

    `records` are its own by revision, at least one; `rule` is the version of its rule that raised it, and `sources` the
    causing records, both as far as they are kept.
    """
    first = records[0]
    yield (
        f"{first.kind.replace('_', ' ').capitalize()} for customer {first.customer_id}, "
        f"raised at {first.raised_at.isoformat()} to {one_line(first.to)} as {first.severity}: "
        f"{alert_in_words(first.kind, first.payload)}."
    )
    yield from _reason(first, rule)
    for cause in first.proof.causes:
        yield _cause(cause, sources.get((cause.topic, cause.partition, cause.offset)))
    yield f"It was judged on the view as of {first.proof.as_of.isoformat()}."
    for record in records[1:]:
        yield _revision(record)
    if not deliveries:
        yield "Topic deliveries says nothing of it: no channel was to carry it, or the delivery has not come to it."
    for delivery in deliveries:
        yield _delivery(delivery)


def _revision(record: Alert) -> str:
    to, state, life = one_line(record.to), one_line(record.state), record.life
    change = one_line(record.change).replace("_", " ")
    if life is not None:
        by = "" if life.by is None else f" by {one_line(life.by)}"
        until = "" if life.until is None else f" until {life.until.isoformat()}"
        why = "" if life.reason is None else f" ({one_line(life.reason)})"
        change = f"{change}{by} at {life.at.isoformat()}{until}{why}"
    return f"Revision {record.revision}: {change}; it is with {to}, and its state is {state}."


def _reason(alert: Alert, rule: RuleChange | None) -> Iterator[str]:
    proof = alert.proof
    who = (
        f", put at {rule.changed_at.isoformat()} by {one_line(rule.changed_by)} ({one_line(rule.reason)})"
        if rule
        else ", which alert-rules does not hold any more"
    )
    yield f"Rule {proof.rule_id}, version {proof.rule_version}{who}."
    currency = alert.payload.get("currency")
    thresholds = dict(proof.thresholds)
    when, error = thresholds.pop("when", None), thresholds.pop("when_error", None)
    if thresholds:
        yield f"In force were {_values(thresholds, currency)}."
    if when is not None:
        judged = "held" if error is None else f"could not be judged ({one_line(str(error))}), so it counted as held"
        yield f"Its condition `{one_line(str(when))}` {judged}."
    if proof.after is not None:
        before = "nothing was known before" if proof.before is None else f"before: {_values(proof.before, currency)}"
        yield f"The record changed what was judged; {before}; since: {_values(proof.after, currency)}."


def _values(values: Mapping[str, Any], currency: Any) -> str:
    return ", ".join(f"{_name(name)} {_value(name, value, currency)}" for name, value in values.items()) or "nothing"


def _name(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ")


def _value(name: str, value: Any, currency: Any) -> str:
    if name.endswith("_minor") and (value is None or isinstance(value, int)):
        return money(value, currency if isinstance(currency, str) else None)
    return "not known" if value is None else one_line(str(value))


def _cause(cause: Cause, source: bytes | None) -> str:
    place = f"{cause.topic}, partition {cause.partition}, offset {cause.offset}"
    if source is None:
        return f"It was caused by the record at {place}, which Kafka does not hold any more."
    try:
        event = orjson.loads(source)
        told = f"{event['type']} {event['event_id']} of {event['source']}, which occurred at {event['occurred_at']}"
    except (ValueError, KeyError, TypeError):
        return f"It was caused by the record at {place}, which is no event."
    return f"It was caused by {one_line(told)} ({place})."


def _delivery(delivery: Delivery) -> str:
    at, channel = delivery.at.isoformat(), delivery.channel
    error = one_line(delivery.error or "")
    if delivery.outcome is DeliveryOutcome.DELIVERED:
        tries = "" if delivery.attempts == 1 else f" at attempt {delivery.attempts}"
        return f"Channel {channel} delivered it at {at}{tries}."
    if delivery.outcome is DeliveryOutcome.HELD:
        return f"Channel {channel} held it back at {at}: {_HELD.get(error, error)}."
    return f"Channel {channel} gave up at {at} after {delivery.attempts} attempts: {error}."
