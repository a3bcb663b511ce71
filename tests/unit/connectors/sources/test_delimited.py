from pathlib import Path
from typing import Any

import pytest

from connectors.sources.delimited import DelimitedFile
from connectors.sources.errors import Problem, Reason, SourceError
from connectors.sources.mapping import FileSource


class Read:
    """All of a file."""

    def __init__(self, folder: Path, content: bytes, **declared: Any) -> None:
        (folder / "a.csv").write_bytes(content)
        self.problems: list[Problem] = []
        self.counts: dict[str, int] = {}
        file = DelimitedFile(folder, FileSource(path="a.csv", **declared))
        self.rows = list(file.rows(self.problems.append, self.counts.__setitem__))
        self.values = [row.values for row in self.rows]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("multiline", [False, True])
def test_line_ends_and_a_byte_order_mark_do_not_matter(
    tmp_path: Path, end: bytes, mark: bytes, multiline: bool
) -> None:
    read = Read(tmp_path, mark + end.join([b"id,name", b"1,Ann", b"", b"2,", b""]), multiline=multiline)
    assert read.values == [{"id": "1", "name": "Ann"}, {"id": "2", "name": ""}]
    assert [(row.number, row.line) for row in read.rows] == [(1, 2), (2, 4)]
    assert read.counts == {"a.csv": 2}
    assert read.problems == []


def test_a_file_without_a_last_line_end_is_read_to_its_end(tmp_path: Path) -> None:
    assert Read(tmp_path, b"id\n1").values == [{"id": "1"}]


def test_quoted_values_hold_delimiters_and_quotes(tmp_path: Path) -> None:
    read = Read(tmp_path, b'id;text\n1;"a;b ""c"""\n2;it"s\n', delimiter=";")
    assert [values["text"] for values in read.values] == ['a;b "c"', 'it"s']


def test_short_and_long_rows_are_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    read = Read(tmp_path, b"a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert [values["a"] for values in read.values] == ["1", "7"]
    assert [str(problem) for problem in read.problems] == [
        "a.csv row 2 (line 3): it has 1 values where 2 are expected: values are missing",
        "a.csv row 3 (line 4): it has 3 values where 2 are expected: values are too many",
    ]
    assert read.counts == {"a.csv": 4}


def test_a_stray_quote_spoils_its_own_row_only(tmp_path: Path) -> None:
    read = Read(tmp_path, b'a,b\n1,"x\n2,y\n')
    assert read.values == [{"a": "2", "b": "y"}]
    (problem,) = read.problems
    assert (problem.row, problem.line, problem.reason) == (1, 2, Reason.BAD_QUOTES)
    assert "multiline" in problem.detail


def test_a_value_may_go_over_several_lines_where_that_is_declared(tmp_path: Path) -> None:
    read = Read(tmp_path, b'a,b\n1,"x\r\ny"\n2,z\n3\n', multiline=True)
    assert read.values == [{"a": "1", "b": "x\r\ny"}, {"a": "2", "b": "z"}]
    assert [row.line for row in read.rows] == [3, 4]
    assert [(problem.row, problem.line) for problem in read.problems] == [(3, 5)]


@pytest.mark.parametrize("multiline", [False, True])
def test_a_quoted_value_that_goes_on_behind_its_quote_is_refused(tmp_path: Path, multiline: bool) -> None:
    read = Read(tmp_path, b'a,b\n1,"x"y\n2,z\n', multiline=multiline)
    assert read.values == [{"a": "2", "b": "z"}]
    assert [problem.reason for problem in read.problems] == [Reason.BAD_QUOTES]


@pytest.mark.parametrize("multiline", [False, True])
def test_bytes_that_are_no_text_spoil_their_row_only(tmp_path: Path, multiline: bool) -> None:
    read = Read(tmp_path, b"a,b\n1,\xff\xfe\n2,\xc3\xa9\n", multiline=multiline)
    assert read.values == [{"a": "2", "b": "é"}]
    (problem,) = read.problems
    assert (problem.row, problem.reason) == (1, Reason.UNDECODABLE)
    assert str(problem).isascii()


def test_the_encoding_is_the_one_declared(tmp_path: Path) -> None:
    text = "a,b\n1,Novotná\n"
    for encoding in ("cp1250", "iso-8859-2", "utf-16", "UTF_8"):
        assert Read(tmp_path, text.encode(encoding), encoding=encoding).values == [{"a": "1", "b": "Novotná"}]


def test_a_file_that_is_not_at_all_in_its_encoding_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv is not utf-16"):
        Read(tmp_path, b"a,b\n1,2\n", encoding="utf-16")


def test_a_file_without_a_line_of_names_gets_them_from_the_mapping(tmp_path: Path) -> None:
    read = Read(tmp_path, b"\xef\xbb\xbf1|x\n2|y\n", header=["a", "b"], delimiter="|")
    assert read.values == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    assert [(row.number, row.line) for row in read.rows] == [(1, 1), (2, 2)]


def test_blanks_around_values_go_where_that_is_declared_and_around_names_always(tmp_path: Path) -> None:
    content = b" a , b \n 1 , x \n"
    assert Read(tmp_path, content).values == [{"a": " 1 ", "b": " x "}]
    assert Read(tmp_path, content, trim=True).values == [{"a": "1", "b": "x"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: a first line with the names of its columns is expected"),
        (b"a,b,a\n", "two columns are called 'a'"),
        (b'a,"b\n1,2\n', "its first line holds no names of columns"),
        (b"a,\xff\n1,2\n", "its first line holds no names of columns: holds bytes that are no text"),
    ],
)
def test_a_first_line_without_names_ends_the_ingest_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        Read(tmp_path, content)
    assert said in str(caught.value)
    assert str(tmp_path / "a.csv") in str(caught.value)
    str(caught.value).encode()


def test_a_file_that_is_not_there_or_can_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nosuch\.csv does not exist: the mapping needs it"):
        DelimitedFile(tmp_path, FileSource(path="nosuch.csv")).columns()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SourceError, match=r"folder\.csv can't be read: Is a directory"):
        DelimitedFile(tmp_path, FileSource(path="folder.csv", header=["a"])).columns()
