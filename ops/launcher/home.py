"""The home folder of a running system: logs, and data that live as long as the brokers."""

import shutil
from pathlib import Path
from typing import Final

from ops.errors import OperatorError

# Nothing is deleted from a folder without it: a home set to the wrong place must cost nobody his files.
MARKER: Final = ".written-by-c360"


def fresh_data(home: Path) -> Path:
    """An empty `data` folder in the home.

    Every start begins empty, brokers and what workers keep beside them alike: state that survived a broker which
    forgot everything would contradict it. Raises OperatorError when the folder holds something that is not c360's.
    """
    folder = home / "data"
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise OperatorError(
                f"{folder} holds files that c360 did not write, and they would be deleted: "
                "set C360_HOME to a folder of c360's own."
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()
    return folder


def logs_folder(home: Path) -> Path:
    """The folder of every child's log."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
