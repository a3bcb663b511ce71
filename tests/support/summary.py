"""What the summary of a run says of the tests besides their outcome."""

from typing import NoReturn

import pytest

__all__ = ["TOLD", "not_covered", "tell"]

TOLD = pytest.StashKey[dict[str, list[str]]]()
"""What the summary says, a line each, and the tests that it is about."""


def tell(config: pytest.Config, line: str, *tests: str) -> None:
    """With `tests`: the line is about what these did not cover."""
    config.stash.setdefault(TOLD, {}).setdefault(line, []).extend(tests)


def not_covered(request: pytest.FixtureRequest, kind: str, why: str) -> NoReturn:
    """Skip the test, one of this kind, and let the summary say plainly that such tests were not run."""
    tell(request.config, f"{kind}, as {why}", request.node.nodeid)
    pytest.skip(why)
