"""The maven tier: real Apache Kafka, KRaft, one process per node, on 127.0.0.1."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ops.launcher.children import Child, start_child
from ops.launcher.jars import pom
from ops.launcher.ports import LOCALHOST, free_ports
from ops.launcher.ready import brokers_answering, wait_for_all
from ops.launcher.service import Unavailable

# Any will do, but it must be the same for all nodes: 16 bytes in URL-safe base64.
CLUSTER_ID: Final = "YzM2MC1sYXVuY2hlci0xMg"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 5.0
ATTEMPTS: Final = 3


@dataclass(frozen=True)
class Node:
    """One broker that is also a controller."""

    number: int
    port: int
    controller_port: int
    folder: Path

    @property
    def voter(self) -> str:
        return f"{self.number}@{LOCALHOST}:{self.controller_port}"


Properties = Callable[[Node, tuple[Node, ...]], dict[str, object]]
"""Makes the broker configuration of one of the nodes."""

# For a broker that lives for minutes beside its clients on a few cores: the optimising compiler and a concurrent
# collector take more from them than they give (p99 from an event to its alert at 1,000 events/s: 50 to 100 ms with
# these, 200 to 1,000 ms without, on two cores).
QUICK: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_HEAP: Final = "-Xms256m -Xmx768m"


class ApacheKafka:
    """Real Kafka. Its data lie in `folder` and outlive stop and kill, until the folder goes.

    `properties` makes the configuration of a node; `users` are its SCRAM users and their passwords.
    """

    def __init__(
        self,
        java: Path,
        jars: Path,
        folder: Path,
        logs: Path,
        *,
        nodes: int,
        properties: Properties | None = None,
        users: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._properties = properties or node_properties
        self._users = users
        self._java = java
        self._classpath = f"{jars}/*"
        self._folder = folder
        self._logs = logs
        self._count = nodes
        self._nodes: tuple[Node, ...] = ()
        self._children: dict[int, Child] = {}

    @property
    def address(self) -> str:
        return ",".join(f"{LOCALHOST}:{node.port}" for node in self._nodes)

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(child.pid for child in self._children.values() if child.alive())

    def start(self) -> None:
        """Start every node that does not run; on the first start, on ports that are free, tried again when lost."""
        if self._nodes:
            self._start_nodes()
            return
        for attempt in range(1, ATTEMPTS + 1):
            self._nodes = tuple(self._new_nodes(attempt))
            try:
                self._start_nodes()
            except Unavailable:
                self.stop()
                if attempt == ATTEMPTS or not self._lost_a_port():
                    raise
            else:
                return

    def stop(self) -> None:
        # All at once: the last of several could not leave in order for want of a quorum.
        for child in self._children.values():
            child.ask_to_stop()
        for child in self._children.values():
            child.stop()
        self._children.clear()

    def kill(self) -> None:
        for number in list(self._children):
            self.kill_node(number)

    def kill_node(self, number: int) -> None:
        """Kill one node (numbered from 1); `start` brings it back."""
        self._children.pop(number).kill()

    def _new_nodes(self, attempt: int) -> Iterator[Node]:
        ports = free_ports(2 * self._count)
        for number in range(1, self._count + 1):
            folder = self._folder / f"attempt-{attempt}" / f"node-{number}"
            yield Node(number, ports.pop(), ports.pop(), folder)

    def _start_nodes(self) -> None:
        for node in self._nodes:
            if node.number not in self._children:
                self._children[node.number] = self._start_node(node)
        running = list(self._children.values())
        if not wait_for_all(running, lambda: brokers_answering(self.address) >= self._count, timeout=START_SECONDS):
            dead = next(child for child in running if not child.alive())
            raise Unavailable(f"Kafka ended while starting ({dead.log}): {dead.last_words(3)}")

    def _start_node(self, node: Node) -> Child:
        properties = self._configure(node)
        logging = f"-Dlog4j2.configurationFile={pom().with_name('log4j2.xml')}"
        command = self._java_command(*broker_options(os.environ), logging, run=["kafka.Kafka", properties])
        return start_child(f"Kafka node {node.number}", command, log=self._log(node), grace=STOP_SECONDS)

    def _java_command(self, *flags: str, run: list[str | Path]) -> list[str | Path]:
        return [self._java, *flags, "-cp", self._classpath, *run]

    def _log(self, node: Node) -> Path:
        return self._logs / f"kafka-{node.number}.log"

    def _configure(self, node: Node) -> Path:
        """Write the node's properties and format its data folder, both once."""
        properties = node.folder / "server.properties"
        if properties.exists():
            return properties
        node.folder.mkdir(parents=True)
        lines = self._properties(node, self._nodes).items()
        properties.write_text("".join(f"{name}={value}\n" for name, value in lines))
        run: list[str | Path] = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", properties]
        for name, password in self._users.items():
            run += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"]
        command = self._java_command(*QUICK, run=run)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable(f"Kafka's storage could not be formatted: {done.stderr.strip()[-300:]}")
        return properties

    def _lost_a_port(self) -> bool:
        logs = (self._log(node) for node in self._nodes)
        return any("Address already in use" in log.read_text(errors="replace") for log in logs if log.exists())


def broker_options(environment: Mapping[str, str]) -> list[str]:
    """A broker's heap, compiler and collector: small, quick to start, unless Kafka's own variables say otherwise."""
    heap = environment.get("KAFKA_HEAP_OPTS", _HEAP).split()
    performance = environment.get("KAFKA_JVM_PERFORMANCE_OPTS")
    return [*heap, *(QUICK if performance is None else performance.split())]


def node_properties(node: Node, nodes: tuple[Node, ...]) -> dict[str, object]:
    """The broker configuration of one node: small, quick to join groups, strict about topics."""
    copies = min(3, len(nodes))
    in_sync = 2 if copies == 3 else 1
    return {
        "process.roles": "broker,controller",
        "node.id": node.number,
        # Static voters rather than `--standalone`: one way for one node and for three.
        "controller.quorum.voters": ",".join(each.voter for each in nodes),
        "listeners": f"PLAINTEXT://{LOCALHOST}:{node.port},CONTROLLER://{LOCALHOST}:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOCALHOST}:{node.port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": node.folder / "log",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": 4,
        # A dead worker's transaction blocks read_committed readers until this scan aborts it.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1_000,
        # A node that was killed is let in again only when its old session has ended.
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 4_000,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        "share.coordinator.state.topic.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1_000,
        "auto.create.topics.enable": "false",
        "message.max.bytes": 4 * 1024 * 1024,
        "replica.fetch.max.bytes": 4 * 1024 * 1024,
    }
