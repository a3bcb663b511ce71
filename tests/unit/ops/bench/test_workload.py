"""The reference job: always the same, and nothing but what the contracts allow."""

from itertools import islice

from ops.bench.workload import JOB_TOPICS, Workload
from streams.codec import Door


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, other = (list(islice(Workload(50).events(), 2_000)) for _ in range(2))
    assert one == other


def test_another_seed_gives_another_job() -> None:
    assert list(islice(Workload(50, seed=1).events(), 100)) != list(islice(Workload(50, seed=2).events(), 100))


def test_every_event_passes_the_door() -> None:
    door = Door()
    for event in islice(Workload(100).events(), 5_000):
        assert door.parse(event.topic, event.key.encode(), event.value).event_id == event.event_id


def test_all_customers_come_and_all_topics_are_used() -> None:
    events = list(islice(Workload(100).events(), 5_000))
    assert len({event.key for event in events}) == 100
    assert {event.topic for event in events} == set(JOB_TOPICS)


def test_event_ids_are_unique_and_instants_ascend() -> None:
    events = list(islice(Workload(100).events(), 5_000))
    assert len({event.event_id for event in events}) == len(events)
    assert [event.order for event in events] == sorted(event.order for event in events)


def test_events_after_a_backlog_go_on_where_it_ended() -> None:
    whole = list(islice(Workload(50).events(), 1_100))
    assert list(islice(Workload(50).events(after=1_000), 100)) == whole[1_000:]
