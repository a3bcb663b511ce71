"""The docker tier, by testcontainers: its reaper removes the containers even when this process is killed.

Untested where c360 was written, which had no Docker engine: when it fails, the ladder goes on to the next rung.
"""

from collections.abc import Callable
from typing import Final, cast

from testcontainers.core.container import DockerContainer

from ops.launcher.jars import kafka_version
from ops.launcher.ports import LOCALHOST, free_ports
from ops.launcher.ready import brokers_answering, redis_answers, wait_for_all
from ops.launcher.service import Unavailable

START_SECONDS: Final = 60.0
REDIS_IMAGE: Final = "redis:7.4-alpine"


class Container:
    """One container with one port, published on 127.0.0.1 only."""

    pids: tuple[int, ...] = ()

    def __init__(self, create: Callable[[], DockerContainer], port: int, *, scheme: str = "") -> None:
        self._create = create
        self._address = f"{scheme}{LOCALHOST}:{port}"
        self._answers = redis_answers if scheme else _kafka_answers
        self._container: DockerContainer | None = None

    @property
    def address(self) -> str:
        return self._address

    def start(self) -> None:
        try:
            if self._container is None:
                self._container = self._create()
                self._container.start()
            else:
                self._container.get_wrapped_container().start()
            wait_for_all((), lambda: self._answers(self._address), timeout=START_SECONDS)
        # Docker's client raises errors of its own, of requests and of the system; all mean the same here.
        except Exception as error:
            self.stop()
            raise Unavailable(f"the container did not start ({type(error).__name__}: {error})") from error

    def stop(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.stop()

    def kill(self) -> None:
        if self._container is not None:
            self._container.get_wrapped_container().kill()


def _kafka_answers(address: str) -> bool:
    return brokers_answering(address) > 0


def _published(image: str, inside: int, outside: int) -> DockerContainer:
    container = DockerContainer(image)
    # testcontainers types a port number only, and would publish it on every interface; Docker takes the pair.
    cast("dict[str, object]", container.ports)[str(inside)] = (LOCALHOST, outside)
    return container


def kafka_container() -> Container:
    """The same version of Kafka as the maven tier."""
    (port,) = free_ports(1)

    def create() -> DockerContainer:
        container = _published(f"apache/kafka:{kafka_version()}", 9092, port)
        for name, value in container_properties(port).items():
            container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
        return container

    return Container(create, port)


def container_properties(port: int) -> dict[str, str]:
    """The broker's configuration, as the image takes it from the environment."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": "1@localhost:9093",
        # The broker sends transaction markers to itself, and the host's port means nothing inside the container.
        "listeners": "HOST://:9092,CONTROLLER://:9093,INTERNAL://:19092",
        "advertised.listeners": f"HOST://{LOCALHOST}:{port},INTERNAL://localhost:19092",
        "listener.security.protocol.map": "HOST:PLAINTEXT,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT",
        "inter.broker.listener.name": "INTERNAL",
        "controller.listener.names": "CONTROLLER",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(4 * 1024 * 1024),
    }


def redis_container() -> Container:
    """Redis with an append-only file."""
    (port,) = free_ports(1)

    def create() -> DockerContainer:
        return _published(REDIS_IMAGE, 6379, port).with_command("redis-server --appendonly yes")

    return Container(create, port, scheme="redis://")
