"""A row on its way from a file to an event: its columns, those derived, and the rows joined to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from connectors.sources.errors import Problem, Refused

__all__ = ["Row"]

_ABSENT: Final = object()


@dataclass(slots=True)
class Row:
    """Columns by name; a joined row stands under the name of its join, and `join.column` reaches into it."""

    file: str
    number: int
    """Data row in the file, from 1."""
    line: int
    values: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        """The value of a column; KeyError when there is none of that name."""
        value = self.values.get(column, _ABSENT)
        if value is not _ABSENT:
            return value
        join, dot, rest = column.partition(".")
        if not dot:
            raise KeyError(column)
        joined: Row = self.values[join]
        return joined[rest]

    def names(self) -> Iterator[str]:
        """Every name that `row[name]` knows."""
        for name, value in self.values.items():
            if isinstance(value, Row):
                yield from (f"{name}.{column}" for column in value.names())
            else:
                yield name

    def problem(self, refused: Refused) -> Problem:
        """The refusal of this row, with its place."""
        return Problem(self.file, self.number, self.line, refused.column, refused.reason, refused.detail)
