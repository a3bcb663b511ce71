"""A replay on the broker: the history of forty customers, how far it is folded, and what it must end in."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.topics import write_ticks
from schemas.events import CustomerScoped
from tests.support import builders
from tests.support.outcome import alerts_on, expected_of, views_on
from tests.support.system import GroupProgress, WorkerProcess, empty_topics, produce
from tests.support.waiting import eventually

__all__ = [
    "BEGIN",
    "DAYS",
    "Brake",
    "a_history",
    "a_replay",
    "assert_as_the_oracle_says",
    "share_folded",
    "wait_until_folded",
]

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
CUSTOMERS = 40
DAYS = 60


def a_history() -> Iterator[tuple[str, str, bytes]]:
    """About 2,800 events of 40 customers over 60 days, in event-time order, around all thresholds."""
    for day in range(DAYS):
        for number in range(CUSTOMERS):
            at = BEGIN + timedelta(days=day, seconds=number)
            for event in _on(day, number, at):
                yield builders.topic_of(event), event.customer_id, builders.wire(event)


def _on(day: int, number: int, at: datetime) -> Iterator[CustomerScoped]:
    customer, account, contract = f"C{number}", f"A{number}", f"L{number}"
    common = {"customer_id": customer, "occurred_at": at}
    if day == number % 20:
        yield builders.a_customer(name=f"Customer {number}", **common)
        yield builders.a_host(relationship_id=f"R{number}", party_id=f"M{number % 7}", **common)
    if day == 0:
        yield builders.an_account(account_id=account, **common)
    if day == 5:
        yield builders.a_contract(contract_id=contract, **common)
        yield builders.a_drawdown(
            contract_id=contract, drawdown_id="D1", maturity_on=(BEGIN + timedelta(days=35 + number)).date(), **common
        )
    if day % 15 == 3:
        yield builders.a_complaint(complaint_id=f"K{number}-{day}", **common)
    amount = ((day * 37 + number * 11) % 13 - 6) * 1_000_000
    balance = 9_000_000 + ((day * 29 + number * 7) % 17) * 200_000
    yield builders.an_entry(
        account_id=account, source_seq=1 + day, amount_minor=amount or 5_000_000, balance_minor=balance, **common
    )


def a_replay(bootstrap: str) -> None:
    """Topics made anew, with all of the history in them and a tick at its end."""
    empty_topics(bootstrap)
    produce(bootstrap, a_history())
    write_ticks(bootstrap, BEGIN + timedelta(days=DAYS))


class Brake:
    """Workers that fold ten records a second each at most until it is released, so that a replay has a middle.

    On a machine of any speed: it is the workers that wait.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "brake"
        self._path.touch()

    def release(self) -> None:
        """Full speed, for all of them."""
        self._path.unlink()

    def worker(self, bootstrap: str, group: str, name: str) -> WorkerProcess:
        """A worker that obeys it; not started."""
        command = ("tests.support.odd_worker", "braked", str(self._path))
        settings = {"C360_RECORDS_PER_FLUSH": "8"}
        return WorkerProcess(bootstrap, group, self._path.parent, name, settings, command)


def share_folded(bootstrap: str, group: str) -> float:
    """How much of the input is committed, 0 to 1."""
    with closing(GroupProgress(bootstrap, group)) as progress:
        return sum(progress.positions().values()) / sum(progress.ends().values())


def wait_until_folded(bootstrap: str, group: str, share: float, within: float = 120) -> None:
    """Wait until that much of the input, as it is now, is committed."""
    with closing(GroupProgress(bootstrap, group)) as progress:
        wanted = share * sum(progress.ends().values())
        eventually(lambda: sum(progress.positions().values()) >= wanted, within=within)


def assert_as_the_oracle_says(bootstrap: str) -> None:
    """Views and alert records on the broker are exactly those of the oracle."""
    wanted = expected_of(bootstrap)
    assert len(wanted.views) == CUSTOMERS
    assert views_on(bootstrap) == wanted.views
    assert alerts_on(bootstrap) == wanted.alerts
