"""`c360 rules`: the alert rules in force, changed while the workers run."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ops.dry_run import Forecast
    from ops.rule_changes import RuleTopic
    from schemas.rules import RuleChange

File = Annotated[Path, typer.Argument(help="YAML: a list under `rules`, or one rule by itself.")]
RuleId = Annotated[str, typer.Argument(help="Such as large-balance; `c360 rules list` names all.")]
Why = Annotated[str, typer.Option("--why", help="The reason; kept with the change.")]
By = Annotated[str | None, typer.Option("--by", help="Who changes it; default: the user of this shell.")]


def register(app: typer.Typer) -> None:
    """Add `c360 rules` and its commands."""
    group = typer.Typer(no_args_is_help=True, help="The alert rules in force: list, change, compare.")
    named = {"show_all": "list", "try_out": "try"}
    for command in (seed, show_all, show, put, disable, history, diff, try_out):
        group.command(named.get(command.__name__, command.__name__))(command)
    app.add_typer(group, name="rules")


def seed(
    file: Annotated[
        Path | None, typer.Argument(help="YAML of rules; default: C360_RULES_FILE, else those shipped with c360.")
    ] = None,
    by: By = None,
) -> None:
    """Put the rules that topic alert-rules does not know yet; those it knows stay as they are. Safe to repeat."""
    from ops.rule_changes import seed_rules
    from ops.running import kafka_of
    from ops.settings import load_settings

    settings = load_settings()
    versions = seed_rules(kafka_of(settings).bootstrap, file or settings.rules_file, by or getuser(), _now())
    _tell(versions)
    if not versions:
        typer.echo("All of these rules are there already.")


def show_all() -> None:
    """List the rules in force."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for column in ("rule", "kind", "version", "severity", "enabled", "changed at", "by", "why"):
        table.add_column(column, no_wrap=column in {"rule", "version"})
    for change in (book := _topic().book()).changes.values():
        rule, at = change.rule, f"{change.changed_at:%Y-%m-%d %H:%M:%S}"
        enabled = "yes" if rule.enabled else "no"
        table.add_row(
            rule.id, rule.kind, str(rule.version), rule.severity, enabled, at, change.changed_by, change.reason
        )
    if book.changes:
        Console().print(table)
    else:
        typer.echo("Topic alert-rules holds no rules: `c360 rules seed` puts those shipped.")


def show(rule_id: RuleId) -> None:
    """Print a rule as it is in force, in the form that `put` takes."""
    import yaml

    from ops.rule_changes import document_of

    change = _known(_topic(), rule_id)
    typer.echo(f"# version {change.rule.version}, put at {change.changed_at.isoformat()} by {change.changed_by}")
    typer.echo(f"# why: {change.reason}")
    typer.echo(yaml.safe_dump(document_of(change.rule), sort_keys=False, allow_unicode=True), nl=False)


def put(file: File, why: Why, by: By = None) -> None:
    """Bring rules into force on every worker; those that are the same already are left alone."""
    from ops.rule_changes import differences, rules_in

    rules, topic = rules_in(file), _topic()
    known = topic.book().changes
    before = {rule.id: known[rule.id].rule if rule.id in known else None for rule in rules}
    changed = [rule for rule in rules if differences(before[rule.id], rule)]
    versions = topic.put(changed, by or getuser(), why, _now()) if changed else {}
    for rule in rules:
        if rule not in changed:
            typer.echo(f"{rule.id}: unchanged, version {known[rule.id].rule.version}")
    _tell(versions)


def disable(rule_id: RuleId, why: Why, by: By = None) -> None:
    """Stop a rule on every worker; `put` it with `enabled: true` to have it again."""
    topic = _topic()
    rule = _known(topic, rule_id).rule
    if not rule.enabled:
        typer.echo(f"{rule_id}: disabled already, version {rule.version}")
        return
    _tell(topic.put([rule.model_copy(update={"enabled": False})], by or getuser(), why, _now()))


def history(rule_id: Annotated[str | None, typer.Argument(help="One rule only.")] = None) -> None:
    """Tell every change that is kept (3 years), oldest first: who, when, why, and what changed."""
    entries = _topic().history(rule_id)
    if not entries and rule_id is not None:
        _known(_topic(), rule_id)
    for entry in entries:
        change = entry.change
        who = "" if change is None else f" {change.changed_at.isoformat()} by {change.changed_by}: {change.reason}"
        typer.echo(f"{entry.rule_id} version {entry.version}{who}")
        for line in entry.told:
            typer.echo(f"    {line}")


