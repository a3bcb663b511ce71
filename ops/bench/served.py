"""A lookup API on a core of its own, with Kafka, a Redis that holds many customers, and machines that may ask."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import httpx
import yaml

from connectors.serving.tokens.machines import new_key
from ops.bench.lookups import INDEX_KEY, fill
from ops.errors import OperatorError
from ops.launcher import Launcher, start_child
from ops.launcher.ports import free_ports
from ops.launcher.ready import wait_for_all
from ops.open_files import allow
from ops.settings import load_settings
from ops.topics import create_topics

__all__ = ["ROLES", "Served", "served"]

ROLES: Final[Mapping[str, dict[str, object]]] = {
    "all": {"title": "Sees all", "rows": "any", "may": ["customers", "lists"]},
    "masked": {
        "title": "Much is masked",
        "rows": "any",
        "may": ["customers"],
        "masks": ["document_number", "phone", "email", "address", "balances"],
    },
}
"""Any row for both: whoever is asked about must be seen."""

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_START_SECONDS: Final = 60.0
_FIRST: Final = -19
_HEAP_GIB: Final = 5.0
_OF_MEMORY: Final = 0.25
_FILES_BESIDE: Final = 1_000
_COMPILERS: Final = ("C1 Compiler", "C2 Compiler")


@dataclass(frozen=True)
class Served:
    """An API that answers."""

    url: str
    pid: int
    kafka_bootstrap: str
    kafka_tier: str
    keys: Mapping[str, Sequence[str]]
    """Role -> API keys, each of another machine."""
    others: Sequence[int]
    """The processes of Kafka and Redis."""

    def warm(self) -> None:
        """Kafka is: from now on Java's compilers run only while nothing else wants their core.

        They are at work for minutes more, 2 to 5 % of the time and for up to 10 ms on end, and whatever shares their
        one core waits meanwhile. A bank's Kafka has more cores than one, and is older. Before it is warm they would
        never have their turn: what they have not compiled yet takes all of the core.
        """
        for pid in self.others:
            for thread in _threads(pid):
                with suppress(FileNotFoundError, ProcessLookupError):
                    if Path(f"/proc/{pid}/task/{thread}/comm").read_text().startswith(_COMPILERS):
                        os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))


@contextmanager
def served(
    customers: int, machines_each: int = 1, settings_of_api: Mapping[str, str] = _NONE, connections: int = 1_000
) -> Iterator[Served]:
    """Everything started, filled and answering; gone afterwards. This process and all else are kept off its core.

    `connections`: how many are opened to it at once.
    """
    _allow_files(connections)
    with _undisturbed(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = load_settings(home=folder)
        with Launcher(settings, home=settings.home) as running:
            create_topics(running.kafka_bootstrap, settings.partitions)
            fill(running.redis_url, customers)
            keys, port = _machines(folder, machines_each), free_ports(1)[0]
            environment = {
                **os.environ,
                "C360_KAFKA_BOOTSTRAP": running.kafka_bootstrap,
                "C360_REDIS_URL": running.redis_url,
                "C360_INDEX_KEY": INDEX_KEY,
                "C360_MACHINES_FILE": str(folder / "machines.yaml"),
                "C360_ROLES_FILE": str(folder / "roles.yaml"),
                "C360_API_PORT": str(port),
                **settings_of_api,
            }
            command = [sys.executable, "-P", "-m", "ops", "api"]
            child = start_child("api", command, log=folder / "api.log", env=environment)
            try:
                url = f"http://127.0.0.1:{port}"
                if not wait_for_all([child], lambda: _answers(url), timeout=_START_SECONDS):
                    raise OperatorError(f"The API did not start: {child.last_words(5)}")
                _apart(child.pid, running.pids)
                yield Served(url, child.pid, running.kafka_bootstrap, running.kafka_tier, keys, running.pids)
            finally:
                child.stop()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Everything started within comes before other jobs of the machine, as far as the system lets this process."""
    cores, turn = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    told = {name: value for name, value in _of_kafka().items() if name not in os.environ}
    os.environ |= told
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _FIRST)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, turn)
        os.sched_setaffinity(0, cores)
        for name in told:
            del os.environ[name]


def _of_kafka() -> dict[str, str]:
    """Java's options for a Kafka as a bank has one: all compilers, and memory that is not collected every 4 s.

    The launcher's small heap is, for 11 to 55 ms each time, in which nobody's record is taken.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    heap = int(min(_HEAP_GIB * 2**30, memory * _OF_MEMORY) / 2**20)
    return {
        "KAFKA_HEAP_OPTS": f"-Xms{heap}m -Xmx{heap}m -Xmn{heap * 9 // 10}m -XX:+AlwaysPreTouch",
        "KAFKA_JVM_PERFORMANCE_OPTS": "-XX:+UseSerialGC",
    }


def _machines(folder: Path, each: int) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {role: [] for role in ROLES}
    machines = []
    for role, made in keys.items():
        for number in range(each):
            key, hashed = new_key()
            made.append(key)
            one = {"name": f"{role}{number}", "role": role, "key_sha256": hashed, "requests_per_second": 100_000}
            machines.append(one)
    (folder / "machines.yaml").write_text(yaml.safe_dump({"machines": machines}))
    (folder / "roles.yaml").write_text(yaml.safe_dump({"roles": dict(ROLES)}))
    return keys


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _apart(pid: int, others: Sequence[int]) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        _keep_on(pid, cores[-1:])
        for other in (os.getpid(), *others):
            _keep_on(other, cores[:-1])


def _keep_on(pid: int, cores: Sequence[int]) -> None:
    for thread in _threads(pid):
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread, cores)


def _threads(pid: int) -> list[int]:
    return [int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()]


def _allow_files(connections: int) -> None:
    """OperatorError when the system does not allow so many."""
    wanted = connections + _FILES_BESIDE
    allowed = allow(wanted)
    if allowed < wanted:
        raise OperatorError(
            f"{connections:,} connections need {wanted:,} open files, and the system allows {allowed:,}: raise the "
            "hard limit (`ulimit -Hn`, as root or in limits.conf), or ask for fewer."
        )
