"""`c360 alerts`: alerts as they are raised, the story of one, and what was held back from people."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from getpass import getuser
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from connectors.serving.alert_feed import AlertFeed, Published

WAIT_S = 0.5
AlertId = Annotated[UUID, typer.Argument(help="As `tail --json` and views show it.")]
By = Annotated[str | None, typer.Option("--by", help="Who acts; default: the user of this shell.")]
Note = Annotated[str | None, typer.Option("--note", help="What is to be remembered.")]


def register(app: typer.Typer) -> None:
    """Add `c360 alerts`."""
    alerts = typer.Typer(help="What the engine raised.", no_args_is_help=True)
    alerts.callback()(lambda: None)
    alerts.command("tail")(tail)
    alerts.command("explain")(explain)
    alerts.command("held")(held)
    for action in (ack, snooze, dismiss, resolve):
        alerts.command(action.__name__)(action)
    app.add_typer(alerts, name="alerts")


def tail(
    from_start: Annotated[bool, typer.Option("--from-start", help="All there are, not only new ones.")] = False,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as maturity.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The alert as published, one JSON line each.")] = False,
    count: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
) -> None:
    """Print alerts as they are raised and addressed (committed ones only), until Ctrl-C."""
    from connectors.errors import Unavailable
    from connectors.serving.alert_feed import AlertFeed
    from ops.errors import OperatorError
    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.stopping import until_stopped

    _check_kind(kind)
    bootstrap = kafka_of(load_settings()).bootstrap
    try:
        with until_stopped():
            feed = AlertFeed(bootstrap, from_start=from_start)
            try:
                _print(_wanted(feed, kind), count, _as_json if json else _as_line)
            finally:
                feed.close()
    except Unavailable as error:
        raise OperatorError(f"The alerts can't be read from Kafka at {bootstrap}: {error.reason}") from error


def explain(
    alert_id: Annotated[UUID, typer.Argument(help="The alert's id, as `tail --json` and views show it.")],
) -> None:
    """Tell an alert's story: rule and version, thresholds, values, causing events, changes, deliveries."""
    from ops.alert_stories import explained
    from ops.running import kafka_of
    from ops.settings import load_settings

    for sentence in explained(kafka_of(load_settings()).bootstrap, alert_id):
        typer.echo(sentence)


def held(
    to: Annotated[str | None, typer.Option(help="Of this addressee only.")] = None,
    customer: Annotated[str | None, typer.Option(help="About this customer only.")] = None,
) -> None:
    """List what was held back from people, and why; the alerts stand on their topics all the same."""
    from connectors.serving.wording import one_line
    from ops.delivery import deliveries
    from ops.running import kafka_of
    from ops.settings import load_settings

    found = [
        one
        for one in deliveries(kafka_of(load_settings()).bootstrap)
        if one.outcome == "held" and to in {None, one.to} and customer in {None, one.customer_id}
    ]
    for one in found:
        kinds = ", ".join(sorted({alert.kind.replace("_", " ") for alert in one.alerts}))
        typer.echo(
            f"{one.at:%Y-%m-%d %H:%M} {one.severity:7} {one.customer_id} -> {one_line(one.to)} by {one.channel}: "
            f"{kinds} ({one.error}) {' '.join(str(alert.alert_id) for alert in one.alerts)}"
        )
    typer.echo(f"{len(found)} held back.")


def ack(alert_id: AlertId, note: Note = None, by: By = None) -> None:
    """Take an alert on: it is not escalated any more."""
    _act(alert_id, "acknowledged", by, note=note)


def snooze(
    alert_id: AlertId,
    until: Annotated[datetime, typer.Option(help="When it comes back (UTC), such as 2026-12-01T08:00:00.")],
    note: Note = None,
    by: By = None,
) -> None:
    """Put an alert off until an instant."""
    _act(alert_id, "snoozed", by, until=until.replace(tzinfo=until.tzinfo or UTC), note=note)


def dismiss(
    alert_id: AlertId, why: Annotated[str, typer.Option("--why", help="Why it leads to nothing.")], by: By = None
) -> None:
    """Close an alert that leads to nothing."""
    _act(alert_id, "dismissed", by, reason=why)


def resolve(
    alert_id: AlertId, why: Annotated[str | None, typer.Option("--why", help="What was done.")] = None, by: By = None
) -> None:
    """Close an alert whose matter is done."""
    _act(alert_id, "resolved", by, reason=why)


def _act(alert_id: UUID, action: str, by: str | None, **said: object) -> None:
    from ops.alert_actions import act
    from ops.running import kafka_of
    from ops.settings import load_settings

    alert = act(kafka_of(load_settings()).bootstrap, alert_id, action, by or getuser(), datetime.now(UTC), said)
    what = f"{alert.kind.replace('_', ' ')} of customer {alert.customer_id}"
    typer.echo(f"{action}: {what}. The action is on topic alert-actions, and a worker takes it up from there.")


def _check_kind(kind: str | None) -> None:
    from ops.errors import OperatorError
    from schemas.alerts import AlertKind

    kinds = [str(known) for known in AlertKind]
    if kind is not None and kind not in kinds:
        raise OperatorError(f"There is no kind of alert {kind}; it is one of {', '.join(kinds)}.")


def _wanted(feed: "AlertFeed", kind: str | None) -> "Iterator[Published]":
    told: str | None = None
    while True:
        published_now = feed.take(WAIT_S)
        if feed.trouble is not None and feed.trouble != told:
            typer.echo(f"Kafka does not answer ({feed.trouble}); waiting for it", err=True)
        told = feed.trouble
        for published in published_now:
            if kind is None or (published.alert is not None and published.alert.kind == kind):
                yield published


def _print(alerts: "Iterator[Published]", count: int | None, said: "Callable[[Published], str]") -> None:
    for number, published in enumerate(alerts, start=1):
        typer.echo(said(published))
        if number == count:
            return


def _as_json(published: "Published") -> str:
    return published.value.decode(errors="replace")


def _as_line(published: "Published") -> str:
    from connectors.serving.wording import alert_in_words

    alert = published.alert
    if alert is None:
        return f"unreadable record in {published.topic}, partition {published.partition}, offset {published.offset}"
    words = alert_in_words(alert.kind, alert.payload)
    change = "" if alert.revision == 1 else f" ({alert.change}, revision {alert.revision})"
    return (
        f"{alert.raised_at:%Y-%m-%d %H:%M} {alert.severity:7} {alert.kind.replace('_', ' '):18} "
        f"{alert.customer_id} -> {alert.to}{change}: {words}"
    )
