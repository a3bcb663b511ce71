"""The delivery process: settings and the delivery file in, alerts carried to people and systems (composition root)."""

import logging
import os
import random
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import yaml
from prometheus_client import CollectorRegistry
from pydantic import ValidationError

from connectors.brokers import Kafka
from connectors.errors import Unavailable
from connectors.sinks.alert_records import AlertRecords, records_at
from connectors.sinks.contact_budget import ContactBudget
from connectors.sinks.delivering import Budget, Deliverer, Patience, Stopped
from connectors.sinks.mail import Mail, MailServer
from connectors.sinks.outcomes import Outcomes
from connectors.sinks.parcels import Channel, Parcel, Standing
from connectors.sinks.routes import DeliveryFile, EmailChannel, WebhookChannel
from connectors.sinks.webhook import Webhook
from connectors.sources.publishing import create_producer
from ops.carrying import Carrier, wait_for
from ops.demo.broker import Broker
from ops.errors import OperatorError
from ops.instruments import serve
from ops.logs import configure_logging
from ops.metrics import DelivererMetrics
from ops.settings import Settings
from ops.stopping import stop_on_signals
from schemas.alerts import Alert
from schemas.deliveries import Delivery, DeliveryOutcome
from schemas.topics import DELIVERIES
from streams.rules.load import first_error

__all__ = ["deliver_again", "deliveries", "load_delivery_file", "open_channels", "run_deliverer"]

logger = logging.getLogger("c360.delivery")


def load_delivery_file(path: Path) -> DeliveryFile:
    """Channels, routes and budget. OperatorError says what is wrong, and where."""
    try:
        return DeliveryFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OperatorError(f"{path}: should be a readable YAML file of channels and routes: {error}.") from None
    except ValidationError as invalid:
        raise OperatorError(f"{path}: {first_error(invalid)}.") from None


def run_deliverer(settings: Settings, file: DeliveryFile, bootstrap: Kafka, redis_url: str) -> int:
    """Deliver until SIGTERM or SIGINT; the exit status (0 after a clean stop). Waits for Kafka; needs no Redis."""
    configure_logging(settings.log_level, settings.log_format)
    channels = open_channels(file)
    registry = CollectorRegistry()
    metrics = DelivererMetrics(registry, file.channels)
    stop = stop_on_signals(lambda: metrics.process.enter("stopping"))
    port = serve(registry, metrics.process, settings.metrics_host, settings.deliverer_metrics_port)
    outcomes = _outcomes(bootstrap)
    records = AlertRecords(bootstrap, settings.delivery_group, settings.session_timeout_ms)
    budget = ContactBudget(redis_url)
    deliverer = _deliverer(file, channels, budget, outcomes.record, metrics, stop)
    logger.info(
        "Delivering alerts of %s as group %s through %s; metrics at http://127.0.0.1:%s/metrics",
        bootstrap,
        settings.delivery_group,
        ", ".join(file.channels) or "no channel",
        port,
    )
    try:
        deliverer.look()
        Carrier(records, deliverer, outcomes, metrics, stop).carry()
    finally:
        deliverer.close()
        records.close()
        budget.close()
    logger.info("Delivery stopped; what was not settled is delivered after the next start")
    return 0


def deliveries(bootstrap: Kafka) -> list[Delivery]:
    """All outcomes that topic `deliveries` keeps, by time. OperatorError when Kafka does not answer."""
    with closing(Broker(bootstrap, "c360-reads-deliveries")) as broker:
        values = [entry.value or b"" for entry in broker.read([DELIVERIES])]
    return sorted(map(Delivery.model_validate_json, values), key=lambda delivery: delivery.at)


