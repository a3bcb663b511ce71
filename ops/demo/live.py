"""`c360 demo` at the command line: the board on a terminal, plain lines elsewhere, until Ctrl-C."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from rich.console import Console
from rich.live import Live

from ops.demo.board import Frame, Look, board, picture, progress_line, what_to_try
from ops.demo.figures import worth_a_look
from ops.demo.replay import replaying
from ops.demo.run import CHECKOUT
from ops.demo.source_folder import choose_folder, data_rows, rate_for
from ops.demo.stages import LIVE, Stages
from ops.demo.system import API, PROJECTOR, WORKER, System, running_system
from ops.demo.watch import Watch
from ops.errors import OperatorError
from ops.settings import Settings, without_password
from ops.stopping import until_stopped

__all__ = ["run_demo"]

LOOK_SECONDS: Final = 0.3
LINE_SECONDS: Final = 2.0
SUMMARIES: Final = 2_000
PICTURED_AT: Final = 0.7
"""How much of the replay has gone by when the picture is taken."""

Show = Callable[[Frame, Look], None]


def run_demo(settings: Settings, data: Path | None, rate: float | None, picture_file: Path | None = None) -> None:
    """Replay so that a person sees it move, then stay until Ctrl-C or SIGTERM; nothing is left running."""
    folder = choose_folder(data, CHECKOUT)
    console = Console(highlight=False, markup=False)
    with until_stopped() as stopped, running_system(settings, report=partial(console.print, soft_wrap=True)) as system:
        system.start_worker()
        system.start_api()
        with _shown(console) as show:
            _stay(system, folder, rate, show, _Camera(picture_file), lambda: stopped.wait(LOOK_SECONDS))
    console.print("Stopped; nothing of it is left running.")


def _stay(
    system: System, folder: Path, rate: float | None, show: Show, camera: "_Camera", pause: Callable[[], object]
) -> None:
    """Replay and show; ends only by what `pause` or the system raises."""
    rows = data_rows(folder)
    frame = _frame(system, folder, rows)
    with (
        closing(Watch(system)) as watch,
        replaying(system, folder, rate or rate_for(rows), _say_nothing, stepwise=True) as replay,
    ):
        stages = Stages(system, replay)
        while True:
            frame, look = _look(system, watch, stages, frame)
            show(frame, look)
            camera.see(frame, look)
            pause()


def _look(system: System, watch: Watch, stages: Stages, frame: Frame) -> tuple[Frame, Look]:
    system.watch()
    look = watch.look()
    try:
        stage = stages.advance()
    except OperatorError as error:
        if not system.running_well():
            raise
        # Kafka or Redis is away for a moment: said on the board, tried again at the next look.
        return frame, replace(look, trouble=(*look.trouble, error.message))
    if stage != frame.stage:
        frame = replace(frame, stage=stage)
        if stage == LIVE:
            frame = replace(frame, suggestions=tuple(worth_a_look(system.redis.summaries(SUMMARIES))))
    return replace(frame, metrics_urls=_metrics_urls(system)), look


def _frame(system: System, folder: Path, rows: int) -> Frame:
    running = system.running
    return Frame(
        kafka=f"Kafka {running.kafka_bootstrap}: {_reason(running.reasons, 'Kafka')}",
        redis=f"Redis {without_password(running.redis_url)}: {_reason(running.reasons, 'Redis')}",
        source=f"Replaying {os.path.relpath(folder)}",
        stage="starting",
        expected=rows,
        command=_command(),
        console=f"http://127.0.0.1:{system.api_port}/console/",
    )


def _command() -> str:
    """`c360` where it is on PATH, else its path as seen from here."""
    if shutil.which("c360"):
        return "c360"
    return os.path.relpath(Path(sys.executable).with_name("c360"))


def _reason(reasons: tuple[str, ...], of: str) -> str:
    taken = [reason.removeprefix(f"{of}: ") for reason in reasons if reason.startswith(f"{of}: ")]
    return taken[-1] if taken else ""


def _metrics_urls(system: System) -> tuple[str, ...]:
    ports = system.metrics_ports
    return tuple(
        f"http://127.0.0.1:{ports[name]}/metrics   ({name})" for name in (WORKER, PROJECTOR, API) if name in ports
    )


@contextmanager
def _shown(console: Console) -> Iterator[Show]:
    if not console.is_terminal:
        yield _Lines(console).show
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda frame, look: live.update(board(frame, look), refresh=True)


class _Lines:
    """Progress for a log file: a line now and then while something happens, and what to try once it is live."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told_at = 0.0
        self._stage = ""
        self._said = ""

    def show(self, frame: Frame, look: Look) -> None:
        """Print what is new."""
        entered, self._stage = frame.stage != self._stage, frame.stage
        due = monotonic() - self._told_at >= LINE_SECONDS
        line = progress_line(frame, look)
        if entered or (due and line != self._said):
            self._told_at, self._said = monotonic(), line
            self._console.print(line, *look.trouble, sep="\n", soft_wrap=True)
        if entered and frame.stage == LIVE:
            self._console.print(
                "Try, in another shell in this folder:", *what_to_try(frame), sep="\n  ", soft_wrap=True
            )


class _Camera:
    """Takes one picture of the board in mid-replay, for the documentation."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def see(self, frame: Frame, look: Look) -> None:
        """Take it when the moment has come."""
        if self._file is not None and (look.figures.folded or 0) >= PICTURED_AT * frame.expected:
            self._file.write_text(picture(frame, look, "c360 demo"))
            self._file = None


def _say_nothing(_line: str) -> None:
    """The board tells it."""
