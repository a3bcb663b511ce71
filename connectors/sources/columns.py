"""The columns of a mapping's tables: that each one named is there, and where in a file it comes from."""

from pathlib import Path

from connectors.sources.delimited import DelimitedFile
from connectors.sources.errors import SourceError
from connectors.sources.mapping import Mapping, Table

__all__ = ["Columns"]


class Columns:
    """Construction reads the first line of every file; SourceError says which file or column is not there."""

    def __init__(self, mapping: Mapping, folder: Path) -> None:
        self._mapping = mapping
        self._folder = folder
        self._known: dict[str, list[str]] = {}
        for name in mapping.tables:
            self._of(name)
        for index, event in enumerate(mapping.events):
            for path, value in event.values().items():
                self._expect(value.columns(), self._known[event.table], f"events.{index}.{path}", event.table)

    def in_file(self, table: str, column: str) -> str:
        """The column as the table's file names it, as far as it comes from one: what a person can look at."""
        declared = self._mapping.tables[table]
        for name, value in reversed(declared.columns.items()):
            if name == column:
                read = value.columns()
                if len(read) != 1:
                    return column
                (column,) = read
        if declared.rows_of is None or column.partition(".")[0] in declared.joins:
            return column
        return self.in_file(declared.rows_of, column)

    def _of(self, name: str) -> list[str]:
        """Every column `name` has, checked; each table once."""
        if name in self._known:
            return self._known[name]
        table, path = self._mapping.tables[name], f"tables.{name}"
        names = self._at_first(name, table)
        self._expect(set(table.where), names, f"{path}.where", name)
        for join_name, join in table.joins.items():
            self._expect(join.value.columns(), names, f"{path}.joins.{join_name}", name)
            self._expect_no_join(join_name, names, f"{path}.joins.{join_name}")
            # A join takes the name over from a column: `customer` is then a row, and no longer the number it came by.
            names = [column for column in names if column != join_name]
            names += [f"{join_name}.{column}" for column in self._of(join.table)]
        for column, value in table.columns.items():
            self._expect(value.columns(), names, f"{path}.columns.{column}", name)
            names = names if column in names else [*names, column]
        if table.one_per:
            self._expect({table.one_per.column, table.one_per.least}, names, f"{path}.one_per", name)
        self._expect({table.key} if table.key else set(), names, f"{path}.key", name)
        self._known[name] = names
        return names

    def _at_first(self, name: str, table: Table) -> list[str]:
        if table.rows_of is not None:
            inherited = self._of(table.rows_of)
            for column in table.columns:
                self._expect_no_join(column, inherited, f"tables.{name}.columns.{column}")
            return inherited
        assert table.file is not None
        return DelimitedFile(self._folder, table.file).columns()

    def _expect(self, wanted: set[str], names: list[str], path: str, table: str) -> None:
        for column in sorted(wanted):
            if column not in names:
                raise SourceError(
                    f"Mapping {self._mapping.name}, {path}: table {table!r} ({self._file_of(table)}) has no column "
                    f"{column!r}: it has {', '.join(names)}."
                )

    def _expect_no_join(self, name: str, names: list[str], path: str) -> None:
        if any(known.startswith(f"{name}.") for known in names):
            raise SourceError(
                f"Mapping {self._mapping.name}, {path}: {name!r} is the name of a join already: give it another name."
            )

    def _file_of(self, name: str) -> str:
        table = self._mapping.tables[name]
        if table.rows_of is not None:
            return self._file_of(table.rows_of)
        assert table.file is not None
        return table.file.path
