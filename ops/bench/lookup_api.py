"""How quickly the lookup API answers, and what an answer costs it.

`python -m ops.bench.lookup_api --customers 100000 --rate 1000` starts Kafka, fills a Redis, serves the API on one core
and asks it for whole views over HTTP in an open loop, as a role that sees all and as one for which much is masked.

Before anything is measured, answers are held to what was written; every measured one has to be 200 and of the customer
asked for; afterwards the audit trail has to hold one record for each answer.
"""

import argparse
import gc
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from random import Random
from typing import Final

import orjson
import uvloop
from confluent_kafka import Consumer, TopicPartition

from connectors.serving.answers import View
from ops.bench.asking import Answer, Connections, connections
from ops.bench.lookups import customer, sections
from ops.bench.open_loop import Load, open_loop_async
from ops.bench.served import ROLES, Served, served
from ops.bench.usage import cpu_seconds
from schemas.topics import LOOKUP_AUDIT

__all__ = ["main", "measured"]

WARM_UP_SECONDS: Final = 5.0
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
    """A line for each role, and one on the audit trail. Raises Wrong when an answer, or the trail, is not right."""
    with served(customers) as api:
        yield f"Kafka of tier {api.kafka_tier}, {customers:,} customers"
        # What whoever asks, his machine and HTTP take of every figure below.
        load, cpu = uvloop.run(_loaded(api, _nothing, rate, seconds, warm_up_seconds))
        yield f"Nothing looked up, {rate:,.0f}/s: {load}; {cpu * 1e6:,.0f} us of CPU an answer"
        answers = 0
        for role, told in ROLES.items():
            uvloop.run(_proved(api, role, customers))
            asked = partial(_looked_up, customers=customers, chance=Random(360), key=api.keys[role][0])
            load, cpu = uvloop.run(_loaded(api, asked, rate, seconds, warm_up_seconds))
            answers += PROVED + int(rate * warm_up_seconds) + load.asked
            yield f"{told['title']}, {rate:,.0f}/s: {load}; {cpu * 1e6:,.0f} us of CPU an answer"
        written = _written(api.kafka_bootstrap)
        if written != answers:
            raise Wrong(f"{answers:,} answers were given, and {written:,} stand in the audit trail")
        yield f"Audit trail: a record for each of the {answers:,} answers"


async def _proved(api: Served, role: str, customers: int) -> None:
    """Whole answers, held to what was written."""
    chance = Random(role)
    async with connections(api.url, 1) as opened:
        for _ in range(PROVED):
            number = chance.randrange(customers)
            answer = await _asked(opened, number, api.keys[role][0])
            shown = orjson.loads(answer.body)["customer"]
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


async def _loaded(
    api: Served,
    asked: Callable[[Connections], Awaitable[object]],
    rate: float,
    seconds: float,
    warm_up_seconds: float,
) -> tuple[Load, float]:
    """Latencies, and seconds of the API's processor time for each answer."""
    # A collection here would count as a late answer there.
    gc.collect()
    gc.freeze()
    async with connections(api.url, CONNECTIONS) as opened:

        async def ask(_number: int) -> None:
            await asked(opened)

        await open_loop_async(ask, rate, warm_up_seconds)
        before = cpu_seconds(api.pid) or 0.0
        load = await open_loop_async(ask, rate, seconds)
        return load, ((cpu_seconds(api.pid) or 0.0) - before) / load.asked


async def _looked_up(opened: Connections, customers: int, chance: Random, key: str) -> None:
    await _asked(opened, chance.randrange(customers), key)


async def _nothing(opened: Connections) -> None:
    answer = await opened.get("/healthz", "")
    if answer.status != 200:
        raise Wrong(f"The API is not well: {answer.status}")


async def _asked(opened: Connections, number: int, key: str) -> Answer:
    answer = await opened.get(f"/v1/customers/{customer(number)}", key)
    if answer.status != 200 or b'"customer_id":"%s"' % customer(number).encode() not in answer.body:
        raise Wrong(f"Asked for {customer(number)}, the API answered {answer.status} {answer.body[:300]!r}")
    return answer


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
