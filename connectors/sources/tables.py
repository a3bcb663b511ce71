"""The tables of a mapping over a folder: rows read, filtered, joined, given their derived columns, made unique."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.sources.delimited import DelimitedFile
from connectors.sources.errors import Problem, Reason, Refused, SourceError
from connectors.sources.mapping import Join, Mapping, Table
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
        self._check_columns()

    def rows(self, name: str) -> Iterable[Row]:
        """The rows of a table, those refused left out (and told once)."""
        if name not in self._needed:
            return self._read(name)
        if name not in self._held:
            self._held[name] = list(self._read(name))
        return self._held[name]

    def _read(self, name: str) -> Iterator[Row]:
        table = self._mapping.tables[name]
        rows = self._derived(table, self._origin(table))
        if table.one_per is not None:
            rows = iter(_one_per(rows, table.one_per.column, table.one_per.least))
        return rows if table.key is None else self._unique(rows, table.key)

    def _origin(self, table: Table) -> Iterable[Row]:
        if table.rows_of is not None:
            return self.rows(table.rows_of)
        assert table.file is not None
        return DelimitedFile(self._folder, table.file).rows(self._on_problem, self._on_read)

    def _derived(self, table: Table, rows: Iterable[Row]) -> Iterator[Row]:
        wanted = {column: {value} if isinstance(value, str) else set(value) for column, value in table.where.items()}
        joins = [(name, join, self._index(join)) for name, join in table.joins.items()]
        for origin in rows:
            if any(origin[column] not in values for column, values in wanted.items()):
                continue
            # A row of another table is that table's; what is added here is not.
            row = Row(origin.file, origin.number, origin.line, dict(origin.values))
            try:
                for name, join, index in joins:
                    row.values[name] = index.find(join, row)
                for name, value in table.columns.items():
                    row.values[name] = value.of(row)
            except Refused as refused:
                self._on_problem(row.problem(refused))
            else:
                yield row

    def _unique(self, rows: Iterable[Row], key: str) -> Iterator[Row]:
        first: dict[Any, int] = {}
        for row in rows:
            before = first.setdefault(row[key], row.number)
            if before != row.number:
                detail = f"{row[key]!r} stands in row {before} already"
                self._on_problem(row.problem(Refused(Reason.DUPLICATE, detail, key)))
            else:
                yield row

    def _index(self, join: Join) -> "_Index":
        key = self._mapping.tables[join.table].key
        assert key is not None
        found = self._indexes.get((join.table, key))
        if found is None:
            found = self._indexes[join.table, key] = _Index(join.table, key, list(self.rows(join.table)))
        return found

    def _check_columns(self) -> None:
        known: dict[str, list[str]] = {}
        for name in self._mapping.tables:
            self._columns_of(name, known)
        for index, event in enumerate(self._mapping.events):
            for path, value in event.values().items():
                self._expect(value.columns(), known[event.table], f"events.{index}.{path}", event.table)

    def _columns_of(self, name: str, known: dict[str, list[str]]) -> list[str]:
        """Every column `name` has, checked; each table once."""
        if name in known:
            return known[name]
        table, path = self._mapping.tables[name], f"tables.{name}"
        names = self._origin_columns(table, known)
        self._expect(set(table.where), names, f"{path}.where", name)
        for join_name, join in table.joins.items():
            self._expect(join.value.columns(), names, f"{path}.joins.{join_name}", name)
            names = [*names, *(f"{join_name}.{column}" for column in self._columns_of(join.table, known))]
        for column, value in table.columns.items():
            self._expect(value.columns(), names, f"{path}.columns.{column}", name)
            names = [*names, column]
        if table.one_per:
            self._expect({table.one_per.column, table.one_per.least}, names, f"{path}.one_per", name)
        self._expect({table.key} if table.key else set(), names, f"{path}.key", name)
        known[name] = names
        return names

    def _origin_columns(self, table: Table, known: dict[str, list[str]]) -> list[str]:
        if table.rows_of is not None:
            return self._columns_of(table.rows_of, known)
        assert table.file is not None
        return DelimitedFile(self._folder, table.file).columns()

    def _expect(self, wanted: set[str], names: list[str], path: str, table: str) -> None:
        for column in sorted(wanted):
            if column not in names:
                raise SourceError(
                    f"Mapping {self._mapping.name}, {path}: table {table!r} has no column {column!r}: "
                    f"it has {', '.join(names)}."
                )


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
            raise Refused(Reason.UNKNOWN_REFERENCE, detail, _column(join))
        return found

    def _nth(self, position: Any) -> Row:
        if not self._rows:
            raise Refused(Reason.UNKNOWN_REFERENCE, f"there are no {self._table} to choose from")
        if not isinstance(position, int):
            raise Refused(Reason.INVALID, f"{position!r} is no whole number: `nth` needs an integer step")
        return self._sorted[position % len(self._rows)]


def _column(join: Join) -> str | None:
    columns = sorted(join.value.columns())
    return columns[0] if len(columns) == 1 else None


def _one_per(rows: Iterable[Row], column: str, least: str) -> list[Row]:
    kept: dict[Any, Row] = {}
    for row in rows:
        held = kept.get(row[column])
        if held is None or row[least] < held[least]:
            kept[row[column]] = row
    return list(kept.values())
