"""`c360 up`: says where Kafka and Redis are, and gives no password away."""

from pathlib import Path

from pydantic import SecretStr

from connectors.brokers import Brokers
from ops.access import redis_url_of
from ops.commands.up import where
from ops.launcher import Running
from ops.launcher.capabilities import Capabilities
from ops.settings import Settings

REDIS = "redis://there:6379/0"


def running() -> Running:
    """A Kafka and a Redis of the bank's own, each with a password."""
    settings = Settings(redis_url=REDIS, redis_user="c360", redis_password=SecretStr("hunter2"))
    return Running(
        kafka_bootstrap="here:9092",
        kafka=Brokers("here:9092", {"sasl.password": "hunter2"}),
        kafka_tier="external",
        redis_url=redis_url_of(settings, f"{REDIS}?ssl_password=hunter2"),
        redis_tier="external",
        capabilities=Capabilities(transactions=True, read_committed=True, idempotence=True, latest_exact=True),
        reasons=(),
        pids=(),
    )


def test_it_says_where_both_are_without_the_password() -> None:
    assert where(running(), Path("home")).splitlines() == [
        "Kafka  here:9092 (external)",
        "Redis  redis://c360:***@there:6379/0 (external)",
        "Logs   home/logs",
        "Ctrl-C stops both.",
    ]


def test_what_runs_shows_no_password_when_it_is_printed() -> None:
    assert "hunter2" in running().redis_url
    assert "hunter2" not in repr(running())
