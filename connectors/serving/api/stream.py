"""`/v1/stream`: changes of a customer, or of the customers of a manager or a branch, as server-sent events."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from connectors.errors import Unavailable
from connectors.redis_keys import Who
from connectors.redis_keys import branch as of_branch
from connectors.redis_keys import manager as of_manager
from connectors.serving.answers import Party
from connectors.serving.api.answers import PROBLEMS, freshness_json
from connectors.serving.api.calls import Asked, Call
from connectors.serving.api.customers import seen
from connectors.serving.api.followed import Followed
from connectors.serving.api.problems import Problem
from connectors.serving.changes import Following
from connectors.serving.kept_changes import Change
from connectors.serving.tokens.errors import NotProved
from schemas.audit import Look, LookOutcome
from schemas.views import PROFILE, alert_section

__all__ = ["router"]

_HEARTBEAT_S: Final = 15.0
_PROVED_AGAIN_S: Final = 15.0
_ALERT: Final = alert_section("")

router = APIRouter(prefix="/v1", tags=["changes"], responses=PROBLEMS)

_DESCRIPTION: Final = """\
Server-sent events, read with `fetch` (the token goes into the header):

- `view`: `{customer_id, changed: [section, ...], sections: {section: its content, or null when it is gone}}`; of a \
manager's or branch's customers without `sections`.
- `alert`: `{customer_id, alert}`, the alert as it is now.
- `freshness`: as in every answer; at the beginning, within some seconds whenever `causes` change, and every 15 s.
- `reset`: changes were missed that are not kept any more: look it all up again.
- `end`: with `reason` `expired` (the token has, or is good no more), `gone` (the customer may not be seen any more) \
or `closing` (the server stops): no event comes any more.

`Last-Event-ID` resumes after the last event seen, as far as changes are kept (5,000). Without it the stream begins \
with the changes of the last 12 s, which what was looked up just before may lack. After a `reset` look it up at once, \
and again 12 s later: Redis may not have had all of it.
"""


@router.get(
    "/stream",
    description=_DESCRIPTION,
    response_class=StreamingResponse,
    responses={200: {"description": "The events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(
    call: Asked,
    customer: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = None,
    manager: Annotated[str | None, Query(max_length=64, description="His number, or `me`.")] = None,
    branch: Annotated[str | None, Query(max_length=64, description="Its number, or `me`: one's own.")] = None,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Follow the changes of one customer, or of the customers of a manager or a branch."""
    if sum(named is not None for named in (customer, manager, branch)) != 1:
        raise Problem(
            422,
            "invalid-request",
            "The request is not as it should be",
            "A stream follows one customer, one manager or one branch.",
            "Name one of `customer`, `manager` and `branch`.",
        )
    _make_room(call)
    changes, whose = call.parts.changes, _whose(call, manager, branch)
    subject, customers = call.door.person.subject, [] if customer is None else [customer]
    # Followed before anything is looked up: what changes between the two would be told nobody.
    following = changes.follow(customers, subject, whose, last_event_id)
    followed = None if whose is None else Followed(call.parts, following, whose)
    try:
        if customer is not None:
            await seen(call, customer, Look.FOLLOW)
            await call.audit(Look.FOLLOW, LookOutcome.SHOWN, "customer", customers)
        if followed is not None:
            await followed.read(last_event_id)
            await call.audit(Look.FOLLOW, LookOutcome.SHOWN, "branch" if manager is None else "manager")
    except BaseException:
        changes.leave(following)
        raise
    return _Stream(_Events(call, following, followed))


def _whose(call: Call, manager: str | None, branch: str | None) -> Who | None:
    """Whose customers are followed; None: one customer is. Raises a problem when they may not be."""
    what = "follow the customers"
    if manager is not None:
        return of_manager(call.manager(manager, what))
    return None if branch is None else of_branch(call.branch(branch, what))


def _make_room(call: Call) -> None:
    parts, person = call.parts, call.door.person
    if parts.changes.followers >= parts.most_streams:
        raise Problem(
            503,
            "too-many-streams",
            "Not available now",
            "As many follow changes as this server can serve.",
            "Ask again in 30 seconds, or look the customer up now and then.",
            {"Retry-After": "30"},
        )
    if parts.changes.followed_by(person.subject) >= parts.most_streams_each:
        raise Problem(
            429,
            "too-many-streams",
            "Too many streams",
            f"You follow {parts.most_streams_each} customers or lists already.",
            "Close one of the pages that follow changes.",
            {"Retry-After": "10"},
        )


class _Stream(StreamingResponse):
    """The events as an answer; follows no more when it is over, begun or not."""

    def __init__(self, events: "_Events") -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events.run(), media_type="text/event-stream", headers=headers)
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._events.leave()


