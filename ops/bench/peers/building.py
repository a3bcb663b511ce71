"""The peers that have to be built: once per version of their files, into the cache, outside the checkout."""

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic
from typing import Final

from ops.errors import OperatorError
from ops.launcher import start_child
from ops.launcher.facts import java_binary, maven_binary
from ops.launcher.jars import maven_environment

__all__ = ["HERE", "KAFKA_STREAMS", "QUIX_LOCK", "kafka_streams_command", "quix_python"]

HERE: Final = Path(str(files("ops.bench.peers")))
KAFKA_STREAMS: Final = HERE / "kafka_streams"
QUIX_LOCK: Final = HERE / "quix.lock"

BUILD_SECONDS: Final = 600.0
REPORT_EVERY_SECONDS: Final = 10.0
# As the compiler's and the resources' plugins in the pom: pinned, so that every Maven builds alike.
COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

# Both compilers, and the collector for throughput: the program lives for seconds to minutes on a few cores.
JAVA_FLAGS: Final = ("-Xms1g", "-Xmx2g", "-XX:+UseParallelGC")

Report = Callable[[str], None]


def quix_python(cache: Path, report: Report) -> Path:
    """The interpreter of the Quix Streams peer's environment, made when it is not there yet."""

    def make(folder: Path) -> None:
        report("Making the environment of the Quix Streams peer, once (about 40 MB) ...")
        _run("venv", [sys.executable, "-m", "venv", folder / "venv"], cache, report)
        pip: list[str | Path] = [folder / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
        _run("pip", [*pip, "install", "--quiet", "--require-hashes", "-r", QUIX_LOCK], cache, report)

    return _made(cache, "peer-quix", [QUIX_LOCK], make) / "venv" / "bin" / "python"


def kafka_streams_command(cache: Path, report: Report) -> list[str | Path]:
    """How to start the Kafka Streams peer, its arguments to follow; built by Maven when it is not there yet."""
    java = java_binary()
    if java is None:
        raise OperatorError("The Kafka Streams peer needs Java 17 or newer: install a JDK, and Maven.")

    def make(folder: Path) -> None:
        maven = maven_binary()
        if maven is None:
            raise OperatorError("The Kafka Streams peer has to be built, and there is no Maven: install it.")
        report("Building the Kafka Streams peer with Maven, once (about 80 MB) ...")
        project = folder / "project"
        shutil.copytree(KAFKA_STREAMS, project)
        goals = ["compile", COPY, "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'libs'}"]
        _run("Maven", [maven, "-B", "-q", "-f", project / "pom.xml", *goals], cache, report)
        (project / "target" / "classes").rename(folder / "classes")
        shutil.rmtree(project)

    sources = sorted(path for path in KAFKA_STREAMS.rglob("*") if path.suffix in {".xml", ".java"})
    built = _made(cache, "peer-kafka-streams", sources, make)
    return [java, *JAVA_FLAGS, "-cp", f"{built / 'classes'}:{built / 'libs'}/*", "bench.Peer"]


def _made(cache: Path, name: str, sources: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """The folder of what these sources make; it exists only when it is complete."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = cache / f"{name}-{digest}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    partial = Path(mkdtemp(dir=cache, prefix=".making-"))
    try:
        make(partial)
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError as error:
        # Another process may have been faster; its folder is as good.
        if not folder.is_dir():
            raise OperatorError(f"The peer {name} could not be put into {cache}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _run(name: str, command: Sequence[str | Path], cache: Path, report: Report) -> None:
    """Run it to its end, saying now and then that it still runs; OperatorError with its last words when it fails."""
    log = cache / "logs" / f"peers-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    child = start_child(name, command, log=log, env=maven_environment())
    began = monotonic()
    try:
        while child.alive():
            try:
                child.wait(REPORT_EVERY_SECONDS)
            except TimeoutError:
                report(f"  {name} still runs ({monotonic() - began:.0f} s) ...")
            if monotonic() - began > BUILD_SECONDS:
                raise OperatorError(f"{name} took longer than {BUILD_SECONDS:.0f} s: see {log}, and try again.")
    finally:
        child.stop()
    if child.returncode != 0:
        raise OperatorError(f"A peer could not be built: {name} said: {child.last_words(3)} (all of it: {log})")
