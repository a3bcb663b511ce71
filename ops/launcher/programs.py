"""Servers of one process and one port: the Tansu broker, Valkey, Redis."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ops.launcher.children import Child, start_child
from ops.launcher.ports import LOCALHOST, free_ports
from ops.launcher.ready import brokers_answering, redis_answers, wait_for_all
from ops.launcher.service import Unavailable

START_SECONDS: Final = 20.0
ATTEMPTS: Final = 3


class Program:
    """A server on one port of 127.0.0.1, kept for its life; `command` and `answers` say what is special about it."""

    def __init__(
        self,
        name: str,
        log: Path,
        *,
        scheme: str,
        command: Callable[[int], list[str | Path]],
        answers: Callable[[str], bool],
    ) -> None:
        self._name = name
        self._log = log
        self._scheme = scheme
        self._command = command
        self._answers = answers
        self._port: int | None = None
        self._child: Child | None = None

    @property
    def address(self) -> str:
        return f"{self._scheme}{LOCALHOST}:{self._port}"

    @property
    def pids(self) -> tuple[int, ...]:
        return (self._child.pid,) if self._child is not None and self._child.alive() else ()

    def start(self) -> None:
        """Start it on its port, or at first on a free one, trying others when that is lost to another process."""
        ports = free_ports(ATTEMPTS) if self._port is None else [self._port] * ATTEMPTS
        for port in ports:
            self._port = port
            if self._started():
                return
        assert self._child is not None
        raise Unavailable(f"{self._name} ended while starting ({self._log}): {self._child.last_words(3)}")

    def _started(self) -> bool:
        assert self._port is not None
        child = start_child(self._name, self._command(self._port), log=self._log, env=_environment())
        self._child = child
        # Another server may own the port and answer: what counts is that ours is alive as well.
        return wait_for_all([child], lambda: self._answers(self.address), timeout=START_SECONDS) and child.alive()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()


def _environment() -> dict[str, str]:
    """This process's environment without what would reconfigure Tansu behind the command line's back."""
    foreign = {"CLUSTER_ID", "LISTENER_URL", "ADVERTISED_LISTENER_URL", "STORAGE_ENGINE", "SCHEMA_REGISTRY"}
    return {name: value for name, value in os.environ.items() if name not in foreign}


def tansu(binary: Path, logs: Path) -> Program:
    """The embedded Kafka: in memory, so a start after a stop begins empty."""

    def command(port: int) -> list[str | Path]:
        here = f"tcp://{LOCALHOST}:{port}"
        return [binary, "broker", "--listener-url", here, "--advertised-listener-url", here]

    return Program(
        "The Tansu broker",
        logs / "kafka.log",
        scheme="",
        command=command,
        answers=lambda address: brokers_answering(address) > 0,
    )


def redis_server(binary: Path, folder: Path, logs: Path) -> Program:
    """A Redis or Valkey server, writing every change to a file of its folder, so that it survives a restart."""

    def command(port: int) -> list[str | Path]:
        folder.mkdir(parents=True, exist_ok=True)
        listen: list[str | Path] = [binary, "--port", str(port), "--bind", LOCALHOST]
        return [*listen, "--dir", folder, "--appendonly", "yes", "--save", ""]

    return Program("Redis", logs / "redis.log", scheme="redis://", command=command, answers=redis_answers)
