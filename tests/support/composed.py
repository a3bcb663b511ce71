"""docker-compose.yml without an engine: each service's own command and environment, run on this machine.

What a container would give is put in place: names of services become addresses on 127.0.0.1, ports become free ones,
secrets and homes become files of a folder. Nothing else of a service is changed.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from ops.launcher.apache import Node
from ops.launcher.ports import LOCALHOST, free_ports

__all__ = ["DOCKERFILE", "ROOT", "Composed", "compose_file", "image_settings"]

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = ROOT / "ops" / "Dockerfile"
HOME: Final = "/var/lib/c360"
PROGRAMS: Final = Path(sys.executable).parent
"""Where `c360` and `python` are, as they are first on the PATH of the image."""


def compose_file(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file as compose takes it, `${NAME:-default}` replaced."""

    def value_of(found: re.Match[str]) -> str:
        return (variables or {}).get(found["name"]) or found["default"]

    text = (ROOT / "docker-compose.yml").read_text()
    loaded: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{(?P<name>\w+):-(?P<default>[^}]*)\}", value_of, text))
    return loaded


def image_settings() -> dict[str, str]:
    """The variables that ops/Dockerfile sets in the image."""
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE.read_text(), re.MULTILINE)
    return dict(pair.split("=", 1) for pair in block.replace("\\\n", " ").split())


def image_entrypoint() -> list[str]:
    """What it runs every command with."""
    (found,) = re.findall(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    entrypoint: list[str] = json.loads(found)
    return entrypoint


@dataclass
class Composed:
    """The services, on this machine; `addresses` of other services are filled in when these have started."""

    folder: Path
    services: Mapping[str, Any]
    addresses: dict[str, str] = field(default_factory=dict)
    """host:port inside the stack -> host:port here"""

    def broker(self, node: Node, _nodes: tuple[Node, ...]) -> dict[str, object]:
        """The properties that the image of Kafka makes of the service's environment."""
        given: Mapping[str, str] = self.services["kafka"]["environment"]
        self.addresses["kafka:19092"] = f"{LOCALHOST}:{free_ports(1)[0]}"
        here = {"9092": str(node.port), "9093": str(node.controller_port), "19092": self._port("kafka:19092")}

        def placed(value: str) -> str:
            value = re.sub(r"(?<=//)(?=:)|\bkafka(?=:\d)|\blocalhost(?=:\d)", LOCALHOST, value)
            return re.sub(r":(\d+)", lambda port: f":{here.get(port[1], port[1])}", value)

        names = {name: name.removeprefix("KAFKA_").lower().replace("_", ".") for name in given if "HEAP" not in name}
        properties: dict[str, object] = {names[name]: placed(given[name]) for name in names}
        return properties | {"log.dirs": node.folder / "log"}

    def _port(self, inside: str) -> str:
        return self.addresses[inside].rpartition(":")[2]

    def start(self, service: str, replica: int = 1) -> "Replica":
        """One container of the service, as a process."""
        return Replica(self, service, replica).start()

    def run(self, service: str) -> subprocess.CompletedProcess[str]:
        """A service that ends by itself."""
        one = Replica(self, service, 1)
        return subprocess.run(one.command, env=one.environment, capture_output=True, text=True, check=False)


class Replica:
    """A process with the command, environment and health check of its service."""

    def __init__(self, stack: Composed, service: str, replica: int) -> None:
        self._stated = stack.services[service]
        self._home = stack.folder / f"{service}-{replica}"
        self._home.mkdir()
        self._places = {**stack.addresses, HOME: str(self._home), "/run/secrets": str(stack.folder / "secrets")}
        # Containers share no port; processes of one machine do.
        self._places |= {port: str(free_ports(1)[0]) for port in ("9361", "9362", "9363", "8360")}
        self._places["0.0.0.0"] = LOCALHOST
        self.log_path = stack.folder / f"{service}-{replica}.log"
        self.command = [*self._stated.get("entrypoint", image_entrypoint()), *map(self._here, self._stated["command"])]
        stated = {**image_settings(), **self._stated["environment"]}
        path = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        self.environment = {name: self._here(value) for name, value in stated.items()} | path
        self.process: subprocess.Popen[bytes] | None = None

    def port(self, inside: str) -> str:
        """Where a port of the container is."""
        return self._places[inside]

    def start(self) -> "Replica":
        """Start it; its log is a file."""
        with self.log_path.open("ab") as log:
            command = [str(PROGRAMS / self.command[0]), *self.command[1:]]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, cwd=self._home)
        return self

    def is_healthy(self) -> bool:
        """What its own health check says; fails the test when the process has ended."""
        assert self.process is not None
        assert self.process.poll() is None, self.log
        kind, program, *arguments = self._stated["healthcheck"]["test"]
        assert kind == "CMD"
        command = [str(PROGRAMS / program), *map(self._here, arguments)]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False).returncode == 0

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def stop(self) -> int:
        """As `docker compose stop` does: SIGTERM, and what it ended with."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def _here(self, value: str) -> str:
        for inside, here in self._places.items():
            value = re.sub(rf"(?<![\w.]){re.escape(inside)}(?!\w)", here, value)
        return value
