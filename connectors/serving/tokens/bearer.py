"""Bearer tokens of an OIDC issuer, proved offline by the issuer's public keys."""

import hashlib
import time
from collections.abc import Callable
from typing import Any, Final

import jwt

from connectors.serving.access.person import Person
from connectors.serving.tokens.errors import NotProved
from connectors.serving.tokens.issuer_keys import SigningKeys

__all__ = ["CLAIM_BRANCH", "CLAIM_MANAGER", "CLAIM_ROLE", "BearerTokens"]

CLAIM_ROLE: Final = "c360_role"
CLAIM_MANAGER: Final = "c360_manager"
CLAIM_BRANCH: Final = "c360_branch"

_ALGORITHMS: Final = ("RS256", "ES256")
"""Signatures by a private key only: neither none nor a shared secret can be talked into the check."""
_LEEWAY_S: Final = 30
_REMEMBERED: Final = 10_000
"""A token that was proved is taken without another look for a while: a signature costs more than the whole answer."""
_GOOD_FOR_S: Final = 300.0
"""Not until it expires: an issuer that takes a key back ends the tokens signed by it, also those known here."""
_REQUIRED: Final = ("exp", "iss", "aud", "sub")
_AGAIN: Final = "sign in again"


class BearerTokens:
    """Turns tokens of one issuer for one audience into persons."""

    def __init__(self, issuer: str, audience: str, keys: SigningKeys, clock: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._clock = clock
        self._proved: dict[bytes, tuple[Person, float]] = {}
        """By the token's hash, so that no token stands in memory for long: who, and when he was proved."""

    async def person(self, token: str) -> Person:
        """Whose token it is. Raises NotProved, and Unavailable when the issuer's keys can't be had."""
        name, now = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest(), self._clock()
        known = self._proved.get(name)
        if known is not None:
            person, proved_at = known
            if person.until is not None and now < person.until and 0 <= now - proved_at < _GOOD_FOR_S:
                return person
            del self._proved[name]
        person = await self._prove(token)
        if len(self._proved) >= _REMEMBERED:
            self._proved.clear()
        self._proved[name] = (person, now)
        return person

    async def _prove(self, token: str) -> Person:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise NotProved("invalid", f"The bearer token is no signed JWT: {_AGAIN}.") from None
        if header.get("alg") not in _ALGORITHMS:
            expected = " or ".join(_ALGORITHMS)
            raise NotProved("invalid", f"The bearer token is not signed by {expected}: {_AGAIN}.")
        key = await self._keys.key(str(header.get("kid", "")))
        if key is None:
            raise NotProved("invalid", f"The bearer token is signed by a key that its issuer does not have: {_AGAIN}.")
        return _person(self._claims(token, key))

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=list(_ALGORITHMS),
                issuer=self._issuer,
                audience=self._audience,
                leeway=_LEEWAY_S,
                options={"require": list(_REQUIRED)},
            )
        except jwt.ExpiredSignatureError:
            raise NotProved("expired", f"The bearer token has expired: {_AGAIN}.") from None
        except jwt.PyJWTError as error:
            why = _REASONS.get(type(error), "it is not a token of this issuer, or was changed")
            raise NotProved("invalid", f"The bearer token is refused, for {why}: {_AGAIN}.") from None


_REASONS: Final[dict[type[jwt.PyJWTError], str]] = {
    jwt.InvalidAudienceError: "it was made for another service",
    jwt.InvalidIssuerError: "another issuer made it",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.MissingRequiredClaimError: "it lacks one of " + ", ".join(_REQUIRED),
}


def _person(claims: dict[str, Any]) -> Person:
    role = claims.get(CLAIM_ROLE)
    if not isinstance(role, str):
        raise NotProved("invalid", f"The bearer token names no role ({CLAIM_ROLE}): ask whoever gives out accounts.")
    return Person(
        subject=str(claims["sub"]),
        role=role,
        manager=_text(claims, CLAIM_MANAGER),
        branch=_text(claims, CLAIM_BRANCH),
        language=_text(claims, "locale"),
        until=float(claims["exp"]),
    )


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None
