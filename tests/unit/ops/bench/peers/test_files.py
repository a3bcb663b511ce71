"""The peers' files, so that nothing has to be built to know that they can be."""

import re
from xml.etree import ElementTree as ET

import pytest

from ops.bench.peers.building import KAFKA_STREAMS, QUIX_LOCK
from ops.bench.peers.program import told
from ops.launcher.jars import kafka_version

POM = KAFKA_STREAMS / "pom.xml"


def test_the_pom_is_xml_and_names_the_launchers_kafka() -> None:
    root = ET.parse(POM).getroot()
    assert root.findtext("properties/kafka.version") == kafka_version()
    assert {each.findtext("artifactId") for each in root.iter("dependency")} == {
        "kafka-streams",
        "jackson-databind",
        "jedis",
    }


@pytest.mark.parametrize("path", [POM, QUIX_LOCK, QUIX_LOCK.with_suffix(".in")], ids=lambda path: path.name)
def test_no_registry_is_named(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|<repositor", text)


def test_every_package_of_the_lock_is_pinned_and_hashed() -> None:
    packages = re.split(r"\n(?=\S)", QUIX_LOCK.read_text())
    pinned = [package for package in packages if not package.startswith("#")]
    assert any(package.startswith("quixstreams==") for package in pinned)
    for package in pinned:
        assert re.match(r"[a-z0-9._-]+==\S+ \\\n    --hash=sha256:", package), package[:80]


def test_the_java_folds_know_the_same_events_as_the_python_ones() -> None:
    from ops.bench.peers.banking import _FOLDS

    java = (KAFKA_STREAMS / "src/main/java/bench/Customer.java").read_text()
    assert set(re.findall(r'case "([a-z_.]+)" ->', java)) == set(_FOLDS)


def test_a_peer_is_told_where_it_works() -> None:
    program = told(["id", "host:1", "redis://host", "4", "each", "/folder"])
    assert (program.partitions, program.alerts, program.dead_letters) == (4, "id-alerts", "id-dead-letters")
