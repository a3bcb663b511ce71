"""The webhook against a real server on this machine."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connectors.sinks.parcels import NotTaken, Parcel, Rejected
from connectors.sinks.webhook import Webhook
from tests.support.alerts import a_standing
from tests.support.receivers import Answer, Receiver, receiving

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
PARCEL = Parcel((a_standing(),))
SECRET = b"shared with the receiver"


def post(receiver: Receiver, timeout: float = 10.0) -> None:
    webhook = Webhook("crm", receiver.url, SECRET, timeout)
    try:
        webhook.send(PARCEL, NOW)
    finally:
        webhook.close()


def answering(status: int, **headers: str) -> Callable[[int], Answer]:
    return lambda _number: Answer(status, headers)


def test_a_parcel_is_posted_with_its_key_and_a_signature_that_the_receiver_can_check() -> None:
    with receiving() as receiver:
        post(receiver)
    (posted,) = receiver.taken
    assert posted.headers["Idempotency-Key"] == PARCEL.key
    stamp, _, signature = posted.headers["C360-Signature"].partition(",v1=")
    assert stamp == f"t={int(NOW.timestamp())}"
    signed = stamp.removeprefix("t=").encode() + b"." + posted.body
    assert hmac.compare_digest(signature, hmac.new(SECRET, signed, hashlib.sha256).hexdigest())
    assert posted.body == PARCEL.body()


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_receiver_that_is_not_well_is_to_be_tried_again(status: int) -> None:
    with receiving(answering(status)) as receiver, pytest.raises(NotTaken, match=str(status)):
        post(receiver)


@pytest.mark.parametrize(("said", "seconds"), [("7", 7.0), ("Mon, 23 Nov 2026 10:00:30 GMT", 30.0), ("soon", 0.0)])
def test_a_receiver_may_ask_for_patience(said: str, seconds: float) -> None:
    answers = lambda _number: Answer(503, {"Retry-After": said})  # noqa: E731
    with receiving(answers) as receiver, pytest.raises(NotTaken) as refused:
        post(receiver)
    assert refused.value.after == seconds


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_that_would_be_the_same_again_is_final(status: int) -> None:
    with receiving(answering(status)) as receiver, pytest.raises(Rejected, match=f"answered {status}"):
        post(receiver)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiving() as elsewhere:
        answers = lambda _number: Answer(status, {"Location": elsewhere.url})  # noqa: E731
        with receiving(answers) as receiver, pytest.raises(Rejected, match="redirects are not followed"):
            post(receiver)
    assert elsewhere.requests == []


def test_a_receiver_that_hangs_is_left_after_the_timeout() -> None:
    with receiving(answering(0)) as receiver, pytest.raises(NotTaken, match="no answer in time"):
        post(receiver, timeout=0.05)


def test_a_receiver_that_is_not_there_is_to_be_tried_again() -> None:
    with receiving() as receiver:
        pass
    with pytest.raises(NotTaken):
        post(receiver)


@pytest.mark.parametrize("url", ["http://crm.bank.example/alerts", "ftp://crm.bank.example", "crm.bank.example", ""])
def test_only_https_leaves_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="its url should begin with https://"):
        Webhook("crm", url, SECRET, 1.0)
