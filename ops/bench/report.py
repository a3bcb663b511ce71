"""The outcome for people (tables) and for machines (JSON)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench.latency import Latency
from ops.bench.statistics import Quantiles, middle
from ops.bench.throughput import C360, C360_WORKER, PLAIN_FAUST, TAKE_FAUST, Contender, Round

__all__ = ["Outcome", "as_json", "print_report"]


@dataclass(frozen=True)
class Outcome:
    """Everything that was measured, and on what."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    contenders: Sequence[Contender]
    rounds: Sequence[Round]
    latencies: Sequence[Latency]
    idle_percent: dict[str, float]
    """Process -> percent of one core with nothing to do."""

    def of(self, name: str) -> list[Round]:
        """The rounds of one contender."""
        return [found for found in self.rounds if found.contender == name]

    def throughput(self, name: str) -> float | None:
        """Records a second, the median of the rounds."""
        return middle([found.rate for found in self.of(name)])

    def cpu_us(self, name: str) -> float | None:
        """Processor microseconds per record, the median of the rounds."""
        return middle([found.cpu_us() for found in self.of(name)])

    def ratio(self, name: str, peer: str) -> float | None:
        """How many times as many records a second: the median of the rounds' own ratios, as neighbours in time."""
        pairs = zip(self.of(name), self.of(peer), strict=False)
        return middle([one.rate / other.rate for one, other in pairs if one.rate and other.rate])

    def peaks(self, name: str) -> dict[str, float]:
        """Process -> the most memory of any round, MiB."""
        names = {process for found in self.of(name) for process in found.used}
        return {
            process: max(found.used[process].peak_mib for found in self.of(name) if process in found.used)
            for process in sorted(names)
        }


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The document of `--json`: rates are records a second, latencies milliseconds, memory MiB."""
    first = outcome.latencies[0] if outcome.latencies else None
    return {
        "machine": outcome.machine,
        "settings": outcome.settings,
        "ratios": {
            PLAIN_FAUST: _rounded(outcome.ratio(C360, PLAIN_FAUST)),
            TAKE_FAUST: _rounded(outcome.ratio(C360, TAKE_FAUST)),
            "plain_faust_worker_alone": _rounded(outcome.ratio(C360_WORKER, PLAIN_FAUST)),
        },
        "throughput": {one.name: _rounded(outcome.throughput(one.name), 0) for one in outcome.contenders},
        "cpu_us_per_record": {one.name: _rounded(outcome.cpu_us(one.name)) for one in outcome.contenders},
        "peak_mib": {one.name: _rounded_all(outcome.peaks(one.name)) for one in outcome.contenders},
        "rounds": [
            {"contender": found.contender, "rate": _rounded(found.rate, 0), "records": found.records}
            | {"seconds": round(found.seconds, 2)}
            | {"cpu_seconds": _rounded_all({name: used.cpu_seconds for name, used in found.used.items()})}
            for found in outcome.rounds
        ],
        "latency_ms": _latency(first) | {"by_rate": {str(one.rate): _latency(one) for one in outcome.latencies}},
        "idle_cpu_percent": _rounded_all(outcome.idle_percent),
    }


def _latency(latency: Latency | None) -> dict[str, Any]:
    if latency is None:
        return {"redis": None, "alert": None}
    return {
        "redis": latency.redis._asdict() if latency.redis else None,
        "alert": latency.alert._asdict() if latency.alert else None,
        "rate": latency.rate,
        "sent": latency.sent,
        "missed": latency.missed_redis,
    }


def print_report(outcome: Outcome, console: Console) -> None:
    """Tables with medians, ratios last."""
    facts = outcome.machine
    console.print(f"{facts['kafka']}, {facts['cores']} cores, load of the machine {facts['load']} at the start")
    console.print(_throughput_table(outcome))
    console.print("Medians; CPU: processor time per event, broker: of Kafka and Redis; peak: worker + projector")
    console.print(_latency_table(outcome))
    for name, percent in outcome.idle_percent.items():
        console.print(f"{name} with nothing to do: {percent:.1f} % of a core")
    ratio = outcome.ratio(C360, PLAIN_FAUST)
    told = "not measured" if ratio is None else f"{ratio:.1f}x"
    console.print(f"[bold]c360, events to Redis, against plain Faust: {told}[/bold]")


def _throughput_table(outcome: Outcome) -> Table:
    rounds = max((len(outcome.of(one.name)) for one in outcome.contenders), default=0)
    table = Table("", "events/s", "x Faust", "CPU us", "broker us", "peak MiB", title=f"Throughput, {rounds} rounds")
    for one in outcome.contenders:
        broker = middle([found.cpu_us("broker") for found in outcome.of(one.name) if "broker" in found.used])
        peaks = outcome.peaks(one.name)
        peaks.pop("broker", None)
        table.add_row(
            one.title,
            _shown(outcome.throughput(one.name), 0),
            _shown(outcome.ratio(one.name, PLAIN_FAUST)),
            _shown(outcome.cpu_us(one.name)),
            _shown(broker),
            " + ".join(f"{peak:.0f}" for _, peak in sorted(peaks.items(), reverse=True)),
        )
    return table


def _latency_table(outcome: Outcome) -> Table:
    table = Table("events/s", "to Redis p50 / p99 / max", "to alert p50 / p99 / max", "lost", title="Latency, ms")
    for one in outcome.latencies:
        table.add_row(f"{one.rate:,}", _quantiles(one.redis), _quantiles(one.alert), str(one.missed_redis))
    return table


def _quantiles(found: Quantiles | None) -> str:
    return "-" if found is None else f"{found.p50:.0f} / {found.p99:.0f} / {found.worst:.0f} (n={found.n})"


def _shown(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _rounded_all(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
