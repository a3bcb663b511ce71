"""The secret under which identifiers are hashed in Redis: of the settings, else one that is made once and kept."""

import os
import secrets
from pathlib import Path
from typing import Final

from connectors.identifiers import Identifiers
from ops.access import secret_of
from ops.errors import OperatorError
from ops.settings import Settings

__all__ = ["FILE", "identifiers_of"]

FILE: Final = "index.key"
_BYTES: Final = 32


def identifiers_of(settings: Settings) -> Identifiers:
    """Under `index_key` or its file, else under the key in the home, which whoever asks first makes for its owner."""
    given = secret_of(settings, "index_key")
    if given is not None:
        return Identifiers(given.encode())
    path = settings.home / FILE
    try:
        return Identifiers((_kept(path) or _made(path)).encode())
    except (OSError, ValueError) as error:
        raise OperatorError(
            f"The secret of the indexes can't be had from {path}: {error}. "
            "Set C360_INDEX_KEY, or let c360 write there: make room, or give it the right."
        ) from error


def _kept(path: Path) -> str | None:
    return path.read_text().strip() if path.is_file() else None


def _made(path: Path) -> str:
    """Two who come first at once agree: whoever links his file first has made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f".{path.name}.{os.getpid()}")
    mine.touch(mode=0o600)
    mine.write_text(secrets.token_hex(_BYTES) + "\n")
    try:
        path.hardlink_to(mine)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
    return path.read_text().strip()