class _Events:
    """What one follower is sent; of a customer (`followed` is None) sections with their content."""

    def __init__(self, call: Call, following: Following, followed: Followed | None) -> None:
        self.call = call
        self.following = following
        self.is_whole = followed is None
        self._followed = followed
        self._said, self._said_at = call.parts.freshness.now(), call.parts.monotonic()
        self._proved_at = self._said_at

    async def run(self) -> AsyncIterator[bytes]:
        """The events, until he goes or something ends it."""
        self.call.parts.metrics.streams(self.call.parts.changes.followers)
        # Who has to look again comes back to a place only when he was told so.
        yield b"retry: 2000\n" + self._freshness(None if self.following.missed else self._place())
        async for sent in self._until_the_end():
            yield sent

    def leave(self) -> None:
        """He does not follow any more."""
        parts = self.call.parts
        parts.changes.leave(self.following)
        parts.metrics.streams(parts.changes.followers)

    async def _until_the_end(self) -> AsyncIterator[bytes]:
        parts = self.call.parts
        while (ending := await self._ending()) is None:
            now, said = parts.freshness.now(), self._said
            if self._followed is not None:
                await self._followed.read_again(caught_up=said.is_behind and not now.is_behind)
            sent = b"".join(self._come())
            is_due = parts.monotonic() - self._said_at >= _HEARTBEAT_S
            if (is_due or now.causes != said.causes) and self.following.ended is None:
                # All has been told so far: whoever comes back after a long silence has missed nothing by it.
                sent += self._freshness(self._place())
            if sent:
                yield sent
            silent_s = parts.monotonic() - self._said_at
            await self.following.come(min(max(0.0, _HEARTBEAT_S - silent_s), self._left_s()))
        # Who may not see what comes next does not come back after it.
        place = None if ending == "gone" or self.following.missed else self._place()
        yield _event("end", orjson.dumps({"reason": ending}), place)

    def _left_s(self) -> float:
        """Until the token expires."""
        until = self.call.door.person.until
        return _HEARTBEAT_S if until is None else max(0.0, until - self.call.parts.now().timestamp())

    async def _ending(self) -> str | None:
        until = self.call.door.person.until
        if until is not None and self.call.parts.now().timestamp() >= until:
            return "expired"
        if self.call.parts.monotonic() - self._proved_at >= _PROVED_AGAIN_S and not await self._is_proved():
            return "expired"
        return self.following.ended

    async def _is_proved(self) -> bool:
        """Whether what was shown at the beginning is good still: the issuer may have taken a key back."""
        self._proved_at = self.call.parts.monotonic()
        try:
            await self.call.prove_again()
        except NotProved:
            return False
        except Unavailable:
            # As with lookups: that the issuer does not answer makes nobody another.
            return True
        return True

    def _place(self) -> str:
        return self.call.parts.changes.place(self.following)

    def _freshness(self, place: str | None = None) -> bytes:
        self._said, self._said_at = self.call.parts.freshness.now(), self.call.parts.monotonic()
        return _event("freshness", freshness_json(self._said), place)

    def _reset(self) -> bytes:
        return _event("reset", b"{}", self._place())

    def _come(self) -> Iterator[bytes]:
        if self.following.missed:
            self.following.missed = False
            yield self._reset()
        while self.following.waiting and self.following.ended is None:
            change = self.following.waiting.popleft()
            # He may have gone since it was put there.
            if change.customer_id in self.following.customers:
                yield from self._of(change)

    def _of(self, change: Change) -> Iterator[bytes]:
        profile = change.sections.get(PROFILE)
        if self.is_whole and profile is not None and not self._admits(change.customer_id, profile):
            if self._pass_to_newest_profile():
                yield self._reset()
            else:
                self.following.end("gone")
            return
        # Those who are shown the same are told the same: what thousands follow is masked and written out once.
        shown_alike = (self.is_whole, self.call.door.role.masks)
        told = change.told.get(shown_alike)
        if told is None:
            told = change.told[shown_alike] = b"".join(self._told(change))
        yield told

    def _pass_to_newest_profile(self) -> bool:
        """Whether another profile waits: by the newest he may see the customer, or not; what was before is not told."""
        waiting = self.following.waiting
        profiles = [number for number, change in enumerate(waiting) if change.sections.get(PROFILE) is not None]
        if not profiles:
            return False
        for _ in range(profiles[-1]):
            waiting.popleft()
        return True

    def _told(self, change: Change) -> Iterator[bytes]:
        present = {name: value for name, value in change.sections.items() if value is not None}
        shown = self.call.door.shown(present)
        for name in shown:
            if name.startswith(_ALERT):
                data = b'{"customer_id":%s,"alert":%s}' % (orjson.dumps(change.customer_id), shown[name])
                yield _event("alert", data)
        yield _event("view", self._changed(change, shown), self.call.parts.changes.id_of(change))

    def _admits(self, customer_id: str, profile: bytes) -> bool:
        return self.call.door.admits(Party.of(customer_id, orjson.loads(profile)))

    def _changed(self, change: Change, shown: dict[str, bytes]) -> bytes:
        told: dict[str, Any] = {"customer_id": change.customer_id, "changed": sorted(change.sections)}
        if self.is_whole:
            told["sections"] = {name: orjson.Fragment(shown.get(name, b"null")) for name in change.sections}
        return orjson.dumps(told)


def _event(name: str, data: bytes, number: str | None = None) -> bytes:
    # JSON of c360 has no line break outside of texts, and in texts it is escaped.
    numbered = b"" if number is None else b"id: %s\n" % number.encode()
    return b"%sevent: %s\ndata: %s\n\n" % (numbered, name.encode(), data)
