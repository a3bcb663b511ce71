"""The declarative mapping of a folder of files to canonical events, as a model of its YAML."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from connectors.sources.entities import EVENT_TYPES, EventType
from connectors.sources.values import Value

__all__ = ["EventSpec", "FileSource", "Join", "Mapping", "OnePer", "Table"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FileSource(_Part):
    """A delimited text file in the folder. A byte order mark and either kind of line end are always fine."""

    path: Annotated[str, Field(min_length=1)]
    """Relative to the folder that is ingested."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: str = "utf-8"
    header: list[str] | None = None
    """The columns' names, where the file itself has no line of names."""
    trim: bool = False
    """Take blanks around values away (fixed-width exports)."""
    multiline: bool = False
    """Whether quoted values may hold line ends. Without it a stray quote spoils its own row only."""

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError as error:
            raise ValueError(f"{name!r} is no encoding, such as utf-8, cp1250 or iso-8859-2") from error
        return name


class Join(_Part):
    """One row of another table beside each row: the one whose key equals `by`, or the `nth` in order of its key.

    `nth` is a whole number from 0; it is taken modulo the number of rows.
    """

    table: Name
    by: Value | None = None
    nth: Value | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.by is None) == (self.nth is None):
            raise ValueError("exactly one of by and nth is expected")
        return self

    @property
    def value(self) -> Value:
        """Whichever of `by` and `nth` was given."""
        found = self.by if self.by is not None else self.nth
        assert found is not None
        return found


class OnePer(_Part):
    """Keep one row for each value of `column`: the one with the least `least`, the first of equals."""

    column: str
    least: str


class Table(_Part):
    """Rows of a file or of another table; then, in this order: filtered, joined, given columns, made unique."""

    file: FileSource | None = None
    rows_of: Name | None = None
    where: dict[str, str | list[str]] = {}
    """Column -> the value or values a row must have; other rows are passed over (not refused)."""
    joins: dict[Name, Join] = {}
    columns: dict[Name, Value] = {}
    """Derived columns; each may use those before it."""
    key: str | None = None
    """Column that must be unique: a second row of the same key is refused. A joined table needs one."""
    one_per: OnePer | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.file is None) == (self.rows_of is None):
            raise ValueError("exactly one of file and rows_of is expected")
        return self

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        doubled = sorted(self.joins.keys() & self.columns.keys())
        if doubled:
            raise ValueError(f"{doubled[0]!r} is the name of a join and of a column: each needs a name of its own")
        return self

    def tables(self) -> set[str]:
        """The tables it needs as a whole."""
        joined = {join.table for join in self.joins.values()}
        return joined | ({self.rows_of} if self.rows_of else set())


class EventSpec(_Part):
    """One event a row of `table`; `fields` are those of the event's contract beyond the header."""

    type: str
    table: Name
    customer_id: Value
    source_seq: Annotated[int, Field(ge=0)] | Value
    occurred_at: Value
    """An instant, or a day: then midnight UTC of it."""
    recorded_at: Value | None = None
    """Absent: the source does not tell, and `occurred_at` stands in, so that reading twice gives the same bytes."""
    fields: Annotated[dict[str, Value], Field(validate_default=True)] = {}

    @field_validator("type")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in EVENT_TYPES:
            raise ValueError(f"{name!r} is no event type: {', '.join(EVENT_TYPES)} are")
        return name

    @field_validator("fields")
    @classmethod
    def _are_what_the_contract_asks(cls, fields: dict[str, Value], known: ValidationInfo) -> dict[str, Value]:
        name = known.data.get("type")
        if name is None:
            return fields
        own = EVENT_TYPES[name].own_fields()
        unknown = sorted(set(fields) - set(own))
        if unknown:
            raise ValueError(f"{name} has no field {unknown[0]!r}: {', '.join(own)} are its fields")
        absent = [field for field, required in own.items() if required and field not in fields]
        if absent:
            raise ValueError(f"{name} needs {', '.join(absent)}")
        return fields

    def identity(self) -> tuple[object, ...]:
        """What the event ids of its rows derive from: where it is equal, one event would pass for the other."""
        values = self.values()
        named = [values.get(f"fields.{name}") or values.get(name) for name in self.event_type.entity_fields()]
        return self.table, self.event_type.entity, repr(named), repr(self.source_seq)

    @property
    def event_type(self) -> EventType:
        """The contract of the event."""
        return EVENT_TYPES[self.type]

    def values(self) -> dict[str, Value]:
        """Every value by its path below the event."""
        header = {"customer_id": self.customer_id, "occurred_at": self.occurred_at}
        if self.recorded_at is not None:
            header["recorded_at"] = self.recorded_at
        if not isinstance(self.source_seq, int):
            header["source_seq"] = self.source_seq
        return header | {f"fields.{name}": value for name, value in self.fields.items()}


class Mapping(_Part):
    """A whole mapping. Events of one instant are published in the order in which `events` lists their types."""

    name: Name
    title: str = ""
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    """Name of the source in every event's header; a part of the event ids."""
    tables: Annotated[dict[Name, Table], Field(min_length=1)]
    events: Annotated[list[EventSpec], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_tables_that_exist(self) -> Self:
        known = ", ".join(self.tables)
        for path, name in self._references():
            if name not in self.tables:
                raise ValueError(f"{path}: there is no table {name!r}: {known} are declared")
        for name, table in self.tables.items():
            for join_name, join in table.joins.items():
                if self.tables[join.table].key is None:
                    raise ValueError(f"tables.{name}.joins.{join_name}: table {join.table!r} declares no key")
        for name in self.tables:
            self._refuse_circles(name, ())
        return self

    @model_validator(mode="after")
    def _gives_each_event_an_id_of_its_own(self) -> Self:
        first: dict[tuple[object, ...], int] = {}
        for index, event in enumerate(self.events):
            before = first.setdefault(event.identity(), index)
            if before != index:
                raise ValueError(
                    f"events.{index}.source_seq: it is that of events.{before}, about the same entity, "
                    f"so each row's two events would have one id: give them different ones"
                )
        return self

    def _references(self) -> list[tuple[str, str]]:
        joins = [
            (f"tables.{name}.joins.{join_name}.table", join.table)
            for name, table in self.tables.items()
            for join_name, join in table.joins.items()
        ]
        origins = [(f"tables.{name}.rows_of", table.rows_of) for name, table in self.tables.items() if table.rows_of]
        events = [(f"events.{index}.table", event.table) for index, event in enumerate(self.events)]
        return joins + origins + events

    def _refuse_circles(self, name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ValueError(f"tables.{name}: needs itself, by way of {' -> '.join((*path, name))}")
        for needed in sorted(self.tables[name].tables()):
            self._refuse_circles(needed, (*path, name))
