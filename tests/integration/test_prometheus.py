"""A real Prometheus over the running system: worker, projector, deliverer and API on real Kafka and Redis.

One system for all of them; it is watched from before the first record on.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import yaml

from connectors.serving.tokens.machines import new_key
from ops.grafana.boards import BOARDS
from ops.grafana.charts import drawn, fetched
from ops.grafana.panels import RANGE, RATE
from ops.launcher import Running
from ops.launcher.ports import free_ports
from ops.metrics_catalogue import CATALOGUE
from schemas.events import Event
from tests.support import builders
from tests.support.prometheus import Prometheus, program, scraping
from tests.support.receivers import receiving
from tests.support.redis_server import a_redis
from tests.support.system import WorkerProcess, empty_topics, ending, produce
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka

JOBS = ("c360-worker", "c360-projector", "c360-deliverer", "c360-api")
MARK = "90417"
"""Stands in every identifier of the history, and nowhere else."""
CUSTOMERS = tuple(f"C{MARK}{number}" for number in range(4))


@dataclass
class Watched:
    """The running system, and who watches it."""

    prometheus: Prometheus
    processes: dict[str, WorkerProcess]
    bootstrap: str
    api: httpx.Client
    rounds: int = field(default=0)

    def live_on(self) -> None:
        """Let every customer do something, something be wrong, and somebody look."""
        seq = self.rounds = self.rounds + 1
        records = [
            (builders.topic_of(event), customer, builders.wire(event))
            for customer in CUSTOMERS
            for event in _acts(customer, seq)
        ]
        produce(self.bootstrap, [*records, ("account-changes", CUSTOMERS[0], b"not an event")])
        self.api.get(f"/v1/customers/{CUSTOMERS[0]}")
        self.api.get("/v1/find", params={"q": f"nobody {MARK}"})


def _acts(customer: str, seq: int) -> list[Event]:
    account = {"customer_id": customer, "account_id": f"A{customer}"}
    contract = {"customer_id": customer, "contract_id": f"L{customer}"}
    acts: list[Event] = [
        builders.an_entry(**account, source_seq=seq, balance_minor=seq * 100, event_id=f"{customer}:{seq}"),
        builders.a_complaint(customer_id=customer, complaint_id=f"K{customer}{seq}"),
    ]
    if seq == 1:
        acts = [
            builders.a_customer(customer_id=customer),
            builders.a_host(customer_id=customer, relationship_id=f"R{customer}"),
            builders.an_account(**account),
            builders.a_contract(**contract),
            builders.a_drawdown(**contract, drawdown_id=f"D{customer}"),
            *acts,
        ]
    return acts


@pytest.fixture(scope="module")
def watched(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    program("prometheus")
    folder = tmp_path_factory.mktemp("watched")
    empty_topics(running.kafka_bootstrap)
    ports = dict(zip(JOBS, free_ports(len(JOBS)), strict=True))
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        own_redis = stack.enter_context(a_redis(folder))
        key, processes = _processes(running.kafka_bootstrap, own_redis.address, folder, ports, receiver.url)
        stack.enter_context(ending(*processes.values()))
        for process in processes.values():
            process.start()
        prometheus = stack.enter_context(scraping(ports, folder))
        headers = {"X-API-Key": key, "X-Reason": "a test"}
        base = f"http://127.0.0.1:{ports['c360-api']}"
        api = stack.enter_context(httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=60))
        eventually(lambda: prometheus.values('count(up{job=~"c360-.*"} == 1)') == [len(JOBS)], within=120)
        # The history is told to all that count from zero: increases are seen from the first record on.
        eventually(lambda: "Took over partitions" in processes["c360-worker"].log, within=120)
        yield Watched(prometheus, processes, running.kafka_bootstrap, api)


def _processes(
    bootstrap: str, redis_url: str, folder: Path, ports: dict[str, int], receiver: str
) -> tuple[str, dict[str, WorkerProcess]]:
    key, hashed = new_key()
    group = f"watched-{folder.parent.name}"
    (folder / "machines.yaml").write_text(
        yaml.safe_dump({"machines": [{"name": "tests", "role": "auditor", "key_sha256": hashed}]})
    )
    channel = {"kind": "webhook", "url": receiver, "secret_env": "CRM_SECRET"}
    delivery = {"channels": {"crm": channel}, "routes": [{"channels": ["crm"]}]}
    (folder / "delivery.yaml").write_text(yaml.safe_dump(delivery))
    settings = {
        "REDIS_URL": redis_url,
        "C360_INDEX_KEY": "a secret of the tests",
        "C360_WORKER_METRICS_PORT": str(ports["c360-worker"]),
        "C360_PROJECTOR_METRICS_PORT": str(ports["c360-projector"]),
        "C360_DELIVERER_METRICS_PORT": str(ports["c360-deliverer"]),
        "C360_API_PORT": str(ports["c360-api"]),
        "C360_DELIVERY_FILE": str(folder / "delivery.yaml"),
        "C360_DELIVERY_GROUP": f"{group}-deliverer",
        "C360_MACHINES_FILE": str(folder / "machines.yaml"),
        "CRM_SECRET": "shared with the receiver",
    }
    commands = {"c360-worker": "worker", "c360-projector": "projector", "c360-deliverer": "deliver", "c360-api": "api"}
    return key, {
        job: WorkerProcess(bootstrap, group, folder, command, settings, ("ops", command))
        for job, command in commands.items()
    }


def test_every_query_of_every_dashboard_has_an_answer_and_is_drawn(watched: Watched) -> None:
    waiting = {
        f"{board.title}, {panel.title}: {query.expr}": query.expr.replace(RATE, "15s").replace(RANGE, "5m")
        for board in BOARDS
        for panel in board.panels
        for query in panel.queries
    }

    def answered() -> bool:
        watched.live_on()
        for name, expression in list(waiting.items()):
            if watched.prometheus.values(expression):
                del waiting[name]
        return not waiting

    try:
        eventually(answered, within=90, every=1.0)
    except AssertionError:
        pytest.fail("panels without data: " + "\n".join(sorted(waiting)), pytrace=False)
    now = watched.prometheus.values("vector(time())")[0]
    for board in BOARDS:
        lines = {panel.title: fetched(watched.prometheus.client, panel, now, 60) for panel in board.panels}
        assert "no data" not in drawn(board, lines, (now - 60, now)), board.title


def test_each_process_shows_what_the_catalogue_says_of_it_and_nothing_else(watched: Watched) -> None:
    for job in JOBS:
        told = watched.prometheus.ask("targets/metadata", match_target=f'{{job="{job}"}}')
        shown = {entry["metric"].removesuffix("_total"): entry["type"] for entry in told}
        process = job.removeprefix("c360-")
        catalogue = {m.name.removesuffix("_total"): m.kind for m in CATALOGUE if m.process in (process, "every")}
        assert {name: kind for name, kind in shown.items() if not name.startswith("process_")} == catalogue, job


def test_no_label_names_a_customer_an_account_or_a_complaint(watched: Watched) -> None:
    watched.live_on()
    eventually(lambda: watched.prometheus.values("sum(c360_worker_customers)") == [len(CUSTOMERS)], within=60)
    series = watched.prometheus.ask("series", **{"match[]": '{job=~"c360-.*"}'})
    values = {value for labels in series for name, value in labels.items() if name not in ("instance", "job")}
    assert "complaint_reminder" in values
    assert not [value for value in values if MARK in value]


def test_what_can_not_be_folded_raises_the_alarm(watched: Watched) -> None:
    def alarmed() -> bool:
        watched.live_on()
        return any(labels["reason"] == "undecodable" for labels in watched.prometheus.firing("DeadLetters"))

    eventually(alarmed, within=60, every=0.5)


def test_a_projector_that_is_gone_raises_the_alarm_until_it_is_back(watched: Watched) -> None:
    def firing() -> list[str]:
        return [labels["job"] for labels in watched.prometheus.firing("ProcessGone")]

    eventually(lambda: not firing(), within=60)
    assert watched.processes["c360-projector"].stop() == 0
    eventually(lambda: firing() == ["c360-projector"], within=60)
    watched.processes["c360-projector"].start()
    eventually(lambda: not firing(), within=60)
