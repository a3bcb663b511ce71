"""What the sink makes of Kafka's errors: the same call again, an abort, a refusal, or nobody knows."""

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.lane.sinks import Aborted, OutcomeUnknown, Refused, TransactionalSink


@pytest.fixture
def sink() -> TransactionalSink:
    """One whose broker is not there: nothing is asked of it."""
    return TransactionalSink({"bootstrap.servers": "127.0.0.1:1", "log_level": 0}, "tests", 1_000)


class Steps:
    """A step of the protocol that fails as told, and then succeeds."""

    def __init__(self, *errors: KafkaError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.errors:
            raise KafkaException(self.errors.pop(0))


def test_a_retriable_error_is_the_same_call_again(sink: TransactionalSink) -> None:
    again = KafkaError(KafkaError.COORDINATOR_NOT_AVAILABLE, "not now", retriable=True)
    step = Steps(again, again)
    sink._call(step, "commit_transaction")
    assert step.calls == 3


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (KafkaError(KafkaError.INVALID_TXN_STATE, "abort", txn_requires_abort=True), Aborted),
        (KafkaError(KafkaError.ILLEGAL_GENERATION, "gone", txn_requires_abort=True), Refused),
        (KafkaError(KafkaError.UNKNOWN_MEMBER_ID, "gone", txn_requires_abort=True), Refused),
        (KafkaError(KafkaError.FENCED_INSTANCE_ID, "gone", txn_requires_abort=True), Refused),
        (KafkaError(KafkaError.REBALANCE_IN_PROGRESS, "gone", txn_requires_abort=True), Refused),
        (KafkaError(KafkaError.PRODUCER_FENCED, "fenced", fatal=True), OutcomeUnknown),
        (KafkaError(KafkaError.ILLEGAL_GENERATION, "fatal", fatal=True), OutcomeUnknown),
        (KafkaError(KafkaError.UNKNOWN, "what?"), OutcomeUnknown),
    ],
    ids=lambda value: value.name() if isinstance(value, KafkaError) else value.__name__,
)
def test_any_other_error_is_never_tried_again(
    sink: TransactionalSink, error: KafkaError, becomes: type[Exception]
) -> None:
    step: Callable[[], None] = Steps(error)
    with pytest.raises(becomes, match=r"commit_transaction: "):
        sink._call(step, "commit_transaction")
