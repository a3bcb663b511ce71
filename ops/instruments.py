"""Instruments by the catalogue: made, counted in bulk, and served at `/metrics`."""

import platform
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from threading import Lock
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from ops.errors import OperatorError
from ops.metrics_catalogue import CATALOGUE, Metric, Process
from ops.process_state import ProcessState

__all__ = ["Asked", "Batches", "Instruments", "Labelled", "register_process", "serve"]

BUILD: Final = "c360_build_info"

# The instants at which counters were made would double the lines of /metrics, and nothing reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]


def serve(registry: CollectorRegistry, state: ProcessState, host: str, port: int) -> int:
    """Offer `/metrics` of `registry` from a daemon thread; port 0 takes a free one. Returns the port.

    From here to the end of the process it answers, also while nothing is done yet.
    Raises OperatorError when the port is taken.
    """
    process = state.process
    register_process(registry, state)
    try:
        server, _ = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise OperatorError(
            f"The {process}'s /metrics can't be served on {host} port {port} ({error.strerror}): each process needs a "
            f"port of its own, set C360_{process.upper()}_METRICS_PORT (0: a free one) or C360_METRICS_HOST."
        ) from None
    return int(server.server_port)


def register_process(registry: CollectorRegistry, state: ProcessState) -> None:
    """Add what every process tells: memory, processor time, files; which build it is, and what it is doing."""
    ProcessCollector(registry=registry)
    registry.register(state)
    build = next(metric for metric in CATALOGUE if metric.name == BUILD)
    gauge = Gauge(build.name, build.meaning, build.labels, registry=registry)
    gauge.labels(state.process, version("c360"), platform.python_version()).set(1)


class Batches(Collector):
    """A histogram without labels into which many values are counted at once.

    Counting 10,000 ages one by one takes as long as folding 200 events; sorted, each bucket is one search.
    """

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        self._metric = metric
        self._counts = [0] * (len(metric.buckets) + 1)
        self._sum = 0.0
        self._lock = Lock()
        registry.register(self)

    def observe(self, value: float) -> None:
        """Count one value."""
        with self._lock:
            self._counts[bisect_left(self._metric.buckets, value)] += 1
            self._sum += value

    def observe_ages(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """Count how old each timestamp is at the instant `at`, in Unix seconds; what is newer counts as 0."""
        if not timestamps_ms:
            return
        at_ms = at * 1000
        stamps = sorted(timestamps_ms)
        # Of the ages up to a bound the timestamps are those from `at - bound` on.
        within = [len(stamps) - bisect_left(stamps, at_ms - bound * 1000) for bound in self._metric.buckets]
        newer = stamps[bisect_left(stamps, at_ms) :]
        total = (len(stamps) - len(newer)) * at_ms - (sum(stamps) - sum(newer))
        with self._lock:
            before = 0
            for place, count in enumerate((*within, len(stamps))):
                self._counts[place] += count - before
                before = count
            self._sum += total / 1000

    def describe(self) -> Iterable[Family]:
        """The family without samples, so that registering it asks for no values."""
        return [self._family()]

    def collect(self) -> Iterator[Family]:
        """As Prometheus has it: cumulative counts."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        family, cumulative, buckets = self._family(), 0, []
        for bound, count in zip((*map(str, self._metric.buckets), "+Inf"), counts, strict=True):
            cumulative += count
            buckets.append((bound, float(cumulative)))
        family.add_metric([], buckets, total)
        yield family

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._metric.name, self._metric.meaning)


M = TypeVar("M", Counter, Gauge, Histogram)


class Labelled(Generic[M]):
    """A metric with labels whose children are found again at the price of a dict."""

    def __init__(self, metric: M) -> None:
        self._metric: M = metric
        self._children: dict[tuple[str | int, ...], M] = {}

    def of(self, *labels: str | int) -> M:
        """The child of these label values."""
        child = self._children.get(labels)
        if child is None:
            child = self._children[labels] = self._metric.labels(*map(str, labels))
        return child

    def clear(self) -> None:
        """Drop all children."""
        self._children.clear()
        self._metric.clear()


Values = Callable[[], Mapping[tuple[str, ...], float]]
"""The values of a counter that somebody else counts, by its labels."""


class Asked(Collector):
    """A counter that somebody else counts, asked for its values at each scrape."""

    def __init__(self, metric: Metric, values: Values) -> None:
        self._metric = metric
        self._values = values

    def describe(self) -> Iterable[Family]:
        """The family without samples."""
        return [self._family()]

    def collect(self) -> Iterator[Family]:
        """As they are now."""
        family = self._family()
        for labels, value in self._values().items():
            family.add_metric(labels, value)
        yield family

    def _family(self) -> CounterMetricFamily:
        return CounterMetricFamily(self._metric.name, self._metric.meaning, labels=self._metric.labels)


class Instruments:
    """The instruments of one process, by the name the catalogue gives them."""

    def __init__(
        self, registry: CollectorRegistry, process: Process, asked: Mapping[str, Values] = MappingProxyType({})
    ) -> None:
        """`asked`: metrics that somebody else counts."""
        self.counters: dict[str, Counter] = {}
        self.counters_by: dict[str, Labelled[Counter]] = {}
        self.gauges: dict[str, Gauge] = {}
        self.gauges_by: dict[str, Labelled[Gauge]] = {}
        self.histograms: dict[str, Histogram] = {}
        self.batches: dict[str, Batches] = {}
        for metric in CATALOGUE:
            if metric.name in asked:
                registry.register(Asked(metric, asked[metric.name]))
            elif metric.process == process:
                self._add(metric, registry)

    def _add(self, metric: Metric, registry: CollectorRegistry) -> None:
        name, meaning, labels = metric.name, metric.meaning, metric.labels
        if metric.kind == "counter":
            counter = Counter(name, meaning, labels, registry=registry)
            # A series that begins at 1 has no increase for Prometheus: what may happen is shown as 0 before it does.
            for values in metric.from_zero:
                counter.labels(*values)
            if labels:
                self.counters_by[name] = Labelled(counter)
            else:
                self.counters[name] = counter
        elif metric.kind == "gauge":
            gauge = Gauge(name, meaning, labels, registry=registry)
            if labels:
                self.gauges_by[name] = Labelled(gauge)
            else:
                self.gauges[name] = gauge
        elif labels:
            self.histograms[name] = Histogram(name, meaning, labels, registry=registry, buckets=metric.buckets)
        else:
            self.batches[name] = Batches(metric, registry)
