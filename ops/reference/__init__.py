"""The reference data shipped with c360."""

from pathlib import Path
from typing import Final

__all__ = ["DEFAULT_REFERENCE_FILE"]

DEFAULT_REFERENCE_FILE: Final = Path(__file__).with_name("default.yaml")
"""A bank without branches, and the holidays of Czechia: a beginning for a file of one's own."""
