"""The Kafka of any age that tests put at the door tells its age as a real one does."""

import pytest

from connectors.kafka_version import is_too_old, versions_known
from ops.launcher.ports import LOCALHOST
from tests.support.old_kafka import a_kafka

FETCH, METADATA = 1, 3


@pytest.mark.kafka
def test_a_fake_that_knows_what_the_real_one_knows_is_read_alike(kafka_bootstrap: str) -> None:
    host, _, port = kafka_bootstrap.partition(",")[0].rpartition(":")
    real = versions_known(host, int(port), None, 30)
    assert real is not None
    assert {FETCH, METADATA} <= real.keys()
    assert is_too_old(host, int(port), None, 30) is False
    with a_kafka(real) as of_the_fake:
        assert versions_known(LOCALHOST, of_the_fake, None, 30) == real
        assert is_too_old(LOCALHOST, of_the_fake, None, 30) is False
