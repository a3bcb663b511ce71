"""Rule `birthday`: a person's birthday, or the anniversary of an organisation's founding, is some days ahead."""

from datetime import date

from schemas.customers import CustomerAmended, CustomerKind, CustomerRegistered
from schemas.rules import BirthdayRule
from schemas.views import PROFILE
from streams.change import Change
from streams.folds.falling_due import BIRTHDAY
from streams.rules.ahead import Ahead
from streams.rules.kind import Due, Finding, Resolution, Verdict

__all__ = ["Birthday"]


class Birthday(Ahead[BirthdayRule]):
    """Told each year; what was told of another day is resolved when the day turns out to be wrong."""

    watches = (CustomerRegistered, CustomerAmended)
    deadline = BIRTHDAY.name

    def judge(self, change: Change) -> Verdict | None:
        """Whether he was born on another day than was known."""
        born_before = None if change.before is None else change.before["born_on"]
        if born_before is None or born_before == change.after["born_on"]:
            return None
        return Verdict(resolves=(Resolution(PROFILE, None),))

    def fall_due(self, due: Due) -> Finding | None:
        """The customer as he is now."""
        profile = due.view.get(PROFILE)
        assert profile is not None
        if not self.covers(due.view, profile):
            return None
        is_founding = profile["kind"] == CustomerKind.CORPORATE
        what = {
            "occasion": "founding" if is_founding else "birthday",
            "name": profile["name"],
            "born_on": profile["born_on"],
            "years": date.fromisoformat(due.raw).year - date.fromisoformat(profile["born_on"]).year,
        }
        return self.finding(due, "on", what)
