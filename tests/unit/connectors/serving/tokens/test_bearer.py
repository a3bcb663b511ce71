"""Tokens are taken when their issuer made them for this service and now, and are refused in words otherwise."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from connectors.errors import Unavailable
from connectors.serving.access.person import Person
from connectors.serving.tokens.bearer import BearerTokens
from connectors.serving.tokens.errors import NotProved
from connectors.serving.tokens.issuer_keys import FixedKeys, IssuerKeys
from tests.support.api import KeysTakenBack

ISSUER, AUDIENCE = "https://sso.bank.example", "c360"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def in_time(**away: float) -> int:
    """Unix seconds so far from now: PyJWT judges by the wall's clock, when the test runs."""
    now = datetime.now(UTC)  # noqa: TID251  a test of the edge
    return int((now + timedelta(**away)).timestamp())


def the_claims() -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "jnovak",
        "exp": in_time(hours=1),
        "nbf": in_time(minutes=-1),
        "c360_role": "manager",
        "c360_manager": "M1",
        "locale": "zh-CN",
    }


def a_key(kid: str, private: Any = RSA_KEY) -> dict[str, Any]:
    algorithm = RSAAlgorithm if private is RSA_KEY else ECAlgorithm
    public: dict[str, Any] = json.loads(algorithm.to_jwk(private.public_key()))
    return {**public, "kid": kid, "use": "sig"}


KEYS = {"keys": [a_key("rsa"), a_key("ec", EC_KEY)]}


def a_token(private: Any = RSA_KEY, algorithm: str = "RS256", kid: str = "rsa", **claims: Any) -> str:
    stated = {name: value for name, value in {**the_claims(), **claims}.items() if value is not None}
    return jwt.encode(stated, private, algorithm, headers={"kid": kid})


def person_of(token: str) -> Person:
    return asyncio.run(BearerTokens(ISSUER, AUDIENCE, FixedKeys(KEYS)).person(token))


def test_a_token_says_who_asks_and_as_what() -> None:
    person = person_of(a_token())
    assert (person.subject, person.role, person.manager, person.language) == ("jnovak", "manager", "M1", "zh-CN")
    assert person.until is not None
    assert person.until > in_time(minutes=30)


def test_a_token_signed_on_a_curve_is_as_good() -> None:
    assert person_of(a_token(EC_KEY, "ES256", "ec")).subject == "jnovak"


def unsigned() -> str:
    def part(content: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': 'rsa'})}.{part(the_claims())}."


def changed() -> str:
    head, claims, signature = a_token().split(".")
    content = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = json.dumps({**content, "c360_role": "auditor"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}.{signature}"


@pytest.mark.parametrize(
    ("made", "code", "why"),
    [
        (lambda: "", "invalid", "no signed JWT"),
        (lambda: "not.a.token", "invalid", "no signed JWT"),
        (unsigned, "invalid", "not signed by RS256 or ES256"),
        (lambda: a_token("a shared secret of thirty-two bytes", "HS256"), "invalid", "not signed by RS256 or ES256"),
        (changed, "invalid", "not a token of this issuer, or was changed"),
        (lambda: a_token(kid="another"), "invalid", "a key that its issuer does not have"),
        (lambda: a_token(EC_KEY, "ES256", "rsa"), "invalid", "not a token of this issuer, or was changed"),
        (lambda: a_token(exp=in_time(minutes=-1)), "expired", "has expired"),
        (lambda: a_token(nbf=in_time(hours=1)), "invalid", "not valid yet"),
        (lambda: a_token(aud="another-service"), "invalid", "made for another service"),
        (lambda: a_token(iss="https://evil.example"), "invalid", "another issuer made it"),
        (lambda: a_token(exp=None), "invalid", "lacks one of"),
        (lambda: a_token(sub=None), "invalid", "lacks one of"),
        (lambda: a_token(c360_role=None), "invalid", "names no role"),
    ],
)
def test_what_is_no_good_token_is_refused_with_the_reason(made: Callable[[], str], code: str, why: str) -> None:
    token = made()
    with pytest.raises(NotProved, match=why) as refused:
        person_of(token)
    assert refused.value.code == code
    assert not token or token not in str(refused.value)


def test_clocks_may_differ_by_half_a_minute() -> None:
    assert person_of(a_token(nbf=in_time(seconds=20))).subject == "jnovak"


def test_a_token_whose_key_was_taken_back_is_good_for_five_minutes_more_and_no_longer() -> None:
    keys, began = KeysTakenBack(KEYS), in_time()
    now = [began]
    tokens, token = BearerTokens(ISSUER, AUDIENCE, keys, lambda: now[0]), a_token()

    async def story() -> None:
        await tokens.person(token)
        keys.are_good = False
        now[0] = began + 299
        assert (await tokens.person(token)).subject == "jnovak"
        for now[0] in (began + 300, began + 299, began - 1):
            with pytest.raises(NotProved, match="a key that its issuer does not have"):
                await tokens.person(token)
        keys.are_good = True
        assert (await tokens.person(token)).subject == "jnovak"

    asyncio.run(story())


class Issuer:
    """Answers with its keys, and counts."""

    def __init__(self, *kids: str) -> None:
        self.kids = list(kids)
        self.asked = 0
        self.is_well = True
        self.now = 0.0

    async def fetch(self) -> Mapping[str, Any]:
        self.asked += 1
        if not self.is_well:
            raise ValueError("no answer")
        return {"keys": [a_key(kid) for kid in self.kids]}

    def clock(self) -> float:
        return self.now


def test_keys_are_kept_renewed_and_asked_for_when_a_new_one_signs() -> None:
    issuer = Issuer("one")

    async def story() -> None:
        keys = IssuerKeys(issuer.fetch, issuer.clock)
        assert await keys.key("one") is not None
        assert await keys.key("one") is not None
        assert issuer.asked == 1
        issuer.kids = ["two"]
        assert await keys.key("two") is None, "a flood of unknown keys asks no more than every ten seconds"
        assert issuer.asked == 1
        issuer.now = 11
        assert await keys.key("two") is not None
        assert await keys.key("one") is None, "a key that the issuer took back is good no more"
        issuer.now = 330
        assert await keys.key("two") is not None
        assert issuer.asked == 3

    asyncio.run(story())


def test_while_the_issuer_is_away_its_known_keys_stay_good() -> None:
    issuer = Issuer("one")

    async def story() -> None:
        keys = IssuerKeys(issuer.fetch, issuer.clock)
        issuer.is_well = False
        with pytest.raises(Unavailable, match="issuer"):
            await keys.key("one")
        issuer.is_well, issuer.now = True, 11
        assert await keys.key("one") is not None
        issuer.is_well, issuer.now = False, 1_000
        assert await keys.key("one") is not None

    asyncio.run(story())


def test_many_who_come_at_once_ask_the_issuer_once() -> None:
    issuer = Issuer("one")

    async def story() -> None:
        keys = IssuerKeys(issuer.fetch, issuer.clock)
        await asyncio.gather(*(keys.key("one") for _ in range(50)))

    asyncio.run(story())
    assert issuer.asked == 1
