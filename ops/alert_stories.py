"""What is known of one alert, gathered from Kafka: its records, its rule, its causes, its deliveries."""

from contextlib import closing
from uuid import UUID

from pydantic import ValidationError

from connectors.brokers import Kafka
from connectors.errors import Unavailable
from connectors.serving.story import story
from connectors.sinks.alert_records import records_at
from ops.delivery import deliveries
from ops.demo.broker import Broker
from ops.errors import OperatorError
from ops.rule_changes import RuleTopic
from schemas.alerts import Alert
from schemas.topics import ALERT_TOPICS

__all__ = ["alert_records", "explained"]


def alert_records(bootstrap: Kafka, alert_id: UUID) -> list[Alert]:
    """All records of an alert, each revision once, by revision. OperatorError when there are none."""
    wanted, found = str(alert_id).encode(), {}
    with closing(Broker(bootstrap, "c360-reads-alerts")) as broker:
        for topic in ALERT_TOPICS:
            for entry in broker.read([topic]):
                # Most records are others': looking at bytes is enough for those.
                if entry.value is not None and wanted in entry.value:
                    alert = _alert(entry.value)
                    if alert is not None and alert.alert_id == alert_id:
                        found[alert.revision] = alert
    if not found:
        raise OperatorError(f"There is no alert {alert_id} on {', '.join(ALERT_TOPICS)}: `c360 alerts tail` shows ids.")
    return [found[revision] for revision in sorted(found)]


def explained(bootstrap: Kafka, alert_id: UUID) -> list[str]:
    """The alert's story, a sentence each. OperatorError when Kafka does not answer or knows no such alert."""
    records = alert_records(bootstrap, alert_id)
    proof = records[0].proof
    history = RuleTopic(bootstrap).history(proof.rule_id)
    rule = next((seen.change for seen in history if seen.version == proof.rule_version), None)
    try:
        sources = records_at(bootstrap, [(one.topic, one.partition, one.offset) for one in proof.causes])
    except Unavailable as error:
        raise OperatorError(f"The causes can't be read from Kafka at {bootstrap}: {error.reason}.") from None
    told = [found for found in deliveries(bootstrap) if any(one.alert_id == alert_id for one in found.alerts)]
    return list(story(records, rule, sources, told))


def _alert(value: bytes) -> Alert | None:
    try:
        return Alert.model_validate_json(value)
    except ValidationError:
        return None
