"""Access to Kafka and Redis, made from the settings."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ops.access import brokers_of, credentials_of, redis_url_of
from ops.errors import OperatorError
from ops.settings import Settings


def settings(**given: Any) -> Settings:
    return Settings(kafka_bootstrap="there:9093", redis_url="rediss://there:6379/1?timeout=2", **given)


def test_a_kafka_open_to_everybody_needs_nothing() -> None:
    assert brokers_of(settings(), "there:9093").access == {"security.protocol": "plaintext"}
    assert credentials_of(settings()) is None


def test_a_password_of_a_file_is_taken_without_its_newline_and_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret\n")
    given = settings(kafka_security_protocol="SASL_PLAINTEXT", kafka_user="c360", kafka_password_file=file)
    brokers = brokers_of(given, "there:9093")
    assert brokers.access["sasl.password"] == "secret"
    assert (str(brokers), "secret" in repr(brokers)) == ("there:9093", False)
    assert "secret" not in repr(credentials_of(given))


@pytest.mark.parametrize("content", [b" \n", b"\xff\xfe\xfa"])
def test_a_file_without_a_secret_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(OperatorError) as raised:
        redis_url_of(settings(redis_user="c360", redis_password_file=file), "rediss://there")
    assert raised.value.message.startswith(f"{file} (C360_REDIS_PASSWORD_FILE) ")


def test_user_password_and_authority_go_into_the_url_of_redis(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    given = settings(redis_user="c360", redis_password=SecretStr("a/b:c@d"), redis_ca_file=authority)
    assert given.redis_url is not None
    url = redis_url_of(given, given.redis_url)
    assert url == f"rediss://c360:a%2Fb%3Ac%40d@there:6379/1?timeout=2&ssl_ca_certs={authority}"
    assert redis_url_of(given, url) == url


def test_what_a_url_of_redis_says_stands_when_nothing_else_does() -> None:
    assert redis_url_of(Settings(), "redis://:pw@there/0") == "redis://:pw@there/0"
