"""The one door: what a person sees of a customer. API, client facade and console all go through it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from connectors.serving.access.masking import Masking
from connectors.serving.access.person import Person
from connectors.serving.access.roles import Mask, May, Role
from schemas.audit import Look, LookOutcome

__all__ = ["Door", "LookedAfter"]


class LookedAfter(Protocol):
    """What of a customer says who may see him."""

    @property
    def host_manager(self) -> str | None:
        """His customer manager."""

    @property
    def co_hosts(self) -> Sequence[str]:
        """The managers beside that one."""

    @property
    def home_branch(self) -> str | None:
        """The branch he belongs to."""


class Door:
    """Rows and masks of one person, by his role."""

    def __init__(self, person: Person, role: Role) -> None:
        self.person = person
        self.role = role
        self._masking = _masking(role.masks)

    def may(self, what: May) -> bool:
        """Whether the role may do it at all."""
        return what in self.role.may

    @property
    def admits_all(self) -> bool:
        """Whether it needs no look at a customer to say that he may be seen."""
        return self.role.rows == "any"

    def admits(self, customer: LookedAfter) -> bool:
        """Whether this customer may be seen."""
        rows, person = self.role.rows, self.person
        if rows == "own":
            return person.manager is not None and person.manager in {customer.host_manager, *customer.co_hosts}
        if rows == "branch":
            return person.branch is not None and customer.home_branch == person.branch
        return rows == "any"

    def admits_manager(self, manager: str) -> bool:
        """Whether what a manager looks after may be listed."""
        return self.admits_all or (self.role.rows == "own" and manager == self.person.manager)

    def admits_branch(self, branch: str) -> bool:
        """Whether what belongs to a branch may be listed."""
        return self.admits_all or (self.role.rows == "branch" and branch == self.person.branch)

    def shown(self, sections: Mapping[str, bytes], names: Iterable[str] | None = None) -> dict[str, bytes]:
        """The sections as they may be seen; of `names` alone when given. Where nothing is masked, the very bytes."""
        wanted = sections if names is None else {name: sections[name] for name in names}
        return self._masking.sections(wanted) if self.role.masks else dict(wanted)

    def value(self, value: Any) -> Any:
        """Any other parsed JSON value as it may be seen, by the names of its members."""
        return self._masking.value(value) if self.role.masks else value

    def looked(
        self, look: Look, outcome: LookOutcome, asked_by: str, customers: Iterable[str], fields: Iterable[str]
    ) -> dict[str, Any]:
        """What the audit trail is told of a look by this person; when, why and in which request are the caller's."""
        return {
            "person": self.person.subject,
            "role": self.person.role,
            "look": look,
            "outcome": outcome,
            "asked_by": asked_by,
            "customers": list(dict.fromkeys(customers)),
            "fields": sorted(set(fields)),
            "masked": list(self.masked),
        }

    @property
    def masked(self) -> Sequence[str]:
        """What is masked, by name."""
        return self._masking.names


@cache
def _masking(masks: frozenset[Mask]) -> Masking:
    return Masking(masks)
