"""The public keys of an OIDC issuer: fetched when first needed, kept, fetched again when the issuer has new ones."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import httpx
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from connectors.errors import Unavailable

__all__ = ["FixedKeys", "IssuerKeys", "SigningKeys", "fetch_from"]

_GOOD_FOR_S: Final = 300.0
_AGAIN_AFTER_S: Final = 10.0
"""A token with an unknown key id makes the keys be fetched again, but no flood of such tokens does so more often."""
_TIMEOUT_S: Final = 3.0
_LARGEST: Final = 256 * 1024

logger = logging.getLogger("c360.api")

Fetch = Callable[[], Awaitable[Mapping[str, Any]]]


class SigningKeys(Protocol):
    """Where the key of a token comes from."""

    async def key(self, key_id: str) -> PyJWK | None:
        """The key, or None when the issuer has no such key. Raises Unavailable when it can't be asked."""


class FixedKeys:
    """Keys that are known: those of an issuer in this process."""

    def __init__(self, key_set: Mapping[str, Any]) -> None:
        self._keys = _by_id(key_set)

    async def key(self, key_id: str) -> PyJWK | None:
        """As the protocol says."""
        return self._keys.get(key_id)


class IssuerKeys:
    """Keys that are fetched. While the issuer does not answer, those known stay good."""

    def __init__(self, fetch: Fetch, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, PyJWK] | None = None
        self._tried_at: float | None = None
        self._trouble = "it was not asked yet"
        self._one_at_a_time = asyncio.Lock()

    async def key(self, key_id: str) -> PyJWK | None:
        """As the protocol says."""
        if self._wants_fetching(key_id):
            async with self._one_at_a_time:
                if self._wants_fetching(key_id):
                    await self._renew()
        if self._keys is None:
            raise Unavailable("issuer", self._trouble)
        return self._keys.get(key_id)

    def _wants_fetching(self, key_id: str) -> bool:
        if self._tried_at is None:
            return True
        unknown = self._keys is None or key_id not in self._keys
        return self._monotonic() - self._tried_at >= (_AGAIN_AFTER_S if unknown else _GOOD_FOR_S)

    async def _renew(self) -> None:
        self._tried_at = self._monotonic()
        try:
            self._keys = _by_id(await self._fetch())
        except (httpx.HTTPError, PyJWTError, ValueError, KeyError, TypeError) as error:
            self._trouble = f"its keys can't be fetched ({type(error).__name__}: {error})"
            logger.warning("The token issuer's keys can't be fetched: %s", self._trouble)


def fetch_from(issuer: str, jwks_url: str | None) -> Fetch:
    """Fetches the key set from `jwks_url`, or from where the issuer's discovery document says."""

    async def fetch() -> Mapping[str, Any]:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
            url = jwks_url
            if url is None:
                told = await _get(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if told["issuer"] != issuer:
                    raise ValueError("its discovery document names another issuer")
                url = str(told["jwks_uri"])
            return await _get(client, url)

    return fetch


async def _get(client: httpx.AsyncClient, url: str) -> Mapping[str, Any]:
    answer = await client.get(url)
    answer.raise_for_status()
    if len(answer.content) > _LARGEST:
        raise ValueError(f"{url} is too large")
    told = answer.json()
    if not isinstance(told, dict):
        raise TypeError(f"{url} should be a JSON object")
    return told


def _by_id(key_set: Mapping[str, Any]) -> dict[str, PyJWK]:
    keys = PyJWKSet.from_dict(dict(key_set)).keys
    return {key.key_id: key for key in keys if key.key_id and key.public_key_use in {None, "sig"}}
