"""`c360 demo`: live until Ctrl-C."""

from pathlib import Path

from ops.settings import Settings


def run_demo(settings: Settings, data: Path | None, rate: float | None) -> None:
    """To be written."""
