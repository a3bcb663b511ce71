"""What a contender has left in Redis and on its alert topics, read back in the terms of `truth`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from time import monotonic
from typing import Any, Final, Literal

import orjson
import redis
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.redis_keys import Keys
from ops.bench.peers.program import VIEW_KEY
from ops.bench.truth import CustomerFacts, Facts
from ops.errors import OperatorError

__all__ = ["Views", "customer_of_sections", "customer_of_view", "found_facts"]

READ_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.1
AT_ONCE: Final = 1_000


Views = Literal["simple", "sections", "hash"]
"""A customer's view in Redis: the simple banking's JSON, one JSON of sections, or c360's hash of sections."""


def found_facts(bootstrap: str, redis_url: str, alert_topics: Sequence[str], views: Views) -> Facts:
    """What stands in Redis and on the alert topics now."""
    with closing(redis.Redis.from_url(redis_url)) as client:
        customers = dict(_hashes(client) if views == "hash" else _whole(client, views))
    return Facts(customers, _alerts(bootstrap, alert_topics))


def customer_of_view(view: dict[str, Any]) -> CustomerFacts:
    """Of a peer's view."""
    accounts = {
        number: (account["balance_minor"], account["entries"]) for number, account in view.get("accounts", {}).items()
    }
    loans = {number: loan["outstanding_minor"] for number, loan in view.get("loans", {}).items()}
    return CustomerFacts(view.get("phone"), view.get("host_manager"), accounts, loans, set(view.get("complaints", {})))


def customer_of_sections(sections: dict[str, dict[str, Any]]) -> CustomerFacts:
    """Of c360's."""
    facts = CustomerFacts()
    for name, section in sections.items():
        sort, _, number = name.partition(":")
        if sort == "profile":
            facts.phone, facts.manager = section["phone"], section["host_manager"]
        elif sort == "account":
            facts.accounts[number] = (section["balance_minor"] or 0, section["entries"])
        elif sort == "loan":
            facts.loans[number] = section["outstanding_minor"]
        elif sort == "complaint":
            facts.complaints.add(number)
    return facts


def _whole(client: Any, views: Views) -> Iterator[tuple[str, CustomerFacts]]:
    read = customer_of_view if views == "simple" else customer_of_sections
    for keys in _chunks(client.scan_iter(match=f"{VIEW_KEY}*", count=AT_ONCE)):
        for key, raw in zip(keys, client.mget(keys), strict=True):
            yield key.decode().removeprefix(VIEW_KEY), read(orjson.loads(raw))


def _hashes(client: Any) -> Iterator[tuple[str, CustomerFacts]]:
    names = Keys()
    for keys in _chunks(client.scan_iter(match=names.views_pattern, count=AT_ONCE)):
        with client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hgetall(key)
            for key, fields in zip(keys, pipeline.execute(), strict=True):
                sections = {name.decode(): orjson.loads(raw) for name, raw in fields.items() if name[:1] != b"@"}
                yield names.customer_of(key.decode()), customer_of_sections(sections)


def _chunks(keys: Iterable[Any]) -> Iterator[list[Any]]:
    # SCAN may name a key twice.
    seen = list(dict.fromkeys(keys))
    for start in range(0, len(seen), AT_ONCE):
        yield seen[start : start + AT_ONCE]


def _alerts(bootstrap: str, topics: Sequence[str]) -> Counter[tuple[str, str]]:
    """Each alert once, whatever became of it later: by its id."""
    alerts = {alert["alert_id"]: (alert["kind"], alert["subject"]) for alert in _committed(bootstrap, topics)}
    return Counter(alerts.values())


def _committed(bootstrap: str, topics: Sequence[str]) -> Iterator[dict[str, Any]]:
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "group.id": "bench-proof",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "log_level": 0,
    }
    with closing(Consumer(settings)) as consumer:
        found = consumer.list_topics(timeout=READ_SECONDS).topics
        wanted = [TopicPartition(topic, number, 0) for topic in topics for number in found[topic].partitions]
        consumer.assign(wanted)
        unread = {(each.topic, each.partition) for each in wanted}
        deadline = monotonic() + READ_SECONDS
        while unread:
            if monotonic() > deadline:
                raise OperatorError(f"The alerts of {', '.join(topics)} could not be read in {READ_SECONDS:.0f} s.")
            for message in consumer.consume(AT_ONCE, POLL_SECONDS):
                value: Any = message.value()
                error = message.error()
                if error is None:
                    yield orjson.loads(value)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the client's own name of it
                    unread.discard((str(message.topic()), message.partition() or 0))
                else:
                    raise KafkaException(error)
