"""The outcome for people (tables, a chart) and for machines (JSON)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ops.bench.charts import Bar, bars
from ops.bench.contenders import C360, C360_AT_LEAST_ONCE, C360_TWO, PEERS, PLAIN_FAUST, TITLES, Contender
from ops.bench.latency import Latency
from ops.bench.recovery import Recovery
from ops.bench.statistics import Quantiles, middle
from ops.bench.throughput import Round

__all__ = ["Outcome", "as_chart", "as_json", "print_report"]

WITHIN: Final = {"transactions": (C360, C360_AT_LEAST_ONCE), "two_workers": (C360_TWO, C360)}
"""Ratios of c360 to itself."""


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
    recovery: Recovery | None = None

    def of(self, name: str) -> list[Round]:
        """The rounds of one contender."""
        return [found for found in self.rounds if found.contender == name]

    def throughput(self, name: str) -> float | None:
        """Records a second, the median of the rounds."""
        return middle([found.rate for found in self.of(name)])

    def cpu_us(self, name: str) -> float | None:
        """Processor microseconds per record, the median of the rounds."""
        return middle([found.cpu_us() for found in self.of(name)])

    def broker_us(self, name: str) -> float | None:
        """The same of Kafka and Redis together."""
        return middle([found.cpu_us("broker") for found in self.of(name) if "broker" in found.used])

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
    """The document of `--json`: rates are records a second, latencies milliseconds, memory MiB.

    `ratios`, `latency_ms`, `recovery` and `bytes_per_customer` always have these very fields; null is not measured.
    """
    first = outcome.latencies[0] if outcome.latencies else None
    held = outcome.recovery
    names = [one.name for one in outcome.contenders]
    return {
        "ratios": {peer: _rounded(outcome.ratio(C360, peer)) for peer in PEERS},
        "latency_ms": {
            "redis": _p50_p99(first.redis if first else None),
            "alert": _p50_p99(first.alert if first else None),
        },
        "recovery": {
            "customers": held.customers if held else None,
            "seconds": _rounded(held.seconds) if held else None,
        },
        "bytes_per_customer": _rounded(held.bytes_per_customer, 0) if held else None,
        "ratios_to_all": {name: _rounded(outcome.ratio(C360, name)) for name in names if name != C360},
        "ratios_within": {told: _rounded(outcome.ratio(*pair)) for told, pair in WITHIN.items()},
        "throughput": {name: _rounded(outcome.throughput(name), 0) for name in names},
        "cpu_us_per_record": {name: _rounded(outcome.cpu_us(name)) for name in names},
        "broker_cpu_us_per_record": {name: _rounded(outcome.broker_us(name)) for name in names},
        "peak_mib": {name: _rounded_all(outcome.peaks(name)) for name in names},
        "idle_cpu_percent": _rounded_all(outcome.idle_percent),
        "recovery_in_full": asdict(held) if held else None,
        "latency_by_rate": {str(one.rate): _latency(one) for one in outcome.latencies},
        "rounds": [_round(found) for found in outcome.rounds],
        "machine": outcome.machine,
        "settings": outcome.settings,
    }


def _round(found: Round) -> dict[str, Any]:
    return {
        "contender": found.contender,
        "rate": _rounded(found.rate, 0),
        "records": found.records,
        "seconds": round(found.seconds, 2),
        "cpu_seconds": _rounded_all({name: used.cpu_seconds for name, used in found.used.items()}),
        "wrong": found.wrong,
    }


def _p50_p99(found: Quantiles | None) -> dict[str, float | None]:
    return {"p50": found.p50 if found else None, "p99": found.p99 if found else None}


def _latency(latency: Latency) -> dict[str, Any]:
    return {
        "redis": latency.redis._asdict() if latency.redis else None,
        "alert": latency.alert._asdict() if latency.alert else None,
        "sent": latency.sent,
        "missed": latency.missed_redis,
    }


def as_chart(outcome: Outcome) -> str:
    """Throughput of all contenders, the fastest first, as SVG."""
    rows = [
        Bar(one.title, rate, f"{rate:,.0f} events/s, {outcome.cpu_us(one.name) or 0:.0f} us of CPU", one.is_c360)
        for one in outcome.contenders
        if (rate := outcome.throughput(one.name)) is not None
    ]
    rows.sort(key=lambda row: -row.value)
    facts = outcome.machine
    below = f"Medians of one run, {facts.get('cores')} cores shared by contender, Kafka and Redis; {facts.get('kafka')}"
    return bars("The same job, side by side", below, rows)


def print_report(outcome: Outcome, console: Console) -> None:
    """Tables with medians, ratios last."""
    facts = outcome.machine
    console.print(f"{facts['kafka']}, {facts['cores']} cores, load of the machine {facts['load']} at the start")
    console.print(_throughput_table(outcome))
    console.print("Medians; CPU: processor time per event, broker: of Kafka and Redis; peak: all its processes")
    for found in outcome.rounds:
        if found.wrong:
            console.print(f"[red]{TITLES[found.contender]} was wrong in a round: {'; '.join(found.wrong)}[/red]")
    console.print(_latency_table(outcome))
    for name, percent in outcome.idle_percent.items():
        console.print(f"{name} with nothing to do: {percent:.1f} % of a core")
    if outcome.recovery:
        _print_recovery(outcome.recovery, console)
    told = ", ".join(f"{_shown(outcome.ratio(C360, peer))}x {TITLES[peer]}" for peer in PEERS)
    console.print(f"[bold]c360, events to Redis, is {told}[/bold]", soft_wrap=True)


def _print_recovery(found: Recovery, console: Console) -> None:
    console.print(
        f"A worker that starts anew has {found.customers:,} customers ({found.records:,} records, {found.view_bytes:,} "
        f"bytes of view each) back in {found.seconds:.1f} s, and holds each in {found.bytes_per_customer:,.0f} bytes",
        soft_wrap=True,
    )


def _throughput_table(outcome: Outcome) -> Table:
    rounds = max((len(outcome.of(one.name)) for one in outcome.contenders), default=0)
    columns = ("", "events/s", "x Faust", "c360 is", "CPU us", "broker us", "peak MiB")
    table = Table(*columns, title=f"Throughput, {rounds} rounds")
    for one in outcome.contenders:
        peaks = outcome.peaks(one.name)
        peaks.pop("broker", None)
        table.add_row(
            one.title,
            _shown(outcome.throughput(one.name), 0),
            _shown(outcome.ratio(one.name, PLAIN_FAUST)),
            "" if one.is_c360 else f"{_shown(outcome.ratio(C360, one.name), 2)}x",
            _shown(outcome.cpu_us(one.name)),
            _shown(outcome.broker_us(one.name)),
            " + ".join(f"{peak:.0f}" for _, peak in sorted(peaks.items(), reverse=True)),
            style="bold" if one.name == C360 else None,
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
