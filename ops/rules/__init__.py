"""The alert rules shipped with c360."""

from pathlib import Path
from typing import Final

__all__ = ["DEFAULT_RULE_FILE"]

DEFAULT_RULE_FILE: Final = Path(__file__).with_name("default.yaml")
"""In force unless the operator names a rule file of his own."""
