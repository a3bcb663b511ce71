"""By when the bank owes a complaint something, for whoever shows it before it is overdue."""

from streams.folds.falling_due import ACKNOWLEDGEMENT, RESOLUTION
from streams.rules import Rules
from streams.rules.leads import fallen_at
from streams.rules.overdue import Overdue, last_day_before
from streams.view import Section, View

__all__ = ["limits_of"]


def limits_of(rules: Rules, view: View, complaint: Section) -> dict[str, str]:
    """`acknowledgement` and `resolution` -> the last day on which it is in time (ISO), as far as it is still owed.

    By the strictest of the rules in force that hold for this customer and this complaint; nothing where none does.
    """
    received_on = complaint["received_on"]
    found: dict[str, str] = {}
    if received_on is None:
        return found
    for owed in (ACKNOWLEDGEMENT.name, RESOLUTION.name):
        kinds = [kind for kind in rules.watching(owed) if isinstance(kind, Overdue)]
        holding = [kind for kind in kinds if not kind.is_over(complaint) and kind.covers(view, complaint)]
        due = [fallen_at(received_on, lead, rules.calendar) for kind in holding for lead in kind.leads]
        if due:
            found[owed] = last_day_before(min(due), rules.calendar).isoformat()
    return found
