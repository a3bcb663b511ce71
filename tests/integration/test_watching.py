"""A real Prometheus over the real instruments of all processes: its alarms, and what the dashboards ask of it.

The processes' work is played here; that they tell their measures is tested where they work.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from wsgiref.simple_server import WSGIServer

import pytest
from prometheus_client import CollectorRegistry, start_http_server

from ops.grafana.boards import BOARDS
from ops.grafana.charts import drawn, fetched
from ops.grafana.panels import RANGE, RATE
from ops.instruments import register_process
from ops.metrics import ApiMetrics, DelivererMetrics, ProjectorMetrics, WorkerMetrics
from ops.metrics_catalogue import CATALOGUE, PROCESSES, Process
from schemas.topics import INPUT_TOPICS
from tests.support.projection import wall_clock
from tests.support.prometheus import Prometheus, program, scraping
from tests.support.waiting import eventually


@dataclass
class Bank:
    """The measures of four processes, and who scrapes them."""

    prometheus: Prometheus
    servers: dict[str, WSGIServer]
    registries: dict[Process, CollectorRegistry]
    rounds: int = field(default=0)

    def __post_init__(self) -> None:
        self.worker = WorkerMetrics(self.registries["worker"])
        self.projector = ProjectorMetrics(self.registries["projector"])
        self.deliverer = DelivererMetrics(self.registries["deliverer"], ["crm"])
        self.api = ApiMetrics(self.registries["api"])

    def live_on(self) -> None:
        """Each process does a little of all that it does."""
        self.rounds += 1
        now = wall_clock()
        just_now = [int(now * 1000) - 20]
        worker, projector, deliverer, api = self.worker, self.projector, self.deliverer, self.api
        for topic in INPUT_TOPICS:
            worker.folded(topic, "folded", 10)
            worker.position(topic, 0, 10 * self.rounds, 3)
            worker.newest(topic, 0, now - 1, now - 100)
        worker.folded("account-changes", "dead", 1)
        worker.dead_letter("undecodable")
        worker.batch(10)
        worker.fold(0.01)
        worker.flush(0.02, 30)
        worker.transaction("committed")
        worker.latencies(now, just_now)
        worker.alert_latencies(now, just_now)
        worker.alert("complaint_reminder", "raised")
        worker.clock(0, now - 3)
        worker.deadlines(0, 3, 0.0)
        worker.state(4, 20)
        worker.rules({"maturity": 3})
        projector.read(10)
        projector.written({"applied": 3}, 8, 0.004)
        projector.latencies(now, just_now)
        projector.lag(0, 0)
        projector.dependency("redis", up=True)
        projector.dependency("kafka", up=True)
        deliverer.delivery("crm", "delivered")
        deliverer.attempt("crm", 0.01)
        deliverer.delivered_after(0.1)
        api.request("/v1/find", 200, 0.003)
        api.look("auditor", "view", "shown")
        api.audited(0.004)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    program("prometheus")
    registries = {process: CollectorRegistry() for process in PROCESSES}
    servers: dict[str, WSGIServer] = {}
    with ExitStack() as stack:
        for process in PROCESSES:
            register_process(registries[process], process)
            servers[process], _ = start_http_server(0, addr="127.0.0.1", registry=registries[process])
            stack.callback(_close, servers[process])
        ports = {f"c360-{process}": server.server_port for process, server in servers.items()}
        prometheus = stack.enter_context(scraping(ports, tmp_path_factory.mktemp("prometheus")))
        made = Bank(prometheus, servers, registries)
        eventually(lambda: prometheus.values('count(up{job=~"c360-.*"} == 1)') == [len(PROCESSES)], within=60)
        yield made


def _close(server: WSGIServer) -> None:
    server.shutdown()
    server.server_close()


def test_every_query_of_every_dashboard_has_an_answer_and_is_drawn(bank: Bank) -> None:
    waiting = {
        f"{board.title}, {panel.title}: {query.expr}": query.expr.replace(RATE, "15s").replace(RANGE, "5m")
        for board in BOARDS
        for panel in board.panels
        for query in panel.queries
    }

    def answered() -> bool:
        bank.live_on()
        for name, expression in list(waiting.items()):
            if bank.prometheus.values(expression):
                del waiting[name]
        return not waiting

    try:
        eventually(answered, within=90, every=1.0)
    except AssertionError:
        pytest.fail("panels without data: " + "\n".join(sorted(waiting)), pytrace=False)
    now = bank.prometheus.values("vector(time())")[0]
    for board in BOARDS:
        lines = {panel.title: fetched(bank.prometheus.client, panel, now, 60) for panel in board.panels}
        assert "no data" not in drawn(board, lines, (now - 60, now)), board.title


def test_each_process_shows_what_the_catalogue_says_of_it_and_nothing_else(bank: Bank) -> None:
    for process in PROCESSES:
        told = bank.prometheus.ask("targets/metadata", match_target=f'{{job="c360-{process}"}}')
        shown = {entry["metric"].removesuffix("_total"): entry["type"] for entry in told}
        catalogue = {m.name.removesuffix("_total"): m.kind for m in CATALOGUE if m.process in (process, "every")}
        assert {name: kind for name, kind in shown.items() if not name.startswith("process_")} == catalogue, process


def test_a_dead_letter_raises_the_alarm(bank: Bank) -> None:
    def alarmed() -> bool:
        bank.live_on()
        return [labels["reason"] for labels in bank.prometheus.firing("DeadLetters")] == ["undecodable"]

    eventually(alarmed, within=60, every=0.5)


def test_a_projector_that_is_gone_raises_the_alarm(bank: Bank) -> None:
    def firing() -> list[str]:
        return [labels["job"] for labels in bank.prometheus.firing("ProcessGone")]

    eventually(lambda: not firing(), within=60)
    _close(bank.servers["projector"])
    eventually(lambda: firing() == ["c360-projector"], within=60)
