"""The running system of a demo: Kafka and Redis by the launcher, worker and projector as children."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ops.demo.broker import Broker
from ops.demo.crew import Crew
from ops.demo.redis_contents import RedisContents
from ops.demo.source_folder import MAPPINGS
from ops.errors import OperatorError
from ops.launcher import Child, Launcher, ProcessId, Running, read_run, start_child, write_run
from ops.launcher.home import logs_folder
from ops.launcher.ports import LOCALHOST, free_ports, is_free
from ops.rule_changes import seed_rules
from ops.settings import Settings
from ops.topics import create_topics

__all__ = ["System", "running_system"]

Report = Callable[[str], None]

WORKER: Final = "worker"
PROJECTOR: Final = "projector"
API: Final = "api"

# Neither PATH nor an installed script is needed; -P: a folder `ops` where the person stands is not ours.
C360: Final = (sys.executable, "-P", "-m", "ops")


class System:
    """What runs, and how to look at it. Other shells find it through run.json, which follows every restart."""

    def __init__(self, settings: Settings, running: Running, report: Report) -> None:
        self.settings = settings
        self.running = running
        self.broker = Broker(running.kafka, settings.consumer_group)
        self.redis = RedisContents(running.redis_url, settings.partitions)
        self.crew = Crew(report)
        self.metrics_ports: dict[str, int] = {}
        self.api_port = 0
        self._home = settings.home.resolve()
        self._servers = [ProcessId.of(pid) for pid in running.pids]

    def watch(self) -> None:
        """Start children again that died; OperatorError when the demo can't go on."""
        self.crew.watch()
        if not self.running_well():
            logs = self._home / "logs"
            raise OperatorError(f"A process of Kafka or Redis has ended, so the demo can't go on: see {logs}.")

    def running_well(self) -> bool:
        """Whether every process that the launcher started still runs."""
        return all(server.alive() for server in self._servers)

    def start_worker(self) -> None:
        """Start the worker, on the event clock."""
        port = self.settings.worker_metrics_port
        self.crew.add(WORKER, lambda: self._start(WORKER, port, "--clock", "event"))

    def start_projector(self) -> None:
        """Start the projector; it waits for no worker, and no worker for it."""
        port = self.settings.projector_metrics_port
        self.crew.add(PROJECTOR, lambda: self._start(PROJECTOR, port))

    def start_api(self) -> None:
        """Start the lookup API with the console, on its usual port where that is free."""
        usual = self.settings.api_port
        self.api_port = usual if usual and is_free(usual) else free_ports(1)[0]
        self.crew.add(API, self._start_api)

    def ingest(self, folder: Path, rate: float | None, *, stepwise: bool) -> Child:
        """Start replaying a folder; the child ends with status 1 when rows were refused.

        `stepwise` when a worker folds meanwhile: what it meets is history in its order.
        """
        command = ["ingest", str(folder.resolve())]
        if stepwise:
            command.append("--stepwise")
        for mapping in MAPPINGS:
            command += ["--mapping", mapping]
        if rate is not None:
            command += ["--rate", str(rate)]
        log = logs_folder(self._home) / "ingest.log"
        log.unlink(missing_ok=True)
        return start_child("ingest", [*C360, *command], log=log, env=self._environment({}), grace=1.0)

    def stop(self) -> None:
        """Stop the children and let go of Kafka and Redis, which the launcher stops."""
        self.crew.stop()
        self.broker.close()
        self.redis.close()

    def _start(self, name: str, port: int, *options: str) -> Child:
        port = port or free_ports(1)[0]
        environment = self._environment({f"C360_{name.upper()}_METRICS_PORT": str(port)})
        log = logs_folder(self._home) / f"{name}.log"
        child = start_child(name, [*C360, name, *options], log=log, env=environment)
        self.metrics_ports[name] = port
        self._tell_others(name, child)
        return child

    def _start_api(self) -> Child:
        # A demo has no issuer of a bank: who looks at it chooses whom to be.
        issuer = {} if self.settings.oidc_issuer else {"C360_DEV_ISSUER": "true"}
        environment = self._environment({**issuer, "C360_CLOCK": "event", "C360_API_HOST": LOCALHOST})
        log = logs_folder(self._home) / f"{API}.log"
        child = start_child(API, [*C360, API, "--port", str(self.api_port)], log=log, env=environment)
        self.metrics_ports[API] = self.api_port
        self._tell_others(API, child)
        return child

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        """The children are told where everything is, whatever else the environment says."""
        return {
            **os.environ,
            "C360_HOME": str(self._home),
            "C360_KAFKA_BOOTSTRAP": self.running.kafka_bootstrap,
            "C360_REDIS_URL": self.running.redis_url,
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def _tell_others(self, name: str, child: Child) -> None:
        run = read_run(self._home)
        if run is not None:
            processes = {**run.processes, name: ProcessId.of(child.pid)}
            ports = {**run.metrics_ports, **self.metrics_ports}
            write_run(self._home, run.model_copy(update={"processes": processes, "metrics_ports": ports}))


@contextmanager
def running_system(settings: Settings, report: Report) -> Iterator[System]:
    """Kafka, the topics, Redis and the projector; the worker starts when the replay wants it.

    Nothing of it is left when the block ends, however it does.
    """
    with Launcher(settings, report=report) as running:
        create_topics(running.kafka, settings.partitions)
        seed_rules(running.kafka, settings.rules_file, "c360 demo", datetime.now(UTC))
        system = System(settings, running, report)
        try:
            system.start_projector()
            yield system
        finally:
            system.stop()
