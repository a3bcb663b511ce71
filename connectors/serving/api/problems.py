"""Errors as RFC 9457 says: what happened, where, and what to do. Nothing of what was sent is repeated."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from connectors.errors import Incompatible, Unavailable, WrongForm
from connectors.serving.tokens.errors import NotProved

__all__ = [
    "PROBLEM_JSON",
    "Problem",
    "ProblemAnswer",
    "add_handlers",
    "not_permitted",
    "problem_bytes",
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
    app.add_exception_handler(Problem, _of_problem)
    app.add_exception_handler(NotProved, _of_not_proved)
    app.add_exception_handler(Unavailable, _of_unavailable)
    app.add_exception_handler(Incompatible, _of_incompatible)
    app.add_exception_handler(WrongForm, _of_wrong_form)
    app.add_exception_handler(RequestValidationError, _of_invalid)
    app.add_exception_handler(HTTPException, _of_http)


async def _of_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _of_not_proved(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotProved)
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
    ).response()


async def _of_unavailable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unavailable)
    return unavailable(error).response()


async def _of_incompatible(_request: Request, error: Exception) -> Response:
    return Problem(
        503, "incompatible", "Not available now", f"{error}", "Tell whoever operates c360.", {"Retry-After": "60"}
    ).response()


async def _of_wrong_form(_request: Request, error: Exception) -> Response:
    return _invalid([{"where": "identifier", "expected": str(error)}]).response()


async def _of_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [
        {"where": ".".join(str(part) for part in detail["loc"]), "expected": str(detail["msg"])}
        for detail in error.errors()[:_WRONG_WITHIN]
    ]
    return _invalid(wrong).response()


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


async def _of_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "no-such-path", 405: "method-not-allowed"}.get(error.status_code, "refused")
    return Problem(
        error.status_code,
        code,
        str(error.detail),
        {404: "There is nothing at this path.", 405: "This path does not take this method."}.get(
            error.status_code, str(error.detail)
        ),
        "/v1/openapi.json lists what there is.",
        error.headers,
    ).response()
