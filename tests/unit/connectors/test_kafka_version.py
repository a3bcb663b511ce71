"""Kafka tells which versions of its requests it knows, and so how old it is."""

from collections.abc import Mapping

import pytest

from connectors.brokers import Brokers
from connectors.kafka_version import is_too_old
from ops.admission import let_in
from ops.errors import Refused
from ops.launcher.ports import free_ports
from tests.support.old_kafka import KAFKA_2_4, KAFKA_2_5, a_kafka


@pytest.mark.parametrize(("known", "expected"), [(KAFKA_2_4, True), (KAFKA_2_5, False), ({}, True)])
def test_a_kafka_without_fenced_positions_is_too_old(known: Mapping[int, int], expected: bool) -> None:
    with a_kafka(known) as port:
        assert is_too_old("127.0.0.1", port, None, 30) is expected


def test_a_kafka_that_does_not_say_is_not_judged() -> None:
    with a_kafka({}, error=35) as port:
        assert is_too_old("127.0.0.1", port, None, 30) is None
    assert is_too_old("127.0.0.1", free_ports(1)[0], None, 30) is None


def test_whoever_needs_it_is_told_what_to_do() -> None:
    with a_kafka(KAFKA_2_4) as port:
        with pytest.raises(Refused) as refused:
            let_in(Brokers(f"127.0.0.1:{port}"))
        assert refused.value.message == (
            f"Kafka at 127.0.0.1:{port} is older than 2.5, and could not keep two workers apart: upgrade it."
        )
