"""What it takes to keep ten thousand followers up to date: memory, processor time, and how late a change comes.

`python -m ops.bench.streams --streams 10000 --rate 200` starts Kafka, fills a Redis, serves the API on one core and
opens as many streams of changes, each of another customer. Alerts are then written to `customer-views` in an open loop
while views are looked up at a rate; an alert's clock starts when it is due to be written, and stops when the follower
of its customer has it. At the end one customer is followed by a tenth of them all, and gets one alert.

Every alert has to reach its followers, each once, and nobody else.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from random import Random
from time import monotonic
from typing import Final

import httpx
import orjson
import uvloop

from connectors.sources.publishing import create_producer
from ops.bench.asking import connections
from ops.bench.lookups import customer
from ops.bench.open_loop import Load, open_loop_async
from ops.bench.served import Served, served
from ops.bench.usage import cpu_seconds, resident_bytes
from ops.errors import OperatorError
from schemas.topics import CUSTOMER_VIEWS
from schemas.views import alert_section, section_key

__all__ = ["Wrong", "main", "measured"]

_STREAMS_EACH: Final = 8
"""What the API grants one machine."""
_CONNECTIONS: Final = 32
_OPENED_AT_ONCE: Final = 100
_QUIET_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 60.0
_ALERT: Final = b"event: alert"
_ID: Final = b'"alert_id":"'
_END: Final = b"\n\n"


class Wrong(Exception):
    """An alert did not come, came twice, or came to somebody else."""


def main() -> None:
    """Measure and print."""
    wanted = argparse.ArgumentParser(prog="python -m ops.bench.streams", description=(__doc__ or "").splitlines()[0])
    wanted.add_argument("--streams", type=int, default=10_000)
    wanted.add_argument("--rate", type=float, default=200, help="lookups a second meanwhile")
    wanted.add_argument("--alerts", type=float, default=50, help="alerts a second")
    wanted.add_argument("--seconds", type=float, default=20)
    given = wanted.parse_args()
    try:
        for line in measured(given.streams, given.rate, given.alerts, given.seconds):
            print(line, flush=True)
    except OperatorError as error:
        raise SystemExit(error.message) from None


def measured(streams: int, rate: float, alerts: float, seconds: float) -> Iterator[str]:
    """A line for each figure. Raises Wrong when an alert is not where it should be."""
    most = streams + streams // 10
    settings = {"C360_API_STREAMS": str(most), "C360_API_CONNECTIONS": str(most + 100)}
    with served(streams, -(-streams // _STREAMS_EACH), settings, most + 100) as api:
        yield f"Kafka of tier {api.kafka_tier}, {streams:,} followers"
        yield from uvloop.run(_Story(api, streams).told(rate, alerts, seconds))


class _Bank:
    """Writes alerts, and is told who got them."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = create_producer(bootstrap, **{"linger.ms": 0})
        self._awaited: dict[str, tuple[str, float, int]] = {}
        self._written = 0
        self._latencies: list[float] = []
        self._first_due: float | None = None
        self._none_left = asyncio.Event()
        self.wrong: list[str] = []

    def write(self, customer_id: str, due: float, followers: int) -> None:
        """An alert of a customer, which so many are to get."""
        self._written += 1
        self._first_due = self._first_due or due
        alert_id = f"bench-{self._written}"
        self._awaited[alert_id] = (customer_id, due, followers)
        value = orjson.dumps({"alert_id": alert_id, "kind": "bench", "customer_id": customer_id})
        self._producer.produce(CUSTOMER_VIEWS, value, section_key(customer_id, alert_section(alert_id)))
        self._producer.poll(0)

    def arrived(self, alert_id: str, follows: str) -> None:
        """A follower of `follows` has it."""
        customer_id, due, left = self._awaited.get(alert_id, ("", 0.0, 0))
        if follows != customer_id or not left:
            self.wrong.append(f"{alert_id} of {customer_id or 'nobody, or once more,'} came to a follower of {follows}")
            return
        self._latencies.append(monotonic() - due)
        if left == 1:
            del self._awaited[alert_id]
            self._none_left.set()
        else:
            self._awaited[alert_id] = (customer_id, due, left - 1)

    async def all_arrived(self) -> Load:
        """How late they came, once all have. Raises Wrong."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._awaited:
                    self._none_left.clear()
                    await self._none_left.wait()
        except TimeoutError:
            self.wrong.append(f"waited for {_PATIENCE_SECONDS:g} s")
        if self._awaited or self.wrong:
            raise Wrong("; ".join([f"{len(self._awaited):,} alerts did not come", *self.wrong[:5]]))
        latencies, self._latencies = self._latencies, []
        first_due, self._first_due = self._first_due or monotonic(), None
        return Load.of(latencies, monotonic() - first_due)


class _Follower(asyncio.Protocol):
    """One stream of changes."""

    def __init__(self, bank: _Bank, customer_id: str, key: str) -> None:
        self._bank = bank
        self._customer_id = customer_id
        self._key = key
        self._rest = b""
        self.follows: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As asyncio says."""
        self.transport = transport
        path = f"/v1/stream?customer={self._customer_id}"
        transport.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nX-API-Key: {self._key}\r\n\r\n".encode())

    def connection_lost(self, error: Exception | None) -> None:
        """As asyncio says."""
        if not self.follows.done():
            self.follows.set_exception(Wrong(f"A stream did not begin: {self._rest[:300]!r} ({error})"))

    def data_received(self, data: bytes) -> None:
        """As asyncio says."""
        *events, self._rest = (self._rest + data).split(_END)
        for event in events:
            if _ALERT in event:
                at = event.index(_ID) + len(_ID)
                self._bank.arrived(event[at : event.index(b'"', at)].decode(), self._customer_id)
            elif b"event: freshness" in event and not self.follows.done():
                self.follows.set_result(None)


