"""Which folder is replayed, and how fast."""

from pathlib import Path
from typing import Final

from ops.errors import OperatorError

__all__ = ["MAPPINGS", "choose_folder", "data_rows", "rate_for"]

MAPPINGS: Final = ("berka", "cfpb")
"""Merged in event-time order; the folder holds a folder of this name for each."""

SHIPPED: Final = Path("tests/data")
SHARED: Final = Path("../shared/data")

REPLAY_SECONDS: Final = 30.0
"""How long a person watches history go by."""

SLOWEST, FASTEST = 25.0, 2_000.0


def choose_folder(given: Path | None, checkout: Path) -> Path:
    """The folder to replay: the one given, else the shared data beside the checkout, else the small shipped copy.

    OperatorError when it lacks what the mappings read.
    """
    if given is not None:
        _expect_sources(given, "give --data a folder that does")
        return given
    for candidate in (checkout / SHARED, checkout / SHIPPED):
        if not _missing(candidate):
            return candidate.resolve()
    raise OperatorError(
        f"There is nothing to replay: neither {SHARED} nor {SHIPPED} of {checkout} holds "
        f"{' and '.join(MAPPINGS)}. Give a folder with --data."
    )


def _expect_sources(folder: Path, remedy: str) -> None:
    missing = _missing(folder)
    if missing:
        raise OperatorError(f"{folder} does not hold the folder {' and '.join(missing)}: {remedy}.")


def _missing(folder: Path) -> list[str]:
    return [name for name in MAPPINGS if not (folder / name).is_dir()]


def data_rows(folder: Path) -> int:
    """Roughly how many events the folder makes: the lines of its files."""
    files = (file for name in MAPPINGS for file in sorted((folder / name).glob("*.csv")))
    return sum(_lines(file) for file in files)


def _lines(file: Path) -> int:
    with file.open("rb") as content:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: content.read(1 << 20), b""))


def rate_for(rows: int) -> float:
    """Events a second at which `rows` go by in about `REPLAY_SECONDS`, within what eyes and brokers bear."""
    return min(FASTEST, max(SLOWEST, rows / REPLAY_SECONDS))
