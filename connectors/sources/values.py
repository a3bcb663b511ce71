"""How a mapping says where a value comes from: a column, a constant, a concatenation or the row's number.

In YAML a plain text is the name of a column; everything else is a mapping with one of the keys below.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from connectors.sources.errors import Reason, Refused
from connectors.sources.rows import Row
from connectors.sources.transformations import Step

__all__ = ["ColumnValue", "Concat", "Constant", "RowNumber", "Value"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    then: list[Step] = []
    """Transformations, one after the other; null passes them by."""

    def columns(self) -> set[str]:
        """Every column it reads."""
        return set().union(*(step.columns() for step in self.then))

    def of(self, row: Row) -> Any:
        """The value in `row`; raises Refused with the column at fault."""
        value = self._start(row)
        if value is None:
            return None
        try:
            for step in self.then:
                value = step.apply(value, row)
        except Refused as refused:
            raise Refused(refused.reason, refused.detail, refused.column or self.named()) from refused
        return value

    def _start(self, row: Row, /) -> Any:
        raise NotImplementedError

    def named(self) -> str | None:
        """The column to look at when the value is wrong, if there is one."""
        columns = self.columns()
        return next(iter(columns)) if len(columns) == 1 else None


class ColumnValue(_Value):
    """A column (`join.column` for a joined one); an empty one is refused, unless it is `optional` (then null)."""

    column: str
    optional: bool = False

    def columns(self) -> set[str]:
        return super().columns() | {self.column}

    def _start(self, row: Row, /) -> Any:
        value = row[self.column]
        if value == "" or value is None:
            if self.optional:
                return None
            raise Refused(Reason.MISSING, "is empty", self.column)
        return value

    def named(self) -> str:
        """The column itself, whatever its transformations read besides."""
        return self.column


class Constant(_Value):
    """The same in every row."""

    constant: str | int | bool

    def _start(self, _row: Row, /) -> Any:
        return self.constant


class Concat(_Value):
    """Texts one after the other, with a separator between them; null ones are left out, none at all is null."""

    concat: Annotated[list["Value"], Field(min_length=1)]
    separator: str = ""

    def columns(self) -> set[str]:
        return super().columns().union(*(part.columns() for part in self.concat))

    def _start(self, row: Row, /) -> str | None:
        texts = [str(text) for text in (part.of(row) for part in self.concat) if text is not None]
        return self.separator.join(texts) if texts else None


class RowNumber(_Value):
    """The position of the row in its file; the first data row has the number given here."""

    row_number: Annotated[int, Field(ge=0)]

    def _start(self, row: Row, /) -> int:
        return row.number - 1 + self.row_number


_KINDS: Final[dict[str, type[_Value]]] = {
    "column": ColumnValue,
    "constant": Constant,
    "concat": Concat,
    "row_number": RowNumber,
}


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((key for key in _KINDS if key in value), None)
    return next((key for key, kind in _KINDS.items() if isinstance(value, kind)), None)


def _plain_text_is_a_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


_before: Callable[[Any], Any] = _plain_text_is_a_column

Value = Annotated[
    Annotated[ColumnValue, Tag("column")]
    | Annotated[Constant, Tag("constant")]
    | Annotated[Concat, Tag("concat")]
    | Annotated[RowNumber, Tag("row_number")],
    Discriminator(
        _kind,
        custom_error_type="unknown_value",
        custom_error_message=f"is no value: a column's name, or a mapping with one of {', '.join(_KINDS)} is expected",
    ),
    BeforeValidator(_before),
]
"""Where a value of a derived column or of an event's field comes from."""

Concat.model_rebuild()
