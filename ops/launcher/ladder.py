"""Climbs down the ladder: starts the first Kafka and the first Redis that can be started here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from connectors.brokers import Brokers
from ops.access import brokers_of, redis_url_of
from ops.admission import let_in, let_in_by_redis
from ops.errors import OperatorError
from ops.launcher import facts as found
from ops.launcher import programs
from ops.launcher.apache import ApacheKafka
from ops.launcher.home import fresh_data, logs_folder
from ops.launcher.jars import fetch_jars
from ops.launcher.ready import brokers_answering, redis_answers
from ops.launcher.service import External, Service, Unavailable
from ops.launcher.tiers import Facts, RedisTier, Rung, choose_redis, choose_tier
from ops.settings import Settings, Tier, without_password

ASK_SECONDS: Final = 5.0
_Tier = TypeVar("_Tier", bound=str)

KAFKA_RUNGS: Final[Mapping[str, Rung]] = {"docker": "docker", "maven": "maven", "embedded": "tansu"}
REDIS_RUNGS: Final[Mapping[str, Rung]] = {"docker": "docker", "local": "redis-server", "embedded": "valkey"}


@dataclass(frozen=True)
class Taken(Generic[_Tier]):
    """A service that answers, the rung it stands on, and why that rung."""

    service: Service
    tier: _Tier
    reasons: tuple[str, ...]


class Ladder:
    """Builds and starts services with what is at hand in one home folder."""

    def __init__(self, settings: Settings, home: Path, *, nodes: int, report: Callable[[str], None]) -> None:
        self._settings, self._cache = settings, settings.cache
        self._data, self._logs = fresh_data(home), logs_folder(home)
        self._nodes = nodes
        self._report = report

    def take_kafka(self, facts: Facts) -> Taken[Tier]:
        """A Kafka that answers. Raises OperatorError when none can be had, or not the forced one."""

        def build(tier: Tier) -> Service:
            return self._kafka(tier, facts.kafka_bootstrap)

        return self._climb(facts, choose_tier, build, KAFKA_RUNGS)

    def take_redis(self, facts: Facts) -> Taken[RedisTier]:
        """A Redis that answers. Raises OperatorError when none can be had, or not the forced one."""

        def build(tier: RedisTier) -> Service:
            return self._redis(tier, facts.redis_url)

        return self._climb(facts, choose_redis, build, REDIS_RUNGS)

    def _climb(
        self,
        facts: Facts,
        choose: Callable[[Facts], tuple[_Tier, tuple[str, ...]]],
        build: Callable[[_Tier], Service],
        rung_of: Mapping[str, Rung],
    ) -> Taken[_Tier]:
        while True:
            tier, reasons = choose(facts)
            self._report(reasons[-1])
            try:
                service = _start(build(tier))
            except Unavailable as error:
                # The rung turned out not to hold; asked again, the ladder takes the next one or says why not.
                facts = facts.without(rung_of[tier], error.message)
            else:
                return Taken(service, tier, reasons)

    def _kafka(self, tier: Tier, bootstrap: str | None) -> Service:
        if tier == "external":
            return External(_reachable_kafka(brokers_of(self._settings, bootstrap or "")))
        if tier == "docker":
            from ops.launcher.containers import kafka_container

            return kafka_container()
        if tier == "maven":
            jars = fetch_jars(found.maven_binary(), self._cache, self._logs, self._report)
            return ApacheKafka(_there(found.java_binary()), jars, self._data / "kafka", self._logs, nodes=self._nodes)
        return programs.tansu(_there(found.tansu_binary()), self._logs)

    def _redis(self, tier: RedisTier, url: str | None) -> Service:
        if tier == "external":
            return External(_reachable_redis(self._settings, url or ""))
        if tier == "docker":
            from ops.launcher.containers import redis_container

            return redis_container()
        binary = found.redis_binary() if tier == "local" else found.valkey_binary()
        return programs.redis_server(_there(binary), self._data / "redis", self._logs)


def _start(service: Service) -> Service:
    try:
        service.start()
    except BaseException:
        # Also on Ctrl-C: what was started of it must not stay.
        service.stop()
        raise
    return service


def _there(binary: Path | None) -> Path:
    if binary is None:
        raise Unavailable("its program has gone since it was found")
    return binary


def _reachable_kafka(brokers: Brokers) -> str:
    bootstrap = let_in(brokers).addresses
    if brokers_answering(brokers, ASK_SECONDS) == 0:
        raise OperatorError(
            f"Kafka at {bootstrap} (KAFKA_BOOTSTRAP) does not answer: start it, correct the address, "
            "or unset KAFKA_BOOTSTRAP to let c360 start one."
        )
    return bootstrap


def _reachable_redis(settings: Settings, url: str) -> str:
    if not redis_answers(let_in_by_redis(redis_url_of(settings, url)), ASK_SECONDS):
        raise OperatorError(
            f"Redis at {without_password(url)} (REDIS_URL) does not answer: start it, correct the URL, "
            "or unset REDIS_URL to let c360 start one."
        )
    return url
