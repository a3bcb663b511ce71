"""What several files of integration tests share beside the session's Kafka and Redis."""

from collections.abc import Iterator

import pytest

from tests.support.bank import Bank, a_bank


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """A Kafka and a Redis that let nobody in without TLS, name, password and rights."""
    with a_bank(tmp_path_factory.mktemp("bank")) as made:
        yield made
