"""How quickly the lookup API answers, and what an answer costs it.

`python -m ops.bench.lookup_api --customers 100000 --rate 1000` starts Kafka, fills a Redis, serves the API on one core
and asks it for whole views over HTTP in an open loop, as a role that sees all and as one for which much is masked.

Before anything is measured, answers are held to what was written; every measured one has to be 200 and of the customer
asked for; afterwards the audit trail has to hold one record for each answer.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Final

import httpx
import orjson
from confluent_kafka import Consumer, TopicPartition

from connectors.serving.answers import View
from ops.bench.lookups import customer, sections
from ops.bench.on_time import Request, lines
from ops.bench.open_loop import Load
from ops.bench.served import ROLES, Served, served
from ops.bench.usage import cpu_seconds
from schemas.topics import LOOKUP_AUDIT

__all__ = ["main", "measured"]

WARM_UP_SECONDS: Final = 60.0
"""Kafka's compilers are at work for so long; a bank's Kafka has run for months."""
_WARM_AGAIN: Final = 0.1
CONNECTIONS: Final = 64
PROVED: Final = 200
_MASKED: Final = ("phone", "document_number", "address")


class Wrong(Exception):
    """An answer is not as it should be: nothing is measured."""


def main() -> None:
    """Measure and print."""
    wanted = argparse.ArgumentParser(prog="python -m ops.bench.lookup_api", description=(__doc__ or "").splitlines()[0])
    wanted.add_argument("--customers", type=int, default=100_000)
    wanted.add_argument("--rate", type=float, default=1_000, help="requests a second")
    wanted.add_argument("--seconds", type=float, default=20)
    given = wanted.parse_args()
    for line in measured(given.customers, given.rate, given.seconds, WARM_UP_SECONDS):
        print(line, flush=True)


def measured(customers: int, rate: float, seconds: float, warm_up_seconds: float) -> Iterator[str]:
    """A line for each role, and one on the audit trail. Raises Wrong or WrongAnswer when something is not right."""
    with served(customers) as api:
        yield f"Kafka of tier {api.kafka_tier}, {customers:,} customers"
        answers, warm_up = 0, warm_up_seconds
        for role, told in ROLES.items():
            _proved(api, role, customers)
            asked = partial(_view, customers, Random(360), api.keys[role][0])
            load, cpu = _loaded(api, asked, rate, seconds, warm_up)
            answers += PROVED + int(rate * warm_up) + load.asked
            # Kafka is warm by now.
            warm_up = warm_up_seconds * _WARM_AGAIN
            yield f"{told['title']}, {rate:,.0f}/s: {load}; {cpu * 1e6:,.0f} us of CPU an answer"
        # What whoever asks, his machine and HTTP take of every figure above.
        load, cpu = _loaded(api, _nothing, rate, seconds, 0)
        yield f"Nothing looked up, {rate:,.0f}/s: {load}; {cpu * 1e6:,.0f} us of CPU an answer"
        written = _written(api.kafka_bootstrap)
        if written != answers:
            raise Wrong(f"{answers:,} answers were given, and {written:,} stand in the audit trail")
        yield f"Audit trail: a record for each of the {answers:,} answers"


def _proved(api: Served, role: str, customers: int) -> None:
    """Whole answers, held to what was written."""
    chance = Random(role)
    with httpx.Client(base_url=api.url, headers={"X-API-Key": api.keys[role][0]}) as client:
        for _ in range(PROVED):
            number = chance.randrange(customers)
            answer = client.get(f"/v1/customers/{customer(number)}")
            shown = orjson.loads(answer.content)["customer"]
            expected = orjson.loads(View(customer(number), sections(number)).json())
            if role == "masked":
                _expect_masked(shown, expected)
            elif shown != expected:
                raise Wrong(f"The API shows another customer {customer(number)} than was written")


def _expect_masked(shown: dict[str, object], written: dict[str, object]) -> None:
    if any(not str(shown[name]).startswith("***") for name in _MASKED):
        raise Wrong(f"An answer shows what should be masked of customer {written['customer_id']}")
    if b"_minor" in orjson.dumps(shown) and any(map(_amounts, _flat(shown))):
        raise Wrong(f"An answer shows amounts of customer {written['customer_id']}")
    if shown["name"] != written["name"]:
        raise Wrong(f"An answer shows another name of customer {written['customer_id']}")


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, name if name.endswith("_minor") else key)
    else:
        yield name, value


def _amounts(member: tuple[str, object]) -> bool:
    return member[0].endswith("_minor") and member[1] is not None


def _loaded(
    api: Served, request: Callable[[], Request], rate: float, seconds: float, warm_up_seconds: float
) -> tuple[Load, float]:
    """Latencies, and seconds of the API's processor time for each answer."""
    with lines(api.url, CONNECTIONS) as opened:
        if warm_up_seconds:
            opened.load(request, rate, warm_up_seconds)
            api.warm()
        before = cpu_seconds(api.pid) or 0.0
        load = opened.load(request, rate, seconds)
        return load, ((cpu_seconds(api.pid) or 0.0) - before) / load.asked


def _view(customers: int, chance: Random, key: str) -> Request:
    number = customer(chance.randrange(customers))
    return Request(f"/v1/customers/{number}", key, b'"customer_id":"%s"' % number.encode())


def _nothing() -> Request:
    return Request("/healthz", "")


def _written(bootstrap: str) -> int:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-audit", "enable.auto.commit": False})
    try:
        numbers = consumer.list_topics(LOOKUP_AUDIT, timeout=10).topics[LOOKUP_AUDIT].partitions
        ends = [consumer.get_watermark_offsets(TopicPartition(LOOKUP_AUDIT, number), timeout=10) for number in numbers]
    finally:
        consumer.close()
    return sum(high - low for low, high in ends)


if __name__ == "__main__":
    main()
