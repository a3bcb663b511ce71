"""One request: who asks, through which door, why; and its line in the audit trail."""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Final
from urllib.parse import unquote
from uuid import uuid4

from fastapi import Depends, Request
from starlette.types import Scope

from connectors.errors import Unavailable
from connectors.serving.access.door import Door
from connectors.serving.access.person import Person
from connectors.serving.access.roles import May
from connectors.serving.api.fresh import Fresh
from connectors.serving.api.parts import Parts
from connectors.serving.api.problems import Problem, not_permitted
from schemas.audit import Look, LookOutcome

__all__ = ["OF_WHO_ASKS", "Asked", "Call", "call_of", "parts_of"]

OF_WHO_ASKS: Final = ("authorization", "x-api-key", "x-reason")
"""The headers that `call_of` reads."""

_ON_ALL: Final = {
    May.CUSTOMERS: "look at customers",
    May.LISTS: "see lists of managers and branches",
    May.TOP: "see rankings",
    May.ACT: "act on alerts",
    May.OPERATIONS: "see how c360 runs",
}

_LONGEST_REASON: Final = 1_500
"""Of 500 letters, percent-encoded."""

logger = logging.getLogger("c360.api")


class Call:
    """A request of somebody who has proved who he is."""

    def __init__(
        self,
        parts: Parts,
        door: Door,
        request_id: str,
        reason: str | None,
        prove_again: Callable[[], Awaitable[Person]],
    ) -> None:
        """`prove_again` raises NotProved once what was shown is good no more."""
        self.parts = parts
        self.door = door
        self.request_id = request_id
        self.reason = reason
        self.prove_again = prove_again
        self._fresh: Fresh | None = None

    @property
    def fresh(self) -> Fresh:
        """How fresh the answer is, as it was when that was first asked: its ETag and its body say the same."""
        if self._fresh is None:
            self._fresh = self.parts.freshness.now()
        return self._fresh

    def require(self, what: May) -> None:
        """Raises a problem when the role may not do this, or has to say why and does not."""
        if not self.door.may(what):
            raise not_permitted(_ON_ALL[what], self.door.role.title)
        if self.door.role.reason == "required" and not self.reason and what is not May.OPERATIONS:
            raise Problem(
                400,
                "reason-required",
                "A reason is needed",
                f"Your role, {self.door.role.title}, has to say why it looks at customers.",
                "Send the reason in the header X-Reason (percent-encoded UTF-8).",
            )

    def manager(self, named: str, what: str) -> str:
        """The number of a manager whose customers may be listed, `me` for who asks himself.

        The problem is the same for every other, whether there is one or not; `what` says what was to be done.
        """
        self.require(May.LISTS)
        number = self.door.person.manager if named == "me" else named
        if number is None or not self.door.admits_manager(number):
            raise not_permitted(f"{what} of this manager", self.door.role.title)
        return number

    def branch(self, named: str, what: str) -> str:
        """The same of a branch; `me` is one's own."""
        self.require(May.LISTS)
        number = self.door.person.branch if named == "me" else named
        if number is None or not self.door.admits_branch(number):
            raise not_permitted(f"{what} of this branch", self.door.role.title)
        return number

    async def audit(
        self,
        look: Look,
        outcome: LookOutcome,
        asked_by: str,
        customers: Iterable[str] = (),
        fields: Iterable[str] = (),
    ) -> None:
        """Write the look down; the answer may go out once this returns. Raises a problem when it may not."""
        looked = self.door.looked(look, outcome, asked_by, customers, fields) | {
            # As texts: to look up an enumeration, or to write it as JSON, takes several times as long.
            "look": str(look),
            "outcome": str(outcome),
            "audit_id": uuid4(),
            "at": self.parts.now(),
            "reason": self.reason,
            "request_id": self.request_id,
        }
        self.parts.metrics.look(looked["role"], looked["look"], looked["outcome"])
        began = time.perf_counter()
        try:
            await self.parts.audit.write(looked)
        except Unavailable as error:
            self.parts.metrics.audit_failed()
            logger.error("A look was not written to the audit trail: %s (request %s)", error.reason, self.request_id)
            if not self.parts.answers_unaudited:
                raise _unaudited() from None
        else:
            self.parts.metrics.audited(time.perf_counter() - began)


def parts_of(request: Request) -> Parts:
    """What the app was made of."""
    parts: Parts = request.app.state.parts
    return parts


async def _call(request: Request) -> Call:
    # Headers are read here and described in the document's own place: as parameters each would cost 50 us a request.
    return await call_of(parts_of(request), request.scope, request.headers)


async def call_of(parts: Parts, scope: Scope, headers: Mapping[str, str]) -> Call:
    """Whoever asks, proved; `headers` by names in small letters. Raises a problem when he may not ask, or not now."""
    certificate = scope.get("extensions", {}).get("c360.certificate", {}).get("names", ())
    prove = partial(parts.who.asks, headers.get("authorization"), headers.get("x-api-key"), certificate)
    person = await prove()
    wait_s = parts.rates.wait_for(person.subject, person.requests_per_second)
    if wait_s > 0:
        seconds = str(int(wait_s) + 1)
        raise Problem(
            429,
            "too-many-requests",
            "Too many requests",
            "You have asked more often than is allowed.",
            f"Ask again in {seconds} s.",
            {"Retry-After": seconds},
        )
    role = parts.roles.get(person.role)
    if role is None:
        raise Problem(
            403,
            "unknown-role",
            "Not permitted",
            "Your token names a role that is not known here.",
            "Ask whoever gives out accounts; C360_ROLES_FILE has the roles there are.",
        )
    request_id = scope.get("c360.request_id") or secrets.token_hex(8)
    return Call(parts, Door(person, role), request_id, _reason(headers.get("x-reason")), prove)


def _reason(header: str | None) -> str | None:
    return unquote(header[:_LONGEST_REASON], errors="replace").strip()[:500] or None if header else None


def _unaudited() -> Problem:
    return Problem(
        503,
        "audit-unavailable",
        "Not available now",
        "The look can't be written to the audit trail, and without that nothing is shown.",
        "Ask again in 5 seconds; if it stays so, tell whoever operates c360 that Kafka does not answer.",
        {"Retry-After": "5"},
    )


Asked = Annotated[Call, Depends(_call)]
