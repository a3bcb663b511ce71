"""Which fold a process has: of the same one come the same views of the same input."""

from hashlib import sha256
from pathlib import Path

import schemas
import streams
from ops.settings import Settings

__all__ = ["fold_of"]


def fold_of(settings: Settings) -> str:
    """A short name for the code that makes views and for the settings that shape them.

    Of the code every byte counts, of the settings those that go into a fold. Rules and reference data are not among
    them, as all workers have the same; nor are records set aside, which are a matter of the input.
    """
    name = sha256()
    for path in _sources():
        name.update(path.name.encode() + b"\0" + path.read_bytes())
    shaping = (settings.bank_timezone, settings.closed_alert_days, settings.raise_after)
    name.update("\0".join(map(str, shaping)).encode())
    return name.hexdigest()[:16]


def _sources() -> list[Path]:
    """How bytes are carried (lane, stores, agents, tables) shapes no view."""
    heart = Path(streams.__file__).parent
    contracts = Path(schemas.__file__).parent
    return [
        *sorted(contracts.glob("*.py")),
        *sorted(heart.glob("*.py")),
        *sorted((heart / "folds").glob("*.py")),
        *sorted((heart / "rules").glob("*.py")),
    ]
