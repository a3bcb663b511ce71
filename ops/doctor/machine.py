"""This machine: memory, disk, and the libraries in use."""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ops.doctor.findings import Finding, fault, ok, warning

__all__ = ["Machine", "judge_machine", "look_at_machine"]

MIB: Final = 2**20
DISK_FAULT: Final = 100 * MIB
DISK_WARNING: Final = 1024 * MIB
MEMORY_WARNING: Final = 512 * MIB
LIBRARIES: Final = ("faust-streaming", "confluent-kafka", "redis")


@dataclass(frozen=True)
class Machine:
    """What was seen."""

    home: Path
    home_error: str | None
    """Why nothing can be written there; None when it can."""
    disk_free: int
    """Bytes, where the home is."""
    memory_available: int | None
    """Bytes; None where the system does not tell."""
    versions: str


def look_at_machine(home: Path) -> Machine:
    """See what there is, without leaving a trace."""
    there = home.absolute()
    while not there.exists():
        there = there.parent
    is_writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    error = None if is_writable else "it is no folder" if not there.is_dir() else "it is not writable"
    libraries = (f"{name} {version(name)}" for name in LIBRARIES)
    return Machine(
        home,
        error,
        shutil.disk_usage(there).free,
        _memory_available(),
        ", ".join((f"Python {platform.python_version()}", *libraries)),
    )


def judge_machine(machine: Machine) -> Iterator[Finding]:
    """What of it is well, and what is not."""
    yield ok("machine", machine.versions)
    if machine.home_error is not None:
        yield fault(
            "machine",
            f"Nothing can be written to the home {machine.home}: {machine.home_error}.",
            "Correct C360_HOME, or give this user the right to write there.",
        )
    free = f"{machine.disk_free // MIB:,} MiB are free on the disk of {machine.home}"
    if machine.disk_free < DISK_FAULT:
        yield fault("machine", f"Only {free}.", "Make room, or set C360_HOME to a larger disk.")
    elif machine.disk_free < DISK_WARNING:
        yield warning("machine", f"Only {free}.", "Make room before logs and stores fill it.")
    else:
        yield ok("machine", f"{free}.")
    if machine.memory_available is None:
        return
    memory = f"{machine.memory_available // MIB:,} MiB of memory are available"
    if machine.memory_available < MEMORY_WARNING:
        cure = "Stop something, or set C360_STORE=rocksdb; `c360 sizing` says what a bank needs."
        yield warning("machine", f"Only {memory}.", cure)
    else:
        yield ok("machine", f"{memory}.")


def _memory_available() -> int | None:
    """As Linux tells it."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if kib is None else int(kib) * 1024