def diff(file: File) -> None:
    """Compare a file with what is in force: what `put` of it would change."""
    from ops.rule_changes import differences, rules_in

    rules, known = rules_in(file), _topic().book().changes
    told = False
    for rule in rules:
        before = known[rule.id].rule if rule.id in known else None
        lines = differences(before, rule)
        if lines:
            told = True
            typer.echo(f"{rule.id}: {'new' if before is None else f'version {before.version}'}")
            typer.echo("\n".join(f"    {line}" for line in lines))
    for rule_id in sorted(known.keys() - {rule.id for rule in rules}):
        typer.echo(f"{rule_id}: in force, not in the file")
    if not told:
        typer.echo("Nothing in the file differs from what is in force.")


def try_out(
    file: File,
    since: Annotated[
        datetime | None, typer.Option(help="Count what is raised from this instant on (UTC); without it, all.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="So many lines of each table, the greatest first.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Forecast what rules would raise, beside today's: the retained history is folded in private. Writes nothing."""
    from ops.dry_run import candidate_of, dry_run
    from ops.errors import OperatorError
    from ops.rule_changes import rules_in
    from ops.rules_in_force import rules_of
    from ops.running import kafka_of
    from ops.settings import load_settings
    from streams.rules import Rules

    settings = load_settings()
    bootstrap = kafka_of(settings).bootstrap
    rules, today = rules_in(file), rules_of(settings, bootstrap)
    wanted, compared = candidate_of(today.rule_file, rules)
    if not compared:
        raise OperatorError(f"{file}: its rules are those in force already, so there is nothing to compare.")
    both = [
        Rules(one, settings.bank_timezone, None, today.organisation, closed_alert_days=settings.closed_alert_days)
        for one in (today.rule_file, wanted)
    ]
    from_then = None if since is None else since.replace(tzinfo=since.tzinfo or UTC)
    forecasts = dry_run(bootstrap, both, compared, from_then, _told_progress(sys.stderr.isatty()))
    _tell_forecasts(*forecasts, top=top, as_json=json)


def _told_progress(is_terminal: bool) -> "Callable[[int, int], None]":
    def told(done: int, total: int) -> None:
        # The end of a line that is written over.
        if is_terminal:
            share = 100 * done // max(1, total)
            typer.echo(f"\rfolded {done:,} of {total:,} records ({share} %)", nl=done >= total, err=True)

    return told


def _tell_forecasts(today: "Forecast", candidate: "Forecast", *, top: int, as_json: bool) -> None:
    tables = ("rule", "day", "manager", "branch")
    compared = {name: (getattr(today, f"by_{name}"), getattr(candidate, f"by_{name}")) for name in tables}
    if as_json:
        import orjson

        typer.echo(orjson.dumps({name: {"today": now, "candidate": then} for name, (now, then) in compared.items()}))
        return
    for name, (now, then) in compared.items():
        keys = sorted(now.keys() | then.keys(), key=lambda key: (-max(now[key], then[key]), key))
        shown = sorted(keys[:top]) if name == "day" else keys[:top]
        typer.echo(f"{name:32} {'today':>10} {'candidate':>10} {'change':>10}")
        for key in shown:
            typer.echo(f"{key:32} {now[key]:>10,} {then[key]:>10,} {then[key] - now[key]:>+10,}")
        if len(keys) > top:
            typer.echo(f"... and {len(keys) - top} more; --top or --json shows them")
        typer.echo(f"{'all':32} {now.total():>10,} {then.total():>10,} {then.total() - now.total():>+10,}\n")


def _topic() -> "RuleTopic":
    from ops.rule_changes import RuleTopic
    from ops.running import kafka_of
    from ops.settings import load_settings

    return RuleTopic(kafka_of(load_settings()).bootstrap)


def _known(topic: "RuleTopic", rule_id: str) -> "RuleChange":
    from ops.errors import OperatorError

    known = topic.book().changes
    if rule_id not in known:
        raise OperatorError(f"There is no rule {rule_id}; it is one of {', '.join(sorted(known)) or 'none'}.")
    return known[rule_id]


def _tell(versions: dict[str, int]) -> None:
    for rule_id, version in versions.items():
        typer.echo(f"{rule_id}: version {version} is in force")


def _now() -> datetime:
    return datetime.now(UTC)
