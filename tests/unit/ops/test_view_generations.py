"""Which generation is in force, for a process that waits for Kafka."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from connectors.brokers import Brokers
from connectors.errors import Unavailable
from ops.view_generations import GenerationInForce
from tests.support.waiting import eventually


def test_a_file_of_authorities_that_can_not_be_read_any_more_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = str(tmp_path / "gone.pem")
    kafka = Brokers("k:9093", {"security.protocol": "SSL", "ssl.ca.location": gone})
    with caplog.at_level(logging.WARNING), closing(GenerationInForce(kafka)) as in_force:
        eventually(lambda: caplog.messages)
        (line,) = caplog.messages
        assert line.startswith("view-generations can't be read from Kafka at k:9093: ")
        assert "see that the file of C360_KAFKA_CA_FILE is there and can be read: trying again" in line
        with pytest.raises(
            Unavailable, match="kafka at k:9093 is not available: view-generations can't be read yet"
        ) as no:
            in_force.topic()
        assert no.value.is_told
