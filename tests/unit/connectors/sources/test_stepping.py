from connectors.sources.ordering import OutgoingEvent
from connectors.sources.stepping import in_step


def an_event(day: int, name: str) -> OutgoingEvent:
    return OutgoingEvent((day, 0, 0, 0), "account-changes", "B1", b"{}", name, "account.opened")


def test_all_of_an_instant_is_settled_before_the_first_event_of_a_later_one() -> None:
    seen: list[str] = []

    def publish(event: OutgoingEvent) -> None:
        seen.append(event.event_id)

    events = [an_event(1, "a"), an_event(1, "b"), an_event(2, "c"), an_event(4, "d"), an_event(4, "e")]
    for event in in_step(events, lambda: seen.append("settled")):
        publish(event)
    assert seen == ["a", "b", "settled", "c", "settled", "d", "e"]


def test_nothing_to_publish_settles_nothing() -> None:
    settled: list[str] = []
    assert list(in_step([], lambda: settled.append("settled"))) == []
    assert settled == []
