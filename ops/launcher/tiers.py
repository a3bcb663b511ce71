"""The ladder: which Kafka and which Redis to take, decided from facts alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from ops.errors import OperatorError
from ops.settings import Tier

RedisTier = Literal["external", "docker", "local", "embedded"]
# What a tier may stand on.
Rung = Literal["docker", "maven", "tansu", "redis-server", "valkey"]


@dataclass(frozen=True)
class Finding:
    """Whether something is there, and what was seen; `why` reads on after "because"."""

    there: bool
    why: str


NOT_LOOKED_FOR: Final = Finding(there=False, why="it was not looked for")


@dataclass(frozen=True)
class Facts:
    """What was given and what was found on this machine."""

    forced: Tier | None = None
    kafka_bootstrap: str | None = None
    redis_url: str | None = None
    found: Mapping[Rung, Finding] = field(default_factory=dict)

    def of(self, rung: Rung) -> Finding:
        """What was found of a rung; one that was not looked for is not there."""
        return self.found.get(rung, NOT_LOOKED_FOR)

    def without(self, rung: Rung, why: str) -> "Facts":
        """The facts once a rung turned out not to hold."""
        return replace(self, found={**self.found, rung: Finding(there=False, why=why)})


REMEDIES: Final[dict[Tier, str]] = {
    "external": "set KAFKA_BOOTSTRAP and REDIS_URL to a Kafka and a Redis that are running",
    "docker": "start the Docker engine, or choose another tier",
    "maven": "install Java 17 or newer and Maven (Debian: apt-get install default-jre-headless maven), "
    "or choose another tier",
    "embedded": "install c360 with `make setup` on Linux or macOS, or choose another tier",
}


def choose_tier(facts: Facts) -> tuple[Tier, tuple[str, ...]]:
    """Kafka's tier and the reasons, a sentence each.

    What is given from outside is used, else the first rung that is there; a forced tier is that tier or an
    OperatorError that says what to do.
    """
    rungs = _kafka_rungs(facts)
    if facts.forced is not None:
        found = rungs[facts.forced]
        if not found.there:
            raise OperatorError(
                f"Kafka can't be taken from tier {facts.forced}, because {found.why}: {REMEDIES[facts.forced]}."
            )
        return facts.forced, (f"Kafka: {facts.forced}, because it was asked for.", *_overruled(facts))
    passed: list[str] = []
    for tier, found in rungs.items():
        if found.there:
            return tier, (*passed, f"Kafka: {tier}, because {found.why}.")
        passed.append(f"Kafka is not taken from tier {tier}, because {found.why}.")
    raise OperatorError(" ".join(["No Kafka can be had.", *passed, f"To go on, {REMEDIES['maven']}."]))


def _kafka_rungs(facts: Facts) -> dict[Tier, Finding]:
    given = facts.kafka_bootstrap is not None
    external = Finding(given, "KAFKA_BOOTSTRAP is set" if given else "KAFKA_BOOTSTRAP is not set")
    return {
        "external": external,
        "docker": facts.of("docker"),
        "maven": facts.of("maven"),
        "embedded": facts.of("tansu"),
    }


def _overruled(facts: Facts) -> tuple[str, ...]:
    if facts.kafka_bootstrap is None or facts.forced == "external":
        return ()
    return ("KAFKA_BOOTSTRAP is set but not used.",)


def choose_redis(facts: Facts) -> tuple[RedisTier, tuple[str, ...]]:
    """Redis's tier and the reasons: given from outside, Docker, a redis-server on PATH, else Valkey from its wheel.

    A forced `maven` says nothing about Redis except that Docker is not wanted.
    """
    rungs = _redis_rungs(facts)
    passed: list[str] = []
    for tier, found in rungs.items():
        if found.there:
            return tier, (*passed, f"Redis: {tier}, because {found.why}.")
        passed.append(f"Redis is not taken from tier {tier}, because {found.why}.")
    remedy = REMEDIES[facts.forced or "embedded"]
    raise OperatorError(" ".join(["No Redis can be had.", *passed, f"To go on, {remedy}."]))


def _redis_rungs(facts: Facts) -> dict[RedisTier, Finding]:
    given = facts.redis_url is not None
    rungs: dict[RedisTier, Finding] = {
        "external": Finding(given, "REDIS_URL is set" if given else "REDIS_URL is not set"),
        "docker": facts.of("docker"),
        "local": facts.of("redis-server"),
        "embedded": facts.of("valkey"),
    }
    allowed: dict[Tier | None, tuple[RedisTier, ...]] = {
        None: ("external", "docker", "local", "embedded"),
        "external": ("external",),
        "docker": ("docker",),
        "maven": ("external", "local", "embedded"),
        "embedded": ("embedded",),
    }
    return {tier: rungs[tier] for tier in allowed[facts.forced]}
