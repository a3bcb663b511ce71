"""`c360 dlq`: what could not be folded; sent once more when it is mended, or dropped."""

from collections.abc import Iterable
from datetime import UTC, datetime
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ops.dead_letters import Letter, Selection

Ids = Annotated[list[str] | None, typer.Argument(help="Letters, as `list` names them: partition/offset.")]
Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only of this reason; may be repeated.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="Only from this input topic; may be repeated.")]
Since = Annotated[datetime | None, typer.Option("--since", help="Only those set aside at or after this instant, UTC.")]
Until = Annotated[datetime | None, typer.Option("--until", help="Only those set aside before this instant, UTC.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; default: the user of this shell.")]
Why = Annotated[str | None, typer.Option("--why", help="What is to be remembered.")]
Every = Annotated[bool, typer.Option("--all", help="All that are open.")]


def register(app: typer.Typer) -> None:
    """Add `c360 dlq`."""
    group = typer.Typer(no_args_is_help=True, help="Dead letters: what could not be folded, and why.")
    group.command("list")(list_letters)
    group.command("show")(show)
    group.command("replay")(replay)
    group.command("drop")(drop)
    app.add_typer(group, name="dlq")


def list_letters(
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    decided: Annotated[bool, typer.Option("--decided", help="Also those replayed or dropped.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    json: Annotated[
        bool, typer.Option("--json", help="A JSON line each, all of them, without keys and values.")
    ] = False,
) -> None:
    """List open letters, how many of each reason, then the newest; no keys and values, which may be personal."""
    letters = _letters(_selection(None, reason, topic, since, until, decided=decided))
    if json:
        for letter in letters:
            typer.echo(_as_json(letter))
        return
    counts = sorted(_counted(letter.aside.reason for letter in letters).items())
    typer.echo(", ".join(f"{count} {name}" for name, count in counts) or "No dead letters.")
    for letter in letters[-limit:]:
        typer.echo(_as_line(letter))
    if len(letters) > limit:
        typer.echo(f"({len(letters) - limit} older ones: --limit)")


def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` names it.")],
    value: Annotated[bool, typer.Option("--value", help="Also key and value, which may be personal.")] = False,
) -> None:
    """Show one letter: where the record stands, what was wrong, what was decided."""
    (letter,) = _letters(_selection([letter_id], None, None, None, None, decided=True))
    aside = letter.aside
    lines = {"letter": letter.id, "record": letter.origin, "set aside": f"{aside.recorded_at:%Y-%m-%d %H:%M:%S} UTC"}
    lines |= {"reason": aside.reason, "error": aside.error, "decision": _decision_in_words(letter)}
    if value:
        lines |= {"key": _text(letter.key), "value": _text(letter.value)}
    for name, text in lines.items():
        typer.echo(f"{name:10s} {text}")


def replay(
    ids: Ids = None,
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    every: Every = False,
    by: By = None,
    why: Why = None,
) -> None:
    """Send open letters to their input topics once more, as they were. Safe to repeat: none is sent twice."""
    _decide("replayed", _asked_for(ids, reason, topic, since, until, every=every), by, why)


def drop(
    ids: Ids = None,
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    every: Every = False,
    by: By = None,
    why: Why = None,
) -> None:
    """Note that open letters are not to be sent; they stay in the topic, and are listed with --decided."""
    _decide("dropped", _asked_for(ids, reason, topic, since, until, every=every), by, why)


def _decide(decision: Literal["replayed", "dropped"], selection: "Selection", by: str | None, why: str | None) -> None:
    from ops.dead_letters import DeadLetters
    from ops.launcher.capabilities import probe
    from ops.running import kafka_of
    from ops.settings import load_settings

    kafka = kafka_of(load_settings())
    letters = _letters(selection)
    bare = [letter for letter in letters if decision == "replayed" and letter.value is None]
    for letter in bare:
        typer.echo(f"{letter.id}: not sent, as its value was not copied; take it from {letter.origin}.", err=True)
    able = kafka.capabilities or probe(kafka.bootstrap)
    done = 0
    portions = DeadLetters(kafka.bootstrap).decide(
        [letter for letter in letters if letter not in bare],
        decision,
        by or getuser(),
        datetime.now(UTC),
        why,
        transactional=able.transactions,
    )
    for portion in portions:
        done += len(portion)
        typer.echo(f"{done} of {len(letters) - len(bare)} {decision}")
    if not done:
        typer.echo("No open letter is meant: nothing was done.")


def _letters(selection: "Selection") -> "list[Letter]":
    from ops.dead_letters import DeadLetters
    from ops.running import kafka_of
    from ops.settings import load_settings

    return selection.of(DeadLetters(kafka_of(load_settings()).bootstrap).letters())


def _asked_for(
    ids: list[str] | None,
    reasons: list[str] | None,
    topics: list[str] | None,
    since: datetime | None,
    until: datetime | None,
    *,
    every: bool,
) -> "Selection":
    if not (ids or reasons or topics or since or until or every):
        raise typer.BadParameter("Say which: ids, --reason, --topic, --since, --until, or --all.")
    return _selection(ids, reasons, topics, since, until)


def _selection(
    ids: list[str] | None,
    reasons: list[str] | None,
    topics: list[str] | None,
    since: datetime | None,
    until: datetime | None,
    *,
    decided: bool = False,
) -> "Selection":
    from ops.dead_letters import Selection

    return Selection(ids or (), reasons or (), topics or (), _utc(since), _utc(until), decided)


def _utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(tzinfo=UTC)


def _as_line(letter: "Letter") -> str:
    aside = letter.aside
    decided = "" if letter.decision is None else f"  [{letter.decision.decision}]"
    at = f"{aside.recorded_at:%Y-%m-%d %H:%M:%S}"
    return f"{letter.id:9s} {at}  {aside.reason:15s} {letter.origin}: {aside.error}{decided}"


def _as_json(letter: "Letter") -> str:
    import orjson

    facts = letter.aside.model_dump(mode="json", exclude={"key_base64", "value_base64"})
    decision = None if letter.decision is None else letter.decision.model_dump(mode="json")
    return orjson.dumps({"id": letter.id, **facts, "decision": decision}).decode()


def _decision_in_words(letter: "Letter") -> str:
    decision = letter.decision
    if decision is None:
        return "open"
    why = f": {decision.why}" if decision.why else ""
    return f"{decision.decision} by {decision.decided_by} at {decision.decided_at:%Y-%m-%d %H:%M:%S} UTC{why}"


def _text(raw: bytes | None) -> str:
    return "(none)" if raw is None else raw.decode(errors="backslashreplace")


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
