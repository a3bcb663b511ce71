"""Behind is who has not done by now what stood there a moment ago; what flows in meanwhile counts next time."""

from connectors.last_look import LastLook


def looks(*seen: dict[str, tuple[int, int]], every_s: float = 1.0) -> list[int]:
    """How many records are behind at each look: partition -> (position, end)."""
    last, behind = LastLook[str](2.0), []
    for number, partitions in enumerate(seen):
        due = last.due({name: end for name, (_, end) in partitions.items()}, number * every_s)
        behind.append(sum(max(0, due[name] - at) for name, (at, _) in partitions.items()))
    return behind


def test_whoever_keeps_up_with_a_flow_is_not_behind_though_some_is_always_under_way() -> None:
    assert looks({"a": (10, 10)}, {"a": (95, 100)}, {"a": (198, 200)}, {"a": (300, 303)}) == [0, 0, 0, 0]


def test_whoever_does_less_than_flows_in_is() -> None:
    assert looks({"a": (0, 0)}, {"a": (60, 100)}, {"a": (90, 200)}, {"a": (120, 200)}) == [0, 0, 10, 80]


def test_whoever_stands_still_is_behind_from_the_next_look_on() -> None:
    assert looks({"a": (5, 5), "b": (1, 1)}, {"a": (5, 8), "b": (1, 1)}, {"a": (5, 9), "b": (2, 2)}) == [0, 0, 3]


def test_at_the_first_look_all_that_is_left_counts() -> None:
    assert looks({"a": (5, 8)}, {"a": (8, 20), "b": (0, 4)}) == [3, 4]


def test_a_look_too_long_ago_is_none() -> None:
    assert looks({"a": (10, 10)}, {"a": (10, 60)}, every_s=1.9) == [0, 0]
    assert looks({"a": (10, 10)}, {"a": (10, 60)}, every_s=2.0) == [0, 50]


def test_what_was_not_seen_in_between_counts_whole() -> None:
    assert looks({"a": (10, 10), "b": (0, 0)}, {"b": (0, 0)}, {"a": (10, 60), "b": (0, 0)}) == [0, 0, 50]


def test_what_was_forgotten_is_no_look() -> None:
    last = LastLook[str](2.0)
    last.due({"a": 10}, 0.0)
    last.forget()
    assert last.due({"a": 60}, 1.0) == {"a": 60}


def test_a_topic_that_was_created_anew_and_is_shorter_now_is_done_at_its_own_end() -> None:
    assert looks({"a": (50, 50)}, {"a": (1, 3)}) == [0, 2]
