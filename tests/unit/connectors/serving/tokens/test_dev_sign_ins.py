"""What the development issuer gives for a code and for a refresh token, and to whom it gives nothing."""

import base64
import hashlib

import pytest

from connectors.serving.tokens.dev_sign_ins import SignIns

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://127.0.0.1:1/console/"


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def sign_ins(clock: Hands) -> SignIns:
    return SignIns(clock)


@pytest.fixture
def first(sign_ins: SignIns) -> str:
    """The refresh token that Marek's sign-in began with."""
    redeemed = sign_ins.redeemed(a_form(sign_ins))
    assert redeemed is not None
    subject, nonce, refresh = redeemed
    assert (subject, nonce) == ("marek", "n1")
    return refresh


def a_form(sign_ins: SignIns, **other: str) -> dict[str, str]:
    code = sign_ins.code("marek", BACK, CHALLENGE, "n1")
    return {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER, **other}


@pytest.mark.parametrize("wrong", [{"code": "x"}, {"redirect_uri": "http://other/"}, {"code_verifier": "w" * 64}])
def test_a_code_without_its_proof_is_good_for_nothing_and_then_spent(sign_ins: SignIns, wrong: dict[str, str]) -> None:
    form = a_form(sign_ins)
    assert sign_ins.redeemed({**form, **wrong}) is None
    assert (sign_ins.redeemed(form) is None) == ("code" not in wrong)


def test_a_code_is_good_for_a_minute(sign_ins: SignIns, clock: Hands) -> None:
    form = a_form(sign_ins)
    clock.at += 60
    assert sign_ins.redeemed(form) is None


def test_each_refresh_token_is_good_once_and_gives_the_next(sign_ins: SignIns, first: str) -> None:
    token = first
    for _ in range(3):
        renewed = sign_ins.renewed(token)
        assert renewed is not None
        assert renewed[:2] == ("marek", "n1")
        assert renewed[2] != token
        token = renewed[2]


def test_a_refresh_token_shown_twice_ends_the_sign_in_of_thief_and_owner(sign_ins: SignIns, first: str) -> None:
    stolen = first
    renewed = sign_ins.renewed(stolen)
    assert renewed is not None
    assert sign_ins.renewed(stolen) is None
    assert sign_ins.renewed(renewed[2]) is None


def test_a_sign_in_is_over_after_a_day_s_work_however_often_it_was_renewed(
    sign_ins: SignIns, first: str, clock: Hands
) -> None:
    clock.at += 11 * 3600
    renewed = sign_ins.renewed(first)
    assert renewed is not None
    clock.at += 3600
    assert sign_ins.renewed(renewed[2]) is None


def test_a_refresh_token_taken_back_or_never_given_renews_nothing(sign_ins: SignIns, first: str) -> None:
    token = first
    sign_ins.end("never given")
    sign_ins.end(token)
    assert sign_ins.renewed(token) is None
    assert sign_ins.renewed("never given") is None
