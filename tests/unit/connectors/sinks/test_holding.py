"""What may go to Redis, and from where reading would go on."""

from connectors.sinks.holding import Change, Holding

NOW = 100.0
PATIENCE = 10.0


def _holding(*records: tuple[int, str, bytes | None], partition: int = 0) -> Holding:
    holding = Holding({0: 0, 1: 0})
    for offset, key, value in records:
        holding.add(partition, offset, key, value, NOW)
    return holding


def _sections(changes: list[Change]) -> dict[str, dict[str, bytes | None]]:
    return {change.owner: change.sections for change in changes}


def test_a_customer_goes_when_his_summary_has_come() -> None:
    holding = _holding((0, "B1/account:1", b"a"))
    assert holding.take_ready() == []
    assert holding.add(0, 1, "B1/summary", b"s", NOW)
    assert _sections(holding.take_ready()) == {"B1": {"account:1": b"a", "summary": b"s"}}
    assert holding.take_ready() == []


def test_several_flushes_of_a_customer_go_as_one_with_the_newest_of_each_section() -> None:
    holding = _holding(
        (0, "B1/account:1", b"old"),
        (1, "B1/loan:1", b"l"),
        (2, "B1/summary", b"s1"),
        (3, "B1/account:1", b"new"),
        (4, "B1/loan:1", None),
        (5, "B1/summary", b"s2"),
    )
    (change,) = holding.take_ready()
    assert change.sections == {"account:1": b"new", "loan:1": None, "summary": b"s2"}
    assert (change.first, change.last) == (0, 5)


def test_a_flush_cut_by_the_end_of_a_batch_is_held_back_whole() -> None:
    holding = _holding((0, "B1/summary", b"s1"), (1, "B1/account:1", b"a"))
    assert _sections(holding.take_ready()) == {"B1": {"summary": b"s1"}}
    assert holding.records_held == 1
    holding.add(0, 2, "B1/summary", b"s2", NOW)
    assert _sections(holding.take_ready()) == {"B1": {"account:1": b"a", "summary": b"s2"}}
    assert holding.records_held == 0


def test_reading_would_go_on_at_the_oldest_record_held_back() -> None:
    holding = _holding((0, "B1/account:1", b"a"), (1, "B2/account:2", b"b"), (2, "B1/summary", b"s"))
    holding.add(1, 7, "B3/summary", b"s", NOW)
    holding.take_ready()
    assert holding.resume() == {0: 1, 1: 8}
    holding.add(0, 3, "B2/summary", b"s", NOW)
    assert holding.resume() == {0: 4, 1: 8}


def test_an_end_behind_transaction_markers_moves_the_position_on() -> None:
    holding = _holding((0, "B1/summary", b"s"))
    holding.ended(0, 3, NOW)
    assert holding.resume()[0] == 3
    holding.ended(0, 2, NOW)
    assert holding.resume()[0] == 3


def test_what_belongs_to_a_partition_waits_for_nothing() -> None:
    holding = _holding((0, "$partition-0/progress", b"p"))
    assert _sections(holding.take_ready()) == {"$partition-0": {"progress": b"p"}}


def test_a_deleted_customer_goes_with_his_summary_too() -> None:
    holding = _holding((0, "B1/account:1", None), (1, "B1/summary", None))
    assert _sections(holding.take_ready()) == {"B1": {"account:1": None, "summary": None}}


def test_ids_with_slashes_stay_whole() -> None:
    holding = _holding((0, "B1/loan:L/1:2#3", b"l"), (1, "B1/summary", b"s"))
    assert _sections(holding.take_ready())["B1"]["loan:L/1:2#3"] == b"l"


def test_sections_whose_summary_never_comes_go_after_the_end_and_some_patience() -> None:
    holding = _holding((0, "B1/account:1", b"a"))
    assert holding.take_orphans(NOW + 2 * PATIENCE, PATIENCE) == []
    holding.ended(0, 1, NOW + 1)
    assert holding.take_orphans(NOW + PATIENCE - 1, PATIENCE) == []
    assert _sections(holding.take_orphans(NOW + PATIENCE, PATIENCE)) == {"B1": {"account:1": b"a"}}
    assert holding.records_held == 0
    assert holding.resume()[0] == 1


def test_sections_that_came_after_the_end_was_seen_are_no_orphans() -> None:
    holding = Holding({0: 0})
    holding.ended(0, 0, NOW)
    holding.add(0, 0, "B1/account:1", b"a", NOW + 1)
    assert holding.take_orphans(NOW + 5 * PATIENCE, PATIENCE) == []


def test_beyond_the_limit_the_longest_held_leave() -> None:
    holding = _holding(*((n, f"B{n}/account:1", b"a") for n in range(5)))
    assert [change.owner for change in holding.take_excess(limit=3)] == ["B0", "B1"]
    assert holding.records_held == 3
    assert holding.resume()[0] == 2
    assert holding.take_excess(limit=3) == []
