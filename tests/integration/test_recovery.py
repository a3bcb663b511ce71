"""Take-overs of a changelog that lost its beginning, was made anew, contradicts its inputs, or is of a later c360."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

from ops.demo.metrics_reader import scrape
from ops.launcher.ports import free_ports
from ops.topics import create_topics
from schemas.topics import CUSTOMER_VIEWS
from schemas.views import STATE_FORMAT
from tests.integration.test_take_over import a_producer
from tests.support import builders
from tests.support.outcome import alerts_on, expected_of, views_on
from tests.support.replay import wait_until_folded
from tests.support.system import WorkerProcess, committed_records, empty_topics, ending, produce
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka

ACCOUNTS = "account-changes"
AT = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMERS = 20
STOPPED = 70


def entries(first: int, count: int) -> list[tuple[str, str, bytes]]:
    """Entries of some customers, numbered from `first` on."""
    events = [
        builders.an_entry(
            customer_id=f"C{number}", account_id=f"A{number}", source_seq=seq, occurred_at=AT + timedelta(days=seq)
        )
        for seq in range(first, first + count)
        for number in range(CUSTOMERS)
    ]
    return [(ACCOUNTS, event.customer_id, builders.wire(event)) for event in events]


class Bank:
    """A broker on which a worker has folded a little, and stopped."""

    def __init__(self, bootstrap: str, group: str, home: Path) -> None:
        self.bootstrap, self.group = bootstrap, group
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self.worker = WorkerProcess(bootstrap, group, home, "worker", {"C360_CLOCK": "wall"})

    def fold(self, first: int, count: int) -> None:
        """Fold so many entries more of each customer."""
        produce(self.bootstrap, entries(first, count))
        self.worker.start()
        wait_until_folded(self.bootstrap, self.group, 1.0)
        assert self.worker.stop() == 0

    def make_anew(self, topic: str) -> None:
        """Delete a topic and create it again."""
        self.admin.delete_topics([topic])[topic].result()
        eventually(lambda: topic not in self.admin.list_topics(timeout=60).topics)
        create_topics(self.bootstrap, 4)

    def refusal(self) -> str:
        """Start the worker, which must stop by itself; what it says last."""
        with ending(self.worker.start()):
            assert self.worker.wait(120) == STOPPED
        assert "Traceback" not in self.worker.log
        return self.worker.log.splitlines()[-1]

    def assert_as_the_oracle_says(self) -> None:
        wanted = expected_of(self.bootstrap)
        assert len(wanted.views) == CUSTOMERS
        assert views_on(self.bootstrap) == wanted.views
        assert alerts_on(self.bootstrap) == wanted.alerts


@pytest.fixture
def bank(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> Bank:
    empty_topics(kafka_bootstrap)
    made = Bank(kafka_bootstrap, f"{topic_prefix}worker", tmp_path)
    made.fold(0, 2)
    return made


def test_killed_in_the_middle_of_a_recovery_it_recovers_again(bank: Bank, topic_prefix: str) -> None:
    # A transaction left open at the changelog's end: all before it is read, and then the take-over must wait.
    pending = a_producer(bank.bootstrap, topic_prefix)
    for number in range(4):
        pending.produce(CUSTOMER_VIEWS, b"{}", b"nobody/profile", partition=number)
    assert pending.flush(10) == 0
    port = free_ports(1)[0]
    bank.worker.environment["C360_WORKER_METRICS_PORT"] = str(port)
    with ending(bank.worker.start()):
        eventually(
            lambda: (told := scrape(port)) and told.total("c360_worker_recovered_records_total") >= CUSTOMERS, within=60
        )
        assert bank.worker.log.count("Took over partitions [") == 1, "the one before"
        bank.worker.kill()
    pending.abort_transaction(10)
    bank.fold(2, 1)
    bank.assert_as_the_oracle_says()


def test_a_changelog_whose_beginning_was_deleted_is_read_from_where_it_begins_and_said_so(bank: Bank) -> None:
    # Kafka deletes nothing from a topic that is only compacted: somebody must have set a retention besides.
    policy = ConfigEntry("cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, CUSTOMER_VIEWS, incremental_configs=[policy])
    bank.admin.incremental_alter_configs([resource])[resource].result()
    number = committed_records(bank.bootstrap, [CUSTOMER_VIEWS])[0].partition()
    [future] = bank.admin.delete_records([TopicPartition(CUSTOMER_VIEWS, number, 1)]).values()
    future.result()
    bank.fold(2, 1)
    assert f"customer-views partition {number} begins at offset 1: records before it were deleted" in bank.worker.log


def test_a_changelog_that_was_made_anew_under_positions_is_refused(bank: Bank) -> None:
    bank.make_anew(CUSTOMER_VIEWS)
    assert "the changelog was lost or recreated" in bank.refusal()


def test_an_input_that_was_made_anew_is_folded_from_its_start(bank: Bank) -> None:
    bank.make_anew(ACCOUNTS)
    bank.fold(2, 2)
    sections = [m.value() for m in committed_records(bank.bootstrap, [CUSTOMER_VIEWS]) if m.key() == b"C0/account:A0"]
    assert orjson.loads(sections[-1])["entries"] == 4


def test_views_ahead_of_an_input_are_refused(bank: Bank) -> None:
    # As after a restore of the input from an older copy: its end lies before what is folded, under the same id.
    progress = {
        m.partition(): orjson.loads(m.value())
        for m in committed_records(bank.bootstrap, [CUSTOMER_VIEWS])
        if m.key().startswith(b"$")
    }
    number, told = next(iter(progress.items()))
    told["applied"][ACCOUNTS][1] += 1_000
    write_progress(bank, number, told)
    assert f"has folded {ACCOUNTS} partition {number} up to offset" in bank.refusal()


def test_views_of_a_later_version_stop_the_worker(bank: Bank) -> None:
    counts = {"folded": 0, "late": 0, "dead": 0}
    write_progress(bank, 0, {"clock_at": None, "counts": counts, "applied": {}, "format": STATE_FORMAT + 1})
    assert "upgrade this worker" in bank.refusal()


def test_topics_of_different_partition_counts_are_refused(bank: Bank) -> None:
    [future] = bank.admin.create_partitions([NewPartitions(ACCOUNTS, 6)]).values()
    future.result()
    with ending(bank.worker.start()):
        assert bank.worker.wait(120) == 2
    assert "differ in their partition counts" in bank.worker.log


def write_progress(bank: Bank, number: int, told: dict[str, object]) -> None:
    """Overwrite a partition's progress."""
    producer = a_producer(bank.bootstrap, f"{bank.group}-{number}")
    producer.produce(CUSTOMER_VIEWS, orjson.dumps(told), f"$partition-{number}/progress".encode(), partition=number)
    producer.commit_transaction(10)