def deliver_again(file: DeliveryFile, bootstrap: Kafka, report: Callable[[str], None]) -> int:
    """Send what failed and was not delivered since, once more; how many were sent and failed again."""
    newest = {(found.channel, found.key): found for found in deliveries(bootstrap)}
    failed = [found for found in newest.values() if found.outcome is DeliveryOutcome.FAILED]
    if not failed:
        report("Nothing that failed waits to be delivered again.")
        return 0
    stop, channels, outcomes = stop_on_signals(), open_channels(file), _outcomes(bootstrap)
    metrics = DelivererMetrics(CollectorRegistry(), file.channels)
    deliverer = _deliverer(file, channels, _NoBudget(), outcomes.record, metrics, stop)
    try:
        for found in failed:
            parcel = _fetched(bootstrap, found)
            if found.channel not in file.channels or parcel is None:
                report(f"{found.key}: channel {found.channel} or its alert is not there any more")
                continue
            wait_for([deliverer.again(found.channel, parcel)], stop.wait)
        outcomes.flush()
    except Stopped:
        report("Stopped; what was not sent still waits.")
    except Unavailable as error:
        raise OperatorError(f"Not all that failed was sent and recorded: {error}. Then give it again.") from None
    finally:
        deliverer.close()
    done = {(found.channel, found.key): found.outcome for found in deliveries(bootstrap)}
    left = [found for found in failed if done[found.channel, found.key] is DeliveryOutcome.FAILED]
    report(f"{len(failed) - len(left)} of {len(failed)} delivered; {len(left)} failed again.")
    return len(left)


def _fetched(bootstrap: Kafka, delivery: Delivery) -> Parcel | None:
    places = [(one.topic, one.partition, one.offset) for one in delivery.alerts]
    values = records_at(bootstrap, places)
    if len(values) < len(places):
        return None
    at_ms = int(delivery.at.timestamp() * 1000)
    return Parcel(tuple(Standing(*at, at_ms, value, Alert.model_validate_json(value)) for at, value in values.items()))


class _NoBudget:
    """What failed was admitted already."""

    def look(self) -> None:
        return None

    def held_because(self, *_: object) -> None:
        return None


def _outcomes(bootstrap: Kafka) -> Outcomes:
    return Outcomes(create_producer(bootstrap, **{"client.id": "c360-deliverer"}))


def _deliverer(
    file: DeliveryFile,
    channels: Mapping[str, Channel],
    budget: Budget,
    record: Callable[[Delivery], None],
    metrics: DelivererMetrics,
    stop: threading.Event,
) -> Deliverer:
    retry = file.retry
    patience = Patience(retry.attempts, retry.first_seconds, retry.longest_seconds, random.random, stop.wait)
    return Deliverer(file, channels, budget, patience, record, metrics, lambda: datetime.now(UTC))


def open_channels(file: DeliveryFile) -> dict[str, Channel]:
    """Each channel with its secret and certificates. OperatorError names the channel that lacks one."""
    return {name: _channel(name, wanted) for name, wanted in file.channels.items()}


def _channel(name: str, wanted: WebhookChannel | EmailChannel) -> Channel:
    try:
        if isinstance(wanted, WebhookChannel):
            secret = _secret(name, wanted.secret_env, wanted.secret_file)
            assert secret is not None, "the delivery file names one"
            return Webhook(name, wanted.url, secret, wanted.timeout_seconds, wanted.ca_file)
        return Mail(name, _mail_server(name, wanted), wanted.addresses, wanted.pattern)
    except (ValueError, OSError) as error:
        raise OperatorError(f"Channel {name}: {error}.") from None


def _mail_server(name: str, wanted: EmailChannel) -> MailServer:
    password = _secret(name, wanted.password_env, wanted.password_file)
    if not (wanted.username or "").isascii() or not (password or b"").isascii():
        # smtplib would fail at every mail, and not as a server that is away.
        raise ValueError("its username and password should be of ASCII characters, as an SMTP login takes no others")
    return MailServer(
        host=wanted.host,
        port=wanted.port,
        sender=wanted.sender,
        tls=wanted.tls,
        timeout=wanted.timeout_seconds,
        username=wanted.username,
        password=None if password is None else password.decode(),
        ca_file=wanted.ca_file,
    )


def _secret(name: str, variable: str | None, file: Path | None) -> bytes | None:
    if variable is not None:
        return _from_environment(name, variable).encode()
    if file is None:
        return None
    secret = file.read_bytes().strip()
    if not secret:
        raise ValueError(f"{file} is empty, and should hold the secret of the channel alone")
    return secret


def _from_environment(name: str, variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise OperatorError(f"Channel {name}: the environment variable {variable} is not set; it holds its secret.")
    return value
