"""The tables of a mapping over a folder: rows read, filtered, joined, given their derived columns, made unique."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.sources.columns import Columns
from connectors.sources.delimited import DelimitedFile
from connectors.sources.errors import Problem, Reason, Refused
from connectors.sources.mapping import Join, Mapping, OnePer, Table
from connectors.sources.rows import Row

__all__ = ["Tables"]


class Tables:
    """A table is held in memory when another one needs it, and else streamed.

    Construction checks that every file is there and that every column named exists; SourceError says which does not.
    """

    def __init__(
        self,
        mapping: Mapping,
        folder: Path,
        on_problem: Callable[[Problem], None],
        on_read: Callable[[str, int], None],
    ) -> None:
        self._mapping = mapping
        self._folder = folder
        self._on_problem = on_problem
        self._on_read = on_read
        self._needed = set().union(*(table.tables() for table in mapping.tables.values()))
        self._held: dict[str, list[Row]] = {}
        self._indexes: dict[tuple[str, str], _Index] = {}
        self._columns = Columns(mapping, folder)

    def rows(self, name: str) -> Iterable[Row]:
        """The rows of a table, those refused left out (and told once)."""
        if name not in self._needed:
            return self._read(name)
        if name not in self._held:
            self._held[name] = list(self._read(name))
        return self._held[name]

    def refuse(self, name: str, row: Row, refused: Refused) -> None:
        """Tell of a row of a table that can't go on, by the column that stands in its file."""
        if refused.column is not None:
            refused = Refused(refused.reason, refused.detail, self._columns.in_file(name, refused.column))
        self._on_problem(row.problem(refused))

    def _read(self, name: str) -> Iterator[Row]:
        table = self._mapping.tables[name]
        rows = self._derived(name, table, self._origin(table))
        if table.one_per is not None:
            rows = iter(_one_per(self._stated(name, rows, table.one_per), table.one_per))
        return rows if table.key is None else self._unique(name, rows, table.key)

    def _origin(self, table: Table) -> Iterable[Row]:
        if table.rows_of is not None:
            return self.rows(table.rows_of)
        assert table.file is not None
        return DelimitedFile(self._folder, table.file).rows(self._on_problem, self._on_read)

    def _derived(self, name: str, table: Table, rows: Iterable[Row]) -> Iterator[Row]:
        wanted = {column: {value} if isinstance(value, str) else set(value) for column, value in table.where.items()}
        joins = [(beside, join, self._index(join)) for beside, join in table.joins.items()]
        for origin in rows:
            if any(origin[column] not in values for column, values in wanted.items()):
                continue
            # A row of another table is that table's; what is added here is not.
            row = Row(origin.file, origin.number, origin.line, dict(origin.values))
            try:
                for beside, join, index in joins:
                    row.values[beside] = index.find(join, row)
                for column, value in table.columns.items():
                    row.values[column] = value.of(row)
            except Refused as refused:
                self.refuse(name, row, refused)
            else:
                yield row

    def _stated(self, name: str, rows: Iterable[Row], wanted: OnePer) -> Iterator[Row]:
        """Those that can be compared."""
        for row in rows:
            absent = next((column for column in (wanted.column, wanted.least) if row[column] is None), None)
            if absent is None:
                yield row
            else:
                self.refuse(name, row, Refused(Reason.MISSING, "is empty", absent))

    def _unique(self, name: str, rows: Iterable[Row], key: str) -> Iterator[Row]:
        first: dict[Any, int] = {}
        for row in rows:
            value = row[key]
            if value is None or value == "":
                self.refuse(name, row, Refused(Reason.MISSING, "is empty", key))
            elif (before := first.setdefault(value, row.number)) != row.number:
                detail = f"{value!r} stands in row {before} already"
                self.refuse(name, row, Refused(Reason.DUPLICATE, detail, key))
            else:
                yield row

    def _index(self, join: Join) -> "_Index":
        key = self._mapping.tables[join.table].key
        assert key is not None
        found = self._indexes.get((join.table, key))
        if found is None:
            found = self._indexes[join.table, key] = _Index(join.table, key, list(self.rows(join.table)))
        return found


class _Index:
    """The rows of a joined table, by key and in the order of the key."""

    def __init__(self, table: str, key: str, rows: list[Row]) -> None:
        self._table = table
        self._key = key
        self._rows = rows
        self._by_key = {row[key]: row for row in rows}

    @cached_property
    def _sorted(self) -> list[Row]:
        return sorted(self._rows, key=lambda row: row[self._key])

    def find(self, join: Join, row: Row) -> Row:
        """The joined row, or Refused when there is none."""
        wanted = join.value.of(row)
        if join.nth is not None:
            return self._nth(wanted)
        found = self._by_key.get(wanted)
        if found is None:
            detail = f"{wanted!r} is the {self._key} of no row of {self._table}"
            raise Refused(Reason.UNKNOWN_REFERENCE, detail, join.value.named())
        return found

    def _nth(self, position: Any) -> Row:
        if not self._rows:
            raise Refused(Reason.UNKNOWN_REFERENCE, f"there are no {self._table} to choose from")
        if not isinstance(position, int):
            raise Refused(Reason.INVALID, f"{position!r} is no whole number: `nth` needs an integer step")
        return self._sorted[position % len(self._rows)]


def _one_per(rows: Iterable[Row], wanted: OnePer) -> list[Row]:
    kept: dict[Any, Row] = {}
    for row in rows:
        held = kept.get(row[wanted.column])
        if held is None or row[wanted.least] < held[wanted.least]:
            kept[row[wanted.column]] = row
    return list(kept.values())
