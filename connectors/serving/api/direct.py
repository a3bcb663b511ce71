"""The way of the one request that is asked most: a customer's view by his number, past FastAPI's routing.

Matching the route, solving its dependencies and checking its two parameters cost more than the whole answer
(ops/decisions). So a request for a view that is plainly formed is answered here, by the function that the route calls
too; any other, also one with a parameter that is not foreseen, goes on to the route, which the OpenAPI document has.
"""

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.serving.api.calls import OF_WHO_ASKS, call_of
from connectors.serving.api.customers import CUSTOMER_NUMBER, customer, router, view_answer
from connectors.serving.api.parts import Parts
from connectors.serving.api.problems import FORESEEN, problem_of

__all__ = ["DirectViews"]

_PATH: Final = re.compile(rf"/v1/customers/({CUSTOMER_NUMBER})")
_FIELDS: Final = re.compile(rb"fields=([a-z_,]{1,300})")
_READ: Final = {name.encode(): name for name in (*OF_WHO_ASKS, "if-none-match")}
_ROUTE: Final = next(route for route in router.routes if getattr(route, "endpoint", None) is customer)


class DirectViews:
    """Before the application; answers what it can, passes the rest on."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        asked = _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        customer_id, fields = asked
        scope["route"] = _ROUTE
        # Of a header that stands there twice the first one counts, as everywhere in Starlette.
        headers = {_READ[name]: value.decode("latin-1") for name, value in reversed(scope["headers"]) if name in _READ}
        try:
            call = await call_of(self._parts, scope, headers)
            response = await view_answer(call, customer_id, fields, headers.get("if-none-match"))
        except FORESEEN as error:
            response = problem_of(error).response()
        await response(scope, receive, send)


def _asked(scope: Scope) -> tuple[str, str | None] | None:
    """The customer number and the fields; None when this is another request, or one to be looked at closely."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope.get("root_path"):
        return None
    path = _PATH.fullmatch(scope["path"])
    if path is None:
        return None
    if not (query := scope["query_string"]):
        return path[1], None
    fields = _FIELDS.fullmatch(query)
    return None if fields is None else (path[1], fields[1].decode())
