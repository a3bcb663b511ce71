"""Delimited text files, row by row: what is broken in one row is told and passed over, the rest goes on."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from connectors.sources.errors import Problem, Reason, Refused, SourceError
from connectors.sources.mapping import FileSource
from connectors.sources.rows import Row

__all__ = ["DelimitedFile"]

OnProblem = Callable[[Problem], None]


class DelimitedFile:
    """A file of a folder, as its declaration says it is written."""

    def __init__(self, folder: Path, declared: FileSource) -> None:
        self._declared = declared
        self._path = folder / declared.path
        # A byte order mark is no part of the first column's name.
        utf8 = declared.encoding.lower().replace("_", "-") in {"utf-8", "utf8"}
        self._encoding = "utf-8-sig" if utf8 else declared.encoding

    def columns(self) -> list[str]:
        """The names of the columns; SourceError when the file or its line of names is not there."""
        if self._declared.header is not None:
            self._read_first_line()
            return self._declared.header
        names = self._names(self._read_first_line())
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise SourceError(f"{self._path}: two columns are called {doubled[0]!r}; each needs a name of its own.")
        return names

    def rows(self, on_problem: OnProblem, on_read: Callable[[str, int], None]) -> Iterator[Row]:
        """Every good row. Blank lines are passed over and not counted; `on_read` gets the number of rows at the end."""
        names = self.columns()
        number = 0
        for line, fields in self._records():
            if isinstance(fields, Refused) or fields:
                number += 1
                row = Row(self._declared.path, number, line, {})
                refused = fields if isinstance(fields, Refused) else _misfit(fields, names)
                if refused:
                    on_problem(row.problem(refused))
                    continue
                row.values = dict(zip(names, self._trimmed(fields), strict=True))
                yield row
        on_read(self._declared.path, number)

    def _trimmed(self, fields: Any) -> Iterable[str]:
        return map(str.strip, fields) if self._declared.trim else fields

    def _records(self) -> Iterator[tuple[int, list[str] | Refused]]:
        """(line, fields) of each record below the line of names."""
        try:
            with self._path.open(encoding=self._encoding, errors="surrogateescape", newline="") as lines:
                before = 0
                if self._declared.header is None:
                    next(lines, None)
                    before = 1
                yield from self._whole(lines, before) if self._declared.multiline else self._by_line(lines, before)
        except OSError as error:
            raise _unreadable(self._path, error) from None
        except UnicodeError as error:
            raise SourceError(f"{self._path} is not {self._declared.encoding}: {error}.") from None

    def _by_line(self, lines: Iterable[str], before: int) -> Iterator[tuple[int, list[str] | Refused]]:
        for number, line in enumerate(lines, start=before + 1):
            try:
                yield number, next(self._reader([_decodable(line)]), [])
            except csv.Error as error:
                detail = f"its quotes don't match (a value over several lines needs `multiline: true`): {error}"
                yield number, Refused(Reason.BAD_QUOTES, detail)
            except Refused as refused:
                yield number, refused

    def _whole(self, lines: Iterable[str], before: int) -> Iterator[tuple[int, list[str] | Refused]]:
        reader = self._reader(lines)
        while True:
            try:
                for fields in reader:
                    line = before + reader.line_num
                    try:
                        _decodable("".join(fields))
                    except Refused as refused:
                        yield line, refused
                    else:
                        yield line, fields
                return
            except csv.Error as error:
                yield before + reader.line_num, Refused(Reason.BAD_QUOTES, f"can't be split into values: {error}")

    def _reader(self, lines: Iterable[str]) -> Any:
        return csv.reader(lines, delimiter=self._declared.delimiter, quotechar=self._declared.quote, strict=True)

    def _read_first_line(self) -> str:
        try:
            with self._path.open(encoding=self._encoding, errors="surrogateescape", newline="") as lines:
                return next(lines, "")
        except OSError as error:
            raise _unreadable(self._path, error) from None
        except UnicodeError as error:
            raise SourceError(f"{self._path} is not {self._declared.encoding}: {error}.") from None

    def _names(self, line: str) -> list[str]:
        try:
            names = [name.strip() for name in next(self._reader([_decodable(line)]), [])]
        except (csv.Error, Refused) as error:
            raise SourceError(f"{self._path}: its first line holds no names of columns: {error}.") from None
        if not names:
            raise SourceError(f"{self._path} is empty: a first line with the names of its columns is expected.")
        return names


def _misfit(fields: list[str], names: list[str]) -> Refused | None:
    if len(fields) == len(names):
        return None
    what = "values are missing" if len(fields) < len(names) else "values are too many"
    return Refused(Reason.WRONG_LENGTH, f"it has {len(fields)} values where {len(names)} are expected: {what}")


def _decodable(text: str) -> str:
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        raise Refused(Reason.UNDECODABLE, "holds bytes that are no text in the file's encoding")
    return text


def _unreadable(path: Path, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{path} does not exist: the mapping needs it; put it there, or give another folder.")
    return SourceError(f"{path} can't be read: {error.strerror or error}.")
