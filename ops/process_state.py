"""What a process is doing, told from its start to its end: waiting, recovering, running or stopping."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, get_args

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from ops.metrics_catalogue import CATALOGUE, Process

__all__ = ["STATES", "ProcessState", "State"]

State = Literal["waiting", "recovering", "running", "stopping"]
STATES: Final[tuple[State, ...]] = get_args(State)


class ProcessState(Collector):
    """Of one process; moved and collected in any thread. It begins by waiting."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._metric = next(metric for metric in CATALOGUE if metric.name == "c360_process_state")
        self._state: State = "waiting"

    @property
    def now(self) -> State:
        """What it is doing."""
        return self._state

    def enter(self, state: State) -> None:
        """From now on it does this; whoever stops does nothing else any more."""
        if self._state != "stopping":
            self._state = state

    def describe(self) -> Iterable[Family]:
        """The family without samples."""
        return [self._family()]

    def collect(self) -> Iterator[Family]:
        """1 for the state it is in, 0 for the others: all of the same moment, however quickly it moves."""
        family, now = self._family(), self._state
        for state in STATES:
            family.add_metric([self.process, state], float(state == now))
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self._metric.name, self._metric.meaning, labels=self._metric.labels)
