"""An OIDC issuer for development and the demo: choose who you are, get real signed tokens. Never for a bank.

Authorization code with PKCE (S256), refresh tokens with rotation. Keys are made anew at each start, so tokens of an
earlier run are good for nothing.
"""

import html
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jwt.algorithms import RSAAlgorithm
from pydantic import BaseModel, ConfigDict

from connectors.loopback import LOOPBACK
from connectors.serving.tokens.bearer import CLAIM_BRANCH, CLAIM_MANAGER, CLAIM_ROLE
from connectors.serving.tokens.dev_sign_ins import SignIns

__all__ = ["AUDIENCE", "CLIENT_ID", "DevIssuer", "DevPerson", "default_people", "dev_issuer_routes"]

AUDIENCE: Final = "c360"
CLIENT_ID: Final = "c360-console"
_KEY_ID: Final = "dev-1"
_TOKEN_S: Final = 3600.0


class DevPerson(BaseModel):
    """Somebody to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str
    name: str
    role: str
    manager: str | None = None
    branch: str | None = None
    language: str = "en"


class _People(BaseModel):
    people: list[DevPerson]


def default_people() -> list[DevPerson]:
    """Those shipped."""
    text = (files(__package__) / "dev_people.yaml").read_text("utf-8")
    return _People.model_validate(yaml.safe_load(text)).people


class DevIssuer:
    """Signs tokens for people, good for `token_s` where nothing else is said."""

    def __init__(
        self, url: str, people: Sequence[DevPerson], clock: Callable[[], float], token_s: float = _TOKEN_S
    ) -> None:
        self.url = url
        self.people = {person.subject: person for person in people}
        self.sign_ins = SignIns(clock)
        self._clock = clock
        self._token_s = token_s
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def key_set(self) -> dict[str, Any]:
        """The public key, as a JWKS."""
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}

    def token(self, person: DevPerson, audience: str = AUDIENCE, lifetime_s: float | None = None, **more: Any) -> str:
        """A token of a person."""
        now, lasts_s = int(self._clock()), self._token_s if lifetime_s is None else lifetime_s
        claims = {
            "iss": self.url,
            "sub": person.subject,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + int(lasts_s),
            "name": person.name,
            "locale": person.language,
            CLAIM_ROLE: person.role,
            CLAIM_MANAGER: person.manager,
            CLAIM_BRANCH: person.branch,
            **more,
        }
        stated = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(stated, self._key, algorithm="RS256", headers={"kid": _KEY_ID})

    def tokens(self, form: Mapping[str, str]) -> dict[str, Any] | None:
        """The tokens for a code or a refresh token, or None when it, or its proof, is not right."""
        if form.get("client_id") != CLIENT_ID:
            return None
        grant = form.get("grant_type")
        if grant == "authorization_code":
            proved = self.sign_ins.redeemed(form)
        else:
            proved = self.sign_ins.renewed(form.get("refresh_token", "")) if grant == "refresh_token" else None
        if proved is None:
            return None
        subject, nonce, refresh_token = proved
        person = self.people[subject]
        return {
            "access_token": self.token(person),
            "id_token": self.token(person, CLIENT_ID, nonce=nonce),
            "refresh_token": refresh_token,
            "token_type": "Bearer",
            "expires_in": int(self._token_s),
        }

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "revocation_endpoint": f"{self.url}/revoke",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
        }


def dev_issuer_routes(issuer: DevIssuer) -> APIRouter:
    """Its pages, under `/dev-issuer`."""
    router = APIRouter(prefix="/dev-issuer", include_in_schema=False)

    @router.get("/.well-known/openid-configuration")
    async def discovery() -> JSONResponse:
        return JSONResponse(issuer.discovery())

    @router.get("/jwks")
    async def jwks() -> JSONResponse:
        return JSONResponse(issuer.key_set())

    @router.get("/authorize")
    async def authorize(
        response_type: str,
        client_id: str,
        redirect_uri: str,
        code_challenge: Annotated[str, Query(min_length=43, max_length=43)],
        code_challenge_method: str,
        state: Annotated[str, Query(max_length=500)] = "",
        nonce: Annotated[str | None, Query(max_length=500)] = None,
        person: str | None = None,
    ) -> Response:
        asked = (response_type, client_id, code_challenge_method)
        if asked != ("code", CLIENT_ID, "S256") or not _is_here(redirect_uri):
            return HTMLResponse("<p>This sign-in is not for the console of this machine.</p>", 400)
        if person is None:
            query = {"redirect_uri": redirect_uri, "code_challenge": code_challenge, "state": state}
            return HTMLResponse(_page(issuer, query if nonce is None else {**query, "nonce": nonce}))
        chosen = issuer.people.get(person)
        if chosen is None:
            return HTMLResponse("<p>There is no such person here.</p>", 400)
        code = issuer.sign_ins.code(chosen.subject, redirect_uri, code_challenge, nonce)
        joint = "&" if urlsplit(redirect_uri).query else "?"
        return RedirectResponse(f"{redirect_uri}{joint}{urlencode({'code': code, 'state': state})}", 302)

    @router.post("/token")
    async def token(request: Request) -> JSONResponse:
        tokens = issuer.tokens(await _form(request))
        headers = {"Cache-Control": "no-store"}
        if tokens is None:
            return JSONResponse({"error": "invalid_grant"}, 400, headers)
        return JSONResponse(tokens, 200, headers)

    @router.post("/revoke")
    async def revoke(request: Request) -> Response:
        issuer.sign_ins.end((await _form(request)).get("token", ""))
        return Response(status_code=200)

    return router


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[0] for name, values in parse_qs(body).items()}


def _is_here(redirect_uri: str) -> bool:
    parts = urlsplit(redirect_uri)
    return parts.scheme in {"http", "https"} and parts.hostname in LOOPBACK and not parts.fragment


def _page(issuer: DevIssuer, query: Mapping[str, str]) -> str:
    fixed = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256", **query}
    choices = "".join(
        f'<li><a href="authorize?{html.escape(urlencode({**fixed, "person": person.subject}))}">'
        f"{html.escape(person.name)}</a>, {html.escape(_words(person))}</li>"
        for person in issuer.people.values()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Who are you?</title>'
        '<meta name="viewport" content="width=device-width"></head><body><main><h1>Who are you?</h1>'
        f"<p>The development sign-in of c360: it asks for no password.</p><ul>{choices}</ul></main></body></html>"
    )


def _words(person: DevPerson) -> str:
    role = person.role.replace("_", " ")
    of = person.manager or person.branch
    return f"{role} {of}" if of else role
