"""Who asks, by whatever he shows: a bearer token, an API key, or the client certificate of his connection."""

from collections.abc import Sequence

from connectors.serving.access.person import Person
from connectors.serving.tokens.bearer import BearerTokens
from connectors.serving.tokens.errors import NotProved
from connectors.serving.tokens.machines import Machines

__all__ = ["Who"]


class Who:
    """Everybody who may ask. Without `tokens` there is no issuer, and machines alone come in."""

    def __init__(self, tokens: BearerTokens | None, machines: Machines) -> None:
        self._tokens = tokens
        self._machines = machines

    async def asks(self, authorization: str | None, api_key: str | None, certificate: Sequence[str]) -> Person:
        """Who it is. Raises NotProved; Unavailable while the issuer's keys can't be had."""
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer":
                raise NotProved("invalid", "The Authorization header is of another scheme: send `Bearer <token>`.")
            if self._tokens is None:
                raise NotProved("invalid", "No token issuer is set up here: use an API key.")
            return await self._tokens.person(token.strip())
        if api_key is not None:
            return self._machines.by_key(api_key)
        if certificate:
            return self._machines.by_certificate(certificate)
        raise NotProved("missing", "The request says nobody who asks: send a bearer token or an API key.")
