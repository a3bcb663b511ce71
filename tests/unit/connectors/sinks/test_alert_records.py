"""Alert records as the delivery takes them: none is passed over, whatever errors come between them."""

import json

import pytest
from confluent_kafka import KafkaError, Message

from connectors.errors import Unavailable
from connectors.sinks.alert_records import AlertRecords
from tests.support.alerts import an_alert
from tests.support.kafka_clients import Reader, a_record, a_refusal

BALANCE, MATURITY = "alerts.balance", "alerts.maturity"
FORBIDDEN = KafkaError.TOPIC_AUTHORIZATION_FAILED


def a_balance_alert(offset: int) -> Message:
    return a_record(BALANCE, offset, json.dumps(an_alert(f"alert-{offset}")).encode())


def a_maturity_alert(offset: int) -> Message:
    return a_record(MATURITY, offset, json.dumps(an_alert(f"maturity-{offset}")).encode())


def opened(reader: Reader) -> AlertRecords:
    seconds = iter(range(0, 1_000_000, 10))
    return AlertRecords("there:9092", "deliver", 6_000, make=reader, now=lambda: float(next(seconds)))


def taken(records: AlertRecords) -> list[int]:
    """The offsets, settled at once."""
    offsets = [one.offset for one in records.take()]
    records.commit()
    return offsets


def test_records_before_and_after_an_error_are_handed_out_and_the_error_is_raised_by_the_next_call() -> None:
    reader = Reader([a_balance_alert(0), a_refusal(MATURITY), a_balance_alert(1)], [a_balance_alert(2)])
    records = opened(reader)
    assert taken(records) == [0, 1]
    assert reader.committed == {BALANCE: 2}
    with pytest.raises(Unavailable, match=r"not available: alerts\.maturity: run `c360 topics create`"):
        records.take()
    assert taken(records) == [2]
    assert reader.committed == {BALANCE: 3}


def test_an_error_alone_is_raised_at_once_and_once_and_names_all_topics_it_is_about() -> None:
    records = opened(Reader([a_refusal(MATURITY), a_refusal(BALANCE)]))
    with pytest.raises(Unavailable, match=r"alerts\.maturity: run `c360 topics create`; nor are alerts\.balance"):
        records.take()
    assert taken(records) == []


def test_what_came_while_a_batch_was_under_way_outlives_an_error() -> None:
    reader = Reader([a_balance_alert(0), a_refusal(MATURITY)], [a_balance_alert(2)])
    records = opened(reader)
    assert [one.offset for one in records.take()] == [0]
    reader.between.append(a_balance_alert(1))
    records.stay(0)
    assert reader.is_paused
    records.commit()
    assert reader.committed == {BALANCE: 1}
    with pytest.raises(Unavailable):
        records.take()
    assert taken(records) == [1, 2]


def test_an_error_that_passes_by_itself_is_none() -> None:
    assert taken(opened(Reader([a_refusal(None, KafkaError._ALL_BROKERS_DOWN), a_balance_alert(0)]))) == [0]


def test_a_missing_topic_is_remembered_until_kafka_has_it() -> None:
    reader = Reader([a_refusal(MATURITY)])
    records = opened(reader)
    with pytest.raises(Unavailable):
        records.take()
    for _ in range(3):
        assert taken(records) == []
        assert not records.serves
        assert not records.is_reading
    reader.there.add(MATURITY)
    assert taken(records) == []
    assert records.is_reading


def test_a_record_that_came_before_its_topic_was_refused_does_not_say_that_it_is_given() -> None:
    records = opened(Reader([a_maturity_alert(0), a_refusal(MATURITY)]))
    assert taken(records) == [0]
    assert not records.serves


@pytest.mark.parametrize("offered", [a_maturity_alert(0), a_balance_alert(0)])
def test_a_topic_that_may_be_seen_and_not_read_is_remembered_until_a_record_of_it_comes(offered: Message) -> None:
    reader = Reader([a_refusal(MATURITY, FORBIDDEN, partition=0)])
    reader.there.add(MATURITY)
    records = opened(reader)
    with pytest.raises(Unavailable, match="forbids it"):
        records.take()
    assert taken(records) == []
    assert not records.serves
    reader.rounds.append([offered])
    assert taken(records) == [0]
    assert records.serves == (offered.topic() == MATURITY)


def test_who_was_put_out_of_the_group_reads_again_once_it_is_let_in() -> None:
    reader = Reader([a_refusal(None, KafkaError._MAX_POLL_EXCEEDED)])
    records = opened(reader)
    seen = [records.is_reading]
    reader.on_lost(reader, [])
    seen.append(records.is_reading)
    with pytest.raises(Unavailable):
        records.take()
    assert taken(records) == []
    seen.append(records.serves)
    reader.on_assign(reader, [])
    assert [*seen, records.is_reading] == [True, False, False, True]
