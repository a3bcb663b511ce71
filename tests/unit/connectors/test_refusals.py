"""What Kafka and Redis say to those they refuse, in words with the cure."""

import logging

import pytest
from confluent_kafka import KafkaError
from redis.exceptions import (
    AskError,
    AuthenticationError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as Unreachable

from connectors.brokers import Brokers, client_of, kafka_refusal
from connectors.redis_refusals import redis_trouble


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (KafkaError._AUTHENTICATION, "invalid credentials", "refuses user or password: correct C360_KAFKA_USER"),
        (KafkaError._AUTHENTICATION, "Unsupported SASL mechanism", "one that its listener has enabled"),
        (KafkaError._SSL, "certificate verify failed", "run `c360 doctor`"),
        (KafkaError._SSL, "wrong version number", "speaks no TLS on this port"),
        (KafkaError._TRANSPORT, "error:0A00010B:SSL routines::wrong version number", "speaks no TLS on this port"),
        (KafkaError._TRANSPORT, "(connecting to a SSL listener?)", "hangs up on a client without TLS"),
        (KafkaError._TRANSPORT, "bad certificate: SSL alert number 42", "set C360_KAFKA_CERTIFICATE_FILE"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "Topic authorization failed", "give C360_KAFKA_USER the rights"),
    ],
)
def test_a_refusal_of_kafka_names_its_cure(code: int, said: str, told: str) -> None:
    assert told in str(kafka_refusal(KafkaError(code, said)))


def test_a_kafka_that_is_not_there_refuses_nobody() -> None:
    assert kafka_refusal(KafkaError(KafkaError._TRANSPORT, "Connection refused")) is None


def test_every_client_tells_a_refusal_once_and_hands_each_error_on(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[KafkaError] = []
    client = client_of(Brokers("there:9093", {"sasl.password": "secret"}), {"error_cb": errors.append})
    assert (client["bootstrap.servers"], client["sasl.password"]) == ("there:9093", "secret")
    with caplog.at_level(logging.ERROR, "c360.kafka"):
        for _ in range(3):
            client["error_cb"](KafkaError(KafkaError._AUTHENTICATION, "invalid credentials"))
    assert len(errors) == 3
    (line,) = caplog.messages
    assert line.startswith("Kafka at there:9093 refuses user or password: ")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (AuthenticationError("WRONGPASS"), "it refuses user or password (WRONGPASS): correct C360_REDIS_USER"),
        (NoPermissionError("no right"), "it gives its user too few rights (no right): give"),
        (OutOfMemoryError("used > maxmemory"), "it is full (used > maxmemory): raise its maxmemory"),
        (ReadOnlyError("a replica"), "it takes no writes (a replica): name its primary in C360_REDIS_URL"),
        (
            MovedError("3999 there:6381"),
            "it is a node of a cluster, and what was asked for is on another (3999 there:6381)",
        ),
        (
            AskError("3999 there:6381"),
            "it is a node of a cluster, and what was asked for is on another (3999 there:6381)",
        ),
        (ResponseError("MISCONF no disk"), "it can't write to its disk (MISCONF no disk): make room there"),
        (ResponseError("NOREPLICAS few"), "too few of its replicas follow (NOREPLICAS few): start them"),
        (
            ConnectionError("Connection closed by server."),
            "it hangs up (Connection closed by server.): where",
        ),
        (Unreachable("[SSL: WRONG_VERSION_NUMBER]"), "TLS with it fails ([SSL: WRONG_VERSION_NUMBER]): let"),
    ],
)
def test_a_trouble_of_redis_names_its_cure(error: RedisError, told: str) -> None:
    assert redis_trouble(error).startswith(told)


def test_a_redis_that_is_not_there_is_told_as_it_is() -> None:
    assert redis_trouble(Unreachable("Connection refused.")) == "Connection refused."
