"""Rule `resolution_overdue`: a complaint is not answered in so many days."""

from schemas.complaint_rules import ResolutionOverdueRule
from streams.folds.complaints import is_closed
from streams.folds.falling_due import RESOLUTION
from streams.rules.overdue import Overdue
from streams.view import Section

__all__ = ["ResolutionOverdue"]


class ResolutionOverdue(Overdue[ResolutionOverdueRule]):
    """Over when it is resolved or withdrawn."""

    deadline = RESOLUTION.name
    tells = (*Overdue.tells, "status")

    def is_over(self, complaint: Section) -> bool:
        """Whether it is closed."""
        return is_closed(complaint)
