"""Settings: a wrong one names itself, its value and what is allowed."""

from typing import Any

import pytest
from pydantic import SecretStr

from ops.errors import OperatorError
from ops.settings import NOT_SETTINGS, Settings, describe, load_settings, unknown_variables, without_password


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"tier": "cloud"},
            "Setting tier (C360_TIER) is 'cloud': it should be 'external', 'docker', 'maven' or 'embedded'.",
        ),
        ({"partitions": 0}, "Setting partitions (C360_PARTITIONS) is '0': it should be greater than or equal to 1."),
        (
            {"bank_timezone": "Mars"},
            "Setting bank_timezone (C360_BANK_TIMEZONE) is 'Mars': "
            "it should be an IANA time zone, such as UTC or Europe/Prague.",
        ),
        (
            {"raise_after": "2026-01-01T00:00:00"},
            "Setting raise_after (C360_RAISE_AFTER) is '2026-01-01T00:00:00': it should have timezone info.",
        ),
    ],
)
def test_a_wrong_setting_names_itself_its_value_and_what_is_allowed(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OperatorError) as raised:
        load_settings(**given)
    assert raised.value.message == message


def test_each_of_several_api_processes_has_a_port_for_its_metrics() -> None:
    assert load_settings(api_workers=4, api_metrics_port=65_532).api_metrics_port == 65_532
    # A single one does not use it.
    assert load_settings(api_metrics_port=65_535).api_workers == 1
    with pytest.raises(OperatorError, match=r"each of 4 API processes needs a port .*: set it to 65532 or less"):
        load_settings(api_workers=4, api_metrics_port=65_533)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(OperatorError) as raised:
        load_settings(tier="cloud", partitions=0)
    assert len(raised.value.message.splitlines()) == 2


def test_an_option_not_given_leaves_the_default() -> None:
    assert load_settings(partitions=None).partitions == Settings.model_fields["partitions"].default


def test_a_mistyped_variable_is_not_silently_ignored() -> None:
    assert unknown_variables(["C360_PARTITONS", "C360_PARTITIONS", *NOT_SETTINGS, "PATH"]) == [
        "C360_PARTITONS is not a setting of c360: did you mean C360_PARTITIONS?"
    ]


def test_every_setting_is_described_with_its_variable_and_meaning() -> None:
    rows = {row.name: row for row in describe(Settings())}
    assert rows.keys() == Settings.model_fields.keys()
    assert rows["partitions"].variable == "C360_PARTITIONS"
    assert all(row.meaning for row in rows.values())


def test_a_password_in_a_url_is_never_shown() -> None:
    assert without_password("redis://bank:secret@there:6379/0") == "redis://bank:***@there:6379/0"
    assert without_password("redis://:secret@there/0") == "redis://:***@there/0"
    assert without_password("127.0.0.1:9092") == "127.0.0.1:9092"
    rows = {row.name: row for row in describe(Settings(redis_url="redis://bank:secret@there"))}
    assert rows["redis_url"].value == "redis://bank:***@there"


@pytest.mark.parametrize(
    "password", ["a/secret", "a#secret", "a?secret", "a@secret", "a:secret", "a b/secret", "1/2@secret"]
)
def test_not_even_a_password_that_should_have_been_percent_encoded_is_shown(password: str) -> None:
    assert without_password(f"redis://bank:{password}@there:6379/0") == "redis://bank:***@there:6379/0"


def test_a_password_after_the_question_mark_of_a_url_is_never_shown() -> None:
    url = "rediss://there/0?password=secret#1&ssl_password=secret?2&ssl_keyfile=key.pem"
    assert without_password(url) == "rediss://there/0?password=***&ssl_password=***&ssl_keyfile=key.pem"


@pytest.mark.parametrize(
    "password", ["12/secret", "12#secret", "12?secret", "se/cret", "se[cret", "x@y/secret", "se\u2100cret"]
)
def test_a_url_of_redis_that_its_password_breaks_is_refused_with_the_cure_and_without_the_password(
    password: str,
) -> None:
    with pytest.raises(OperatorError) as raised:
        load_settings(redis_url=f"redis://bank:{password}@there:6379/0")
    assert "percent-encode / # ? @ [ ] in its password" in raised.value.message
    assert "C360_REDIS_URL" in raised.value.message
    assert not any(piece in raised.value.message for piece in (password, "cret", "bank"))


@pytest.mark.parametrize(
    "url", ["redis://bank:a%2Fb%40c@there:6379/0", "redis://a:b@c@there", "unix:///run/r@dis.sock?db=1"]
)
def test_a_url_of_redis_that_is_one_is_taken(url: str) -> None:
    assert load_settings(redis_url=url).redis_url == url


KAFKA = {"kafka_bootstrap": "there:9093"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {**KAFKA, "kafka_security_protocol": "SASL_SSL"},
            "C360_KAFKA_SECURITY_PROTOCOL is SASL_SSL, which needs C360_KAFKA_USER and its password.",
        ),
        (
            {**KAFKA, "kafka_user": "c360", "kafka_password": "secret"},
            "C360_KAFKA_USER is set, but C360_KAFKA_SECURITY_PROTOCOL is PLAINTEXT: set it to SASL_SSL.",
        ),
        (
            {**KAFKA, "kafka_security_protocol": "SASL_SSL", "kafka_user": "c360"},
            "C360_KAFKA_USER is set without a password: set C360_KAFKA_PASSWORD_FILE.",
        ),
        (
            {**KAFKA, "kafka_ca_file": __file__},
            "C360_KAFKA_CA_FILE is set, but C360_KAFKA_SECURITY_PROTOCOL is PLAINTEXT: set it to SASL_SSL or SSL.",
        ),
        (
            {**KAFKA, "kafka_security_protocol": "SSL", "kafka_certificate_file": __file__},
            "A client certificate needs both: set C360_KAFKA_CERTIFICATE_FILE and C360_KAFKA_KEY_FILE.",
        ),
        (
            {"kafka_security_protocol": "SSL"},
            "C360_KAFKA_SECURITY_PROTOCOL is SSL, but C360_KAFKA_BOOTSTRAP names no Kafka.",
        ),
        (
            {"redis_url": "redis://there", "redis_ca_file": __file__},
            "C360_REDIS_CA_FILE is set, but C360_REDIS_URL is without TLS: let it begin with rediss://.",
        ),
        (
            {"redis_url": "redis://there", "redis_password": "secret", "redis_password_file": __file__},
            "The password is given twice: set C360_REDIS_PASSWORD_FILE or C360_REDIS_PASSWORD, not both.",
        ),
        (
            {"redis_user": "c360", "redis_password": "secret"},
            "C360_REDIS_USER is set, but C360_REDIS_URL names no Redis.",
        ),
    ],
)
def test_what_belongs_together_is_asked_for_together(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OperatorError) as raised:
        load_settings(**given)
    assert raised.value.message == message


def test_a_secret_is_shown_nowhere_not_even_a_wrong_one() -> None:
    with pytest.raises(OperatorError) as raised:
        load_settings(index_key="too short")
    assert raised.value.message.startswith("Setting index_key (C360_INDEX_KEY) is not shown: it ")
    assert "too short" not in raised.value.message
    given = Settings(redis_url="redis://there", redis_user="c360", redis_password=SecretStr("secret"))
    assert all("secret" not in row.value for row in describe(given))
