"""`c360 demo --once` at the command line: run, tell, write the dump, exit status."""

from pathlib import Path
from typing import Any, Final

import orjson
import typer

import ops
from ops.demo.headless import Outcome, Plan, run_once
from ops.demo.source_folder import choose_folder
from ops.demo.system import running_system
from ops.errors import OperatorError
from ops.rules_in_force import rules_of
from ops.settings import Settings
from ops.stopping import until_stopped

__all__ = ["CHECKOUT", "run_demo_once"]

CHECKOUT: Final = Path(ops.__file__).resolve().parents[1]

EXIT_INCONSISTENT: Final = 1
EXIT_INTERRUPTED: Final = 130


def run_demo_once(settings: Settings, data: Path | None, rate: float | None, dump: Path | None, limit: float) -> int:
    """Replay, catch up, judge, write the dump; the exit status. Nothing runs any more when this returns."""
    if dump is not None:
        _expect_writable(dump)
    folder = choose_folder(data, CHECKOUT)
    outcomes: list[Outcome] = []
    with until_stopped(), running_system(settings, report=typer.echo) as system:
        plan = Plan(folder, rate, limit, rules_of(settings, system.running.kafka).due_at_of)
        typer.echo(f"Replaying {plan.folder} ...")
        outcomes.append(run_once(system, plan, report=typer.echo))
    if not outcomes:
        typer.secho("Stopped before the end; nothing of it is left running.", err=True)
        return EXIT_INTERRUPTED
    (outcome,) = outcomes
    if dump is not None:
        dump.write_bytes(orjson.dumps(outcome.dump, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    _tell(outcome, dump)
    return EXIT_INCONSISTENT if outcome.wrong else 0


def _expect_writable(dump: Path) -> None:
    """Before a long run, not after it."""
    try:
        with dump.open("ab"):
            return
    except OSError as error:
        raise OperatorError(f"{dump} can't be written ({error.strerror}): give another file with --dump.") from None


def _tell(outcome: Outcome, dump: Path | None) -> None:
    stats: dict[str, Any] = outcome.dump["stats"]
    typer.echo(
        f"{stats['events']:,} events, {len(outcome.dump['views']):,} views, {len(outcome.dump['alerts']):,} alerts, "
        f"{len(outcome.dump['dead_letters']):,} dead letters in {stats['seconds']:.1f} s "
        f"on Kafka of tier {outcome.dump['tier']}."
    )
    for sentence in outcome.wrong:
        typer.secho(f"Not consistent: {sentence}", fg=typer.colors.RED, err=True)
    if not outcome.wrong:
        typer.echo("Consistent: every event is accounted for, Redis equals customer-views, each alert stands once.")
    if dump is not None:
        typer.echo(f"Written to {dump}.")
