"""Behind is who has not read by now what stood there before; what flows in meanwhile counts next time."""

from connectors.last_look import LastLook


def looks(*seen: dict[str, tuple[int, int]]) -> list[int]:
    """How many records are behind at each look: partition -> (position, end)."""
    last, behind = LastLook[str](), []
    for partitions in seen:
        behind.append(sum(max(0, last.end(name, end) - at) for name, (at, end) in partitions.items()))
        last.over()
    return behind


def test_whoever_keeps_up_with_a_flow_is_not_behind_though_some_is_always_under_way() -> None:
    assert looks({"a": (10, 10)}, {"a": (95, 100)}, {"a": (198, 200)}, {"a": (300, 303)}) == [0, 0, 0, 0]


def test_whoever_reads_more_slowly_than_the_flow_is() -> None:
    assert looks({"a": (0, 0)}, {"a": (60, 100)}, {"a": (90, 200)}, {"a": (120, 200)}) == [0, 0, 10, 80]


def test_whoever_stands_still_is_behind_from_the_next_look_on() -> None:
    assert looks({"a": (5, 5), "b": (1, 1)}, {"a": (5, 8), "b": (1, 1)}, {"a": (5, 9), "b": (2, 2)}) == [0, 0, 3]


def test_at_the_first_look_all_that_is_unread_counts() -> None:
    assert looks({"a": (5, 8)}, {"a": (8, 20), "b": (0, 4)}) == [3, 4]


def test_a_topic_that_was_created_anew_and_is_shorter_now_is_read_to_its_own_end() -> None:
    assert looks({"a": (50, 50)}, {"a": (1, 3)}) == [0, 2]
