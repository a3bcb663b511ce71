"""ops/Dockerfile without an engine: its own steps, run as root in a copy-on-write view of this machine.

Each stage begins from this machine instead of the base image; whatever a step does stays in memory and goes with it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.composed import DOCKERFILE, ROOT

__all__ = ["Stage", "built"]

PYTHON: Final = Path(sys.base_prefix)
"""Stands where the base image has /usr/local."""


@dataclass
class Stage:
    """What the steps so far have made."""

    root: Path
    workdir: str = "/"
    user: str | None = None
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": f"{PYTHON / 'bin'}:{os.environ['PATH']}"})

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """In the stage, as its user."""
        numbers = [] if self.user is None else [f"--userspec={self.user}"]
        return subprocess.run(
            ["chroot", *numbers, self.root, "/usr/bin/env", "-C", self.workdir, *command],
            env={**_of_pip(), **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def take(self, instruction: str, rest: str, others: dict[str, "Stage"]) -> None:
        """One instruction of the Dockerfile."""
        match instruction:
            case "WORKDIR":
                self.workdir = rest
                self._at(rest).mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(rest.split(), others)
            case "RUN":
                done = self.run(["/bin/sh", "-c", rest])
                assert done.returncode == 0, f"{rest}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            case "ENV":
                pairs = (pair.split("=", 1) for pair in rest.split())
                self.variables |= {name: text.replace("$PATH", self.variables["PATH"]) for name, text in pairs}
            case "USER":
                self.user = rest
            case "ENTRYPOINT":
                self.entrypoint = json.loads(rest)
            case "CMD":
                self.command = json.loads(rest)
            case _:
                raise AssertionError(f"{instruction} is not known here")

    def _copy(self, words: list[str], others: dict[str, "Stage"]) -> None:
        origin = ROOT
        if words[0].startswith("--from="):
            origin = others[words.pop(0).removeprefix("--from=")].root
        *names, target = words
        for name in names:
            source, there = origin / name.lstrip("/"), self._at(target)
            if source.is_dir():
                shutil.copytree(source, there, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy(source, there)

    def _at(self, path: str) -> Path:
        return self.root / str(Path("/", self.workdir, path)).lstrip("/")


@contextmanager
def built(folder: Path) -> Iterator[Stage | None]:
    """The last stage, once all steps have run; None where this user may not mount file systems."""
    with ExitStack() as mounts:
        stages: dict[str, Stage] = {}
        for instruction, rest in _instructions():
            if instruction != "FROM":
                [*_, newest] = stages.values()
                newest.take(instruction, rest, stages)
                continue
            name = rest.partition(" AS ")[2] or "last"
            root = _view(folder / name, mounts)
            if root is None:
                yield None
                return
            stages[name] = Stage(root)
        yield stages["last"]


def _instructions() -> Iterator[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        instruction, _, rest = line.partition(" ")
        yield instruction, rest


def _view(folder: Path, mounts: ExitStack) -> Path | None:
    """A view of this machine in which whatever is written stays in memory."""
    folder.mkdir(parents=True)
    if not _mounted("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder, mounts=mounts):
        return None
    root, upper, work = folder / "root", folder / "upper", folder / "work"
    for made in (root, upper, work):
        made.mkdir()
    layers = f"lowerdir=/,upperdir={upper},workdir={work}"
    if not _mounted("-t", "overlay", "-o", layers, "overlay", root, mounts=mounts):
        return None
    for name in ("dev", "proc"):
        assert _mounted("--bind", f"/{name}", root / name, mounts=mounts)
    # The interpreter of this machine may lie in a home that others may not enter.
    for parent in PYTHON.parents:
        (root / str(parent).lstrip("/")).chmod(0o755)
    return root


def _mounted(*arguments: str | Path, mounts: ExitStack) -> bool:
    if subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode != 0:
        return False
    mounts.callback(subprocess.run, ["umount", "--lazy", arguments[-1]], check=True)
    return True


def _of_pip() -> dict[str, str]:
    """Where this machine's pip takes its packages from."""
    return {
        name: text for name, text in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "http", "LANG"))
    }
