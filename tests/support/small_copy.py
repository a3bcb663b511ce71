"""Makes `tests/data` from the whole data: `python -m tests.support.small_copy ../shared/data tests/data`.

Rows are copied byte for byte and in their order, so that a row of the copy is a row of what was published.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# Chosen by hand: among them are signatories, overdrawn accounts, large entries and loans that mature.
_CHOSEN = (
    785,
    1318,
    1888,
    2246,
    2350,
    3418,
    3953,
    3967,
    4127,
    4361,
    4858,
    5180,
    6440,
    6461,
    6505,
    7049,
    7156,
    9227,
    9424,
    11141,
)
ACCOUNTS = frozenset(map(str, _CHOSEN))
EVERY_NTH_COMPLAINT = 18


def small_copy(whole: Path, copy: Path) -> None:
    """Write the copy; a file that is there already is replaced."""
    clients = {row[1] for row in _rows(whole / "berka/disp.csv") if row[2] in ACCOUNTS}
    _keep(whole, copy, "berka/account.csv", lambda row: row[0] in ACCOUNTS)
    _keep(whole, copy, "berka/client.csv", lambda row: row[0] in clients)
    _keep(whole, copy, "berka/disp.csv", lambda row: row[2] in ACCOUNTS)
    _keep(whole, copy, "berka/loan.csv", lambda row: row[1] in ACCOUNTS)
    _keep(whole, copy, "berka/trans.csv", lambda row: row[1] in ACCOUNTS)
    complaints = _lines(whole / "cfpb/complaints.csv")
    _write(copy / "cfpb/complaints.csv", [complaints[0], *complaints[1::EVERY_NTH_COMPLAINT]])


def _keep(whole: Path, copy: Path, name: str, wanted: Callable[[list[str]], bool]) -> None:
    head, *lines = _lines(whole / name)
    _write(copy / name, [head, *(line for line in lines if wanted(_fields(line)))])


def _rows(path: Path) -> Iterator[list[str]]:
    return map(_fields, _lines(path)[1:])


def _fields(line: bytes) -> list[str]:
    return line.decode("ascii").rstrip("\r\n").split(";")


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _write(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))


if __name__ == "__main__":
    small_copy(Path(sys.argv[1]), Path(sys.argv[2]))
