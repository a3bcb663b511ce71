"""Event-time order for more events than memory should hold: sorted runs on disk, merged."""

import heapq
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple, cast

from connectors.sources.errors import SourceError

__all__ = ["OutgoingEvent", "in_event_time"]

RUN_LENGTH: Final = 100_000
"""Events held in memory at a time; about 100 MB."""


class OutgoingEvent(NamedTuple):
    """An event on its way to Kafka: `value` is its JSON, checked against the contract of its type."""

    order: tuple[Any, ...]
    """(occurred_at, rank of the mapping, rank of the event type, row): total, and the same at every reading."""
    topic: str
    key: str
    value: bytes
    event_id: str
    type: str


def in_event_time(events: Iterable[OutgoingEvent], run_length: int = RUN_LENGTH) -> Iterator[OutgoingEvent]:
    """The same events, ordered; at most `run_length` of them are in memory, the rest in a temporary file."""
    source = iter(events)
    run = _sorted_run(source, run_length)
    if len(run) < run_length:
        yield from run
        return
    with _folder_for_runs() as folder:
        files: list[BinaryIO] = []
        try:
            while run:
                files.append(_spilled(run, f"{folder}/{len(files)}"))
                run = _sorted_run(source, run_length)
            yield from heapq.merge(*map(_read_back, files))
        finally:
            for file in files:
                file.close()


def _folder_for_runs() -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix="c360-ingest-")
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> SourceError:
    return SourceError(
        f"The events can't be put in order on disk ({error.strerror}): set TMPDIR to a folder with room."
    )


def _sorted_run(source: Iterator[OutgoingEvent], run_length: int) -> list[OutgoingEvent]:
    return sorted(islice(source, run_length))


def _spilled(run: list[OutgoingEvent], path: str) -> BinaryIO:
    try:
        file = open(path, "w+b")  # noqa: SIM115, PTH123  closed by the caller when the merge is over
        for event in run:
            pickle.dump(tuple(event), file, protocol=pickle.HIGHEST_PROTOCOL)
        file.seek(0)
    except OSError as error:
        raise _no_room(error) from None
    return file


def _read_back(file: BinaryIO) -> Iterator[OutgoingEvent]:
    while True:
        try:
            # A file this process wrote a moment ago, in a folder only its user can write to.
            fields = pickle.load(file)
        except EOFError:
            return
        yield OutgoingEvent(*cast("tuple[Any, str, str, bytes, str, str]", fields))
