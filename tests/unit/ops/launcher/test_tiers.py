"""The ladder's decisions, from facts alone."""

import pytest

from ops.errors import OperatorError
from ops.launcher.tiers import Facts, Finding, Rung, choose_redis, choose_tier
from ops.settings import Tier


def there(*rungs: Rung) -> dict[Rung, Finding]:
    every: tuple[Rung, ...] = ("docker", "maven", "tansu", "redis-server", "valkey")
    return {rung: Finding(rung in rungs, f"{rung} was looked for") for rung in every}


def test_a_given_kafka_is_used_whatever_else_is_there() -> None:
    facts = Facts(kafka_bootstrap="broker:9092", found=there("docker", "maven", "tansu"))
    tier, reasons = choose_tier(facts)
    assert tier == "external"
    assert reasons == ("Kafka: external, because KAFKA_BOOTSTRAP is set.",)


@pytest.mark.parametrize(
    ("rungs", "expected"),
    [
        (("docker", "maven", "tansu"), "docker"),
        (("maven", "tansu"), "maven"),
        (("tansu",), "embedded"),
    ],
)
def test_the_first_rung_that_is_there_is_taken(rungs: tuple[Rung, ...], expected: Tier) -> None:
    assert choose_tier(Facts(found=there(*rungs)))[0] == expected


def test_every_rung_passed_is_named_with_its_reason() -> None:
    _, reasons = choose_tier(Facts(found=there("tansu")))
    assert reasons == (
        "Kafka is not taken from tier external, because KAFKA_BOOTSTRAP is not set.",
        "Kafka is not taken from tier docker, because docker was looked for.",
        "Kafka is not taken from tier maven, because maven was looked for.",
        "Kafka: embedded, because tansu was looked for.",
    )


def test_a_forced_tier_overrules_a_better_one_and_a_given_address_and_says_so() -> None:
    facts = Facts(forced="embedded", kafka_bootstrap="broker:9092", found=there("docker", "maven", "tansu"))
    tier, reasons = choose_tier(facts)
    assert tier == "embedded"
    assert reasons == ("Kafka: embedded, because it was asked for.", "KAFKA_BOOTSTRAP is set but not used.")


def test_a_forced_tier_that_is_not_there_says_why_and_what_to_do() -> None:
    with pytest.raises(OperatorError, match=r"tier maven, because maven was looked for: install Java 17 or newer"):
        choose_tier(Facts(forced="maven", found=there("docker", "tansu")))


def test_forced_external_without_an_address_asks_for_it() -> None:
    with pytest.raises(OperatorError, match="set KAFKA_BOOTSTRAP and REDIS_URL"):
        choose_tier(Facts(forced="external", found=there("tansu")))


def test_a_machine_with_nothing_is_told_what_to_install() -> None:
    with pytest.raises(OperatorError, match=r"No Kafka can be had.*install Java 17"):
        choose_tier(Facts(found=there()))


def test_a_rung_that_did_not_hold_is_passed_the_second_time() -> None:
    facts = Facts(found=there("maven", "tansu")).without("maven", "Maven took too long")
    tier, reasons = choose_tier(facts)
    assert tier == "embedded"
    assert "Kafka is not taken from tier maven, because Maven took too long." in reasons


@pytest.mark.parametrize(
    ("forced", "url", "rungs", "expected"),
    [
        (None, "redis://there", ("docker", "redis-server", "valkey"), "external"),
        (None, None, ("docker", "redis-server", "valkey"), "docker"),
        (None, None, ("redis-server", "valkey"), "local"),
        (None, None, ("valkey",), "embedded"),
        ("maven", None, ("docker", "redis-server", "valkey"), "local"),
        ("maven", "redis://there", ("valkey",), "external"),
        ("embedded", "redis://there", ("docker", "redis-server", "valkey"), "embedded"),
        ("docker", "redis://there", ("docker", "redis-server", "valkey"), "docker"),
    ],
)
def test_redis_comes_from_where_the_ladder_says(
    forced: Tier | None, url: str | None, rungs: tuple[Rung, ...], expected: str
) -> None:
    assert choose_redis(Facts(forced=forced, redis_url=url, found=there(*rungs)))[0] == expected


def test_a_forced_external_kafka_needs_an_external_redis() -> None:
    with pytest.raises(OperatorError, match="REDIS_URL is not set"):
        choose_redis(Facts(forced="external", kafka_bootstrap="broker:9092", found=there("valkey")))
