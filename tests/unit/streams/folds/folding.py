"""Folds a history from nothing, watching that no section is changed in place."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import UTC
from itertools import permutations
from typing import Any

from streams.folds import accounts
from streams.view import Section

Fold = Callable[[Section | None, Any], Section]


def fold_account(section: Section | None, event: Any) -> Section:
    """The fold of accounts of a bank whose days are those of UTC."""
    return accounts.fold(section, event, lambda instant: instant.astimezone(UTC).date())


def folded(fold: Fold, *events: Any) -> Section:
    """The section after all events."""
    section: Section | None = None
    for event in events:
        kept = deepcopy(section)
        after = fold(section, event)
        assert section == kept, "a fold changed its input"
        section = after
    assert section is not None
    return section


def assert_any_order_and_repetition_ends_the_same(fold: Fold, events: Iterable[Any]) -> None:
    """Every permutation, and every one with all events twice, ends as the history in order."""
    history = list(events)
    wanted = folded(fold, *history)
    for order in permutations(history):
        assert folded(fold, *order) == wanted
        assert folded(fold, *order, *reversed(order)) == wanted
