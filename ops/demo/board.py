"""The live board: one look at the system as a person reads it. Rendering only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from math import inf
from typing import Final

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from connectors.serving.freshness import duration
from ops.demo.figures import AlertLine, Figures, Suggestion

__all__ = ["Frame", "Look", "board", "picture", "progress_line", "what_to_try"]

WIDTH: Final = 118


@dataclass(frozen=True)
class Look:
    """How the system stands at one moment."""

    figures: Figures = field(default_factory=Figures)
    alerts_by_kind: Mapping[str, int] = field(default_factory=dict)
    latest_alerts: tuple[AlertLine, ...] = ()
    restarts: int = 0
    silent_seconds: float | None = None
    """Since the projector was last heard of."""
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """What stays, or changes only between stages."""

    kafka: str
    """Address, tier and the reason for it."""
    redis: str
    source: str
    stage: str
    expected: int
    """Roughly how many events are coming."""
    metrics_urls: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    console: str | None = None
    """Where people look customers up in a browser."""
    command: str = "c360"
    """How a person here calls c360."""

    def at(self, stage: str, **changes: object) -> "Frame":
        """The frame of the next stage."""
        return replace(self, stage=stage, **changes)  # type: ignore[arg-type]


def board(frame: Frame, look: Look) -> RenderableType:
    """The whole board."""
    parts: list[RenderableType] = [_progress(frame, look.figures), _panels(look), _alerts(look)]
    if look.trouble:
        parts.append(Panel(Text("\n".join(look.trouble)), title="not well", border_style="red", width=WIDTH))
    parts.append(_try_next(frame))
    return Group(*parts)


def picture(frame: Frame, look: Look, title: str) -> str:
    """The board as an SVG that stands by itself: it names no font to fetch."""
    console = Console(record=True, width=WIDTH + 2, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(board(frame, look))
    return console.export_svg(title=title, code_format=_SVG)


def progress_line(frame: Frame, look: Look) -> str:
    """The same in one line, where there is no terminal."""
    figures = look.figures
    clock = f"{figures.clock:%Y-%m-%d}" if figures.clock else "-"
    alerts = sum(look.alerts_by_kind.values())
    return (
        f"{frame.stage}: {_count(figures.folded)} events ({figures.events_per_second:,.0f}/s), "
        f"lag {_count(figures.lag)}, {_count(figures.views_in_redis)} views in Redis, {alerts:,} alerts, "
        f"the bank's day {clock}"
    )


def what_to_try(frame: Frame) -> list[str]:
    """What a person may do next, a line each; in another shell, in the same folder."""
    lookups = [f"{frame.command} lookup {one.customer_id}   ({one.why})" for one in frame.suggestions]
    console = (
        [f"{frame.console}   (in a browser: choose who you are, type a customer's number)"] if frame.console else []
    )
    return [*console, *lookups, f"{frame.command} alerts tail   (every alert as it is raised)", *frame.metrics_urls]


def _progress(frame: Frame, figures: Figures) -> Panel:
    done = figures.folded or 0
    bar = ProgressBar(total=max(frame.expected, 1), completed=min(done, frame.expected), width=60)
    line = Table.grid(padding=(0, 2))
    clock = f"{figures.clock:%d %B %Y}" if figures.clock else "-"
    line.add_row(bar, Text(f"{done:,} events", style="bold"), Text(f"the bank's day: {clock}"))
    facts = Text(f"{frame.source}\n{frame.kafka}\n{frame.redis}", style="dim", overflow="ellipsis", no_wrap=True)
    return Panel(Group(line, facts), title=f"c360, {frame.stage}", border_style="cyan", width=WIDTH)


def _panels(look: Look) -> Columns:
    width = (WIDTH - 4) // 3
    return Columns(
        [
            _facts("events to views", _flow(look.figures, look.restarts), width),
            _facts("customers", _views(look), width),
            _facts("alerts raised", {kind: f"{n:,}" for kind, n in look.alerts_by_kind.items()}, width),
        ],
        padding=(0, 1),
    )


def _flow(figures: Figures, restarts: int) -> dict[str, str]:
    flushes = ", ".join(f"{n:,} {outcome}" for outcome, n in figures.transactions.items()) or "none yet"
    recovery = (
        f"{figures.recovering:,} records to read" if figures.recovering else f"{figures.recovered:,} records read"
    )
    return {
        "events/s": f"{figures.events_per_second:,.0f}",
        "lag": _count(figures.lag),
        "flushes": flushes,
        "set aside": f"{figures.set_aside:,}",
        "recovery": recovery,
        "restarts": f"{restarts}",
    }


def _views(look: Look) -> dict[str, str]:
    figures = look.figures
    return {
        "folded": _count(figures.customers),
        "views in Redis": _count(figures.views_in_redis),
        "Redis behind": f"{_count(figures.projector_lag)} records",
        "projector heard": "-" if look.silent_seconds is None else f"{duration(look.silent_seconds)} ago",
        "event to Redis p50": _bound(figures.latency_p50),
        "event to Redis p99": _bound(figures.latency_p99),
    }


def _facts(title: str, facts: Mapping[str, str], width: int) -> Panel:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", style="bold", overflow="ellipsis", no_wrap=True)
    for name, value in facts.items():
        table.add_row(name, value)
    return Panel(table, title=title, width=width, height=8, border_style="blue")


def _alerts(look: Look) -> Panel:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1))
    for column in ("raised", "kind", "customer", "to"):
        table.add_column(column, no_wrap=True)
    table.add_column("what", no_wrap=True, overflow="ellipsis", ratio=1)
    for line in look.latest_alerts:
        cells = (line.raised_on, line.kind, line.customer_id, line.to, line.words)
        # As texts: what a source wrote is never taken for markup.
        table.add_row(*map(Text, cells))
    return Panel(table, title="latest alerts", width=WIDTH, border_style="yellow")


def _try_next(frame: Frame) -> Panel:
    lines = "\n".join(what_to_try(frame))
    return Panel(
        Text(lines, overflow="ellipsis", no_wrap=True),
        title="try, in another shell here; Ctrl-C ends all",
        width=WIDTH,
        border_style="green",
    )


def _count(n: int | None) -> str:
    return "-" if n is None else f"{n:,}"


def _bound(seconds: float | None) -> str:
    """A bucket's bound, so never more than known."""
    if seconds is None:
        return "-"
    if seconds == inf:
        return "over 60 s"
    return f"<= {seconds * 1000:,.0f} ms" if seconds < 1 else f"<= {seconds:,.1f} s"


# rich's own format fetches a font from the network.
_SVG: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
