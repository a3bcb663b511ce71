"""Rule `acknowledgement_overdue`: nobody has taken up a complaint in so many days."""

from schemas.complaint_rules import AcknowledgementOverdueRule
from streams.folds.complaints import is_acknowledged
from streams.folds.falling_due import ACKNOWLEDGEMENT
from streams.rules.overdue import Overdue
from streams.view import Section

__all__ = ["AcknowledgementOverdue"]


class AcknowledgementOverdue(Overdue[AcknowledgementOverdueRule]):
    """Over when something newer than its receipt says where it stands."""

    deadline = ACKNOWLEDGEMENT.name

    def is_over(self, complaint: Section) -> bool:
        """Whether it is taken up."""
        return is_acknowledged(complaint)
