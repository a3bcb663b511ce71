"""From a folder and its mappings to canonical events in event-time order."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from connectors.sources.entities import EventType, entity_of, event_id
from connectors.sources.errors import Problem, Reason, Refused, SourceError
from connectors.sources.mapping import EventSpec, Mapping
from connectors.sources.ordering import OutgoingEvent, in_event_time
from connectors.sources.rows import Row
from connectors.sources.tables import Tables

__all__ = ["read_events"]

OnProblem = Callable[[Problem], None]
OnRead = Callable[[str, int], None]


def read_events(
    mappings: Sequence[Mapping],
    folder: Path,
    on_problem: OnProblem,
    on_read: OnRead = lambda _file, _rows: None,
) -> Iterator[OutgoingEvent]:
    """Every event of the folder, in the order (occurred_at, mapping, its event types as listed, row in the file).

    The same folder gives the same bytes every time. Before the first event is read, SourceError tells of a missing
    folder, file or column. A refused row goes to `on_problem` once, however many events it would have made, and
    `on_read` gets each file with its number of data rows.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder: give the folder that holds the files of the mapping.")
    told = _Once(on_problem)
    readers = [_Reader(mapping, rank, Tables(mapping, folder, told, on_read)) for rank, mapping in enumerate(mappings)]
    return in_event_time(event for reader in readers for event in reader.events())


class _Once:
    """Tells each problem once: mappings of the same folder share files, and tables share rows."""

    def __init__(self, tell: OnProblem) -> None:
        self._tell = tell
        self._told: set[tuple[str, int, Reason, str | None]] = set()

    def __call__(self, problem: Problem) -> None:
        key = (problem.file, problem.row, problem.reason, problem.column)
        if key not in self._told:
            self._told.add(key)
            self._tell(problem)


class _Reader:
    """The events of one mapping, table by table, unordered."""

    def __init__(self, mapping: Mapping, rank: int, tables: Tables) -> None:
        self._mapping = mapping
        self._rank = rank
        self._tables = tables

    def events(self) -> Iterator[OutgoingEvent]:
        """All of them; a table is read once for all its event types, so that a large one need not be held.

        A row gives all its events or none: half of a row would be something that nobody ever stated.
        """
        by_table: dict[str, list[tuple[int, EventSpec, EventType]]] = {}
        for rank, spec in enumerate(self._mapping.events):
            by_table.setdefault(spec.table, []).append((rank, spec, spec.event_type))
        for table, specs in by_table.items():
            for row in self._tables.rows(table):
                try:
                    events = [self._event(rank, spec, event_type, row) for rank, spec, event_type in specs]
                except Refused as refused:
                    self._tables.refuse(table, row, refused)
                else:
                    yield from events

    def _event(self, rank: int, spec: EventSpec, event_type: EventType, row: Row) -> OutgoingEvent:
        fields: dict[str, Any] = {"customer_id": spec.customer_id.of(row)}
        for name, value in spec.fields.items():
            stated = value.of(row)
            if stated is not None:
                fields[name] = stated
        occurred_at = _instant(spec.occurred_at.of(row), "occurred_at")
        recorded_at = occurred_at if spec.recorded_at is None else _instant(spec.recorded_at.of(row), "recorded_at")
        seq = spec.source_seq if isinstance(spec.source_seq, int) else spec.source_seq.of(row)
        identity = event_id(self._mapping.source, _entity(event_type, fields), seq)
        header = {
            "event_id": identity,
            "type": spec.type,
            "source": self._mapping.source,
            "source_seq": seq,
            "occurred_at": occurred_at,
            "recorded_at": recorded_at,
        }
        content = orjson.dumps(header | fields, option=orjson.OPT_UTC_Z)
        _check(content, spec, event_type)
        order = (occurred_at, self._rank, rank, row.number)
        return OutgoingEvent(order, event_type.topic, fields["customer_id"], content, identity, spec.type)


def _entity(event_type: EventType, fields: dict[str, Any]) -> str:
    try:
        return entity_of(event_type, fields)
    except KeyError as error:
        raise Refused(Reason.MISSING, f"{event_type.name} needs {error}, which is null") from None


def _instant(stated: Any, field: str) -> datetime:
    if isinstance(stated, datetime):
        return stated
    if isinstance(stated, date):
        return datetime(stated.year, stated.month, stated.day, tzinfo=UTC)
    raise Refused(Reason.INVALID, f"{field} is {stated!r}: a day or an instant is expected")


def _check(content: bytes, spec: EventSpec, event_type: EventType) -> None:
    """Hold the very bytes that are published against the contract, so that no row becomes a dead letter."""
    try:
        event_type.adapter.validate_json(content)
    except ValidationError as error:
        detail = error.errors()[0]
        field = str(detail["loc"][0]) if detail["loc"] else ""
        value = spec.values().get(f"fields.{field}") or spec.values().get(field)
        said = f"{field} is {detail['input']!r}: {detail['msg'].removeprefix('Value error, ')}"
        raise Refused(Reason.INVALID, said, value.named() if value else None) from None
