"""What can go wrong at a source: a whole ingest (`SourceError`), or one row of it (`Refused`)."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Problem", "Reason", "Refused", "SourceError"]


class SourceError(Exception):
    """The ingest can't go on; the message says to a person what happened, where, and what to do."""


class Reason(StrEnum):
    """Why a row was refused."""

    WRONG_LENGTH = "wrong_length"
    BAD_QUOTES = "bad_quotes"
    UNDECODABLE = "undecodable"
    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    IMPOSSIBLE_DATE = "impossible_date"
    UNKNOWN_VALUE = "unknown_value"
    UNKNOWN_REFERENCE = "unknown_reference"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


class Refused(Exception):
    """A row can't become what the mapping asks for; `column` is added where it is known."""

    def __init__(self, reason: Reason, detail: str, column: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.column = column


@dataclass(frozen=True, slots=True)
class Problem:
    """A refused row: where it stands, and why. `row` counts data rows from 1, `line` lines of the file from 1."""

    file: str
    row: int
    line: int
    column: str | None
    reason: Reason
    detail: str

    def __str__(self) -> str:
        column = f", column {self.column!r}" if self.column else ""
        return f"{self.file} row {self.row} (line {self.line}){column}: {self.detail}"
