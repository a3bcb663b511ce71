"""Kafka's jars: resolved once by Maven into the cache, outside the checkout."""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from ops.launcher.children import Child, start_child
from ops.launcher.service import Unavailable

RESOLVE_SECONDS: Final = 600
REPORT_EVERY_SECONDS: Final = 2.0
# Pinned, so that the same pom gives the same folder with every Maven.
GOAL: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def pom() -> Path:
    """The pom that names the jars."""
    return Path(str(files("ops.kafka"))) / "pom.xml"


def kafka_version() -> str:
    """The version of Kafka the pom names."""
    found = re.search(r"<kafka\.version>(.+)</kafka\.version>", pom().read_text())
    assert found is not None, "ops/kafka/pom.xml names no kafka.version"
    return found.group(1)


def jars_folder(cache: Path) -> Path:
    """Where this pom's jars are; the folder exists only when it is complete."""
    digest = hashlib.sha256(pom().read_bytes()).hexdigest()[:12]
    return cache / f"kafka-{kafka_version()}-{digest}"


def fetch_jars(
    mvn: Path | None, cache: Path, logs: Path, report: Callable[[str], None], *, seconds: float = RESOLVE_SECONDS
) -> Path:
    """The folder of the jars, fetched by Maven when they are not there yet; Unavailable when that fails."""
    folder = jars_folder(cache)
    if folder.is_dir():
        return folder
    if mvn is None:
        raise Unavailable("Kafka's jars are not in the cache and there is no Maven to fetch them: install Maven")
    cache.mkdir(parents=True, exist_ok=True)
    partial = Path(mkdtemp(dir=cache, prefix=".fetching-"))
    try:
        _resolve(mvn, partial, logs / "maven.log", report, seconds)
        _publish(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _publish(partial: Path, folder: Path) -> None:
    """Give the complete folder its name; when another process was faster, its folder is as good."""
    try:
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _resolve(mvn: Path, into: Path, log: Path, report: Callable[[str], None], seconds: float) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    command: list[str | Path] = [mvn, "-B", "-f", pom(), GOAL, "-DincludeScope=runtime", f"-DoutputDirectory={into}"]
    child = start_child("Maven", command, log=log, env=maven_environment())
    report(f"Fetching Apache Kafka {kafka_version()} with Maven, once (about 50 MB) ...")
    try:
        _follow(child, report, time.monotonic() + seconds)
    finally:
        child.stop()
    if child.returncode != 0 or not any(into.glob("kafka-clients-*.jar")):
        error = next((line for line in log.read_text(errors="replace").splitlines() if "[ERROR]" in line), "")
        raise Unavailable(f"Maven could not fetch Kafka's jars: {error[:300]} (all of it: {log})")


def maven_environment() -> dict[str, str]:
    """This process's environment without a JAVA_HOME that does not exist: it would stop mvn, though PATH has a Java."""
    env = dict(os.environ)
    home = env.get("JAVA_HOME")
    if home is not None and not (Path(home) / "bin" / "java").is_file():
        del env["JAVA_HOME"]
    return env


def _follow(child: Child, report: Callable[[str], None], deadline: float) -> None:
    """Report how many files have come, until Maven ends; Unavailable past the deadline."""
    reported = 0
    while True:
        try:
            child.wait(min(REPORT_EVERY_SECONDS, max(0.0, deadline - time.monotonic())))
        except TimeoutError:
            fetched = child.log.read_text(errors="replace").count("Downloaded from")
            if fetched > reported:
                report(f"  {fetched} files so far ...")
                reported = fetched
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Maven took too long to fetch Kafka's jars; see {child.log}, and try again: "
                    "what has come is kept by Maven"
                ) from None
        else:
            return
