"""Rule `acknowledgement_overdue`: nobody has taken up a complaint in so many days."""

from schemas.complaint_rules import AcknowledgementOverdueRule
from streams.folds.complaints import is_acknowledged
from streams.folds.falling_due import ACKNOWLEDGEMENT
from streams.rules.overdue import Overdue

__all__ = ["AcknowledgementOverdue"]


class AcknowledgementOverdue(Overdue[AcknowledgementOverdueRule]):
    """Over when something newer than its receipt says where it stands."""

    deadline = ACKNOWLEDGEMENT.name
    is_over = staticmethod(is_acknowledged)
