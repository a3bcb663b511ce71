import random
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from connectors.sources.ordering import OutgoingEvent, in_event_time


def an_event(*order: int) -> OutgoingEvent:
    day, *rest = order
    occurred_at = datetime(2020, 1, day, tzinfo=UTC)
    return OutgoingEvent((occurred_at, *rest), "account-changes", "B1", b"{}", f"{order}", "account.opened")


ORDERED = [
    an_event(day, mapping, kind, row) for day in (1, 2, 3) for mapping in (0, 1) for kind in (0, 1) for row in (1, 2)
]


@pytest.mark.parametrize("run_length", [1, 2, 5, 12, 24, 25])
def test_events_come_by_instant_then_mapping_then_type_then_row_however_little_memory_holds(run_length: int) -> None:
    shuffled = random.Random(7).sample(ORDERED, len(ORDERED))
    assert list(in_event_time(shuffled, run_length)) == ORDERED


def test_no_event_at_all_is_fine() -> None:
    assert list(in_event_time([], 2)) == []


def runs_on_disk() -> set[Path]:
    """Where this process's sorted runs lie, by its open files."""
    return {link.readlink().parent for link in Path("/proc/self/fd").iterdir() if "c360-ingest-" in target_of(link)}


def target_of(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


def test_a_reader_who_leaves_early_leaves_no_file_open_or_behind() -> None:
    events = cast("Generator[OutgoingEvent, None, None]", in_event_time(iter(ORDERED), 2))
    next(events)
    (folder,) = runs_on_disk()
    assert folder.is_dir()
    events.close()
    assert runs_on_disk() == set()
    assert not folder.exists()
