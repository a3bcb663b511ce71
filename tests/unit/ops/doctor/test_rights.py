"""What Kafka does not allow is named, resource by resource, with the command that allows it."""

from confluent_kafka.admin import AclOperation

from ops.doctor.kafka import judge_topics
from ops.doctor.rights import judge_rights
from ops.rights import GROUP_OPERATIONS, TOPIC_OPERATIONS


def test_what_is_missing_is_named_with_the_command_that_allows_it() -> None:
    allowed = {
        ("topic", "clock"): [AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS],
        ("group", "c360-worker"): [],
        ("topic", "late-events"): TOPIC_OPERATIONS,
    }
    found = [(finding.state, finding.said, finding.cure) for finding in judge_rights("c360", allowed)]
    assert found == [
        (
            "fault",
            "Kafka does not allow c360 DESCRIBE, READ on group c360-worker.",
            "Run kafka-acls --add --allow-principal User:c360 --operation DESCRIBE --operation READ "
            "--group c360-worker.",
        ),
        (
            "fault",
            "Kafka does not allow c360 WRITE on topic clock.",
            "Run kafka-acls --add --allow-principal User:c360 --operation WRITE --topic clock.",
        ),
    ]


def test_a_user_with_all_rights_lacks_nothing_and_a_broker_that_does_not_tell_is_not_judged() -> None:
    allowed = {("topic", "clock"): TOPIC_OPERATIONS, ("group", "c360-worker"): GROUP_OPERATIONS}
    assert [finding.state for finding in judge_rights("c360", allowed)] == ["ok"]
    assert list(judge_rights("c360", {})) == []


def test_a_topic_that_may_not_be_seen_is_not_called_absent() -> None:
    said = " ".join(finding.said for finding in judge_topics(1, {}, 4, hidden={"clock"}))
    assert said.startswith("There is no topic ")
    assert "clock" not in said.split()
