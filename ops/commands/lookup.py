"""`c360 lookup`: a customer's view on the screen."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from connectors.serving.freshness import Freshness
    from connectors.serving.permitted import PermittedViews
    from connectors.serving.views import View

EXIT_UNKNOWN = 1


def register(app: typer.Typer) -> None:
    """Add `c360 lookup`."""
    app.command("lookup")(lookup)


def lookup(
    number: Annotated[
        str | None, typer.Argument(help="Customer number, account, contract, phone, document or organisation code.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Find the customer by an account alone.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The view as JSON, one line, for machines.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why you look; it stands in the audit trail.")] = None,
) -> None:
    """Show a customer's view: who, what needs attention, accounts, loans, complaints, alerts, and how fresh it is.

    A number that means several customers shows them all. Nothing is masked for whoever may use this host, so each look
    is written to the audit trail first, as of `host:<login>` (`c360 audit`). Exits with 1 when there is no such
    customer, with 2 when Redis does not answer or the look can't be written.
    """
    from connectors.errors import Incompatible, Unavailable, WrongForm
    from connectors.serving.views import Views, connect
    from ops.errors import OperatorError
    from ops.host_looks import permitted_at_host
    from ops.index_key import identifiers_of
    from ops.running import redis_of
    from ops.settings import load_settings

    if (number is None) == (account is None):
        raise OperatorError("Give a customer number or --account, one of the two: c360 lookup B00000001")
    settings = load_settings()
    url = redis_of(settings)
    try:
        views = Views(connect(url), identifiers_of(settings))
        found = _found(permitted_at_host(views, settings), number, account, reason)
        freshness = views.freshness()
    except Unavailable as error:
        raise OperatorError(f"Redis does not answer, so no view can be looked up: {error.reason}") from error
    except (Incompatible, WrongForm) as error:
        raise OperatorError(f"Nothing was looked up: {error}") from error
    if not found:
        _say_unknown(number, account, freshness)
        raise typer.Exit(EXIT_UNKNOWN)
    for view in found:
        _show_json(view, freshness) if json else _show(view, freshness)


def _found(people: "PermittedViews", number: str | None, account: str | None, reason: str | None) -> "list[View]":
    if account is not None:
        return people.by_account(account, reason)
    return [match.view for match in people.find(number or "", reason)]


def _say_unknown(number: str | None, account: str | None, freshness: "Freshness") -> None:
    import time

    what = f"No customer has account {account}" if number is None else f"No customer {number}"
    reasons = freshness.shortcomings(time.time())
    hint = f" It may still be on its way: {'; '.join(reasons)}." if reasons else ""
    typer.echo(f"{what} is known to c360.{hint}" if number else f"{what}.{hint}", err=True)


def _show_json(view: "View", freshness: "Freshness") -> None:
    from dataclasses import asdict

    import orjson

    told = orjson.dumps(asdict(freshness))
    typer.echo(view.json()[:-1] + b',"freshness":' + told + b"}")


def _show(view: "View", freshness: "Freshness") -> None:
    from datetime import UTC, datetime

    import orjson
    from rich.console import Console

    from ops.view_page import view_page

    # What a customer wrote is text, never markup.
    Console(markup=False, highlight=False).print(view_page(orjson.loads(view.json()), freshness, datetime.now(UTC)))
