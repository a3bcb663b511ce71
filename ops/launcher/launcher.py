"""Starts Kafka and Redis by the ladder, and stops them again: one way for demo, tests and benchmarks."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from connectors.brokers import Kafka
from ops.access import brokers_of, redis_url_of
from ops.errors import OperatorError
from ops.launcher.apache import ApacheKafka
from ops.launcher.capabilities import Capabilities, probe
from ops.launcher.facts import look_around
from ops.launcher.ladder import Ladder
from ops.launcher.runfile import ProcessId, RunFile, read_run, remove_run, write_run
from ops.launcher.service import Service
from ops.launcher.tiers import RedisTier
from ops.settings import Settings, Tier


def _say_nothing(_line: str) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Running:
    """A Kafka and a Redis that answer."""

    kafka_bootstrap: str
    kafka: Kafka
    """The same, with what lets clients in where it was given from outside."""
    kafka_tier: Tier
    redis_url: str = field(repr=False)
    """With the user, password and certificates where they were given."""
    redis_tier: RedisTier
    capabilities: Capabilities
    reasons: tuple[str, ...]
    pids: tuple[int, ...]


class Launcher(AbstractContextManager[Running]):
    """One Kafka and one Redis for the time of a `with`; nothing of them outlives this process, however it ends.

    `tier` forces a tier; else the settings' tier does, else the ladder decides. `home` is where run.json, logs and
    data go. `report` is told, a line at a time, what is being done and which tier was taken and why.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        tier: Tier | None = None,
        home: Path | None = None,
        nodes: int = 1,
        report: Callable[[str], None] = _say_nothing,
    ) -> None:
        self._settings = settings
        self._forced = tier or settings.tier
        self._home = (home or settings.home).resolve()
        self._nodes = nodes
        self._report = report
        self._kafka: Service | None = None
        self._redis: Service | None = None
        self._announced = False

    def __enter__(self) -> Running:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Running:
        """Start both and find out what the broker can do. Raises OperatorError saying what to do."""
        self._refuse_a_second_start()
        try:
            return self._start()
        except BaseException:
            # Also on Ctrl-C: what was started so far must not stay.
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what was started and remove run.json; may be repeated."""
        for service in (self._kafka, self._redis):
            if service is not None:
                service.stop()
        if self._announced:
            remove_run(self._home)
        self._kafka = self._redis = None
        self._announced = False

    def kill_kafka(self) -> None:
        """End Kafka at once, as a crash would; `start_kafka` brings it back on the same address."""
        self._started(self._kafka).kill()

    def start_kafka(self) -> None:
        """Start Kafka again after `kill_kafka`: with its data, except in the embedded tier, which has none."""
        self._started(self._kafka).start()

    def restart_kafka(self) -> None:
        """Stop Kafka in an orderly way and start it again."""
        kafka = self._started(self._kafka)
        kafka.stop()
        kafka.start()

    def kill_kafka_node(self, number: int) -> None:
        """End one node of several (numbered from 1) at once; `start_kafka` brings it back."""
        kafka = self._started(self._kafka)
        if not isinstance(kafka, ApacheKafka):
            raise OperatorError("Only the maven tier has nodes that can be killed one by one.")
        kafka.kill_node(number)

    def kill_redis(self) -> None:
        """End Redis at once, as a crash would; `start_redis` brings it back on the same address, with its data."""
        self._started(self._redis).kill()

    def start_redis(self) -> None:
        """Start Redis again after `kill_redis`."""
        self._started(self._redis).start()

    @staticmethod
    def _started(service: Service | None) -> Service:
        if service is None:
            raise OperatorError("The launcher has not been started.")
        return service

    def _refuse_a_second_start(self) -> None:
        running = read_run(self._home)
        if running is not None:
            raise OperatorError(
                f"c360 already runs in {self._home} (process {running.owner.pid}): "
                "stop it with Ctrl-C, or set C360_HOME to another folder."
            )

    def _start(self) -> Running:
        ladder = Ladder(self._settings, self._home, nodes=self._nodes, report=self._report)
        facts = look_around(self._settings, self._forced)
        # Redis first: it starts in no time, so that a wrong REDIS_URL is told before Kafka is waited for.
        redis = ladder.take_redis(facts)
        self._redis = redis.service
        kafka = ladder.take_kafka(facts)
        self._kafka = kafka.service
        reached = brokers_of(self._settings, kafka.service.address) if kafka.tier == "external" else None
        running = Running(
            kafka_bootstrap=kafka.service.address,
            kafka=reached or kafka.service.address,
            kafka_tier=kafka.tier,
            redis_url=redis_url_of(self._settings, redis.service.address)
            if redis.tier == "external"
            else redis.service.address,
            redis_tier=redis.tier,
            capabilities=probe(reached or kafka.service.address),
            reasons=(*kafka.reasons, *redis.reasons),
            pids=(*kafka.service.pids, *redis.service.pids),
        )
        write_run(self._home, _run_file(running, kafka.service, redis.service))
        self._announced = True
        return running


def _run_file(running: Running, kafka: Service, redis: Service) -> RunFile:
    processes = {f"kafka-{number}": ProcessId.of(pid) for number, pid in enumerate(kafka.pids, start=1)}
    processes |= {f"redis-{number}": ProcessId.of(pid) for number, pid in enumerate(redis.pids, start=1)}
    return RunFile(
        owner=ProcessId.of(os.getpid()),
        kafka_bootstrap=running.kafka_bootstrap,
        kafka_tier=running.kafka_tier,
        # Without what lets clients in: that is in the settings of each, not in a file for everybody.
        redis_url=redis.address,
        redis_tier=running.redis_tier,
        capabilities=running.capabilities,
        processes=processes,
    )
