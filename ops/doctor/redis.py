"""Redis: whether it answers, takes what is written, and keeps it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import time
from typing import Any, Final

import redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from connectors.redis_keys import POINTER, RESUME_SECRET, SCHEMA, Keys, schema_of
from connectors.redis_refusals import evicts_views, thrown_away
from ops.doctor.clocks import skew
from ops.doctor.findings import Finding, fault, ok, warning

__all__ = ["RedisFacts", "judge_redis", "judge_views", "look_at_redis"]

ANSWER_SECONDS: Final = 3.0
OLDEST: Final = (6, 2)
TRIAL: Final = "c360:doctor"
"""Key that is written for a moment."""


@dataclass(frozen=True)
class RedisFacts:
    """What was seen."""

    silent: str | None = None
    """Why nothing more could be asked."""
    refused: str | None = None
    """What it says of name and password."""
    unwritable: str | None = None
    """What it said to a trial write."""
    info: Mapping[str, Any] | None = None
    namespace: str | None = None
    """Of the views in force; None where there are none."""
    fingerprint: str | None = None
    """Of the secret under which their identifiers are hashed."""
    ahead: float = 0.0
    """Seconds by which its clock is ahead."""


def look_at_redis(url: str) -> RedisFacts:
    """Ask, and write one key that goes away by itself."""
    client: Any = redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)
    try:
        info = client.info()
        asked = time()
        seconds, micros = client.time()
        ahead = skew(seconds + micros / 1e6, asked, time())
        namespace = _text(client.get(POINTER))
        secret = None if namespace is None else _text(client.hget(Keys(namespace).resume, RESUME_SECRET))
        return RedisFacts(None, None, _write(client), info, namespace, secret, ahead)
    except (AuthenticationError, NoPermissionError) as error:
        return RedisFacts(refused=str(error))
    except RedisError as error:
        return RedisFacts(silent=str(error))
    finally:
        client.close()


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()


def _write(client: Any) -> str | None:
    try:
        client.set(TRIAL, "", px=1_000)
    except ResponseError as error:
        return str(error)
    return None


def judge_redis(where: str, facts: RedisFacts) -> Iterator[Finding]:
    """What of it is well, and what is not; `where` is its address without a password."""
    if facts.refused is not None:
        said = f"Redis at {where} refuses name or password: {facts.refused}."
        yield fault("redis", said, "Correct both in C360_REDIS_URL, or give the user the rights of a projector.")
        return
    if facts.info is None:
        said = f"Redis at {where} does not answer: {facts.silent}."
        yield fault("redis", said, "Start it, or correct C360_REDIS_URL; views catch up by themselves.")
        return
    yield from _version(where, facts.info)
    if facts.unwritable is not None:
        yield _unwritable(where, facts)
    yield from _memory(where, facts.info)


def _version(where: str, info: Mapping[str, Any]) -> Iterator[Finding]:
    text = str(info.get("redis_version", "0"))
    numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        said = f"Redis at {where} is {text}, and the oldest that c360 is made for is 6.2."
        yield warning("redis", said, "Upgrade it.")
    else:
        yield ok("redis", f"Redis at {where} answers: {text}, {info.get('used_memory_human', '?')} used.")


def _unwritable(where: str, facts: RedisFacts) -> Finding:
    assert facts.info is not None
    if facts.info.get("role") != "master":
        said = f"Redis at {where} is a replica and takes no writes: {facts.unwritable}."
        return fault("redis", said, "Set C360_REDIS_URL to the primary, or promote this one (REPLICAOF NO ONE).")
    said = f"Redis at {where} takes no writes: {facts.unwritable}."
    return fault("redis", said, "Give it memory and disk, as it says; views catch up by themselves.")


def _memory(where: str, info: Mapping[str, Any]) -> Iterator[Finding]:
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    policy = str(info.get("maxmemory_policy", "noeviction"))
    goes = thrown_away(policy)
    if goes is not None:
        said = f"Redis at {where} has maxmemory-policy {policy}: when full it throws away {goes}, and nobody is told."
        cure = "Set maxmemory-policy noeviction (CONFIG SET, and in its file)."
        is_fault = limit and evicts_views(policy)
        yield fault("redis", said, cure) if is_fault else warning("redis", said, cure)
    if limit and used > 0.9 * limit:
        said = f"Redis at {where} uses {used * 100 // limit} % of its maxmemory."
        yield warning("redis", said, "Raise maxmemory; `c360 sizing` says what the customers need.")


def judge_views(where: str, facts: RedisFacts, fingerprint: str | None) -> Iterator[Finding]:
    """Whether this version, with the secret of this `fingerprint` (None: not known), can read the views in force."""
    if facts.namespace is None:
        return
    schema = schema_of(facts.namespace)
    if schema != SCHEMA:
        said = f"Redis at {where} holds views of schema {schema}, and this version reads and writes schema {SCHEMA}."
        yield fault("redis", said, "Run `c360 project rebuild` with the newer version, then use that one everywhere.")
    elif fingerprint is not None and facts.fingerprint not in (None, fingerprint):
        said = f"The identifiers in Redis at {where} are hashed under another secret than C360_INDEX_KEY is here."
        yield fault("redis", said, "Set it to what the projector has, or run `c360 project rebuild`.")
    else:
        yield ok("redis", f"The views in force (namespace {facts.namespace}) can be read.")
