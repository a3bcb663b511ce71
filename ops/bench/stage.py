"""Where a benchmark runs: a Kafka and a Redis of its own in a folder of its own, and the children it measures."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import redis
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.sources.ordering import OutgoingEvent
from connectors.sources.publishing import create_producer, publish
from ops.bench.peers.program import Program
from ops.bench.usage import Usage, usage_of
from ops.errors import OperatorError
from ops.launcher import Child, Launcher, Running, start_child
from ops.launcher.ports import LOCALHOST, free_ports
from ops.rule_changes import seed_rules
from ops.settings import Settings
from ops.topics import create_topics
from schemas.topics import INPUT_TOPICS, TOPICS

__all__ = ["PYTHON", "Crowd", "Stage", "await_that", "stage"]

# -P: a folder `ops` where the person stands is not ours.
PYTHON: Final = (sys.executable, "-P", "-m")
RULES: Final = Path(str(files("ops.bench"))) / "rules.yaml"
ROOT: Final = Path(str(files("ops"))).parent
POLL_SECONDS: Final = 0.02
GONE_SECONDS: Final = 20.0

Crowd = dict[str, Child]
"""Name -> child."""


class Stage:
    """Kafka and Redis, and how to begin anew on them without starting them again."""

    def __init__(self, running: Running, home: Path, partitions: int) -> None:
        self.running = running
        self.partitions = partitions
        self.home = home
        """Folder of logs, and of what is thrown away at the end."""
        self._admin = AdminClient({"bootstrap.servers": running.kafka_bootstrap, "log_level": 0})

    def publish(self, events: Iterable[OutgoingEvent]) -> int:
        """Publish with the project's own publisher; how many, all acknowledged."""
        # The broker's port is new, and its producer batches: a backlog is nobody's latency.
        producer = create_producer(self.running.kafka_bootstrap, **{"linger.ms": 50})
        return publish(events, producer).acknowledged

    def clear(self, *, also_input: bool = False) -> None:
        """Empty Redis, and make every topic that c360 writes anew, without those of peers; rules stay in force.

        Input stays as it is, unless it is to go too.
        """
        client = redis.Redis.from_url(self.running.redis_url)
        client.flushall()
        client.close()
        kept = {name for name, topic in TOPICS.items() if topic.role == "control"}
        kept |= set() if also_input else set(INPUT_TOPICS)
        written = [name for name in self.topics() if name not in kept]
        for future in self._admin.delete_topics(written, operation_timeout=GONE_SECONDS).values():
            future.result()
        await_that(lambda: not set(written) & set(self.topics()), GONE_SECONDS)
        create_topics(self.running.kafka_bootstrap, self.partitions)

    def topics(self) -> list[str]:
        """All but the broker's own."""
        found = self._admin.list_topics(timeout=GONE_SECONDS).topics
        return [name for name in found if not name.startswith("__")]

    @contextmanager
    def c360(
        self,
        group: str,
        clock: str = "wall",
        *,
        projector: bool = True,
        metrics_ports: Sequence[int] = (0,),
        **settings: str,
    ) -> Iterator[Crowd]:
        """Workers of this group, one for each port, the projector beside them if wanted; stopped at the end.

        `settings` are of theirs, by name and as text.
        """
        environment = {f"C360_{name.upper()}": value for name, value in settings.items()}
        with ExitStack() as children:
            crowd: Crowd = {}
            for number, port in enumerate(metrics_ports, start=1):
                name = "worker" if number == 1 else f"worker-{number}"
                command = [*PYTHON, "ops", "worker", "--clock", clock]
                own = {**environment, "C360_WORKER_METRICS_PORT": str(port)}
                crowd[name] = self._start(children, group, name, command, own)
            if projector:
                crowd["projector"] = self._start(children, group, "projector", [*PYTHON, "ops", "projector"], {})
            yield crowd

    @contextmanager
    def api(self, group: str) -> Iterator[str]:
        """The lookup API with its console, where the development issuer signs in; its address."""
        port = str(free_ports(1)[0])
        with ExitStack() as children:
            command = [*PYTHON, "ops", "api", "--port", port]
            self._start(children, group, "api", command, {"C360_DEV_ISSUER": "true"})
            yield f"http://{LOCALHOST}:{port}"

    @contextmanager
    def peer(self, app_id: str, command: Sequence[str | Path], mode: str) -> Iterator[Crowd]:
        """A peer with topics and a folder of its own; `command` is how it starts, its arguments to follow."""
        folder = self.home / "peers" / app_id
        folder.mkdir(parents=True)
        running = self.running
        program = Program(app_id, running.kafka_bootstrap, running.redis_url, self.partitions, mode, str(folder))
        for name, cleanup in ((program.alerts, "delete"), (program.dead_letters, "delete"), (program.views, "compact")):
            self._create_topic(name, cleanup)
        arguments = [str(argument) for argument in program]
        with ExitStack() as children:
            # Quix Streams' interpreter is another one, and finds the peer by this.
            yield {"peer": self._start(children, app_id, "peer", [*command, *arguments], {"PYTHONPATH": str(ROOT)})}

    def _create_topic(self, name: str, cleanup: str) -> None:
        topic = NewTopic(name, num_partitions=self.partitions, config={"cleanup.policy": cleanup})
        for future in self._admin.create_topics([topic]).values():
            future.result()

    def usage(self, crowd: Crowd) -> dict[str, Usage]:
        """What each child has used so far, and Kafka and Redis as `broker`."""
        pids = {name: child.pid for name, child in crowd.items()}
        found = {name: usage for name, pid in pids.items() if (usage := usage_of(pid))}
        shared = [usage for pid in self.running.pids if (usage := usage_of(pid))]
        cpu, peak = sum(usage.cpu_seconds for usage in shared), sum(usage.peak_mib for usage in shared)
        return {**found, "broker": Usage(cpu, peak)} if shared else found

    def _start(
        self,
        children: ExitStack,
        group: str,
        name: str,
        command: Sequence[str | Path],
        settings: Mapping[str, str],
    ) -> Child:
        environment = {
            **os.environ,
            "C360_HOME": str(self.home / group / name),
            "C360_KAFKA_BOOTSTRAP": self.running.kafka_bootstrap,
            "C360_REDIS_URL": self.running.redis_url,
            "C360_PARTITIONS": str(self.partitions),
            "C360_CONSUMER_GROUP": group,
            "C360_LOG_LEVEL": "warning",
            **settings,
        }
        log = self.home / "logs" / f"{group}-{name}.log"
        child = start_child(name, command, log=log, env=environment)
        children.callback(child.stop)
        return child


