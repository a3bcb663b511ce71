"""`run.json`: how another shell finds the running system."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ops.launcher.capabilities import Capabilities
from ops.launcher.tiers import RedisTier
from ops.settings import Tier

NAME: Final = "run.json"


class ProcessId(BaseModel):
    """A process, with its start so that a later one with the same number is not taken for it."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """The process as it runs now; its start is empty when it has ended already."""
        return cls(pid=pid, started=started(pid) or "")

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and started(self.pid) == self.started


class RunFile(BaseModel):
    """What runs and where; valid as long as its owner, the process that wrote it, lives."""

    model_config = ConfigDict(frozen=True)

    owner: ProcessId
    kafka_bootstrap: str
    kafka_tier: Tier
    redis_url: str
    redis_tier: RedisTier
    capabilities: Capabilities
    processes: dict[str, ProcessId] = Field(default_factory=dict)
    metrics_ports: dict[str, int] = Field(default_factory=dict)


def read_run(home: Path) -> RunFile | None:
    """What runs in this home; None when nothing does, also when a file was left by a process now gone."""
    try:
        run = RunFile.model_validate_json((home / NAME).read_bytes())
    except (OSError, ValidationError):
        return None
    return run if run.owner.alive() else None


def write_run(home: Path, run: RunFile) -> None:
    """Replace the file as a whole: a reader sees the old one or the new one. Only its owner may read it, as a
    Redis URL may hold a password.
    """
    home.mkdir(parents=True, exist_ok=True)
    partial = home / f".{NAME}.{os.getpid()}"
    partial.touch(mode=0o600)
    partial.write_text(run.model_dump_json(indent=2) + "\n")
    partial.replace(home / NAME)


def remove_run(home: Path) -> None:
    """Forget what ran."""
    (home / NAME).unlink(missing_ok=True)


def started(pid: int) -> str | None:
    """When a process started, as the system tells it; None when there is no such process."""
    if platform.system() == "Linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # The second field is the program's name in brackets and may hold blanks; the start is the 22nd.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else fields[19]
    listed = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() or None
