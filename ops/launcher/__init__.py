"""Starts Kafka and Redis wherever c360 runs: given ones, Docker, real Kafka by Java, or embedded from wheels."""

from ops.launcher.capabilities import Capabilities, probe
from ops.launcher.children import Child, start_child
from ops.launcher.launcher import Launcher, Running
from ops.launcher.runfile import ProcessId, RunFile, read_run, remove_run, write_run
from ops.launcher.service import Unavailable
from ops.launcher.tiers import Facts, Finding, RedisTier, choose_redis, choose_tier

__all__ = [
    "Capabilities",
    "Child",
    "Facts",
    "Finding",
    "Launcher",
    "ProcessId",
    "RedisTier",
    "RunFile",
    "Running",
    "Unavailable",
    "choose_redis",
    "choose_tier",
    "probe",
    "read_run",
    "remove_run",
    "start_child",
    "write_run",
]
