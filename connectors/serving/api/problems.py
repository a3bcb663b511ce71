"""Errors as RFC 9457 says: what happened, where, and what to do. Nothing of what was sent is repeated."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from connectors.errors import Incompatible, Unavailable, WrongForm
from connectors.serving.pages import NoSuchPage
from connectors.serving.tokens.errors import NotProved

__all__ = [
    "FORESEEN",
    "PROBLEM_JSON",
    "Problem",
    "ProblemAnswer",
    "add_handlers",
    "not_permitted",
    "problem_bytes",
    "problem_of",
    "unknown_customer",
]

PROBLEM_JSON: Final = "application/problem+json"
_RETRY_AFTER_S: Final = 2
_WRONG_WITHIN: Final = 20


class ProblemAnswer(BaseModel):
    """An error."""

    type: str
    """Stable: `urn:c360:problem:` and a code."""
    title: str
    status: int
    detail: str
    what_to_do: str
    errors: list[dict[str, str]] | None = None
    """Of a request that is not as it should be: where, and what is expected."""


class Problem(Exception):
    """An answer that is an error."""

    def __init__(
        self, status: int, code: str, title: str, detail: str, what_to_do: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.what_to_do = what_to_do
        self.headers = dict(headers or {})
        self.errors: list[dict[str, str]] | None = None

    def response(self) -> Response:
        """The same as an answer."""
        return Response(problem_bytes(self), self.status, self.headers, PROBLEM_JSON)


FORESEEN: Final = (Problem, NotProved, Unavailable, Incompatible, WrongForm, NoSuchPage)
"""What an answer may meet by the nature of things."""


def problem_bytes(problem: Problem) -> bytes:
    """The body of a problem."""
    told: dict[str, Any] = {
        "type": f"urn:c360:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "what_to_do": problem.what_to_do,
    }
    if problem.errors is not None:
        told["errors"] = problem.errors
    return orjson.dumps(told)


def unknown_customer() -> Problem:
    """There is no such customer, or none that may be seen: the answer is the same, so it tells of nobody."""
    return Problem(
        404,
        "unknown-customer",
        "No such customer",
        "There is no such customer among those whom you may see.",
        "Check the number; a customer who has just come may be on his way: see `freshness` of any other answer.",
    )


def not_permitted(what: str, role: str) -> Problem:
    """The role may not do this, whoever the customer."""
    return Problem(
        403,
        "not-permitted",
        "Not permitted",
        f"Your role, {role}, may not {what}.",
        "Ask whoever keeps the roles if your work needs it.",
    )


def unavailable(error: Unavailable) -> Problem:
    """What is behind the API does not answer."""
    return Problem(
        503,
        f"{error.dependency}-unavailable",
        "Not available now",
        f"{error.dependency.capitalize()}, which the answer needs, does not answer.",
        f"Ask again in {_RETRY_AFTER_S} seconds; if it stays so, tell whoever operates c360.",
        {"Retry-After": str(_RETRY_AFTER_S)},
    )


def add_handlers(app: FastAPI) -> None:
    """Every error of the app becomes a problem."""
    for kind in _TOLD:
        app.add_exception_handler(kind, _as_problem)


async def _as_problem(_request: Request, error: Exception) -> Response:
    return problem_of(error).response()


def problem_of(error: Exception) -> Problem:
    """What is told of an error that an answer may meet; any other is raised again."""
    for kind, told in _TOLD.items():
        if isinstance(error, kind):
            return told(error)
    raise error


def _not_proved(error: NotProved) -> Problem:
    detail, _, cure = str(error).partition(": ")
    challenge = "Bearer" if error.code == "missing" else 'Bearer error="invalid_token"'
    cure = (cure or "sign in").rstrip(".")
    return Problem(
        401,
        f"token-{error.code}",
        "Not signed in",
        f"{detail}.",
        f"{cure[0].upper()}{cure[1:]}.",
        {"WWW-Authenticate": challenge},
    )


def _incompatible(error: Incompatible) -> Problem:
    cure = "Tell whoever operates c360."
    return Problem(503, "incompatible", "Not available now", f"{error}", cure, {"Retry-After": "60"})


def _of_wrong_form(error: WrongForm) -> Problem:
    return _invalid([{"where": "identifier", "expected": str(error)}])


def _of_no_page(_error: NoSuchPage) -> Problem:
    return _invalid([{"where": "query.after", "expected": "the `next` of a page of this list"}])


def _of_invalid(error: RequestValidationError) -> Problem:
    return _invalid([_wrong(detail) for detail in error.errors()[:_WRONG_WITHIN]])


def _wrong(detail: Mapping[str, Any]) -> dict[str, str]:
    return {"where": ".".join(str(part) for part in detail["loc"]), "expected": str(detail["msg"])}


def _invalid(errors: list[dict[str, str]]) -> Problem:
    problem = Problem(
        422,
        "invalid-request",
        "The request is not as it should be",
        "; ".join(f"{error['where']}: {error['expected']}" for error in errors),
        "Correct what `errors` names; /v1/openapi.json says what is expected.",
    )
    problem.errors = errors
    return problem


def _of_http(error: HTTPException) -> Problem:
    code = {404: "no-such-path", 405: "method-not-allowed"}.get(error.status_code, "refused")
    said = {404: "There is nothing at this path.", 405: "This path does not take this method."}
    return Problem(
        error.status_code,
        code,
        str(error.detail),
        said.get(error.status_code, str(error.detail)),
        "/v1/openapi.json lists what there is.",
        error.headers,
    )


def _itself(error: Problem) -> Problem:
    return error


_TOLD: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    Problem: _itself,
    NotProved: _not_proved,
    Unavailable: unavailable,
    Incompatible: _incompatible,
    WrongForm: _of_wrong_form,
    NoSuchPage: _of_no_page,
    RequestValidationError: _of_invalid,
    HTTPException: _of_http,
}
