"""`c360 demo --once` as a process of its own, as a person or CI would run it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

__all__ = ["SHIPPED", "Demo", "comparable", "processes_of", "run_demo", "start_demo"]

SHIPPED = Path(__file__).parents[1] / "data"
LIMIT_SECONDS = 240
DUMP = "dump.json"

WALL_CLOCK = ("as_of", "applied", "proof")
"""Where, besides `stats`, values of the wall's clock may stand."""


@dataclass(frozen=True)
class Demo:
    """How it ended."""

    status: int
    said: str
    dump: dict[str, Any]


def run_demo(home: Path, *options: str, environment: Mapping[str, str] | None = None) -> Demo:
    """Run it with `home` as its C360_HOME, on the shipped data; `environment` replaces this process's."""
    with start_demo(home, *options, environment=environment) as process:
        said, _ = process.communicate(timeout=LIMIT_SECONDS)
    dump = home / DUMP
    found = orjson.loads(dump.read_bytes()) if dump.exists() and dump.stat().st_size else {}
    return Demo(process.returncode, said, found)


@contextmanager
def start_demo(
    home: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """The same, under way; ended when the block is left."""
    command = [sys.executable, "-P", "-m", "ops", "demo", "--data", str(SHIPPED), "--once", "--dump", str(home / DUMP)]
    with subprocess.Popen(
        [*command, *options],
        env={**(os.environ if environment is None else environment), "C360_HOME": str(home / ".c360")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def comparable(value: Any) -> Any:
    """Without what the wall's clock says."""
    if isinstance(value, dict):
        return {name: comparable(held) for name, held in value.items() if name not in WALL_CLOCK}
    return [comparable(held) for held in value] if isinstance(value, list) else value


def processes_of(home: Path) -> list[str]:
    """Command lines of the processes that were started for this home: each has it in its arguments or environment."""
    marks = str(home).encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if any(marks in text for text in told) and folder.name != str(os.getpid()):
            found.append(told[0].replace(b"\0", b" ").decode(errors="replace"))
    return found
