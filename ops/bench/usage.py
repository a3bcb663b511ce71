"""What a process has used so far, as Linux tells it in /proc."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["Usage", "cpu_seconds", "resident_bytes", "usage_of", "used_since"]

PROC: Final = Path("/proc")


class Usage(NamedTuple):
    """Processor seconds (user and system) and the most memory that was ever resident, MiB."""

    cpu_seconds: float
    peak_mib: float


def usage_of(pid: int, proc: Path = PROC) -> Usage | None:
    """None when the process is gone, or on a system without /proc."""
    cpu = cpu_seconds(pid, proc)
    try:
        lines = (proc / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    peak = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
    return None if cpu is None else Usage(cpu, peak / 1024)


def cpu_seconds(pid: int, proc: Path = PROC) -> float | None:
    """Processor seconds of a process and all its threads; None when it is gone."""
    try:
        stat = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field is the program's name in brackets and may hold blanks; user and system time are the 14th and
    # 15th.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int, proc: Path = PROC) -> int:
    """Memory that a process has now; 0 when it is gone."""
    try:
        pages = int((proc / str(pid) / "statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def used_since(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, Usage]:
    """Per process, the processor seconds in between and the peak at the end."""
    return {
        name: Usage(usage.cpu_seconds - before[name].cpu_seconds, usage.peak_mib)
        for name, usage in after.items()
        if name in before
    }
