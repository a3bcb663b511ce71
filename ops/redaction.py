"""Personal data in a text that was made for people who operate, not for those who serve: put out of sight."""

import re
from typing import Final

from schemas.personal import PERSONAL

__all__ = ["redacted"]

_NAMES: Final = "|".join(sorted(PERSONAL))
# A quoted value ends at the same quote, escaped no deeper than the first one, where what follows ends a value; if that
# is nowhere, the rest of the text is taken: rather too much than too little.
_QUOTED: Final = r"""(?P<depth>\\*)(?P<quote>["'])(?:.*?(?<!\\)(?P=depth)(?P=quote)(?=\s*(?:[,}\])\n]|$)|\s+\w+=)|.*)"""
_VALUE: Final = rf"(?:{_QUOTED}|datetime\.date\([^)]*\))"
_MEMBER: Final = re.compile(rf"""(?P<member>\\*["'](?:{_NAMES})\\*["']\s*:\s*){_VALUE}""", re.DOTALL)
"""Of JSON, or of a dict as Python shows it; also inside a text that is quoted itself."""
_KEYWORD: Final = re.compile(rf"\b(?P<member>(?:{_NAMES})=){_VALUE}", re.DOTALL)
"""Of a model as Python shows it."""
_INPUT: Final = re.compile(r"(?P<member>\binput_value=).*?(?=, input_type=)", re.DOTALL)
"""What a model refused, as its error shows it."""


def redacted(text: str) -> str:
    """`text` with stars for what sensitive fields hold, wherever it shows an event, a section or a refused value."""
    # Nearly every line shows none.
    if "=" not in text and ":" not in text:
        return text
    for pattern in (_INPUT, _MEMBER, _KEYWORD):
        text = pattern.sub(r"\g<member>***", text)
    return text
