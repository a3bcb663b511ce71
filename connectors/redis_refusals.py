"""What Redis says when it does not serve, in words with the cure."""

import ssl
from pathlib import Path
from typing import Final

from redis.exceptions import (
    AskError,
    AuthenticationError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)

from connectors.certificates import untrusted
from connectors.errors import Refusal

__all__ = ["evicts_views", "redis_refusal", "redis_trouble", "thrown_away"]


def redis_trouble(error: BaseException) -> str:
    """A clause without its full stop, with what to do where somebody has to do something."""
    return str(redis_refusal(error) or error) or type(error).__name__


def thrown_away(policy: str) -> str | None:
    """What of ours a full Redis of this maxmemory-policy throws away without a word; None: it refuses writes."""
    if policy == "noeviction":
        return None
    # Of all that c360 keeps there, what was delivered lately alone has a time to live.
    return (
        "views, and whatever else it holds,"
        if evicts_views(policy)
        else "what the contact budget remembers of deliveries (views have no TTL)"
    )


def evicts_views(policy: str) -> bool:
    """Whether views are among what it throws away: volatile-* takes what has a time to live, and views have none."""
    return policy.startswith("allkeys")


def redis_refusal(error: BaseException, ca_file: Path | None = None) -> Refusal | None:
    """Why it serves us not, or not in this; None where it is just not there. `ca_file` is the one in use."""
    said = str(error)
    for kind, words, cure in _KINDS:
        if isinstance(error, kind):
            return Refusal(f"{words} ({said})", cure)
    for beginning, words, cure in _BEGINNINGS:
        if said.startswith(beginning):
            return Refusal(f"{words} ({said})", cure)
    return untrusted(error, ca_file, "its", "C360_REDIS_CA_FILE") or _of_the_line(error, said)


def _of_the_line(error: BaseException, said: str) -> Refusal | None:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLError) or "SSL" in said:
        cure = (
            "let C360_REDIS_URL begin with redis:// where it speaks no TLS, and set C360_REDIS_CERTIFICATE_FILE where "
        )
        return Refusal(f"TLS with it fails ({said})", f"{cure}it wants a client certificate")
    if isinstance(cause, ConnectionResetError) or "Connection closed by server" in said:
        return Refusal(f"it hangs up ({said})", "where it speaks TLS, let C360_REDIS_URL begin with rediss://")
    return None


_LOGIN: Final = "correct C360_REDIS_USER and C360_REDIS_PASSWORD_FILE, or give it this user (ACL SETUSER)"
_KINDS: Final[tuple[tuple[type[RedisError], str, str], ...]] = (
    (AskError, "it is a node of a cluster, and what was asked for is on another", "name a Redis without cluster mode"),
    (AuthenticationError, "it refuses user or password", _LOGIN),
    (NoPermissionError, "it gives its user too few rights", "give those that ops/OPERATIONS.md lists (ACL SETUSER)"),
    (OutOfMemoryError, "it is full", "raise its maxmemory; `c360 sizing` says what the customers need"),
    (ReadOnlyError, "it takes no writes", "name its primary in C360_REDIS_URL, or promote it (REPLICAOF NO ONE)"),
)
_BEGINNINGS: Final = (
    ("NOAUTH", "it wants a user and a password", _LOGIN),
    ("MISCONF", "it can't write to its disk", "make room there"),
    ("NOREPLICAS", "too few of its replicas follow", "start them, or lower its min-replicas-to-write"),
)
