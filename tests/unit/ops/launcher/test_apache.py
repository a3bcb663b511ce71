"""The brokers' configuration."""

from pathlib import Path

from ops.launcher.apache import Node, broker_options, node_properties


def nodes(count: int) -> tuple[Node, ...]:
    return tuple(Node(n, 20_000 + n, 21_000 + n, Path(f"/data/{n}")) for n in range(1, count + 1))


def test_one_node_listens_on_this_machine_only_and_keeps_one_copy() -> None:
    (node,) = nodes(1)
    properties = node_properties(node, (node,))
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:21001"
    assert properties["transaction.state.log.replication.factor"] == 1
    assert properties["transaction.state.log.min.isr"] == 1


def test_three_nodes_know_each_other_and_keep_three_copies_two_in_sync() -> None:
    three = nodes(3)
    properties = node_properties(three[1], three)
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003"
    assert properties["offsets.topic.replication.factor"] == 3
    assert properties["min.insync.replicas"] == 2


def test_a_broker_is_small_unless_kafkas_own_variables_say_otherwise() -> None:
    small = ["-Xms256m", "-Xmx768m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    assert broker_options({}) == small
    assert broker_options({"KAFKA_HEAP_OPTS": "-Xms1g -Xmx1g"}) == ["-Xms1g", "-Xmx1g", *small[2:]]
    assert broker_options({"KAFKA_JVM_PERFORMANCE_OPTS": "-server -XX:+UseG1GC"}) == [
        *small[:2],
        "-server",
        "-XX:+UseG1GC",
    ]


def test_no_topic_appears_by_being_mentioned() -> None:
    (node,) = nodes(1)
    assert node_properties(node, (node,))["auto.create.topics.enable"] == "false"
