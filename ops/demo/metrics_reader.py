"""Reads a process's `/metrics`, as Prometheus would."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from math import inf
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

__all__ = ["Scrape", "parse", "scrape"]

ANSWER_SECONDS: Final = 0.5

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Scrape:
    """The samples of one reading."""

    samples: dict[str, dict[Labels, float]] = field(default_factory=dict)

    def total(self, name: str) -> float:
        """The sum over all labels; 0 when there is no such sample."""
        return sum(self.samples.get(name, {}).values())

    def by(self, name: str, label: str) -> dict[str, float]:
        """The sums by one label."""
        sums: dict[str, float] = {}
        for labels, value in self.samples.get(name, {}).items():
            key = dict(labels).get(label, "")
            sums[key] = sums.get(key, 0.0) + value
        return sums

    def buckets(self, name: str) -> dict[float, float]:
        """A histogram's cumulative counts by upper bound."""
        return {float(bound): count for bound, count in self.by(f"{name}_bucket", "le").items()}

    def quantile(self, name: str, q: float, since: "Scrape | None" = None) -> float | None:
        """The upper bound of the bucket in which the `q` quantile lies, of what was observed after `since`.

        None when nothing was; infinite when it lies beyond the last bound.
        """
        before = since.buckets(name) if since else {}
        counts = {bound: count - before.get(bound, 0.0) for bound, count in self.buckets(name).items()}
        total = counts.get(inf, 0.0)
        if total <= 0:
            return None
        return next(bound for bound, count in sorted(counts.items()) if count >= q * total)


def scrape(port: int, ask: Callable[[int], str] | None = None, host: str = "127.0.0.1") -> Scrape | None:
    """What the process at this port shows now; None while it does not answer."""
    try:
        return parse((ask(port) if ask is not None else _ask(host, port)).splitlines())
    except (OSError, HTTPException):
        return None


def parse(lines: Iterable[str]) -> Scrape:
    """The samples in the text format."""
    samples: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return Scrape(samples)


def _ask(host: str, port: int) -> str:
    # Not through urllib: a proxy of the environment knows nothing of this machine's loopback.
    with closing(HTTPConnection(host, port, timeout=ANSWER_SECONDS)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
