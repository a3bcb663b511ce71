"""Disks that are full, or all but: file systems of their own, in memory."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["Disk", "a_disk"]

_LARGE: Final = "8g"
"""Of which nothing is taken until it is written."""


class Disk:
    """A file system of its own at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self, free: int) -> None:
        """So many bytes are left, and no more."""
        found = os.statvfs(self.folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._resize(str(used + max(free, found.f_frsize)))
        if not free:
            self._fill()

    def clear(self) -> None:
        """There is room again."""
        (self.folder / "ballast").unlink(missing_ok=True)
        self._resize(_LARGE)

    def _resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)

    def _fill(self) -> None:
        written = os.open(self.folder / "ballast", os.O_WRONLY | os.O_CREAT)
        with suppress(OSError):
            while True:
                os.write(written, bytes(4096))
        os.close(written)


@contextmanager
def a_disk(folder: Path) -> Iterator[Disk | None]:
    """With room; None where no file system can be mounted: then `folder` is one like any other."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={_LARGE}", "tmpfs"]
    if subprocess.run(["mount", *options, folder], capture_output=True, check=False).returncode != 0:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        # What still holds a file there lets go of it when it ends.
        subprocess.run(["umount", "--lazy", folder], check=True)