@contextmanager
def stage(settings: Settings, report: Callable[[str], None]) -> Iterator[Stage]:
    """A stage with empty topics; nothing of it is left when the block ends.

    OperatorError where the Kafka or Redis would be somebody's: topics are deleted and Redis is emptied.
    """
    if settings.tier == "external":
        raise OperatorError(
            "The benchmark deletes topics and empties Redis, so it uses none but its own: unset C360_TIER."
        )
    own = settings.model_copy(update={"kafka_bootstrap": None, "redis_url": None})
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        home = Path(folder)
        with Launcher(own, home=home, report=report) as running:
            create_topics(running.kafka_bootstrap, own.partitions)
            seed_rules(running.kafka_bootstrap, RULES, "c360 bench", datetime.now(UTC))
            yield Stage(running, home, own.partitions)


def await_that(
    holds: Callable[[], bool], seconds: float, watched: Iterable[Child] = (), every: float = POLL_SECONDS
) -> None:
    """Return once `holds()`, asked every so many seconds; OperatorError after `seconds`, or when a watched child ends.

    A worker that is asked for its metrics does nothing else meanwhile: while it is measured, it should be asked seldom.
    """
    deadline = monotonic() + seconds
    children = list(watched)
    while not holds():
        for child in children:
            if not child.alive():
                raise OperatorError(f"{child.name} ended with status {child.returncode}: {child.last_words()}")
        if monotonic() > deadline:
            raise OperatorError(f"What is measured did not get there in {seconds:.0f} s.")
        sleep(every)