class _Story:
    """The measurement of one API."""

    def __init__(self, api: Served, streams: int) -> None:
        self._api = api
        self._streams = streams
        self._bank = _Bank(api.kafka_bootstrap)

    async def told(self, rate: float, alerts: float, seconds: float) -> list[str]:
        """The figures, in words."""
        told, empty = [], resident_bytes(self._api.pid)
        keys = [key for key in self._api.keys["masked"] for _ in range(_STREAMS_EACH)]
        async with self._followers([customer(n) for n in range(self._streams)], keys):
            memory = (resident_bytes(self._api.pid) - empty) / self._streams
            told.append(f"{memory:,.0f} bytes of memory a follower")
            before, quiet = self._cpu(), min(_QUIET_SECONDS, seconds)
            await asyncio.sleep(quiet)
            idle = self._cpu() - before
            told.append(f"while nothing happens {idle / quiet:.1%} of a core")
            told += await self._under_load(rate, alerts, seconds)
        keys = [key for key in self._api.keys["all"] for _ in range(_STREAMS_EACH)]
        hot = [customer(0)] * (self._streams // 10)
        async with self._followers(hot, keys):
            self._bank.write(hot[0], monotonic(), len(hot))
            before = self._cpu()
            late = await self._bank.all_arrived()
            spent = (self._cpu() - before) / len(hot)
            told.append(f"an alert that {len(hot):,} follow: {late}; {spent * 1e6:,.0f} us of CPU a follower")
        return told

    async def _under_load(self, rate: float, alerts: float, seconds: float) -> list[str]:
        chance, began, key = Random(360), monotonic(), self._api.keys["all"][-1]

        async def write(number: int) -> None:
            # Not to the first: he is followed afterwards, by streams that begin with what changed lately.
            self._bank.write(customer(chance.randrange(1, self._streams)), began + number / alerts, 1)

        async with connections(self._api.url, _CONNECTIONS) as opened:

            async def look(_number: int) -> None:
                answer = await opened.get(f"/v1/customers/{customer(chance.randrange(self._streams))}", key)
                if answer.status != httpx.codes.OK:
                    raise Wrong(f"The API answered {answer.status} {answer.body[:300]!r}")

            before = self._cpu()
            lookups, _ = await asyncio.gather(
                open_loop_async(look, rate, seconds), open_loop_async(write, alerts, seconds)
            )
            late = await self._bank.all_arrived()
            spent = self._cpu() - before
        return [
            f"{alerts:,.0f} alerts a second, from due to be written to at the follower: {late}",
            f"{rate:,.0f} lookups a second meanwhile: {lookups}; {spent / seconds:.0%} of a core for both",
        ]

    def _cpu(self) -> float:
        return cpu_seconds(self._api.pid) or 0.0

    @asynccontextmanager
    async def _followers(self, customers: Sequence[str], keys: Sequence[str]) -> AsyncIterator[None]:
        address, loop = httpx.URL(self._api.url), asyncio.get_running_loop()
        opened: list[_Follower] = []
        try:
            for start in range(0, len(customers), _OPENED_AT_ONCE):
                made = []
                for number in range(start, min(start + _OPENED_AT_ONCE, len(customers))):
                    make = partial(_Follower, self._bank, customers[number], keys[number])
                    _, follower = await loop.create_connection(make, address.host, address.port or 80)
                    made.append(follower)
                opened += made
                await asyncio.gather(*(follower.follows for follower in made))
            yield
        finally:
            for follower in opened:
                follower.transport.close()


if __name__ == "__main__":
    main()
