"""The lookup client for programs that show customers to people: through the same door as the API, and audited alike."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from uuid import uuid4

from connectors.identifiers import IdentifierKind
from connectors.serving.access.door import Door
from connectors.serving.access.roles import May
from connectors.serving.answers import Hit, Match, View
from connectors.serving.assembly import part_of
from connectors.serving.views import Views
from schemas.audit import Look, LookOutcome, LookupAudit

__all__ = ["NotPermitted", "PermittedViews"]

_LOOKED_AT = 200


class NotPermitted(Exception):
    """The role may not look at customers, or has to say why and does not."""


class PermittedViews:
    """`Views` as one person may see them.

    Who is not there and who may not be seen is the same: None, or not in the list. Every look is handed to `write`,
    which returns once it can't be lost (`LookWriter`), before anything is returned. Raises what `Views` and `write`
    raise, and NotPermitted.
    """

    def __init__(
        self,
        views: Views,
        door: Door,
        write: Callable[[LookupAudit], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._views = views
        self._door = door
        self._write = write
        self._now = now

    def by_number(self, customer_id: str, reason: str | None = None) -> View | None:
        """The view of a customer, masked."""
        self._expect_permitted(reason)
        view = self._views.by_number(customer_id)
        if view is None or not self._door.admits(view.party):
            outcome = LookOutcome.UNKNOWN if view is None else LookOutcome.FORBIDDEN
            self._audit(Look.VIEW, outcome, "customer", [customer_id], (), reason)
            return None
        self._audit(Look.VIEW, LookOutcome.SHOWN, "customer", [customer_id], map(part_of, view.sections), reason)
        return self._shown(view)

    def find(self, text: str, reason: str | None = None) -> list[Match]:
        """Whom an identifier of any kind means, masked."""
        self._expect_permitted(reason)
        found = self._views.find(text)
        asked_by = ",".join(sorted({str(why) for match in found for why in match.why})) or "identifier"
        admitted = self._admitted([match.view for match in found], asked_by, reason)
        return [
            Match(admitted[match.view.customer_id], match.why) for match in found if match.view.customer_id in admitted
        ]

    def by_account(self, account_id: str, reason: str | None = None) -> list[View]:
        """The customers that have this account, masked."""
        self._expect_permitted(reason)
        return list(self._admitted(self._views.by_account(account_id), IdentifierKind.ACCOUNT, reason).values())

    def search(self, prefix: str, limit: int = 20, reason: str | None = None) -> list[Hit]:
        """Customers by the beginning of a word of their names."""
        self._expect_permitted(reason)
        found = self._views.search(prefix, limit if self._door.admits_all else _LOOKED_AT)
        shown = [hit for hit in found if self._door.admits(hit.party)][:limit]
        outcome = LookOutcome.SHOWN if shown else LookOutcome.UNKNOWN
        self._audit(Look.SEARCH, outcome, "name", [hit.party.customer_id for hit in shown], (), reason)
        return shown

    def _expect_permitted(self, reason: str | None) -> None:
        if not self._door.may(May.CUSTOMERS):
            raise NotPermitted(f"The role {self._door.role.title} may not look at customers.")
        if self._door.role.reason == "required" and not reason:
            raise NotPermitted(f"The role {self._door.role.title} has to say why it looks at customers: give a reason.")

    def _admitted(self, found: list[View], asked_by: str, reason: str | None) -> dict[str, View]:
        """Customer number -> what is shown of him, once the look is written."""
        shown = [view for view in found if self._door.admits(view.party)]
        outcome = LookOutcome.SHOWN if shown else LookOutcome.FORBIDDEN if found else LookOutcome.UNKNOWN
        parts = {part_of(name) for view in shown for name in view.sections}
        self._audit(Look.FIND, outcome, asked_by, [view.customer_id for view in shown or found], parts, reason)
        return {view.customer_id: self._shown(view) for view in shown}

    def _shown(self, view: View) -> View:
        return View(view.customer_id, self._door.shown(view.sections), view.version)

    def _audit(
        self,
        look: Look,
        outcome: LookOutcome,
        asked_by: str,
        customers: Iterable[str],
        fields: Iterable[str],
        reason: str | None,
    ) -> None:
        looked = self._door.looked(look, outcome, asked_by, customers, fields)
        self._write(LookupAudit(audit_id=uuid4(), at=self._now(), reason=reason, request_id=uuid4().hex[:16], **looked))
