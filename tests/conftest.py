"""One Kafka and one Redis for each process that runs tests, started by the launcher that the demo uses."""

import os
import re
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from ops.errors import OperatorError
from ops.launcher import Launcher, Running
from ops.settings import Settings, Tier, load_settings
from tests.support.summary import TOLD, not_covered, tell

CGROUP: Final = Path("/sys/fs/cgroup")
# Kafka, three workers, a browser and what measures them fit into it.
BYTES_PER_PROCESS: Final = 3 * 2**30
# The longest file alone takes minutes, so more would gain little.
MOST_PROCESSES: Final = 4


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes `-n auto` is: one a core, as far as memory goes; 0, all in pytest's own, where it is one."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if quota := _granted("cpu.max"):
        # Microseconds of processor time, and of the period they are granted for.
        cores = min(cores, quota[0] // quota[1])
    memory = min([memory, *_granted("memory.max")])
    processes = min(cores, memory // BYTES_PER_PROCESS, MOST_PROCESSES)
    return processes if processes > 1 else 0


def _granted(name: str) -> list[int]:
    """What a container may have, of cgroups of version 2: numbers of the file, none where nothing is limited."""
    try:
        words = (CGROUP / name).read_text().split()
    except OSError:
        return []
    return [] if "max" in words else [int(word) for word in words]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test has an id of its own: processes share tests out by it, and of two with the same one never ran."""
    for item in items:
        if not item.nodeid.endswith(item.name):
            # Schemathesis puts the operation into a test's name, and pytest into the ids of its own tests only.
            item._id = item.id.with_params(item.name.partition("[")[2].removesuffix("]"))
    shared = [nodeid for nodeid, tests in Counter(item.nodeid for item in items).items() if tests > 1]
    if shared:
        raise pytest.UsageError(f"Several tests have the id {shared[0]}: with -n only one of them would run.")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Running]:
    """Kafka and Redis, shared by every test that asks: make names unique with `topic_prefix`.

    The ladder decides which; with C360_REQUIRE_KAFKA=1 it must be a Kafka with transactions, or the run fails.
    """
    settings = load_settings()
    launcher = Launcher(settings, tier=_required_tier(settings), home=tmp_path_factory.mktemp("c360"))
    try:
        started = launcher.start()
    except OperatorError as error:
        pytest.fail(error.message, pytrace=False)
    try:
        if _kafka_is_required() and not started.capabilities.transactions:
            pytest.fail(f"C360_REQUIRE_KAFKA is set, but {_shortcoming(started)}", pytrace=False)
        tell(pytestconfig, f"Kafka: {started.kafka_tier}, Redis: {started.redis_tier}.")
        yield started
    finally:
        launcher.stop()


def _kafka_is_required() -> bool:
    return os.environ.get("C360_REQUIRE_KAFKA", "") not in ("", "0")


def _required_tier(settings: Settings) -> Tier | None:
    """Where real Kafka is required, the ladder must not fall past it."""
    if _kafka_is_required() and settings.tier is None and settings.kafka_bootstrap is None:
        return "maven"
    return None


def _shortcoming(running: Running) -> str:
    return f"the broker (tier {running.kafka_tier}) has no transactions: {running.capabilities!r}"


@pytest.fixture
def kafka_bootstrap(running: Running) -> str:
    """host:port of the session's Kafka."""
    return running.kafka_bootstrap


@pytest.fixture
def redis_url(running: Running) -> str:
    """URL of the session's Redis."""
    return running.redis_url


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """A name no other test has, for topics, groups, transactional ids and Redis namespaces."""
    readable = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    return f"{readable}-{uuid.uuid4().hex[:8]}."


@pytest.fixture(autouse=True)
def _kafka_as_marked(request: pytest.FixtureRequest) -> None:
    """A test marked `kafka` runs on a broker that has been seen to transact, or is skipped with the reason."""
    if request.node.get_closest_marker("kafka") is None:
        return
    running: Running = request.getfixturevalue("running")
    if not running.capabilities.transactions:
        not_covered(request, "tests that need real Kafka", _shortcoming(running))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that runs tests for another one hands it what the summary is to say."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["told"] = session.config.stash.get(TOLD, {})


def pytest_testnodedown(node: Any, error: object) -> None:
    """Take what the process told; one that crashed told nothing."""
    told: dict[str, list[str]] = getattr(node, "workeroutput", {}).get("told", {})
    for line, tests in told.items():
        tell(node.config, line, *tests)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which brokers the tests ran on, and plainly what they did not cover."""
    for line, tests in config.stash.get(TOLD, {}).items():
        if tests:
            terminalreporter.write_line(f"NOT COVERED: {len(tests)} {line}", yellow=True)
        else:
            terminalreporter.write_line(line)
