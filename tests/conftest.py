"""One Kafka and one Redis for the whole session, started by the launcher that the demo uses."""

import os
import re
import uuid
from collections.abc import Iterator

import pytest

from ops.errors import OperatorError
from ops.launcher import Launcher, Running
from ops.settings import Settings, Tier, load_settings

STARTED = pytest.StashKey[Running]()
SKIPPED = pytest.StashKey[list[str]]()


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
        pytestconfig.stash[STARTED] = started
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
        request.config.stash.setdefault(SKIPPED, []).append(request.node.nodeid)
        pytest.skip(_shortcoming(running))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which brokers the tests ran on, and plainly what they did not cover."""
    started = config.stash.get(STARTED, None)
    if started is None:
        return
    terminalreporter.write_line(f"Kafka: {started.kafka_tier}, Redis: {started.redis_tier}.")
    skipped = config.stash.get(SKIPPED, [])
    if skipped:
        terminalreporter.write_line(
            f"NOT COVERED: {len(skipped)} tests that need real Kafka, as {_shortcoming(started)}",
            yellow=True,
        )
