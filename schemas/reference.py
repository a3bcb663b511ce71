"""Reference data: values of topic `reference-data`, key `<kind>/<id>`; and the file that a bank keeps them in."""

from collections.abc import Iterable
from datetime import date, time
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from schemas.base import Contract, Day, EntityId

__all__ = ["Branch", "Calendar", "Department", "Manager", "Reference", "ReferenceFile", "reference_adapter"]

Name = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(min_length=3, max_length=254)]
Weekday = Annotated[int, Field(ge=1, le=7)]
MonthAndDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
TimeOfDay = Annotated[time, Field(strict=False)]


class _Entry(Contract):
    id: EntityId


class Calendar(_Entry):
    """On which days somebody works."""

    kind: Literal["calendar"] = "calendar"
    weekend: tuple[Weekday, ...] = (6, 7)
    """Days of the week without work, Monday is 1."""
    yearly: tuple[MonthAndDay, ...] = ()
    """Holidays of every year, as `12-25`."""
    holidays: tuple[Day, ...] = ()
    """Holidays of one year."""
    opens: TimeOfDay = time(9)
    """When the work of a working day begins, in the bank's time zone."""
    closes: TimeOfDay = time(17)

    @model_validator(mode="after")
    def _leaves_days_to_work(self) -> "Calendar":
        if self.opens >= self.closes:
            raise ValueError("closes: should be later than opens")
        if len(set(self.weekend)) == 7:
            raise ValueError("weekend: names all seven days, so nobody would ever work")
        for day in self.yearly:
            try:
                # A leap year: 02-29 is a day.
                date.fromisoformat(f"2000-{day}")
            except ValueError:
                raise ValueError(f"yearly: {day!r} should be a month and a day, as 12-25") from None
        return self


class Branch(_Entry):
    """A place of the bank, with the manager who heads it."""

    kind: Literal["branch"] = "branch"
    name: Name
    head: EntityId | None = None
    calendar: EntityId | None = None
    """Without one: that of the branch above, else the calendar `default`."""
    parent: EntityId | None = None
    """The branch above it."""


class Manager(_Entry):
    """A customer manager; `id` is the party that hosts customers."""

    kind: Literal["manager"] = "manager"
    name: Name
    branch: EntityId | None = None
    team: Name | None = None
    email: Email | None = None


class Department(_Entry):
    """A department or desk that alerts may go to."""

    kind: Literal["department"] = "department"
    name: Name
    head: EntityId | None = None
    email: Email | None = None


Reference = Calendar | Branch | Manager | Department


def reference_adapter() -> TypeAdapter[Reference]:
    """The validator of a value of `reference-data`."""
    return TypeAdapter(Annotated[Reference, Field(discriminator="kind")])


class ReferenceFile(Contract):
    """All reference data of a bank; every name in it leads somewhere."""

    # A person writes it: a name that is not known is a mistake.
    model_config = ConfigDict(extra="forbid")

    calendars: tuple[Calendar, ...] = ()
    branches: tuple[Branch, ...] = ()
    managers: tuple[Manager, ...] = ()
    departments: tuple[Department, ...] = ()

    @property
    def entries(self) -> dict[str, Reference]:
        """Key of the topic -> entry."""
        return {f"{entry.kind}/{entry.id}": entry for entry in self._all()}

    @model_validator(mode="after")
    def _is_whole(self) -> "ReferenceFile":
        entries = list(self._all())
        keys = [(str(entry.kind), entry.id) for entry in entries]
        if doubled := [f"{kind} {name}" for kind, name in keys if keys.count((kind, name)) > 1]:
            raise ValueError(f"two entries share {doubled[0]}: each may stand once")
        for entry in entries:
            for field, kind in _LEADS_TO.get(entry.kind, {}).items():
                name = getattr(entry, field)
                if name is not None and (kind, name) not in keys:
                    raise ValueError(f"{entry.kind} {entry.id}: its {field} {name!r} is no {kind} of this file")
        self._expect_no_circle()
        return self

    def _all(self) -> Iterable[Reference]:
        yield from self.calendars
        yield from self.branches
        yield from self.managers
        yield from self.departments

    def _expect_no_circle(self) -> None:
        above = {branch.id: branch.parent for branch in self.branches}
        for begin, parent in above.items():
            passed, branch = {begin}, parent
            while branch is not None:
                if branch in passed:
                    raise ValueError(f"branch {begin}: is above itself, by way of {branch}")
                passed.add(branch)
                branch = above[branch]


_LEADS_TO = {
    "branch": {"head": "manager", "calendar": "calendar", "parent": "branch"},
    "manager": {"branch": "branch"},
    "department": {"head": "manager"},
}
"""Kind of entry -> field -> the kind of entry it names."""
