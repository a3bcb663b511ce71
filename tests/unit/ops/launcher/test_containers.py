"""The docker tier's configuration; the containers themselves need an engine."""

from pathlib import Path

from ops.launcher.apache import Node, node_properties
from ops.launcher.containers import container_properties


def names(listeners: str) -> set[str]:
    return {listener.partition(":")[0] for listener in listeners.split(",")}


def test_clients_are_sent_to_the_published_port_and_the_broker_to_itself() -> None:
    properties = container_properties(20_001)
    assert properties["advertised.listeners"] == "HOST://127.0.0.1:20001,INTERNAL://localhost:19092"
    assert names(properties["listeners"]) == names(properties["listener.security.protocol.map"])
    assert names(properties["advertised.listeners"]) == names(properties["listeners"]) - {"CONTROLLER"}


def test_what_clients_notice_is_as_in_the_maven_tier() -> None:
    node = Node(1, 20_001, 20_002, Path("/data"))
    launched = node_properties(node, (node,))
    where = {"listeners", "advertised.listeners", "listener.security.protocol.map", "inter.broker.listener.name"}
    for name, value in container_properties(20_001).items():
        if name not in where | {"controller.quorum.voters"}:
            assert value == str(launched[name]), name
