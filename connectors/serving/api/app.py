"""The FastAPI application, made of its parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp

from connectors.serving.api import alerts, customers, lists, service, stream
from connectors.serving.api.direct import DirectViews
from connectors.serving.api.middleware import AroundRequests
from connectors.serving.api.parts import Parts, SignIn
from connectors.serving.api.problems import ProblemAnswer, add_handlers
from connectors.serving.console.site import ConsoleConfig, ConsoleSite

__all__ = ["create_api"]

_MOST_AT_ONCE: Final = 1_000
_REASON: Final = {
    "name": "X-Reason",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 1500},
    "description": "Why you look, percent-encoded UTF-8; it stands in the audit trail. Some roles have to say it.",
}
_INTRODUCTION: Final = """\
Who is this customer, and how does he stand? Answers come from views that a streaming engine keeps; each says how \
fresh it is. What is seen depends on the role; every look is written to the audit trail before it is answered.

Errors are `application/problem+json` (RFC 9457) with `what_to_do`. Money is in integer minor units beside its \
currency; what is masked is null or begins with `***`, and is named in `masked`. Pass over fields that you do not know.
"""


def create_api(parts: Parts, more: Iterable[APIRouter] = (), most_at_once: int = _MOST_AT_ONCE) -> ASGIApp:
    """The application. `more`: routes beside its own, such as the development issuer's and `/metrics`.

    What is around every request stands outside of FastAPI, whose own layers would cost each a tenth more.
    """
    app = FastAPI(
        title="c360 lookup API",
        description=_INTRODUCTION,
        version=version("c360"),
        openapi_url="/v1/openapi.json",
        # The pages that FastAPI has for it fetch scripts from the network.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.parts = parts
    for router in (customers.router, alerts.router, lists.router, stream.router, service.router):
        app.include_router(router)
    for router in (service.health, *more):
        app.include_router(router)
    _add_console(app, parts.sign_in)
    add_handlers(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return AroundRequests(DirectViews(app, parts), metrics=parts.metrics, most_at_once=most_at_once)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    await parts.freshness.look()
    tasks = [asyncio.create_task(run()) for run in (parts.freshness.run, *parts.background)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _add_console(app: FastAPI, sign_in: SignIn | None) -> None:
    """Without an issuer nobody could sign in there, so there is no console."""
    if sign_in is None:
        return

    @app.get("/", include_in_schema=False)
    @app.get("/console", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse("/console/")

    app.mount("/console", ConsoleSite(ConsoleConfig(sign_in.issuer, sign_in.client_id, sign_in.scope)), name="console")


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=None
        )
        components = document.setdefault("components", {})
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        components["schemas"]["ProblemAnswer"] = ProblemAnswer.model_json_schema()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation.setdefault("parameters", []).append(_REASON)
        document["security"] = [{"token": []}, {"key": []}]
        app.openapi_schema = document
    return app.openapi_schema
